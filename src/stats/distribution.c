// SPDX-License-Identifier: Apache-2.0
#include "stats/distribution.h"

#include <float.h>
#include <math.h>

double normal_probability(double z) {
    return erfc(-z / sqrt(2)) / 2;
}

// By bisection of the probability itself, until no double is left between: a closed form would be
// faster, and one more to prove.
double normal_quantile(double probability) {
    CHECK(probability > 0 && probability < 1);
    double low = -40, high = 40;
    for (double middle = 0; middle > low && middle < high; middle = (low + high) / 2) {
        if (normal_probability(middle) < probability)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

// The continued fraction of the incomplete beta function (NIST DLMF 8.17.22), by the modified
// method of Lentz. It converges fast for x below (a + 1) / (a + b + 2).
static double beta_fraction(double x, double a, double b) {
    const double tiny = DBL_MIN / DBL_EPSILON;
    double numerator = 1, denominator = 1 - (a + b) * x / (a + 1);
    denominator = 1 / (fabs(denominator) < tiny ? tiny : denominator);
    double value = denominator;
    for (int m = 1; m < 10000; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step = 1;
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            denominator = 1 + term * denominator;
            denominator = 1 / (fabs(denominator) < tiny ? tiny : denominator);
            numerator = 1 + term / numerator;
            numerator = fabs(numerator) < tiny ? tiny : numerator;
            step = numerator * denominator;
            value *= step;
        }
        if (fabs(step - 1) < DBL_EPSILON)
            break;
    }
    return value;
}

static double incomplete_beta(double x, double a, double b) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double student_two_sided(double t, double degrees) {
    CHECK(degrees > 0 && !isnan(t));
    return incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

static double student_density(double t, double degrees) {
    const double pi = 3.14159265358979323846;
    double half = (degrees + 1) / 2;
    return exp(lgamma(half) - lgamma(degrees / 2) - half * log1p(t * t / degrees)) /
           sqrt(degrees * pi);
}

// Near it: the normal quantile to 4.5e-4 (Abramowitz and Stegun, Handbook of Mathematical
// Functions, 26.2.23) and the first terms of what Student's is beyond it (26.7.5).
static double student_near(double two_sided_p, double degrees) {
    double w = sqrt(-2 * log(two_sided_p / 2)), d = fmax(degrees, 1);
    double z = w - (2.515517 + w * (0.802853 + w * 0.010328)) /
                       (1 + w * (1.432788 + w * (0.189269 + w * 0.001308)));
    double square = z * z;
    return z *
           (1 + (square + 1) / (4 * d) + (5 * square * square + 16 * square + 3) / (96 * d * d));
}

// Newton's steps on the logarithm of the probability, between a t that is reached too often and one
// that is too seldom; half way, or twice as far while none is too seldom, where a step leads out of
// these.
double student_quantile(double two_sided_p, double degrees) {
    CHECK(two_sided_p > 0 && two_sided_p < 1);
    double low = 0, high = INFINITY, t = fmax(student_near(two_sided_p, degrees), 1e-3);
    for (int step = 0; step < 2000 && t < 1e150; step++) {
        double reached = student_two_sided(t, degrees), at = log(reached / two_sided_p);
        if (at > 0)
            low = t;
        else
            high = t;
        double next = t + at * reached / (2 * student_density(t, degrees));
        if (!(next >= low && next <= high && isfinite(next)))
            next = isinf(high) ? 2 * t : (low + high) / 2;
        double moved = fabs(next - t);
        t = next;
        if (moved <= 8 * DBL_EPSILON * t || high - low <= 4 * DBL_EPSILON * t)
            break;
    }
    return t;
}

double fisher_upper(double f, double numerator_degrees, double denominator_degrees) {
    CHECK(numerator_degrees > 0 && denominator_degrees > 0 && !isnan(f));
    if (f <= 0)
        return 1;
    return incomplete_beta(denominator_degrees / (denominator_degrees + numerator_degrees * f),
                           denominator_degrees / 2, numerator_degrees / 2);
}
