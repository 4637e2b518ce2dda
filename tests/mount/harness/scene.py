"""A private directory and everything that was started, all taken away at the end."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile

from harness.process import collect_reports, write_reports_to


class Scene:
    """Use with `with`. What was registered with `at_end` is undone in reverse order, also after a
    failure, a SIGTERM or Ctrl-C."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.count = 0

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        self.root = tempfile.mkdtemp(prefix="vtpmfs-mount-")
        # Resolved: the kernel's mount table knows no other name of it.
        self.root = os.path.realpath(self.root)
        self.stack.callback(shutil.rmtree, self.root, ignore_errors=True)
        reports = self.directory("reports")
        write_reports_to(reports)
        self.stack.callback(collect_reports, reports)
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def at_end(self, work, *arguments):
        self.stack.callback(work, *arguments)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def directory(self, name):
        """A new empty directory, private to us; its name gets a number."""
        self.count += 1
        made = self.path(f"{self.count:03}-{name}")
        os.mkdir(made, 0o700)
        return made

    def file(self, name, content, mode=0o600):
        self.count += 1
        made = self.path(f"{self.count:03}-{name}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(content)
        return made
