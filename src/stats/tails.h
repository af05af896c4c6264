// SPDX-License-Identifier: Apache-2.0
// How likely a value is so far out, where few values say what the tails of their distribution are.
//
// Each of some Student's distributions is fitted to the values, and counts by how likely it makes
// them: what is predicted of the next value is their mixture. Values that look normal leave the
// heavy tails little weight, but few of them leave some. Private to this room.
#ifndef NUMAPROBE_STATS_TAILS_H
#define NUMAPROBE_STATS_TAILS_H

#include "base/base.h"

enum { TAILS_KINDS = 5 };

struct tails {
    double weights[TAILS_KINDS]; // of the kinds, together 1
    double scales[TAILS_KINDS];
};

// Of `count` deviations from the centre, each in units of its own kind's usual size; NaN: none.
struct tails tails_fit(const double *deviations, size_t count);

// The probability of a value at least as far out, on either side: `normal` standard deviations,
// which are known with that many degrees of freedom (above 0), if values are normal; `usual` units
// as those of the fit, if not.
double tails_two_sided(const struct tails *tails, double normal, double usual, double degrees);

#endif
