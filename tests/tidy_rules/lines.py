# SPDX-License-Identifier: Apache-2.0
"""What one file shows by itself: lengths, licence, banned calls."""

import re

from .tree import SPDX, room_of

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
WIDE = (".c", ".h", ".cc", ".py", ".sh")  # and scripts without an ending


def sources(tree):
    return tree.named("", under=("src/", "bench/", "tests/", "scripts/", "cmake/"))


def find_licence(tree):
    for path in sources(tree):
        if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(
                tree.files[path].split("\n", 2)[:2]):
            yield path, 1, "the first or second line names no licence (SPDX-License-Identifier)"


def find_bad_lines(tree):
    for path in sources(tree):
        by_os = room_of(path) in (None, "os")
        wide = path.endswith(WIDE) or "." not in path.rsplit("/", 1)[1]
        for number, line in enumerate(tree.files[path].split("\n"), 1):
            if wide and len(line) > LINE_COLUMNS_MAX:
                yield path, number, f"{len(line)} columns: at most {LINE_COLUMNS_MAX}"
            if line != line.rstrip():
                yield path, number, "white space at the end"
            if "\t" in line:
                yield path, number, "a tab"
            if not by_os and re.search(r"\b(fopen|remove)\s*\(", line):
                yield path, number, ("a file by the C library: os_file_read and its kin look "
                                     "whose it is, and know every name on Windows too")


def find_banned(tree):
    every = re.compile("|".join(BANNED))
    for path in sources(tree):
        if path.endswith("tidy_rules/lines.py"):  # the words themselves
            continue
        for number, line in enumerate(tree.files[path].split("\n"), 1):
            for pattern, fault in BANNED.items() if every.search(line) else ():
                if re.search(pattern, line):
                    yield path, number, fault


def functions(lines):
    """(first line, length) of each function. One begins at a line that starts in column 1 and ends
    in '{', and ends at the next '}' in column 1."""
    begin = None
    for number, line in enumerate(lines, 1):
        wrapped_head = (begin is None and number > 1 and re.match(r"\s.*\)\s*\{$", line)
                        and re.match(r"[A-Za-z_][^=;{]*[(,]$", lines[number - 2]))
        if re.match(r"[A-Za-z_].*\)\s*\{\s*\\?$", line) or wrapped_head:
            begin = number
        elif line.startswith("}") and begin:
            yield begin, number - begin + 1
            begin = None


def find_long(tree):
    for path in tree.named(".c", ".h", ".cc"):
        lines = tree.files[path].split("\n")
        for begin, length in functions(lines):
            if length > FUNCTION_LINES_MAX:
                yield path, begin, f"a function of {length} lines: at most {FUNCTION_LINES_MAX}"
    for path in tree.named(".c", ".h", ".cc", ".py", under=("src/", "tests/tidy")):
        count = tree.files[path].count("\n") + 1
        if count > FILE_LINES_MAX:
            yield path, 1, f"{count} lines: at most {FILE_LINES_MAX}"


RULES = [find_licence, find_bad_lines, find_banned, find_long]

CASES = [
    (find_licence, "no licence", {"src/cli/a.c": "int a;\n"}, "licence"),
    (find_licence, "a licence", {"src/cli/a.c": SPDX}, None),
    (find_bad_lines, "long line", {"src/cli/a.c": "// " + "x" * 100}, "columns"),
    (find_bad_lines, "trailing space", {"src/cli/a.c": "int a; \n"}, "white space"),
    (find_bad_lines, "tab", {"src/cli/a.c": "\tint a;\n"}, "tab"),
    (find_bad_lines, "file outside os", {"src/record/a.c": 'FILE *f = fopen(path, "r");\n'},
     "os_file_read"),
    (find_bad_lines, "files by os", {"src/record/a.c": "os_file_read(path, &error);\n"}, None),
    (find_banned, "banned call", {"src/cli/a.c": "strcpy(a, b);\n"}, "snprintf"),
    (find_banned, "a call of a like name", {"src/cli/a.c": "my_strcpy(a, b);\n"}, None),
    (find_long, "long function", {"src/cli/a.c": "int f(void) {\n" + "    g();\n" * 70 + "}\n"},
     "a function of"),
    (find_long, "long function, wrapped head",
     {"src/cli/a.c": "int f(int a,\n      int b) {\n" + "    g();\n" * 70 + "}\n"},
     "a function of"),
    (find_long, "long file", {"src/cli/a.c": "int a;\n" * 601}, "lines: at most"),
    (find_long, "short function", {"src/cli/a.c": "int f(void) {\n    g();\n}\n"}, None),
]
