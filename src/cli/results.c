// SPDX-License-Identifier: Apache-2.0
#include "cli/results.h"

#include "base/units.h"
#include "measure/visit.h"
#include "report/text_checks.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void results_follow_plan(struct results *results) {
    size_t count = results->plan->cell_count;
    if (count > results->cell_count)
        results->cells = base_grow(results->cells, count, sizeof *results->cells);
    for (; results->cell_count < count; results->cell_count++)
        results->cells[results->cell_count] = (struct cell_result){0};
}

void results_create(struct results *results, const struct plan *plan) {
    *results = (struct results){.plan = plan};
    results_follow_plan(results);
}

void results_free(struct results *results) {
    for (size_t i = 0; i < results->cell_count; i++) {
        free(results->cells[i].values);
        free(results->cells[i].flag_counts);
    }
    free(results->cells);
    dataset_free(&results->dataset);
}

static void count_verdict(struct cell_result *result, const struct row *row) {
    for (size_t verdict = 0; verdict < VERDICT_COUNT; verdict++)
        if (strcmp(row->placement, verdict_names[verdict]) == 0)
            result->verdicts[verdict]++;
}

static void count_flags(struct cell_result *result, const char *words) {
    for (const struct flag *flag; (flag = flag_next(&words)) != NULL;) {
        if (!result->flag_counts)
            result->flag_counts = base_allocate(flag_count, sizeof *result->flag_counts);
        if (flag != &flag_unknown)
            result->flag_counts[flag - flags]++;
    }
}

void results_add(struct results *results, size_t cell, const struct row *row) {
    if (cell >= results->cell_count)
        results_follow_plan(results);
    struct cell_result *result = &results->cells[cell];
    enum visit_status status = visit_status(row);
    result->visits++;
    result->refused += status == VISIT_REFUSED;
    result->failed += status == VISIT_FAILED;
    result->flagged += row->flags[0] != '\0';
    count_flags(result, row->flags);
    result->interrupted += status == VISIT_INTERRUPTED;
    results->interrupted |= status == VISIT_INTERRUPTED;
    count_verdict(result, row);
    dataset_add(&results->dataset, row);
    if (row->reason[0] && !result->reason[0])
        row_set_text(result->reason, row->reason);
    bool latency = results->plan->cells[cell].test != TEST_BANDWIDTH;
    double value = latency ? row->latency_ns : row->bandwidth_bytes_per_s;
    if (!isnan(value)) {
        // Google Benchmark repeats as often as it is told, whatever the plan's rounds are.
        result->values =
            base_grow_by_one(result->values, result->value_count, sizeof *result->values);
        result->values[result->value_count++] = value;
    }
    if (row->pages_checked_before != NONE_U64)
        results->pages_checked += row->pages_checked_before;
    if (row->pages_checked_after != NONE_U64)
        results->pages_checked += row->pages_checked_after;
}

const char *results_word_for_none(const struct cell_result *result) {
    if (result->failed)
        return "failed";
    if (result->interrupted)
        return "stopped";
    return result->refused ? "refused" : "-";
}

// ---- summary ------------------------------------------------------------------------------------

struct totals {
    size_t visits, refused, failed, interrupted, flagged;
    size_t verdicts[VERDICT_COUNT];
};

// What a probe or a race gave is no result: nobody asked for it.
static bool is_result(const struct results *results, size_t cell) {
    return results->plan->cells[cell].block != BLOCK_PROBE;
}

static struct totals sum_up(const struct results *results) {
    struct totals totals = {0};
    for (size_t i = 0; i < results->plan->cell_count; i++) {
        const struct cell_result *result = &results->cells[i];
        if (!is_result(results, i))
            continue;
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
        printf("\nStopped    by Ctrl-C, after %zu visit%s\n", totals->visits - totals->interrupted,
               PLURAL(totals->visits - totals->interrupted));
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

char *results_format_half_width(double half, char text[HALF_WIDTH_TEXT_BYTES]) {
    if (half > 1)
        snprintf(text, HALF_WIDTH_TEXT_BYTES, "> 100 %%");
    else
        snprintf(text, HALF_WIDTH_TEXT_BYTES, "+-%.1f %%", 100 * half);
    return text;
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
    char name[CELL_NAME_BYTES], interval[HALF_WIDTH_TEXT_BYTES];
    if (widest >= 0)
        printf("Spread     widest 95 %% interval of a median: %s (%s)\n",
               results_format_half_width(widest, interval),
               cell_name(&results->plan->cells[widest_cell], name));
    else
        printf(
            "Spread     no interval: a 95 %% interval of a median needs 6 visits (--rounds 6)\n");
}

// How many rows each flag stands in: the most frequent first, as many as a line holds.
static void print_frequent_flags(const struct results *results) {
    enum { SHOWN = 3 };
    uint64_t *counts = base_allocate(flag_count, sizeof *counts);
    for (size_t i = 0; i < results->plan->cell_count; i++)
        for (size_t flag = 0; results->cells[i].flag_counts && flag < flag_count; flag++)
            counts[flag] += is_result(results, i) ? results->cells[i].flag_counts[flag] : 0;
    for (int shown = 0; shown < SHOWN; shown++) {
        size_t most = 0;
        for (size_t flag = 1; flag < flag_count; flag++)
            most = counts[flag] > counts[most] ? flag : most;
        if (!counts[most])
            break;
        printf("%s %s %llu", shown ? "," : ", most often", flags[most].name,
               (unsigned long long)counts[most]);
        counts[most] = 0;
    }
    free(counts);
}

void results_print_summary(const struct results *results) {
    struct totals totals = sum_up(results);
    print_placement(results, &totals);
    print_spread(results);
    printf("Flags      %zu of %zu row%s flagged", totals.flagged, totals.visits,
           totals.visits == 1 ? " is" : "s are");
    print_frequent_flags(results);
    printf("%s\n", totals.flagged ? " (numaprobe list flags)" : "");
}

size_t results_find_checks(const struct results *results, const struct topology *topology,
                           const char *module_speeds, struct invariant invariants[INVARIANTS_MAX]) {
    const struct invariants_input input = {
        .dataset = &results->dataset,
        .topology = topology,
        .peak_bytes_per_s = invariants_peak_bytes_per_s(module_speeds),
    };
    return invariants_find(&input, invariants);
}

void results_print_checks(const struct results *results, const struct topology *topology,
                          const char *module_speeds) {
    struct invariant *invariants = base_allocate(INVARIANTS_MAX, sizeof *invariants);
    size_t count = results_find_checks(results, topology, module_speeds, invariants);
    text_checks_print(invariants, count, stdout);
    free(invariants);
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
