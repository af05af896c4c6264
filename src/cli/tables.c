// SPDX-License-Identifier: Apache-2.0
// The tables of a run on the terminal, part by part.
#include "base/units.h"
#include "cli/curve_table.h"
#include "cli/grid.h"
#include "cli/pairs_table.h"
#include "cli/results.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// How the values of a test are shown.
static const struct {
    const char *title;
    const char *unit;
    double unit_size; // in the unit of the rows
    int decimals;
} test_shown[TEST_COUNT] = {
    [TEST_LATENCY] = {"Idle latency",       "ns",   1,   1},
    [TEST_BANDWIDTH] = {"Bandwidth",          "GB/s", 1e9, 2},
    [TEST_LOADED] = {"Latency under load", "ns",   1,   1},
    [TEST_C2C] = {"Core to core",       "ns",   1,   1},
};

// ---- matrices -----------------------------------------------------------------------------------

static bool same_matrix(const struct cell *a, const struct cell *b) {
    return a->block == b->block && a->test == b->test && a->kernel == b->kernel &&
           a->pattern == b->pattern && a->pages == b->pages && a->chains == b->chains &&
           a->threads == b->threads;
}

static size_t matrix_end(const struct plan *plan, size_t first) {
    size_t end = first + 1;
    while (end < plan->cell_count && same_matrix(&plan->cells[first], &plan->cells[end]))
        end++;
    return end;
}

static void print_title(const struct results *results, size_t first, size_t end) {
    const struct cell *cell = &results->plan->cells[first];
    char size[UNITS_TEXT_BYTES];
    bool one_size = true, one_count = true;
    for (size_t i = first; i < end; i++) {
        one_size &= results->plan->cells[i].size_bytes == cell->size_bytes;
        one_count &= results->plan->cells[i].cpus.count == cell->cpus.count;
    }
    printf("\n%s, %s: ", test_shown[cell->test].title, test_shown[cell->test].unit);
    if (cell->kernel)
        printf("%s.%s, %u array%s", cell->kernel->name, isa_names[cell->kernel->isa],
               kernel_array_count(cell->kernel), PLURAL(kernel_array_count(cell->kernel)));
    else
        printf("%s chain", cell->pattern->name);
    if (one_size)
        printf(" of %s", units_format_bytes(cell->size_bytes, size));
    printf(", %s pages", cell->pages->name);
    if (cell->kernel && one_count)
        printf(", %zu thread%s", cell->cpus.count, PLURAL(cell->cpus.count));
    printf("\n");
}

// Cells of a block stand row by row, so the first row tells the columns.
struct matrix_cells {
    const struct results *results;
    size_t first, width;
};

static void print_value(const void *context, size_t row, size_t column, int width) {
    const struct matrix_cells *matrix = context;
    const struct results *results = matrix->results;
    size_t cell = matrix->first + row * matrix->width + column;
    const struct cell_result *result = &results->cells[cell];
    enum test test = results->plan->cells[cell].test;
    if (result->value_count)
        printf("%*.*f", width, test_shown[test].decimals,
               order_median(result->values, result->value_count) / test_shown[test].unit_size);
    else
        printf("%*s", width, results_word_for_none(result));
}

static void print_matrix(const struct results *results, size_t first, size_t end,
                         uint32_t terminal_columns) {
    const struct cell *cells = results->plan->cells + first;
    size_t count = end - first, width = 1;
    while (width < count && cells[width].cpu_node == cells[0].cpu_node)
        width++;
    uint32_t *cpu_nodes = base_allocate(count, sizeof *cpu_nodes);
    uint32_t *mem_nodes = base_allocate(width, sizeof *mem_nodes);
    for (size_t column = 0; column < width; column++)
        mem_nodes[column] = cells[column].mem_node;
    for (size_t row = 0; row < count / width; row++)
        cpu_nodes[row] = cells[row * width].cpu_node;
    const struct matrix_cells matrix = {results, first, width};
    print_title(results, first, end);
    grid_print(
        &(struct grid){
            .row_word = "cpu",
            .column_word = "mem",
            .rows = cpu_nodes,
            .columns = mem_nodes,
            .row_count = count / width,
            .column_count = width,
            .label_width = 10,
            .column_width = 11,
            .print = print_value,
            .context = &matrix,
        },
        terminal_columns);
    free(cpu_nodes);
    free(mem_nodes);
}

// ---- lists --------------------------------------------------------------------------------------

// "+-1.2 %", of the 95 % interval; "" where there is none.
static const char *print_interval(const struct cell_result *result,
                                  char text[HALF_WIDTH_TEXT_BYTES]) {
    double low, high;
    text[0] = '\0';
    if (order_median_interval(result->values, result->value_count, 0.95, &low, &high))
        results_format_half_width(
            (high - low) / 2 / order_median(result->values, result->value_count), text);
    return text;
}

static double median_of(const struct cell_result *result) {
    return order_median(result->values, result->value_count);
}

static bool same_race(const struct cell *a, const struct cell *b) {
    return a->block == b->block && a->mix == b->mix && a->pages == b->pages &&
           a->cpu_node == b->cpu_node && a->mem_node == b->mem_node;
}

// The winner of a race is the best of those that were visited most often: the others lost before.
static size_t winner(const struct results *results, size_t first, size_t *runners) {
    const struct cell *cells = results->plan->cells;
    size_t best = first;
    *runners = 0;
    for (size_t i = first; i < results->plan->cell_count; i++) {
        if (!same_race(&cells[first], &cells[i]))
            continue;
        ++*runners;
        const struct cell_result *one = &results->cells[i], *other = &results->cells[best];
        bool better = one->value_count > other->value_count ||
                      (one->value_count == other->value_count && median_of(one) > median_of(other));
        best = better ? i : best;
    }
    return best;
}

static bool was_before(const struct plan *plan, size_t cell) {
    for (size_t i = 0; i < cell; i++)
        if (same_race(&plan->cells[i], &plan->cells[cell]))
            return true;
    return false;
}

static void print_peak(const struct results *results, size_t cell) {
    size_t runners, best = winner(results, cell, &runners);
    const struct cell *won = &results->plan->cells[best];
    const struct cell_result *result = &results->cells[best];
    char interval[HALF_WIDTH_TEXT_BYTES], name[CELL_NAME_BYTES];
    printf("  %-10s", won->mix->name);
    if (result->value_count)
        printf("%11.2f %-9s", median_of(result) / 1e9, print_interval(result, interval));
    else
        printf("%11s %-9s", results_word_for_none(result), "");
    cell_name(won, name);
    printf(" %.*s", (int)(strstr(name, "/mix:") - strchr(name, '/') - 1), strchr(name, '/') + 1);
    if (runners > 1)
        printf(", the best of %zu", runners);
    printf("\n");
}

static void print_peaks(const struct results *results) {
    const struct plan *plan = results->plan;
    bool titled = false;
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (plan->cells[i].block != BLOCK_PEAK || was_before(plan, i))
            continue;
        if (!titled)
            printf("\nPeak bandwidth, GB/s, by the mix of reads and writes on the bus\n");
        titled = true;
        print_peak(results, i);
    }
}

// Whether a cell draws from all memory that there is.
static bool is_whole_machine(const struct topology *topology, const struct cell *cell) {
    size_t nodes = 0;
    for (size_t i = 0; i < topology->node_count; i++)
        nodes += topology->nodes[i].has_memory;
    return cell->shares ? cell->share_count == nodes : nodes == 1;
}

void results_print_peak_shares(const struct results *results, const struct topology *topology,
                               const char *module_speeds) {
    const struct plan *plan = results->plan;
    double peak = invariants_peak_bytes_per_s(module_speeds);
    bool titled = false;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        if (cell->block != BLOCK_PEAK || was_before(plan, i) || !is_whole_machine(topology, cell))
            continue;
        if (isnan(peak)) {
            printf("Theoretical peak: not known, because this system does not tell the speed of "
                   "each memory module\n");
            return;
        }
        size_t runners;
        const struct cell_result *best = &results->cells[winner(results, i, &runners)];
        if (!titled)
            printf("Theoretical peak %.2f GB/s, 8 bytes a transfer of each memory module. The "
                   "peaks reach\n ",
                   peak / 1e9);
        if (best->value_count)
            printf("%s %s %.1f %%", titled ? "," : "", cell->mix->name,
                   100 * median_of(best) / peak);
        titled = true;
    }
    if (titled)
        printf("\n");
}

// The latency of one chain in the same places and pages; NaN where that was not measured.
static double idle_of(const struct results *results, const struct cell *chains) {
    for (size_t i = 0; i < results->plan->cell_count; i++) {
        const struct cell *cell = &results->plan->cells[i];
        if (cell->test == TEST_LATENCY && cell->chains == 1 && cell->check == CHECK_NONE &&
            cell->pattern == chains->pattern && cell->pages == chains->pages &&
            cell->cpu_node == chains->cpu_node && cell->mem_node == chains->mem_node &&
            cell->size_bytes == chains->size_bytes)
            return median_of(&results->cells[i]);
    }
    return NAN;
}

// Lines in flight, by Little's law: what arrives in the time of one load while nothing else is on
// its way, bandwidth x idle latency / line.
static void print_walk(const struct results *results, size_t index) {
    const struct cell *cell = &results->plan->cells[index];
    const struct cell_result *result = &results->cells[index];
    char name[CELL_NAME_BYTES];
    double load_ns = median_of(result), idle_ns = idle_of(results, cell);
    double bytes_per_ns = (double)cell->chains * (double)cell->shape.line_bytes / load_ns;
    cell_name(cell, name);
    if (!result->value_count)
        printf("%8" PRIu32 " %9s %9s %9s  %s\n", cell->chains, results_word_for_none(result), "",
               "", name);
    else if (isnan(idle_ns))
        printf("%8" PRIu32 " %9.1f %9.2f %9s  %s\n", cell->chains, load_ns, bytes_per_ns, "-",
               name);
    else
        printf("%8" PRIu32 " %9.1f %9.2f %9.2f  %s\n", cell->chains, load_ns, bytes_per_ns,
               bytes_per_ns * idle_ns / (double)cell->shape.line_bytes, name);
}

static void print_chains(const struct results *results) {
    const struct plan *plan = results->plan;
    bool titled = false, alone = false;
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (plan->cells[i].block != BLOCK_MLP)
            continue;
        if (!titled)
            printf("\nChains walked at once by one thread\n%8s %9s %9s %9s  %s\n", "chains",
                   "load, ns", "GB/s", "in flight", "cell");
        titled = true;
        alone = alone || plan->cells[i].chains == 1;
        print_walk(results, i);
    }
    if (titled)
        printf(
            "In flight: lines on their way at a time, bandwidth x latency of one chain / line%s\n",
            alone ? "" : " (--chains 1,... measures that)");
}

// ---- all of them --------------------------------------------------------------------------------

// False where the part has none.
static bool print_matrices(const struct results *results, enum block block,
                           uint32_t terminal_columns) {
    const struct plan *plan = results->plan;
    bool found = false;
    for (size_t first = 0; first < plan->cell_count; first = matrix_end(plan, first)) {
        if (plan->cells[first].block != block)
            continue;
        found = true;
        print_matrix(results, first, matrix_end(plan, first), terminal_columns);
    }
    return found;
}

void results_print_tables(const struct results *results, uint32_t terminal_columns) {
    bool matrices = print_matrices(results, BLOCK_IDLE, terminal_columns);
    print_peaks(results);
    matrices |= print_matrices(results, BLOCK_MATRIX, terminal_columns);
    print_chains(results);
    curve_table_print(results);
    pairs_table_print(results);
    printf("\n");
    if (matrices)
        printf("In a matrix rows are nodes of CPUs and columns nodes of memory.\n");
    printf("Values are medians of the visits of a cell; 1 GB/s is 1e9 bytes/s.\n");
}
