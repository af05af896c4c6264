// SPDX-License-Identifier: Apache-2.0
// The schedule: which cell of a plan to visit next, given the visits so far.
//
// A pure state machine. schedule_next names a cell, the caller visits it (or reads the row of an
// earlier visit), schedule_add says what came of it. The same plan, settings and rows give the
// same schedule everywhere, because the time that counts is the one in the rows: so a run can be
// resumed by replaying them.
//
// First comes a round of all cells. Parts that search are explored then: the peak of a mix heat by
// heat, the points of a curve generation by generation, as far as the budget goes. What they leave
// and all other cells are then visited in rounds, each in its own random order, so that a slow
// drift of the machine does not fall on the same cells each time. A cell leaves the rounds when its
// interval is narrow enough, looked at after fixed numbers of visits only, because to look after
// each visit would stop at lucky moments. At last the first cell is visited once more, to show a
// drift.
#ifndef NUMAPROBE_PLAN_SCHEDULE_H
#define NUMAPROBE_PLAN_SCHEDULE_H

#include "plan/schedule_state.h"

void schedule_begin(struct schedule *schedule, struct plan *plan);
void schedule_free(struct schedule *schedule);

// The next cell and the number of its visit, from 1. False when there is nothing left to do.
bool schedule_next(struct schedule *schedule, size_t *cell, uint64_t *round);

// What the visit of that cell gave: its row, with or without values.
void schedule_add(struct schedule *schedule, size_t cell, const struct row *row);

// How long the whole run will take at most, as predicted; spent_ns is the part that is done.
uint64_t schedule_predict_ns(const struct schedule *schedule);

// Whether the budget holds one visit of each cell; the error names --budget and what would do.
bool schedule_check(const struct schedule *schedule, struct error *error);

#endif
