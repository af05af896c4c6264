// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare.h"

#include "stats/distribution.h"
#include "stats/multiple.h"
#include "stats/order.h"
#include "stats/two_sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const compare_verdict_names[COMPARE_VERDICT_COUNT] = {
    [COMPARE_REGRESSED] = "regressed",
    [COMPARE_IMPROVED] = "improved",
    [COMPARE_EQUIVALENT] = "equivalent",
    [COMPARE_INCONCLUSIVE] = "inconclusive",
};

const struct compare_rules compare_rules_gate = {.level = 0.01};
const struct compare_rules compare_rules_explore = {.explore = true, .level = 0.05};

static const double confidence = 0.95;
static const double power = 0.8;
static const double spread_factor = 3;
// Fewer cells do not tell a change of all from one of some.
enum { SHIFT_CELLS_LEAST = 4 };
static const double shift_share = 0.75; // of the cells must go along, half the way at least

// ---- pairs --------------------------------------------------------------------------------------

struct compare_side compare_side_of(const struct data_cell *cell, enum metric metric,
                                    uint32_t run) {
    struct compare_side side = {.values = base_allocate(cell->visit_count, sizeof *side.values),
                                .flagged = base_allocate(cell->visit_count, sizeof *side.flagged)};
    for (size_t i = 0; i < cell->visit_count; i++) {
        const struct data_visit *visit = &cell->visits[i];
        if (isnan(visit->values[metric]) || (run != NONE_U32 && visit->run != run))
            continue;
        side.values[side.count] = visit->values[metric];
        side.flagged[side.count++] = visit->flagged;
    }
    side.median = order_median(side.values, side.count);
    return side;
}

void compare_side_append(struct compare_side *side, const struct compare_side *more) {
    size_t count = side->count + more->count;
    if (!more->count)
        return;
    side->values = base_grow(side->values, count, sizeof *side->values);
    side->flagged = base_grow(side->flagged, count, sizeof *side->flagged);
    memcpy(side->values + side->count, more->values, more->count * sizeof *side->values);
    memcpy(side->flagged + side->count, more->flagged, more->count * sizeof *side->flagged);
    side->count = count;
    side->median = order_median(side->values, side->count);
}

void compare_side_free(struct compare_side *side) {
    free(side->values);
    free(side->flagged);
    *side = (struct compare_side){0};
}

double compare_spread(const double *run_medians, size_t count) {
    if (count < COMPARE_SPREAD_RUNS)
        return NAN;
    double middle = order_median(run_medians, count);
    double *away = base_allocate(count, sizeof *away);
    for (size_t i = 0; i < count; i++)
        away[i] = fabs(log(run_medians[i] / middle));
    double spread = order_median(away, count);
    free(away);
    return spread;
}

static double spread_of_runs(const struct dataset *base, const struct data_cell *cell,
                             enum metric metric) {
    double *medians = base_allocate(base->run_count, sizeof *medians);
    size_t count = 0;
    for (uint32_t run = 0; base->run_count >= COMPARE_SPREAD_RUNS && run < base->run_count; run++) {
        double median = data_cell_median(cell, (struct data_filter){.metric = metric, .run = run});
        if (!isnan(median))
            medians[count++] = median;
    }
    double spread = compare_spread(medians, count);
    free(medians);
    return spread;
}

void compare_pairs_add(struct compare_pairs *pairs, struct compare_pair pair) {
    pairs->at = base_grow(pairs->at, pairs->count + 1, sizeof *pairs->at);
    pairs->at[pairs->count++] = pair;
}

void compare_pairs_build(struct compare_pairs *pairs, const struct dataset *base,
                         const struct dataset *new_) {
    *pairs = (struct compare_pairs){0};
    for (size_t i = 0; i < base->cell_count; i++) {
        const struct data_cell *cell = &base->cells[i];
        const struct data_cell *other = dataset_cell(new_, cell->name);
        for (enum metric metric = 0; other && metric < METRIC_COUNT; metric++) {
            struct compare_pair pair = {.name = cell->name,
                                        .cell = other,
                                        .metric = metric,
                                        .base = compare_side_of(cell, metric, NONE_U32),
                                        .new_ = compare_side_of(other, metric, NONE_U32),
                                        .spread = spread_of_runs(base, cell, metric)};
            if (pair.base.count && pair.new_.count) {
                compare_pairs_add(pairs, pair);
                continue;
            }
            compare_side_free(&pair.base);
            compare_side_free(&pair.new_);
        }
    }
}

void compare_pairs_free(struct compare_pairs *pairs) {
    for (size_t i = 0; i < pairs->count; i++) {
        compare_side_free(&pairs->at[i].base);
        compare_side_free(&pairs->at[i].new_);
    }
    free(pairs->at);
    *pairs = (struct compare_pairs){0};
}

// ---- one pass over all pairs --------------------------------------------------------------------

// The logarithms of both sides, turned so that more is worse.
struct logs {
    double *base, *new_;
    size_t base_count, new_count;
    struct shift shift;
};

static double *logs_of(const struct compare_side *side, int worse, bool unflagged, size_t *count) {
    double *values = base_allocate(side->count, sizeof *values);
    *count = 0;
    for (size_t i = 0; i < side->count; i++)
        if (!unflagged || !side->flagged[i])
            values[(*count)++] = worse * log(side->values[i]);
    return values;
}

static struct logs *take_logs(const struct compare_pairs *pairs, bool unflagged) {
    struct logs *logs = base_allocate(pairs->count, sizeof *logs);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct compare_pair *pair = &pairs->at[i];
        int worse = metric_kinds[pair->metric].worse;
        logs[i].base = logs_of(&pair->base, worse, unflagged, &logs[i].base_count);
        logs[i].new_ = logs_of(&pair->new_, worse, unflagged, &logs[i].new_count);
        logs[i].shift = two_sample_shift(logs[i].base, logs[i].base_count, logs[i].new_,
                                         logs[i].new_count, confidence);
    }
    return logs;
}

static double least_effect(const struct compare_pair *pair) {
    double least = metric_kinds[pair->metric].effect_least;
    return isnan(pair->spread) ? least : fmax(least, spread_factor * pair->spread);
}

// From a turned logarithm to a ratio of the metric.
static double ratio_of(enum metric metric, double effect) {
    return exp(metric_kinds[metric].worse * effect);
}

static void set_ratios(enum metric metric, struct shift shift, double *ratio, double *low,
                       double *high) {
    double one = ratio_of(metric, shift.low), other = ratio_of(metric, shift.high);
    *ratio = ratio_of(metric, shift.estimate);
    *low = fmin(one, other);
    *high = fmax(one, other);
    if (isnan(one))
        *low = *high = NAN;
}

// The change that all cells of a metric share: one test over all of them, and its size is the
// median of their own. One slow DIMM or clock is one regression, not as many as there are cells.
static struct compare_shift find_shift(const struct compare_pairs *pairs, const struct logs *logs,
                                       enum metric metric, double level, double *common) {
    struct compare_shift shift = {.verdict = COMPARE_INCONCLUSIVE, .ratio = NAN, .p = NAN};
    struct strata strata = {0};
    double *own = base_allocate(pairs->count, sizeof *own);
    double least = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        if (pairs->at[i].metric != metric || isnan(logs[i].shift.estimate))
            continue;
        strata_add(&strata, logs[i].base, logs[i].base_count, logs[i].new_, logs[i].new_count);
        own[shift.cells++] = logs[i].shift.estimate;
        least = fmax(least, least_effect(&pairs->at[i]));
    }
    struct shift middle = {.estimate = order_median(own, shift.cells)};
    order_median_interval(own, shift.cells, confidence, &middle.low, &middle.high);
    size_t along = 0;
    for (size_t i = 0; i < shift.cells; i++)
        along += own[i] / middle.estimate >= 0.5;
    free(own);
    shift.tested = shift.cells >= SHIFT_CELLS_LEAST;
    if (!shift.tested)
        return shift;
    set_ratios(metric, middle, &shift.ratio, &shift.low, &shift.high);
    shift.p = strata_p(&strata);
    shift.found = shift.p <= level && fabs(middle.estimate) >= log1p(least) &&
                  (double)along >= shift_share * (double)shift.cells;
    if (shift.found) {
        *common = middle.estimate;
        shift.verdict = middle.estimate > 0 ? COMPARE_REGRESSED : COMPARE_IMPROVED;
    }
    return shift;
}

// The smallest effect that the test would find with the probability `power`: the interval tells how
// exactly these visits place the shift, and the level is that of the first of `tests` in Holm's
// order.
static double detectable_effect(const struct compare_judgement *judgement, struct shift shift,
                                double level, size_t tests) {
    double own_level = level / (double)tests;
    if (two_sample_least_p(judgement->base_count, judgement->new_count) > own_level ||
        isnan(shift.low))
        return INFINITY;
    double error = (shift.high - shift.low) / 2 / normal_quantile((1 + confidence) / 2);
    double reach = normal_quantile(1 - own_level / 2) + normal_quantile(power);
    return fmax(judgement->least_effect, expm1(error * reach));
}

static enum compare_verdict verdict_of(const struct compare_judgement *judgement,
                                       struct shift shift, double level) {
    double least = log1p(judgement->least_effect);
    if (judgement->p_adjusted <= level && fabs(shift.estimate) >= least)
        return shift.estimate > 0 ? COMPARE_REGRESSED : COMPARE_IMPROVED;
    if (shift.low > -least && shift.high < least)
        return COMPARE_EQUIVALENT;
    return COMPARE_INCONCLUSIVE;
}

static void judge_pair(const struct compare_pair *pair, struct logs *logs, double common,
                       struct compare_judgement *judgement) {
    for (size_t i = 0; i < logs->new_count; i++)
        logs->new_[i] -= common;
    logs->shift.estimate -= common;
    logs->shift.low -= common;
    logs->shift.high -= common;
    judgement->base_count = logs->base_count;
    judgement->new_count = logs->new_count;
    judgement->least_effect = least_effect(pair);
    judgement->p = two_sample_p(logs->base, logs->base_count, logs->new_, logs->new_count);
    set_ratios(pair->metric, logs->shift, &judgement->ratio, &judgement->low, &judgement->high);
}

static void judge_all(const struct compare_pairs *pairs, struct compare_rules rules, bool unflagged,
                      struct comparison *comparison) {
    struct logs *logs = take_logs(pairs, unflagged);
    double *p = base_allocate(pairs->count, sizeof *p);
    double common[METRIC_COUNT] = {0};
    size_t tests = 0;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        struct compare_shift shift =
            find_shift(pairs, logs, metric, rules.level / METRIC_COUNT, &common[metric]);
        if (!unflagged)
            comparison->shifts[metric] = shift;
    }
    for (size_t i = 0; i < pairs->count; i++) {
        struct compare_result *result = &comparison->results[i];
        struct compare_judgement *judgement = unflagged ? &result->unflagged : &result->all;
        judge_pair(&pairs->at[i], &logs[i], common[pairs->at[i].metric], judgement);
        p[i] = judgement->p;
        tests += isnan(p[i]) ? 0 : 1;
    }
    (rules.explore ? multiple_benjamini_hochberg : multiple_holm)(p, pairs->count, p);
    for (size_t i = 0; i < pairs->count; i++) {
        struct compare_result *result = &comparison->results[i];
        struct compare_judgement *judgement = unflagged ? &result->unflagged : &result->all;
        judgement->p_adjusted = p[i];
        judgement->detectable =
            tests ? detectable_effect(judgement, logs[i].shift, rules.level, tests) : INFINITY;
        judgement->verdict = verdict_of(judgement, logs[i].shift, rules.level);
        free(logs[i].base);
        free(logs[i].new_);
    }
    free(p);
    free(logs);
}

// ---- the whole ----------------------------------------------------------------------------------

static bool is_change(enum compare_verdict verdict) {
    return verdict == COMPARE_REGRESSED || verdict == COMPARE_IMPROVED;
}

static void sum_up(struct comparison *comparison, const struct compare_pairs *pairs, double level) {
    for (size_t i = 0; i < comparison->count; i++) {
        struct compare_result *result = &comparison->results[i];
        bool any_flag = result->unflagged.base_count < result->all.base_count ||
                        result->unflagged.new_count < result->all.new_count;
        bool differ = any_flag && result->all.verdict != result->unflagged.verdict &&
                      (is_change(result->all.verdict) || is_change(result->unflagged.verdict));
        result->unconfirmed = differ && isinf(result->unflagged.detectable);
        result->disagree = differ && !result->unconfirmed;
        comparison->disagreements += result->disagree;
        comparison->flagged += any_flag;
        comparison->unjudged += any_flag && isinf(result->unflagged.detectable);
        comparison->verdicts[result->all.verdict]++;
        comparison->blind += isinf(result->all.detectable) ? 1 : 0;
    }
    for (comparison->needed = 1; pairs->count && comparison->needed < 1000; comparison->needed++)
        if (two_sample_least_p(comparison->needed, comparison->needed) * (double)pairs->count <=
            level)
            break;
}

static bool any_flagged(const struct compare_pairs *pairs) {
    bool any = false;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct compare_side *sides[] = {&pairs->at[i].base, &pairs->at[i].new_};
        for (size_t side = 0; side < COUNT_OF(sides); side++)
            for (size_t visit = 0; visit < sides[side]->count; visit++)
                any = any || sides[side]->flagged[visit];
    }
    return any;
}

void compare_run(const struct compare_pairs *pairs, struct compare_rules rules,
                 struct comparison *comparison) {
    *comparison = (struct comparison){.count = pairs->count};
    comparison->results = base_allocate(pairs->count, sizeof *comparison->results);
    for (size_t i = 0; i < pairs->count; i++)
        comparison->results[i].pair = &pairs->at[i];
    judge_all(pairs, rules, false, comparison);
    if (any_flagged(pairs))
        judge_all(pairs, rules, true, comparison);
    else
        for (size_t i = 0; i < pairs->count; i++)
            comparison->results[i].unflagged = comparison->results[i].all;
    sum_up(comparison, pairs, rules.level);
}

void comparison_free(struct comparison *comparison) {
    free(comparison->results);
    *comparison = (struct comparison){0};
}

bool comparison_regressed(const struct comparison *comparison) {
    bool regressed = comparison->verdicts[COMPARE_REGRESSED] > 0;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        regressed = regressed || comparison->shifts[metric].verdict == COMPARE_REGRESSED;
    return regressed;
}
