# SPDX-License-Identifier: Apache-2.0
"""What a scenario is: something that is done, and checks of what came out of it."""

import csv
import dataclasses
import functools
import io
import os
import pathlib
import subprocess
import sys
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "scripts/lab"))
import debian  # noqa: E402  (of scripts/lab)
import machine  # noqa: E402

# What every script begins with. Each step leaves NAME.out, NAME.err and NAME.status in the guest's
# /w. `during NAME ACT OPTIONS` runs numaprobe and does ACT, which may use $pid, in its second
# visit: behind the first row, as soon as a thread has been at work for 100 ms. To fill and link
# these small buffers takes a few; to warm up and measure takes at least 600.
PRELUDE = """step() { name=$1; shift; "$@" > "$name.out" 2> "$name.err"; echo $? > "$name.status"; }
measure() { name=$1; shift; step "$name" numaprobe "$@" --no-progress --output "$name"; }
at_work() {
    [ $(cat "$name/rows.csv" 2> /dev/null | wc -l) = 2 ] || return 1
    for task in /proc/$pid/task/*; do
        [ $task != /proc/$pid/task/$pid ] || continue
        worked=0
        read worked rest 2> /dev/null < $task/schedstat
        [ ${worked:-0} -lt 100000000 ] || return 0
    done
    return 1
}
during() {
    name=$1; act=$2; shift 2
    numaprobe "$@" --no-progress --output "$name" > "$name.out" 2> "$name.err" &
    pid=$!
    for try in $(seq 2000); do
        ! at_work || break
        usleep 5000
    done
    eval "$act"
    wait $pid
    echo $? > "$name.status"
}
"""


def program():
    return pathlib.Path(os.environ.get("NUMAPROBE", ROOT / "build/native/numaprobe"))


class Result:
    """What was brought back: steps with output and status, and run directories, by their names."""

    def __init__(self, folder, scenario):
        self.folder = folder
        self.scenario = scenario

    @property
    def machine(self):
        return machine.read_machines()[self.scenario.topology]

    def text(self, name):
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def said(self, step):
        return self.text(f"{step}.out") + self.text(f"{step}.err")

    def rows(self, step, **wanted):
        """The rows of one pair of nodes each, of these values in these columns: the others are of
        all nodes at once, of a chase beside a load, or of two CPUs."""
        return [row for row in self.all_rows(step, **wanted)
                if row["block"] not in ("peak", "loaded", "c2c", "probe")]

    def all_rows(self, step, **wanted):
        """The rows of a run directory, of these values in these columns; no half row."""
        path = self.folder / step / "rows.csv"
        text = path.read_bytes().decode() if path.exists() else ""
        whole = text[:text.rfind("\n") + 1]
        return [row for row in csv.DictReader(io.StringIO(whole, newline=""))
                if all(row[column] == value for column, value in wanted.items())]

    def status(self, step, expected):
        """The faults of a step's exit status: none or one."""
        found = self.text(f"{step}.status").strip() or "nothing"
        if found == str(expected):
            return []
        said = (self.text(f"{step}.err") or self.text(f"{step}.out")).strip().split("\n")[-1]
        return [f"{step}: exit status {found}, not {expected}: {said}"]


@dataclasses.dataclass
class Scenario:
    """Something done on this machine by `work`, a function of (folder) that leaves steps there."""
    name: str
    checks: list              # (what is expected, function of a Result that returns the faults)
    work: typing.Optional[typing.Callable] = None
    nightly: bool = False     # takes minutes: only when named, or with --nightly

    def perform(self, folder):
        """Does it; returns what stood in the way, as faults of every check."""
        self.work(folder)
        return []


@dataclasses.dataclass
class Guest(Scenario):
    """One boot of a machine, and a shell script there."""
    topology: str = "2s"
    script: str = ""
    cpu_nodes: typing.Optional[list] = None  # of the matrix; all by default
    inputs: tuple = ()        # files of tests/lab/files, for the guest's /in
    snapshots: tuple = ()     # hwloc's machines, as /in/NAME for HWLOC_FSROOT
    programs: tuple = ()      # beside numaprobe, for the guest's /bin
    built: tuple = ()         # of tests/lab/files: NAME.c as /in/NAME, LIBRARY.so as /in/LIBRARY.so
    architecture: str = debian.OWN
    kernel: str = ""          # "6.12", "full", as of scripts/lab/guest; Debian's own by default
    kernel_options: tuple = ()
    emulator: typing.Callable = lambda folder: []  # more words for qemu; may build what it needs
    limit_s: int = 150

    def perform(self, folder):
        command = [ROOT / "scripts/lab/guest", "-t", self.topology, "-a", self.architecture,
                   "-b", program_for(self.architecture), "-o", "*", "--dmesg", "-d", folder,
                   "-l", self.limit_s, "--kernel", self.kernel]
        for name in self.programs:
            command += ["-b", name]
        for name in self.inputs:
            command += ["-i", f"{HERE}/files/{name}=/in/{name}"]
        for name in self.snapshots:
            command += ["-i", f"{unpack_snapshot(name, folder)}=/in/{name}"]
        for name in self.built:
            command += ["-i", f"{build(name, folder)}=/in/{name}"]
        command += [f"--kernel-option={option}" for option in self.kernel_options]
        command += [f"--qemu={word}" for word in self.emulator(folder)]
        done = subprocess.run([*map(str, command), "sh", "-c", PRELUDE + self.script], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return ([f"guest: exit status {done.returncode}: {done.stdout.strip()}"]
                if done.returncode else [])


@functools.lru_cache(maxsize=None)
def program_for(architecture):
    if architecture == debian.OWN:
        return program()
    return subprocess.run([ROOT / "scripts/build-aarch64"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def unpack_snapshot(name, folder):
    """One of hwloc's machines, the files of its /sys and /proc, in FOLDER."""
    archive = debian.hwloc_machines() / f"linux/{name}.tar.bz2"
    (folder / name).mkdir()
    subprocess.run(["tar", "-C", folder / name, "--strip-components=1", "-xf", archive],
                   check=True)
    return folder / name


def build(name, folder, *options):
    """tests/lab/files/NAME.c as a static program, or as a library when NAME ends in .so."""
    source = HERE / "files" / pathlib.Path(name).with_suffix(".c").name
    kind = ["-fPIC", "-shared"] if name.endswith(".so") else ["-static"]
    subprocess.run(["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", *kind, *options,
                    source, "-o", folder / name], check=True)
    return folder / name
