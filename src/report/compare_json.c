// SPDX-License-Identifier: Apache-2.0
// A comparison as programs read it: docs/files.md.
#include "report/compare_report.h"

#include "record/document.h"

#include <math.h>

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
        document_text(document, "new", list->at[i].candidate);
        document_flag(document, "refuses", list->at[i].weight == DIFFERENCE_REFUSES);
        document_close(document);
    }
    document_close(document);
}

static void add_judgement(struct document *document, const struct compare_judgement *judgement) {
    document_text(document, "verdict", compare_verdict_names[judgement->verdict]);
    document_u64(document, "base_visits", judgement->base_count);
    document_u64(document, "new_visits", judgement->new_count);
    document_u64(document, "base_runs", judgement->base_runs);
    document_u64(document, "new_runs", judgement->new_runs);
    document_f64(document, "ratio", judgement->ratio);
    document_f64(document, "ratio_low", judgement->low);
    document_f64(document, "ratio_high", judgement->high);
    document_f64(document, "ratio_beyond_shared", judgement->beyond);
    document_f64(document, "p", judgement->p);
    document_f64(document, "p_adjusted", judgement->p_adjusted);
    document_f64(document, "variance_inflation", judgement->inflation);
    document_f64(document, "effect_least", judgement->min_effect);
    document_f64(document, "effect_detectable",
                 isinf(judgement->detectable) ? NAN : judgement->detectable);
    document_f64(document, "runs_needed", judgement->runs_needed);
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
        document_f64(document, "new_median", pair->candidate.median);
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
        document_f64(document, "ratio_low", shift->low);
        document_f64(document, "ratio_high", shift->high);
        document_f64(document, "p", shift->p);
        document_close(document);
    }
    document_close(document);
}

static void add_outcome(struct document *document, const struct compare_report *report) {
    const struct comparison *comparison = report->comparison;
    document_text(document, "verdict", compare_verdict_names[comparison_verdict(comparison)]);
    document_flag(document, "regressed", comparison_regressed(comparison));
    document_text(document, "undecided",
                  report->gate.state == GATE_UNDECIDED ? report->gate.reason : NULL);
    document_text(document, "unit", comparison->by_runs ? "run" : "visit");
    document_text(document, "correction", report->rules.explore ? "benjamini-hochberg" : "holm");
    document_f64(document, "level", report->rules.level);
    document_f64(document, "level_shared", report->rules.shift_level);
    document_open_object(document, "verdicts");
    for (size_t verdict = 0; verdict < COMPARE_VERDICT_COUNT; verdict++)
        document_u64(document, compare_verdict_names[verdict], comparison->verdicts[verdict]);
    document_close(document);
    document_u64(document, "cells_lost", report->lost.count);
    document_u64(document, "cells_not_compared", report->thin);
    document_f64(document, "effect_detectable",
                 isinf(comparison->detectable) ? NAN : comparison->detectable);
    document_f64(document, "runs_needed", comparison->runs_needed);
    document_u64(document, "visits_needed", comparison->visits_needed);
    document_u64(document, "cells_without_power", comparison->blind);
}

bool compare_print_json(const struct compare_report *report, FILE *stream) {
    struct document *document = document_create();
    add_side(document, "base", report->base);
    add_side(document, "new", report->candidate);
    add_differences(document, report->differences);
    document_text(document, "chosen_otherwise",
                  report->differences->chosen[0] ? report->differences->chosen : NULL);
    document_flag(document, "compared", report->comparison != NULL);
    if (report->comparison) {
        add_outcome(document, report);
        add_shifts(document, report->comparison);
        add_results(document, report->comparison);
    }
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}
