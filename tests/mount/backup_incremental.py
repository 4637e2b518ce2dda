#!/usr/bin/env -S python3 -B
"""The second run: after a remount each tool reads only what it has to. Counted, not timed."""

import json
import os
import re
import time

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount
from harness.process import expect, expect_equal, run_well, wait_until
from harness.scene import Scene
from harness.simulator import Simulator, file_reads, soap_calls
from harness.tools import Borg, Restic
from harness.truth import check_tree, fingerprint, sha256_of, vm_directories

FLEET = ("--no-specials", "--vms", "30")
# All that is asked about a VM whose nvram has been fetched.
REREAD = "config.changeVersion"


class Remounted:
    """One state directory over several mounts, each read-only."""

    def __init__(self, scene, simulator):
        self.scene = scene
        self.simulator = simulator
        self.mount = Mount(scene, simulator, "-o", "ro")

    def again(self):
        self.mount.unmount()
        # The same place: restic and borg know a file by its path.
        self.mount = Mount(
            self.scene, self.simulator, "-o", "ro", state=self.mount.state, point=self.mount.point
        )
        self.simulator.reset_counts()
        return self.mount.point


def newest_ctime_files(point):
    """The paths of the files that have the newest ctime of all, relative to the mount."""
    times = {}
    for directory in vm_directories(point):
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            times[os.path.relpath(path, point)] = os.lstat(path).st_ctime_ns
    newest = max(times.values())
    return {path for path, time in times.items() if time == newest}


def transferred(stats):
    return int(re.search(r"Number of regular files transferred: ([\d,]+)", stats)[1].replace(",", ""))


def row_of_rsync(matrix, scene, remounted):
    copy = scene.directory("rsync")
    with matrix.row("rsync -a after a remount transfers nothing and fetches no nvram"):
        run_well("rsync", "-a", remounted.mount.point + "/", copy)
        point = remounted.again()
        second = run_well("rsync", "-a", "--stats", point + "/", copy)
        expect_equal(transferred(second.stdout), 0, "files transferred")
        expect_equal(file_reads(remounted.simulator.counts()), 0, "GETs")
    return copy


def row_of_restic(matrix, scene, remounted):
    place = scene.directory("restic")
    restic = Restic()
    with matrix.row("restic backup after a remount reads no file and fetches no nvram"):
        first = restic.save(remounted.mount.point, place)
        expect_equal(first.returncode, 0, f"first run: {first.stderr}")
        point = remounted.again()
        second = restic.save(point, place)
        expect_equal(second.returncode, 0, f"second run: {second.stderr}")
        summary = json.loads(second.stdout.strip().splitlines()[-1])
        expect_equal((summary["files_new"], summary["files_changed"]), (0, 0), "new and changed files")
        expect(summary["files_unmodified"] >= 30 * 7, f"too few files: {summary}")
        expect_equal(file_reads(remounted.simulator.counts()), 0, "GETs")


def row_of_borg(matrix, scene, remounted):
    place = scene.directory("borg")
    borg = Borg()
    with matrix.row("borg create after a remount reads only files with the newest ctime"):
        first = borg.save(remounted.mount.point, place)
        expect_equal(first.returncode, 0, f"first run: {first.stderr}")
        point = remounted.again()
        second = borg.save(point, place)
        expect_equal(second.returncode, 0, f"second run: {second.stderr}")
        status = {line[2:]: line[0] for line in second.stderr.splitlines() if line[1:2] == " "}
        unchanged = {path for path, letter in status.items() if letter == "U"}
        read = {path for path, letter in status.items() if letter in "AM"}
        expect(unchanged, f"borg's list has no unchanged file: {second.stderr[:200]}")
        expect(read <= newest_ctime_files(point), f"read without need: {sorted(read)[:3]}")
        nvrams = sum(path.endswith("/nvram") for path in read)
        expect(file_reads(remounted.simulator.counts()) <= nvrams, "GETs for files that borg skipped")


def row_of_tar(matrix, scene, remounted):
    """GNU tar compares device, inode and times of directories, times of files."""
    place = scene.directory("tar")
    with matrix.row("tar -g after a remount stores no file, and after a guest's write that VM's two alone"):
        def save(point, name):
            run_well("tar", "-C", point, "--no-check-device", "-g", place + "/snapshot", "-cf",
                     f"{place}/{name}.tar", ".")
            listed = run_well("tar", "-tf", f"{place}/{name}.tar").stdout.splitlines()
            return sorted(line for line in listed if not line.endswith("/"))

        expect(len(save(remounted.mount.point, "first")) >= 30 * 7, "the first archive lacks files")
        point = remounted.again()
        expect_equal(save(point, "second"), [], "files stored again")
        expect_equal(file_reads(remounted.simulator.counts()), 0, "GETs")
        # tar takes what is as new as its former run; a datastore's times are whole seconds.
        former = time.time()
        wait_until(lambda: int(time.time()) > former, "the next second")
        remounted.simulator.control("guest-write", vm="win00006")
        point = remounted.again()
        changed = [path.rpartition("/win00006/")[2] for path in save(point, "third")]
        expect_equal(changed, ["SHA256SUMS", "nvram"], "files stored after the write")


def rows_of_changes(matrix, scene, remounted, copy):
    simulator = remounted.simulator
    with matrix.row("a rekey that keeps size and `modified` is not skipped by rsync"):
        before = simulator.vm("win00003")
        other = next(k for k in simulator.control("list-keys")["KMS"] if k != before["key_id"])
        simulator.control("rekey", vm="win00003", key=other)
        point = remounted.again()
        run_well("rsync", "-a", point + "/", copy)
        check_tree(copy, simulator.vms(digests=True))
        after = simulator.vm("win00003")
        expect(after["bundle_sha256"] != before["bundle_sha256"], "the simulator did not rekey")
    with matrix.row("a guest's write to nvram is seen, and rsync takes that VM and no other"):
        simulator.control("guest-write", vm="win00004")
        point = remounted.again()
        second = run_well("rsync", "-a", "--stats", point + "/", copy)
        expect_equal(transferred(second.stdout), 2, "files transferred (nvram and SHA256SUMS)")
        check_tree(copy, simulator.vms(digests=True))
        expect_equal(file_reads(simulator.counts()), 1, "GETs")
    with matrix.row("a lost state directory costs a read, and skips no change"):
        simulator.control("guest-write", vm="win00005")
        remounted.mount.unmount()
        remounted.mount = Mount(scene, simulator, "-o", "ro")
        run_well("rsync", "-a", remounted.mount.point + "/", copy)
        check_tree(copy, simulator.vms(digests=True))
    with matrix.row("a VM made, renamed and deleted while mounted shows without a remount"):
        point = remounted.mount.point
        simulator.control("create-vm", name="brand-new", folder="DC1/vm/Finance")
        wait_until(lambda: os.path.isdir(point + "/DC1/vm/Finance/brand-new"), "the new VM shows")
        wanted = simulator.vm("brand-new")["nvram_sha256"]
        expect_equal(sha256_of(point + "/DC1/vm/Finance/brand-new/nvram"), wanted, "its nvram")
        simulator.control("rename-vm", vm="brand-new", name="renamed")
        wait_until(lambda: os.path.isdir(point + "/DC1/vm/Finance/renamed"), "the new name shows")
        wait_until(lambda: not os.path.exists(point + "/DC1/vm/Finance/brand-new"), "the old name goes")
        simulator.destroy("renamed")
        wait_until(lambda: not os.path.exists(point + "/DC1/vm/Finance/renamed"), "the VM goes")


def calls_of_a_backup(scene, count):
    """What a first cp -r of `count` VMs asks for, by kind, the login included."""
    simulator = Simulator(scene, "--no-specials", "--vms", str(count))
    mount = Mount(scene, simulator, "-o", "ro")
    copy = scene.directory("copy")
    run_well("cp", "-r", mount.point + "/.", copy, seconds=600)
    mount.unmount()
    counts = simulator.counts()
    counts["re-reads"] = simulator.control("property-counts").get(REREAD, 0)
    counts["RetrievePropertiesEx"] -= counts["re-reads"]
    wanted = simulator.vms(digests=True)
    simulator.stop()
    check_tree(copy, wanted)
    run_well("rm", "-rf", copy)
    return counts


def row_of_calls(matrix, scene):
    with matrix.row("a backup's SOAP calls depend on pages, not on VMs; each nvram is fetched once"):
        few, many = 250, 1000
        of_few, of_many = calls_of_a_backup(scene, few), calls_of_a_backup(scene, many)
        print("     " + "; ".join(
            f"{number} VMs: {soap_calls(counts)} SOAP calls ({counts['re-reads']} re-reads), {file_reads(counts)} GETs"
            for number, counts in ((few, of_few), (many, of_many))), flush=True)
        expect_equal((file_reads(of_few), file_reads(of_many)), (few, many), "GETs")
        # Properties of 250 VMs are asked for at once, in a few kinds of questions, and those of fewer where
        # a reader is quicker: 1 for each 25 VMs at most. The inventory's updates: 1 for each 250. Whether a VM
        # changed while its nvram came is one question for all downloads that have ended since the one before,
        # at most one a download; how many that are depends on how fast they come. Nothing else may grow at all.
        grown = {kind: number - of_few.get(kind, 0) for kind, number in of_many.items() if " " not in kind}
        more = many - few
        expect(grown.pop("RetrievePropertiesEx") <= more / 25, f"too many RetrievePropertiesEx: {of_many}")
        expect(1 <= of_many["re-reads"] <= many, f"re-reads of changeVersion: {of_many}")
        del grown["re-reads"]
        expect(grown.pop("WaitForUpdatesEx") <= more / 250, f"too many WaitForUpdatesEx: {of_many}")
        # The policies of a page of VMs are one question; what a policy is called is asked for once.
        expect(of_few["PbmQueryAssociatedProfiles"] >= 1, f"nobody asks for policies: {of_few}")
        expect(grown.pop("PbmQueryAssociatedProfiles") <= more / 250, f"too many questions for policies: {of_many}")
        expect_equal({kind: n for kind, n in grown.items() if n > 0}, {}, "calls that grow with the VMs")


def main():
    matrix = Matrix("backing up again")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, *FLEET)
        remounted = Remounted(scene, simulator)
        copy = row_of_rsync(matrix, scene, remounted)
        row_of_restic(matrix, scene, remounted)
        row_of_borg(matrix, scene, remounted)
        with matrix.row("what rsync holds is what the mount shows"):
            expect_equal(fingerprint(copy), fingerprint(remounted.mount.point), "files")
        rows_of_changes(matrix, scene, remounted, copy)
        row_of_tar(matrix, scene, remounted)
        remounted.mount.unmount()
        row_of_calls(matrix, scene)
    matrix.end()


if __name__ == "__main__":
    main()
