// SPDX-License-Identifier: Apache-2.0
// Core to core, class by class: what two CPUs share, and what a line between them costs.
#ifndef NUMAPROBE_ANALYSE_PAIR_CLASSES_H
#define NUMAPROBE_ANALYSE_PAIR_CLASSES_H

#include "analyse/series.h"

// Of the pairs of a class, each by the median of its visits. NaN: no pair has a value.
struct pair_class_figure {
    size_t pairs, valued;                            // with rows, and with a value
    double min_ns, p5_ns, median_ns, p95_ns, max_ns; // percentiles by nearest rank
};

// Fills one for each class; those of a series of SERIES_PAIRS.
void pair_class_figures(const struct series *pairs,
                        struct pair_class_figure figures[PAIR_CLASS_COUNT]);

// "cas_ping_pong, lines in memory of the writer's node, thp pages". Returns text.
enum { PAIRS_NAME_BYTES = 600 };
char *pairs_name(const struct series *pairs, char text[PAIRS_NAME_BYTES]);

// What their protocol does, as `list protocols` has it; "" for one that this program has not.
const char *pairs_meaning(const struct series *pairs);

// The CPUs of a series' pairs; the caller frees the set.
struct id_set;
void pairs_cpus(const struct series *pairs, struct id_set *cpus);

// Its cells as a square of these CPUs: [writer * cpus->count + reader], by place in the set; NULL:
// none. The caller frees it.
const struct data_cell **pairs_square(const struct series *pairs, const struct id_set *cpus);

#endif
