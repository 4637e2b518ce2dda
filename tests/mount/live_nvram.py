#!/usr/bin/env -S python3 -B
"""nvram that guests write leaves no trace in changeVersion: it is found by the datastore's time and size, in bulk.
What did not change is never downloaded twice, and what is torn is read again."""

import os
import time

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import end_of, expect, expect_equal, run_well, spawn, wait_until
from harness.scene import Scene
from harness.simulator import Simulator
from harness.truth import check_sums, read_bytes, sha256_of, vm_directories

WHOLE = "SearchDatastoreSubFolders_Task"
ONE = "SearchDatastore_Task"
DATASTORES = 2
PERIOD = 1


class Stage:
    def __init__(self, scene):
        self.scene = scene
        self.simulator = Simulator(scene, "--vms", "60", "--datacenters", str(DATASTORES), "--no-specials")
        self.mount = Mount(scene, self.simulator, "-o", "ro", "--pin", "0", "--nvram-poll", str(PERIOD))
        self.unused = sorted(self.simulator.vms())

    def take(self, running=False):
        """A machine that no row has used: its name for the simulator, and its directory."""
        path = self.unused.pop()
        machine, shown = self.simulator.vms()[path]["id"], self.mount.path(*path.split("/"))
        if running:
            before = time_of(shown)
            self.simulator.control("power-on", vm=machine)  # which writes nvram
            wait_until(lambda: time_of(shown) > before, "the start has been seen")
        return machine, shown

    def downloads(self, machine):
        """How often its nvram was asked for since the counts began."""
        name = self.simulator.vm(machine)["nvram"]
        return sum(n for path, n in self.simulator.control("file-counts").items() if path.endswith("/" + name))

    def digest(self, machine):
        return self.simulator.vm(machine)["nvram_sha256"]


def time_of(directory, name="nvram"):
    return os.stat(f"{directory}/{name}").st_mtime


def rows_of_polls(matrix, stage):
    simulator = stage.simulator
    with matrix.row("what a guest wrote shows by its time, without a changeVersion, in all that changed"):
        written = [stage.take() for _ in range(8)]
        before = {}
        for machine, path in written:
            read_bytes(path + "/nvram")
            before[machine] = (time_of(path), simulator.vm(machine)["change_version"])
            simulator.control("guest-write", vm=machine)
        for machine, path in written:
            old, version = before[machine]
            wait_until(lambda p=path, o=old: time_of(p) > o, "the time of nvram moves")
            expect(time_of(path, "SHA256SUMS") >= time_of(path), "the sums look older than nvram")
            expect_equal(sha256_of(path + "/nvram"), stage.digest(machine), "nvram")
            check_sums(path)
            expect_equal(simulator.vm(machine)["change_version"], version, "changeVersion")
    with matrix.row(f"{DATASTORES} datastores, {len(simulator.vms())} VMs: one search a datastore and period, "
                    "none for a VM"):
        simulator.reset_counts()
        start = time.monotonic()
        wait_until(lambda: simulator.counts().get(WHOLE, 0) >= 4 * DATASTORES, "four periods pass", 60)
        counts = simulator.counts()
        periods = (time.monotonic() - start) / PERIOD + 2
        expect(counts[WHOLE] <= DATASTORES * periods, f"{counts[WHOLE]} searches in {periods:.1f} periods")
        expect_equal(counts.get(ONE, 0), 0, "searches of one directory")
        expect_equal(counts.get("GET /folder", 0), 0, "downloads without a reader")


def rows_of_downloads(matrix, stage):
    simulator = stage.simulator
    with matrix.row("an nvram that did not change is downloaded once, however often it is copied"):
        # What was read before may have had some of them fetched ahead: those are not fetched at all now.
        rest = [stage.take() for _ in range(20)]
        simulator.reset_counts()
        for _ in range(3):
            for _, path in rest:
                run_well("cp", path + "/nvram", path + "/SHA256SUMS", stage.scene.directory("copy"))
        downloads = {os.path.basename(path): stage.downloads(machine) for machine, path in rest}
        expect(max(downloads.values()) == 1, f"downloads: {downloads}")
    with matrix.row("of one that did, only that one again, and once"):
        machine, path = rest[3]
        before = time_of(path)
        simulator.reset_counts()
        simulator.control("guest-write", vm=machine)
        wait_until(lambda: time_of(path) > before, "the time of nvram moves")
        for _, each in rest:
            read_bytes(each + "/nvram")
        expect_equal(sha256_of(path + "/nvram"), stage.digest(machine), "nvram")
        expect_equal(simulator.counts().get("GET /folder"), 1, "downloads")
    with matrix.row("a second cp -r of all of it downloads nothing"):
        run_well("cp", "-r", stage.mount.point, stage.scene.directory("copy"))
        simulator.reset_counts()
        copy = stage.scene.directory("copy")
        run_well("cp", "-r", stage.mount.point + "/.", copy)
        expect_equal(simulator.counts().get("GET /folder", 0), 0, "downloads")
        for directory in vm_directories(copy):
            check_sums(directory)


def rows_of_running(matrix, stage):
    simulator = stage.simulator
    with matrix.row("a running VM's nvram is read twice, and not again while nobody writes it"):
        machine, path = stage.take(running=True)
        simulator.reset_counts()
        for _ in range(3):
            expect_equal(sha256_of(path + "/nvram"), stage.digest(machine), "nvram")
        expect_equal(stage.downloads(machine), 2, "downloads")
    with matrix.row("a torn read is detected and read again: what comes is whole"), simulator.calmed():
        simulator.switch("torn-reads", "every-third")
        for _ in range(3):
            machine, path = stage.take(running=True)
            simulator.reset_counts()
            read_again_until_whole(path)
            expect_equal(sha256_of(path + "/nvram"), stage.digest(machine), "nvram")
            check_sums(path)
            expect(stage.downloads(machine) >= 2, "it was not read twice")
    with matrix.row("where each read is torn, none of it is given out"), simulator.calmed():
        simulator.switch("torn-reads", "each")
        machine, path = stage.take(running=True)
        simulator.reset_counts()
        for name in ("nvram", "SHA256SUMS", "keyId", "vtpm.json"):
            expect_equal(errno_of(read_bytes, f"{path}/{name}"), "EIO", name)
        expect(3 <= stage.downloads(machine) <= 12, f"{stage.downloads(machine)} downloads")
    with matrix.row("the guest writes while half of nvram has come: what is copied is the new one"), \
            simulator.calmed():
        machine, path = stage.take(running=True)
        name = os.path.basename(simulator.vm(machine)["nvram"])
        stalled = simulator.inject("stall", f"url:{name}")
        reader = spawn(["sha256sum", path + "/nvram"], stdout=-1, stderr=-3, encoding="utf-8")
        wait_until(lambda: simulator.held(stalled), "the download stalls")
        simulator.control("guest-write", vm=machine)
        simulator.control("release", number=stalled)
        said = reader.stdout.read().split()
        if end_of(reader, "sha256sum") == 0:
            expect_equal(said[0], stage.digest(machine), "nvram")
        read_again_until_whole(path)
        expect_equal(sha256_of(path + "/nvram"), stage.digest(machine), "nvram that is read next")
        check_sums(path)


def read_again_until_whole(path):
    """Who meets a write in the middle gets EIO, and the next try has it: after a pause of the mount's own."""
    wait_until(lambda: errno_of(read_bytes, path + "/nvram") is None, "nvram can be read", pause=0.2)


def main():
    matrix = Matrix("nvram that guests write")
    need_mounts(matrix)
    with Scene() as scene:
        stage = Stage(scene)
        rows_of_polls(matrix, stage)
        rows_of_downloads(matrix, stage)
        rows_of_running(matrix, stage)
        with matrix.row("it ends cleanly"):
            stage.mount.unmount()
    matrix.end()


if __name__ == "__main__":
    main()
