// SPDX-License-Identifier: Apache-2.0
// The CPUs and nodes of a snapshot by their numbers, and what is looked up with these.
#include "topology/find.h"

#include <stdlib.h>
#include <string.h>

int find_by_number(const void *left, const void *right) {
    uint32_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

const struct topology_cpu *topology_cpu(const struct topology *topology, uint32_t id) {
    return bsearch(&id, topology->cpus, topology->cpu_count, sizeof *topology->cpus,
                   find_by_number);
}

const struct topology_node *topology_node(const struct topology *topology, uint32_t id) {
    return bsearch(&id, topology->nodes, topology->node_count, sizeof *topology->nodes,
                   find_by_number);
}

uint64_t *find_distance(const struct topology *topology, uint32_t from_node, uint32_t to_node) {
    const struct topology_node *from = topology_node(topology, from_node);
    const struct topology_node *to = topology_node(topology, to_node);
    if (!from || !to)
        return NULL;
    size_t row = (size_t)(from - topology->nodes), column = (size_t)(to - topology->nodes);
    return &topology->distances[row * topology->node_count + column];
}

uint64_t topology_distance(const struct topology *topology, uint32_t from_node, uint32_t to_node) {
    const uint64_t *distance = find_distance(topology, from_node, to_node);
    return distance ? *distance : NONE_U64;
}

bool topology_node_is_device(const struct topology_node *node) {
    return !node->known_to_hwloc && node->has_memory && node->cpus.count == 0;
}

uint32_t topology_nearest(const struct topology *topology, uint32_t from_node,
                          const struct id_set *nodes) {
    if (id_set_contains(nodes, from_node))
        return from_node;
    uint32_t nearest = nodes->count ? nodes->ids[0] : NONE_U32;
    for (size_t i = 1; i < nodes->count; i++)
        if (topology_distance(topology, from_node, nodes->ids[i]) <
            topology_distance(topology, from_node, nearest))
            nearest = nodes->ids[i];
    return nearest;
}

// Caches are listed level by level, so the last hit is it.
uint32_t find_last_cache(const struct topology *topology, uint32_t cpu) {
    uint32_t llc = NONE_U32;
    for (size_t i = 0; i < topology->cache_count; i++)
        if (id_set_contains(&topology->caches[i].cpus, cpu))
            llc = (uint32_t)i;
    return llc;
}
