// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare.h"

#include "analyse/compare_private.h"
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
static const double spread_factor = 3;
static const double alike_least = 2; // less is not worth a sentence

// ---- one pass over all pairs --------------------------------------------------------------------

static struct log_side log_side_of(const struct compare_side *side, int worse, bool unflagged) {
    struct log_side logs = {.visits = base_allocate(side->count, sizeof *logs.visits),
                            .values = base_allocate(side->count, sizeof *logs.values)};
    for (size_t i = 0; i < side->count; i++) {
        if (unflagged && side->visits[i].flagged)
            continue;
        double value = worse * log(side->visits[i].value);
        logs.visits[logs.count] = side->visits[i];
        logs.visits[logs.count].value = value;
        logs.values[logs.count++] = value;
    }
    return logs;
}

static void log_side_free(struct log_side *side) {
    free(side->visits);
    free(side->values);
}

void log_side_add_serial(const struct log_side *side, struct serial *serial) {
    for (size_t begin = 0, end; begin < side->count; begin = end) {
        for (end = begin; end < side->count; end++)
            if (side->visits[end].run != side->visits[begin].run)
                break;
        serial_add(serial, side->values + begin, end - begin);
    }
}

static struct logs *take_logs(const struct compare_pairs *pairs, bool unflagged) {
    struct logs *logs = base_allocate(pairs->count, sizeof *logs);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct compare_pair *pair = &pairs->at[i];
        int worse = metric_kinds[pair->metric].worse;
        logs[i].base = log_side_of(&pair->base, worse, unflagged);
        logs[i].new_ = log_side_of(&pair->new_, worse, unflagged);
        log_side_add_serial(&logs[i].base, &logs[i].serial);
        log_side_add_serial(&logs[i].new_, &logs[i].serial);
        logs[i].shift =
            two_sample_shift(logs[i].base.values, logs[i].base.count, logs[i].new_.values,
                             logs[i].new_.count, COMPARE_CONFIDENCE);
    }
    return logs;
}

static void free_logs(const struct compare_pairs *pairs, struct logs *logs) {
    for (size_t i = 0; i < pairs->count; i++) {
        log_side_free(&logs[i].base);
        log_side_free(&logs[i].new_);
    }
    free(logs);
}

double compare_inflation(const struct serial *serial, double correlation) {
    return serial->series > 0 ? serial_inflation(correlation, serial->values / serial->series) : 1;
}

// What all cells of a metric show of it together is known well; what one shows counts where it is
// more than chance. Returns the correlation of all.
static double widen_for_serial(const struct compare_pairs *pairs, struct logs *logs,
                               enum metric metric) {
    struct serial all = {0};
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->at[i].metric == metric)
            serial_join(&all, &logs[i].serial);
    double shared = serial_correlation(&all);
    for (size_t i = 0; i < pairs->count; i++) {
        if (pairs->at[i].metric != metric)
            continue;
        const struct serial *own = &logs[i].serial;
        double alone = serial_is_beyond_chance(own) ? serial_correlation(own) : 0;
        struct shift *shift = &logs[i].shift;
        logs[i].inflation = compare_inflation(own, fmax(shared, alone));
        shift->low = shift->estimate - (shift->estimate - shift->low) * sqrt(logs[i].inflation);
        shift->high = shift->estimate + (shift->high - shift->estimate) * sqrt(logs[i].inflation);
    }
    return shared;
}

double compare_least_effect(const struct compare_pair *pair) {
    double least = metric_kinds[pair->metric].effect_least;
    return isnan(pair->spread) ? least : fmax(least, spread_factor * pair->spread);
}

// From a turned logarithm to a ratio of the metric.
static double ratio_of(enum metric metric, double effect) {
    return exp(metric_kinds[metric].worse * effect);
}

void compare_set_ratios(enum metric metric, struct shift shift, double *ratio, double *low,
                        double *high) {
    double one = ratio_of(metric, shift.low), other = ratio_of(metric, shift.high);
    *ratio = ratio_of(metric, shift.estimate);
    *low = fmin(one, other);
    *high = fmax(one, other);
    if (isnan(one))
        *low = *high = NAN;
}

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
    struct logs *logs = take_logs(pairs, unflagged);
    double *p = base_allocate(pairs->count, sizeof *p);
    double common[METRIC_COUNT] = {0};
    size_t tests = 0;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        double correlation = widen_for_serial(pairs, logs, metric);
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
    free_logs(pairs, logs);
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
