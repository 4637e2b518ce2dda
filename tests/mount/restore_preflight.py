#!/usr/bin/env -S python3 -B
"""What is checked before anything is made: `user.vtpmfs.check`, `--restore-dry-run`, and the words
for what is not right."""

import contextlib
import errno
import os

from harness.matrix import Matrix, need_mounts
from harness.mount import errno_of
from harness.process import expect, expect_equal, run, within
from harness.restorers import by_copy, by_tar
from harness.restoring import Vault, status_of, write_set
from harness.scene import Scene
from harness.schema import Messages

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
        vault = Vault(scene, 40, "--timeout", within(10))
        messages = Messages(scene, vault.simulator)
        rows_of_the_attribute(matrix, vault)
        rows_of_the_dry_run(matrix, vault)
        vault.mount.unmount()
        messages.row(matrix)
    matrix.end()


if __name__ == "__main__":
    main()
