"""Prometheus text format 0.0.4, read more strictly than Prometheus does: the rules of promtool too."""

import re

from harness.process import expect

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")


def samples_of(text):
    """By name and label (None, or the pair; where there are several, the tuple of pairs). Each family is
    told once, with its help and its type before its samples; counters end in _total, and nothing else."""
    expect(text.endswith("\n"), "the last line is not ended")
    samples, types, helped, family = {}, {}, set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            family, _, words = line[7:].partition(" ")
            expect(family not in helped and words, f"help: {line!r}")
            helped.add(family)
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            expect(name == family and name not in types, f"type: {line!r}")
            expect(kind in ("counter", "gauge"), f"type: {line!r}")
            expect(name.endswith("_total") == (kind == "counter"), f"the name of a {kind}: {name}")
            types[name] = kind
        else:
            sample = SAMPLE.fullmatch(line)
            expect(sample, f"no sample: {line!r}")
            expect(sample[1] == family and family in types, f"out of its family: {line!r}")
            labels = tuple(re.findall(LABEL, sample[2])) if sample[2] else None
            key = (family, labels[0] if labels and len(labels) == 1 else labels)
            expect(key not in samples, f"twice: {line!r}")
            samples[key] = float(sample[len(sample.groups())])
            expect(types[family] == "gauge" or samples[key] >= 0, f"a negative counter: {line!r}")
    return samples
