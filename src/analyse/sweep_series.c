// SPDX-License-Identifier: Apache-2.0
#include "analyse/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void find_levels(struct sweep_series *series) {
    struct sweep_point *points = base_allocate(series->cell_count, sizeof *points);
    for (size_t i = 0; i < series->cell_count; i++) {
        double median = data_cell_median(series->cells[i], data_all(series->metric));
        points[i] = (struct sweep_point){
            .size_bytes = series_size_bytes(series->cells[i]),
            .time = series->metric == METRIC_LATENCY ? median : 1 / median,
        };
    }
    series->level_count = sweep_find_levels(points, series->cell_count, series->levels);
    free(points);
}

// The cells of a series that have a value of the metric.
static void add_series(struct sweep_list *list, const struct series *series, enum metric metric) {
    struct sweep_series found = {.metric = metric};
    found.cells = base_allocate(series->cell_count, sizeof *found.cells);
    for (size_t i = 0; i < series->cell_count; i++)
        if (!isnan(data_cell_median(series->cells[i], data_all(metric))))
            found.cells[found.cell_count++] = series->cells[i];
    if (!found.cell_count) {
        free(found.cells);
        return;
    }
    found.first = found.cells[0];
    find_levels(&found);
    list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
    list->at[list->count++] = found;
}

void sweep_list_build(struct sweep_list *list, const struct dataset *dataset) {
    struct series_list found;
    *list = (struct sweep_list){0};
    series_list_build(&found, dataset, SERIES_SWEEP);
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        for (size_t i = 0; i < found.count; i++)
            add_series(list, &found.at[i], metric);
    series_list_free(&found);
}

void sweep_list_free(struct sweep_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->at[i].cells);
    free(list->at);
    *list = (struct sweep_list){0};
}

size_t sweep_shown(const struct sweep_series *series, const struct topology *topology,
                   struct topology_level shown[TOPOLOGY_LEVELS_MAX],
                   size_t matches[TOPOLOGY_LEVELS_MAX]) {
    struct id_set cpus;
    struct error ignored;
    size_t count = 0;
    if (topology && id_set_parse(&cpus, series->first->cpus, &ignored)) {
        count = topology_levels(topology, &cpus, shown);
        id_set_free(&cpus);
    }
    uint64_t sizes[TOPOLOGY_LEVELS_MAX];
    for (size_t i = 0; i < count; i++)
        sizes[i] = shown[i].size_bytes;
    sweep_match(series->levels, series->level_count, sizes, count, matches);
    return count;
}

char *sweep_name(const struct sweep_series *series, char text[SWEEP_NAME_BYTES]) {
    const struct data_cell *first = series->first;
    char nodes[NODE_SET_TEXT_BYTES];
    snprintf(text, SWEEP_NAME_BYTES, "%.46s, cpu %lld to mem %s, %.16s pages, %" PRIu64 " thread%s",
             first->pattern[0] ? first->pattern : first->kernel, (long long)first->cpu_node,
             node_set_format(&first->mem_node, nodes), first->pages, first->threads,
             PLURAL(first->threads));
    return text;
}
