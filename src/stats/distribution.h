// SPDX-License-Identifier: Apache-2.0
// The distributions that the tests of this room stand on.
#ifndef NUMAPROBE_STATS_DISTRIBUTION_H
#define NUMAPROBE_STATS_DISTRIBUTION_H

#include "base/base.h"

// The probability that a standard normal value is at most z.
double normal_probability(double z);

// Its inverse, for 0 < probability < 1: 0.975 gives 1.95996...
double normal_quantile(double probability);

// The probability that Student's t of that many degrees of freedom (above 0) is at least as far
// from 0 as `t`, on either side.
double student_two_sided(double t, double degrees);

// Its inverse: the t that is reached or passed on either side with that probability, 0 < p < 1.
double student_quantile(double two_sided_p, double degrees);

// The probability that Fisher's F of this many degrees of freedom (above 0) is at least `f`.
double fisher_upper(double f, double numerator_degrees, double denominator_degrees);

#endif
