// SPDX-License-Identifier: Apache-2.0
// Pointer chases: one closed chain through a buffer, in which every load waits for the last.
//
// The buffer is cut into slots of CHASE_SLOT_BYTES (two 64-byte lines, so that a prefetcher that
// completes pairs of lines brings nothing useful). Each slot holds one pointer, at a place inside
// the slot that a hash of seed and slot chooses. The order decides what is measured:
//
// - structural: windows in random order, slots in random order inside each window. Translation
//   costs little, what remains is the memory (Google multichase calls it TLB locality).
// - full_random: every slot of the buffer in random order, translation included.
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

enum { CHASE_SLOT_BYTES = 128, CHASE_LINE_BYTES = 64 };

struct chase_pattern {
    const char *name;      // "structural", "full_random"
    uint64_t window_bytes; // 0: one window, the whole buffer
    const char *summary;   // one line for people
};

extern const struct chase_pattern chase_patterns[];
extern const size_t chase_pattern_count;
const struct chase_pattern *chase_pattern_find(const char *name); // NULL when there is none

struct chase {
    void *start;            // the address of the first pointer
    uint64_t slot_count;    // loads in one round
    uint64_t touched_bytes; // slot_count x CHASE_LINE_BYTES: what a round brings into the caches
    uint64_t seed;          // as given to chase_build; tells where in its slot each pointer is
};

// Writes the chain into size_bytes (a multiple of CHASE_SLOT_BYTES, at least one slot) at base,
// which is aligned to CHASE_SLOT_BYTES. Memory outside the chosen words is left as it is. A window
// larger than the buffer is the whole buffer; a last, shorter window is allowed. The start is the
// first slot visited of a window, so that one round visits each window in one go.
struct chase chase_build(void *base, uint64_t size_bytes, const struct chase_pattern *pattern,
                         uint64_t seed);

// Follows every link and says whether they are one cycle: the start comes back after exactly
// slot_count loads and not before, and each address is the chosen word of a slot inside
// [base, base + size_bytes); so each slot is visited once. Takes about a tenth of a measured round.
bool chase_prove(const struct chase *chase, const void *base, uint64_t size_bytes);

// Follows the chain for `loads` loads (any number) from `from`; returns where it ended. Simple
// addressing only, because an indexed address costs a cycle more on many x86 cores.
void *chase_walk(void *from, uint64_t loads);

#endif
