#!/usr/bin/env -S python3 -B
"""Backing up: every copying tool reads the whole mount, and every byte is what the vCenter holds."""

import os
import shutil
import stat
import time

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import expect, expect_equal, run, run_well
from harness.scene import Scene
from harness.simulator import Simulator, make_whole
from harness.tools import backup_tools
from harness.truth import (check_same_trees, check_sums, check_tree, read_bytes, sha256_of,
                           vm_directories)


def rows_of_tools(matrix, scene, mount, simulator):
    """Each tool's copy; the first good one is what the others are compared with."""
    first = None
    for tool in backup_tools():
        with matrix.row(f"{tool.name} saves the whole mount, and its copy is right"):
            place = scene.directory("saved")
            done = tool.save(mount.point, place)
            expect_equal(done.returncode, 0, f"{tool.name}: {done.stderr[-300:]}")
            copy = place
            if not os.path.exists(os.path.join(place, "DC1")):
                copy = scene.directory("unpacked")
                done = tool.unpack(place, copy)
                expect_equal(done.returncode, 0, f"unpacking: {done.stderr[-300:]}")
            if first is None:
                check_tree(copy, simulator.vms(digests=True))
                for directory in vm_directories(copy):
                    check_sums(directory)
                first = copy
            else:
                check_same_trees(first, copy)
            if copy != place:
                shutil.rmtree(place)
            if copy != first:
                shutil.rmtree(copy)


def rows_of_attributes(matrix, mount):
    everything = [mount.point]
    for directory, below, files in os.walk(mount.point):
        everything += [os.path.join(directory, name) for name in below + files]
    known = {path: os.lstat(path) for path in everything}
    modes = {stat.S_IFDIR: 0o700, stat.S_IFREG: 0o600, stat.S_IFLNK: 0o777}
    with matrix.row("files are 0600, directories 0700, links 0777, all belong to who mounted"):
        for path, info in known.items():
            wanted = modes[stat.S_IFMT(info.st_mode)]
            expect_equal(stat.S_IMODE(info.st_mode), wanted, path)
            expect_equal((info.st_uid, info.st_gid), (os.getuid(), os.getgid()), path)
    with matrix.row("sizes and blocks are exact before the first read, and never 0"):
        for path, info in known.items():
            if stat.S_ISREG(info.st_mode):
                expect(info.st_size > 0, f"{path} has no size")
                expect_equal(info.st_size, len(read_bytes(path)), f"size of {path}")
                expect_equal(info.st_blocks, (info.st_size + 511) // 512, f"blocks of {path}")
    with matrix.row("inode numbers are unique, and none is 0"):
        numbers = {info.st_ino for info in known.values()}
        expect_equal(len(numbers), len(known), "different inode numbers")
        expect(0 not in numbers, "an inode number is 0")
    with matrix.row("times are in the past, and SHA256SUMS and directory have the latest of the set"):
        for directory in vm_directories(mount.point):
            times = {name: known[os.path.join(directory, name)].st_mtime_ns
                     for name in os.listdir(directory)}
            latest = max(times.values())
            expect(latest <= time.time_ns() + 2 * 10**9, f"{directory}: a time in the future")
            expect(min(times.values()) > 631152000 * 10**9, f"{directory}: a time before 1990")
            expect_equal(times["SHA256SUMS"], latest, f"{directory}: time of SHA256SUMS")
            expect_equal(known[directory].st_mtime_ns, latest, f"time of {directory}")
            for name in times:
                info = known[os.path.join(directory, name)]
                expect_equal(info.st_ctime_ns, info.st_mtime_ns, f"ctime of {directory}/{name}")
    return known


def row_of_remount(matrix, mount, known):
    with matrix.row("inode numbers, sizes and times are the same after a remount"):
        for path, before in known.items():
            relative = os.path.relpath(path, os.path.commonpath(list(known)))
            after = os.lstat(os.path.join(mount.point, relative))
            for fact in ("st_ino", "st_size", "st_mtime_ns", "st_ctime_ns", "st_mode"):
                expect_equal(getattr(after, fact), getattr(before, fact), f"{fact} of {relative}")


def rows_of_refusals(matrix, mount):
    """Nothing that a user does in vm/ changes anything."""
    vm = mount.path("DC1/vm/win00001")
    nvram = os.path.join(vm, "nvram")
    before = sha256_of(nvram)
    attempts = {
        "create": lambda: os.open(vm + "/new", os.O_CREAT | os.O_WRONLY),
        "open for writing": lambda: os.open(nvram, os.O_WRONLY),
        "open to append": lambda: os.open(nvram, os.O_RDWR | os.O_APPEND),
        "truncate": lambda: os.truncate(nvram, 0),
        "chmod": lambda: os.chmod(nvram, 0o644),
        "chown": lambda: os.chown(nvram, 1, 1),
        "utime": lambda: os.utime(nvram, (0, 0)),
        "unlink": lambda: os.unlink(nvram),
        "mkdir": lambda: os.mkdir(vm + "/new"),
        "rmdir": lambda: os.rmdir(mount.path("DC1/vm/Empty")),
        "rmdir of a VM": lambda: os.rmdir(vm),
        "rename in vm/": lambda: os.rename(vm, mount.path("DC1/vm/other")),
        "rename into restore/": lambda: os.rename(vm, mount.path("DC1/restore/other")),
        "symlink": lambda: os.symlink("nvram", vm + "/link"),
        "setxattr": lambda: os.setxattr(nvram, "user.note", b"x"),
        "mkdir beside vm/": lambda: os.mkdir(mount.path("DC1/other")),
        "mkdir at the top": lambda: os.mkdir(mount.path("DC9")),
    }
    if os.geteuid() != 0:  # the kernel refuses that before anybody is asked
        del attempts["chown"]
    for name, attempt in attempts.items():
        with matrix.row(f"{name} where vm/ is read-only: EROFS"):
            expect_equal(errno_of(attempt), "EROFS", name)
    with matrix.row("a hard link into a VM's directory is refused"):
        expect(errno_of(os.link, nvram, vm + "/link") in ("EPERM", "EROFS"), "link")
    with matrix.row("mv out of vm/ into restore/ fails, and loses and makes nothing"):
        done = run("mv", vm, mount.path("DC1/restore/moved"))
        expect(done.returncode != 0, "mv ended with 0")
        expect_equal(sha256_of(nvram), before, "nvram")
        expect(not os.path.exists(mount.path("DC1/restore/moved/nvram")), "mv copied the set")
    with matrix.row("rm -rf of a VM fails, and the VM is as before"):
        expect(run("rm", "-rf", vm).returncode != 0, "rm ended with 0")
        expect_equal(sha256_of(nvram), before, "nvram")


def row_of_dangerous_name(matrix, scene):
    with matrix.row("an nvram whose name could lead elsewhere is not fetched: EIO, and no GET"):
        simulator = Simulator(scene, "--no-specials", "--vms", "2", "--datacenters", "1")
        for name in ("../win00002/win00002.nvram", "/etc/passwd", ".._.nvram", "win00001.vmx"):
            simulator.control("set-extra-config", vm="win00001", key="nvram", value=name)
            mount = Mount(scene, simulator, "-o", "ro")
            nvram = mount.path("DC1/vm/win00001/nvram")
            expect_equal(errno_of(read_bytes, nvram), "EIO", f"nvram called {name}")
            mount.unmount()
        expect_equal(simulator.counts().get("GET /folder", 0), 0, "GETs")
        simulator.stop()


def main():
    matrix = Matrix("backing up with each tool")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--vms", "12", "--case-twins")
        make_whole(simulator)
        row_of_dangerous_name(matrix, scene)
        mount = Mount(scene, simulator, "-o", "ro", "--vms=all")
        with matrix.row("sha256sum -c SHA256SUMS passes in every directory of the mount"):
            check_tree(mount.point, simulator.vms(digests=True))
            for directory in vm_directories(mount.point):
                check_sums(directory)
        known = rows_of_attributes(matrix, mount)
        rows_of_tools(matrix, scene, mount, simulator)
        mount.unmount()
        again = Mount(scene, simulator, "-o", "ro", "--vms=all", state=mount.state)
        row_of_remount(matrix, again, known)
        again.unmount()
        writable = Mount(scene, simulator)
        with matrix.row("cp -a of a writable mount saves vm/ whole too, and restore/ as it is"):
            place = scene.directory("saved")
            run_well("cp", "-a", writable.point + "/.", place)
            check_tree(place, {p: vm for p, vm in simulator.vms(digests=True).items() if vm["tpm"]})
        rows_of_refusals(matrix, writable)
        writable.unmount()
    matrix.end()


if __name__ == "__main__":
    main()
