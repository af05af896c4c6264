#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/limit.py: its loops do what their shape says, and a loop that does not is left out.

usage: tests/check_limit.py [COMPILER EMULATOR...]     for AArch64, e.g. with qemu-aarch64 -L ROOT
"""

import dataclasses
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))
import limit  # noqa: E402

FOREIGN = sys.argv[1:]
SLICE_BYTES = 16 << 20
CPU = limit.Aarch64() if FOREIGN else limit.processor()
DIRECTORY = tempfile.TemporaryDirectory(prefix="check_limit-")
BENCH = limit.Bench(DIRECTORY.name, CPU, FOREIGN[:1] or ["cc"], FOREIGN[1:])


def shapes_of(operation):
    """Each value of each property at least once."""
    start = limit.Shape(operation, CPU.widths[-1], 4, 4)
    shapes = {limit.usual(dataclasses.replace(start, **{name: value}), CPU)
              for name, values in limit.properties(operation, CPU).items()
              for value in values}  # fmt: skip
    return sorted(shapes, key=str)


def rates(shapes):
    return BENCH.rates(shapes, [0], SLICE_BYTES, "4K", 0)


class Loops(unittest.TestCase):
    def test_every_loop_leaves_the_right_values(self):
        for operation in limit.OPERATIONS:
            shapes = shapes_of(operation)
            self.assertEqual(set(rates(shapes)), set(shapes), operation)

    def test_a_loop_reads_each_line_of_each_stream_once(self):
        shape = limit.Shape("read", CPU.widths[-1], 4, 8)
        text = "\n".join(CPU.body(shape, 1 << 20))
        accesses = re.findall(r"^(?:v?movdq\S+|ldp) ", text, re.MULTILINE)
        self.assertEqual(len(accesses), 4 * 8 * (2 if FOREIGN or CPU.widths[-1] == 256 else
                                                 512 // CPU.widths[-1]))  # fmt: skip


    def test_only_zeros_are_zeroed_by_lines(self):
        zeroing = {"clzero", "zva"}
        self.assertFalse(zeroing & set(CPU.stores("write")))
        self.assertLessEqual(set(CPU.stores("write")), set(CPU.stores("zero")))
        self.assertEqual(bool(zeroing & set(CPU.stores("zero"))), FOREIGN != [] or
                         "clzero" in CPU.features)  # fmt: skip


class Faults(unittest.TestCase):
    """The first loop has a fault, the second has none."""

    shapes = [limit.Shape("copy", CPU.widths[-1], 1, 4), limit.Shape("copy", CPU.widths[-1], 2, 4)]

    def setUp(self):
        self.body = CPU.body

    def tearDown(self):
        CPU.body = self.body

    def plant(self, change):
        CPU.body = lambda shape, stride: change(list(self.body(shape, stride))) \
            if shape.streams == 1 else self.body(shape, stride)  # fmt: skip

    def test_a_store_that_is_missing(self):
        def drop_last_store(lines):
            stores = [i for i, line in enumerate(lines) if re.match(r"v?mov.*\(%rdi\)$|stp", line)]
            return lines[: stores[-1]] + lines[stores[-1] + 1 :]

        self.plant(drop_last_store)
        self.assertEqual(list(rates(self.shapes)), self.shapes[1:])

    def test_a_turn_too_many(self):
        self.plant(lambda lines: ["add x3, x3, #1" if FOREIGN else "inc %rcx", *lines])
        self.assertEqual(list(rates(self.shapes)), self.shapes[1:])

    def test_a_loop_that_does_nothing(self):
        self.plant(lambda lines: ["ret"])
        self.assertEqual(list(rates(self.shapes)), self.shapes[1:])


class Search(unittest.TestCase):
    """Of made-up rates, so that the best shape is known."""

    @staticmethod
    def made_up(shapes, samples):
        def rate(shape):
            value = 10 + 3 * (shape.streams == 2) + 2 * (shape.lines == 8)
            return value + (shape.prefetch == CPU_PREFETCH) + (shape.load == "nt")

        return {shape: [rate(shape)] * samples for shape in shapes}

    def test_it_finds_the_best_of_all(self):
        best, samples, tried = limit.search("read", CPU, self.made_up, 60)
        self.assertEqual((best.streams, best.lines, best.load), (2, 8, "nt"))
        self.assertEqual(best.prefetch, CPU_PREFETCH)
        self.assertEqual(samples, [17] * 15)
        self.assertGreater(tried, 20)

    def test_it_ends_with_its_time(self):
        def slow(shapes, samples):
            time.sleep(0.01)
            return self.made_up(shapes, samples)

        _, _, tried = limit.search("read", CPU, slow, 0.001)
        self.assertLess(tried, 10)

    def test_no_right_loop_is_a_failure(self):
        with self.assertRaises(limit.Failure):
            limit.search("read", CPU, lambda shapes, samples: {}, 60)

    def test_the_command_says_what_is_wrong(self):
        done = subprocess.run([SCRIPTS / "limit.py", "reed"], capture_output=True, text=True,
                              check=False)  # fmt: skip
        self.assertEqual(done.returncode, 2)
        self.assertIn("'reed' is none of read, copy, triad, write, zero, update", done.stderr)


CPU_PREFETCH = ("nta", 512)

if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
