#!/usr/bin/env -S python3 -B
"""The bytes of a staged file under the real kernel are those of a local file, whatever programs do with
both: as fsx does, with random writes, appends, cuts, mappings and reads. VTPMFS_BYTES_SEED tries one
seed again."""

import errno
import mmap
import os
import random

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount
from harness.process import Failure, expect, run_well
from harness.scene import Scene
from harness.simulator import Simulator, make_whole

LARGEST = 300_000
STEPS = 600
SHOWN = 25


class Pair:
    """A staged file and a local one; what is done is done to both, and must come to the same."""

    def __init__(self, staged, local):
        self.paths = [staged, local]
        self.steps = []
        self.open(os.O_CREAT | os.O_TRUNC)

    def open(self, flags=0):
        self.files = [os.open(path, os.O_RDWR | flags, 0o600) for path in self.paths]
        self.appending = [os.open(path, os.O_WRONLY | os.O_APPEND) for path in self.paths]

    def close(self):
        for descriptor in self.files + self.appending:
            os.close(descriptor)

    def same(self, what, work):
        """What `work(0)` and `work(1)` give."""
        self.steps.append(what)
        staged, local = work(0), work(1)
        if staged != local:
            at = next((i for i, (a, b) in enumerate(zip(staged, local)) if a != b), None) \
                if isinstance(staged, bytes) else None
            last = "; ".join(self.steps[-SHOWN:])
            raise Failure(f"{what}: it differs" + (f" at byte {at}" if at is not None else "")
                          + f"; after {last}")

    def size(self):
        return os.fstat(self.files[1]).st_size

    def check(self):
        self.same("size", lambda i: os.stat(self.paths[i]).st_size)
        self.same("all", lambda i: os.pread(self.files[i], 2 * LARGEST, 0))


def bytes_of(chance, size):
    return chance.randbytes(size)


def step(chance, pair):
    """One operation of a program."""
    offset = chance.randrange(10_000 if chance.random() < 0.5 else LARGEST)
    size = chance.randrange(1, 140_000 if chance.random() < 0.2 else 5_000)
    kind = chance.choice(("write", "write", "append", "cut", "cut by path", "read", "map", "sync",
                          "reopen", "move"))
    what = f"{kind} {offset}+{size}"
    if kind == "write":
        content = bytes_of(chance, size)
        pair.same(what, lambda i: os.pwrite(pair.files[i], content, offset))
    elif kind == "append":
        content = bytes_of(chance, min(size, 3_000))
        pair.same(what, lambda i: os.write(pair.appending[i], content))
    elif kind == "cut":
        pair.same(what, lambda i: os.ftruncate(pair.files[i], offset))
    elif kind == "cut by path":
        pair.same(what, lambda i: os.truncate(pair.paths[i], offset))
    elif kind == "read":
        pair.same(what, lambda i: os.pread(pair.files[i], size, offset))
    elif kind == "map" and offset < pair.size():
        end = min(offset + size, pair.size())
        content = bytes_of(chance, end - offset)

        def through_a_mapping(i):
            with mmap.mmap(pair.files[i], end) as mapping:
                mapping[offset:end] = content
                mapping.flush()

        pair.same(what, through_a_mapping)
    elif kind == "sync":
        pair.same(what, lambda i: os.fsync(pair.files[i]))
    elif kind == "reopen":
        pair.close()
        pair.open()
    elif kind == "move":
        new = [os.path.join(os.path.dirname(p), chance_name) for p, chance_name in
               zip(pair.paths, [chance.choice(("nvram", "note", ".nvram.Xy"))] * 2)]
        pair.same(what, lambda i: os.rename(pair.paths[i], new[i]))
        pair.paths = new
    pair.same("size", lambda i: os.fstat(pair.files[i]).st_size)


def try_seed(scene, mount, seed):
    """Returns the pair, its files open."""
    chance = random.Random(seed)
    staged = mount.path("DC1/restore", f"bytes{seed}")
    os.mkdir(staged)
    pair = Pair(staged + "/note", scene.directory("local") + "/note")
    for _ in range(STEPS):
        step(chance, pair)
    pair.check()
    return pair


def main():
    matrix = Matrix("bytes of staged files under the real kernel")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--vms", "2", "--no-specials", "--datacenters", "1")
        make_whole(simulator)
        mount = Mount(scene, simulator)
        wanted = os.environ.get("VTPMFS_BYTES_SEED")
        seeds = [int(wanted)] if wanted else [1, 2, random.randrange(3, 1 << 30)]
        for seed in seeds:
            with matrix.row(f"random writes, cuts, mappings and reads, seed {seed}"):
                pair = try_seed(scene, mount, seed)
            with matrix.row(f"the same bytes after a remount, and after a kill, seed {seed}"):
                pair.close()
                mount.unmount()
                point = mount.point
                mount = Mount(scene, simulator, state=mount.state, point=point)
                pair.open()
                pair.check()
                chance = random.Random(seed + 1)
                for _ in range(50):
                    step(chance, pair)
                pair.same("sync", lambda i: os.fsync(pair.files[i]))
                mount.kill()
                simulator.control("expire-sessions")  # the killed one did not log out
                for descriptor in pair.files + pair.appending:
                    try:
                        os.close(descriptor)
                    except OSError as error:
                        expect(error.errno in (errno.ENOTCONN, errno.ECONNABORTED), f"close: {error}")
                run_well("fusermount3", "-u", "-z", point)
                mount = Mount(scene, simulator, state=mount.state, point=point)
                pair.open()
                pair.check()
                pair.close()
        mount.unmount()
    matrix.end()


if __name__ == "__main__":
    main()
