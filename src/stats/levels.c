// SPDX-License-Identifier: Apache-2.0
#include "stats/levels.h"

#include "stats/distribution.h"
#include "stats/drift.h"
#include "stats/order.h"
#include "stats/prediction.h"
#include "stats/tails.h"
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

double levels_error(const double *values, size_t count) {
    double rank = ((double)count - 1) / 2 - sqrt((double)count); // from 0
    if (!(rank >= 0))
        return NAN;
    double *sorted = order_sorted(values, count);
    double low = quantile_of(sorted, count, rank / ((double)count - 1));
    double error = (order_median(sorted, count) - low) / 2;
    free(sorted);
    return error;
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
    double usual;    // size of its distances from its sides
    double unsteady; // variance of the level of a single new run, beyond that of other runs' levels
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

// How far a run lies from its side, less this part of what all cells share; NaN: it has no value.
static double own_distance(const struct levels *levels, size_t cell, size_t run,
                           const struct cell_levels *of, const double *shared, double part) {
    double away = levels->values[cell * levels->runs + run] - of->mean[levels->sides[run]];
    return part > 0 ? away - part * shared[run] : away;
}

static void take_variance(const struct levels *levels, size_t cell, const double *shared,
                          double part, struct cell_levels *out) {
    double squares = 0;
    for (size_t run = 0; run < levels->runs; run++) {
        double away = own_distance(levels, cell, run, out, shared, part);
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

// ---- one new run --------------------------------------------------------------------------------

// Of a single new run nothing but the others says how far it may lie from them. So their tails
// count, whether neighbours are alike, and how steady the visits behind its level were.

static bool is_one_run(const struct levels *levels) {
    size_t runs = 0;
    for (size_t run = 0; run < levels->runs; run++)
        runs += levels->sides[run] == LEVELS_NEW;
    return runs == 1;
}

// As shift_of, for the only run of the new side.
static void predict_shift(const struct levels *levels, const double *shared,
                          struct level_shift *shift) {
    double *values[LEVELS_SIDES];
    size_t counts[LEVELS_SIDES] = {0};
    for (size_t side = 0; side < LEVELS_SIDES; side++)
        values[side] = base_allocate(levels->runs, sizeof *values[side]);
    for (size_t run = 0; run < levels->runs; run++)
        if (!isnan(shared[run]))
            values[levels->sides[run]][counts[levels->sides[run]]++] = shared[run];
    struct level_change *change = &shift->change;
    struct drift_prediction next =
        drift_predict(values[LEVELS_BASE], counts[LEVELS_BASE], values[LEVELS_BEFORE],
                      counts[LEVELS_BEFORE], change->estimate);
    if (!isnan(next.error) && !isnan(change->error)) {
        double wider = fmax(1, next.error / change->error);
        change->error *= wider;
        change->low = change->estimate - wider * (change->estimate - change->low);
        change->high = change->estimate + wider * (change->high - change->estimate);
        change->p = fmax(change->p, next.p);
    }
    for (size_t side = 0; side < LEVELS_SIDES; side++)
        free(values[side]);
}

// The parts of what all cells seem to share that are taken out of the earlier runs and of the new.
// The median over cells that share nothing varies too: by that of a cell times pi / 2 and by the
// number of cells. Twice of it is chance, for the runs before, and two standard errors for the new.
static void take_parts(const struct levels *levels, const struct cell_levels *cells,
                       const struct level_shift *shift, double shift_factor, double *part,
                       double *new_part) {
    const double half_pi = 1.5707963267948966, chance = 2, new_chance = 4;
    double *variances = base_allocate(levels->cells, sizeof *variances);
    size_t known = 0;
    for (size_t i = 0; i < levels->cells; i++)
        if (!isnan(cells[i].estimate) && !isnan(cells[i].variance))
            variances[known++] = cells[i].variance;
    double apparent = half_pi * order_median(variances, known) / (double)known;
    double error = shift->change.error * shift->change.error, away = shift->change.estimate;
    *part = fmax(0, 1 - chance * apparent * shift_factor / error);
    *new_part = fmax(*part, 1 - new_chance * apparent * shift_factor / (away * away));
    free(variances);
}

// A new level that its visits tell less exactly than those of other runs: what it varies by more.
static void take_unsteady(const struct levels *levels, size_t cell, struct cell_levels *out) {
    const double usual = 2; // so much less exactly is chance
    const double *errors = levels->errors ? levels->errors + cell * levels->runs : NULL;
    double *others = base_allocate(levels->runs, sizeof *others), newest = NAN;
    size_t count = 0;
    for (size_t run = 0; errors && run < levels->runs; run++) {
        if (levels->sides[run] == LEVELS_NEW)
            newest = errors[run];
        else if (!isnan(errors[run]))
            others[count++] = errors[run];
    }
    double most = usual * order_median(others, count);
    out->unsteady = newest > most ? newest * newest - most * most : 0;
    free(others);
}

// The size of a cell's usual distances from its sides, which its rare ones have no hold on: their
// median. The logarithms of all cells' are drawn together by as much as their chance explains how
// they differ (James and Stein 1961, towards the mean).
static void take_usual(const struct levels *levels, const double *deviations,
                       struct cell_levels *cells) {
    double *sizes = base_allocate(levels->runs, sizeof *sizes);
    double sum = 0, squares = 0, chance = 0, known = 0;
    for (size_t i = 0; i < levels->cells; i++) {
        size_t count = 0;
        for (size_t run = 0; run < levels->runs; run++)
            if (!isnan(deviations[i * levels->runs + run]))
                sizes[count++] = fabs(deviations[i * levels->runs + run]);
        cells[i].usual = count ? log(fmax(order_median(sizes, count), 1e-9)) : NAN;
        if (!count)
            continue;
        sum += cells[i].usual;
        squares += cells[i].usual * cells[i].usual;
        chance += 1.36 / (double)count; // of normal values, of many
        known++;
    }
    double mean = sum / known, differ = (squares - sum * mean) / (known - 1), own = 1;
    if (known >= LEVELS_SHARED)
        own = fmax(0, 1 - chance / known / differ);
    for (size_t i = 0; i < levels->cells; i++)
        cells[i].usual = exp(own > 0 ? mean + own * (cells[i].usual - mean) : mean);
    free(sizes);
}

static struct tails tails_of(const struct levels *levels, const double *shared, double part,
                             struct cell_levels *cells) {
    double *deviations = base_allocate(levels->cells * levels->runs, sizeof *deviations);
    for (size_t i = 0; i < levels->cells; i++)
        for (size_t run = 0; run < levels->runs; run++) {
            size_t own = cells[i].count[levels->sides[run]];
            double away = own_distance(levels, i, run, &cells[i], shared, part);
            bool known = own > 1 && !isnan(cells[i].estimate);
            deviations[i * levels->runs + run] = known ? away / sqrt(1 - 1 / (double)own) : NAN;
        }
    take_usual(levels, deviations, cells);
    for (size_t i = 0; i < levels->cells * levels->runs; i++)
        deviations[i] /= cells[i / levels->runs].usual;
    struct tails tails = tails_fit(deviations, levels->cells * levels->runs);
    free(deviations);
    return tails;
}

// ---- all ----------------------------------------------------------------------------------------

static double factor_of_shift(const struct levels *levels, const double *shared) {
    double counts[LEVELS_SIDES] = {0};
    for (size_t run = 0; run < levels->runs; run++)
        counts[levels->sides[run]] += !isnan(shared[run]);
    return 1 / counts[LEVELS_BASE] + 1 / counts[LEVELS_NEW];
}

struct level_shift levels_compare(const struct levels *levels, double confidence,
                                  struct level_cell *out) {
    struct cell_levels *cells = base_allocate(levels->cells, sizeof *cells);
    double *shared = base_allocate(levels->runs, sizeof *shared);
    bool is_one = is_one_run(levels);
    for (size_t i = 0; i < levels->cells; i++)
        take_means(levels, i, &cells[i]);
    take_shared(levels, cells, shared);
    struct level_shift shift = shift_of(levels, cells, shared, confidence);
    bool is_known = shift.tested && !isnan(shift.change.error);
    double part = is_known, new_part = part;
    for (size_t i = 0; i < levels->cells; i++)
        take_variance(levels, i, shared, part, &cells[i]);
    if (is_one && is_known) {
        take_parts(levels, cells, &shift, factor_of_shift(levels, shared), &part, &new_part);
        predict_shift(levels, shared, &shift);
        for (size_t i = 0; i < levels->cells; i++)
            take_variance(levels, i, shared, part, &cells[i]);
    }
    moderate_all(cells, levels->cells);
    struct tails tails = tails_of(levels, shared, part, cells);
    shift.together = move_together(cells, levels->cells, &shift);
    double *with_shift = base_allocate(levels->runs, sizeof *with_shift);
    for (size_t run = 0; run < levels->runs; run++)
        with_shift[run] = part * shared[run] +
                          (levels->sides[run] == LEVELS_NEW ? new_part * shift.change.estimate : 0);
    double common = is_known ? part * shift.change.error * shift.change.error : 0;
    for (size_t i = 0; i < levels->cells; i++) {
        struct cell_levels *cell = &cells[i];
        double degrees, own = cell->moderated * cell->factor;
        if (is_one)
            take_unsteady(levels, i, cell);
        own += cell->unsteady;
        double whole = join(own, cell->moderated_degrees, common, shift.change.degrees, &degrees);
        out[i].whole = change_of(cell->estimate, whole, degrees, confidence);
        out[i].beyond = out[i].whole;
        if (shift.together)
            out[i].beyond = change_of(cell->estimate - new_part * shift.change.estimate, own,
                                      cell->moderated_degrees, confidence);
        if (isnan(out[i].beyond.p))
            continue;
        if (is_one)
            out[i].beyond.p =
                tails_two_sided(&tails, out[i].beyond.estimate / out[i].beyond.error,
                                out[i].beyond.estimate /
                                    sqrt(cell->factor * cell->usual * cell->usual + cell->unsteady),
                                out[i].beyond.degrees);
        out[i].beyond.p =
            confirmed_p(levels, i, shift.together ? with_shift : NULL, out[i].beyond.p);
    }
    free(with_shift);
    free(cells);
    free(shared);
    return shift;
}
