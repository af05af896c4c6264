// SPDX-License-Identifier: Apache-2.0
// How alike values are that were taken one after the other. A machine that drifts gives many values
// of one level and then many of another: they tell less than as many independent ones.
//
// Values must not be NaN. Arrays are never changed.
#ifndef NUMAPROBE_STATS_SERIAL_H
#define NUMAPROBE_STATS_SERIAL_H

#include "base/base.h"

// Sums over any number of series; {0} has none.
struct serial {
    double products; // of neighbours' ranks, each less the mean rank of its series, beyond chance
    double squares;  // of the same ranks
    double damped;   // the squares less what a short series hides of a correlation
    double values;
    double series;
};

// Adds a series in the order of time. Fewer than SERIAL_MIN values tell nothing, and add nothing.
enum { SERIAL_MIN = 5 };
void serial_add(struct serial *serial, const double *values, size_t count);
void serial_join(struct serial *serial, const struct serial *more);

// The correlation of neighbours, from their ranks, without the bias of short series (Kendall 1954,
// Biometrika 41): 0 to 0.9, and 0 where there is nothing to tell it by.
double serial_correlation(const struct serial *serial);

// Whether independent values would be as much alike only with a probability of `p`.
bool serial_is_beyond_chance(const struct serial *serial, double p);

// By how much the variance of the mean of `count` such values is larger than that of independent
// ones, when the correlation fades by the same factor from neighbour to neighbour (Bayley and
// Hammersley 1946): 1 + 2 sum of (1 - k / count) correlation^k.
double serial_inflation(double correlation, double count);

// The two-sided p value that is left of p when the variance is larger by this factor.
double serial_p(double p, double inflation);

#endif
