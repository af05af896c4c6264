#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# /// script
# requires-python = ">=3.9"
# dependencies = ["matplotlib"]
# ///
"""Latency over measured bandwidth of a run's loaded rows, a curve for each place and mix.

usage: scripts/plot_curve.py RUN OUT.svg   (also .png, .pdf)

Debian: python3-matplotlib. Points are medians over repetitions, in the order of the delays; the
thin marks are the repetitions.
"""

import statistics
import sys

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

from plot_rows import MARKERS, call_main, read_rows


def main(run, out_path):
    curves = {}
    for row in read_rows(run):
        if row["test"] != "loaded" or not row["load_delay_cycles"] or not row["latency_ns"]:
            continue
        place = (f"cpu {row['cpu_node']} to mem {row['mem_node']}, "
                 f"load on {row['load_node']}, {row['mix']}")
        curves.setdefault(place, {}).setdefault(int(row["load_delay_cycles"]), []).append(
            (float(row["bandwidth_bytes_per_s"]) / 1e9, float(row["latency_ns"])))
    if not curves:
        sys.exit(f"plot_curve: no loaded rows in '{run}'")
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for marker, (place, points) in zip(MARKERS * len(curves), sorted(curves.items())):
        visits = [visit for delay in points for visit in points[delay]]
        middle = [[statistics.median(axis) for axis in zip(*points[delay])]
                  for delay in sorted(points, reverse=True)]
        line, = axes.plot(*zip(*middle), marker=marker, label=place)
        axes.plot(*zip(*visits), ".", markersize=2, alpha=0.4, color=line.get_color())
    latencies = [latency for points in curves.values() for visits in points.values()
                 for _, latency in visits]
    if max(latencies) > 20 * min(latencies):
        axes.set_yscale("log")  # one visit that was held up would press all others onto the axis
    else:
        axes.set_ylim(0, None)
    axes.set(xlabel="measured bandwidth, GB/s", ylabel="latency, ns", xlim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(out_path, bbox_inches="tight")


if __name__ == "__main__":
    call_main(main, __doc__)
