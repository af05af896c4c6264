# SPDX-License-Identifier: Apache-2.0
"""What is said and must be so: options, paths, links, planted defects."""

import ast
import posixpath
import re

from .tree import COMMENT, STRING, line_of

# ---- options -------------------------------------------------------------------------------------

OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]+")
# Options of others, by what names the program in the same paragraph or the same text.
FOREIGN = {
    r"\bps\b": {"--sort"},
    r"\bcontainer\b|\bdocker\b|\bpodman\b": {"--cap-add", "--cpus", "--cpuset-mems", "--memory",
                                             "--rm", "--security-opt", "--volume"},
    r"\blstopo\b": {"--export-xml-flags", "--memattrs"},
    r"\bhwloc-info\b": {"--best-memattr"},
    r"\bnumactl\b": {"--interleave"},
    r"\bsqlite3\b": {"--csv"},
    r"\bcmake\b": {"--build", "--preset"},
    r"\bctest\b": {"--preset"},
    r"\bGoogle Benchmark\b|\bnumaprobe-bench\b|--benchmark_": None,  # all that begin so
}
# A path of a program of the house, whose own text has its options.
OWN_PROGRAM = re.compile(r"(?:scripts|tests)/[\w./-]*\w")
TEXT = re.compile(rf"{COMMENT}|(?:{STRING})(?:(?:\s|\b[A-Z]\w*\b)*(?:{STRING}))*", re.DOTALL)


def options_of(tree):
    """Those of the tables, and those that main() looks for by itself."""
    entry = re.compile(r'^\s*\{"(--[\w-]+)",|\bstrcmp\([\w\[\]]+, "(--[\w-]+)"\)', re.MULTILINE)
    return {found for path in tree.product for pair in entry.findall(tree.files[path])
            for found in pair if found}


def texts(tree):
    """(path, place, text) of all that a user may read: strings of the programs, paragraphs of the
    documents."""
    for path in tree.product:
        for match in TEXT.finditer(tree.files[path]):
            if match.group(0).startswith('"'):
                yield path, match.start(), match.group(0)
    for path in tree.named(".md"):
        for match in re.finditer(r"(?:[^\n]*\S[^\n]*(?:\n|$))+", tree.files[path]):
            yield path, match.start(), match.group(0)


def is_foreign(tree, option, text):
    for program, options in FOREIGN.items():
        known = option.startswith("--benchmark_") if options is None else option in options
        if known and re.search(program, text):
            return True
    return any(option in tree.files.get(program, "") for program in OWN_PROGRAM.findall(text))


def find_wrong_options(tree):
    own = options_of(tree)
    for path, place, text in texts(tree):
        for match in OPTION.finditer(text):
            if match.group(0) not in own and not is_foreign(tree, match.group(0), text):
                yield (path, line_of(tree.files[path], place + match.start()),
                       f"{match.group(0)}: numaprobe has no such option, and no program is named "
                       "that is known for it")


# ---- paths ---------------------------------------------------------------------------------------

PATH = re.compile(r"(?<![\w./-])(?:src|docs|bench|cmake|scripts|tests|results)/[\w./*{}<>-]*\w")
HEADER = re.compile(r"(?<![\w./-])(?:base|os|kernels|stats|topology|record|placement|plan|measure|"
                    r"analyse|report|cli)/\w+\.[ch]\b")
MADE_UP = re.compile(r"[*{}<>]|[A-Z]{2,}|\bmy-")  # src/cli/cmd_NAME.c, tests/topologies/*.xml
LINK = re.compile(r"\]\(([^)\s:]*)\)")


def folders_of(tree):
    return {path[:match.start()] for path in (*tree.files, *tree.data)
            for match in re.finditer("/", path)}


def places(tree):
    """(path, place, text) of documents and of comments."""
    for path in tree.named(".md"):
        yield path, 0, tree.files[path]
    for path in tree.code:
        for match in re.finditer(f"{STRING}|({COMMENT})", tree.files[path], re.DOTALL):
            if match.group(1):
                yield path, match.start(), match.group(1)
    for path in tree.named("", under=("scripts/", "tests/", "cmake/", "CMakeLists.txt")):
        # The cases of these rules name what must not be there.
        if not path.endswith((".c", ".h", ".cc", ".md")) and "/tidy_rules/" not in path:
            for match in re.finditer(r"(?:^|\s)#.*", tree.files[path]):
                yield path, match.start(), match.group(0)


def find_lost_paths(tree):
    known = {*tree.files, *tree.data, *folders_of(tree)}
    for path, place, text in places(tree):
        for pattern, before in ((PATH, ""), (HEADER, "src/")):
            for match in pattern.finditer(text):
                named = before + match.group(0)
                made_up = MADE_UP.search(named.replace("README", "").replace("CMakeLists", ""))
                if named not in known and not made_up:
                    yield (path, line_of(tree.files[path], place + match.start()),
                           f"{match.group(0)}: there is no such file")


def anchors_of(text):
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def find_lost_links(tree):
    known = {*tree.files, *tree.data, *folders_of(tree)}
    for path in tree.named(".md"):
        for match in LINK.finditer(tree.files[path]):
            target, _, anchor = match.group(1).partition("#")
            named = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) \
                if target else path
            line = line_of(tree.files[path], match.start())
            if named.endswith(".md") and named in tree.files:
                if anchor and anchor not in anchors_of(tree.files[named]):
                    yield path, line, f"{named} has no heading for #{anchor}"
            elif named not in known:
                yield path, line, f"{match.group(1)}: there is no such file"


# ---- planted defects -----------------------------------------------------------------------------

DEFECTS = "tests/lab/mutants"
LISTS_OF_DEFECTS = (DEFECTS, "tests/windows_mutants", "tests/hostile_mutants")


def find_stale_defects(tree):
    """What a planted defect replaces stands once in its file."""
    for where in LISTS_OF_DEFECTS:
        for node in ast.parse(tree.files.get(where, "")).body:
            if not (isinstance(node, ast.Assign) and node.targets[0].id == "DEFECTS"):
                continue
            for entry in node.value.elts:
                name, path, old, new, _ = ast.literal_eval(entry)
                count = tree.files.get(path, "").count(old)
                if count != 1:
                    yield (where, entry.lineno,
                           f"{name}: its text stands {count} times in {path}, and must once")
                if old == new:
                    yield where, entry.lineno, f"{name} changes nothing"


# ---- the threat model ----------------------------------------------------------------------------

THREATS = "docs/security.md"
ROW = re.compile(r"^\|(?!-)(?:[^|\n]*\|)*?([^|\n]*)\|$", re.MULTILINE)
QUOTED = re.compile(r'"([^"]+)"|`([^`]+)`')


def find_untested_threats(tree):
    """Each line of its table names files of tests in the last column, and what is quoted there, a
    section or a test's name, stands in one of them; the name of a stage stands in scripts/test."""
    text = tree.files.get(THREATS, "")
    for match in list(ROW.finditer(text))[1:]:  # the first is the header
        cell, line = match.group(1), line_of(text, match.start())
        named = [path for path in tree.files
                 for found in PATH.findall(cell) if path == found or path.startswith(found + "/")]
        if not named:
            yield THREATS, line, "this line names no test"
        for pair in QUOTED.findall(cell):
            quoted = "".join(pair)
            if not any(quoted in tree.files[path]
                       for path in (*named, "scripts/test") if path in tree.files):
                yield THREATS, line, f"no test that is named here has '{quoted}'"


RULES = [find_wrong_options, find_lost_paths, find_lost_links, find_stale_defects,
         find_untested_threats]

TABLE = {"src/ask/option_table.c": '    {"--size", "SIZE", "of a buffer", BITS, take_size},\n'}
CASES = [
    (find_wrong_options, "an option that is not there",
     TABLE | {"src/os/a.c": 'char *a = "take a larger "\n    "--slot";\n'}, "--slot"),
    (find_wrong_options, "one in a document", TABLE | {"docs/a.md": "Give\n`--slot 3`.\n"},
     "--slot"),
    (find_wrong_options, "another program's, which is not named",
     TABLE | {"src/os/a.c": '"start it with --cap-add"\n'}, "--cap-add"),
    (find_wrong_options, "options that are there",
     TABLE | {"src/cli/command.c": 'if (strcmp(first, "--version") == 0)\n',
              "src/os/a.c": '// no --slot\n"--size; start the container "\n    "with --cap-add"\n',
              "scripts/run": "--lab",
              "docs/a.md": "`--version`; then\n`scripts/run --lab`,\n`numactl --interleave`\n"},
     None),
    (find_lost_paths, "a file that is gone", {"docs/a.md": "see `src/os/b.c`\n"}, "src/os/b.c"),
    (find_lost_paths, "one in a comment", {"src/os/a.c": "// as plan/b.h says\n"}, "plan/b.h"),
    (find_lost_paths, "one in a script's", {"scripts/a": "run # see docs/b.md\n"}, "docs/b.md"),
    (find_lost_paths, "files and folders that are there",
     {"docs/a.md": "`src/os`, `src/os/a.c`, `src/os/NAME.c`, `src/os/*.c`\n",
      "src/os/a.c": '// os/a.h\nchar *path = "src/os/b.c";\n', "src/os/a.h": ""}, None),
    (find_lost_links, "a link to nothing", {"docs/a.md": "[b](b.md)\n"}, "b.md"),
    (find_lost_links, "a link to no heading", {"docs/a.md": "[b](b.md#c)\n", "docs/b.md": "# B\n"},
     "no heading"),
    (find_lost_links, "links that lead somewhere",
     {"docs/a.md": "# A `c`, d\n[b](../docs/b.md#b) [a](#a-c-d) [w](https://example.org/b.md)\n",
      "docs/b.md": "# B\n"}, None),
    (find_stale_defects, "a defect whose text is gone",
     {DEFECTS: 'DEFECTS = [("a", "src/a.c", "x = 1", "x = 2", "b")]\n', "src/a.c": "y = 1"},
     "stands 0 times"),
    (find_stale_defects, "a defect whose text stands twice",
     {DEFECTS: 'DEFECTS = [("a", "src/a.c", "x = 1", "x = 2", "b")]\n', "src/a.c": "x = 1 x = 1"},
     "stands 2 times"),
    (find_stale_defects, "a defect of Windows whose text is gone",
     {LISTS_OF_DEFECTS[1]: 'DEFECTS = [("a", "src/a.c", "x = 1", "x = 2", "b")]\n',
      "src/a.c": "y = 1"}, "stands 0 times"),
    (find_untested_threats, "a threat without a test",
     {THREATS: "| Who | Test |\n|---|---|\n| all | none |\n", "tests/a": ""}, "names no test"),
    (find_untested_threats, "a section that is gone",
     {THREATS: '| Who | Test |\n|---|---|\n| all | tests/a, "links" |\n', "tests/a": "pipes"},
     "has 'links'"),
    (find_untested_threats, "threats with their tests",
     {THREATS: '| Who | Test |\n|---|---|\n| all | [tests/a](../tests/a), "links", stage `b` |\n'
               "| | tests/c |\n",
      "tests/a": "# links", "tests/c/d": "", "scripts/test": "stage_b() {"}, None),
    (find_stale_defects, "a defect that can be planted",
     {DEFECTS: 'DEFECTS = [("a", "src/a.c", "x = 1", "x = 2", "b")]\n', "src/a.c": "x = 1"}, None),
]
