// SPDX-License-Identifier: Apache-2.0
// A buffer on one node, or a set of them, in one kind of page, and the evidence that it is so.
//
// The code that makes the buffer does not judge it: placement_prove asks the operating system about
// the pages, before and after the timing, and placement_judge compares its answers with what was
// asked. How the pages came to their node (os_placing) is no part of the judgement.
#ifndef NUMAPROBE_PLACEMENT_PLACEMENT_H
#define NUMAPROBE_PLACEMENT_PLACEMENT_H

#include <stdatomic.h>

#include "base/error.h"
#include "os/os.h"
#include "placement/evidence.h"
#include "record/words.h"

struct placement {
    struct os_memory memory;
    uint64_t seed;       // of the data and of the pages that are sampled
    bool zeros;          // write zeros instead of data: only to see whether that makes a difference
    bool filled;         // every page was written
    atomic_bool stalled; // filling was given up: the system gave pages ever more slowly
};

// Takes the address space and binds it; no page exists yet. Errors as os_memory_acquire.
bool placement_create(struct placement *placement, uint64_t size_bytes,
                      const struct page_kind *pages, struct node_set nodes, uint64_t seed,
                      struct error *error);
void placement_release(struct placement *placement);

// The CPUs that are to write the buffer first: those wanted, and for a large buffer as many more of
// its nodes as have a part of PART_BYTES_MIN each (of nodes without CPUs: of the node of those
// wanted). Where first touch places the pages, only CPUs of the node; refused when there are none.
// The caller frees the set.
enum { PART_BYTES_MIN = 64 << 20 };
bool placement_writers(const struct placement *placement, const struct id_set *wanted,
                       struct id_set *writers, struct error *error);

// Writes part `index` of `parts` with normal doubles in [1, 2) that a hash of seed and place
// chooses: never zero (some processors drop stores of zero), never denormal (additions get slow),
// never all the same, unless zeros are asked for. Call once for each part, from any thread, then
// placement_fill_done. Ends early after Ctrl-C (os_interrupted), and where pages come a hundred
// times slower than they did.
void placement_fill_part(struct placement *placement, size_t index, size_t parts);

// Writes what the buffer is filled with from word `first` on.
void placement_words(const struct placement *placement, uint64_t first, uint64_t count,
                     uint64_t *words);

// Every part has been called for. Refused when filling was given up.
bool placement_fill_done(struct placement *placement, struct error *error);

// Every page up to this many (4 GiB of ordinary pages), beyond that one page, chosen at random, of
// each of as many equal parts of the buffer.
enum { PROVE_PAGES_MAX = 1 << 20 };

// For more than this many pages several threads ask, each for this many at least, on CPUs of the
// buffer's nodes.
enum { PROVE_PAGES_A_THREAD = 1 << 16 };

// Each page is asked for, and the counts beside it where there are both; only where neither is told
// does it help that one node alone has memory.
void placement_prove(const struct placement *placement, struct evidence *evidence);

// Consecutive pages that lie on one node (or are all absent, or all unknown: OS_PAGE_...).
struct page_run {
    uint64_t first; // number of the first page, in evidence's unit_bytes
    uint64_t pages;
    int32_t node;
};

// Every page of the buffer, in order, as runs. evidence gets the unit, the number of pages, and
// whether the system told at all (located_by, reason); its counts stay 0.
void placement_runs(const struct placement *placement, struct evidence *evidence,
                    void (*take)(void *context, const struct page_run *run), void *context);

// The verdict on the memory, and why it is not verified (at most reason_bytes, "" when it is).
// after may be NULL: the verdict before a timing, or without one, of which the reason says nothing
// then. The worst wins, in the order of the list.
enum verdict placement_judge(const struct os_memory *asked, const struct evidence *before,
                             const struct evidence *after, char *reason, size_t reason_bytes);

// How many of the pages that were checked are to be on the node of a share: exactly this many where
// we place them, and between these where the kernel's turns may begin with any node, or where only
// a sample was checked (five standard deviations of it). NODES_PREFERRED promises no share.
struct page_bounds {
    uint64_t least, most; // of those that were checked
    uint64_t turns;       // of all pages, where the first node has the first turn
};
struct page_bounds placement_promise(const struct os_memory *asked, const struct evidence *evidence,
                                     size_t share);

#endif
