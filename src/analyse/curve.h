// SPDX-License-Identifier: Apache-2.0
// What a curve of latency against bandwidth says of a machine's capacity.
//
// The points of a curve are ordered by the pause of those who make the load, from the longest
// (idle) to none, never by bandwidth: a curve may bend back, and has then two latencies at one
// bandwidth. Between two points the curve is a straight line; beyond its ends it is nothing, so a
// figure that the curve does not reach is NaN ("not reached") and never extrapolated.
#ifndef NUMAPROBE_ANALYSE_CURVE_H
#define NUMAPROBE_ANALYSE_CURVE_H

#include "base/base.h"

// All visits of one load.
struct curve_point {
    double pause; // of those who make it, in any unit: the longer, the lighter the load
    double *bandwidth_bytes_per_s; // measured, of all threads; one per visit
    double *latency_ns;
    size_t visit_count;
};

struct curve {
    struct curve_point *points; // from the longest pause to the shortest
    size_t count;
};

// Adds a visit to its point. Values must not be NaN.
void curve_add(struct curve *curve, double pause, double bandwidth_bytes_per_s, double latency_ns);
void curve_free(struct curve *curve);

// The point's medians over its visits.
double curve_point_bandwidth(const struct curve_point *point);
double curve_point_latency(const struct curve_point *point);

// A figure of the curve of medians, and the interval that holds it with the asked confidence.
// value NaN: not reached. low or high NaN: no interval (too few visits), or, when only high is NaN,
// open above, because too many of the resampled curves do not reach it.
struct curve_estimate {
    double value, low, high;
};

// The figures. Bandwidths in bytes per second, latencies in nanoseconds.
enum curve_figure {
    CURVE_IDLE_NS,      // latency at the longest pause; NaN, as all that rests on it, above
                        // CURVE_IDLE_SHARE
    CURVE_SATURATED,    // the largest bandwidth of any point; what it means: curve_saturates
    CURVE_SATURATED_NS, // latency at that point
    CURVE_AT_1_25,      // bandwidth where latency, made to never fall, reaches 1.25 x idle
    CURVE_USABLE,       // at 1.5 x idle: what a machine bears
    CURVE_AT_2,
    CURVE_KNEE, // bandwidth of the point that is farthest below the chord from idle to saturation
    CURVE_KNEE_NS,
    CURVE_FIGURE_COUNT
};

// A curve begins idle when its longest pause leaves no more than this of the largest bandwidth:
// there is little to queue behind.
#define CURVE_IDLE_SHARE 0.25

struct curve_settings {
    double confidence;  // 0.95
    uint32_t resamples; // of the bootstrap over visits; 1000
    uint64_t seed;
};
extern const struct curve_settings curve_settings_default;

// Whether the load could saturate the memory: requests queued, so that latency reached 1.25 x idle.
// Where it did not, the largest bandwidth is that of the load, and the curve has no knee.
bool curve_saturates(const struct curve_estimate figures[CURVE_FIGURE_COUNT]);

// The least visits of each point for which intervals are given. In simulated runs 95 % intervals
// from 3 visits held the truth in 73 to 93 %, from 5 on in 92 to 99 % (tests/test_curve.c).
enum { CURVE_VISITS_MIN = 5 };

// Fills the figures of a curve of at least one point.
//
// Intervals: a percentile bootstrap, for which visits of each point are drawn anew with replacement
// (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). Knee: Satopaa and
// others, "Finding a 'Kneedle' in a Haystack", ICDCSW 2011: between idle and saturation both axes
// are scaled to 0..1; refined by the parabola through the farthest point and its neighbours. NaN
// when no point is below the chord.
void curve_find_figures(const struct curve *curve, const struct curve_settings *settings,
                        struct curve_estimate figures[CURVE_FIGURE_COUNT]);

#endif
