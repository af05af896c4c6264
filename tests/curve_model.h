// SPDX-License-Identifier: Apache-2.0
// A memory whose curve of latency against bandwidth is known as a formula.
#ifndef NUMAPROBE_TESTS_CURVE_MODEL_H
#define NUMAPROBE_TESTS_CURVE_MODEL_H

#include "base/base.h"

// Threads that move a burst, wait until it has come, and pause: a closed loop. Latency rises with
// the share of the memory's capacity that is in use, as in a queue. Each thread has so many bursts
// in flight that without a pause the model has the published latency at the published bandwidth.
struct machine {
    const char *name;
    double idle_ns, peak_gb_s, saturated_ns; // of published runs of server processors
    double sharpness;                        // latency = idle / (1 - use)^sharpness
    unsigned threads;
    double bend; // below 60 cycles of pause, the share of its capacity that the memory loses
};
extern const struct machine machines[];
extern const size_t machine_count;

struct point {
    double bandwidth_bytes_per_s, latency_ns;
};

// What a load of a chain takes, and a burst of 512 bytes of one thread, while the threads together
// move so much. Beyond 99 % of its capacity the model says what it says there.
double model_latency_ns(const struct machine *machine, double bandwidth_bytes_per_s);
double model_burst_ns(const struct machine *machine, double bandwidth_bytes_per_s);

// The bandwidth at which what the threads ask for is what the memory gives; cycles of 3 GHz.
struct point solve(const struct machine *machine, uint32_t delay_cycles);

// The figures that the model has by its formula, over all whole delays that matter.
struct truth {
    double idle_ns, saturated, saturated_ns, at_1_25, at_1_5, at_2, knee; // NaN: not reached
};

struct truth find_truth(const struct machine *machine);

#endif
