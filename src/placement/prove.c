// SPDX-License-Identifier: Apache-2.0
// Asking the system where the pages of a buffer are.
#include "base/random.h"
#include "placement/placement.h"
#include "placement/team.h"
#include "placement/witness.h"
#include "placement/writers.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH_PAGES = 1 << 12, ASK_TRIES = 3 };

struct inquiry {
    const struct placement *placement;
    struct evidence *evidence;
    struct random random; // of the batch
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

static uint64_t batch_count(const struct evidence *evidence) {
    return (evidence->pages_checked + BATCH_PAGES - 1) / BATCH_PAGES;
}

// Asks about the pages of some batches in their order, and hands each batch of answers on. The
// pages that a batch samples do not depend on who asks.
static bool ask_batches(struct inquiry *inquiry, uint64_t from, uint64_t to,
                        void (*take)(void *context, const int32_t *nodes, size_t count),
                        void *context, struct error *error) {
    const struct evidence *evidence = inquiry->evidence;
    for (uint64_t batch = from; batch < to; batch++) {
        uint64_t first = batch * BATCH_PAGES, left = evidence->pages_checked - first;
        size_t count = left < BATCH_PAGES ? (size_t)left : BATCH_PAGES;
        random_seed(&inquiry->random, random_hash(inquiry->placement->seed + batch));
        if (!ask_batch(inquiry, first, count, error))
            return false;
        take(context, inquiry->nodes, count);
    }
    return true;
}

// One address stands for a whole large page only where the system proves that there is one, and
// says how large.
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

// Several who ask, each about its share of the batches.
struct inquest {
    const struct placement *placement;
    const struct evidence *open; // what each begins with
    size_t parts;
    struct evidence *found;
    struct error *errors;
    bool *told;
};

static void ask_part(void *context, size_t index) {
    const struct inquest *inquest = context;
    uint64_t batches = batch_count(inquest->open);
    inquest->found[index] = *inquest->open;
    struct inquiry *inquiry = create_inquiry(inquest->placement, &inquest->found[index]);
    inquest->told[index] = ask_batches(inquiry, batches * index / inquest->parts,
                                       batches * (index + 1) / inquest->parts, count_pages, inquiry,
                                       &inquest->errors[index]);
    free(inquiry);
}

// The counts of one part to those of all before it.
static void add_part(struct evidence *sum, struct evidence *part) {
    sum->pages_on_node += part->pages_on_node;
    sum->pages_off_node += part->pages_off_node;
    sum->pages_absent += part->pages_absent;
    sum->pages_unknown += part->pages_unknown;
    for (size_t i = 0; i < NODE_SET_MAX; i++)
        sum->share_pages[i] += part->share_pages[i];
    id_set_add_all(&sum->nodes_seen, &part->nodes_seen);
    evidence_free(part);
}

// On CPUs of the buffer's nodes; by the calling thread where few pages are asked for, or no other
// can be started.
static void ask_parts(struct inquest *inquest) {
    struct id_set cpus = {0};
    struct error alone;
    size_t most = (size_t)(inquest->open->pages_checked / PROVE_PAGES_A_THREAD);
    if (most > 1)
        writers_add_helpers(&inquest->placement->memory, &cpus, most);
    inquest->parts = cpus.count > 1 ? cpus.count : 1;
    inquest->found = base_allocate(inquest->parts, sizeof *inquest->found);
    inquest->errors = base_allocate(inquest->parts, sizeof *inquest->errors);
    inquest->told = base_allocate(inquest->parts, sizeof *inquest->told);
    if (inquest->parts == 1 || !team_run(&cpus, ask_part, inquest, &alone)) {
        inquest->parts = 1;
        ask_part(inquest, 0);
    }
    id_set_free(&cpus);
}

// Says of each page what sizes leaves open.
static bool ask_each_page(const struct placement *placement, const struct evidence *sizes,
                          struct evidence *evidence, struct error *error) {
    *evidence = *sizes;
    if (evidence->pages_checked > PROVE_PAGES_MAX)
        evidence->pages_checked = PROVE_PAGES_MAX;
    const struct evidence open = *evidence;
    struct inquest inquest = {.placement = placement, .open = &open};
    bool told = true;
    ask_parts(&inquest);
    for (size_t i = 0; i < inquest.parts; i++) {
        if (told && !inquest.told[i])
            *error = inquest.errors[i];
        told = told && inquest.told[i];
        add_part(evidence, &inquest.found[i]);
    }
    if (told)
        evidence->located_by = WITNESS_EACH_PAGE;
    free(inquest.found);
    free(inquest.errors);
    free(inquest.told);
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
    if (ask_batches(inquiry, 0, batch_count(evidence), collect_runs, &collector, &error))
        evidence->located_by = WITNESS_EACH_PAGE;
    else
        snprintf(evidence->reason, sizeof evidence->reason, "%.250s", error.text);
    if (collector.current.pages)
        take(context, &collector.current);
    free(inquiry);
}
