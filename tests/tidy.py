#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the house in order; the rules are the modules of tests/tidy_rules.

usage: tests/tidy.py [ROOT]    checks the tree; prints each fault as FILE:LINE: what, exits 1
       tests/tidy.py --self    checks that each rule fires on what breaks it and else stays silent
"""

import pathlib
import sys

sys.dont_write_bytecode = True  # the tree stays as it is

from tidy_rules import dead, english, lines, rooms, words  # noqa: E402
from tidy_rules.tree import Tree  # noqa: E402

MODULES = (lines, rooms, dead, words, english)


def check_tree(root):
    tree = Tree.read(root)
    faults = sorted(fault for module in MODULES for rule in module.RULES for fault in rule(tree))
    for path, line, what in faults:
        print(f"{path}:{line}: {what}")
    if not english.HAS_CODESPELL:
        print("tidy: there is no codespell here, so spelling is not checked")
    print(f"tidy: {len(faults)} faults")
    return 1 if faults else 0


def check_self():
    wrong, fired, silent = [], set(), set()
    cases = [case for module in MODULES for case in module.CASES]
    for rule, name, files, expected in cases:
        found = [what for _, _, what in rule(Tree(files))]
        (silent if expected is None else fired).add(rule)
        if expected is None and found:
            wrong.append(f"'{name}' is wrongly reported: {found}")
        elif expected is not None and not any(expected in what for what in found):
            wrong.append(f"'{name}' is not noticed: {found}")
    for rule in (rule for module in MODULES for rule in module.RULES):
        wrong += [f"{rule.__name__} has no case in which it {what}"
                  for what, proven in (("fires", fired), ("stays silent", silent))
                  if rule not in proven]
    print("\n".join(wrong) or f"tidy: {len(fired)} rules, {len(cases)} cases as they must be")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--self"]:
        sys.exit(check_self())
    sys.exit(check_tree(pathlib.Path(sys.argv[1] if sys.argv[1:] else ".").resolve()))
