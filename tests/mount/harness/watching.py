"""What changes in the vCenter while a mount is looked at: caches that are filled, and a deadline."""

import contextlib
import os
import time

from harness.process import PATIENCE, expect, wait_until

# What the user is promised, on an idle machine.
PROMISED = 2.0


def deadline():
    """Seconds for the promise on a machine that others use as well."""
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    return PROMISED * max(1.0, crowd)


def fill_caches(root, contents=True):
    """The kernel knows every name and every attribute below `root`, and the pages of all that can be read."""
    for directory, _, files in os.walk(root):
        for name in files:
            path = os.path.join(directory, name)
            os.stat(path)
            if contents:
                with contextlib.suppress(OSError), open(path, "rb") as file:
                    file.read()
        os.stat(directory)  # to list it may have made its time doubtful


class Watch:
    """How long changes took to show."""

    def __init__(self):
        self.times = []

    def shows(self, condition, what):
        """`condition` comes true in time after the change that was just made."""
        start = time.monotonic()
        wait_until(condition, what, deadline())
        self.times.append(time.monotonic() - start)

    def say(self):
        """The figures, for who reads the output."""
        times = sorted(self.times)
        expect(times, "nothing was watched")
        print(f"# {len(times)} changes showed after {times[len(times) // 2] * 1000:.0f} ms (median), "
              f"{times[-1] * 1000:.0f} ms (longest); promised {PROMISED * 1000 * PATIENCE:.0f} ms", flush=True)


def listed(path):
    """Whether a directory's listing has the name, and whether it can be looked up: both or none."""
    parent, name = os.path.split(path)
    try:
        in_listing = name in os.listdir(parent)
    except FileNotFoundError:
        in_listing = False
    return in_listing, os.path.lexists(path)


def there(path):
    return listed(path) == (True, True)


def gone(path):
    return listed(path) == (False, False)
