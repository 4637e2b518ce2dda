"""A mount of the simulated vCenter."""

import contextlib
import errno
import os
import re
import signal
import subprocess

from harness.matrix import binary
from harness.process import (PATIENCE, Failure, clean_environment, end_process, expect, has_ended, is_alive,
                             run, spawn, wait_until)
from harness.simulator import PASSWORD, USER


def is_mounted(path):
    """By the kernel's table, without asking the file system."""
    return mount_line(path) is not None


def mount_line(path):
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        for line in table:
            shown = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), line.split()[4])
            if shown == path:
                return line
    return None


def unmount_lazily(path):
    if is_mounted(path):
        run("fusermount3", "-u", "-z", path)


class Mount:
    """`vtpmfs -f` on a private mount point, with its log in a file. Options are further words of the
    command line. State directory and mount point are private, or those of a former mount."""

    def __init__(self, scene, simulator, *options, state=None, point=None, user=USER,
                 environment=None):
        self.point = point or scene.directory("mnt")
        self.state = state or scene.directory("state")
        self.log = os.path.join(scene.directory("log"), "log")
        words = scene.file("password", PASSWORD + "\n")
        self.command = [
            binary("VTPMFS_BIN", "fs/vtpmfs"), "-f", "--user", user, "--password-file", words,
            *(["--ca-file", simulator.ca_file] if simulator.ca_file else []),
            "--state-dir", self.state, *options,
            simulator.address, self.point,
        ]
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = spawn(
                self.command, stdout=log, stderr=log, env=environment or clean_environment()
            )
        scene.at_end(self.abandon)
        wait_until(
            lambda: has_ended(self.process) or self.log_has("mounted on"), "vtpmfs mounts", 90
        )
        if has_ended(self.process):
            raise Failure(f"vtpmfs ended with {self.process.returncode}: {self.last_log_line()}")

    def path(self, *names):
        return os.path.join(self.point, *names)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def log_has(self, words):
        return words in self.log_text()

    def last_log_line(self):
        return (self.log_text().strip().splitlines() or ["(no words)"])[-1]

    def unmount(self):
        """As a user does, and until the process has gone; fails the row unless it ended with 0."""
        done = run("fusermount3", "-u", self.point)
        expect(done.returncode == 0, f"fusermount3 -u: {done.stderr.strip()}")
        wait_until(lambda: has_ended(self.process), "vtpmfs ends after fusermount3 -u", 75)
        expect(
            self.process.returncode == 0,
            f"vtpmfs ended with {self.process.returncode}: {self.last_log_line()}",
        )

    def kill(self):
        """SIGKILL; the dead mount stays."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def abandon(self):
        """Whatever state it is in: afterwards there is no mount and no process."""
        unmount_lazily(self.point)
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10 * PATIENCE)
        end_process(self.process, 10)


class BackgroundMount:
    """`vtpmfs` as a user types it: returns when the mount answers, and goes on in the background."""

    def __init__(self, scene, words, environment=None):
        self.point = words[-1]
        self.done = run(
            binary("VTPMFS_BIN", "fs/vtpmfs"), *words, env=environment or clean_environment()
        )
        scene.at_end(self.abandon)
        self.pid = self._daemon() if self.done.returncode == 0 else None

    @classmethod
    def adopt(cls, scene, point):
        """The daemon that serves a mount which somebody else asked for."""
        mount = cls.__new__(cls)
        mount.point = point
        mount.pid = mount._daemon()
        scene.at_end(mount.abandon)
        expect(mount.pid is not None, f"no daemon serves {point}")
        return mount

    def _daemon(self):
        wanted = os.fsencode(self.point)
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as line:
                    if line.read().rstrip(b"\0").split(b"\0")[-1] == wanted:
                        return int(name)
            except OSError:
                continue
        return None

    def wait_gone(self):
        wait_until(lambda: not is_alive(self.pid), "the daemon ends", 75)

    def abandon(self):
        unmount_lazily(self.point)
        if self.pid is None:
            return
        try:
            wait_until(lambda: not is_alive(self.pid), "the daemon ends", 10)
        except Failure:
            os.kill(self.pid, signal.SIGKILL)


def errno_name(error):
    return errno.errorcode.get(error.errno, str(error.errno))


def errno_of(work, *arguments, **named):
    """The name of the errno that `work` raises, or None."""
    try:
        work(*arguments, **named)
    except OSError as error:
        return errno_name(error)
    return None
