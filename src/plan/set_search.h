// SPDX-License-Identifier: Apache-2.0
// The search for the set of nodes, and the weights, with the most bandwidth: which sets to try
// next, by what those that were tried gave. Pure. Private to this room.
//
// It begins with the ratio of what the nodes give alone, which is the best where each node limits
// itself, and with equal parts. Where CPUs or links limit, another set may be better: so from the
// best set so far one weight at a time is raised and lowered, in large steps and then in small
// ones, and each node is left out once (coordinate search; Wright 2015, Math. Program. 151).
#ifndef NUMAPROBE_PLAN_SET_SEARCH_H
#define NUMAPROBE_PLAN_SET_SEARCH_H

#include "base/node_set.h"

#include <stddef.h>

struct set_trial {
    struct node_set nodes; // one node, or several; none: no part of the search
    double value;          // more is better; NaN: it gave nothing
};

// Sets of one search at most, and so of one step.
enum { SET_TRIALS_MAX = 48 };

// Fills next with sets that were not tried; 0: the search is over, or fewer than two single nodes
// gave a value. Hints are sets to begin with besides, those of tried nodes.
size_t set_search_next(const struct set_trial *trials, size_t count, const struct node_set *hints,
                       size_t hint_count, struct node_set next[SET_TRIALS_MAX]);

#endif
