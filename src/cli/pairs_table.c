// SPDX-License-Identifier: Apache-2.0
#include "cli/pairs_table.h"

#include "base/id_set.h"
#include "cli/grid.h"
#include "stats/order.h"

#include <stdio.h>
#include <stdlib.h>

static bool same_table(const struct cell *a, const struct cell *b) {
    return a->pair.protocol == b->pair.protocol && a->pair.home == b->pair.home &&
           a->pages == b->pages;
}

// The medians of a class of one table; *count of them, of *pairs that were planned. The caller
// frees them.
static double *collect_class(const struct results *results, const struct cell *like,
                             enum pair_class class, size_t *count, size_t *pairs) {
    const struct plan *plan = results->plan;
    double *values = base_allocate(plan->cell_count, sizeof *values);
    *count = *pairs = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell_result *result = &results->cells[i];
        if (!same_table(like, &plan->cells[i]) || plan->cells[i].pair.pair_class != class)
            continue;
        ++*pairs;
        if (result->value_count)
            values[(*count)++] = order_median(result->values, result->value_count);
    }
    return values;
}

// The nearest rank: the least value that so many percent do not exceed.
static double percentile(const double *sorted, size_t count, size_t percent) {
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static void print_class(const struct results *results, const struct cell *like,
                        enum pair_class class) {
    size_t count, pairs;
    double *values = collect_class(results, like, class, &count, &pairs);
    if (count) {
        double *sorted = order_sorted(values, count);
        printf("  %-9s %9.1f %9.1f %9.1f %7zu of %zu\n", pair_class_names[class],
               order_median(values, count), percentile(sorted, count, 5),
               percentile(sorted, count, 95), count, pairs);
        free(sorted);
    } else if (pairs) {
        printf("  %-9s %9s %9s %9s %7u of %zu\n", pair_class_names[class], "-", "-", "-", 0U,
               pairs);
    }
    free(values);
}

// False where there is no such table.
static bool print_title(const struct results *results, const struct cell *like) {
    static const char *const owners[PAIR_HOME_COUNT] = {
        [HOME_WRITER] = "the writer's", [HOME_READER] = "the reader's", [HOME_THIRD] = "a third"};
    const struct plan *plan = results->plan;
    size_t first = 0;
    while (first < plan->cell_count && !same_table(like, &plan->cells[first]))
        first++;
    if (first == plan->cell_count)
        return false;
    printf("\nCore to core, ns: %s, lines at home on %s node, %s pages\n",
           like->pair.protocol->name, owners[like->pair.home], like->pages->name);
    return true;
}

static void print_classes(const struct results *results, const struct cell *like,
                          const struct id_set *cpus, uint32_t terminal_columns) {
    (void)cpus, (void)terminal_columns;
    printf("  %-9s %9s %9s %9s %7s\n", "class", "median", "p5", "p95", "pairs");
    for (size_t class = 0; class < PAIR_CLASS_COUNT; class ++)
        print_class(results, like, (enum pair_class) class);
}

// ---- all pairs ----------------------------------------------------------------------------------

// A ping-pong is the same both ways, so only one of the two ways is measured and shown.
struct pairs_matrix {
    const struct results *results;
    const struct id_set *cpus;
    size_t *cells; // [writer * cpus->count + reader], index + 1; 0: none
};

static size_t place_of(const struct id_set *cpus, uint32_t cpu) {
    size_t place = 0;
    while (cpus->ids[place] != cpu)
        place++;
    return place;
}

static void print_pair(const void *context, size_t row, size_t column, int width) {
    const struct pairs_matrix *matrix = context;
    size_t cell = matrix->cells[row * matrix->cpus->count + column];
    const struct cell_result *result = &matrix->results->cells[cell ? cell - 1 : 0];
    if (!cell)
        printf("%*s", width, "");
    else if (result->value_count)
        printf("%*.1f", width, order_median(result->values, result->value_count));
    else
        printf("%*s", width, results_word_for_none(result));
}

static void fill_matrix(struct pairs_matrix *matrix, const struct cell *like) {
    const struct plan *plan = matrix->results->plan;
    size_t count = matrix->cpus->count;
    matrix->cells = base_allocate(count * count, sizeof *matrix->cells);
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell_pair *pair = &plan->cells[i].pair;
        if (same_table(like, &plan->cells[i]))
            matrix->cells[place_of(matrix->cpus, pair->writer_cpu) * count +
                          place_of(matrix->cpus, pair->reader_cpu)] = i + 1;
    }
}

static void print_matrix(const struct results *results, const struct cell *like,
                         const struct id_set *cpus, uint32_t terminal_columns) {
    struct pairs_matrix matrix = {.results = results, .cpus = cpus};
    fill_matrix(&matrix, like);
    printf("  the line's writer beside, its reader above%s\n",
           like->pair.protocol->ways_per_unit == 2 ? "; there and back are one pair" : "");
    const struct grid grid = {
        .row_word = "cpu",
        .column_word = "cpu",
        .rows = cpus->ids,
        .columns = cpus->ids,
        .row_count = cpus->count,
        .column_count = cpus->count,
        .label_width = 10,
        .column_width = 9,
        .print = print_pair,
        .context = &matrix,
    };
    grid_print(&grid, terminal_columns);
    free(matrix.cells);
}

// ---- all tables ---------------------------------------------------------------------------------

// Calls print for each table that the plan could have.
typedef void print_part(const struct results *results, const struct cell *like,
                        const struct id_set *cpus, uint32_t terminal_columns);

static bool print_each(const struct results *results, const struct id_set *cpus,
                       uint32_t terminal_columns, print_part *print) {
    bool found = false;
    for (size_t pages = 0; pages < page_kind_count; pages++) {
        for (size_t protocol = 0; protocol < pair_protocol_count; protocol++) {
            for (size_t home = 0; home < PAIR_HOME_COUNT; home++) {
                struct cell like = {.pages = &page_kinds[pages]};
                like.pair.protocol = &pair_protocols[protocol];
                like.pair.home = (enum pair_home)home;
                if (!print_title(results, &like))
                    continue;
                print(results, &like, cpus, terminal_columns);
                found = true;
            }
        }
    }
    return found;
}

void pairs_table_print(const struct results *results) {
    if (print_each(results, NULL, 0, print_classes))
        printf("\nA class is the least that the two CPUs share; ping-pong is one way, half a round "
               "trip.\n");
}

// No more than the limit and a pair: a plan may have a hundred thousand.
static struct id_set find_cpus(const struct plan *plan) {
    struct id_set cpus = {0};
    for (size_t i = 0; i < plan->cell_count && cpus.count <= PAIRS_MATRIX_CPUS_MOST; i++) {
        if (!plan->cells[i].pair.protocol)
            continue;
        id_set_add(&cpus, plan->cells[i].pair.writer_cpu);
        id_set_add(&cpus, plan->cells[i].pair.reader_cpu);
    }
    return cpus;
}

void pairs_matrices_print(const struct results *results, const char *run_path,
                          uint32_t terminal_columns) {
    struct id_set cpus = find_cpus(results->plan);
    if (cpus.count > PAIRS_MATRIX_CPUS_MOST)
        printf("\nA matrix of more than %d CPUs is not printed: %s/rows.csv has all pairs "
               "(writer_cpu, reader_cpu, latency_ns).\n",
               (int)PAIRS_MATRIX_CPUS_MOST, run_path);
    else
        print_each(results, &cpus, terminal_columns, print_matrix);
    id_set_free(&cpus);
}
