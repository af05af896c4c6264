// SPDX-License-Identifier: Apache-2.0
#include "analyse/tiers.h"

#include "base/random.h"
#include "stats/bootstrap.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const tier_names[] = {
    [TIER_LOCAL] = "local",
    [TIER_SAME_PACKAGE] = "same package",
    [TIER_REMOTE] = "other package",
    [TIER_NO_CPUS] = "node without CPUs (CXL, HBM)",
};

enum { RESAMPLES = 1000, VISITS_MIN = 5 };
static const uint64_t seed = 1;
static const double lie_min = 0.3;
static const double order_slack = 0.05; // measured latencies nearer than this are one distance

// What lies between the CPUs of one node and the memory of another.
static enum tier tier_of(const struct machine_file *machine, const struct topology *topology,
                         uint64_t cpu_node, uint64_t mem_node) {
    if (cpu_node == mem_node)
        return TIER_LOCAL;
    for (size_t i = 0; i < machine->node_count; i++)
        if (machine->nodes[i].node == mem_node && !machine->nodes[i].has_cpus)
            return TIER_NO_CPUS;
    if (!topology)
        return TIER_REMOTE;
    uint32_t from = topology_node_package(topology, (uint32_t)cpu_node);
    uint32_t to = topology_node_package(topology, (uint32_t)mem_node);
    return from != NONE_U32 && from == to ? TIER_SAME_PACKAGE : TIER_REMOTE;
}

// Memory on several nodes is at no one distance.
static bool has_place(const struct data_cell *cell) {
    return cell && cell->mem_node.count <= 1;
}

static struct tier_figure tier_at(const struct machine_file *machine,
                                  const struct topology *topology, const struct data_cell *cell) {
    uint64_t mem_node = data_cell_mem_node(cell);
    struct tier_figure figure = {.tier = tier_of(machine, topology, cell->cpu_node, mem_node),
                                 .distance = NONE_U64};
    if (topology && figure.tier != TIER_LOCAL)
        figure.distance = topology_distance(topology, (uint32_t)cell->cpu_node, (uint32_t)mem_node);
    if (figure.distance == NONE_U64)
        snprintf(figure.name, sizeof figure.name, "%s", tier_names[figure.tier]);
    else
        snprintf(figure.name, sizeof figure.name, "%s, distance %" PRIu64, tier_names[figure.tier],
                 figure.distance);
    return figure;
}

// ---- figures ------------------------------------------------------------------------------------

struct tier_values {
    double **values; // one array a cell, ascending
    size_t *counts;
    size_t cells;
    size_t fewest; // visits of a cell
};

// The median over cells of the median over visits; with random, over visits drawn anew.
static double middle_of(const struct tier_values *tier, struct random *random) {
    double *medians = base_allocate(tier->cells, sizeof *medians);
    for (size_t i = 0; i < tier->cells; i++)
        medians[i] = random ? bootstrap_median(tier->values[i], tier->counts[i], random)
                            : order_median(tier->values[i], tier->counts[i]);
    double middle = order_median(medians, tier->cells);
    free(medians);
    return middle;
}

static void find_interval(const struct tier_values *tier, const struct tier_values *local,
                          struct tier_figure *figure) {
    struct random random;
    double ratios[RESAMPLES];
    random_seed(&random, seed);
    for (size_t i = 0; i < RESAMPLES; i++)
        ratios[i] = middle_of(tier, &random) / middle_of(local, &random);
    double *sorted = order_sorted(ratios, RESAMPLES);
    figure->low = sorted[RESAMPLES / 40];
    figure->high = sorted[RESAMPLES - 1 - RESAMPLES / 40];
    free(sorted);
}

static void add_cell(struct tier_values *tier, const struct data_cell *cell, enum metric metric) {
    size_t count;
    double *values = data_cell_values(cell, data_all(metric), &count);
    double *sorted = order_sorted(values, count);
    free(values);
    if (!count) {
        free(sorted);
        return;
    }
    tier->values = base_grow_by_one(tier->values, tier->cells, sizeof *tier->values);
    tier->counts = base_grow_by_one(tier->counts, tier->cells, sizeof *tier->counts);
    tier->fewest = tier->cells && tier->fewest < count ? tier->fewest : count;
    tier->values[tier->cells] = sorted;
    tier->counts[tier->cells++] = count;
}

static void find_figure(const struct tier_values *own, const struct tier_values *local,
                        struct tier_figure *figure) {
    figure->cells = own->cells;
    figure->value = middle_of(own, NULL);
    figure->ratio = figure->low = figure->high = NAN;
    if (!local)
        return;
    figure->ratio = figure->value / middle_of(local, NULL);
    if (own != local && own->fewest >= VISITS_MIN && local->fewest >= VISITS_MIN)
        find_interval(own, local, figure);
}

static int compare_tiers(const void *left, const void *right) {
    const struct tier_figure *a = left, *b = right;
    if ((a->tier == TIER_LOCAL) != (b->tier == TIER_LOCAL))
        return a->tier == TIER_LOCAL ? -1 : 1;
    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (int)a->tier - (int)b->tier;
}

// One figure, without values yet, for each kind of place that has a cell.
static void find_tiers(struct tier_list *list, const struct data_cell *const *cells, size_t count,
                       const struct machine_file *machine, const struct topology *topology) {
    for (size_t i = 0; i < count; i++) {
        if (!has_place(cells[i]))
            continue;
        const struct tier_figure found = tier_at(machine, topology, cells[i]);
        size_t at = 0;
        while (at < list->count && compare_tiers(&list->at[at], &found) != 0)
            at++;
        if (at < list->count)
            continue;
        list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
        list->at[list->count++] = found;
    }
    if (list->count)
        qsort(list->at, list->count, sizeof *list->at, compare_tiers);
}

void tier_list_build(struct tier_list *list, const struct data_cell *const *cells, size_t count,
                     enum metric metric, const struct machine_file *machine,
                     const struct topology *topology) {
    *list = (struct tier_list){0};
    find_tiers(list, cells, count, machine, topology);
    struct tier_values *tiers = base_allocate(list->count + 1, sizeof *tiers);
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; has_place(cells[i]) && at < list->count; at++) {
            const struct tier_figure of = tier_at(machine, topology, cells[i]);
            if (compare_tiers(&list->at[at], &of) == 0)
                add_cell(&tiers[at], cells[i], metric);
        }
    bool has_local = list->count && list->at[0].tier == TIER_LOCAL && tiers[0].cells;
    size_t kept = 0;
    for (size_t at = 0; at < list->count; at++) {
        if (!tiers[at].cells)
            continue; // none of its cells has a value
        find_figure(&tiers[at], has_local ? &tiers[0] : NULL, &list->at[at]);
        list->at[kept++] = list->at[at];
    }
    for (size_t at = 0; at < list->count; at++) {
        for (size_t i = 0; i < tiers[at].cells; i++)
            free(tiers[at].values[i]);
        free(tiers[at].values);
        free(tiers[at].counts);
    }
    free(tiers);
    list->count = kept;
}

void tier_list_free(struct tier_list *list) {
    free(list->at);
    *list = (struct tier_list){0};
}

// ---- the firmware's word ------------------------------------------------------------------------

enum { SENTENCE_BYTES = 320 };

// Says it where `nearer` is the nearer of the two by the firmware, and the farther by measurement.
static bool say_if_wrong(const char *table, double nearer_said, double farther_said,
                         const struct data_cell *nearer, const struct data_cell *farther,
                         void (*say)(const char *sentence, void *context), void *context) {
    double nearer_ns = data_cell_median(nearer, data_all(METRIC_LATENCY));
    double farther_ns = data_cell_median(farther, data_all(METRIC_LATENCY));
    char text[SENTENCE_BYTES];
    if (!(nearer_said < farther_said) || !(nearer_ns > farther_ns * (1 + order_slack)))
        return false;
    snprintf(text, sizeof text,
             "%s says that node %" PRIu64 " (%.0f) is nearer to the CPUs of node %" PRIu64
             " than node %" PRIu64 " (%.0f), but it is slower: %.1f ns, the other %.1f ns",
             table, data_cell_mem_node(nearer), nearer_said, nearer->cpu_node,
             data_cell_mem_node(farther), farther_said, nearer_ns, farther_ns);
    say(text, context);
    return true;
}

static double distance_of(const struct topology *topology, const struct data_cell *cell) {
    uint64_t distance =
        topology_distance(topology, (uint32_t)cell->cpu_node, (uint32_t)data_cell_mem_node(cell));
    return distance == NONE_U64 ? NAN : (double)distance;
}

static double firmware_latency(const struct topology *topology, const struct data_cell *cell) {
    return topology_firmware(topology, (uint32_t)cell->cpu_node, (uint32_t)data_cell_mem_node(cell))
        .latency_ns;
}

size_t tier_wrong_values(const struct data_cell *const *cells, size_t count,
                         const struct topology *topology,
                         void (*say)(const char *sentence, void *context), void *context) {
    size_t found = 0;
    char text[SENTENCE_BYTES];
    for (size_t i = 0; i < count; i++) {
        if (!has_place(cells[i]))
            continue;
        double said_ns = firmware_latency(topology, cells[i]);
        double own_ns = data_cell_median(cells[i], data_all(METRIC_LATENCY));
        if (!(fabs(said_ns / own_ns - 1) > lie_min))
            continue;
        snprintf(text, sizeof text,
                 "HMAT says %.0f ns from the CPUs of node %" PRIu64 " to node %" PRIu64
                 "; the measured latency is %.1f ns, %+.0f %%",
                 said_ns, cells[i]->cpu_node, data_cell_mem_node(cells[i]), own_ns,
                 100 * (own_ns / said_ns - 1));
        say(text, context);
        found++;
    }
    return found;
}

size_t tier_disagreements(const struct data_cell *const *cells, size_t count,
                          const struct topology *topology,
                          void (*say)(const char *sentence, void *context), void *context) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            const struct data_cell *one = cells[i], *other = cells[j];
            if (!one || !other || i == j || one->cpu_node != other->cpu_node)
                continue;
            found += say_if_wrong("SLIT", distance_of(topology, one), distance_of(topology, other),
                                  one, other, say, context);
            found += say_if_wrong("HMAT", firmware_latency(topology, one),
                                  firmware_latency(topology, other), one, other, say, context);
        }
    return found;
}
