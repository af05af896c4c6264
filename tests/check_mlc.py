#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""MLC's command line and its text: what the harnesses that call mlc read of runs that nobody
measured, by the rules of docs/files.md, and what the program makes of the words that they call it
with.

usage: tests/check_mlc.py PROGRAM
"""

import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
TESTS = pathlib.Path(__file__).resolve().parent
WORK = pathlib.Path(tempfile.mkdtemp())
MLC = WORK / "mlc-numaprobe"
PEAKS = ["ALL_Reads", "3:1_Reads-Writes", "2:1_Reads-Writes", "1:1_Reads-Writes",
         "Stream-triad_like"]
PARTS = ["latency", "idle", "bandwidth", "peak", "loaded", "c2c"]


# ---- PerfSpect: line by line, rows of matrices cut at tabs ---------------------------------------

def perfspect_matrix(text):
    found = [re.match(r"^\s+(\d+)\s+(\d.*)$", line) for line in text.split("\n")]
    return {match[1]: [float(word) for word in match[2].strip().split("\t")]
            for match in found if match}


def perfspect_loaded(text):
    return [(float(a), float(b)) for line in text.split("\n") for a, b in
            re.findall(r"\s*[0-9]*\s*([0-9]*\.[0-9]+)\s*([0-9]*\.[0-9]+)", line)]


def perfspect_idle(text):
    return float(re.search(r"\(\s*([\d.]+)\s*ns\)", text)[1])


# ---- superbenchmark: a line that begins with a digit is a row; peaks are the last lines ----------

def superbench_matrix(text):
    rows = [line.split() for line in text.splitlines() if line.strip()[:1].isdigit()]
    return {row[0]: [float(word) for word in row[1:]] for row in rows if len(row) > 1}


def superbench_peaks(text):
    rows = [line.split() for line in text.splitlines()[-6:] if len(line.split()) > 1]
    return {"_".join(row[:2]).rstrip(":"): float(row[-1]) for row in rows}


# ---- DCPerf: parts by their titles, each read to the next title ----------------------------------

def dcperf_part(text, title):
    lines = text.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("Measuring " + title)) + 1
    end = next((i for i in range(start, len(lines)) if lines[i].startswith("Measuring")),
               len(lines))
    return lines[start:end]


def dcperf_matrix(lines):
    found, started = [], False
    for line in lines:
        if started and "Numa node" not in line and line.split():
            found.append([float(word) for word in line.split()[1:]])
        started = started or "Numa node" in line
    return found


def dcperf_peaks(lines):
    cuts = [(line, line.find(":", 4)) for line in lines]
    return {line[:at].strip(): float(line[at + 1:]) for line, at in cuts if at > 4}


def dcperf_loaded(lines):
    start = next(i for i, line in enumerate(lines) if "====" in line) + 1
    return [[float(word) for word in line.split()[:3]] for line in lines[start:]
            if len(line.split()) > 1]


def dcperf_pairs(lines):
    found, remote = {}, ""
    for line in filter(str.split, lines):
        if "Local Socket L2->L2" in line:
            name, value = line.split("latency")
            found[name.strip()] = float(value)
        elif "Remote Socket L2->L2" in line:
            remote = line.split("homed in ")[1].split()[0]
        elif remote and "Numa Node" not in line:
            found.setdefault(remote, []).append(
                [word if word == "-" else float(word) for word in line.split()[1:]])
    return found


# ---- LISA: one expression over the part, with line ends doubled ----------------------------------

def lisa_matrix(text, title):
    return re.search(title + r"\n\n(?:.*\n)*?\s+Numa node\n\nNuma node(?:\s+\d)+"
                     r"(?:\n\n\s+\d(?:\s+\d+\.\d+)+)+", text.replace("\n", "\n\n"))[0]


# ---- what each should find -----------------------------------------------------------------------

def check_matrix(text, title, cpu_nodes, memory_nodes):
    # A harness asks for one matrix a call; other parts would be taken for its rows.
    own = "\n".join(dcperf_part(text, title)) + "\n"
    for rows in (list(perfspect_matrix(own).values()), list(superbench_matrix(own).values()),
                 dcperf_matrix(own.split("\n"))):
        assert [len(row) for row in rows] == [memory_nodes] * cpu_nodes, (title, rows)
        assert all(value > 0 for row in rows for value in row if not math.isnan(value)), rows
    if "nan" not in own:
        part = lisa_matrix(text, re.escape(next(line for line in text.split("\n")
                                                if line.startswith("Measuring " + title))))
        assert len(re.findall(r"\n\n\s+\d+\s", part)) == cpu_nodes, part


def check(text, part, cpu_nodes, memory_nodes):
    if part == "latency":
        check_matrix(text, "idle latencies", cpu_nodes, memory_nodes)
    elif part == "bandwidth":
        check_matrix(text, "Memory Bandwidths between nodes", cpu_nodes, memory_nodes)
    elif part == "idle":
        assert perfspect_idle(text) > 0
        assert not perfspect_matrix(text.split("Measuring")[0])
    elif part == "peak":
        own = "\n".join(dcperf_part(text, "Peak Injection Memory Bandwidths")) + "\n"
        assert list(superbench_peaks(own)) == PEAKS, own
        assert len(dcperf_peaks(own.split("\n"))) == len(PEAKS), own
    elif part == "loaded":
        rows = dcperf_loaded(dcperf_part(text, "Loaded Latencies"))
        own = "\n".join(dcperf_part(text, "Loaded Latencies"))
        assert rows and perfspect_loaded(own) == [(row[1], row[2]) for row in rows], own
    elif part == "c2c":
        found = dcperf_pairs(dcperf_part(text, "cache-to-cache transfer latency"))
        local = {"Local Socket L2->L2 HIT", "Local Socket L2->L2 HITM"}
        assert local <= found.keys(), found
        for home in ("writer", "reader") if cpu_nodes > 1 else ():
            assert [len(row) for row in found[home]] == [cpu_nodes] * cpu_nodes, found
            assert all((row == column) == (value == "-") for row, values in enumerate(found[home])
                       for column, value in enumerate(values)), found
    else:
        raise ValueError(part)


# ---- text ----------------------------------------------------------------------------------------

def make_run(name, *words):
    subprocess.run([sys.executable, TESTS / "make_run.py", WORK / name, "--rounds", "3", *words],
                   check=True)


def export(name):
    return call(PROGRAM, "export", WORK / name, "--format", "mlc")


def call(program, *words, status=0):
    done = subprocess.run([program, *words], capture_output=True, text=True, cwd=WORK, check=False)
    assert done.returncode == status, (words, done)
    return done.stdout if status == 0 else done.stderr


def finds_nothing(text, part):
    try:
        check(text, part, 2, 2)
    except (AssertionError, StopIteration, TypeError, ValueError):
        return True
    return False


def check_text():
    for cpu_nodes, memory_nodes in ((1, 1), (2, 2), (2, 3)):
        name = f"run{cpu_nodes}{memory_nodes}"
        make_run(name, "--nodes", str(cpu_nodes), "--memory-nodes", str(memory_nodes), "--whole",
                 "--mlc")
        text = export(name)
        for part in PARTS:
            check(text, part, cpu_nodes, memory_nodes)
        assert ("Remote Socket" in text) == (cpu_nodes > 1)
    assert re.search(r"^ALL Reads        :\t(?:39|40)\d{4}\.\d$", text, re.M), "the better loop"
    assert finds_nothing(export("run22").replace("\t", " "), "latency")


def check_missing():
    make_run("part")
    rows = WORK / "part" / "rows.csv"
    rows.write_text("".join(line for line in rows.read_text().splitlines(keepends=True)
                            if "cpu:1/mem:0" not in line), encoding="utf-8")
    text = export("part")
    assert re.search(r"^       1\tnan\t\d", text, re.M), text
    assert [len(row) for row in dcperf_matrix(dcperf_part(text, "idle"))] == [2, 2]
    for title in ("Peak Injection", "cache-to-cache", "Loaded"):
        assert title not in text
    for part in ("peak", "loaded", "c2c"):
        assert finds_nothing(text, part)
    make_run("peaks", "--mlc", "--only", "peak")
    assert list(superbench_peaks(export("peaks"))) == PEAKS
    make_run("loads", "--only", "loaded")
    assert len(export("loads").split("\n")[-2].split("\t")) == 3 # scripts take the last line


# ---- command line --------------------------------------------------------------------------------

MIXES = "--peak --mix reads,3:1,2:1,1:1,triad_nt"
PAIRS = "--protocol clean_read,hitm_read --home writer,reader"
COMMANDS = {
    "": "--format mlc",
    "-e": "--format mlc",
    "--latency_matrix": "latency --format mlc",
    "--latency_matrix -b200000 -t 2 -e -r":
        "latency --size 200000K --cached --rounds 4 --format mlc",
    "--bandwidth_matrix": "bandwidth --threads all --format mlc",
    "--bandwidth_matrix -X -b1g": "bandwidth --size 1G --cached --threads cores --format mlc",
    "--max_bandwidth": f"bandwidth {MIXES} --threads all --format mlc",
    "--peak_injection_bandwidth -X -e0": f"bandwidth {MIXES} --threads cores --format mlc",
    "--loaded_latency -d500": "loaded --delay 500 --threads all --format mlc",
    "-j0 --loaded_latency": "loaded --mem-nodes 0 --threads all --format mlc",
    "--c2c_latency": f"c2c {PAIRS} --format mlc",
    "--c2c_latency -c0 -w1": f"c2c {PAIRS} --reader-cpu 0 --writer-cpu 1 --format mlc",
    "--idle_latency -c0 -j1": "latency --cpu-nodes 0 --mem-nodes 1 --format mlc",
}
REFUSED = {
    "--loaded_latency -Z": "mlc-numaprobe has no -Z ",
    "--memory_bandwidth_scan": "mlc-numaprobe has no --memory_bandwidth_scan ",
    "--loaded_latency -T -d0": r"-T: .*--max_bandwidth",
    "--latency_matrix word": "has no word ",
    "--latency_matrix -d0": "--latency_matrix has no counterpart for -d;",
    "-b100m": "the whole machine has no counterpart for -b;",
    "--latency_matrix -b10q": "-b: '10q' ",
    "--latency_matrix -t0": "-t: '0' ",
    "--latency_matrix -t": "-t needs a value: ",
    "--idle_latency -cx": "-c: 'x' ",
    "--max_bandwidth --c2c_latency": "--max_bandwidth and --c2c_latency: ",
    "--loaded_latency -dx": "--delay: ",
}


def check_words():
    for words, command in COMMANDS.items():
        shown = call(MLC, *words.split(), "--show-command")
        assert shown == f"numaprobe {command}\n", (words, shown)
    for words, sentence in REFUSED.items():
        told = call(MLC, *words.split(), status=2)
        assert re.match(f"numaprobe: {sentence}", told) or f" {sentence}" in told, (words, told)
    text = call(MLC, "--help").split("\n")
    assert len(text) <= 50 and max(map(len, text)) <= 100
    MLC.rename(WORK / "mlc")
    assert call(WORK / "mlc", "--c2c_latency", "--show-command").startswith("numaprobe c2c")
    (WORK / "mlc").rename(MLC)


def check_measured():
    text = call(MLC, "--idle_latency", "-b256", "-t1", "-c0", "--output", WORK / "idle",
                "--allow-unverified")
    if "nan" not in text and "(\t" in text: # a kernel that tells where pages are
        check(text, "idle", 1, 1)
        check(text, "latency", 1, 1)
    assert (WORK / "idle" / "rows.csv").stat().st_size > 0


try:
    MLC.symlink_to(PROGRAM)
    check_text()
    check_missing()
    check_words()
    check_measured()
    print(f"{len(PARTS)} parts, {len(COMMANDS)} commands, {len(REFUSED)} refusals")
finally:
    shutil.rmtree(WORK)
