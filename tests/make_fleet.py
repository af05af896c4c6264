#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the run directories of a fleet that nobody has, from the rows of one recorded run.

usage: tests/make_fleet.py DIR [--of RUN] [--hosts N] [--runs N] [--seed S] [--host-spread SHARE]
           [--run-spread SHARE] [--shared SHARE] [--visit-spread SHARE] [--tails DEGREES]
           [--slow HOST=RATIO[@CELL]]... [--busy HOST]... [--unproven HOST]... [--other N]
           [--other-fact NAME=VALUE] [--prefix NAME]

Each cell of the recorded run has the median of its visits; a host has a level of its own in each
cell (--host-spread), and one in all of them (--shared), a run of it another (--run-spread), and
each visit one more. All are normal, or Student's with --tails degrees of freedom. --slow makes a
host worse by a ratio, in all cells or in those whose name contains CELL. The rows of a --busy host
are flagged, those of an --unproven one are unverifiable. The last --other hosts are of another kind
of machine. Hosts are named host0000 and so on; a run's directory is HOST or, of several, HOST-R.
"""

import argparse
import csv
import io
import json
import math
import pathlib
import random
import statistics

root = pathlib.Path(__file__).resolve().parent.parent
parser = argparse.ArgumentParser()
parser.add_argument("directory", type=pathlib.Path)
parser.add_argument("--of", type=pathlib.Path,
                    default=root / "results/amd-epyc-2cpu-vm/20261125-whole-machine")
parser.add_argument("--hosts", type=int, default=500)
parser.add_argument("--runs", type=int, default=1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--host-spread", type=float, default=0.005)
parser.add_argument("--run-spread", type=float, default=0.003)
parser.add_argument("--shared", type=float, default=0)
parser.add_argument("--visit-spread", type=float, default=0.004)
parser.add_argument("--tails", type=float, default=0)
parser.add_argument("--slow", action="append", default=[])
parser.add_argument("--busy", action="append", default=[])
parser.add_argument("--unproven", action="append", default=[])
parser.add_argument("--other", type=int, default=0)
parser.add_argument("--other-fact", default="cpu_model=Made-up 9000")
parser.add_argument("--prefix", default="host")
asked = parser.parse_args()
rng = random.Random(asked.seed)
slow = [(host, *(rest.split("@", 1) + [""])[:2]) for host, rest in
        (entry.split("=", 1) for entry in asked.slow)]

METRICS = {"latency": 1, "bandwidth": -1}
VALUES = {f"{metric}{part}{unit}": sign for metric, sign in METRICS.items() for part in
          ("", "_min", "_max") for unit in ("_ns" if metric == "latency" else "_bytes_per_s",)}


def noise(share):
    if not share:
        return 0
    value = rng.gauss(0, 1)
    if asked.tails:  # scaled to the same standard deviation
        chi = rng.gammavariate(asked.tails / 2, 2)
        value *= math.sqrt(asked.tails / chi) * math.sqrt((asked.tails - 2) / asked.tails)
    return share * value


with open(asked.of / "rows.csv", newline="", encoding="utf-8") as file:
    header, *table = csv.reader(file)
column = {name: number for number, name in enumerate(header)}
table = [row for row in table if row[column["block"]] != "probe"]
medians = {}
for name, sign in VALUES.items():
    for row in table:
        if row[column[name]]:
            medians.setdefault((row[column["cell"]], name), []).append(float(row[column[name]]))
medians = {key: statistics.median(values) for key, values in medians.items()}
machine = json.loads((asked.of / "machine.json").read_text(encoding="utf-8"))
cells = sorted({row[column["cell"]] for row in table})


def line(fields):
    text = io.StringIO()
    csv.writer(text).writerow(fields)
    return text.getvalue()


def write_run(directory, host, run, levels, is_other):
    stamp = f"2026-01-{run % 28 + 1:02}T08:00:00Z"
    run_id = f"202601{run % 28 + 1:02}T080000Z-{rng.getrandbits(32):08x}"
    level = {cell: levels[cell] + noise(asked.run_spread) for cell in cells}
    lines = [line(header)]
    for row in table:
        row = list(row)
        cell = row[column["cell"]]
        ratio = math.exp(level[cell] + noise(asked.visit_spread))
        for name, sign in VALUES.items():
            if row[column[name]]:
                row[column[name]] = repr(medians[cell, name] * ratio ** sign)
        row[column["run_id"]], row[column["host"]] = run_id, host
        row[column["timestamp_utc"]] = stamp
        row[column["flags"]] = "SCHED" if host in asked.busy else ""
        if host in asked.unproven:
            row[column["placement"]] = "unverifiable"
        lines.append(line(row))
    directory.mkdir(parents=True)
    (directory / "rows.csv").write_text("".join(lines), encoding="utf-8", newline="")
    own = dict(machine, run_id=run_id, host=host, timestamp_utc=stamp)
    if is_other:
        name, value = asked.other_fact.split("=", 1)
        own["facts"] = dict(own["facts"], **{name: value})
    (directory / "machine.json").write_text(json.dumps(own), encoding="utf-8")
    summary = {"schema_version": 1, "run_id": run_id, "host": host, "interrupted": False}
    (directory / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


for number in range(asked.hosts):
    host = f"{asked.prefix}{number:04}"
    shared = noise(asked.shared)
    levels = {cell: shared + noise(asked.host_spread) for cell in cells}
    for slow_host, ratio, part in slow:
        if slow_host == host:
            levels = {cell: level + (math.log(float(ratio)) if part in cell else 0)
                      for cell, level in levels.items()}
    for run in range(asked.runs):
        name = host if asked.runs == 1 else f"{host}-{run}"
        write_run(asked.directory / name, host, run, levels, number >= asked.hosts - asked.other)
