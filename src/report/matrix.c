// SPDX-License-Identifier: Apache-2.0
#include "report/matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Which metric a cell gives to a matrix; METRIC_COUNT when it has no place in one.
static enum metric metric_of(const struct data_cell *cell) {
    static const char *const blocks[] = {"", "idle", "matrix", "peak"};
    bool placed = cell->cpu_node != NONE_U64 && cell->mem_node != NONE_U64 && !cell->cached;
    bool right_block = false;
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        right_block = right_block || strcmp(cell->block, blocks[i]) == 0;
    if (!placed || !right_block || (cell->chains != NONE_U64 && cell->chains > 1))
        return METRIC_COUNT;
    if (strcmp(cell->test, "latency") == 0)
        return METRIC_LATENCY;
    return strcmp(cell->test, "bandwidth") == 0 ? METRIC_BANDWIDTH : METRIC_COUNT;
}

static bool belongs(const struct matrix *matrix, const struct data_cell *cell) {
    const struct data_cell *first = matrix->first;
    return strcmp(first->test, cell->test) == 0 && strcmp(first->block, cell->block) == 0 &&
           strcmp(first->kernel, cell->kernel) == 0 && strcmp(first->pattern, cell->pattern) == 0 &&
           strcmp(first->mix, cell->mix) == 0 && strcmp(first->pages, cell->pages) == 0;
}

static size_t place_of(const uint64_t *numbers, size_t count, uint64_t number) {
    size_t place = 0;
    while (place < count && numbers[place] < number)
        place++;
    return place;
}

static void add_number(uint64_t **numbers, size_t *count, uint64_t number) {
    size_t place = place_of(*numbers, *count, number);
    if (place < *count && (*numbers)[place] == number)
        return;
    *numbers = base_grow_by_one(*numbers, *count, sizeof **numbers);
    memmove(*numbers + place + 1, *numbers + place, (*count - place) * sizeof **numbers);
    (*numbers)[place] = number;
    ++*count;
}

static void fill(struct matrix *matrix, const struct dataset *dataset) {
    size_t places = matrix->row_count * matrix->column_count;
    matrix->cells = base_allocate(places, sizeof *matrix->cells);
    matrix->values = base_allocate(places, sizeof *matrix->values);
    for (size_t i = 0; i < places; i++)
        matrix->values[i] = NAN;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (metric_of(cell) != matrix->metric || !belongs(matrix, cell))
            continue;
        size_t row = place_of(matrix->rows, matrix->row_count, cell->cpu_node);
        size_t column = place_of(matrix->columns, matrix->column_count, cell->mem_node);
        size_t place = row * matrix->column_count + column;
        if (matrix->cells[place]) // another size or number of threads: the first one stands
            continue;
        matrix->cells[place] = cell;
        matrix->values[place] = data_cell_median(cell, data_all(matrix->metric));
    }
}

static bool is_peak(const struct data_cell *cell) {
    return strcmp(cell->block, "peak") == 0;
}

static void collect(struct matrix_list *list, const struct dataset *dataset, enum metric metric,
                    bool peak) {
    size_t from = list->count;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (metric_of(cell) != metric || is_peak(cell) != peak)
            continue;
        size_t at = from;
        while (at < list->count && !belongs(&list->at[at], cell))
            at++;
        if (at == list->count) {
            list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
            list->at[list->count++] = (struct matrix){.metric = metric, .first = cell};
        }
        struct matrix *matrix = &list->at[at];
        add_number(&matrix->rows, &matrix->row_count, cell->cpu_node);
        add_number(&matrix->columns, &matrix->column_count, cell->mem_node);
    }
    for (size_t i = from; i < list->count; i++)
        fill(&list->at[i], dataset);
}

void matrix_list_build(struct matrix_list *list, const struct dataset *dataset) {
    *list = (struct matrix_list){0};
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        collect(list, dataset, metric, false);
        collect(list, dataset, metric, true);
    }
}

void matrix_list_free(struct matrix_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->at[i].rows);
        free(list->at[i].columns);
        free(list->at[i].cells);
        free(list->at[i].values);
    }
    free(list->at);
    *list = (struct matrix_list){0};
}

char *matrix_title(const struct matrix *matrix, char text[MATRIX_TITLE_BYTES]) {
    const struct data_cell *first = matrix->first;
    bool latency = matrix->metric == METRIC_LATENCY;
    snprintf(text, MATRIX_TITLE_BYTES, "%s, %s: %s%s%s%s%s, %s pages",
             latency ? "Idle latency" : "Bandwidth", metric_kinds[matrix->metric].unit,
             latency ? first->pattern : first->kernel, latency ? " chain" : "",
             first->mix[0] ? " (mix " : "", first->mix, first->mix[0] ? ")" : "", first->pages);
    return text;
}

const struct matrix *matrix_first(const struct matrix_list *list, enum metric metric) {
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].metric == metric)
            return &list->at[i];
    return NULL;
}
