# SPDX-License-Identifier: Apache-2.0
"""System calls that are denied, and files that cannot be read."""

import re

from checks import (MEBIBYTE, SMALL, check_refused, check_verified, clean_run, differ,
                    refused_run, says)
from scenario import Guest


def unverifiable_run(step, count, pattern, status=4):
    """A check: measured, but nobody tells whether it is as asked, and why."""
    def check(result):
        rows = result.rows(step)
        faults = result.status(step, status) + differ(f"{step}: rows", len(rows), count)
        for row in rows:
            faults += differ("status", row["status"], "ok")
            faults += differ("placement", row["placement"], "unverifiable")
            faults += [] if row["latency_ns"] else ["no value"]
            faults += says(f"the reason '{row['reason']}'", row["reason"], pattern)
        return faults
    return check


def both(*checks):
    return lambda result: [fault for check in checks for fault in check(result)]


def check_nodes_hidden(result):
    found = re.findall(r"MISMATCH CPU (\d+): hwloc says node 0, the system node 1",
                       result.text("nodes-topo.out"))
    return (result.status("nodes-topo", 1) + differ("mismatches", found, ["2", "3"])
            + refused_run("nodes", 1, "CPU [23] is on node 0 for hwloc|/sys is hidden")(result))


def check_table_unreadable(result):
    return (clean_run("table", 4)(result) + result.status("table-topo", 0)
            + says("topo", result.text("table-topo.out"), "2 agree, 0 differ, 2 not comparable",
                   "4 agree, 0 differ, 0 not comparable",
                   "cannot read .*node1/cpulist: Permission denied"))


def check_size_unreadable(result):
    """Node 1 is still a node with memory, though nobody says how much."""
    return (result.status("meminfo", 1)
            + check_refused(result.rows("meminfo", mem_node="1"),
                            "cannot read .*node1/meminfo: Permission denied")
            + differ("rows", len(result.rows("meminfo")), 4)
            + differ("rows on node 0", len(result.rows("meminfo", status="ok")), 2))


def not_read(step, pattern):
    """A check: hwloc is not let near what would end it or block it forever."""
    return lambda result: (result.status(step, 77)
                           + says(step, result.text(f"{step}.err"), pattern))


MOVE_PAGES = r"move_pages\(2\), which reports where pages are, is denied here"

def placed_run(step, count, placed_by, located_by, page_bytes=4096):
    """A check: so many rows, all verified, by this way of placing and by this witness."""
    def check(result):
        rows = result.rows(step)
        faults = result.status(step, 0) + differ(f"{step}: rows", len(rows), count)
        for row in rows:
            faults += differ(f"{step}: placed_by", row["placed_by"], placed_by)
            faults += differ(f"{step}: located_by", row["located_by"], located_by)
        return faults + check_verified(result, rows, page_bytes=page_bytes)
    return check


def check_without_cpus(result):
    """Nodes 0 and 1 are written from their CPUs; nobody can write node 2 from there."""
    near = [row for row in result.rows("cxl") if row["mem_node"] != "2"]
    placed = {(row["placed_by"], row["located_by"]) for row in near}
    return (result.status("cxl", 1) + differ("rows", len(result.rows("cxl")), 6)
            + differ("rows of nodes 0 and 1", len(near), 4) + check_verified(result, near)
            + differ("placed and located by", placed, {("first_touch", "numa_maps")})
            + check_refused(result.rows("cxl", mem_node="2"),
                            r"node 2: mbind\(2\) is denied here .* no CPU .*--cap-add SYS_NICE")
            + result.status("cxl-doctor", 1)
            + says("doctor", result.text("cxl-doctor.out"),
                   r"BLOCK +placement +node 2: no buffer can be bound.*--cap-add SYS_NICE"))


def check_told(result):
    return (result.status("verify", 0)
            + says("doctor", result.text("doctor.out"),
                   r"ok +placement .*placed by first_touch, found by numa_maps")
            + says("verify", result.text("verify.out"), r"unknown: move_pages\(2\)",
                   r"by numa_maps alone: 4096 of 4096 pages on the node, 0 elsewhere",
                   "4 CPUs checked, 4 verified"))


PRIVATE = """
in_private() { name=$1; step $name unshare -m sh -c "$2 && exec /in/deny EPERM $3 --output $name"; }
"""

SCENARIOS = [
    Guest("denied", [
        ("mbind says EPERM or ENOSYS: each node is written from its CPUs, which is verified",
         both(placed_run("mbind", 4, "first_touch", "move_pages"),
              placed_run("no-mbind", 4, "first_touch", "move_pages"))),
        ("get_mempolicy is denied: what cannot be read back is not said to be bound",
         placed_run("policy", 4, "first_touch", "move_pages")),
        ("move_pages is denied: numa_maps is the witness",
         placed_run("pages", 4, "bind", "numa_maps")),
        ("all that Docker denies: written from its node, and found by numa_maps",
         placed_run("docker", 4, "first_touch", "numa_maps")),
        ("and so are transparent huge pages",
         placed_run("docker-thp", 4, "first_touch", "numa_maps", page_bytes=2 * MEBIBYTE)),
        ("and so are those of a pool",
         placed_run("docker-pool", 4, "first_touch", "numa_maps", page_bytes=2 * MEBIBYTE)),
        ("doctor and verify tell both", check_told),
        ("a policy from outside stays: misplaced by numa_maps, refused",
         refused_run("interleaved", 1, "pages checked were on another node than 1", status=4)),
        ("move_pages and numa_maps are denied: unverifiable, exit 4",
         unverifiable_run("blind", 1, MOVE_PAGES)),
        ("and --allow-unverified accepts it",
         unverifiable_run("allowed", 1, MOVE_PAGES, status=0)),
        ("getcpu is denied: unverifiable",
         unverifiable_run("place", 1, "does not report the CPU of a thread")),
        ("sched_getaffinity is denied: refused, not asked forever",
         not_read("affinity", r"hwloc would ask forever: sched_getaffinity\(2\): Operation not")),
        ("twin: no capability, but nothing denied",
         placed_run("nobody", 4, "bind", "move_pages")),
        ("twin: other calls denied", placed_run("other", 1, "bind", "move_pages"))],
          built=("deny",), programs=("numactl",), script=PRIVATE + f"""
few="latency {SMALL} --no-progress"
one="$few --cpu-nodes 0 --mem-nodes 1"
huge="latency --size 4M --cached --rounds 1 --no-progress"
# It moves pages that are not bound to those who use them, once these have worked for a second.
echo 0 > /proc/sys/kernel/numa_balancing
step mbind /in/deny EPERM mbind numaprobe $few --output mbind
step no-mbind /in/deny ENOSYS mbind numaprobe $few --output no-mbind
step policy /in/deny EPERM get_mempolicy numaprobe $few --output policy
step pages /in/deny EPERM move_pages numaprobe $few --output pages
step docker /in/deny EPERM docker numaprobe $few --output docker
step docker-thp /in/deny EPERM docker numaprobe $huge --pages thp --output docker-thp
for node in 0 1; do
    echo 16 > /sys/devices/system/node/node$node/hugepages/hugepages-2048kB/nr_hugepages
done
step docker-pool /in/deny EPERM docker numaprobe $huge --pages 2M --output docker-pool
step doctor /in/deny EPERM docker numaprobe doctor
step verify /in/deny EPERM docker numaprobe verify
step interleaved numactl --interleave=all /in/deny EPERM docker numaprobe $one --output interleaved
touch /tmp/empty
in_private blind 'mount --bind /tmp/empty /proc/$$/numa_maps' "move_pages numaprobe $one"
in_private allowed 'mount --bind /tmp/empty /proc/$$/numa_maps' \
    "move_pages numaprobe $one --allow-unverified"
step place /in/deny ENOSYS getcpu numaprobe $one --output place
step affinity timeout 20 /in/deny EPERM sched_getaffinity numaprobe topo
step other /in/deny EPERM migrate_pages numaprobe $one --output other
echo nobody:x:65534:65534::/:/bin/sh > /etc/passwd
mkdir -m 1777 /w/nobody
step nobody su nobody -c "numaprobe $few --output /w/nobody/run"
mv nobody/run/* nobody/
"""),
    Guest("denied-without-cpus", [
        ("nodes with CPUs are verified, the one without is refused with the remedy",
         check_without_cpus)],
          topology="cxl", built=("deny",), script=f"""
echo 0 > /proc/sys/kernel/numa_balancing
step cxl /in/deny EPERM docker numaprobe latency {SMALL} --no-progress --output cxl
step cxl-doctor /in/deny EPERM docker numaprobe doctor
"""),
    Guest("denied-one-node", [
        ("all that Docker denies: there is one node, and numa_maps says so too",
         placed_run("docker", 1, "only_node", "numa_maps")),
        ("without numa_maps, as without CONFIG_NUMA: what is resident is on the only node",
         placed_run("only", 1, "only_node", "only_node")),
        ("twin: nothing denied", placed_run("twin", 1, "bind", "move_pages"))],
          topology="1n", built=("deny",), script=PRIVATE + f"""
few="latency {SMALL} --no-progress"
step docker /in/deny EPERM docker numaprobe $few --output docker
touch /tmp/empty
in_private only 'mount --bind /tmp/empty /proc/$$/numa_maps' "docker numaprobe $few"
step twin numaprobe $few --output twin
"""),
    Guest("unreadable", [
        ("no /sys: CPUs 2 and 3 named, all refused", check_nodes_hidden),
        ("node 1's list of CPUs: not comparable, never agreement", check_table_unreadable),
        ("node 1's meminfo: its cells are refused by that name", check_size_unreadable),
        ("/proc/zoneinfo: refused by that name",
         refused_run("zones", 4, "cannot read /proc/zoneinfo: Permission denied")),
        ("an empty /proc/zoneinfo: refused too",
         refused_run("empty", 4, "/proc/zoneinfo does not report what .* of node [01]")),
        ("no smaps: sizes of pages are unverifiable",
         unverifiable_run("smaps", 4, "/proc/self/smaps")),
        ("no /proc: refused by that name",
         refused_run("proc", 4, "cannot read /proc/")),
        ("an empty directory of nodes: refused by that name",
         not_read("masked", "/sys/devices/system/node is empty")),
        ("twin: all readable", clean_run("twin", 4))], script=f"""
few="latency {SMALL} --no-progress"
node=/sys/devices/system/node
mkdir -m 1777 /tmp/out
echo nobody:x:65534:65534::/:/bin/sh > /etc/passwd
as_nobody() {{ name=$1; step $name su nobody -c "numaprobe $2 --output /tmp/out/$name"; }}
in_private() {{ name=$1; step $name unshare -m sh -c "$2 && exec numaprobe $few --output $name"; }}
as_nobody twin "$few"
chmod 0 $node/node1/cpulist
as_nobody table "$few"
step table-topo su nobody -c "numaprobe topo"
chmod 444 $node/node1/cpulist
chmod 0 $node/node1/meminfo
as_nobody meminfo "$few"
chmod 444 $node/node1/meminfo
chmod 0 /proc/zoneinfo
as_nobody zones "$few"
chmod 444 /proc/zoneinfo
mv /tmp/out/* .
touch /tmp/empty
in_private empty "mount --bind /tmp/empty /proc/zoneinfo"
in_private smaps 'mount --bind /tmp/empty /proc/$$/smaps'
in_private proc "umount -l /proc"
in_private nodes "mount -t tmpfs none /sys"
step masked unshare -m sh -c "mount -t tmpfs none $node && numaprobe topo"
step nodes-topo unshare -m sh -c "mount -t tmpfs none /sys && numaprobe topo"
"""),
]
