// SPDX-License-Identifier: Apache-2.0
// What streams of a known rate would cost in latency, read off a measured curve and nowhere else.
#ifndef NUMAPROBE_ANALYSE_CAPACITY_H
#define NUMAPROBE_ANALYSE_CAPACITY_H

#include "analyse/loaded_curves.h"

enum { CAPACITY_STREAMS_MAX = 4096 };

struct capacity_step {
    uint32_t streams;
    double bandwidth_bytes_per_s; // of all of them
    double latency_ns;            // NaN: beyond what was measured
    double of_idle;               // latency to idle
};

// Fills steps for 1, 2, 3 ... streams up to the first beyond the curve, which is among them with
// NaN; at most `room`. Returns how many. Few streams may lie before the curve's first point: its
// idle latency is then taken, since less load cannot cost more.
size_t capacity_streams(const struct loaded_curve *curve, double stream_bytes_per_s,
                        struct capacity_step *steps, size_t room);

// How many streams keep the latency at or below `fold` times idle.
struct capacity_answer {
    bool known;                // false: the curve does not begin idle
    bool at_least;             // the load ended there, with the latency still below
    struct capacity_step last; // the most of them; 0 streams: not even one
    double limit_ns;           // factor x idle
};
struct capacity_answer capacity_max_streams(const struct loaded_curve *curve,
                                            double stream_bytes_per_s, double factor);

#endif
