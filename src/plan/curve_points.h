// SPDX-License-Identifier: Apache-2.0
// Which delays a curve of latency against bandwidth is measured at: points go in, the next delay
// comes out.
//
// The same delay loads one machine little and another fully, so no fixed list fits. Seeds that
// cover four decades come first; then the worst hole between neighbours, in bandwidth or in
// latency, is split until none is left. Neighbours are those by delay and not by bandwidth, because
// a curve may bend back: more pressure, less bandwidth, more latency (docs/method.md, Latency under
// load). Pure: nothing here measures.
#ifndef NUMAPROBE_PLAN_CURVE_POINTS_H
#define NUMAPROBE_PLAN_CURVE_POINTS_H

#include "base/base.h"

struct curve_density {
    size_t seed_step;       // 1: all seeds come first; 2: every second one, from the first on
    double bandwidth_share; // a hole: neighbours differ by more than this share of the peak
    double latency_log;     // or by more than this in the natural logarithm of latency
    size_t points_max;
};
extern const struct curve_density curve_density_full;   // 5 % and 0.25
extern const struct curve_density curve_density_quick;  // 10 % and 0.5
extern const struct curve_density curve_density_sketch; // the same, from half the seeds, 14 points

// The delays that come before any splitting, ascending.
extern const uint32_t curve_seed_delays[];
extern const size_t curve_seed_count;

struct curve_points {
    struct curve_point_measured {
        uint32_t delay_cycles;
        double bandwidth_bytes_per_s, latency_ns;
    } * points; // ascending by delay
    size_t count;
};

// Takes in what a delay gave. One that was asked before is replaced. NaN (a visit without values)
// is a point that no hole is seen beside.
void curve_points_add(struct curve_points *points, uint32_t delay_cycles,
                      double bandwidth_bytes_per_s, double latency_ns);
void curve_points_free(struct curve_points *points);

// The next delay to measure: a seed that is not measured yet, or the middle of the worst hole.
// False when no hole is left, none can be split (delays are whole cycles), or points_max is
// reached.
bool curve_points_next(const struct curve_points *points, const struct curve_density *density,
                       uint32_t *delay_cycles);

// ---- for tests ----------------------------------------------------------------------------------

// The largest hole left, as a multiple of what the density allows: at most 1 when none is left.
double curve_points_worst(const struct curve_points *points, const struct curve_density *density);

#endif
