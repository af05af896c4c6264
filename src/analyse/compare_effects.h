// SPDX-License-Identifier: Apache-2.0
// What a comparison finds of each pair before it corrects for their number, by either of its two
// methods. Private to this room.
#ifndef NUMAPROBE_ANALYSE_COMPARE_EFFECTS_H
#define NUMAPROBE_ANALYSE_COMPARE_EFFECTS_H

#include "analyse/compare.h"
#include "stats/two_sample.h"

// In logarithms, turned so that more is worse.
struct effect {
    struct shift whole;  // with what all cells of the metric share
    struct shift beyond; // without it
    double p, min_p;     // of beyond; the smallest that such data can give. NaN: no test
    double error;        // standard error of beyond; NaN
    double degrees;      // of freedom that it is known with
    double inflation;    // of a variance, because visits that follow each other are alike
    bool drifts;         // that they are is beyond chance
    size_t base_visits, new_visits, base_runs, new_runs;
};

// Fills effects[pairs->count] and shifts[METRIC_COUNT]. Without flagged visits when `unflagged`.
// Of several runs a side, on one of them at least: the run is the unit.
void effects_by_runs(const struct compare_pairs *pairs, const struct compare_rules *rules,
                     bool unflagged, struct effect *effects, struct compare_shift *shifts);
// Of one run a side: the visit is.
void effects_by_visits(const struct compare_pairs *pairs, const struct compare_rules *rules,
                       bool unflagged, struct effect *effects, struct compare_shift *shifts);

// How many runs a side has: those that any pair has a visit of.
void compare_count_runs(const struct compare_pairs *pairs, size_t *base, size_t *candidate,
                        size_t *before);

// From a turned logarithm to a ratio of the metric; NaN stays.
void compare_set_ratios(enum metric metric, struct shift shift, double *ratio, double *low,
                        double *high);

// Of all intervals.
#define COMPARE_CONFIDENCE 0.95

#endif
