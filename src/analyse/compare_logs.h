// SPDX-License-Identifier: Apache-2.0
// The pairs of a comparison as its tests take them: logarithms turned so that more is worse, with
// what the order of the visits says of how much they tell. Private to this room.
#ifndef NUMAPROBE_ANALYSE_COMPARE_LOGS_H
#define NUMAPROBE_ANALYSE_COMPARE_LOGS_H

#include "analyse/compare.h"
#include "stats/serial.h"
#include "stats/two_sample.h"

struct log_side {
    struct compare_visit *visits; // with these values
    double *values;
    size_t count;
};

// One pair, all visits or those without flags.
struct logs {
    struct log_side base, candidate;
    double middle;        // between the medians of the two sides; NaN when one is empty
    struct shift shift;   // its interval as wide as the visits are alike, once logs_widen was here
    struct serial serial; // of both sides, run by run
    double inflation;     // of a variance, because neighbours are alike
    bool drifts;          // all cells of the metric together show that neighbours are
};

// One for each pair; logs_free is due.
struct logs *logs_take(const struct compare_pairs *pairs, bool unflagged);
void logs_free(struct logs *logs, size_t count);

// Fills the inflation of a metric's pairs and widens their intervals. Returns the correlation of
// neighbours that all of them show together.
double logs_widen(struct logs *logs, const struct compare_pairs *pairs, enum metric metric);

// Adds the runs of a side, each a series.
void log_side_add_serial(const struct log_side *side, struct serial *serial);
void log_side_free(struct log_side *side);

// How much the variance grows, when neighbours correlate by that.
double compare_inflation(const struct serial *serial, double correlation);

#endif
