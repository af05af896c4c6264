# SPDX-License-Identifier: Apache-2.0
"""System calls that are denied, and files that cannot be read."""

import re

from checks import SMALL, check_refused, clean_run, differ, refused_run, says
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
    """A check: hwloc is not let near what would end it or hold it for ever."""
    return lambda result: (result.status(step, 77)
                           + says(step, result.text(f"{step}.err"), pattern))


MOVE_PAGES = r"move_pages\(2\), which tells where pages are, is denied here"

SCENARIOS = [
    Guest("denied", [
        ("mbind says EPERM or ENOSYS: refused, with the remedy",
         both(refused_run("mbind", 1, r"mbind\(2\) is denied here .*--cap-add SYS_NICE"),
              refused_run("no-mbind", 1, r"mbind\(2\) is denied here .*--cap-add SYS_NICE"))),
        ("get_mempolicy is denied: refused, it cannot be read back",
         refused_run("policy", 1, r"get_mempolicy\(2\) is denied here")),
        ("move_pages is denied: unverifiable, exit 4", unverifiable_run("pages", 1, MOVE_PAGES)),
        ("and --allow-unverified accepts it",
         unverifiable_run("allowed", 1, MOVE_PAGES, status=0)),
        ("getcpu is denied: unverifiable",
         unverifiable_run("place", 1, "does not say on which CPU a thread runs")),
        ("sched_getaffinity is denied: refused, not asked for ever",
         not_read("affinity", r"hwloc would ask for ever: sched_getaffinity\(2\): Operation not")),
        ("twin: no capability, but nothing denied", clean_run("nobody", 4)),
        ("twin: other calls denied", clean_run("other", 1))],
          built=("deny",), script=f"""
few="latency {SMALL} --no-progress"
one="$few --cpu-nodes 0 --mem-nodes 1"
step mbind /in/deny EPERM mbind numaprobe $one --output mbind
step no-mbind /in/deny ENOSYS mbind numaprobe $one --output no-mbind
step policy /in/deny EPERM get_mempolicy numaprobe $one --output policy
step pages /in/deny EPERM move_pages numaprobe $one --output pages
step allowed /in/deny ENOSYS move_pages numaprobe $one --output allowed --allow-unverified
step place /in/deny ENOSYS getcpu numaprobe $one --output place
step affinity timeout 20 /in/deny EPERM sched_getaffinity numaprobe topo
step other /in/deny EPERM migrate_pages numaprobe $one --output other
echo nobody:x:65534:65534::/:/bin/sh > /etc/passwd
mkdir -m 777 /w/nobody
step nobody su nobody -c "numaprobe $few --output /w/nobody/run"
mv nobody/run/* nobody/
"""),
    Guest("unreadable", [
        ("no /sys: CPUs 2 and 3 named, all refused", check_nodes_hidden),
        ("node 1's list of CPUs: not comparable, never agreement", check_table_unreadable),
        ("node 1's meminfo: its cells are refused by that name", check_size_unreadable),
        ("/proc/zoneinfo: refused by that name",
         refused_run("zones", 4, "cannot read /proc/zoneinfo: Permission denied")),
        ("an empty /proc/zoneinfo: refused too",
         refused_run("empty", 4, "/proc/zoneinfo does not tell what .* of node [01]")),
        ("no smaps: sizes of pages are unverifiable",
         unverifiable_run("smaps", 4, "/proc/self/smaps")),
        ("no /proc: refused by that name",
         refused_run("proc", 4, "cannot read /proc/")),
        ("an empty directory of nodes: refused by that name",
         not_read("masked", "/sys/devices/system/node is empty")),
        ("twin: all readable", clean_run("twin", 4))], script=f"""
few="latency {SMALL} --no-progress"
node=/sys/devices/system/node
mkdir -m 777 /tmp/out
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
