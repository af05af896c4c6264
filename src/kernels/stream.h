// SPDX-License-Identifier: Apache-2.0
// The list of streaming kernels, once for all instruction sets, and the functions that it names.
//
// Private to this room. stream_template.h makes a function of each row for each instruction set,
// kernel.c makes a row of the public table of it; so a name that exists for one instruction set
// exists for its whole family, as far as the hardware has what the loop needs. A new instruction
// set is a line in INSTRUCTION_SETS of kernel.h, its list of kernels here, and its instructions in
// the file of its processor.
#ifndef NUMAPROBE_KERNELS_STREAM_H
#define NUMAPROBE_KERNELS_STREAM_H

#include "kernels/kernel.h"

enum {
    STREAM_LINE_ELEMENTS = 8, // 64 bytes, the cache line of all x86-64 and of most AArch64 cores
    STREAM_BLOCK_LINES = 4,   // one stream's share of an iteration
    STREAM_BLOCK_ELEMENTS = KERNEL_WRITE_ELEMENTS, // the two multiplied
};

// What a write stores into the first block of a span: the number of the block in its stream, from 1
// (never zero: some cores write zero lines at less cost).
static inline double stream_first_written(const struct kernel_span *span) {
    return 1.0 + (double)(span->first / STREAM_BLOCK_ELEMENTS);
}

// KERNEL(set, isa, name, operation, store, loads, stores, streams, prefetch_bytes, summary), where
// set and isa are those of INSTRUCTION_SETS. The loads and stores are per element of each stream
// and belong to the operation.
//
// Why these: one stream is what other benchmarks run. Several streams, and on some cores software
// prefetch too, keep more misses of one core in flight, above all where prefetchers stop at the end
// of a page: one core of a Zen 4 guest read 35 GB/s from 2 MiB pages with any of these, but from
// 4 KiB pages 24 with one stream, 30 with four and 33 with eight; one of a Cascade Lake guest read
// 10.5 with one stream and 12.5 with eight and prefetch. Non-temporal stores beside loads gain, but
// not everywhere: with four streams one core of an Emerald Rapids guest copied 22 GB/s instead of
// 15 to 19, and a triad moved 20 instead of 16; on the Zen 4 the triad gained 1 % and the copy
// lost 9. Prefetch helped only the copy, and only with 4 KiB pages. On a Zen 5 guest four streams
// gained where nothing had before: 5 % with ordinary stores, 3 to 17 % in place, and 5 to 8 % by
// non-temporal loads (docs/experiments.md). Prefetch for writing gave 0.82 to 1.01 of it there, so
// no kernel has it.
#define STREAM_KERNELS(KERNEL, set, isa)                                                           \
    KERNEL(set, isa, read, STREAM_READ, STORE_NONE, 1, 0, 1, 0, "checksum ^= a")                   \
    KERNEL(set, isa, read_4s, STREAM_READ, STORE_NONE, 1, 0, 4, 0, "checksum ^= a, 4 streams")     \
    KERNEL(set, isa, read_8s, STREAM_READ, STORE_NONE, 1, 0, 8, 0, "checksum ^= a, 8 streams")     \
    KERNEL(set, isa, read_4s_p1024, STREAM_READ, STORE_NONE, 1, 0, 4, 1024,                        \
           "checksum ^= a, 4 streams, prefetch 1024 bytes ahead")                                  \
    KERNEL(set, isa, read_8s_p512, STREAM_READ, STORE_NONE, 1, 0, 8, 512,                          \
           "checksum ^= a, 8 streams, prefetch 512 bytes ahead")                                   \
    KERNEL(set, isa, write, STREAM_WRITE, STORE_ORDINARY, 0, 1, 1, 0, "a = n")                     \
    KERNEL(set, isa, write_4s, STREAM_WRITE, STORE_ORDINARY, 0, 1, 4, 0, "a = n, 4 streams")       \
    KERNEL(set, isa, write_nt, STREAM_WRITE, STORE_NONTEMPORAL, 0, 1, 1, 0, "a = n, non-temporal") \
    KERNEL(set, isa, copy, STREAM_COPY, STORE_ORDINARY, 1, 1, 1, 0, "a = b")                       \
    KERNEL(set, isa, copy_nt, STREAM_COPY, STORE_NONTEMPORAL, 1, 1, 1, 0, "a = b, non-temporal")   \
    KERNEL(set, isa, copy_nt_p512, STREAM_COPY, STORE_NONTEMPORAL, 1, 1, 1, 512,                   \
           "a = b, non-temporal, prefetch 512 bytes ahead")                                        \
    KERNEL(set, isa, copy_4s_nt, STREAM_COPY, STORE_NONTEMPORAL, 1, 1, 4, 0,                       \
           "a = b, non-temporal, 4 streams")                                                       \
    KERNEL(set, isa, scale, STREAM_SCALE, STORE_ORDINARY, 1, 1, 1, 0, "a = s * b")                 \
    KERNEL(set, isa, scale_nt, STREAM_SCALE, STORE_NONTEMPORAL, 1, 1, 1, 0,                        \
           "a = s * b, non-temporal")                                                              \
    KERNEL(set, isa, add, STREAM_ADD, STORE_ORDINARY, 2, 1, 1, 0, "a = b + c")                     \
    KERNEL(set, isa, add_nt, STREAM_ADD, STORE_NONTEMPORAL, 2, 1, 1, 0, "a = b + c, non-temporal") \
    KERNEL(set, isa, triad, STREAM_TRIAD, STORE_ORDINARY, 2, 1, 1, 0, "a = b + s * c")             \
    KERNEL(set, isa, triad_nt, STREAM_TRIAD, STORE_NONTEMPORAL, 2, 1, 1, 0,                        \
           "a = b + s * c, non-temporal")                                                          \
    KERNEL(set, isa, triad_4s_nt, STREAM_TRIAD, STORE_NONTEMPORAL, 2, 1, 4, 0,                     \
           "a = b + s * c, non-temporal, 4 streams")                                               \
    KERNEL(set, isa, update, STREAM_UPDATE, STORE_IN_PLACE, 1, 1, 1, 0, "a = -a, in place")        \
    KERNEL(set, isa, update_4s, STREAM_UPDATE, STORE_IN_PLACE, 1, 1, 4, 0,                         \
           "a = -a, in place, 4 streams")                                                          \
    KERNEL(set, isa, daxpy, STREAM_DAXPY, STORE_IN_PLACE, 2, 1, 1, 0, "a = a + s * b, in place")   \
    KERNEL(set, isa, daxpy_4s, STREAM_DAXPY, STORE_IN_PLACE, 2, 1, 4, 0,                           \
           "a = a + s * b, in place, 4 streams")                                                   \
    KERNEL(set, isa, accumulate, STREAM_ACCUMULATE, STORE_IN_PLACE, 3, 1, 1, 0,                    \
           "a = a + b + c, in place")                                                              \
    KERNEL(set, isa, accumulate_4s, STREAM_ACCUMULATE, STORE_IN_PLACE, 3, 1, 4, 0,                 \
           "a = a + b + c, in place, 4 streams")

// Where the instruction set has a vector load with a non-temporal hint, which SSE2 has not.
#define STREAM_KERNELS_AND_NT_LOAD(KERNEL, set, isa)                                               \
    STREAM_KERNELS(KERNEL, set, isa)                                                               \
    KERNEL(set, isa, read_4s_nt, STREAM_READ_NT, STORE_NONE, 1, 0, 4, 0,                           \
           "checksum ^= a, 4 streams, non-temporal loads")

// Where one instruction zeroes a line. CLZERO writes past the caches and is weakly ordered, so it
// needs a fence, as a non-temporal store does (AMD64 Architecture Programmer's Manual, volume 3).
// DC ZVA behaves as a set of ordinary stores, and nothing says that a core may not read the line
// first (Arm Architecture Reference Manual).
#define STREAM_KERNELS_ZERO(KERNEL, set, isa, store)                                               \
    KERNEL(set, isa, zero, STREAM_ZERO, store, 0, 1, 1, 0, "a = 0, a line at a time")              \
    KERNEL(set, isa, zero_4s, STREAM_ZERO, store, 0, 1, 4, 0, "a = 0, a line at a time, 4 streams")

// The same in plain C, without streams, prefetch and non-temporal stores, which C does not know.
// There is no `zero`: compilers make a memset of it, whose stores are the library's choice.
#define STREAM_KERNELS_PORTABLE(KERNEL, set, isa)                                                  \
    KERNEL(set, isa, nothing, STREAM_NOTHING, STORE_NONE, 0, 0, 1, 0,                              \
           "touches nothing: what a measurement costs without a kernel")                           \
    KERNEL(set, isa, read, STREAM_READ, STORE_NONE, 1, 0, 1, 0, "checksum ^= a, plain C")          \
    KERNEL(set, isa, write, STREAM_WRITE, STORE_ORDINARY, 0, 1, 1, 0, "a = n, plain C")            \
    KERNEL(set, isa, copy, STREAM_COPY, STORE_ORDINARY, 1, 1, 1, 0, "a = b, plain C")              \
    KERNEL(set, isa, scale, STREAM_SCALE, STORE_ORDINARY, 1, 1, 1, 0, "a = s * b, plain C")        \
    KERNEL(set, isa, add, STREAM_ADD, STORE_ORDINARY, 2, 1, 1, 0, "a = b + c, plain C")            \
    KERNEL(set, isa, triad, STREAM_TRIAD, STORE_ORDINARY, 2, 1, 1, 0, "a = b + s * c, plain C")    \
    KERNEL(set, isa, update, STREAM_UPDATE, STORE_IN_PLACE, 1, 1, 1, 0,                            \
           "a = -a, in place, plain C")                                                            \
    KERNEL(set, isa, daxpy, STREAM_DAXPY, STORE_IN_PLACE, 2, 1, 1, 0,                              \
           "a = a + s * b, in place, plain C")                                                     \
    KERNEL(set, isa, accumulate, STREAM_ACCUMULATE, STORE_IN_PLACE, 3, 1, 1, 0,                    \
           "a = a + b + c, in place, plain C")

// All kernels of an instruction set.
#define STREAM_KERNELS_OF(KERNEL, set, isa) STREAM_KERNELS_OF_##isa(KERNEL, set, isa)
#define STREAM_KERNELS_OF_portable          STREAM_KERNELS_PORTABLE
#define STREAM_KERNELS_OF_sse2              STREAM_KERNELS
#define STREAM_KERNELS_OF_avx2              STREAM_KERNELS_AND_NT_LOAD
#define STREAM_KERNELS_OF_avx512            STREAM_KERNELS_AND_NT_LOAD
#define STREAM_KERNELS_OF_neon              STREAM_KERNELS_AND_NT_LOAD
#define STREAM_KERNELS_OF_sve               STREAM_KERNELS_AND_NT_LOAD
#define STREAM_KERNELS_OF_clzero(KERNEL, set, isa)                                                 \
    STREAM_KERNELS_ZERO(KERNEL, set, isa, STORE_NONTEMPORAL)
#define STREAM_KERNELS_OF_zva(KERNEL, set, isa)                                                    \
    STREAM_KERNELS_ZERO(KERNEL, set, isa, STORE_ORDINARY)

// The instruction sets whose kernels are compiled for this processor.
#define STREAM_NOT_HERE(set, isa)
#if defined(__x86_64__)
#define STREAM_SETS(SET) INSTRUCTION_SETS(STREAM_NOT_HERE, SET, STREAM_NOT_HERE, STREAM_NOT_HERE)
#elif defined(KERNELS_SVE)
#define STREAM_SETS(SET) INSTRUCTION_SETS(STREAM_NOT_HERE, STREAM_NOT_HERE, SET, SET)
#elif defined(__aarch64__)
#define STREAM_SETS(SET) INSTRUCTION_SETS(STREAM_NOT_HERE, STREAM_NOT_HERE, SET, STREAM_NOT_HERE)
#else
#define STREAM_SETS(SET)
#endif

// stream_read_avx2 and so on; and whether the processor has the set, which each file says of its
// own.
#define STREAM_DECLARE(set, isa, name, ...)                                                        \
    uint64_t stream_##name##_##isa(const struct kernel_span *span);
#define STREAM_DECLARE_SET(set, isa)                                                               \
    bool isa_available_##isa(void);                                                                \
    STREAM_KERNELS_OF(STREAM_DECLARE, set, isa)

STREAM_KERNELS_OF(STREAM_DECLARE, PORTABLE, portable)
STREAM_SETS(STREAM_DECLARE_SET)

#endif
