// SPDX-License-Identifier: Apache-2.0
// Near and far: the places of a matrix sorted by what lies between CPU and memory, each group as a
// ratio to the local one, and the firmware's word compared with what was measured.
#ifndef NUMAPROBE_ANALYSE_TIERS_H
#define NUMAPROBE_ANALYSE_TIERS_H

#include "analyse/dataset.h"
#include "topology/topology.h"

enum tier { TIER_LOCAL, TIER_SAME_PACKAGE, TIER_REMOTE, TIER_NO_CPUS };
enum { TIER_NAME_BYTES = 64 };

// Places of the same kind at the same distance by the firmware (SLIT), where that is known. The
// median of the cells' medians, and its ratio to the local tier's with a 95 % interval: a
// percentile bootstrap over the visits of each cell (Efron and Tibshirani 1993, chapter 13),
// seeded.
struct tier_figure {
    enum tier tier;
    uint64_t distance;          // NONE_U64: unknown
    char name[TIER_NAME_BYTES]; // "local", "other package, distance 21"
    size_t cells;
    double value;
    double ratio, low, high; // NaN: no local tier, or too few visits for an interval
};

struct tier_list {
    struct tier_figure *at; // local first, then by distance
    size_t count;
};

// topology NULL: packages and distances are unknown, and every other node with CPUs is remote.
void tier_list_build(struct tier_list *list, const struct data_cell *const *cells, size_t count,
                     enum metric metric, const struct machine_file *machine,
                     const struct topology *topology);
void tier_list_free(struct tier_list *list);

// Where the firmware's latency (HMAT) is more than 30 % off the measured one: calls `say` with a
// sentence each. Returns how many there are.
size_t tier_wrong_values(const struct data_cell *const *cells, size_t count,
                         const struct topology *topology,
                         void (*say)(const char *sentence, void *context), void *context);

// Where the order of the firmware's distances (SLIT), or of its latencies (HMAT), is not that of
// the measured latencies: calls `say` with a sentence each. Returns how many there are.
size_t tier_disagreements(const struct data_cell *const *cells, size_t count,
                          const struct topology *topology,
                          void (*say)(const char *sentence, void *context), void *context);

#endif
