"""The rows: one line each, `ok`, `FAIL` or `SKIP`, and the exit status that CTest understands."""

import contextlib
import os
import shutil
import sys
import time
import traceback

from harness.process import Failure, Skip, complaints

SKIPPED = 77


class Matrix:
    """Counts rows. A row that fails does not keep the next ones from being tried."""

    def __init__(self, title):
        self.passed = self.failed = self.skipped = 0
        print(f"# {title}", flush=True)

    @contextlib.contextmanager
    def row(self, name):
        start = time.monotonic()
        try:
            yield
        except Skip as reason:
            self.skipped += 1
            self._say("SKIP", name, str(reason))
        except Failure as reason:
            self.failed += 1
            self._say("FAIL", name, str(reason))
        except Exception as error:  # a row that breaks is a row that failed
            self.failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{os.path.basename(where.filename)}:{where.lineno}"
            self._say("FAIL", name, f"{type(error).__name__} at {place}: {error}")
        else:
            self.passed += 1
            self._say("ok  ", f"{name}  ({time.monotonic() - start:.1f} s)")

    @staticmethod
    def _say(mark, name, reason=""):
        line = f"{mark} {name}" + (f": {reason}" if reason else "")
        print(line.replace("\n", " | ").encode("utf-8", "replace").decode(), flush=True)

    def skip_all(self, reason):
        """Nothing can be tried here."""
        print(f"SKIP all rows: {reason}", flush=True)
        sys.exit(SKIPPED)

    def end(self):
        """To be called when the scene has ended: what its programs left behind counts, too."""
        for words in complaints:
            self.failed += 1
            print(f"FAIL {words}", flush=True)
        print(f"# {self.passed} ok, {self.failed} failed, {self.skipped} skipped", flush=True)
        if self.failed:
            sys.exit(1)
        sys.exit(0 if self.passed else SKIPPED)


def need_program(name):
    if shutil.which(name) is None:
        raise Skip(f"{name} is not installed")


def binary(variable, default):
    """A program that the build made: named by the environment, else in the usual build directory."""
    top = os.path.dirname(os.path.abspath(__file__)).rsplit("/tests/mount/", 1)[0]
    return os.environ.get(variable) or os.path.join(top, "build", "release", default)


def need_mounts(matrix):
    """Ends the test as skipped where nothing can be mounted."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        matrix.skip_all("/dev/fuse is not here, or not for us")
    if shutil.which("fusermount3") is None:
        matrix.skip_all("fusermount3 is not installed")
    for variable, default in (
        ("VTPMFS_BIN", "fs/vtpmfs"),
        ("SIMULATOR_BIN", "tests/simulator/vcenter-simulator"),
    ):
        if not os.access(binary(variable, default), os.X_OK):
            print(f"FAIL {variable}: {binary(variable, default)} is not built", flush=True)
            sys.exit(1)
