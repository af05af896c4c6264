// SPDX-License-Identifier: Apache-2.0
#include "stats/levels.h"

#include "stats/distribution.h"
#include "stats/order.h"
#include "stats/two_sample.h"

#include <math.h>
#include <stdlib.h>

// Of the cells this many must move by the same: each no farther from it than this many standard
// errors of its own, or than half of it.
static const double share_together = 0.75;
static const double errors_together = 3;
static const double apart_together = 0.5;
// A cell whose variance is so unlikely under the prior begins to be judged by itself.
static const double outlier_p = 0.05;
// Cells of one run are not quite independent of each other: half of their degrees count.
static const double prior_share = 0.5;

// ---- the prior of variances ---------------------------------------------------------------------

// The derivatives of log gamma, by recurrence and the asymptotic series (NIST DLMF 5.11.2, 5.15.8).
static double digamma(double x) {
    double sum = 0;
    for (; x < 8; x++)
        sum -= 1 / x;
    double s = 1 / (x * x);
    return sum + log(x) - 1 / (2 * x) - s * (1.0 / 12 - s * (1.0 / 120 - s / 252));
}

static double trigamma(double x) {
    double sum = 0;
    for (; x < 8; x++)
        sum += 1 / (x * x);
    double s = 1 / (x * x);
    return sum + 1 / x + s / 2 + s / x * (1.0 / 6 - s * (1.0 / 30 - s / 42));
}

static const double degrees_max = 1e6; // a spread of variances that chance alone explains

static double trigamma_inverse(double y) {
    double low = 1e-3, high = degrees_max;
    for (double middle; middle = sqrt(low * high), middle > low && middle < high;) {
        if (trigamma(middle) > y)
            low = middle;
        else
            high = middle;
    }
    return sqrt(low * high);
}

// Values that were rounded may not vary at all, and have no logarithm then.
static double min_variance(const double *variances, const double *degrees, size_t count) {
    const double absolute = 1e-12, relative = 1e-5;
    double *known = base_allocate(count, sizeof *known);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (degrees[i] > 0)
            known[used++] = variances[i];
    double least = used ? fmax(absolute, relative * order_median(known, used)) : absolute;
    free(known);
    return least;
}

// Smyth 2004, 6.2: mean and variance of the logarithms of variances.
struct level_prior level_prior_of(const double *variances, const double *degrees, size_t count) {
    double least = min_variance(variances, degrees, count);
    double sum = 0, squares = 0, chance = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        if (degrees[i] <= 0)
            continue;
        double half = degrees[i] / 2;
        double z = log(fmax(variances[i], least)) - digamma(half) + log(half);
        sum += z;
        squares += z * z;
        chance += trigamma(half);
        used++;
    }
    if (used < 2)
        return (struct level_prior){0};
    double mean = sum / used;
    double spread = (squares - sum * mean) / (used - 1) - chance / used;
    double half = spread <= 1 / degrees_max ? degrees_max : trigamma_inverse(spread);
    return (struct level_prior){.variance = exp(mean + digamma(half) - log(half)),
                                .degrees = 2 * half};
}

// ---- one side and another -----------------------------------------------------------------------

// What is kept of a cell between the steps.
struct cell_levels {
    double mean[LEVELS_SIDES];
    size_t count[LEVELS_SIDES]; // runs with a value
    double estimate;            // new - base; NaN
    double factor;              // of a variance between runs, for that of the estimate
    double variance;            // between runs, of what is the cell's own
    double degrees;             // of the variance
    double moderated;           // with the prior; NaN: nothing tells it
    double moderated_degrees;
};

static void take_means(const struct levels *levels, size_t cell, struct cell_levels *out) {
    const double *values = levels->values + cell * levels->runs;
    *out = (struct cell_levels){0};
    for (size_t run = 0; run < levels->runs; run++) {
        if (isnan(values[run]))
            continue;
        out->mean[levels->sides[run]] += values[run];
        out->count[levels->sides[run]]++;
    }
    for (size_t side = 0; side < LEVELS_SIDES; side++) {
        out->mean[side] /= (double)out->count[side]; // NaN of none
        out->degrees += out->count[side] ? (double)out->count[side] - 1 : 0;
    }
    out->estimate = out->mean[LEVELS_NEW] - out->mean[LEVELS_BASE];
    out->factor = 1 / (double)out->count[LEVELS_BASE] + 1 / (double)out->count[LEVELS_NEW];
}

// How far each run lies from its side in all cells alike: the median over the cells, less the mean
// of its side, so that a change between the sides is not in it.
static void take_shared(const struct levels *levels, const struct cell_levels *cells,
                        double *shared) {
    double *away = base_allocate(levels->cells, sizeof *away);
    double sums[LEVELS_SIDES] = {0}, counts[LEVELS_SIDES] = {0};
    for (size_t run = 0; run < levels->runs; run++) {
        size_t count = 0, side = levels->sides[run];
        for (size_t cell = 0; cell < levels->cells; cell++) {
            double value = levels->values[cell * levels->runs + run];
            if (!isnan(value) && !isnan(cells[cell].estimate))
                away[count++] = value - cells[cell].mean[side];
        }
        shared[run] = order_median(away, count);
        if (!count)
            continue;
        sums[side] += shared[run];
        counts[side]++;
    }
    for (size_t run = 0; run < levels->runs; run++)
        shared[run] -= sums[levels->sides[run]] / counts[levels->sides[run]];
    free(away);
}

static void take_variance(const struct levels *levels, size_t cell, const double *shared,
                          struct cell_levels *out) {
    const double *values = levels->values + cell * levels->runs;
    double squares = 0;
    for (size_t run = 0; run < levels->runs; run++) {
        double away = values[run] - out->mean[levels->sides[run]] - (shared ? shared[run] : 0);
        squares += isnan(away) ? 0 : away * away;
    }
    out->variance = out->degrees > 0 ? squares / out->degrees : NAN;
}

static void moderate(struct level_prior prior, double *variance, double *degrees) {
    double known = prior.degrees, own = *degrees > 0 ? *degrees * *variance : 0;
    if (known > 0 && *degrees > 0)
        known *= fmin(1, fisher_upper(*variance / prior.variance, *degrees, known) / outlier_p);
    *degrees += known;
    *variance = (known * prior.variance + own) / *degrees; // NaN of none
    // Few runs of a cell that has two levels may all have met the same one: none is taken for
    // calmer than its like.
    if (known > 0)
        *variance = fmax(*variance, prior.variance);
}

void levels_moderate(double *variances, double *degrees, size_t count) {
    double known = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        known += degrees[i] > 0;
        total += degrees[i];
    }
    struct level_prior prior = {0};
    if (known >= LEVELS_SHARED) {
        prior = level_prior_of(variances, degrees, count);
        prior.degrees = fmin(prior.degrees, prior_share * total * (known - 1) / known);
    }
    for (size_t i = 0; i < count; i++)
        moderate(prior, &variances[i], &degrees[i]);
}

// Those that have no change are none of the many.
static void moderate_all(struct cell_levels *cells, size_t count) {
    double *variances = base_allocate(count, sizeof *variances);
    double *degrees = base_allocate(count, sizeof *degrees);
    for (size_t i = 0; i < count; i++) {
        variances[i] = cells[i].variance;
        degrees[i] = isnan(cells[i].estimate) ? 0 : cells[i].degrees;
    }
    levels_moderate(variances, degrees, count);
    for (size_t i = 0; i < count; i++) {
        cells[i].moderated = variances[i];
        cells[i].moderated_degrees = degrees[i];
    }
    free(variances);
    free(degrees);
}

static struct level_change change_of(double estimate, double variance, double degrees,
                                     double confidence) {
    struct level_change change = {estimate, sqrt(variance), degrees, NAN, NAN, NAN};
    if (isnan(estimate) || isnan(change.error) || !(degrees > 0))
        return change;
    double least = 1e-9; // where nothing varies: far below what rounding leaves of a value
    change.error = fmax(change.error, least);
    double reach = student_quantile(1 - confidence, degrees) * change.error;
    change.low = estimate - reach;
    change.high = estimate + reach;
    change.p = student_two_sided(estimate / change.error, degrees);
    return change;
}

// The sum of two variances, with the degrees of Welch and Satterthwaite.
static double join(double one, double one_degrees, double other, double other_degrees,
                   double *degrees) {
    double sum = one + other;
    if (!(other > 0)) {
        *degrees = one_degrees;
        return one;
    }
    *degrees = sum * sum / (one * one / one_degrees + other * other / other_degrees);
    return sum;
}

// ---- the shift ----------------------------------------------------------------------------------

// How far all cells moved, and how exactly the runs tell it.
static struct level_shift shift_of(const struct levels *levels, const struct cell_levels *cells,
                                   const double *shared, double confidence) {
    struct level_shift shift = {
        .change = {NAN, NAN, 0, NAN, NAN, NAN}
    };
    double *own = base_allocate(levels->cells, sizeof *own);
    for (size_t i = 0; i < levels->cells; i++)
        if (!isnan(cells[i].estimate))
            own[shift.cells++] = cells[i].estimate;
    shift.tested = shift.cells >= LEVELS_SHARED;
    double squares = 0, counts[LEVELS_SIDES] = {0}, middle = order_median(own, shift.cells);
    for (size_t run = 0; run < levels->runs; run++) {
        if (isnan(shared[run]))
            continue;
        squares += shared[run] * shared[run];
        counts[levels->sides[run]]++;
    }
    double degrees = 0, factor = 1 / counts[LEVELS_BASE] + 1 / counts[LEVELS_NEW];
    for (size_t side = 0; side < LEVELS_SIDES; side++)
        degrees += fmax(0, counts[side] - 1);
    if (shift.tested && degrees > 0)
        shift.change = change_of(middle, squares / degrees * factor, degrees, confidence);
    free(own);
    return shift;
}

static bool move_together(const struct cell_levels *cells, size_t count,
                          const struct level_shift *shift) {
    double along = 0, middle = shift->change.estimate;
    for (size_t i = 0; i < count; i++) {
        if (isnan(cells[i].estimate))
            continue;
        double error = sqrt(fmax(cells[i].moderated, 0) * cells[i].factor);
        along += fabs(cells[i].estimate - middle) <=
                 fmax(errors_together * error, apart_together * fabs(middle));
    }
    return shift->tested && !isnan(middle) && along >= share_together * (double)shift->cells;
}

// A cell with two levels of its own among calm ones is calm by the prior. So Student's p counts
// only where the order of the runs agrees: as far as so few runs can have an order beyond chance.
static double confirmed_p(const struct levels *levels, size_t cell, const double *shared,
                          double p) {
    const double order_p = 0.03;
    double *sides[2];
    size_t counts[2] = {0};
    for (size_t side = 0; side < 2; side++)
        sides[side] = base_allocate(levels->runs, sizeof *sides[side]);
    for (size_t run = 0; run < levels->runs; run++) {
        double value = levels->values[cell * levels->runs + run];
        size_t side = levels->sides[run];
        if (side < COUNT_OF(sides) && !isnan(value))
            sides[side][counts[side]++] = value - (shared ? shared[run] : 0);
    }
    double own = two_sample_p(sides[0], counts[0], sides[1], counts[1]);
    free(sides[0]);
    free(sides[1]);
    return own <= fmax(order_p, two_sample_min_p(counts[0], counts[1])) ? p : fmax(p, own);
}

struct level_shift levels_compare(const struct levels *levels, double confidence,
                                  struct level_cell *out) {
    struct cell_levels *cells = base_allocate(levels->cells, sizeof *cells);
    double *shared = base_allocate(levels->runs, sizeof *shared);
    for (size_t i = 0; i < levels->cells; i++)
        take_means(levels, i, &cells[i]);
    take_shared(levels, cells, shared);
    struct level_shift shift = shift_of(levels, cells, shared, confidence);
    bool is_known = shift.tested && !isnan(shift.change.error);
    for (size_t i = 0; i < levels->cells; i++)
        take_variance(levels, i, is_known ? shared : NULL, &cells[i]);
    moderate_all(cells, levels->cells);
    shift.together = move_together(cells, levels->cells, &shift);
    double *with_shift = base_allocate(levels->runs, sizeof *with_shift);
    for (size_t run = 0; run < levels->runs; run++)
        with_shift[run] =
            shared[run] + (levels->sides[run] == LEVELS_NEW ? shift.change.estimate : 0);
    double common = is_known ? shift.change.error * shift.change.error : 0;
    for (size_t i = 0; i < levels->cells; i++) {
        const struct cell_levels *cell = &cells[i];
        double degrees, own = cell->moderated * cell->factor;
        double whole = join(own, cell->moderated_degrees, common, shift.change.degrees, &degrees);
        out[i].whole = change_of(cell->estimate, whole, degrees, confidence);
        out[i].beyond = out[i].whole;
        if (shift.together)
            out[i].beyond = change_of(cell->estimate - shift.change.estimate, own,
                                      cell->moderated_degrees, confidence);
        if (!isnan(out[i].beyond.p))
            out[i].beyond.p =
                confirmed_p(levels, i, shift.together ? with_shift : NULL, out[i].beyond.p);
    }
    free(with_shift);
    free(cells);
    free(shared);
    return shift;
}
