# SPDX-License-Identifier: Apache-2.0
"""Real machines as hwloc's own tests keep them: shown and planned here, without a guest.

The truth is the snapshot itself (files of /sys, or XML), read without hwloc.
"""

import os
import re
import subprocess
import xml.etree.ElementTree

import machine
from checks import differ, says
from scenario import Scenario, debian, program, unpack_snapshot

# What is known of some: nodes, CPUs, and cells of latency where every node may be used.
KNOWN = {
    "256ia64-64n2s2c": (range(64), 256, 64 * 64),
    "256ppc-8n8s4t": ([0, 1, 4, 5, 8, 9, 12, 13], 256, 8 * 8),
    "128arm-2pa2n8cluster4co": (range(4), 128, 4 * 4),
    "128ia64-17n4s2c": (range(17), 128, 16 * 17),
    "48amd64-4d2n6c-sparse": ([0, 1, 2, 33, 34, 45, 72, 73], 48, 8 * 8),
    "64amd64-4s2n4ca2co": (range(8), 64, 8 * 8),
    "64intel64-fakeKNL-SNC4-hybrid": (range(8), 64, 4 * 8),
    "fakecpuid1f-64intel64-2p4d2n2c2t": (range(16), 64, 16 * 16),
    "nvidiagpunumanodes": ([0, 8, 250, 251, 252, 253, 254, 255], 32, 2 * 8),
    "192em64t-24n8c2t": (range(24), 384, 24 * 24),
    "8intel64-4n2t-memattrs": (range(4), 8, 4 * 4),
    "power8gpudistances": ([0, 1], 16, 2 * 2),
    "fakeheterodistances": (range(8), 8, 8 * 8),
}
KINDS = {
    "64intel64-fakeKNL-SNC4-hybrid": {"MCDRAM": [4, 5, 6, 7]},
    "fakeheteromemtiers": {"DRAM": [0, 1], "HBM": [2, 4], "NVM": [6, 8, 9]},
    "nvidiagpunumanodes": {"GPUMemory": [250, 251, 252, 253, 254, 255]},
}
# Nodes that claim one another's CPUs, of which hwloc keeps some.
OVERLAPPING = {"8em64t-2s2ca2c-buggynuma", "fakeheterocpunuma"}
LIMIT_S = 60  # it takes a fraction of a second


def ask(name, folder, variables):
    environment = os.environ | variables | {"HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES": "1"}
    for step, word in (("topo", "topo"), ("plan", "--dry-run")):
        done = subprocess.run([program(), word], env=environment, text=True, check=False,
                              capture_output=True, timeout=LIMIT_S)
        for kind, text in (("out", done.stdout), ("err", done.stderr),
                           ("status", str(done.returncode))):
            (folder / f"{name}.{step}.{kind}").write_text(text, encoding="utf-8")


def ask_all(folder):
    machines = debian.hwloc_machines()
    for archive in sorted(machines.glob("linux/*.tar.bz2")):
        name = archive.name.removesuffix(".tar.bz2")
        root = unpack_snapshot(name, folder)
        ask(name, folder, {"HWLOC_FSROOT": str(root), "HWLOC_COMPONENTS": "linux,stop"})
    for path in sorted(machines.glob("xml/*.xml")):
        ask(path.stem, folder, {"HWLOC_XMLFILE": str(path)})


def names_of(result):
    return sorted(path.name.removesuffix(".topo.out") for path in result.folder.glob("*.topo.out"))


def shown_nodes(result, name):
    """node -> (kind of memory, CPUs) as topo shows them"""
    listed = re.findall(r"^(\d+) +(?:none|unknown|[\d.]+ \w?i?B) +(\S+) +(?:yes|no|-) +(.+)$",
                        result.text(f"{name}.topo.out"), re.MULTILINE)
    return {int(node): (kind, machine.parse_list(cpus) if cpus[0].isdigit() else [])
            for node, kind, cpus in listed}


def planned(result, name):
    return [tuple(map(int, pair)) for pair in re.findall(
        r"latency/\w+/cpu:(\d+)/mem:(\d+)/", result.text(f"{name}.plan.out"))]


def true_nodes(result, name):
    """The numbers of the nodes by the snapshot itself; [] where it has none."""
    path = debian.hwloc_machines() / f"xml/{name}.xml"
    if path.exists():
        objects = xml.etree.ElementTree.parse(path).getroot().iter("object")
        return sorted({int(each.get("os_index")) for each in objects
                       if each.get("type") in ("NUMANode", "Node") and each.get("os_index")})
    folder = result.folder / name / "sys/devices/system/node"
    return sorted(int(each.name[4:]) for each in folder.glob("node[0-9]*"))


def check_no_error(result):
    names = names_of(result)
    faults = [] if len(names) > 70 else [f"only {len(names)} machines"]
    for name in names:
        faults += result.status(f"{name}.topo", 0) + result.status(f"{name}.plan", 0)
        faults += [] if planned(result, name) else [f"{name}: no cell is planned"]
    return faults


def check_numbers(result):
    faults = []
    for name in names_of(result):
        nodes = true_nodes(result, name)
        shown = sorted(shown_nodes(result, name))
        if name not in OVERLAPPING:
            faults += differ(f"{name}: nodes", shown, nodes or [0])
        cells = planned(result, name)
        faults += differ(f"{name}: cells twice", len(cells), len(set(cells)))
        strange = {node for pair in cells for node in pair} - set(nodes or [0])
        faults += differ(f"{name}: nodes that are not there", strange, set())
    return faults


def check_known(result):
    faults = []
    for name, (nodes, cpus, cells) in KNOWN.items():
        shown = shown_nodes(result, name)
        faults += differ(f"{name}: nodes", sorted(shown), list(nodes))
        found = {cpu for _, own in shown.values() for cpu in own}
        faults += differ(f"{name}: CPUs", len(found), cpus)
        faults += differ(f"{name}: cells of latency", len(planned(result, name)), cells)
    return faults


def check_kinds(result):
    faults = []
    for name, kinds in KINDS.items():
        shown = shown_nodes(result, name)
        for kind, nodes in kinds.items():
            faults += differ(f"{name}: {kind}", [node for node in sorted(shown)
                                                 if shown[node][0] == kind], nodes)
    return faults


def check_twin(result):
    """What is no machine is refused, and nothing is planned for this one in its stead."""
    return (result.status("none.topo", 1) + result.status("none.plan", 1)
            + says("none", result.text("none.plan.err"), "hwloc cannot read"))


def work(folder):
    ask_all(folder)
    ask("none", folder, {"HWLOC_XMLFILE": str(folder / "there-is-none.xml")})
    (folder / "none.topo.out").rename(folder / "none.out")


SCENARIOS = [
    Scenario("snapshots", [
        ("80 machines are shown and planned without error", check_no_error),
        ("labels are their own node numbers, none twice", check_numbers),
        ("64 nodes, 384 CPUs, numbers up to 255: the right shapes",
         check_known),
        ("tiers of memory have their names", check_kinds),
        ("twin: a file that is not there is refused", check_twin)], work=work),
]
