#!/usr/bin/env -S python3 -B
"""A daemon that is killed at every request of a restore, before the vCenter carries it out and after:
the next mount of the state directory leaves one whole VM or none, and nothing of anybody else's."""

import concurrent.futures
import os
import shutil

from harness.crashes import Crashes
from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import expect, expect_equal, run, run_well, wait_until
from harness.restoring import Vault, status_of, write_set
from harness.scene import Scene
from harness.truth import read_bytes

# A mount asks for these, and remembers the answer for a while.
REMEMBERED = ("QueryConfigOptionDescriptor", "QueryConfigOptionEx")


def rows_of_points(matrix, crashes):
    counts = {}
    with matrix.row("a restore that is not killed, for comparison"):
        counts = crashes.requests()
        for needed in ("CreateVM_Task", "CreateFolder", "ReconfigVM_Task", "PUT /folder", "GET /folder"):
            expect(counts.get(needed), f"a restore without {needed}: {counts}")
    for match, number in sorted(counts.items()):
        for kind, words in (("hold", "before"), ("silence", "after")):
            with matrix.row(f"killed in each of {number} {match}, {words} it is carried out"):
                if match in REMEMBERED:
                    crashes.vault.mount.kill()
                    crashes.remount()
                reached = sum(one_crash(crashes, kind, match, nth + 1) for nth in range(number))
                expect(reached > 0, f"no {match} was reached")


def one_crash(crashes, kind, match, nth, released="before"):
    """One whole VM or none; none is explained, and can be made."""
    staged = crashes.place()
    if not crashes.killed_in(staged, kind, match, nth, released):
        crashes.check_and_clear(staged)
        return 0
    where = f"{match} {nth}"
    if crashes.simulator.named(crashes.lost.name):
        # A directory that has become a VM goes, at any moment.
        try:
            state = status_of(staged)["state"]
        except FileNotFoundError:
            state = "done"
        expect_equal(state, "done", f"restore.status after {where}")
        crashes.check_and_clear(staged)
        return 1
    if not crashes.began and not os.path.isdir(staged):
        return 1
    status = status_of(staged)
    expect(status["state"] in ("waiting", "failed"), f"after {where}: {status}")
    if status["state"] == "failed":
        expect("broken off" in status["reason"] and status["what_to_do"], f"after {where}: {status}")
    if nth == 1:
        run_well("sync", staged)
        crashes.check_and_clear(staged)
    else:
        shutil.rmtree(staged)
    return 1


def step_of(staged):
    """What restore.status says is being done; nothing where there is none yet."""
    try:
        return status_of(staged)["step"]
    except FileNotFoundError:
        return ""


def rows_of_late_creations(matrix, crashes):
    with matrix.row("a creation that is carried out after the next mount has begun: its VM is removed"):
        expect(one_crash(crashes, "hold", "CreateVM_Task", 1, released="after"), "not reached")
    with matrix.row("a creation that never arrives is forgotten after half an hour"):
        staged = crashes.place()
        crashes.simulator.inject("reset-before", "CreateVM_Task", count=0)
        child = crashes.copy(staged)
        wait_until(lambda: "looking for the VM" in step_of(staged), "the VM is looked for")
        crashes.vault.mount.kill()
        child.wait()
        crashes.simulator.control("clear")
        crashes.remount(end=False)
        wait_until(lambda: crashes.vault.mount.log_has("may still make"), "it is said that it may come")
        expect_equal(status_of(staged)["state"], "creating", "restore.status")
        expect_equal(len(os.listdir(crashes.journal)), 1, "records")
        crashes.settle()
        expect_equal(status_of(staged)["state"], "failed", "restore.status")
        run_well("sync", staged)
        crashes.check_and_clear(staged)
    with matrix.row("a finish that is carried out after the next mount has begun: the VM stays"):
        staged = crashes.place()
        expect(crashes.killed_in(staged, "hold", "ReconfigVM_Task", 1, "after"), "not reached")
        crashes.check_and_clear(staged)


def kill_in_upload(crashes, staged):
    injected = crashes.simulator.inject("hold", "PUT /folder")
    child = crashes.copy(staged)
    wait_until(lambda: crashes.simulator.held(injected) > 0, "the upload begins")
    crashes.vault.mount.kill()
    crashes.simulator.control("clear")
    child.wait()


def half_made(crashes, staged):
    """Kills a daemon that is about to upload nvram; its half-made VM."""
    kill_in_upload(crashes, staged)
    return crashes.simulator.named(crashes.lost.name)[0]


def rows_of_recoveries(matrix, crashes):
    sim = crashes.simulator
    with matrix.row("a half-made VM with escapes in its name and its folder's is removed"):
        folder = os.path.join(os.path.dirname(crashes.place()), "50% \\ of it")
        os.mkdir(folder)
        staged = os.path.join(folder, "a%2fb 100%")
        kill_in_upload(crashes, staged)
        below = lambda: [path for path in sim.vms() if "50%25 %5c of it/" in path]
        expect_equal(len(below()), 1, "half-made VMs")
        crashes.remount()
        expect_equal(below(), [], "half-made VMs after the next mount")
        shutil.rmtree(staged)
    with matrix.row("a mount that is ended in the middle of a recovery ends, and the next one goes on"):
        staged = crashes.place()
        half_made(crashes, staged)
        held = sim.inject("hold", "Destroy_Task")
        crashes.remount(end=False)
        wait_until(lambda: sim.held(held) > 0, "the removal is sent")
        ending = crashes.vault.mount
        ending.unmount()
        sim.control("release", number=held)
        crashes.vault.mount = Mount(crashes.vault.scene, sim, state=ending.state, point=ending.point)
        crashes.settle()
        expect(not sim.named(crashes.lost.name), "the half-made VM is still there")
        shutil.rmtree(staged, ignore_errors=True)
    with matrix.row("a check of the set waits for the recovery of its restore, one of another set does not"):
        staged = crashes.place()
        half_made(crashes, staged)
        held = sim.inject("hold", "Destroy_Task")
        crashes.remount(end=False)
        wait_until(lambda: sim.held(held) > 0, "the removal is sent")
        other = os.path.join(os.path.dirname(staged), "another")
        write_set(crashes.lost.saved, other, [n for n in os.listdir(crashes.lost.saved) if n != "SHA256SUMS"])
        expect_equal(errno_of(os.setxattr, other, "user.vtpmfs.check", b"1"), None, "errno of the other check")
        # Looked up before: while the check waits the kernel has the directory locked.
        expect_equal(status_of(staged)["state"], "waiting", "restore.status")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(errno_of, os.setxattr, staged, "user.vtpmfs.check", b"1")
            try:
                wait_until(lambda: "is cleared away first" in step_of(staged), "the check waits")
                expect(not asked.done(), "the check did not wait")
                expect(sim.named(crashes.lost.name), "the half-made VM has gone")
            finally:
                sim.control("release", number=held)
            expect_equal(asked.result(), None, f"errno of the check ({status_of(staged)})")
        expect_equal(status_of(staged)["state"], "checked", "restore.status")
        crashes.settle()
        expect(not sim.named(crashes.lost.name) + sim.named("another"), "a VM was left or made")
        shutil.rmtree(staged)
        shutil.rmtree(other)


def contents_of(directory):
    return {name: read_bytes(os.path.join(directory, name)) for name in os.listdir(directory)}


def rows_of_what_is_not_ours(matrix, crashes):
    sim = crashes.simulator
    adoptions = {
        "switched on": lambda vm: sim.control("power-on", vm=vm["id"]),
        "renamed": lambda vm: sim.control("rename", path=vm["path"], name="kept"),
    }
    for words, adopt in adoptions.items():
        with matrix.row(f"a half-made VM that somebody has {words} is left, and said to be"):
            staged = crashes.place()
            vm = half_made(crashes, staged)
            adopt(vm)
            crashes.remount(end=False)
            wait_until(lambda: status_of(staged)["state"] == "left-behind", "restore.status says so")
            expect(sim.vm(vm["id"]), "the VM is gone")
            expect_equal(len(os.listdir(crashes.journal)), 1, "records that were kept")
            expect(vm["id"] in status_of(staged)["moref"], f"which VM: {status_of(staged)}")
            crashes.remove(vm["id"])
            crashes.vault.mount.kill()
            crashes.remount()  # the VM is gone: there is nothing left to look after
            shutil.rmtree(staged)
    with matrix.row("another vCenter behind the same address: nothing of it is touched, the record stays"):
        staged = crashes.place()
        half_made(crashes, staged)
        kept = os.listdir(crashes.journal)
        with Scene() as scene:
            other = Vault(scene, 3)
            machines = other.simulator.vms()
            mount = other.mount
            mount.unmount()
            shutil.copytree(crashes.journal, os.path.join(mount.state, "journal"), dirs_exist_ok=True)
            again = Mount(scene, other.simulator, state=mount.state)
            wait_until(lambda: again.log_has("another vCenter"), "the log says whose record it is")
            expect_equal(os.listdir(os.path.join(mount.state, "journal")), kept, "records")
            expect_equal(sorted(other.simulator.vms()), sorted(machines), "VMs of the other vCenter")
            again.unmount()
        crashes.remount()
        expect(not sim.named(crashes.lost.name), "the half-made VM is still there")
        shutil.rmtree(staged)
    with matrix.row("a vCenter that is away at the next mount's start is asked until it answers"):
        staged = crashes.place()
        half_made(crashes, staged)
        sim.inject("status", "Destroy_Task", status=503)
        crashes.remount()
        expect(not sim.named(crashes.lost.name), "the half-made VM is still there")
        shutil.rmtree(staged)
    with matrix.row("a dry run leaves the restores of an earlier mount alone"):
        staged = crashes.place()
        vm = half_made(crashes, staged)
        records = contents_of(crashes.journal)
        dead = crashes.vault.mount
        run_well("fusermount3", "-u", "-z", dead.point)
        sim.reset_counts()
        dry = Mount(crashes.vault.scene, sim, "--restore-dry-run", state=dead.state, point=dead.point)
        expect(dry.log_has("1 restores of an earlier mount wait"), "the log does not say so")
        other = os.path.join(os.path.dirname(staged), "another")
        expect_equal(write_set(crashes.lost.saved, other), "ECANCELED", "errno of the last close")
        expect_equal(errno_of(os.setxattr, staged, "user.vtpmfs.check", b"1"), "EEXIST",
                     "errno of the check of what was broken off: its half-made VM has the name")
        dry.unmount()
        counts = sim.counts()
        changing = [kind for kind in ("CreateVM_Task", "ReconfigVM_Task", "Destroy_Task", "PUT /folder")
                    if counts.get(kind)]
        expect_equal(changing, [], "requests that change something")
        expect_equal(sim.vm(vm["id"])["path"], vm["path"], "the half-made VM")
        expect_equal(contents_of(crashes.journal), records, "records")
        crashes.vault.mount = Mount(crashes.vault.scene, sim, state=dead.state, point=dead.point)
        crashes.settle()
        expect(not sim.named(crashes.lost.name), "the half-made VM is still there")
        run_well("sync", staged)
        crashes.check_and_clear(staged)
        shutil.rmtree(other)
    with matrix.row("a read-only mount recovers nothing"):
        staged = crashes.place()
        vm = half_made(crashes, staged)
        dead = crashes.vault.mount
        run_well("fusermount3", "-u", "-z", dead.point)
        reading = Mount(crashes.vault.scene, sim, "-o", "ro", state=dead.state)
        run("ls", "-R", reading.point)
        reading.unmount()
        expect(sim.vm(vm["id"]), "the VM is gone")
        expect_equal(len(os.listdir(crashes.journal)), 1, "records")
        crashes.vault.mount = Mount(crashes.vault.scene, sim, state=dead.state, point=dead.point)
        wait_until(lambda: not os.listdir(crashes.journal), "the next writing mount settles it")
        expect(not sim.named(crashes.lost.name), "the half-made VM is still there")


def main():
    matrix = Matrix("Killed daemons: one whole VM or none")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 4)
        crashes = Crashes(vault)
        rows_of_points(matrix, crashes)
        rows_of_late_creations(matrix, crashes)
        rows_of_recoveries(matrix, crashes)
        rows_of_what_is_not_ours(matrix, crashes)
    matrix.end()


if __name__ == "__main__":
    main()
