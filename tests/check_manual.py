#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages against the help and the lists, and before mandoc, which reads them.

usage: tests/check_manual.py PROGRAM [BENCH]
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
BENCH = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = pathlib.Path(tempfile.mkdtemp())


def call(*words, status=0, program=PROGRAM):
    done = subprocess.run([program, *words], capture_output=True, text=True, cwd=WORK, check=False,
                          env=os.environ | {"COLUMNS": "1000"})
    assert done.returncode == status, (words, done)
    return done.stdout


def plain(text):
    """Without man's escapes and line ends."""
    for escape, meaning in ((r"\fB", ""), (r"\fR", ""), (r"\&", ""), (r"\-", "-"), (r"\e", "\\")):
        text = text.replace(escape, meaning)
    return " ".join(text.split())


def section(page, title):
    return re.search(rf"^\.SH {title}\n(.*?)(?=^\.SH |\Z)", page, re.M | re.S)[1]


def items(text):
    """(term with its value, meaning) of each item."""
    for item in text.split(".TP\n")[1:]:
        head, _, meaning = item.partition("\n")
        term, value = re.fullmatch(r'\.BI? (\S+)(?: "(.*)")?', head).groups()
        yield plain(term + (value or "")), plain(meaning.split("\n.")[0])


def table(text):
    """The same of what the program prints: two spaces and more part its columns."""
    return re.findall(r"^ {1,4}(\S+(?: \S+)*)(?: {2,}| (?=\S+$))(.+)$", text, re.M)


def terms(text, heading, width=20):
    """Terms of WIDTH columns and their meanings, below a heading of a help."""
    lines = text.split(f"\n{heading}:\n")[1].split("\n\n")[0].rstrip("\n").split("\n")
    return [(line[2:2 + width].rstrip(), line[3 + width:]) for line in lines]


def check_examples(page, lines):
    shown = plain(section(page, "EXAMPLES").replace("\n.br\n", " ").replace("\n.PP\n", " "))
    for line in lines:
        assert plain(line) in shown, line


def options_of_help(text):
    return [(line[2:22].rstrip(), line[23:]) for line in text.split("\n")
            if line.startswith("  --")]


def check_pages(pages):
    topics = [name for name, _ in table(call("help"))]
    names = {"numaprobe.1", "numaprobe-rows.5", "mlc-numaprobe.1",
             *(f"numaprobe-{name}.1" for name in topics)}
    assert pages.keys() == names and len(names) > 20, pages.keys() ^ names
    for topic in ["", *topics]:
        page = pages[f"numaprobe{'-' if topic else ''}{topic}.1"]
        text = call(*([topic] if topic else []), "--help")
        summary = text.split("\n")[0].split(": ", 1)[1]
        name = f"numaprobe{'-' if topic else ''}{topic}"
        assert plain(section(page, "NAME")) == f"{name} - {summary}", (topic, summary)
        assert list(items(section(page, "OPTIONS"))) == options_of_help(text), topic
        check_examples(page, text.split("\n\n")[1].split("\n") if topic else [])
    exits, own_exits = map(table, call("list", "exits").split("\n\n"))
    assert list(items(section(pages["numaprobe-ab.1"], "EXIT STATUS"))) == exits and exits
    assert list(items(section(pages["numaprobe-check.1"], "EXIT STATUS"))) == own_exits
    assert [code for code, _ in own_exits] == ["0", "1", "2", "3"]


def check_rows(page):
    columns = table(call("list", "columns"))
    assert list(items(section(page, "DESCRIPTION"))) == columns and len(columns) > 50
    assert "One of: ok " in plain(page)


def check_mlc(page):
    (WORK / "mlc-numaprobe").symlink_to(PROGRAM)
    text = call("--help", program=WORK / "mlc-numaprobe")
    assert plain(section(page, "NAME")) == text.split("\n")[0].replace(": ", " - ", 1)
    for name, heading in (("MODES", "Modes, and the commands that they stand for"),
                          ("OPTIONS", "Options")):
        assert list(items(section(page, name))) == terms(text, heading, width=28), name
    assert plain(text.rstrip("\n").rpartition("\n")[2]) in plain(section(page, "DESCRIPTION"))


def check_bench():
    """The page, when the program is built."""
    call("--man", "bench", program=BENCH)
    path, = (WORK / "bench").iterdir()
    page, text = path.read_text(encoding="utf-8"), call("--help", program=BENCH)
    assert path.name == "numaprobe-bench.1"
    assert plain(section(page, "NAME")) == text.split("\n")[0].replace(": ", " - ", 1)
    assert list(items(section(page, "OPTIONS"))) == options_of_help(text)
    check_examples(page, text.split("\n\n")[1].split("\n"))
    assert plain(text.split("\n\n")[2]) in plain(section(page, "DESCRIPTION"))
    call("--man=", status=2, program=BENCH)
    return path


def check_version(page):
    first, second = call("--version").rstrip("\n").split("\n")
    assert re.search(rf'^\.TH NUMAPROBE 1 20\d\d-\d\d-\d\d "{re.escape(first)}"$', page, re.M)
    told = re.fullmatch(r"(?:gcc|clang) \d.*, hwloc's interface [\d.]+, commit (\w+)(?: \(.*\))?",
                        second)
    git = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%H"], capture_output=True,
                         text=True, check=False)
    # A build that is older than the last commit tells the one that it was made of.
    known = git.returncode == 0 and subprocess.run(
        ["git", "-C", ROOT, "cat-file", "-e", told[1] + "^{commit}"], check=False).returncode == 0
    assert known or told[1] == "unknown", (second, git)


def lint(*files):
    done = subprocess.run(["mandoc", "-T", "lint", *files], capture_output=True, text=True,
                          check=False)
    return done.stdout + done.stderr


def main():
    call("help", "--man", "pages")
    files = sorted((WORK / "pages").iterdir())
    pages = {path.name: path.read_text(encoding="utf-8") for path in files}
    check_pages(pages)
    check_rows(pages["numaprobe-rows.5"])
    check_mlc(pages["mlc-numaprobe.1"])
    check_version(pages["numaprobe.1"])
    linted = [*files, check_bench()] if BENCH else files
    if shutil.which("mandoc"):
        assert lint(*linted) == "", lint(*linted)
        (WORK / "broken.1").write_text(pages["numaprobe.1"].replace(".TP\n", ".TP x\n.XY\n"),
                                       encoding="utf-8")
        assert lint(WORK / "broken.1") != ""
    else:
        print("no mandoc here: pages are not linted")
    call("help", "--man", "pages")
    assert sorted((WORK / "pages").iterdir()) == files
    call("help", "--man", "broken.1" if (WORK / "broken.1").exists() else str(PROGRAM), status=1)
    call("help", "--man=", status=2)
    call("list", "pages", "--man", "pages", status=2)
    print(f"{len(pages)} pages agree with the program")


try:
    main()
finally:
    shutil.rmtree(WORK)
