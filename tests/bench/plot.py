#!/usr/bin/env -S python3 -B
"""Draws cost against the number of VMs, from the figures that run.py keeps.

usage: tests/bench/plot.py FIGURES.json > PICTURE.svg"""

import json
import math
import sys

WIDTH, HEIGHT = 380, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 42
COLORS = {"sealed": "#1f6fb4", "plain": "#b4651f"}
NAMES = {"sealed": "VMs with a vTPM", "plain": "VMs without"}


class Panel:
    """One diagram, both axes logarithmic."""

    def __init__(self, at, title, lines):
        self.at = at
        self.title = title
        self.lines = lines
        points = [point for line in lines.values() for point in line]
        self.x = self._decades(x for x, _ in points)
        self.y = self._decades(y for _, y in points)

    @staticmethod
    def _decades(values):
        values = list(values)
        low = math.floor(math.log10(min(values)))
        return low, max(low + 1, math.ceil(math.log10(max(values))))

    def place(self, x, y):
        across = (math.log10(x) - self.x[0]) / (self.x[1] - self.x[0])
        up = (math.log10(y) - self.y[0]) / (self.y[1] - self.y[0])
        return (self.at + LEFT + across * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    def draw(self):
        yield f'<text x="{self.at + LEFT}" y="18" font-weight="bold">{self.title}</text>'
        yield from self._grid()
        for number, (kind, line) in enumerate(self.lines.items()):
            places = [self.place(x, y) for x, y in line]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            yield f'<polyline points="{path}" fill="none" stroke="{COLORS[kind]}" stroke-width="2"/>'
            for (x, y), (_, value) in zip(places, line):
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLORS[kind]}"/>'
                yield (f'<text x="{x - 4:.1f}" y="{y - 7:.1f}" text-anchor="end" fill="{COLORS[kind]}">'
                       f"{value:.3g}</text>")
            yield (f'<text x="{self.at + LEFT + 8}" y="{TOP + 14 + 15 * number}" fill="{COLORS[kind]}">'
                   f"{NAMES[kind]}</text>")

    def _grid(self):
        for power in range(self.x[0], self.x[1] + 1):
            x, bottom = self.place(10**power, 10 ** self.y[0])
            yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="#ddd"/>'
            yield f'<text x="{x:.1f}" y="{bottom + 16:.1f}" text-anchor="middle">{10**power:,}</text>'
        for power in range(self.y[0], self.y[1] + 1):
            left, y = self.place(10 ** self.x[0], 10**power)
            yield f'<line x1="{left:.1f}" y1="{y:.1f}" x2="{self.at + WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>'
            yield f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
        middle = self.at + (LEFT + WIDTH - RIGHT) / 2
        yield f'<text x="{middle:.1f}" y="{HEIGHT - 6}" text-anchor="middle">VMs</text>'


def picture(sizes):
    kinds = [kind for kind in NAMES if any(one["kind"] == kind for one in sizes)]

    def lines(cost):
        return {kind: [(one["vms"], cost(one)) for one in sizes if one["kind"] == kind] for kind in kinds}

    panels = [
        Panel(0, "resident memory, MiB", lines(lambda one: one["rss"] / 2**20)),
        Panel(WIDTH, "processor time until it is mounted, s", lines(lambda one: one["ready_cpu"])),
    ]
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}" width="{2 * WIDTH}" '
           f'height="{HEIGHT}" font-family="sans-serif" font-size="11" fill="#333">')
    yield f'<rect width="{2 * WIDTH}" height="{HEIGHT}" fill="white"/>'
    for panel in panels:
        yield from panel.draw()
    yield "</svg>"


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    if not report.get("sizes"):
        sys.exit(f"{sys.argv[1]} has no figures of sizes")
    print("\n".join(picture(report["sizes"])))


if __name__ == "__main__":
    main()
