// SPDX-License-Identifier: Apache-2.0
#include "plan/curve.h"

#include "plan/curve_points.h"

#include <math.h>

static void add_point(struct plan *plan, const struct cell *like, enum load_mode mode,
                      uint32_t delay_cycles, double offered_bytes_per_s) {
    struct cell cell = cell_copy(like);
    cell.load.mode = mode;
    cell.load.delay_cycles = delay_cycles;
    cell.load.offered_bytes_per_s = offered_bytes_per_s;
    plan_add(plan, cell);
}

// The pauses that were asked for, else the seeds; then the paces.
static void add_points(struct plan *plan, const struct cell *like,
                       const struct curve_request *request) {
    uint32_t granules = load_burst_granules(request->load.kernel);
    for (size_t i = 0; i < request->delay_count; i++)
        add_point(plan, like, LOAD_CLOSED, request->delays[i], NAN);
    for (size_t i = 0; !request->delay_count && i < curve_seed_count;
         i += plan->curves.density->seed_step)
        add_point(plan, like, LOAD_CLOSED, curve_seed_delays[i] * granules, NAN);
    for (size_t i = 0; i < request->rate_count; i++)
        add_point(plan, like, LOAD_PACED, 0, request->rates[i]);
}

bool curve_plan(struct plan *plan, const struct topology *topology, const struct cross_check *check,
                const struct curve_request *request, size_t victim, struct error *error) {
    struct cell like;
    bool chosen = load_choose(topology, check, &request->load, &plan->cells[victim], &like, error);
    if (chosen && like.refusal)
        add_point(plan, &like, LOAD_CLOSED, 0, NAN);
    else if (chosen)
        add_points(plan, &like, request);
    cell_free(&like);
    return chosen;
}

static size_t count_closed(const struct plan *plan, size_t first) {
    size_t count = 0;
    for (size_t i = first; i < plan->cell_count; i++)
        count += cell_same_curve(&plan->cells[i], &plan->cells[first]) &&
                 plan->cells[i].load.mode == LOAD_CLOSED;
    return count;
}

static bool is_first(const struct plan *plan, size_t cell) {
    if (plan->cells[cell].block != BLOCK_LOADED)
        return false;
    for (size_t i = 0; i < cell; i++)
        if (cell_same_curve(&plan->cells[i], &plan->cells[cell]))
            return false;
    return true;
}

bool curve_begins(const struct plan *plan, size_t cell) {
    return !plan->cells[cell].refusal && is_first(plan, cell);
}

struct curve_outlook curve_look_ahead(const struct plan *plan) {
    struct curve_outlook outlook = {0};
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (!curve_begins(plan, i))
            continue;
        uint64_t point_ns = cell_predict_ns(&plan->cells[i]);
        size_t closed = count_closed(plan, i), more = 0;
        if (plan->curves.density && plan->curves.density->points_max > closed)
            more = plan->curves.density->points_max - closed;
        outlook.min_points += plan->curves.share_count;
        outlook.more_points += more;
        outlook.min_ns += plan->curves.share_count * point_ns;
        outlook.more_ns += more * point_ns;
    }
    return outlook;
}
