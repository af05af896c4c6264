// SPDX-License-Identifier: Apache-2.0
// Check cells: one that is there already, with one thing otherwise that must not matter.
#ifndef NUMAPROBE_PLAN_CHECKS_H
#define NUMAPROBE_PLAN_CHECKS_H

#include "plan/plan.h"

// Appends the check cells of the plan's first chain and of its first stream, a stream that stores
// what it loads before others: the size doubled, slots twice as large over as many slots, a walk
// that meets each line for the first time, and a buffer of zeros. ERROR_KIND_USAGE when the plan
// has no cell of memory on a pair of nodes.
bool plan_add_checks(struct plan *plan, struct error *error);

#endif
