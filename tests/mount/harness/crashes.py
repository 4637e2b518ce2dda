"""Restores into a mount that does not live to see their end."""

import hashlib
import json
import os
import shutil

from harness.mount import Mount
from harness.process import expect, has_ended, run_well, spawn, wait_until

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
        self.began = False
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

    def copy_until(self, staged, kind, match, nth):
        """Copies the set until its nth request of that kind is held: the injection and cp; no injection
        where the restore has ended with fewer."""
        injected = self.simulator.inject(kind, match, first=nth)
        child = self.copy(staged)
        wait_until(lambda: self.simulator.held(injected) > 0 or has_ended(child), f"{match} {nth} is reached")
        if self.simulator.held(injected) > 0:
            return injected, child
        self.simulator.control("clear")
        return None, child

    def killed_in(self, staged, kind, match, nth, released):
        """Kills the daemon in the nth request of that kind; False where the restore has fewer. The
        request goes on before the next mount, or after it."""
        injected, child = self.copy_until(staged, kind, match, nth)
        if injected is None:
            return False
        release = lambda: self.simulator.control("release", number=injected)
        # The mount itself asks some of these questions too: then cp may not have made anything yet.
        self.began = os.path.isdir(staged)
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
