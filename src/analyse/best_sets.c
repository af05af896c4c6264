// SPDX-License-Identifier: Apache-2.0
#include "analyse/best_sets.h"

#include <math.h>

// Judgement: the noise of a few visits, as in the race of loops (plan/race.h).
static const double lead_min = 1.03;

double best_set_bandwidth(const struct data_cell *cell) {
    return cell ? data_cell_median(cell, data_all(METRIC_BANDWIDTH)) : NAN;
}

static const struct data_cell *find_best(const struct series *search, bool sets) {
    const struct data_cell *best = NULL;
    for (size_t i = 0; i < search->cell_count; i++) {
        const struct data_cell *cell = search->cells[i];
        if ((cell->mem_node.count > 1) != sets || isnan(best_set_bandwidth(cell)))
            continue;
        if (!best || cell->visit_count > best->visit_count ||
            (cell->visit_count == best->visit_count &&
             best_set_bandwidth(cell) > best_set_bandwidth(best)))
            best = cell;
    }
    return best;
}

static const struct data_cell *find(const struct series *search, const struct node_set *set) {
    for (size_t i = 0; set->count > 1 && i < search->cell_count; i++)
        if (node_set_same(&search->cells[i]->mem_node, set) &&
            !isnan(best_set_bandwidth(search->cells[i])))
            return search->cells[i];
    return NULL;
}

static struct node_set even_set(const struct id_set *nodes) {
    struct node_set set = {0};
    double parts[NODE_SET_MAX];
    for (size_t i = 0; i < nodes->count && i < NODE_SET_MAX; i++)
        parts[i] = 1;
    if (nodes->count <= NODE_SET_MAX)
        set = node_set_weigh(nodes->ids, parts, nodes->count);
    return set;
}

static struct node_set kernel_set(const struct data_run *run) {
    const char *text = machine_file_fact(&run->machine, "interleave_weights");
    struct node_set set = {0};
    struct error ignored;
    if (text && node_set_parse(&set, text, &ignored))
        node_set_settle(&set);
    return set;
}

struct best_set best_set_of(const struct series *search, const struct data_run *run,
                            const struct topology *topology) {
    struct best_set best = {.node = find_best(search, false), .set = find_best(search, true)};
    uint64_t cpu_node = search->cells[0]->cpu_node;
    struct id_set nodes = {0};
    for (size_t i = 0; i < search->cell_count; i++)
        if (search->cells[i]->mem_node.count == 1)
            id_set_add(&nodes, node_set_only(&search->cells[i]->mem_node));
    struct node_set even = even_set(&nodes), kernel = kernel_set(run), firmware = {0};
    if (topology)
        firmware = topology_firmware_set(
            topology, cpu_node == NONE_U64 ? NONE_U32 : (uint32_t)cpu_node, &nodes);
    best.even = find(search, &even);
    best.kernel = find(search, &kernel);
    best.firmware = find(search, &firmware);
    id_set_free(&nodes);
    return best;
}

bool best_set_gains(const struct best_set *best) {
    if (!best->set || !best->node)
        return best->set != NULL;
    double set = best_set_bandwidth(best->set), node = best_set_bandwidth(best->node);
    double of_set = data_cell_half_width(best->set, data_all(METRIC_BANDWIDTH));
    double of_node = data_cell_half_width(best->node, data_all(METRIC_BANDWIDTH));
    if (isnan(of_set) || isnan(of_node))
        return set > node * lead_min;
    return set * (1 - of_set) > node * (1 + of_node);
}
