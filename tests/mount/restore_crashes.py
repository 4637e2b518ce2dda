#!/usr/bin/env -S python3 -B
"""A daemon that is killed at every request of a restore, before the vCenter carries it out and after:
the next mount of the state directory leaves one whole VM or none, and nothing of anybody else's."""

import hashlib
import json
import os
import shutil

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount
from harness.process import (expect, expect_equal, has_ended, run, run_well, spawn, wait_until)
from harness.restoring import Vault, status_of
from harness.scene import Scene

# What the mount asks for by itself at any time; where it is killed in these says nothing of a restore.
OF_THE_FEED = {"WaitForUpdatesEx", "CancelWaitForUpdates", "Login", "Logout", "RetrieveServiceContent",
               "CreateContainerView", "CreateFilter", "CreatePropertyCollector", "DestroyView",
               "DestroyPropertyCollector", "DestroyPropertyFilter", "GET /sdk", "GET /pbm",
               "SearchDatastoreSubFolders_Task"}


def age_record(path):
    """As if the record had been written an hour ago."""
    with open(path, encoding="utf-8") as file:
        envelope = json.load(file)
    record = json.loads(envelope["record"])
    record["sent"] -= 3600
    envelope["record"] = json.dumps(record)
    envelope["sha256"] = hashlib.sha256(envelope["record"].encode()).hexdigest()
    with open(path, "w", encoding="utf-8") as file:
        json.dump(envelope, file)


class Crashes:
    """One machine, lost, restored into ever new folders by daemons that are killed."""

    def __init__(self, vault):
        self.vault = vault
        self.simulator = vault.simulator
        self.lost = vault.take()
        self.folders = 0
        self.journal = os.path.join(vault.mount.state, "journal")

    def place(self):
        """A folder that is not there yet, and the machine's directory in it. What a row that failed
        has left does not fail the next."""
        self.simulator.control("clear")
        for vm in self.simulator.named(self.lost.name):
            self.remove(vm["id"])
        self.folders += 1
        folder = self.vault.mount.path("DC1/restore", f"crash {self.folders}")
        os.mkdir(folder)
        return os.path.join(folder, self.lost.name)

    def remove(self, vm):
        if self.simulator.vm(vm)["power"] != "off":
            self.simulator.control("power-off", vm=vm)
        self.simulator.destroy(vm)

    def copy(self, staged):
        return spawn(["cp", "-r", self.lost.saved, staged], stdout=-3, stderr=-3)

    def requests(self):
        """How often a restore that is not killed makes each kind of request."""
        staged = self.place()
        self.simulator.reset_counts()
        run_well("cp", "-r", self.lost.saved, staged)
        counts = {kind: number for kind, number in self.simulator.counts().items()
                  if kind not in OF_THE_FEED and number > 0}
        self.check_and_clear(staged)
        return counts

    def settle(self):
        """Until nothing is left in the journal. Where the kill came right before the creation was
        sent, nobody can know that it will not come: then half an hour goes by."""
        undecided = lambda: self.vault.mount.log_has("may still make")
        wait_until(lambda: not os.listdir(self.journal) or undecided(), "what was broken off is settled")
        if not os.listdir(self.journal):
            return
        expect(not self.simulator.named(self.lost.name), "nothing may be undecided while the VM is there")
        self.vault.mount.kill()
        for name in os.listdir(self.journal):
            age_record(os.path.join(self.journal, name))
        self.remount(end=False)
        wait_until(lambda: not os.listdir(self.journal), "a creation of long ago is forgotten")

    def remount(self, end=True):
        """A new mount of the state directory and the mount point of a daemon that was killed."""
        mount = self.vault.mount
        run_well("fusermount3", "-u", "-z", mount.point)
        self.vault.mount = Mount(self.vault.scene, self.simulator, state=mount.state, point=mount.point)
        if end:
            self.settle()

    def check_and_clear(self, staged):
        """The machine is there once and whole; then it goes, with its staged directory."""
        self.check(staged)
        self.simulator.destroy(self.simulator.named(self.lost.name)[0]["id"])
        shutil.rmtree(staged, ignore_errors=True)

    def check(self, staged):
        folder = os.path.basename(os.path.dirname(staged))
        after = self.vault.check(self.lost, path=f"DC1/vm/{folder}/{self.lost.name}", certificates=False)
        expect("do not power on" not in str(after), f"a VM says that it is half-made: {after}")

    def killed_in(self, staged, kind, match, nth, released):
        """Kills the daemon in the nth request of that kind; False where the restore has fewer. The
        request goes on before the next mount, or after it."""
        injected = self.simulator.inject(kind, match, first=nth)
        child = self.copy(staged)
        held = lambda: self.simulator.control("hits", number=injected)["held"] > 0
        wait_until(lambda: held() or has_ended(child), f"{match} {nth} is reached")
        if not held():
            self.simulator.control("clear")
            return False
        release = lambda: self.simulator.control("release", number=injected)
        self.vault.mount.kill()
        if released == "before":
            release()
            self.remount(end=False)
        else:
            self.remount(end=False)
            release()
        child.wait()
        if released == "after" and match == "CreateVM_Task":
            # It comes in its own time.
            wait_until(lambda: not os.listdir(self.journal), "the late VM is found and removed")
        self.settle()
        self.simulator.control("clear")
        return True


def rows_of_points(matrix, crashes):
    counts = {}
    with matrix.row("a restore that is not killed, for comparison"):
        counts = crashes.requests()
        for needed in ("CreateVM_Task", "CreateFolder", "ReconfigVM_Task", "PUT /folder", "GET /folder"):
            expect(counts.get(needed), f"a restore without {needed}: {counts}")
    for match, number in sorted(counts.items()):
        for kind, words in (("hold", "before"), ("silence", "after")):
            with matrix.row(f"killed in each of {number} {match}, {words} it is carried out"):
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
        state = status_of(staged)["state"] if os.path.isdir(staged) else "done"
        expect_equal(state, "done", f"restore.status after {where}")
        crashes.check_and_clear(staged)
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


def half_made(crashes, staged):
    """Kills a daemon that is about to upload nvram; its half-made VM."""
    injected = crashes.simulator.inject("hold", "PUT /folder")
    child = crashes.copy(staged)
    wait_until(lambda: crashes.simulator.control("hits", number=injected)["held"] > 0, "the upload begins")
    crashes.vault.mount.kill()
    crashes.simulator.control("clear")
    child.wait()
    return crashes.simulator.named(crashes.lost.name)[0]


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
        sim.inject("status", "Destroy_Task", status=503, count=2)
        crashes.remount()
        expect(not sim.named(crashes.lost.name), "the half-made VM is still there")
        shutil.rmtree(staged)
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
        rows_of_what_is_not_ours(matrix, crashes)
    matrix.end()


if __name__ == "__main__":
    main()
