// SPDX-License-Identifier: Apache-2.0
#include "analyse/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double sweep_size_bytes(const struct data_cell *cell) {
    return (double)(cell->touched_bytes != NONE_U64 ? cell->touched_bytes : cell->buffer_bytes);
}

static bool same_series(const struct data_cell *a, const struct data_cell *b) {
    return a->cpu_node == b->cpu_node && a->mem_node == b->mem_node &&
           strcmp(a->test, b->test) == 0 && strcmp(a->pattern, b->pattern) == 0 &&
           strcmp(a->kernel, b->kernel) == 0 && strcmp(a->pages, b->pages) == 0 &&
           a->threads == b->threads;
}

static struct sweep_series *series_of(struct sweep_list *list, const struct data_cell *cell,
                                      enum metric metric) {
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].metric == metric && same_series(list->at[i].first, cell))
            return &list->at[i];
    list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
    list->at[list->count] = (struct sweep_series){.first = cell, .metric = metric};
    return &list->at[list->count++];
}

static void collect(struct sweep_list *list, const struct dataset *dataset, enum metric metric) {
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (strcmp(cell->block, "sweep") != 0 || !(sweep_size_bytes(cell) > 0) ||
            isnan(data_cell_median(cell, data_all(metric))))
            continue;
        struct sweep_series *series = series_of(list, cell, metric);
        series->cells = base_grow_by_one(series->cells, series->cell_count, sizeof *series->cells);
        series->cells[series->cell_count++] = cell;
    }
}

static int by_size(const void *left, const void *right) {
    double a = sweep_size_bytes(*(const struct data_cell *const *)left);
    double b = sweep_size_bytes(*(const struct data_cell *const *)right);
    return (a > b) - (a < b);
}

static void find_levels(struct sweep_series *series) {
    struct sweep_point *points = base_allocate(series->cell_count, sizeof *points);
    for (size_t i = 0; i < series->cell_count; i++) {
        double median = data_cell_median(series->cells[i], data_all(series->metric));
        points[i] = (struct sweep_point){
            .size_bytes = sweep_size_bytes(series->cells[i]),
            .time = series->metric == METRIC_LATENCY ? median : 1 / median,
        };
    }
    series->level_count = sweep_find_levels(points, series->cell_count, series->levels);
    free(points);
}

void sweep_list_build(struct sweep_list *list, const struct dataset *dataset) {
    *list = (struct sweep_list){0};
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        collect(list, dataset, metric);
    for (size_t i = 0; i < list->count; i++) {
        struct sweep_series *series = &list->at[i];
        qsort(series->cells, series->cell_count, sizeof *series->cells, by_size);
        find_levels(series);
    }
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
    snprintf(text, SWEEP_NAME_BYTES,
             "%.46s, cpu %lld to mem %lld, %.16s pages, %" PRIu64 " thread%s",
             first->pattern[0] ? first->pattern : first->kernel, (long long)first->cpu_node,
             (long long)first->mem_node, first->pages, first->threads, PLURAL(first->threads));
    return text;
}
