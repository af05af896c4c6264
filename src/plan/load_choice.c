// SPDX-License-Identifier: Apache-2.0
#include "plan/load_choice.h"

#include "base/units.h"
#include "os/os.h"

static bool check_node(const struct topology *topology, uint32_t id, struct error *error) {
    const struct topology_node *node = topology_node(topology, id);
    if (node && node->has_memory)
        return true;
    char list[128];
    struct id_set serving = {0};
    for (size_t i = 0; i < topology->node_count; i++)
        if (topology->nodes[i].has_memory)
            id_set_add(&serving, topology->nodes[i].id);
    error_set(error, ERROR_KIND_USAGE, 0, "--load-nodes: node %u %s; nodes with memory: %s", id,
              node ? "has no memory" : "does not exist",
              id_set_format(&serving, list, sizeof list));
    id_set_free(&serving);
    return false;
}

// The CPUs of a node as topology_pick_cpus has them, less those of the victim's core.
static void pick_beside(const struct topology *topology, uint32_t node, size_t count,
                        uint32_t victim_core, struct id_set *cpus) {
    struct id_set picked;
    topology_pick_cpus(topology, node, count, &picked);
    id_set_free(cpus);
    for (size_t i = 0; i < picked.count; i++)
        if (topology_cpu(topology, picked.ids[i])->core != victim_core)
            id_set_add(cpus, picked.ids[i]);
    id_set_free(&picked);
}

// One of each core first. For a number of threads so many CPUs are looked at that enough are left.
static bool choose_cpus(const struct topology *topology, const struct load_request *request,
                        uint32_t node, struct cell *cell, struct error *error) {
    uint32_t victim_core = topology_cpu(topology, cell->cpus.ids[0])->core;
    struct id_set *cpus = &cell->load.cpus;
    size_t count = request->threads ? request->threads : topology_core_count(topology, node);
    for (; count <= topology->cpu_count; count++) {
        pick_beside(topology, node, count, victim_core, cpus);
        if (!request->threads || cpus->count == request->threads)
            return true;
    }
    pick_beside(topology, node, topology->cpu_count, victim_core, cpus);
    return error_set(
        error, ERROR_KIND_USAGE, 0,
        "--threads %u: node %u has %zu CPU%s for a load (the core of CPU %u measures latency)",
        request->threads, node, cpus->count, PLURAL(cpus->count), cell->cpus.ids[0]);
}

static bool choose_size(const struct topology *topology, const struct load_request *request,
                        struct cell *cell, struct error *error) {
    struct cell_load *load = &cell->load;
    uint64_t min_bytes = sizing_array_min_bytes(topology, request->sizing, &load->cpus);
    uint64_t smallest =
        os_base_page_bytes() * (1 + (uint64_t)load->cpus.count * load_burst_granules(load->kernel));
    load->size_bytes = request->size_bytes ? request->size_bytes : sizing_default_bytes(min_bytes);
    if (!request->size_bytes)
        sizing_fit_load(request->sizing, cell);
    cell->proven &= load->size_bytes >= min_bytes &&
                    sizing_array_is_known(topology, request->sizing, &load->cpus);
    if (cell->partial_min_bytes)
        load->partial_min_bytes = cell->cached || min_bytes < smallest ? smallest : min_bytes;
    if (load->size_bytes >= smallest)
        return true;
    char asked[UNITS_TEXT_BYTES], least[UNITS_TEXT_BYTES];
    units_format_bytes(load->size_bytes, asked);
    units_format_bytes(smallest, least);
    if (!request->size_bytes) {
        struct error why;
        error_set(&why, ERROR_KIND_REFUSED, 0,
                  "node %u has room for arrays of %s, but the load needs %s: free memory there, or "
                  "name another node (--load-nodes)",
                  load->node, asked, least);
        cell_refuse(cell, &why);
        return true;
    }
    return error_set(error, ERROR_KIND_USAGE, 0, "--size %s: the arrays of this load need %s",
                     asked, least);
}

static void refuse_where_needed(const struct topology *topology, const struct cross_check *check,
                                struct cell *cell) {
    const struct cell_load *load = &cell->load;
    struct error refusal = {0};
    if (!load->cpus.count)
        error_set(&refusal, ERROR_KIND_REFUSED, 0,
                  "no CPU is left for the load: CPU %u measures latency, and its core must do "
                  "nothing else; name another node with --load-nodes or --cpu-nodes",
                  cell->cpus.ids[0]);
    else if (!topology_node(topology, load->node)->allowed)
        error_set(&refusal, ERROR_KIND_REFUSED, 0,
                  "not allowed: this process may not use memory of node %u (%s)", load->node,
                  os_memory_withheld_by);
    bool usable =
        refusal.kind == ERROR_KIND_NONE && cross_check_node_usable(check, load->node, &refusal);
    for (size_t i = 0; usable && i < load->cpus.count; i++)
        usable = cross_check_cpu_usable(check, load->cpus.ids[i], &refusal);
    if (!usable)
        cell_refuse(cell, &refusal);
}

bool load_choose(const struct topology *topology, const struct cross_check *check,
                 const struct load_request *request, const struct cell *victim, struct cell *cell,
                 struct error *error) {
    *cell = cell_copy(victim);
    cell->test = TEST_LOADED;
    cell->block = BLOCK_LOADED;
    cell->load =
        (struct cell_load){.kernel = request->kernel, .mix = request->mix, .node = request->node};
    if (!check_node(topology, request->node, error))
        return false;
    if (cell->refusal)
        return true;
    bool own = topology_core_count(topology, request->node) > 0;
    if (!choose_cpus(topology, request, own ? request->node : cell->cpu_node, cell, error) ||
        !choose_size(topology, request, cell, error))
        return false;
    refuse_where_needed(topology, check, cell);
    return true;
}
