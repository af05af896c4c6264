#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# /// script
# requires-python = ">=3.9"
# dependencies = ["matplotlib"]
# ///
"""Latency or bandwidth over the size of the buffer, of a run's sweep.

usage: scripts/plot_sweep.py RUN OUT.svg [latency|bandwidth]   (also .png, .pdf)

Debian: python3-matplotlib. Points are medians over repetitions, bars their least and largest.
"""

import statistics
import sys

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from plot_rows import MARKERS, METRICS, call_main, read_rows


def in_units(size_bytes):
    for unit in ("B", "KiB", "MiB"):
        if size_bytes < 1024:
            return f"{size_bytes:g} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:g} GiB"


def main(run, out_path, test="latency"):
    column, unit, size = METRICS[test]
    series = {}
    for row in read_rows(run):
        if row.get("block") != "sweep" or row["test"] != test or not row[column]:
            continue
        name = (f"{row['pattern'] or row['kernel']}, cpu {row['cpu_node']} to mem "
                f"{row['mem_node']}, {row['pages']} pages")
        series.setdefault(name, {}).setdefault(int(row["buffer_bytes"]), []).append(
            float(row[column]) / size)
    if not series:
        sys.exit(f"plot_sweep: no {test} rows of a sweep in '{run}'")
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for marker, (name, points) in zip(MARKERS * len(series), sorted(series.items())):
        sizes = sorted(points)
        middle = [statistics.median(points[s]) for s in sizes]
        low = [m - min(points[s]) for m, s in zip(middle, sizes)]
        high = [max(points[s]) - m for m, s in zip(middle, sizes)]
        axes.errorbar(sizes, middle, yerr=(low, high), marker=marker, capsize=2, label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(lambda size, _: in_units(size))
    axes.set(xlabel="size of the buffer", ylabel=f"{test}, {unit}")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(out_path, bbox_inches="tight")


if __name__ == "__main__":
    call_main(main, __doc__, takes_test=True)
