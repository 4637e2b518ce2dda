"""Running programs: with a deadline, ended when the test ends, never with a bare sleep."""

import ctypes
import os
import signal
import subprocess
import time

# Sanitizers and a busy machine make everything slower; one knob for all deadlines.
PATIENCE = float(os.environ.get("VTPMFS_TEST_PATIENCE", "1"))
PR_SET_PDEATHSIG = 1
# What went wrong where no row could be told: a program's sanitizer report, an exit status nobody waited for.
complaints = []


class Failure(Exception):
    """A row's expectation that did not hold."""


class Skip(Exception):
    """What a row needs is not here."""


def expect(condition, reason):
    """Fails the row with `reason` unless `condition` holds."""
    if not condition:
        raise Failure(reason)


def expect_equal(seen, wanted, what):
    expect(seen == wanted, f"{what}: {shown(seen)} instead of {shown(wanted)}")


def shown(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "..."


def wait_until(condition, what, seconds=30, pause=0.005):
    """Polls until `condition()` is true and returns its value; fails after the deadline. A longer
    first pause is for conditions that asking puts off."""
    deadline = time.monotonic() + seconds * PATIENCE
    longest = max(pause, 0.1)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds * PATIENCE:.0f} s in vain: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, longest)


def within(seconds):
    """A value for vtpmfs's --timeout: an answer must come by then, unless none comes at all."""
    return str(int(seconds * max(PATIENCE, 1)))


def end_of(process, what, seconds=60):
    """The exit status of a program that ends by itself; fails the row after the deadline."""
    try:
        return process.wait(seconds * PATIENCE)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{what} did not end within {late.timeout:.0f} s") from late


def clean_environment(**extra):
    """The environment without what the person at the keyboard may have set for govc or the tools."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GOVC_", "RESTIC_", "BORG_", "XDG_", "CREDENTIALS_DIRECTORY"))
        and not name.endswith(("_proxy", "_PROXY"))
    }
    kept["LC_ALL"] = "C.UTF-8"
    kept.update(report_options)
    kept.update({name: str(value) for name, value in extra.items()})
    return kept


# Where the sanitizers of all programs write to, set by Scene.
report_options = {}


def write_reports_to(directory):
    """Reports of sanitizers become files there, also those of a daemon without a terminal."""
    path = os.path.join(directory, "report")
    for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"):
        words = [os.environ[name]] if name in os.environ else []
        words += [f"log_path={path}"]
        if name == "UBSAN_OPTIONS":
            words += ["print_stacktrace=1"]
        # The leak sanitizer traces its own process, which vtpmfs lets root alone do.
        if name == "ASAN_OPTIONS" and os.geteuid() != 0:
            words += ["detect_leaks=0"]
        report_options[name] = ":".join(words)


def collect_reports(directory):
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as report:
            complaints.append(f"{name}: {report.read()[:16000]}")


def _die_with_the_test():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(command, **options):
    """A child that gets SIGTERM when this test dies, however it dies."""
    options.setdefault("env", clean_environment())
    return subprocess.Popen(
        [str(word) for word in command], preexec_fn=_die_with_the_test, **options
    )


def run(*command, seconds=180, stdin=None, **options):
    """Runs to the end; output is text that no byte can break. A deadline missed fails the row."""
    options.setdefault("env", clean_environment())
    try:
        return subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=seconds * PATIENCE,
            check=False,
            **options,
        )
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{command[0]} did not end within {late.timeout:.0f} s") from late


def run_well(*command, **options):
    """Runs and fails the row unless the exit status is 0."""
    done = run(*command, **options)
    expect(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {last_words(done)}")
    return done


def last_words(done):
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return " | ".join(lines[-3:])


def has_ended(process):
    return process.poll() is not None


def end_process(process, seconds=60):
    """SIGTERM, then SIGKILL after a deadline; returns the exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def is_alive(pid):
    """Whether a process runs that is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
