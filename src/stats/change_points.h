// SPDX-License-Identifier: Apache-2.0
// Where a series of values changed its level, found without chance: the same series always gives
// the same points.
//
// The way of Hunter and Apache Otava (Fleming and others, ICPE 2023, arXiv 2301.03034): candidates
// by E-divisive (Matteson and James, JASA 2014: the split of greatest energy distance), each judged
// by Student's t test between its neighbouring levels instead of by permutations; in windows, with
// ten times the p value at first, then the weakest points are merged away.
#ifndef NUMAPROBE_STATS_CHANGE_POINTS_H
#define NUMAPROBE_STATS_CHANGE_POINTS_H

#include "base/base.h"

struct change_rules {
    size_t window;      // values looked at together, at least 2; Otava has 50
    double p_most;      // Otava has 0.001
    double ratio_least; // least change of the mean relative to it, e.g. 0.02
};

struct change_point {
    size_t index;  // of the first value on the new level
    double before; // mean of the level that ends here
    double after;  // mean of the level that begins here
    double p;
};

// Fills `found` (room for count) in ascending order and returns how many there are. Values are
// finite and above 0, in the order of time.
size_t change_points_find(const double *values, size_t count, const struct change_rules *rules,
                          struct change_point *found);

#endif
