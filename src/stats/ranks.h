// SPDX-License-Identifier: Apache-2.0
// Ranks of values, from 1, which the tests of this room stand on. Private to this room.
#ifndef NUMAPROBE_STATS_RANKS_H
#define NUMAPROBE_STATS_RANKS_H

#include "base/base.h"

// Of two sides together, doubled where there are ties so that their mean rank is a whole number.
struct ranks {
    size_t *scaled; // of left, then of right; the caller frees it
    size_t scale;   // 1 or 2
    size_t count;
    double ties; // sum of t^3 - t over groups of equal values
};

// Values must not be NaN. One side alone: the other is NULL, 0.
struct ranks rank_together(const double *left, size_t left_count, const double *right,
                           size_t right_count);

#endif
