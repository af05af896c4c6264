// SPDX-License-Identifier: Apache-2.0
// Comparing by runs: each run gives one level a cell, the median of its visits.
#include "analyse/compare_effects.h"

#include "base/id_set.h"
#include "stats/levels.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

static const struct compare_side *side_of(const struct compare_pair *pair, enum levels_side side) {
    return side == LEVELS_BASE  ? &pair->base
           : side == LEVELS_NEW ? &pair->candidate
                                : &pair->before;
}

// The runs of one side of the pairs of a metric (METRIC_COUNT: of all). They are few of those that
// a history has.
static struct id_set runs_of(const struct compare_pairs *pairs, enum metric metric,
                             enum levels_side side) {
    struct id_set runs = {0};
    for (size_t i = 0; i < pairs->count; i++) {
        const struct compare_side *own = side_of(&pairs->at[i], side);
        for (size_t k = 0; k < own->count; k++)
            if ((metric == METRIC_COUNT || pairs->at[i].metric == metric) &&
                (!k || own->visits[k].run != own->visits[k - 1].run))
                id_set_add(&runs, own->visits[k].run);
    }
    return runs;
}

static size_t count_of(const struct compare_pairs *pairs, enum levels_side side) {
    struct id_set runs = runs_of(pairs, METRIC_COUNT, side);
    size_t count = runs.count;
    id_set_free(&runs);
    return count;
}

void compare_count_runs(const struct compare_pairs *pairs, size_t *base, size_t *candidate,
                        size_t *before) {
    *base = count_of(pairs, LEVELS_BASE);
    *candidate = count_of(pairs, LEVELS_NEW);
    *before = count_of(pairs, LEVELS_BEFORE);
}

// The medians of a side's runs, each at its run's place among all; returns how many there are.
static size_t take_levels(const struct compare_side *side, const struct id_set *all, int worse,
                          bool unflagged, double *levels, double *errors, size_t *visits) {
    double *values = base_allocate(side->count, sizeof *values);
    size_t runs = 0;
    *visits = 0;
    for (size_t begin = 0, end; begin < side->count; begin = end) {
        size_t count = 0;
        for (end = begin; end < side->count && side->visits[end].run == side->visits[begin].run;
             end++)
            if (!unflagged || !side->visits[end].flagged)
                values[count++] = worse * log(side->visits[end].value);
        size_t place = id_set_place(all, side->visits[begin].run);
        double error = side->visits[begin].error;
        levels[place] = order_median(values, count);
        errors[place] = error > 0 ? error : levels_error(values, count);
        *visits += count;
        runs += count > 0;
    }
    free(values);
    return runs;
}

static struct shift shift_of(const struct level_change *change) {
    return (struct shift){change->estimate, change->low, change->high};
}

static void take_effect(const struct level_cell *cell, struct effect *effect) {
    effect->whole = shift_of(&cell->whole);
    effect->beyond = shift_of(&cell->beyond);
    effect->p = cell->beyond.p;
    effect->min_p = isnan(effect->p) ? NAN : 0; // of a t test: any
    effect->error = cell->beyond.error;
    effect->degrees = cell->beyond.degrees;
    effect->inflation = 1;
}

static void take_shift(const struct level_shift *found, enum metric metric,
                       const struct compare_rules *rules, struct compare_shift *shift) {
    double least = log1p(compare_margin(rules, metric));
    *shift = (struct compare_shift){.verdict = COMPARE_INCONCLUSIVE,
                                    .tested = found->tested && !isnan(found->change.p),
                                    .cells = found->cells,
                                    .p = found->change.p};
    compare_set_ratios(metric, shift_of(&found->change), &shift->ratio, &shift->low, &shift->high);
    shift->found = shift->tested && found->together &&
                   found->change.p <= compare_shift_level(rules) &&
                   fabs(found->change.estimate) >= least;
    if (shift->found)
        shift->verdict = found->change.estimate > 0 ? COMPARE_REGRESSED : COMPARE_IMPROVED;
}

static void judge_metric(const struct compare_pairs *pairs, enum metric metric,
                         const struct compare_rules *rules, bool unflagged, struct effect *effects,
                         struct compare_shift *shift) {
    size_t *places = base_allocate(pairs->count, sizeof *places), count = 0;
    size_t begin[LEVELS_SIDES + 1] = {0}; // the runs of a side follow those of the one before
    struct id_set all[LEVELS_SIDES];
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->at[i].metric == metric)
            places[count++] = i;
    for (enum levels_side side = 0; side < LEVELS_SIDES; side++) {
        all[side] = runs_of(pairs, metric, side);
        begin[side + 1] = begin[side] + all[side].count;
    }
    size_t runs = begin[LEVELS_SIDES];
    double *values = base_allocate(count * runs, sizeof *values);
    double *errors = base_allocate(count * runs, sizeof *errors);
    enum levels_side *sides = base_allocate(runs, sizeof *sides);
    struct level_cell *cells = base_allocate(count, sizeof *cells);
    for (size_t i = 0; i < count * runs; i++)
        values[i] = errors[i] = NAN;
    for (enum levels_side side = 0; side < LEVELS_SIDES; side++)
        for (size_t run = begin[side]; run < begin[side + 1]; run++)
            sides[run] = side;
    for (size_t i = 0; i < count; i++) {
        const struct compare_pair *pair = &pairs->at[places[i]];
        struct effect *effect = &effects[places[i]];
        size_t side_runs[LEVELS_SIDES], side_visits[LEVELS_SIDES];
        for (enum levels_side side = 0; side < LEVELS_SIDES; side++)
            side_runs[side] =
                take_levels(side_of(pair, side), &all[side], metric_kinds[metric].worse, unflagged,
                            values + i * runs + begin[side], errors + i * runs + begin[side],
                            &side_visits[side]);
        effect->base_runs = side_runs[LEVELS_BASE];
        effect->new_runs = side_runs[LEVELS_NEW];
        effect->base_visits = side_visits[LEVELS_BASE];
        effect->new_visits = side_visits[LEVELS_NEW];
    }
    const struct levels levels = {values, sides, count, runs, errors};
    struct level_shift found = levels_compare(&levels, COMPARE_CONFIDENCE, cells);
    for (size_t i = 0; i < count; i++)
        take_effect(&cells[i], &effects[places[i]]);
    take_shift(&found, metric, rules, shift);
    for (enum levels_side side = 0; side < LEVELS_SIDES; side++)
        id_set_free(&all[side]);
    free(cells);
    free(sides);
    free(errors);
    free(values);
    free(places);
}

void effects_by_runs(const struct compare_pairs *pairs, const struct compare_rules *rules,
                     bool unflagged, struct effect *effects, struct compare_shift *shifts) {
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        judge_metric(pairs, metric, rules, unflagged, effects, &shifts[metric]);
}
