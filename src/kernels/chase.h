// SPDX-License-Identifier: Apache-2.0
// Pointer chases: one closed chain through a buffer, in which every load waits for the last.
//
// The buffer is cut into slots of at least two cache lines, so that a prefetcher that completes
// pairs of lines brings nothing useful. Each slot holds one pointer, at a place inside the slot
// that a hash of seed and slot chooses. The order decides what is measured:
//
// - structural: windows in random order, slots in random order inside each window. Translation
//   costs little, what remains is the memory (Google multichase calls it TLB locality).
// - full_random: every slot of the buffer in random order, translation included.
// - full_random_4k: the same over 4 KiB pages, where most loads miss the TLB too.
//
// Inside a window the links are a Sattolo shuffle ("An algorithm to generate a random cyclic
// permutation", Information Processing Letters 22, 1986): all orders that are one cycle, equally
// likely. (A Fisher-Yates shuffle used as links decays into cycles that cover half of the buffer on
// average.) It works in place, so that a buffer as large as its node needs no second one beside it.
// Then each window's cycle is opened at a random slot and joined to the next window's.
// chase_prove walks the result all the same.
#ifndef NUMAPROBE_KERNELS_CHASE_H
#define NUMAPROBE_KERNELS_CHASE_H

#include "base/base.h"

// The line of all x86-64 and of most AArch64 cores, and the least slot that goes with it.
enum { CHASE_LINE_BYTES = 64, CHASE_SLOT_BYTES = 128 };

// The line that this processor names itself, for where the system reports none: on AArch64 that of
// its data caches (A64FX has 256 bytes), else CHASE_LINE_BYTES.
uint64_t chase_processor_line_bytes(void);

struct chase_pattern {
    const char *name;      // "structural", "full_random", "full_random_4k"
    uint64_t window_bytes; // 0: one window, the whole buffer
    const char *pages;     // the kind of page that it is meant for; NULL: any
    const char *summary;   // one line for people
};

extern const struct chase_pattern chase_patterns[];
extern const size_t chase_pattern_count;
const struct chase_pattern *chase_pattern_find(const char *name); // NULL when there is none

struct chase_shape {
    uint64_t window_bytes; // a multiple of slot_bytes; 0: the whole buffer
    uint64_t slot_bytes;   // one pointer in each: a power of two, at least chase_min_slot_bytes
    uint64_t line_bytes;   // of the caches: a power of two
};

// Two lines, and no less than 128 bytes, which some processors fetch together.
uint64_t chase_min_slot_bytes(uint64_t line_bytes);

// The pattern's window, and the least slot for lines of that size.
struct chase_shape chase_shape_of(const struct chase_pattern *pattern, uint64_t line_bytes);

struct chase {
    void *start;            // the address of the first pointer
    uint64_t slot_bytes;    // of its shape
    uint64_t slot_count;    // loads in one round
    uint64_t touched_bytes; // a line for each slot: what a round brings into the caches
    uint64_t seed;          // as given to chase_build; says where in its slot each pointer is
};

// Writes the chain into size_bytes (a multiple of the slot's, at least one slot) at base, which is
// aligned to chase_min_slot_bytes. Memory outside the chosen words is left as it is. A window
// larger than the buffer is the whole buffer; a last, shorter window is allowed. The start is the
// first slot visited of a window, so that one round visits each window in one go.
struct chase chase_build(void *base, uint64_t size_bytes, const struct chase_shape *shape,
                         uint64_t seed);

// Puts every line of the buffer out of all caches of the processor, so that one walk over the chain
// meets each line in memory, or in a memory-side cache. False where a program cannot (AArch64: what
// it may clean need not reach beyond the system's cache).
bool chase_can_flush(void);
void chase_flush(const void *base, uint64_t size_bytes);

// Follows every link and says whether they are one cycle: the start comes back after exactly
// slot_count loads and not before, and each address is the chosen word of a slot inside
// [base, base + size_bytes); so each slot is visited once. Takes about a tenth of a measured round.
bool chase_prove(const struct chase *chase, const void *base, uint64_t size_bytes);

// How many of the links of `count` slots from slot `first` on lead to no place of a pointer in the
// buffer at base. A link to another place than it was given is found by chase_prove only.
uint64_t chase_links_wrong(const struct chase *chase, const void *base, uint64_t first,
                           uint64_t count);

// Follows the chain for `loads` loads (any number) from `from`; returns where it ended. Simple
// addressing only, because an indexed address costs a cycle more on many x86 cores.
void *chase_walk(void *from, uint64_t loads);

// As chase_walk, with `adds` one-cycle additions of zero to each load's result before it is the
// next address: latency rises by that many cycles of the core. What a benchmark must then show is
// known.
void *chase_walk_delayed(void *from, uint64_t loads, uint32_t adds);

// ---- several chains at a time -------------------------------------------------------------------

// Whether one thread can have this many walkers: what a core can keep in flight shows between the
// numbers that are possible, 1 and CHASE_CHAINS_MAX among them.
enum { CHASE_CHAINS_MAX = 32 };
bool chase_chains_possible(uint32_t chains);

// Sets at[0] to the start of the chain and the others equally far apart along it, so that walkers
// of equal speed meet no line that another has passed less than slot_count / chains loads ago. For
// a proven chain of at least `chains` slots; for more than one it takes as long as the proof.
void chase_starts(const struct chase *chase, const void *base, uint64_t size_bytes, void **at,
                  uint32_t chains);

// Moves each of `chains` walkers (a possible number) on by `loads` loads, in turn. Each
// walker's loads depend on each other and not on those of the others. The walkers are in registers
// where the processor has enough of them, else on the stack.
void chase_walk_chains(void **at, uint32_t chains, uint64_t loads);

// ---- for tests ----------------------------------------------------------------------------------

// The numbers of walkers that are possible, ascending.
extern const uint32_t chase_chain_counts[];
extern const size_t chase_chain_counts_count;

#endif
