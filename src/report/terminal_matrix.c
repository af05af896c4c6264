// SPDX-License-Identifier: Apache-2.0
// Matrices on the terminal, nodes of CPUs x nodes of memory, and chains walked at once.
#include "analyse/series.h"
#include "report/grid.h"
#include "report/matrix.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const void *context, size_t row, size_t column, int width) {
    const struct matrix *matrix = context;
    size_t place = row * matrix->column_count + column;
    const struct metric_kind *kind = &metric_kinds[matrix->metric];
    if (!isnan(matrix->values[place]))
        terminal_say("%*.*f", width, kind->decimals, matrix->values[place] / kind->unit_size);
    else
        terminal_say("%*s", width, terminal_word_for_none(matrix->cells[place]));
}

static void name_column(const void *context, size_t column, char text[GRID_LABEL_BYTES]) {
    const struct matrix *matrix = context;
    char nodes[NODE_SET_TEXT_BYTES];
    snprintf(text, GRID_LABEL_BYTES, "mem %s", node_set_format(&matrix->columns[column], nodes));
}

// The names of sets may be longer than numbers.
static int column_width(const struct matrix *matrix) {
    size_t width = 11;
    for (size_t column = 0; column < matrix->column_count; column++) {
        char text[GRID_LABEL_BYTES];
        name_column(matrix, column, text);
        width = strlen(text) + 2 > width ? strlen(text) + 2 : width;
    }
    return (int)width;
}

static void print_matrix(const struct matrix *matrix, uint32_t terminal_columns) {
    char title[MATRIX_TITLE_BYTES];
    terminal_say("\n%s\n", matrix_title(matrix, title));
    grid_print(
        &(struct grid){
            .row_word = "cpu",
            .rows = matrix->rows,
            .row_count = matrix->row_count,
            .column_count = matrix->column_count,
            .label_width = 10,
            .column_width = column_width(matrix),
            .name_column = name_column,
            .print = print_value,
            .context = matrix,
        },
        terminal_columns);
}

bool terminal_matrices(const struct terminal *terminal, const struct matrix_list *list,
                       enum block block) {
    bool found = false;
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].first->block != block)
            continue;
        print_matrix(&list->at[i], terminal->columns);
        found = true;
    }
    return found;
}

// ---- chains walked at once ----------------------------------------------------------------------

// The latency of one chain in the same places and pages; NaN where that was not measured.
static double idle_of(const struct series *series, const struct data_cell *chains,
                      const struct dataset *dataset) {
    for (size_t i = 0; i < series->cell_count; i++)
        if (series->cells[i]->chains == 1)
            return data_cell_median(series->cells[i], data_all(METRIC_LATENCY));
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (series_takes(SERIES_MATRIX, cell) && cell->test == TEST_LATENCY &&
            strcmp(cell->pattern, chains->pattern) == 0 &&
            strcmp(cell->pages, chains->pages) == 0 && cell->cpu_node == chains->cpu_node &&
            node_set_same(&cell->mem_node, &chains->mem_node) &&
            cell->buffer_bytes == chains->buffer_bytes)
            return data_cell_median(cell, data_all(METRIC_LATENCY));
    }
    return NAN;
}

// A chain touches a line in each slot.
static double line_bytes(const struct data_cell *cell) {
    return (double)cell->touched_bytes / ((double)cell->buffer_bytes / (double)cell->slot_bytes);
}

// Lines in flight, by Little's law: what arrives in the time of one load while nothing else is on
// its way, bandwidth x idle latency / line.
static void print_walk(const struct data_cell *cell, double idle_ns) {
    double load_ns = data_cell_median(cell, data_all(METRIC_LATENCY));
    double lines_per_ns = (double)cell->chains / load_ns;
    terminal_say("%8" PRIu64, cell->chains);
    if (isnan(load_ns))
        terminal_say(" %9s %9s %9s", terminal_word_for_none(cell), "", "");
    else if (isnan(idle_ns))
        terminal_say(" %9.1f %9.2f %9s", load_ns, lines_per_ns * line_bytes(cell), "-");
    else
        terminal_say(" %9.1f %9.2f %9.2f", load_ns, lines_per_ns * line_bytes(cell),
                     lines_per_ns * idle_ns);
    terminal_say("  %s\n", cell->name);
}

void terminal_chains(const struct terminal *terminal) {
    struct series_list list;
    bool alone = false;
    series_list_build(&list, terminal->dataset, SERIES_CHAINS);
    if (list.count)
        terminal_say("\nChains that one thread follows at once\n%8s %9s %9s %9s  %s\n", "chains",
                     "load, ns", "GB/s", "in flight", "case");
    for (size_t i = 0; i < list.count; i++)
        for (size_t j = 0; j < list.at[i].cell_count; j++) {
            const struct data_cell *cell = list.at[i].cells[j];
            alone = alone || cell->chains == 1;
            print_walk(cell, idle_of(&list.at[i], cell, terminal->dataset));
        }
    if (list.count)
        terminal_say("In flight: lines on their way at once = bandwidth x latency of one chain / "
                     "line size%s\n",
                     alone ? "" : " (--chains 1,... measures that)");
    series_list_free(&list);
}
