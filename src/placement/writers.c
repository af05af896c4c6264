// SPDX-License-Identifier: Apache-2.0
#include "placement/writers.h"

#include "placement/placement.h"

// The CPUs of the buffer's nodes that this process may run on.
static bool near_cpus(const struct os_memory *memory, struct id_set *near, struct error *error) {
    bool told = true;
    *near = (struct id_set){0};
    for (size_t i = 0; told && i < memory->nodes.count; i++) {
        struct id_set own;
        told = os_usable_cpus_of_node(memory->nodes.shares[i].node, &own, error);
        id_set_add_all(near, &own);
        id_set_free(&own);
    }
    return told;
}

static void add_up_to(struct id_set *set, const struct id_set *others, size_t most) {
    for (size_t i = 0; i < others->count && set->count < most; i++)
        id_set_add(set, others->ids[i]);
}

void writers_add_helpers(const struct os_memory *memory, struct id_set *cpus, size_t most) {
    struct id_set helpers;
    struct error ignored_error;
    uint32_t node;
    if (near_cpus(memory, &helpers, &ignored_error) && !helpers.count && cpus->count &&
        os_node_of_cpu(cpus->ids[0], &node, &ignored_error) && node != NONE_U32)
        os_usable_cpus_of_node(node, &helpers, &ignored_error);
    add_up_to(cpus, &helpers, most);
    id_set_free(&helpers);
}

// First touch knows no sets of nodes.
static bool near_writers(const struct os_memory *memory, const struct id_set *wanted,
                         struct id_set *writers, size_t most, struct error *error) {
    struct id_set near;
    if (!near_cpus(memory, &near, error)) {
        id_set_free(&near);
        return false;
    }
    for (size_t i = 0; i < wanted->count; i++)
        if (id_set_contains(&near, wanted->ids[i]))
            id_set_add(writers, wanted->ids[i]);
    add_up_to(writers, &near, writers->count ? most : near.count);
    id_set_free(&near);
    return writers->count > 0 || error_set(error, ERROR_KIND_REFUSED, 0,
                                           "a CPU of node %u must write its pages first, but this "
                                           "process may no longer run on any",
                                           node_set_only(&memory->nodes));
}

bool placement_writers(const struct placement *placement, const struct id_set *wanted,
                       struct id_set *writers, struct error *error) {
    const struct os_memory *memory = &placement->memory;
    size_t most = (size_t)(memory->size_bytes / PART_BYTES_MIN);
    *writers = (struct id_set){0};
    if (memory->placed_by == OS_PLACED_FIRST_TOUCH)
        return near_writers(memory, wanted, writers, most, error);
    id_set_add_all(writers, wanted);
    if (writers->count < most)
        writers_add_helpers(memory, writers, most);
    return true;
}
