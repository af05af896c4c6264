// SPDX-License-Identifier: Apache-2.0
#include "report/compare_report.h"

#include "report/cell_title.h"
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
        snprintf(text, CHANGE_TEXT_BYTES, "%+.1f..%+.1f", 100 * (low - 1), 100 * (high - 1));
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

static const char *const weight_words[] = {
    [DIFFERENCE_UNKNOWN] = "unknown on one side",
    [DIFFERENCE_NAMED] = "differs",
    [DIFFERENCE_REFUSES] = "NOT COMPARABLE",
};

static void print_differences(const struct compare_report *report, const struct marks *marks,
                              FILE *stream) {
    for (size_t i = 0; i < report->differences->count; i++) {
        const struct difference *difference = &report->differences->at[i];
        if (difference->weight == DIFFERENCE_UNKNOWN &&
            strcmp(difference->base, difference->candidate) == 0) {
            fprintf(stream, "%sunknown on either side: %s\n", marks->item, difference->what);
            continue;
        }
        fprintf(stream, "%s%s: %s: ", marks->item, weight_words[difference->weight],
                difference->what);
        marks->put(stream, difference->base);
        fprintf(stream, " -> ");
        marks->put(stream, difference->candidate);
        fprintf(stream, "\n");
    }
    if (report->differences->chosen[0]) {
        fprintf(stream, "%sthe runs chose differently: ", marks->item);
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
                    "%sALL %s cases (%zu) %s together: %s (%s, p %.2g). The table shows what each "
                    "case does beyond that.\n",
                    marks->item, metric_kinds[metric].name, shift->cells,
                    compare_verdict_names[shift->verdict], compare_change(shift->ratio, change),
                    interval(shift->low, shift->high, bounds), shift->p);
        else
            fprintf(stream, "%scommon shift of all %s cases (%zu): %s, not significant (p %.2g)\n",
                    marks->item, metric_kinds[metric].name, shift->cells,
                    compare_change(shift->ratio, change), shift->p);
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
        fprintf(stream, ": %s, but too few repetitions without flags confirm it (%zu+%zu)\n",
                compare_verdict_names[result->all.verdict], result->unflagged.base_count,
                result->unflagged.new_count);
    else
        fprintf(stream, ": DISAGREES: %s with all repetitions, %s (%s) without the flagged ones\n",
                compare_verdict_names[result->all.verdict],
                compare_verdict_names[result->unflagged.verdict],
                compare_change(result->unflagged.ratio, change));
}

// Only what the visits without flags can tell: where they are too few, no verdict is another, but
// none is the same either.
void compare_print_flagged(const struct comparison *comparison, FILE *stream) {
    size_t others = comparison->disagreements;
    if (!comparison->flagged) {
        fprintf(stream, "No repetition is flagged.");
        return;
    }
    if (comparison->unjudged)
        fprintf(stream,
                "%zu of %zu comparisons have too few repetitions without flags to judge by these "
                "alone.%s",
                comparison->unjudged, comparison->count,
                comparison->unjudged < comparison->count ? " " : "");
    if (others)
        fprintf(stream, "Leaving out flagged repetitions changes %zu verdict%s.", others,
                PLURAL(others));
    else if (comparison->unjudged < comparison->count)
        fprintf(stream, "Leaving out flagged repetitions changes no%s verdict.",
                comparison->unjudged ? " other" : "");
}

void compare_print_power(const struct comparison *comparison, const char *begin, const char *end,
                         FILE *stream) {
    if (comparison->is_tentative)
        fprintf(stream,
                "%sWith one run per side, run-to-run variation is unknown, so this is a first "
                "look: measure 4 interleaved runs per side.%s",
                begin, end);
    if (comparison->alike)
        fprintf(
            stream,
            "%s%zu of %zu comparisons are autocorrelated, because the machine drifts: at worst "
            "%.1f repetitions count as one. Interleaved runs help; more --rounds alone may not.%s",
            begin, comparison->alike, comparison->count, comparison->inflation_max, end);
    if (comparison->blind && !comparison->by_runs)
        fprintf(stream,
                "%s%zu of %zu comparisons have too few repetitions to show any change: they need "
                "at least %zu per side (--rounds %zu).%s",
                begin, comparison->blind, comparison->count, comparison->visits_needed,
                comparison->visits_needed, end);
    else if (comparison->blind)
        fprintf(stream, "%s%zu of %zu comparisons have too few runs to show any change.%s", begin,
                comparison->blind, comparison->count, end);
    else if (comparison->count)
        fprintf(stream,
                "%sA change of %.1f %% in any case was detectable, with a probability of 80 %%.%s",
                begin, 100 * comparison->detectable, end);
    if (!isnan(comparison->runs_needed) && comparison->by_runs)
        fprintf(stream, "%sAbout %.0f runs per side would decide half of what is inconclusive.%s",
                begin, fmin(comparison->runs_needed, 9999), end);
}

const char *compare_legend(const struct comparison *comparison) {
    return comparison->by_runs
               ? "Change: from the median of each run; the medians over all repetitions, shown "
                 "beside it, may give another percentage."
               : "Change: the median of all ratios of a new and a base repetition "
                 "(Hodges-Lehmann); the two medians beside it may give another percentage.";
}

static void print_summary(const struct compare_report *report, const struct marks *marks,
                          FILE *stream) {
    const struct comparison *comparison = report->comparison;
    if (!comparison->count)
        fprintf(stream, "%sno case has a value on both sides: nothing was compared\n", marks->item);
    fprintf(stream, "%s", marks->item);
    compare_print_counts(comparison, stream);
    fprintf(stream, "; by %s, %s correction, significance level %g.\n",
            comparison->by_runs ? "runs" : "repetitions",
            report->rules.explore ? "Benjamini-Hochberg (--explore)" : "Holm", report->rules.level);
    if (comparison->count)
        fprintf(stream, "%s%s\n", marks->item, compare_legend(comparison));
    compare_print_power(comparison, marks->item, "\n", stream);
    for (size_t i = 0; i < comparison->count; i++)
        print_disagreement(&comparison->results[i], marks, stream);
    fprintf(stream, "%s", marks->item);
    compare_print_flagged(comparison, stream);
    fprintf(stream, "\n");
}

static void print_left_out(const struct compare_report *report, const struct marks *marks,
                           FILE *stream) {
    if (report->lost.count) {
        fprintf(stream, "%s%zu case%s of the base without a value on the new side, first ",
                marks->item, report->lost.count, PLURAL(report->lost.count));
        marks->put(stream, report->lost.first);
        fprintf(stream, "\n");
    }
    if (report->gained.count) {
        fprintf(stream, "%s%zu case%s only in new, first ", marks->item, report->gained.count,
                PLURAL(report->gained.count));
        marks->put(stream, report->gained.first);
        fprintf(stream, "\n");
    }
    if (report->thin)
        fprintf(stream,
                "%s%zu comparison%s left out: cases with fewer than %d repetitions per run, such "
                "as points of curves\n",
                marks->item, report->thin, PLURAL(report->thin), COMPARE_VISITS_MIN);
}

static void print_head(const struct compare_report *report, const struct marks *marks,
                       FILE *stream) {
    text_notes_print(report->base, "base: ", marks, stream);
    text_notes_print(report->candidate, "new: ", marks, stream);
    print_side("base", report->base, marks, stream);
    print_side("new ", report->candidate, marks, stream);
    print_differences(report, marks, stream);
    if (!report->comparison)
        return;
    print_left_out(report, marks, stream);
    print_shifts(report->comparison, marks, stream);
}

// "80.1 ns", or without the unit.
static void add_median(struct text_table *table, const struct metric_kind *kind, double median,
                       bool with_unit) {
    text_table_add(table, "%.*f%s%s", kind->decimals, median / kind->unit_size,
                   with_unit ? " " : "", with_unit ? kind->unit : "");
}

static void add_result(struct text_table *table, const struct compare_result *result,
                       const char *title, bool shifted, bool is_markdown) {
    const struct compare_judgement *all = &result->all;
    const struct compare_pair *pair = result->pair;
    const struct metric_kind *kind = &metric_kinds[pair->metric];
    const char *const regressed = is_markdown ? "**regressed**" : "REGRESSED";
    char text[CHANGE_TEXT_BYTES];
    text_table_add(table, "%s",
                   all->verdict == COMPARE_REGRESSED ? regressed
                                                     : compare_verdict_names[all->verdict]);
    add_median(table, kind, pair->base.median, false);
    add_median(table, kind, pair->candidate.median, true);
    text_table_add(table, "%s", compare_change(all->ratio, text));
    if (shifted)
        text_table_add(table, "%s", compare_change(all->beyond, text));
    else
        text_table_add(table, "%s", interval(all->low, all->high, text));
    text_table_add(table, "%s", title);
}

static void print_results(const struct comparison *comparison, const struct marks *marks,
                          FILE *stream) {
    bool shifted = false;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        shifted = shifted || comparison->shifts[metric].found;
    const char *const heads[] = {
        "verdict", ">base", ">new", ">change", shifted ? ">beyond all" : ">95 %", "case"};
    const struct compare_result **results = in_order(comparison);
    const struct data_cell **cells = base_allocate(comparison->count, sizeof *cells);
    char(*titles)[CELL_TITLE_BYTES] = base_allocate(comparison->count, sizeof *titles);
    for (size_t i = 0; i < comparison->count; i++)
        cells[i] = results[i]->pair->cell;
    cell_titles(cells, comparison->count, titles);
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    for (size_t i = 0; i < comparison->count; i++)
        add_result(table, results[i], titles[i], shifted, marks->is_markdown);
    text_table_print(table, marks, stream);
    free(titles);
    free(cells);
    free(results);
}

void compare_print_counts(const struct comparison *comparison, FILE *stream) {
    bool any = false;
    for (enum compare_verdict verdict = 0; verdict < COMPARE_VERDICT_COUNT; verdict++) {
        bool always = comparison->is_tentative
                          ? verdict == COMPARE_SUSPECTED
                          : verdict == COMPARE_REGRESSED || verdict == COMPARE_IMPROVED;
        if (!always && verdict < COMPARE_EQUIVALENT && !comparison->verdicts[verdict])
            continue;
        fprintf(stream, "%s%zu %s", any ? ", " : "", comparison->verdicts[verdict],
                compare_verdict_names[verdict]);
        any = true;
    }
}

const char *compare_headline(const struct comparison *comparison) {
    static const char *const words[COMPARE_VERDICT_COUNT] = {
        [COMPARE_REGRESSED] = "REGRESSED",       [COMPARE_SUSPECTED] = "SUSPECTED",
        [COMPARE_IMPROVED] = "IMPROVED",         [COMPARE_SUSPECTED_BETTER] = "SUSPECTED BETTER",
        [COMPARE_SHIFTED] = "SHIFTED",           [COMPARE_EQUIVALENT] = "EQUIVALENT",
        [COMPARE_INCONCLUSIVE] = "INCONCLUSIVE",
    };
    enum compare_verdict verdict = comparison_verdict(comparison);
    size_t open = comparison->verdicts[COMPARE_INCONCLUSIVE];
    return verdict == COMPARE_INCONCLUSIVE && open < comparison->count ? "NOTHING REGRESSED"
                                                                       : words[verdict];
}

void compare_print_verdict(const struct comparison *comparison, int exit_code,
                           const struct marks *marks, FILE *stream) {
    size_t open = comparison->verdicts[COMPARE_INCONCLUSIVE];
    fprintf(stream, "%sverdict: %s", marks->is_markdown ? "\n" : "", compare_headline(comparison));
    if (open && open < comparison->count)
        fprintf(stream, ", %zu of %zu inconclusive", open, comparison->count);
    fprintf(stream, " (exit %d)\n", exit_code);
}

static bool print_text(const struct compare_report *report, const struct marks *marks,
                       FILE *stream) {
    print_head(report, marks, stream);
    if (report->comparison) {
        fprintf(stream, "\n");
        print_results(report->comparison, marks, stream);
        fprintf(stream, "\n");
        print_summary(report, marks, stream);
        compare_print_verdict(report->comparison, report->exit_code, marks, stream);
    }
    return !ferror(stream);
}

bool compare_print(const struct compare_report *report, enum text_form form, FILE *stream) {
    if (form == FORM_JSON)
        return compare_print_json(report, stream);
    return print_text(report, form == FORM_MARKDOWN ? &marks_markdown : &marks_table, stream);
}
