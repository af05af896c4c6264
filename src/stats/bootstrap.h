// SPDX-License-Identifier: Apache-2.0
// Medians of values drawn anew with replacement: the bootstrap of Efron and Tibshirani ("An
// Introduction to the Bootstrap", 1993, chapter 13).
#ifndef NUMAPROBE_STATS_BOOTSTRAP_H
#define NUMAPROBE_STATS_BOOTSTRAP_H

#include "base/base.h"
#include "base/random.h"

// More values than this are not drawn one by one.
enum { BOOTSTRAP_DRAWN_MAX = 64 };

// The median of `count` values drawn from as many, which are in ascending order, at least one and
// not NaN. Beyond BOOTSTRAP_DRAWN_MAX only the place of that median is drawn: that of the middle
// one of `count` uniform numbers, whose law is by then the normal one, around count / 2 with a
// standard deviation of sqrt(count) / 2 (David and Nagaraja, "Order Statistics", 3rd ed., 10.3). A
// million rows would otherwise take minutes.
double bootstrap_median(const double *sorted, size_t count, struct random *random);

#endif
