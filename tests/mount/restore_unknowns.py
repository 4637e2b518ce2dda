#!/usr/bin/env -S python3 -B
"""What nobody knows of a real vCenter yet: each is a switch of the simulator, tried both ways."""

import json
import os

from harness.matrix import Matrix, need_mounts
from harness.process import expect, expect_equal, within, wait_until
from harness.restoring import Vault, status_of, write_set
from harness.scene import Scene

# Switch settings under which a restore succeeds as a whole.
SUCCEED = [
    {"ek-at-create": "accept"},
    {"ek-at-create": "refuse"},
    {"ek-at-create": "refuse-config"},
    {"vtpm-at-create": "allow"},
    {"vtpm-at-create": "refuse"},
    {"vtpm-at-create": "refuse", "ek-at-create": "refuse"},
    {"bundle-at-create": "kept"},
    {"nvram-after-create": "present"},
    {"nvram-after-create": "absent"},
    {"nvram-after-create": "other-name"},
    {"key-id-at-create": "set"},
    {"key-id-at-create": "reconfigure-only"},
    {"put": "created-or-ok"},
    {"put": "always-200"},
    {"put": "always-201"},
    {"head-length": "absent"},
    {"head-length": "present"},
    {"list-kms-clusters": "missing"},
    {"list-kmip-servers": "missing"},
    {"list-kms-clusters": "missing", "list-kmip-servers": "missing"},
    {"query-crypto-key-status": "missing"},
    {"encryption-policies": "both"},
    {"encryption-policies": "indirect"},
    {"encryption-policies": "direct"},
    {"pbm": "unavailable"},
    {"pbm-fetch-vendor-info": "missing"},
    {"vtpm-placement": "refuse"},
    {"folder-head": "405"},
    {"folder-privileges": "datastore"},
    {"tasks-cancelable": "all"},
    {"prefixes": "gsoap"},
    {"unknown-fields": "some"},
    {"gzip": "off"},
    {"framing": "chunked"},
]

# Settings under which the bundle or the upload cannot be verified: an error, and no VM.
REFUSED = [
    {"bundle-at-create": "rewrapped"},
    {"bundle-at-create": "replaced"},
    {"bundle-at-create": "dropped"},
    {"put": "fail-500"},
]


def words_of(setting):
    return ", ".join(f"{name}={value}" for name, value in setting.items())


def turn(vault, setting):
    vault.simulator.calm()
    for name, value in setting.items():
        vault.simulator.switch(name, value)


def put(vault, lost):
    return write_set(lost.saved, vault.staged(lost))


def restored(vault, lost, **checks):
    """The set becomes its VM under the present switches; the switches are off when it is checked."""
    expect_equal(put(vault, lost), None, f"errno of the last close ({reason_of(vault, lost)})")
    vault.simulator.calm()
    return vault.check(lost, **checks)


def reason_of(vault, lost):
    try:
        status = status_of(vault.staged(lost))
    except OSError:
        return ""
    return status.get("reason", "")


def rows_of_switches(matrix, vault):
    for setting in SUCCEED:
        with matrix.row(f"{words_of(setting)}: the VM is made and checked"):
            lost = vault.take()
            turn(vault, setting)
            restored(vault, lost)
    for setting in REFUSED:
        with matrix.row(f"{words_of(setting)}: EIO, the reason in restore.status, and no VM"):
            lost = vault.take()
            machines = vault.paths()
            turn(vault, setting)
            expect_equal(put(vault, lost), "EIO", "errno of the last close")
            status = status_of(vault.staged(lost))
            expect_equal((status["state"], status["errno"]), ("failed", "EIO"), "restore.status")
            word = "bundle" if "bundle-at-create" in setting else "nvram"
            expect(word in status["reason"], f"{word} is not in the reason: {status['reason']}")
            vault.check_nothing_made(machines)
    with matrix.row("the log tells in which of its three forms the vCenter took the vTPM"):
        for setting, form in (({"ek-at-create": "accept"}, "as it was saved"),
                              ({"ek-at-create": "refuse"}, "bare"),
                              ({"vtpm-at-create": "refuse"}, "by a reconfigure")):
            lost = vault.take()
            turn(vault, setting)
            restored(vault, lost)
            told = f"restore of '{lost.name}': the vCenter took the vTPM {form}"
            expect(vault.mount.log_has(told), f"not told with {setting}")
    with matrix.row("no FindAllByUuid, as on an old server: FindByUuid serves"):
        lost = vault.take()
        vault.simulator.calm()
        vault.simulator.control("disable-operation", name="FindAllByUuid")
        asked = vault.simulator.counts().get("FindByUuid", 0)
        restored(vault, lost)
        expect(vault.simulator.counts().get("FindByUuid", 0) > asked, "FindByUuid was not called")
        vault.simulator.control("enable-operations")
    for setting in ({"pbm-fetch-vendor-info": "without-vmcrypt"}, {"policy-fit": "never"}):
        with matrix.row(f"{words_of(setting)}: EINVAL, and no VM"):
            lost = vault.take()
            machines = vault.paths()
            turn(vault, setting)
            expect_equal(put(vault, lost), "EINVAL", "errno of the last close")
            vault.check_nothing_made(machines)
    with matrix.row("bundle-at-create=appended: the saved pair is among the new ones, and that is enough"):
        lost = vault.take()
        turn(vault, {"bundle-at-create": "appended"})
        expect_equal(put(vault, lost), None, "errno of the last close")
        vault.simulator.calm()
        check_opens(vault, lost)
    with matrix.row("ek-at-create=refuse, ek-at-edit=own: the VM is made, with a warning about certificates"):
        lost = vault.take()
        turn(vault, {"ek-at-create": "refuse", "ek-at-edit": "own"})
        restored(vault, lost, certificates=False)
    with matrix.row("encryption-policies=none: one policy of our name is made, and used again"):
        turn(vault, {"encryption-policies": "none"})
        for _ in range(2):
            lost = vault.take()
            expect_equal(put(vault, lost), None, f"errno of the last close ({reason_of(vault, lost)})")
        expect_equal(vault.simulator.counts().get("PbmCreate", 0), 1, "policies made")
        vault.simulator.calm()
    with matrix.row("encryption-policies=dangling: the built-in policy is known by its reference alone, and taken"):
        lost = vault.take()
        turn(vault, {"encryption-policies": "dangling"})
        made = vault.simulator.counts().get("PbmCreate", 0)
        expect_equal(put(vault, lost), None, f"errno of the last close ({reason_of(vault, lost)})")
        expect_equal(vault.simulator.counts().get("PbmCreate", 0), made, "policies made")
        check_opens(vault, lost)
        vault.simulator.calm()


def check_opens(vault, lost):
    """The nvram opens with the machine's bundle, whatever else is in that."""
    after = vault.simulator.vm(vault.simulator.named(lost.name)[0]["id"])
    expect_equal(after["nvram_sha256"], lost.facts["nvram_sha256"], "nvram")
    expect_equal(after["key_id"], lost.facts["key_id"], "keyId")
    identity = vault.simulator.control("tpm-identity", vm=after["id"])
    expect_equal(identity, lost.identity, "the vTPM's identity")
    vault.simulator.control("power-on", vm=after["id"])


def row_of_left_behind(matrix, vault):
    with matrix.row("destroy=refuse: the half-made VM is left and named, with its mark, until it can be removed"):
        lost = vault.take()
        turn(vault, {"put": "fail-500", "destroy": "refuse"})
        expect_equal(put(vault, lost), "EIO", "errno of the last close")
        status = status_of(vault.staged(lost))
        expect_equal(status["state"], "left-behind", "restore.status")
        left = vault.simulator.named(lost.name)
        expect_equal(len(left), 1, "VMs of that name")
        expect_equal(status["moref"], left[0]["id"], "the VM that restore.status names")
        expect("power on" in left[0]["annotation"], f"its annotation: {left[0]['annotation']!r}")
        expect(any(k.startswith("vtpmfs") for k in left[0]["extra_config"]), "it has no mark")
        vault.simulator.calm()
        wait_until(lambda: not vault.simulator.named(lost.name), "it is removed when the vCenter allows it")


def rows_of_options(matrix, vault):
    vault.remount("--restore-accept-rewrapped")
    with matrix.row("bundle-at-create=rewrapped with --restore-accept-rewrapped: made, called unproven"):
        lost = vault.take()
        turn(vault, {"bundle-at-create": "rewrapped"})
        expect_equal(put(vault, lost), None, "errno of the last close")
        vault.simulator.calm()
        check_opens(vault, lost)
        expect("unproven" in str(status_of(vault.staged(lost))["warnings"]), "it is not called unproven")
    with matrix.row("bundle-at-create=dropped with --restore-accept-rewrapped: EIO all the same"):
        lost = vault.take()
        machines = vault.paths()
        turn(vault, {"bundle-at-create": "dropped"})
        expect_equal(put(vault, lost), "EIO", "errno of the last close")
        vault.check_nothing_made(machines)


def row_of_no_policy(matrix, scene):
    with matrix.row("encryption-policies=none with --restore-policy=never-create: none is made"):
        vault = Vault(scene, 3, "--restore-policy", "never-create")
        lost = vault.take()
        turn(vault, {"encryption-policies": "none"})
        after = restored(vault, lost)
        expect_equal(vault.simulator.counts().get("PbmCreate", 0), 0, "policies made")
        expect_equal(after["profiles"], [], "policies of the VM")
        expect(status_of(vault.staged(lost))["warnings"], "restore.status does not say so")
        vault.mount.unmount()


def boot_order(directory):
    """What config.json says the machine boots from, each card by its place among the cards."""
    with open(directory + "/config.json", encoding="utf-8") as file:
        config = json.load(file)
    cards = [d["key"] for d in config["hardware"]["device"] if "macAddress" in d]
    order = config["bootOptions"].get("bootOrder", [])
    expect(order, f"it has no boot order: {config['bootOptions']}")
    return [cards.index(device["deviceKey"]) if "deviceKey" in device else "CD" for device in order]


def rows_of_special_machines(matrix, scene):
    """One each of the machines that are not ordinary; keys of native and trusted providers too."""
    vault = Vault(scene, 0, "--timeout", within(20), fleet=("--datacenters", "1"))
    special = "DC1/vm/Special/"
    for name in ("on-vsan", "on-nfs", "renamed-nvram", "native-key", "trusted-key", "two-pairs",
                 "with-snapshots"):
        with matrix.row(f"a special machine is restored: {name}"):
            restored(vault, vault.take(special + name))
    with matrix.row("boot-order-new-keys=refuse: in-sub-pool, which boots from its network card, does so again"):
        lost = vault.take(special + "in-sub-pool")
        turn(vault, {"boot-order-new-keys": "refuse"})
        expect_equal(put(vault, lost), None, "errno of the last close")
        vault.simulator.calm()
        vault.check(lost)
        expect_equal(boot_order(vault.mount.path(*lost.path.split("/"))), boot_order(lost.saved), "boot order")
    with matrix.row("a machine that never ran is restored without nvram"):
        path = special + "never-started"
        expect(not os.path.exists(vault.saved(path) + "/nvram"), "an nvram was saved")
        facts = vault.everybody[path]
        vault.lose(facts)
        staged = vault.mount.path("DC1/restore/Special/never-started")
        expect_equal(write_set(vault.saved(path), staged), None, "errno of the last close")
        after = vault.simulator.vm("never-started")
        for fact in ("key_id", "provider", "bundle_sha256", "tpm"):
            expect_equal(after[fact], facts[fact], fact)
    with matrix.row("a template comes back as a VM, and restore.status says so"):
        lost = vault.take("DC1/vm/Templates/")
        after = restored(vault, lost)
        expect_equal(after["template"], False, "template")
        expect("template" in str(status_of(vault.staged(lost))["warnings"]), "no word of the template")
    for lost_name in ("a%2fb", "100%25", "two  blanks", "quote\"and'tick", "ünï-日本語-ё", "-rf",
                      "semi;dollar$(x)`y`", "<xml>&amp;", "[ds] x", "keyId", "x" * 80):
        with matrix.row(f"an awkward name is restored: {lost_name}"):
            path = "DC1/vm/Awkward %2f names/" + lost_name
            restored(vault, vault.take(path))
    with matrix.row("native-explicit-key=refuse: an error, and no VM"):
        vault.simulator.calm()
        vault.simulator.destroy("native-key")
        again = vault.mount.path("DC1/restore/Special/native-again")
        machines = vault.paths()
        vault.simulator.switch("native-explicit-key", "refuse")
        expect(write_set(vault.saved(special + "native-key"), again), "the last close answered 0")
        vault.check_nothing_made(machines)
        vault.simulator.calm()
    with matrix.row("a native provider of that name with another key of its own: ENOKEY"):
        vault.simulator.control("remove-provider", name="NKP1")
        vault.simulator.control("add-provider", name="NKP1", kind="native")
        machines = vault.paths()
        other = vault.mount.path("DC1/restore/Special/native-other")
        expect_equal(write_set(vault.saved(special + "native-key"), other), "ENOKEY", "errno of the last close")
        vault.check_nothing_made(machines)
    vault.mount.unmount()


def main():
    matrix = Matrix("the unknowns of a real vCenter, both ways")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 60, "--timeout", within(20))
        rows_of_switches(matrix, vault)
        row_of_left_behind(matrix, vault)
        rows_of_options(matrix, vault)
        vault.mount.unmount()
        row_of_no_policy(matrix, scene)
        rows_of_special_machines(matrix, scene)
    matrix.end()


if __name__ == "__main__":
    main()
