#!/usr/bin/env -S python3 -B
"""A connection that is lost once in each call of a restore that changes something, before the vCenter
gets the call, after it has carried it out, or without a word: there is one whole VM, or none and
nothing left, and nothing was sent blindly twice. Changes of a VM that was made: restore_lost_changes.py."""

import os
import shutil

from harness.lost_replies import LOSSES, LostReplies
from harness.matrix import Matrix, need_mounts
from harness.process import expect, expect_equal, run, within
from harness.restoring import Vault, status_of
from harness.scene import Scene


def rows(matrix, lost):
    for kind, words in LOSSES.items():
        again = 2 if kind == "reset-before" else 1
        for match in ("CreateFolder", "PUT /folder"):
            with matrix.row(f"{match}, {words}: it is looked for, and the restore ends well"):
                lost.ends_well(match, kind, again)
        with matrix.row(f"ReconfigVM_Task that finishes, {words}: it is looked for, the restore ends well"):
            lost.ends_well("ReconfigVM_Task", kind, again)
    for kind in ("reset-after", "silence"):
        with matrix.row(f"CreateVM_Task, {LOSSES[kind]}: the VM is found, and the restore ends well"):
            lost.ends_well("CreateVM_Task", kind, 1)


def rows_of_policies(matrix):
    """A vCenter without an encryption policy, each time: what was made is never removed."""
    for kind, words in LOSSES.items():
        with matrix.row(f"PbmCreate, {words}: it is looked for, and the restore ends well"), Scene() as scene:
            vault = Vault(scene, 3, "--timeout", within(3))
            lost = LostReplies(vault)
            vault.simulator.switch("encryption-policies", "none")
            lost.ends_well("PbmCreate", kind, 2 if kind == "reset-before" else 1)


def rows_of_removals(matrix, lost):
    """nvram that comes back damaged makes the restore take its VM away."""
    for kind, words in LOSSES.items():
        with matrix.row(f"Destroy_Task, {words}: sent once, and in the end nothing is left"):
            staged = lost.place()
            lost.simulator.reset_counts()
            lost.simulator.inject("truncate", "GET /folder", count=0)
            lost.simulator.inject(kind, "Destroy_Task")
            done = run("cp", "-r", lost.lost.saved, staged)
            expect(done.returncode != 0, "cp ended with 0")
            sent = lost.simulator.counts().get("Destroy_Task", 0)
            said = status_of(staged)
            if kind == "reset-before":
                # It may come yet: the journal keeps it, and it is sent again when it has been looked at anew.
                expect(sent in (1, 2), f"Destroy_Task were sent {sent} times")
                lost.settle()
            else:
                expect_equal(sent, 1, "Destroy_Task that were sent")
                expect_equal(said["state"], "failed", f"restore.status ({said})")
            expect(not lost.simulator.named(lost.lost.name), "the half-made VM is still there")
            expect_equal(os.listdir(lost.journal), [], "records")
            lost.simulator.control("clear")
            shutil.rmtree(staged)


def row_of_a_lost_creation(matrix, lost):
    with matrix.row("CreateVM_Task, the call is lost: sent once, and kept in mind for half an hour"):
        staged = lost.place()
        status, sent = lost.lose("CreateVM_Task", "reset-before", staged)
        expect(status != 0, "cp ended with 0")
        expect_equal(sent, 1, "CreateVM_Task that were sent")
        lost.settle()
        run("sync", staged)
        lost.check_and_clear(staged)


def main():
    matrix = Matrix("Lost replies: nothing twice, nothing left")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 4, "--timeout", within(3))
        lost = LostReplies(vault)
        rows(matrix, lost)
        rows_of_removals(matrix, lost)
        row_of_a_lost_creation(matrix, lost)
    rows_of_policies(matrix)
    matrix.end()


if __name__ == "__main__":
    main()
