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

struct drift_prediction drift_predict(const double *values, size_t count, const double *before,
                                      size_t before_count, double next) {
    struct drift_prediction out = {NAN, 0, NAN};
    out.degrees = (count ? (double)count - 1 : 0) + (before_count ? (double)before_count - 1 : 0);
    if (!count || !(out.degrees > 0))
        return out;
    double logs[PARTS], distances[PARTS], errors[PARTS], most = -INFINITY;
    for (size_t i = 0; i < PARTS; i++) {
        double part = kept_parts[i];
        struct whitened own = whiten(values, count, part);
        struct whitened other = whiten(before, before_count, part);
        double squares = fmax(own.squares + other.squares, 1e-18 * out.degrees);
        logs[i] = -own.log_scale - other.log_scale - log(own.information) / 2 -
                  (before_count ? log(other.information) / 2 : 0) -
                  out.degrees / 2 * log(squares);
        double expected = own.level + part * (values[count - 1] - own.level);
        double apart = 1 - part * part + (1 - part) * (1 - part) / own.information;
        distances[i] = next - expected;
        errors[i] = sqrt(squares / out.degrees * apart);
        most = fmax(most, logs[i]);
    }
    double sum = 0, p = 0, variance = 0;
    for (size_t i = 0; i < PARTS; i++) {
        double weight = exp(logs[i] - most), moved = next - distances[i];
        sum += weight;
        p += weight * student_two_sided(distances[i] / errors[i], out.degrees);
        variance += weight * (errors[i] * errors[i] + moved * moved);
    }
    out.p = p / sum;
    out.error = sqrt(variance / sum);
    return out;
}
