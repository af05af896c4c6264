// SPDX-License-Identifier: Apache-2.0
// Cells by what they have in common, found by halving: a file of anybody may have as many cells as
// it likes, and looking through all of them for each takes hours. Private to this room.
#ifndef NUMAPROBE_ANALYSE_CELL_GROUPS_H
#define NUMAPROBE_ANALYSE_CELL_GROUPS_H

#include "analyse/dataset.h"

// 0: two cells belong to one group; else which group comes first.
typedef int cell_group_order(const struct data_cell *a, const struct data_cell *b);

struct cell_member {
    const struct data_cell *cell;
    cell_group_order *order;
};

struct cell_groups {
    cell_group_order *order;
    struct cell_member *members; // of all groups; in a group in the order of the dataset
    size_t *begins;              // of group g, which ends at begins[g + 1]
    size_t count;                // of groups
};

// The cells that `takes` takes.
void cell_groups_build(struct cell_groups *groups, const struct dataset *dataset,
                       bool (*takes)(const struct data_cell *cell), cell_group_order *order);
void cell_groups_free(struct cell_groups *groups);

// The number of the group to which a cell belongs, be it in the group or not; `count` where there
// is no such group.
size_t cell_groups_find(const struct cell_groups *groups, const struct data_cell *like);

// The first cell of that group; NULL where there is no such group.
const struct data_cell *cell_groups_first(const struct cell_groups *groups,
                                          const struct data_cell *like);

#endif
