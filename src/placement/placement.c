// SPDX-License-Identifier: Apache-2.0
#include "placement/placement.h"

#include "base/random.h"
#include "base/units.h"

bool placement_create(struct placement *placement, uint64_t size_bytes,
                      const struct page_kind *pages, struct node_set nodes, uint64_t seed,
                      struct error *error) {
    *placement = (struct placement){.seed = seed};
    return os_memory_acquire(&placement->memory, size_bytes, pages, nodes, error);
}

void placement_release(struct placement *placement) {
    os_memory_release(&placement->memory);
    *placement = (struct placement){0};
}

// Parts are cut at page borders, so that each page is first touched by one thread.
static uint64_t part_border(const struct os_memory *memory, size_t index, size_t parts) {
    uint64_t pages = memory->size_bytes / memory->page_bytes;
    return pages * index / parts * memory->page_bytes;
}

// A piece is written between two looks: for Ctrl-C, because a large buffer takes minutes, and at
// the clock. Where the system throttles (memory.high of a control group) or swaps, one page may
// take seconds, so a piece is a page. The clock is read for each sixteenth ordinary page only,
// since reading it can take as long as to write one.
enum { FILL_PAGES_BETWEEN_CLOCKS = 16 };

// Given up is not for one long pause, which may be a guest's that was stopped for a while, but for
// this many in a row that each took a hundred times as long as all before them on average.
enum { FILL_USUAL_MIN = 16, FILL_SLOW_MAX = 4, FILL_SLOW_FACTOR = 100 };

struct fill_pace {
    uint64_t last_ns, usual_sum_ns, usual_count, slow_count;
};

static bool has_stalled(struct fill_pace *pace) {
    uint64_t now_ns = os_clock_ns(), piece_ns = now_ns - pace->last_ns;
    pace->last_ns = now_ns;
    bool slow = pace->usual_count >= FILL_USUAL_MIN &&
                piece_ns > FILL_SLOW_FACTOR * (pace->usual_sum_ns / pace->usual_count) &&
                piece_ns > 100 * NS_PER_MS;
    pace->slow_count = slow ? pace->slow_count + 1 : 0;
    if (!slow) {
        pace->usual_sum_ns += piece_ns;
        pace->usual_count++;
    }
    return pace->slow_count >= FILL_SLOW_MAX;
}

void placement_words(const struct placement *placement, uint64_t first, uint64_t count,
                     uint64_t *words) {
    const uint64_t one = UINT64_C(0x3ff) << 52; // exponent of [1, 2)
    const uint64_t seed = placement->seed + first;
    const bool zeros = placement->zeros;
    for (uint64_t i = 0; i < count; i++)
        words[i] = zeros ? 0 : one | random_hash(seed + i) >> 12;
}

void placement_fill_part(struct placement *placement, size_t index, size_t parts) {
    const struct os_memory *memory = &placement->memory;
    uint64_t first = part_border(memory, index, parts) / sizeof(uint64_t);
    uint64_t end = part_border(memory, index + 1, parts) / sizeof(uint64_t);
    uint64_t *words = memory->base;
    const uint64_t piece = (memory->page_bytes < 2 * MIB ? memory->page_bytes : 2 * MIB) / 8;
    const bool small = memory->page_bytes < 2 * MIB;
    struct fill_pace pace = {.last_ns = os_clock_ns()};
    for (uint64_t from = first, pieces = 1; from < end; from += piece, pieces++) {
        uint64_t to = end - from < piece ? end : from + piece;
        placement_words(placement, from, to - from, words + from);
        if (os_interrupted() || placement->stalled)
            return;
        if ((!small || pieces % FILL_PAGES_BETWEEN_CLOCKS == 0) && has_stalled(&pace))
            placement->stalled = true;
    }
}

bool placement_fill_done(struct placement *placement, struct error *error) {
    char size[UNITS_TEXT_BYTES];
    placement->filled = !placement->stalled;
    return placement->filled ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "writing the pages of %s became a hundred times slower: the system throttles "
                     "or swaps (memory.high of the control group, too little free memory); use a "
                     "smaller buffer, or end programs that hold memory",
                     units_format_bytes(placement->memory.size_bytes, size));
}
