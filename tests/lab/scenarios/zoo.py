# SPDX-License-Identifier: Apache-2.0
"""The zoo: what a newcomer's plain run meets on other people's machines.

A condition is a line of a table: the guest, what is done to it, and what has to come of a plain
`numaprobe`. That is one of two things. Either it ends with 0, and latency and bandwidth of every
pair of nodes are verified; or it ends by itself and one sentence names what is in the way. In
neither does a row say "ok" without proof.
"""

import dataclasses
import re
import shlex
import typing

from checks import check_cpus_of_node, differ, says
from scenario import Guest

from . import zoo_plans

RUN = "numaprobe --budget 15s"  # few points of a curve: emulated time is dear
CONDITION_LIMIT_S = 300       # seen: 55 s on a host with ten times the work, once over 200
NAMED = ("1", "2", "4", "77")


# ---- what has to come of it ----------------------------------------------------------------------

@dataclasses.dataclass
class Expectation:
    words: str
    faults: typing.Callable  # function of (result, condition)


def proven(result, condition):
    """No row says ok without proof, and no thread of a pair was on CPUs of another node. A row
    whose pages moved in the timing keeps its value, and says so; such a run does not end with 0."""
    faults = []
    for row in result.all_rows(condition.name, status="ok"):
        if row["placement"] != "migrated" or not row["reason"]:
            faults += differ(f"{row['cell']} placement", row["placement"], "verified")
    for row in result.rows(condition.name, status="ok") if not condition.nodes else []:
        faults += check_cpus_of_node(result.machine, row)
    return faults


def lost_pairs(result, name):
    """Pairs of CPUs of which the host took one away for 10 ms, as a busy one does: such a row is
    a failure, and says nothing of the condition."""
    rows = [row for row in result.all_rows(name) if row["status"] != "ok"]
    lost = [row for row in rows if row["test"] == "c2c"
            and re.search("no line went .* one of them did not run", row["reason"])]
    return lost if len(lost) == len(rows) else []


def measured(words="measured", said=None, **columns):
    """Verified latency and bandwidth of every pair; rows of a pair have these values."""
    def check(result, condition):
        name, truth = condition.name, result.machine
        cpu_nodes, mem_nodes = condition.nodes or (truth.cpu_nodes, truth.memory_nodes)
        wanted = {(str(cpu), str(mem)) for cpu in cpu_nodes for mem in mem_nodes}
        faults = (result.status(name, 1 if lost_pairs(result, name) else 0)
                  + proven(result, condition))
        for test in ("latency", "bandwidth"):
            rows = result.rows(name, test=test, status="ok")
            pairs = {(row["cpu_node"], row["mem_node"]) for row in rows}
            faults += differ(f"pairs of nodes with {test}", sorted(pairs), sorted(wanted))
            for row in rows:
                for column, value in columns.items():
                    faults += differ(f"{row['cell']} {column}", row[column], value)
        return faults + (says(name, result.said(name), said) if said else [])
    return Expectation(words, check)


def named(words, pattern):
    """It ends by itself, with a sentence of this pattern on the terminal."""
    def check(result, condition):
        status = result.text(f"{condition.name}.status").strip()
        return (([] if status in NAMED else [f"exit status {status or 'nothing'}"])
                + says(condition.name, result.said(condition.name), pattern)
                + proven(result, condition))
    return Expectation(f"names {words}", check)


def either(first, second):
    def check(result, condition):
        return first.faults(result, condition) and second.faults(result, condition)
    return Expectation(f"{first.words}, or {second.words}", check)


def check_plan(result, name):
    refused = re.findall(r"refused: .*", result.text(f"{name}-plan.out"))
    return result.status(f"{name}-plan", 0) + [f"--dry-run: {why}" for why in refused[:1]]


# ---- a condition ---------------------------------------------------------------------------------

@dataclasses.dataclass
class Condition:
    """`set_up` and the run are one shell, root in a folder and a mount name space of its own."""
    name: str
    what: str
    expected: Expectation = dataclasses.field(default_factory=measured)
    set_up: str = ""
    prefix: str = ""      # words before the program
    options: str = ""     # words behind it
    after: str = ""       # undoes what outlives the shell
    nodes: tuple = ()     # (CPU nodes, memory nodes) where they are not those of the machine
    planned: bool = False  # a --dry-run before it must refuse nothing

    def script(self):
        shell = f"{self.set_up}\nexec {self.prefix} {RUN} {self.options}"
        plan = f"step {self.name}-plan {RUN} --dry-run" if self.planned else ""
        return "\n".join([plan, f"zoo {self.name} {shlex.quote(shell)}", self.after]) + "\n"

    def check(self, result):
        return self.expected.faults(result, self) + (check_plan(result, self.name)
                                                     if self.planned else [])

    def got(self, result):
        """In words: the status, and how many rows are proven, or the sentence."""
        status = result.text(f"{self.name}.status").strip() or "nothing"
        rows = result.all_rows(self.name)
        verified = [row for row in rows if row["placement"] == "verified"]
        if status == "0":
            return f"exit 0, {len(verified)} of {len(rows)} rows verified"
        reasons = [row["reason"] for row in rows if row["reason"]]
        said = result.text(f"{self.name}.err").strip().split("\n")
        return f"exit {status}, {len(verified)} of {len(rows)}: {(reasons or said)[0]}"


# A plain run makes its own directory. Of that only the rows are brought back, which takes time.
PREPARE = f"""
zoo() {{
    mkdir -m 1777 /w/in-$1
    step $1 timeout {CONDITION_LIMIT_S} unshare -m sh -c "cd /w/in-$1
$2"
    mkdir $1
    mv /w/in-$1/numaprobe-*/rows.csv $1/ 2> /dev/null
    rm -r /w/in-$1
}}
"""


def zoo(name, *conditions, prepare="", **guest):
    one = Guest(f"zoo-{name}", [(f"{each.what}: {each.expected.words}", each.check)
                                for each in conditions],
                script=PREPARE + prepare + "".join(each.script() for each in conditions),
                limit_s=60 + CONDITION_LIMIT_S * len(conditions), **guest)
    one.conditions = conditions
    return one


# ---- the pieces of which conditions are made -----------------------------------------------------

EMPTY = "echo -n > /tmp/empty\n"


def hide(path):
    return f"{EMPTY}mount --bind /tmp/empty {path}"


def group(name, *settings):
    """This shell in a control group (version 2) of these settings, each FILE=VALUE."""
    lines = ["for one in memory pids cpu cpuset; do"
             " echo +$one > /sys/fs/cgroup/cgroup.subtree_control; done",
             f"mkdir /sys/fs/cgroup/{name}"]
    for setting in settings:
        file, _, value = setting.partition("=")
        lines.append(f"echo {value} > /sys/fs/cgroup/{name}/{file}")
    return "\n".join([*lines, f"echo $$ > /sys/fs/cgroup/{name}/cgroup.procs"])


# Not where most systems mount it, and less than the 192 MiB that a run without limit would take.
GROUP_V1 = """mkdir /tmp/v1
mount -t cgroup -o memory none /tmp/v1
mkdir /tmp/v1/g
echo 128M > /tmp/v1/g/memory.limit_in_bytes
echo $$ > /tmp/v1/g/cgroup.procs"""

# What a kernel without CONFIG_NUMA has in /sys.
NO_NODES = """mkdir -p /tmp/system
mount -t tmpfs none /tmp/system
for folder in /sys/devices/system/*; do
    name=${folder##*/}
    [ $name = node ] || { mkdir /tmp/system/$name; mount --rbind $folder /tmp/system/$name; }
done
mount --rbind /tmp/system /sys/devices/system"""

NO_CACHES = """export HWLOC_COMPONENTS=-x86
for folder in /sys/devices/system/cpu/cpu[0-9]*/cache; do mount -t tmpfs none $folder; done"""

GREAT_CACHE = ('export HWLOC_THISSYSTEM=1 '
               'HWLOC_SYNTHETIC="[numa] l3:2(size=532676608) core:1 pu:1"')
PRIVATE_L2 = ('export HWLOC_THISSYSTEM=1 '
              'HWLOC_SYNTHETIC="[numa] l2:2(size=2097152) core:1 pu:1"')
# With its path: the shell of busybox has one of its own, which knows no --reuid.
NOBODY = "/bin/setpriv --reuid 65534 --regid 65534 --clear-groups"
DOCKER = "/in/deny EPERM docker"
THP = "/sys/kernel/mm/transparent_hugepage"
CLOCK = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
FOUR_PAGES = "echo 4 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"

PAGES_4K = measured("measured, in 4K pages", page_found_bytes="4096")
BY_COUNTS = measured("measured, found by numa_maps", located_by="numa_maps")
IN_PLACE = measured("measured, from its own node's CPUs, by numa_maps",
                    placed_by="first_touch", located_by="numa_maps")
ONLY_NODE = measured("measured, by the only node", placed_by="only_node")


# ---- the table -----------------------------------------------------------------------------------

SCENARIOS = [
    zoo("pages",
        Condition("plain-6.1", "kernel 6.1", planned=True),
        Condition("thp-never", "transparent huge pages never", PAGES_4K,
                  "echo 'always madvise [never]' > /tmp/never\n"
                  f"mount --bind /tmp/never {THP}/enabled"),
        Condition("thp-disabled", "PR_SET_THP_DISABLE by the parent process", PAGES_4K,
                  prefix="/in/no_thp"),
        Condition("pool-of-4", "--pages 2M, a pool of 4 pages",
                  either(measured(), named("the pool", "nr_hugepages")), FOUR_PAGES,
                  options="--pages 2M"),
        topology="1n", built=("no_thp",)),
    zoo("6.12",
        Condition("plain-6.12", "kernel 6.12", planned=True),
        Condition("size-never", "kernel 6.12, the switch of 2 MiB pages never", PAGES_4K,
                  f"echo never > {THP}/hugepages-2048kB/enabled",
                  after=f"echo inherit > {THP}/hugepages-2048kB/enabled"),
        Condition("docker-6.12", "kernel 6.12, Docker's seccomp profile", BY_COUNTS,
                  prefix=DOCKER),
        topology="1n", kernel="6.12", built=("deny",)),
    zoo("container",
        Condition("docker", "Docker's seccomp profile",
                  measured("measured, found by numa_maps", placed_by="only_node",
                           located_by="numa_maps"), prefix=DOCKER),
        Condition("no-move-pages", "move_pages denied", BY_COUNTS,
                  prefix="/in/deny EPERM move_pages"),
        Condition("no-mbind", "mbind denied", ONLY_NODE, prefix="/in/deny EPERM mbind"),
        Condition("no-calls", "mbind, get_mempolicy, move_pages: ENOSYS", ONLY_NODE,
                  prefix="/in/deny ENOSYS docker"),
        topology="1n", built=("deny",)),
    zoo("container-2s",
        Condition("docker-2s", "Docker's seccomp profile, two nodes", IN_PLACE,
                  prefix=DOCKER),
        Condition("docker-balanced", "the same, and NUMA balancing on",
                  either(measured(), named("balancing", "numa_balancing")),
                  "echo 1 > /proc/sys/kernel/numa_balancing", prefix=DOCKER,
                  after="echo 0 > /proc/sys/kernel/numa_balancing"),
        prepare="echo 0 > /proc/sys/kernel/numa_balancing\n", built=("deny",)),
    zoo("cpuset",
        Condition("cpuset-of-one", "a cpuset of one node of two",
                  measured(said="restricted by affinity or cgroup"),
                  group("one", "cpuset.cpus=0-1", "cpuset.mems=0"), nodes=((0,), (0,)))),
    zoo("nodes-hidden",
        Condition("no-node-directory", "no /sys/devices/system/node", set_up=NO_NODES),
        Condition("no-config-numa", "that and ENOSYS: no CONFIG_NUMA", ONLY_NODE,
                  f"{NO_NODES}\nmount --bind /dev/null /proc/$$/numa_maps",
                  "/in/deny ENOSYS docker"),
        Condition("empty-nodes", "an empty /sys/devices/system/node",
                  either(measured(), named("the directory", "/sys/devices/system/node is empty")),
                  "mount -t tmpfs none /sys/devices/system/node"),
        Condition("lxcfs", "lxcfs: CPU 0 online, affinity CPU 1",
                  either(measured(), named("both", r"may run on CPU 1\b.*only CPU 0\b")),
                  "echo 0 > /tmp/on\nmount --bind /tmp/on /sys/devices/system/cpu/online",
                  "taskset -c 1"),
        topology="1n", built=("deny",), programs=("taskset",)),
    zoo("caches-hidden",
        Condition("no-caches", "no caches shown", set_up=NO_CACHES),
        Condition("private-l2", "only a private L2 shown", set_up=PRIVATE_L2),
        Condition("one-cpu-allowed", "affinity to one CPU",
                  measured(said="restricted by affinity"), prefix="taskset -c 1"),
        topology="1n", programs=("taskset",)),
    zoo("files-hidden",
        Condition("no-zoneinfo", "/proc/zoneinfo masked",
                  either(measured(), named("the file", "/proc/zoneinfo")),
                  hide("/proc/zoneinfo")),
        Condition("no-meminfo", "/proc/meminfo masked",
                  either(measured(), named("the file", "/proc/meminfo")), hide("/proc/meminfo")),
        Condition("no-stat", "/proc/stat masked", set_up=hide("/proc/stat")),
        Condition("no-cgroup", "no /sys/fs/cgroup", set_up="umount -l /sys/fs/cgroup"),
        topology="1n"),
    # Below 512 MiB the kernel switches transparent huge pages off: mm/huge_memory.c.
    zoo("256m", Condition("memory-256m", "256 MiB of memory", PAGES_4K), topology="256m"),
    zoo("512m",
        Condition("memory-512m", "512 MiB of memory"),
        Condition("cache-508m-512m", "512 MiB of memory, 508 MiB of L3 shown",
                  set_up=GREAT_CACHE), topology="512m"),
    zoo("1g", Condition("cache-508m-1g", "1 GiB of memory, 508 MiB of L3 shown",
                        set_up=GREAT_CACHE), topology="1g"),
    zoo("2g", Condition("cache-508m-2g", "2 GiB of memory, 508 MiB of L3 shown",
                        set_up=GREAT_CACHE), topology="2g"),
    zoo("groups",
        Condition("group-128m", "memory.max 128M", set_up=group("small", "memory.max=128M")),
        Condition("group-512m", "memory.max 512M", set_up=group("large", "memory.max=512M")),
        Condition("group-high", "memory.high 256M", set_up=group("high", "memory.high=256M")),
        Condition("pids-max", "pids.max too small for the threads",
                  named("pids.max", r"pids\.max"), group("few", "pids.max=1")),
        Condition("quota", "cpu.max: half a CPU", set_up=group("half", "'cpu.max=50000 100000'")),
        topology="1n"),
    zoo("limits",
        Condition("group-v1", "control group v1, 128 MiB", set_up=GROUP_V1),
        Condition("overcommit", "overcommit_memory=2",
                  set_up="echo 2 > /proc/sys/vm/overcommit_memory",
                  after="echo 0 > /proc/sys/vm/overcommit_memory"),
        Condition("ulimit-v", "ulimit -v 400000",
                  either(measured(), named("the limit", "ulimit -v|RLIMIT_AS")),
                  "ulimit -v 400000"),
        Condition("ulimit-u", "ulimit -u 1, not root", named("the limit", "ulimit -u"),
                  "ulimit -u 1", NOBODY),
        topology="1n", programs=("setpriv",)),
    zoo("terminal",
        Condition("nobody", "not root", prefix=NOBODY),
        Condition("read-only", "a read-only working directory",
                  named("the directory", "Read-only file system"),
                  "mkdir /tmp/ro\nmount -t tmpfs -o ro none /tmp/ro\ncd /tmp/ro"),
        Condition("stopped", "SIGSTOP and SIGCONT in mid-run",
                  set_up="{ sleep 3; kill -STOP $$; sleep 3; kill -CONT $$; } &"),
        Condition("no-stdout", "stdout closed",
                  either(measured(), named("it", "stdout|standard output")), options=">&-"),
        Condition("no-stdin", "stdin closed, TERM unset", set_up="unset TERM", options="<&-"),
        topology="1n", programs=("setpriv",)),
    zoo("1cpu", Condition("1cpu", "one CPU"), topology="1cpu"),
    zoo("core", Condition("core", "one core with SMT"), topology="core"),
    zoo("across", Condition("across", "nodes across packages"), topology="across"),
    zoo("halves", Condition("halves", "nodes across a cache"), topology="halves"),
    zoo("fake", Condition("fake", "numa=fake=2", nodes=((0,), (0, 1))), topology="1n",
        kernel="full", kernel_options=("numa=fake=2",)),  # clouds' kernel cannot
    zoo("uneven", Condition("uneven", "a node of 100 MiB beside one of 1 GiB"),
        topology="uneven"),
    zoo("cxl", Condition("cxl", "a node without CPUs"), topology="cxl"),
    zoo("nomem", Condition("nomem", "a node without memory"), topology="nomem"),
    zoo("clocks",
        Condition("acpi-pm", "clocksource acpi_pm", set_up=f"echo acpi_pm > {CLOCK}"),
        Condition("jiffies", "clocksource jiffies",
                  either(measured(), named("the clock", "jiffies")),
                  f"echo jiffies > {CLOCK}"),
        topology="1n", kernel_options=("highres=off", "nohz=off", "tsc=unstable")),
    zoo_plans.SCENARIO,
]
