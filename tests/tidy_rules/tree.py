# SPDX-License-Identifier: Apache-2.0
"""The files of a tree as text, and as much of C as the rules read."""

import collections
import functools
import posixpath
import re

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
FOLDERS = ("src", "bench", "tests", "scripts", "cmake", "docs", "packaging")
DATA = (".xml", ".pyc", ".json", ".csv")

COMMENT = r"//[^\n]*|/\*.*?\*/"
STRING = r'"(?:\\.|[^"\\\n])*"'
NOT_CODE = re.compile(COMMENT + "|" + STRING + r"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def room_of(path):
    """The room of a file of src/; None of any other."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def unit_of(path):
    """A source and the header of its name are one unit."""
    return path.rsplit(".", 1)[0]


def line_of(text, place):
    return text.count("\n", 0, place) + 1


class Tree:
    def __init__(self, files, data=()):
        self.files = files  # path from the root: text
        self.data = data  # paths of files that nobody reads here

    @classmethod
    def read(cls, root):
        paths = {path for folder in FOLDERS for path in (root / folder).rglob("*")}
        text = {path for path in paths if path.suffix not in DATA}
        text |= {*root.glob("*.md"), root / "CMakeLists.txt", root / "results/README.md"}
        text.discard(root / "CHANGELOG.md")  # it names what there once was
        paths |= {*root.glob("*"), *(root / "results").rglob("*")}
        return cls({path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
                    for path in sorted(text) if path.is_file()},
                   [path.relative_to(root).as_posix() for path in paths - text if path.is_file()])

    def named(self, *endings, under=("",)):
        """Paths with one of these endings below one of these folders."""
        return [path for path in self.files if path.endswith(endings) and path.startswith(under)]

    @functools.cached_property
    def product(self):
        """The C and C++ of the two programs."""
        return self.named(".c", ".h", ".cc", under=("src/", "bench/"))

    @functools.cached_property
    def code(self):
        """C without comments and strings, line by line as it was."""
        return {path: NOT_CODE.sub(blank, self.files[path])
                for path in self.named(".c", ".h", ".cc")}

    @functools.cached_property
    def uses(self):
        """How often each file names what, not counting members (x.name, x->name)."""
        name = re.compile(r"(?<![\w.])(?<!->)[A-Za-z_]\w*")
        return {path: collections.Counter(name.findall(INCLUDE.sub("", code)))
                for path, code in self.code.items()}

    @functools.cached_property
    def includes(self):
        """The files of the tree that each file includes, {path: {header: line}}."""
        found = {}
        for path in self.code:
            found[path] = {}
            for match in INCLUDE.finditer(self.files[path]):
                beside = posixpath.join(posixpath.dirname(path), match.group(1))
                for header in ("src/" + match.group(1), "tests/" + match.group(1), beside):
                    if header in self.files:
                        line = line_of(self.files[path], match.start(1))
                        found[path].setdefault(header, line)
        return found

    @functools.cached_property
    def included_by(self):
        users = collections.defaultdict(set)
        for path, headers in self.includes.items():
            for header in headers:
                users[header].add(path)
        return users

    @functools.cached_property
    def flat(self):
        """Code without directives of the preprocessor."""
        return {path: DIRECTIVE.sub(blank, code) for path, code in self.code.items()}

    @functools.cached_property
    def definitions(self):
        """{name: paths} of functions and tables that are not static."""
        found = collections.defaultdict(set)
        function = re.compile(r"^(?!static|typedef)[A-Za-z_][\w \t\n*()]*?\b(\w+)\s*"
                              r"\([^;{}]*\)\s*\{", re.MULTILINE)
        table = re.compile(r"^(?!static|typedef|extern|enum\b[^=]*\{)[A-Za-z_][\w \t*]*?\b(\w+)\s*"
                           r"(?:\[[^=;{}]*)?=", re.MULTILINE)
        for path in self.named(".c", ".cc", under=("src/", "bench/")):
            for pattern in (function, table):
                for match in pattern.finditer(self.flat[path]):
                    found[match.group(1)].add(path)
        return found

    @functools.cached_property
    def enums(self):
        """(path, place of the first brace, constants with their places) of each enum in src/. One
        whose constants a macro makes has none that stand there."""
        found = []
        for path in self.named(".c", ".h", under=("src/",)):
            for match in re.finditer(r"\benum\b\s*\w*\s*\{([^}]*)\}", self.flat[path]):
                constants = [(each.group(1), match.start(1) + each.start(1)) for each in
                             re.finditer(r"(?:^|,)\s*([A-Za-z_]\w*)(?=\s*(?:[,=]|$))",
                                         match.group(1))]
                found.append((path, match.start(1), constants))
        return found


def outer(code):
    """What stands outside all braces."""
    depth, kept = 0, []
    for character in code:
        if character == "{":
            depth += 1
        kept.append(character if depth == 0 or character == "\n" else " ")
        if character == "}":
            depth -= 1
    return "".join(kept)


def circles(graph):
    """The strongly connected parts of {node: nodes} that have more than one node, by Tarjan."""
    number, low, stack, found = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in number:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == number[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1:
                found.append(sorted(part))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found
