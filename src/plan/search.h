// SPDX-License-Identifier: Apache-2.0
// Parts of a plan that search: which cells they want visited before the rounds begin. Private to
// this room.
#ifndef NUMAPROBE_PLAN_SEARCH_H
#define NUMAPROBE_PLAN_SEARCH_H

#include "plan/schedule_state.h"

// Queues the next visits of all parts that still search, and may add cells to the plan. False when
// none does; it is not asked again then.
bool search_queue(struct schedule *schedule);

// Drops the slower half of the nodes and of the sets in each search for the best set, which have
// all run once.
void search_drop_sets(struct schedule *schedule);

// Whether a cell may be visited no more when it has lost, or when its curve is only sketched.
bool search_may_drop(const struct schedule *schedule, size_t cell);

#endif
