# SPDX-License-Identifier: Apache-2.0
"""The zoo's machines that no guest can be: what a plain run would do there, by --dry-run.

The truth is the XML that hwloc is given, read without hwloc: of each node its CPUs and its memory.
"""

import dataclasses
import os
import re
import subprocess
import typing
import xml.etree.ElementTree

from checks import differ
from scenario import Scenario, debian, program, unpack_snapshot

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


# ---- where the XML comes from --------------------------------------------------------------------

def own_xml(name):
    """An XML of hwloc's own tests."""
    return lambda folder: (debian.hwloc_machines() / f"xml/{name}.xml").read_text(encoding="utf-8")


def lstopo(environment, *options):
    return subprocess.run(["lstopo-no-graphics", *options, "--of", "xml", "-"], check=True,
                          env=os.environ | environment, text=True, stdout=subprocess.PIPE).stdout


def snapshot(name):
    """Files of /sys and /proc of hwloc's own tests."""
    def make(folder):
        root = unpack_snapshot(name, folder)
        return lstopo({"HWLOC_FSROOT": str(root), "HWLOC_COMPONENTS": "linux,stop",
                       "HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES": "1"})
    return make


def described(synthetic, *kinds):
    """hwloc's short form, and kinds of CPU, each (set of CPUs, name, MHz)."""
    def make(_):
        lines = [f'  <cpukind cpuset="{cpus}">\n    <info name="CoreType" value="{name}"/>\n'
                 f'    <info name="FrequencyMaxMHz" value="{mhz}"/>\n  </cpukind>\n'
                 for cpus, name, mhz in kinds]
        text = lstopo({}, "--input", synthetic)
        return text.replace("</topology>", "".join(lines) + "</topology>")
    return make


# ---- what is true, and what was planned ----------------------------------------------------------

def parse_set(text):
    """'0x00000303,,0x0' -> a number with these bits: words of 32, the last one lowest."""
    bits = 0
    for word in text.split(","):
        bits = bits << 32 | int(word or "0", 16)
    return bits


def true_nodes(text):
    """node -> (number of CPUs that are its own, bytes of memory, 0 where the XML has none). Of
    several nodes around a CPU the smallest, then the first, has it."""
    found = sorted((bin(parse_set(each.get("cpuset"))).count("1"), int(each.get("os_index")),
                    parse_set(each.get("cpuset")), int(each.get("local_memory", 0)))
                   for each in xml.etree.ElementTree.fromstring(text).iter("object")
                   if each.get("type") == "NUMANode")
    taken, nodes = 0, {}
    for _, number, cpus, memory in found:
        nodes[number] = (bin(cpus & ~taken).count("1"), memory)
        taken |= cpus
    return nodes


def bytes_of(text):
    number, unit = re.fullmatch(r"([\d.]+)(\wiB)", text).groups()
    return int(float(number) * UNITS[unit])


def planned_cells(result, name):
    """(bytes, name) of each cell of the plan"""
    return [(bytes_of(size), cell) for size, cell in re.findall(
        r"^([\d.]+\wiB) +[\d.]+ s  (\S+/\S+)$", result.text(f"{name}.out"), re.MULTILINE)]


def check_plan(result, condition):
    name, nodes = condition.name, true_nodes(result.text(f"{condition.name}.xml"))
    said, cells = result.said(name), planned_cells(result, name)
    wanted = sorted((cpu, mem) for cpu in nodes for mem in nodes
                    if nodes[cpu][0] and (nodes[mem][1] or len(nodes) == 1))
    faults = result.status(name, 0) + ["refused"] * ("refused:" in said)
    for test in ("latency", "bandwidth"):
        pairs = sorted({(int(cpu), int(mem)) for _, cell in cells for cpu, mem in re.findall(
            rf"^{test}/[^/]+/cpu:(\d+)/mem:(\d+)/", cell)})
        faults += differ(f"cells of {test}", pairs, wanted)
    teams = {int(found) for _, cell in cells for found in re.findall(
        r"^bandwidth/.*/threads:(\d+)", cell)}
    faults += differ("threads", teams, {condition.fast}) if condition.fast else []
    for size, cell in cells:
        place = re.search(r"/mem:(\d+)/", cell)
        there = [nodes[int(place.group(1))]] if place else nodes.values()
        limit = sum(memory for _, memory in there)
        if limit and size > limit:
            faults.append(f"{cell}: {size} bytes are planned where there are {limit}")
    return faults


# ---- the table -----------------------------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Expectation:
    words: str


PLANNED = Expectation("planned: every pair, within the memory")
FASTEST = Expectation("planned, by the fastest kind of CPU alone")


@dataclasses.dataclass
class Plan:
    name: str
    what: str
    source: typing.Callable  # function of a folder that returns XML
    expected: Expectation = PLANNED
    fast: int = 0            # CPUs of the fastest kind, where there are several

    def check(self, result):
        return check_plan(result, self)

    def got(self, result):
        status = result.text(f"{self.name}.status").strip() or "nothing"
        return f"exit {status}, {len(planned_cells(result, self.name))} cells"


PLANS = [
    # Core Ultra 9 285K: 8 P cores, 16 E cores in four groups, no SMT, 36 MiB of L3 (Intel ARK).
    Plan("hybrid", "hybrid: 8 P and 16 E cores", described(
        "[numa(memory=68719476736)] l3:1(size=37748736) core:24 pu:1",
        ("0x000000ff", "IntelCore", 5700), ("0x00ffff00", "IntelAtom", 4600)),
         FASTEST, 8),
    # Eight Xeon Platinum 8490H: 60 cores, 112.5 MiB of L3 each (Intel ARK); 512 GiB are ours.
    Plan("8-socket", "8 sockets, 960 CPUs", described(
        "pack:8 [numa(memory=549755813888)] l3:1(size=117964800) l2:60(size=2097152) core:1 pu:2")),
    Plan("knl", "Knights Landing: DRAM and MCDRAM", own_xml("64intel64-fakeKNL-SNC4-hybrid")),
    Plan("power9", "POWER9 with six GPUs", snapshot("nvidiagpunumanodes")),
    # NVIDIA GB10: ten Cortex-X925 and ten Cortex-A725, two clusters, 128 GB (DGX Spark's manual).
    Plan("gb10", "GB10: 10 large and 10 small cores", described(
        "[numa(memory=128000000000)] l3:2(size=16777216) core:10 pu:1",
        ("0x00007c1f", "Cortex-A725", 2808), ("0x000f83e0", "Cortex-X925", 3900)),
         FASTEST, 10),
    # Four AMD MI300A, as in El Capitan's nodes: 24 cores in three dies and 128 GiB of HBM3 each.
    Plan("mi300a", "4 MI300A: HBM alone", described(
        "pack:4 [numa(memory=137438953472)] l3:3(size=33554432) l2:8(size=1048576) core:1 pu:2")),
]


def work(folder):
    for plan in PLANS:
        path = folder / f"{plan.name}.xml"
        path.write_text(plan.source(folder), encoding="utf-8")
        done = subprocess.run(
            [program(), "--dry-run"], text=True, check=False, capture_output=True, timeout=60,
            env=os.environ | {"HWLOC_XMLFILE": str(path), "HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES": "1"})
        for kind, text in (("out", done.stdout), ("err", done.stderr),
                           ("status", str(done.returncode))):
            (folder / f"{plan.name}.{kind}").write_text(text, encoding="utf-8")


SCENARIO = Scenario("zoo-plans", [(f"{plan.what}: {plan.expected.words}", plan.check)
                                  for plan in PLANS], work=work)
SCENARIO.conditions = PLANS
