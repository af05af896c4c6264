# SPDX-License-Identifier: Apache-2.0
"""Runs that nobody measured, as many or as large as readers may meet them."""

import json
import os
import random

COLUMNS = (
    "schema_version run_id host timestamp_utc test kernel isa pattern cpu_node mem_node cpus "
    "threads buffer_bytes touched_bytes sized_for pages page_asked_bytes page_found_bytes round "
    "visit seed cell block latency_ns bandwidth_bytes_per_s placement pages_total "
    "pages_checked_before pages_on_node_before pages_checked_after pages_on_node_after nodes_seen "
    "cpus_seen threads_moved wall_ns visit_ns flags status reason"
).split()
FIXED = {
    "schema_version": "1", "touched_bytes": "268435456", "buffer_bytes": "268435456",
    "sized_for": '"memory"', "pages": '"2M"', "page_asked_bytes": "2097152",
    "page_found_bytes": "2097152", "placement": '"verified"', "pages_total": "128",
    "pages_checked_before": "128", "pages_on_node_before": "128", "pages_checked_after": "128",
    "pages_on_node_after": "128", "threads_moved": "0", "wall_ns": "450000000",
    "visit_ns": "700000000", "status": '"ok"',
}  # fmt: skip
MACHINE = {
    "schema_version": 1,
    "tool": {"name": "numaprobe", "version": "0.1.0", "method_version": 1, "compiler": "gcc",
             "hwloc_api": "2.9.0", "system": "linux"},
    "settings": {"command": "", "arguments": [], "seed": 1},
    "facts": {"cpu_model": "Made-up 9000", "cpu_vendor": "GenuineInvention",
              "cpu_identifier": "cpu family 1, model 2, stepping 3", "dimm_types": "DDR5",
              "dimm_sizes_mib": "16 x 32768", "hypervisor": "none", "smt_control": "on"},
    "nodes": [{"node": node, "cpus": f"{8 * node}-{8 * node + 7}", "has_cpus": True,
               "has_memory": True, "memory_bytes": 1 << 36, "allowed": True,
               "firmware_distances": [10, 21] if node == 0 else [21, 10]} for node in range(2)],
    "warnings": [],
}  # fmt: skip


def matrix(nodes):
    """(its columns, latency or None, bandwidth or None) of each cell of two matrices."""
    for cpu in range(nodes):
        for mem in range(nodes):
            far = 1 if cpu == mem else 1.6
            place = {"cpu_node": str(cpu), "mem_node": str(mem), "nodes_seen": f'"{mem}"',
                     "cpus": f'"{8 * cpu}"', "cpus_seen": f'"{8 * cpu}"'}  # fmt: skip
            yield dict(place, test='"latency"', kernel='"chase"', pattern='"structural"',
                       threads="1", block='"idle"',
                       cell=f'"latency/structural/cpu:{cpu}/mem:{mem}/size:256MiB/page:2M"'), \
                80 * far, None  # fmt: skip
            yield dict(place, test='"bandwidth"', kernel='"read"', isa='"avx2"', threads="8",
                       block='"matrix"',
                       cell=f'"bandwidth/read.avx2/cpu:{cpu}/mem:{mem}/size:256MiB/page:2M"'), \
                None, 2e11 / far  # fmt: skip


def write_run(directory, *, nodes, rows, number, host="made-up", seed=1):
    """One run: the cells of `nodes` nodes in turn, until there are that many rows."""
    rng = random.Random(f"{seed} {host} {number}")
    year, day = divmod(number, 336)
    stamp = f"{2020 + year}-{day // 28 + 1:02}-{day % 28 + 1:02}T08:00:00Z"
    run_id = stamp.replace("-", "").replace(":", "") + f"-{rng.getrandbits(32):08x}"
    own = {"run_id": f'"{run_id}"', "host": f'"{host}"', "timestamp_utc": f'"{stamp}"'}
    table = list(matrix(nodes))
    level = [rng.gauss(1, 0.003) for _ in table]
    os.makedirs(directory)
    with open(os.path.join(directory, "rows.csv"), "w", newline="", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\r\n")
        forms = []  # a line of each cell, with places for what differs from visit to visit
        for columns, latency, bandwidth in table:
            fields = FIXED | own | columns
            changing = {"round": "%(round)d", "visit": "%(visit)d", "seed": "%(visit)d"}
            changing["latency_ns" if latency else "bandwidth_bytes_per_s"] = "%(value).17g"
            forms.append(",".join((fields | changing).get(name, "") for name in COLUMNS) + "\r\n")
        for visit in range(rows):
            place = visit % len(table)
            good = table[place][1] or table[place][2]
            value = good * level[place] * rng.gauss(1, 0.004)
            file.write(
                forms[place]
                % {"round": visit // len(table) + 1, "visit": visit + 1, "value": value}
            )
    with open(os.path.join(directory, "machine.json"), "w", encoding="utf-8") as file:
        json.dump(MACHINE | {"run_id": run_id, "host": host, "timestamp_utc": stamp}, file)
    with open(os.path.join(directory, "summary.json"), "w", encoding="utf-8") as file:
        json.dump({"schema_version": 1, "run_id": run_id, "interrupted": False}, file)
