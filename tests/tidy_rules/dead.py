# SPDX-License-Identifier: Apache-2.0
"""What nobody needs: files that are not built, declarations that nobody uses. And what would be
needed and is not there: names of an enum's constants."""

import re

from .tree import line_of, outer, room_of

TEST_SECTION = re.compile(r"^// ---- for tests -+$", re.MULTILINE)
SECTION = re.compile(r"^// ---- ", re.MULTILINE)


def named_sources(text):
    """A pattern for the sources that a list of CMake names: a variable in one stands for any."""
    found = re.findall(r"[\w${}./]+\.cc?\b", text.replace("test_${name}.c", ""))
    found += [f"test_{name}.c" for name in re.findall(r"\broom_test\((\w+)", text)]
    names = {r"\w+".join(map(re.escape, re.split(r"\$\{\w+\}", name.rsplit("/", 1)[-1])))
             for name in found}
    return re.compile("|".join(sorted(names)) or "$.")


def find_dead_files(tree):
    lists = "\n".join(tree.files.get(path, "")
                      for path in ("CMakeLists.txt", "tests/CMakeLists.txt"))
    sources = {"tests": named_sources(lists), "bench": named_sources(lists)}
    for room in {room_of(path) for path in tree.product} - {None}:
        parts = re.findall(rf"\broom\({room}\s([^)]*)\)", lists)
        sources[room] = named_sources(" ".join(parts))
    for path in tree.named(".c", ".cc", under=("src/", "bench/", "tests/")):
        name = path.rsplit("/", 1)[1]
        built = (sources[room_of(path) or path.split("/")[0]].fullmatch(name)
                 if path != "src/main.c" else path in lists)
        if not built and not path.startswith("tests/lab/"):  # tests/lab/run builds those
            yield path, 1, "no CMakeLists.txt names it: nobody builds it"
    for path in tree.named(".h", under=("src/", "bench/", "tests/")):
        if not tree.included_by[path]:
            yield path, 1, "nobody includes it"


def declared(tree, header):
    """(kind, name, place) of each macro, table and function that a header declares."""
    for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", tree.code[header], re.MULTILINE):
        yield "macro", match.group(1), match.start(1)
    text = outer(tree.flat[header])
    for match in re.finditer(r"\bextern\b[^;]*?\b(\w+)\s*(?:\[[^;]*)?;", text):
        yield "table", match.group(1), match.start(1)
    for match in re.finditer(r"^(?!typedef|extern|static)[A-Za-z_][^;{}()#]*?\b(\w+)\s*"
                             r"\([^;{}]*\)[^;{}]*;", text, re.MULTILINE):
        yield "function", match.group(1), match.start(1)


def constants(tree):
    """("constant", name, header, place) of each enum of a header."""
    for path, _, found in tree.enums:
        if path.endswith(".h"):
            for name, place in found:
                yield "constant", name, path, place


def pasted(tree):
    """Beginnings of names that macros put together (X_##name)."""
    found = {match for path in tree.product
             for match in re.findall(r"(\w{3,})\s*##", tree.code[path])}
    return tuple(found)


def users(tree, kind, name, header):
    """Files that use a declaration; of a function or table not the one that defines it."""
    found = [path for path, names in tree.uses.items() if name in names and path != header]
    if kind in ("function", "table"):
        found = [path for path in found if path not in tree.definitions.get(name, ())]
    return found


def is_for_tests(text, place):
    """Whether it stands in a header's section for tests, which ends where the next one begins."""
    before = [match.start() for match in SECTION.finditer(text, 0, place)]
    return bool(before) and TEST_SECTION.match(text, before[-1]) is not None


def judge_declaration(kind, name, by_product, by_tests, for_tests):
    """What is wrong with who uses a declaration; None when nothing is."""
    remedy = "delete it" if kind in ("macro", "constant") else "make it static or delete it"
    if for_tests and by_product:
        return f"{kind} {name} stands among those for tests, and {by_product[0]} uses it"
    if by_product or (for_tests and by_tests):
        return None
    if by_tests:
        return (f"only tests use the {kind} {name}: {remedy}, or put it in a section "
                f"'// ---- for tests ---'")
    return f"nobody else uses the {kind} {name}: {remedy}"


def find_dead_declarations(tree):
    beginnings = pasted(tree)
    found = [(kind, name, header, place) for header in tree.named(".h", under=("src/",))
             for kind, name, place in declared(tree, header)]
    for kind, name, header, place in found + list(constants(tree)):
        # A header that uses it again needs it, and so does each file that includes that header.
        if tree.uses[header][name] > 1 or name.startswith(beginnings or ("\0",)):
            continue
        by = users(tree, kind, name, header)
        fault = judge_declaration(kind, name, [path for path in by if path in tree.product],
                                  [path for path in by if path not in tree.product],
                                  is_for_tests(tree.files[header], place))
        if fault:
            yield header, line_of(tree.files[header], place), fault


def braced(code, place):
    """What stands between the brace at `place` and its partner."""
    depth = 0
    for end in range(place, len(code)):
        depth += {"{": 1, "}": -1}.get(code[end], 0)
        if depth == 0:
            return code[place + 1:end]
    return code[place + 1:]


def find_holes(tree):
    """A table that is indexed by an enum has an entry for every constant: a missing one would be a
    NULL that nobody meets before a user does. Where a table of the enum's size has none on purpose,
    it says so by an empty entry."""
    enum_of = {name: [each for each, _ in found]
               for _, _, found in tree.enums for name, _ in found}
    for path in tree.product:
        for match in re.finditer(r"\]\s*=\s*\{(?=\s*\[\s*[A-Z]\w*\s*\]\s*=)",
                                 tree.flat[path]):
            brace = match.end() - 1
            entries = re.findall(r"\[\s*([A-Z]\w*)\s*\]\s*=(?!=)",
                                 outer(braced(tree.flat[path], brace)))
            wanted = enum_of.get(entries[0], []) if entries else []
            missing = [name for name in wanted
                       if name not in entries and not name.endswith("_COUNT")]
            if missing:
                yield (path, line_of(tree.files[path], brace),
                       f"a table without {', '.join(missing)}: give each constant its entry")


RULES = [find_dead_files, find_dead_declarations, find_holes]

BUILD = {"CMakeLists.txt": "room(os a.c USES base)\nroom(plan b.c)\n",
         "tests/CMakeLists.txt": "add_executable(test_${name} test_${name}.c)\n"
                                 "room_test(a SOURCES b_${system}.c USES os)\n"}
ENUM = "enum fruit { FRUIT_APPLE, FRUIT_PEAR, FRUIT_COUNT };\n"


def header(text, **others):
    """A tree with a header src/os/a.h and what uses it."""
    return {"src/os/a.h": text} | {{"product": "src/plan/b.c", "own": "src/os/a.c",
                                    "test": "tests/test_a.c"}[who]: code
                                   for who, code in others.items()}


CASES = [
    (find_dead_files, "a source that is not built", BUILD | {"src/plan/a.c": ""}, "nobody builds"),
    (find_dead_files, "a test that is not built", BUILD | {"tests/test_b.c": ""}, "nobody builds"),
    (find_dead_files, "a header for nobody", BUILD | {"src/os/a.h": ""}, "nobody includes"),
    (find_dead_files, "all built and included",
     BUILD | {"src/os/a.c": '#include "os/a.h"\n', "src/os/a.h": "", "tests/test_a.c": "",
              "tests/b_win32.c": ""}, None),
    (find_dead_declarations, "a function that only its own file calls",
     header("int f(int);\n", own="int f(int a) {\n    return f(a);\n}\n"), "nobody else uses"),
    (find_dead_declarations, "a function that only a test calls",
     header("int f(int);\n", test="f(1);\n"), "only tests use"),
    (find_dead_declarations, "a table for nobody",
     header("extern const int list[2];\n", own="const int list[2] = {1, 2};\n"), "the table list"),
    (find_dead_declarations, "a constant for nobody", header("enum { ROOM = 3 };\n"),
     "the constant ROOM"),
    (find_dead_declarations, "a macro for nobody", header("#define ROOM 3\n"), "the macro ROOM"),
    (find_dead_declarations, "a member of that name is no use",
     header("int f(int);\n", product="a.f = b->f;\n"), "nobody else uses"),
    (find_dead_declarations, "for tests, and the program uses it",
     header("// ---- for tests ----\nint f(int);\n", product="f(1);\n"), "and src/plan/b.c uses"),
    (find_dead_declarations, "for tests, and no test uses it",
     header("// ---- for tests ----\nint f(int);\n"), "nobody else uses"),
    (find_dead_declarations, "the section for tests is over",
     header("// ---- for tests ----\n// ---- other ----\nint f(int);\n", test="f(1);\n"),
     "only tests use"),
    (find_dead_declarations, "all in use",
     header("#define SIZE 3\nenum { MOST = SIZE };\nint f(int a[MOST]);\n"
            "#define TYPE_int 1\n// ---- for tests ----\nint g(int);\n",
            product="int x = TYPE_##name;\nf(a);\n", test="g(1);\n"), None),
    (find_holes, "a table with a hole",
     {"src/os/a.c": ENUM + 'const char *const n[FRUIT_COUNT] = {[FRUIT_APPLE] = "apple"};\n'},
     "without FRUIT_PEAR"),
    (find_holes, "a hole in a table of tables",
     {"src/os/a.c": ENUM + "int n[2][FRUIT_COUNT] = {[0] = {[FRUIT_PEAR] = 1}};\n"},
     "without FRUIT_APPLE"),
    (find_holes, "a full table, and a member that is no table",
     {"src/os/a.c": ENUM + "int n[FRUIT_COUNT] = {[FRUIT_PEAR] = {1}, [FRUIT_APPLE] = {2}};\n"
                    "struct basket b = {.has = {[FRUIT_PEAR] = true}};\n"}, None),
]
