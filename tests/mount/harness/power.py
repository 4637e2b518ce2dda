"""A file system whose power can be cut (tests/mount/power_cut)."""

import os

from harness.matrix import binary
from harness.mount import is_mounted, unmount_lazily
from harness.process import end_process, has_ended, spawn, wait_until

LOSSES = ("everything", "bytes-only")


class Disk:
    """Mounted at `point` until the scene ends."""

    def __init__(self, scene):
        self.point = scene.directory("disk")
        self.process = spawn([binary("POWER_CUT_BIN", "tests/mount/power_cut/power-cut"), self.point])
        scene.at_end(self.abandon)
        wait_until(lambda: is_mounted(self.point) or has_ended(self.process), "the disk is there")

    def command(self, *words):
        os.setxattr(self.point, "user.power", " ".join(map(str, words)).encode())

    def is_on(self):
        return os.getxattr(self.point, "user.power").startswith(b"on ")

    def steps(self):
        """How often something has reached the disk since the last command."""
        return int(os.getxattr(self.point, "user.power").split()[1])

    def cut(self, loss):
        """Now; whoever uses the disk gets EIO."""
        self.command("off", loss)

    def arm(self, steps, loss):
        """After so many steps, with which the process that takes the last one is killed."""
        self.command("arm", steps, loss)

    def give_power(self):
        """The disk is there again, as the cut has left it; or it is not cut after all."""
        self.command("on")

    def abandon(self):
        unmount_lazily(self.point)
        end_process(self.process)
