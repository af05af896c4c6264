// SPDX-License-Identifier: Apache-2.0
#include "topology/nodes.h"

#include "os/os.h"
#include "topology/find.h"

#include <stdlib.h>
#include <string.h>

static struct topology_node *find(const struct topology *topology, uint32_t id) {
    return bsearch(&id, topology->nodes, topology->node_count, sizeof *topology->nodes,
                   find_by_number);
}

// ---- hwloc's word -------------------------------------------------------------------------------

// The node that a CPU belongs to: the one with the fewest CPUs around it. Of several with the same
// CPUs (twins) the lowest number: firmware lists DRAM before the memory beside it.
static uint32_t nearest_node(const struct topology *topology, uint32_t cpu) {
    const struct topology_node *best = NULL;
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        if (id_set_contains(&node->cpus, cpu) && (!best || node->cpus.count < best->cpus.count))
            best = node;
    }
    return best ? best->id : NONE_U32;
}

static bool are_twins(const struct topology_node *a, const struct topology_node *b) {
    return a && b && a->cpus.count == b->cpus.count &&
           (a->cpus.count == 0 ||
            memcmp(a->cpus.ids, b->cpus.ids, a->cpus.count * sizeof *a->cpus.ids) == 0);
}

// ---- twins --------------------------------------------------------------------------------------

// Twins are the memory beside a node (HBM, CXL), or nodes that cut across a package or a cache:
// those do not fit into hwloc's tree, and it hangs them on whatever holds all of their CPUs. The
// system reports which of them has the CPU. An answer beyond them is no choice between them, and is
// left to the cross-check.
static void choose_twin(const struct topology *topology, struct topology_cpu *cpu) {
    struct error ignored;
    uint32_t told = NONE_U32;
    if (os_node_of_cpu(cpu->id, &told, &ignored) &&
        are_twins(find(topology, told), find(topology, cpu->node))) {
        cpu->node = told;
        cpu->node_by_system = true;
    }
}

// Whether CPUs that are together for hwloc are on different nodes by now. Where all of them have
// one node and its twins have none, hwloc and the system have said the same of these CPUs.
static bool are_parted(const struct topology *topology, const struct topology_node *node) {
    for (size_t i = 0; i < node->cpus.count; i++) {
        const struct topology_cpu *cpu = topology_cpu(topology, node->cpus.ids[i]);
        if (cpu && cpu->node != node->id && are_twins(find(topology, cpu->node), node))
            return true;
    }
    return false;
}

static bool has_twin(const struct topology *topology, uint32_t id) {
    const struct topology_node *node = find(topology, id);
    for (size_t i = 0; node && i < topology->node_count; i++)
        if (&topology->nodes[i] != node && are_twins(&topology->nodes[i], node))
            return true;
    return false;
}

static void choose_among_twins(struct topology *topology) {
    for (size_t i = 0; i < topology->cpu_count; i++)
        if (has_twin(topology, topology->cpus[i].node))
            choose_twin(topology, &topology->cpus[i]);
    for (size_t i = 0; i < topology->cpu_count; i++) {
        struct topology_cpu *cpu = &topology->cpus[i];
        cpu->node_by_system =
            cpu->node_by_system && are_parted(topology, find(topology, cpu->node));
    }
}

// ---- nodes that hwloc does not show -------------------------------------------------------------

static void add_hidden_node(struct topology *topology, uint32_t id) {
    struct topology_node node = {.id = id};
    struct error ignored;
    os_cpus_of_node(id, &node.cpus, &ignored);
    topology->nodes = base_grow(topology->nodes, topology->node_count + 1, sizeof *topology->nodes);
    topology->nodes[topology->node_count++] = node;
    qsort(topology->nodes, topology->node_count, sizeof *topology->nodes, find_by_number);
}

// hwloc drops a node whose CPUs an earlier one has too (numa=fake, broken firmware), the memory of
// a GPU, and in some versions and settings a node without memory.
static void add_hidden_nodes(struct topology *topology) {
    struct id_set system;
    struct error ignored;
    if (!os_nodes(&system, &ignored))
        return;
    for (size_t i = 0; i < system.count; i++)
        if (!find(topology, system.ids[i]))
            add_hidden_node(topology, system.ids[i]);
    id_set_free(&system);
}

// A CPU that hwloc has on no node although it knows the system's stays without: that is for the
// cross-check to find.
static void place_on_hidden_node(struct topology *topology, struct topology_cpu *cpu) {
    struct error ignored;
    uint32_t id = NONE_U32;
    if (!os_node_of_cpu(cpu->id, &id, &ignored) || id == NONE_U32)
        return;
    if (!find(topology, id))
        add_hidden_node(topology, id);
    if (find(topology, id)->known_to_hwloc)
        return;
    cpu->node = id;
    cpu->node_by_system = true;
}

// ---- what follows -------------------------------------------------------------------------------

// A node that has CPUs of its own lists these. One that has none lists those beside which it lies.
static void list_own_cpus(struct topology *topology) {
    for (size_t i = 0; i < topology->node_count; i++) {
        struct topology_node *node = &topology->nodes[i];
        struct id_set own = {0};
        for (size_t k = 0; k < topology->cpu_count; k++)
            if (topology->cpus[k].node == node->id)
                id_set_add(&own, topology->cpus[k].id);
        node->has_cpus = own.count > 0;
        if (!node->has_cpus)
            continue;
        id_set_free(&node->cpus);
        node->cpus = own;
    }
}

// Whether the system says of a node that it has memory, or cannot say. How much is written down: of
// a node that hwloc does not show this is all there is, and on Windows hwloc reports what is free.
static bool system_has_memory(struct topology_node *node) {
    uint64_t total_bytes, free_bytes;
    struct error error;
    if (!os_node_memory(node->id, &total_bytes, &free_bytes, &error))
        return error.kind == ERROR_KIND_UNAVAILABLE;
    if (total_bytes == NONE_U64)
        return free_bytes > 0;
    if (total_bytes > 0)
        node->memory_bytes = total_bytes;
    return total_bytes > 0;
}

// hwloc says 0 bytes of a node without memory, of every node where it cannot learn the sizes (Wine,
// descriptions without sizes), and of one whose file it may not read. What nobody says to be empty
// is taken to have some: to allocate will show.
static void mark_memory(struct topology *topology) {
    bool told = false;
    for (size_t i = 0; i < topology->node_count; i++)
        told = told || topology->nodes[i].memory_bytes > 0;
    for (size_t i = 0; i < topology->node_count; i++) {
        struct topology_node *node = &topology->nodes[i];
        node->has_memory = (topology->is_this_system && system_has_memory(node)) ||
                           node->memory_bytes > 0 || (node->known_to_hwloc && !told);
        // Whether a cpuset withholds a node that hwloc does not show is seen at the allocation.
        if (!node->known_to_hwloc)
            node->allowed = node->has_memory;
    }
}

void nodes_find_owners(struct topology *topology) {
    for (size_t i = 0; i < topology->cpu_count; i++)
        topology->cpus[i].node = nearest_node(topology, topology->cpus[i].id);
    if (topology->is_this_system) {
        choose_among_twins(topology);
        add_hidden_nodes(topology);
        for (size_t i = 0; i < topology->cpu_count; i++)
            if (topology->cpus[i].node == NONE_U32)
                place_on_hidden_node(topology, &topology->cpus[i]);
    }
    list_own_cpus(topology);
    mark_memory(topology);
}
