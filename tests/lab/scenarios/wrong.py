# SPDX-License-Identifier: Apache-2.0
"""hwloc is shown another machine than the one that runs: each CPU in the wrong place is named."""

import re

import machine
from checks import (SMALL, check_refused, check_verified, clean_run, differ, pairs_of, refused_run,
                    row_name, says)
from scenario import Guest


def check_wrong_topo(result):
    found = re.findall(r"MISMATCH CPU (\d+): hwloc says node (\d+), the system node (\d+)",
                       result.text("wrong-topo.out"))
    expected = [("1", "1", "0"), ("2", "0", "1")] * 2  # two witnesses
    return result.status("wrong-topo", 1) + differ("mismatches", found, expected)


def check_wrong_rows(result):
    rows = result.rows("wrong")
    bad = [row for row in rows if {1, 2} & set(machine.parse_list(row["cpus"]))]
    bandwidth = [row for row in rows if row["test"] == "bandwidth"]
    good = [row for row in rows if row not in bad]
    return (result.status("wrong", 1) + differ("rows", len(rows), 8)
            + differ("rows of bandwidth on CPU 1 or 2", len(set(map(row_name, bandwidth))
                                                            & set(map(row_name, bad))), 4)
            + check_refused(bad, r"CPU [12] is on node [01] for hwloc but on node [01] for")
            + [fault for row in good for fault in differ(row_name(row), row["status"], "ok")])


def check_right_topo(result):
    return (result.status("right-topo", 0) + clean_run("right", 8)(result)
            + (["MISMATCH"] if "MISMATCH" in result.text("right-topo.out") else []))


def check_other_shape(result):
    """In the snapshot each of two CPUs is a node; here both are on node 0, which has memory."""
    found = re.findall(r"MISMATCH CPU (\d+): hwloc says node (\d+), the system node (\d+)",
                       result.text("other-topo.out"))
    rows = result.rows("other")
    return (result.status("other-topo", 1) + differ("mismatches", found, [("1", "1", "0")] * 2)
            + result.status("other", 1) + differ("rows", len(rows), 4)
            + check_refused([row for row in rows if row["cpu_node"] == "1"],
                            "CPU 1 is on node 1 for hwloc but on node 0 for"))


def check_other_nodes(result):
    """48 CPUs on nodes of which this machine has two; 44 of the CPUs are not here either."""
    said = result.text("sparse-topo.out")
    unknown = re.findall(r"MISMATCH node (\d+): hwloc has it, the system does not", said)
    named = {int(cpu) for cpu in re.findall(r"MISMATCH CPU (\d+): ", said)}
    return (result.status("sparse-topo", 1)
            + differ("unknown nodes", unknown, ["2", "33", "34", "45", "72", "73"])
            + differ("CPUs that are not here and are named", set(range(4, 48)) - named, set())
            + refused_run("sparse", 1, "hwloc names node 72, which the operating system does not",
                          status=77)(result))


def check_device(result):
    """A GPU's memory: named, left out of a plain run, measured where it is asked for."""
    plain, asked = result.rows("plain"), result.rows("asked")
    said = "the system has node 2, memory without CPUs that hwloc hides, as that of a GPU"
    return (result.status("gpu-topo", 0) + says("topo", result.text("gpu-topo.out"), said,
                                                r"(?m)^2 .*MiB .* yes +none of its own$")
            + says("doctor", result.text("gpu-doctor.out"), "hwloc does not show nodes 2")
            + says("machine.json", result.text("plain/machine.json"), said)
            + result.status("plain", 0) + check_verified(result, plain)
            + differ("plain", pairs_of(plain), [(0, 0), (0, 1), (1, 0), (1, 1)])
            + result.status("asked", 0) + check_verified(result, asked)
            + differ("asked", pairs_of(asked), [(0, 2), (1, 2)]))


def check_shown(step):
    def check(result):
        rows = result.rows(step)
        unwanted = ["the system has"] if "the system has" in result.said(step) else []
        return (unwanted + result.status(step, 0) + check_verified(result, rows)
                + differ(step, pairs_of(rows), [(cpu, node) for cpu in (0, 1)
                                                for node in (0, 1, 2)]))
    return check


def check_double(result):
    """Two nodes list the same CPUs: hwloc keeps the first one. Memory of the second is
    unavailable: its rows are refused, and not missing."""
    rows = result.rows("double")
    said = "the system has node 1, which hwloc does not show"
    return (result.status("double-topo", 0)
            + says("topo", result.text("double-topo.out"), said, r"(?m)^1 .* yes +none of its own$",
                   "2 agree, 0 differ")
            + differ("double", pairs_of(rows), [(0, 0), (0, 1)])
            + result.status("double", 1)
            + check_verified(result, [row for row in rows if row["mem_node"] == "0"])
            + check_refused([row for row in rows if row["mem_node"] == "1"], "node 1"))


SCENARIOS = [
    Guest("gpu-memory", [("hidden: named, left out, measured where asked", check_device),
                         ("twin: shown by hwloc, an ordinary node", check_shown("kept")),
                         ("twin: no GPU, no word", check_shown("none"))],
          topology="cxl", script=f"""
few="latency {SMALL}"
measure none $few
mount -t tmpfs none /proc/driver
mkdir -p /proc/driver/nvidia/gpus/0000:01:00.0
echo "Node: 2" > /proc/driver/nvidia/gpus/0000:01:00.0/numa_status
step gpu-topo numaprobe topo
step gpu-doctor numaprobe doctor
measure plain $few
measure asked $few --mem-nodes 2
export HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES=1
measure kept $few
"""),
    Guest("double-node", [("named, and its rows refused", check_double),
                          ("twin: one node, no word", clean_run("single", 1))],
          topology="1n", script=f"""
few="latency {SMALL}"
measure single $few
mkdir /tmp/n
mount -t tmpfs none /tmp/n
cp -r /sys/devices/system/node/. /tmp/n/ 2> /dev/null
cp -r /tmp/n/node0 /tmp/n/node1
sed -i 's/^Node 0/Node 1/' /tmp/n/node1/meminfo
for file in online possible has_memory has_normal_memory has_cpu; do echo 0-1 > /tmp/n/$file; done
echo 10 10 > /tmp/n/node0/distance
echo 10 10 > /tmp/n/node1/distance
mount --bind /tmp/n /sys/devices/system/node
step double-topo numaprobe topo
measure double $few
"""),
    Guest("wrong-topology", [("topo names CPUs 1 and 2, exit 1", check_wrong_topo),
                             ("cells with CPU 1 or 2 are refused", check_wrong_rows),
                             ("twin: the right shape is clean", check_right_topo)],
          inputs=("two-nodes-right.xml", "two-nodes-wrong.xml"), script=f"""
export HWLOC_THISSYSTEM=1
for shape in right wrong; do
    export HWLOC_XMLFILE=/in/two-nodes-$shape.xml
    step $shape-topo numaprobe topo
    measure $shape {SMALL}
done
"""),
    Guest("other-machine", [("a snapshot of 2 nodes: CPU 1 named, its cells refused",
                             check_other_shape),
                            ("one of 48 CPUs: CPUs and nodes named, refused", check_other_nodes),
                            ("twin: without it all is verified", clean_run("own", 4))],
          snapshots=("2amd64-2n", "48amd64-4d2n6c-sparse"), script=f"""
few="latency {SMALL}"
measure own $few
export HWLOC_THISSYSTEM=1 HWLOC_COMPONENTS=linux,stop
export HWLOC_FSROOT=/in/2amd64-2n
step other-topo numaprobe topo
measure other $few
export HWLOC_FSROOT=/in/48amd64-4d2n6c-sparse
step sparse-topo numaprobe topo
measure sparse $few --cpu-nodes 0 --mem-nodes 72
"""),
]
