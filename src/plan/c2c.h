// SPDX-License-Identifier: Apache-2.0
// The cells of the core-to-core part: pairs x protocols x homes x kinds of page.
#ifndef NUMAPROBE_PLAN_C2C_H
#define NUMAPROBE_PLAN_C2C_H

#include "plan/pairs.h"
#include "plan/plan.h"

struct c2c_request {
    struct pairs_request pairs;
    const struct pair_protocol *const *protocols;
    size_t protocol_count;
    bool homes[PAIR_HOME_COUNT];
    const struct page_kind *const *pages;
    size_t page_count;
};

// What the rounds of the default must fit in: a machine of 384 CPUs is known by its classes in a
// minute.
#define C2C_BUDGET_NS (60 * NS_PER_S)

// Adds the cells, block BLOCK_C2C, to the plan. Two homes that are one node are one cell. With
// request->pairs.full a ping-pong, which is the same in both directions, is made in one of them.
// What exists but cannot be measured is a cell with its refusal; ERROR_KIND_USAGE as pairs_choose,
// and then there is none.
bool c2c_add(struct plan *plan, const struct topology *topology, const struct cross_check *check,
             const struct c2c_request *request, struct error *error);

#endif
