# SPDX-License-Identifier: Apache-2.0
"""Who may include and call whom: floors, headers of others, private headers, circles."""

import collections
import re

from .tree import INCLUDE, circles, line_of, room_of, unit_of

# Floors, ground first: a room may include its own headers and those of lower floors.
FLOORS = [
    {"base"},
    {"os", "kernels", "stats"},
    {"topology"},
    {"record"},
    {"placement", "plan"},
    {"measure"},
    {"analyse"},
    {"report", "doctor"},
    {"run"},
    {"ask"},
    {"cli"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# Rooms that read files only, whatever their floor allows: of kernels their tables of names.
ONLY = {"analyse": {"base", "kernels", "stats", "record", "topology"},
        "report": {"base", "kernels", "stats", "record", "topology", "analyse"}}

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

PRIVATE = "Private to this room."


def check_include(path, header):
    """What is wrong with including `header` (as written) in `path`; None when nothing is."""
    room = room_of(path)
    if header in KEPT_IN:
        if path != KEPT_IN[header] and not path.startswith("tests/"):
            return f"{header} belongs in {KEPT_IN[header]} only"
        return None
    other = header.split("/")[0] if "/" in header else None
    if other in FLOOR_OF:
        if room is None or room == other:
            return None
        if room in ONLY and other not in ONLY[room]:
            return f"{room} reads files only and may not include {other}"
        if FLOOR_OF[other] >= FLOOR_OF[room]:
            return f"{room}, floor {FLOOR_OF[room]}, may not include {other}, {FLOOR_OF[other]}"
        return None
    if room is None or header in ISO_C:
        return None
    if header in COMPILER:
        return None if room in ("kernels", "os") else f"{header} is for src/kernels only"
    return None if room == "os" else f"{header} is an operating system's: only src/os may know it"


def find_wrong_floors(tree):
    for path in tree.code:
        for match in INCLUDE.finditer(tree.files[path]):
            fault = check_include(path, match.group(1))
            if fault:
                yield path, line_of(tree.files[path], match.start(1)), fault


def find_named_systems(tree):
    for path in tree.code:
        if path.startswith(("src/os/", "tests/")):
            continue
        for match in re.finditer(r"\b_WIN32\b|\b__linux__\b", tree.files[path]):
            yield (path, line_of(tree.files[path], match.start()),
                   "an operating system by name outside src/os")


def is_private(tree, header):
    """A header says so in the sentences at its head."""
    head = re.match(r"(?://[^\n]*\n)*", tree.files[header]).group(0)
    return PRIVATE in " ".join(re.sub(r"^//", "", head, flags=re.MULTILINE).split())


def reached_from_outside(tree):
    """Headers that another room or bench/ includes, and what those include in turn. That a test
    looks into a room does not make its header public."""
    reached = set()
    waiting = [header for path in tree.product for header in tree.includes[path]
               if room_of(header) and room_of(header) != room_of(path)]
    while waiting:
        header = waiting.pop()
        if header not in reached:
            reached.add(header)
            waiting += tree.includes[header]
    return reached


def find_leaks(tree):
    """A private header is for its own room and the tests. A header that is for nobody else says so,
    but for those of the top floor, where nobody is above to look in."""
    reached = reached_from_outside(tree)
    for header in tree.named(".h", under=("src/",)):
        room = room_of(header)
        if not is_private(tree, header):
            if header not in reached and room not in FLOORS[-1]:
                yield header, 2, f"only src/{room} includes it: say '{PRIVATE}' at its head"
            continue
        for user in sorted(tree.included_by[header]):
            line = tree.includes[user][header]
            if room_of(user) != room and not user.startswith("tests/"):
                yield user, line, f"{header} is private to src/{room}"
            elif user in reached:
                yield user, line, f"other rooms include this header, and {header} is private"


def find_header_circles(tree):
    graph = {path: set(tree.includes[path]) for path in tree.named(".h")}
    for part in circles(graph):
        yield part[0], 1, f"headers that include each other: {', '.join(part)}"


def find_call_circles(tree):
    """Files of a room do not call each other in a circle. To know a type of the other one is no
    call. Neither are the parts of one table circular that have no header of their own: they and the
    file that has it are one thing in several files (linux_facts*.c)."""
    graph = collections.defaultdict(set)
    why = {}
    for path in tree.named(".c", under=("src/",)):
        for name in tree.uses[path]:
            for other in tree.definitions.get(name, ()):
                unit = unit_of(other)
                if (room_of(other) == room_of(path) and unit != unit_of(path)
                        and tree.uses.get(unit + ".h", {}).get(name)):
                    graph[unit_of(path)].add(unit)
                    why[unit_of(path), unit] = name
    for part in circles(graph):
        calls = [f"{unit.rsplit('/')[-1]}.c calls {why[unit, other]}"
                 for unit in part for other in sorted(graph[unit]) if other in part]
        yield part[0] + ".c", 1, "a circle: " + ", ".join(calls)


RULES = [find_wrong_floors, find_named_systems, find_leaks, find_header_circles, find_call_circles]


def include(*headers):
    return "".join(f'#include "{header}"\n' for header in headers)


PUBLIC_HEADER = "// Of one thing.\n"
PRIVATE_HEADER = "// Of one thing. Private\n// to this room.\n"
CASES = [
    (find_wrong_floors, "lower floor includes higher", {"src/os/a.c": include("plan/plan.h")},
     "may not include plan"),
    (find_wrong_floors, "same floor", {"src/topology/a.c": include("record/row.h")},
     "may not include record"),
    (find_wrong_floors, "analyse measures", {"src/analyse/a.c": include("measure/visit.h")},
     "reads files only"),
    (find_wrong_floors, "hwloc outside topology", {"src/plan/a.c": "#include <hwloc.h>\n"},
     "belongs in"),
    (find_wrong_floors, "hwloc elsewhere in topology", {"src/topology/b.c": "#include <hwloc.h>\n"},
     "belongs in"),
    (find_wrong_floors, "POSIX outside os", {"src/cli/a.c": "#include <unistd.h>\n"},
     "only src/os"),
    (find_wrong_floors, "Windows outside os", {"src/measure/a.c": "#include <windows.h>\n"},
     "only src/os"),
    (find_wrong_floors, "intrinsics outside kernels",
     {"src/measure/a.c": "#include <immintrin.h>\n"}, "for src/kernels only"),
    (find_wrong_floors, "own and lower rooms",
     {"src/plan/a.c": include("plan/plan.h", "os/os.h")}, None),
    (find_wrong_floors, "POSIX in os",
     {"src/os/a.c": "#include <unistd.h>\n#include <windows.h>\n"}, None),
    (find_wrong_floors, "library at home", {"src/topology/topology.c": "#include <hwloc.h>\n"},
     None),
    (find_named_systems, "a system by name", {"src/cli/a.c": "#ifdef _WIN32\n"}, "by name"),
    (find_named_systems, "its name in os", {"src/os/a.c": "#ifdef _WIN32\n"}, None),
    (find_leaks, "private header of another room",
     {"src/os/a.h": PRIVATE_HEADER, "src/plan/b.c": include("os/a.h")}, "private to src/os"),
    (find_leaks, "private header through a public one",
     {"src/os/a.h": PRIVATE_HEADER, "src/os/c.h": PUBLIC_HEADER + include("os/a.h"),
      "src/plan/b.c": include("os/c.h")}, "other rooms include this header"),
    (find_leaks, "public header of one room",
     {"src/os/a.h": PUBLIC_HEADER, "src/os/b.c": include("os/a.h")}, "only src/os includes it"),
    (find_leaks, "private header at home and in its test",
     {"src/os/a.h": PRIVATE_HEADER, "src/os/b.c": include("os/a.h"),
      "tests/test_b.c": include("os/a.h")}, None),
    (find_leaks, "public header through another one",
     {"src/os/a.h": PUBLIC_HEADER, "src/os/c.h": PUBLIC_HEADER + include("os/a.h"),
      "src/plan/b.c": include("os/c.h")}, None),
    (find_leaks, "header of the top floor",
     {"src/cli/a.h": PUBLIC_HEADER, "src/cli/b.c": include("cli/a.h")}, None),
    (find_header_circles, "headers that include each other",
     {"src/os/a.h": include("os/b.h"), "src/os/b.h": include("os/a.h")}, "include each other"),
    (find_header_circles, "headers in a row",
     {"src/os/a.h": include("os/b.h"), "src/os/b.h": ""}, None),
    (find_call_circles, "two files that call each other",
     {"src/os/a.h": "void a(void);\n", "src/os/a.c": "void a(void) {\n    b();\n}\n",
      "src/os/b.h": "void b(void);\n", "src/os/b.c": "void b(void) {\n    a();\n}\n"},
     "a.c calls b, b.c calls a"),
    (find_call_circles, "a type of the other one, and parts without a header",
     {"src/os/a.h": "struct c;\nvoid a(void);\nvoid part(void);\n",
      "src/os/a.c": "void a(void) {\n    b();\n    part();\n}\n",
      "src/os/part.c": "void part(void) {\n    a();\n}\n",
      "src/os/b.h": "void b(void);\n", "src/os/b.c": "void b(void) {\n    struct c x;\n}\n"},
     None),
]
