// SPDX-License-Identifier: Apache-2.0
#include "report/matrix.h"

#include "record/row.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int item_order(const void *left, const void *right);

static int by_number(const void *left, const void *right) {
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static int by_set(const void *left, const void *right) {
    return node_set_compare(left, right);
}

// Sorts items and keeps one of each; returns how many.
static size_t keep_each_once(void *items, size_t count, size_t item_bytes, item_order *order) {
    char *at = items;
    size_t kept = 0;
    qsort(items, count, item_bytes, order);
    for (size_t i = 0; i < count; i++)
        if (!kept || order(at + (kept - 1) * item_bytes, at + i * item_bytes) != 0)
            memmove(at + kept++ * item_bytes, at + i * item_bytes, item_bytes);
    return kept;
}

static size_t place_of(const void *item, const void *items, size_t count, size_t item_bytes,
                       item_order *order) {
    const char *found = bsearch(item, items, count, item_bytes, order);
    return (size_t)(found - (const char *)items) / item_bytes;
}

static struct matrix matrix_of(const struct series *series) {
    struct matrix matrix = {.first = series->cells[0]};
    matrix.metric = matrix.first->test == TEST_LATENCY ? METRIC_LATENCY : METRIC_BANDWIDTH;
    matrix.rows = base_allocate(series->cell_count, sizeof *matrix.rows);
    matrix.columns = base_allocate(series->cell_count, sizeof *matrix.columns);
    for (size_t i = 0; i < series->cell_count; i++) {
        matrix.rows[i] = series->cells[i]->cpu_node;
        matrix.columns[i] = series->cells[i]->mem_node;
    }
    matrix.row_count =
        keep_each_once(matrix.rows, series->cell_count, sizeof *matrix.rows, by_number);
    matrix.column_count =
        keep_each_once(matrix.columns, series->cell_count, sizeof *matrix.columns, by_set);
    size_t places = matrix.row_count * matrix.column_count;
    matrix.cells = base_allocate(places, sizeof *matrix.cells);
    matrix.values = base_allocate(places, sizeof *matrix.values);
    for (size_t i = 0; i < places; i++)
        matrix.values[i] = NAN;
    for (size_t i = 0; i < series->cell_count; i++) {
        const struct data_cell *cell = series->cells[i];
        size_t row = place_of(&cell->cpu_node, matrix.rows, matrix.row_count, sizeof *matrix.rows,
                              by_number);
        size_t column = place_of(&cell->mem_node, matrix.columns, matrix.column_count,
                                 sizeof *matrix.columns, by_set);
        size_t place = row * matrix.column_count + column;
        matrix.cells[place] = cell;
        matrix.values[place] = data_cell_median(cell, data_all(matrix.metric));
    }
    return matrix;
}

// Latencies first, and what was only searched for its peak last.
static int rank_of(const struct matrix *matrix) {
    return 2 * (matrix->first->block == BLOCK_PEAK) + (matrix->metric == METRIC_BANDWIDTH);
}

void matrix_list_build(struct matrix_list *list, const struct dataset *dataset) {
    struct series_list found;
    series_list_build(&found, dataset, SERIES_MATRIX);
    *list = (struct matrix_list){.at = base_allocate(found.count + 1, sizeof *list->at)};
    for (size_t i = 0; i < found.count; i++) {
        struct matrix matrix = matrix_of(&found.at[i]);
        size_t at = list->count++;
        for (; at > 0 && rank_of(&list->at[at - 1]) > rank_of(&matrix); at--)
            list->at[at] = list->at[at - 1];
        list->at[at] = matrix;
    }
    series_list_free(&found);
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

// The parts of a title that all cells of a matrix must share, else the title is without them. Each
// is "" for a cell that has none.
enum { TITLE_PART_BYTES = 48 };
typedef void title_part(const struct data_cell *cell, char text[TITLE_PART_BYTES]);

static void put_size(const struct data_cell *cell, char text[TITLE_PART_BYTES]) {
    char size[DATA_SIZE_TEXT_BYTES];
    data_cell_size(cell, size);
    snprintf(text, TITLE_PART_BYTES, "%s%s",
             !size[0]                     ? ""
             : cell->test == TEST_LATENCY ? " of "
                                          : ", array size ",
             size);
}

static void put_threads(const struct data_cell *cell, char text[TITLE_PART_BYTES]) {
    text[0] = '\0';
    if (cell->test != TEST_LATENCY && cell->threads != NONE_U64)
        snprintf(text, TITLE_PART_BYTES, ", %" PRIu64 " thread%s", cell->threads,
                 PLURAL(cell->threads));
}

static void put_common(const struct matrix *matrix, title_part *put, char text[TITLE_PART_BYTES]) {
    put(matrix->first, text);
    for (size_t i = 0; text[0] && i < matrix->row_count * matrix->column_count; i++) {
        char other[TITLE_PART_BYTES];
        if (!matrix->cells[i])
            continue;
        put(matrix->cells[i], other);
        if (strcmp(other, text) != 0)
            text[0] = '\0';
    }
}

char *matrix_title(const struct matrix *matrix, char text[MATRIX_TITLE_BYTES]) {
    const struct data_cell *first = matrix->first;
    bool latency = matrix->metric == METRIC_LATENCY;
    char size[TITLE_PART_BYTES], threads[TITLE_PART_BYTES];
    put_common(matrix, put_size, size);
    put_common(matrix, put_threads, threads);
    snprintf(text, MATRIX_TITLE_BYTES, "%s, %s: %s%s%s%s%s%s, %s pages%s%s",
             latency                      ? "Idle latency"
             : first->block == BLOCK_PEAK ? "Peak bandwidth"
                                          : "Bandwidth",
             metric_kinds[matrix->metric].unit, latency ? first->pattern : first->kernel,
             latency ? " chain" : "", first->mix[0] ? " (mix " : "", first->mix,
             first->mix[0] ? ")" : "", size, first->pages, threads,
             data_cell_is_cached(first) ? ", small on purpose (--cached)" : "");
    return text;
}

const struct matrix *matrix_main(const struct matrix_list *list, enum metric metric) {
    const struct matrix *best = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct matrix *matrix = &list->at[i];
        if (matrix->metric != metric || data_cell_is_cached(matrix->first))
            continue;
        bool same = best && series_compare(SERIES_MATRIX, best->first, matrix->first) == 0;
        if (!best || (same && matrix->first->threads != NONE_U64 &&
                      matrix->first->threads > best->first->threads))
            best = matrix;
    }
    return best;
}

// ---- beside peaks -------------------------------------------------------------------------------

// The same loop at the same place in the matrix; NULL: there is none. Its name lacks the mix that
// the loop stands for.
static const struct data_cell *in_matrix(const struct dataset *dataset,
                                         const struct data_cell *peak) {
    char name[ROW_NAME_BYTES];
    const char *mix = strstr(peak->name, "/mix:");
    snprintf(name, sizeof name, "%.*s", mix ? (int)(mix - peak->name) : 0, peak->name);
    const struct data_cell *cell = dataset_cell(dataset, name);
    return cell && cell->block == BLOCK_MATRIX ? cell : NULL;
}

const char *matrix_peak_note(const struct dataset *dataset) {
    bool twice = false, together = false, matrix = false;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        matrix = matrix || (cell->block == BLOCK_MATRIX && cell->test == TEST_BANDWIDTH);
        if (cell->block != BLOCK_PEAK)
            continue;
        twice = twice || in_matrix(dataset, cell);
        together = together || cell->cpu_node == NONE_U64;
    }
    if (twice)
        return "Matrix and peak measure the same loop at different times: the difference is noise. "
               "Quote the peak.";
    return matrix && together ? "A peak is of all CPU nodes at once: quote it for the machine. A "
                                "matrix value is of one pair of nodes."
                              : "";
}

double matrix_local_sum(const struct matrix *bandwidth, size_t *nodes) {
    double sum = 0;
    *nodes = 0;
    for (size_t row = 0; row < bandwidth->row_count; row++)
        for (size_t column = 0; column < bandwidth->column_count; column++) {
            double value = bandwidth->values[row * bandwidth->column_count + column];
            if (bandwidth->rows[row] != node_set_only(&bandwidth->columns[column]) || isnan(value))
                continue;
            sum += value;
            ++*nodes;
        }
    return *nodes ? sum : NAN;
}
