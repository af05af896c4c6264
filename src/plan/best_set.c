// SPDX-License-Identifier: Apache-2.0
#include "plan/best_set.h"

#include "plan/search.h"
#include "plan/set_search.h"

#include <math.h>
#include <stdlib.h>

// ---- what a search has --------------------------------------------------------------------------

static bool same_search(const struct cell *a, const struct cell *b) {
    return a->block == BLOCK_SET && b->block == BLOCK_SET && a->mix == b->mix &&
           a->pages == b->pages && a->threads == b->threads && a->cpu_node == b->cpu_node;
}

static bool begins(const struct plan *plan, size_t cell) {
    if (plan->cells[cell].block != BLOCK_SET || !plan->cells[cell].mem_node.count)
        return false;
    for (size_t i = 0; i < cell; i++)
        if (plan->cells[i].mem_node.count && same_search(&plan->cells[i], &plan->cells[cell]))
            return false;
    return true;
}

static double value_of(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    return cell < schedule->cell_count && known->value_count ? known->bandwidth_bytes_per_s[0]
                                                             : NAN;
}

static struct set_trial *list_trials(const struct schedule *schedule, size_t first, size_t *count) {
    const struct plan *plan = schedule->plan;
    struct set_trial *trials = base_allocate(plan->cell_count, sizeof *trials);
    *count = 0;
    for (size_t i = first; i < plan->cell_count; i++)
        if (same_search(&plan->cells[i], &plan->cells[first]))
            trials[(*count)++] = (struct set_trial){.nodes = plan->cells[i].mem_node,
                                                    .value = value_of(schedule, i)};
    return trials;
}

// ---- one more cell ------------------------------------------------------------------------------

// As any other cell of that set would be planned. False when it cannot be measured.
static bool plan_set(const struct best_set_request *request, const struct cell *like,
                     const struct node_set *set, struct cell *cell) {
    uint32_t node = like->cpu_node;
    const struct block_request block = {.block = BLOCK_SET,
                                        .kernels = &like->kernel,
                                        .kernel_count = 1,
                                        .mix = like->mix,
                                        .threads = &like->threads,
                                        .thread_count = 1,
                                        .sizes = &request->size_bytes,
                                        .size_count = request->size_bytes != 0,
                                        .cached = like->cached,
                                        .pairs = node == NONE_U32 ? PAIRS_FROM_ALL : PAIRS_ALL};
    struct plan_request planned = *request->like;
    struct plan plan;
    struct error ignored;
    planned.blocks = &block;
    planned.block_count = 1;
    if (node != NONE_U32)
        planned.cpu_nodes = (struct id_set){.ids = &node, .count = 1};
    planned.mem_nodes = (struct id_set){0};
    planned.mem_sets = set;
    planned.mem_set_count = 1;
    planned.pages = &like->pages;
    planned.page_count = 1;
    if (!plan_build(&plan, request->topology, request->check, &planned, &ignored))
        return false;
    bool usable = plan.cell_count == 1 && !plan.cells[0].refusal;
    if (usable)
        *cell = cell_copy(&plan.cells[0]);
    plan_free(&plan);
    return usable;
}

// A search takes half of the time at most: the other half measures what it found.
static bool has_time(const struct schedule *schedule, const struct cell *cell) {
    return schedule_has_time(schedule, schedule_visit_ns(schedule, cell, SIZE_MAX) +
                                           schedule->plan->budget_ns / 2);
}

static bool add_set(struct schedule *schedule, const struct best_set_request *request, size_t first,
                    const struct node_set *set) {
    struct cell cell;
    if (!plan_set(request, &schedule->plan->cells[first], set, &cell))
        return false;
    bool fits = has_time(schedule, &cell);
    if (fits)
        plan_add(schedule->plan, cell);
    else
        cell_free(&cell);
    return fits;
}

// ---- a step of all searches ---------------------------------------------------------------------

enum { HINTS_MAX = 2 };

// What the system would take by itself: the kernel's weights, and those that follow from the
// bandwidths of the firmware.
static size_t list_hints(const struct best_set_request *request, const struct plan *plan,
                         size_t first, struct node_set hints[HINTS_MAX]) {
    struct id_set nodes = {0};
    for (size_t i = first; i < plan->cell_count; i++)
        if (same_search(&plan->cells[i], &plan->cells[first]) && plan->cells[i].mem_node.count == 1)
            id_set_add(&nodes, node_set_only(&plan->cells[i].mem_node));
    hints[0] = request->kernel_weights;
    node_set_settle(&hints[0]);
    hints[1] = topology_firmware_set(request->topology, plan->cells[first].cpu_node, &nodes);
    id_set_free(&nodes);
    return HINTS_MAX;
}

static bool add_next(struct schedule *schedule, const struct best_set_request *request,
                     size_t first) {
    struct node_set next[SET_TRIALS_MAX], hints[HINTS_MAX];
    size_t count, added = 0;
    struct set_trial *trials = list_trials(schedule, first, &count);
    size_t hint_count = list_hints(request, schedule->plan, first, hints);
    size_t next_count = set_search_next(trials, count, hints, hint_count, next);
    for (size_t i = 0; i < next_count; i++)
        added += add_set(schedule, request, first, &next[i]);
    free(trials);
    return added > 0;
}

static bool is_waiting(const struct schedule *schedule) {
    for (size_t i = 0; i < schedule->plan->cell_count; i++)
        if (schedule->plan->cells[i].block == BLOCK_SET && !schedule_has_visited(schedule, i))
            return true;
    return false;
}

bool best_set_grow(struct schedule *schedule, const struct best_set_request *request) {
    size_t planned = schedule->plan->cell_count;
    bool grown = false;
    if (is_waiting(schedule))
        return true;
    for (size_t i = 0; i < planned; i++)
        if (begins(schedule->plan, i))
            grown |= add_next(schedule, request, i);
    if (!grown)
        search_drop_sets(schedule);
    return grown;
}

size_t best_set_max(const struct plan *plan) {
    size_t searches = 0;
    for (size_t i = 0; i < plan->cell_count; i++)
        searches += begins(plan, i);
    return searches * SET_TRIALS_MAX;
}
