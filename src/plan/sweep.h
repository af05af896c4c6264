// SPDX-License-Identifier: Apache-2.0
// The sizes of a sweep: what one pass touches, from a page to what no cache holds.
#ifndef NUMAPROBE_PLAN_SWEEP_H
#define NUMAPROBE_PLAN_SWEEP_H

#include "topology/topology.h"

// Multiples of 4 KiB in ascending order, from 4 KiB to at least four times the largest of these
// levels (the assumed one where there is none): two in each doubling, and four within a doubling of
// a level's size, where the borders are expected. Levels may be in any order and of several CPUs.
// With to_bytes other than 0 none is larger than that. Fills *sizes, which the caller frees, and
// returns how many there are.
size_t sweep_sizes(const struct topology_level *levels, size_t level_count, uint64_t to_bytes,
                   uint64_t **sizes);

#endif
