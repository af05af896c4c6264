// SPDX-License-Identifier: Apache-2.0
// Invariants of latencies and of the matrices of nodes: levels of the hierarchy, symmetry, the
// diagonal, the firmware's order.
#include "analyse/invariants_private.h"

#include <math.h>
#include <string.h>

static const double slack = 0.02;
static const double remote_fold_most = 4;
static const double asymmetry_most = 0.05;
static const double firmware_slack = 0.05;
static const double set_slack = 0.1;

// ---- levels -------------------------------------------------------------------------------------

// The smallest cache of a level, the largest level being the last; 0 when there is none.
static uint64_t cache_bytes(const struct topology *topology, uint32_t level) {
    uint64_t least = 0;
    for (size_t i = 0; topology && i < topology->cache_count; i++) {
        const struct topology_cache *cache = &topology->caches[i];
        if (cache->level == level && (!least || cache->size_bytes < least))
            least = cache->size_bytes;
    }
    return least;
}

static uint32_t last_level(const struct topology *topology) {
    uint32_t last = 0;
    for (size_t i = 0; topology && i < topology->cache_count; i++)
        last = topology->caches[i].level > last ? topology->caches[i].level : last;
    return last;
}

// The level that a chain of this size lies in for certain: its buffer is at most half of it, and
// what it touches at least twice the one before. 0 when it is none for certain, last + 1 for
// memory.
static uint32_t level_of(const struct topology *topology, const struct data_cell *cell) {
    uint32_t last = last_level(topology);
    if (!data_cell_is_cached(cell) && cell->block != BLOCK_SWEEP)
        return last + 1;
    uint64_t touched_bytes =
        cell->touched_bytes != NONE_U64 ? cell->touched_bytes : cell->buffer_bytes;
    for (uint32_t level = 1; level <= last; level++) {
        bool fits = cell->buffer_bytes <= cache_bytes(topology, level) / 2;
        bool outgrows = level == 1 || touched_bytes >= 2 * cache_bytes(topology, level - 1);
        if (fits)
            return outgrows ? level : 0;
    }
    return 0;
}

static bool is_chain(const struct data_cell *cell) {
    return cell->test == TEST_LATENCY && cell->check == CHECK_NONE &&
           (cell->chains == 1 || cell->chains == NONE_U64);
}

void invariant_cycles(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    if (!input->topology)
        return;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        uint32_t level = is_chain(cell) ? level_of(input->topology, cell) : 0;
        double cycles = data_cell_cycles(cell);
        double off = NAN;
        if (level == 1)
            off = fmin(fabs(cycles - 4), fabs(cycles - 5)) - 0.25;
        else if (level == 2 && last_level(input->topology) > 1)
            off = fmax(9 - cycles, cycles - 20);
        invariant_compare(invariant, off, "%s fits the level %u cache and takes %.2f cycles",
                          cell->name, level, cycles);
    }
}

// A chain one or more levels further out, by the same CPUs in the same order of loads.
static void compare_levels(const struct invariants_input *input, struct invariant *invariant,
                           const struct data_cell *inner) {
    uint32_t level = level_of(input->topology, inner);
    for (size_t i = 0; level && i < input->dataset->cell_count; i++) {
        const struct data_cell *outer = &input->dataset->cells[i];
        if (!is_chain(outer) || outer->cpu_node != inner->cpu_node ||
            strcmp(outer->pattern, inner->pattern) != 0 || strcmp(outer->pages, inner->pages) != 0)
            continue;
        uint32_t outer_level = level_of(input->topology, outer);
        if (outer_level <= level)
            continue;
        double near_ns = invariant_latency_ns(inner), far_ns = invariant_latency_ns(outer);
        invariant_compare(invariant, near_ns / far_ns - 1 - slack,
                          "%s (level %u) has %.1f ns, more than %s (level %u) with %.1f ns",
                          inner->name, level, near_ns, outer->name, outer_level, far_ns);
    }
}

// Whether the node has CPUs of its own: what has none (CXL, HBM) may be as far as it likes.
static bool has_cpus(const struct dataset *dataset, uint64_t node) {
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (dataset->cells[i].cpu_node == node && node != NONE_U64)
            return true;
    return false;
}

void invariant_order(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (input->topology && is_chain(cell))
            compare_levels(input, invariant, cell);
        if (!invariant_is_idle(cell) || !invariant_is_matrix(cell) ||
            !has_cpus(dataset, data_cell_mem_node(cell)))
            continue;
        const struct data_cell *local =
            invariant_find_pair(input, cell, cell->cpu_node, cell->cpu_node);
        if (!local || local == cell)
            continue;
        double fold = invariant_latency_ns(cell) / invariant_latency_ns(local);
        invariant_compare(
            invariant, fold / remote_fold_most - 1, "%s has %.1f ns, %.1f times %s with %.1f ns",
            cell->name, invariant_latency_ns(cell), fold, local->name, invariant_latency_ns(local));
    }
}

// ---- matrices -----------------------------------------------------------------------------------

// The figure of a matrix cell: latency where it has one, else bandwidth.
static double figure(const struct data_cell *cell, const struct metric_kind **kind) {
    enum metric metric = invariant_is_idle(cell) ? METRIC_LATENCY : METRIC_BANDWIDTH;
    *kind = &metric_kinds[metric];
    return data_cell_median(cell, data_all(metric)) / (*kind)->unit_size;
}

void invariant_asymmetric(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!invariant_is_matrix(cell) || cell->cpu_node >= data_cell_mem_node(cell))
            continue; // each pair once
        const struct data_cell *back =
            invariant_find_pair(input, cell, data_cell_mem_node(cell), cell->cpu_node);
        if (!back)
            continue;
        const struct metric_kind *kind;
        double there = figure(cell, &kind), here = figure(back, &kind);
        double larger = fmax(there, here), smaller = fmin(there, here);
        invariant_compare(invariant, larger / smaller - 1 - asymmetry_most,
                          "%s has %.*f %s, %s has %.*f %s", cell->name, kind->decimals, there,
                          kind->unit, back->name, kind->decimals, here, kind->unit);
    }
}

void invariant_diagonal(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!invariant_is_matrix(cell) || cell->cpu_node == data_cell_mem_node(cell) ||
            !has_cpus(dataset, data_cell_mem_node(cell)))
            continue;
        const struct data_cell *local =
            invariant_find_pair(input, cell, cell->cpu_node, cell->cpu_node);
        if (!local)
            continue;
        const struct metric_kind *kind;
        double remote = figure(cell, &kind), own = figure(local, &kind);
        double gain = kind->worse > 0 ? own / remote : remote / own;
        invariant_compare(invariant, gain - 1 - slack,
                          "%s has %.*f %s and is better than its own memory, %s, with %.*f %s",
                          cell->name, kind->decimals, remote, kind->unit, local->name,
                          kind->decimals, own, kind->unit);
    }
}

void invariant_firmware_order(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    for (size_t i = 0; input->topology && i < dataset->cell_count; i++) {
        const struct data_cell *nearer = &dataset->cells[i];
        if (!invariant_is_idle(nearer) || !invariant_is_matrix(nearer))
            continue;
        for (size_t j = 0; j < dataset->cell_count; j++) {
            const struct data_cell *farther = &dataset->cells[j];
            if (farther->cpu_node != nearer->cpu_node ||
                series_compare(SERIES_MATRIX, nearer, farther) != 0)
                continue;
            uint64_t near_distance = topology_distance(input->topology, (uint32_t)nearer->cpu_node,
                                                       (uint32_t)data_cell_mem_node(nearer));
            uint64_t far_distance = topology_distance(input->topology, (uint32_t)farther->cpu_node,
                                                      (uint32_t)data_cell_mem_node(farther));
            if (near_distance == NONE_U64 || far_distance == NONE_U64 ||
                near_distance >= far_distance)
                continue;
            double near_ns = invariant_latency_ns(nearer), far_ns = invariant_latency_ns(farther);
            invariant_compare(invariant, near_ns / far_ns - 1 - firmware_slack,
                              "%s has %.1f ns at distance %llu, %s has %.1f ns at %llu",
                              nearer->name, near_ns, (unsigned long long)near_distance,
                              farther->name, far_ns, (unsigned long long)far_distance);
        }
    }
}

// A chain over several nodes waits on each as often as its share of the memory says. NaN where one
// of them was not measured alone.
static double expected_mean_ns(const struct invariants_input *input, const struct data_cell *cell) {
    double sum_ns = 0;
    for (size_t i = 0; i < cell->mem_node.count; i++) {
        const struct node_share *share = &cell->mem_node.shares[i];
        const struct data_cell *alone =
            invariant_find_pair(input, cell, cell->cpu_node, share->node);
        sum_ns += alone ? share->weight * invariant_latency_ns(alone) : NAN;
    }
    return sum_ns / node_set_weight(&cell->mem_node);
}

void invariant_set_mean(const struct invariants_input *input, struct invariant *invariant) {
    for (size_t i = 0; i < input->dataset->cell_count; i++) {
        const struct data_cell *cell = &input->dataset->cells[i];
        if (!invariant_is_idle(cell) || !invariant_is_matrix(cell) || cell->mem_node.count < 2)
            continue;
        double own_ns = invariant_latency_ns(cell), mean_ns = expected_mean_ns(input, cell);
        invariant_compare(invariant, invariant_difference(own_ns, mean_ns) - set_slack,
                          "%s has %.1f ns; the weighted mean of its nodes is %.1f ns", cell->name,
                          own_ns, mean_ns);
    }
}
