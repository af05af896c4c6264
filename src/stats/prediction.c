// SPDX-License-Identifier: Apache-2.0
#include "stats/prediction.h"

#include "stats/distribution.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

// The t of Student's distribution that is exceeded with that probability, below one half.
static double student_exceeded(double probability, double degrees) {
    return student_quantile(2 * probability, degrees);
}

double prediction_factor(double probability, double degrees, size_t count) {
    CHECK(probability > 0 && probability < 0.5);
    if (!(degrees > 0) || !count)
        return INFINITY;
    return student_exceeded(probability, degrees) * sqrt(1 + 1 / (double)count);
}

double quantile_of(const double *sorted, size_t count, double share) {
    if (!count)
        return NAN;
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (sorted[above] - sorted[below]) * (at - (double)below);
}

// ---- components ---------------------------------------------------------------------------------

// Sums of squares of an analysis of variance.
struct sums {
    double within, between, squares; // squares: of the counts of the units
    double *medians;                 // of the units
};

static void add_unit(struct sums *sums, const double *values, size_t count, double mean_of_all,
                     size_t index) {
    double mean = 0;
    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        sums->within += (values[i] - mean) * (values[i] - mean);
    sums->between += (double)count * (mean - mean_of_all) * (mean - mean_of_all);
    sums->squares += (double)count * (double)count;
    sums->medians[index] = order_median(values, count);
}

static void add_variances(struct spread *spread, const struct sums *sums) {
    double units = (double)spread->units, values = (double)spread->values;
    double inner_degrees = values - units, outer_degrees = units - 1;
    double inner = inner_degrees > 0 ? sums->within / inner_degrees : NAN;
    if (inner_degrees > 0)
        spread->within = sqrt(inner);
    if (outer_degrees <= 0) {
        spread->total = spread->within;
        spread->degrees = inner_degrees;
        return;
    }
    double outer = sums->between / outer_degrees;
    double per_unit = (values - sums->squares / values) / outer_degrees; // n0, mean size of a unit
    double known_inner = inner_degrees > 0 ? inner : 0;
    double of_units = fmax(0, (outer - known_inner) / per_unit);
    spread->between = sqrt(of_units);
    // A sum of mean squares: outer / n0 + inner (1 - 1 / n0). Where a unit has one value each, the
    // second part is nothing. Its degrees are those of the few units: by chance they may lie close
    // together, and Satterthwaite's many degrees would then be those of the parts.
    double total = fmax(outer / per_unit + known_inner * (1 - 1 / per_unit), known_inner);
    spread->total = sqrt(total);
    spread->degrees = outer_degrees;
}

struct spread spread_of(const double *values, const uint32_t *unit, size_t count) {
    struct spread spread = {
        .centre = NAN, .between = NAN, .within = NAN, .total = NAN, .values = count};
    if (!count)
        return spread;
    struct sums sums = {.medians = base_allocate(count, sizeof *sums.medians)};
    double mean = 0;
    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin; end < count && unit[end] == unit[begin];)
            end++;
        add_unit(&sums, values + begin, end - begin, mean, spread.units++);
    }
    spread.centre = order_median(sums.medians, spread.units);
    add_variances(&spread, &sums);
    free(sums.medians);
    return spread;
}

// ---- robust -------------------------------------------------------------------------------------

// The degrees of such a standard deviation of normal values: the usual ones times the efficiency of
// the median absolute deviation (Rousseeuw and Croux, JASA 88, 1993).
static double spread_robust_degrees(size_t count) {
    const double efficiency = 0.37;
    return efficiency * (double)(count - 1);
}

static double tail_ratio(double degrees) {
    return student_exceeded(0.01, degrees) / student_exceeded(0.05, degrees);
}

double tail_degrees(const double *deviations, size_t count) {
    const double least = 1.5, most = 1000;
    double *sorted = order_sorted(deviations, count);
    double ratio = quantile_of(sorted, count, 0.99) / quantile_of(sorted, count, 0.95);
    free(sorted);
    double low = least, high = most;
    if (!(ratio > tail_ratio(most)))
        return most;
    for (int step = 0; step < 30; step++) {
        double middle = sqrt(low * high);
        if (tail_ratio(middle) > ratio)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double prediction_factor_robust(double probability, double tails, size_t count) {
    if (count < 2)
        return INFINITY;
    double degrees = 1 / (1 / tails + 1 / spread_robust_degrees(count));
    double scale = normal_quantile(0.75) / student_exceeded(0.25, tails);
    return scale * prediction_factor(probability, degrees, count);
}

double spread_robust(const double *values, size_t count, int side) {
    const double mad_scale = 1.4826;
    if (count < 2)
        return NAN;
    double centre = order_median(values, count);
    double *deviations = base_allocate(count, sizeof *deviations);
    for (size_t i = 0; i < count; i++)
        deviations[i] = fabs(values[i] - centre);
    double spread = mad_scale * order_median(deviations, count);
    for (size_t i = 0; i < count; i++)
        deviations[i] = side * (values[i] - centre);
    double *sorted = order_sorted(deviations, count);
    double share = count >= 40 ? 0.95 : 0.8;
    double one_sided = quantile_of(sorted, count, share) / normal_quantile(share);
    free(sorted);
    free(deviations);
    return fmax(spread, one_sided);
}
