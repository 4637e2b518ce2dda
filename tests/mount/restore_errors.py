#!/usr/bin/env -S python3 -B
"""A restore that fails, told by each tool: its exit status, what it leaves, and restore.status, which
says it also where the tool does not."""

import contextlib
import os
import shutil
import signal
import sys

from harness.matrix import Matrix, need_mounts, need_program
from harness.mount import Mount, errno_of
from harness.process import (Skip, end_of, expect, expect_equal, has_ended, run, run_well, spawn,
                             wait_until)
from harness.restorers import by_borg, by_copy, by_copytree, by_install, by_restic, by_tar
from harness.restoring import Vault, replace, status_of, write_file
from harness.scene import Scene
from harness.tools import move
from harness.truth import check_same_trees, check_tree, read_bytes

WORDS = {"EBADMSG": "Bad message", "ENOKEY": "Required key not available",
         "ENOSPC": "No space left", "EFBIG": "File too large", "EROFS": "Read-only file system",
         "EACCES": "Permission denied"}


def by_mv(vault, lost):
    """mv gives up, and keeps what it did not bring home."""
    done, spare = move(lost.saved, vault.staged(lost))
    check_same_trees(spare, lost.saved)
    shutil.rmtree(spare)
    return done


# Tool, exit status, and whether the tool's words name the error.
TREES = [
    ("cp -r", by_copy("cp", "-r"), 1, True),
    ("cp -a", by_copy("cp", "-a"), 1, True),
    ("rsync -a", by_copy("rsync", "-a"), 23, True),
    ("rsync --inplace", by_copy("rsync", "-a", "--inplace"), 11, True),
    ("rsync --delay-updates", by_copy("rsync", "-a", "--delay-updates"), 23, True),
    ("rsync --partial-dir", by_copy("rsync", "-a", "--partial-dir=.partial"), 23, True),
    ("rsync --fsync", by_copy("rsync", "-a", "--fsync"), 23, True),
    ("GNU tar x", by_tar("tar"), 2, True),
    ("bsdtar x", by_tar("bsdtar"), 0, False),
    ("mv", by_mv, 1, True),
    ("install", by_install, 1, True),
    ("python's copytree", by_copytree, 1, True),
    ("restic restore", by_restic, 1, True),
    ("borg extract", by_borg, None, True),
]


def by_last_file(*words):
    """All but one file are there already; a tool for single files brings the last one."""
    def put(vault, lost, name):
        os.makedirs(vault.staged(lost))
        for other in sorted(set(os.listdir(lost.saved)) - {name}):
            write_file(f"{vault.staged(lost)}/{other}", read_bytes(f"{lost.saved}/{other}"))
        places = {"from": f"{lost.saved}/{name}", "to": f"{vault.staged(lost)}/{name}"}
        return run(*[word.format(**places) for word in words])

    return put


def by_shell(words):
    return by_last_file("bash", "-c", words, "bash", "{from}", "{to}")


FILES = [
    ("dd", by_last_file("dd", "status=none", "bs=64k", "if={from}", "of={to}"), 1, True),
    ("dd conv=fsync", by_last_file(
        "dd", "status=none", "bs=64k", "conv=fsync", "if={from}", "of={to}"), 1, True),
    ("cat >", by_shell('cat "$1" > "$2"'), 1, True),
    ("tee", by_shell('tee "$2" < "$1" >/dev/null'), 1, True),
    ("sed >", by_shell("""sed -n p "$1" > "$2" """), 4, True),
    ("curl -o", by_last_file("curl", "-sS", "-o", "{to}", "file://{from}"), 23, False),
    ("bash echo >", by_shell('echo "$(cat "$1")" > "$2"'), 0, False),
    ("a python that forgets to close", by_last_file(
        sys.executable, "-c",
        "import os, sys; f = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT); "
        "os.write(f, open(sys.argv[1], 'rb').read())", "{from}", "{to}"), 0, False),
]


def check_told(vault, lost, machines, done, wanted, status, named):
    """The tool's status, its words, restore.status, and that nothing was made."""
    said = done.stderr + done.stdout
    if status is None:
        expect(done.returncode != 0, f"it ended with 0: {said[-300:]}")
    else:
        expect_equal(done.returncode, status, f"exit status ({said[-300:]})")
    if named:
        expect(WORDS[wanted].lower() in said.lower(), f"it does not name {wanted}: {said[-300:]}")
    told = status_of(vault.staged(lost))
    expect_equal((told["state"], told["errno"]), ("failed", wanted), "restore.status")
    expect(told["reason"] and told["what_to_do"], f"restore.status explains nothing: {told}")
    vault.check_nothing_made(machines)


def shown_status(status):
    return "an error" if status is None else status


def forget(vault, lost):
    run_well("rm", "-rf", vault.staged(lost))


def rows_of_damage(matrix, vault):
    lost = vault.take()
    machines = vault.paths()
    damage(lost.saved, "nvram")
    for name, put, status, named in TREES:
        with matrix.row(f"a changed byte: {name} ends with {shown_status(status)}, EBADMSG, no VM"):
            done = put(vault, lost)
            check_told(vault, lost, machines, done, "EBADMSG", status, named)
            expect("nvram" in status_of(vault.staged(lost))["reason"], "it does not name the file")
        forget(vault, lost)
    for name, put, status, named in FILES:
        # The one that goes by text brings a text: its last byte is the newline that echo adds.
        last = "firmware" if "echo" in name else "nvram"
        with matrix.row(f"a changed byte: {name} ends with {status}, EBADMSG in restore.status, no VM"):
            if last == "firmware":
                damage(lost.saved, last)
            need_program(name.split()[0] if name.split()[0] in ("curl", "dd", "sed") else "sh")
            done = put(vault, lost, last)
            wait_until(lambda: status_of(vault.staged(lost))["state"] == "failed", "it is refused")
            check_told(vault, lost, machines, done, "EBADMSG", status, named)
        forget(vault, lost)


def damage(directory, name):
    content = bytearray(read_bytes(os.path.join(directory, name)))
    content[min(1000, len(content) - 2)] ^= 1
    with open(os.path.join(directory, name), "wb") as file:
        file.write(content)


def rows_of_refusal(matrix, vault):
    """A good set, and a key that is not there: what fails is the restore, not the copy."""
    lost = vault.take()
    machines = vault.paths()
    key = {"provider": lost.facts["provider"], "key": lost.facts["key_id"]}
    vault.simulator.control("remove-key", **key)
    for name, put, status, named in TREES:
        with matrix.row(f"a lost key: {name} ends with {shown_status(status)}, ENOKEY, no VM"):
            done = put(vault, lost)
            check_told(vault, lost, machines, done, "ENOKEY", status, named)
        forget(vault, lost)
    for name, put, status, named in FILES:
        if "echo" in name:  # a text again
            continue
        with matrix.row(f"a lost key: {name} ends with {status}, ENOKEY in restore.status, no VM"):
            done = put(vault, lost, "nvram")
            wait_until(lambda: status_of(vault.staged(lost))["state"] == "failed", "it is refused")
            check_told(vault, lost, machines, done, "ENOKEY", status, named)
        forget(vault, lost)
    with matrix.row("a lost key: reading what is staged, and closing it, asks the vCenter for nothing"):
        expect_equal(run("cp", "-r", lost.saved, vault.staged(lost)).returncode, 1, "exit status of cp")
        asked = questions(vault)
        run_well("cat", *[f"{vault.staged(lost)}/{name}" for name in os.listdir(lost.saved)])
        run_well("rsync", "-a", vault.staged(lost) + "/", vault.scene.directory("read"))
        expect_equal(questions(vault), asked, "what the vCenter was asked")
    with matrix.row("a lost key: sync of the directory tells it again"):
        done = run("sync", vault.staged(lost))
        expect(done.returncode != 0, "sync ended with 0")
        expect(WORDS["ENOKEY"] in done.stderr, f"sync says {done.stderr}")
        expect(questions(vault) != asked, "it asked nobody")
    forget(vault, lost)
    vault.simulator.control("import-key", **key)
    with matrix.row("the key imported again, the same cp -r makes the VM"):
        run_well("cp", "-r", lost.saved, vault.staged(lost))
        vault.check(lost)


def questions(vault):
    """What the vCenter was asked, but for the feed of its news."""
    return {kind: n for kind, n in vault.simulator.counts().items() if kind != "WaitForUpdatesEx"}


COPIES = [
    ("cp -r", by_copy("cp", "-r"), 1),
    ("rsync -a", by_copy("rsync", "-a"), None),
    ("GNU tar x", by_tar("tar"), 2),
    ("bsdtar x", by_tar("bsdtar"), 1),
]


@contextlib.contextmanager
def small_disk(scene, kilobytes):
    """A file system of that size, where we may mount one."""
    place = scene.directory("disk")
    made = run("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0700", "none", place)
    if made.returncode != 0:
        raise Skip(f"no tmpfs can be mounted here: {made.stderr.strip()}")
    try:
        yield place
    finally:
        run("umount", "-l", place)


def rows_of_full_staging(matrix, scene, simulator, lost):
    with contextlib.ExitStack() as stack:
        try:
            disk = stack.enter_context(small_disk(scene, 4096))
        except Skip as reason:
            with matrix.row("staging is full"):
                raise reason
            return
        mount = Mount(scene, simulator, state=os.path.join(disk, "state"))
        into = mount.path(lost.datacenter, "restore", lost.folders)
        machines = list(simulator.vms())
        filler = os.path.join(disk, "filler")
        place = Place(scene, into)
        for name, put, status in COPIES:
            with matrix.row(f"staging is full: {name} ends non-zero with ENOSPC, and no VM is made"):
                fill(disk, filler, 100)
                done = put(place, lost)
                expect(done.returncode == status if status else done.returncode != 0,
                       f"exit status {done.returncode} ({done.stderr[-300:]})")
                expect("No space left" in done.stderr, f"it does not name ENOSPC: {done.stderr[-300:]}")
                expect_equal(sorted(simulator.vms()), sorted(machines), "VMs in the vCenter")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(filler)
            run_well("rm", "-rf", os.path.join(into, lost.name))
        with matrix.row("with room again the same cp -r makes the VM"):
            run_well("cp", "-r", lost.saved, into)
            expect_equal(len(simulator.named(lost.name)), 1, "VMs of that name")
        mount.unmount()


class Place:
    """What the restorers ask of a vault, for another mount."""

    def __init__(self, scene, into):
        self.scene = scene
        self.into = into

    def staged(self, lost):
        return os.path.join(self.into, lost.name)


def fill(disk, filler, left):
    """So many kilobytes are left on the disk."""
    free = os.statvfs(disk)
    write_file(filler, bytes(free.f_bavail * free.f_frsize - left * 1024))


def rows_of_read_only(matrix, vault):
    kept = vault.take(lose=False)
    machines = vault.paths()
    target = vault.mount.path(kept.datacenter, "vm", kept.folders)
    source = os.path.join(vault.scene.directory("other"), "copy of it")
    shutil.copytree(kept.saved, source)
    ways = {
        "cp -r": (["cp", "-r", source, target], 1),
        "rsync -a": (["rsync", "-a", source, target], 23),
        "GNU tar x": (["tar", "-C", target, "-xf", archive_of(vault, source)], 2),
        "bsdtar x": (["bsdtar", "-C", target, "-xf", archive_of(vault, source)], 1),
    }
    for name, (words, status) in ways.items():
        with matrix.row(f"{name} into vm/ ends with {status}, EROFS, and nothing is made"):
            need_program(words[0])
            done = run(*words)
            expect_equal(done.returncode, status, f"exit status ({done.stderr})")
            expect("Read-only file system" in done.stderr, f"it does not name EROFS: {done.stderr}")
            vault.check_nothing_made(machines)


def row_of_host(matrix, scene, simulator):
    with matrix.row("against an ESXi host there is no restore/, and nothing is sent that changes something"):
        with simulator.calmed():
            simulator.switch("api-type", "HostAgent")
            simulator.reset_counts()
            mount = Mount(scene, simulator)
            expect(mount.log_has("is an ESXi host"), "the log does not say so")
            expect(not os.path.exists(mount.path("DC1/restore")), "it has a restore/")
            expect_equal(errno_of(os.mkdir, mount.path("DC1/new")), "EROFS", "errno of mkdir")
            check_tree(mount.point, simulator.vms(digests=True))
            mount.unmount()
            asked = [kind for kind in simulator.counts() if kind.startswith("Pbm")]
            expect_equal(asked, [], "questions for policies, which no host has")


def archive_of(vault, source):
    archive = os.path.join(vault.scene.directory("archive"), "saved.tar")
    run_well("tar", "-C", os.path.dirname(source), "-cf", archive, os.path.basename(source))
    return archive


def rows_of_size(matrix, vault):
    lost = vault.take()
    machines = vault.paths()
    replace(lost.saved, "nvram", b"sixteen and more" * ((17 << 20) // 16))
    for name, put, status, named in TREES:
        with matrix.row(f"nvram of 17 MiB: {name} ends with {shown_status(status)}, EFBIG, no VM"):
            done = put(vault, lost)
            check_told(vault, lost, machines, done, "EFBIG", status, named)
        forget(vault, lost)


def rows_of_signals(matrix, vault):
    """What happens to a restore whose cp goes away: it comes to its end, and says so."""
    for number in (signal.SIGINT, signal.SIGKILL):
        title = f"{number.name} to a cp whose restore runs: cp ends at once, and no half VM stays"
        with matrix.row(title), vault.simulator.calmed():
            lost = vault.take()
            machines = vault.paths()
            held = vault.simulator.inject("hold", "CreateVM_Task")
            child = spawn(["cp", "-r", lost.saved, vault.staged(lost)])
            wait_until(lambda: vault.simulator.held(held) == 1,
                       "CreateVM_Task")
            expect(not has_ended(child), "cp did not wait")
            child.send_signal(number)
            # The answer of CreateVM_Task is held still: cp does not wait for it.
            expect_equal(end_of(child, "cp"), -number, "how cp ended")
            vault.simulator.control("release", number=held)
            state = wait_until(lambda: ended_state(vault.staged(lost)), "the restore comes to its end")
            if state == "done":
                vault.check(lost)
            else:
                told = status_of(vault.staged(lost))
                expect_equal((state, told["errno"]), ("failed", "EINTR"), "restore.status")
                expect(told["reason"], "restore.status explains nothing")
                wait_until(lambda: sorted(vault.paths()) == sorted(machines), "the half VM goes")
                directory = os.open(vault.staged(lost), os.O_RDONLY | os.O_DIRECTORY)
                expect_equal(errno_of(os.fsync, directory), None, "errno of sync")
                os.close(directory)
                vault.check(lost)


def ended_state(staged):
    state = status_of(staged)["state"]
    return state if state in ("done", "failed", "left-behind") else None


def main():
    matrix = Matrix("how each tool tells that a restore failed")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 12)
        rows_of_damage(matrix, vault)
        rows_of_refusal(matrix, vault)
        rows_of_read_only(matrix, vault)
        row_of_host(matrix, scene, vault.simulator)
        rows_of_size(matrix, vault)
        rows_of_signals(matrix, vault)
        last = vault.take()
        vault.mount.unmount()
        rows_of_full_staging(matrix, scene, vault.simulator, last)
    matrix.end()


if __name__ == "__main__":
    main()
