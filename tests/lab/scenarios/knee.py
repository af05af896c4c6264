# SPDX-License-Identifier: Apache-2.0
"""A queue that is planted by a plugin of qemu: the curve of `loaded` must show its knee.

Node 1 serves so many lines per second, one after the other, and the loading CPU may have a long
queue of them. A chain's load waits behind all that was asked for before it. So below the planted
bandwidth it waits for a burst at most, and at that bandwidth for the whole queue: the knee is a
corner. Node 2 has the same latency and no queue.

A busy host only takes: it makes the chain's loads longer and what is asked for less. So the least
of several visits counts where a latency is compared, and what the host did to pauses is seen by
the bandwidth that came of them. Waits are long, so that they can be slept, because a busy host
soon wakes who sleeps, and takes the CPU from who does not.
"""

import re
import statistics

from checks import differ
from scenario import Guest

from .truth import plugin

# How long a load takes, with the service of its own line, when nothing else is asked for.
IDLE_NS = 400000
LIMIT_MBS = 8
LINE_NS = 64 * 1000 // LIMIT_MBS
QUEUE_LINES = 1024

# A full queue shrinks by a sixteenth before the loading CPU asks again: on average it is shorter by
# half of that.
SATURATED_NS = IDLE_NS + QUEUE_LINES * 31 // 32 * LINE_NS

# A burst of 4 KiB is served in 512 us. The emulated additions of a pause take 0.3 to 1.2 ns each,
# by the host: so the pauses go from none over many around that time to one that is idle.
PAUSES = (0, 430000, 500000, 590000, 690000, 800000, 940000, 1100000, 1290000, 1510000, 1760000,
          2060000, 2410000, 2820000, 10000000)

# Of the planted bandwidth.
SHARES = (40, 50, 60, 150)
ROUNDS = 3
ASKED = f"--size 40K --cached --pages 4K --mix reads --rounds {ROUNDS}"


def megabytes(rows):
    """Medians over visits, as the table has them."""
    return statistics.median(float(row["bandwidth_bytes_per_s"]) / 1e6 for row in rows)


def latency_ns(rows):
    return statistics.median(float(row["latency_ns"]) for row in rows)


def least_ns(rows):
    return min(float(row["latency_min_ns"]) for row in rows)


def closed_points(result, step):
    """The visits of each pause."""
    points = {}
    for row in result.all_rows(step, block="loaded", load_mode="closed"):
        points.setdefault(row["load_delay_cycles"], []).append(row)
    return points


def marked(result, mark):
    """The visits of the pause that the table marks with this word."""
    pause, = re.findall(rf"^ *(\d+) .*  {mark}$", result.text("found.out"), re.MULTILINE)
    return closed_points(result, "found")[pause]


def off(what, found, planted, below, above):
    """One fault where `found` is by more than these shares below or above the planted value."""
    fits = 1 - below <= found / planted <= 1 + above
    return [] if fits else [f"{what}: {found:.2f}, planted {planted:.2f}"]


def check_idle(result):
    """At the longest pause a few loads still meet a burst, and the host is busier."""
    alone = least_ns(result.all_rows("found", block="idle"))
    begins = least_ns(marked(result, "idle"))
    return (result.status("found", 0) + off("without load, ns", alone, IDLE_NS, 0.01, 0.1)
            + off("longest pause, ns", begins, IDLE_NS, 0.01, 0.5))


def check_saturated(result):
    """The largest of several noisy medians is a little too large: lines that are asked for count
    while a queue that the host has let run empty fills again."""
    beyond = [row for visits in closed_points(result, "found").values() for row in visits
              if megabytes([row]) > 0.95 * LIMIT_MBS]
    return (off("largest, MB/s", megabytes(marked(result, "saturated")), LIMIT_MBS, 0.02, 0.05)
            + off("beyond the knee, MB/s", megabytes(beyond), LIMIT_MBS, 0.02, 0.02)
            + off("beyond the knee, ns", latency_ns(beyond), SATURATED_NS, 0.1, 0.1))


def check_knee(result):
    """Until the queue is full a load waits behind a burst at most."""
    said, = re.findall(r"knee, latency +([\d.]+) ns", result.text("found.out"))
    faults = off("knee, MB/s", megabytes(marked(result, "knee")), LIMIT_MBS, 0.3, 0.05)
    faults += off("latency there, ns", float(said), IDLE_NS, 0.01, 3)
    return faults + [f"{megabytes(visits):.2f} MB/s, {least_ns(visits):.0f} ns: no knee is planted"
                     for visits in closed_points(result, "found").values()
                     if megabytes(visits) < 0.7 * LIMIT_MBS
                     and least_ns(visits) > SATURATED_NS / 2]


def check_paced(result):
    """What the host held up is made up for, so a single load may come faster than offered."""
    rows = result.all_rows("found", load_mode="paced")
    shares, beyond = [], []
    for row in rows:
        offered = float(row["offered_bytes_per_s"])
        if offered > 1e6 * LIMIT_MBS:
            beyond.append(row)
        else:
            shares.append(float(row["load_bytes_per_s"]) / offered)
    return (differ("paced loads", len(rows), ROUNDS * len(SHARES))
            + off("came of what was offered", statistics.median(shares), 1, 0.02, 0.03)
            + off("came of too much, MB/s", megabytes(beyond), LIMIT_MBS, 0.02, 0.03)
            + off("latency then, ns", latency_ns(beyond), SATURATED_NS, 0.1, 0.1))


def check_flat(result):
    faults, points = result.status("twin", 0), closed_points(result, "twin")
    for visits in points.values():
        faults += off(f"{megabytes(visits):.2f} MB/s, ns", least_ns(visits), IDLE_NS, 0.01, 0.3)
    most = max(map(megabytes, points.values()))
    return faults + ([] if most > 2 * LIMIT_MBS else [f"at most {most:.2f} MB/s were asked for"])


def check_no_knee(result):
    """Unless the host made one load in four longer: then the program cannot know better."""
    measured = [latency_ns(visits) for visits in closed_points(result, "twin").values()]
    if max(measured) > 1.25 * min(measured):
        return []
    said = result.text("twin.out")
    return [] if "limited by the load" in said else ["'limited by the load' is not said"]


def check_proven(result):
    faults = []
    for step in ("found", "twin"):
        rows = result.all_rows(step)
        faults += [] if rows else [f"{step}: no rows"]
        faults += [fault for row in rows
                   for column, value in (("status", "ok"), ("placement", "verified"))
                   for fault in differ(f"{row['cell']} {column}", row[column], value)]
    return faults


SCENARIOS = [
    Guest("planted-knee", [("without load, and at the longest pause, the planted latency",
                            check_idle),
                           ("the largest bandwidth is the planted, the latency there the queue",
                            check_saturated),
                           ("the knee is at the planted bandwidth, within 30 %", check_knee),
                           ("paced loads come as offered, of too much what is planted",
                            check_paced),
                           ("without a queue the curve is flat", check_flat),
                           ("and has no knee", check_no_knee),
                           ("each row verified", check_proven)],
          topology="queue", nightly=True, limit_s=400,
          emulator=plugin("queue", [[0, 0, 0], [0, IDLE_NS - LINE_NS, IDLE_NS]], 84, "wait",
                          limits=f",bandwidth=0:{LIMIT_MBS}:0,queue={QUEUE_LINES}:0"),
          script=f"""
measure found loaded --mem-nodes 1 {ASKED} --delay {','.join(map(str, PAUSES))} \\
    --paced {','.join(f'{share}%' for share in SHARES)}
measure twin loaded --mem-nodes 2 {ASKED} --delay 0,1000000,10000000
"""),
]
