#!/usr/bin/env -S python3 -B
"""A VM whose state cannot be had now: each tool fails for it and for it alone, and an older copy of
it stays whole."""

import os
import shutil

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import expect, expect_equal, run_well, wait_until
from harness.scene import Scene
from harness.simulator import Simulator
from harness.tools import backup_tools
from harness.truth import KEY_BEARING, SET, check_sums, check_tree, fingerprint, read_bytes

SICK = "win00002"


def gone_bad(simulator, number):
    """One way after another in which a set cannot be had whole; returns how it is mended."""
    ways = [
        ("locked", lambda: simulator.control("lock-vm", vm=SICK),
         lambda: simulator.control("unlock-vm", vm=SICK)),
        ("its nvram answers 503", lambda: simulator.inject("status", f"url:{SICK}.nvram", count=0),
         lambda: simulator.control("clear")),
        ("its nvram ends in the middle", lambda: simulator.inject("truncate", f"url:{SICK}.nvram", count=0),
         lambda: simulator.control("clear")),
    ]
    return ways[number]


def fresh_mount(scene, simulator, *options):
    return Mount(scene, simulator, "-o", "ro", "--timeout", "20", *options)


def rows_of_reading(matrix, scene, simulator):
    for number in range(3):
        name, spoil, mend = gone_bad(simulator, number)
        with matrix.row(f"{SICK} {name}: five files fail together, firmware and config.json stay"):
            spoil()
            mount = fresh_mount(scene, simulator)
            directory = mount.path("DC1/vm", SICK)
            try:
                expect_equal(sorted(os.listdir(directory)), sorted(SET), "files shown")
                for file in KEY_BEARING:
                    path = os.path.join(directory, file)
                    expect(os.stat(path).st_size >= 1, f"{file} shows size 0")
                    expect(errno_of(read_bytes, path), f"{file} can be read")
                expect_equal(read_bytes(directory + "/firmware"), b"efi\n", "firmware")
                expect(simulator.vm(SICK)["key_id"].encode() in read_bytes(directory + "/config.json"),
                       "config.json does not name the key")
            finally:
                mend()
            mount.unmount()
    with matrix.row("what was never had shows size 1, what was had before its last size"):
        mount = fresh_mount(scene, simulator)
        nvram = mount.path("DC1/vm", SICK, "nvram")
        size = len(read_bytes(nvram))
        mount.unmount()
        simulator.control("lock-vm", vm=SICK)
        again = fresh_mount(scene, simulator, "--state-dir", mount.state)
        expect_equal(os.stat(again.path("DC1/vm", SICK, "nvram")).st_size, size, "size of nvram")
        expect(errno_of(read_bytes, again.path("DC1/vm", SICK, "nvram")), "nvram can be read")
        again.unmount()
        simulator.control("unlock-vm", vm=SICK)


def others(simulator):
    return {p: vm for p, vm in simulator.vms(digests=True).items() if vm["name"] != SICK}


def check_others(copy, simulator):
    """All but the sick one are right in the copy; of that one nothing that bears a key is there."""
    sick = os.path.join(copy, "DC1/vm", SICK)
    held = {name: os.path.getsize(os.path.join(sick, name))
            for name in (os.listdir(sick) if os.path.isdir(sick) else [])}
    full = [name for name in KEY_BEARING if held.get(name)]
    # bsdtar and tar pad what they could not read; such a member must never pass for a whole set.
    if full:
        expect(run_fails_sums(sick), f"the copy of {SICK} passes its SHA256SUMS")
    if os.path.isdir(sick):
        shutil.rmtree(sick)
    check_tree(copy, others(simulator))


def run_fails_sums(directory):
    try:
        check_sums(directory)
    except Exception:
        return True
    return False


def rows_of_tools(matrix, scene, simulator):
    for tool in backup_tools():
        for number in (0, 1):
            name, spoil, mend = gone_bad(simulator, number)
            with matrix.row(f"{tool.name} ends non-zero when {SICK} is {name}; the rest is copied"):
                spoil()
                mount = fresh_mount(scene, simulator)
                place = scene.directory("saved")
                try:
                    done = tool.save(mount.point, place)
                finally:
                    mend()
                expect(done.returncode != 0, f"{tool.name} ended with 0")
                expect(SICK in done.stderr + done.stdout, f"{tool.name} does not name it")
                copy = place
                if not os.path.exists(os.path.join(place, "DC1")):
                    copy = scene.directory("unpacked")
                    tool.unpack(place, copy)
                check_others(copy, simulator)
                mount.unmount()
                shutil.rmtree(place, ignore_errors=True)
                shutil.rmtree(copy, ignore_errors=True)


def rows_of_older_copies(matrix, scene, simulator):
    """Tools that copy over an older copy: that one stays together."""
    for tool in backup_tools()[:3]:
        for number in range(3):
            name, spoil, mend = gone_bad(simulator, number)
            with matrix.row(f"{tool.name} over an older copy keeps that whole when {SICK} is {name}"):
                mount = fresh_mount(scene, simulator)
                place = scene.directory("saved")
                expect_equal(tool.save(mount.point, place).returncode, 0, "the good backup")
                mount.unmount()
                sick = os.path.join(place, "DC1/vm", SICK)
                before = fingerprint(sick)
                spoil()
                mount = fresh_mount(scene, simulator)
                try:
                    done = tool.save(mount.point, place)
                finally:
                    mend()
                if done.returncode == 0:
                    # rsync looks at size and time only: it need not read what it has already.
                    expect(tool.name == "rsync -a", f"{tool.name} ended with 0")
                expect_equal(fingerprint(sick), before, "the older copy")
                check_sums(sick)
                mount.unmount()
                shutil.rmtree(place)


def row_of_recovery(matrix, scene, simulator):
    with matrix.row("once it is mended, the same mount serves the set, and rsync completes the copy"):
        simulator.control("lock-vm", vm=SICK)
        mount = fresh_mount(scene, simulator)
        nvram = mount.path("DC1/vm", SICK, "nvram")
        expect(errno_of(read_bytes, nvram), "nvram of a locked VM can be read")
        simulator.control("unlock-vm", vm=SICK)
        wait_until(lambda: errno_of(read_bytes, nvram) is None, "the unlocked VM can be read", 60)
        copy = scene.directory("copy")
        run_well("rsync", "-a", mount.point + "/", copy)
        check_tree(copy, simulator.vms(digests=True))
        mount.unmount()


def main():
    matrix = Matrix("VMs whose state cannot be had now")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--no-specials", "--vms", "6", "--datacenters", "1", "--folders", "0")
        rows_of_reading(matrix, scene, simulator)
        rows_of_tools(matrix, scene, simulator)
        rows_of_older_copies(matrix, scene, simulator)
        row_of_recovery(matrix, scene, simulator)
    matrix.end()


if __name__ == "__main__":
    main()
