#!/usr/bin/env -S python3 -B
"""tests/demo.sh as somebody runs it who has built everything already: it works, is plain where there is
no terminal, ends non-zero at the first thing that fails, and leaves nothing behind."""

import os

from harness.matrix import Matrix, binary, need_mounts, need_program
from harness.process import clean_environment, expect, expect_equal, run
from harness.scene import Scene

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "demo.sh")


def demo(scene, build):
    """Runs it with a directory for temporary files of its own; that must be empty afterwards."""
    for program in ("tree", "jq", "curl"):
        need_program(program)
    temporary = scene.directory("tmp")
    done = run(DEMO, env=clean_environment(VTPMFS_DEMO_BUILD=build, TMPDIR=temporary), seconds=120)
    expect_equal(os.listdir(temporary), [], "what the demo left")
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        expect(temporary not in table.read(), "the demo left a mount")
    expect_equal(processes_of(temporary), [], "processes that the demo left")
    return done


def processes_of(directory):
    """Processes whose words name the directory."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as line:
                if os.fsencode(directory) in line.read():
                    found.append(int(name))
        except OSError:
            continue
    return found


def build_of(scene, **programs):
    """A build directory with these programs in it."""
    build = scene.directory("build")
    for place in ("fs/vtpmfs", "tests/simulator/vcenter-simulator"):
        path = os.path.join(build, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(programs[os.path.basename(place).replace("-", "_")], path)
    return build


def main():
    matrix = Matrix("the demo")
    need_mounts(matrix)
    vtpmfs = binary("VTPMFS_BIN", "fs/vtpmfs")
    simulator = binary("SIMULATOR_BIN", "tests/simulator/vcenter-simulator")
    with Scene() as scene:
        with matrix.row("it works, and says so without colours where there is no terminal"):
            done = demo(scene, build_of(scene, vtpmfs=vtpmfs, vcenter_simulator=simulator))
            expect_equal(done.returncode, 0, f"exit status ({done.stderr[-500:]})")
            expect("All of it worked." in done.stdout, f"its last words: {done.stdout[-300:]}")
            expect("\x1b" not in done.stdout + done.stderr, "colours without a terminal")
        with matrix.row("a vtpmfs that fails ends it, non-zero"):
            done = demo(scene, build_of(scene, vtpmfs="/bin/false", vcenter_simulator=simulator))
            expect(done.returncode != 0, "exit 0")
            expect("3. Mount" in done.stdout and "4. Back up" not in done.stdout, "it went on")
        with matrix.row("a simulator that does not start ends it, non-zero"):
            done = demo(scene, build_of(scene, vtpmfs=vtpmfs, vcenter_simulator="/bin/false"))
            expect(done.returncode != 0, "exit 0")
            expect("3. Mount" not in done.stdout, "it went on")
    matrix.end()


if __name__ == "__main__":
    main()
