#!/usr/bin/env -S python3 -B
"""What happens in the middle of a backup: a slow datastore, a lost session, a reconfiguration, a
guest that writes. What was copied belongs together, or the copy fails."""

import contextlib
import os
import shutil

from harness.holding import held
from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import (end_of, expect, expect_equal, has_ended, last_words, run, run_well, spawn,
                             wait_until)
from harness.scene import Scene
from harness.schema import Messages
from harness.simulator import Simulator
from harness.truth import SET, check_files, check_sums, check_tree, read_bytes, sha256_of

READERS = 24


def row_of_slow_datastore(matrix, scene, simulator):
    with matrix.row(f"while {READERS} reads wait for the datastore, all else answers: ls, stat, other files"):
        mount = Mount(scene, simulator, "-o", "ro")
        machines = [f"win{number:05}" for number in range(1, READERS + 2)]
        paths = {vm["name"]: mount.path(*path.split("/")) for path, vm in simulator.vms().items()}
        with held(simulator, "GET /folder", count=0) as waiting, contextlib.ExitStack() as children:
            readers = [spawn(["sha256sum", paths[name] + "/nvram"], stdout=-1, encoding="utf-8")
                       for name in machines[:READERS]]
            for reader in readers:
                children.callback(reader.kill)
            waiting.wait_for(6)  # as many as vtpmfs asks at once; the others stand in line
            expect("Payroll" in run_well("ls", mount.path("DC1/vm/Finance")).stdout, "ls of another folder")
            for name in machines:
                run_well("stat", paths[name] + "/nvram")
                expect_equal(sorted(run_well("ls", paths[name]).stdout.split()), sorted(SET), name)
                expect_equal(run_well("cat", paths[name] + "/firmware").stdout, "efi\n", "firmware")
            expect(not any(has_ended(reader) for reader in readers), "a reader did not wait")
            # One more who gives up does not wait for his answer.
            late = spawn(["cat", paths[machines[READERS]] + "/nvram"], stdout=-3)
            wait_until(lambda: state_of(late.pid) in "SD", "cat waits")
            late.terminate()
            expect(end_of(late, "cat") != 0, "cat ended with 0")
            waiting.release()
            for name, reader in zip(machines, readers):
                said = reader.stdout.read().split()
                expect_equal(end_of(reader, "sha256sum"), 0, "exit status")
                expect_equal(said[0], simulator.vm(name)["nvram_sha256"], f"nvram of {name}")
        mount.unmount()


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        return stat.read().rpartition(")")[2].split()[0]


def row_of_lost_session(matrix, scene, simulator):
    with matrix.row("the session ends in the middle of cp -r: one new login, and the copy is whole"):
        mount = Mount(scene, simulator, "-o", "ro")
        copy = scene.directory("copy")
        simulator.reset_counts()
        with held(simulator, "GET /folder", first=5) as waiting:
            copying = spawn(["cp", "-r", mount.point + "/.", copy])
            waiting.wait_for()
            simulator.control("expire-sessions")
            waiting.release()
            expect_equal(end_of(copying, "cp", 120), 0, "exit status of cp")
        check_tree(copy, simulator.vms(digests=True))
        expect_equal(simulator.counts().get("Login"), 1, "logins")
        mount.unmount()
        expect_equal(simulator.sessions(), 0, "sessions")


def rows_of_changes(matrix, scene, simulator):
    def rekey(name):
        facts = simulator.vm(name)
        other = next(k for k in simulator.control("list-keys")[facts["provider"]] if k != facts["key_id"])
        simulator.control("rekey", vm=name, key=other)

    def write(name):
        simulator.control("guest-write", vm=name)

    changes = [
        ("a rekey while cp waits for nvram", "win00002", rekey, False, 1),
        ("a guest's write while cp waits for nvram", "win00003", write, True, 1),
        ("a guest's write between the two reads of a running VM's nvram", "win00004", write, True, 2),
    ]
    for title, name, change, running, first in changes:
        with matrix.row(f"{title}: the copy belongs together, or cp fails and the next one does"):
            if running:
                simulator.control("power-on", vm=name)
            mount = Mount(scene, simulator, "-o", "ro", "--pin", "1")
            source = directory_of(mount, simulator, name)
            copy = os.path.join(scene.directory("copy"), name)
            with held(simulator, f"url:{name}.nvram", first=first) as waiting:
                copying = spawn(["cp", "-r", source, copy], stderr=-1, encoding="utf-8")
                waiting.wait_for()
                change(name)
                waiting.release()
                status = end_of(copying, "cp")
                said = copying.stderr.read()
            if status != 0:
                expect("Input/output error" in said, f"cp says {said}")
                expect(run("sha256sum", "-c", "--strict", "SHA256SUMS", cwd=copy).returncode != 0,
                       "a copy that failed passes its sums")
                shutil.rmtree(copy)
                # Each try keeps the generation for another second: not too often.
                wait_until(lambda: copied_again(source, copy), "the next copy is whole", pause=1.5)
            check_sums(copy)
            facts = simulator.control("list-vms", digests=True)
            check_files(copy, next(vm for vm in facts if vm["name"] == name))
            mount.unmount()
    with matrix.row("a change between two files of one copy: the rest is of the same generation"):
        mount = Mount(scene, simulator, "-o", "ro")
        source = directory_of(mount, simulator, "win00005")
        copy = scene.directory("copy")
        run_well("cp", source + "/nvram", source + "/SHA256SUMS", copy)
        rekey("win00005")
        write("win00005")
        # The mount hears of changes in their order: of this one it has heard when the next one shows.
        simulator.control("rename-vm", vm="win00006", name="renamed")
        wait_until(lambda: directory_of(mount, simulator, "renamed", wait=False), "the later change shows")
        for name in sorted(set(SET) - {"nvram", "SHA256SUMS"}):
            run_well("cp", f"{source}/{name}", copy)
        check_sums(copy)
        mount.unmount()
    with matrix.row("and the next mount's copy is of the new one"):
        mount = Mount(scene, simulator, "-o", "ro")
        source = directory_of(mount, simulator, "win00005")
        expect_equal(sha256_of(source + "/nvram"), simulator.vm("win00005")["nvram_sha256"], "nvram")
        check_sums(source)
        mount.unmount()


def directory_of(mount, simulator, name, wait=True):
    """Where the mount shows a machine; None where it does not, and nobody waits."""
    path = next(path for path, vm in simulator.vms().items() if vm["name"] == name)
    shown = mount.path(*path.split("/"))
    if wait:
        wait_until(lambda: os.path.isdir(shown), f"{name} is shown")
    return shown if os.path.isdir(shown) else None


def copied_again(source, copy):
    done = run("cp", "-r", source, copy)
    if done.returncode != 0:
        shutil.rmtree(copy, ignore_errors=True)
        expect("Input/output error" in done.stderr, f"cp says {last_words(done)}")
    return done.returncode == 0


def row_of_absence(matrix, scene, simulator):
    with matrix.row("the vCenter goes away: what was read stays readable, the rest fails, the tree stays"):
        mount = Mount(scene, simulator, "-o", "ro", "--timeout", "2")
        known = directory_of(mount, simulator, "win00007")
        before = read_bytes(known + "/nvram")
        other = directory_of(mount, simulator, "win00008")
        tree = sorted(os.listdir(mount.path("DC1/vm")))
        simulator.inject("reset-before", "", count=0)
        try:
            expect_equal(read_bytes(known + "/nvram"), before, "the nvram that was read before")
            expect(errno_of(read_bytes, other + "/nvram") in ("EHOSTUNREACH", "ETIMEDOUT", "EIO"),
                   "reading an nvram that nobody can fetch")
            expect_equal(sorted(os.listdir(mount.path("DC1/vm"))), tree, "the tree")
        finally:
            simulator.calm()
        wait_until(lambda: errno_of(read_bytes, other + "/nvram") is None, "it is back", 60)
        mount.unmount()


def main():
    matrix = Matrix("what happens in the middle of a backup")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--no-specials", "--vms", "30", "--datacenters", "1")
        messages = Messages(scene, simulator)
        row_of_slow_datastore(matrix, scene, simulator)
        row_of_lost_session(matrix, scene, simulator)
        rows_of_changes(matrix, scene, simulator)
        messages.row(matrix)
        row_of_absence(matrix, scene, simulator)
    matrix.end()


if __name__ == "__main__":
    main()
