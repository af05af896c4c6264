// SPDX-License-Identifier: Apache-2.0
// One cell that is tried before anything is measured, for a probe or a race. Private to this room.
#ifndef NUMAPROBE_PLAN_TRIAL_H
#define NUMAPROBE_PLAN_TRIAL_H

#include "plan/plan.h"

// The first CPU node that may be used; NONE_U32 when there is none.
uint32_t trial_node(const struct topology *topology);

// The one cell of a block that has one, on that CPU node and the memory nearest to it, in brief
// samples. False when there is none that can be measured; the caller frees the cell.
bool trial_cell(const struct topology *topology, const struct cross_check *check,
                const struct sizing *sizing, const struct page_kind *pages,
                const struct block_request *block, struct cell *cell);

#endif
