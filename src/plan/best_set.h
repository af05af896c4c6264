// SPDX-License-Identifier: Apache-2.0
// The search for the best set of nodes for each mix, from each CPU node and from all: how a plan of
// single nodes (BLOCK_SET) grows by sets.
#ifndef NUMAPROBE_PLAN_BEST_SET_H
#define NUMAPROBE_PLAN_BEST_SET_H

#include "plan/schedule_state.h"

struct best_set_request {
    const struct topology *topology;
    const struct cross_check *check;
    const struct plan_request *like; // CPU nodes, sizing, pace; its blocks are not looked at
    uint64_t size_bytes;             // as a block's; 0: by the sizing
    struct node_set kernel_weights;  // that the kernel has now, of all nodes; none: unknown
};

// Adds the sets to visit next to the plan, each to be visited once: of all searches at the same
// time. Adds nothing while cells of a search were not visited. False when these are over or the
// first half of the budget is spent; most of the sets and nodes have lost then, and the others are
// measured in rounds, heat by heat (plan/search.c).
bool best_set_grow(struct schedule *schedule, const struct best_set_request *request);

// How many sets a search may add to a plan at most.
size_t best_set_max(const struct plan *plan);

#endif
