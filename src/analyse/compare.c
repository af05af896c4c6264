// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare.h"

#include "analyse/compare_logs.h"
#include "analyse/compare_shift.h"
#include "stats/distribution.h"
#include "stats/multiple.h"

#include <math.h>
#include <stdlib.h>

const char *const compare_verdict_names[COMPARE_VERDICT_COUNT] = {
    [COMPARE_REGRESSED] = "regressed",
    [COMPARE_IMPROVED] = "improved",
    [COMPARE_EQUIVALENT] = "equivalent",
    [COMPARE_INCONCLUSIVE] = "inconclusive",
};

const struct compare_rules compare_rules_gate = {.level = 0.01};
const struct compare_rules compare_rules_explore = {.explore = true, .level = 0.05};

static const double power = 0.8;
static const double alike_least = 2; // less is not worth a sentence

// ---- one pass over all pairs --------------------------------------------------------------------

// The smallest effect that the test would find with the probability `power`: the interval tells how
// exactly these visits place the shift, and the level is that of the first of `tests` in Holm's
// order.
static double detectable_effect(const struct compare_judgement *judgement, struct shift shift,
                                double level, size_t tests) {
    double own_level = level / (double)tests;
    double least_p = two_sample_least_p(judgement->base_count, judgement->new_count);
    if (serial_p(least_p, judgement->inflation) > own_level || isnan(shift.low))
        return INFINITY;
    double error = (shift.high - shift.low) / 2 / normal_quantile((1 + COMPARE_CONFIDENCE) / 2);
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
    for (size_t i = 0; i < logs->new_.count; i++)
        logs->new_.values[i] -= common;
    logs->shift.estimate -= common;
    logs->shift.low -= common;
    logs->shift.high -= common;
    judgement->base_count = logs->base.count;
    judgement->new_count = logs->new_.count;
    judgement->least_effect = compare_least_effect(pair);
    judgement->inflation = logs->inflation;
    judgement->p = serial_p(
        two_sample_p(logs->base.values, logs->base.count, logs->new_.values, logs->new_.count),
        logs->inflation);
    compare_set_ratios(pair->metric, logs->shift, &judgement->ratio, &judgement->low,
                       &judgement->high);
}

static void judge_all(const struct compare_pairs *pairs, struct compare_rules rules, bool unflagged,
                      struct comparison *comparison) {
    struct logs *logs = logs_take(pairs, unflagged);
    double *p = base_allocate(pairs->count, sizeof *p);
    double common[METRIC_COUNT] = {0};
    size_t tests = 0;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        double correlation = logs_widen(logs, pairs, metric);
        struct compare_shift shift = compare_find_shift(
            pairs, logs, metric, rules.level / METRIC_COUNT, correlation, &common[metric]);
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
    }
    free(p);
    logs_free(logs, pairs->count);
}

// ---- the whole ----------------------------------------------------------------------------------

static bool is_change(enum compare_verdict verdict) {
    return verdict == COMPARE_REGRESSED || verdict == COMPARE_IMPROVED;
}

static void sum_up(struct comparison *comparison, const struct compare_pairs *pairs, double level) {
    double inflation_least = INFINITY;
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
        comparison->alike += result->all.inflation > alike_least;
        comparison->inflation_most = fmax(comparison->inflation_most, result->all.inflation);
        inflation_least = fmin(inflation_least, result->all.inflation);
    }
    for (comparison->needed = 1; pairs->count && comparison->needed < 1000; comparison->needed++) {
        double p = two_sample_least_p(comparison->needed, comparison->needed);
        if (serial_p(p, inflation_least) * (double)pairs->count <= level)
            break;
    }
}

static bool any_flagged(const struct compare_pairs *pairs) {
    bool any = false;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct compare_side *sides[] = {&pairs->at[i].base, &pairs->at[i].new_};
        for (size_t side = 0; side < COUNT_OF(sides); side++)
            for (size_t visit = 0; visit < sides[side]->count; visit++)
                any = any || sides[side]->visits[visit].flagged;
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
