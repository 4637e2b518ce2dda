#!/usr/bin/env -S python3 -B
"""Who walks over the tree finds the next VMs' nvram being fetched already: several at a time, each once, nothing that
nobody walks to, and not far beyond the point where a walk stops."""

import os
import time

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount
from harness.process import Skip, expect, expect_equal, last_words, run_well, wait_until
from harness.scene import Scene
from harness.simulator import Simulator
from harness.tools import Archiver, Borg, Copier
from harness.truth import read_bytes, vm_directories

DOWNLOAD = "GET /folder"
# No more than this at any time: a vCenter has other callers, and the mount other questions.
AT_A_TIME = 10
WINDOW = 128
NARROWEST = 8
HORIZON = 2.0

TOOLS = [
    Copier("cp -r", ["cp", "-r"]),
    Copier("cp -a", ["cp", "-a"]),
    Copier("rsync -a", ["rsync", "-a"], ("/", "/")),
    Archiver("GNU tar", "tar"),
    Borg(),
]


class Stage:
    def __init__(self, scene):
        self.scene = scene
        self.simulator = Simulator(scene, "--vms", "160", "--datacenters", "2", "--no-specials")

    def mount(self):
        """One that has nothing of any VM's nvram yet."""
        return Mount(self.scene, self.simulator, "-o", "ro")

    def downloads(self):
        return self.simulator.counts().get(DOWNLOAD, 0)

    def delayed(self, milliseconds):
        self.simulator.control("clear")
        self.simulator.inject("delay", DOWNLOAD, count=0, ms=milliseconds)
        self.simulator.reset_counts()


def settled(stage, seconds=2.5):
    """The number of downloads, once it stands still for longer than a walk that pauses is waited for."""
    last = [stage.downloads(), time.monotonic()]

    def still():
        now = stage.downloads()
        if now != last[0]:
            last[:] = [now, time.monotonic()]
        return time.monotonic() - last[1] > seconds

    wait_until(still, "the downloads end", 60, pause=0.1)
    return last[0]


def rows_of_tools(matrix, stage):
    vms = len(stage.simulator.vms())
    delay = 25
    for tool in TOOLS:
        with matrix.row(f"{tool.name}: {vms} VMs, {delay} ms a download: several at a time, each once"):
            mount = stage.mount()
            place = stage.scene.directory("saved")
            stage.delayed(delay)
            start = time.monotonic()
            done = tool.save(mount.point, place)
            took = time.monotonic() - start
            expect_equal(done.returncode, 0, f"exit status ({last_words(done)})")
            peak = stage.simulator.control("peaks")[DOWNLOAD]
            print(f"# {tool.name}: {took:.1f} s, one after the other {vms * delay / 1000:.1f} s; "
                  f"{peak} at a time", flush=True)
            expect(1 < peak <= AT_A_TIME, f"{peak} downloads at a time")
            again = {path: n for path, n in stage.simulator.control("file-counts").items()
                     if path.startswith("/folder/") and n != 1}
            expect_equal(again, {}, "nvrams that were downloaded more than once")
            expect_equal(stage.downloads(), vms, "downloads")
            stage.simulator.calm()
            mount.unmount()


def rows_of_looks(matrix, stage):
    with matrix.row("who only looks (ls -lR, find, stat, du) has nothing downloaded"):
        mount = stage.mount()
        stage.simulator.reset_counts()
        run_well("ls", "-lR", mount.point)
        run_well("find", mount.point, "-size", "+1k")
        run_well("du", "-s", mount.point)
        for directory in vm_directories(mount.point):
            os.stat(directory + "/nvram")
            read_bytes(directory + "/config.json")
            read_bytes(directory + "/firmware")
        expect_equal(settled(stage), 0, "downloads")
    with matrix.row("who reads one VM, or here and there one, has no other downloaded"):
        stage.simulator.reset_counts()
        chosen = apart(mount.path("DC1", "vm"))
        for directory in chosen:
            read_bytes(directory + "/nvram")
        expect_equal(settled(stage), len(chosen), "downloads")
        mount.unmount()


def apart(folder):
    """VMs that lie in a folder, no two of them neighbours, neither by name nor by inode number."""
    names = sorted(name for name in os.listdir(folder) if os.path.exists(f"{folder}/{name}/nvram"))
    inodes = {name: os.stat(f"{folder}/{name}").st_ino for name in names}
    orders = [names, sorted(names, key=inodes.get)]
    chosen = []
    for name in names:
        if all(abs(order.index(name) - order.index(other)) > 1 for order in orders for other in chosen):
            chosen.append(name)
    expect(len(chosen) >= 3, f"{len(names)} VMs are too few")
    return [f"{folder}/{name}" for name in chosen]


def walk(mount, vms):
    """Reads that many VMs' nvram in the order of tar and rsync."""
    folder = mount.path("DC1", "vm")
    read = 0
    for directory, below, files in os.walk(folder):
        below.sort()
        if "nvram" not in files:
            continue
        read_bytes(directory + "/nvram")
        read += 1
        if read == vms:
            return
    raise Skip(f"there are only {read} VMs")


def rows_of_stops(matrix, stage):
    # By how many milliseconds a download takes: how many VMs are ahead of a walk of 24 at most.
    ahead = {}
    for delay in (0, 40, 500):
        with matrix.row(f"a walk that stops after 24 VMs, {delay} ms a download: what was fetched in vain is bounded"):
            mount = stage.mount()
            stage.delayed(delay)
            start = time.monotonic()
            walk(mount, 24)
            pace = (time.monotonic() - start) / 24
            ahead[delay] = settled(stage) - 24
            print(f"# {delay} ms: {ahead[delay]} ahead, {pace * 1000:.0f} ms a VM", flush=True)
            # The pace of the last ones may be three times that of all.
            bound = max(NARROWEST, min(WINDOW, 4 * 24, 3 * HORIZON / pace))
            expect(ahead[delay] <= bound + AT_A_TIME, f"{ahead[delay]} were fetched ahead, {bound:.0f} are allowed")
            stage.simulator.calm()
            mount.unmount()
    with matrix.row("... and smaller where answers take longer"):
        expect(ahead[500] < ahead[0], f"{ahead}")
    with matrix.row("a walk that goes on after a pause has the rest, each once"):
        mount = stage.mount()
        stage.delayed(20)
        walk(mount, 10)
        settled(stage)
        run_well("cp", "-r", mount.point, stage.scene.directory("saved"))
        expect_equal(stage.downloads(), len(stage.simulator.vms()), "downloads")
        stage.simulator.calm()
        mount.unmount()


def main():
    matrix = Matrix("fetching ahead of a walk")
    need_mounts(matrix)
    with Scene() as scene:
        stage = Stage(scene)
        rows_of_tools(matrix, stage)
        rows_of_looks(matrix, stage)
        rows_of_stops(matrix, stage)
    matrix.end()


if __name__ == "__main__":
    main()
