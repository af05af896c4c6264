// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare.h"

#include "analyse/compare_effects.h"
#include "stats/distribution.h"
#include "stats/multiple.h"
#include "stats/order.h"
#include "stats/serial.h"
#include "stats/two_sample.h"

#include <math.h>
#include <stdlib.h>

const char *const compare_verdict_names[COMPARE_VERDICT_COUNT] = {
    [COMPARE_REGRESSED] = "regressed",       [COMPARE_SUSPECTED] = "suspected",
    [COMPARE_IMPROVED] = "improved",         [COMPARE_SUSPECTED_BETTER] = "suspected_better",
    [COMPARE_SHIFTED] = "shifted",           [COMPARE_EQUIVALENT] = "equivalent",
    [COMPARE_INCONCLUSIVE] = "inconclusive",
};

static const double power = 0.8;
static const double alike_min = 2; // less is not worth a sentence

bool compare_is_change(enum compare_verdict verdict) {
    return verdict <= COMPARE_SUSPECTED_BETTER;
}

// ---- one pass over all pairs --------------------------------------------------------------------

// How far the estimate lies from 0 in standard errors when the test finds it with the probability
// `power`, at the level of the first of `tests` in Holm's order.
static double reach_of(const struct effect *effect, double level, size_t tests) {
    return student_quantile(level / (double)tests, effect->degrees) + normal_quantile(power);
}

static double detectable_effect(const struct effect *effect, double level, size_t tests,
                                double margin) {
    bool blind = isnan(effect->p) || isnan(effect->error) || !(effect->degrees > 0) || !tests ||
                 effect->min_p > level / (double)tests;
    return blind ? INFINITY : fmax(margin, expm1(effect->error * reach_of(effect, level, tests)));
}

// How many runs a side would decide what is open now, if it is as large as it looks: a change
// beyond the margin needs an error that lets the test find it, one within it an interval that fits
// in.
static double runs_needed(const struct effect *effect, double level, size_t tests, double margin) {
    if (isnan(effect->p) || isnan(effect->error) || !(effect->degrees > 0) || !tests)
        return NAN;
    double size = fabs(effect->beyond.estimate), least = log1p(margin);
    double needed = size >= least ? size / reach_of(effect, level, tests)
                                  : (least - size) / normal_quantile((1 + COMPARE_CONFIDENCE) / 2);
    double base = (double)effect->base_runs, candidate = (double)effect->new_runs;
    double now = 2 * base * candidate / (base + candidate), ratio = effect->error / needed;
    return ceil(now * ratio * ratio);
}

static enum compare_verdict verdict_of(const struct effect *effect, double p_adjusted,
                                       const struct compare_rules *rules, double margin,
                                       const struct compare_shift *shift) {
    double least = log1p(margin), beyond = effect->beyond.estimate;
    bool against = shift->found && (effect->whole.estimate > 0) != (beyond > 0);
    if (p_adjusted <= rules->level && fabs(beyond) >= least && !against)
        return beyond > 0 ? COMPARE_REGRESSED : COMPARE_IMPROVED;
    if (effect->whole.low > -least && effect->whole.high < least)
        return COMPARE_EQUIVALENT;
    if (shift->found && (effect->whole.low > 0 || effect->whole.high < 0))
        return COMPARE_SHIFTED;
    return COMPARE_INCONCLUSIVE;
}

// One run a side is a look, unless the user says that it is meant.
static enum compare_verdict verdict_of_tentative(enum compare_verdict verdict) {
    return verdict == COMPARE_REGRESSED  ? COMPARE_SUSPECTED
           : verdict == COMPARE_IMPROVED ? COMPARE_SUSPECTED_BETTER
                                         : verdict;
}

static size_t correct(const struct effect *effects, size_t count, const struct compare_rules *rules,
                      double *adjusted) {
    double *least = base_allocate(count, sizeof *least);
    bool *testable = base_allocate(count, sizeof *testable);
    for (size_t i = 0; i < count; i++)
        least[i] = effects[i].min_p;
    size_t tests = multiple_testable(least, count, rules->level, testable);
    for (size_t i = 0; i < count; i++)
        adjusted[i] = testable[i] ? effects[i].p : NAN;
    (rules->explore ? multiple_benjamini_hochberg : multiple_holm)(adjusted, count, adjusted);
    free(testable);
    free(least);
    return tests;
}

static void judge(const struct effect *effect, double p_adjusted, const struct compare_pair *pair,
                  const struct compare_rules *rules, const struct compare_shift *shift,
                  struct compare_judgement *judgement) {
    double margin = compare_margin(rules, pair->metric), low, high;
    *judgement = (struct compare_judgement){.base_count = effect->base_visits,
                                            .new_count = effect->new_visits,
                                            .base_runs = effect->base_runs,
                                            .new_runs = effect->new_runs,
                                            .p = effect->p,
                                            .p_adjusted = p_adjusted,
                                            .inflation = effect->inflation,
                                            .drifts = effect->drifts,
                                            .min_effect = margin,
                                            .detectable = NAN,
                                            .runs_needed = NAN};
    compare_set_ratios(pair->metric, effect->whole, &judgement->ratio, &judgement->low,
                       &judgement->high);
    compare_set_ratios(pair->metric, effect->beyond, &judgement->beyond, &low, &high);
    judgement->verdict = verdict_of(effect, p_adjusted, rules, margin, shift);
}

// What could have been seen, and what would decide what is open.
static void foresee(const struct effect *effect, size_t tests, double level,
                    struct compare_judgement *judgement) {
    double margin = judgement->min_effect;
    judgement->detectable =
        isnan(judgement->p_adjusted) ? INFINITY : detectable_effect(effect, level, tests, margin);
    if (judgement->verdict == COMPARE_INCONCLUSIVE)
        judgement->runs_needed = runs_needed(effect, level, tests, margin);
}

static void judge_all(const struct compare_pairs *pairs, const struct compare_rules *rules,
                      bool unflagged, bool foresees, struct comparison *comparison) {
    struct effect *effects = base_allocate(pairs->count, sizeof *effects);
    double *adjusted = base_allocate(pairs->count, sizeof *adjusted);
    struct compare_shift shifts[METRIC_COUNT];
    (comparison->by_runs ? effects_by_runs : effects_by_visits)(pairs, rules, unflagged, effects,
                                                                shifts);
    size_t tests = correct(effects, pairs->count, rules, adjusted);
    for (size_t i = 0; i < pairs->count; i++) {
        struct compare_result *result = &comparison->results[i];
        struct compare_judgement *judgement = unflagged ? &result->unflagged : &result->all;
        judge(&effects[i], adjusted[i], &pairs->at[i], rules, &shifts[pairs->at[i].metric],
              judgement);
        if (foresees)
            foresee(&effects[i], tests, rules->level, judgement);
        if (comparison->is_tentative)
            judgement->verdict = verdict_of_tentative(judgement->verdict);
    }
    for (enum metric metric = 0; metric < METRIC_COUNT && !unflagged; metric++) {
        comparison->shifts[metric] = shifts[metric];
        if (comparison->is_tentative)
            comparison->shifts[metric].verdict = verdict_of_tentative(shifts[metric].verdict);
    }
    free(adjusted);
    free(effects);
}

// ---- the whole ----------------------------------------------------------------------------------

// Visits a side with which as many tests could show anything.
static size_t visits_needed(const struct comparison *comparison, double level, double inflation) {
    size_t needed = 1;
    for (; comparison->count && needed < 1000; needed++)
        if (serial_p(two_sample_min_p(needed, needed), inflation) * (double)comparison->count <=
            level)
            break;
    return needed;
}

static void sum_up(struct comparison *comparison, double level) {
    double inflation_min = INFINITY;
    double *runs = base_allocate(comparison->count, sizeof *runs);
    size_t open = 0;
    for (size_t i = 0; i < comparison->count; i++) {
        struct compare_result *result = &comparison->results[i];
        bool any_flag = result->unflagged.base_count < result->all.base_count ||
                        result->unflagged.new_count < result->all.new_count;
        bool differ = any_flag && result->all.verdict != result->unflagged.verdict &&
                      (compare_is_change(result->all.verdict) ||
                       compare_is_change(result->unflagged.verdict));
        result->unconfirmed = differ && isinf(result->unflagged.detectable);
        result->disagree = differ && !result->unconfirmed;
        comparison->disagreements += result->disagree;
        comparison->flagged += any_flag;
        comparison->unjudged += any_flag && isinf(result->unflagged.detectable);
        comparison->verdicts[result->all.verdict]++;
        comparison->blind += isinf(result->all.detectable) ? 1 : 0;
        comparison->alike += result->all.drifts && result->all.inflation > alike_min;
        comparison->inflation_max = fmax(comparison->inflation_max, result->all.inflation);
        comparison->detectable = fmax(comparison->detectable, result->all.detectable);
        inflation_min = fmin(inflation_min, result->all.inflation);
        if (!isnan(result->all.runs_needed))
            runs[open++] = result->all.runs_needed;
    }
    comparison->runs_needed = order_median(runs, open);
    comparison->visits_needed = visits_needed(comparison, level, inflation_min);
    free(runs);
}

static bool any_flagged(const struct compare_pairs *pairs) {
    bool any = false;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct compare_side *sides[] = {&pairs->at[i].base, &pairs->at[i].candidate};
        for (size_t side = 0; side < COUNT_OF(sides); side++)
            for (size_t visit = 0; visit < sides[side]->count; visit++)
                any = any || sides[side]->visits[visit].flagged;
    }
    return any;
}

static void begin(const struct compare_pairs *pairs, const struct compare_rules *rules,
                  struct comparison *comparison) {
    *comparison = (struct comparison){.count = pairs->count};
    size_t before;
    compare_count_runs(pairs, &comparison->base_runs, &comparison->new_runs, &before);
    comparison->by_runs = comparison->base_runs > 1 || comparison->new_runs > 1 || before > 1;
    comparison->is_tentative = !comparison->by_runs && !rules->single;
    comparison->results = base_allocate(pairs->count, sizeof *comparison->results);
    for (size_t i = 0; i < pairs->count; i++)
        comparison->results[i].pair = &pairs->at[i];
}

void compare_run(const struct compare_pairs *pairs, struct compare_rules rules,
                 struct comparison *comparison) {
    begin(pairs, &rules, comparison);
    judge_all(pairs, &rules, false, true, comparison);
    if (any_flagged(pairs))
        judge_all(pairs, &rules, true, true, comparison);
    else
        for (size_t i = 0; i < pairs->count; i++)
            comparison->results[i].unflagged = comparison->results[i].all;
    sum_up(comparison, rules.level);
}

void compare_verdicts(const struct compare_pairs *pairs, struct compare_rules rules,
                      struct comparison *comparison) {
    begin(pairs, &rules, comparison);
    judge_all(pairs, &rules, false, false, comparison);
}

void comparison_free(struct comparison *comparison) {
    free(comparison->results);
    *comparison = (struct comparison){0};
}

void comparison_set_regressed(struct comparison *comparison, size_t index) {
    struct compare_result *result = &comparison->results[index];
    comparison->verdicts[result->all.verdict]--;
    result->all.verdict = COMPARE_REGRESSED;
    result->all.runs_needed = NAN;
    result->disagree = result->unconfirmed = false;
    comparison->verdicts[COMPARE_REGRESSED]++;
}

enum compare_verdict comparison_verdict(const struct comparison *comparison) {
    enum compare_verdict first = COMPARE_VERDICT_COUNT;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        if (comparison->shifts[metric].found && comparison->shifts[metric].verdict < first)
            first = comparison->shifts[metric].verdict;
    for (enum compare_verdict verdict = 0; verdict < first; verdict++)
        if (comparison->verdicts[verdict] && compare_is_change(verdict))
            first = verdict;
    if (compare_is_change(first))
        return first;
    return comparison->count && !comparison->verdicts[COMPARE_INCONCLUSIVE] ? COMPARE_EQUIVALENT
                                                                            : COMPARE_INCONCLUSIVE;
}

bool comparison_regressed(const struct comparison *comparison) {
    return comparison_verdict(comparison) == COMPARE_REGRESSED;
}
