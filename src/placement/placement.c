// SPDX-License-Identifier: Apache-2.0
#include "placement/placement.h"

#include "base/random.h"
#include "base/units.h"
#include "placement/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool placement_writers(const struct placement *placement, const struct id_set *wanted,
                       struct id_set *writers, struct error *error) {
    const struct os_memory *memory = &placement->memory;
    uint32_t node = node_set_only(&memory->nodes); // first touch knows no sets
    struct id_set own;
    if (memory->placed_by != OS_PLACED_FIRST_TOUCH) {
        *writers = id_set_copy(wanted);
        return true;
    }
    *writers = (struct id_set){0};
    if (!os_usable_cpus_of_node(node, &own, error))
        return false;
    for (size_t i = 0; i < wanted->count; i++)
        if (id_set_contains(&own, wanted->ids[i]))
            id_set_add(writers, wanted->ids[i]);
    if (writers->count == 0)
        id_set_add_all(writers, &own);
    id_set_free(&own);
    return writers->count > 0 || error_set(error, ERROR_KIND_REFUSED, 0,
                                           "a CPU of node %u must write its pages first, but this "
                                           "process may no longer run on any",
                                           node);
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
// so many in a row that each took a hundred times as long as all before them on average.
enum { FILL_USUAL_LEAST = 16, FILL_SLOW_MOST = 4, FILL_SLOW_FOLD = 100 };

struct fill_pace {
    uint64_t last_ns, usual_sum_ns, usual_count, slow_count;
};

static bool has_stalled(struct fill_pace *pace) {
    uint64_t now_ns = os_clock_ns(), piece_ns = now_ns - pace->last_ns;
    pace->last_ns = now_ns;
    bool slow = pace->usual_count >= FILL_USUAL_LEAST &&
                piece_ns > FILL_SLOW_FOLD * (pace->usual_sum_ns / pace->usual_count) &&
                piece_ns > 100 * NS_PER_MS;
    pace->slow_count = slow ? pace->slow_count + 1 : 0;
    if (!slow) {
        pace->usual_sum_ns += piece_ns;
        pace->usual_count++;
    }
    return pace->slow_count >= FILL_SLOW_MOST;
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

void evidence_free(struct evidence *evidence) {
    id_set_free(&evidence->nodes_seen);
}

uint64_t evidence_page_bytes(const struct evidence *evidence) {
    const struct os_page_sizes *sizes = &evidence->sizes;
    if (!evidence->sized || (sizes->bytes_in_large && sizes->bytes_in_base))
        return NONE_U64;
    if (sizes->bytes_in_large)
        return sizes->large_page_bytes;
    return sizes->bytes_in_base ? sizes->base_page_bytes : NONE_U64;
}

// ---- asking -------------------------------------------------------------------------------------

enum { BATCH_PAGES = 1 << 15, ASK_TRIES = 3 };

struct inquiry {
    const struct placement *placement;
    struct evidence *evidence;
    struct random random;
    void *addresses[BATCH_PAGES];
    int32_t nodes[BATCH_PAGES];
};

// The page that stands for stratum `index`: the page itself when all are asked. Strata differ by at
// most one page; the first ones take what the division leaves.
static uint64_t choose_page(struct inquiry *inquiry, uint64_t index) {
    uint64_t checked = inquiry->evidence->pages_checked;
    uint64_t width = inquiry->evidence->pages_total / checked; // at least 1
    uint64_t wider = inquiry->evidence->pages_total % checked;
    uint64_t first = index * width + (index < wider ? index : wider);
    return first + random_below(&inquiry->random, width + (index < wider));
}

// NUMA balancing unmaps pages to see who uses them; until the next touch the kernel then says
// "no entry" of a page that is there. Reading it settles the matter (docs/method.md, The evidence).
// Only of a page that is there: where the kernel has no zero page, reading makes one that is not.
// A buffer that was never written is not read: that would make its pages exist.
static bool touch_doubtful(const struct inquiry *inquiry, size_t count) {
    bool touched = false;
    for (size_t i = 0; inquiry->placement->filled && i < count; i++) {
        if (inquiry->nodes[i] != OS_PAGE_ASK_AGAIN)
            continue;
        (void)*(volatile const char *)inquiry->addresses[i];
        touched = true;
    }
    return touched;
}

// Still no answer: a page of a written buffer is somewhere, any other may not exist.
static void settle_doubtful(struct inquiry *inquiry, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (inquiry->nodes[i] == OS_PAGE_ASK_AGAIN)
            inquiry->nodes[i] = inquiry->placement->filled ? OS_PAGE_UNKNOWN : OS_PAGE_ABSENT;
}

static bool ask_batch(struct inquiry *inquiry, uint64_t first, size_t count, struct error *error) {
    const struct os_memory *memory = &inquiry->placement->memory;
    for (size_t i = 0; i < count; i++)
        inquiry->addresses[i] =
            (char *)memory->base + choose_page(inquiry, first + i) * inquiry->evidence->unit_bytes;
    for (int attempt = 0; attempt < ASK_TRIES; attempt++) {
        if (!os_pages_locate(inquiry->addresses, count, inquiry->nodes, error))
            return false;
        if (!touch_doubtful(inquiry, count))
            break;
    }
    settle_doubtful(inquiry, count);
    return true;
}

// Asks about all pages that are to be checked, and hands each batch of answers on.
static bool ask_all(struct inquiry *inquiry,
                    void (*take)(void *context, const int32_t *nodes, size_t count), void *context,
                    struct error *error) {
    struct evidence *evidence = inquiry->evidence;
    random_seed(&inquiry->random, inquiry->placement->seed);
    for (uint64_t first = 0; first < evidence->pages_checked; first += BATCH_PAGES) {
        uint64_t left = evidence->pages_checked - first;
        size_t count = left < BATCH_PAGES ? (size_t)left : BATCH_PAGES;
        if (!ask_batch(inquiry, first, count, error))
            return false;
        take(context, inquiry->nodes, count);
    }
    evidence->located_by = WITNESS_EACH_PAGE;
    return true;
}

// One address stands for a whole large page only where the system proves that there is one, and
// tells how large.
static void choose_unit(const struct os_memory *memory, struct evidence *evidence) {
    struct error error;
    evidence->unit_bytes = os_base_page_bytes();
    evidence->sized = os_memory_page_sizes(memory, &evidence->sizes, &error);
    if (!evidence->sized)
        snprintf(evidence->reason, sizeof evidence->reason, "%.250s", error.text);
    else if (evidence->sizes.bytes_in_large == memory->size_bytes &&
             evidence->sizes.large_page_bytes != NONE_U64)
        evidence->unit_bytes = evidence->sizes.large_page_bytes;
}

static void begin_evidence(const struct placement *placement, struct evidence *evidence) {
    *evidence = (struct evidence){0};
    choose_unit(&placement->memory, evidence);
    evidence->pages_total = placement->memory.size_bytes / evidence->unit_bytes;
    evidence->pages_checked = evidence->pages_total;
}

static struct inquiry *create_inquiry(const struct placement *placement,
                                      struct evidence *evidence) {
    struct inquiry *inquiry = base_allocate(1, sizeof *inquiry);
    inquiry->placement = placement;
    inquiry->evidence = evidence;
    return inquiry;
}

void evidence_add(struct evidence *evidence, const struct node_set *asked, uint32_t node,
                  uint64_t pages) {
    size_t share = 0;
    while (share < asked->count && asked->shares[share].node != node)
        share++;
    if (share < asked->count)
        evidence->share_pages[share] += pages;
    *(share < asked->count ? &evidence->pages_on_node : &evidence->pages_off_node) += pages;
}

static void count_pages(void *context, const int32_t *nodes, size_t count) {
    struct inquiry *inquiry = context;
    struct evidence *evidence = inquiry->evidence;
    const struct node_set *asked = &inquiry->placement->memory.nodes;
    for (size_t i = 0; i < count; i++) {
        if (nodes[i] >= 0) {
            uint32_t node = (uint32_t)nodes[i];
            id_set_add(&evidence->nodes_seen, node);
            evidence_add(evidence, asked, node, 1);
        } else if (nodes[i] == OS_PAGE_ABSENT) {
            evidence->pages_absent++;
        } else {
            evidence->pages_unknown++;
        }
    }
}

// Says of each page what sizes leaves open.
static bool ask_each_page(const struct placement *placement, const struct evidence *sizes,
                          struct evidence *evidence, struct error *error) {
    *evidence = *sizes;
    if (evidence->pages_checked > PROVE_PAGES_MAX)
        evidence->pages_checked = PROVE_PAGES_MAX;
    struct inquiry *inquiry = create_inquiry(placement, evidence);
    bool told = ask_all(inquiry, count_pages, inquiry, error);
    free(inquiry);
    return told;
}

static void ask_witnesses(const struct placement *placement, const struct evidence *sizes,
                          struct evidence *evidence) {
    const struct os_memory *memory = &placement->memory;
    struct evidence counts;
    struct error error, uncounted;
    bool told = ask_each_page(placement, sizes, evidence, &error);
    bool counted = witness_counts(memory, sizes, &counts, &uncounted);
    if (told && counted) {
        witness_confront(evidence, &counts);
        evidence_free(&counts);
    }
    if (told)
        return;
    evidence_free(evidence);
    if (counted) {
        *evidence = counts;
    } else if (!witness_only_node(memory, sizes, evidence)) {
        *evidence = *sizes;
        evidence->pages_checked = 0;
        snprintf(evidence->reason, sizeof evidence->reason, "%.250s", error.text);
    }
}

// Pages that move between two questions make two right answers contradict each other, and while a
// page moves it is in no count: then all are asked again.
static bool may_be_in_motion(const struct evidence *evidence) {
    return evidence->contradiction[0] ||
           (evidence->located_by == WITNESS_COUNTS && evidence->pages_absent);
}

void placement_prove(const struct placement *placement, struct evidence *evidence) {
    struct evidence sizes;
    begin_evidence(placement, &sizes);
    ask_witnesses(placement, &sizes, evidence);
    for (int again = 1; again < ASK_TRIES && may_be_in_motion(evidence); again++) {
        evidence_free(evidence);
        ask_witnesses(placement, &sizes, evidence);
    }
}

// ---- runs ---------------------------------------------------------------------------------------

struct run_collector {
    struct page_run current; // pages: 0 before the first
    void (*take)(void *context, const struct page_run *run);
    void *context;
};

static void collect_runs(void *context, const int32_t *nodes, size_t count) {
    struct run_collector *collector = context;
    struct page_run *current = &collector->current;
    for (size_t i = 0; i < count; i++) {
        if (current->pages && nodes[i] != current->node) {
            collector->take(collector->context, current);
            current->first += current->pages;
            current->pages = 0;
        }
        current->node = nodes[i];
        current->pages++;
    }
}

void placement_runs(const struct placement *placement, struct evidence *evidence,
                    void (*take)(void *context, const struct page_run *run), void *context) {
    begin_evidence(placement, evidence);
    struct inquiry *inquiry = create_inquiry(placement, evidence);
    struct run_collector collector = {.take = take, .context = context};
    struct error error;
    if (!ask_all(inquiry, collect_runs, &collector, &error))
        snprintf(evidence->reason, sizeof evidence->reason, "%.250s", error.text);
    if (collector.current.pages)
        take(context, &collector.current);
    free(inquiry);
}
