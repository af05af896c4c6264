// SPDX-License-Identifier: Apache-2.0
#include "plan/search.h"

#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

// ---- the peak of a mix: a race ------------------------------------------------------------------

// Kernels, instruction sets and numbers of threads compete for the most bandwidth of one mix on one
// pair of nodes. Each heat visits all who are left once and keeps the better half; the last ones go
// into the rounds, where they are measured as any other cell.
enum { FINALISTS = 2 };

static bool compete(const struct cell *a, const struct cell *b) {
    return a->block == BLOCK_PEAK && b->block == BLOCK_PEAK && a->mix == b->mix &&
           a->pages == b->pages && a->cpu_node == b->cpu_node && a->mem_node == b->mem_node;
}

// Those in the race of cell number `first` who have not lost yet.
static size_t runners(const struct schedule *schedule, size_t first, size_t *cells) {
    const struct cell *all = schedule->plan->cells;
    size_t count = 0;
    for (size_t i = first; i < schedule->plan->cell_count; i++)
        if (compete(&all[first], &all[i]) && schedule->cells[i].stopped == STOP_NONE)
            cells[count++] = i;
    return count;
}

static double standing(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    double median = order_median(known->bandwidth_bytes_per_s, known->value_count);
    return isnan(median) ? -1 : median; // without a value it loses
}

// The one that stands lowest; of equals the later one.
static size_t last_of(const struct schedule *schedule, const size_t *cells, size_t count) {
    size_t last = 0;
    for (size_t i = 1; i < count; i++)
        if (standing(schedule, cells[i]) <= standing(schedule, cells[last]))
            last = i;
    return last;
}

static void drop_slower_half(struct schedule *schedule, size_t *cells, size_t count) {
    size_t kept = (count + 1) / 2 > FINALISTS ? (count + 1) / 2 : FINALISTS;
    while (count > kept) {
        size_t last = last_of(schedule, cells, count);
        schedule->cells[cells[last]].stopped = STOP_LOST;
        cells[last] = cells[--count];
    }
}

static bool all_have_run(const struct schedule *schedule, const size_t *cells, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!schedule->cells[cells[i]].visits)
            return false;
    return true;
}

static bool is_first_of_race(const struct schedule *schedule, size_t cell) {
    const struct cell *all = schedule->plan->cells;
    if (all[cell].block != BLOCK_PEAK)
        return false;
    for (size_t i = 0; i < cell; i++)
        if (compete(&all[i], &all[cell]))
            return false;
    return true;
}

static void queue_heat(struct schedule *schedule, size_t first, size_t *cells) {
    size_t count = runners(schedule, first, cells);
    if (count > FINALISTS && all_have_run(schedule, cells, count)) {
        drop_slower_half(schedule, cells, count);
        count = runners(schedule, first, cells);
    }
    for (size_t i = 0; count > FINALISTS && i < count; i++)
        schedule_queue(schedule, cells[i]);
}

static void search_peaks(struct schedule *schedule) {
    size_t *cells = base_allocate(schedule->plan->cell_count, sizeof *cells);
    for (size_t i = 0; i < schedule->plan->cell_count; i++)
        if (is_first_of_race(schedule, i))
            queue_heat(schedule, i, cells);
    free(cells);
}

// ---- all searches -------------------------------------------------------------------------------

static void (*const searches[])(struct schedule *schedule) = {search_peaks};

bool search_queue(struct schedule *schedule) {
    for (size_t i = 0; i < COUNT_OF(searches); i++)
        searches[i](schedule);
    return schedule->queue_count > 0;
}
