// SPDX-License-Identifier: Apache-2.0
// What a search for the best set of nodes found: for each mix and each place of the CPUs the best
// single node, the best set, and the sets that the system would take by itself.
#ifndef NUMAPROBE_ANALYSE_BEST_SETS_H
#define NUMAPROBE_ANALYSE_BEST_SETS_H

#include "analyse/series.h"
#include "topology/topology.h"

// Cells of the search; NULL: none with a value. The best ones are those that stayed longest,
// because the others lost before with fewer visits.
struct best_set {
    const struct data_cell *node;     // on one node, or each CPU node on its own memory
    const struct data_cell *set;      // on several
    const struct data_cell *even;     // equal parts of all nodes: what plain interleaving does
    const struct data_cell *kernel;   // the weights that the kernel had
    const struct data_cell *firmware; // the weights that follow from the firmware's bandwidths
};

// Of one series of SERIES_SETS. topology NULL: nothing is known of the firmware.
struct best_set best_set_of(const struct series *search, const struct data_run *run,
                            const struct topology *topology);

// Median over the visits, bytes per second; NaN for NULL.
double best_set_bandwidth(const struct data_cell *cell);

// Whether the set is better than the best single node by more than both intervals of 95 %, or,
// where there is none, by more than 3 %.
bool best_set_gains(const struct best_set *best);

#endif
