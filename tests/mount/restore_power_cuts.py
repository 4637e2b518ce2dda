#!/usr/bin/env -S python3 -B
"""A power cut at every step of a restore that reaches the disk, and at the requests between them: the
next mount finds of the state directory only what was fsync'd, and leaves one whole VM or none. What is
staged and fsync'd stays whole; what is not is never taken for a whole set with other bytes."""

import os
import shutil

from harness.crashes import Crashes
from harness.matrix import Matrix, need_mounts
from harness.mount import errno_of
from harness.power import LOSSES, Disk
from harness.process import expect, expect_equal, has_ended, run, run_well, wait_until
from harness.restoring import Vault
from harness.scene import Scene
from harness.truth import read_bytes

# More than any restore takes.
MOST_STEPS = 200


def rows_of_the_disk(matrix, scene):
    with matrix.row("the disk itself: what was not made durable is gone, in both ways"):
        disk = Disk(scene)
        for loss in LOSSES:
            check_the_disk(disk, os.path.join(disk.point, loss), loss)
    with matrix.row("the disk itself: whoever takes the last step is killed by the cut"):
        disk = Disk(scene)
        disk.arm(1, "everything")
        done = run("sh", "-c", f"echo x > {disk.point}/a; sync {disk.point}/a; echo alive")
        expect("alive" in done.stdout and not disk.is_on(), "sync was not killed, or nothing was cut")
        expect_equal(errno_of(os.listdir, disk.point), "EIO", "a disk without power")


def check_the_disk(disk, top, loss):
    def write(name, content, durable):
        descriptor = os.open(os.path.join(top, name), os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, content)
        if durable:
            os.fsync(descriptor)
        os.close(descriptor)

    os.mkdir(top)
    write("kept", b"old", True)
    write("renamed", b"new", True)
    write("removed", b"there", True)
    for path in (top, disk.point):
        run_well("sync", path)
    write("kept", b"changed", False)
    write("fresh", b"fresh", True)
    write("careless", b"careless", False)
    os.rename(os.path.join(top, "renamed"), os.path.join(top, "moved"))
    os.unlink(os.path.join(top, "removed"))
    disk.cut(loss)
    expect_equal(errno_of(os.listdir, top), "EIO", "a disk without power")
    disk.give_power()
    found = {name: read_bytes(os.path.join(top, name)) for name in os.listdir(top)}
    expect_equal(found, {
        "everything": {"kept": b"old", "renamed": b"new", "removed": b"there"},
        "bytes-only": {"kept": b"old\0\0\0\0", "moved": b"new", "fresh": b"fresh", "careless": bytes(8)},
    }[loss], "what is left")


class PowerCuts(Crashes):
    """Crashes of a mount whose state directory is on a disk that loses its power with it."""

    def __init__(self, vault, disk):
        super().__init__(vault)
        self.disk = disk

    def after_the_cut(self, end=True):
        """The daemon has gone with the power; both come back."""
        mount = self.vault.mount
        if not has_ended(mount.process):
            mount.process.kill()
        mount.process.wait()
        self.disk.give_power()
        self.remount(end)

    def cut_at_step(self, staged, step, loss):
        """False where the restore has fewer."""
        self.disk.arm(step, loss)
        child = self.copy(staged)
        wait_until(lambda: has_ended(child) or not self.disk.is_on(), f"step {step} is reached")
        if self.disk.is_on():
            self.disk.give_power()
            return False
        self.after_the_cut()
        if child.wait() == 0:
            expect(self.simulator.named(self.lost.name), "a restore was answered and is not there")
        return True

    def cut_in_request(self, staged, kind, match, nth, loss):
        """False where the restore has fewer."""
        injected, child = self.copy_until(staged, kind, match, nth)
        if injected is None:
            return False
        self.disk.cut(loss)
        self.vault.mount.kill()
        self.simulator.control("release", number=injected)
        self.after_the_cut()
        child.wait()
        self.simulator.control("clear")
        return True

    def check_what_is_left(self, staged):
        """One whole VM or none, and what is staged still is never another machine."""
        if not self.simulator.named(self.lost.name) and os.path.isdir(staged):
            run("sync", staged)
        if not self.simulator.named(self.lost.name):
            shutil.rmtree(os.path.dirname(staged), ignore_errors=True)
            os.makedirs(os.path.dirname(staged), exist_ok=True)
            run_well("cp", "-r", self.lost.saved, staged)
        self.check_and_clear(staged)


def rows_of_steps(matrix, cuts):
    for loss in LOSSES:
        with matrix.row(f"cut at each step that reaches the disk; lost is {loss}"):
            step = 1
            while True:
                staged = cuts.place()
                if not cuts.cut_at_step(staged, step, loss):
                    cuts.check_and_clear(staged)
                    break
                cuts.check_what_is_left(staged)
                step += 1
                expect(step < MOST_STEPS, "a restore without an end")
            expect(step > 15, f"only {step - 1} steps")
            print(f"# {step - 1} steps", flush=True)


def rows_of_requests(matrix, cuts):
    for match in ("CreateFolder", "CreateVM_Task", "ReconfigVM_Task", "PUT /folder", "GET /folder"):
        for kind, words in (("hold", "before"), ("silence", "after")):
            with matrix.row(f"cut in the first {match}, {words} it is carried out"):
                for loss in LOSSES:
                    staged = cuts.place()
                    expect(cuts.cut_in_request(staged, kind, match, 1, loss), "not reached")
                    cuts.check_what_is_left(staged)


def rows_of_staging(matrix, cuts):
    """A set without its manifest waits; then the power is cut."""
    saved = cuts.lost.saved
    names = sorted(name for name in os.listdir(saved) if name != "SHA256SUMS")

    def put(staged, *words):
        os.makedirs(staged)
        run_well(*words, *[os.path.join(saved, name) for name in names], staged + "/")

    def still_whole(staged):
        expect_equal({name: read_bytes(os.path.join(staged, name)) == read_bytes(os.path.join(saved, name))
                      for name in sorted(os.listdir(staged)) if name != "restore.status"},
                     {name: True for name in names}, "files that are as they were")
        run_well("cp", os.path.join(saved, "SHA256SUMS"), staged)
        cuts.check_and_clear(staged)

    for loss in LOSSES:
        with matrix.row(f"a set of which each file was fsync'd is whole; lost is {loss}"):
            staged = cuts.place()
            os.makedirs(staged)
            for name in names:
                run_well("dd", "conv=fsync", f"if={saved}/{name}", f"of={staged}/{name}")
            cuts.disk.cut(loss)
            cuts.after_the_cut()
            still_whole(staged)
        with matrix.row(f"a set of which the directory was synced is whole; lost is {loss}"):
            staged = cuts.place()
            put(staged, "cp")
            waiting = os.path.join(staged, "keyId")
            os.rename(waiting, waiting + ".later")  # five files without a manifest would begin
            run_well("sync", staged)
            cuts.disk.cut(loss)
            cuts.after_the_cut()
            os.rename(waiting + ".later", waiting)
            still_whole(staged)
        with matrix.row(f"a set without SHA256SUMS whose nvram alone was not synced is refused; lost is {loss}"):
            staged = cuts.place()
            os.makedirs(staged)
            for name in names:
                sync = [] if name == "nvram" else ["conv=fsync"]
                run_well("dd", *sync, f"if={saved}/{name}", f"of={staged}/{name}")
            cuts.disk.cut(loss)
            cuts.after_the_cut()
            run("sync", staged)
            expect(not cuts.simulator.named(cuts.lost.name), "a VM was made of it")
            cuts.check_what_is_left(staged)
        with matrix.row(f"a set that nobody synced is not taken for another one; lost is {loss}"):
            staged = cuts.place()
            put(staged, "cp")
            cuts.disk.cut(loss)
            cuts.after_the_cut()
            if os.path.isdir(staged):
                expect(errno_of(shutil.copy, os.path.join(saved, "SHA256SUMS"), staged), "half a set is whole")
            expect(not cuts.simulator.named(cuts.lost.name), "a VM was made of it")
            cuts.check_what_is_left(staged)


def main():
    matrix = Matrix("Power cuts: one whole VM or none")
    need_mounts(matrix)
    with Scene() as scene:
        rows_of_the_disk(matrix, scene)
        disk = Disk(scene)
        state = os.path.join(disk.point, "state")
        vault = Vault(scene, 4, state=state)
        cuts = PowerCuts(vault, disk)
        rows_of_staging(matrix, cuts)
        rows_of_requests(matrix, cuts)
        rows_of_steps(matrix, cuts)
    matrix.end()


if __name__ == "__main__":
    main()
