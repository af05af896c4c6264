// SPDX-License-Identifier: Apache-2.0
// Core to core on the terminal: a line for each class that has pairs, and all pairs as a matrix.
#include "analyse/pair_classes.h"
#include "base/id_set.h"
#include "report/grid.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_title(const struct series *pairs) {
    char name[PAIRS_NAME_BYTES];
    const char *meaning = pairs_meaning(pairs);
    terminal_say("\nCore to core, ns: %s\n", pairs_name(pairs, name));
    if (*meaning)
        terminal_say("  %s\n", meaning);
}

static void print_classes(const struct series *pairs) {
    struct pair_class_figure figures[PAIR_CLASS_COUNT];
    pair_class_figures(pairs, figures);
    print_title(pairs);
    terminal_say("  %-9s %9s %9s %9s %7s\n", "class", "median", "p5", "p95", "pairs");
    for (enum pair_class class = 0; class < PAIR_CLASS_COUNT; class ++) {
        const struct pair_class_figure *figure = &figures[class];
        if (figure->valued)
            terminal_say("  %-9s %9.1f %9.1f %9.1f %7zu of %zu\n", pair_class_names[class],
                         figure->median_ns, figure->p5_ns, figure->p95_ns, figure->valued,
                         figure->pairs);
        else if (figure->pairs)
            terminal_say("  %-9s %9s %9s %9s %7u of %zu\n", pair_class_names[class], "-", "-", "-",
                         0U, figure->pairs);
    }
}

void terminal_pair_classes(const struct terminal *terminal) {
    struct series_list list;
    series_list_build(&list, terminal->dataset, SERIES_PAIRS);
    for (size_t i = 0; i < list.count; i++)
        print_classes(&list.at[i]);
    if (list.count)
        terminal_say("\nclass: the closest level that both CPUs share.\n");
    series_list_free(&list);
}

// ---- all pairs ----------------------------------------------------------------------------------

struct pairs_matrix {
    size_t side;
    const uint32_t *cpus;
    const struct data_cell **cells; // [writer * side + reader]; NULL: none
};

static void print_pair(const void *context, size_t row, size_t column, int width) {
    const struct pairs_matrix *matrix = context;
    const struct data_cell *cell = matrix->cells[row * matrix->side + column];
    double median = cell ? data_cell_median(cell, data_all(METRIC_LATENCY)) : NAN;
    if (!cell)
        terminal_say("%*s", width, "");
    else if (isnan(median))
        terminal_say("%*s", width, terminal_word_for_none(cell));
    else
        terminal_say("%*.1f", width, median);
}

// Of a ping-pong, which is the same in both directions, one of them is measured.
static bool has_both_ways(const struct pairs_matrix *matrix) {
    for (size_t i = 0; i < matrix->side; i++)
        for (size_t j = 0; j < i; j++)
            if (matrix->cells[i * matrix->side + j] && matrix->cells[j * matrix->side + i])
                return true;
    return false;
}

static void name_cpu(const void *context, size_t column, char text[GRID_LABEL_BYTES]) {
    const struct pairs_matrix *matrix = context;
    snprintf(text, GRID_LABEL_BYTES, "cpu %u", matrix->cpus[column]);
}

static void print_matrix(const struct series *pairs, const struct id_set *cpus,
                         uint32_t terminal_columns) {
    uint64_t *numbers = base_allocate(cpus->count + 1, sizeof *numbers);
    const struct pairs_matrix matrix = {cpus->count, cpus->ids, pairs_square(pairs, cpus)};
    for (size_t i = 0; i < cpus->count; i++)
        numbers[i] = cpus->ids[i];
    print_title(pairs);
    terminal_say("  rows are the writers of the line, columns its readers%s\n",
                 has_both_ways(&matrix) ? "" : "; both directions are one pair");
    const struct grid grid = {
        .row_word = "cpu",
        .rows = numbers,
        .row_count = cpus->count,
        .column_count = cpus->count,
        .label_width = 10,
        .column_width = 9,
        .name_column = name_cpu,
        .print = print_pair,
        .context = &matrix,
    };
    grid_print(&grid, terminal_columns);
    free(matrix.cells);
    free(numbers);
}

void terminal_pair_matrices(const struct terminal *terminal) {
    const struct data_run *run = &terminal->dataset->runs[0];
    struct series_list list;
    if (!machine_file_was_asked(&run->machine, "--full"))
        return;
    series_list_build(&list, terminal->dataset, SERIES_PAIRS);
    for (size_t i = 0; i < list.count; i++) {
        struct id_set cpus;
        pairs_cpus(&list.at[i], &cpus);
        bool few = cpus.count <= TERMINAL_PAIRS_CPUS_MAX;
        if (few)
            print_matrix(&list.at[i], &cpus, terminal->columns);
        else
            terminal_say(
                "\nA matrix of more than %d CPUs is not printed: %s/rows.csv has all pairs "
                "(writer_cpu, reader_cpu, latency_ns).\n",
                (int)TERMINAL_PAIRS_CPUS_MAX, run->path);
        id_set_free(&cpus);
        if (!few)
            break;
    }
    series_list_free(&list);
}
