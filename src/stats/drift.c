// SPDX-License-Identifier: Apache-2.0
#include "stats/drift.h"

#include "stats/distribution.h"

#include <math.h>

// How much of a distance from the level the next value keeps: each counts the same at first.
static const double kept_parts[] = {0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95};
enum { PARTS = COUNT_OF(kept_parts) };

// A series seen by one part: what its values and their level weigh when they are made independent.
struct whitened {
    double level;       // the best one
    double information; // of the level, in variances of a value
    double squares;     // of the values around it
    double log_scale;   // half the logarithm of the determinant of their correlations
};

static struct whitened whiten(const double *values, size_t count, double part) {
    struct whitened out = {0};
    double sum = 0, fresh = 1 - part * part;
    for (size_t i = 0; i < count; i++) {
        double weight = i ? 1 - part : 1, variance = i ? fresh : 1;
        double value = i ? values[i] - part * values[i - 1] : values[i];
        out.information += weight * weight / variance;
        sum += weight * value / variance;
        out.squares += value * value / variance;
        out.log_scale += log(variance) / 2;
    }
    if (count) {
        out.level = sum / out.information;
        out.squares = fmax(0, out.squares - sum * out.level);
    }
    return out;
}

// Two series of one drift, each with its level, seen by one part.
struct pair {
    struct whitened one, other;
    double variance;       // of a value
    double log_likelihood; // with both levels and the variance integrated out
};

static struct pair pair_of(const double *values, size_t count, const double *before,
                           size_t before_count, double part) {
    struct pair pair = {whiten(values, count, part), whiten(before, before_count, part), 0, 0};
    double degrees =
        (count ? (double)count - 1 : 0) + (before_count ? (double)before_count - 1 : 0);
    double squares = fmax(pair.one.squares + pair.other.squares, 1e-18 * degrees);
    pair.variance = squares / degrees;
    pair.log_likelihood = -pair.one.log_scale - pair.other.log_scale - degrees / 2 * log(squares) -
                          (count ? log(pair.one.information) / 2 : 0) -
                          (before_count ? log(pair.other.information) / 2 : 0);
    return pair;
}

// What each part counts: turns logarithms into weights, together 1.
static void weigh(double weights[PARTS]) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < PARTS; i++)
        most = fmax(most, weights[i]);
    for (size_t i = 0; i < PARTS; i++)
        sum += weights[i] = exp(weights[i] - most);
    for (size_t i = 0; i < PARTS; i++)
        weights[i] /= sum;
}

struct drift_prediction drift_predict(const double *values, size_t count, const double *before,
                                      size_t before_count, double next) {
    struct drift_prediction out = {NAN, 0, NAN};
    out.degrees = (count ? (double)count - 1 : 0) + (before_count ? (double)before_count - 1 : 0);
    if (!count || !(out.degrees > 0))
        return out;
    double weights[PARTS], expected[PARTS], errors[PARTS], variance = 0;
    for (size_t i = 0; i < PARTS; i++) {
        double part = kept_parts[i];
        struct pair pair = pair_of(values, count, before, before_count, part);
        double apart = 1 - part * part + (1 - part) * (1 - part) / pair.one.information;
        weights[i] = pair.log_likelihood;
        expected[i] = pair.one.level + part * (values[count - 1] - pair.one.level);
        errors[i] = sqrt(pair.variance * apart);
    }
    weigh(weights);
    out.p = 0;
    for (size_t i = 0; i < PARTS; i++) {
        double t = (next - expected[i]) / errors[i];
        out.p += weights[i] * student_two_sided(t, out.degrees);
        variance += weights[i] * (errors[i] * errors[i] + expected[i] * expected[i]);
    }
    out.error = sqrt(variance);
    return out;
}

double drift_step_p(const double *before, size_t before_count, const double *after,
                    size_t after_count) {
    double weights[PARTS], own[PARTS], p = 0;
    if (!before_count || !after_count || before_count + after_count < 3)
        return NAN;
    double degrees = (double)(before_count + after_count) - 2;
    for (size_t i = 0; i < PARTS; i++) {
        struct pair pair = pair_of(before, before_count, after, after_count, kept_parts[i]);
        double error =
            sqrt(pair.variance * (1 / pair.one.information + 1 / pair.other.information));
        weights[i] = pair.log_likelihood;
        own[i] = student_two_sided((pair.other.level - pair.one.level) / error, degrees);
    }
    weigh(weights);
    for (size_t i = 0; i < PARTS; i++)
        p += weights[i] * own[i];
    return p;
}
