// SPDX-License-Identifier: Apache-2.0
// From good runs to limits: what a good machine measures, and how much worse is too much.
//
// The tolerance of a cell is where a good node's measurement lies beyond with a probability of at
// most LIMITS_FALSE_ALARMS shared by all cells (Bonferroni): Student's prediction limit for one new
// run on one new host, from the spread between hosts, between runs and between visits, on
// logarithms. Few hosts have few degrees of freedom, and so a wide tolerance.
#ifndef NUMAPROBE_ANALYSE_LIMITS_H
#define NUMAPROBE_ANALYSE_LIMITS_H

#include "analyse/fleet.h"
#include "record/limits_file.h"

#define LIMITS_FALSE_ALARMS 0.001

// Undisturbed visits of a cell whose median is compared with its limit; fewer than a run has.
enum { LIMITS_CHECK_VISITS = 3 };

// Fewer runs of a cell have no spread to speak of.
enum { LIMITS_RUNS_MIN = 3 };

// Makes the limits of every SKU that has a cell with this many runs. ERROR_KIND_REFUSED when none
// has. limits_free is due in either case. Only cells of idle latency and of bandwidth get limits:
// those of latency under load and of pairs differ from run to run.
bool limits_make(struct limits_file *limits, const struct fleet *fleet, const char *version,
                 struct error *error);

// Where a value is outside: the limit, in the unit of the metric.
double limits_of(const struct limits_cell *cell);
enum metric limits_metric(const struct limits_cell *cell);

// How far the value is beyond the limit, as a share of it; below 0 inside.
double limits_excess(const struct limits_cell *cell, double value);

#endif
