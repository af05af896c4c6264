// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare_shift.h"

#include "analyse/compare_effects.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

// Fewer cells do not tell a change of all from one of some.
enum { SHIFT_CELLS_MIN = 4 };
// Of the cells this many must go along, by half of it at least and by twice of it at most.
static const double shift_share = 0.75;
static const double along_min = 0.5, along_max = 2;

static bool takes_part(const struct compare_pair *pair, const struct logs *logs,
                       enum metric metric) {
    return pair->metric == metric && !isnan(logs->shift.estimate);
}

// ---- rounds -------------------------------------------------------------------------------------

// All cells are visited once a round, and what disturbs one disturbs its neighbours in time too. So
// cells are not independent of each other, but rounds are, as far as any two visits are: each round
// gives one value, the median of its cells' distances from the middle of their two sides.

static const struct log_side *side_of(const struct logs *logs, bool is_new) {
    return is_new ? &logs->candidate : &logs->base;
}

// What all visits of a side are away from the middle of their cell, round by round: a side has one
// run here, and the turn says which round. Those of a round end at ends[round].
struct by_round {
    double *values;
    size_t *ends;
    size_t count;
};

static struct by_round sort_by_round(const struct compare_pairs *pairs, const struct logs *logs,
                                     enum metric metric, bool is_new) {
    struct by_round rounds = {0};
    size_t visits = 0;
    const struct log_side **sides = base_allocate(pairs->count, sizeof *sides);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct log_side *side = side_of(&logs[i], is_new);
        if (!takes_part(&pairs->at[i], &logs[i], metric) || !side->count)
            continue;
        size_t last = side->visits[side->count - 1].turn; // they ascend
        rounds.count = last >= rounds.count ? last + 1 : rounds.count;
        visits += side->count;
        sides[i] = side;
    }
    rounds.values = base_allocate(visits, sizeof *rounds.values);
    rounds.ends = base_allocate(rounds.count + 1, sizeof *rounds.ends);
    for (size_t i = 0; i < pairs->count; i++)
        for (size_t k = 0; sides[i] && k < sides[i]->count; k++)
            rounds.ends[sides[i]->visits[k].turn + 1]++;
    for (size_t round = 0; round < rounds.count; round++)
        rounds.ends[round + 1] += rounds.ends[round];
    // Until here where a round begins; each of its visits moves that on.
    for (size_t i = 0; i < pairs->count; i++)
        for (size_t k = 0; sides[i] && k < sides[i]->count; k++)
            rounds.values[rounds.ends[sides[i]->visits[k].turn]++] =
                sides[i]->values[k] - logs[i].middle;
    free(sides);
    return rounds;
}

// Rounds that fewer than half of the cells took part in are left out: the last ones of a run that
// stops cell by cell speak of the restless cells alone.
static struct log_side rounds_of(const struct compare_pairs *pairs, const struct logs *logs,
                                 enum metric metric, bool is_new, size_t cells) {
    struct by_round rounds = sort_by_round(pairs, logs, metric, is_new);
    struct log_side medians = {.visits = base_allocate(rounds.count, sizeof *medians.visits),
                               .values = base_allocate(rounds.count, sizeof *medians.values)};
    for (size_t round = 0, begin = 0; round < rounds.count; begin = rounds.ends[round++])
        if (2 * (rounds.ends[round] - begin) >= cells && rounds.ends[round] > begin)
            medians.values[medians.count++] =
                order_median(rounds.values + begin, rounds.ends[round] - begin);
    free(rounds.values);
    free(rounds.ends);
    return medians;
}

static double rounds_p(const struct compare_pairs *pairs, const struct logs *logs,
                       enum metric metric, size_t cells, double correlation) {
    struct log_side base = rounds_of(pairs, logs, metric, false, cells);
    struct log_side candidate = rounds_of(pairs, logs, metric, true, cells);
    struct serial serial = {0};
    log_side_add_serial(&base, &serial);
    log_side_add_serial(&candidate, &serial);
    double p = two_sample_p(base.values, base.count, candidate.values, candidate.count);
    correlation = fmax(correlation, serial_correlation(&serial));
    p = serial_p(p, compare_inflation(&serial, correlation));
    log_side_free(&base);
    log_side_free(&candidate);
    return p;
}

// ---- the shift ----------------------------------------------------------------------------------

struct compare_shift compare_find_shift(const struct compare_pairs *pairs, const struct logs *logs,
                                        enum metric metric, const struct compare_rules *rules,
                                        double correlation, double *common) {
    struct compare_shift shift = {.verdict = COMPARE_INCONCLUSIVE, .ratio = NAN, .p = NAN};
    double *own = base_allocate(pairs->count, sizeof *own);
    double least = log1p(compare_margin(rules, metric));
    for (size_t i = 0; i < pairs->count; i++) {
        if (takes_part(&pairs->at[i], &logs[i], metric))
            own[shift.cells++] = logs[i].shift.estimate;
    }
    struct shift middle = {.estimate = order_median(own, shift.cells)};
    order_median_interval(own, shift.cells, COMPARE_CONFIDENCE, &middle.low, &middle.high);
    size_t along = 0;
    for (size_t i = 0; i < shift.cells; i++)
        along += own[i] / middle.estimate >= along_min && own[i] / middle.estimate <= along_max;
    free(own);
    shift.tested = shift.cells >= SHIFT_CELLS_MIN;
    if (!shift.tested)
        return shift;
    compare_set_ratios(metric, middle, &shift.ratio, &shift.low, &shift.high);
    shift.p = rounds_p(pairs, logs, metric, shift.cells, correlation);
    shift.found = shift.p <= compare_shift_level(rules) && fabs(middle.estimate) >= least &&
                  (double)along >= shift_share * (double)shift.cells;
    if (shift.found) {
        *common = middle.estimate;
        shift.verdict = middle.estimate > 0 ? COMPARE_REGRESSED : COMPARE_IMPROVED;
    }
    return shift;
}
