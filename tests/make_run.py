#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a run directory of a machine that nobody has, for tests of what only reads runs.

usage: tests/make_run.py DIR [--nodes N] [--memory-nodes M] [--rounds R] [--seed S] [--noise CV]
           [--slow CELL=RATIO]... [--all RATIO] [--fact NAME=VALUE]... [--host NAME]
           [--method V] [--placement WORD [--every N]] [--status WORD] [--flag EVERY] [--day D]
           [--pages KIND] [--rows N] [--drift SHARE] [--suffix TEXT] [--whole | --only BLOCK]
           [--end none|torn|stopped] [--chain MIB] [--loop NAME] [--argument TEXT]... [--mlc]
           [--sets]

Latencies and bandwidths are invented: near on the diagonal, far elsewhere, farther beyond half of
the nodes. --slow multiplies the badness of cells whose name contains CELL. --drift lets the level
of all cells rise and fall by that share, once in a run. --rows N writes as many rows by repeating
the rounds. --placement is that of each N-th row, whose value --every makes ten times worse too;
--status, when it is not ok, leaves all rows without a value. --end takes the end away that a run
has: its summary, and half of the last row too, or says that Ctrl-C stopped it. --suffix ends the
name of each cell; --only leaves one part of a whole run. --chain and --loop are what a run chose;
--argument is on its command line.
"""

import argparse
import csv
import json
import math
import pathlib
import random

COLUMNS = """schema_version run_id host timestamp_utc test kernel isa store pattern cpu_node
mem_node cpus threads buffer_bytes touched_bytes sized_for pages page_asked_bytes page_found_bytes
round visit seed samples cell block mix chains window_bytes slot_bytes load_node load_cpus
load_mode load_delay_cycles offered_bytes_per_s protocol pair_class home writer_cpu reader_cpu
lines latency_ns latency_min_ns latency_max_ns bandwidth_bytes_per_s placement pages_total
pages_checked_before pages_on_node_before pages_checked_after pages_on_node_after nodes_seen
cpus_seen threads_moved wall_ns flags status reason""".split()
TEXT = set("""run_id host timestamp_utc test kernel isa store pattern cpus sized_for pages cell
block mix load_cpus load_mode protocol pair_class home placement nodes_seen cpus_seen flags status
reason""".split())

parser = argparse.ArgumentParser()
parser.add_argument("directory", type=pathlib.Path)
parser.add_argument("--nodes", type=int, default=2)
parser.add_argument("--memory-nodes", type=int, default=0)
parser.add_argument("--rounds", type=int, default=12)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--noise", type=float, default=0.005)
parser.add_argument("--drift", type=float, default=0)
parser.add_argument("--slow", action="append", default=[])
parser.add_argument("--all", type=float, default=1)
parser.add_argument("--fact", action="append", default=[])
parser.add_argument("--host", default="made-up")
parser.add_argument("--method", type=int, default=1)
parser.add_argument("--placement", default="verified")
parser.add_argument("--every", type=int, default=1)
parser.add_argument("--status", default="ok")
parser.add_argument("--end", default="")
parser.add_argument("--flag", type=int, default=0)
parser.add_argument("--day", type=int, default=1)
parser.add_argument("--pages", default="2M")
parser.add_argument("--rows", type=int, default=0)
parser.add_argument("--suffix", default="")
parser.add_argument("--only", default="")
parser.add_argument("--chain", default=256, type=int)
parser.add_argument("--loop", default="read_8s_p512.avx2")
parser.add_argument("--argument", action="append", default=[])
parser.add_argument("--flat", action="store_true", help="a load that leaves the latency as it is")
parser.add_argument("--mlc", action="store_true", help="with all parts that MLC prints")
parser.add_argument("--sets", action="store_true", help="with a search for the best set of nodes")
parser.add_argument("--whole", action="store_true", help="with sweep, loaded and core to core")
asked = parser.parse_args()
rng = random.Random(asked.seed)
memory_nodes = asked.memory_nodes or asked.nodes
stamp = f"2026-01-{asked.day:02}T08:00:00Z"
run_id = f"202601{asked.day:02}T080000Z-{asked.seed:08x}"
slow = [entry.rsplit("=", 1) for entry in asked.slow]


def far(cpu, mem):
    if mem >= asked.nodes:
        return 3.1
    return 1 if cpu == mem else 1.4 if cpu // 4 == mem // 4 else 1.9


def value(name, good, turn):
    """The value with noise; good is what more of is worse by."""
    factor = asked.all * math.exp(asked.drift * math.sin(2 * math.pi * turn / asked.rounds))
    for part, ratio in slow:
        factor *= float(ratio) if part in name else 1
    return good * factor * math.exp(asked.noise * rng.gauss(0, 1))


def peaks():
    """As cells(): the most of each mix, all nodes together."""
    for part, mix in enumerate(("reads", "3:1", "2:1", "1:1", "triad_nt")):
        for loop in ("one", "two"):
            name = f"bandwidth/{loop}.avx2/all/mix:{mix}"
            yield dict(mem_node=0, test="bandwidth", kernel=loop, isa="avx2", threads=8, mix=mix,
                       buffer_bytes=536870912, cell=name, block="peak"), \
                None, (2e11 - 1e10 * part) * (1 if loop == "one" else 0.9) * asked.nodes


def lines():
    """As cells(): lines between two CPUs of each node and of each two nodes."""
    for writer in (8 * node for node in range(asked.nodes)):
        for reader in (8 * node + 1 for node in range(asked.nodes)):
            near = writer // 8 == reader // 8
            for protocol in ("clean_read", "hitm_read"):
                for home, owner in (("writer", writer), ("reader", reader)):
                    if near and home == "reader":
                        continue
                    name = f"c2c/{protocol}/writer:{writer}/reader:{reader}/home:{home}"
                    yield dict(cpu_node=reader // 8, mem_node=owner // 8, test="c2c", threads=2,
                               kernel="exchange", protocol=protocol, lines=64, home=home,
                               pair_class="node" if near else "remote", writer_cpu=writer,
                               reader_cpu=reader, block="c2c", buffer_bytes=4096, cell=name), \
                        45 if near else 110 + (home == "reader"), None


def sets():
    """As cells(): reads from all CPUs and from those of node 0; 2:1 is the best of them."""
    for cpu in ("", 0):
        for nodes, share in (("0", 1), ("1", 0.5), ("0+1", 0.9), ("0:2+1:1", 1.4)):
            name = f"bandwidth/read.avx2/cpu:{cpu if cpu != '' else 'all'}/mem:{nodes}/size:512MiB"
            yield dict(cpu_node=cpu, mem_node=nodes, test="bandwidth", kernel="read", isa="avx2",
                       threads=8, mix="reads", buffer_bytes=536870912, block="set",
                       cell=f"{name}/page:{asked.pages}/threads:8/mix:reads"), \
                None, 1e11 * share * (2 if cpu == "" else 1)


def cells():
    """Yields (columns of the row that are its own, latency or None, bandwidth or None)."""
    for cpu in range(asked.nodes):
        for mem in range(memory_nodes):
            place = {"cpu_node": cpu, "mem_node": mem}
            size = f"size:{asked.chain}MiB"
            name = f"latency/structural/cpu:{cpu}/mem:{mem}/{size}/page:{asked.pages}"
            yield dict(place, test="latency", kernel="chase", pattern="structural",
                       threads=1, buffer_bytes=asked.chain << 20, cell=name,
                       block="idle"), 80 * far(cpu, mem), None
            kernel, isa = asked.loop.split(".")
            name = (f"bandwidth/{asked.loop}/cpu:{cpu}/mem:{mem}/size:512MiB/"
                    f"page:{asked.pages}/threads:8")
            yield dict(place, test="bandwidth", kernel=kernel, isa=isa, threads=8,
                       buffer_bytes=536870912, cell=name, block="matrix"), \
                None, 2e11 / far(cpu, mem)
    if asked.sets:
        yield from sets()
    if asked.mlc:
        yield from peaks()
        yield from lines()
    if not asked.whole and not asked.only:
        return
    for power in range(14, 31):
        size = 1 << power
        nanoseconds = 1.2 if power < 16 else 4 if power < 21 else 20 if power < 26 else 80
        name = f"latency/structural/cpu:0/mem:0/size:{size >> 10}KiB/page:{asked.pages}/sweep"
        yield dict(cpu_node=0, mem_node=0, test="latency", kernel="chase", pattern="structural",
                   threads=1, buffer_bytes=size, cell=name, block="sweep",
                   sized_for="caches" if power < 28 else "memory"), nanoseconds, None
    for mem in range(min(2, memory_nodes)):
        for step in range(14):
            share = (14 - step) / 14
            name = f"loaded/cpu:0/mem:{mem}/load:{mem}/delay:{int(20 * 3 ** (step / 2))}"
            yield dict(cpu_node=0, mem_node=mem, test="loaded", kernel="chase", mix="R", threads=7,
                       pattern="structural", buffer_bytes=268435456, cell=name, block="loaded",
                       load_node=mem, load_cpus="1", load_mode="closed",
                       load_delay_cycles=int(20 * 3 ** (step / 2))), \
                80 * far(0, mem) * (1 if asked.flat else 1 + 0.12 / (1.08 - share)), \
                2e11 / far(0, mem) * share
        for share in (0.25, 0.5, 0.75):
            offered = 2e11 / far(0, mem) * share
            name = f"loaded/cpu:0/mem:{mem}/load:{mem}/paced:{offered / 1e9:.4g}GB/s"
            yield dict(cpu_node=0, mem_node=mem, test="loaded", kernel="chase", mix="R", threads=7,
                       pattern="structural", buffer_bytes=268435456, cell=name, block="loaded",
                       load_node=mem, load_cpus="1", load_mode="paced",
                       offered_bytes_per_s=offered), \
                80 * far(0, mem) * (1 + 0.1 / (1.08 - share)), offered
    for writer in range(min(8, 2 * asked.nodes)):
        for reader in range(min(8, 2 * asked.nodes)):
            if writer != reader:
                near = writer // 2 == reader // 2
                yield dict(cpu_node=reader // 2, mem_node=writer // 2, test="c2c",
                           kernel="pingpong", protocol="cas_ping_pong", threads=2, lines=64,
                           pair_class="smt" if near else "package", writer_cpu=writer,
                           reader_cpu=reader, block="c2c", buffer_bytes=4096,
                           cell=f"c2c/cas_ping_pong/writer:{writer}/reader:{reader}"), \
                    22 if near else 65, None


def rows():
    table = [cell for cell in cells() if asked.only in cell[0]["block"]]
    rounds = asked.rounds if not asked.rows else -(-asked.rows // len(table))
    visit = 0
    for turn in range(1, rounds + 1):
        for own, latency, bandwidth in table:
            visit += 1
            if asked.rows and visit > asked.rows:
                return
            name = own["cell"]
            row = dict(schema_version=1, run_id=run_id, host=asked.host, timestamp_utc=stamp,
                       cpus="0", touched_bytes=own["buffer_bytes"], sized_for="memory",
                       pages=asked.pages, page_asked_bytes=2097152, page_found_bytes=2097152,
                       round=turn, visit=visit, seed=visit, samples=9, placement="verified",
                       pages_total=128, pages_checked_before=128, pages_on_node_before=128,
                       pages_checked_after=128, pages_on_node_after=128, cpus_seen="0",
                       nodes_seen=str(own["mem_node"]), threads_moved=0, wall_ns=450000000,
                       status=asked.status)
            row.update(own, cell=name + asked.suffix)
            worse = 1
            if visit % asked.every == 0:
                row["placement"] = asked.placement
                worse = 10 if asked.every > 1 else 1
            if asked.status != "ok":
                latency = bandwidth = None
                row.update(placement="", reason="a reason of the machine that nobody has")
            if latency:
                row["latency_ns"] = value(name, latency, turn) * worse
            if bandwidth:
                row["bandwidth_bytes_per_s"] = 1 / value(name, 1 / bandwidth, turn) / worse
            if asked.flag and visit % asked.flag == 0:
                row["flags"] = "SCHED"
            yield row


asked.directory.mkdir(parents=True)
with open(asked.directory / "rows.csv", "w", newline="", encoding="utf-8") as file:
    file.write(",".join(COLUMNS) + "\r\n")
    for row in rows():
        file.write(",".join(
            '"' + str(row[c]).replace('"', '""') + '"' if c in TEXT and row.get(c) not in (None, "")
            else str(row.get(c, "")) for c in COLUMNS) + "\r\n")

facts = {"host": asked.host, "os_version": "Linux 6.1.0", "cpu_model": "Made-up 9000",
         "cpu_vendor": "GenuineInvention", "cpu_identifier": "cpu family 1, model 2, stepping 3",
         "dimm_types": "DDR5", "dimm_sizes_mib": "16 x 32768", "bios_version": "1.2",
         "hypervisor": "none", "smt_control": "on", "cpu_governor": "performance",
         "thp_enabled": "always", "microcode": "0x1", "numa_balancing": "0"}
for entry in asked.fact:
    name, word = entry.split("=", 1)
    facts[name] = {"unavailable": "unknown"} if word == "-" else word
distances = [[10 if a == b else 21 if b < asked.nodes else 31 for b in range(memory_nodes)]
             for a in range(memory_nodes)]
machine = {
    "schema_version": 1, "run_id": run_id, "host": asked.host, "timestamp_utc": stamp,
    "tool": {"name": "numaprobe", "version": "0.1.0", "method_version": asked.method,
             "compiler": "gcc", "hwloc_api": "2.9.0", "system": "linux"},
    "settings": {"arguments": ["--rounds", str(asked.rounds), *asked.argument], "seed": asked.seed},
    "facts": facts,
    "nodes": [{"node": n, "cpus": f"{8 * n}-{8 * n + 7}" if n < asked.nodes else "",
               "has_cpus": n < asked.nodes, "has_memory": True, "memory_bytes": 68719476736,
               "allowed": True, "firmware_distances": distances[n]} for n in range(memory_nodes)],
    "warnings": []}
(asked.directory / "machine.json").write_text(json.dumps(machine, indent=2), encoding="utf-8")

if asked.end == "torn":
    whole = (asked.directory / "rows.csv").read_bytes()
    (asked.directory / "rows.csv").write_bytes(whole[:-40])
if asked.end not in ("none", "torn"):
    summary = {"schema_version": 1, "run_id": run_id, "interrupted": asked.end == "stopped"}
    (asked.directory / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
