// SPDX-License-Identifier: Apache-2.0
// The walks along a chain, and the chain of additions that gives the core's clock.
#include "kernels/chase.h"

#include "kernels/kernel.h"

#define REPEAT_4(text)  text text text text
#define REPEAT_16(text) REPEAT_4(text) REPEAT_4(text) REPEAT_4(text) REPEAT_4(text)
enum { UNROLLED = 16 };

// One load whose address is the last one's result, and one addition of two registers. An addition
// of a constant would not do: from Golden Cove on, Intel's cores can carry small ones out while
// they rename registers, several a cycle. No such shortcut is known for the sum of two registers.
#if defined(__x86_64__)
#define LOAD_NEXT(at)      __asm__ volatile("mov (%0), %0" : "+r"(at) : : "memory")
#define LOAD_NEXT_16(at)   __asm__ volatile(REPEAT_16("mov (%0), %0\n\t") : "+r"(at) : : "memory")
#define ADD_TO(sum, by)    __asm__ volatile("add %1, %0" : "+r"(sum) : "r"(by))
#define ADD_TO_16(sum, by) __asm__ volatile(REPEAT_16("add %1, %0\n\t") : "+r"(sum) : "r"(by))
#elif defined(__aarch64__)
#define LOAD_NEXT(at)      __asm__ volatile("ldr %0, [%0]" : "+r"(at) : : "memory")
#define LOAD_NEXT_16(at)   __asm__ volatile(REPEAT_16("ldr %0, [%0]\n\t") : "+r"(at) : : "memory")
#define ADD_TO(sum, by)    __asm__ volatile("add %0, %0, %1" : "+r"(sum) : "r"(by))
#define ADD_TO_16(sum, by) __asm__ volatile(REPEAT_16("add %0, %0, %1\n\t") : "+r"(sum) : "r"(by))
#else
// Another processor: what plain C can promise. The compiler chooses addressing and unrolling, so a
// step may cost a little more than on the processors above.
#define LOAD_NEXT(at) ((at) = *(void *volatile *)(at))
#define ADD_TO(sum, by)                                                                            \
    do {                                                                                           \
        (sum) += (by);                                                                             \
        __asm__ volatile("" : "+r"(sum));                                                          \
    } while (0)
#define SIXTEEN_TIMES(what)                                                                        \
    for (int i = 0; i < UNROLLED; i++)                                                             \
    what
#define LOAD_NEXT_16(at)   SIXTEEN_TIMES(LOAD_NEXT(at))
#define ADD_TO_16(sum, by) SIXTEEN_TIMES(ADD_TO(sum, by))
#endif

void *chase_walk(void *from, uint64_t loads) {
    for (; loads >= UNROLLED; loads -= UNROLLED)
        LOAD_NEXT_16(from);
    for (; loads > 0; loads--)
        LOAD_NEXT(from);
    return from;
}

uint64_t kernel_add_chain(uint64_t adds) {
    uint64_t sum = 0, one = 1;
    for (; adds >= UNROLLED; adds -= UNROLLED)
        ADD_TO_16(sum, one);
    for (; adds > 0; adds--)
        ADD_TO(sum, one);
    return sum;
}

// The counters of both loops run ahead of the chain, so only the additions lengthen it.
void *chase_walk_delayed(void *from, uint64_t loads, uint32_t adds) {
    char *at = from;
    uint64_t zero = 0;
    for (; loads > 0; loads--) {
        LOAD_NEXT(at);
        uint32_t left = adds;
        for (; left >= UNROLLED; left -= UNROLLED)
            ADD_TO_16(at, zero);
        for (; left > 0; left--)
            ADD_TO(at, zero);
    }
    return at;
}

// ---- several chains at a time -------------------------------------------------------------------

#ifdef __clang__
#define UNROLL_FULLY _Pragma("clang loop unroll(full)")
#else
#define UNROLL_FULLY _Pragma("GCC unroll 64")
#endif

#define CHAIN_COUNTS(WITH) WITH(1) WITH(2) WITH(4) WITH(8) WITH(12) WITH(16) WITH(24) WITH(32)

// An array of constant indices only, once the loops are unrolled: the compiler keeps it in
// registers, and what does not fit it loads and stores around the chain's own load, which no chain
// through memory notices.
#define DEFINE_WALK(chains)                                                                        \
    static void walk_##chains(void **at, uint64_t loads) {                                         \
        void *walker[chains];                                                                      \
        UNROLL_FULLY                                                                               \
        for (int i = 0; i < (chains); i++)                                                         \
            walker[i] = at[i];                                                                     \
        for (; loads > 0; loads--) {                                                               \
            UNROLL_FULLY                                                                           \
            for (int i = 0; i < (chains); i++)                                                     \
                LOAD_NEXT(walker[i]);                                                              \
        }                                                                                          \
        UNROLL_FULLY                                                                               \
        for (int i = 0; i < (chains); i++)                                                         \
            at[i] = walker[i];                                                                     \
    }
CHAIN_COUNTS(DEFINE_WALK)

#define COUNT_OF_CHAINS(chains) (chains),
const uint32_t chase_chain_counts[] = {CHAIN_COUNTS(COUNT_OF_CHAINS)};
const size_t chase_chain_counts_count = COUNT_OF(chase_chain_counts);

#define WALK(chains) walk_##chains,
static void (*const walks[])(void **at, uint64_t loads) = {CHAIN_COUNTS(WALK)};

static size_t index_of(uint32_t chains) {
    size_t i = 0;
    while (i < chase_chain_counts_count && chase_chain_counts[i] != chains)
        i++;
    return i;
}

bool chase_chains_possible(uint32_t chains) {
    return index_of(chains) < chase_chain_counts_count;
}

void chase_walk_chains(void **at, uint32_t chains, uint64_t loads) {
    CHECK(chase_chains_possible(chains));
    walks[index_of(chains)](at, loads);
}
