# SPDX-License-Identifier: Apache-2.0
"""CPUs that are not there, or go away."""

import machine
from checks import SMALL, check_refused, check_verified, clean_run, differ, says
from scenario import Guest


def check_one_offline(result):
    return (result.status("topo-one", 0) + clean_run("one", 2)(result)
            + says("topo", result.text("topo-one.out"), r"(?m)^1 .* yes +2$", "3 agree, 0 differ")
            + differ("CPUs", {row["cpus"] for row in result.rows("one")}, {"2"}))


def check_too_few(result):
    return result.status("threads", 2) + says("threads", result.text("threads.err"),
                                              "--threads 2: CPU node 1 has 1 CPU ")


def check_both_offline(result):
    return (clean_run("both", 2)(result) + result.status("named", 2)
            + differ("CPU nodes", {row["cpu_node"] for row in result.rows("both")}, {"0"})
            + says("named", result.text("named.err"), "--cpu-nodes: node 1 has no CPUs"))


def check_left(step, others, refused):
    """In the second of three visits the thread is seen on others; the third is unavailable."""
    def check(result):
        rows = result.rows(step)
        faults = result.status(step, 4) + differ(f"{step}: rows", len(rows), 3)
        faults += check_verified(result, rows[:1]) + check_refused(rows[2:], refused)
        for row in rows[1:2]:
            faults += differ("placement", row["placement"], "migrated")
            faults += differ("threads_moved", row["threads_moved"], "1")
            seen = set(machine.parse_list(row["cpus_seen"])) - {3}
            faults += [] if seen and seen <= others else [f"cpus_seen: {row['cpus_seen']}"]
            faults += says("flags", row["flags"], "CPU_MOVED")
            faults += says("reason", row["reason"], "pinned to CPUs 3 left their CPU")
        return faults
    return check


def check_taken_memory(result):
    """The kernel moves the pages behind the back of who narrows the group: some may be left."""
    rows = result.rows("mems")
    faults = result.status("mems", 4) + differ("mems: rows", len(rows), 3)
    faults += check_verified(result, rows[:1])
    for row in rows[1:2]:
        faults += differ("placement", row["placement"], "migrated")
        faults += [] if int(row["pages_off_node_after"]) else ["no page was seen elsewhere"]
    return faults + check_refused(rows[2:], "the cpuset of this process excludes it")


SCENARIOS = [
    Guest("cpu-offline", [
        ("CPU 3 was offline before: node 1 is CPU 2", check_one_offline),
        ("two threads asked of one CPU: exit 2", check_too_few),
        ("both of node 1 offline: a node without CPUs", check_both_offline),
        ("CPU 3 goes in mid-visit: the row says so, the next is refused",
         check_left("gone", {0, 1, 2}, r"CPU 3 is not online \(online: 0-2\)")),
        ("twin: with all CPUs all is verified", clean_run("all", 3))], script=f"""
few="latency {SMALL} --cpu-nodes 1"
cpu() {{ echo $2 > /sys/devices/system/cpu/cpu$1/online; }}
measure all $few --mem-nodes 1 --rounds 3
during gone 'cpu 3 0' $few --mem-nodes 1 --rounds 3
step topo-one numaprobe topo
measure one $few
step threads numaprobe bandwidth --cpu-nodes 1 --threads 2 --dry-run
cpu 2 0
measure both latency {SMALL}
step named numaprobe latency --cpu-nodes 1 --dry-run
"""),
    Guest("cpuset-narrows", [
        ("its CPUs are taken in mid-visit: the row says so, the next is refused",
         check_left("cpus", {0, 1}, "this process may not run on it")),
        ("its memory is taken in mid-visit: migrated, the next is refused", check_taken_memory),
        ("twin: in the same group, left alone", clean_run("wide", 3))], script=f"""
few="latency {SMALL} --rounds 3"
group=/sys/fs/cgroup/some
echo +cpuset > /sys/fs/cgroup/cgroup.subtree_control
mkdir $group
echo 0-3 > $group/cpuset.cpus
echo 0-1 > $group/cpuset.mems
echo $$ > $group/cgroup.procs
measure wide $few --cpu-nodes 1 --mem-nodes 1
during cpus 'echo 0-1 > $group/cpuset.cpus' $few --cpu-nodes 1 --mem-nodes 1
echo 0-3 > $group/cpuset.cpus
for try in 1 2 3; do # a worker of the kernel moves the pages, and may come behind the visit
    rm -rf mems
    echo 0-1 > $group/cpuset.mems
    during mems 'echo 0 > $group/cpuset.mems' $few --cpu-nodes 0 --mem-nodes 1
    ! grep -q migrated mems/rows.csv || break
done
"""),
]
