"""Cost against the number of VMs: time until the mount answers, memory, walks over everything."""

import time

from course.clock import measure, memory, processor_seconds
from course.tools import WALKS
from harness.mount import Mount
from harness.simulator import Simulator

BASE_VMS = 1000  # the memory of any daemon, with what it needs to read a page of VMs, is left out
SHOWN = 100  # with a vTPM, beside the plain ones
SEALED_BOUND = 16 * 1024
PLAIN_BOUND = 1024


def mounted(scene, simulator, *options):
    start = time.monotonic()
    mount = Mount(scene, simulator, "-o", "ro", *options)
    return mount, time.monotonic() - start


def one_size(scene, say, kind, vms):
    """A fleet of `vms` machines with a vTPM (sealed), or beside a few of those as many plain ones."""
    fleet = ("--vms", str(vms)) if kind == "sealed" else ("--vms", str(SHOWN), "--plain", str(vms))
    simulator = Simulator(scene, "--no-specials", *fleet)
    shown = vms if kind == "sealed" else SHOWN
    # The simulator makes certificates when they are asked for first; that is not vtpmfs's time.
    mounted(scene, simulator)[0].unmount()
    before = processor_seconds([simulator.process.pid])
    mount, ready = mounted(scene, simulator)
    pid = mount.process.pid
    found = {"kind": kind, "vms": vms, "shown": shown, "ready": ready,
             "ready_cpu": processor_seconds([pid]),
             "ready_simulator_cpu": processor_seconds([simulator.process.pid]) - before,
             "rss_ready": memory(pid)[0], "walks": {}}
    for name, walk in WALKS.items():
        for state in ("cold", "warm"):
            cost = measure(walk(mount.point), [pid])
            found["walks"][f"{name} {state}"] = {**cost.as_json(), "a_file": cost.seconds / shown / 7 * 1e6}
    found["rss"], found["anonymous"] = memory(pid)
    mount.unmount()
    simulator.stop()
    say(f"{kind:6} {vms:7} VMs: ready {ready:6.1f} s (processor: daemon {found['ready_cpu']:.1f} s, simulator"
        f" {found['ready_simulator_cpu']:.1f} s), {found['rss'] / 2**20:6.1f} MiB,"
        f" find {found['walks']['find cold']['a_file']:.1f} µs a file")
    return found


def a_vm(found, base):
    """Bytes for each VM more than in `base`."""
    return (found["rss"] - base["rss"]) / (found["vms"] - base["vms"])


def run_sizes(scene, say, sizes):
    return [one_size(scene, say, kind, vms) for kind in ("sealed", "plain") for vms in (BASE_VMS, *sizes)]


def judge_sizes(verdicts, found):
    for kind, bound in (("sealed", SEALED_BOUND), ("plain", PLAIN_BOUND)):
        base, *others = [one for one in found if one["kind"] == kind]
        smaller = base
        for one in others:
            each = a_vm(one, base)
            one["bytes_a_vm"] = each
            name = "with a vTPM" if kind == "sealed" else "without"
            verdicts.at_most(f"memory for each of {one['vms']} VMs {name}", each / 1024, bound / 1024, " KiB")
            if kind == "sealed":
                verdicts.at_most(f"processor time until ready, a VM: {one['vms']} against {smaller['vms']} VMs",
                                 one["ready_cpu"] / one["vms"] / (smaller["ready_cpu"] / smaller["vms"]), 1.25)
            smaller = one
