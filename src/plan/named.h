// SPDX-License-Identifier: Apache-2.0
// A cell from its name: what an earlier run measured is planned again from the name alone.
#ifndef NUMAPROBE_PLAN_NAMED_H
#define NUMAPROBE_PLAN_NAMED_H

#include "plan/plan.h"

// Appends the cell of that name, of idle latency or of bandwidth, to the plan, whose pace it gets.
// ERROR_KIND_REFUSED when the name is of another kind of cell, or when this machine or program has
// no cell of exactly that name: the sentence says why.
bool plan_add_named(struct plan *plan, const struct topology *topology,
                    const struct cross_check *check, const char *name, struct error *error);

#endif
