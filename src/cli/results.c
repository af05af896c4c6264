// SPDX-License-Identifier: Apache-2.0
#include "cli/results.h"

#include "base/units.h"
#include "measure/visit.h"
#include "stats/order.h"

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

// The plan grows while a curve is searched.
static void grow_cells(struct results *results) {
    size_t count = results->plan->cell_count;
    if (count > results->cell_count)
        results->cells = base_grow(results->cells, count, sizeof *results->cells);
    for (; results->cell_count < count; results->cell_count++)
        results->cells[results->cell_count] = (struct cell_result){0};
}

void results_create(struct results *results, const struct plan *plan) {
    *results = (struct results){.plan = plan};
    grow_cells(results);
}

void results_free(struct results *results) {
    for (size_t i = 0; i < results->cell_count; i++)
        free(results->cells[i].values);
    free(results->cells);
}

static void count_verdict(struct cell_result *result, const struct row *row) {
    for (size_t verdict = 0; verdict < VERDICT_COUNT; verdict++)
        if (strcmp(row->placement, verdict_names[verdict]) == 0)
            result->verdicts[verdict]++;
}

void results_add(struct results *results, size_t cell, const struct row *row) {
    if (cell >= results->cell_count)
        grow_cells(results);
    struct cell_result *result = &results->cells[cell];
    enum visit_status status = visit_status(row);
    result->visits++;
    result->refused += status == VISIT_REFUSED;
    result->failed += status == VISIT_FAILED;
    result->flagged += row->flags[0] != '\0';
    result->interrupted += status == VISIT_INTERRUPTED;
    results->interrupted |= status == VISIT_INTERRUPTED;
    count_verdict(result, row);
    if (row->reason[0] && !result->reason[0])
        row_set_text(result->reason, row->reason);
    bool latency = results->plan->cells[cell].test != TEST_BANDWIDTH;
    double value = latency ? row->latency_ns : row->bandwidth_bytes_per_s;
    if (!isnan(value)) {
        // Google Benchmark repeats as often as it is told, whatever the plan's rounds are.
        result->values = base_grow(result->values, result->value_count + 1, sizeof *result->values);
        result->values[result->value_count++] = value;
    }
    if (row->pages_checked_before != NONE_U64)
        results->pages_checked += row->pages_checked_before;
    if (row->pages_checked_after != NONE_U64)
        results->pages_checked += row->pages_checked_after;
}

// ---- matrices -----------------------------------------------------------------------------------

static bool same_block(const struct cell *a, const struct cell *b) {
    return a->test == b->test && a->kernel == b->kernel && a->pattern == b->pattern &&
           a->pages == b->pages;
}

static size_t block_end(const struct plan *plan, size_t first) {
    size_t end = first + 1;
    while (end < plan->cell_count && same_block(&plan->cells[first], &plan->cells[end]))
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
               kernel_array_count(cell->kernel), kernel_array_count(cell->kernel) > 1 ? "s" : "");
    else
        printf("%s chain", cell->pattern->name);
    if (one_size)
        printf(" of %s", units_format_bytes(cell->size_bytes, size));
    printf(", %s pages", cell->pages->name);
    if (cell->kernel && one_count)
        printf(", %zu thread%s", cell->cpus.count, cell->cpus.count > 1 ? "s" : "");
    printf("\n");
}

enum { LABEL_WIDTH = 10, COLUMN_WIDTH = 11 };

// Why a cell has no value.
static const char *word_for_none(const struct cell_result *result) {
    if (result->failed)
        return "failed";
    if (result->interrupted)
        return "stopped";
    return result->refused ? "refused" : "-";
}

static void print_value(const struct results *results, size_t cell) {
    const struct cell_result *result = &results->cells[cell];
    enum test test = results->plan->cells[cell].test;
    if (result->value_count)
        printf("%*.*f", COLUMN_WIDTH, test_shown[test].decimals,
               order_median(result->values, result->value_count) / test_shown[test].unit_size);
    else
        printf("%*s", COLUMN_WIDTH, word_for_none(result));
}

// Cells of a block stand row by row, so the first row tells the columns.
static void print_block(const struct results *results, size_t first, size_t end,
                        uint32_t terminal_columns) {
    const struct cell *cells = results->plan->cells;
    size_t width = 1;
    while (first + width < end && cells[first + width].cpu_node == cells[first].cpu_node)
        width++;
    size_t fitting = width;
    if (terminal_columns && terminal_columns < LABEL_WIDTH + width * COLUMN_WIDTH)
        fitting = terminal_columns > LABEL_WIDTH + COLUMN_WIDTH
                      ? (terminal_columns - LABEL_WIDTH) / COLUMN_WIDTH
                      : 1;
    print_title(results, first, end);
    for (size_t from = 0; from < width; from += fitting) {
        size_t to = from + fitting < width ? from + fitting : width;
        printf("%*s", LABEL_WIDTH, "");
        for (size_t column = from; column < to; column++) {
            char label[16];
            snprintf(label, sizeof label, "mem %u", cells[first + column].mem_node);
            printf("%*s", COLUMN_WIDTH, label);
        }
        printf("\n");
        for (size_t row = first; row < end; row += width) {
            printf("  cpu %-*u", LABEL_WIDTH - 6, cells[row].cpu_node);
            for (size_t column = from; column < to; column++)
                print_value(results, row + column);
            printf("\n");
        }
    }
}

void results_print_matrices(const struct results *results, uint32_t terminal_columns) {
    const struct plan *plan = results->plan;
    for (size_t first = 0; first < plan->cell_count; first = block_end(plan, first))
        print_block(results, first, block_end(plan, first), terminal_columns);
    printf(
        "\nRows are nodes of CPUs, columns nodes of memory; each value is the median of its cell's "
        "visits;\n1 GB/s is 1e9 bytes/s.\n");
}

// ---- summary ------------------------------------------------------------------------------------

struct totals {
    size_t visits, refused, failed, interrupted, flagged;
    size_t verdicts[VERDICT_COUNT];
};

static struct totals sum_up(const struct results *results) {
    struct totals totals = {0};
    for (size_t i = 0; i < results->plan->cell_count; i++) {
        const struct cell_result *result = &results->cells[i];
        totals.visits += result->visits;
        totals.refused += result->refused;
        totals.failed += result->failed;
        totals.interrupted += result->interrupted;
        totals.flagged += result->flagged;
        for (size_t verdict = 0; verdict < VERDICT_COUNT; verdict++)
            totals.verdicts[verdict] += result->verdicts[verdict];
    }
    return totals;
}

static void print_placement(const struct results *results, const struct totals *totals) {
    size_t verified = totals->verdicts[VERDICT_VERIFIED];
    if (results->interrupted)
        printf("\nStopped    by Ctrl-C, after %zu of %zu visits\n",
               totals->visits - totals->interrupted, results->plan->visit_count);
    printf("%sPlacement  ", results->interrupted ? "" : "\n");
    if (totals->visits == totals->refused) {
        printf("nothing was measured: all visits were refused (%zu)\n", totals->visits);
        return;
    }
    if (verified == totals->visits)
        printf("VERIFIED: in all visits (%zu)", totals->visits);
    else
        printf("NOT VERIFIED: verified in %zu of %zu visits", verified, totals->visits);
    for (size_t verdict = VERDICT_VERIFIED + 1; verdict < VERDICT_COUNT; verdict++)
        if (totals->verdicts[verdict])
            printf(", %s in %zu", verdict_names[verdict], totals->verdicts[verdict]);
    if (totals->refused || totals->failed)
        printf(", %zu refused, %zu failed", totals->refused, totals->failed);
    printf("; %llu page checks, before and after\n", (unsigned long long)results->pages_checked);
    if (totals->verdicts[VERDICT_UNVERIFIABLE])
        printf("           --allow-unverified accepts what the system does not tell\n");
}

// The widest 95 % interval of a median, relative to it. No interval exists for fewer than 6 visits.
static void print_spread(const struct results *results) {
    double widest = -1;
    size_t widest_cell = 0;
    for (size_t i = 0; i < results->plan->cell_count; i++) {
        const struct cell_result *result = &results->cells[i];
        double low, high;
        if (!order_median_interval(result->values, result->value_count, 0.95, &low, &high))
            continue;
        double half = (high - low) / 2 / order_median(result->values, result->value_count);
        if (half > widest) {
            widest = half;
            widest_cell = i;
        }
    }
    char name[CELL_NAME_BYTES];
    if (widest >= 0)
        printf("Spread     widest 95 %% interval of a median: +-%.1f %% (%s)\n", 100 * widest,
               cell_name(&results->plan->cells[widest_cell], name));
    else
        printf(
            "Spread     no interval: a 95 %% interval of a median needs 6 visits (--rounds 6)\n");
}

void results_print_summary(const struct results *results) {
    struct totals totals = sum_up(results);
    print_placement(results, &totals);
    print_spread(results);
    printf("Flags      %zu of %zu rows are flagged%s\n", totals.flagged, totals.visits,
           totals.flagged ? " (numaprobe list flags says what they mean)" : "");
}

void results_print_reasons(const struct results *results, FILE *stream) {
    for (size_t i = 0; i < results->plan->cell_count; i++) {
        char name[CELL_NAME_BYTES];
        if (results->cells[i].reason[0])
            fprintf(stream, "  %s: %s\n", cell_name(&results->plan->cells[i], name),
                    results->cells[i].reason);
    }
}

enum exit_code results_exit_code(const struct results *results, bool allow_unverified) {
    struct totals totals = sum_up(results);
    if (results->interrupted)
        return EXIT_CODE_INTERRUPTED;
    if (totals.failed)
        return EXIT_CODE_FAILURE;
    if (totals.verdicts[VERDICT_MISPLACED] || totals.verdicts[VERDICT_MIGRATED] ||
        totals.verdicts[VERDICT_WRONG_PAGE_SIZE])
        return EXIT_CODE_NOT_VERIFIED;
    if (totals.verdicts[VERDICT_UNVERIFIABLE] && !allow_unverified)
        return EXIT_CODE_NOT_VERIFIED;
    if (totals.visits == totals.refused)
        return EXIT_CODE_NOTHING;
    return totals.refused ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}
