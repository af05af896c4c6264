// SPDX-License-Identifier: Apache-2.0
#include "plan/search.h"

#include "plan/curve.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

// ---- the peak of a mix: a race ------------------------------------------------------------------

// Kernels, instruction sets and numbers of threads compete for the most bandwidth of one mix on one
// pair of nodes. Each heat visits all who are left once and keeps the better half; the last ones go
// into the rounds, where they are measured as any other cell. Where the best set of nodes is
// searched, sets compete with sets and single nodes with each other: the best of both are shown.
enum { FINALISTS = 2 };

static bool compete(const struct cell *a, const struct cell *b) {
    if (a->block != b->block || a->mix != b->mix || a->pages != b->pages ||
        a->cpu_node != b->cpu_node)
        return false;
    if (a->block == BLOCK_SET)
        return a->threads == b->threads && (a->mem_node.count > 1) == (b->mem_node.count > 1);
    return a->block == BLOCK_PEAK && node_set_same(&a->mem_node, &b->mem_node);
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
    if (!compete(&all[cell], &all[cell]))
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

void search_drop_sets(struct schedule *schedule) {
    size_t *cells = base_allocate(schedule->plan->cell_count, sizeof *cells);
    for (size_t i = 0; i < schedule->plan->cell_count; i++)
        if (schedule->plan->cells[i].block == BLOCK_SET && is_first_of_race(schedule, i))
            drop_slower_half(schedule, cells, runners(schedule, i, cells));
    free(cells);
}

static void search_peaks(struct schedule *schedule) {
    size_t *cells = base_allocate(schedule->plan->cell_count, sizeof *cells);
    for (size_t i = 0; i < schedule->plan->cell_count; i++)
        if (is_first_of_race(schedule, i))
            queue_heat(schedule, i, cells);
    free(cells);
}

// ---- a curve: bisection -------------------------------------------------------------------------

// First come the points that the plan has, then the holes between them are split, a generation at a
// time, and at last come the paced loads that are shares of what the closed ones reached.
static double first_value(const double *values, size_t count) {
    return count ? values[0] : NAN;
}

static bool is_closed_point(const struct cell *cell, const struct cell *of) {
    return cell_same_curve(cell, of) && cell->load.mode == LOAD_CLOSED;
}

static bool queue_unvisited(struct schedule *schedule, size_t first) {
    const struct cell *all = schedule->plan->cells;
    size_t queued = schedule->queue_count;
    for (size_t i = first; i < schedule->plan->cell_count; i++)
        if (is_closed_point(&all[i], &all[first]) && !schedule_has_visited(schedule, i))
            schedule_queue(schedule, i);
    return schedule->queue_count > queued;
}

static void collect_points(const struct schedule *schedule, size_t first,
                           struct curve_points *points) {
    const struct cell *all = schedule->plan->cells;
    uint32_t granules = load_burst_granules(all[first].load.kernel);
    *points = (struct curve_points){0};
    for (size_t i = first; i < schedule->cell_count; i++) {
        const struct schedule_cell *known = &schedule->cells[i];
        if (is_closed_point(&all[i], &all[first]))
            curve_points_add(points, all[i].load.delay_cycles / granules,
                             first_value(known->bandwidth_bytes_per_s, known->value_count),
                             first_value(known->latency_ns, known->value_count));
    }
}

// A point that is asked has no value yet, and no hole is seen beside it: so what comes next is the
// worst hole elsewhere.
static bool split_holes(struct schedule *schedule, size_t first) {
    struct plan *plan = schedule->plan;
    size_t queued = schedule->queue_count;
    uint32_t delay_cycles;
    struct curve_points points;
    collect_points(schedule, first, &points);
    while (curve_points_next(&points, plan->curves.density, &delay_cycles)) {
        struct cell cell = cell_copy(&plan->cells[first]);
        cell.load.delay_cycles = delay_cycles * load_burst_granules(cell.load.kernel);
        uint64_t visit_ns = schedule_visit_ns(schedule, &cell, SIZE_MAX);
        if (!schedule_has_time(schedule, visit_ns * (1 + plan->curves.share_count))) {
            cell_free(&cell);
            break;
        }
        schedule_queue(schedule, plan_add(plan, cell));
        curve_points_add(&points, delay_cycles, NAN, NAN);
    }
    curve_points_free(&points);
    return schedule->queue_count > queued;
}

static bool has_offer(const struct plan *plan, size_t first, double offered_bytes_per_s) {
    for (size_t i = first; i < plan->cell_count; i++)
        if (cell_same_curve(&plan->cells[i], &plan->cells[first]) &&
            plan->cells[i].load.mode == LOAD_PACED &&
            plan->cells[i].load.offered_bytes_per_s == offered_bytes_per_s)
            return true;
    return false;
}

// Where no closed point gave a bandwidth there is nothing to take a share of; its rows say why.
static void offer_shares(struct schedule *schedule, size_t first) {
    struct plan *plan = schedule->plan;
    double peak = 0;
    for (size_t i = first; i < schedule->cell_count; i++)
        if (is_closed_point(&plan->cells[i], &plan->cells[first]))
            peak = fmax(peak, first_value(schedule->cells[i].bandwidth_bytes_per_s,
                                          schedule->cells[i].value_count));
    for (size_t i = 0; peak > 0 && i < plan->curves.share_count; i++) {
        double offered_bytes_per_s = plan->curves.shares[i] * peak;
        if (has_offer(plan, first, offered_bytes_per_s))
            continue;
        struct cell cell = cell_copy(&plan->cells[first]);
        cell.load.mode = LOAD_PACED;
        cell.load.delay_cycles = 0;
        cell.load.offered_bytes_per_s = offered_bytes_per_s;
        schedule_queue(schedule, plan_add(plan, cell));
    }
}

static void search_curves(struct schedule *schedule) {
    const struct plan *plan = schedule->plan;
    size_t planned = plan->cell_count;
    for (size_t i = 0; i < planned; i++)
        if (curve_begins(plan, i) && !queue_unvisited(schedule, i) &&
            !(plan->curves.density && split_holes(schedule, i)))
            offer_shares(schedule, i);
}

// ---- all searches -------------------------------------------------------------------------------

static void (*const searches[])(struct schedule *schedule) = {search_peaks, search_curves};

bool search_queue(struct schedule *schedule) {
    for (size_t i = 0; i < COUNT_OF(searches); i++)
        searches[i](schedule);
    return schedule->queue_count > 0;
}

bool search_may_drop(const struct schedule *schedule, size_t cell) {
    const struct plan *plan = schedule->plan;
    size_t rivals = 0;
    for (size_t i = 0; i < plan->cell_count; i++)
        rivals += compete(&plan->cells[i], &plan->cells[cell]);
    return rivals > FINALISTS || (plan->curves.sketch && plan->cells[cell].block == BLOCK_LOADED);
}
