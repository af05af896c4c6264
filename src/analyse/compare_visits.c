// SPDX-License-Identifier: Apache-2.0
// Comparing by visits: of one run a side nothing else says what chance does. What a run shares is
// then taken for a change, so this is a look and no verdict.
#include "analyse/compare_effects.h"
#include "analyse/compare_logs.h"
#include "analyse/compare_shift.h"
#include "stats/distribution.h"

#include <math.h>
#include <stdlib.h>

// The normal law, as Student's with so many degrees that they make no difference.
static const double degrees_of_normal = 1e6;

static struct shift moved(struct shift shift, double by) {
    return (struct shift){shift.estimate - by, shift.low - by, shift.high - by};
}

static void take_effect(struct logs *logs, double common, struct effect *effect) {
    *effect = (struct effect){.whole = logs->shift,
                              .beyond = moved(logs->shift, common),
                              .degrees = degrees_of_normal,
                              .inflation = logs->inflation,
                              .drifts = logs->drifts,
                              .base_visits = logs->base.count,
                              .new_visits = logs->candidate.count,
                              .base_runs = logs->base.count > 0,
                              .new_runs = logs->candidate.count > 0};
    for (size_t i = 0; i < logs->candidate.count; i++)
        logs->candidate.values[i] -= common;
    effect->p = serial_p(two_sample_p(logs->base.values, logs->base.count, logs->candidate.values,
                                      logs->candidate.count),
                         logs->inflation);
    effect->min_p =
        isnan(effect->p)
            ? NAN
            : serial_p(two_sample_min_p(logs->base.count, logs->candidate.count), logs->inflation);
    effect->error =
        (logs->shift.high - logs->shift.low) / 2 / normal_quantile((1 + COMPARE_CONFIDENCE) / 2);
}

void effects_by_visits(const struct compare_pairs *pairs, const struct compare_rules *rules,
                       bool unflagged, struct effect *effects, struct compare_shift *shifts) {
    struct logs *logs = logs_take(pairs, unflagged);
    double common[METRIC_COUNT] = {0};
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        double correlation = logs_widen(logs, pairs, metric);
        shifts[metric] =
            compare_find_shift(pairs, logs, metric, rules, correlation, &common[metric]);
    }
    for (size_t i = 0; i < pairs->count; i++)
        take_effect(&logs[i], common[pairs->at[i].metric], &effects[i]);
    logs_free(logs, pairs->count);
}
