#!/usr/bin/env -S python3 -B
"""Where a restored VM goes: datastore clusters, clusters without DRS, vSAN and vVol, datacenters in
folders, and whose word counts: an option's, an attribute's, config.json's."""

import contextlib
import json
import os
import re

from harness.matrix import Matrix, need_mounts
from harness.mount import errno_of
from harness.process import expect, expect_equal
from harness.restoring import Vault, network_cards, replace, status_of, write_set
from harness.scene import Scene
from harness.schema import Messages
from harness.truth import check_tree, sha256_of

FOLDERS = "Süd %2f Nord/100%25 of + it"
DATACENTERS = ("DC1", "Europe/Zürich & Umland/DC2", FOLDERS + "/DC1", FOLDERS + "/Dätä %2f 2 & co")
POD = "/DC1/datastore/Tier %2f 1/Pod1"
CLUSTER2 = "DC1/host/Cluster2"
CLUSTER3 = "DC1/host/Racks %2f 1/Cluster3"


def set_attributes(staged, attributes):
    os.makedirs(staged, exist_ok=True)
    for key, value in attributes.items():
        os.setxattr(staged, "user.vtpmfs." + key, value.encode())


def put(vault, lost, **attributes):
    """The errno of the last close, of a directory that has these attributes."""
    set_attributes(vault.staged(lost), attributes)
    return write_set(lost.saved, vault.staged(lost))


def reason_of(vault, lost):
    return status_of(vault.staged(lost)).get("reason", "")


def restored(vault, lost, **attributes):
    failed = put(vault, lost, **attributes)
    expect_equal(failed, None, f"errno of the last close ({reason_of(vault, lost)})")
    return vault.check(lost)


def refused(vault, lost, errno, *words, **attributes):
    machines = vault.paths()
    expect_equal(put(vault, lost, **attributes), errno, "errno of the last close")
    for word in words:
        expect(word in reason_of(vault, lost), f"{word} is not in the reason: {reason_of(vault, lost)}")
    vault.check_nothing_made(machines)


def lies_on(facts, datastore):
    expect(facts["vmx"].startswith(f"[{datastore}] "), f"it lies elsewhere: {facts['vmx']}")


def commit(staged):
    descriptor = os.open(staged, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def host_is(vault, host, **state):
    usual = {"connection": "connected", "maintenance": False}
    vault.simulator.control("set-host", host=host, **state)
    try:
        yield
    finally:
        vault.simulator.control("set-host", host=host, **usual)


def rows_of_pods(matrix, vault):
    with matrix.row("a datastore cluster's name: its member with the most room that the pool's hosts reach"):
        lies_on(restored(vault, vault.take(), datastore="Pod1", pool="Cluster1"), "pod1-large")
    with matrix.row("its inventory path, and no pool: the largest member, and the one host that mounts it"):
        after = restored(vault, vault.take(), datastore=POD)
        lies_on(after, "pod1-far")
        expect_equal(after["host"], CLUSTER2 + "/Cluster2-esx2.example.test", "host")
    for name in ("pod1-small", POD + "/pod1-small"):
        with matrix.row(f"a member by itself: {name}"):
            lies_on(restored(vault, vault.take(), datastore=name), "pod1-small")
    with matrix.row("the member with the most room is in maintenance: the next one; all are: EHOSTUNREACH"):
        lost = vault.take()
        with contextlib.ExitStack() as stack:
            def rest(member):
                vault.simulator.control("set-datastore", datastore=member, maintenance=True)
                stack.callback(vault.simulator.control, "set-datastore", datastore=member, maintenance=False)

            rest("pod1-large")
            lies_on(restored(vault, vault.take(), datastore="Pod1", pool="Cluster1"), "pod1-small")
            for member in ("pod1-small", "pod1-far", "pod1-full"):
                rest(member)
            refused(vault, lost, "EHOSTUNREACH", "'Pod1'", "maintenance", datastore="Pod1")
        expect_equal(errno_of(commit, vault.staged(lost)), None, "errno of fsync when they are back")
        vault.check(lost)
    with matrix.row("a member in maintenance: EHOSTUNREACH; a full one: ENOSPC; no VM"):
        refused(vault, vault.take(), "EHOSTUNREACH", "'pod1-quiet'", "maintenance", datastore="pod1-quiet")
        refused(vault, vault.take(), "ENOSPC", "'pod1-full'", datastore="pod1-full")
    with matrix.row("a member that the pool's hosts do not mount: EINVAL, and no VM"):
        refused(vault, vault.take(), "EINVAL", "'pod1-far'", "'Cluster1'", datastore="pod1-far", pool="Cluster1")
    with matrix.row("a name that two datastore clusters have: EINVAL with their paths; by path it is clear"):
        lost = vault.take()
        paths = ("/DC1/datastore/Tier %2f 1/Twin pod", "/DC1/datastore/Tier 2/Twin pod")
        refused(vault, lost, "EINVAL", *paths, datastore="Twin pod")
        set_attributes(vault.staged(lost), {"datastore": "Tier 2/Twin pod"})
        expect_equal(errno_of(commit, vault.staged(lost)), None, "errno of fsync")
        lies_on(vault.check(lost), "twin-b")
    with matrix.row("--restore-datastore and --restore-pool: a datastore cluster in a datacenter in folders"):
        vault.remount("--restore-datastore", "Pod1", "--restore-pool", "Cluster1")
        lies_on(restored(vault, vault.take(FOLDERS + "/DC1/vm/")), "pod1-large")
    vault.remount()


def rows_of_hosts(matrix, vault):
    esx1, esx2 = (f"{CLUSTER2}/Cluster2-esx{number}.example.test" for number in (1, 2))
    with matrix.row("pool in a cluster without DRS: a host of it is named"):
        after = restored(vault, vault.take(), pool="Cluster2")
        expect(after["host"] in (esx1, esx2), f"host: {after['host']}")
        expect_equal(after["pool"], CLUSTER2 + "/Resources", "pool")
    for state in ({"maintenance": True}, {"connection": "disconnected"}, {"connection": "notResponding"},
                  {"crypto_state": "incapable"}):
        words = ", ".join(f"{key} {value}" for key, value in state.items())
        with matrix.row(f"a host is not chosen: {words}"):
            for away, other in ((esx1, esx2), (esx2, esx1)):
                with host_is(vault, away, **state):
                    expect_equal(restored(vault, vault.take(), pool="Cluster2")["host"], other, "host")
                vault.simulator.control("set-host", host=away, crypto_state="safe")
    with matrix.row("a host that lacks the datastore is not chosen"):
        after = restored(vault, vault.take(), pool="Cluster2", datastore="pod1-far")
        expect_equal(after["host"], esx2, "host")
    with matrix.row("no host of the cluster is left: EHOSTUNREACH that names the pool, and no VM"):
        lost = vault.take()
        with host_is(vault, esx1, maintenance=True), host_is(vault, esx2, connection="disconnected"):
            refused(vault, lost, "EHOSTUNREACH", "'Cluster2'", pool="Cluster2")
    with matrix.row("a cluster of one host without DRS: the host is named all the same"):
        after = restored(vault, vault.take(), pool="Cluster3")
        expect_equal(after["host"], CLUSTER3 + "/Cluster3-esx1.example.test", "host")
    with matrix.row("a host that stands alone"):
        after = restored(vault, vault.take(), pool="esx-alone.example.test")
        expect_equal(after["pool"], "DC1/host/esx-alone.example.test/Resources", "pool")
    inner = CLUSTER2 + "/Resources/Silver %2f 2"
    for name, place in (("Inner", inner + "/Inner"), ("Silver %2f 2/Inner", inner + "/Inner"),
                        (f"/{inner}/Inner", inner + "/Inner"), ("Silver / 2", inner)):
        with matrix.row(f"a pool within a pool, in a cluster without DRS: {name}"):
            expect_equal(restored(vault, vault.take(), pool=name)["pool"], place, "pool")
    with matrix.row("a name that two pools have: EINVAL with their paths; a host or a path makes it clear"):
        lost = vault.take()
        gold = [f"DC1/host/{cluster}/Resources/Gold" for cluster in ("Cluster1", "Cluster2")]
        refused(vault, lost, "EINVAL", "/" + gold[0], "/" + gold[1], pool="Gold")
        set_attributes(vault.staged(lost), {"host": esx1.rpartition("/")[2]})
        expect_equal(errno_of(commit, vault.staged(lost)), None, "errno of fsync with a host")
        after = vault.check(lost)
        expect_equal((after["pool"], after["host"]), (gold[1], esx1), "pool and host")
        expect_equal(restored(vault, vault.take(), pool="/" + gold[0])["pool"], gold[0], "pool")
    with matrix.row("a host by itself, by name and by path"):
        for name in (esx2.rpartition("/")[2], "/" + esx1):
            expect(restored(vault, vault.take(), host=name)["host"].endswith(name.rpartition("/")[2]), "host")
    with matrix.row("a host that is not one of the pool's: EINVAL that names both, and no VM"):
        refused(vault, vault.take(), "EINVAL", "'Cluster1'", "'Cluster2-esx1.example.test'",
                pool="Cluster1", host="Cluster2-esx1.example.test")
    with matrix.row("nobody says where: the cluster with DRS, not a pool in it, a host alone, or one in a folder"):
        after = restored(vault, vault.take())
        expect_equal(after["pool"], "DC1/host/Cluster1/Resources", "pool")


def rows_of_namespaces(matrix, vault):
    uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    for name, directory in (("vsanDatastore", uuid), ("vvolDatastore", r"rfc4122\." + uuid)):
        with matrix.row(f"{name}: the server makes the directory, nvram goes there, nobody calls MakeDirectory"):
            vault.simulator.reset_counts()
            lost = vault.take()
            after = restored(vault, lost, datastore=name)
            home = after["vmx"].partition("] ")[2].partition("/")[0]
            lies_on(after, name)
            expect(re.fullmatch(directory, home), f"its directory is {home}")
            expect_equal(os.path.dirname(after["nvram"]), home, "where nvram lies")
            made = {k: v for k, v in vault.simulator.counts().items() if "Directory" in k}
            expect_equal(made, {}, "calls that make directories")
            shown = vault.mount.path(*lost.path.split("/"), "nvram")
            expect_equal(sha256_of(shown), lost.facts["nvram_sha256"], "nvram as the mount shows it")


def rows_of_datacenters(matrix, vault):
    with matrix.row("the backup of datacenters in folders, two of them of one name, is the truth"):
        check_tree(vault.backup, vault.everybody)
        for datacenter in DATACENTERS:
            expect(any(p.startswith(datacenter + "/vm/") for p in vault.everybody), f"no VM in {datacenter}")
    for datacenter in DATACENTERS[1:]:
        with matrix.row(f"restored into a datacenter in folders: {datacenter}"):
            for datastore in ("datastore1", "nfs & share", "vsanDatastore"):
                lost = vault.take(datacenter + "/vm/")
                after = restored(vault, lost, datastore=datastore)
                lies_on(after, datastore)
                expect(after["host"].startswith(datacenter + "/host/"), f"host: {after['host']}")
    with matrix.row("saved in one datacenter, restored into another of the same name"):
        lost = vault.take("DC1/vm/")
        lost.datacenter = FOLDERS + "/DC1"
        expect_equal(put(vault, lost), None, f"errno of the last close ({reason_of(vault, lost)})")
        path = f"{lost.datacenter}/vm/{lost.folders}/{lost.name}".replace("//", "/")
        after = vault.check(lost, path=path)
        expect(after["host"].startswith(lost.datacenter + "/host/"), f"host: {after['host']}")
    with matrix.row("a path in another datacenter of the same name: ENOENT, and no VM"):
        lost = vault.take(FOLDERS + "/DC1/vm/")
        refused(vault, lost, "ENOENT", "'/DC1/host/Cluster1/Resources'", pool="/DC1/host/Cluster1/Resources")
        set_attributes(vault.staged(lost), {"pool": f"/{FOLDERS}/DC1/host/Cluster1/Resources"})
        expect_equal(errno_of(commit, vault.staged(lost)), None, "errno of fsync with its own path")
        vault.check(lost)


def cards_of(vault, lost):
    return [card["backing"] for card in network_cards(vault.mount.path(*lost.path.split("/")))]


def rows_of_attributes(matrix, vault):
    with matrix.row("user.vtpmfs.policy names the policy that the VM gets"):
        named, usual = (restored(vault, vault.take(), **attributes)["profiles"]
                        for attributes in ({"policy": "Gold encrypted"}, {}))
        expect(named and named != usual, f"both got {named}")
    for attributes in ({"network": "VM Network=nsx-segment"}, {"network.VM Network": "nsx-segment"}):
        with matrix.row(f"user.vtpmfs.{next(iter(attributes))} maps a network"):
            lost = vault.take_of_network("VM Network")
            restored(vault, lost, **attributes)
            for backing in cards_of(vault, lost):
                expect("Opaque" in backing["_typeName"], f"it lies in its old network: {backing}")
    with matrix.row("user.vtpmfs.network that is no SAVED=HERE: EINVAL of setfattr"):
        lost = vault.take(lose=False)
        staged = vault.staged(lost, "elsewhere")
        expect_equal(errno_of(set_attributes, staged, {"network": "VM Network"}), "EINVAL", "errno")
        os.rmdir(staged)
    with matrix.row("an attribute that names nothing: its errno, words that name it, no VM; without it, a VM"):
        lost = vault.take()
        staged = vault.staged(lost)
        wrong = "none such"
        refused(vault, lost, "ENOENT", f"'{wrong}'", "pool", pool=wrong)
        os.removexattr(staged, "user.vtpmfs.pool")
        machines = vault.paths()
        for key, value, errno in (("host", wrong, "ENOENT"), ("datastore", wrong, "ENOENT"),
                                  ("policy", wrong, "ENOENT"), ("network", "VM Network=" + wrong, "ENOENT")):
            set_attributes(staged, {key: value})
            expect_equal(errno_of(commit, staged), errno, f"errno of fsync with that {key}")
            reason = reason_of(vault, lost)
            expect(wrong in reason and key in reason, f"the reason names no {key}: {reason}")
            os.removexattr(staged, "user.vtpmfs." + key)
        vault.check_nothing_made(machines)
        expect_equal(errno_of(commit, staged), None, "errno of fsync without them")
        vault.check(lost)


def rows_of_precedence(matrix, vault):
    with matrix.row("options go before attributes: pool, host, datastore, policy and network"):
        vault.remount("--restore-pool", "Silver %2f 2", "--restore-host", "Cluster2-esx1.example.test",
                      "--restore-datastore", "datastore1", "--restore-policy", "Gold encrypted",
                      "--restore-network", "VM Network=nsx-segment")
        lost = vault.take_of_network("VM Network")
        after = restored(vault, lost, pool="Cluster1", host="Cluster1-esx1.example.test", datastore="Pod1",
                         policy="VM Encryption Policy", network="VM Network=VM Network")
        lies_on(after, "datastore1")
        expect_equal(after["pool"], CLUSTER2 + "/Resources/Silver %2f 2", "pool")
        expect_equal(after["host"], CLUSTER2 + "/Cluster2-esx1.example.test", "host")
        expect("Opaque" in cards_of(vault, lost)[0]["_typeName"], "the attribute's network won")
        by_option = after["profiles"]
    with matrix.row("without those options the attributes decide: each of the five"):
        vault.remount()
        lost = vault.take_of_network("VM Network")
        after = restored(vault, lost, pool="Cluster1", host="Cluster1-esx1.example.test", datastore="Pod1",
                         policy="VM Encryption Policy", network="VM Network=VM Network")
        lies_on(after, "pod1-large")
        expect_equal(after["host"], "DC1/host/Cluster1/Cluster1-esx1.example.test", "host")
        expect_equal(after["pool"], "DC1/host/Cluster1/Resources", "pool")
        expect("Opaque" not in cards_of(vault, lost)[0]["_typeName"], "the option's network is still there")
        expect(after["profiles"] != by_option, f"both policies are {by_option}")
    # From here on another datastore has more room than the one that the machines were saved on.
    for datastore in ("datastore1", "vsanDatastore"):
        vault.simulator.control("set-datastore", datastore=datastore, free=1 << 40)
    with matrix.row("attribute, then config.json's place, then the most room"):
        lies_on(restored(vault, vault.take(), datastore="pod1-small"), "pod1-small")
        lies_on(restored(vault, vault.take()), "datastore1")
        lies_on(restored(vault, without_place(vault.take())), "nfs & share")
    with matrix.row("config.json of another vCenter: its place does not count"):
        lies_on(restored(vault, from_elsewhere(vault.take())), "nfs & share")
    with matrix.row("config.json's datastore is in maintenance: the most room"):
        vault.simulator.control("set-datastore", datastore="datastore1", maintenance=True)
        lies_on(restored(vault, vault.take()), "nfs & share")
        vault.simulator.control("set-datastore", datastore="datastore1", maintenance=False)


def changed(lost, change):
    with open(lost.saved + "/config.json", encoding="utf-8") as file:
        config = json.load(file)
    change(config)
    replace(lost.saved, "config.json", json.dumps(config, indent=2).encode())
    return lost


def without_place(lost):
    return changed(lost, lambda config: config.pop("files"))


def from_elsewhere(lost):
    def move(config):
        config["vtpmfs"]["vcenter"]["instanceUuid"] = "00000000-0000-4000-8000-000000000000"

    return changed(lost, move)


def main():
    matrix = Matrix("where a restored VM goes")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 220, fleet=("--no-specials", "--datacenters", "2", "--varied-places"))
        messages = Messages(scene, vault.simulator)
        rows_of_datacenters(matrix, vault)
        rows_of_namespaces(matrix, vault)
        rows_of_hosts(matrix, vault)
        rows_of_pods(matrix, vault)
        rows_of_attributes(matrix, vault)
        rows_of_precedence(matrix, vault)
        vault.mount.unmount()
        messages.row(matrix)
    matrix.end()


if __name__ == "__main__":
    main()
