# SPDX-License-Identifier: Apache-2.0
"""What the scripts that draw a run have in common."""

import csv
import pathlib
import sys

METRICS = {  # by test: column, unit, size of the unit in that of the column
    "latency": ("latency_ns", "ns", 1),
    "bandwidth": ("bandwidth_bytes_per_s", "GB/s", 1e9),
}
MARKERS = "os^Dv<>p*"  # of the series, which colour alone does not distinguish


def read_rows(run):
    """The rows of a run: its directory, or a file of rows. Ends the script where there are none."""
    path = pathlib.Path(run)
    path = path / "rows.csv" if path.is_dir() else path
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        sys.exit(f"'{path}' cannot be read: {error}")
    if not rows or "test" not in rows[0]:
        sys.exit(f"'{path}' has no rows of numaprobe")
    return rows


def call_main(main, usage, takes_test=False):
    """Calls main with the script's arguments: a run, a picture, and the test where it takes one."""
    arguments = sys.argv[1:]
    if len(arguments) not in ((2, 3) if takes_test else (2,)) or set(arguments[2:]) - set(METRICS):
        sys.exit(usage)
    try:
        main(*arguments)
    except (OSError, ValueError) as error:  # such as an ending that is no kind of picture
        sys.exit(f"'{arguments[1]}' was not drawn: {error}")
