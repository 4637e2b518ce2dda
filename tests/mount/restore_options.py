#!/usr/bin/env -S python3 -B
"""The mount options of restoring: each against a vCenter where it makes a difference."""

import contextlib
import os

from harness.matrix import Matrix, need_mounts, need_program
from harness.mount import Mount, errno_of
from harness.process import Skip, expect, expect_equal, run, run_well, wait_until, within
from harness.restoring import Vault, network_cards, status_of, write_set
from harness.scene import Scene
from harness.schema import Messages

NOBODY = 65534
WITH_SPECIALS = ("--datacenters", "1")


def shown_cards(vault, path):
    """The network cards of a machine as the mount shows them now."""
    return network_cards(vault.mount.path(*path.split("/")))


def put(vault, lost):
    return write_set(lost.saved, vault.staged(lost))


def rows_of_placement(matrix, vault):
    with matrix.row("--restore-datastore: the VM lies there, wherever it lay before"):
        vault.remount("--restore-datastore", "vsanDatastore")
        lost = vault.take()
        expect("[vsanDatastore]" not in lost.facts["vmx"], "it lay there before")
        expect_equal(put(vault, lost), None, "errno of the last close")
        expect(vault.check(lost)["vmx"].startswith("[vsanDatastore]"), "it lies elsewhere")
    with matrix.row("the option goes before the directory's attribute"):
        lost = vault.take()
        os.makedirs(vault.staged(lost))
        os.setxattr(vault.staged(lost), "user.vtpmfs.datastore", b"datastore1")
        expect_equal(put(vault, lost), None, "errno of the last close")
        expect(vault.check(lost)["vmx"].startswith("[vsanDatastore]"), "the attribute won")
    with matrix.row("--restore-policy names the policy that the VM gets"):
        vault.remount("--restore-policy", "Gold encrypted")
        lost = vault.take()
        expect_equal(put(vault, lost), None, "errno of the last close")
        named = vault.check(lost)["profiles"]
        vault.remount("--restore-policy", "VM Encryption Policy")
        other = vault.take()
        expect_equal(put(vault, other), None, "errno of the last close")
        expect(named and named != vault.check(other)["profiles"], f"both got {named}")
    with matrix.row("--restore-policy of a policy that is none: ENOENT, and no VM"):
        vault.remount("--restore-policy", "No such policy")
        lost = vault.take()
        machines = vault.paths()
        expect_equal(put(vault, lost), "ENOENT", "errno of the last close")
        expect("No such policy" in status_of(vault.staged(lost))["reason"], "the reason does not name it")
        vault.check_nothing_made(machines)
    with matrix.row("--restore-pool and --restore-host that do not fit together: an error, and no VM"):
        vault.remount("--restore-pool", "Cluster2", "--restore-host", "Cluster1-esx1.example.test")
        lost = vault.take()
        machines = vault.paths()
        expect(put(vault, lost), "the last close answered 0")
        vault.check_nothing_made(machines)
    hosts = [f"Cluster1-esx{h}.example.test" for h in (1, 2, 3)]
    hosts += [f"Cluster2-esx{h}.example.test" for h in (1, 2)]
    with matrix.row("--restore-pool and --restore-host that fit: made there, whatever the other hosts do"):
        vault.remount("--restore-pool", "Cluster2", "--restore-host", "Cluster2-esx1.example.test")
        lost = vault.take()
        with disconnected(vault, *[h for h in hosts if h != "Cluster2-esx1.example.test"]):
            expect_equal(put(vault, lost), None, "errno of the last close")
        vault.check(lost)
    with matrix.row("--restore-host that is out of reach: EHOSTUNREACH, though the others are not"):
        lost = vault.take()
        with disconnected(vault, "Cluster2-esx1.example.test"):
            expect_equal(put(vault, lost), "EHOSTUNREACH", "errno of the last close")
        run_well("sync", vault.staged(lost))
        vault.check(lost)
    with matrix.row("--restore-pool whose hosts are out of reach: EHOSTUNREACH, though other pools fit"):
        vault.remount("--restore-pool", "Cluster2")
        lost = vault.take()
        with disconnected(vault, *[h for h in hosts if h.startswith("Cluster2")]):
            expect_equal(put(vault, lost), "EHOSTUNREACH", "errno of the last close")
        run_well("sync", vault.staged(lost))
        vault.check(lost)


@contextlib.contextmanager
def disconnected(vault, *hosts):
    """Hosts of DC1 that are out of reach for a while."""
    def turn(connection):
        for host in hosts:
            cluster = host.partition("-")[0]
            vault.simulator.control("set-host", host=f"DC1/host/{cluster}/{host}", connection=connection)

    try:
        turn("disconnected")
        yield
    finally:
        turn("connected")


def rows_of_networks(matrix, vault):
    with matrix.row("network cards come back disconnected; --restore-network maps their network"):
        vault.remount("--restore-network", "VM Network=nsx-segment")
        lost = vault.take_of_network("VM Network")
        failed = put(vault, lost)
        reason = status_of(vault.staged(lost)).get("reason", "")
        expect_equal(failed, None, f"errno of the last close ({reason})")
        vault.check(lost)
        for card in shown_cards(vault, lost.path):
            expect(not card.get("connectable", {}).get("startConnected"), f"it connects: {card}")
            expect("Opaque" in card["backing"]["_typeName"], f"it lies in its old network: {card}")
    with matrix.row("--restore-network of a network that is none here: ENOENT by its name, and no VM"):
        vault.remount("--restore-network", "VM Network=no such network")
        lost = vault.take_of_network("VM Network")
        machines = vault.paths()
        expect_equal(put(vault, lost), "ENOENT", "errno of the last close")
        expect("'no such network'" in status_of(vault.staged(lost))["reason"], "it is not named")
        vault.check_nothing_made(machines)
    with matrix.row("a network that is not here: the card and its address stay, disconnected, and that is said"):
        vault.remount("--restore-connect")
        lost = vault.take_of_network("VM Network")
        vault.simulator.control("rename", path="DC1/network/VM Network", name="Another Network")
        try:
            expect_equal(put(vault, lost), None, "errno of the last close")
            saved = network_cards(lost.saved)
            cards = shown_cards(vault, lost.path)
            expect_equal([c["macAddress"] for c in cards], [c["macAddress"] for c in saved], "addresses")
            expect(not any(c["connectable"]["startConnected"] for c in cards), f"it connects: {cards}")
            warned = " ".join(status_of(vault.staged(lost))["warnings"])
            expect("'VM Network'" in warned and "disconnected" in warned, f"no warning: {warned}")
        finally:
            vault.simulator.control("rename", path="DC1/network/Another Network", name="VM Network")
        vault.check(lost)
    with matrix.row("--restore-connect: they connect at power on where the original is gone"):
        vault.remount("--restore-connect")
        lost = vault.take()
        before = [c["connectable"]["startConnected"] for c in network_cards(lost.saved)]
        expect_equal(put(vault, lost), None, "errno of the last close")
        after = [c["connectable"]["startConnected"] for c in shown_cards(vault, lost.path)]
        expect_equal(after, before, "startConnected")
        expect(any(before), "no saved card was connected")
    with matrix.row("--restore-connect: not beside a living original"):
        lost = vault.take(lose=False)
        staged = vault.staged(lost, "twin of it")
        expect_equal(write_set(lost.saved, staged), None, "errno of the last close")
        path = os.path.join(os.path.dirname(lost.path), "twin of it")
        for card in shown_cards(vault, path):
            expect(not card["connectable"]["startConnected"], "a card of the twin connects")


def rows_of_unclear_networks(matrix, vault):
    sim = vault.simulator
    sim.control("add-network", like="DC1/network/VM Network", folder="Racks", name="VM Network")
    both = "/DC1/network/Racks/VM Network, /DC1/network/VM Network"
    with matrix.row("a network whose name two have: no guess, the card stays disconnected, and both are named"):
        vault.remount("--restore-connect")
        lost = vault.take_of_network("VM Network")
        expect_equal(put(vault, lost), None, "errno of the last close")
        saved, cards = network_cards(lost.saved), shown_cards(vault, lost.path)
        expect_equal([c["macAddress"] for c in cards], [c["macAddress"] for c in saved], "addresses")
        expect(not any(c["connectable"]["startConnected"] for c in cards), f"it connects: {cards}")
        warned = " ".join(status_of(vault.staged(lost))["warnings"])
        expect("not clear" in warned and both in warned and "disconnected" in warned, f"no warning: {warned}")
        vault.check(lost)
    with matrix.row("--restore-network to a name that two have: EINVAL with their paths, and no VM"):
        vault.remount("--restore-network", "VM Network=VM Network")
        lost = vault.take_of_network("VM Network")
        machines = vault.paths()
        expect_equal(put(vault, lost), "EINVAL", "errno of the last close")
        status = status_of(vault.staged(lost))
        expect(both in status["reason"] and "by its path" in status["what_to_do"], f"{status}")
        vault.check_nothing_made(machines)
    with matrix.row("--restore-network to a path takes that one, and the card connects"):
        vault.remount("--restore-connect", "--restore-network", "VM Network=/DC1/network/Racks/VM Network")
        run_well("sync", vault.staged(lost))
        expect_equal([c["connectable"]["startConnected"] for c in shown_cards(vault, lost.path)],
                     [c["connectable"]["startConnected"] for c in network_cards(lost.saved)], "startConnected")
        expect("not clear" not in str(status_of(vault.staged(lost))), "it is warned of")
        vault.check(lost)


def rows_of_degraded(matrix, vault):
    lost = vault.take()
    key = {"provider": lost.facts["provider"], "key": lost.facts["key_id"]}
    vault.simulator.control("remove-key", **key)
    with matrix.row("a lost key without --restore-degraded: ENOKEY, and no VM"):
        vault.remount()
        machines = vault.paths()
        expect_equal(put(vault, lost), "ENOKEY", "errno of the last close")
        vault.check_nothing_made(machines)
    with matrix.row("--restore-degraded: a VM with a new key and a new vTPM, and that is said loudly"):
        vault.remount("--restore-degraded")
        run_well("sync", vault.staged(lost))
        made = vault.simulator.vm(lost.name)
        expect(made["tpm"] and made["key_id"] != lost.facts["key_id"], f"key and vTPM: {made['key_id']}")
        expect(made.get("nvram_sha256") != lost.facts["nvram_sha256"], "the saved nvram was uploaded")
        expect("DEGRADED" in str(status_of(vault.staged(lost))["warnings"]), "it is not said")
    vault.simulator.control("import-key", **key)


def words_of_nobody():
    """The words before a command that another user runs."""
    if os.geteuid() != 0:
        raise Skip("only root can be somebody else")
    need_program("setpriv")
    return ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]


def let_read(saved):
    """Lets everybody read a saved directory."""
    os.chmod(os.path.dirname(saved), 0o755)
    run_well("chmod", "-R", "a+rX", saved)


def rows_of_starting(matrix, vault):
    with matrix.row("--restore-settle starts a set without SHA256SUMS when nothing changes any more"):
        vault.remount("--restore-settle", within(3))  # longer than there is between two of the files
        lost = vault.take()
        names = [n for n in sorted(os.listdir(lost.saved)) if n != "SHA256SUMS"]
        expect_equal(write_set(lost.saved, vault.staged(lost), names), None, "errno of the last close")
        wait_until(lambda: status_of(vault.staged(lost))["state"] == "done", "the settled set is restored")
        vault.check(lost)
    with matrix.row("--nvram-max: staging takes an nvram of that size, and no larger file than 64 MiB without it"):
        lost = vault.take()
        for options, wanted in (((), "EFBIG"), (("--nvram-max", "80M"), None)):
            vault.remount(*options)
            write_set(lost.saved, vault.staged(lost), ["nvram"])
            nvram = vault.staged(lost) + "/nvram"
            expect_equal(errno_of(os.truncate, nvram, 70 << 20), wanted, f"errno of 70 MiB with {options}")
        run_well("rm", "-r", vault.staged(lost))
    with matrix.row("--restore-templates: a template comes back as one"):
        vault.remount("--restore-templates")
        lost = vault.take("DC1/vm/Templates/")
        expect_equal(put(vault, lost), None, "errno of the last close")
        expect_equal(vault.simulator.vm(lost.name)["template"], True, "template")
    with matrix.row("allow_other: another user reads where the modes let him; uid= or --restore-users: also restores"):
        nobody = words_of_nobody()
        os.chmod(vault.scene.root, 0o711)
        his = f"uid={NOBODY},gid={NOBODY}"
        for options, reads, restores in (
            (["-o", his], False, False),
            (["-o", "allow_other," + his], True, True),
            (["-o", "allow_other,umask=022"], True, False),
            (["-o", "allow_other,umask=0", "--restore-users", str(NOBODY)], True, True),
        ):
            vault.mount.unmount()
            # With a state of its own: what was staged before has the modes and the owner of then.
            vault.mount = Mount(vault.scene, vault.simulator, *options)
            seen = run(*nobody, "cat", vault.mount.path(vault.unused[0], "firmware"))
            expect_equal(seen.returncode == 0, reads, f"reading with {options} ({seen.stderr.strip()})")
            lost = vault.take(lose=restores)
            let_read(lost.saved)
            machines = vault.paths()
            done = run(*nobody, "cp", "-r", lost.saved, vault.staged(lost, None if restores else "another"))
            expect_equal(done.returncode == 0, restores, f"restoring with {options} ({done.stderr.strip()})")
            if restores:
                vault.check(lost)
            else:
                expect("Permission denied" in done.stderr, f"cp says {done.stderr}")
                vault.check_nothing_made(machines)
    with matrix.row("EACCES: tools that copy to where they may not write end non-zero, and make nothing"):
        nobody = words_of_nobody() if os.geteuid() == 0 else []
        lost = vault.take()
        let_read(lost.saved)
        shut = vault.mount.path("DC1/restore/shut")
        run_well(*nobody, "mkdir", "-m", "0500", shut)
        archive = os.path.join(os.path.dirname(lost.saved), "saved.tar")
        run_well("tar", "-C", os.path.dirname(lost.saved), "-cf", archive, lost.name)
        machines = vault.paths()
        for words, status in ((["cp", "-r", lost.saved, shut], 1), (["rsync", "-r", lost.saved, shut], 23),
                              (["tar", "-C", shut, "-xf", archive], 2),
                              (["bsdtar", "-C", shut, "-xf", archive], 1)):
            done = run(*nobody, *words)
            expect_equal(done.returncode, status, f"exit status of {words[0]} ({done.stderr})")
            expect("Permission denied" in done.stderr, f"{words[0]} says {done.stderr}")
        vault.check_nothing_made(machines)
    with matrix.row("-o uid=,gid=,umask=: owner and modes in vm/ and restore/"):
        if os.geteuid() != 0:
            raise Skip("whose directories are another's and shut may not look into them")
        vault.remount("-o", "uid=1234,gid=4321,umask=0177")
        for path, mode in (("DC1/vm", 0o600), ("DC1/restore", 0o600), ("DC1/vm/Empty", 0o600)):
            info = os.stat(vault.mount.path(path))
            expect_equal((info.st_uid, info.st_gid), (1234, 4321), f"owner of {path}")
            expect_equal(info.st_mode & 0o777, mode, f"mode of {path}")


def main():
    matrix = Matrix("the options of restoring")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 40, fleet=WITH_SPECIALS)
        vault.unused = [p for p in vault.unused if "/win0" in p or "/Templates/" in p]
        messages = Messages(scene, vault.simulator)
        rows_of_placement(matrix, vault)
        rows_of_networks(matrix, vault)
        rows_of_degraded(matrix, vault)
        rows_of_starting(matrix, vault)
        rows_of_unclear_networks(matrix, vault)
        vault.mount.unmount()
        messages.row(matrix)
    matrix.end()


if __name__ == "__main__":
    main()
