// SPDX-License-Identifier: Apache-2.0
#include "plan/curve_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct curve_density curve_density_full = {1, 0.05, 0.25, 40};
const struct curve_density curve_density_quick = {1, 0.10, 0.50, 20};
const struct curve_density curve_density_sketch = {2, 0.10, 0.50, 14};

// From no pause at all to one in which a core could have moved some hundred times as much.
const uint32_t curve_seed_delays[] = {0, 20, 60, 180, 540, 1620, 4860, 14580, 43740};
const size_t curve_seed_count = COUNT_OF(curve_seed_delays);

// Where a delay stands, or would stand.
static size_t find_place(const struct curve_points *points, uint32_t delay_cycles) {
    size_t place = 0;
    while (place < points->count && points->points[place].delay_cycles < delay_cycles)
        place++;
    return place;
}

static bool holds(const struct curve_points *points, size_t place, uint32_t delay_cycles) {
    return place < points->count && points->points[place].delay_cycles == delay_cycles;
}

void curve_points_add(struct curve_points *points, uint32_t delay_cycles,
                      double bandwidth_bytes_per_s, double latency_ns) {
    size_t place = find_place(points, delay_cycles);
    if (!holds(points, place, delay_cycles)) {
        points->points = base_grow_by_one(points->points, points->count, sizeof *points->points);
        memmove(&points->points[place + 1], &points->points[place],
                (points->count - place) * sizeof *points->points);
        points->count++;
    }
    points->points[place] =
        (struct curve_point_measured){delay_cycles, bandwidth_bytes_per_s, latency_ns};
}

void curve_points_free(struct curve_points *points) {
    free(points->points);
    *points = (struct curve_points){0};
}

static double find_peak(const struct curve_points *points) {
    double peak = 0;
    for (size_t i = 0; i < points->count; i++)
        if (points->points[i].bandwidth_bytes_per_s > peak) // false for NaN
            peak = points->points[i].bandwidth_bytes_per_s;
    return peak;
}

// The hole between a point and the next, as a multiple of what is allowed; 0 beside a NaN.
static double hole_score(const struct curve_points *points, size_t i, double peak,
                         const struct curve_density *density) {
    const struct curve_point_measured *left = &points->points[i], *right = left + 1;
    double bandwidth = fabs(left->bandwidth_bytes_per_s - right->bandwidth_bytes_per_s) /
                       (density->bandwidth_share * peak);
    double latency = fabs(log(left->latency_ns / right->latency_ns)) / density->latency_log;
    double score = fmax(bandwidth, latency);
    return isfinite(score) ? score : 0;
}

// The geometric mean, with 1 added to either so that a delay of 0 has one too; strictly between the
// two unless they are neighbours.
static uint32_t middle_of(uint32_t low, uint32_t high) {
    uint32_t middle = (uint32_t)(sqrt((low + 1.0) * (high + 1.0)) - 0.5);
    if (middle <= low)
        middle = low + 1;
    return middle < high ? middle : high - 1;
}

static bool can_be_split(const struct curve_points *points, size_t i) {
    return points->points[i + 1].delay_cycles - points->points[i].delay_cycles > 1;
}

bool curve_points_next(const struct curve_points *points, const struct curve_density *density,
                       uint32_t *delay_cycles) {
    for (size_t seed = 0; seed < curve_seed_count; seed += density->seed_step) {
        *delay_cycles = curve_seed_delays[seed];
        if (!holds(points, find_place(points, *delay_cycles), *delay_cycles))
            return true;
    }
    if (points->count >= density->points_max)
        return false;
    double peak = find_peak(points), worst = 1;
    bool found = false;
    for (size_t i = 0; i + 1 < points->count; i++) {
        double score = hole_score(points, i, peak, density);
        if (score <= worst || !can_be_split(points, i))
            continue;
        worst = score;
        found = true;
        *delay_cycles =
            middle_of(points->points[i].delay_cycles, points->points[i + 1].delay_cycles);
    }
    return found;
}

double curve_points_worst(const struct curve_points *points, const struct curve_density *density) {
    double peak = find_peak(points), worst = 0;
    for (size_t i = 0; i + 1 < points->count; i++)
        worst = fmax(worst, hole_score(points, i, peak, density));
    return worst;
}
