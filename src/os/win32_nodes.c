// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: which nodes there are.
#include "os/win32.h"

static bool add_nodes_with_cpus(struct id_set *nodes, struct error *error) {
    struct id_set cpus;
    if (!os_cpus_online(&cpus, error))
        return false;
    bool complete = true;
    for (size_t i = 0; complete && i < cpus.count; i++) {
        uint32_t node;
        complete = os_node_of_cpu(cpus.ids[i], &node, error);
        if (complete && node != NONE_U32)
            id_set_add(nodes, node);
    }
    id_set_free(&cpus);
    return complete;
}

// A node without CPUs is one that has memory.
static bool add_nodes_with_memory(struct id_set *nodes, struct error *error) {
    uint32_t highest;
    if (!win32_highest_node(&highest, error))
        return false;
    for (uint32_t node = 0; node <= highest; node++)
        if (win32_node_has_memory(node))
            id_set_add(nodes, node);
    return true;
}

bool os_nodes(struct id_set *nodes, struct error *error) {
    *nodes = (struct id_set){0};
    if (add_nodes_with_cpus(nodes, error) && add_nodes_with_memory(nodes, error))
        return true;
    id_set_free(nodes);
    return false;
}
