// SPDX-License-Identifier: Apache-2.0
#include "plan/trial.h"

#include "plan/axis.h"

uint32_t trial_node(const struct topology *topology) {
    struct id_set nodes = {0}, all = {0};
    struct error error;
    uint32_t first = NONE_U32;
    if (axis_choose(&axis_cpus, topology, &all, &nodes, &error) && nodes.count)
        first = nodes.ids[0];
    id_set_free(&nodes);
    return first;
}

bool trial_cell(const struct topology *topology, const struct cross_check *check,
                const struct sizing *sizing, const struct page_kind *pages,
                const struct block_request *block, struct cell *cell) {
    uint32_t node = trial_node(topology);
    struct block_request nearest = *block;
    nearest.block = BLOCK_PROBE;
    nearest.pairs = PAIRS_NEAREST;
    const struct plan_request request = {
        .blocks = &nearest,
        .block_count = 1,
        .cpu_nodes = {.ids = &node, .count = 1},
        .pages = &pages,
        .page_count = 1,
        .sizing = sizing,
        .visit_length = VISIT_PROBE,
    };
    struct plan plan;
    struct error error;
    if (node == NONE_U32 || !plan_build(&plan, topology, check, &request, &error))
        return false;
    bool usable = plan.cell_count == 1 && !plan.cells[0].refusal;
    if (usable)
        *cell = cell_copy(&plan.cells[0]);
    plan_free(&plan);
    return usable;
}
