// SPDX-License-Identifier: Apache-2.0
#include "plan/race.h"

#include "plan/trial.h"

#include <math.h>

#define TIME_MAX_NS (4 * NS_PER_S)

// A lead below this is the noise of one visit, and loops that change from run to run for it would
// make runs incomparable for nothing.
static const double lead_min = 1.03;

static bool has_run(const struct cell *cell, const struct race_contest *contest,
                    const struct kernel *loop) {
    return cell->block == BLOCK_PROBE && cell->test == TEST_BANDWIDTH &&
           cell->mix == contest->mix && cell->kernel == loop;
}

static size_t find_run(const struct plan *plan, const struct race_contest *contest,
                       const struct kernel *loop) {
    for (size_t i = 0; i < plan->cell_count; i++)
        if (has_run(&plan->cells[i], contest, loop))
            return i;
    return SIZE_MAX;
}

static bool has_time(const struct schedule *schedule, const struct cell *next) {
    uint64_t spent_ns = 0;
    for (size_t i = 0; i < schedule->cell_count; i++)
        if (schedule->plan->cells[i].block == BLOCK_PROBE && schedule->plan->cells[i].mix)
            spent_ns += schedule->cells[i].spent_ns;
    return spent_ns + schedule_visit_ns(schedule, next, SIZE_MAX) <= TIME_MAX_NS;
}

// One thread per core.
static bool add_cell(struct plan *plan, const struct schedule *schedule,
                     const struct race_request *request, const struct race_contest *contest,
                     const struct kernel *loop) {
    const struct block_request block = {.kernels = &loop,
                                        .kernel_count = 1,
                                        .mix = contest->mix,
                                        .sizes = &request->size_bytes,
                                        .size_count = request->size_bytes != 0};
    struct cell cell;
    if (!trial_cell(request->topology, request->check, request->sizing, request->pages, &block,
                    &cell))
        return false;
    bool fits = has_time(schedule, &cell);
    if (fits)
        plan_add(plan, cell);
    else
        cell_free(&cell);
    return fits;
}

bool race_grow(struct plan *plan, const struct schedule *schedule,
               const struct race_request *request) {
    for (size_t i = 0; i < request->contest_count; i++) {
        const struct race_contest *contest = &request->contests[i];
        for (size_t k = 0; contest->loop_count > 1 && k < contest->loop_count; k++)
            if (find_run(plan, contest, contest->loops[k]) == SIZE_MAX)
                return add_cell(plan, schedule, request, contest, contest->loops[k]);
    }
    return false;
}

// NaN when it has not run, or gave nothing.
static double result_of(const struct schedule *schedule, const struct race_contest *contest,
                        const struct kernel *loop) {
    size_t cell = find_run(schedule->plan, contest, loop);
    if (cell >= schedule->cell_count || !schedule->cells[cell].value_count)
        return NAN;
    return schedule->cells[cell].bandwidth_bytes_per_s[0];
}

const struct kernel *race_winner(const struct schedule *schedule,
                                 const struct race_contest *contest) {
    const struct kernel *winner = contest->loops[0];
    double best = lead_min * result_of(schedule, contest, contest->loops[0]);
    for (size_t i = 0; i < contest->loop_count; i++) {
        double result = result_of(schedule, contest, contest->loops[i]);
        if (isnan(result))
            return contest->loops[0]; // not over
        if (result > best) {
            best = result;
            winner = contest->loops[i];
        }
    }
    return winner;
}
