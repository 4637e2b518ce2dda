"""The figures as text."""

from course.targets import SLOWEST, middle


def columns(rows):
    """Left-aligned words, right-aligned rest."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def shown(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def ratios_table(results, trips):
    rows = [["vtpmfs, cold and warm", "s", "µs a file", "/ (a)", "/ (a+warm)", "/ (b)", "/ tmpfs", "sshfs /",
             "rclone /", "processor s", "/ (a+warm)", "/ (b)"]]
    for trip in trips:
        floor = results.pick(who="curl", trip_ms=trip)
        bulk = results.pick(who="bulk", trip_ms=trip)
        floor_work = results.work(who="curl", trip_ms=trip)
        bulk_work = results.work(who="bulk", trip_ms=trip)
        for tool in SLOWEST:
            for state in ("cold", "warm"):
                ours = results.vtpmfs(tool, trip, state)
                warm = results.vtpmfs(tool, trip, "warm")
                cold = state == "cold"
                a_file = results.a_file("vtpmfs", tool, trip, state)
                tmpfs = results.a_file("tmpfs", tool, 0, "warm")
                peers = [results.ratio(results.a_file(name, tool, trip, state), a_file)
                         for name in ("sshfs", "rclone")]
                base = {r: floor[r] + warm[r] for r in floor if r in warm}
                work = results.work(who="vtpmfs", tool=tool, trip_ms=trip, state=state)
                warm_work = results.work(who="vtpmfs", tool=tool, trip_ms=trip, state="warm")
                base_work = {r: floor_work[r] + warm_work[r] for r in floor_work if r in warm_work}
                rows.append([
                    f"{tool} {trip} ms {state}", shown(middle(ours.values())), shown(middle(a_file.values()), 0),
                    shown(results.ratio(ours, floor)) if cold else "-",
                    shown(results.ratio(ours, base)) if cold else "-",
                    shown(results.ratio(ours, bulk)) if cold else "-",
                    shown(results.ratio(a_file, tmpfs)), *[shown(peer, 1) for peer in peers],
                    shown(middle(work.values())), shown(results.ratio(work, base_work)) if cold else "-",
                    shown(results.ratio(work, bulk_work)) if cold else "-"])
    for who, what in (("curl", "(a) curl --parallel-max 8"), ("bulk", "(b) bulk client, 8 workers")):
        for trip in trips:
            seconds = results.pick(who=who, trip_ms=trip)
            work = results.work(who=who, trip_ms=trip)
            rows.append([f"{what}, {trip} ms", shown(middle(seconds.values())), *["-"] * 7,
                         shown(middle(work.values())), "-", "-"])
    return columns(rows) + "\nProcessor time is that of all: tool, daemon and simulator."


def sizes_table(found):
    walks = list(found[0]["walks"])
    rows = [["VMs", "ready s", "daemon s", "MiB", "KiB a VM", *[f"{walk} µs" for walk in walks]]]
    for one in found:
        each = one.get("bytes_a_vm")
        kind = "with a vTPM" if one["kind"] == "sealed" else f"without, {one['shown']} with"
        rows.append([f"{one['vms']} {kind}", shown(one["ready"], 1), shown(one["ready_cpu"]),
                     shown(one["rss"] / 2**20, 1), shown(each / 1024 if each is not None else None),
                     *[shown(one["walks"][walk]["a_file"], 1) for walk in walks]])
    return columns(rows) + "\nµs are for each file that is shown; KiB a VM beyond the first line of its kind."


def verdicts_table(lines):
    rows = [["target", "measured", "bound", ""]]
    for line in lines:
        verdict = {True: "met", False: "NOT MET", None: "-"}[line["met"]]
        rows.append([line["target"], line["measured"], line["bound"], verdict])
    missed = sum(line["met"] is False for line in lines)
    return columns(rows) + f"\n{len(lines) - missed} targets met or not measured, {missed} not met."
