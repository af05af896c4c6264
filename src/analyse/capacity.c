// SPDX-License-Identifier: Apache-2.0
#include "analyse/capacity.h"

#include <math.h>
#include <stdlib.h>

size_t capacity_streams(const struct loaded_curve *curve, double stream_bytes_per_s,
                        struct capacity_step *steps, size_t room) {
    const struct curve *points = &curve->curve;
    double idle_ns = curve->figures[CURVE_IDLE_NS].value;
    size_t count = 0;
    if (!points->count || !(stream_bytes_per_s > 0))
        return 0;
    double first = curve_point_bandwidth(&points->points[0]);
    while (count < room) {
        struct capacity_step *step = &steps[count++];
        step->streams = (uint32_t)count;
        step->bandwidth_bytes_per_s = (double)count * stream_bytes_per_s;
        step->latency_ns = step->bandwidth_bytes_per_s <= first
                               ? idle_ns
                               : loaded_curve_latency(points, step->bandwidth_bytes_per_s);
        step->of_idle = step->latency_ns / idle_ns;
        if (isnan(step->latency_ns))
            break;
    }
    return count;
}

struct capacity_answer capacity_max_streams(const struct loaded_curve *curve,
                                            double stream_bytes_per_s, double factor) {
    double idle_ns = curve->figures[CURVE_IDLE_NS].value;
    struct capacity_answer answer = {.known = !isnan(idle_ns), .limit_ns = factor * idle_ns};
    answer.last.latency_ns = idle_ns;
    answer.last.of_idle = 1;
    struct capacity_step *steps = base_allocate(CAPACITY_STREAMS_MAX, sizeof *steps);
    size_t count = capacity_streams(curve, stream_bytes_per_s, steps, CAPACITY_STREAMS_MAX);
    size_t i = 0;
    while (answer.known && i < count && steps[i].latency_ns <= answer.limit_ns)
        answer.last = steps[i++];
    // Beyond a curve that saturates there is no bandwidth; beyond any other one is more load.
    bool ended = i == count || isnan(steps[i].latency_ns);
    bool counted_out = i == CAPACITY_STREAMS_MAX;
    answer.at_least = answer.known && (counted_out || (ended && !curve_saturates(curve->figures)));
    free(steps);
    return answer;
}
