# SPDX-License-Identifier: Apache-2.0
"""The house's rules, a module for each kind.

In each, RULES are functions that take a Tree and yield (path, line, fault), and CASES prove them:
(rule, name, files of a small tree, a part of the fault that must be found in it, or None where the
rule must stay silent)."""
