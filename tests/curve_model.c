// SPDX-License-Identifier: Apache-2.0
#include "curve_model.h"

#include <math.h>

const struct machine machines[] = {
    {"Haswell, 2 sockets",   89.5,  122.7, 200, 0.35, 36, 0   },
    {"Skylake, 2 sockets",   79.2,  221.6, 150, 0.30, 56, 0   },
    {"Ice Lake, 2 sockets",  91.2,  351.9, 266, 0.40, 80, 0   },
    {"64 cores, bends back", 113.3, 352.6, 494, 0.50, 64, 0.12},
};
const size_t machine_count = COUNT_OF(machines);

enum { BURST_BYTES = 512 };

static double capacity_of(const struct machine *machine) {
    double use = 1 - pow(machine->idle_ns / machine->saturated_ns, 1 / machine->sharpness);
    return machine->peak_gb_s / use;
}

static double latency_at(const struct machine *machine, double gb_s, double capacity) {
    return machine->idle_ns / pow(1 - gb_s / capacity, machine->sharpness);
}

// How many latencies a burst takes, of those that are in flight at once.
static double burst_share(const struct machine *machine) {
    return machine->threads * BURST_BYTES / machine->peak_gb_s / machine->saturated_ns;
}

double model_latency_ns(const struct machine *machine, double bandwidth_bytes_per_s) {
    double capacity = capacity_of(machine);
    return latency_at(machine, fmin(bandwidth_bytes_per_s / 1e9, 0.99 * capacity), capacity);
}

double model_burst_ns(const struct machine *machine, double bandwidth_bytes_per_s) {
    return burst_share(machine) * model_latency_ns(machine, bandwidth_bytes_per_s);
}

struct point solve(const struct machine *machine, uint32_t delay_cycles) {
    double capacity = capacity_of(machine);
    if (delay_cycles < 60)
        capacity *= 1 - machine->bend * (60 - delay_cycles) / 60;
    double low = 0, high = capacity;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        double cycle_ns =
            delay_cycles / 3.0 + burst_share(machine) * latency_at(machine, middle, capacity);
        if (machine->threads * BURST_BYTES / cycle_ns > middle)
            low = middle;
        else
            high = middle;
    }
    return (struct point){low * 1e9, latency_at(machine, low, capacity)};
}

// From idle on, so that the first bandwidth at which a latency is reached is the one that stays.
static void reach(double *at, double limit_ns, const struct point *point) {
    if (isnan(*at) && point->latency_ns >= limit_ns)
        *at = point->bandwidth_bytes_per_s;
}

static double below_chord(const struct point *point, const struct point *idle,
                          const struct truth *truth) {
    return (point->bandwidth_bytes_per_s - idle->bandwidth_bytes_per_s) /
               (truth->saturated - idle->bandwidth_bytes_per_s) -
           (point->latency_ns - idle->latency_ns) / (truth->saturated_ns - idle->latency_ns);
}

struct truth find_truth(const struct machine *machine) {
    const struct point idle = solve(machine, 43740);
    struct truth truth = {
        .idle_ns = idle.latency_ns, .at_1_25 = NAN, .at_1_5 = NAN, .at_2 = NAN, .knee = NAN};
    for (uint32_t delay = 43740;; delay -= delay / 400 + 1) {
        struct point point = solve(machine, delay);
        reach(&truth.at_1_25, 1.25 * truth.idle_ns, &point);
        reach(&truth.at_1_5, 1.5 * truth.idle_ns, &point);
        reach(&truth.at_2, 2 * truth.idle_ns, &point);
        if (point.bandwidth_bytes_per_s > truth.saturated) {
            truth.saturated = point.bandwidth_bytes_per_s;
            truth.saturated_ns = point.latency_ns;
        }
        if (delay == 0)
            break;
    }
    double farthest = 0;
    for (uint32_t delay = 43740; delay > 0; delay -= delay / 400 + 1) {
        struct point point = solve(machine, delay);
        double distance = below_chord(&point, &idle, &truth);
        if (distance > farthest) {
            farthest = distance;
            truth.knee = point.bandwidth_bytes_per_s;
        }
    }
    return truth;
}
