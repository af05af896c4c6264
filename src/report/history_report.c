// SPDX-License-Identifier: Apache-2.0
#include "report/history_report.h"

#include "record/document.h"
#include "report/cell_title.h"
#include "report/compare_report.h"
#include "report/escape.h"
#include "report/text_notes.h"

#include <stdlib.h>

const char *const history_tentative_sentence =
    "one past run does not show the run-to-run variation of this machine: the newest can be judged "
    "from two past runs on, and well from eight on";

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

static void print_shifts(const struct comparison *comparison, const struct marks *marks,
                         FILE *stream) {
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct compare_shift *shift = &comparison->shifts[metric];
        char text[CHANGE_TEXT_BYTES];
        if (shift->found)
            fprintf(stream, "%sALL %s cases (%zu) %s together: %s\n", marks->item,
                    metric_kinds[metric].name, shift->cells, compare_verdict_names[shift->verdict],
                    compare_change(shift->ratio, text));
    }
}

static void print_changed(const struct history *history, const struct compare_result *result,
                          const char *title, const struct marks *marks, FILE *stream) {
    char text[CHANGE_TEXT_BYTES];
    uint32_t since = history_worse_since(history, result->pair);
    fprintf(stream, "%s%s %s, ", marks->item,
            result->all.verdict == COMPARE_REGRESSED ? "REGRESSED"
                                                     : compare_verdict_names[result->all.verdict],
            compare_change(result->all.ratio, text));
    marks->put(stream, title);
    if (since != NONE_U32) {
        fprintf(stream, ", since run ");
        marks->put(stream, history->dataset->runs[since].run_id);
    }
    fprintf(stream, "%s\n", result->disagree ? " (DISAGREES without flagged repetitions)" : "");
}

static void print_level(const struct history *history, const struct marks *marks, FILE *stream) {
    const struct history_rules *rules = &history->rules;
    const char *begin = history->dataset->runs[history->order[history->level_begin]].run_id;
    fprintf(stream, "\nnewest run compared with ");
    if (rules->pinned_first) {
        fprintf(stream, "the first %zu run%s (--baseline)", rules->pinned_first,
                PLURAL(rules->pinned_first));
    } else if (rules->pinned_run != NONE_U32) {
        fprintf(stream, "run ");
        marks->put(stream, begin);
        fprintf(stream, " (--baseline)");
    } else {
        fprintf(stream, "the runs since the last level, %s run ",
                history->is_accepted ? "accepted with" : "since");
        marks->put(stream, begin);
    }
    fprintf(stream, ":\n%s", marks->is_markdown ? "\n" : "");
}

static void print_power(const struct comparison *comparison, const struct marks *marks,
                        FILE *stream) {
    if (comparison->is_tentative)
        fprintf(stream, "%s%s\n", marks->item, history_tentative_sentence);
    else if (comparison->blind)
        fprintf(stream, "%s%zu of %zu cases have too few runs to show any change\n", marks->item,
                comparison->blind, comparison->count);
    else
        fprintf(stream,
                "%sa change of %.1f %% in any case was detectable, with a probability of 80 %%\n",
                marks->item, 100 * comparison->detectable);
}

static void print_newest(const struct history *history, const struct marks *marks, FILE *stream) {
    const struct comparison *comparison = &history->comparison;
    print_level(history, marks, stream);
    print_shifts(comparison, marks, stream);
    const struct data_cell **cells = base_allocate(comparison->count, sizeof *cells);
    char(*titles)[CELL_TITLE_BYTES] = base_allocate(comparison->count, sizeof *titles);
    for (size_t i = 0; i < comparison->count; i++)
        cells[i] = comparison->results[i].pair->cell;
    cell_titles(cells, comparison->count, titles);
    for (size_t i = 0; i < comparison->count; i++)
        if (compare_is_change(comparison->results[i].all.verdict))
            print_changed(history, &comparison->results[i], titles[i], marks, stream);
    free(titles);
    free(cells);
    fprintf(stream, "%s", marks->item);
    compare_print_counts(comparison, stream);
    fprintf(stream, "\n");
    print_power(comparison, marks, stream);
    if (comparison_regressed(comparison))
        fprintf(stream,
                "%sthis stays so until a run is back at the old level, or until you accept the new "
                "one (--accept RUN)\n",
                marks->item);
}

static void print_others(const struct history_report *report, const struct marks *marks,
                         FILE *stream) {
    for (size_t i = 0; i < report->other_count && report->others; i++) {
        const struct history_other *other = &report->others[i];
        fprintf(stream, "%s%sanother machine, host ", i ? "" : "\n", marks->item);
        marks->put(stream, other->host);
        fprintf(stream, ": %zu run%s, newest ", other->runs, PLURAL(other->runs));
        marks->put(stream, other->newest);
        fprintf(stream, ": %s (--host shows it)\n", compare_verdict_names[other->verdict]);
    }
}

static bool print_text(const struct history_report *report, const struct marks *marks,
                       FILE *stream) {
    const struct history *history = report->history;
    const struct data_run *newest = &history->dataset->runs[history->newest];
    text_notes_print(history->dataset, "", marks, stream);
    fprintf(stream, "%zu run%s, %zu of them on the machine of the newest, ",
            history->dataset->run_count, PLURAL(history->dataset->run_count), history->same_count);
    marks->put(stream, newest->run_id);
    fprintf(stream, " on ");
    marks->put(stream, newest->host);
    fprintf(stream, "\n\n");
    print_changes(history, marks, stream);
    if (history->pairs.count)
        print_newest(history, marks, stream);
    else if (!newest->taken)
        fprintf(
            stream,
            "\nno row of the newest run has a verified value: it is not compared with the past\n");
    else
        fprintf(
            stream,
            "\nthe newest run is the first of this machine: there is nothing to compare it with\n");
    if (history->chosen[0]) {
        fprintf(stream, "%sthe newest run chose differently than the past: ", marks->item);
        marks->put(stream, history->chosen);
        fprintf(stream, "\n");
    }
    print_others(report, marks, stream);
    compare_print_verdict(&history->comparison, report->exit_code, marks, stream);
    return !ferror(stream);
}

static void add_series(struct document *document, const struct history *history,
                       const struct history_series *series) {
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

static void add_newest(struct document *document, const struct history *history) {
    for (size_t i = 0; i < history->comparison.count; i++) {
        const struct compare_result *result = &history->comparison.results[i];
        uint32_t since = history_worse_since(history, result->pair);
        document_open_object(document, NULL);
        document_text(document, "cell", result->pair->name);
        document_text(document, "metric", metric_kinds[result->pair->metric].column);
        document_text(document, "verdict", compare_verdict_names[result->all.verdict]);
        document_text(document, "since",
                      since == NONE_U32 ? NULL : history->dataset->runs[since].run_id);
        document_u64(document, "runs", result->all.base_runs);
        document_f64(document, "ratio", result->all.ratio);
        document_f64(document, "p_adjusted", result->all.p_adjusted);
        document_f64(document, "effect_least", result->all.min_effect);
        document_flag(document, "disagree", result->disagree);
        document_close(document);
    }
}

static void add_others(struct document *document, const struct history_report *report) {
    for (size_t i = 0; i < report->other_count && report->others; i++) {
        document_open_object(document, NULL);
        document_text(document, "host", report->others[i].host);
        document_u64(document, "runs", report->others[i].runs);
        document_text(document, "newest", report->others[i].newest);
        document_text(document, "verdict", compare_verdict_names[report->others[i].verdict]);
        document_close(document);
    }
}

static bool print_json(const struct history_report *report, FILE *stream) {
    const struct history *history = report->history;
    struct document *document = document_create();
    document_u64(document, "runs", history->dataset->run_count);
    document_u64(document, "runs_of_this_machine", history->same_count);
    document_text(document, "newest", history->dataset->runs[history->newest].run_id);
    document_text(document, "level_begins",
                  history->dataset->runs[history->order[history->level_begin]].run_id);
    document_flag(document, "level_accepted", history->is_accepted);
    document_text(document, "verdict",
                  compare_verdict_names[comparison_verdict(&history->comparison)]);
    document_flag(document, "regressed", comparison_regressed(&history->comparison));
    document_text(document, "chosen_otherwise", history->chosen[0] ? history->chosen : NULL);
    document_open_array(document, "series");
    for (size_t i = 0; i < history->count; i++)
        add_series(document, history, &history->series[i]);
    document_close(document);
    document_open_array(document, "newest_against_past");
    add_newest(document, history);
    document_close(document);
    document_open_array(document, "other_machines");
    add_others(document, report);
    document_close(document);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}

bool history_print(const struct history_report *report, enum text_form form, FILE *stream) {
    if (form == FORM_JSON)
        return print_json(report, stream);
    return print_text(report, form == FORM_MARKDOWN ? &marks_markdown : &marks_table, stream);
}
