#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Search the loop that moves the most bytes on this machine: the ceiling for every kernel.

A loop has a shape: register width, streams, lines of a stream that follow each other, prefetch,
kind of load and kind of store. The loops are written as assembly, so that each instruction is the
one that the shape names, and share no code with numaprobe, so that a fault of its engine shows.

The search changes one property at a time and keeps what is best, all shapes of a heat taking turns
(coordinate ascent, from an ordinary and a non-temporal start), until nothing is better or the time
is over. The best of all heats then meet once more. Before it is timed, each loop must leave the
right values, in its own lines only (scripts/limit.c).
"""

import argparse
import dataclasses
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from intervals import median_text  # noqa: E402  (beside this file)

SCRIPTS = os.path.dirname(os.path.abspath(__file__))
LINE_BYTES = 64
STEP_BYTES = 2 << 20  # of one call of a loop, all streams together
HUGE_BYTES = 2 << 20
# Streams a power of two apart would compete for the same sets of the caches and banks of memory.
SKEW_BYTES = 4096 + 512
FINALISTS = 4


class Failure(Exception):
    """A loop or a machine that gives no figure."""


@dataclasses.dataclass(frozen=True)
class Operation:
    arrays: int
    counted: int  # accesses per element, STREAM's way
    loads: tuple  # arrays that are read
    stores: bool


OPERATIONS = {
    "read": Operation(1, 1, ("a",), False),
    "copy": Operation(2, 2, ("b",), True),  # a = b
    "triad": Operation(3, 3, ("b", "c"), True),  # a = b + 3 c
    "write": Operation(1, 1, (), True),  # a = 1.5
    "zero": Operation(1, 1, (), True),  # a = 0, which some cores write at less cost
    "update": Operation(1, 2, ("a",), True),  # a = -a
}


# What an operation computes with: the name of the constant in the loops' data.
CONSTANTS = {"triad": "three", "write": "one_and_a_half", "zero": "zero", "update": "sign"}


@dataclasses.dataclass(frozen=True)
class Shape:
    operation: str
    width: int  # bits of a register
    streams: int
    lines: int  # of a stream, one after another
    prefetch: tuple = ("none", 0)  # kind, and bytes ahead
    load: str = "ordinary"
    store: str = "ordinary"

    @property
    def name(self):
        kind, ahead = self.prefetch
        words = [str(self.width), f"s{self.streams}", f"l{self.lines}"]
        words += ["ldnt"] if self.load == "nt" else []
        words += [self.store] if OPERATIONS[self.operation].stores else []
        words += [f"{kind}{ahead}"] if ahead else []
        return "_".join(words)


# ---- x86-64 --------------------------------------------------------------------------------------


class X86:
    """One pointer an array; streams are displacements, so that any number of them is possible."""

    name = "x86-64"
    streams, lines = (1, 2, 4, 8, 16), (1, 2, 4, 8, 16)
    base = {"a": "rdi", "b": "rsi", "c": "rdx"}
    # Width: register, ordinary load and store, non-temporal load and store, what the CPU must have.
    moves = {
        128: ("xmm", "movdqa", "movntdqa", "movntdq", "sse4_1"),
        256: ("ymm", "vmovdqa", "vmovntdqa", "vmovntdq", "avx2"),
        512: ("zmm", "vmovdqa64", "vmovntdqa", "vmovntdq", "avx512f"),
    }
    # Stores that take no register: what the CPU must have. CLZERO stores zeros only.
    whole_lines = {
        "write": {"movdir64b": "movdir64b", "rep_stosq": "rep_good"},
        "zero": {"clzero": "clzero", "movdir64b": "movdir64b", "rep_stosq": "rep_good"},
    }
    prefetches = {"t0": "prefetcht0", "nta": "prefetchnta", "w": "prefetchw"}

    def __init__(self, features):
        self.features = set(features)

    @property
    def widths(self):
        return tuple(w for w, row in self.moves.items() if row[-1] in self.features
                     and (w == 128 or "fma" in self.features))  # fmt: skip

    def stores(self, operation):
        kinds = ["ordinary", "nt"] if OPERATIONS[operation].stores else ["ordinary"]
        whole = self.whole_lines.get(operation, {})
        return tuple(kinds + [kind for kind, needs in whole.items() if needs in self.features])

    def prefetch_kinds(self, operation):
        kinds = ["t0", "nta"] if OPERATIONS[operation].loads else []
        written = OPERATIONS[operation].stores and "3dnowprefetch" in self.features
        return tuple(kinds + (["w"] if written else []))

    def body(self, shape, stride):
        if shape.store == "rep_stosq":
            yield from self.string_store(shape, stride)
            return
        yield from self.constants(shape)
        yield "1:"
        for stream in range(shape.streams):
            for line in range(shape.lines):
                yield from self.line(shape, stream * stride + line * LINE_BYTES)
        for array in "abc"[: OPERATIONS[shape.operation].arrays]:
            yield f"add ${shape.lines * LINE_BYTES}, %{self.base[array]}"
        yield "dec %rcx"
        yield "jnz 1b"
        if shape.store != "ordinary":
            yield "sfence"
        if shape.width > 128:
            yield "vzeroupper"  # or every later SSE instruction would wait for the upper halves
        yield "ret"

    def string_store(self, shape, stride):
        yield f"imul ${shape.lines * LINE_BYTES // 8}, %rcx, %rdx"
        yield "mov %rdi, %rsi"
        yield f"mov {CONSTANTS[shape.operation]}(%rip), %rax"
        for stream in range(shape.streams):
            yield f"lea {stream * stride}(%rsi), %rdi"
            yield "mov %rdx, %rcx"
            yield "rep stosq"
        yield "ret"

    def constants(self, shape):
        register, move = self.moves[shape.width][:2]
        name = CONSTANTS.get(shape.operation)
        if name:
            yield f"{move} {name}(%rip), %{register}15"

    def line(self, shape, offset):
        operation, kind = OPERATIONS[shape.operation], shape.prefetch[0]
        if kind != "none":
            for array in operation.loads if kind != "w" else ("a",):
                yield f"{self.prefetches[kind]} {offset + shape.prefetch[1]}(%{self.base[array]})"
        if shape.store in self.whole_lines.get(shape.operation, {}):
            constant = CONSTANTS[shape.operation]
            yield f"lea {offset}(%rdi), %rax"
            yield "clzero" if shape.store == "clzero" else f"movdir64b {constant}(%rip), %rax"
            return
        for at in range(offset, offset + LINE_BYTES, shape.width // 8):
            yield from self.element(shape, at)

    def element(self, shape, at):
        register, move, load_nt, store_nt, _ = self.moves[shape.width]
        load = load_nt if shape.load == "nt" else move
        number = at // (shape.width // 8) % 7
        first, second = f"%{register}{number}", f"%{register}{number + 7}"
        constant = f"%{register}15"
        for array, target in zip(OPERATIONS[shape.operation].loads, (first, second)):
            yield f"{load} {at}(%{self.base[array]}), {target}"
        if shape.operation == "triad" and shape.width == 128:
            yield f"mulpd {constant}, {second}"
            yield f"addpd {second}, {first}"
        elif shape.operation == "triad":
            yield f"vfmadd231pd {constant}, {second}, {first}"
        elif shape.operation == "update":
            yield {128: f"xorpd {constant}, {first}",
                   256: f"vxorpd {constant}, {first}, {first}",
                   512: f"vpxorq {constant}, {first}, {first}"}[shape.width]  # fmt: skip
        if OPERATIONS[shape.operation].stores:
            source = first if OPERATIONS[shape.operation].loads else constant
            yield f"{store_nt if shape.store == 'nt' else move} {source}, {at}(%rdi)"


# ---- AArch64 -------------------------------------------------------------------------------------


class Aarch64:
    """A pointer for each stream of each array, because displacements end at 1008 bytes."""

    name = "AArch64"
    lines, widths = (1, 2, 4, 8, 16), (128,)
    streams = (1, 2, 4)
    prefetches = {"t0": "pldl1keep", "nta": "pldl1strm", "w": "pstl1keep"}

    def stores(self, operation):
        kinds = ["ordinary", "nt"] if OPERATIONS[operation].stores else ["ordinary"]
        return tuple(kinds + (["zva"] if operation == "zero" else []))

    def prefetch_kinds(self, operation):
        kinds = ["t0", "nta"] if OPERATIONS[operation].loads else []
        return tuple(kinds + (["w"] if OPERATIONS[operation].stores else []))

    @staticmethod
    def pointer(shape, array, stream):
        return f"x{4 + 'abc'.index(array) * shape.streams + stream}"

    def body(self, shape, stride):
        arrays = "abc"[: OPERATIONS[shape.operation].arrays]
        yield f"ldr x17, ={stride}"
        for number, array in enumerate(arrays):
            yield f"mov {self.pointer(shape, array, 0)}, x{number}"
            for stream in range(1, shape.streams):
                before = self.pointer(shape, array, stream - 1)
                yield f"add {self.pointer(shape, array, stream)}, {before}, x17"
        yield "fmov v31.2d, #3.0"
        yield "movi v30.2d, #0" if shape.operation == "zero" else "fmov v30.2d, #1.5"
        yield "1:"
        for stream in range(shape.streams):
            for line in range(shape.lines):
                yield from self.line(shape, stream, line * LINE_BYTES)
            for array in arrays:
                pointer = self.pointer(shape, array, stream)
                yield f"add {pointer}, {pointer}, #{shape.lines * LINE_BYTES}"
        yield "subs x3, x3, #1"
        yield "b.ne 1b"
        yield "ret"
        yield ".ltorg"

    def line(self, shape, stream, offset):
        operation, (kind, ahead) = OPERATIONS[shape.operation], shape.prefetch
        if kind != "none":
            for array in operation.loads if kind != "w" else ("a",):
                pointer = self.pointer(shape, array, stream)
                yield f"prfm {self.prefetches[kind]}, [{pointer}, #{offset + ahead}]"
        target = self.pointer(shape, "a", stream)
        if shape.store == "zva":  # the check finds a block that is no line
            yield f"add x16, {target}, #{offset}"
            yield "dc zva, x16"
            return
        load = "ldnp" if shape.load == "nt" else "ldp"
        store = "stnp" if shape.store == "nt" else "stp"
        for at in (offset, offset + 32):
            for array, pair in zip(operation.loads, ("q0, q1", "q2, q3")):
                yield f"{load} {pair}, [{self.pointer(shape, array, stream)}, #{at}]"
            for register in (0, 1):
                if shape.operation == "triad":
                    yield f"fmla v{register}.2d, v{register + 2}.2d, v31.2d"
                elif shape.operation == "update":
                    yield f"fneg v{register}.2d, v{register}.2d"
            if operation.stores:
                pair = "q0, q1" if operation.loads else "q30, q30"
                yield f"{store} {pair}, [{target}, #{at}]"


def processor():
    """Of this machine."""
    if platform.machine() == "aarch64":
        return Aarch64()
    if platform.machine() != "x86_64":
        raise Failure(f"no loops are written for {platform.machine()}")
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return X86(re.search(r"^flags\s*: (.*)$", file.read(), re.MULTILINE).group(1).split())


# ---- the loops of a heat -------------------------------------------------------------------------


def stride_of(shape, slice_bytes):
    return (slice_bytes // shape.streams - SKEW_BYTES) // LINE_BYTES * LINE_BYTES


def assembly(cpu, shapes, slice_bytes):
    """Functions (a, b, c, turns) and `limit_loops`, the table of them that limit.c reads."""
    lines = [".text"]
    for number, shape in enumerate(shapes):
        lines += [".balign 64", f"loop_{number}:"]
        lines += [f"    {text}" if not text.endswith(":") else text
                  for text in cpu.body(shape, stride_of(shape, slice_bytes))]  # fmt: skip
    lines += [".section .rodata", ".balign 64"]
    values = ("three", "3.0"), ("one_and_a_half", "1.5"), ("sign", "-0.0"), ("zero", "0.0")
    for name, value in values:
        lines += [f"{name}: .double " + ", ".join([value] * 8)]
    lines += [f'name_{number}: .string "{shape.name}"' for number, shape in enumerate(shapes)]
    lines += [".data", ".balign 8", ".globl limit_loops", "limit_loops:"]
    for number, shape in enumerate(shapes):
        turns = STEP_BYTES // shape.streams // (shape.lines * LINE_BYTES)
        lines += [
            f"    .quad name_{number}, loop_{number}, {shape.streams}",
            f"    .quad {stride_of(shape, slice_bytes)}, {turns}",
        ]
    lines += ["    .quad 0, 0, 0, 0, 0", '.section .note.GNU-stack,"",%progbits', ""]
    return "\n".join(lines)


def run(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(str(error)) from error
    if done.returncode != 0:
        raise Failure(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class Bench:
    """Times loops on CPUs, each array of size_bytes in pages of a kind."""

    def __init__(self, directory, cpu, compiler=("cc",), emulator=()):
        self.directory, self.cpu = directory, cpu
        self.compiler, self.emulator = list(compiler), list(emulator)
        self.path = os.path.join(directory, "limit")
        source = os.path.join(SCRIPTS, "limit.c")
        run([*self.compiler, "-std=c11", "-O2", "-pthread", "-o", self.path, source, "-ldl"])

    def rates(self, shapes, cpus, size_bytes, pages, samples):
        """Shape -> samples in bytes per second, of those that leave the right values."""
        slice_bytes = size_bytes // len(cpus) // HUGE_BYTES * HUGE_BYTES
        source = os.path.join(self.directory, "loops.s")
        library = os.path.join(self.directory, "loops.so")
        with open(source, "w", encoding="utf-8") as file:
            file.write(assembly(self.cpu, shapes, slice_bytes))
        run([*self.compiler, "-shared", "-nostdlib", "-o", library, source])
        said = run([*self.emulator, self.path, ",".join(map(str, cpus)), str(slice_bytes), pages,
                    str(samples), shapes[0].operation, library])  # fmt: skip
        by_name = {shape.name: shape for shape in shapes}
        rates = {}
        for line in said.splitlines():
            name, *figures = line.split()
            if figures[:1] == ["wrong"]:
                print(f"limit: {shapes[0].operation} {line}", file=sys.stderr)
            else:
                rates[by_name[name]] = [float(figure) for figure in figures]
        return rates


# ---- the search ----------------------------------------------------------------------------------


def usual(shape, cpu):
    """The shape with what has no effect on it at one value."""
    if shape.store in ("clzero", "movdir64b", "zva", "rep_stosq"):
        shape = dataclasses.replace(shape, width=cpu.widths[0], prefetch=("none", 0))
    if shape.store == "rep_stosq":
        shape = dataclasses.replace(shape, lines=1)
    return shape


def properties(operation, cpu):
    """Of a shape: each with the values that are tried, what matters most first."""
    ahead = (256, 512, 1024, 2048, 4096)
    prefetches = [("none", 0)] + [(k, b) for k in cpu.prefetch_kinds(operation) for b in ahead]
    loads = ("ordinary", "nt") if OPERATIONS[operation].loads else ("ordinary",)
    return {"store": cpu.stores(operation), "load": loads, "streams": cpu.streams,
            "width": cpu.widths, "lines": cpu.lines, "prefetch": prefetches}  # fmt: skip


def best_of(rates):
    return max(rates, key=lambda shape: statistics.median(rates[shape]))


def search(operation, cpu, rates_of, seconds):
    """(shape, samples of its last heat, number of shapes tried). rates_of(shapes, samples) is
    Bench.rates of one setting."""
    until_s = time.monotonic() + seconds
    tried, finalists = set(), {}
    for store in cpu.stores(operation)[:2]:
        best = Shape(operation, cpu.widths[-1], 4, 4, store=store)
        changed = True
        while changed and time.monotonic() < until_s:
            changed = False
            for name, values in properties(operation, cpu).items():
                shapes = {usual(dataclasses.replace(best, **{name: v}), cpu) for v in values}
                if len(shapes) == 1 or time.monotonic() > until_s:
                    continue
                tried |= shapes
                rates = rates_of(sorted(shapes | {best}, key=str), 5)
                if not rates:
                    raise Failure(f"no loop for {operation} leaves the right values")
                winner = best_of(rates)
                finalists[winner] = statistics.median(rates[winner])
                changed |= winner != best
                best = winner
    last = sorted(finalists, key=finalists.get)[-FINALISTS:]
    rates = rates_of(last, 15)
    return best_of(rates), rates[best_of(rates)], len(tried)


# ---- the command ---------------------------------------------------------------------------------


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("operations", nargs="*", metavar="OPERATION",
        help=f"of {', '.join(OPERATIONS)} (all)")  # fmt: skip
    add("--cpus", default="0", metavar="LIST", help="one thread on each, e.g. 0,2 (0)")
    add("--pages", choices=("thp", "4K"), default="thp", help="(thp)")
    add("--mib", type=int, default=384, metavar="N", help="MiB of each array (384)")
    add("--seconds", type=float, default=12, metavar="N", help="for each operation (12)")
    arguments = parser.parse_args()
    for name in arguments.operations:
        if name not in OPERATIONS:
            parser.error(f"'{name}' is none of {', '.join(OPERATIONS)}")
    if not re.fullmatch(r"\d+(,\d+)*", arguments.cpus):
        parser.error("--cpus is a list such as 0,2")
    return arguments


def main():
    arguments = parse_arguments()
    cpus = [int(cpu) for cpu in arguments.cpus.split(",")]
    with tempfile.TemporaryDirectory(prefix="limit-") as directory:
        cpu = processor()
        bench = Bench(directory, cpu)
        print(f"{len(cpus)} thread{'s'[: len(cpus) != 1]}, arrays of {arguments.mib} MiB, "
              f"{arguments.pages} pages; GB/s, each named load and store counted once")  # fmt: skip
        for operation in arguments.operations or OPERATIONS:

            def rates_of(shapes, samples):
                return bench.rates(shapes, cpus, arguments.mib << 20, arguments.pages, samples)

            best, samples, tried = search(operation, cpu, rates_of, arguments.seconds)
            print(f"  {operation:<7} {best.name:<28} {median_text([s / 1e9 for s in samples], 2)}"
                  f"   the best of {tried} shapes", flush=True)  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"limit: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
