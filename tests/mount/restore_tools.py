#!/usr/bin/env -S python3 -B
"""Restoring: each tool's copy into restore/ makes the VM again, checked against the simulator."""

import os

from harness.matrix import Matrix, need_mounts
from harness.process import expect, expect_equal, run, run_well, wait_until
from harness.restorers import WAYS, by_tar
from harness.restoring import Vault, network_cards, status_of
from harness.scene import Scene
from harness.schema import Messages


def staged_place(vault, lost):
    """Where a tool put the set: at its place, or below the path that it recreated."""
    for directory, _, files in os.walk(vault.mount.path(lost.datacenter, "restore")):
        if os.path.basename(directory) == lost.name and "keyId" in files:
            return directory
    return None


def rows_of_tools(matrix, vault):
    for number, (name, put) in enumerate(WAYS):
        below = "DC1/vm/Finance/" if number % 2 else "DC1/vm/"
        with matrix.row(f"{name} makes the lost VM again, and ends with 0"):
            lost = vault.take(below)
            done = put(vault, lost)
            expect_equal(done.returncode, 0, f"exit status ({done.stderr.strip()[-300:]})")
            expect_equal(done.stderr, "", "words on stderr")
            vault.check(lost)
            staged = staged_place(vault, lost)
            expect(staged, "the staged directory has gone")
            expect_equal(status_of(staged)["state"], "done", "restore.status")


def rows_of_second_copies(matrix, vault):
    again = {
        "rsync -a": lambda lost, to: run("rsync", "-a", "--stats", lost.saved, to),
        "cp -a": lambda lost, to: run("cp", "-a", lost.saved, to),
        "cp -r": lambda lost, to: run("cp", "-r", lost.saved, to),
        "GNU tar x": lambda lost, to: by_tar("tar")(vault, lost),
    }
    for name, put in again.items():
        with matrix.row(f"{name} of the same set once more makes no second VM"):
            lost = vault.take()
            parent = os.path.dirname(vault.staged(lost))
            run_well("rsync", "-a", lost.saved, parent)
            machines = vault.paths()
            done = put(lost, parent)
            if name == "rsync -a":
                expect_equal(done.returncode, 0, f"exit status ({done.stderr})")
                expect("files transferred: 0" in done.stdout, "rsync transferred something")
            else:  # they write over it, and the content stands
                expect(done.returncode != 0, f"{name} ended with 0")
                expect("not permitted" in done.stderr, f"it does not name EPERM: {done.stderr[-300:]}")
            vault.check_nothing_made(machines)
            vault.check(lost)


def row_of_whole_tree(matrix, scene):
    with matrix.row("cp -r of a whole datacenter makes all its folders and VMs, nested ones too"):
        vault = Vault(scene, 9, fleet=("--no-specials", "--datacenters", "1", "--folders", "3"))
        lost = [vault.take() for _ in range(len(vault.unused))]
        # Into a vCenter that knows neither VMs nor folders.
        target = vault.simulator
        for name in ("Finance/Payroll/2024", "Finance/Payroll", "Finance"):
            target.control("rename", path="DC1/vm/" + name, name="old " + os.path.basename(name))
        shown = vault.mount.path("DC1/restore/Finance")
        wait_until(lambda: not os.path.exists(shown), "the mount has heard of the renames")
        done = run("cp", "-r", vault.saved("DC1/vm") + "/.", vault.mount.path("DC1/restore") + "/")
        expect_equal(done.returncode, 0, f"exit status ({done.stderr.strip()[-300:]})")
        for each in lost:
            vault.check(each)
        vault.mount.unmount()


def rows_of_names(matrix, vault):
    with matrix.row("a copy under another name makes another VM beside the living original"):
        lost = vault.take(lose=False)
        done = run("cp", "-r", lost.saved, vault.staged(lost, "a copy"))
        expect_equal(done.returncode, 0, f"exit status ({done.stderr})")
        after = vault.check(lost, name="a copy")
        expect(after["uuid"] != lost.facts["uuid"], "the uuid of the living original was taken")
        warnings = " ".join(status_of(vault.staged(lost, "a copy"))["warnings"])
        expect("original" in warnings, f"no warning of the duplicate identity: {warnings}")
    with matrix.row("mkdir first, then cp -r: the new folder is made, and the VM is in it"):
        lost = vault.take()
        folder = vault.mount.path("DC1/restore/New/Deep")
        os.makedirs(folder)
        expect(not any("New" in path for path in vault.paths()), "mkdir made something")
        run_well("cp", "-r", lost.saved, folder + "/")
        vault.check(lost, path=f"DC1/vm/New/Deep/{lost.name}")
    with matrix.row("the VM has its own uuid again where no VM has it, and no NIC connects"):
        lost = vault.take()
        run_well("cp", "-r", lost.saved, vault.staged(lost))
        after = vault.check(lost)
        expect_equal(after["uuid"], lost.facts["uuid"], "uuid")
        saved = [c["connectable"]["startConnected"] for c in network_cards(lost.saved)]
        expect(any(saved), "no saved card connects: nothing to see")
        made = network_cards(vault.mount.path(*lost.path.split("/")))
        expect_equal(len(made), len(saved), "network cards")
        expect(not any(c["connectable"]["startConnected"] for c in made), "a card connects")


def rows_inside_the_mount(matrix, vault):
    """From vm/ to restore/ of one mount: the kernel may ask for a copy without reading."""
    for words in (("cp", "-r"), ("cp", "-a"), ("rsync", "-a")):
        with matrix.row(f"{' '.join(words)} from vm/ to restore/ of one mount makes a second VM of the state"):
            lost = vault.take(lose=False)
            slash = "/" if words[0] == "rsync" else ""
            done = run(*words, vault.mount.path(*lost.path.split("/")) + slash,
                       vault.staged(lost, "inside " + lost.name))
            expect_equal(done.returncode, 0, f"exit status ({done.stderr})")
            vault.check(lost, name="inside " + lost.name)


def main():
    matrix = Matrix("restoring with each tool")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 56)
        messages = Messages(scene, vault.simulator)
        rows_of_tools(matrix, vault)
        rows_of_second_copies(matrix, vault)
        rows_of_names(matrix, vault)
        rows_inside_the_mount(matrix, vault)
        vault.mount.unmount()
        messages.row(matrix)
        row_of_whole_tree(matrix, scene)
    matrix.end()


if __name__ == "__main__":
    main()
