#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the tables of fields in docs/files.md with the JSON files of runs.

usage: tests/check_fields.py docs/files.md RUN...

Every field that machine.json or summary.json of a run has is in its table, and every field in the
table of summary.json is in one of these runs, but for free names (*), which an object may have none
of. (That of machine.json is compared with the program's own table by tests/test_machine.c: what
only another machine has is in it too.)
Prints what differs and ends with 1.
"""

import json
import pathlib
import re
import sys

FILES = ("machine.json", "summary.json")


def documented(text, file):
    """The paths in the first column of the tables of the file's section."""
    section = text.split(f"\n## {file}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([\w.*\[\]]+)` \|", section, re.M)


def paths(value, path=""):
    """Every path of a document; the values of a list and of an object count as its own."""
    if isinstance(value, dict):
        for name, inner in value.items():
            own = f"{path}.{name}" if path else name
            yield own + ("[]" if isinstance(inner, list) else "")
            yield from paths(inner, own)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, path + "[]")


def form(path):
    """A pattern for a documented path: * is any name, of facts with why there is none."""
    name = r"[^.\[\]]+" + (r"(\.unavailable)?" if path == "facts.*" else "")
    return re.compile(re.escape(path).replace(r"\*", name) + r"\Z")


def main(document, runs):
    text = document.read_text(encoding="utf-8")
    wrong = []
    for file in FILES:
        told = {path: form(path) for path in documented(text, file)}
        # An object of which only members are told: facts, and the times of a test.
        parents = {path.rpartition(".")[0] for path in documented(text, file)}
        found = set()
        for run in runs:
            if (run / file).exists():
                found |= set(paths(json.loads((run / file).read_text(encoding="utf-8"))))
        for path in sorted(found):
            if not any(pattern.match(path) for pattern in told.values()) and path not in parents:
                wrong.append(f"{file} has {path}, which {document.name} does not tell")
        for field, pattern in told.items() if file == "summary.json" else ():
            if not field.endswith("*") and not any(pattern.match(path) for path in found):
                wrong.append(f"no summary.json has {field}, which {document.name} tells")
    print("\n".join(wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]), [pathlib.Path(run) for run in sys.argv[2:]]))
