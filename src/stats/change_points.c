// SPDX-License-Identifier: Apache-2.0
#include "stats/change_points.h"

#include "stats/distribution.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A level is looked for among so many values before each; longer ones are put together afterwards.
enum { LEVEL_MAX = 500 };

// Running sums of the logarithms and of their squares, from which any stretch is known.
struct sums {
    double *values, *squares;
};

static struct sums sums_create(const double *values, size_t count) {
    struct sums sums = {base_allocate(count + 1, sizeof *sums.values),
                        base_allocate(count + 1, sizeof *sums.squares)};
    double centre = count ? log(values[0]) : 0; // near the others: squares keep their digits
    for (size_t i = 0; i < count; i++) {
        double value = log(values[i]) - centre;
        sums.values[i + 1] = sums.values[i] + value;
        sums.squares[i + 1] = sums.squares[i] + value * value;
    }
    return sums;
}

static void sums_free(struct sums *sums) {
    free(sums->values);
    free(sums->squares);
}

static double mean_of(const struct sums *sums, size_t begin, size_t end) {
    return (sums->values[end] - sums->values[begin]) / (double)(end - begin);
}

// The squares of [begin, end) around their mean.
static double cost_of(const struct sums *sums, size_t begin, size_t end) {
    double mean = mean_of(sums, begin, end);
    return sums->squares[end] - sums->squares[begin] - mean * mean * (double)(end - begin);
}

// ---- the best levels ----------------------------------------------------------------------------

// Fills before[1..count]: where the last level of the first so many values begins.
static void best_levels(const struct sums *sums, size_t count, double penalty, size_t *before) {
    double *least = base_allocate(count + 1, sizeof *least);
    size_t *begins = base_allocate(count + 1, sizeof *begins), begin_count = 0;
    least[0] = -penalty;
    for (size_t end = 1; end <= count; end++) {
        size_t kept = 0;
        begins[begin_count++] = end - 1;
        least[end] = INFINITY;
        for (size_t i = 0; i < begin_count; i++) {
            double value = least[begins[i]] + cost_of(sums, begins[i], end) + penalty;
            if (value < least[end]) {
                least[end] = value;
                before[end] = begins[i];
            }
        }
        // What is worse already, without a penalty for a change to come, stays worse.
        for (size_t i = 0; i < begin_count; i++)
            if (end - begins[i] < LEVEL_MAX &&
                least[begins[i]] + cost_of(sums, begins[i], end) <= least[end])
                begins[kept++] = begins[i];
        begin_count = kept;
    }
    free(begins);
    free(least);
}

// ---- judging ------------------------------------------------------------------------------------

// A growing list of points in ascending order, and what they stand in.
struct points {
    const struct sums *sums;
    const struct change_rules *rules;
    double centre; // of the logarithms
    size_t value_count;
    struct change_point *at;
    size_t count;
};

static void judge(struct points *points, size_t i) {
    const struct change_rules *rules = points->rules;
    size_t begin = i ? points->at[i - 1].index : 0, split = points->at[i].index;
    size_t end = i + 1 < points->count ? points->at[i + 1].index : points->value_count;
    double before = mean_of(points->sums, begin, split), after = mean_of(points->sums, split, end);
    double n = (double)(split - begin), m = (double)(end - split);
    double error = rules->deviation * sqrt(1 / n + 1 / m);
    points->at[i] = (struct change_point){
        .index = split,
        .before = exp(before + points->centre),
        .after = exp(after + points->centre),
        .p = student_two_sided((after - before) / error, rules->degrees),
    };
}

// Against both levels, so that +100 % and -50 % are the same size of change.
static double relative_change(const struct change_point *point) {
    return fmax(fabs(point->after / point->before - 1), fabs(point->before / point->after - 1));
}

// The weakest point, SIZE_MAX when all are strong: the largest p while one is too large, else the
// smallest change while one is too small.
static size_t weakest(const struct points *points) {
    size_t by_p = 0, by_change = 0;
    if (!points->count)
        return SIZE_MAX;
    for (size_t i = 1; i < points->count; i++) {
        if (points->at[i].p > points->at[by_p].p)
            by_p = i;
        if (relative_change(&points->at[i]) < relative_change(&points->at[by_change]))
            by_change = i;
    }
    if (points->at[by_p].p >= points->rules->p_max)
        return by_p;
    return relative_change(&points->at[by_change]) > points->rules->ratio_min ? SIZE_MAX
                                                                              : by_change;
}

static void merge(struct points *points) {
    for (size_t weak; (weak = weakest(points)) != SIZE_MAX;) {
        points->count--;
        memmove(&points->at[weak], &points->at[weak + 1],
                (points->count - weak) * sizeof *points->at);
        if (weak > 0)
            judge(points, weak - 1);
        if (weak < points->count)
            judge(points, weak);
    }
}

size_t change_points_find(const double *values, size_t count, const struct change_rules *rules,
                          struct change_point *found) {
    CHECK(rules->p_max > 0 && rules->p_max < 1);
    if (!count || !(rules->degrees > 0) || !(rules->deviation > 0))
        return 0;
    double reach = student_quantile(rules->p_max, rules->degrees) * rules->deviation;
    struct sums sums = sums_create(values, count);
    size_t *before = base_allocate(count + 1, sizeof *before);
    struct points points = {
        .sums = &sums, .rules = rules, .centre = log(values[0]), .value_count = count, .at = found};
    best_levels(&sums, count, reach * reach, before);
    for (size_t end = before[count]; end; end = before[end])
        points.count++;
    size_t place = points.count;
    for (size_t end = before[count]; end; end = before[end])
        found[--place].index = end;
    for (size_t i = 0; i < points.count; i++)
        judge(&points, i);
    merge(&points);
    free(before);
    sums_free(&sums);
    return points.count;
}

double change_points_variance(const double *values, size_t count, double *degrees) {
    // The median of |difference| of two normal values is 0.6745 sqrt(2) deviations. Neighbouring
    // differences share a value, and a median tells less than a sum of squares (Rousseeuw and
    // Croux, JASA 88, 1993): together about a quarter of the degrees is left.
    const double median_of_difference = 0.6744897501960817 * 1.4142135623730951;
    const double efficiency = 0.25;
    *degrees = 0;
    if (count < 3)
        return NAN;
    double *differences = base_allocate(count - 1, sizeof *differences);
    for (size_t i = 0; i + 1 < count; i++)
        differences[i] = fabs(log(values[i + 1] / values[i]));
    double deviation = order_median(differences, count - 1) / median_of_difference;
    free(differences);
    *degrees = efficiency * (double)(count - 1);
    return deviation * deviation;
}
