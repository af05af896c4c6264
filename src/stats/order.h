// SPDX-License-Identifier: Apache-2.0
// Order statistics: median, extremes, and an interval for the median that needs no normality.
//
// Values must not be NaN: the caller leaves absent ones out. Arrays are never changed, but by
// order_select; where an order is needed, a private copy is made and freed again. Units are the
// caller's.
#ifndef NUMAPROBE_STATS_ORDER_H
#define NUMAPROBE_STATS_ORDER_H

#include "base/base.h"

// A copy in ascending order, which the caller frees.
double *order_sorted(const double *values, size_t count);

// The value that sorting would bring to the place `rank`, from 0 and below count, in a time that
// grows as count does. Afterwards it is there, with none above it before it and none below it
// behind it.
double order_select(double *values, size_t count, size_t rank);

// NaN when count is 0. The median of an even count is the mean of the two middle values.
double order_median(const double *values, size_t count);
double order_minimum(const double *values, size_t count);
double order_maximum(const double *values, size_t count);

// Standard deviation (of a sample: n - 1) over the mean; NaN for fewer than two values.
double order_variation(const double *values, size_t count);

// Fills levels[count] with the values made to never fall: where one is above the next, both, and
// all that then stand against them, become their common median (isotonic regression by least
// absolute deviations; pooling of adjacent violators, Robertson and Waltman, "On Estimating
// Monotone Parameters", Annals of Mathematical Statistics 39, 1968). What never falls is left as it
// is; one wild value among many is outvoted.
void order_rising(const double *values, size_t count, double *levels);

// Fills the interval for the median of the distribution that independent values come from:
// rank-th smallest .. rank-th largest, whatever that distribution is. It misses with probability
// 2 P(B < rank), B binomial of count tosses of a fair coin (David and Nagaraja, "Order Statistics",
// 3rd ed., 7.1); the rank is the largest, from 1, with which it covers with at least `confidence`
// (0.95: 95 %). False when even minimum .. maximum does not (0.95: count < 6); low and high are
// then NaN.
bool order_median_interval(const double *values, size_t count, double confidence, double *low,
                           double *high);

// ---- for tests ----------------------------------------------------------------------------------

// The rank of that interval, 0 when there is none.
size_t order_median_rank(size_t count, double confidence);

// The probability with which the interval of that rank covers: 0.96875 for rank 1 of 6.
double order_median_coverage(size_t count, size_t rank);

#endif
