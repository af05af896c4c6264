// SPDX-License-Identifier: Apache-2.0
// A directory of runs as series: what each cell measured from run to run, where its level changed,
// and the newest run against the level that counts.
//
// Runs are kept apart by the fingerprint of their machine (comparable_fingerprint) and its host;
// the series are those of one machine. The level that counts is that of the runs that were neither
// worse nor better than the level before them, since the one that was accepted last. So a run that
// is worse does not become the norm: the runs after it stay worse until they are back, or until
// somebody accepts their level. Method: docs/method.md, Comparing runs.
#ifndef NUMAPROBE_ANALYSE_HISTORY_H
#define NUMAPROBE_ANALYSE_HISTORY_H

#include "analyse/chosen.h"
#include "analyse/compare.h"
#include "analyse/compare_gate.h"
#include "stats/change_points.h"

// What a run is to the level of a cell.
enum history_role {
    HISTORY_NONE,   // nothing: of a level long gone
    HISTORY_KEPT,   // it makes the level
    HISTORY_BEFORE, // of the level before: it says how far runs differ
    HISTORY_WORSE,
    HISTORY_BETTER,
    HISTORY_ROLE_COUNT,
};

struct history_series {
    const struct data_cell *cell;
    enum metric metric;
    uint32_t *runs;           // index into the dataset's runs, by time
    double *medians;          // one a run
    double *errors;           // one a run: levels_error of its visits
    enum history_role *roles; // one a run
    size_t count;
    size_t role_counts[HISTORY_ROLE_COUNT]; // how many runs have each role but none
    struct change_point *changes;
    size_t change_count;
    size_t begin;      // index of the run with which the level that counts begins
    size_t since;      // index of the run since which it is worse than that, SIZE_MAX: it is not
    bool thin;         // so few visits a run that it is not judged (compare_pairs_thin_out)
    double away;       // while it is worse or better: the mean distance of these runs, and how many
    size_t away_count; // follow each other
    enum history_role standing; // of the latest run
};

// What the user says of the level that counts.
struct history_rules {
    struct compare_rules compare;
    const bool *accepted; // by run of the dataset: a level begins with it; NULL: with none
    uint32_t pinned_run;  // this run alone is the level; NONE_U32: not so
    size_t pinned_first;  // this many first runs of the machine are; 0: not so
};

struct history {
    const struct dataset *dataset;
    struct history_rules rules;
    bool *same_machine; // by run: has the fingerprint and the host of the newest
    uint32_t *order;    // the runs of this machine by time, indexes into the dataset's
    size_t same_count;
    uint32_t newest; // index of the run
    struct history_series *series;
    size_t count;
    size_t level_begin;         // place in order: the level was accepted, or pinned, with this run
    bool is_accepted;           // it was accepted
    struct compare_pairs pairs; // newest against the level that counts
    struct comparison comparison;
    struct lost_cells lost;    // that the run before the newest has, and the newest has not
    char chosen[CHOSEN_BYTES]; // the newest against its past, as chosen_otherwise
};

// Fills runs[dataset->run_count] with the newest run of each machine, the latest first; returns how
// many machines there are.
size_t history_machines(const struct dataset *dataset, uint32_t *runs);

// Fills the history of the machine that has the run `newest`, which is its newest.
void history_build(struct history *history, const struct dataset *dataset, uint32_t newest,
                   const struct history_rules *rules);
void history_free(struct history *history);

// Of a compared pair: the run since which it is worse, an index into the dataset's runs; NONE_U32:
// it is not worse, or since the newest run only.
uint32_t history_worse_since(const struct history *history, const struct compare_pair *pair);

#endif
