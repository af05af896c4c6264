// SPDX-License-Identifier: Apache-2.0
// The next value of a series whose neighbours may be alike.
//
// A machine that drifts keeps a level for some runs, and leaves it: what runs vary by then says
// little of how far the next lies from them all. The series is taken for one that returns to a
// level by an unknown part from value to value (an autoregression of the first order). Each of some
// such parts counts by how likely it makes the values, with the level and the variance integrated
// out (Zellner 1971, An Introduction to Bayesian Inference in Econometrics, chapter 4): the
// prediction is the mixture. Where neighbours are not alike it is close to that of Student's test.
#ifndef NUMAPROBE_STATS_DRIFT_H
#define NUMAPROBE_STATS_DRIFT_H

#include "base/base.h"

struct drift_prediction {
    double error; // standard deviation of the next value from the mean of the series; NaN: unknown
    double degrees; // of freedom that it is known with
    double p;       // that the next value lies so far out, two-sided; NaN without an error
};

// `next` is a value that follows `values`; both are distances from the mean of the values. `before`
// are those of an earlier level, around the mean of their own: they tell only how values vary.
struct drift_prediction drift_predict(const double *values, size_t count, const double *before,
                                      size_t before_count, double next);

// That two stretches of a series that follow each other have one level, two-sided: the probability
// of levels as far apart. NaN: too few values.
double drift_step_p(const double *before, size_t before_count, const double *after,
                    size_t after_count);

#endif
