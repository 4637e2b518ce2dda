"""Connections that are lost in the midst of a restore, and what must come of it."""

import os

from harness.crashes import Crashes
from harness.process import expect, expect_equal, run
from harness.restoring import status_of

LOSSES = {
    "reset-before": "the call is lost",
    "reset-after": "the reply is lost",
    "silence": "there is no answer",
}


class LostReplies(Crashes):
    def lose(self, match, kind, staged):
        """One restore, and what it sent. What is silent stays so until the restore has ended."""
        self.simulator.reset_counts()
        injected = self.simulator.inject(kind, match)
        done = run("cp", "-r", self.lost.saved, staged)
        expect_equal(self.simulator.control("hits", number=injected)["hits"], 1, f"{match} that were hit")
        sent = self.simulator.counts().get(match, 0)
        self.simulator.control("clear")
        return done.returncode, sent

    def ends_well(self, match, kind, sends):
        staged = self.place()
        status, sent = self.lose(match, kind, staged)
        expect_equal(status, 0, f"exit status of cp ({status_of(staged)})")
        expect_equal(sent, sends, f"{match} that were sent")
        self.check_and_clear(staged)

    def ends_without(self, match, kind, sends):
        """The restore fails, says why, and leaves nothing: sync makes it."""
        staged = self.place()
        status, sent = self.lose(match, kind, staged)
        expect(status != 0, "cp ended with 0")
        expect_equal(sent, sends, f"{match} that were sent")
        said = status_of(staged)
        expect_equal(said["state"], "failed", f"restore.status ({said})")
        expect(not self.simulator.named(self.lost.name), "a VM was left")
        expect_equal(os.listdir(self.journal), [], "records")
        run("sync", staged)
        self.check_and_clear(staged)
