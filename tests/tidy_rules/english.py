# SPDX-License-Identifier: Apache-2.0
"""Plain English: spelling, the words that readers stumble over, and the length of sentences."""

import ast
import pathlib
import re
import shutil
import subprocess
import tempfile

from .tree import COMMENT, STRING, line_of

# What a first-time reader does not understand at once, and what says the same.
STILTED = {
    r"\b(?:hold|holds|held|holding) (?:\w+ )?against\b": "compare",
    r"\bby turns\b": "interleaved, alternating",
    r"\bto be had\b": "available",
    r"\bcannot be had\b": "is unavailable",
    r"\bnot told\b": "unknown",
    r"\bwhoever\b": "if you ..., those who ...",
    r"\bnear and far\b": "local and remote",
    r"\bgo(?:es|ing)? on with\b": "resume, continue",
    r"\bso (?:many|much) (?:visits|runs|threads|CPUs|nodes)\b": "that many",
    r"\b(?:is|are|was|has) no such\b": "does not exist, is not a ...",
    r"\b(?:takes?|took) in (?:those|rows|all)\b": "use, accept",
    r"\ba word too many\b": "unexpected argument",
    r"\bmend(?:s|ed)?\b": "fix",
    r"\bfor ever\b": "forever",
}
WORDS_MAX = 30
TEXT = re.compile(rf"{COMMENT}|(?:{STRING})(?:(?:\s|\b(?:PRI|NUMAPROBE_)\w+\b)*(?:{STRING}))*",
                  re.DOTALL)
# What parts a text into sentences. A colon and a semicolon do too: messages say what happened, why,
# and what to do. So do the items of a list and the tags of a page.
END = re.compile(r"[.!?:;](?=\s|$|\\n)|\\n|\n\n|\n\s*(?:[-*]|\d+\.) |</?[a-z][^>]*>")
NOT_PROSE = re.compile(r"```.*?```|^    .*?$|^\|.*?$|^#.*?$|<!--.*?-->|`[^`]*`|\]\([^)]*\)"
                       r"|<https?:[^>]*>", re.DOTALL | re.MULTILINE)
DOCUMENTS_OF_OTHERS = ("CHANGELOG.md", "results/")  # records of their time


def messages(tree):
    """(path, place, text) of the string literals of the programs, each without its line breaks."""
    for path in tree.product:
        for match in TEXT.finditer(tree.files[path]):
            if match.group(0).startswith('"') and "<!DOCTYPE" not in match.group(0):
                yield path, match.start(), "".join(
                    literal[1:-1] for literal in re.findall(STRING, match.group(0)))


def documents(tree):
    """(path, place, text) of the prose of the documents; what is cut out keeps its line ends."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    for path in tree.named(".md"):
        if not path.startswith(DOCUMENTS_OF_OTHERS):
            yield path, 0, NOT_PROSE.sub(blank, tree.files[path])


def is_python(path, text):
    return path.endswith(".py") or re.match(r"#!.*python", text)


def scripts(tree):
    """(path, place, text) of what scripts and tests say: each string of a Python program, its help
    among them, and the comment at the head of a shell script, which is its usage."""
    for path in tree.named("", under=("scripts/", "tests/", "packaging/")):
        text = tree.files[path]
        if "/tidy_rules/" in path:  # which name the words that must not be there
            continue
        if is_python(path, text):
            begins = [0, *(match.end() for match in re.finditer("\n", text))]
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield path, begins[node.lineno - 1], node.value
        elif text.startswith("#!"):
            head = re.match(r"#!.*\n((?:#.*\n)*)", text)
            yield path, head.start(1), head.group(1).replace("\n#", "\n")


def find_stilted_words(tree):
    for path, place, text in (*messages(tree), *documents(tree), *scripts(tree)):
        for pattern, better in STILTED.items():
            for match in re.finditer(pattern.replace(" ", r"\s+"), text, re.IGNORECASE):
                line = line_of(tree.files[path], place) if place else line_of(text, match.start())
                yield path, line, f"'{' '.join(match.group(0).split())}': better '{better}'"


def find_long_sentences(tree):
    for path, place, text in (*messages(tree), *documents(tree)):
        begin = 0
        for match in (*END.finditer(text), None):
            end = match.end() if match else len(text)
            sentence = text[begin:end]
            count = len(re.findall(r"[A-Za-z][\w'-]*", sentence))
            if count > WORDS_MAX:
                lead = len(sentence) - len(sentence.lstrip())
                line = line_of(tree.files[path], place) if place else line_of(text, begin + lead)
                yield (path, line, f"a sentence of {count} words: at most {WORDS_MAX}: "
                       f"'{' '.join(sentence.split())[:60]}...'")
            begin = end


# Names and abbreviations that codespell takes for misspelt words.
SPELT_SO = "damon,fo,fro,nd"
HAS_CODESPELL = shutil.which("codespell") is not None  # Debian: codespell


def find_misspelt_words(tree):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in tree.files.items():
            place = pathlib.Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        found = subprocess.run(["codespell", "-L", SPELT_SO, "--ignore-regex", r"%s|\\n", "."],
                               cwd=folder, text=True, capture_output=True, check=False)
    for line in found.stdout.splitlines():
        path, number, what = line.removeprefix("./").split(":", 2)
        yield path, int(number), f"misspelt:{what}"


RULES = [find_stilted_words, find_long_sentences]

LONG = "word " * (WORDS_MAX + 1)
CASES = [
    (find_stilted_words, "a riddle in a message",
     {"src/os/a.c": 'say("runs are held "\n"against it");\n'}, "held against"),
    (find_stilted_words, "one in a document",
     {"docs/a.md": "# A\n\nMemory that is not\ntold.\n"}, "not told"),
    (find_stilted_words, "one in what a script says of itself",
     {"scripts/a": '#!/usr/bin/env python3\n"""Hold runs\nagainst runs."""\n'},
     "Hold runs against"),
    (find_stilted_words, "one in the head of a shell script",
     {"tests/a.sh": "#!/bin/sh\n#\n# Both run by\n# turns.\necho\n"}, "by turns"),
    (find_stilted_words, "scripts with plain words and another's comment",
     {"scripts/a": '#!/usr/bin/env python3\n"""Compares."""\n# by turns\n',
      "tests/a.sh": "#!/bin/sh\n# Compares.\n\n# by turns\n"}, None),
    (find_stilted_words, "plain words, and code",
     {"src/os/a.c": '// by turns\nsay("runs are compared");\n', "docs/a.md": "`not told`\n"}, None),
    (find_long_sentences, "a long message", {"src/os/a.c": f'say("{LONG}");\n'}, "31 words"),
    (find_long_sentences, "a long sentence of a document", {"docs/a.md": f"Short. {LONG}.\n"},
     "31 words"),
    (find_long_sentences, "short sentences, tables and code",
     {"src/os/a.c": f'say("{LONG[:75]}; {LONG[:75]}");\n// {LONG}\n',
      "docs/a.md": f"| {LONG} |\n\n```\n{LONG}\n```\n"}, None),
]
if HAS_CODESPELL:
    RULES.append(find_misspelt_words)
    CASES += [
        (find_misspelt_words, "a word with a slip", {"docs/a.md": "T" "eh memory.\n"}, "==> The"),
        (find_misspelt_words, "words as they are spelt", {"docs/a.md": "The memory.\n"}, None),
    ]
