// SPDX-License-Identifier: Apache-2.0
// What streams of a known rate would cost in latency, read off a measured curve and nowhere else.
#ifndef NUMAPROBE_ANALYSE_CAPACITY_H
#define NUMAPROBE_ANALYSE_CAPACITY_H

#include "analyse/loaded_curves.h"

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

#endif
