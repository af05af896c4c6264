// SPDX-License-Identifier: Apache-2.0
#include "analyse/sweep.h"

#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double flat_rise = 0.15;    // of the logarithm of the time, within a level
static const double level_octaves = 1;   // that a level spans at least
static const double level_ratio = 1.25;  // that two levels differ by at least
static const double held_share = 0.9;    // of accesses: all but disturbances
static const double counted_share = 0.5; // below, an error of the slower level's time weighs much
static const double near_largest = 0.95;

// ---- smoothing ----------------------------------------------------------------------------------

static void take_medians(const struct sweep_point *points, size_t count, double *logs) {
    for (size_t i = 0; i < count; i++) {
        double three[3];
        size_t from = i ? i - 1 : 0, used = 0;
        for (size_t k = from; k <= i + 1 && k < count; k++)
            three[used++] = log(points[k].time);
        logs[i] = used == 3 ? order_median(three, used) : log(points[i].time);
    }
}

// Pool adjacent violators: the rising sequence that is nearest in squares.
static void make_rise(double *values, size_t count) {
    double *means = base_allocate(count + 1, sizeof *means);
    size_t *sizes = base_allocate(count + 1, sizeof *sizes), pools = 0;
    for (size_t i = 0; i < count; i++) {
        means[pools] = values[i];
        sizes[pools++] = 1;
        while (pools > 1 && means[pools - 2] > means[pools - 1]) {
            double left = (double)sizes[pools - 2], right = (double)sizes[pools - 1];
            means[pools - 2] =
                (left * means[pools - 2] + right * means[pools - 1]) / (left + right);
            sizes[pools - 2] += sizes[pools - 1];
            pools--;
        }
    }
    for (size_t pool = 0, at = 0; pool < pools; pool++)
        for (size_t i = 0; i < sizes[pool]; i++)
            values[at++] = means[pool];
    free(means);
    free(sizes);
}

// ---- levels -------------------------------------------------------------------------------------

struct curve_shape {
    const struct sweep_point *points;
    const double *logs; // of the times, rising
    size_t count;
};

// A run of points, first and last among them.
struct run {
    size_t first, last;
};

static double octaves(const struct curve_shape *shape, struct run run) {
    return log2(shape->points[run.last].size_bytes / shape->points[run.first].size_bytes);
}

static bool longest_run(const struct curve_shape *shape, size_t from, size_t end,
                        struct run *longest) {
    bool found = false;
    for (size_t i = from; i < end; i++) {
        struct run run = {i, i};
        while (run.last + 1 < end && shape->logs[run.last + 1] - shape->logs[i] <= flat_rise)
            run.last++;
        if (octaves(shape, run) < level_octaves ||
            (found && octaves(shape, run) <= octaves(shape, *longest)))
            continue;
        *longest = run;
        found = true;
    }
    return found;
}

// The longest run, and then what is left of it and right of it; in order.
static size_t find_runs(const struct curve_shape *shape, size_t from, size_t end,
                        struct run runs[SWEEP_LEVELS_MAX], size_t count) {
    struct run run;
    if (count == SWEEP_LEVELS_MAX || !longest_run(shape, from, end, &run))
        return count;
    count = find_runs(shape, from, run.first, runs, count);
    if (count == SWEEP_LEVELS_MAX)
        return count;
    runs[count++] = run;
    return find_runs(shape, run.last + 1, end, runs, count);
}

static double log_of_run(const struct curve_shape *shape, struct run run) {
    return order_median(shape->logs + run.first, run.last - run.first + 1);
}

static size_t merge_runs(const struct curve_shape *shape, struct run *runs, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept &&
            log_of_run(shape, runs[i]) - log_of_run(shape, runs[kept - 1]) < log(level_ratio))
            runs[kept - 1].last = runs[i].last;
        else
            runs[kept++] = runs[i];
    }
    return kept;
}

// ---- what a level holds -------------------------------------------------------------------------

static double served_share(const struct curve_shape *shape, size_t point, double near, double far) {
    double share = (far - exp(shape->logs[point])) / (far - near);
    return fmin(1, fmax(0, share));
}

static void find_border(const struct curve_shape *shape, struct sweep_level *level, struct run run,
                        double far) {
    double most = 0, max_at = NAN, outgrown = NAN;
    for (size_t pass = 0; pass < 2; pass++) { // the largest product, then the first near it
        for (size_t i = run.first; i < shape->count; i++) {
            double size = shape->points[i].size_bytes;
            double share = served_share(shape, i, level->time, far);
            if (isnan(outgrown) && share < held_share)
                outgrown = size;
            if (share < counted_share)
                break;
            if (pass == 0)
                most = fmax(most, share * size);
            else if (isnan(max_at) && share * size >= near_largest * most)
                max_at = size;
        }
    }
    level->low_bytes = most;
    level->high_bytes = fmax(outgrown, max_at);
    level->holds_bytes = sqrt(level->low_bytes * level->high_bytes);
}

static void describe_level(const struct curve_shape *shape, struct run run,
                           struct sweep_level *level) {
    size_t last = run.last;
    double time = exp(log_of_run(shape, run));
    while (last + 1 < shape->count && shape->logs[last + 1] - log(time) <= flat_rise)
        last++;
    *level = (struct sweep_level){
        .time = time,
        .first_bytes = shape->points[run.first].size_bytes,
        .last_bytes = shape->points[run.last].size_bytes,
        .holds_bytes = NAN,
        .low_bytes = shape->points[last].size_bytes,
        .high_bytes = NAN,
    };
}

size_t sweep_find_levels(const struct sweep_point *points, size_t count,
                         struct sweep_level levels[SWEEP_LEVELS_MAX]) {
    double *logs = base_allocate(count + 1, sizeof *logs);
    take_medians(points, count, logs);
    make_rise(logs, count);
    const struct curve_shape shape = {points, logs, count};
    struct run runs[SWEEP_LEVELS_MAX];
    size_t found = merge_runs(&shape, runs, find_runs(&shape, 0, count, runs, 0));
    for (size_t i = 0; i < found; i++)
        describe_level(&shape, runs[i], &levels[i]);
    for (size_t i = 0; i + 1 < found; i++)
        find_border(&shape, &levels[i], runs[i], levels[i + 1].time);
    free(logs);
    return found;
}

void sweep_match(const struct sweep_level *levels, size_t level_count, const uint64_t *shown_bytes,
                 size_t shown_count, size_t *matches) {
    size_t next = 0, borders = 0;
    while (borders < level_count && !isnan(levels[borders].holds_bytes))
        borders++;
    for (size_t shown = 0; shown < shown_count; shown++) {
        double nearest = level_octaves;
        matches[shown] = SIZE_MAX;
        for (size_t i = next; i < borders; i++) {
            double away = fabs(log2(levels[i].holds_bytes / (double)shown_bytes[shown]));
            if (away > nearest)
                continue;
            nearest = away;
            matches[shown] = i;
        }
        if (matches[shown] == SIZE_MAX && shown + 1 == shown_count && next < borders)
            matches[shown] = borders - 1;
        if (matches[shown] != SIZE_MAX)
            next = matches[shown] + 1;
    }
}
