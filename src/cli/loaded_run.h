// SPDX-License-Identifier: Apache-2.0
// Curves of latency under load: measured point by point, and as the terminal shows them.
#ifndef NUMAPROBE_CLI_LOADED_RUN_H
#define NUMAPROBE_CLI_LOADED_RUN_H

#include "analyse/curve.h"
#include "cli/results.h"
#include "cli/session.h"
#include "plan/curve_points.h"

// One victim with one load: the cells of its points differ by pause or pace only.
struct loaded_curve_run {
    struct cell like; // without a pause
    size_t idle_cell; // of the plan: the same latency without a load
    struct curve_points points;
    struct curve paced; // of paced visits: in the place of the delay, offered bytes per second, and
                        // in that of the bandwidth what the load moved of them
    struct curve curve; // of all visits that gave values
    double idle_drift, peak_drift; // last visits to the median of the ones before, less 1; NaN
};

struct loaded_run {
    struct session *session;
    const struct options *options;
    struct plan plan; // idle cells first, then points as they are chosen
    struct results results;
    struct loaded_curve_run *curves;
    size_t curve_count;
    uint64_t visits, spent_ns; // spent_ns as predicted
};

// Chooses points, measures them, and repeats them in rounds. False when a row cannot be recorded.
bool loaded_run_measure(struct loaded_run *run, struct error *error);
void loaded_run_free(struct loaded_run *run);

// The points of each curve, by pause, with idle, knee and saturation marked, and its figures.
void loaded_run_print(const struct loaded_run *run);

#endif
