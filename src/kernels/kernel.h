// SPDX-License-Identifier: Apache-2.0
// Streaming kernels: pure loops over memory that declare what they move.
//
// One table names every kernel; --kernel, `list kernels`, the rows, the tests and Google Benchmark
// all walk it. A kernel's name never changes its meaning: a changed loop gets a new name, because
// results under one name are compared for years.
#ifndef NUMAPROBE_KERNELS_KERNEL_H
#define NUMAPROBE_KERNELS_KERNEL_H

#include "base/base.h"

// The one list of instruction sets: ISA_SSE2, "sse2", and which of the four macros takes it. A
// wider one stands behind those that it contains. Before plain C stand those that can only zero a
// line: they are never the widest, because they have no other loops.
//   clzero  AMD's CLZERO
//   zva     Arm's DC ZVA, where its block is a line of 64 bytes
#define INSTRUCTION_SETS(EVERYWHERE, X86, AARCH64, SVE_TOO)                                        \
    X86(CLZERO, clzero)                                                                            \
    AARCH64(ZVA, zva)                                                                              \
    EVERYWHERE(PORTABLE, portable)                                                                 \
    X86(SSE2, sse2)                                                                                \
    X86(AVX2, avx2)                                                                                \
    X86(AVX512, avx512)                                                                            \
    AARCH64(NEON, neon)                                                                            \
    SVE_TOO(SVE, sve)

#define ISA_ENUMERATOR(set, isa) ISA_##set,
enum isa {
    INSTRUCTION_SETS(ISA_ENUMERATOR, ISA_ENUMERATOR, ISA_ENUMERATOR, ISA_ENUMERATOR) ISA_COUNT
};

// What a store does to the line it hits. An ordinary store first reads the line on most machines
// ("read for ownership"), unless the hardware evades that; a non-temporal store does not. An
// ordinary store in place hits a line that the kernel has just loaded: nothing is left to read.
enum store_kind { STORE_NONE, STORE_ORDINARY, STORE_NONTEMPORAL, STORE_IN_PLACE, STORE_KIND_COUNT };

// The piece of memory that one call works on. Each of the kernel's streams covers `count`
// consecutive elements; stream k begins k x stride elements after the array's own pointer. Arrays
// that the kernel does not use may be NULL.
//
//   read    checksum ^= a[i]            scale   a[i] = KERNEL_SCALAR * b[i]
//   write   a[i] = 1 + (first + i) / 32 add     a[i] = b[i] + c[i]
//   copy    a[i] = b[i]                 triad   a[i] = b[i] + KERNEL_SCALAR * c[i]
//   update  a[i] = -a[i]                daxpy   a[i] = a[i] + KERNEL_SCALAR * b[i]
//   zero    a[i] = 0                    accumulate  a[i] = a[i] + (b[i] + c[i])
//
// for each i below count of each stream. A kernel with software prefetch also prefetches up to
// prefetch_bytes behind the end of each stream: that never faults and changes nothing.
struct kernel_span {
    double *a;       // written by all but read; read by read, update, daxpy, accumulate
    const double *b; // read by copy, scale, add, triad, daxpy, accumulate
    const double *c; // read by add, triad, accumulate
    size_t count;    // elements per stream, a multiple of KERNEL_GRANULE
    size_t stride;   // elements from one stream to the next, at least count
    size_t first;    // place of a[0] in its whole stream: a write's values depend on it
};

// Pointers are 64-byte aligned, strides multiples of 8 elements, so that each stream is aligned
// too; counts are multiples of this many elements (512 bytes, a multiple of every unrolled
// iteration, so that no kernel needs a remainder loop).
enum { KERNEL_GRANULE = 64 };

// So many consecutive elements get the same value by a write, a divisor of the granule.
enum { KERNEL_WRITE_ELEMENTS = 32 };

// The scalar of scale, triad and daxpy. Not 1 and not a power of two, so that a kernel that forgets
// to multiply, or only shifts the exponent, fails its test. That of update, which meets its own
// results in the next pass, is -1: with 3 all of the array were infinite after 646 passes.
#define KERNEL_SCALAR        3.0
#define KERNEL_UPDATE_SCALAR (-1.0)

// What a kernel does to each element; the formulas stand above.
enum stream_operation {
    STREAM_NOTHING,
    STREAM_READ,
    STREAM_READ_NT, // by non-temporal loads
    STREAM_WRITE,
    STREAM_ZERO, // by whole lines
    STREAM_COPY,
    STREAM_SCALE,
    STREAM_ADD,
    STREAM_TRIAD,
    STREAM_UPDATE,
    STREAM_DAXPY,
    STREAM_ACCUMULATE,
};

struct kernel {
    // The loop, the same for every ISA: what it does, then what differs from one stream, ordinary
    // accesses and no prefetch: _4s streams, _nt non-temporal stores (of a read: loads), _p512
    // prefetch distance.
    const char *name;
    enum isa isa;
    enum stream_operation operation;
    enum store_kind store;
    uint8_t loads;           // array reads per element
    uint8_t stores;          // array writes per element
    uint8_t streams;         // independent sequential streams per array and thread
    uint16_t prefetch_bytes; // software prefetch distance ahead of each stream; 0 is none
    const char *summary;     // what one element does, for people
    // Returns a checksum of everything it read (exclusive or of the 64-bit words for read,
    // otherwise 0), so that no compiler can drop a load. Non-temporal stores are fenced before it
    // returns.
    uint64_t (*run)(const struct kernel_span *span);
};

extern const struct kernel kernels[];
extern const size_t kernel_count;

extern const char *const isa_names[ISA_COUNT];          // "portable", "sse2", ...
bool isa_find(const char *name, enum isa *isa);         // false when there is none of that name
extern const char *const store_names[STORE_KIND_COUNT]; // "", "ordinary", "nontemporal", ...

// Whether this CPU has it and the operating system saves its registers. So that tests can walk all
// variants on one machine, names in this environment variable, separated by commas, count as not
// there ("avx512,avx2"; each by itself, portable never, names that are none without effect).
#define KERNEL_DISABLE_ISA_VARIABLE "NUMAPROBE_DISABLE_ISA"
bool isa_available(enum isa isa);

// The widest ISA that this CPU has.
enum isa isa_widest(void);

// The table's entry, or NULL. It may be of an ISA that this CPU has not.
const struct kernel *kernel_find(const char *name, enum isa isa);

// The one of the widest ISA that has the loop. Of an ISA that this CPU has not only where it has
// none that has the loop; NULL where no ISA has it.
const struct kernel *kernel_find_widest(const char *name);

// How many of the arrays a, b, c the kernel needs: 1, 2 or 3. The control `nothing`, which touches
// none, is given one.
unsigned kernel_array_count(const struct kernel *kernel);

// Bytes per element. Counted: STREAM's way, each named load and store once. The least and the most
// that the bus may carry: an ordinary store may or may not read its line first
// (STREAM's and MLC's documents; the hardware decides, run by run). A non-temporal store does not,
// but for Arm's, whose instruction is only a hint. Touched: of the arrays, each once.
struct kernel_traffic {
    uint32_t touched_bytes;
    uint32_t counted_bytes;
    uint32_t min_bytes;
    uint32_t max_bytes;
};
struct kernel_traffic kernel_traffic(const struct kernel *kernel);

// What the kernel must leave in KERNEL_GRANULE elements of a stream that it passed `times` times,
// the first of them at place `first` of its stream. a holds what stood in them before the first
// pass, and then what must stand there now; b and c what stands in the other arrays (those that the
// kernel does not use may hold anything). Told without the kernel's own code.
void kernel_expect(const struct kernel *kernel, uint64_t times, size_t first,
                   double a[KERNEL_GRANULE], const double b[KERNEL_GRANULE],
                   const double c[KERNEL_GRANULE]);

// By how much of the expected value an element may differ: 0, to the last bit, but for loops that
// add to an array, whose every pass rounds.
double kernel_expect_tolerance(const struct kernel *kernel, uint64_t times);

// A dependent chain of `adds` one-cycle additions: timing it gives the core clock.
// Counts them: returns `adds`.
uint64_t kernel_add_chain(uint64_t adds);

#endif
