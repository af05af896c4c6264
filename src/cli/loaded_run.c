// SPDX-License-Identifier: Apache-2.0
#include "cli/loaded_run.h"

#include "base/random.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// The fewest visits that give intervals, and the time in which they are repeated so often.
enum { ROUNDS_WANTED = CURVE_VISITS_LEAST };
#define BUDGET_NS (180 * NS_PER_S)

// ---- one visit ----------------------------------------------------------------------------------

static void show_progress(const struct loaded_run *run, const struct cell *cell) {
    const struct options *options = run->options;
    if (options->quiet || options->no_progress || !os_is_terminal(2))
        return;
    char name[CELL_NAME_BYTES];
    fprintf(stderr, "\r%-100.100s", cell_name(cell, name));
}

// The curve and point that a cell of the plan belongs to; NULL for an idle cell.
static struct loaded_curve_run *curve_of(struct loaded_run *run, const struct cell *cell) {
    for (size_t i = 0; i < run->curve_count; i++) {
        const struct cell *like = &run->curves[i].like;
        if (cell->test == TEST_LOADED && cell->cpu_node == like->cpu_node &&
            cell->mem_node == like->mem_node && cell->load.node == like->load.node &&
            cell->load.kernel == like->load.kernel)
            return &run->curves[i];
    }
    return NULL;
}

static bool visit_cell(struct loaded_run *run, size_t number, struct row *row,
                       struct error *error) {
    const struct cell *cell = &run->plan.cells[number];
    show_progress(run, cell);
    uint64_t round = number < run->results.cell_count ? run->results.cells[number].visits + 1 : 1;
    if (!session_visit(run->session, &run->plan, number, round, ++run->visits, row, error))
        return false;
    run->spent_ns += cell_predict_ns(cell);
    results_add(&run->results, number, row);
    struct loaded_curve_run *curve = curve_of(run, cell);
    if (!curve || isnan(row->latency_ns))
        return true;
    if (cell->load.mode == LOAD_PACED)
        curve_add(&curve->paced, (uint64_t)cell->load.offered_bytes_per_s, row->load_bytes_per_s,
                  row->latency_ns);
    else
        curve_add(&curve->curve, cell->load.delay_cycles, row->bandwidth_bytes_per_s,
                  row->latency_ns);
    return true;
}

// ---- the points ---------------------------------------------------------------------------------

static size_t add_cell(struct loaded_run *run, const struct cell *like, enum load_mode mode,
                       uint32_t delay_cycles, double offered_bytes_per_s) {
    struct plan *plan = &run->plan;
    struct cell cell = *like;
    cell.cpus = id_set_copy(&like->cpus);
    cell.load.cpus = id_set_copy(&like->load.cpus);
    cell.load.mode = mode;
    cell.load.delay_cycles = delay_cycles;
    cell.load.offered_bytes_per_s = offered_bytes_per_s;
    plan->cells = base_grow(plan->cells, plan->cell_count + 1, sizeof *plan->cells);
    plan->cells[plan->cell_count] = cell;
    return plan->cell_count++;
}

// The next pause: of those that were asked for, or where the curve has its worst hole.
static bool next_delay(const struct loaded_run *run, const struct loaded_curve_run *curve,
                       uint32_t *delay_cycles) {
    const struct options *options = run->options;
    if (options->delay_count) {
        if (curve->points.count >= options->delay_count)
            return false;
        *delay_cycles = options->delays[curve->points.count];
        return true;
    }
    return curve_points_next(
        &curve->points, options->quick ? &curve_density_quick : &curve_density_full, delay_cycles);
}

static bool seek_points(struct loaded_run *run, struct loaded_curve_run *curve, struct row *row,
                        struct error *error) {
    uint32_t delay_cycles;
    uint32_t granules = load_burst_granules(curve->like.load.kernel);
    while (!run->results.interrupted && next_delay(run, curve, &delay_cycles)) {
        size_t cell = add_cell(run, &curve->like, LOAD_CLOSED, delay_cycles * granules, NAN);
        if (!visit_cell(run, cell, row, error))
            return false;
        curve_points_add(&curve->points, delay_cycles, row->bandwidth_bytes_per_s, row->latency_ns);
    }
    return true;
}

// Shares are of the largest bandwidth that the closed load had.
static bool visit_paces(struct loaded_run *run, struct loaded_curve_run *curve, struct row *row,
                        struct error *error) {
    double peak = 0;
    for (size_t i = 0; i < curve->points.count; i++)
        peak = fmax(peak, curve->points.points[i].bandwidth_bytes_per_s);
    for (size_t i = 0; i < run->options->pace_count && !run->results.interrupted; i++) {
        const struct pace_option *pace = &run->options->paces[i];
        double offered = pace->is_share ? pace->value * peak : pace->value;
        if (!(offered > 0))
            continue; // no closed point gave a bandwidth: its rows say why
        size_t cell = add_cell(run, &curve->like, LOAD_PACED, 0, offered);
        if (!visit_cell(run, cell, row, error))
            return false;
    }
    return true;
}

// A curve that cannot be measured is one refused row, not one for each point.
static bool begin_curve(struct loaded_run *run, struct loaded_curve_run *curve, struct row *row,
                        struct error *error) {
    if (curve->like.refusal.kind == ERROR_KIND_NONE)
        return seek_points(run, curve, row, error) && visit_paces(run, curve, row, error);
    return visit_cell(run, add_cell(run, &curve->like, LOAD_CLOSED, 0, NAN), row, error);
}

// ---- rounds -------------------------------------------------------------------------------------

static uint32_t choose_rounds(const struct loaded_run *run) {
    uint64_t round_ns = 0;
    if (run->options->rounds)
        return run->options->rounds;
    for (size_t i = 0; i < run->plan.cell_count; i++)
        round_ns += cell_predict_ns(&run->plan.cells[i]);
    uint64_t left_ns = BUDGET_NS > run->spent_ns ? BUDGET_NS - run->spent_ns : 0;
    uint64_t more = round_ns ? left_ns / round_ns : 0;
    return more + 1 < ROUNDS_WANTED ? (uint32_t)more + 1 : ROUNDS_WANTED;
}

// All points of all curves and the idle cells, in an order in which load does not rise with time.
static bool visit_round(struct loaded_run *run, struct random *random, struct row *row,
                        struct error *error) {
    size_t count = run->plan.cell_count;
    size_t *order = base_allocate(count, sizeof *order);
    bool recorded = true;
    for (size_t i = 0; i < count; i++) {
        size_t other = (size_t)random_below(random, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    for (size_t i = 0; i < count && recorded && !run->results.interrupted; i++)
        if (run->plan.cells[order[i]].refusal.kind == ERROR_KIND_NONE)
            recorded = visit_cell(run, order[i], row, error);
    free(order);
    return recorded;
}

// The longest pause and none once more: what the machine did meanwhile shows between the two.
static bool repeat_ends(struct loaded_run *run, struct loaded_curve_run *curve, struct row *row,
                        struct error *error) {
    struct curve *points = &curve->curve;
    curve->idle_drift = curve->peak_drift = NAN;
    if (points->count < 2)
        return true;
    struct curve_point *idle = &points->points[0], *full = &points->points[points->count - 1];
    uint64_t ends[] = {idle->delay_cycles, full->delay_cycles};
    double idle_ns = curve_point_latency(idle), full_bandwidth = curve_point_bandwidth(full);
    for (size_t end = 0; end < 2 && !run->results.interrupted; end++) {
        size_t cell = run->plan.cell_count;
        while (cell-- > 0)
            if (curve_of(run, &run->plan.cells[cell]) == curve &&
                run->plan.cells[cell].load.mode == LOAD_CLOSED &&
                run->plan.cells[cell].load.delay_cycles == ends[end])
                break;
        if (!visit_cell(run, cell, row, error))
            return false;
        if (end == 0)
            curve->idle_drift = row->latency_ns / idle_ns - 1;
        else
            curve->peak_drift = row->bandwidth_bytes_per_s / full_bandwidth - 1;
    }
    return true;
}

static bool measure_all(struct loaded_run *run, struct row *row, struct error *error) {
    struct random random;
    size_t idle_cells = run->plan.cell_count;
    random_seed(&random, run->options->seed);
    for (size_t i = 0; i < idle_cells && !run->results.interrupted; i++)
        if (!visit_cell(run, i, row, error))
            return false;
    for (size_t i = 0; i < run->curve_count && !run->results.interrupted; i++)
        if (!begin_curve(run, &run->curves[i], row, error))
            return false;
    uint32_t rounds = choose_rounds(run);
    for (uint32_t round = 1; round < rounds && !run->results.interrupted; round++)
        if (!visit_round(run, &random, row, error))
            return false;
    for (size_t i = 0; i < run->curve_count && !run->results.interrupted; i++)
        if (!repeat_ends(run, &run->curves[i], row, error))
            return false;
    return true;
}

bool loaded_run_measure(struct loaded_run *run, struct error *error) {
    struct row *row = base_allocate(1, sizeof *row);
    bool recorded = measure_all(run, row, error);
    if (!run->options->quiet && !run->options->no_progress && os_is_terminal(2))
        fprintf(stderr, "\r%100s\r", "");
    free(row);
    return recorded;
}

void loaded_run_free(struct loaded_run *run) {
    for (size_t i = 0; i < run->curve_count; i++) {
        id_set_free(&run->curves[i].like.cpus);
        id_set_free(&run->curves[i].like.load.cpus);
        curve_points_free(&run->curves[i].points);
        curve_free(&run->curves[i].curve);
        curve_free(&run->curves[i].paced);
    }
    free(run->curves);
    plan_free(&run->plan);
}
