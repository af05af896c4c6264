// SPDX-License-Identifier: Apache-2.0
// What compare.c and compare_shift.c share. Nobody else looks in here.
#ifndef NUMAPROBE_ANALYSE_COMPARE_PRIVATE_H
#define NUMAPROBE_ANALYSE_COMPARE_PRIVATE_H

#include "analyse/compare.h"
#include "stats/serial.h"
#include "stats/two_sample.h"

// One side of a pair as logarithms, turned so that more is worse.
struct log_side {
    struct compare_visit *visits; // with these values
    double *values;
    size_t count;
};

// The pairs of one pass, all visits or those without flags.
struct logs {
    struct log_side base, new_;
    struct shift shift;   // its interval as wide as the visits are alike
    struct serial serial; // of both sides, run by run
    double inflation;     // of a variance, because neighbours are alike
};

// Adds the runs of a side, each a series.
void log_side_add_serial(const struct log_side *side, struct serial *serial);

// How much the variance grows, when neighbours correlate by that.
double compare_inflation(const struct serial *serial, double correlation);

// The least effect of a pair that counts, relative.
double compare_least_effect(const struct compare_pair *pair);

// The change that all cells of a metric share: one test over all of them, and its size is the
// median of their own. One slow DIMM or clock is one regression, not as many as there are cells.
// `correlation` is that of neighbouring visits of the metric. *common is set where it is found.
struct compare_shift compare_find_shift(const struct compare_pairs *pairs, const struct logs *logs,
                                        enum metric metric, double level, double correlation,
                                        double *common);

// From a shift of turned logarithms to ratios of the metric; NaN stays.
void compare_set_ratios(enum metric metric, struct shift shift, double *ratio, double *low,
                        double *high);

// 95 %: of all intervals.
#define COMPARE_CONFIDENCE 0.95

#endif
