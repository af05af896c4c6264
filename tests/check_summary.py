#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares summary.json of a run with its rows.csv.

usage: tests/check_summary.py RUN

Everything is computed anew from the rows, the interval of the median by the binomial distribution.
Prints what differs and ends with 1.
"""

import collections
import csv
import json
import math
import pathlib
import statistics
import sys

METRICS = ("latency_ns", "bandwidth_bytes_per_s")
STOPPED = {None, "rounds", "converged", "looks", "lost", "budget", "refused", "sketched",
           "not_finished"}


def interval(values, confidence):
    """The narrowest from the k-th smallest to the k-th largest that still covers; else Nones."""
    values, n = sorted(values), len(values)
    rank = 0
    while rank < n // 2:
        missed = 2 * sum(math.comb(n, heads) for heads in range(rank + 1)) / 2**n
        if 1 - missed < confidence:
            break
        rank += 1
    return (values[rank - 1], values[n - rank]) if rank else (None, None)


def expected(rows, confidence):
    found = {"visits": len(rows), "test": rows[0]["test"]}
    for metric in METRICS:
        values = [float(row[metric]) for row in rows if row[metric]]
        if values:
            low, high = interval(values, confidence)
            found[metric] = {"n": len(values), "median": statistics.median(values),
                             "low": low, "high": high}  # fmt: skip
    for column in "status", "placement":
        found[column] = collections.Counter(row[column] for row in rows if row[column])
    found["flags"] = collections.Counter(flag for row in rows for flag in row["flags"].split())
    found["reason"] = next((row["reason"] for row in rows if row["reason"]), None)
    return found


def main(run):
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    with open(run / "rows.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wrong = []

    def hold(what, said, computed):
        if said != computed:
            wrong.append(f"{what}: summary.json has {said}, the rows {computed}")

    hold("run_id", summary["run_id"], rows[0]["run_id"])
    hold("interrupted", summary["interrupted"], any(r["status"] == "interrupted" for r in rows))
    by_cell = collections.defaultdict(list)
    for row in rows:
        by_cell[row["cell"]].append(row)
    said = {cell["cell"]: cell for cell in summary["cells"]}
    hold("visits", summary["visits"], len(rows))
    hold("visit_ns", summary["visit_ns"], sum(int(row["visit_ns"] or 0) for row in rows))
    results = [row for row in rows if row["block"] != "probe"]
    hold("window_ns", summary["window_ns"], sum(int(row["wall_ns"] or 0) for row in results))
    hold("cells with visits", {n for n, cell in said.items() if cell["visits"]}, set(by_cell))
    for name, own in by_cell.items():
        computed = expected(own, summary["confidence"])
        for key in {*computed, *METRICS}:
            hold(f"{name}: {key}", said[name].get(key), computed.get(key))
        if said[name]["block"] not in {row["block"] for row in own}:
            wrong.append(f"{name}: block is {said[name]['block']}")
        if said[name]["stopped"] not in STOPPED:
            wrong.append(f"{name}: stopped is {said[name]['stopped']}")
    for check in summary["checks"]:
        if not check["compared"] or bool(check["raised"]) != bool(check["sentence"]):
            wrong.append(f"check {check}")
    print("\n".join(wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1])))
