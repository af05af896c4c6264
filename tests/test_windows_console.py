#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, Ctrl-Break and a closed window, each in the middle of a run in a console of its own.

usage: tests/test_windows_console.py RUNNER CONSOLE.exe PROGRAM.exe

The rows that were finished stay, the one that was not says so, and the exit status is that of an
interrupted run. Ctrl-C is typed on a terminal, which Wine makes a console of; the other two are
sent by CONSOLE.exe (tests/windows_console.c).
"""

import csv
import os
import pathlib
import pty
import select
import sys
import tempfile
import time

LINES = 3  # the header and two rows
LIMIT_S = 600
INTERRUPTED = 130  # numaprobe list exits


def lines_of(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def run_on_terminal(command, directory, typed, rows):
    """Runs the command and types once there are enough rows; returns status and what was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(directory)
        os.execv(command[0], command)
    shown, end = b"", time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if typed and lines_of(rows) >= LINES:
            os.write(terminal, typed)
            typed = b""
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # EIO: the program and its console are gone
            data = b""
        if not data:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown
        shown += data
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "none in time", shown


def faults_of(rows, status):
    if status != INTERRUPTED:
        yield f"status {status} instead of {INTERRUPTED}"
    text = rows.read_text(encoding="utf-8") if rows.exists() else ""
    table = list(csv.DictReader(text.splitlines(keepends=True)))
    states = [row["status"] for row in table]
    if not rows.exists() or not rows.read_bytes().endswith(b"\r\n") or None in table[-1].values():
        yield "the last row is torn"
    if len(states) < LINES - 1 or set(states[:-1]) - {"ok"}:
        yield f"rows are {states}"
    if states and states[-1] not in ("ok", "interrupted"):
        yield f"the last row is {states[-1]}"
    if not (rows.parent / "machine.json").stat().st_size:
        yield "machine.json is empty"


def main():
    runner, console, program = (os.path.abspath(path) for path in sys.argv[1:4])
    failed = 0
    for event in ("ctrl-c", "ctrl-break", "close"):
        with tempfile.TemporaryDirectory() as directory:
            rows = pathlib.Path(directory) / "run" / "rows.csv"
            measure = [program, "latency", "--size", "256K", "--cached", "--pages", "4K",
                       "--rounds", "1000", "--quiet", "--no-progress", "--output", "run"]
            typed = event == "ctrl-c"
            sent = [] if typed else [console, event, "run/rows.csv", str(LINES)]
            status, shown = run_on_terminal([runner, *sent, *measure], directory,
                                            b"\x03" if typed else b"", rows)
            faults = list(faults_of(rows, status))
        print(f"{event}: {'; '.join(faults) or 'the rows are whole'}")
        if faults:
            failed += 1
            print(shown.decode(errors="replace")[-2000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
