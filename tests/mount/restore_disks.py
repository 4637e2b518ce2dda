#!/usr/bin/env -S python3 -B
"""The state directory on a disk that is full, read-only, frozen or gone: who writes into restore/ is
told, nothing is half restored, and with a disk that is well again the same copy works."""

import contextlib
import errno
import os
import shutil
import subprocess

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of, is_mounted
from harness.process import (Skip, end_of, expect, expect_equal, has_ended, run, run_well, spawn,
                             wait_until)
from harness.restorers import WAYS
from harness.restoring import Vault, status_of, write_file, write_set
from harness.scene import Scene
from harness.truth import read_bytes

PAGE = 4096
FULL = "No space left on device"


class Disk:
    """A file system of its own, in the memory of the machine."""

    def __init__(self, scene, kilobytes, place=None):
        self.place = place or scene.directory("disk")
        self.mount(kilobytes)
        scene.at_end(self.leave)

    def mount(self, kilobytes):
        options = f"size={kilobytes}k,mode=0700"
        done = run("mount", "-t", "tmpfs", "-o", options, "none", self.place)
        if done.returncode != 0:
            raise Skip(f"no tmpfs can be mounted: {done.stderr.strip()}")

    def room(self):
        now = os.statvfs(self.place)
        return now.f_bavail * now.f_bsize

    def fill(self, leave=0):
        """Another program's file takes all room but so many bytes."""
        with open(os.path.join(self.place, "filler"), "wb", buffering=0) as filler:
            while self.room() > leave:
                try:
                    filler.write(bytes(min(PAGE * 16, max(PAGE, self.room() - leave))))
                except OSError as error:
                    expect_equal(error.errno, errno.ENOSPC, "what ends the filling")
                    break

    def clear(self):
        os.unlink(os.path.join(self.place, "filler"))

    def leave(self):
        if is_mounted(self.place):
            run("umount", "-l", self.place)


class BlockDisk(Disk):
    """An ext4 in a file, which can be broken and frozen."""

    def mount(self, kilobytes):
        self.image = self.place + ".image"
        if not os.path.exists(self.image):
            with open(self.image, "wb") as image:
                image.truncate(kilobytes << 10)
            made = run("mkfs.ext4", "-q", "-F", self.image) if shutil.which("mkfs.ext4") else None
            if made is None or made.returncode != 0:
                raise Skip("no ext4 can be made")
        done = run("mount", "-o", "loop,errors=remount-ro", self.image, self.place)
        if done.returncode != 0:
            raise Skip(f"no loop device: {done.stderr.strip()}")
        shutil.rmtree(os.path.join(self.place, "lost+found"), ignore_errors=True)

    def turn_read_only(self):
        """As ext4 does by itself when it meets an error, whoever has files open for writing."""
        device = os.path.basename(run_well("findmnt", "-no", "SOURCE", self.place).stdout.strip())
        trigger = f"/sys/fs/ext4/{device}/trigger_fs_error"
        if not os.path.exists(trigger):
            raise Skip("this kernel's ext4 cannot be told to fail")
        with open(trigger, "w", encoding="ascii") as file:
            file.write("by the test of vtpmfs")

    def mend(self):
        """Checked and mounted again, after whoever used it has ended."""
        run_well("umount", self.place)
        checked = run("e2fsck", "-fy", self.image)
        expect(checked.returncode in (0, 1), f"e2fsck: {checked.stdout}")
        self.mount(0)

    @contextlib.contextmanager
    def frozen(self):
        """Whoever writes waits. However the body ends, they go on afterwards."""
        run_well("fsfreeze", "--freeze", self.place)
        try:
            yield
        finally:
            run_well("fsfreeze", "--unfreeze", self.place)

    def leave(self):
        run("fsfreeze", "--unfreeze", self.place)
        super().leave()


def settle_on(vault, disk, *options):
    """From here on the mount keeps its state on this disk."""
    if not has_ended(vault.mount.process):
        vault.mount.unmount()
    vault.mount = Mount(vault.scene, vault.simulator, *options, state=disk.place)


def set_size(directory):
    """What a set takes on a disk."""
    sizes = (os.stat(os.path.join(directory, name)).st_size for name in os.listdir(directory))
    return sum((size + PAGE - 1) // PAGE * PAGE for size in sizes)


def without_manifest(lost, last="nvram"):
    """The names of a set in an order, without SHA256SUMS."""
    names = sorted(set(os.listdir(lost.saved)) - {"SHA256SUMS", last})
    return [*names, last]


def expect_not_done(staged):
    """restore.status, where there is one, does not speak of success."""
    if os.path.exists(staged + "/restore.status"):
        expect(status_of(staged)["state"] in ("waiting", "failed"), f"state: {status_of(staged)}")


def rows_of_full(matrix, vault, disk):
    for name, put in ((n, p) for n, p in WAYS if n in ("cp -r", "cp -a", "rsync -a", "GNU tar x")):
        with matrix.row(f"the disk fills in the middle of {name}: ENOSPC, no VM; with room it works"):
            lost = vault.take()
            staged = vault.staged(lost)
            machines = vault.paths()
            # Some of it finds room, also in the index.
            disk.fill(leave=(64 << 10) + set_size(lost.saved) // 2)
            done = put(vault, lost)
            expect(done.returncode != 0, f"{name} ended with 0")
            expect(FULL in done.stderr, f"{name} says: {done.stderr}")
            expect_not_done(staged)
            run("sync", staged)
            vault.check_nothing_made(machines)
            disk.clear()
            run("sync", staged)
            vault.check_nothing_made(machines)
            expect_equal(put(vault, lost).returncode, 0, f"{name} with room again")
            vault.check(lost)
    with matrix.row("on a full disk mkdir and create get ENOSPC, reading works, rm -r makes room"):
        lost = vault.take()
        staged = vault.staged(lost)
        names = sorted(os.listdir(lost.saved))
        expect_equal(write_set(lost.saved, staged, names[:-1]), None, "staging")
        disk.fill()
        # What the index has taken before is used up first.
        new = vault.mount.path("DC1/restore/") + "n" * 250
        told = wait_until(lambda: next(filter(None, (
            errno_of(os.mkdir, new + str(number)) for number in range(1000))), None), "no more room")
        expect_equal(told, "ENOSPC", "mkdir")
        expect_equal(errno_of(write_file, staged + "/" + names[-1], b"x"), "ENOSPC", "create")
        expect_equal(read_bytes(staged + "/" + names[0]), read_bytes(f"{lost.saved}/{names[0]}"), names[0])
        run_well("rm", "-r", staged)
        for directory in os.listdir(os.path.dirname(new)):
            if directory.startswith("nnn"):
                os.rmdir(os.path.join(os.path.dirname(new), directory))
        disk.clear()
        run_well("cp", "-r", lost.saved, staged)
        vault.check(lost)
    with matrix.row("without SHA256SUMS half an nvram is never started: ENOSPC until it is written again"):
        lost = vault.take()
        staged = vault.staged(lost)
        machines = vault.paths()
        names = without_manifest(lost)
        write_set(lost.saved, staged, names[:-1])
        disk.fill(leave=os.stat(lost.saved + "/nvram").st_size // 2)
        expect_equal(write_set(lost.saved, staged, ["nvram"]), "ENOSPC", "writing nvram")
        disk.clear()
        settle_on(vault, disk)  # the next mount knows it as well
        staged = vault.staged(lost)
        for start in (lambda: run("sync", staged),
                      lambda: run("setfattr", "-n", "user.vtpmfs.commit", "-v", "1", staged)):
            done = start()
            expect(done.returncode != 0 and FULL in done.stderr, f"it was started: {done}")
        status = status_of(staged)
        expect_equal((status["state"], status["errno"]), ("failed", "ENOSPC"), "restore.status")
        expect("nvram" in status["reason"], "restore.status does not name the file")
        vault.check_nothing_made(machines)
        expect_equal(write_set(lost.saved, staged, ["nvram"]), None, "writing it again")
        run_well("sync", staged)
        vault.check(lost)
    with matrix.row("a daemon that is killed on a full disk starts nothing afterwards; cp again works"):
        lost = vault.take()
        machines = vault.paths()
        disk.fill(leave=(64 << 10) + set_size(lost.saved) // 2)
        done = run("cp", "-r", lost.saved, os.path.dirname(vault.staged(lost)))
        expect(FULL in done.stderr, f"cp: {done}")
        vault.mount.kill()
        vault.simulator.control("expire-sessions")  # the killed one did not log out
        run_well("fusermount3", "-u", vault.mount.point)
        disk.clear()
        settle_on(vault, disk)
        run("sync", vault.staged(lost))
        vault.check_nothing_made(machines)
        run_well("cp", "-r", lost.saved, os.path.dirname(vault.staged(lost)))
        vault.check(lost)
    with matrix.row("--restore-settle does not start what found no room"):
        settle_on(vault, disk, "--restore-settle=1")
        lost, other = vault.take(), vault.take()
        machines = vault.paths()
        names = without_manifest(lost)
        write_set(lost.saved, vault.staged(lost), names[:-1])
        disk.fill(leave=os.stat(lost.saved + "/nvram").st_size // 2)
        expect_equal(write_set(lost.saved, vault.staged(lost), ["nvram"]), "ENOSPC", "nvram")
        disk.clear()
        # One that comes later, and is whole, is started.
        expect_equal(write_set(other.saved, vault.staged(other), without_manifest(other)), None, "other")
        wait_until(lambda: status_of(vault.staged(other))["state"] == "done", "the other one", 120)
        vault.check_nothing_made([*machines, other.path])
        run_well("rm", "-r", vault.staged(lost))
        settle_on(vault, disk)


def rows_of_journal(matrix, vault, disk):
    """The journal alone has no room: on a disk of its own within the state directory."""
    vault.mount.unmount()
    journal = Disk(vault.scene, 64, os.path.join(disk.place, "journal"))
    settle_on(vault, disk)
    with matrix.row("a journal without room: ENOSPC before anything is made; with room sync makes it"):
        lost = vault.take()
        staged = vault.staged(lost)
        machines = vault.paths()
        journal.fill()
        expect_equal(write_set(lost.saved, staged), "ENOSPC", "the last close")
        expect_equal(status_of(staged)["errno"], "ENOSPC", "restore.status")
        vault.check_nothing_made(machines)
        journal.clear()
        run_well("sync", staged)
        vault.check(lost)
    with matrix.row("a journal that fills while the VM is made: no half VM; with room sync makes it"):
        lost = vault.take()
        staged = vault.staged(lost)
        machines = vault.paths()
        with vault.simulator.calmed():
            held = vault.simulator.inject("hold", "CreateVM_Task")
            child = spawn(["cp", "-r", lost.saved, staged], stderr=subprocess.DEVNULL)
            wait_until(lambda: vault.simulator.held(held) == 1, "CreateVM_Task")
            journal.fill()
            vault.simulator.control("release", number=held)
            expect(end_of(child, "cp") != 0, "cp ended with 0")
        expect_equal(status_of(staged)["errno"], "ENOSPC", "restore.status")
        vault.check_nothing_made(machines)
        journal.clear()
        run_well("sync", staged)
        vault.check(lost)
    with matrix.row("a journal that fills when all is verified: the VM stays, and cp ends with 0"):
        lost = vault.take()
        with vault.simulator.calmed():
            held = vault.simulator.inject("hold", "ReconfigVM_Task")
            child = spawn(["cp", "-r", lost.saved, vault.staged(lost)])
            wait_until(lambda: vault.simulator.held(held) == 1, "ReconfigVM_Task")
            journal.fill()
            vault.simulator.control("release", number=held)
            expect_equal(end_of(child, "cp"), 0, "exit status of cp")
        vault.check(lost)
        expect_equal(status_of(vault.staged(lost))["state"], "done", "restore.status")
        journal.clear()
    vault.mount.unmount()
    journal.leave()
    settle_on(vault, disk)


def rows_of_gone(matrix, vault):
    """The disk is unmounted, or its directory removed, beneath a daemon that runs."""
    ways = {
        "unmounted": lambda disk: run_well("umount", "-l", disk.place),
        "emptied": lambda disk: shutil.rmtree(os.path.join(disk.place, "staging")),
    }
    for what, take_away in ways.items():
        with matrix.row(f"a disk that is {what} meanwhile: EIO, no VM, vm/ goes on; later cp works"):
            disk = Disk(vault.scene, 4096)
            settle_on(vault, disk)
            lost, whole = vault.take(), vault.take()
            machines = vault.paths()
            names = sorted(os.listdir(lost.saved))
            write_set(lost.saved, vault.staged(lost), names[:-1])
            write_set(whole.saved, vault.staged(whole), names[:-1])
            write_file(vault.staged(whole) + "/.last", read_bytes(f"{whole.saved}/{names[-1]}"))
            take_away(disk)
            done = run("cp", os.path.join(lost.saved, names[-1]), vault.staged(lost))
            expect(done.returncode != 0 and "Input/output error" in done.stderr, f"cp: {done}")
            told = errno_of(os.rename, vault.staged(whole) + "/.last", vault.staged(whole) + "/" + names[-1])
            expect_equal(told, "EIO", "the rename that brings the last piece")
            vault.check_nothing_made(machines)
            expect(os.listdir(vault.mount.path("DC1/vm")), "vm/ is empty")
            run("fusermount3", "-u", vault.mount.point)
            wait_until(lambda: has_ended(vault.mount.process), "vtpmfs ends", 75)
            vault.simulator.control("expire-sessions")
            if not is_mounted(disk.place):
                disk.mount(4096)
            settle_on(vault, disk)
            vault.check_nothing_made(machines)
            for one in (lost, whole):
                run_well("cp", "-r", one.saved, os.path.dirname(vault.staged(one)))
                vault.check(one)


def is_blocked(pid):
    """Whether a thread of the process waits for a disk."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="utf-8", errors="replace") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "D":
                    return True
    return False


def rows_of_broken(matrix, vault):
    with matrix.row("the disk turns read-only in the middle of cp: EROFS, no VM; mended, cp works"):
        disk = BlockDisk(vault.scene, 32 << 10)
        settle_on(vault, disk)
        lost, whole = vault.take(), vault.take()
        machines = vault.paths()
        names = sorted(os.listdir(lost.saved))
        write_set(lost.saved, vault.staged(lost), names[:3])
        write_set(whole.saved, vault.staged(whole), names[:-1])
        write_file(vault.staged(whole) + "/.last", read_bytes(f"{whole.saved}/{names[-1]}"))
        descriptor = os.open(vault.staged(lost) + "/" + names[3], os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, b"a part")
        disk.turn_read_only()
        expect_equal(errno_of(os.write, descriptor, b"more"), "EROFS", "a write")
        os.close(descriptor)
        done = run("cp", "-r", lost.saved, os.path.dirname(vault.staged(lost)))
        expect(done.returncode != 0 and "Read-only file system" in done.stderr, f"cp: {done}")
        told = errno_of(os.rename, vault.staged(whole) + "/.last", vault.staged(whole) + "/" + names[-1])
        expect_equal(told, "EROFS", "the rename that would bring the last piece")
        expect_equal(errno_of(os.unlink, vault.staged(lost) + "/" + names[0]), "EROFS", "unlink")
        for one in (lost, whole):
            expect_not_done(vault.staged(one))
        expect(os.listdir(vault.mount.path("DC1/vm")), "vm/ is empty")
        vault.check_nothing_made(machines)
        vault.mount.unmount()
        disk.mend()
        settle_on(vault, disk)
        for one in (lost, whole):
            run("sync", vault.staged(one))
        vault.check_nothing_made(machines)
        # That a write failed could not be kept: what there is of that file may be half of it.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(vault.staged(lost) + "/" + names[3])
        for one in (lost, whole):
            run_well("cp", "-r", one.saved, os.path.dirname(vault.staged(one)))
            vault.check(one)
    with matrix.row("a disk that stands still: cp waits, vm/ goes on, and in the end the VM is there"):
        disk = BlockDisk(vault.scene, 32 << 10)
        settle_on(vault, disk)
        lost, kept = vault.take(), vault.take(lose=False)
        shown = vault.mount.path(*kept.path.split("/"))
        read_bytes(shown + "/nvram")
        with disk.frozen():
            child = spawn(["cp", "-r", lost.saved, os.path.dirname(vault.staged(lost))])
            wait_until(lambda: is_blocked(vault.mount.process.pid), "the daemon waits for the disk")
            expect(child.poll() is None, "cp did not wait")
            expect_equal(read_bytes(shown + "/nvram"), read_bytes(kept.saved + "/nvram"), "another VM's nvram")
            run_well("ls", "-lR", vault.mount.path("DC1/vm"), seconds=60)
        expect_equal(end_of(child, "cp"), 0, "exit status of cp")
        vault.check(lost)


def rows_of_limits(matrix, vault):
    top = vault.mount.path("DC1/restore/limits")
    with matrix.row("a staged file over 64 MiB: EFBIG"):
        os.mkdir(top)
        write_file(top + "/large", b"")
        os.truncate(top + "/large", 64 << 20)
        expect_equal(errno_of(os.truncate, top + "/large", (64 << 20) + 1), "EFBIG", "truncate")
        with open(top + "/large", "r+b", buffering=0) as file:
            file.seek(0, os.SEEK_END)
            expect_equal(errno_of(file.write, b"x"), "EFBIG", "write")
    with matrix.row("--nvram-max over 64 MiB raises that limit"):
        vault.remount("--nvram-max=80M")
        top = vault.mount.path("DC1/restore/limits")
        os.truncate(top + "/large", 80 << 20)
        expect_equal(errno_of(os.truncate, top + "/large", (80 << 20) + 1), "EFBIG", "truncate")
        os.truncate(top + "/large", 64 << 20)
        vault.remount()
        top = vault.mount.path("DC1/restore/limits")
    with matrix.row("more than 4 GiB staged: ENOSPC; removing makes room"):
        for number in range(63):
            write_file(f"{top}/{number}", b"")
            os.truncate(f"{top}/{number}", 64 << 20)
        write_file(top + "/more", b"")
        expect_equal(errno_of(write_file, top + "/more", b"x"), "ENOSPC", "write")
        os.unlink(top + "/0")
        expect_equal(errno_of(write_file, top + "/more", b"x"), None, "write with room")
    with matrix.row("nesting below restore/ over 64: ELOOP; names over 255 bytes: ENAMETOOLONG"):
        deep = top
        for level in range(2, 65):
            deep += "/d"
            expect_equal(errno_of(os.mkdir, deep), None, f"mkdir {level} deep")
        expect_equal(errno_of(os.mkdir, deep + "/d"), "ELOOP", "mkdir")
        expect_equal(errno_of(write_file, deep + "/f", b"x"), "ELOOP", "create")
        expect_equal(errno_of(os.mkdir, top + "/" + "n" * 255), None, "mkdir of 255 bytes")
        expect_equal(errno_of(os.mkdir, top + "/" + "n" * 256), "ENAMETOOLONG", "mkdir of 256 bytes")
        run_well("rm", "-r", top)


def main():
    matrix = Matrix("disks that fail under restore/")
    need_mounts(matrix)
    if os.geteuid() != 0:
        matrix.skip_all("only root mounts disks")
    with Scene() as scene:
        vault = Vault(scene, 30)
        rows_of_limits(matrix, vault)
        try:
            disk = Disk(scene, 4096)
        except Skip as reason:
            with matrix.row("all that needs a disk of its own"):
                raise reason
        else:
            settle_on(vault, disk)
            rows_of_full(matrix, vault, disk)
            rows_of_journal(matrix, vault, disk)
            rows_of_gone(matrix, vault)
            rows_of_broken(matrix, vault)
        with matrix.row("the mount ends cleanly, and no session is left"):
            vault.mount.unmount()
            expect_equal(vault.simulator.sessions(), 0, "sessions")
    matrix.end()


if __name__ == "__main__":
    main()
