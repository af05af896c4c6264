# SPDX-License-Identifier: Apache-2.0
"""A run that is killed, stopped, or has no disk left: what was finished is there, and goes on."""

import json

from checks import SMALL, check_verified, clean_run, differ, says
from scenario import Guest

KILLS = 100
ROUNDS = 30  # of 4 cells: more visits than the kills leave time for


def check_killed(result):
    """Each line of `kills`: finished rows before and after, and whether the old ones stayed."""
    lines = [line.split() for line in result.text("kills").splitlines()]
    faults = differ("kills", len(lines), KILLS)
    faults += [f"kill {number}: {line}" for number, line in enumerate(lines)
               if line[2] != "kept" or int(line[1]) < int(line[0])]
    grown = sum(1 for line in lines if int(line[1]) > int(line[0]))
    idle = sum(1 for line in lines if int(line[0]) == ROUNDS * 4)
    return (faults + ([] if grown > 10 else [f"only {grown} of the stretches finished a row"])
            + ([f"{idle} of the kills hit a finished run"] if idle > KILLS // 10 else []))


def planned(result, step):
    return json.loads(result.text(f"{step}/machine.json"))["settings"]["cells"]


def check_finished(result):
    """All visits of the plan, in the order and with the seeds of a run that nobody stopped."""
    rows, twin = result.rows("run"), result.rows("twin")
    faults = differ("rows", len(rows), ROUNDS * 4) + result.status("finish", 0)
    for column in ("cell", "seed", "visit", "round"):
        found = [row[column] for row in rows[:len(twin)]]
        faults += differ(column, found, [row[column] for row in twin])
    faults += differ("visits", [int(row["visit"]) for row in rows], list(range(1, len(rows) + 1)))
    faults += differ("run_id", len({row["run_id"] for row in rows}), 1)
    for cell in planned(result, "run"):
        count = sum(1 for row in rows if row["cell"] == cell)
        faults += differ(f"visits of {cell}", count, ROUNDS)
    return faults + check_verified(result, rows)


def check_stillborn(result):
    """Killed in its first moments: nothing is there, or it is finished, or a sentence says why."""
    faults = differ("runs", len(result.text("born").splitlines()), 20)
    for line in result.text("born").splitlines():
        number, status, count = line.split()
        if status == "0":
            faults += differ(f"run {number}: rows", count, "1")
        else:
            faults += differ(f"run {number}: status", status in ("1", "2"), True)
            faults += says(f"run {number}", result.text(f"born-{number}.err"),
                           "--resume: nothing can be resumed from ")
    return faults


def check_disk_full(result):
    rows = result.rows("full")
    return (result.status("full", 1) + says("full", result.text("full.err"), "No space left")
            + ([] if rows else ["no finished row was kept"]) + check_verified(result, rows)
            + result.status("more", 0) + differ("rows", len(result.rows("more-full")), 24)
            + check_verified(result, result.rows("more-full")))


def check_stopped(result):
    """Emulation on a busy host has gaps of its own, but none as long as the stop of 600 ms."""
    rows = result.rows("stop")
    faults = result.status("stop", 0) + differ("rows", len(rows), 3)
    faults += [] if "GAP" in rows[1]["flags"].split() else [f"flags: {rows[1]['flags']}"]
    gaps_ms = [int(row["gap_max_ns"]) // 1000000 for row in rows]
    return faults + ([] if gaps_ms[1] >= 590 and gaps_ms[0] < 400 else [f"gaps: {gaps_ms} ms"])


def check_clock_step(result):
    """The clock of day is put back an hour; nothing that is measured goes by it."""
    rows = result.rows("step")
    times = [row["timestamp_utc"] for row in rows]
    values = [float(row["latency_ns"]) for row in rows]
    return (clean_run("step", 3)(result) + ([] if times[2] < times[0] else ["no step was seen"])
            + ([] if all(0 < value < 1000 for value in values) else [f"latencies {values}"]))


SCENARIOS = [
    Guest("killed", [
        (f"kill -9 at {KILLS} random moments: finished rows stay", check_killed),
        ("--resume after each finishes plan and seeds as planned", check_finished),
        ("killed in its first moments: resumed, or said why not", check_stillborn),
        ("twin: nobody stopped it", clean_run("twin", 8))], limit_s=560, nightly=True, script=f"""
few="latency {SMALL.replace('--rounds 1', '')} --no-progress"
RANDOM=7
finished() {{ cat run/rows.csv 2> /dev/null | tail -n +2 | grep -c "$(printf '\\r')$"; }}
kill_after() {{ usleep $1; kill -9 $pid; wait $pid 2> /dev/null; }}
measure twin $few --rounds 2
numaprobe $few --rounds {ROUNDS} --output run > /dev/null 2>&1 &
pid=$!
for kill in $(seq {KILLS}); do
    before=$(finished)
    head -n $((before + 1)) run/rows.csv > old 2> /dev/null
    kill_after $((RANDOM * 50 + 200000))
    same=lost
    head -c $(wc -c < old) run/rows.csv | cmp -s - old && same=kept
    echo $before $(finished) $same >> kills
    [ -s run/machine.json ] || break
    numaprobe --resume run --no-progress > /dev/null 2>&1 &
    pid=$!
done
kill -9 $pid
wait $pid
step finish numaprobe --resume run --no-progress
for born in $(seq 20); do
    numaprobe $few --rounds 1 --cpu-nodes 0 --mem-nodes 0 --output born$born > /dev/null 2>&1 &
    pid=$!
    kill_after $((born * 15000))
    step born-$born numaprobe --resume born$born --no-progress
    rows=$(cat born$born/rows.csv 2> /dev/null | tail -n +2 | wc -l)
    echo $born $(cat born-$born.status) $rows >> born
done
rm -rf born[0-9]*
"""),
    Guest("disk-full", [("a full disk in mid-run: said, finished rows kept, resumed later",
                         check_disk_full),
                        ("twin: with room all is written", clean_run("room", 24))], script=f"""
few="latency {SMALL.replace('--rounds 1', '--rounds 6')} --no-progress"
measure room $few
mkdir disk
mount -t tmpfs -o size=1m disk disk
left=$(($(du -sk room | cut -f 1) - 12))
dd if=/dev/zero of=disk/filling bs=1k count=$((1024 - left)) 2> /dev/null
step full numaprobe $few --output disk/run
cp -r disk/run full
rm disk/filling
step more numaprobe --resume disk/run --no-progress
cp -r disk/run more-full
umount disk
"""),
    Guest("stopped", [("SIGSTOP in mid-visit: the row is flagged", check_stopped),
                      ("the clock of day is put back: nothing is measured by it", check_clock_step),
                      ("twin: left alone", clean_run("alone", 3))], script=f"""
few="latency {SMALL} --cpu-nodes 0 --mem-nodes 0 --rounds 3"
measure alone $few
during stop 'kill -STOP $pid; usleep 600000; kill -CONT $pid' $few
during step 'date -s @$(($(date +%s) - 3600)) > /dev/null' $few
"""),
]
