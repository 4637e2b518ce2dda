"""What the tests of restoring share: saved directories of machines that are then lost."""

import json
import os
import shutil

from harness.mount import Mount, errno_of
from harness.process import expect, expect_equal, run_well, wait_until
from harness.simulator import Simulator, make_whole
from harness.truth import certificates_of, check_restored


class Lost:
    """A machine that was saved and then deleted: what it was, and where its copy lies."""

    def __init__(self, facts, identity, saved):
        self.facts = facts
        self.identity = identity
        self.saved = saved
        self.name = facts["name"]
        self.path = facts["path"]
        self.datacenter, _, below = self.path.partition("/vm/")
        self.folders = os.path.dirname(below)


class Vault:
    """A simulator, a writable mount of it, and a backup of everything in it."""

    def __init__(self, scene, vms, *options, fleet=("--no-specials", "--datacenters", "1"), state=None):
        self.scene = scene
        self.simulator = Simulator(scene, "--vms", str(vms), *fleet)
        make_whole(self.simulator)
        self.options = options
        self.mount = Mount(scene, self.simulator, *options, state=state)
        self.backup = scene.directory("backup")
        run_well("cp", "-a", self.mount.path("."), self.backup)
        self.everybody = self.simulator.vms(digests=True)
        self.unused = sorted(self.everybody)

    def remount(self, *options):
        self.mount.unmount()
        self.mount = Mount(self.scene, self.simulator, *self.options, *options, state=self.mount.state)

    def saved(self, path):
        return os.path.join(self.backup, path)

    def take(self, below="DC1/vm/", lose=True, directly=False):
        """A machine that no row has used yet, below a folder (or directly in it), deleted unless told
        otherwise; its saved directory is a copy of its own."""
        path = next(
            p for p in self.unused
            if p.startswith(below) and (not directly or "/" not in p[len(below):])
        )
        self.unused.remove(path)
        facts = self.everybody[path]
        identity = self.simulator.control("tpm-identity", vm=facts["id"])
        if lose:
            self.lose(facts)
        spare = os.path.join(self.scene.directory("saved"), facts["name"])
        shutil.copytree(self.saved(path), spare)
        return Lost(facts, identity, spare)

    def take_of_network(self, network, below="DC1/vm/"):
        """A machine whose cards all lie in that network."""
        def lies_there(path):
            cards = network_cards(self.saved(path))
            return all(c["backing"].get("deviceName") == network for c in cards)

        return self.take(next(p for p in self.unused if p.startswith(below) and lies_there(p)))

    def lose(self, facts):
        """Deletes a machine, and waits until the mount knows: until then its name is taken."""
        self.simulator.destroy(facts["id"])
        shown = self.mount.path(*facts["path"].split("/"))
        wait_until(lambda: not os.path.exists(shown), f"{facts['path']} is no longer shown")

    def staged(self, lost, name=None):
        """Where the directory of a machine goes in restore/."""
        return self.mount.path(lost.datacenter, "restore", lost.folders, name or lost.name)

    def check(self, lost, name=None, path=None, certificates=True):
        """The machine is there once, and is what it was."""
        found = self.simulator.named(name or lost.name)
        expect_equal(len(found), 1, f"VMs called {name or lost.name}")
        after = self.simulator.vm(found[0]["id"])
        expect_equal(after["path"], path or (lost.path if name is None else after["path"]), "its place")
        expected = dict(lost.facts, name=name or lost.name)
        identity = self.simulator.control("tpm-identity", vm=after["id"])
        check_restored(expected, after, lost.identity, identity)
        if certificates:
            shown = self.mount.path(*after["path"].split("/"))
            expect_equal(certificates_of(shown), certificates_of(lost.saved), "EK certificates")
        self.simulator.control("power-on", vm=after["id"])
        self.simulator.control("power-off", vm=after["id"])
        return after

    def check_nothing_made(self, before, name=None):
        """The machines are those of `before`."""
        now = {vm["id"]: path for path, vm in self.simulator.vms().items()}
        expect_equal(sorted(now.values()), sorted(before), "VMs in the vCenter")
        if name is not None:
            expect(not self.simulator.named(name), f"a VM {name} was left behind")

    def paths(self):
        return list(self.simulator.vms())


def status_of(staged):
    """restore.status of a staged directory, parsed."""
    with open(os.path.join(staged, "restore.status"), encoding="utf-8") as file:
        return json.load(file)


def network_cards(directory):
    """The network cards that config.json of a directory tells of."""
    with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
        devices = json.load(file)["hardware"]["device"]
    cards = [d for d in devices if "EthernetCard" in d.get("backing", {}).get("_typeName", "")]
    expect(cards, "the machine has no network card to look at")
    return cards


def write_set(saved, staged, names=None):
    """Writes a set file by file, each closed before the next; the errno of the last close, or None."""
    os.makedirs(staged, exist_ok=True)
    last = None
    for name in names or sorted(os.listdir(saved)):
        with open(os.path.join(saved, name), "rb") as file:
            content = file.read()
        last = errno_of(write_file, os.path.join(staged, name), content)
    return last


def write_file(path, content):
    """As cp does: create or truncate, write, close; the error of close is raised."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        at = 0
        while at < len(content):
            at += os.write(descriptor, content[at:])
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)


def rewrite_sums(directory):
    """SHA256SUMS as it has to be for what the directory holds now."""
    names = sorted(n for n in os.listdir(directory) if n != "SHA256SUMS")
    done = run_well("sha256sum", "--", *names, cwd=directory)
    with open(os.path.join(directory, "SHA256SUMS"), "w", encoding="utf-8") as sums:
        sums.write(done.stdout)


def replace(directory, name, content):
    """Another content of a saved file, and the sums that fit."""
    with open(os.path.join(directory, name), "wb") as file:
        file.write(content)
    rewrite_sums(directory)
