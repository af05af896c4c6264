// SPDX-License-Identifier: Apache-2.0
// Where the next value of a sample will lie: limits for one value that is not there yet, which are
// wider than an interval of the mean, because the value has a spread of its own.
#ifndef NUMAPROBE_STATS_PREDICTION_H
#define NUMAPROBE_STATS_PREDICTION_H

#include "base/base.h"

// How many standard deviations beyond the centre of `count` values the next one lies with at most
// that probability (above 0, at most 0.5), on one side: t times sqrt(1 + 1 / count) (Hahn and
// Meeker, "Statistical Intervals", 1991, 4.8). `degrees` are those of the standard deviation.
// Infinite where there are none.
double prediction_factor(double probability, double degrees, size_t count);

// What values vary by, each a value of one unit (a run, a host) that was measured once or more.
struct spread {
    double centre;          // the median of the units' medians; NaN without values
    double between, within; // standard deviations of units, and inside of a unit; NaN: not known
    double total;           // of one new measurement of a new unit; NaN: not known
    double degrees;         // of that; 0: not known
    size_t units, values;
};

// unit[i] is that of values[i], ascending. The components are those of an analysis of variance with
// one random factor (Searle, Casella, McCulloch, "Variance Components", 1992, 3.6). With one unit
// nothing says how units differ: total is then that inside of it.
struct spread spread_of(const double *values, const uint32_t *unit, size_t count);

// A standard deviation that wild values have no hold on, towards one side (+1: above the centre,
// -1: below it): the larger of the scaled median absolute deviation and of the distance to a
// quantile on that side, each so that it is the standard deviation of normal values. So the smaller
// part of a group of two levels is no set of wild values. The quantile is the 95th of 100 from 40
// values on, where two of them may be wild, else the 80th. Fewer than two values: NaN.
double spread_robust(const double *values, size_t count, int side);

// The degrees of the Student's distribution that these values have the upper tail of: deviations
// from a centre, each in spreads of its own kind, so that many kinds tell together. By the ratio of
// their 99th to their 95th of 100; 1000 for normal ones.
double tail_degrees(const double *deviations, size_t count);

// As prediction_factor, in units of a spread_robust of `count` values whose tails have these
// degrees.
double prediction_factor_robust(double probability, double tails, size_t count);

// The value below which that share of them lies, between neighbours by their ranks. NaN: none.
double quantile_of(const double *sorted, size_t count, double share);

#endif
