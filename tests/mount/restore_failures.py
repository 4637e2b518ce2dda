#!/usr/bin/env -S python3 -B
"""Restores that cannot be: the errno of the contract's table at the last close, words in
restore.status, and no VM left behind."""

import json
import os

from harness.account import LIMITED, RESTORE_PRIVILEGES, grant, lacking
from harness.matrix import Matrix, need_mounts
from harness.mount import errno_of
from harness.process import end_of, expect, expect_equal, spawn, wait_until, within
from harness.restoring import Vault, replace, status_of, write_set
from harness.scene import Scene
from harness.truth import read_bytes


def fails(vault, lost, wanted, *words, name=None):
    """The set's last close gives `wanted`; restore.status explains it; nothing was left."""
    staged = vault.staged(lost, name)
    machines = vault.paths()
    expect_equal(write_set(lost.saved, staged), wanted, "errno of the last close")
    status = status_of(staged)
    expect_equal((status["state"], status["errno"]), ("failed", wanted), "restore.status")
    expect(status["reason"] and status["what_to_do"], f"restore.status explains nothing: {status}")
    for word in words:
        expect(word in status["reason"], f"{word!r} is not in the reason: {status['reason']}")
    vault.check_nothing_made(machines)
    vault.simulator.calm()
    return staged


def mended(vault, lost):
    """After the cause is mended, sync of the directory makes the VM."""
    directory = os.open(vault.staged(lost), os.O_RDONLY | os.O_DIRECTORY)
    try:
        failed = errno_of(os.fsync, directory)
        reason = status_of(vault.staged(lost)).get("reason", "")
        expect_equal(failed, None, f"errno of sync after mending ({reason})")
    finally:
        os.close(directory)
    vault.check(lost)


def rows_of_keys(matrix, vault):
    sim = vault.simulator
    with matrix.row("ENOKEY: the key was removed from the key server; imported again, sync restores"):
        lost = vault.take()
        key = {"provider": lost.facts["provider"], "key": lost.facts["key_id"]}
        sim.control("remove-key", **key)
        try:
            fails(vault, lost, "ENOKEY", lost.facts["key_id"])
        finally:
            sim.control("import-key", **key)
        mended(vault, lost)
    with matrix.row("ENOKEY: the provider is not configured here; renamed back, sync restores"):
        lost = vault.take()
        sim.control("rename-provider", name="KMS", to="Elsewhere")
        try:
            fails(vault, lost, "ENOKEY", "KMS")
        finally:
            sim.control("rename-provider", name="Elsewhere", to="KMS")
        mended(vault, lost)
    with matrix.row("ENOKEY: the key is there and not active"):
        lost = vault.take()
        key = {"provider": lost.facts["provider"], "key": lost.facts["key_id"]}
        sim.control("set-key-active", active=False, **key)
        try:
            fails(vault, lost, "ENOKEY")
        finally:
            sim.control("set-key-active", active=True, **key)
        mended(vault, lost)


def rows_of_content(matrix, vault):
    def other_key(lost):
        keys = vault.simulator.control("list-keys")["KMS"]
        return next(k for k in keys if k != lost.facts["key_id"])

    def of_another_key(lost):
        text = read_bytes(lost.saved + "/keyId").decode()
        return text.replace(lost.facts["key_id"], other_key(lost)).encode()

    broken = [
        ("firmware bios", "firmware", lambda lost: b"bios\n", "EINVAL"),
        ("firmware of many words", "firmware", lambda lost: b"efi and more\n", "EINVAL"),
        ("keyId of another key than the bundle", "keyId", of_another_key, "EINVAL"),
        ("keyId that is no JSON", "keyId", lambda lost: b"{\"keyId\":\n", "EINVAL"),
        ("an empty keyId", "keyId", lambda lost: b"", "EINVAL"),
        ("vtpm.json cut off", "vtpm.json",
         lambda lost: read_bytes(lost.saved + "/vtpm.json")[:200], "EINVAL"),
        ("vtpm.json with a certificate that is none", "vtpm.json", broken_certificate, "EINVAL"),
        ("config.json nested without end", "config.json", lambda lost: b"[" * 100000, "EINVAL"),
        ("a bundle with a NUL", "encryption.bundle", lambda lost: b"vmware:key/list/\0()", "EINVAL"),
        ("an empty nvram", "nvram", lambda lost: b"", "EINVAL"),
        ("nvram of 17 MiB", "nvram", lambda lost: bytes(17 << 20), "EFBIG"),
    ]
    for name, file, content, wanted in broken:
        with matrix.row(f"{wanted}: {name}, with sums that fit"):
            lost = vault.take()
            replace(lost.saved, file, content(lost))
            machines = vault.paths()
            staged = vault.staged(lost)
            names = sorted(os.listdir(lost.saved), key=lambda n: (n == file, n))
            expect_equal(write_set(lost.saved, staged, names), wanted, "errno of the last close")
            status = status_of(staged)
            expect_equal((status["state"], status["errno"]), ("failed", wanted), "restore.status")
            vault.check_nothing_made(machines)
    with matrix.row("EINVAL: a SHA256SUMS that lists no nvram, where the VM had one"):
        lost = vault.take()
        os.unlink(lost.saved + "/nvram")
        replace(lost.saved, "firmware", b"efi\n")
        fails(vault, lost, "EINVAL", "nvram")
    with matrix.row("EINVAL: a set below a set"):
        lost, inner = vault.take(), vault.take()
        staged = vault.staged(lost)
        names = [n for n in os.listdir(lost.saved) if n != "nvram"]
        write_set(lost.saved, staged, names)
        machines = vault.paths()
        below = write_set(inner.saved, os.path.join(staged, inner.name))
        expect_equal(below, "EINVAL", "errno of the inner set")
        vault.check_nothing_made(machines)
    with matrix.row("EINVAL: a name of more than 80 characters"):
        fails(vault, vault.take(), "EINVAL", "80", name="n" * 81)


def broken_certificate(lost):
    text = read_bytes(lost.saved + "/vtpm.json").decode()
    device = json.loads(text)

    def spoil(value):
        if isinstance(value, dict) and "_value" in value:
            return {**value, "_value": spoil(value["_value"])}
        return [spoil(value[0]), *value[1:]] if isinstance(value, list) else "QUJD" + value[4:]

    device["endorsementKeyCertificate"] = spoil(device["endorsementKeyCertificate"])
    return (json.dumps(device, indent=2) + "\n").encode()


def rows_of_places(matrix, vault):
    sim = vault.simulator

    def placed(lost, **where):
        staged = vault.staged(lost)
        os.makedirs(staged)
        for name, value in where.items():
            os.setxattr(staged, "user.vtpmfs." + name, value.encode())

    with matrix.row("ENOSPC: the datastore named by an attribute is full; another one named, sync restores"):
        lost = vault.take()
        placed(lost, datastore="full")
        fails(vault, lost, "ENOSPC", "full")
        os.setxattr(vault.staged(lost), "user.vtpmfs.datastore", b"vsanDatastore")
        mended(vault, lost)
        expect("vsanDatastore" in sim.vm(lost.name)["vmx"], "it lies on another datastore")
    with matrix.row("ENOENT: no such datastore, no such pool"):
        for where in ({"datastore": "no such"}, {"pool": "no such"}):
            lost = vault.take()
            placed(lost, **where)
            fails(vault, lost, "ENOENT", "no such")
    with matrix.row("EHOSTUNREACH: the only host of the pool is disconnected"):
        lost = vault.take()
        placed(lost, pool="esx-alone.example.test")
        host = "DC1/host/esx-alone.example.test/esx-alone.example.test"
        sim.control("set-host", host=host, connection="disconnected")
        try:
            fails(vault, lost, "EHOSTUNREACH")
        finally:
            sim.control("set-host", host=host, connection="connected")
        mended(vault, lost)
    with matrix.row("EEXIST: somebody took the name after the directory was staged"):
        lost = vault.take()
        os.makedirs(vault.staged(lost))
        sim.control("create-vm", name=lost.name, folder=os.path.dirname(lost.path))
        fails(vault, lost, "EEXIST", lost.name)


def rows_of_trouble(matrix, vault):
    sim = vault.simulator
    for wanted, fault in (("EIO", "SystemError"), ("EBUSY", "TaskInProgress")):
        with matrix.row(f"{wanted}: CreateVM_Task answers {fault}; later sync restores"), sim.calmed():
            lost = vault.take()
            sim.inject("fault", "CreateVM_Task", fault={"type": fault}, count=0)
            fails(vault, lost, wanted)
            mended(vault, lost)
    with matrix.row("ETIMEDOUT: the vCenter does not answer a question before the VM is made"), sim.calmed():
        lost = vault.take()
        held = sim.inject("hold", "FindAllByUuid", count=0)
        try:
            fails(vault, lost, "ETIMEDOUT")
        finally:
            sim.control("release", number=held)
        mended(vault, lost)
    with matrix.row("the reply of CreateVM_Task is lost: the VM is found, finished, and there once"), sim.calmed():
        lost = vault.take()
        sim.inject("reset-after", "CreateVM_Task")
        expect_equal(write_set(lost.saved, vault.staged(lost)), None, "errno of the last close")
        vault.check(lost)
    for kind in ("reset-before", "status"):
        with matrix.row(f"nvram cannot be uploaded ({kind}): the half-made VM is removed"), sim.calmed():
            lost = vault.take()
            sim.inject(kind, "PUT /folder", count=0)
            machines = vault.paths()
            failed = write_set(lost.saved, vault.staged(lost))
            expect(failed, "the last close answered 0")
            expect_equal(status_of(vault.staged(lost))["state"], "failed", "restore.status")
            vault.check_nothing_made(machines)
            sim.calm()  # mended
            mended(vault, lost)
    with matrix.row("nvram is damaged on its way back: the half-made VM is removed"), sim.calmed():
        lost = vault.take()
        sim.inject("truncate", "GET /folder", count=0)
        machines = vault.paths()
        expect(write_set(lost.saved, vault.staged(lost)), "the last close answered 0")
        vault.check_nothing_made(machines)
    with matrix.row("the session expires in the middle: the restore logs in again and succeeds"), sim.calmed():
        lost = vault.take()
        held = sim.inject("hold", "CreateVM_Task")
        staged = vault.staged(lost)
        names = sorted(os.listdir(lost.saved))
        write_set(lost.saved, staged, names[:-1])
        last = spawn(["cp", os.path.join(lost.saved, names[-1]), staged])
        wait_until(lambda: sim.held(held) == 1, "CreateVM_Task")
        sim.control("expire-sessions")
        sim.control("release", number=held)
        expect_equal(end_of(last, "cp"), 0, "exit status of cp of the last file")
        vault.check(lost)


def rows_of_privileges(matrix, vault):
    """An account that lacks one privilege after another."""
    sim = vault.simulator
    grant(sim, RESTORE_PRIVILEGES)
    vault.remount("--user", LIMITED)
    for missing in ("VirtualMachine.Inventory.Create", "Cryptographer.EncryptNew",
                    "Resource.AssignVMToPool", "Datastore.AllocateSpace",
                    "VirtualMachine.Config.AddRemoveDevice"):
        with matrix.row(f"EACCES: the account lacks {missing}; granted, sync restores"):
            lost = vault.take()
            with lacking(sim, missing):
                fails(vault, lost, "EACCES", missing)
            mended(vault, lost)
    with matrix.row("without the privileges to ask for key and policy the restore goes on, and says so"):
        optional = ("StorageProfile.View", "Cryptographer.ManageKeyServers", "Cryptographer.ManageKeys")
        lost = vault.take()
        with lacking(sim, *optional):
            expect_equal(write_set(lost.saved, vault.staged(lost)), None, "errno of the last close")
            vault.check(lost)
            expect(status_of(vault.staged(lost))["warnings"], "restore.status warns of nothing")


def main():
    matrix = Matrix("restores that cannot be")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 60, "--timeout", within(10))
        rows_of_keys(matrix, vault)
        rows_of_content(matrix, vault)
        rows_of_places(matrix, vault)
        rows_of_trouble(matrix, vault)
        rows_of_privileges(matrix, vault)
        vault.mount.unmount()
    matrix.end()


if __name__ == "__main__":
    main()
