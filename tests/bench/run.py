#!/usr/bin/env -S python3 -B
"""The benchmarks: vtpmfs against curl, a bulk client, sshfs, rclone and tmpfs. Ratios are what counts: runs of all
contestants take turns. Absolute figures want a machine that does nothing else."""

import argparse
import json
import os
import platform
import sys
import time

# What is large takes long, and is no failure.
os.environ.setdefault("VTPMFS_TEST_PATIENCE", "20")
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "mount")]

from course.copies import Copies
from course.scale import judge_sizes, run_sizes
from course.table import ratios_table, sizes_table, verdicts_table
from course.targets import Results, Verdicts, judge_copies, judge_requests
from harness.matrix import Matrix, binary, need_mounts
from harness.process import Failure
from harness.scene import Scene


def numbers(text):
    return [int(word) for word in text.split(",") if word]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vms", type=int, default=1000, help="VMs to copy (default 1000)")
    parser.add_argument("--trips", type=numbers, default=[0, 20], metavar="MS,...",
                        help="round trips in ms (default 0,20)")
    parser.add_argument("--rounds", type=int, default=5, help="how often all take turns (default 5)")
    parser.add_argument("--peer-rounds", type=int, default=1, help="rounds with sshfs and rclone (default 1)")
    parser.add_argument("--sizes", type=numbers, default=[10000], metavar="VMS,...",
                        help="fleets to look over besides one of 1000, 100000 is possible (default 10000)")
    parser.add_argument("--only", choices=("copies", "sizes"), help="one half of it")
    parser.add_argument("--json", metavar="FILE", help="keep all figures here (default: beside the build)")
    parser.add_argument("--tmpfs", default="/dev/shm", help="where copies go (default /dev/shm)")
    return parser.parse_args()


def machine():
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")
    return {"processors": len(os.sched_getaffinity(0)), "model": model, "kernel": platform.release(),
            "load_before": round(os.getloadavg()[0], 2), "when": time.strftime("%Y-%m-%d")}


def say(line):
    print(line, flush=True)


def run(settings, report):
    verdicts = Verdicts()
    with Scene() as scene:
        if settings.only != "sizes":
            copies = Copies(scene, settings, say)
            copies.run_all()
            report["copies"] = copies.records
            report["skipped"] = copies.skipped
            report["requests"] = copies.count_requests()
            results = Results(copies.records)
            judge_copies(verdicts, results, settings.trips)
            judge_requests(verdicts, report["requests"], settings.vms)
            report["ratios"] = ratios_table(results, settings.trips)
        if settings.only != "copies" and settings.sizes:
            report["sizes"] = run_sizes(scene, say, settings.sizes)
            judge_sizes(verdicts, report["sizes"])
    report["targets"] = verdicts.lines


def show(report):
    say("")
    facts = report["machine"]
    say(f"{facts['processors']} processors, {facts['model']}, Linux {facts['kernel']}; load when it began"
        f" {facts['load_before']}, when it ended {facts['load_after']}.")
    if max(facts["load_before"], facts["load_after"] - 2) > 0.5:
        say("The machine was not quiet: take the ratios and the processor times, not the seconds.")
    for name, reason in report.get("skipped", {}).items():
        say(f"SKIP {name}: {reason}")
    if "ratios" in report:
        say("")
        say(report["ratios"])
    if "sizes" in report:
        say("")
        say(sizes_table(report["sizes"]))
    say("")
    say(verdicts_table(report["targets"]))


def main():
    settings = arguments()
    matrix = Matrix("benchmarks")
    need_mounts(matrix)
    settings.bulk_program = binary("BULK_CLIENT_BIN", "tests/bench/bulk-client")
    settings.delay_program = binary("DELAY_PROXY_BIN", "tests/bench/delay-proxy")
    if not os.access(settings.delay_program, os.X_OK) and any(settings.trips):
        say("No Go, no delaying proxy: only the near runs.")
        settings.trips = [trip for trip in settings.trips if trip == 0]
    report = {"machine": machine(), "vms": settings.vms}
    try:
        run(settings, report)
    except Failure as reason:
        say(f"FAIL {reason}")
        sys.exit(1)
    report["machine"]["load_after"] = round(os.getloadavg()[0], 2)
    show(report)
    kept = settings.json or binary("BENCH_JSON", "bench.json")
    with open(kept, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    say(f"\nAll figures: {kept}")


if __name__ == "__main__":
    main()
