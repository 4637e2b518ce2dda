#!/usr/bin/env -S python3 -B
"""How many requests the kernel sends for a VM's directory of seven files, counted in libfuse's own trace."""

import collections
import re

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount
from harness.process import expect, expect_equal, last_words, run_well
from harness.scene import Scene
from harness.simulator import Simulator
from harness.tools import Archiver, Copier
from harness.truth import vm_directories

VMS = 120
# FUSE.md: what is reached with readdirplus, long timeouts, pages that are kept and no flush for readers.
COLD, WARM = 30, 18

TOOLS = [
    Copier("cp -r", ["cp", "-r"]),
    Archiver("tar", "tar"),
    Copier("rsync -a", ["rsync", "-a"], ("/", "/")),
]


class Trace:
    """The requests of a mount that logs them all."""

    def __init__(self, mount):
        self.mount = mount
        self.seen = 0

    def take(self):
        """By their names, since the last time."""
        text = self.mount.log_text()
        new = re.findall(r"opcode: ([A-Z_?]+) ", text[self.seen:])
        self.seen = len(text)
        return collections.Counter(new)


def datacenter(mount):
    """All of the VMs, without by-key/."""
    return mount.path("DC1")


def per_directory(counts):
    return sum(counts.values()) / VMS


def shown(counts):
    return ", ".join(f"{name.lower()} {n / VMS:.1f}" for name, n in counts.most_common(8))


def rows_of_tool(matrix, scene, simulator, tool):
    mount = Mount(scene, simulator, "-d", "-o", "ro")
    trace = Trace(mount)
    trace.take()
    for run, bound in (("cold", COLD), ("warm", WARM)):
        with matrix.row(f"{tool.name}, {run}: at most {bound} requests for a directory"):
            done = tool.save(datacenter(mount), scene.directory("saved"))
            expect_equal(done.returncode, 0, f"exit status ({last_words(done)})")
            counts = trace.take()
            print(f"# {tool.name}, {run}: {per_directory(counts):.1f} a directory ({shown(counts)})", flush=True)
            expect(counts["OPEN"] >= 7 * VMS, f"the trace is not whole: {counts}")
            expect(per_directory(counts) <= bound, f"{per_directory(counts):.1f} requests")
            if run == "warm":
                # But for a few pages that a kernel short of memory may have dropped.
                expect(counts["READ"] <= VMS / 10, f"reads of what the kernel has: {counts['READ']}")
            expect_equal(counts["FLUSH"], 0, "flushes of readers")
    mount.unmount()


def rows_of_find(matrix, scene, simulator):
    mount = Mount(scene, simulator, "-d", "-o", "ro")
    trace = Trace(mount)
    with matrix.row("find -printf %s: names and sizes come with the listings"):
        trace.take()
        run_well("find", datacenter(mount), "-type", "f", "-printf", "%s\n")
        counts = trace.take()
        print(f"# find, cold: {per_directory(counts):.1f} a directory ({shown(counts)})", flush=True)
        expect(counts["LOOKUP"] <= VMS / 10, f"{counts['LOOKUP']} lookups")
        expect(counts["GETATTR"] <= VMS / 10, f"{counts['GETATTR']} getattrs")
    with matrix.row("... and the second time listings of VMs come from the kernel's cache"):
        run_well("find", datacenter(mount), "-type", "f", "-printf", "%s\n")
        counts = trace.take()
        print(f"# find, warm: {per_directory(counts):.1f} a directory ({shown(counts)})", flush=True)
        expect(counts["READDIR"] + counts["READDIRPLUS"] <= VMS / 4, f"listings are read again: {counts}")
        expect(counts["LOOKUP"] + counts["GETATTR"] <= VMS / 10, f"asked again: {counts}")
    expect_equal(len(vm_directories(datacenter(mount))), VMS, "VMs")
    mount.unmount()


def main():
    matrix = Matrix("requests for a VM's directory")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--vms", str(VMS), "--datacenters", "1", "--no-specials")
        for tool in TOOLS:
            rows_of_tool(matrix, scene, simulator, tool)
        rows_of_find(matrix, scene, simulator)
    matrix.end()


if __name__ == "__main__":
    main()
