// SPDX-License-Identifier: Apache-2.0
// Invariants of latencies and of the matrices of nodes: levels of the hierarchy, symmetry, the
// diagonal, the firmware's order.
#include "analyse/invariants_private.h"
#include "base/id_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double slack = 0.02;
static const double remote_ratio_max = 4;
static const double asymmetry_max = 0.05;
static const double firmware_slack = 0.05;
static const double set_slack = 0.1;

// ---- levels -------------------------------------------------------------------------------------

// The smallest cache of each level.
enum { LEVELS_MAX = 16 };
struct levels {
    uint32_t last; // 0: no cache is known
    uint64_t bytes[LEVELS_MAX + 1];
};

static struct levels find_levels(const struct topology *topology) {
    struct levels levels = {0};
    for (size_t i = 0; topology && i < topology->cache_count; i++) {
        const struct topology_cache *cache = &topology->caches[i];
        if (cache->level > LEVELS_MAX)
            continue;
        uint64_t *least = &levels.bytes[cache->level];
        *least = !*least || cache->size_bytes < *least ? cache->size_bytes : *least;
        levels.last = cache->level > levels.last ? cache->level : levels.last;
    }
    return levels;
}

// The level that a chain of this size lies in for certain: its buffer is at most half of it, and
// what it touches at least twice the one before. 0 when it is none for certain, last + 1 for
// memory.
static uint32_t level_of(const struct levels *levels, const struct data_cell *cell) {
    if (!data_cell_is_cached(cell) && cell->block != BLOCK_SWEEP)
        return levels->last + 1;
    uint64_t touched_bytes =
        cell->touched_bytes != NONE_U64 ? cell->touched_bytes : cell->buffer_bytes;
    for (uint32_t level = 1; level <= levels->last; level++) {
        bool fits = cell->buffer_bytes <= levels->bytes[level] / 2;
        bool outgrows = level == 1 || touched_bytes >= 2 * levels->bytes[level - 1];
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
    const struct levels levels = find_levels(input->topology);
    if (!input->topology)
        return;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        uint32_t level = is_chain(cell) ? level_of(&levels, cell) : 0;
        double cycles = data_cell_cycles(cell);
        double off = NAN;
        if (level == 1)
            off = fmin(fabs(cycles - 4), fabs(cycles - 5)) - 0.25;
        else if (level == 2 && levels.last > 1)
            off = fmax(9 - cycles, cycles - 20);
        invariant_compare(invariant, off, "%s fits the level %u cache and takes %.2f cycles",
                          cell->name, level, cycles);
    }
}

static int by_walk(const struct data_cell *a, const struct data_cell *b) {
    int order = (a->cpu_node > b->cpu_node) - (a->cpu_node < b->cpu_node);
    if (!order)
        order = strcmp(a->pattern, b->pattern);
    return order ? order : strcmp(a->pages, b->pages);
}

// Of two cells that with the least latency; either may be NULL.
static const struct data_cell *faster(const struct invariants_input *input,
                                      const struct data_cell *a, const struct data_cell *b) {
    if (!a || isnan(invariant_latency_ns(input, a)))
        return b;
    return b && invariant_latency_ns(input, b) < invariant_latency_ns(input, a) ? b : a;
}

// Chains by the same CPUs in the same order of loads: each against the fastest of those that lie
// one or more levels further out.
static void compare_levels(const struct invariants_input *input, struct invariant *invariant,
                           const struct levels *levels, const struct cell_member *chains,
                           size_t count) {
    const struct data_cell *fastest[LEVELS_MAX + 3] = {NULL}; // from that level on
    for (size_t i = 0; i < count; i++) {
        uint32_t level = level_of(levels, chains[i].cell);
        fastest[level] = faster(input, fastest[level], chains[i].cell);
    }
    for (uint32_t level = levels->last + 1; level > 1; level--)
        fastest[level - 1] = faster(input, fastest[level - 1], fastest[level]);
    for (size_t i = 0; i < count; i++) {
        const struct data_cell *inner = chains[i].cell;
        uint32_t level = level_of(levels, inner);
        const struct data_cell *outer = level ? fastest[level + 1] : NULL;
        if (!outer)
            continue;
        double near_ns = invariant_latency_ns(input, inner);
        double far_ns = invariant_latency_ns(input, outer);
        invariant_compare(invariant, near_ns / far_ns - 1 - slack,
                          "%s (level %u) has %.1f ns, more than %s (level %u) with %.1f ns",
                          inner->name, level, near_ns, outer->name, level_of(levels, outer),
                          far_ns);
    }
}

static void compare_hierarchy(const struct invariants_input *input, struct invariant *invariant) {
    const struct levels levels = find_levels(input->topology);
    struct cell_groups walks;
    cell_groups_build(&walks, input->dataset, is_chain, by_walk);
    for (size_t walk = 0; walk < walks.count; walk++)
        compare_levels(input, invariant, &levels, &walks.members[walks.begins[walk]],
                       walks.begins[walk + 1] - walks.begins[walk]);
    cell_groups_free(&walks);
}

// The nodes that have CPUs of their own: what has none (CXL, HBM) may be as far as it likes.
static struct id_set nodes_with_cpus(const struct dataset *dataset) {
    struct id_set nodes = {0};
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (dataset->cells[i].cpu_node <= ID_SET_MAX)
            id_set_add(&nodes, (uint32_t)dataset->cells[i].cpu_node);
    return nodes;
}

static bool contains_node(const struct id_set *nodes, uint64_t node) {
    return node <= ID_SET_MAX && id_set_contains(nodes, (uint32_t)node);
}

void invariant_order(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct id_set with_cpus = nodes_with_cpus(dataset);
    if (input->topology)
        compare_hierarchy(input, invariant);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!invariant_is_idle(cell) || !invariant_is_matrix(cell) ||
            !contains_node(&with_cpus, data_cell_mem_node(cell)))
            continue;
        const struct data_cell *local =
            invariant_find_pair(input, cell, cell->cpu_node, cell->cpu_node);
        if (!local || local == cell)
            continue;
        double own_ns = invariant_latency_ns(input, cell);
        double local_ns = invariant_latency_ns(input, local), ratio = own_ns / local_ns;
        invariant_compare(invariant, ratio / remote_ratio_max - 1,
                          "%s has %.1f ns, %.1f times %s with %.1f ns", cell->name, own_ns, ratio,
                          local->name, local_ns);
    }
    id_set_free(&with_cpus);
}

// ---- matrices -----------------------------------------------------------------------------------

// The figure of a matrix cell: latency where it has one, else bandwidth.
static double figure(const struct invariants_input *input, const struct data_cell *cell,
                     const struct metric_kind **kind) {
    enum metric metric = invariant_is_idle(cell) ? METRIC_LATENCY : METRIC_BANDWIDTH;
    *kind = &metric_kinds[metric];
    return invariant_median(input, cell, metric) / (*kind)->unit_size;
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
        double there = figure(input, cell, &kind), here = figure(input, back, &kind);
        double larger = fmax(there, here), smaller = fmin(there, here);
        invariant_compare(invariant, larger / smaller - 1 - asymmetry_max,
                          "%s has %.*f %s, %s has %.*f %s", cell->name, kind->decimals, there,
                          kind->unit, back->name, kind->decimals, here, kind->unit);
    }
}

void invariant_diagonal(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct id_set with_cpus = nodes_with_cpus(dataset);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!invariant_is_matrix(cell) || cell->cpu_node == data_cell_mem_node(cell) ||
            !contains_node(&with_cpus, data_cell_mem_node(cell)))
            continue;
        const struct data_cell *local =
            invariant_find_pair(input, cell, cell->cpu_node, cell->cpu_node);
        if (!local)
            continue;
        const struct metric_kind *kind;
        double remote = figure(input, cell, &kind), own = figure(input, local, &kind);
        double gain = kind->worse > 0 ? own / remote : remote / own;
        invariant_compare(invariant, gain - 1 - slack,
                          "%s has %.*f %s and is better than its own memory, %s, with %.*f %s",
                          cell->name, kind->decimals, remote, kind->unit, local->name,
                          kind->decimals, own, kind->unit);
    }
    id_set_free(&with_cpus);
}

static bool is_idle_matrix(const struct data_cell *cell) {
    return invariant_is_idle(cell) && invariant_is_matrix(cell);
}

static int by_row_of_matrix(const struct data_cell *a, const struct data_cell *b) {
    int order = series_compare(SERIES_MATRIX, a, b);
    return order ? order : (a->cpu_node > b->cpu_node) - (a->cpu_node < b->cpu_node);
}

struct distant {
    const struct data_cell *cell;
    uint64_t distance;
};

static int by_distance(const void *left, const void *right) {
    const struct distant *a = left, *b = right;
    if (a->distance != b->distance)
        return a->distance > b->distance ? 1 : -1;
    return (a->cell > b->cell) - (a->cell < b->cell);
}

// Those of the cells whose distance the firmware reports, from the nearest on.
static size_t sort_by_distance(const struct topology *topology, const struct cell_member *row,
                               size_t count, struct distant *sorted) {
    size_t ranked = 0;
    for (size_t i = 0; i < count; i++) {
        const struct data_cell *cell = row[i].cell;
        uint64_t distance = topology_distance(topology, (uint32_t)cell->cpu_node,
                                              (uint32_t)data_cell_mem_node(cell));
        if (distance != NONE_U64)
            sorted[ranked++] = (struct distant){cell, distance};
    }
    qsort(sorted, ranked, sizeof *sorted, by_distance);
    return ranked;
}

// Each against the fastest of those that are farther by the firmware.
static void compare_distances(const struct invariants_input *input, struct invariant *invariant,
                              const struct distant *sorted, size_t count) {
    struct distant fastest = {0}, candidate = {0}; // beyond a distance, and from it on
    for (size_t i = count; i-- > 0;) {
        const struct distant *nearer = &sorted[i];
        if (i + 1 < count && sorted[i + 1].distance != nearer->distance)
            fastest = candidate;
        if (fastest.cell) {
            double near_ns = invariant_latency_ns(input, nearer->cell);
            double far_ns = invariant_latency_ns(input, fastest.cell);
            invariant_compare(invariant, near_ns / far_ns - 1 - firmware_slack,
                              "%s has %.1f ns at distance %llu, %s has %.1f ns at %llu",
                              nearer->cell->name, near_ns, (unsigned long long)nearer->distance,
                              fastest.cell->name, far_ns, (unsigned long long)fastest.distance);
        }
        if (faster(input, candidate.cell, nearer->cell) == nearer->cell)
            candidate = *nearer;
    }
}

void invariant_firmware_order(const struct invariants_input *input, struct invariant *invariant) {
    struct cell_groups rows;
    if (!input->topology)
        return;
    cell_groups_build(&rows, input->dataset, is_idle_matrix, by_row_of_matrix);
    struct distant *sorted = base_allocate(input->dataset->cell_count, sizeof *sorted);
    for (size_t row = 0; row < rows.count; row++) {
        size_t begin = rows.begins[row], count = rows.begins[row + 1] - begin;
        count = sort_by_distance(input->topology, &rows.members[begin], count, sorted);
        compare_distances(input, invariant, sorted, count);
    }
    free(sorted);
    cell_groups_free(&rows);
}

// A chain over several nodes waits on each as often as its share of the memory says. NaN where one
// of them was not measured alone.
static double expected_mean_ns(const struct invariants_input *input, const struct data_cell *cell) {
    double sum_ns = 0;
    for (size_t i = 0; i < cell->mem_node.count; i++) {
        const struct node_share *share = &cell->mem_node.shares[i];
        const struct data_cell *alone =
            invariant_find_pair(input, cell, cell->cpu_node, share->node);
        sum_ns += alone ? share->weight * invariant_latency_ns(input, alone) : NAN;
    }
    return sum_ns / node_set_weight(&cell->mem_node);
}

void invariant_set_mean(const struct invariants_input *input, struct invariant *invariant) {
    for (size_t i = 0; i < input->dataset->cell_count; i++) {
        const struct data_cell *cell = &input->dataset->cells[i];
        if (!invariant_is_idle(cell) || !invariant_is_matrix(cell) || cell->mem_node.count < 2)
            continue;
        double own_ns = invariant_latency_ns(input, cell), mean_ns = expected_mean_ns(input, cell);
        invariant_compare(invariant, invariant_difference(own_ns, mean_ns) - set_slack,
                          "%s has %.1f ns; the weighted mean of its nodes is %.1f ns", cell->name,
                          own_ns, mean_ns);
    }
}
