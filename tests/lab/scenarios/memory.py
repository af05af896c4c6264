# SPDX-License-Identifier: Apache-2.0
"""Memory that is short, or that moves."""

import re

from checks import (MEBIBYTE, SMALL, check_refused, check_verified, clean_run, differ,
                    refused_run, row_name, says)
from scenario import Guest


def check_too_big(result):
    killed = re.findall(r".*(?:oom-kill|Out of memory|Killed process).*", result.text("dmesg"))
    return (result.status("big", 77) + killed + differ("rows", len(result.rows("big")), 1)
            + check_refused(result.rows("big"), r"node 1\b.*\d+(\.\d+)? ?[KMG]iB"))


def check_fits(result):
    rows = result.rows("fits")
    return result.status("fits", 0) + differ("rows", len(rows), 1) + [
        f"{row_name(row)}: {row['status']}, {row['placement']} {row['reason']}" for row in rows
        if (row["status"], row["placement"], row["nodes_seen"]) != ("ok", "verified", "1")]


def check_pool_empty(result):
    return check_refused(result.rows("pool", mem_node="1"), r"node 1\b.*nr_hugepages")


def check_pool(step, status, page_bytes, count, **wanted):
    """So many rows, each in pages of that size that are on its node."""
    def check(result):
        rows = result.rows(step, **wanted)
        return (result.status(step, status) + differ("rows", len(rows), count)
                + check_verified(result, rows, page_bytes=page_bytes))
    return check


def huge_pages(name, pages, page_bytes, **guest):
    """32 MiB of a node's pool are reserved at boot, then the same of the other one's."""
    kib, count = page_bytes >> 10, 32 * MEBIBYTE // page_bytes
    return Guest(name, [("node 1's pool is empty: refused, with the command", check_pool_empty),
                        (f"node 0's pages are {pages}, and on it",
                         check_pool("pool", 1, page_bytes, 4, mem_node="0")),
                        ("twin: with both pools all is verified",
                         check_pool("both", 0, page_bytes, 8))],
                 kernel_options=(f"hugepagesz={pages}", f"hugepages=0:{count}"), script=f"""
measure pool --size 4M --cached --rounds 1 --pages {pages}
echo {count} > /sys/devices/system/node/node1/hugepages/hugepages-{kib}kB/nr_hugepages
measure both --size 4M --cached --rounds 1 --pages {pages}
""", **guest)


def check_spill(result):
    faults = refused_run("spill", 1, "before the timing [0-9]+ of 65536 pages checked were on "
                         "another node than 1 .*nodes seen: 0-1", status=4)(result)
    for row in result.rows("spill"):
        there, elsewhere = int(row["pages_on_node_before"]), int(row["pages_off_node_before"])
        faults += differ("placement", row["placement"], "misplaced")
        faults += differ("pages counted", there + elsewhere, 65536)
        faults += [] if there > 1000 and elsewhere > 1000 else ["nothing was spilt"]
    return faults


def check_zero_pages(result):
    faults = refused_run("zero", 1, "63 were not resident", status=4)(result)
    for row in result.rows("zero"):
        faults += differ("placement", row["placement"], "misplaced")
        faults += differ("pages that are there", row["pages_on_node_before"], "1")
    return faults


def check_not_killed(result):
    killed = re.findall(r".*(?:oom-kill|Out of memory|Killed process).*", result.text("dmesg"))
    sentence = "256 MiB are needed on node 1, which has .* free"
    return killed + refused_run("full", 1, sentence)(result)


def check_migrated(step, refused_afterwards=None):
    """The second of three visits is migrated: all pages left node 1 in its window."""
    def check(result):
        rows = result.rows(step)
        faults = result.status(step, 4) + differ("rows", len(rows), 3)
        first, second, third = rows[:1], rows[1:2], rows[2:]
        for row in second:
            faults += differ("placement", row["placement"], "migrated")
            faults += differ("before", row["pages_on_node_before"], row["pages_total"])
            faults += differ("after", row["pages_off_node_after"], row["pages_total"])
            faults += differ("nodes_seen", row["nodes_seen"], "0-1")
            faults += differ("MIGRATED in flags", "MIGRATED" in row["flags"].split(), True)
        faults += check_verified(result, first)
        return faults + (check_refused(third, refused_afterwards) if refused_afterwards
                         else check_verified(result, third))
    return check


def check_balancing(result):
    asked_again, moved = int(result.text("absent")), int(result.text("moved"))
    release = tuple(map(int, re.findall(r"\d+", result.text("release"))[:2]))
    says_where = release >= (6, 12)  # seen: such a kernel locates a page that balancing unmapped
    return (clean_run("balanced", 6)(result)
            + ([] if asked_again or says_where
               else ["the kernel never said ENOENT: nothing was tried"])
            + ([] if moved else ["memory without a policy stayed: balancing is not at work"]))


def check_offlined(result):
    return (check_migrated("offlined", r"node 1 .*memory")(result)
            + differ("memory that is there", result.text("left").strip(), "0"))


def check_mthp(step):
    """Every row in pages of 64 KiB, though pages of 2 MiB are switched on too."""
    def check(result):
        rows = result.rows(step)
        return (result.status(step, 0) + differ("rows", len(rows), 1)
                + check_verified(result, rows, page_bytes=64 << 10))
    return check


def check_split(result):
    """The second of three visits is in pages of 4 KiB, on a slow host before its window begins."""
    rows = result.rows("split")
    faults = result.status("split", 4) + differ("rows", len(rows), 3)
    for row in rows[1:2]:
        faults += differ("placement", row["placement"], "wrong_page_size")
        faults += says("reason", row["reason"], "the timing .* asked were pages of 64KiB")
    return faults + check_verified(result, rows[:1] + rows[2:], page_bytes=64 << 10)


SCENARIOS = [
    Guest("node-too-small", [("700 MiB of a 512 MiB node: refused, not killed", check_too_big),
                             ("twin: 384 MiB of it are verified", check_fits)], script="""
measure big bandwidth --cpu-nodes 0 --mem-nodes 1 --size 700M --rounds 1 --pages 4K
measure fits bandwidth --cpu-nodes 0 --mem-nodes 1 --size 384M --rounds 1 --pages 4K
"""),
    huge_pages("huge-pages", "2M", 2 * MEBIBYTE),
    Guest("node-full", [("256 MiB of a node in use: refused, not killed", check_not_killed),
                        ("twin: when they are gone all is verified", clean_run("free", 1))],
          programs=("numactl",), script="""
few="bandwidth --cpu-nodes 0 --mem-nodes 1 --size 256M --rounds 1 --pages 4K"
numactl --membind=1 dd if=/dev/zero of=/dev/shm/full bs=1M count=300 2> /dev/null
measure full $few
rm /dev/shm/full
measure free $few
"""),
    Guest("spill", [("the kernel spills to node 0: the evidence shows it, refused", check_spill),
                    ("a policy that is not obeyed: refused",
                     refused_run("prefer", 1, r"the policy read back is another \(mode 1\)")),
                    ("zero pages are not resident: refused", check_zero_pages),
                    ("twin: left alone, all is verified", clean_run("alone", 1))],
          built=("meddler.so",), script=f"""
few="--cpu-nodes 0 --mem-nodes 1 --pages 4K --rounds 1"
meddle() {{ MEDDLE=$1 LD_PRELOAD=/in/meddler.so measure $1 $2 $few $3; }}
export MEDDLE_MIB=300
meddle spill bandwidth "--size 256M --cached" # so that no probe is met first
meddle prefer latency "--size 256K --cached"
meddle zero latency "--size 256K --cached"
measure alone latency $few --size 256K --cached
"""),
    Guest("moved", [("migratepages in mid-visit: one row migrated, exit 4",
                     check_migrated("moved")),
                    ("twin: left alone, all three are verified", clean_run("stayed", 3))],
          programs=("migratepages",), script=f"""
few="latency --cpu-nodes 0 --mem-nodes 1 {SMALL} --rounds 3"
measure stayed $few
during moved 'migratepages $pid 1 0' $few
"""),
    Guest("balancing", [("NUMA balancing: bound memory stays, ENOENT is asked again",
                         check_balancing),
                        ("twin: switched off, the same", clean_run("still", 2))],
          programs=("taskset",), built=("meddler.so",), script=f"""
few="latency --cpu-nodes 1 --mem-nodes 0,1 --pages 4K"
uname -r > release
mount -t debugfs debug /sys/kernel/debug
echo 0 > /proc/sys/kernel/numa_balancing
measure still $few --rounds 1 --size 256K --cached
echo 1 > /proc/sys/kernel/numa_balancing
for time in scan_period_min_ms scan_delay_ms scan_period_max_ms; do
    echo 20 > /sys/kernel/debug/sched/numa_balancing/$time
done
export MEDDLE_COUNT=/w/absent MEDDLE=balance
LD_PRELOAD=/in/meddler.so measure balanced $few --rounds 3 --size 32M --cached
taskset 1 dd if=/dev/zero of=/dev/null bs=32M count=1000 2> /dev/null &
usleep 1500000
taskset -p 4 $! > /dev/null
usleep 3000000
kill $!
sed -n 's/^numa_pages_migrated //p' /proc/vmstat > moved
"""),
    Guest("mthp", [("pages of 64 KiB are switched off: refused, with the switch",
                    refused_run("off", 1, r"64KiB are switched off, .*/hugepages-64kB/enabled says "
                                "never.* echo madvise")),
                   ("root sees each page of 64 KiB", check_mthp("root")),
                   ("who is not root has the kernel's counts", check_mthp("user")),
                   ("split in mid-visit: one row of a wrong page size, exit 4", check_split)],
          kernel="6.12", nightly=True, script="""
thp=/sys/kernel/mm/transparent_hugepage
few="latency --cpu-nodes 0 --mem-nodes 1 --size 8M --cached --pages mthp-64K"
mount -t debugfs debug /sys/kernel/debug
echo always > $thp/enabled
measure off $few --rounds 1
echo madvise > $thp/hugepages-64kB/enabled
measure root $few --rounds 1
echo nobody:x:65534:65534::/:/bin/sh > /etc/passwd
mkdir -m 1777 /w/user
step user su nobody -c "numaprobe $few --rounds 1 --no-progress --output /w/user/run"
mv user/run/* user/
split() {
    awk '/^[0-9a-f]+-/ { range = $1 }
         /^VmFlags:.* hg/ { split(range, ends, "-"); print ends[1], ends[2] }' /proc/$pid/smaps |
    while read from to; do
        echo "$pid,0x$from,0x$to" > /sys/kernel/debug/split_huge_pages
    done
}
during split split $few --rounds 3
"""),
    Guest("memory-offline", [("memory is taken away in mid-visit: migrated, then refused",
                              check_offlined),
                             ("twin: it is there, all is verified", clean_run("online", 3))],
          topology="dimm", script=f"""
few="latency --cpu-nodes 0 --mem-nodes 1 {SMALL} --rounds 3"
blocks=$(grep -l offline /sys/devices/system/memory/memory*/state)
for block in $blocks; do echo online_movable > $block; done
# The kernel lets processes use a new node by work that it does later (kernel/cgroup/cpuset.c,
# cpuset_track_online_nodes): on a busy host the first run came before it.
for try in $(seq 500); do
    ! grep -q '^Mems_allowed_list:.*1' /proc/self/status || break
    usleep 20000
done
take_away() {{  # takes longer than a visit on a busy host, so the program waits meanwhile
    kill -STOP $pid
    for block in $blocks; do
        for try in $(seq 50); do echo offline > $block && break; usleep 20000; done
    done
    kill -CONT $pid
}}
measure online $few
during offlined take_away $few
cat $blocks | grep -c online > left || true
"""),
]
