// SPDX-License-Identifier: Apache-2.0
// Where a series of values changed its level, found without chance: the same series always gives
// the same points.
//
// The levels are those of least squares on logarithms, where each further level must gain a
// penalty: found exactly by PELT (Killick, Fearnhead, Eckley, JASA 107, 2012), which sees a short
// level between two others as a whole. Splitting step by step (E-divisive, as in Apache Otava) does
// not: the first split of a series that goes up and comes back gains next to nothing.
#ifndef NUMAPROBE_STATS_CHANGE_POINTS_H
#define NUMAPROBE_STATS_CHANGE_POINTS_H

#include "base/base.h"

struct change_rules {
    double deviation; // standard deviation of a value's logarithm on one level, above 0
    double degrees;   // of freedom that it is known with; not above 0: nothing is found
    double p_max;     // of Student's test of a step: the penalty is the square of its t
    double ratio_min; // least change of the level relative to it, e.g. 0.02
};

struct change_point {
    size_t index;  // of the first value on the new level
    double before; // the level that ends here: the geometric mean
    double after;  // the level that begins here
    double p;      // that these two are one, by Student's test
};

// Fills `found` (room for count) in ascending order and returns how many there are. Values are
// finite and above 0, in the order of time.
size_t change_points_find(const double *values, size_t count, const struct change_rules *rules,
                          struct change_point *found);

// The variance of a value's logarithm on one level, from the differences of successive ones: their
// median, which a few changes of level have no hold on. Sets its degrees of freedom. Fewer than
// three values: NaN, and 0 degrees.
double change_points_variance(const double *values, size_t count, double *degrees);

#endif
