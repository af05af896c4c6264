// SPDX-License-Identifier: Apache-2.0
#include "plan/axis.h"

static bool has_cpus(const struct topology_node *node) {
    return node->has_cpus;
}

static bool has_memory(const struct topology_node *node) {
    return node->has_memory;
}

static bool may_run_there(const struct topology *topology, const struct topology_node *node) {
    return topology_core_count(topology, node->id) > 0;
}

static bool may_allocate_there(const struct topology *topology, const struct topology_node *node) {
    (void)topology;
    return node->allowed && !topology_node_is_device(node);
}

const struct axis axis_cpus = {"--cpu-nodes", "CPUs", has_cpus, may_run_there};
const struct axis axis_memory = {"--mem-nodes", "memory", has_memory, may_allocate_there};

static bool check_asked(const struct axis *axis, const struct topology *topology,
                        const struct id_set *asked, const struct id_set *serving,
                        struct error *error) {
    for (size_t i = 0; i < asked->count; i++) {
        if (id_set_contains(serving, asked->ids[i]))
            continue;
        char list[128];
        bool exists = topology_node(topology, asked->ids[i]) != NULL;
        return error_set(error, ERROR_KIND_USAGE, 0, "%s: node %u %s%s; nodes with %s: %s",
                         axis->option, asked->ids[i], exists ? "has no " : "does not exist",
                         exists ? axis->what : "", axis->what,
                         id_set_format(serving, list, sizeof list));
    }
    return true;
}

bool axis_choose(const struct axis *axis, const struct topology *topology,
                 const struct id_set *asked, struct id_set *chosen, struct error *error) {
    struct id_set serving = {0};
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        if (!axis->serves(node))
            continue;
        id_set_add(&serving, node->id);
        if (!asked->count && axis->usable(topology, node))
            id_set_add(chosen, node->id);
    }
    // Where none may be used, all of them are refused, each with the reason: no row at all would be
    // silence.
    if (!asked->count && !chosen->count)
        id_set_add_all(chosen, &serving);
    bool exist = check_asked(axis, topology, asked, &serving, error);
    for (size_t i = 0; exist && i < asked->count; i++)
        id_set_add(chosen, asked->ids[i]);
    id_set_free(&serving);
    return exist;
}
