// SPDX-License-Identifier: Apache-2.0
#include "report/history_report.h"

#include "record/document.h"
#include "report/cell_title.h"
#include "report/compare_report.h"
#include "report/escape.h"
#include "report/text_notes.h"

#include <math.h>
#include <stdlib.h>

static const char *run_id(const struct history *history, const struct history_series *series,
                          size_t index) {
    return history->dataset->runs[series->runs[index]].run_id;
}

static void print_changes(const struct history *history, const struct marks *marks, FILE *stream) {
    size_t changes = 0;
    for (size_t i = 0; i < history->count; i++) {
        const struct history_series *series = &history->series[i];
        const struct metric_kind *kind = &metric_kinds[series->metric];
        for (size_t j = 0; j < series->change_count; j++) {
            const struct change_point *change = &series->changes[j];
            char text[CHANGE_TEXT_BYTES];
            bool worse = (change->after > change->before) == (kind->worse > 0);
            fprintf(stream, "%s%s %s at run ", marks->item, worse ? "WORSE" : "better",
                    compare_change(change->after / change->before, text));
            marks->put(stream, run_id(history, series, change->index));
            fprintf(stream, ": %.*f -> %.*f %s, ", kind->decimals, change->before / kind->unit_size,
                    kind->decimals, change->after / kind->unit_size, kind->unit);
            marks->put(stream, series->cell->name);
            fprintf(stream, "\n");
            changes++;
        }
    }
    if (!changes)
        fprintf(stream, "%sno change of level in %zu series\n", marks->item, history->count);
}

static void print_newest(const struct history *history, const struct marks *marks, FILE *stream) {
    const struct comparison *comparison = &history->comparison;
    fprintf(stream, "\nnewest run against its past since the last change before it:\n%s",
            marks->is_markdown ? "\n" : "");
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct compare_shift *shift = &comparison->shifts[metric];
        char text[CHANGE_TEXT_BYTES];
        if (shift->found)
            fprintf(stream, "%sALL %s cells (%zu) %s together: %s\n", marks->item,
                    metric_kinds[metric].name, shift->cells, compare_verdict_names[shift->verdict],
                    compare_change(shift->ratio, text));
    }
    const struct data_cell **cells = base_allocate(comparison->count, sizeof *cells);
    char(*titles)[CELL_TITLE_BYTES] = base_allocate(comparison->count, sizeof *titles);
    for (size_t i = 0; i < comparison->count; i++)
        cells[i] = comparison->results[i].pair->cell;
    cell_titles(cells, comparison->count, titles);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compare_result *result = &comparison->results[i];
        char text[CHANGE_TEXT_BYTES];
        if (!compare_is_change(result->all.verdict))
            continue;
        fprintf(stream, "%s%s %s, ", marks->item,
                result->all.verdict == COMPARE_REGRESSED
                    ? "REGRESSED"
                    : compare_verdict_names[result->all.verdict],
                compare_change(result->all.ratio, text));
        marks->put(stream, titles[i]);
        fprintf(stream, "%s\n", result->disagree ? " (DISAGREES without flagged visits)" : "");
    }
    free(titles);
    free(cells);
    fprintf(stream, "%s", marks->item);
    compare_print_counts(comparison, stream);
    fprintf(stream, "\n");
    compare_print_power(comparison, marks->item, "\n", stream);
}

static bool print_text(const struct history *history, int exit_code, const struct marks *marks,
                       FILE *stream) {
    const struct data_run *newest = &history->dataset->runs[history->newest];
    text_notes_print(history->dataset, "", marks, stream);
    fprintf(stream, "%zu run%s, %zu of the machine of the newest, ", history->dataset->run_count,
            PLURAL(history->dataset->run_count), history->same_count);
    marks->put(stream, newest->run_id);
    fprintf(stream, " on ");
    marks->put(stream, newest->host);
    fprintf(stream, "\n\n");
    print_changes(history, marks, stream);
    if (history->pairs.count)
        print_newest(history, marks, stream);
    else if (!newest->taken)
        fprintf(stream, "\nno row of the newest run has a verified value: nothing is held against "
                        "its past\n");
    else
        fprintf(stream, "\nthe newest run has no past to be held against\n");
    if (history->chosen[0]) {
        fprintf(stream, "%sthe newest run chose otherwise than its past: ", marks->item);
        marks->put(stream, history->chosen);
        fprintf(stream, "\n");
    }
    compare_print_verdict(&history->comparison, exit_code, marks, stream);
    return !ferror(stream);
}

static bool print_json(const struct history *history, FILE *stream) {
    struct document *document = document_create();
    document_u64(document, "runs", history->dataset->run_count);
    document_u64(document, "runs_of_this_machine", history->same_count);
    document_text(document, "newest", history->dataset->runs[history->newest].run_id);
    document_text(document, "verdict",
                  compare_verdict_names[comparison_verdict(&history->comparison)]);
    document_flag(document, "regressed", comparison_regressed(&history->comparison));
    document_text(document, "chosen_otherwise", history->chosen[0] ? history->chosen : NULL);
    document_open_array(document, "series");
    for (size_t i = 0; i < history->count; i++) {
        const struct history_series *series = &history->series[i];
        document_open_object(document, NULL);
        document_text(document, "cell", series->cell->name);
        document_text(document, "metric", metric_kinds[series->metric].column);
        document_open_array(document, "run_ids");
        for (size_t run = 0; run < series->count; run++)
            document_text(document, NULL, run_id(history, series, run));
        document_close(document);
        document_open_array(document, "medians");
        for (size_t run = 0; run < series->count; run++)
            document_f64(document, NULL, series->medians[run]);
        document_close(document);
        document_open_array(document, "changes");
        for (size_t j = 0; j < series->change_count; j++) {
            document_open_object(document, NULL);
            document_text(document, "run_id", run_id(history, series, series->changes[j].index));
            document_f64(document, "before", series->changes[j].before);
            document_f64(document, "after", series->changes[j].after);
            document_f64(document, "p", series->changes[j].p);
            document_close(document);
        }
        document_close(document);
        document_close(document);
    }
    document_close(document);
    document_open_array(document, "newest_against_past");
    for (size_t i = 0; i < history->comparison.count; i++) {
        const struct compare_result *result = &history->comparison.results[i];
        document_open_object(document, NULL);
        document_text(document, "cell", result->pair->name);
        document_text(document, "metric", metric_kinds[result->pair->metric].column);
        document_text(document, "verdict", compare_verdict_names[result->all.verdict]);
        document_f64(document, "ratio", result->all.ratio);
        document_f64(document, "p_adjusted", result->all.p_adjusted);
        document_f64(document, "effect_least", result->all.least_effect);
        document_flag(document, "disagree", result->disagree);
        document_close(document);
    }
    document_close(document);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}

bool history_print(const struct history *history, enum text_form form, int exit_code,
                   FILE *stream) {
    if (form == FORM_JSON)
        return print_json(history, stream);
    return print_text(history, exit_code, form == FORM_MARKDOWN ? &marks_markdown : &marks_table,
                      stream);
}
