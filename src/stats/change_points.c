// SPDX-License-Identifier: Apache-2.0
#include "stats/change_points.h"

#include "stats/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- one candidate: the split of greatest energy distance ---------------------------------------

// Sums of |a - b| over rectangles of pairs, from a table of running sums.
struct distances {
    double *sums; // sums[i * side + j]: over pairs of the first i with the first j values
    size_t side;
};

static struct distances distances_create(const double *values, size_t count) {
    struct distances distances = {.side = count + 1};
    distances.sums = base_allocate(distances.side * distances.side, sizeof *distances.sums);
    for (size_t i = 1; i <= count; i++)
        for (size_t j = 1; j <= count; j++) {
            double *at = distances.sums + i * distances.side + j;
            *at = fabs(values[i - 1] - values[j - 1]) + at[-1] + at[-(ptrdiff_t)distances.side] -
                  at[-(ptrdiff_t)distances.side - 1];
        }
    return distances;
}

// Over pairs of [a, b) with [c, d).
static double distance_sum(const struct distances *distances, size_t a, size_t b, size_t c,
                           size_t d) {
    const double *sums = distances->sums;
    size_t side = distances->side;
    return sums[b * side + d] - sums[a * side + d] - sums[b * side + c] + sums[a * side + c];
}

// The energy distance between [begin, split) and [split, end), scaled by n m / (n + m).
static double divergence(const struct distances *distances, size_t begin, size_t split,
                         size_t end) {
    double n = (double)(split - begin), m = (double)(end - split);
    double between = distance_sum(distances, begin, split, split, end);
    double first = distance_sum(distances, begin, split, begin, split) / 2;
    double second = distance_sum(distances, split, end, split, end) / 2;
    double value = 2 / (n + m) * between;
    if (n > 1)
        value -= 2 * m / (n + m) / (n - 1) * first;
    if (m > 1)
        value -= 2 * n / (n + m) / (m - 1) * second;
    return value;
}

// The best split of [begin, end), with the second side allowed to end early: a later change must
// not hide an earlier one. Returns its divergence, -INFINITY when there is nothing to split.
static double best_split(const struct distances *distances, size_t begin, size_t end,
                         size_t *split) {
    double best = -INFINITY;
    for (size_t at = begin + 1; at < end; at++)
        for (size_t until = at + 1; until <= end; until++) {
            double value = divergence(distances, begin, at, until);
            if (value > best) {
                best = value;
                *split = at;
            }
        }
    return best;
}

// ---- judging ------------------------------------------------------------------------------------

static double mean_of(const double *values, size_t begin, size_t end) {
    double sum = 0;
    for (size_t i = begin; i < end; i++)
        sum += values[i];
    return sum / (double)(end - begin);
}

static double squares_around(const double *values, size_t begin, size_t end, double mean) {
    double sum = 0;
    for (size_t i = begin; i < end; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return sum;
}

// Student's t test with one variance between [begin, split) and [split, end).
static struct change_point judge(const double *values, size_t begin, size_t split, size_t end) {
    struct change_point point = {.index = split, .p = 1};
    double n = (double)(split - begin), m = (double)(end - split), degrees = n + m - 2;
    point.before = mean_of(values, begin, split);
    point.after = mean_of(values, split, end);
    if (degrees <= 0 || point.before == point.after)
        return point; // two values are different or not, and nothing tells how different
    double squares = squares_around(values, begin, split, point.before) +
                     squares_around(values, split, end, point.after);
    double error = sqrt(squares / degrees * (1 / n + 1 / m));
    point.p = error > 0 ? student_two_sided((point.after - point.before) / error, degrees) : 0;
    return point;
}

// Against both levels, so that +100 % and -50 % are the same size of change.
static double relative_change(const struct change_point *point) {
    return fmax(fabs(point->after / point->before - 1), fabs(point->before / point->after - 1));
}

// A growing list of points in ascending order, and the values that they stand in.
struct points {
    const double *values;
    size_t value_count;
    struct change_point *at;
    size_t count;
};

static void judge_again(struct points *points, size_t i) {
    size_t begin = i ? points->at[i - 1].index : 0;
    size_t end = i + 1 < points->count ? points->at[i + 1].index : points->value_count;
    points->at[i] = judge(points->values, begin, points->at[i].index, end);
}

static void insert_point(struct points *points, struct change_point point) {
    size_t place = 0;
    while (place < points->count && points->at[place].index < point.index)
        place++;
    if (place < points->count && points->at[place].index == point.index)
        return;
    memmove(&points->at[place + 1], &points->at[place],
            (points->count - place) * sizeof *points->at);
    points->at[place] = point;
    points->count++;
}

// ---- split and merge ----------------------------------------------------------------------------

// E-divisive on one window: splits the interval of greatest divergence as long as the test agrees.
static void split_window(struct points *window, double p_most) {
    struct distances distances = distances_create(window->values, window->value_count);
    for (;;) {
        double best = -INFINITY;
        size_t best_begin = 0, best_at = 0, best_end = 0;
        for (size_t i = 0; i <= window->count; i++) {
            size_t begin = i ? window->at[i - 1].index : 0, at = 0;
            size_t end = i < window->count ? window->at[i].index : window->value_count;
            double value = best_split(&distances, begin, end, &at);
            if (value > best) {
                best = value;
                best_begin = begin;
                best_at = at;
                best_end = end;
            }
        }
        if (best == -INFINITY)
            break;
        struct change_point point = judge(window->values, best_begin, best_at, best_end);
        if (!(point.p < p_most))
            break;
        insert_point(window, point);
    }
    free(distances.sums);
}

static void split_all(struct points *points, size_t window_length, double p_most) {
    struct points window = {.at = base_allocate(window_length, sizeof *window.at)};
    for (size_t start = 0; start < points->value_count;) {
        size_t left = points->value_count - start, next = start + window_length / 2;
        window.values = points->values + start;
        window.value_count = left < window_length ? left : window_length;
        window.count = 0;
        split_window(&window, p_most);
        for (size_t i = 0; i < window.count; i++) {
            window.at[i].index += start;
            insert_point(points, window.at[i]);
        }
        // The next window begins on the last level that is known, or half a window on.
        size_t last = window.count ? window.at[window.count - 1].index : 0;
        start = last > next ? last : next;
    }
    free(window.at);
    for (size_t i = 0; i < points->count; i++)
        judge_again(points, i);
}

// The weakest point, SIZE_MAX when all are strong: the largest p while one is too large, else the
// smallest change while one is too small.
static size_t weakest(const struct points *points, const struct change_rules *rules) {
    size_t by_p = 0, by_change = 0;
    if (!points->count)
        return SIZE_MAX;
    for (size_t i = 1; i < points->count; i++) {
        if (points->at[i].p > points->at[by_p].p)
            by_p = i;
        if (relative_change(&points->at[i]) < relative_change(&points->at[by_change]))
            by_change = i;
    }
    if (points->at[by_p].p >= rules->p_most)
        return by_p;
    return relative_change(&points->at[by_change]) > rules->ratio_least ? SIZE_MAX : by_change;
}

static void merge(struct points *points, const struct change_rules *rules) {
    for (size_t weak; (weak = weakest(points, rules)) != SIZE_MAX;) {
        points->count--;
        memmove(&points->at[weak], &points->at[weak + 1],
                (points->count - weak) * sizeof *points->at);
        if (weak > 0)
            judge_again(points, weak - 1);
        if (weak < points->count)
            judge_again(points, weak);
    }
}

size_t change_points_find(const double *values, size_t count, const struct change_rules *rules,
                          struct change_point *found) {
    CHECK(rules->window >= 2 && rules->p_most > 0 && rules->p_most < 1);
    struct points points = {.values = values, .value_count = count, .at = found};
    split_all(&points, rules->window, fmin(0.5, 10 * rules->p_most));
    merge(&points, rules);
    return points.count;
}
