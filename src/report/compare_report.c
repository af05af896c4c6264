// SPDX-License-Identifier: Apache-2.0
#include "report/compare_report.h"

#include "record/document.h"
#include "report/escape.h"
#include "report/text_notes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *compare_change(double ratio, char text[CHANGE_TEXT_BYTES]) {
    if (isnan(ratio))
        snprintf(text, CHANGE_TEXT_BYTES, "~");
    else
        snprintf(text, CHANGE_TEXT_BYTES, "%+.1f %%", 100 * (ratio - 1));
    return text;
}

static char *interval(double low, double high, char text[CHANGE_TEXT_BYTES]) {
    if (isnan(low))
        snprintf(text, CHANGE_TEXT_BYTES, "no interval");
    else
        snprintf(text, CHANGE_TEXT_BYTES, "%+.1f..%+.1f %%", 100 * (low - 1), 100 * (high - 1));
    return text;
}

static char *detectable(double effect, char text[CHANGE_TEXT_BYTES]) {
    if (isinf(effect))
        snprintf(text, CHANGE_TEXT_BYTES, "none");
    else
        snprintf(text, CHANGE_TEXT_BYTES, "%.1f %%", 100 * effect);
    return text;
}

// Worst first: what got worse leads the table, then the rest by the size of its change.
static int by_interest(const void *left, const void *right) {
    const struct compare_result *a = *(const struct compare_result *const *)left;
    const struct compare_result *b = *(const struct compare_result *const *)right;
    if (a->all.verdict != b->all.verdict)
        return a->all.verdict < b->all.verdict ? -1 : 1;
    double size = fabs(log(a->all.ratio)), other = fabs(log(b->all.ratio));
    if (size != other && !isnan(size) && !isnan(other))
        return size > other ? -1 : 1;
    return a < b ? -1 : a > b;
}

static const struct compare_result **in_order(const struct comparison *comparison) {
    const struct compare_result **results = base_allocate(comparison->count, sizeof *results);
    for (size_t i = 0; i < comparison->count; i++)
        results[i] = &comparison->results[i];
    qsort(results, comparison->count, sizeof *results, by_interest);
    return results;
}

// ---- table and Markdown -------------------------------------------------------------------------

static void print_side(const char *name, const struct dataset *side, const struct marks *marks,
                       FILE *stream) {
    fprintf(stream, "%s%s ", marks->item, name);
    marks->put(stream, side->run_count ? side->runs[0].host : "");
    fprintf(stream, ": %zu run%s, %zu row%s, %zu with a value, %zu of them flagged\n",
            side->run_count, PLURAL(side->run_count), side->rows, PLURAL(side->rows), side->valued,
            side->flagged);
}

static void print_differences(const struct compare_report *report, const struct marks *marks,
                              FILE *stream) {
    for (size_t i = 0; i < report->differences->count; i++) {
        const struct difference *difference = &report->differences->at[i];
        bool same = strcmp(difference->base, difference->new_) == 0;
        fprintf(stream, "%s%s: %s: ", marks->item,
                difference->refuses ? "NOT COMPARABLE"
                : same              ? "not known"
                                    : "differs",
                difference->what);
        if (same) {
            marks->put(stream, difference->base);
            fprintf(stream, " on either side\n");
            continue;
        }
        marks->put(stream, difference->base);
        fprintf(stream, " -> ");
        marks->put(stream, difference->new_);
        fprintf(stream, "\n");
    }
    if (report->differences->chosen[0]) {
        fprintf(stream, "%sthe runs chose otherwise: ", marks->item);
        marks->put(stream, report->differences->chosen);
        fprintf(stream, "\n");
    }
}

static void print_shifts(const struct comparison *comparison, const struct marks *marks,
                         FILE *stream) {
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct compare_shift *shift = &comparison->shifts[metric];
        char change[CHANGE_TEXT_BYTES], bounds[CHANGE_TEXT_BYTES];
        if (!shift->tested)
            continue;
        if (shift->found)
            fprintf(stream,
                    "%sALL %s cells (%zu) %s together: %s (%s, p %.2g); each is judged below by "
                    "what it differs from that\n",
                    marks->item, metric_kinds[metric].name, shift->cells,
                    compare_verdict_names[shift->verdict], compare_change(shift->ratio, change),
                    interval(shift->low, shift->high, bounds), shift->p);
        else
            fprintf(stream, "%sno change that all %s cells (%zu) share: %s (p %.2g)\n", marks->item,
                    metric_kinds[metric].name, shift->cells, compare_change(shift->ratio, change),
                    shift->p);
    }
}

static void print_disagreement(const struct compare_result *result, const struct marks *marks,
                               FILE *stream) {
    char change[CHANGE_TEXT_BYTES];
    if (!result->disagree && !result->unconfirmed)
        return;
    fprintf(stream, "%s%s of ", marks->item, metric_kinds[result->pair->metric].name);
    marks->put(stream, result->pair->name);
    if (result->unconfirmed)
        fprintf(stream, ": %s, but too few visits are without flags to confirm it (%zu+%zu)\n",
                compare_verdict_names[result->all.verdict], result->unflagged.base_count,
                result->unflagged.new_count);
    else
        fprintf(stream, ": DISAGREES: %s by all visits, %s (%s) without the flagged ones\n",
                compare_verdict_names[result->all.verdict],
                compare_verdict_names[result->unflagged.verdict],
                compare_change(result->unflagged.ratio, change));
}

// Only what the visits without flags can tell: where they are too few, no verdict is another, but
// none is the same either.
void compare_print_flagged(const struct comparison *comparison, FILE *stream) {
    size_t others = comparison->disagreements;
    if (!comparison->flagged) {
        fprintf(stream, "No visit is flagged.");
        return;
    }
    if (comparison->unjudged)
        fprintf(stream,
                "In %zu of %zu comparisons too few visits are without flags to judge by these "
                "alone.%s",
                comparison->unjudged, comparison->count,
                comparison->unjudged < comparison->count ? " " : "");
    if (others)
        fprintf(stream, "Without the flagged visits %zu verdict%s.", others,
                others == 1 ? " is another" : "s are others");
    else if (comparison->unjudged < comparison->count)
        fprintf(stream, "Without the flagged visits no%s verdict is another.",
                comparison->unjudged ? " other" : "");
}

// Whether a change is named of what has too few runs to tell how far they differ by themselves.
static bool names_unproven_change(const struct comparison *comparison) {
    bool shared = false, named = false;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        shared = shared || comparison->shifts[metric].found;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compare_result *result = &comparison->results[i];
        named = named || (isnan(result->pair->spread) &&
                          (shared || result->all.verdict <= COMPARE_IMPROVED));
    }
    return named;
}

void compare_print_drift(const struct comparison *comparison, const char *begin, const char *end,
                         FILE *stream) {
    if (comparison->alike)
        fprintf(stream,
                "%sIn %zu of %zu comparisons visits that follow each other are alike, because the "
                "machine drifts: %.1f of them tell at worst as much as one would alone.%s",
                begin, comparison->alike, comparison->count, comparison->inflation_most, end);
    if (names_unproven_change(comparison))
        fprintf(stream,
                "%sThe base has fewer than %d runs, so how far runs of the same thing differ is "
                "not known: on a shared machine measure both sides by turns, %d runs each.%s",
                begin, COMPARE_SPREAD_RUNS, COMPARE_SPREAD_RUNS, end);
}

static void print_summary(const struct compare_report *report, const struct marks *marks,
                          FILE *stream) {
    const struct comparison *comparison = report->comparison;
    if (!comparison->count)
        fprintf(stream, "%sno cell has a value on both sides: nothing was compared\n", marks->item);
    fprintf(stream, "%s", marks->item);
    for (size_t verdict = 0; verdict < COMPARE_VERDICT_COUNT; verdict++)
        fprintf(stream, "%s%zu %s", verdict ? ", " : "", comparison->verdicts[verdict],
                compare_verdict_names[verdict]);
    fprintf(stream, "; %s, level %g.\n",
            report->rules.explore ? "Benjamini-Hochberg (exploring)" : "Holm", report->rules.level);
    if (comparison->blind)
        fprintf(stream,
                "%s%zu of %zu comparisons have too few visits to show any change: so many need at "
                "least %zu visits a side (--rounds %zu)\n",
                marks->item, comparison->blind, comparison->count, comparison->needed,
                comparison->needed);
    compare_print_drift(comparison, marks->item, "\n", stream);
    for (size_t i = 0; i < comparison->count; i++)
        print_disagreement(&comparison->results[i], marks, stream);
    fprintf(stream, "%s", marks->item);
    compare_print_flagged(comparison, stream);
    fprintf(stream, "\n");
}

// Whether only this side has a cell, or only this side has a value of it.
static bool stands_alone(const struct data_cell *cell, const struct dataset *other) {
    const struct data_cell *same = dataset_cell(other, cell->name);
    return !same || (cell->visit_count && !same->visit_count);
}

static void list_missing(const char *only, const struct dataset *side, const struct dataset *other,
                         const struct marks *marks, FILE *stream) {
    size_t missing = 0;
    for (size_t i = 0; i < side->cell_count; i++)
        missing += stands_alone(&side->cells[i], other);
    if (!missing)
        return;
    fprintf(stream, "%s%zu cell%s only in %s, first ", marks->item, missing, PLURAL(missing), only);
    for (size_t i = 0; i < side->cell_count; i++)
        if (stands_alone(&side->cells[i], other)) {
            marks->put(stream, side->cells[i].name);
            break;
        }
    fprintf(stream, "\n");
}

static void print_head(const struct compare_report *report, const struct marks *marks,
                       FILE *stream) {
    text_notes_print(report->base, "base: ", marks, stream);
    text_notes_print(report->new_, "new: ", marks, stream);
    print_side("base", report->base, marks, stream);
    print_side("new ", report->new_, marks, stream);
    print_differences(report, marks, stream);
    if (!report->comparison)
        return;
    list_missing("base", report->base, report->new_, marks, stream);
    list_missing("new", report->new_, report->base, marks, stream);
    print_shifts(report->comparison, marks, stream);
}

static void print_results(const struct comparison *comparison, const struct marks *marks,
                          FILE *stream) {
    static const char *const heads[] = {"verdict",     ">base",          ">new",
                                        ">change",     ">95 % interval", ">p",
                                        ">detectable", ">visits",        "cell"};
    const char *const regressed = marks->is_markdown ? "**regressed**" : "REGRESSED";
    const struct compare_result **results = in_order(comparison);
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compare_judgement *all = &results[i]->all;
        const struct compare_pair *pair = results[i]->pair;
        const struct metric_kind *kind = &metric_kinds[pair->metric];
        char text[CHANGE_TEXT_BYTES];
        bool changed = all->verdict <= COMPARE_IMPROVED;
        text_table_add(table, "%s",
                       all->verdict == COMPARE_REGRESSED ? regressed
                                                         : compare_verdict_names[all->verdict]);
        text_table_add(table, "%.*f %s", kind->decimals, pair->base.median / kind->unit_size,
                       kind->unit);
        text_table_add(table, "%.*f %s", kind->decimals, pair->new_.median / kind->unit_size,
                       kind->unit);
        text_table_add(table, "%s", changed ? compare_change(all->ratio, text) : "~");
        text_table_add(table, "%s", interval(all->low, all->high, text));
        text_table_add(table, "%.2g", all->p_adjusted);
        text_table_add(table, "%s", detectable(all->detectable, text));
        text_table_add(table, "%zu+%zu", all->base_count, all->new_count);
        text_table_add(table, "%s", pair->name);
    }
    text_table_print(table, marks, stream);
    free(results);
}

static bool print_text(const struct compare_report *report, const struct marks *marks,
                       FILE *stream) {
    print_head(report, marks, stream);
    if (report->comparison) {
        fprintf(stream, "\n");
        print_results(report->comparison, marks, stream);
        fprintf(stream, "\n");
        print_summary(report, marks, stream);
    }
    return !ferror(stream);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void add_side(struct document *document, const char *name, const struct dataset *side) {
    document_open_object(document, name);
    document_u64(document, "rows", side->rows);
    document_u64(document, "rows_with_value", side->valued);
    document_u64(document, "rows_flagged", side->flagged);
    document_u64(document, "rows_verified", side->verified);
    document_open_array(document, "run_ids");
    for (size_t i = 0; i < side->run_count; i++)
        document_text(document, NULL, side->runs[i].run_id);
    document_close(document);
    document_close(document);
}

static void add_differences(struct document *document, const struct difference_list *list) {
    document_open_array(document, "differences");
    for (size_t i = 0; i < list->count; i++) {
        document_open_object(document, NULL);
        document_text(document, "what", list->at[i].what);
        document_text(document, "base", list->at[i].base);
        document_text(document, "new", list->at[i].new_);
        document_flag(document, "refuses", list->at[i].refuses);
        document_close(document);
    }
    document_close(document);
}

static void add_judgement(struct document *document, const struct compare_judgement *judgement) {
    document_text(document, "verdict", compare_verdict_names[judgement->verdict]);
    document_u64(document, "base_visits", judgement->base_count);
    document_u64(document, "new_visits", judgement->new_count);
    document_f64(document, "ratio", judgement->ratio);
    document_f64(document, "ratio_low", judgement->low);
    document_f64(document, "ratio_high", judgement->high);
    document_f64(document, "p", judgement->p);
    document_f64(document, "p_adjusted", judgement->p_adjusted);
    document_f64(document, "variance_inflation", judgement->inflation);
    document_f64(document, "effect_least", judgement->least_effect);
    document_f64(document, "effect_detectable",
                 isinf(judgement->detectable) ? NAN : judgement->detectable);
}

static void add_results(struct document *document, const struct comparison *comparison) {
    document_open_array(document, "cells");
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compare_result *result = &comparison->results[i];
        const struct compare_pair *pair = result->pair;
        document_open_object(document, NULL);
        document_text(document, "cell", pair->name);
        document_text(document, "metric", metric_kinds[pair->metric].column);
        document_f64(document, "base_median", pair->base.median);
        document_f64(document, "new_median", pair->new_.median);
        add_judgement(document, &result->all);
        document_open_object(document, "unflagged");
        add_judgement(document, &result->unflagged);
        document_close(document);
        document_flag(document, "disagree", result->disagree);
        document_close(document);
    }
    document_close(document);
}

static void add_shifts(struct document *document, const struct comparison *comparison) {
    document_open_object(document, "shared_by_all_cells");
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct compare_shift *shift = &comparison->shifts[metric];
        document_open_object(document, metric_kinds[metric].name);
        document_u64(document, "cells", shift->cells);
        document_flag(document, "tested", shift->tested);
        document_flag(document, "found", shift->found);
        document_text(document, "verdict",
                      shift->found ? compare_verdict_names[shift->verdict] : NULL);
        document_f64(document, "ratio", shift->ratio);
        document_f64(document, "p", shift->p);
        document_close(document);
    }
    document_close(document);
}

static bool print_json(const struct compare_report *report, FILE *stream) {
    struct document *document = document_create();
    add_side(document, "base", report->base);
    add_side(document, "new", report->new_);
    add_differences(document, report->differences);
    document_text(document, "chosen_otherwise",
                  report->differences->chosen[0] ? report->differences->chosen : NULL);
    document_flag(document, "compared", report->comparison != NULL);
    if (report->comparison) {
        document_text(document, "correction",
                      report->rules.explore ? "benjamini-hochberg" : "holm");
        document_f64(document, "level", report->rules.level);
        document_flag(document, "regressed", comparison_regressed(report->comparison));
        document_u64(document, "visits_needed", report->comparison->needed);
        document_u64(document, "cells_without_power", report->comparison->blind);
        add_shifts(document, report->comparison);
        add_results(document, report->comparison);
    }
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}

bool compare_print(const struct compare_report *report, enum text_form form, FILE *stream) {
    if (form == FORM_JSON)
        return print_json(report, stream);
    return print_text(report, form == FORM_MARKDOWN ? &marks_markdown : &marks_table, stream);
}
