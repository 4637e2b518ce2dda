"""What a run costs: seconds by the clock, and processor time, which a busy machine hardly changes."""

import os
import time

from harness.process import Failure, clean_environment

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """(parent, ticks of it and of its children that have ended), or None where it has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), sum(int(ticks) for ticks in fields[11:15])


def processor_seconds(pids):
    """Of these processes and all that descend from them."""
    known = {int(name): _stat(name) for name in os.listdir("/proc") if name.isdigit()}
    known = {pid: stat for pid, stat in known.items() if stat}
    family = set()
    new = {pid for pid in pids if pid in known}
    while new:
        family |= new
        new = {pid for pid, (parent, _) in known.items() if parent in family} - family
    return sum(known[pid][1] for pid in family) / TICK


def memory(pid):
    """Resident memory in bytes: all, and the part that is no file's."""
    found = {}
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "RssAnon"):
                found[name] = int(value.split()[0]) * 1024
    return found["VmRSS"], found["RssAnon"]


class Cost:
    """Seconds, the tool's processor time, that of the processes that serve it, and of the simulator."""

    def __init__(self, seconds, tool, server, simulator):
        self.seconds = seconds
        self.tool = tool
        self.server = server
        self.simulator = simulator

    def as_json(self):
        return {"seconds": round(self.seconds, 4), "tool_cpu": round(self.tool, 4),
                "server_cpu": round(self.server, 4), "simulator_cpu": round(self.simulator, 4)}


def measure(command, servers=(), simulators=(), output=None, seconds=900):
    """Runs a program to its end, which must be a good one."""
    before_server = processor_seconds(servers)
    before_simulator = processor_seconds(simulators)
    out = os.open(output or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    words = [str(word) for word in command]
    start = time.monotonic()
    pid = os.posix_spawnp(
        words[0], words, clean_environment(),
        file_actions=[(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, out, 1)],
    )
    _, status, usage = os.wait4(pid, 0)
    took = time.monotonic() - start
    os.close(out)
    os.close(null)
    if status != 0 or took > seconds:
        raise Failure(f"{words[0]} ended with {os.waitstatus_to_exitcode(status)} after {took:.0f} s")
    return Cost(took, usage.ru_utime + usage.ru_stime, processor_seconds(servers) - before_server,
                processor_seconds(simulators) - before_simulator)
