#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# /// script
# requires-python = ">=3.9"
# dependencies = ["matplotlib"]
# ///
"""A matrix of a run, CPU nodes x memory nodes, as a picture.

usage: scripts/plot_matrix.py RUN OUT.svg [latency|bandwidth]   (also .png, .pdf)

Debian: python3-matplotlib. Values are medians over repetitions, flagged ones too. Bright is better.
Of several loops, patterns or kinds of page it is the first by name; that of a matrix goes before
those of a search for the peak.
"""

import statistics
import sys

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from plot_rows import METRICS, call_main, read_rows

BLOCKS = ("", "idle", "matrix", "peak")  # parts of a run whose cells are places of a matrix


def order_of(nodes):
    """Numbers of nodes by size; sets of nodes and "all" behind them."""
    return (0, int(nodes), nodes) if nodes.isdigit() else (1, 0, nodes or "all")


def main(run, out_path, test="latency"):
    column, unit, size = METRICS[test]
    places, kinds = {}, set()
    for row in read_rows(run):
        block = row.get("block", "")
        if row["test"] != test or not row[column] or block not in BLOCKS:
            continue
        kind = (block == "peak", row["kernel"], row["isa"], row["pattern"], row["pages"])
        kinds.add(kind)
        if kind == min(kinds):
            place = order_of(row["cpu_node"]), order_of(row["mem_node"])
            places.setdefault((kind, place), []).append(float(row[column]) / size)
    if not kinds:
        sys.exit(f"plot_matrix: no {test} rows in '{run}'")
    kind = min(kinds)
    medians = {place: statistics.median(values) for (k, place), values in places.items()
               if k == kind}
    cpus, mems = (sorted({place[axis] for place in medians}) for axis in (0, 1))
    grid = [[medians.get((cpu, mem), float("nan")) for mem in mems] for cpu in cpus]
    figure, axes = plt.subplots(figsize=(1.5 + 0.75 * len(mems), 1.2 + 0.5 * len(cpus)))
    image = axes.imshow(grid, cmap="cividis_r" if test == "latency" else "cividis", aspect="auto")
    axes.set_xticks(range(len(mems)), [f"mem {mem[-1]}" for mem in mems])
    axes.set_yticks(range(len(cpus)), [f"cpu {cpu[-1]}" for cpu in cpus])
    for y, line in enumerate(grid):
        for x, value in enumerate(line):
            bright = sum(image.cmap(image.norm(value))[:3]) > 1.5
            axes.text(x, y, f"{value:.1f}", ha="center", va="center",
                      color="black" if bright else "white")
    words = " ".join(word for word in kind[1:] if word)
    axes.set_title(f"{test}, {unit}: {words} pages", fontsize=9)
    figure.savefig(out_path, bbox_inches="tight")


if __name__ == "__main__":
    call_main(main, __doc__, takes_test=True)
