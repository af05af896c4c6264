#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/compare_peers without peers, at its smallest: every figure is there, and no error.

usage: tests/check_peers.py PROGRAM     the stage `peers` of scripts/test; no figure is judged
"""

import csv
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))
from limit import OPERATIONS  # noqa: E402

PROGRAM = sys.argv[1]
PAGES = ("thp", "4K")
CONTENDERS = sorted(itertools.product(("numaprobe", "limit"), PAGES))
THP = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")


def choose_loops():
    """Operation -> its first two loops here, so that one of them has to be chosen. A processor
    that cannot zero lines has none for zero."""
    listed = subprocess.run([PROGRAM, "list", "kernels"], capture_output=True, text=True,
                            check=True).stdout  # fmt: skip
    here = re.findall(r"^(\w+) +(\w+) .* yes  ", listed, re.MULTILINE)
    loops = {operation: [f"{name}.{isa}" for name, isa in here
                         if name.split("_")[0] == operation][:2]
             for operation in OPERATIONS}  # fmt: skip
    return {operation: names for operation, names in loops.items() if names}


def compare(loops, directory):
    """(what it printed, rows of its table of figures)."""
    path = pathlib.Path(directory) / "figures.csv"
    done = subprocess.run(
        [SCRIPTS / "compare_peers", "--without-peers", "--numaprobe", PROGRAM, "--size", "16M",
         "--cached", "--rounds", "1", "--tries", "1", "--search", "0.2", "--wait", "0",
         "--only", ",".join(loops), "--kernels", ",".join(itertools.chain(*loops.values())),
         "--minutes", "60", "--output", path],
        capture_output=True, text=True, check=False)  # fmt: skip
    print(done.stdout)
    assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stderr)
    with open(path, newline="", encoding="utf-8") as file:
        return done.stdout, list(csv.DictReader(file))


def check_figures(rows, loops):
    """Each contender has a figure for each operation and team. Returns the number of teams."""
    found = {}
    for row in rows:
        assert float(row["bytes_per_s"]) > 0, row
        assert row["program"] == "limit" or row["loop"] in loops[row["operation"]], row
        key = row["operation"], row["threads"]
        found.setdefault(key, []).append((row["program"], row["pages"]))
    teams = {threads for _, threads in found}
    assert "1" in teams and len(teams) <= 2, teams  # on one CPU "all" is 1
    assert found.keys() == set(itertools.product(loops, teams)), found.keys()
    assert all(sorted(contenders) == CONTENDERS for contenders in found.values()), found
    return len(teams)


def check_tables(said, tables_expected):
    """Each table has a line of each contender, and the goal beside the limit."""
    tables = re.split(r"\n(?=\w+, \d+ threads? on CPU )", said)[1:]
    assert len(tables) == tables_expected, len(tables)
    for table in tables:
        lines = re.findall(r"^  (numaprobe|limit) +\S+ +(thp|4K) +[\d.]+ +[\d.]+ +[\d.]+(.*)",
                           table, re.MULTILINE)  # fmt: skip
        assert sorted(line[:2] for line in lines) == CONTENDERS, table
        goals = [line for line in lines if re.search("0.97 (met|missed|undecided)$", line[2])]
        assert [goal[0] for goal in goals] == ["limit"] * len(PAGES), table
        assert "figures are missing" not in table, table


def main():
    if not THP.exists() or "[never]" in THP.read_text(encoding="utf-8"):
        print("check_peers: this kernel gives no transparent huge pages; nothing to compare")
        return
    loops = choose_loops()
    with tempfile.TemporaryDirectory(prefix="check_peers-") as directory:
        said, rows = compare(loops, directory)
    check_tables(said, len(loops) * check_figures(rows, loops))
    print(f"{len(rows)} figures, all there")


main()
