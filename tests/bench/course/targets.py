"""What must be reached, each as a ratio within one round, then the middle of the rounds."""

import statistics

SLOWEST = {"cp": 130, "tar": 90, "rsync": 190}  # µs a file, warm, on a machine of two cores
AFTER_FLOOR = 1.25
AHEAD_OF_MOUNTS = 5
VMS_A_CALL = 250


def middle(values):
    values = list(values)
    return statistics.median(values) if values else None


class Results:
    def __init__(self, records):
        self.records = records

    def pick(self, field="seconds", **wanted):
        """By round."""
        return {r["round"]: r[field] for r in self.records
                if all(r[name] == value for name, value in wanted.items())}

    def work(self, **wanted):
        """Processor time of all that took part, by round."""
        parts = [self.pick(field, **wanted) for field in ("tool_cpu", "server_cpu", "simulator_cpu")]
        return {r: sum(part[r] for part in parts) for r in parts[0]}

    def ratio(self, ours, theirs):
        """The middle of the rounds that both have; where they have none in common, of all."""
        both = sorted(set(ours) & set(theirs))
        if both:
            return middle(ours[r] / theirs[r] for r in both)
        return middle(ours.values()) / middle(theirs.values()) if ours and theirs else None

    def vtpmfs(self, tool, trip, state, field="seconds"):
        return self.pick(field, who="vtpmfs", tool=tool, trip_ms=trip, state=state)

    def a_file(self, who, tool, trip, state):
        return {r["round"]: r["seconds"] / r["files"] * 1e6 for r in self.records
                if (r["who"], r["tool"], r["trip_ms"], r["state"]) == (who, tool, trip, state)}


class Verdicts:
    """(name, measured, bound, met); met is None where it could not be measured."""

    def __init__(self):
        self.lines = []

    def at_most(self, name, value, bound, unit=""):
        met = None if value is None else value <= bound
        shown = "not measured" if value is None else f"{value:.2f}{unit}"
        self.lines.append({"target": name, "measured": shown, "bound": f"at most {bound:g}{unit}", "met": met})

    def at_least(self, name, value, bound, unit=""):
        met = None if value is None else value >= bound
        shown = "not measured" if value is None else f"{value:.1f}{unit}"
        self.lines.append({"target": name, "measured": shown, "bound": f"at least {bound:g}{unit}", "met": met})


def judge_copies(verdicts, results, trips):
    for trip in trips:
        floor = results.pick(who="curl", trip_ms=trip)
        bulk = results.pick(who="bulk", trip_ms=trip)
        for tool in ("cp", "tar"):
            cold = results.vtpmfs(tool, trip, "cold")
            warm = results.vtpmfs(tool, trip, "warm")
            base = {r: floor[r] + (0 if trip else warm[r]) for r in floor if r in warm}
            what = "(a)" if trip else "(a + warm)"
            verdicts.at_most(f"{tool}, {trip} ms: cold / {what}", results.ratio(cold, base), AFTER_FLOOR)
            verdicts.at_most(f"{tool}, {trip} ms: cold / (b)", results.ratio(cold, bulk), 1)
    for tool, bound in SLOWEST.items():
        verdicts.at_most(f"{tool}: warm, a file", middle(results.a_file("vtpmfs", tool, 0, "warm").values()),
                         bound, " µs")
    for name in ("sshfs", "rclone"):
        for trip in trips:
            for tool in SLOWEST:
                for state in ("cold", "warm"):
                    verdicts.at_least(
                        f"{tool}, {trip} ms, {state}: {name} / vtpmfs",
                        results.ratio(results.a_file(name, tool, trip, state),
                                      results.a_file("vtpmfs", tool, trip, state)), AHEAD_OF_MOUNTS, " times")


def judge_requests(verdicts, counted, vms):
    for run, calls in counted.items():
        soap = sum(n for kind, n in calls.items() if kind not in ("GET", "changeVersion again"))
        if run.endswith("cold"):
            verdicts.at_most(f"{run}: GETs for each nvram", calls["GET"] / vms, 1)
            verdicts.at_most(f"{run}: SOAP calls (and {calls.get('changeVersion again', 0)} times changeVersion "
                             "again)", soap, max(1, vms // VMS_A_CALL))
        else:
            verdicts.at_most(f"{run}, second run: GETs and SOAP calls",
                             sum(calls.values()), 0)
