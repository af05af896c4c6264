// SPDX-License-Identifier: Apache-2.0
// A directory of runs as series: what each cell measured from run to run, where its level changed,
// and the newest run against its past.
//
// Runs are kept apart by the fingerprint of their machine (comparable_fingerprint) and its host;
// the series are those of the newest run's.
#ifndef NUMAPROBE_ANALYSE_HISTORY_H
#define NUMAPROBE_ANALYSE_HISTORY_H

#include "analyse/chosen.h"
#include "analyse/compare.h"
#include "analyse/compare_gate.h"
#include "stats/change_points.h"

struct history_series {
    const struct data_cell *cell;
    enum metric metric;
    uint32_t *runs;  // index into the dataset's runs, by time
    double *medians; // one a run
    size_t count;
    struct change_point *changes;
    size_t change_count;
};

struct history {
    const struct dataset *dataset; // its runs in the order of time
    bool *same_machine;            // by run: has the fingerprint and the host of the newest
    size_t same_count;
    uint32_t newest; // index of the run
    struct history_series *series;
    size_t count;
    struct compare_pairs pairs; // newest against its past, since the last change before it
    struct comparison comparison;
    struct lost_cells lost;    // that the run before the newest has, and the newest has not
    char chosen[CHOSEN_BYTES]; // the newest against its past, as chosen_otherwise
};

// Fills the history of a dataset of at least one run, whose runs are in order of time.
void history_build(struct history *history, const struct dataset *dataset,
                   struct compare_rules rules);
void history_free(struct history *history);

#endif
