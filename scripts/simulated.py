# SPDX-License-Identifier: Apache-2.0
"""Machines that nobody has, for scripts/honesty: runs of latencies by a known kind of noise."""

import json
import math

ROUNDS = 12
ROUND_S = 6.0  # a round over the cells
CELLS = 8

# Standard deviations of logarithms. own: a level that each run and cell keeps; shared: one that all
# cells of a run keep; tails: Student's degrees of the own; drift_s, levels_s: how long a drift of
# 2 % remembers, and how long the machine stays on one of two levels 4 % apart; split: the last cell
# has two such levels, one a run; steals: every fifth visit takes 10 % longer on average.
MODELS = {
    "independent visits, 1 %": {},
    "a level each run and cell, 0.5 %": {"own": 0.005},
    "a level each run and cell, 1 %": {"own": 0.01},
    "a level each run and cell, 2 %": {"own": 0.02},
    "a level each run and cell, 3 %": {"own": 0.03},
    "a level each run and cell, 1 %, t of 3": {"own": 0.01, "tails": 3},
    "a level each run and cell, 1 %, 64 cells": {"own": 0.01, "cells": 64},
    "a level each run for all cells, 1 %": {"shared": 0.01},
    "a level each run for all cells, 2 %": {"shared": 0.02},
    "both, 1 % and 2 %": {"own": 0.01, "shared": 0.02},
    "drift of 2 %, 120 s": {"drift_s": 120.0},
    "drift of 2 %, 600 s": {"drift_s": 600.0},
    "two levels 4 % apart, 60 s": {"levels_s": 60.0},
    "1 %, and one cell with two levels": {"own": 0.01, "split": True},
    "steals: every fifth visit": {"steals": True},
}


def student(rng, degrees):
    """A value of Student's t."""
    return rng.gauss(0, 1) / math.sqrt(rng.gammavariate(degrees / 2, 2) / degrees)


class Machine:
    """Draws run after run of one machine."""

    def __init__(self, rng, own=0.0, shared=0.0, tails=0, drift_s=0.0, levels_s=0.0, split=False,
                 steals=False, cells=CELLS, visit=0.01):
        self.rng, self.cells, self.own, self.shared, self.tails = rng, cells, own, shared, tails
        self.drift_s, self.levels_s, self.split, self.steals = drift_s, levels_s, split, steals
        self.visit = visit
        self.wander = rng.gauss(0, 1)
        self.high = rng.random() < 0.5

    def move(self):
        """What all cells share in the next round."""
        level = 0.0
        if self.drift_s:
            kept = math.exp(-ROUND_S / self.drift_s)
            self.wander = kept * self.wander + math.sqrt(1 - kept * kept) * self.rng.gauss(0, 1)
            level += 0.02 * self.wander
        if self.levels_s:
            self.high ^= self.rng.random() < ROUND_S / self.levels_s
            level += 0.04 * self.high
        return level

    def run(self):
        """Nanoseconds, round by round, cell by cell."""
        rng = self.rng
        shared = self.shared * rng.gauss(0, 1)
        own = [self.own * (student(rng, self.tails) if self.tails else rng.gauss(0, 1))
               for _ in range(self.cells)]
        own[-1] += 0.04 * (self.split and rng.random() < 0.5)
        rounds = []
        for _ in range(ROUNDS):
            level = shared + self.move()
            rounds.append([100 * math.exp(
                level + own[cell] + self.visit * rng.gauss(0, 1)
                + (rng.expovariate(10) if self.steals and rng.random() < 0.2 else 0))
                for cell in range(self.cells)])
        return rounds


def slowed(rounds, planted, ratio):
    """The same run with one cell slower."""
    return [[value * ratio if cell == planted else value for cell, value in enumerate(values)]
            for values in rounds]


def cell_name(cell):
    return f"latency/{cell}"


HEADER = ("schema_version,run_id,host,timestamp_utc,test,kernel,cpu_node,mem_node,cell,latency_ns,"
          "placement,status\n")
MACHINE = json.dumps({"schema_version": 1, "run_id": "simulated", "host": "simulated",
                      "tool": {"method_version": 1}, "facts": {"cpu_model": "simulated"},
                      "nodes": []})


def write(path, number, rounds):
    """A run directory: the number-th run of the machine, a minute after the one before."""
    path.mkdir(parents=True, exist_ok=True)
    stamp = f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"
    lines = [f"1,{number},simulated,{stamp},latency,chase,{cell // 8},{cell % 8},{cell_name(cell)},"
             f"{value!r},verified,ok\n"
             for values in rounds for cell, value in enumerate(values)]
    (path / "rows.csv").write_text(HEADER + "".join(lines), encoding="utf-8")
    (path / "machine.json").write_text(MACHINE, encoding="utf-8")
