# SPDX-License-Identifier: Apache-2.0
"""What must hold of rows: each check returns a list of faults, empty when all is as expected."""

import re

import machine

PAGES_OF_256K = 64
MEBIBYTE = 1 << 20
SMALL = "--size 256K --cached --rounds 1 --pages 4K"


def differ(what, found, expected):
    return [] if found == expected else [f"{what}: {found}, not {expected}"]


def says(what, text, *patterns):
    """One fault for each pattern that is not in the text."""
    return [f"{what}: says nothing like /{pattern}/" for pattern in patterns
            if not re.search(pattern, text)]


def row_name(row):
    return f"{row['test']} {row['cpu_node']}-{row['mem_node']}"


def pairs_of(rows):
    """(CPU node, memory node) of each row, sorted"""
    return sorted((int(row["cpu_node"]), int(row["mem_node"])) for row in rows)


def check_verified(result, rows, pages=None, page_bytes=4096):
    """Every row measured, all of its pages on its node and all threads on CPUs of theirs."""
    faults = [] if rows else ["no rows"]
    for row in rows:
        pages_here = str(pages or int(row["buffer_bytes"] or 0) // page_bytes)
        expected = {"status": "ok", "placement": "verified", "nodes_seen": row["mem_node"],
                    "page_found_bytes": str(page_bytes), "threads_moved": "0"}
        for when in ("before", "after"):
            expected |= {f"pages_checked_{when}": pages_here, f"pages_on_node_{when}": pages_here,
                         f"pages_off_node_{when}": "0", f"pages_absent_{when}": "0",
                         f"pages_unknown_{when}": "0"}
        faults += [f"{row_name(row)}: {row['reason']}"] if row["reason"] else []
        for column, value in expected.items():
            faults += differ(f"{row_name(row)} {column}", row[column], value)
        faults += check_cpus(result.machine, row)
    return faults


def check_cpus_of_node(truth, row):
    """Rows of all nodes together have no CPU node, and none to compare with."""
    own = truth.cpus_of.get(int(row["cpu_node"]), []) if row["cpu_node"] else truth.cpus
    asked = machine.parse_list(row["cpus"])
    faults = differ(f"{row_name(row)} cpus_seen", row["cpus_seen"], row["cpus"])
    if not asked or not set(asked) <= set(own):
        faults.append(f"{row_name(row)}: CPUs {row['cpus']} are not of the node, which has {own}")
    return faults


def check_cpus(truth, row):
    own = truth.cpus_of.get(int(row["cpu_node"]), [])
    asked = machine.parse_list(row["cpus"])
    faults = check_cpus_of_node(truth, row)
    threads = truth.cores_of(own) if row["test"] == "bandwidth" else 1
    faults += differ(f"{row_name(row)} threads", row["threads"], str(threads))
    return faults + differ(f"{row_name(row)} cores", truth.cores_of(asked), threads)


def check_refused(rows, pattern):
    faults = [] if rows else ["no rows"]
    for row in rows:
        faults += differ(f"{row_name(row)} status", row["status"], "refused")
        measured = row["latency_ns"] or row["bandwidth_bytes_per_s"]
        faults += differ(f"{row_name(row)} value", measured, "")
        faults += says(f"{row_name(row)}: the reason '{row['reason']}'", row["reason"], pattern)
    return faults


def clean_run(step, count, status=0):
    """A check: so many rows, all verified."""
    def check(result):
        rows = result.rows(step)
        return (result.status(step, status) + differ(f"{step}: rows", len(rows), count)
                + check_verified(result, rows))
    return check


def refused_run(step, count, pattern, status=77):
    """A check: so many rows, all refused for this reason."""
    def check(result):
        rows = result.rows(step)
        return (result.status(step, status) + differ(f"{step}: rows", len(rows), count)
                + check_refused(rows, pattern))
    return check
