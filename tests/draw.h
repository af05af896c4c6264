// SPDX-License-Identifier: Apache-2.0
// Noise for machines that are made up, each value drawn from the generator that is given.
#ifndef NUMAPROBE_TESTS_DRAW_H
#define NUMAPROBE_TESTS_DRAW_H

#include "base/random.h"

#include <math.h>

// Between 0 and 1, neither of them.
static inline double draw_uniform(struct random *random) {
    return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

// A normal value (Box and Muller 1958).
static inline double draw(struct random *random) {
    const double turn = 6.283185307179586;
    double radius = sqrt(-2 * log(draw_uniform(random)));
    return radius * cos(turn * draw_uniform(random));
}

// The same with the tails of Student's t of this many degrees, at a variance of 1; 0: a normal
// value.
static inline double draw_tailed(struct random *random, double tails) {
    double value = draw(random), chi = 0;
    for (int i = 0; i < (int)tails; i++) {
        double part = draw(random);
        chi += part * part;
    }
    return chi > 0 ? value * sqrt((tails - 2) / chi) : value;
}

#endif
