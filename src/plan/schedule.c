// SPDX-License-Identifier: Apache-2.0
#include "plan/schedule.h"

#include "base/units.h"
#include "plan/curve.h"
#include "plan/search.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

// After this many visits a cell is looked at. The first look is at the least number of visits that
// has a 99 % interval of the median; 99 and not 95 % pays for looking several times.
static const size_t looks[] = {8, 12, 16, 24, 32};
static const double stop_confidence = 0.99;
static const double narrow_share = 0.01; // half of the interval, of the median
static const double narrow_ns = 0.5;     // and a latency need not be known better than this

// ---- what is known ------------------------------------------------------------------------------

// The plan grows while a curve is searched.
static void follow_plan(struct schedule *schedule) {
    size_t count = schedule->plan->cell_count;
    schedule->cells = base_grow(schedule->cells, count, sizeof *schedule->cells);
    for (; schedule->cell_count < count; schedule->cell_count++)
        schedule->cells[schedule->cell_count] = (struct schedule_cell){0};
}

static void append(double **values, size_t count, double value) {
    *values = base_grow_by_one(*values, count, sizeof **values);
    (*values)[count] = value;
}

void schedule_add(struct schedule *schedule, size_t cell, const struct row *row) {
    struct schedule_cell *known = &schedule->cells[cell];
    const struct cell *visited = &schedule->plan->cells[cell];
    const uint64_t predicted_ns = cell_predict_ns(visited);
    const uint64_t visit_ns = row->visit_ns != NONE_U64 ? row->visit_ns : predicted_ns;
    bool probe = visited->block == BLOCK_PROBE;
    known->visits++;
    known->spent_ns += visit_ns;
    schedule->visits++;
    schedule->spent_ns += visit_ns;
    schedule->predicted_ns += predicted_ns;
    if (visited->refusal)
        known->stopped = STOP_REFUSED;
    else if (schedule->first_cell == SIZE_MAX && !probe)
        schedule->first_cell = cell;
    if (isnan(row->latency_ns) && isnan(row->bandwidth_bytes_per_s))
        return;
    // A probe asks what the machine can do, which the least disturbed sample says.
    append(&known->latency_ns, known->value_count, probe ? row->latency_min_ns : row->latency_ns);
    append(&known->bandwidth_bytes_per_s, known->value_count,
           probe ? row->bandwidth_max_bytes_per_s : row->bandwidth_bytes_per_s);
    known->value_count++;
}

// ---- when a cell has had enough -----------------------------------------------------------------

static bool is_narrow(const struct schedule *schedule, size_t cell) {
    const struct schedule_cell *known = &schedule->cells[cell];
    const double *values = schedule_values(schedule, cell);
    double low, high;
    if (!order_median_interval(values, known->value_count, stop_confidence, &low, &high))
        return false;
    double half = (high - low) / 2;
    if (half <= narrow_share * order_median(values, known->value_count))
        return true;
    return schedule->plan->cells[cell].test != TEST_BANDWIDTH && half <= narrow_ns;
}

static enum stop_reason look(const struct schedule *schedule, size_t cell) {
    const struct plan *plan = schedule->plan;
    size_t visits = schedule->cells[cell].visits;
    if (plan->cells[cell].block == BLOCK_PROBE)
        return STOP_SKETCHED;
    if (plan->rounds)
        return visits >= plan->rounds ? STOP_ROUNDS : STOP_NONE;
    if (plan->curves.sketch && plan->cells[cell].block == BLOCK_LOADED)
        return STOP_SKETCHED;
    for (size_t i = 0; i < COUNT_OF(looks); i++)
        if (visits == looks[i] && is_narrow(schedule, cell))
            return STOP_CONVERGED;
    return visits >= looks[COUNT_OF(looks) - 1] ? STOP_LOOKS : STOP_NONE;
}

// ---- rounds -------------------------------------------------------------------------------------

static void shuffle_queue(struct schedule *schedule) {
    for (size_t i = schedule->queue_count; i > 1; i--) {
        size_t other = (size_t)random_below(&schedule->random, i);
        size_t kept = schedule->queue[i - 1];
        schedule->queue[i - 1] = schedule->queue[other];
        schedule->queue[other] = kept;
    }
}

static uint64_t queue_predict_ns(const struct schedule *schedule) {
    uint64_t sum_ns = 0;
    for (size_t i = 0; i < schedule->queue_count; i++)
        sum_ns += schedule_visit_ns(schedule, &schedule->plan->cells[schedule->queue[i]],
                                    schedule->queue[i]);
    return sum_ns;
}

static void stop_all(struct schedule *schedule, enum stop_reason reason) {
    for (size_t i = 0; i < schedule->cell_count; i++)
        if (schedule->cells[i].stopped == STOP_NONE)
            schedule->cells[i].stopped = reason;
    schedule->queue_count = 0;
}

static void keep_first_visits(struct schedule *schedule) {
    size_t kept = 0;
    for (size_t i = 0; i < schedule->queue_count; i++)
        if (!schedule_has_visited(schedule, schedule->queue[i]))
            schedule->queue[kept++] = schedule->queue[i];
    schedule->queue_count = kept;
}

// Every cell is visited at least once, whatever the budget is: a run that was begun has an answer.
static bool queue_round(struct schedule *schedule) {
    const struct plan *plan = schedule->plan;
    for (size_t i = 0; i < schedule->cell_count; i++) {
        struct schedule_cell *known = &schedule->cells[i];
        if (known->stopped == STOP_NONE && known->visits)
            known->stopped = look(schedule, i);
        if (known->stopped == STOP_NONE)
            schedule_queue(schedule, i);
    }
    if (schedule->spent_ns + queue_predict_ns(schedule) > plan->budget_ns)
        keep_first_visits(schedule);
    if (!schedule->queue_count)
        stop_all(schedule, STOP_BUDGET);
    return schedule->queue_count > 0;
}

// With a number of rounds that was asked for, every cell has exactly this many visits.
static bool queue_first_again(struct schedule *schedule) {
    if (schedule->plan->rounds || schedule->repeated || schedule->first_cell == SIZE_MAX)
        return false;
    schedule->repeated = true;
    schedule_queue(schedule, schedule->first_cell);
    return true;
}

// What the plan grows by is visited before anything else, once; the last of it are the cells that
// the rounds are of.
static bool queue_growth(struct schedule *schedule) {
    struct plan *plan = schedule->plan;
    plan->grow(schedule, plan->grow_context);
    follow_plan(schedule);
    for (size_t i = 0; plan->grow && i < schedule->cell_count; i++)
        if (!schedule->cells[i].visits)
            schedule_queue(schedule, i);
    return schedule->queue_count > 0;
}

// A first round, then what is to be searched, then rounds of what that left.
static bool queue_more(struct schedule *schedule) {
    if (schedule->plan->grow && queue_growth(schedule))
        return true;
    if (!schedule->begun)
        return queue_round(schedule);
    schedule->searched = schedule->searched || !search_queue(schedule);
    return !schedule->searched || queue_round(schedule) || queue_first_again(schedule);
}

// The first cell is the measure of a drift, so it is one that is visited to the end; a visit of a
// pair of CPUs is too short for that.
static void begin_with_one_that_stays(struct schedule *schedule) {
    for (size_t i = 0; i < schedule->queue_count; i++) {
        size_t cell = schedule->queue[i];
        const struct cell *asked = &schedule->plan->cells[cell];
        if (asked->refusal || asked->test == TEST_C2C || search_may_drop(schedule, cell))
            continue;
        schedule->queue[i] = schedule->queue[0];
        schedule->queue[0] = cell;
        return;
    }
}

// ---- the machine --------------------------------------------------------------------------------

void schedule_begin(struct schedule *schedule, struct plan *plan) {
    *schedule = (struct schedule){.plan = plan, .first_cell = SIZE_MAX};
    random_seed(&schedule->random, plan->seed);
    follow_plan(schedule);
}

void schedule_free(struct schedule *schedule) {
    for (size_t i = 0; i < schedule->cell_count; i++) {
        free(schedule->cells[i].latency_ns);
        free(schedule->cells[i].bandwidth_bytes_per_s);
    }
    free(schedule->cells);
    free(schedule->queue);
    *schedule = (struct schedule){0};
}

bool schedule_next(struct schedule *schedule, size_t *cell, uint64_t *round) {
    if (schedule->queue_next == schedule->queue_count) {
        schedule->queue_count = schedule->queue_next = 0;
        if (!queue_more(schedule))
            return false;
        follow_plan(schedule);
        shuffle_queue(schedule);
        if (!schedule->begun && !schedule->plan->grow)
            begin_with_one_that_stays(schedule);
        schedule->begun = !schedule->plan->grow;
    }
    *cell = schedule->queue[schedule->queue_next++];
    *round = schedule->cells[*cell].visits + 1;
    return true;
}

uint64_t schedule_predict_ns(const struct schedule *schedule) {
    const struct plan *plan = schedule->plan;
    struct curve_outlook outlook = {0};
    if (!schedule->searched)
        outlook = curve_look_ahead(plan);
    uint64_t min_ns = schedule->spent_ns + outlook.min_ns;
    uint64_t round_ns = outlook.min_ns + outlook.more_ns;
    for (struct plan_walk walk = plan_walk(plan); plan_next(&walk);) {
        uint64_t visit_ns = schedule_visit_ns(schedule, walk.cell, walk.index);
        min_ns += schedule_has_visited(schedule, walk.index) ? 0 : visit_ns;
        round_ns += visit_ns;
    }
    uint64_t max_ns = (plan->rounds ? plan->rounds : looks[COUNT_OF(looks) - 1]) * round_ns;
    if (max_ns > plan->budget_ns)
        max_ns = plan->budget_ns;
    return max_ns > min_ns ? max_ns : min_ns;
}

bool schedule_check(const struct schedule *schedule, struct error *error) {
    uint64_t round_ns =
        plan_predict_round_ns(schedule->plan) + curve_look_ahead(schedule->plan).min_ns;
    if (round_ns <= schedule->plan->budget_ns)
        return true;
    char asked[UNITS_TEXT_BYTES], least[UNITS_TEXT_BYTES];
    bool mixes = false;
    for (size_t i = 0; i < schedule->plan->cell_count; i++)
        mixes = mixes || schedule->plan->cells[i].mix || schedule->plan->cells[i].load.mix;
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--budget: one repetition of each of %zu case%s takes about %s, more than %s; "
                     "choose fewer (--cpu-nodes, --mem-nodes%s) or give more time",
                     schedule->plan->cell_count, PLURAL(schedule->plan->cell_count),
                     units_format_duration(round_ns, least),
                     units_format_duration(schedule->plan->budget_ns, asked),
                     mixes ? ", --mix" : "");
}
