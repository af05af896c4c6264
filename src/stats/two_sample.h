// SPDX-License-Identifier: Apache-2.0
// Two samples compared with each other without assuming any distribution: how far one lies from the
// other (Hodges-Lehmann), and whether that can be chance (Mann-Whitney).
//
// Values must not be NaN. Arrays are never changed. To compare ratios, hand over logarithms.
#ifndef NUMAPROBE_STATS_TWO_SAMPLE_H
#define NUMAPROBE_STATS_TWO_SAMPLE_H

#include "base/base.h"

// The median of all differences right - left, and the interval from the k-th smallest to the k-th
// largest of them, with k from the distribution of Mann-Whitney's U (Hodges and Lehmann 1963;
// Hollander, Wolfe, Chicken, "Nonparametric Statistical Methods", 3rd ed., 4.2 and 4.3).
struct shift {
    double estimate; // NaN when a side is empty
    double low;      // of the interval; NaN when so few values have none
    double high;
};
struct shift two_sample_shift(const double *left, size_t left_count, const double *right,
                              size_t right_count, double confidence);

// The p value of Mann-Whitney's two-sided test. Up to TWO_SAMPLE_EXACT values on both sides
// together it is exact, ties included: the distribution of the rank sum over all ways of giving
// these very values to the sides, twice the smaller tail. Beyond that it is the normal
// approximation with the correction for ties and for continuity. NaN when a side is empty.
enum { TWO_SAMPLE_EXACT = 50 };
double two_sample_p(const double *left, size_t left_count, const double *right, size_t right_count);

// The smallest p value that this many values can give: 2 / C(left + right, left). 1 at most.
double two_sample_min_p(size_t left_count, size_t right_count);

#endif
