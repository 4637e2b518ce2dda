#!/usr/bin/env -S python3 -B
"""The tree follows vCenter by itself: whatever is done there shows in a mount whose kernel had cached
everything, within two seconds, and without a request of the mount's for each VM."""

import contextlib
import json
import os
import shutil
import signal

from harness.holding import held
from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import end_of, expect, expect_equal, has_ended, run_well, spawn, wait_until
from harness.restoring import status_of
from harness.scene import Scene
from harness.simulator import Simulator
from harness.truth import SET, check_files, check_sums, key_id_of, read_bytes
from harness.watching import Watch, fill_caches, gone, there

# Contents that were read keep their generation for the pin time: as short as can be here.
OPTIONS = ("--pin", "0")


class Stage:
    """A vCenter, a mount of it and machines that no row has used yet."""

    def __init__(self, scene, watch):
        self.scene = scene
        self.watch = watch
        self.simulator = Simulator(scene, "--vms", "200", "--datacenters", "2")
        self.mount = Mount(scene, self.simulator, *OPTIONS)
        self.unused = sorted(p for p in self.simulator.vms() if p.startswith("DC1/vm/win"))

    def control(self, verb, **arguments):
        return self.simulator.control(verb, **arguments)

    def path(self, path):
        return self.mount.path(*path.split("/"))

    def take(self):
        """A machine in DC1/vm that nobody has touched; its path in the vCenter."""
        return self.unused.pop()

    def facts(self, path):
        return self.simulator.vms(digests=True)[path]

    def id_of(self, path):
        return self.simulator.vms()[path]["id"]

    def shows(self, condition, what):
        self.watch.shows(condition, what)

    def is_whole(self, path):
        """All files of the machine are those that the vCenter has now."""
        check_files(self.path(path), self.facts(path))
        check_sums(self.path(path))


def config_of(directory):
    return json.loads(read_bytes(directory + "/config.json"))


def row_of_caches(matrix, stage):
    with matrix.row("the kernel has all of it cached: names and attributes without a request of the daemon's"):
        fill_caches(stage.mount.point, contents=False)
        path = stage.path(stage.unused[0])
        run_well("stat", path)  # the kernel asks once for what it then knows not to be served
        os.kill(stage.mount.process.pid, signal.SIGSTOP)
        try:
            run_well("stat", path, path + "/nvram", path + "/keyId", seconds=20)
        finally:
            os.kill(stage.mount.process.pid, signal.SIGCONT)
        fill_caches(stage.path("DC1"))


def rows_of_machines(matrix, stage):
    control = stage.control
    with matrix.row("a VM that is created shows, with all its files"):
        new = "DC1/vm/made"
        expect(gone(stage.path(new)), "it is there before")
        control("create-vm", name="made", folder="DC1/vm")
        stage.shows(lambda: there(stage.path(new)), "the VM shows")
        expect_equal(sorted(os.listdir(stage.path(new))), sorted(SET), "its files")
        stage.is_whole(new)
    with matrix.row("a VM that is renamed shows under its new name only"):
        old = stage.take()
        control("rename-vm", vm=stage.id_of(old), name="renamed")
        stage.shows(lambda: gone(stage.path(old)) and there(stage.path("DC1/vm/renamed")), "the name")
        stage.is_whole("DC1/vm/renamed")
    with matrix.row("a VM that moves to another folder, and back"):
        old = stage.take()
        machine, name = stage.id_of(old), os.path.basename(old)
        control("move-vm", vm=machine, folder="DC1/vm/Finance")
        new = f"DC1/vm/Finance/{name}"
        stage.shows(lambda: gone(stage.path(old)) and there(stage.path(new)), "it is in the folder")
        stage.is_whole(new)
        control("move-vm", vm=machine, folder="DC1/vm")
        stage.shows(lambda: there(stage.path(old)) and gone(stage.path(new)), "it is back")
    with matrix.row("a VM that moves to another datacenter, with its files"):
        old = stage.take()
        beside = next(p for p in stage.simulator.vms() if "DC2/vm/win" in p)
        control("relocate-vm", vm=stage.id_of(old), beside=stage.id_of(beside))
        new = os.path.join(os.path.dirname(beside), os.path.basename(old))
        stage.shows(lambda: gone(stage.path(old)) and there(stage.path(new)), "it is in the other one")
        stage.is_whole(new)
    with matrix.row("a VM that is put into a vApp, and taken out of it"):
        old = stage.take()
        machine, name = stage.id_of(old), os.path.basename(old)
        control("put-into-vapp", vm=machine, beside="DC1/vm/web-app/app-web")
        new = f"DC1/vm/web-app/{name}"
        stage.shows(lambda: gone(stage.path(old)) and there(stage.path(new)), "it is in the vApp")
        stage.is_whole(new)
        control("move-vm", vm=machine, folder="DC1/vm")
        stage.shows(lambda: there(stage.path(old)) and gone(stage.path(new)), "it is out again")
    for verb, title in (("destroy-vm", "deleted"), ("unregister-vm", "unregistered, its files left")):
        with matrix.row(f"a VM that is {title} goes"):
            old = stage.take()
            control(verb, vm=stage.id_of(old))
            stage.shows(lambda path=old: gone(stage.path(path)), "it has gone")
            expect_equal(errno_of(read_bytes, stage.path(old) + "/keyId"), "ENOENT", "reading one of its files")


def rows_of_configurations(matrix, stage):
    control = stage.control
    with matrix.row("a VM that is reconfigured: config.json has the new changeVersion, and a later time"):
        path = stage.path(vm := stage.take())
        before = os.stat(path + "/config.json").st_mtime
        control("set-extra-config", vm=stage.id_of(vm), key="a.setting", value="other")
        wanted = stage.facts(vm)["change_version"]
        stage.shows(lambda: config_of(path)["vtpmfs"]["changeVersion"] == wanted, "the change shows")
        expect(os.stat(path + "/config.json").st_mtime > before, "the time of config.json is no later one")
        stage.is_whole(vm)
    with matrix.row("a VM that gets another key: keyId, bundle and sums are of the new one"):
        path = stage.path(vm := stage.take())
        old = stage.facts(vm)
        other = next(k for k in control("list-keys")[old["provider"]] if k != old["key_id"])
        before = os.stat(path + "/keyId").st_mtime
        control("rekey", vm=stage.id_of(vm), key=other)
        stage.shows(lambda: key_id_of(path) == (old["provider"], other), "the key shows")
        expect(os.stat(path + "/keyId").st_mtime > before, "the time of keyId is no later one")
        stage.is_whole(vm)
    with matrix.row("a VM whose vTPM is taken away is not shown any more, and again when it gets one"):
        path = stage.path(vm := stage.take())
        control("remove-tpm", vm=stage.id_of(vm))
        stage.shows(lambda: gone(path), "it is hidden")
        control("add-tpm", vm=stage.id_of(vm))
        stage.shows(lambda: there(path), "it shows")
        stage.is_whole(vm)
    with matrix.row("a VM that becomes a template, and a VM again"):
        path = stage.path(vm := stage.take())
        machine = stage.id_of(vm)
        for verb, more in (("mark-as-template", {}), ("mark-as-vm", {"beside": stage.id_of(stage.unused[0])})):
            control(verb, vm=machine, **more)
            wanted = stage.facts(vm)["change_version"]
            stage.shows(lambda w=wanted: config_of(path)["vtpmfs"]["changeVersion"] == w, verb)
            stage.is_whole(vm)
    with matrix.row("a VM that is locked keeps its sealed files back, and gives them again when unlocked"):
        path = stage.path(vm := stage.take())
        control("lock-vm", vm=stage.id_of(vm))
        stage.shows(lambda: errno_of(read_bytes, path + "/keyId") is not None, "keyId fails")
        for name in sorted(set(SET) - {"firmware", "config.json"}):
            expect(errno_of(read_bytes, f"{path}/{name}") is not None, f"{name} is given out")
        control("unlock-vm", vm=stage.id_of(vm))
        stage.shows(lambda: errno_of(read_bytes, path + "/keyId") is None, "keyId is there again")
        stage.is_whole(vm)


def rows_of_folders(matrix, stage):
    control = stage.control
    path = stage.path
    vm = stage.take()
    name = os.path.basename(vm)
    with matrix.row("a folder that is made shows, and what is moved into it"):
        control("create-folder", folder="DC1/vm", name="New")
        stage.shows(lambda: there(path("DC1/vm/New")), "the folder")
        control("create-folder", folder="DC1/vm/New", name="Inner")
        control("move-vm", vm=stage.id_of(vm), folder="DC1/vm/New/Inner")
        stage.shows(lambda: there(path(f"DC1/vm/New/Inner/{name}")), "the VM in it")
        fill_caches(path("DC1/vm/New"))
    with matrix.row("a folder that is renamed takes along what is in it, and config.json names the new path"):
        control("rename", path="DC1/vm/New", name="Other")
        new = f"DC1/vm/Other/Inner/{name}"
        stage.shows(lambda: gone(path("DC1/vm/New")) and there(path(new)), "the name")
        stage.shows(lambda: config_of(path(new))["vtpmfs"]["inventoryPath"] == "/" + new, "the path in config.json")
        stage.is_whole(new)
    with matrix.row("a folder that is moved"):
        control("move-folder", folder="DC1/vm/Other", into="DC1/vm/Finance")
        new = f"DC1/vm/Finance/Other/Inner/{name}"
        stage.shows(lambda: gone(path("DC1/vm/Other")) and there(path(new)), "it is elsewhere")
        stage.is_whole(new)
    with matrix.row("a folder that is deleted goes with all that is in it"):
        control("remove-folder", folder="DC1/vm/Finance/Other")
        stage.shows(lambda: gone(path("DC1/vm/Finance/Other")), "it has gone")
    with matrix.row("a datacenter that is renamed: its VMs' nvram is fetched by the new path"):
        old = stage.take()
        control("rename", path="DC1", name="Main site")
        new = old.replace("DC1/", "Main site/", 1)
        stage.shows(lambda: gone(path("DC1")) and there(path(new)), "the name")
        stage.is_whole(new)
        control("rename", path="Main site", name="DC1")
        stage.shows(lambda: gone(path("Main site")) and there(path(old)), "the old name again")


def rows_of_open_files(matrix, stage):
    with matrix.row("what is open stays of one generation, and the next opening has the new one"):
        path = stage.path(vm := stage.take())
        old = stage.facts(vm)
        with open(path + "/keyId", "rb", buffering=0) as file:
            before = file.read()
            other = next(k for k in stage.control("list-keys")[old["provider"]] if k != old["key_id"])
            stage.control("rekey", vm=stage.id_of(vm), key=other)
            later = stage.take()
            stage.control("rename-vm", vm=stage.id_of(later), name="later change")
            stage.shows(lambda: there(stage.path("DC1/vm/later change")), "a later change shows")
            file.seek(0)
            expect_equal(file.read(), before, "the open file")
            # The others belong to it until nothing of the directory is in use.
            expect_equal(key_id_of(path), (old["provider"], old["key_id"]), "keyId beside an open file")
            check_files(path, old)
            check_sums(path)
        stage.shows(lambda: key_id_of(path) == (old["provider"], other), "the new key")
        stage.is_whole(vm)
    with matrix.row("what is open of a VM that is deleted can still be read to its end"):
        path = stage.path(vm := stage.take())
        with open(path + "/nvram", "rb", buffering=0) as file:
            first = file.read(1000)
            whole = first + read_bytes(path + "/nvram")[1000:]
            stage.control("destroy-vm", vm=stage.id_of(vm))
            stage.shows(lambda: gone(path), "it has gone")
            expect_equal(first + file.read(), whole, "the open nvram")


def row_of_waiting_reads(matrix, stage):
    with matrix.row("while reads wait for a datastore, changes show, also of what is read"), \
            contextlib.ExitStack() as children:
        control = stage.control
        names = [f"read {number}" for number in range(8)]
        machines = {name: control("create-vm", name=name, folder="DC1/vm/Finance") for name in names}
        paths = {name: stage.path(f"DC1/vm/Finance/{name}") for name in names}
        stage.shows(lambda: all(there(path) for path in paths.values()), "the new VMs")
        with held(stage.simulator, "GET /folder", count=0) as waiting:
            readers = [spawn(["cat", path + "/nvram"], stdout=-3, stderr=-3) for path in paths.values()]
            for reader in readers:
                children.callback(reader.kill)
            waiting.wait_for(4)
            other = next(k for k in control("list-keys")["KMS"] if k != control("vm", vm=machines["read 0"])["key_id"])
            control("rekey", vm=machines["read 0"], key=other, provider="KMS")
            control("rename-vm", vm=machines["read 1"], name="renamed meanwhile")
            control("destroy-vm", vm=machines["read 2"])
            new = stage.path("DC1/vm/Finance/renamed meanwhile")
            stage.shows(lambda: there(new) and gone(paths["read 1"]) and gone(paths["read 2"]), "what is read changes")
            unread = stage.take()
            control("destroy-vm", vm=stage.id_of(unread))
            stage.shows(lambda: gone(stage.path(unread)), "another VM goes")
            expect(not any(has_ended(reader) for reader in readers), "a reader did not wait")
            waiting.release()
            statuses = [end_of(reader, "cat") for reader in readers]
        expect_equal(statuses[3:], [0] * 5, "how the readers of what did not change ended")
        wait_until(lambda: errno_of(key_id_of, paths["read 0"]) is None and key_id_of(paths["read 0"])[1] == other,
                   "the new key", pause=1.5)
        stage.is_whole("DC1/vm/Finance/read 0")


def rows_of_restores(matrix, stage):
    with matrix.row("a VM that is restored through this mount is there when cp returns"):
        vm = stage.take()
        saved = os.path.join(stage.scene.directory("saved"), "restored")
        shutil.copytree(stage.path(vm), saved)
        fill_caches(stage.path("DC1/vm/Finance"), contents=False)
        run_well("cp", "-r", saved, stage.path("DC1/restore/Finance") + "/")
        new = "DC1/vm/Finance/restored"
        expect(there(stage.path(new)), f"it is not: {status_of(stage.path('DC1/restore/Finance/restored'))}")
        stage.is_whole(new)
    with matrix.row("while a rename waits for its restore, changes everywhere show, in its folder too"):
        staged = stage.path("DC1/restore/Finance")
        shutil.copytree(saved, staged + "/.waiting", copy_function=shutil.copyfile)
        with held(stage.simulator, "CreateVM_Task", count=1) as waiting:
            renaming = spawn(["mv", "-T", staged + "/.waiting", staged + "/waited for"])
            waiting.wait_for()
            for folder in ("DC1/vm", "DC1/vm/Finance"):
                for number in range(5):
                    name = f"meanwhile {number}"
                    stage.control("create-vm", name=name, folder=folder)
                    stage.shows(lambda f=folder, n=name: there(stage.path(f"{f}/{n}")), f"{name} in {folder}")
            other = stage.take()
            stage.control("destroy-vm", vm=stage.id_of(other))
            stage.shows(lambda: gone(stage.path(other)), "a VM goes")
            expect(not has_ended(renaming), "the rename did not wait")
            waiting.release()
            expect_equal(end_of(renaming, "mv"), 0, "exit status of mv")
        expect(there(stage.path("DC1/vm/Finance/waited for")), "the restored VM does not show")


def main():
    matrix = Matrix("the tree follows the vCenter")
    need_mounts(matrix)
    with Scene() as scene:
        watch = Watch()
        stage = Stage(scene, watch)
        row_of_caches(matrix, stage)
        rows_of_machines(matrix, stage)
        rows_of_configurations(matrix, stage)
        rows_of_folders(matrix, stage)
        rows_of_open_files(matrix, stage)
        row_of_waiting_reads(matrix, stage)
        rows_of_restores(matrix, stage)
        watch.say()
        with matrix.row("it ends cleanly"):
            stage.mount.unmount()
            expect_equal(stage.simulator.sessions(), 0, "sessions")
    matrix.end()


if __name__ == "__main__":
    main()
