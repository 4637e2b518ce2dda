#!/usr/bin/env -S python3 -B
"""The storage policy in config.json: who may ask gets it, nobody has to, and a restore goes by it."""

import os

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount
from harness.process import expect, expect_equal, run_well, wait_until, within
from harness.restoring import Vault, write_set
from harness.scene import Scene
from harness.simulator import PASSWORD, Simulator, make_whole
from harness.truth import check_tree, origin_of, sha256_of, vm_directories

READER = "reader@vsphere.local"
READING = ["System.View", "System.Read", "System.Anonymous", "Datastore.Browse", "Datastore.FileManagement"]
BUILT_IN = "VM Encryption Policy"
QUESTION = "PbmQueryAssociatedProfiles"
ALL = ("-o", "ro", "--vms", "all")
CHANGED = "win00003"


def policies_in(point):
    """storagePolicy of each encrypted machine's config.json; None where there is none."""
    return [origin_of(directory).get("storagePolicy") for directory in vm_directories(point)
            if os.path.exists(directory + "/keyId")]


def reader(scene, simulator, privileges):
    """A read-only mount of an account that has these privileges everywhere."""
    simulator.control("add-role", role="reader", privileges=privileges)
    simulator.control("grant", user=READER, role="reader")
    return Mount(scene, simulator, *ALL, "--pin", "1", user=READER)


def rows_of_reading(matrix, scene, simulator):
    with matrix.row("config.json has id and name of the policy of each encrypted VM, and of no other"):
        mount = Mount(scene, simulator, *ALL)
        wanted = {vm["id"]: vm["profiles"] for vm in simulator.vms().values()}
        for directory in vm_directories(mount.point):
            origin = origin_of(directory)
            policy = origin.get("storagePolicy", {})
            profiles = wanted[origin["vm"]["value"]]
            expect_equal([policy["id"]] if policy else [], profiles, f"policy of {directory}")
            expect_equal(policy.get("name"), BUILT_IN if profiles else None, f"its name in {directory}")
        expect(any(wanted.values()) and not all(wanted.values()), "the fleet has one kind of VM only")
        mount.unmount()
    simulator.control("add-user", user=READER, password=PASSWORD)
    with matrix.row("without StorageProfile.View everything can be read, and config.json names no policy"):
        simulator.reset_counts()
        mount = reader(scene, simulator, READING)
        check_tree(mount.point, simulator.vms(digests=True))
        expect_equal(set(map(str, policies_in(mount.point))), {"None"}, "policies")
        rekey(simulator, shown(mount, simulator))
        expect_equal(simulator.counts()[QUESTION], 1, "questions that were refused")
        mount.unmount()
    with matrix.row("with it, config.json names the policy"):
        mount = reader(scene, simulator, READING + ["StorageProfile.View"])
        expect_equal({p["name"] for p in policies_in(mount.point)}, {BUILT_IN}, "policies")
        mount.unmount()


def shown(mount, simulator):
    return mount.path(*simulator.vm(CHANGED)["path"].split("/"))


def rekey(simulator, directory):
    """Gives the machine another key, and waits until its directory shows that; its changeVersion."""
    now = simulator.vm(CHANGED)["key_id"]
    other = next(key for key in simulator.control("list-keys")["KMS"] if key != now)
    simulator.control("rekey", vm=CHANGED, key=other)
    version = simulator.vm(CHANGED)["change_version"]
    # Each look keeps the former generation for the pin time of a second.
    wait_until(lambda: origin_of(directory)["changeVersion"] == version, "the rekey shows", 60, pause=1.5)
    return version


def rows_of_trouble(matrix, scene, simulator):
    with matrix.row("the policy service is down at the mount: all can be read; the policy comes when it is up"):
        with simulator.calmed():
            simulator.switch("pbm", "unavailable")
            mount = Mount(scene, simulator, *ALL, "--pin", "1", "--nvram-poll", "1")
            check_tree(mount.point, simulator.vms(digests=True))
            expect_equal(set(map(str, policies_in(mount.point))), {"None"}, "policies")
        wait_until(lambda: None not in policies_in(mount.point), "config.json names the policy", 60, pause=1.5)
        check_tree(mount.point, simulator.vms(digests=True))
    with matrix.row("the policy service takes the question and never answers: the mount comes, and all can be read"):
        with simulator.calmed():
            simulator.inject("silence", QUESTION, count=0)
            silent = Mount(scene, simulator, *ALL, "--timeout", within(3))
            check_tree(silent.point, simulator.vms(digests=True))
            expect_equal(set(map(str, policies_in(silent.point))), {"None"}, "policies")
            expect(silent.log_has("cannot be read, config.json will not name them for now"), "the log does not say so")
            silent.unmount()
    with matrix.row("it goes down later, and a VM is changed: config.json goes on naming the policy"):
        directory = shown(mount, simulator)
        before = origin_of(directory)
        with simulator.calmed():
            simulator.switch("pbm", "unavailable")
            version = rekey(simulator, directory)
            expect_equal(origin_of(directory), {**before, "changeVersion": version}, "the origin")
            text = sha256_of(directory + "/config.json")
        simulator.reset_counts()
        wait_until(lambda: simulator.counts().get(QUESTION), "it is asked again", 60)
        expect_equal(sha256_of(directory + "/config.json"), text, "config.json after the answer")
        mount.unmount()


def row_of_restoring(matrix, scene):
    with matrix.row("a restore goes by the policy that config.json names"):
        vault = Vault(scene, 2, "--restore-policy", "Gold encrypted")
        lost = vault.take()
        expect_equal(write_set(lost.saved, vault.staged(lost)), None, "errno of the last close")
        gold = vault.check(lost)["profiles"]
        expect(gold and gold != lost.facts["profiles"], f"it had that policy before: {gold}")
        shown = vault.mount.path(*lost.path.split("/"))
        expect_equal(origin_of(shown)["storagePolicy"], {"id": gold[0], "name": "Gold encrypted"}, "the policy")
        saved = os.path.join(scene.directory("gold"), lost.name)
        run_well("cp", "-r", shown, saved)
        vault.mount.unmount()
        vault.mount = Mount(scene, vault.simulator)
        vault.lose(vault.simulator.vm(lost.name))
        lost.saved = saved
        expect_equal(write_set(lost.saved, vault.staged(lost)), None, "errno of the last close")
        expect_equal(vault.check(lost)["profiles"], gold, "the policy of the restored VM")
        vault.mount.unmount()


def main():
    matrix = Matrix("the storage policy in config.json")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--vms", "6", "--datacenters", "1")
        make_whole(simulator)
        rows_of_reading(matrix, scene, simulator)
        rows_of_trouble(matrix, scene, simulator)
        simulator.stop()
        row_of_restoring(matrix, scene)
    matrix.end()


if __name__ == "__main__":
    main()
