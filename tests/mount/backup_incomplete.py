#!/usr/bin/env -S python3 -B
"""A VM whose state cannot be had now: each tool fails for it and for it alone, and an older copy of
it stays whole."""

import contextlib
import hashlib
import os
import shutil

from harness.matrix import Matrix, need_mounts, need_program
from harness.mount import Mount, errno_of
from harness.process import expect, expect_equal, run, run_well, wait_until, within
from harness.scene import Scene
from harness.simulator import Simulator
from harness.tools import backup_tools
from harness.truth import KEY_BEARING, SET, check_tree, moref_of, read_bytes, vm_directories

SICK = "win00002"


class Way:
    """One way in which a set cannot be had whole, and how it is mended."""

    def __init__(self, name, spoil, mend, known_before, reconfigures=False):
        self.name = name
        self.spoil = spoil
        self.mend = mend
        self.reconfigures = reconfigures
        self.known_before = known_before  # by the vCenter's answers, before anything is read


def ways(simulator):
    def trouble(kind):
        return lambda: simulator.inject(kind, f"url:{SICK}.nvram", count=0)

    def calm():
        simulator.control("clear")

    return [
        Way("locked", lambda: simulator.control("lock-vm", vm=SICK),
            lambda: simulator.control("unlock-vm", vm=SICK), True),
        Way("one whose nvram answers 503", trouble("status"), calm, False),
        Way("one whose nvram ends in the middle", trouble("truncate"), calm, False),
        Way("without the file that nvram names",
            lambda: simulator.control("set-extra-config", vm=SICK, key="nvram", value="other.nvram"),
            lambda: simulator.control("set-extra-config", vm=SICK, key="nvram", value=f"{SICK}.nvram"),
            True, reconfigures=True),
    ]


@contextlib.contextmanager
def locked(simulator):
    simulator.control("lock-vm", vm=SICK)
    try:
        yield
    finally:
        simulator.control("unlock-vm", vm=SICK)


def fresh_mount(scene, simulator, *options):
    return Mount(scene, simulator, "-o", "ro", "--timeout", within(20), *options)


def rows_of_reading(matrix, scene, simulator):
    for way in ways(simulator):
        with matrix.row(f"{SICK} {way.name}: five files fail together, config.json names the key"):
            way.spoil()
            try:
                mount = fresh_mount(scene, simulator)
                directory = mount.path("DC1/vm", SICK)
                expect_equal(sorted(os.listdir(directory)), sorted(SET), "files shown")
                for file in KEY_BEARING:
                    path = os.path.join(directory, file)
                    expect(os.stat(path).st_size >= 1, f"{file} shows size 0")
                    expect(errno_of(read_bytes, path), f"{file} can be read")
                if way.name != "locked":  # a vCenter gives nothing of a locked VM's configuration
                    expect_equal(read_bytes(directory + "/firmware"), b"efi\n", "firmware")
                    key = simulator.vm(SICK)["key_id"].encode()
                    expect(key in read_bytes(directory + "/config.json"), "the key is not named")
                mount.unmount()
            finally:
                way.mend()
    with matrix.row("never had it shows size 1; had before in this mount, its last size"):
        with locked(simulator):
            mount = fresh_mount(scene, simulator, "--pin", "1")
            nvram = mount.path("DC1/vm", SICK, "nvram")
            expect_equal(os.stat(nvram).st_size, 1, "size of an nvram that was never had")
        wait_until(lambda: errno_of(read_bytes, nvram) is None, "the unlocked VM can be read", 60)
        size = len(read_bytes(nvram))
        with locked(simulator):
            # Each read keeps the generation for another second: ask less often.
            wait_until(lambda: errno_of(read_bytes, nvram), "the locked VM cannot be read", 60, pause=1.5)
            expect_equal(os.stat(nvram).st_size, size, "size of nvram")
        mount.unmount()


def others(simulator):
    return {p: vm for p, vm in simulator.vms(digests=True).items() if vm["name"] != SICK}


def check_others(copy, wanted, healthy):
    """The wanted machines are right in the copy; of the sick one's five files none has its content:
    what tools pad or leave empty is no part of a set."""
    sick = os.path.join(copy, "DC1/vm", SICK)
    held = os.listdir(sick) if os.path.isdir(sick) else []
    for name in set(held) & set(KEY_BEARING):
        content = read_bytes(os.path.join(sick, name))
        expect(not content.strip(b"\0"), f"the copy of {SICK} has something in {name}")
        expect(content != healthy[name], f"the copy of {SICK} has the whole {name}")
    if held:
        shutil.rmtree(sick)
    check_tree(copy, wanted)


def healthy_set(scene, simulator):
    """What the sick machine's files hold as long as it is well."""
    mount = fresh_mount(scene, simulator)
    content = {name: read_bytes(mount.path("DC1/vm", SICK, name)) for name in KEY_BEARING}
    mount.unmount()
    return content


def rows_of_tools(matrix, scene, simulator):
    healthy = healthy_set(scene, simulator)
    for tool in backup_tools():
        # The repositories' tools take seconds for each run: what a tool does depends on when it is told.
        slow = tool.name in ("restic", "borg")
        for way in ways(simulator)[1:3] if slow else ways(simulator):
            rest = "what it stored is right" if tool.name == "bsdtar" else "the rest is copied"
            with matrix.row(f"{tool.name} ends non-zero when {SICK} is {way.name}; {rest}"):
                place = scene.directory("saved")
                done = save_spoiled(scene, simulator, tool, way, place)
                expect(done.returncode != 0, f"{tool.name} ended with 0")
                if tool.name != "bsdtar":  # it says the last part of the path only
                    expect(SICK in done.stderr + done.stdout, f"{tool.name} does not name it")
                copy = place
                if not os.path.exists(os.path.join(place, "DC1")):
                    copy = scene.directory("unpacked")
                    tool.unpack(place, copy)
                wanted = others(simulator)
                if tool.name == "bsdtar":  # it ends at the first file that it cannot open
                    held = {moref_of(directory) for directory in vm_directories(copy)}
                    wanted = {p: vm for p, vm in wanted.items() if vm["id"] in held}
                check_others(copy, wanted, healthy)
                shutil.rmtree(place, ignore_errors=True)
                shutil.rmtree(copy, ignore_errors=True)
    with matrix.row(f"bsdtar that leaves {SICK} out ends with 0, and has all the others"):
        need_program("bsdtar")
        archive = os.path.join(scene.directory("archive"), "saved.tar")
        copy = scene.directory("unpacked")
        with locked(simulator):
            mount = fresh_mount(scene, simulator)
            run_well("bsdtar", "-C", mount.point, "--exclude", SICK, "-cf", archive, ".")
            mount.unmount()
        run_well("bsdtar", "-C", copy, "-xf", archive)
        check_tree(copy, others(simulator))


def save_spoiled(scene, simulator, tool, way, place):
    """One run of a tool over a fresh mount while the set cannot be had."""
    way.spoil()
    try:
        mount = fresh_mount(scene, simulator)
        done = tool.save(mount.point, place)
        mount.unmount()
    finally:
        way.mend()
    return done


def rows_of_older_copies(matrix, scene, simulator):
    """Tools that copy over an older copy: that one stays together."""
    for tool in backup_tools()[:3]:
        for way in ways(simulator):
            with matrix.row(f"{tool.name} over an older copy keeps that whole when {SICK} is {way.name}"):
                mount = fresh_mount(scene, simulator)
                place = scene.directory("saved")
                expect_equal(tool.save(mount.point, place).returncode, 0, "the good backup")
                mount.unmount()
                done = save_spoiled(scene, simulator, tool, way, place)
                # rsync looks at size and time only: it need not read what it has already.
                expect(done.returncode != 0 or tool.name == "rsync -a", f"{tool.name} ended with 0")
                sick = os.path.join(place, "DC1/vm", SICK)
                # A reconfigured VM has a config.json of its own time, which stays readable (SPEC).
                spoiled = broken(sick) - ({"config.json"} if way.reconfigures else set())
                # What fails at the first read only (SPEC) meets a target that cp has cut to nothing by then: one file, no
                # more, and both cp and sha256sum say so. The README tells to copy over older copies with rsync.
                most = 0 if way.known_before or tool.name == "rsync -a" else 1
                expect(len(spoiled) <= most, f"the older copy fails its sums: {spoiled}")
                shutil.rmtree(place)


def broken(directory):
    """The files of a saved set that differ from its SHA256SUMS."""
    said = run("sha256sum", "--quiet", "-c", "SHA256SUMS", cwd=directory)
    if "no properly formatted" in said.stderr:
        return {"SHA256SUMS"}
    expect(said.returncode == 0 or said.stdout, f"sha256sum says: {said.stderr}")
    return {line.split(":")[0] for line in said.stdout.splitlines()}


def row_of_recovery(matrix, scene, simulator):
    with matrix.row("once it is mended, the same mount serves the set, and rsync completes the copy"):
        with locked(simulator):
            mount = fresh_mount(scene, simulator)
            nvram = mount.path("DC1/vm", SICK, "nvram")
            expect(errno_of(read_bytes, nvram), "nvram of a locked VM can be read")
        wait_until(lambda: errno_of(read_bytes, nvram) is None, "the unlocked VM can be read", 60)
        copy = scene.directory("copy")
        run_well("rsync", "-a", mount.point + "/", copy)
        check_tree(copy, simulator.vms(digests=True))
        mount.unmount()


def rows_of_torn_reads(matrix, scene, simulator):
    """A guest that writes while its nvram is read: a mix of two contents is never served."""
    simulator.control("power-on", vm=SICK)
    try:
        wanted = simulator.vm(SICK)["nvram_sha256"]
        for word, is_served in (("every-third", True), ("each", False)):
            with matrix.row(f"torn-reads={word}: {'the whole content' if is_served else 'an error'}"):
                simulator.switch("torn-reads", word)
                for _ in range(3 if is_served else 1):
                    mount = fresh_mount(scene, simulator)
                    nvram = mount.path("DC1/vm", SICK, "nvram")
                    if is_served:
                        expect_equal(hashlib.sha256(read_bytes(nvram)).hexdigest(), wanted, "nvram")
                    else:
                        expect(errno_of(read_bytes, nvram), "a torn nvram can be read")
                    mount.unmount()
    finally:
        simulator.control("reset-switches")
        simulator.control("power-off", vm=SICK)


def main():
    matrix = Matrix("VMs whose state cannot be had now")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--no-specials", "--vms", "6", "--datacenters", "1", "--folders", "0")
        rows_of_reading(matrix, scene, simulator)
        rows_of_tools(matrix, scene, simulator)
        rows_of_older_copies(matrix, scene, simulator)
        row_of_recovery(matrix, scene, simulator)
        rows_of_torn_reads(matrix, scene, simulator)
    matrix.end()


if __name__ == "__main__":
    main()
