// SPDX-License-Identifier: Apache-2.0
// What the invariants*.c files share. Private to this room.
#ifndef NUMAPROBE_ANALYSE_INVARIANTS_PRIVATE_H
#define NUMAPROBE_ANALYSE_INVARIANTS_PRIVATE_H

#include "analyse/cell_groups.h"
#include "analyse/invariants.h"
#include "analyse/series.h"

// What each check looks up for many cells, so that it is found once.
struct invariants_own {
    double (*medians)[METRIC_COUNT]; // of each cell of the dataset
    struct cell_groups pairs;        // all cells, by series, nodes and threads
};

// Medians over the visits; NaN when there is none. In the unit of the rows.
double invariant_median(const struct invariants_input *input, const struct data_cell *cell,
                        enum metric metric);
double invariant_latency_ns(const struct invariants_input *input, const struct data_cell *cell);
double invariant_bandwidth(const struct invariants_input *input, const struct data_cell *cell);

// Counts one comparison. excess is how far it goes beyond what is allowed, as a share: above 0 it
// raises the flag, and the worst one's sentence is kept. NaN is no comparison.
void invariant_compare(struct invariant *invariant, double excess, const char *format, ...)
    PRINTF_LIKE(3, 4);

// |a / b - 1|.
double invariant_difference(double a, double b);

// The cell of the same series and as many threads on these nodes; NULL when there is none.
const struct data_cell *invariant_find_pair(const struct invariants_input *input,
                                            const struct data_cell *like, uint64_t cpu_node,
                                            uint64_t mem_node);

// What a cell is about.
bool invariant_is_idle(const struct data_cell *cell);   // latency of memory, nobody else at work
bool invariant_is_matrix(const struct data_cell *cell); // either test, CPU nodes x memory nodes
bool invariant_is_stream(const struct data_cell *cell); // bandwidth of memory, not a check

// Orders for groups of cells.
cell_group_order invariant_by_nodes; // CPU node and memory

// ---- one for each flag of a run
// ------------------------------------------------------------------

typedef void invariant_check(const struct invariants_input *input, struct invariant *invariant);

invariant_check invariant_size, invariant_slot, invariant_first_walk, invariant_fill,
    invariant_drift, invariant_pair_levels;                              // invariants_method.c
invariant_check invariant_cycles, invariant_order, invariant_asymmetric, // invariants_matrix.c
    invariant_diagonal, invariant_firmware_order, invariant_set_mean;
invariant_check invariant_above_peak, invariant_mix_order, invariant_little, // ..._bandwidth.c
    invariant_sum_nodes, invariant_scaling, invariant_cross;

#endif
