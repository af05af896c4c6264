// SPDX-License-Identifier: Apache-2.0
// The schedule: which cell of a plan to visit next, given the visits so far.
//
// A pure state machine. schedule_next names a cell, the caller visits it (or reads the row of an
// earlier visit), schedule_add tells what came of it. The same plan, settings and rows give the
// same schedule everywhere, because time counts as predicted and never as measured: so a run can be
// resumed by replaying its rows.
//
// Parts that search (the peak of a mix) are explored first, heat by heat. What they leave and all
// other cells are then visited in rounds, each in its own random order, so that a slow drift of the
// machine does not fall on the same cells each time. A cell leaves the rounds when its interval is
// narrow enough, looked at after fixed numbers of visits only, because to look after each visit
// would stop at lucky moments. At last the first cell is visited once more, to show a drift.
#ifndef NUMAPROBE_PLAN_SCHEDULE_H
#define NUMAPROBE_PLAN_SCHEDULE_H

#include "base/random.h"
#include "plan/plan.h"
#include "record/row.h"

// Why a cell is visited no more.
enum stop_reason {
    STOP_NONE,
    STOP_REFUSED,   // the plan refuses it: one row says so
    STOP_ROUNDS,    // as often as was asked for
    STOP_CONVERGED, // its interval is narrow enough
    STOP_LOOKS,     // the last look, and it is not
    STOP_LOST,      // of a search: others were better
    STOP_BUDGET,    // no time for another round
};

struct schedule_cell {
    double *latency_ns; // one of each a visit that gave a value; NaN where the test has none
    double *bandwidth_bytes_per_s;
    size_t value_count;
    size_t visits;
    enum stop_reason stopped;
};

struct schedule {
    struct plan *plan;
    struct schedule_cell *cells; // one per cell of the plan; grows with it
    size_t cell_count;
    struct random random;
    size_t *queue; // cells to visit, in order, before anything is decided again
    size_t queue_count, queue_next;
    uint64_t visits;   // so far, of all cells
    uint64_t spent_ns; // predicted time of the visits so far
    size_t first_cell; // that was visited and is not refused; SIZE_MAX: none yet
    bool repeated;     // the first cell, at last
};

void schedule_begin(struct schedule *schedule, struct plan *plan);
void schedule_free(struct schedule *schedule);

// The next cell and the number of its visit, from 1. False when there is nothing left to do.
bool schedule_next(struct schedule *schedule, size_t *cell, uint64_t *round);

// What the visit of that cell gave: its row, with or without values.
void schedule_add(struct schedule *schedule, size_t cell, const struct row *row);

// The number that a cell is about: latency where its test has one, else bandwidth. As many as
// value_count.
const double *schedule_values(const struct schedule *schedule, size_t cell);

// How long the whole run will take at most, as predicted; spent_ns is the part that is done.
uint64_t schedule_predict_ns(const struct schedule *schedule);

// Whether the budget holds one visit of each cell; the error names --budget and what would do.
bool schedule_check(const struct schedule *schedule, struct error *error);

#endif
