// SPDX-License-Identifier: Apache-2.0
#include "analyse/cell_groups.h"

#include <stdlib.h>

static int by_group_and_place(const void *left, const void *right) {
    const struct cell_member *a = left, *b = right;
    int order = a->order(a->cell, b->cell);
    return order ? order : (a->cell > b->cell) - (a->cell < b->cell);
}

void cell_groups_build(struct cell_groups *groups, const struct dataset *dataset,
                       bool (*takes)(const struct data_cell *cell), cell_group_order *order) {
    size_t count = 0;
    *groups = (struct cell_groups){
        .order = order,
        .members = base_allocate(dataset->cell_count + 1, sizeof *groups->members),
        .begins = base_allocate(dataset->cell_count + 1, sizeof *groups->begins),
    };
    struct cell_member *members = groups->members;
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (takes(&dataset->cells[i]))
            members[count++] = (struct cell_member){&dataset->cells[i], order};
    qsort(members, count, sizeof *members, by_group_and_place);
    for (size_t i = 0; i < count; i++)
        if (!i || order(members[i - 1].cell, members[i].cell) != 0)
            groups->begins[groups->count++] = i;
    groups->begins[groups->count] = count;
}

void cell_groups_free(struct cell_groups *groups) {
    free(groups->members);
    free(groups->begins);
    *groups = (struct cell_groups){0};
}

size_t cell_groups_find(const struct cell_groups *groups, const struct data_cell *like) {
    size_t low = 0, high = groups->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = groups->order(groups->members[groups->begins[middle]].cell, like);
        if (!order)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return groups->count;
}

const struct data_cell *cell_groups_first(const struct cell_groups *groups,
                                          const struct data_cell *like) {
    size_t group = cell_groups_find(groups, like);
    return group < groups->count ? groups->members[groups->begins[group]].cell : NULL;
}
