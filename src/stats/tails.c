// SPDX-License-Identifier: Apache-2.0
#include "stats/tails.h"

#include "stats/distribution.h"

#include <math.h>

// Student's degrees, and how much each counts before there are values: as much that they are
// normal, the last, as that they are not. Of the others the heaviest tails count most: they cost
// most where they are missed.
static const double kind_degrees[TAILS_KINDS] = {3, 4, 6, 12, INFINITY};
static const double prior_weights[TAILS_KINDS] = {0.35, 0.05, 0.05, 0.05, 0.5};

// The scale of greatest likelihood, by the EM algorithm (Liu and Rubin 1995, Statistica Sinica 5).
static double scale_of(const double *deviations, size_t count, double degrees) {
    enum { STEPS = 30 };
    double square = 1;
    for (size_t step = 0; step < STEPS; step++) {
        double sum = 0, used = 0;
        for (size_t i = 0; i < count; i++) {
            if (isnan(deviations[i]))
                continue;
            double own = deviations[i] * deviations[i];
            sum += isinf(degrees) ? own : (degrees + 1) * own / (degrees + own / square);
            used++;
        }
        square = fmax(sum / used, 1e-6);
    }
    return sqrt(square);
}

static double log_likelihood(const double *deviations, size_t count, double degrees, double scale) {
    const double two_pi = 6.283185307179586;
    double constant = isinf(degrees) ? -log(two_pi) / 2
                                     : lgamma((degrees + 1) / 2) - lgamma(degrees / 2) -
                                           log(degrees * two_pi / 2) / 2;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(deviations[i]))
            continue;
        double square = deviations[i] / scale * (deviations[i] / scale);
        sum += constant - log(scale) -
               (isinf(degrees) ? square / 2 : (degrees + 1) / 2 * log1p(square / degrees));
    }
    return sum;
}

struct tails tails_fit(const double *deviations, size_t count) {
    struct tails tails = {0};
    double logs[TAILS_KINDS], most = -INFINITY, sum = 0, used = 0;
    for (size_t i = 0; i < count; i++)
        used += !isnan(deviations[i]);
    for (size_t kind = 0; kind < TAILS_KINDS; kind++) {
        double degrees = kind_degrees[kind];
        tails.scales[kind] = used > 0 ? scale_of(deviations, count, degrees) : 1;
        logs[kind] = log(prior_weights[kind]) +
                     log_likelihood(deviations, count, degrees, tails.scales[kind]);
        most = fmax(most, logs[kind]);
    }
    for (size_t kind = 0; kind < TAILS_KINDS; kind++)
        sum += tails.weights[kind] = exp(logs[kind] - most);
    for (size_t kind = 0; kind < TAILS_KINDS; kind++)
        tails.weights[kind] /= sum;
    return tails;
}

double tails_two_sided(const struct tails *tails, double normal, double usual, double degrees) {
    double p = 0;
    for (size_t kind = 0; kind < TAILS_KINDS; kind++)
        p += tails->weights[kind] * (isinf(kind_degrees[kind])
                                         ? student_two_sided(normal, degrees)
                                         : student_two_sided(usual / tails->scales[kind],
                                                             fmin(kind_degrees[kind], degrees)));
    return p;
}
