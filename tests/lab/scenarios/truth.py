# SPDX-License-Identifier: Apache-2.0
"""Latencies and bandwidths that are planted by a plugin of qemu, and must be found again.

By the host's clock (wait) every CPU can have its row, and order and asymmetry are right; by the
guest's own clock (clock) there is one CPU, and differences between nodes are exact. A bandwidth is
a token bucket of each node by the host's clock: a busy host takes from it what it holds up for
longer than the queue lasts.
"""

import json
import re
import statistics
import subprocess

from checks import clean_run, differ
from scenario import Guest, build, machine, program

# Rows are CPUs, columns nodes; the way there is not the way back.
WAITED_NS = [[1000, 4000, 16000], [8000, 2000, 32000]]
CLOCKED_NS = [[80, 250, 120, 400]]

# 10^6 bytes per second of each node, for all that ask. 2048 lines in flight keep the memory at work
# while the host has taken the CPU away, for 8 ms and more. When such a queue fills again, what is
# asked for is more than what comes: so the median of the visits counts.
LIMITS_MBS = [16, 8, 4]
LIMITED = f",bandwidth={':'.join(map(str, LIMITS_MBS))},queue=2048:2048"
NO_NS = [[0, 0, 0], [0, 0, 0]]

# Of a set: so little that one CPU of a busy host still asks for all of it.
SET_LIMITS_MBS = [8, 4, 2]
SET_LIMITED = f",bandwidth={':'.join(map(str, SET_LIMITS_MBS))},queue=1024:1024"


def plugin(topology, matrix, lines, how, *words, limits=""):
    def emulator(folder):
        library = build("latency_plugin.so", folder, "-lpthread")
        nodes = ":".join(str(node[1]) for node in machine.read_machines()[topology].given)
        latency = ":".join(str(value) for row in matrix for value in row)
        return [*words, "-plugin",
                f"{library},nodes={nodes},latency={latency},lines={lines},how={how}{limits}"]
    return emulator


def found_ns(result, step):
    """(CPU node, memory node) -> the least of its visits: what the host does only adds"""
    least = {}
    for row in result.rows(step):
        pair = int(row["cpu_node"]), int(row["mem_node"])
        least[pair] = min(least.get(pair, float("inf")), float(row["latency_min_ns"]))
    return least


def check_order(result):
    found = found_ns(result, "found")
    planted = {(cpu, node): value for cpu, row in enumerate(WAITED_NS)
               for node, value in enumerate(row)}
    order = sorted(planted, key=planted.get)
    return (result.status("found", 0)
            + differ("cells from near to far", sorted(found, key=found.get), order)
            + [f"{pair}: {found[pair]:.0f} ns, although {planted[pair]} ns are planted"
               for pair in found if found[pair] < planted[pair]])


def check_asymmetry(result):
    found = found_ns(result, "found")
    ratio = found[1, 0] / found[0, 1]
    return [] if 1.3 < ratio < 3 else [f"1 to 0 is {ratio:.2f} times 0 to 1, planted is 2"]


def check_differences(result):
    found, faults = found_ns(result, "found"), result.status("found", 0)
    planted = CLOCKED_NS[0]
    for node in range(1, len(planted)):
        difference = found[0, node] - found[0, 0]
        expected = planted[node] - planted[0]
        if abs(difference / expected - 1) > 0.02:
            faults.append(f"node {node}: {difference:.2f} ns beyond node 0, planted {expected}")
    return faults


def check_level(result):
    """What the loop itself takes comes on top: some instructions of a nanosecond."""
    found = found_ns(result, "found")
    return [f"node {node}: {found[0, node]:.2f} ns, planted {value}"
            for node, value in enumerate(CLOCKED_NS[0]) if not 0 < found[0, node] - value < 8]


def check_exported(result):
    """What numaprobe exports for hwloc is what hwloc's own lstopo reads."""
    path = result.folder / "measured.xml"
    with open(path, "wb") as file:
        subprocess.run([program(), "export", result.folder / "found", "--format", "hwloc"],
                       stdout=file, check=True)
    shown = subprocess.run(["lstopo-no-graphics", "-i", path, "--memattrs"], text=True, check=True,
                           stdout=subprocess.PIPE).stdout
    latency = shown.partition("name `Latency'")[2].partition("Memory attribute")[0]
    found = {int(node): int(value)
             for node, value in re.findall(r"NUMANode L#(\d+) = (\d+) from cpuset 0x0*1 ", latency)}
    expected = {int(row["mem_node"]): round(float(row["latency_ns"]))
                for row in result.rows("found")}
    return differ("lstopo --memattrs", found, expected)


def check_limits(result):
    visits, faults = {}, result.status("found", 0)
    for row in result.rows("found"):
        pair = int(row["cpu_node"]), int(row["mem_node"])
        visits.setdefault(pair, []).append(float(row["bandwidth_bytes_per_s"]) / 1e6)
    faults += differ("pairs", sorted(visits), [(cpu, node) for cpu in (0, 1) for node in (0, 1, 2)])
    for pair in sorted(visits):
        found, planted = statistics.median(visits[pair]), LIMITS_MBS[pair[1]]
        if abs(found / planted - 1) > 0.02:
            faults.append(f"{pair}: {found:.3f} MB/s, planted {planted}")
    return faults


def carried_mbs(weights):
    """What a set can carry of the limits: the node that has too much of it holds up the others."""
    return sum(weights) * min(limit / weight for limit, weight in zip(SET_LIMITS_MBS, weights))


def best_set(result):
    """The one from the CPUs of node 0: (its weights, what it gave in MB/s, that of a node)"""
    summary = json.loads((result.folder / "found/summary.json").read_text(encoding="utf-8"))
    found, = [one for one in summary["best_sets"] if one["cpu_node"] == 0]
    weights = dict(map(int, share.split(":"))
                   for share in found["best_set"]["mem_node"].split("+"))
    return ([weights.get(node, 0) for node in range(len(SET_LIMITS_MBS))],
            found["best_set"]["bandwidth_bytes_per_s"] / 1e6,
            found["best_node"]["bandwidth_bytes_per_s"] / 1e6)


def check_ratio_tried(result):
    best = max((float(row["bandwidth_bytes_per_s"]) / 1e6
                for row in result.all_rows("found", mem_node="0:4+1:2+2:1", status="ok")),
               default=0)
    return ([] if 0.95 < best / sum(SET_LIMITS_MBS) < 1.02
            else [f"0:4+1:2+2:1: {best:.2f} MB/s, the limits are {sum(SET_LIMITS_MBS)} together"])


def check_best_set(result):
    weights, set_mbs, node_mbs = best_set(result)
    faults = result.status("found", 0)
    planted = sum(SET_LIMITS_MBS)
    if not all(weights) or carried_mbs(weights) < planted / 1.2:
        faults.append(f"weights {weights}: more than the last step of the search, 1.2, from 4:2:1")
    if not 0.9 < set_mbs / planted < 1.02:
        faults.append(f"weights {weights}: {set_mbs:.2f} MB/s, planted {planted}")
    if not 0.95 < node_mbs / max(SET_LIMITS_MBS) < 1.02:
        faults.append(f"best node: {node_mbs:.2f} MB/s, planted {max(SET_LIMITS_MBS)}")
    return faults


SCENARIOS = [
    Guest("planted-matrix", [("2 x 3 planted latencies: found in their order", check_order),
                             ("the way there is not the way back, and is found", check_asymmetry),
                             ("each row verified", clean_run("found", 12))],
          topology="planted", emulator=plugin("planted", WAITED_NS, 512, "wait"), script="""
measure found latency --size 256K --cached --pages 4K --rounds 2
"""),
    Guest("planted-exact", [("differences between nodes within 2 % of the planted",
                             check_differences),
                            ("and no value lies below the planted, or far above", check_level),
                            ("lstopo shows them as latencies after export", check_exported),
                            ("each row verified", clean_run("found", 4))],
          topology="single",
          emulator=plugin("single", CLOCKED_NS, 8192, "clock", "-icount", "shift=0,sleep=off",
                          "-global", "max-x86_64-cpu.l3-cache=off"),  # 16 MiB that are not modelled
          script="""
measure found latency --size 32M --pages 4K --rounds 1
"""),
    Guest("planted-limits", [("2 x 3 planted bandwidths: found within 2 %", check_limits),
                             ("each row verified", clean_run("found", 18))],
          topology="planted", nightly=True, limit_s=300,
          emulator=plugin("planted", NO_NS, 8192, "wait", limits=LIMITED), script="""
measure found bandwidth --kernel read --size 2M --cached --pages 4K --rounds 3
"""),
    Guest("planted-set", [("limits 4:2:1: the set 4:2:1 is tried, and carries their sum within 5 %",
                           check_ratio_tried),
                          ("weights a step from it at most carry 90 % of the sum; a node its own",
                           check_best_set)],
          topology="planted", nightly=True, limit_s=300,
          emulator=plugin("planted", NO_NS, 8191, "wait", limits=SET_LIMITED), script="""
measure found bandwidth --best-set --mix reads --cpu-nodes 0 --size 2M --cached --pages 4K \\
    --budget 2m
"""),
]
