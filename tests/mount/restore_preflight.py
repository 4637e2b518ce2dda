#!/usr/bin/env -S python3 -B
"""What is checked before anything is made: `user.vtpmfs.check`, `--restore-dry-run`, and the words
for what is not right."""

import base64
import contextlib
import errno
import json
import os

from harness.account import LIMITED, RESTORE_PRIVILEGES, grant, lacking
from harness.matrix import Matrix, need_mounts
from harness.mount import errno_of
from harness.process import expect, expect_equal, run, within
from harness.restorers import by_copy, by_tar
from harness.restoring import Vault, network_cards, replace, status_of, write_set
from harness.scene import Scene
from harness.schema import Messages
from harness.simulator import soap_calls
from harness.truth import certificates_of, read_bytes

# Of a check, the tree's own questions meanwhile included.
MOST_QUESTIONS = 20
# Requests that make, change or take away something in a vCenter.
CHANGES = ("CreateVM_Task", "CreateFolder", "ReconfigVM_Task", "Destroy_Task", "PbmCreate",
           "MarkAsTemplate", "PUT /folder", "CancelTask")


def changes(sim):
    """How many requests that change something the vCenter got."""
    counts = sim.counts()
    return {kind: counts[kind] for kind in CHANGES if counts.get(kind)}


@contextlib.contextmanager
def nothing_made(vault):
    """The body sends nothing that changes the vCenter, and leaves no VM, folder or policy."""
    before, machines = changes(vault.simulator), vault.paths()
    yield
    expect_equal(changes(vault.simulator), before, "requests that change something")
    vault.check_nothing_made(machines)


def check(staged):
    """The errno that the check attribute is answered with, or None."""
    return errno_of(os.setxattr, staged, "user.vtpmfs.check", b"1")


def stage(vault, lost, name=None):
    """All of a set without its sums, which waits."""
    staged = vault.staged(lost, name)
    write_set(lost.saved, staged, [n for n in sorted(os.listdir(lost.saved)) if n != "SHA256SUMS"])
    return staged


def commit(vault, lost):
    expect_equal(errno_of(os.setxattr, vault.staged(lost), "user.vtpmfs.commit", b"1"), None,
                 f"errno of the commit ({status_of(vault.staged(lost)).get('reason', '')})")
    vault.check(lost)


def rows_of_the_attribute(matrix, vault):
    sim = vault.simulator
    with matrix.row("check of a set that could be restored: 0, `checked`, nothing made; then it is restored"):
        lost = vault.take()
        staged = stage(vault, lost)
        with nothing_made(vault):
            expect_equal(check(staged), None, "errno of the check")
            status = status_of(staged)
            expect_equal((status["state"], status.get("errno")), ("checked", None), "restore.status")
        write_set(lost.saved, staged, ["firmware"])  # it is open still
        commit(vault, lost)
        expect_equal(check(staged), None, "errno of a check of what has become its VM")
    with matrix.row("check where a folder and a policy would be made: 0, and neither is"):
        lost = vault.take()
        sim.switch("encryption-policies", "none")
        try:
            staged = vault.mount.path(lost.datacenter, "restore", "Not there yet", lost.name)
            names = [n for n in sorted(os.listdir(lost.saved)) if n != "SHA256SUMS"]
            with nothing_made(vault):
                write_set(lost.saved, staged, names)
                expect_equal(check(staged), None, "errno of the check")
            shown = vault.mount.path(lost.datacenter, "vm", "Not there yet")
            expect(not os.path.exists(shown), "the folder was made")
        finally:
            sim.calm()
    with matrix.row("check of a set whose key is gone: ENOKEY, nothing made; mended, the check answers 0"):
        lost = vault.take()
        staged = stage(vault, lost)
        key = {"provider": lost.facts["provider"], "key": lost.facts["key_id"]}
        sim.control("remove-key", **key)
        try:
            with nothing_made(vault):
                refused(staged, "ENOKEY", lost.facts["key_id"])
            expect_equal(errno_of(os.chmod, staged, 0o755), None, "chmod of what was only checked")
        finally:
            sim.control("import-key", **key)
        expect_equal(check(staged), None, "errno of the check after mending")
        commit(vault, lost)
    with matrix.row("check of half a set, of a damaged one and of a folder: refused, and nobody is asked"):
        lost = vault.take()
        staged = vault.staged(lost)
        write_set(lost.saved, staged, ["keyId", "SHA256SUMS"])
        expect_equal(check(staged), "EINVAL", "errno of the check of half a set")
        expect_equal(check(os.path.dirname(staged)), "EINVAL", "errno of the check of a folder")
        other = os.path.join(os.path.dirname(staged), "damaged")
        with open(os.path.join(lost.saved, "nvram"), "r+b") as nvram:
            nvram.write(b"no longer what it was")
        write_set(lost.saved, other)
        expect_equal(check(other), "EBADMSG", "errno of the check of a damaged set")


def refused(staged, wanted, *words):
    """The check answers `wanted`, and restore.status explains it."""
    expect_equal(check(staged), wanted, "errno of the check")
    status = status_of(staged)
    expect_equal((status["state"], status["errno"]), ("failed", wanted), "restore.status")
    expect(status["what_to_do"], f"no step mends it: {status}")
    for word in words:
        expect(word in status["reason"] + status["what_to_do"], f"{word!r} is not said: {status}")
    return status


def warned(staged, *words):
    """The check answers 0, and one of its warnings has these words."""
    expect_equal(check(staged), None, f"errno of the check ({status_of(staged).get('reason', '')})")
    warnings = status_of(staged).get("warnings", [])
    expect(any(all(w in one for w in words) for one in warnings), f"{words} are in none of {warnings}")


def stage_special(vault, name):
    """The set of one of the fleet's special machines, which lives: complete, and not started."""
    staged = vault.mount.path("DC1/restore/Special", name + "-again")
    saved = vault.saved("DC1/vm/Special/" + name)
    write_set(saved, staged, [n for n in sorted(os.listdir(saved)) if n != "SHA256SUMS"])
    return staged


@contextlib.contextmanager
def changed(sim, verb, during, after):
    sim.control(verb, **during)
    try:
        yield
    finally:
        sim.control(verb, **after)


def rows_of_providers(matrix, vault):
    sim = vault.simulator
    with matrix.row("the key's provider has another name here: ENOKEY, and which"):
        staged = stage_special(vault, "on-nfs")
        with changed(sim, "rename-provider", {"name": "KMS", "to": "Elsewhere"},
                     {"name": "Elsewhere", "to": "KMS"}), nothing_made(vault):
            refused(staged, "ENOKEY", "its key is in 'Elsewhere'", "under the name 'KMS' too")
    with matrix.row("the provider is not active: unknown, so 0, and that is said"):
        with changed(sim, "set-provider", {"name": "KMS", "reachable": False},
                     {"name": "KMS", "reachable": True}), nothing_made(vault):
            warned(staged, "the key provider is not active")
    native, trusted = stage_special(vault, "native-key"), stage_special(vault, "trusted-key")
    with matrix.row("a trusted provider and a native one: unknown, so 0, and that is said"):
        warned(trusted, "trusted one", "cannot be asked for")
        warned(native, "native one", "cannot be asked for")
    with matrix.row("a native provider without a backup: ENOKEY"):
        with changed(sim, "set-provider", {"name": "NKP1", "has_backup": False},
                     {"name": "NKP1", "has_backup": True}), nothing_made(vault):
            refused(native, "ENOKEY", "no backup yet", "back it up")
    with matrix.row("a native provider outside a cluster: ENOKEY"):
        os.setxattr(native, "user.vtpmfs.pool", b"esx-alone.example.test")
        with nothing_made(vault):
            refused(native, "ENOKEY", "only for hosts in a cluster", "add the host to a cluster")
    with matrix.row("a native provider that wants a TPM, where no host of the pool has one: ENOKEY"):
        os.setxattr(native, "user.vtpmfs.pool", b"Cluster2")
        expect_equal(check(native), None, "errno of the check while it wants none")
        with changed(sim, "set-provider", {"name": "NKP1", "tpm_required": True},
                     {"name": "NKP1", "tpm_required": False}), nothing_made(vault):
            refused(native, "ENOKEY", "only on hosts with a TPM 2.0", "switch a host's TPM on")
            os.setxattr(native, "user.vtpmfs.pool", b"Cluster1")
            expect_equal(check(native), None, "errno of the check in a cluster with TPMs")
    with matrix.row("a native provider of that name, and another one: ENOKEY"):
        sim.control("remove-provider", name="NKP1")
        sim.control("add-provider", name="NKP1", kind="native")
        with nothing_made(vault):
            refused(native, "ENOKEY", "another one than the one of that name", "import the backup")


def rows_of_hosts_and_policies(matrix, vault):
    alone = "DC1/host/esx-alone.example.test/esx-alone.example.test"
    staged = stage(vault, vault.take(lose=False), "placed")
    os.setxattr(staged, "user.vtpmfs.pool", b"esx-alone.example.test")
    with matrix.row("a host that left encryption mode and waits for its restart: EHOSTUNREACH"):
        with changed(vault.simulator, "set-host", {"host": alone, "crypto_state": "pendingIncapable"},
                     {"host": alone, "crypto_state": "safe"}), nothing_made(vault):
            refused(staged, "EHOSTUNREACH", "left encryption mode", "restart a host")
    with matrix.row("a host that never ran an encrypted VM is no obstacle where the account may register it"):
        with changed(vault.simulator, "set-host", {"host": alone, "crypto_state": "incapable"},
                     {"host": alone, "crypto_state": "safe"}):
            expect_equal(check(staged), None, "errno of the check")
    with matrix.row("no such host, datastore, pool, policy: each its own errno and step"):
        steps = set()
        for what in ("host", "datastore", "pool", "policy"):
            other = stage(vault, vault.take(lose=False), "no-" + what)
            os.setxattr(other, "user.vtpmfs." + what, b"no such")
            with nothing_made(vault):
                steps.add(refused(other, "ENOENT", "'no such'", "user.vtpmfs." + what)["what_to_do"])
        expect_equal(len(steps), 4, "different steps")
    with matrix.row("a policy that is there and does not encrypt: EINVAL, with another step than an absent one"):
        os.setxattr(other, "user.vtpmfs.policy", b"Management Storage Policy - Thin")
        with nothing_made(vault):
            step = refused(other, "EINVAL", "'Management Storage Policy - Thin' is not an encryption policy",
                           "host based rules", "user.vtpmfs.policy")["what_to_do"]
        expect(step not in steps, f"the step is that of an absent policy: {step}")
    with matrix.row("a name that is too long, and one that is taken: each its own errno and step"):
        lost = vault.take(lose=False)
        refused(stage(vault, lost, "n" * 81), "EINVAL", "80 characters", "shorter name")
        lost = vault.take()
        staged = stage(vault, lost)
        vault.simulator.control("create-vm", name=lost.name, folder=os.path.dirname(lost.path))
        with nothing_made(vault):
            refused(staged, "EEXIST", f"'{lost.name}' is taken", "copy the set to another name")
    with matrix.row("a network mapped to one that is not here: ENOENT"):
        other = stage(vault, vault.take(lose=False), "no-network")
        os.setxattr(other, "user.vtpmfs.network.VM Network", b"no such")
        with nothing_made(vault):
            refused(other, "ENOENT", "no network 'no such'", "--restore-network")


CLUSTER2 = [f"DC1/host/Cluster2/Cluster2-esx{i}.example.test" for i in (1, 2)]


def config_of(directory):
    with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
        return json.load(file)


@contextlib.contextmanager
def hosts_with(sim, hosts, during, after):
    with contextlib.ExitStack() as stack:
        for host in hosts:
            stack.enter_context(changed(sim, "set-host", {"host": host, **during}, {"host": host, **after}))
        yield


def rows_of_hardware(matrix, vault):
    sim = vault.simulator
    modern = next(p for p in vault.unused if config_of(vault.saved(p))["version"] == "vmx-19")
    lost = vault.take(modern)
    guest = config_of(lost.saved)["guestId"]
    staged = stage(vault, lost)
    os.setxattr(staged, "user.vtpmfs.pool", b"Cluster2")
    too_old, new_enough = {"newest_hardware": 17}, {"newest_hardware": 21}
    questions = ("QueryConfigOptionDescriptor", "QueryConfigOptionEx")

    def newly_mounted():
        """A mount that remembers nothing of what it was told; the staged directory in it."""
        vault.remount()
        return vault.staged(lost)

    with matrix.row("the hosts are too old for the hardware version: EINVAL; upgraded, the check answers 0"):
        with hosts_with(sim, CLUSTER2, too_old, new_enough), nothing_made(vault):
            refused(staged, "EINVAL", "hardware version 'vmx-19' is not supported on host /DC1/host/Cluster2/",
                    "newest there is 'vmx-17'", "upgrade ESXi there", "user.vtpmfs.pool")
        expect_equal(check(staged), None, "errno of the check after the upgrade")
    with matrix.row("a check asks twice for hardware, and the next one not at all"):
        staged = newly_mounted()
        sim.reset_counts()
        expect_equal(check(staged), None, "errno of the check")
        asked = {kind: n for kind, n in sim.counts().items() if kind.startswith("QueryConfigOption")}
        expect_equal(asked, {question: 1 for question in questions}, "questions")
        expect_equal(check(staged), None, "errno of the next check")
        expect_equal({kind: sim.counts()[kind] for kind in asked}, asked, "questions of both")
    with matrix.row("one host is too old: EINVAL where it is named, 0 where another one is"):
        staged = newly_mounted()
        with hosts_with(sim, CLUSTER2[:1], too_old, new_enough):
            os.setxattr(staged, "user.vtpmfs.host", os.path.basename(CLUSTER2[0]).encode())
            refused(staged, "EINVAL", "hardware version", os.path.basename(CLUSTER2[0]))
            os.setxattr(staged, "user.vtpmfs.host", os.path.basename(CLUSTER2[1]).encode())
            expect_equal(check(staged), None, "errno of the check of the newer host")
        os.removexattr(staged, "user.vtpmfs.host")
    for what, name, words in (
            ("the guest", guest, (f"guest operating system '{guest}' with hardware version 'vmx-19'",
                                  "knows this guest")),
            ("a controller", "VirtualAHCIController", ("can have VirtualAHCIController", "has this device")),
            ("the vTPM", "VirtualTPM", ("can have VirtualTPM", "has this device"))):
        with matrix.row(f"no host has {what}: EINVAL, before anything is made; then one has it: 0"):
            staged = newly_mounted()
            with hosts_with(sim, CLUSTER2, {"lacks": [name]}, {"lacks": []}), nothing_made(vault):
                refused(staged, "EINVAL", *words)
            expect_equal(check(staged), None, "errno of the check afterwards")
    with matrix.row("in a cluster with DRS one host that has it will do"):
        staged = newly_mounted()
        first = ["DC1/host/Cluster1/Cluster1-esx1.example.test"]
        os.setxattr(staged, "user.vtpmfs.pool", b"Cluster1")
        with hosts_with(sim, first, {"newest_hardware": 17, "lacks": [guest]},
                        {"newest_hardware": 21, "lacks": []}):
            expect_equal(check(staged), None, "errno of the check")
        os.setxattr(staged, "user.vtpmfs.pool", b"Cluster2")
    with matrix.row("a vCenter that does not tell what hardware there is: unknown, so 0, and that is said"), \
            sim.calmed():
        staged = newly_mounted()
        for question in questions:
            sim.control("disable-operation", name=question)
        with nothing_made(vault):
            warned(staged, "hardware version", "could not be asked")
    for during, after, words in (
            (too_old, new_enough, "the hardware version is not supported there"),
            ({"lacks": [guest]}, {"lacks": []}, "the guest operating system is not supported there"),
            ({"lacks": ["VirtualAHCIController"]}, {"lacks": []}, "a device is not supported there")):
        with matrix.row(f"it does not tell, and refuses the VM: EINVAL, {words}; no VM is left"), sim.calmed():
            staged = newly_mounted()
            for question in questions:
                sim.control("disable-operation", name=question)
            machines = vault.paths()
            with hosts_with(sim, CLUSTER2, during, after):
                expect_equal(errno_of(os.setxattr, staged, "user.vtpmfs.commit", b"1"), "EINVAL",
                             "errno of the commit")
            status = status_of(staged)
            expect(words in status["reason"] and "upgrade ESXi there" in status["what_to_do"], f"{status}")
            vault.check_nothing_made(machines)
    with matrix.row("the hosts are new enough again, and the set becomes its VM"):
        commit(vault, lost)


UTC_TIME, GENERALIZED_TIME = b"\x17\x0d", b"\x18\x0f"


def expired(der):
    """The certificate as if it had ended in 2020. Nobody checks its signature: whose key signed an
    endorsement key certificate is not known here."""
    ends = [at for form in (UTC_TIME, GENERALIZED_TIME)
            for at in range(len(der)) if der.startswith(form, at)]
    end = sorted(ends)[1]  # after the beginning of the validity
    text = b"200102030405Z" if der.startswith(UTC_TIME, end) else b"20200102030405Z"
    return der[:end + 2] + text + der[end + 2 + len(text):]


def row_of_an_expired_certificate(matrix, vault):
    with matrix.row("an expired endorsement key certificate: the VM is restored as it was, with a warning"):
        lost = vault.take()
        path = os.path.join(lost.saved, "vtpm.json")
        text = read_bytes(path)
        old = certificates_of(lost.saved)
        for der in old:
            text = text.replace(base64.b64encode(der), base64.b64encode(expired(der)))
        replace(lost.saved, "vtpm.json", text)
        expect(not old & certificates_of(lost.saved), "a certificate is as it was")
        expect_equal(write_set(lost.saved, vault.staged(lost)), None, "errno of the last close")
        warnings = status_of(vault.staged(lost))["warnings"]
        said = [one for one in warnings if "expired on 2020-01-02" in one]
        expect_equal(len(said), len(old), f"warnings ({warnings})")
        expect("renewed" in said[0], f"no step mends it: {said[0]}")
        vault.check(lost)


def boot_from_card(directory):
    """The set as of a machine that boots from its network card."""
    config = config_of(directory)
    card = network_cards(directory)[0]
    config["bootOptions"]["bootOrder"] = [
        {"_typeName": "VirtualMachineBootOptionsBootableEthernetDevice", "deviceKey": card["key"]}]
    replace(directory, "config.json", json.dumps(config).encode())


def rows_of_privileges(matrix, vault):
    sim = vault.simulator
    grant(sim, RESTORE_PRIVILEGES)
    vault.remount("--user", LIMITED)
    staged = stage(vault, vault.take(), "limited")
    folder = os.path.dirname(staged).partition("/restore/")[2]
    pool, datastore = "the resource pool /DC1/host/Cluster1/Resources", "the datastore 'nfs & share'"
    os.setxattr(staged, "user.vtpmfs.pool", b"Cluster1")
    os.setxattr(staged, "user.vtpmfs.datastore", b"nfs & share")
    where = {
        "VirtualMachine.Inventory.Create": "the folder /DC1/vm/" + folder,
        "VirtualMachine.Config.AddRemoveDevice": "the folder /DC1/vm/" + folder,
        "VirtualMachine.Config.AdvancedConfig": "the folder /DC1/vm/" + folder,
        "Cryptographer.EncryptNew": "the folder /DC1/vm/" + folder,
        "Resource.AssignVMToPool": pool, "Datastore.AllocateSpace": datastore,
        "Datastore.FileManagement": datastore, "Network.Assign": "the network ",
    }
    for missing, on in where.items():
        with matrix.row(f"EACCES: the account lacks {missing}, and on what, before anything is made"):
            with lacking(sim, missing), nothing_made(vault):
                refused(staged, "EACCES", f"{missing} on {on}", "give the account a role")
    with matrix.row("EACCES: an account that may create VMs and no more: all that is missing, at once"):
        grant(sim, ["System.View", "System.Read", "System.Anonymous", "VirtualMachine.Inventory.Create"])
        try:
            with nothing_made(vault):
                reason = refused(staged, "EACCES", "Cryptographer.EncryptNew", pool, datastore)["reason"]
            expect("VirtualMachine.Inventory.Create" not in reason, f"it may do that: {reason}")
        finally:
            grant(sim, RESTORE_PRIVILEGES)
    with matrix.row("EACCES: a folder that would have to be made and may not be"):
        lost = vault.take(lose=False)
        made = vault.mount.path(lost.datacenter, "restore", "Not writable", lost.name)
        write_set(lost.saved, made, [n for n in sorted(os.listdir(lost.saved)) if n != "SHA256SUMS"])
        with lacking(sim, "Folder.Create"), nothing_made(vault):
            refused(made, "EACCES", "Folder.Create on the folder /DC1/vm")
    with matrix.row("EACCES: the policy that would have to be made and may not be"), sim.calmed():
        sim.switch("encryption-policies", "none")
        with lacking(sim, "StorageProfile.Update"), nothing_made(vault):
            refused(staged, "EACCES", "StorageProfile.Update on the root folder")
    with matrix.row("EACCES: the host has to be put into encryption mode, and the account may not"):
        hosts = [f"DC1/host/Cluster1/Cluster1-esx{i}.example.test" for i in (1, 2)]
        for host in hosts:
            sim.control("set-host", host=host, crypto_state="incapable")
        try:
            with nothing_made(vault):
                refused(staged, "EACCES", "Cryptographer.RegisterHost on the host /DC1/host/Cluster1/")
        finally:
            for host in hosts:
                sim.control("set-host", host=host, crypto_state="safe")
    with matrix.row("what is not needed before the end, or not by every vCenter, is a warning"):
        with lacking(sim, "VirtualMachine.Inventory.Delete"):
            warned(staged, "VirtualMachine.Inventory.Delete", "cannot be taken away")
    with matrix.row("a boot order that names a network card wants VirtualMachine.Config.Settings: a warning"):
        lost = vault.take()
        boot_from_card(lost.saved)
        booting = stage(vault, lost)
        with lacking(sim, "VirtualMachine.Config.Settings"):
            warned(booting, "VirtualMachine.Config.Settings on the folder", "the boot order")
            commit(vault, lost)
            warnings = status_of(booting)["warnings"]
            expect(any("boot order could not be set" in one for one in warnings), f"{warnings}")
        with lacking(sim, "VirtualMachine.Config.EditDevice"):
            warned(staged, "VirtualMachine.Config.EditDevice", "certificates")
    with matrix.row("a vCenter that does not tell privileges: unknown, so 0, and that is said"), sim.calmed():
        sim.control("disable-operation", name="HasPrivilegeOnEntities")
        warned(staged, "could not be asked")
    with matrix.row("a check costs one question about privileges, and few in all"):
        check(staged)
        sim.reset_counts()
        expect_equal(check(staged), None, "errno of the check")
        counts = sim.counts()
        expect_equal(counts.get("HasPrivilegeOnEntities"), 1, "questions about privileges")
        expect_equal(counts.get("ListKmsClusters"), 1, "questions for the key providers")
        expect(soap_calls(counts) <= MOST_QUESTIONS, f"it asked {counts}")


def rows_of_the_dry_run(matrix, vault):
    vault.remount("--restore-dry-run")
    tools = {"cp -r": by_copy("cp", "-r"), "cp -a": by_copy("cp", "-a"),
             "rsync -a": by_copy("rsync", "-a"), "tar": by_tar("tar")}
    for name, put in tools.items():
        with matrix.row(f"--restore-dry-run, {name}: not 0, `Operation canceled`, `checked`, nothing made"):
            lost = vault.take()
            os.makedirs(os.path.dirname(vault.staged(lost)), exist_ok=True)
            with nothing_made(vault):
                done = put(vault, lost)
                expect(done.returncode != 0, f"{name} ended with 0")
                expect(os.strerror(errno.ECANCELED) in done.stderr, f"{name} says {done.stderr}")
                status = status_of(vault.staged(lost))
                expect_equal((status["state"], status["errno"]), ("checked", "ECANCELED"), "restore.status")
    with matrix.row("--restore-dry-run: what a check refuses keeps its own errno; the attribute answers 0"):
        lost = vault.take()
        staged = vault.staged(lost)
        os.makedirs(staged)
        os.setxattr(staged, "user.vtpmfs.datastore", b"full")
        with nothing_made(vault):
            expect_equal(write_set(lost.saved, staged), "ENOSPC", "errno of the last close")
            os.setxattr(staged, "user.vtpmfs.datastore", b"datastore1")
            expect_equal(check(staged), None, "errno of the check")
            expect_equal(errno_of(os.setxattr, staged, "user.vtpmfs.commit", b"1"), "ECANCELED",
                         "errno of the commit")
    with matrix.row("after a mount without it, sync of the staged directory makes the VM"):
        vault.remount()
        directory = os.open(vault.staged(lost), os.O_RDONLY | os.O_DIRECTORY)
        try:
            expect_equal(errno_of(os.fsync, directory), None, "errno of sync")
        finally:
            os.close(directory)
        vault.check(lost)


def main():
    matrix = Matrix("the preflight")
    need_mounts(matrix)
    with Scene() as scene:
        special = Vault(scene, 3, "--timeout", within(10), fleet=("--datacenters", "1"))
        said = Messages(scene, special.simulator)
        rows_of_providers(matrix, special)
        special.mount.unmount()
        said.row(matrix)
        vault = Vault(scene, 40, "--timeout", within(10))
        messages = Messages(scene, vault.simulator)
        rows_of_the_attribute(matrix, vault)
        rows_of_hosts_and_policies(matrix, vault)
        rows_of_hardware(matrix, vault)
        row_of_an_expired_certificate(matrix, vault)
        rows_of_the_dry_run(matrix, vault)
        rows_of_privileges(matrix, vault)
        vault.mount.unmount()
        messages.row(matrix)
    matrix.end()


if __name__ == "__main__":
    main()
