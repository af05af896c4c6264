// SPDX-License-Identifier: Apache-2.0
#include "plan/probe.h"

#include "plan/trial.h"

#include <math.h>
#include <stdlib.h>

#define FIRST_BYTES   (4 * MIB)
#define FLUSHED_BYTES (32 * MIB) // one walk over it takes longer than the visit samples
#define LAST_BYTES    (256 * MIB)
#define TIME_MOST_NS  (1500 * NS_PER_MS)

// Judgement: how much of what a flushed chain takes a size must take to be memory, which is less
// because its walk finds a few lines in a cache; else what two sizes may differ by where both are
// memory, and a smaller one from them where it is not.
static const double memory_least = 0.75, flat_most = 1.15, rise_least = 1.3;

// What is flat within 15 % may still find some lines in a cache, and a neighbour's load, which
// keeps a shared cache small, may end.
enum { MARGIN = 2 };

bool probe_is_needed(const struct plan *plan) {
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        if (!cell->refusal && cell->test != TEST_C2C && !cell->cached && !cell->proven)
            return true;
    }
    return false;
}

// ---- the next size ------------------------------------------------------------------------------

static bool is_probe(const struct cell *cell) {
    return cell->block == BLOCK_PROBE;
}

static const struct cell *last_probe(const struct plan *plan) {
    return plan->cell_count && is_probe(&plan->cells[plan->cell_count - 1])
               ? &plan->cells[plan->cell_count - 1]
               : NULL;
}

static uint64_t room_bytes(const struct probe_request *request, uint32_t node) {
    struct cell asked = {.pages = request->pages,
                         .mem_node = node_set_of(node),
                         .size_bytes = LAST_BYTES,
                         .size_rule = SIZE_BY_CACHES};
    sizing_fit(request->sizing, 0, &asked);
    return asked.size_bytes;
}

// Sizes double as long as there is time for the next one, which takes twice that of the last, and
// for the flushed chain, which comes last. 0: no more.
static uint64_t next_size_bytes(const struct plan *plan, const struct schedule *schedule,
                                uint64_t room) {
    const struct cell *last = last_probe(plan);
    if (!last)
        return FIRST_BYTES < room ? FIRST_BYTES : room;
    const struct schedule_cell *known = &schedule->cells[plan->cell_count - 1];
    uint64_t flushed_ns =
        chase_can_flush() ? known->spent_ns * FLUSHED_BYTES / last->size_bytes : 0;
    uint64_t next_bytes = 2 * last->size_bytes;
    bool has_time = schedule->spent_ns + 2 * known->spent_ns + flushed_ns <= TIME_MOST_NS;
    return has_time && next_bytes <= LAST_BYTES && next_bytes <= room ? next_bytes : 0;
}

static bool add_cell(struct plan *plan, const struct probe_request *request, uint64_t size_bytes,
                     enum check check) {
    const struct chase_pattern *pattern = chase_pattern_find("structural");
    const struct block_request block = {.patterns = &pattern,
                                        .pattern_count = 1,
                                        .sizes = &size_bytes,
                                        .size_count = 1,
                                        .cached = true};
    struct cell cell;
    char name[CELL_NAME_BYTES];
    if (!trial_cell(request->topology, request->check, request->sizing, request->pages, &block,
                    &cell))
        return false;
    if (check != CHECK_NONE)
        cell_set_check_of(&cell, cell_name(&cell, name));
    cell.check = check;
    plan_add(plan, cell);
    return true;
}

bool probe_grow(struct plan *plan, const struct schedule *schedule,
                const struct probe_request *request) {
    uint32_t node = trial_node(request->topology);
    if (node == NONE_U32)
        return false;
    const struct cell *last = last_probe(plan);
    if (last && last->check == CHECK_FLUSHED)
        return false;
    uint64_t room = room_bytes(request, node);
    uint64_t size_bytes = next_size_bytes(plan, schedule, room);
    if (size_bytes)
        return add_cell(plan, request, size_bytes, CHECK_NONE);
    return chase_can_flush() &&
           add_cell(plan, request, FLUSHED_BYTES < room ? FLUSHED_BYTES : room, CHECK_FLUSHED);
}

// ---- what it found ------------------------------------------------------------------------------

static double latency_of(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    return known->value_count ? known->latency_ns[0] : NAN;
}

static double flushed_latency(const struct schedule *schedule) {
    for (size_t i = 0; i < schedule->cell_count; i++)
        if (is_probe(&schedule->plan->cells[i]) && schedule->plan->cells[i].check == CHECK_FLUSHED)
            return latency_of(schedule, i);
    return NAN;
}

// Whether this size and all larger ones that were walked are as slow as memory. Without a flushed
// chain to compare with, a larger one must be there, and a smaller one that was clearly faster.
static bool is_memory_from(const struct schedule *schedule, size_t first, double flushed_ns) {
    const struct cell *cells = schedule->plan->cells;
    double first_ns = latency_of(schedule, first);
    size_t larger = 0, faster = 0;
    for (size_t i = 0; i < schedule->cell_count; i++) {
        if (!is_probe(&cells[i]) || cells[i].check == CHECK_FLUSHED)
            continue;
        double ns = latency_of(schedule, i);
        if (cells[i].size_bytes < cells[first].size_bytes) {
            faster += rise_least * ns < first_ns;
            continue;
        }
        bool slow =
            isnan(flushed_ns) ? ns <= flat_most * first_ns : ns >= memory_least * flushed_ns;
        if (isnan(ns) || !slow)
            return false;
        larger += i != first;
    }
    return !isnan(flushed_ns) || (larger > 0 && faster > 0);
}

uint64_t probe_outgrown_bytes(const struct schedule *schedule) {
    const struct cell *cells = schedule->plan->cells;
    double flushed_ns = flushed_latency(schedule);
    for (size_t i = 0; i < schedule->cell_count; i++) // in ascending order
        if (is_probe(&cells[i]) && cells[i].check == CHECK_NONE &&
            !isnan(latency_of(schedule, i)) && is_memory_from(schedule, i, flushed_ns))
            return MARGIN * cells[i].size_bytes;
    return 0;
}
