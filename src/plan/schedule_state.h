// SPDX-License-Identifier: Apache-2.0
// What a schedule knows: what the visits of each cell gave, and which are to come before anything
// is decided again. The schedule decides on it, and so do the searches that it asks.
#ifndef NUMAPROBE_PLAN_SCHEDULE_STATE_H
#define NUMAPROBE_PLAN_SCHEDULE_STATE_H

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
    STOP_SKETCHED,  // of a curve that is only sketched
    STOP_BUDGET,    // no time for another round
    STOP_REASON_COUNT,
};
extern const char *const stop_reason_names[STOP_REASON_COUNT];

struct schedule_cell {
    double *latency_ns; // one of each a visit that gave a value; NaN where the test has none
    double *bandwidth_bytes_per_s;
    size_t value_count;
    size_t visits;
    uint64_t spent_ns; // of them all
    enum stop_reason stopped;
};

struct schedule {
    struct plan *plan;
    struct schedule_cell *cells; // one per cell of the plan; grows with it
    size_t cell_count;
    struct random random;
    size_t *queue; // cells to visit, in order, before anything is decided again
    size_t queue_count, queue_next;
    uint64_t visits;       // so far, of all cells
    uint64_t spent_ns;     // that the visits so far took: as their rows say, else as predicted
    uint64_t predicted_ns; // that they were to take
    bool begun;            // the first round of all cells that stay
    size_t first_cell;     // that was visited and is not refused; SIZE_MAX: none yet
    bool searched;         // nothing is searched any more
    bool repeated;         // the first cell, at last
};

// The number that a cell is about: latency where its test has one, else bandwidth. As many as
// value_count.
const double *schedule_values(const struct schedule *schedule, size_t cell);

// Puts a cell at the end of the queue.
void schedule_queue(struct schedule *schedule, size_t cell);

// False also for a cell that the plan got just now.
bool schedule_has_visited(const struct schedule *schedule, size_t cell);

// How long the next visit of a cell will take about: as long as its own did, else as predicted and
// corrected by how the visits so far compare with their predictions.
uint64_t schedule_visit_ns(const struct schedule *schedule, const struct cell *cell, size_t index);

// Whether the budget holds so much more, besides the first visits that are still to come. Always so
// where a number of rounds was asked for.
bool schedule_has_time(const struct schedule *schedule, uint64_t more_ns);

#endif
