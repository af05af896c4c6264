# SPDX-License-Identifier: Apache-2.0
"""A topology, and everything that must be right in it."""

import collections
import json
import re

import machine
from checks import SMALL, check_verified, differ, pairs_of, says
from scenario import Guest


def check_topo(result):
    truth, said = result.machine, result.text("topo.out")
    faults = result.status("topo", 0)
    # Memory that is not there is neither allowed nor forbidden.
    listed = re.findall(r"^(\d+) +(none|[\d.]+ \wiB) +- +(?:yes|-) +(.+)$", said, re.MULTILINE)
    nodes = {int(node): (memory, machine.parse_list(cpus) if cpus != "none of its own" else [])
             for node, memory, cpus in listed}
    faults += differ("topo's nodes and their CPUs", {node: nodes[node][1] for node in nodes},
                     truth.cpus_of)
    faults += differ("topo's nodes with memory",
                     [node for node in nodes if nodes[node][0] != "none"], truth.memory_nodes)
    if truth.distances:
        matrix = said.partition("Firmware")[2].partition("\n\n")[0]
        rows = re.findall(r"^ +(\d+)((?: +\d+)+)$", matrix, re.MULTILINE)
        found = {int(node): [int(value) for value in values.split()] for node, values in rows}
        faults += differ("topo's distances", found, dict(enumerate(truth.distances)))
    return faults


def check_cross(result, by_table=False):
    """What has told the nodes, where hwloc cannot, is no witness of them."""
    number, said = len(result.machine.cpus), result.text("topo.out")
    expected = [("/sys/devices/system/node/node*/cpulist", 0 if by_table else number, 0,
                 number if by_table else 0), ("getcpu(2)", number, 0, 0)]
    found = [(source, int(agree), int(mismatch), int(silent)) for source, agree, mismatch, silent in
             re.findall(r"^  (\S+) +(\d+) agree, (\d+) differ, (\d+) not", said, re.MULTILINE)]
    return differ("cross-check", found, expected) + (["MISMATCH"] if "MISMATCH" in said else [])


def check_cut(result):
    """hwloc drops the CPUs of both nodes: the table alone tells them, and topo says so."""
    return (check_cross(result, by_table=True)
            + says("topo", result.text("topo.out"),
                   "hwloc has CPU 0 on several nodes and cannot separate them"))


def cpu_nodes_of(result):
    return result.scenario.cpu_nodes or result.machine.cpu_nodes


def has_room(result):
    """Whether some node has a core for a load beside the one that measures latency."""
    truth = result.machine
    return any(truth.cores_of(truth.cpus_of[node]) >= 2 for node in cpu_nodes_of(result))


def unmet(result):
    """Visits in which a pair of CPUs did not meet: the host runs two of them at a time."""
    return [row for row in result.all_rows("run", block="c2c", status="failed")
            if row["reason"].startswith("no line went from CPU ")]


def check_matrix(result):
    truth = result.machine
    pairs = sorted((cpu, memory) for cpu in cpu_nodes_of(result) for memory in truth.memory_nodes)
    faults = result.status("run", 1 if unmet(result) else 0)
    for test in ("latency", "bandwidth"):
        faults += differ(f"cells of {test}", pairs_of(result.rows("run", test=test)), pairs)
    return faults


def check_evidence(result):
    refused = [row for row in result.all_rows("run", status="refused")]
    faults = [f"{row['cell']}: {row['placement']}" for row in result.all_rows("run")
              if row["placement"] != "verified" and row not in refused]
    faults += differ("blocks that are refused", [row["block"] for row in refused], [])
    if not has_room(result):
        faults += says("the run", result.text("run.out"), "not applicable here: latency under load")
    return faults + check_verified(result, result.rows("run"))


def check_groups(result):
    """A chase beside a load, and two CPUs: threads on CPUs of theirs, memory on its node."""
    faults = []
    for block in ("loaded", "c2c"):
        rows = result.all_rows("run", block=block, status="ok")
        rows += unmet(result) if block == "c2c" else []
        faults += [] if rows or (block == "loaded" and not has_room(result)) else [f"no {block}"]
        for row in rows:
            cpus = machine.parse_list(row["cpus"]) + machine.parse_list(row["load_cpus"] or "")
            nodes = {int(row["mem_node"]), int(row["load_node"] or row["mem_node"])}
            faults += differ(f"{row['cell']} cpus_seen", machine.parse_list(row["cpus_seen"]),
                             sorted(cpus))
            faults += differ(f"{row['cell']} threads", row["threads"], str(len(set(cpus))))
            faults += differ(f"{row['cell']} nodes_seen",
                             set(machine.parse_list(row["nodes_seen"])), nodes)
    return faults


def check_homes(result):
    """Lines lie on the writer's node, or where that has no memory on the nearest that has."""
    truth, faults = result.machine, []
    rows = [row for row in result.all_rows("run", block="c2c") if row["writer_cpu"]]
    seen = set()
    for row in rows:
        own = next(node for node in truth.cpu_nodes
                   if int(row["writer_cpu"]) in truth.cpus_of[node])
        home = own if own in truth.memory_nodes else min(
            truth.memory_nodes, key=lambda node, own=own: truth.distances[own][node])
        faults += differ(f"{row['cell']} mem_node", row["mem_node"], str(home))
        seen |= {own}
    without = set(cpu_nodes_of(result)) - set(truth.memory_nodes)
    return faults + [f"no pair writes from node {node}" for node in without - seen]


def check_dry_run(result):
    said = result.text("plan.out")
    planned = re.findall(r"^\S+ +[\d.]+ s  (\S+)$", said, re.MULTILINE)
    ran = [row["cell"] for row in result.all_rows("run")]
    recorded = json.loads(result.text("run/machine.json") or "{}").get("settings", {}).get("cells")
    only = (collections.Counter(planned) - collections.Counter(ran),
            collections.Counter(ran) - collections.Counter(planned))
    return (result.status("plan", 0) + ([] if planned else ["the dry run plans nothing"])
            + [f"planned, but did not run: {name}" for name in only[0].elements()]
            + [f"ran, but was not planned: {name}" for name in only[1].elements()
               if not name.startswith("loaded/")]  # points that are found on the way
            + differ("cells of machine.json", recorded, planned))


def check_walk(result):
    """A CPU whose own node has no memory has nothing to walk, which is no fault."""
    truth, said = result.machine, result.text("verify.out")
    number = len(truth.cpus)
    verified = sum(len(truth.cpus_of[node]) for node in truth.cpu_nodes
                   if node in truth.memory_nodes)
    without = number - verified
    expected = (f"{number} CPU{'' if number == 1 else 's'} checked, {verified} verified"
                + (f", {without} without memory" if without else ""))
    faults = differ("verify", said.strip().split("\n")[-1], expected)
    for cpu in truth.cpus:
        node = next(node for node in truth.cpu_nodes if cpu in truth.cpus_of[node])
        walk = re.search(rf"^CPU {cpu}: .*\n((?: .*\n)+)", said, re.MULTILINE)
        pattern = (rf"pages +0 - +255 \(256 pages\): node {node}\n" if node in truth.memory_nodes
                   else rf"node {node} has no memory: nothing to check")
        if not walk or not re.search(pattern, walk.group(1)):
            faults.append(f"verify, CPU {cpu}: no line '{pattern}'")
    return faults + result.status("verify", 0)


def useless_nodes(truth):
    """(option, node, what is said of it): a node of each sort that cannot serve"""
    missing = next(node for node in range(len(truth.cpus_of) + 1) if node not in truth.cpus_of)
    return ([("cpu", node, "has no CPUs") for node in truth.cpus_of if node not in truth.cpu_nodes]
            + [("mem", node, "has no memory") for node in truth.cpus_of
               if node not in truth.memory_nodes]
            + [("cpu", missing, "does not exist"), ("mem", missing, "does not exist")])


def check_useless(result):
    faults = []
    for side, node, sentence in useless_nodes(result.machine):
        step = f"useless-{side}-{node}"
        faults += result.status(step, 2)
        if f"--{side}-nodes: node {node} {sentence}" not in result.said(step):
            faults.append(f"{step}: does not say '{sentence}'")
    return faults


SHAPE_CHECKS = [
    ("topo: nodes, CPUs, memory, distances", check_topo),
    ("the system agrees about every CPU", check_cross),
    ("matrix: CPU nodes x memory nodes, OS numbers", check_matrix),
    ("each row verified: all of its pages, own CPUs", check_evidence),
    ("loads and pairs: their CPUs, their nodes", check_groups),
    ("lines are at home on the writer's node or nearest", check_homes),
    ("--dry-run is what ran", check_dry_run),
    ("verify: each CPU's pages are on its node", check_walk),
    ("nodes that cannot serve are named, exit 2", check_useless),
]


def check_said(result):
    """What sysfs shows nowhere: only the firmware's own table tells it, and only to root."""
    lines = result.text("topo.out").split("Firmware latency (HMAT), ns")[1:]
    row = [line.split() for line in (lines or [""])[0].splitlines()][3:4]
    return differ("latencies from node 1", row, [["1", "140.0", "80.0", "320.0"]])


CUT_CHECKS = [("the threads agree, hwloc cannot say", check_cut) if check is check_cross
              else (sentence, check) for sentence, check in SHAPE_CHECKS]


def shape(topology, cpu_nodes=None, asked=SMALL, checks=SHAPE_CHECKS, **more):
    if cpu_nodes:
        asked += f" --cpu-nodes {','.join(map(str, cpu_nodes))}"
    script = f"""
step topo numaprobe topo
step plan numaprobe --dry-run {asked}
measure run {asked}
step verify numaprobe verify --size 1M
"""
    for side, node, _ in useless_nodes(machine.read_machines()[topology]):
        script += f"step useless-{side}-{node} numaprobe --dry-run --{side}-nodes {node}\n"
    return Guest(topology, checks, topology=topology, script=script, cpu_nodes=cpu_nodes,
                 **more)


# Enough for each stream of every thread of a large node.
LARGE = SMALL.replace("256K", "4M")

SCENARIOS = [
    shape("1n"), shape("2s"), shape("4s"), shape("snc"), shape("cxl"), shape("nomem"),
    shape("sparse"), shape("8n", cpu_nodes=[0, 5]), shape("smt"),
    shape("hmat", checks=SHAPE_CHECKS + [("the firmware's latency of remote memory", check_said)]),
    shape("across", checks=CUT_CHECKS), shape("halves", checks=CUT_CHECKS),
    shape("64c", cpu_nodes=[2], asked=LARGE),
    shape("144c", cpu_nodes=[1], asked=LARGE, nightly=True, limit_s=600),
]
