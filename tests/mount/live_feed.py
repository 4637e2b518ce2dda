#!/usr/bin/env -S python3 -B
"""The feed's troubles: versions that the vCenter forgot, replies that were lost, sessions that ended, updates in
pieces, properties that may not be read any more, news that leave things out. What changed meanwhile shows."""

import contextlib
import os

from harness.account import LIMITED, RESTORE_PRIVILEGES, grant
from harness.holding import held
from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import expect, expect_equal, wait_until
from harness.scene import Scene
from harness.simulator import Simulator
from harness.truth import check_files, check_sums, key_id_of, read_bytes
from harness.watching import fill_caches, gone, there

FEED = "WaitForUpdatesEx"


class Stage:
    """A vCenter, a mount of it and machines that no row has used yet, all in DC1/vm."""

    def __init__(self, scene):
        self.scene = scene
        self.simulator = Simulator(scene, "--vms", "80", "--datacenters", "1", "--folders", "0", "--no-specials")
        self.mount = self.new_mount()
        self.unused = sorted(p for p in self.simulator.vms() if p.startswith("DC1/vm/win"))
        self.made = 0

    def new_mount(self, *options, **named):
        mount = Mount(self.scene, self.simulator, "-o", "ro", "--pin", "0", *options, **named)
        fill_caches(mount.point, contents=False)
        return mount

    def shown(self, path):
        return self.mount.path(*path.split("/"))

    def take(self):
        return self.unused.pop()

    def new_name(self):
        self.made += 1
        return f"new {self.made}"

    def make(self):
        """A VM more; its path."""
        name = self.new_name()
        self.simulator.control("create-vm", name=name, folder="DC1/vm")
        return f"DC1/vm/{name}"

    def rest(self):
        """Until the call that waits for news has reached the vCenter: those that come are counted from here."""
        def waits():
            self.simulator.reset_counts()
            return self.simulator.control("peaks").get(FEED, 0) == 1
        wait_until(waits, "the feed waits for news")

    def wake(self):
        """The call that waits for news is answered, and the next one is on its way."""
        self.make()

    def time_of_key(self, path):
        return os.stat(self.shown(path) + "/keyId").st_mtime

    def rekey(self, path):
        facts = self.simulator.vms()[path]
        keys = self.simulator.control("list-keys")[facts["provider"]]
        other = next(k for k in keys if k != facts["key_id"])
        self.simulator.control("rekey", vm=facts["id"], key=other)
        return facts["provider"], other


class Meanwhile:
    """One change of each kind, made while the feed is in trouble, and their look in the tree."""

    def __init__(self, stage):
        self.stage = stage
        control = stage.simulator.control
        vms = stage.simulator.vms()
        self.made = stage.make()
        self.renamed_from, self.rekeyed, self.moved_from, self.destroyed = (stage.take() for _ in range(4))
        folder = stage.new_name()
        control("create-folder", folder="DC1/vm", name=folder)
        self.folder = f"DC1/vm/{folder}"
        name = stage.new_name()
        self.renamed_to = f"DC1/vm/{name}"
        control("rename-vm", vm=vms[self.renamed_from]["id"], name=name)
        control("move-vm", vm=vms[self.moved_from]["id"], folder=self.folder)
        self.moved_to = f"{self.folder}/{os.path.basename(self.moved_from)}"
        self.old_time = stage.time_of_key(self.rekeyed)
        self.key = stage.rekey(self.rekeyed)
        control("destroy-vm", vm=vms[self.destroyed]["id"])

    def show(self):
        shown = self.stage.shown
        for path in (self.made, self.renamed_to, self.moved_to, self.rekeyed):
            wait_until(lambda p=path: there(shown(p)), f"{path} shows")
        for path in (self.renamed_from, self.moved_from, self.destroyed):
            wait_until(lambda p=path: gone(shown(p)), f"{path} is gone")
        # By its time: who reads finds out by himself.
        wait_until(lambda: self.stage.time_of_key(self.rekeyed) > self.old_time, "the time of the new key shows")
        expect_equal(key_id_of(shown(self.rekeyed)), self.key, "the key")
        vms = self.stage.simulator.vms(digests=True)
        for path in (self.made, self.renamed_to, self.moved_to, self.rekeyed):
            check_files(shown(path), vms[path])
            check_sums(shown(path))


def rows_of_lost_versions(matrix, stage):
    simulator = stage.simulator
    with matrix.row("InvalidCollectorVersion: what changed before the feed begins anew shows"):
        stage.rest()
        simulator.inject("fault", FEED, fault={"type": "InvalidCollectorVersion"})
        with held(simulator, FEED, first=2) as waiting:
            stage.wake()
            waiting.wait_for()
            meanwhile = Meanwhile(stage)
            waiting.release()
            meanwhile.show()
    for kind in ("reset-after", "truncate"):
        with matrix.row(f"a reply that is lost ({kind}) comes again, with what changed meanwhile"):
            stage.rest()
            simulator.inject(kind, FEED)
            with held(simulator, FEED, first=2) as waiting:
                stage.wake()
                lost = stage.make()  # told in the reply that does not come
                waiting.wait_for()
                meanwhile = Meanwhile(stage)
                waiting.release()
                wait_until(lambda p=lost: there(stage.shown(p)), "what was told in the lost reply shows")
                meanwhile.show()
    for habit in ("fault", "missing"):
        with matrix.row(f"the session ends while the feed waits ({habit}): one login, and what changed shows"):
            simulator.switch("unauthenticated-wait", habit)
            simulator.reset_counts()
            with held(simulator, FEED) as waiting:
                simulator.control("expire-sessions")
                waiting.wait_for()
                meanwhile = Meanwhile(stage)
                waiting.release()
                meanwhile.show()
            expect_equal(simulator.counts().get("Login"), 1, "logins")


def broken_in_the_middle(stage, pieces, trouble=lambda: None):
    """An update in pieces of which the last of so many calls is held, and then there is trouble: what changed before
    and after it shows."""
    simulator = stage.simulator
    first = simulator.inject("hold", FEED)
    with held(simulator, FEED, first=pieces) as waiting:
        simulator.switch("updates-at-a-time", "3")
        stage.wake()
        wait_until(lambda: simulator.held(first), "the feed is held")
        early = Meanwhile(stage)
        simulator.control("release", number=first)
        waiting.wait_for()
        trouble()
        late = Meanwhile(stage)
        waiting.release()
        early.show()
        late.show()


def rows_of_pieces(matrix, stage):
    simulator = stage.simulator
    with matrix.row("updates that come in pieces are one update"), simulator.calmed():
        simulator.switch("updates-at-a-time", "3")
        with held(simulator, FEED) as waiting:
            simulator.switch("updates-at-a-time", "3")
            stage.wake()
            waiting.wait_for()
            meanwhile = Meanwhile(stage)
            simulator.reset_counts()
            waiting.release()
            meanwhile.show()
            expect(simulator.counts()[FEED] >= 2, "it came in one piece")
    with matrix.row("InvalidCollectorVersion in the middle of an update in pieces"), simulator.calmed():
        simulator.inject("fault", FEED, first=3, fault={"type": "InvalidCollectorVersion"})
        broken_in_the_middle(stage, 4)
    with matrix.row("the session ends in the middle of an update in pieces"), simulator.calmed():
        broken_in_the_middle(stage, 3, lambda: simulator.control("expire-sessions"))


def row_of_absence(matrix, stage):
    simulator = stage.simulator
    with matrix.row("nobody answers for a while: the tree stays, and what changed shows when somebody does"):
        known = stage.shown(stage.take())
        before = read_bytes(known + "/keyId")
        warned = stage.mount.log_text().count("cannot be followed")
        with simulator.calmed():
            simulator.inject("reset-before", "", count=0)
            simulator.control("expire-sessions")
            wait_until(lambda: stage.mount.log_text().count("cannot be followed") > warned, "the feed notices")
            meanwhile = Meanwhile(stage)
            expect_equal(read_bytes(known + "/keyId"), before, "keyId that was read before")
            expect(there(stage.shown(meanwhile.destroyed)), "a VM went away without the vCenter's word")
        meanwhile.show()


def rows_of_rights(matrix, stage):
    simulator = stage.simulator
    stage.mount.unmount()
    grant(simulator, RESTORE_PRIVILEGES)
    stage.mount = stage.new_mount(user=LIMITED)
    simulator.control("add-role", role="view-only", privileges=["System.View", "System.Anonymous"])
    vm = stage.take()
    path = stage.shown(vm)
    at = {"type": "VirtualMachine", "id": simulator.vms()[vm]["id"]}
    sealed = ("keyId", "encryption.bundle", "vtpm.json", "nvram", "SHA256SUMS")
    with matrix.row("properties that may not be read any more: the VM stays, and keeps its sealed files back"):
        before = sorted(os.listdir(path))
        read_bytes(path + "/keyId")
        simulator.control("grant", user=LIMITED, role="view-only", **at)
        wait_until(lambda: errno_of(read_bytes, path + "/keyId") is not None, "keyId fails")
        for name in sealed:
            expect_equal(errno_of(read_bytes, f"{path}/{name}"), "EACCES", name)
        expect_equal(sorted(os.listdir(path)), before, "the files")
        simulator.control("revoke", user=LIMITED, **at)
        wait_until(lambda: errno_of(read_bytes, path + "/keyId") is None, "keyId is there again")
        check_files(path, simulator.vms(digests=True)[vm])
    with matrix.row("a VM that the account may not see at all goes, and comes back"):
        simulator.control("grant", user=LIMITED, role="no-access", **at)
        wait_until(lambda: gone(path), "it has gone")
        simulator.control("revoke", user=LIMITED, **at)
        wait_until(lambda: there(path), "it is back")
        check_files(path, simulator.vms(digests=True)[vm])


def rows_of_weak_feeds(matrix, stage):
    simulator = stage.simulator
    stage.mount.unmount()
    with simulator.calmed():
        simulator.switch("feed", "weak")
        stage.mount = stage.new_mount("--nvram-poll", "1")
        with matrix.row("news without changes of config.*: a look at changeVersion with each poll finds them"):
            meanwhile = Meanwhile(stage)
            meanwhile.show()
        with matrix.row("... and asks for the details of what changed only"):
            simulator.reset_counts()
            vm = stage.take()
            before = stage.time_of_key(vm)
            key = stage.rekey(vm)
            wait_until(lambda: stage.time_of_key(vm) > before, "the time of the new key shows")
            after = simulator.counts()
            polls = after.get("SearchDatastoreSubFolders_Task", 0)
            # One page of versions a poll, the details, and the state of the poll's tasks.
            reads = after["RetrievePropertiesEx"]
            expect(reads <= 10 * (polls + 1), f"{reads} reads of properties in {polls} polls")
            expect_equal(key_id_of(stage.shown(vm)), key, "the key")
    with contextlib.suppress(OSError):
        stage.mount.unmount()


def main():
    matrix = Matrix("the feed's troubles")
    need_mounts(matrix)
    with Scene() as scene:
        stage = Stage(scene)
        rows_of_lost_versions(matrix, stage)
        rows_of_pieces(matrix, stage)
        row_of_absence(matrix, stage)
        rows_of_rights(matrix, stage)
        rows_of_weak_feeds(matrix, stage)
    matrix.end()


if __name__ == "__main__":
    main()
