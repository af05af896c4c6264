// SPDX-License-Identifier: Apache-2.0
#include "os/os.h"

#include <stdlib.h>

const char *const os_placing_names[OS_PLACING_COUNT] = {
    [OS_PLACED_BIND] = "bind",
    [OS_PLACED_KERNEL] = "kernel",
    [OS_PLACED_ONLY_NODE] = "only_node",
    [OS_PLACED_PREFERRED] = "preferred",
    [OS_PLACED_FIRST_TOUCH] = "first_touch",
};

bool os_usable_cpus_of_node(uint32_t node, struct id_set *cpus, struct error *error) {
    struct id_set allowed, listed = {0};
    *cpus = (struct id_set){0};
    if (!os_cpus_allowed(&allowed, error))
        return false;
    // The other table is asked for few: on Linux each answer reads a file of every node.
    bool told = os_cpus_of_node(node, &listed, error);
    for (size_t i = 0; told && i < listed.count; i++) {
        uint32_t of_node;
        if (!id_set_contains(&allowed, listed.ids[i]))
            continue;
        told = os_node_of_cpu(listed.ids[i], &of_node, error);
        if (told && of_node == node)
            id_set_add(cpus, listed.ids[i]);
    }
    id_set_free(&listed);
    id_set_free(&allowed);
    if (!told)
        id_set_free(cpus);
    return told;
}
