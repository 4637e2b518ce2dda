#!/usr/bin/env -S python3 -B
"""A vCenter that has died with 64 reads on their way to it: nothing else waits, whoever gives up goes at once, the
rest is told in time, and when it is back all goes on without a remount."""

import contextlib
import os
import signal
import statistics
import time

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import PATIENCE, end_of, expect, expect_equal, has_ended, run_well, spawn, wait_until, within
from harness.scene import Scene
from harness.simulator import Simulator
from harness.truth import SET, read_bytes, sha256_of
from harness.watching import there

READERS = 64
KNOWN = 8
TIMEOUT = 30
# What a quiet machine is to reach, and what is asserted on a busy one.
QUIET_MS, BUSY_MS = 5, 50
LET_GO_MS, LET_GO_BUSY_MS = 100, 1000


class Stage:
    """A vCenter, a mount, machines that were read, machines that are waited for, and others."""

    def __init__(self, scene):
        self.scene = scene
        self.simulator = Simulator(scene, "--vms", "240", "--datacenters", "2", "--no-specials")
        self.mount = Mount(scene, self.simulator, "-o", "ro", "--timeout", within(TIMEOUT), "--pin", "0")
        machines = sorted(self.simulator.vms())
        half = len(machines) // 2
        # One here, one in the other datacenter: nobody walks, and nothing is fetched ahead.
        in_turn = [path for pair in zip(machines[:half], machines[half:]) for path in pair]
        shown = [self.mount.path(*path.split("/")) for path in in_turn]
        self.known = shown[:KNOWN]
        self.awaited = shown[KNOWN:KNOWN + READERS]
        self.others = shown[KNOWN + READERS:]
        self.digests = {path: sha256_of(path + "/nvram") for path in self.known}

    def pause(self):
        os.kill(self.simulator.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.simulator.process.pid, signal.SIGCONT)


@contextlib.contextmanager
def dead(stage):
    """The vCenter takes connections, and never answers."""
    stage.pause()
    try:
        yield
    finally:
        stage.resume()


def waits(process):
    """Asleep in a read of the mount: in the kernel's words."""
    with open(f"/proc/{process.pid}/syscall", encoding="ascii", errors="replace") as file:
        words = file.read().split()
    return bool(words) and words[0] == READ


def number_of_read():
    """The system call's number here, as a process that waits in it shows it."""
    ours, theirs = os.pipe()
    try:
        child = spawn(["cat"], stdin=ours, stdout=-3)
        try:
            seen = []

            def asleep():
                with open(f"/proc/{child.pid}/syscall", encoding="ascii", errors="replace") as file:
                    seen[:] = file.read().split()
                with open(f"/proc/{child.pid}/comm", encoding="ascii", errors="replace") as file:
                    return file.read() == "cat\n" and seen and seen[0].isdigit() and seen[1] == "0x0"

            wait_until(asleep, "cat waits in read")
            return seen[0]
        finally:
            child.kill()
            child.wait()
    finally:
        os.close(ours)
        os.close(theirs)


READ = None


def begin_readers(stage, children):
    readers = [spawn(["cat", path + "/nvram"], stdout=-3, stderr=-1, encoding="utf-8") for path in stage.awaited]
    for reader in readers:
        children.callback(reader.kill)
    wait_until(lambda: all(waits(reader) for reader in readers), f"{READERS} readers wait")
    return readers


def median_ms(work, arguments):
    times = []
    for argument in arguments:
        start = time.perf_counter()
        work(argument)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), max(times)


def row_of_others(matrix, stage, readers):
    with matrix.row(f"with {READERS} reads stalled, stat, ls and cached reads elsewhere answer"):
        def open_and_read(path):
            expect_equal(read_bytes(path + "/firmware"), b"efi\n", path)

        def list_it(path):
            expect_equal(sorted(os.listdir(path)), sorted(SET), path)

        looks = [
            ("stat of what nobody looked at", lambda path: os.stat(path + "/nvram"), stage.others),
            ("ls", list_it, stage.others),
            ("a file that needs no nvram", open_and_read, stage.others),
            ("an nvram that was read before", lambda path: read_bytes(path + "/nvram"), stage.known * 5),
            ("beside what is waited for", lambda path: os.stat(path + "/keyId"), stage.awaited),
        ]
        for what, work, paths in looks:
            median, longest = median_ms(work, paths)
            print(f"# {what}: {median:.2f} ms (median of {len(paths)}), {longest:.1f} ms (longest); "
                  f"to be under {QUIET_MS}", flush=True)
            expect(median < BUSY_MS * PATIENCE, f"{what}: {median:.1f} ms")
        for path in stage.known:
            expect_equal(sha256_of(path + "/nvram"), stage.digests[path], "a cached nvram")
        expect(not any(has_ended(reader) for reader in readers), "a reader did not wait")


def rows_of_giving_up(matrix, readers):
    for number, title in ((signal.SIGINT, "Ctrl-C"), (signal.SIGKILL, "kill -9")):
        with matrix.row(f"{title} of a reader takes effect at once"):
            times = []
            for _ in range(8):
                reader = readers.pop()
                start = time.perf_counter()
                reader.send_signal(number)
                expect_equal(end_of(reader, "cat"), -number, "how cat ended")
                times.append((time.perf_counter() - start) * 1000)
            median = statistics.median(times)
            print(f"# {title}: {median:.1f} ms (median), {max(times):.1f} ms (longest); to be under {LET_GO_MS}",
                  flush=True)
            expect(median < LET_GO_BUSY_MS * PATIENCE, f"{median:.0f} ms")


def row_of_timeout(matrix, readers, begun):
    with matrix.row(f"after --timeout {within(TIMEOUT)} the others get their errno, all of them"):
        for reader in readers:
            expect(end_of(reader, "cat", 3 * TIMEOUT) == 1, "cat ended well")
            said = reader.stderr.read()
            expect("timed out" in said or "No route to host" in said, f"cat says {said}")
        print(f"# {len(readers)} readers were told within {time.monotonic() - begun:.1f} s", flush=True)


def rows_of_return(matrix, stage):
    with matrix.row("it is back: what was waited for can be read, without a remount and with one session"):
        for path in stage.awaited[:20]:
            wait_until(lambda p=path: errno_of(read_bytes, p + "/nvram") is None, "nvram can be read", 90, pause=0.2)
        expect_equal(stage.simulator.sessions(), 1, "sessions")
    with matrix.row("... and changes show again"):
        stage.simulator.control("create-vm", name="afterwards", folder="DC1/vm")
        wait_until(lambda: there(stage.mount.path("DC1", "vm", "afterwards")), "a new VM shows", 120)
        run_well("sha256sum", "--quiet", "-c", "SHA256SUMS", cwd=stage.mount.path("DC1", "vm", "afterwards"))


def row_of_connections(matrix, stage):
    """The other death: connections end as soon as something is asked."""
    with matrix.row(f"connections that are cut under {READERS} readers: all are told, and the next try has it"), \
            stage.simulator.calmed(), contextlib.ExitStack() as children:
        stage.simulator.inject("reset-before", "GET /folder", count=0)
        paths = stage.others[-READERS:]
        readers = [spawn(["cat", path + "/nvram"], stdout=-3, stderr=-3) for path in paths]
        for reader in readers:
            children.callback(reader.kill)
        for reader in readers:
            expect_equal(end_of(reader, "cat", 3 * TIMEOUT), 1, "exit status of cat")
        stage.simulator.calm()
        for path in paths[:10]:
            wait_until(lambda p=path: errno_of(read_bytes, p + "/nvram") is None, "nvram can be read", 90, pause=0.2)


def main():
    global READ
    matrix = Matrix("a vCenter that does not answer")
    need_mounts(matrix)
    READ = number_of_read()
    with Scene() as scene:
        stage = Stage(scene)
        with contextlib.ExitStack() as children:
            with dead(stage):
                begun = time.monotonic()
                readers = begin_readers(stage, children)
                row_of_others(matrix, stage, readers)
                rows_of_giving_up(matrix, readers)
                row_of_timeout(matrix, readers, begun)
            rows_of_return(matrix, stage)
        row_of_connections(matrix, stage)
        with matrix.row("it ends cleanly"):
            stage.mount.unmount()
    matrix.end()


if __name__ == "__main__":
    main()
