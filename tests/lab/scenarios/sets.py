# SPDX-License-Identifier: Apache-2.0
"""Memory on several nodes at once, by chunks and by the kernel's own policies."""

from checks import check_refused, differ
from scenario import Guest

PAGES = 48 << 8  # 48 MiB in pages of 4 KiB


def check_shares(step, mem_node, asked, kernel=False):
    """One row, verified, with so many pages on each node; the kernel's turns begin anywhere."""
    def check(result):
        rows = result.rows(step)
        faults = result.status(step, 0) + differ("rows", len(rows), 1)
        for row in rows:
            faults += differ("mem_node", row["mem_node"], mem_node)
            faults += differ("placement", row["placement"], "verified")
            faults += differ("placed_by", row["placed_by"], "kernel" if kernel else "bind")
            faults += differ("asked", row["pages_by_node_asked"], asked)
            faults += differ("nodes_seen", row["nodes_seen"], "0-2")
            for when in ("before", "after"):
                faults += differ(f"pages {when}", row[f"pages_by_node_{when}"], asked)
                faults += differ(f"on these nodes {when}", row[f"pages_on_node_{when}"],
                                 str(PAGES))
        return faults
    return check


def check_column(result):
    """A set is a column of the matrix, behind the nodes."""
    heads = [line.split() for line in result.text("matrix.out").splitlines() if "mem 0" in line]
    return result.status("matrix", 0) + differ(
        "columns", heads[:1], [["mem", "0", "mem", "2", "mem", "0+2"]])


def check_no_mode(step, status):
    def check(result):
        faults = result.status(step, status)
        rows = result.rows(step)
        sentence = r"--policy weighted: .*6\.9 on; use --policy chunks"
        return faults + (check_refused(rows, sentence) if rows else
                         differ("said", "from 6.9 on; use --policy chunks" in result.said(step),
                                True))
    return check


def check_full(result):
    return result.status("full", 77) + check_refused(
        result.rows("full"), r"needed on node 2, which has .* free")


def check_other_weight(result):
    return result.status("changed", 77) + check_refused(
        result.rows("changed"), r"the weight of node 1 is 5 in /sys")


FEW = "bandwidth --kernel read --threads 1 --cpu-nodes 0 --cached --rounds 1 --pages 4K"

SCENARIOS = [
    Guest("sets", [("chunks by weights 3:2:1: 6144, 4096 and 2048 pages",
                    check_shares("chunks", "0:3+1:2+2:1", "0:6144 1:4096 2:2048")),
                   ("the kernel's interleave: a third each",
                    check_shares("interleave", "0+1+2@interleave", "0:4096 1:4096 2:4096", True)),
                   ("a set is a column of the matrix", check_column),
                   ("no weights in this kernel: said with the remedy", check_no_mode("none", 1)),
                   ("twin of weights that were asked for: a refused row",
                    check_no_mode("asked", 77)),
                   ("a node too small for its share: refused", check_full)],
          topology="cxl", script=f"""
few="{FEW}"
measure chunks $few --size 48M --mem-nodes 0:3+1:2+2:1
measure interleave $few --size 48M --mem-nodes 0+1+2 --policy interleave
measure matrix $few --size 1M --mem-nodes 0,2,0+2
measure none $few --size 48M --mem-nodes 0+1 --policy weighted
measure asked $few --size 48M --mem-nodes 0:3+1:2+2:1@weighted
measure full $few --size 600M --mem-nodes 0:1+2:9
"""),
    Guest("sets-weighted", [("the kernel's weights 3:2:1: 6144, 4096 and 2048 pages",
                             check_shares("weighted", "0:3+1:2+2:1@weighted",
                                          "0:6144 1:4096 2:2048", True)),
                            ("weights that were asked for stand there: the same",
                             check_shares("asked", "0:3+1:2+2:1@weighted",
                                          "0:6144 1:4096 2:2048", True)),
                            ("another weight stands there: refused", check_other_weight)],
          topology="cxl", kernel="6.12", nightly=True, script=f"""
few="{FEW} --size 48M"
weigh() {{ echo $2 > /sys/kernel/mm/mempolicy/weighted_interleave/node$1; }}
weigh 0 3; weigh 1 2; weigh 2 1
measure weighted $few --mem-nodes 0+1+2 --policy weighted
measure asked $few --mem-nodes 0:3+1:2+2:1 --policy weighted
weigh 1 5
measure changed $few --mem-nodes 0:3+1:2+2:1 --policy weighted
"""),
]
