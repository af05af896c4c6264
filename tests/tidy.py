#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the house in order: who includes whom, which header lives where, and the size of things.

usage: tests/tidy.py [ROOT]    checks the tree; prints each fault as FILE:LINE: what, exits 1
       tests/tidy.py --self    checks that every rule below fires on a snippet that breaks it
"""

import pathlib
import re
import sys

# Floors, ground first: a room may include its own headers and those of lower floors.
FLOORS = [
    {"base"},
    {"os", "kernels", "stats"},
    {"topology", "record"},
    {"placement", "plan"},
    {"measure"},
    {"analyse"},
    {"report"},
    {"cli"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# Rooms that read files only, whatever their floor allows.
ONLY = {"analyse": {"base", "stats", "record", "topology"},
        "report": {"base", "stats", "record", "topology", "analyse"}}

# Headers of others, and the one place that may know them.
KEPT_IN = {
    "hwloc.h": "src/topology/topology.c",
    "csv.h": "src/record/rows_file.c",
    "jansson.h": "src/record/document.c",
    "benchmark/benchmark.h": "bench/gbench.cc",
}
# Headers that every C compiler brings; all others belong to an operating system.
ISO_C = {"assert.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "setjmp.h",
         "signal.h", "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h",
         "stdlib.h", "string.h", "time.h", "wchar.h"}
# Instruction sets, in src/kernels only.
COMPILER = {"immintrin.h", "arm_neon.h", "arm_sve.h", "cpuid.h"}

LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
BANNED = {
    r"\bstrcpy\s*\(": "strcpy: use snprintf with the size of the target",
    r"\bsprintf\s*\(": "sprintf: use snprintf",
    r"\bstrcat\s*\(": "strcat: use snprintf",
    r"\bgets\s*\(": "gets: use fgets",
    r"\b(atoi|atol|atof)\s*\(": "ato*: use units_parse_count, which refuses rubbish",
    r"\b(rand|srand)\s*\(": "rand: use base/random.h, which is seeded and the same everywhere",
    r"\b(FIXME|XXX|TODO)\b": "unfinished: finish it or open an issue",
}


def room_of(path):
    parts = pathlib.PurePosixPath(path).parts
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def check_include(path, header):
    """Yields what is wrong with including `header` (as written) in `path`."""
    room = room_of(path)
    if header in KEPT_IN:
        if path != KEPT_IN[header] and not path.startswith("tests/"):
            yield f"{header} belongs in {KEPT_IN[header]} only"
        return
    other = header.split("/")[0] if "/" in header else None
    if other in FLOOR_OF:
        if room is None or room == other:
            return
        if room in ONLY and other not in ONLY[room]:
            yield f"{room} reads files only and may not include {other}"
        elif FLOOR_OF[other] >= FLOOR_OF[room]:
            yield f"{room}, floor {FLOOR_OF[room]}, may not include {other}, {FLOOR_OF[other]}"
        return
    if room is None or header in ISO_C:
        return
    if header in COMPILER:
        if room not in ("kernels", "os"):
            yield f"{header} is for src/kernels only"
    elif room != "os":
        yield f"{header} is an operating system's: only src/os may know it"


def check_functions(lines):
    """Yields (line, what) for functions that are longer than a screen. A function begins at a line
    that starts in column 1 and ends in '{', and ends at the next '}' in column 1."""
    begin = None
    for number, line in enumerate(lines, 1):
        wrapped_head = (begin is None and number > 1 and re.match(r"\s.*\)\s*\{$", line)
                        and re.match(r"[A-Za-z_][^=;{]*[(,]$", lines[number - 2]))
        if re.match(r"[A-Za-z_].*\)\s*\{\s*\\?$", line) or wrapped_head:
            begin = number
        elif line.startswith("}") and begin:
            length = number - begin + 1
            if length > FUNCTION_LINES_MAX:
                yield begin, f"a function of {length} lines: at most {FUNCTION_LINES_MAX}"
            begin = None


def check_text(path, text):
    """Yields (line, what) for every fault of one file, given as text."""
    lines = text.split("\n")
    if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(lines[:2]):
        yield 1, "the first or second line names no licence (SPDX-License-Identifier)"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            yield number, f"{len(line)} columns: at most {LINE_COLUMNS_MAX}"
        if line != line.rstrip():
            yield number, "white space at the end"
        if "\t" in line:
            yield number, "a tab"
        found = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
        if found:
            for fault in check_include(path, found.group(1)):
                yield number, fault
        named = re.search(r"\b_WIN32\b|\b__linux__\b", line)
        if named and not path.startswith(("src/os/", "tests/")):
            yield number, "an operating system by name outside src/os"
        if room_of(path) not in (None, "os") and re.search(r"\b(fopen|remove)\s*\(", line):
            yield number, "a file by the C library: os_file_read and its kin look whose it is"
        for pattern, fault in BANNED.items():
            if not path.endswith("tidy.py") and re.search(pattern, line):
                yield number, fault
    if path.endswith((".c", ".h", ".cc")):
        yield from check_functions(lines)
        if path.startswith("src/") and len(lines) > FILE_LINES_MAX:
            yield 1, f"{len(lines)} lines: at most {FILE_LINES_MAX}"


def check_tree(root):
    faults = 0
    for folder in ("src", "bench", "tests", "scripts", "cmake"):
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if not path.is_file() or path.suffix in (".xml", ".pyc", ".json", ".csv"):
                continue
            for number, fault in check_text(name, path.read_text(encoding="utf-8")):
                if path.suffix in (".c", ".h", ".cc", ".py", ".sh", "") or "columns" not in fault:
                    print(f"{name}:{number}: {fault}")
                    faults += 1
    print(f"tidy: {faults} faults")
    return 1 if faults else 0


SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
BREAKERS = {  # name: (path, text) that must give at least one fault
    "lower floor includes higher": ("src/os/a.c", SPDX + '#include "plan/plan.h"\n'),
    "same floor": ("src/topology/a.c", SPDX + '#include "record/row.h"\n'),
    "analyse measures": ("src/analyse/a.c", SPDX + '#include "measure/visit.h"\n'),
    "hwloc outside topology": ("src/plan/a.c", SPDX + "#include <hwloc.h>\n"),
    "hwloc elsewhere in topology": ("src/topology/b.c", SPDX + "#include <hwloc.h>\n"),
    "POSIX outside os": ("src/cli/a.c", SPDX + "#include <unistd.h>\n"),
    "Windows outside os": ("src/measure/a.c", SPDX + "#include <windows.h>\n"),
    "intrinsics outside kernels": ("src/measure/a.c", SPDX + "#include <immintrin.h>\n"),
    "OS by name": ("src/cli/a.c", SPDX + "#ifdef _WIN32\n"),
    "file outside os": ("src/record/a.c", SPDX + 'FILE *f = fopen(path, "r");\n'),
    "long line": ("src/cli/a.c", SPDX + "// " + "x" * 100 + "\n"),
    "trailing space": ("src/cli/a.c", SPDX + "int a; \n"),
    "tab": ("src/cli/a.c", SPDX + "\tint a;\n"),
    "no licence": ("src/cli/a.c", "int a;\n"),
    "banned call": ("src/cli/a.c", SPDX + "strcpy(a, b);\n"),
    "long function": ("src/cli/a.c", SPDX + "int f(void) {\n" + "    g();\n" * 70 + "}\n"),
    "long function, wrapped head": ("src/cli/a.c", SPDX + "int f(int a,\n      int b) {\n" +
                                    "    g();\n" * 70 + "}\n"),
    "long file": ("src/cli/a.c", SPDX + "int a;\n" * 601),
}
FINE = {  # and what must give none
    "own and lower rooms": ("src/plan/a.c", SPDX + '#include "plan/plan.h"\n#include "os/os.h"\n'),
    "POSIX in os": ("src/os/a.c", SPDX + "#include <unistd.h>\n#include <windows.h>\n"),
    "files by os": ("src/record/a.c", SPDX + "os_file_read(path, &error);\n"),
    "short function": ("src/cli/a.c", SPDX + "int f(void) {\n    g();\n}\n"),
    "library at home": ("src/topology/topology.c", SPDX + "#include <hwloc.h>\n"),
}


def check_self():
    faults = [f"'{name}' is not noticed" for name, (path, text) in BREAKERS.items()
              if not list(check_text(path, text))]
    faults += [f"'{name}' is wrongly reported: {list(check_text(path, text))}"
               for name, (path, text) in FINE.items() if list(check_text(path, text))]
    print("\n".join(faults) or f"tidy: all {len(BREAKERS)} rules fire, {len(FINE)} stay silent")
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--self"]:
        sys.exit(check_self())
    sys.exit(check_tree(pathlib.Path(sys.argv[1] if sys.argv[1:] else ".").resolve()))
