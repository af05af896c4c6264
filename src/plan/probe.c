// SPDX-License-Identifier: Apache-2.0
#include "plan/probe.h"

#include "plan/trial.h"

#include <math.h>
#include <stdlib.h>

#define TIME_MAX_NS   (1500 * NS_PER_MS) // for each kind of buffer
#define FLUSHED_BYTES (32 * MIB)         // one walk over it takes longer than the visit samples

// The kinds of buffer, and the sizes that are tried.
struct kind {
    enum test test;
    uint64_t first_bytes, last_bytes;
};
static const struct kind chains = {TEST_LATENCY, 4 * MIB, 256 * MIB};
static const struct kind arrays = {TEST_BANDWIDTH, 64 * MIB, 1 * GIB};

// Judgement: how much of what a flushed chain takes a size must take to be memory, which is less
// because its walk finds a few lines in a cache; else what two sizes may differ by where both are
// memory, and a smaller one from them where it is not.
static const double memory_min = 0.75, flat_max = 1.15, rise_min = 1.3;

// And by how much the rates of two arrays may differ where both are memory.
static const double flat_rate_max = 1.1;

// What is flat within 15 % may still find some lines in a cache, and a neighbour's load, which
// keeps a shared cache small, may end.
enum { MARGIN = 2 };

static bool is_doubted(const struct cell *cell) {
    return !cell->refusal && cell->test != TEST_C2C && !cell->cached && !cell->proven;
}

bool probe_is_needed(const struct plan *plan) {
    for (size_t i = 0; i < plan->cell_count; i++)
        if (is_doubted(&plan->cells[i]))
            return true;
    return false;
}

bool probe_needs_arrays(const struct plan *plan) {
    for (size_t i = 0; i < plan->cell_count; i++)
        if (is_doubted(&plan->cells[i]) && (plan->cells[i].kernel || plan->cells[i].load.kernel))
            return true;
    return false;
}

// ---- the next size ------------------------------------------------------------------------------

// The cells of a race are in the same part of the run, and stand for a mix.
static bool is_of(const struct cell *cell, const struct kind *kind) {
    return cell->block == BLOCK_PROBE && cell->test == kind->test && !cell->mix;
}

static const struct cell *last_of(const struct plan *plan, const struct kind *kind) {
    const struct cell *last = plan->cell_count ? &plan->cells[plan->cell_count - 1] : NULL;
    return last && is_of(last, kind) ? last : NULL;
}

static uint64_t room_bytes(const struct probe_request *request, uint64_t max_bytes) {
    struct cell asked = {.pages = request->pages,
                         .mem_node = node_set_of(trial_node(request->topology)),
                         .size_bytes = max_bytes,
                         .size_rule = SIZE_BY_CACHES};
    sizing_fit(request->sizing, 0, &asked);
    return asked.size_bytes;
}

static uint64_t spent_ns(const struct schedule *schedule, const struct kind *kind) {
    uint64_t spent = 0;
    for (size_t i = 0; schedule && i < schedule->cell_count; i++)
        if (is_of(&schedule->plan->cells[i], kind))
            spent += schedule->cells[i].spent_ns;
    return spent;
}

// Sizes double as long as there is time for the next one, which takes twice that of the last, and
// for the flushed chain, which comes last. 0: no more.
static uint64_t next_size_bytes(const struct plan *plan, const struct schedule *schedule,
                                const struct kind *kind, uint64_t room) {
    const struct cell *last = last_of(plan, kind);
    if (!last)
        return kind->first_bytes < room ? kind->first_bytes : room;
    const struct schedule_cell *known = &schedule->cells[plan->cell_count - 1];
    uint64_t flushed_ns = kind->test == TEST_LATENCY && chase_can_flush()
                              ? known->spent_ns * FLUSHED_BYTES / last->size_bytes
                              : 0;
    uint64_t next_bytes = 2 * last->size_bytes;
    bool has_time = spent_ns(schedule, kind) + 2 * known->spent_ns + flushed_ns <= TIME_MAX_NS;
    return has_time && next_bytes <= kind->last_bytes && next_bytes <= room ? next_bytes : 0;
}

static bool add_cell(struct plan *plan, const struct probe_request *request,
                     const struct kind *kind, uint64_t size_bytes, enum check check) {
    const struct chase_pattern *pattern = chase_pattern_find("structural");
    const struct block_request block = {.patterns = &pattern,
                                        .pattern_count = kind == &chains,
                                        .kernels = &request->kernel,
                                        .kernel_count = kind == &arrays,
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

static bool grow_chains(struct plan *plan, const struct schedule *schedule,
                        const struct probe_request *request) {
    const struct cell *last = last_of(plan, &chains);
    if (last && last->check == CHECK_FLUSHED)
        return false;
    uint64_t room = room_bytes(request, chains.last_bytes);
    uint64_t size_bytes = next_size_bytes(plan, schedule, &chains, room);
    if (size_bytes)
        return add_cell(plan, request, &chains, size_bytes, CHECK_NONE);
    return chase_can_flush() &&
           add_cell(plan, request, &chains, FLUSHED_BYTES < room ? FLUSHED_BYTES : room,
                    CHECK_FLUSHED);
}

// The first array is as large as the least chain that is memory: below that even a flat curve may
// lie in a cache.
static bool grow_arrays(struct plan *plan, const struct schedule *schedule,
                        const struct probe_request *request) {
    uint64_t chain_bytes = probe_outgrown_bytes(schedule);
    if (probe_array_outgrown_bytes(schedule))
        return false;
    struct kind from = arrays;
    if (from.first_bytes < chain_bytes)
        from.first_bytes = chain_bytes;
    uint64_t size_bytes =
        next_size_bytes(plan, schedule, &from, room_bytes(request, arrays.last_bytes));
    return size_bytes && add_cell(plan, request, &arrays, size_bytes, CHECK_NONE);
}

bool probe_grow(struct plan *plan, const struct schedule *schedule,
                const struct probe_request *request) {
    if (trial_node(request->topology) == NONE_U32)
        return false;
    if (!last_of(plan, &arrays) && grow_chains(plan, schedule, request))
        return true;
    return request->arrays && schedule && grow_arrays(plan, schedule, request);
}

// ---- what it found ------------------------------------------------------------------------------

static double latency_of(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    return known->value_count ? known->latency_ns[0] : NAN;
}

static double flushed_latency(const struct schedule *schedule) {
    for (size_t i = 0; i < schedule->cell_count; i++)
        if (is_of(&schedule->plan->cells[i], &chains) &&
            schedule->plan->cells[i].check == CHECK_FLUSHED)
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
        if (!is_of(&cells[i], &chains) || cells[i].check == CHECK_FLUSHED)
            continue;
        double ns = latency_of(schedule, i);
        if (cells[i].size_bytes < cells[first].size_bytes) {
            faster += rise_min * ns < first_ns;
            continue;
        }
        bool slow = isnan(flushed_ns) ? ns <= flat_max * first_ns : ns >= memory_min * flushed_ns;
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
        if (is_of(&cells[i], &chains) && cells[i].check == CHECK_NONE &&
            !isnan(latency_of(schedule, i)) && is_memory_from(schedule, i, flushed_ns))
            return MARGIN * cells[i].size_bytes;
    return 0;
}

static double rate_of(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    return known->value_count ? known->bandwidth_bytes_per_s[0] : NAN;
}

// Where an array of twice the size has the same rate. One that is clearly faster shows that the
// smaller one was disturbed. Without a chain that is memory even the largest may lie in a cache.
uint64_t probe_array_outgrown_bytes(const struct schedule *schedule) {
    const struct cell *cells = schedule->plan->cells;
    size_t count = probe_outgrown_bytes(schedule) ? schedule->cell_count : 0;
    for (size_t i = 0; i + 1 < count; i++) { // in ascending order
        if (!is_of(&cells[i], &arrays) || !is_of(&cells[i + 1], &arrays))
            continue;
        double ratio = rate_of(schedule, i) / rate_of(schedule, i + 1);
        if (ratio <= flat_rate_max && ratio >= 1 / flat_rate_max)
            return cells[i].size_bytes;
    }
    return 0;
}

uint64_t probe_array_probed_bytes(const struct schedule *schedule) {
    uint64_t largest_bytes = 0;
    for (size_t i = 0; i < schedule->cell_count; i++)
        if (is_of(&schedule->plan->cells[i], &arrays) && !isnan(rate_of(schedule, i)))
            largest_bytes = schedule->plan->cells[i].size_bytes;
    return largest_bytes;
}
