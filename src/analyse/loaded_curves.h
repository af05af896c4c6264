// SPDX-License-Identifier: Apache-2.0
// The rows of latency under load as curves: one for each place, mix and kind of load.
#ifndef NUMAPROBE_ANALYSE_LOADED_CURVES_H
#define NUMAPROBE_ANALYSE_LOADED_CURVES_H

#include "analyse/curve.h"
#include "analyse/dataset.h"

struct loaded_curve {
    char name[128]; // "cpu 0 to mem 1, load on 1, R, closed"
    const struct data_cell *first;
    struct curve curve;
    struct curve_estimate figures[CURVE_FIGURE_COUNT];
};

struct loaded_curves {
    struct loaded_curve *at;
    size_t count;
};

// Only closed loads: a paced one has no delay to order its points by.
void loaded_curves_build(struct loaded_curves *curves, const struct dataset *dataset);
void loaded_curves_free(struct loaded_curves *curves);

// The latency that the curve of medians has at a bandwidth, by the straight line between two
// points, coming from idle; NaN beyond its ends.
double loaded_curve_latency(const struct curve *curve, double bandwidth_bytes_per_s);

#endif
