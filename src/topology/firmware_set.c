// SPDX-License-Identifier: Apache-2.0
// The weights for memory on several nodes that follow from the firmware's bandwidths.
#include "topology/topology.h"

#include <math.h>

// The most that the firmware reports of any node's CPUs; 0: it tells none.
static double firmware_bandwidth(const struct topology *topology, uint32_t cpu_node,
                                 uint32_t mem_node) {
    double most = 0;
    for (size_t i = 0; i < topology->node_count; i++) {
        uint32_t from = topology->nodes[i].id;
        if (cpu_node == NONE_U32 || from == cpu_node)
            most = fmax(most, topology_firmware(topology, from, mem_node).bandwidth_bytes_per_s);
    }
    return most;
}

struct node_set topology_firmware_set(const struct topology *topology, uint32_t cpu_node,
                                      const struct id_set *mem_nodes) {
    double parts[NODE_SET_MAX];
    struct node_set none = {0};
    if (mem_nodes->count < 2 || mem_nodes->count > NODE_SET_MAX)
        return none;
    for (size_t i = 0; i < mem_nodes->count; i++) {
        parts[i] = firmware_bandwidth(topology, cpu_node, mem_nodes->ids[i]);
        if (!(parts[i] > 0))
            return none;
    }
    return node_set_weigh(mem_nodes->ids, parts, mem_nodes->count);
}
