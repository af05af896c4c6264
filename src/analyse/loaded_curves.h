// SPDX-License-Identifier: Apache-2.0
// The rows of latency under load as curves: one for each place, mix and kind of load.
#ifndef NUMAPROBE_ANALYSE_LOADED_CURVES_H
#define NUMAPROBE_ANALYSE_LOADED_CURVES_H

#include "analyse/curve.h"
#include "analyse/dataset.h"

struct loaded_curve {
    char name[128]; // "cpu 0 to mem 1, load on 1, reads, structural chain"; behind the mix: paced
    bool paced;     // by the clock: its points are what was offered, and its only figure is idle
    const struct data_cell *first;
    size_t visits_max; // of a point
    struct curve curve;
    struct curve_estimate figures[CURVE_FIGURE_COUNT];
};

struct loaded_curves {
    struct loaded_curve *at;
    size_t count;
    const struct loaded_curve **by_place; // the same, those of one place beside each other
};

// In the order of analyse/series.h. The bandwidth of a closed load is all that is moved; of a paced
// one what came of that which was offered, without the chase, where the rows tell it. The idle
// latency of a paced load is that of the closed load of the same place, NaN where there is none.
void loaded_curves_build(struct loaded_curves *curves, const struct dataset *dataset);
void loaded_curves_free(struct loaded_curves *curves);

// The closed curve of the same place as a paced one, or the other way round; NULL: there is none.
const struct loaded_curve *loaded_curves_twin(const struct loaded_curves *curves,
                                              const struct loaded_curve *curve);

// Why the largest bandwidth of a closed curve is not the memory's: "limited by the load (1
// CPU)...", or that it is unknown. "" where the memory was saturated. Returns text.
enum { LOADED_LIMIT_BYTES = 200 };
char *loaded_curve_limit(const struct loaded_curve *curve, char text[LOADED_LIMIT_BYTES]);

// What a point of a paced load was to move, in bytes per second.
double loaded_curve_offered(const struct curve_point *point);

// The latency that the curve of medians has at a bandwidth, by the straight line between two
// points, coming from idle; NaN beyond its ends.
double loaded_curve_latency(const struct curve *curve, double bandwidth_bytes_per_s);

#endif
