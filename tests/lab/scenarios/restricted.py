# SPDX-License-Identifier: Apache-2.0
"""A process that may use a part of the machine only."""

from checks import (SMALL, check_refused, check_verified, differ, pairs_of, refused_run, row_name,
                    says)
from scenario import Guest


def check_restricted(step, sentence, pairs):
    def check(result):
        banner = f"warning: restricted by affinity or cgroup: {sentence}\n"
        rows = result.rows(step)
        return (result.status(step, 0) + differ(f"{step}: cells", pairs_of(rows), pairs)
                + ([] if banner in result.text(f"{step}.out") else [f"{step}: no '{banner}'"])
                + check_verified(result, rows))
    return check


def check_asked(result):
    """Cells that a user names are planned, and refused where the cpuset forbids them."""
    rows = result.rows("asked")
    measured = result.rows("asked", status="ok")
    others = [row for row in rows if row not in measured]
    return (result.status("asked", 1) + differ("rows", len(rows), 4)
            + differ("cells measured", [row_name(row) for row in measured], ["latency 0-0"])
            + check_verified(result, measured) + check_refused(others, r"^not allowed: .* node 1 "))


def check_unrestricted(result):
    banner = ["the banner is there"] if "restricted" in result.text("free.out") else []
    rows = result.rows("free")
    return result.status("free", 0) + banner + differ("rows", len(rows), 4) + check_verified(
        result, rows)


NUMBERS = r"this process may run on CPUs 2-3, but the system lists only CPUs 0-1 as online"


def check_doctor(result):
    said = result.text("doctor.out")
    return (result.status("doctor", 1) + says("doctor", said, NUMBERS, "CPUs none of 0-1")
            + (["CPU 4294967295"] if "4294967295" in said else []))


def check_part(result):
    """CPU 1 is in both lists, and measured; CPU 2 is named."""
    rows = result.rows("part")
    return (result.status("part", 0) + check_verified(result, rows)
            + differ("CPUs", {row["cpus"] for row in rows}, {"1"})
            + says("part", result.text("part.out"), "may run on CPU 2, but the system lists only"))


SCENARIOS = [
    Guest("renumbered", [
        ("no listed CPU: each row refused with both numbers", refused_run("all", 2, NUMBERS)),
        ("doctor says so, and invents no CPU", check_doctor),
        ("some listed: these are measured, the others named", check_part)], script=f"""
cell="latency {SMALL}"
echo 0-1 > /tmp/online
mount --bind /tmp/online /sys/devices/system/cpu/online
step all taskset -c 2-3 numaprobe $cell --no-progress --output all
step doctor taskset -c 2-3 numaprobe doctor
step part taskset -c 1-2 numaprobe $cell --no-progress --output part
"""),
    Guest("restricted", [
        ("taskset: the banner says so, the rest is measured", check_restricted(
            "affinity", "CPUs 2-3 of 0-3, memory nodes 0-1 of 0-1", [(1, 0), (1, 1)])),
        ("cpuset: the banner says so, the rest is measured", check_restricted(
            "cpuset", "CPUs 0-1 of 0-3, memory nodes 0 of 0-1", [(0, 0)])),
        ("cpuset: cells asked for by name are 'not allowed'", check_asked),
        ("twin: without, no banner and all is measured", check_unrestricted)], script=f"""
cell="latency {SMALL}"
measure free $cell
step affinity taskset -c 2-3 numaprobe $cell --no-progress --output affinity
echo +cpuset > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/half
echo 0-1 > /sys/fs/cgroup/half/cpuset.cpus
echo 0 > /sys/fs/cgroup/half/cpuset.mems
echo $$ > /sys/fs/cgroup/half/cgroup.procs
measure cpuset $cell
measure asked $cell --cpu-nodes 0,1 --mem-nodes 0,1
"""),
]
