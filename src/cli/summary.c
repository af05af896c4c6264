// SPDX-License-Identifier: Apache-2.0
#include "cli/summary.h"

#include "cli/choices.h"

#include "measure/visit.h"
#include "record/document.h"
#include "stats/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double confidence = 0.95;

// ---- cells --------------------------------------------------------------------------------------

static void write_metric(struct document *document, const struct data_cell *cell,
                         enum metric metric) {
    size_t count;
    double low, high;
    double *values = data_cell_values(cell, data_all(metric), &count);
    if (count) {
        order_median_interval(values, count, confidence, &low, &high);
        document_open_object(document, metric_kinds[metric].column);
        document_u64(document, "n", count);
        document_f64(document, "median", order_median(values, count));
        document_f64(document, "low", low);
        document_f64(document, "high", high);
        document_close(document);
    }
    free(values);
}

static void write_count(struct document *document, const char *name, size_t count) {
    if (count)
        document_u64(document, name, count);
}

static void write_counts(struct document *document, const struct cell_result *result) {
    document_open_object(document, "status");
    write_count(document, visit_status_names[VISIT_OK],
                result->visits - result->refused - result->failed - result->interrupted);
    write_count(document, visit_status_names[VISIT_REFUSED], result->refused);
    write_count(document, visit_status_names[VISIT_FAILED], result->failed);
    write_count(document, visit_status_names[VISIT_INTERRUPTED], result->interrupted);
    document_close(document);
    document_open_object(document, "placement");
    for (size_t verdict = 0; verdict < VERDICT_COUNT; verdict++)
        write_count(document, verdict_names[verdict], result->verdicts[verdict]);
    document_close(document);
    document_open_object(document, "flags");
    for (size_t flag = 0; result->flag_counts && flag < flag_count; flag++)
        write_count(document, flags[flag].name, result->flag_counts[flag]);
    document_close(document);
}

static void write_cell(struct document *document, const struct results *results,
                       const struct schedule *schedule, size_t index,
                       const struct cell_result *sum) {
    const struct cell *cell = &results->plan->cells[index];
    char name[CELL_NAME_BYTES];
    document_open_object(document, NULL);
    document_text(document, "cell", cell_name(cell, name));
    document_text(document, "test", test_names[cell->test]);
    document_text(document, "block", block_names[cell->block]);
    document_u64(document, "visits", sum->visits);
    const char *stopped = schedule ? stop_reason_names[schedule->cells[index].stopped] : NULL;
    document_text(document, "stopped", stopped);
    const struct data_cell *known = dataset_cell(&results->dataset, name);
    for (enum metric metric = 0; known && metric < METRIC_COUNT; metric++)
        write_metric(document, known, metric);
    write_counts(document, sum);
    document_text(document, "reason", sum->reason[0] ? sum->reason : NULL);
    document_close(document);
}

// ---- cells of one name --------------------------------------------------------------------------

// Parts of a plan may have the same cell, such as the loop of the matrix that stands for a mix too:
// readers of rows know it by its name, so it is one. Fills the next cell of the same name for each,
// SIZE_MAX for none, and whether a cell is the first of its name.
static void chain_names(const struct results *results, size_t *next, bool *is_first) {
    size_t *last = base_allocate(results->dataset.cell_count + 1, sizeof *last);
    for (size_t i = 0; i < results->cell_count; i++) {
        char name[CELL_NAME_BYTES];
        const struct data_cell *known =
            dataset_cell(&results->dataset, cell_name(&results->plan->cells[i], name));
        size_t *of_name = known ? &last[known - results->dataset.cells] : NULL;
        next[i] = SIZE_MAX;
        is_first[i] = !of_name || !*of_name;
        if (!is_first[i])
            next[*of_name - 1] = i;
        if (of_name)
            *of_name = i + 1;
    }
    free(last);
}

static void add_result(struct cell_result *sum, const struct cell_result *other) {
    sum->visits += other->visits;
    sum->refused += other->refused;
    sum->failed += other->failed;
    sum->interrupted += other->interrupted;
    for (size_t verdict = 0; verdict < VERDICT_COUNT; verdict++)
        sum->verdicts[verdict] += other->verdicts[verdict];
    for (size_t flag = 0; other->flag_counts && flag < flag_count; flag++)
        sum->flag_counts[flag] += other->flag_counts[flag];
    if (!sum->reason[0])
        row_set_text(sum->reason, other->reason);
}

static void write_cells(struct document *document, const struct results *results,
                        const struct schedule *schedule) {
    size_t *next = base_allocate(results->cell_count + 1, sizeof *next);
    bool *is_first = base_allocate(results->cell_count + 1, sizeof *is_first);
    uint32_t *flag_counts = base_allocate(flag_count, sizeof *flag_counts);
    chain_names(results, next, is_first);
    document_open_array(document, "cells");
    for (size_t i = 0; i < results->cell_count; i++) {
        if (!is_first[i])
            continue;
        memset(flag_counts, 0, flag_count * sizeof *flag_counts);
        struct cell_result sum = {.flag_counts = flag_counts};
        for (size_t cell = i; cell != SIZE_MAX; cell = next[cell])
            add_result(&sum, &results->cells[cell]);
        write_cell(document, results, schedule, i, &sum);
    }
    document_close(document);
    free(next);
    free(is_first);
    free(flag_counts);
}

// ---- checks -------------------------------------------------------------------------------------

static void write_checks(struct document *document, const struct session *session,
                         const struct results *results) {
    struct invariant *invariants = base_allocate(INVARIANTS_MAX, sizeof *invariants);
    size_t count = results_find_checks(results, &session->topology, session_module_speeds(session),
                                       invariants);
    document_open_array(document, "checks");
    for (size_t i = 0; i < count; i++) {
        if (!invariants[i].compared)
            continue;
        document_open_object(document, NULL);
        document_text(document, "flag", invariants[i].flag->name);
        document_u64(document, "compared", invariants[i].compared);
        document_u64(document, "raised", invariants[i].raised);
        document_text(document, "sentence", invariants[i].raised ? invariants[i].sentence : NULL);
        document_close(document);
    }
    document_close(document);
    free(invariants);
}

// ---- the file -----------------------------------------------------------------------------------

static struct document *describe(const struct session *session, const struct results *results,
                                 const struct schedule *schedule) {
    struct document *document = document_create();
    uint64_t visits = 0;
    for (size_t i = 0; i < results->cell_count; i++)
        visits += results->cells[i].visits;
    document_u64(document, "schema_version", SCHEMA_VERSION);
    document_text(document, "run_id", session->run_id);
    document_text(document, "host", session->host);
    document_flag(document, "interrupted", results->interrupted);
    document_u64(document, "visits", visits);
    document_f64(document, "confidence", confidence);
    choices_write(session, document);
    write_cells(document, results, schedule);
    write_checks(document, session, results);
    return document;
}

bool summary_write(struct session *session, const struct results *results,
                   const struct schedule *schedule, struct error *error) {
    struct os_file file;
    if (!run_directory_settle(&session->run, error) ||
        !os_file_replace(&file, &session->run.directory, "summary.json", error))
        return false;
    struct document *document = describe(session, results, schedule);
    bool written = document_write(document, &file, error);
    document_free(document);
    return written;
}
