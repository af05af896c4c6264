// SPDX-License-Identifier: Apache-2.0
#include "analyse/tiers.h"

#include "base/random.h"
#include "stats/bootstrap.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const tier_names[TIER_COUNT] = {
    [TIER_LOCAL] = "local",
    [TIER_SAME_PACKAGE] = "same package",
    [TIER_REMOTE] = "other package",
    [TIER_NO_CPUS] = "node without CPUs (CXL, HBM)",
};

enum { RESAMPLES = 1000, VISITS_LEAST = 5 };
static const uint64_t seed = 1;
static const double order_slack = 0.05; // measured latencies nearer than this are one distance

// What lies between the CPUs of one node and the memory of another. topology NULL: packages are not
// known, and every other node is remote. machine tells which nodes have CPUs.
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

void tier_figures(const struct data_cell *const *cells, size_t count, enum metric metric,
                  const struct machine_file *machine, const struct topology *topology,
                  struct tier_figure figures[TIER_COUNT]) {
    struct tier_values tiers[TIER_COUNT] = {0};
    for (size_t i = 0; i < count; i++)
        if (cells[i])
            add_cell(&tiers[tier_of(machine, topology, cells[i]->cpu_node,
                                    data_cell_mem_node(cells[i]))],
                     cells[i], metric);
    for (enum tier tier = 0; tier < TIER_COUNT; tier++) {
        const struct tier_values *own = &tiers[tier], *local = &tiers[TIER_LOCAL];
        figures[tier] = (struct tier_figure){own->cells, NAN, NAN, NAN, NAN};
        if (own->cells)
            figures[tier].value = middle_of(own, NULL);
        if (!own->cells || !local->cells)
            continue;
        figures[tier].ratio = figures[tier].value / figures[TIER_LOCAL].value;
        if (tier != TIER_LOCAL && own->fewest >= VISITS_LEAST && local->fewest >= VISITS_LEAST)
            find_interval(own, local, &figures[tier]);
    }
    for (enum tier tier = 0; tier < TIER_COUNT; tier++) {
        for (size_t i = 0; i < tiers[tier].cells; i++)
            free(tiers[tier].values[i]);
        free(tiers[tier].values);
        free(tiers[tier].counts);
    }
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
             " than node %" PRIu64 " (%.0f); measured it is farther: %.1f ns against %.1f ns",
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
