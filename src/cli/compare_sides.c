// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_sides.h"

#include "cli/output.h"
#include "report/compare_report.h"

static bool print_report(const struct compare_report *report, enum text_form form,
                         const struct options *options, struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    bool printed = compare_print(report, form, output.stream);
    return output_close(&output, printed, error);
}

static void judge(struct compare_report *report, struct compare_pairs *pairs,
                  struct comparison *comparison, const struct options *options) {
    compare_pairs_build(pairs, report->base, report->candidate);
    compare_run(pairs, report->rules, comparison);
    report->comparison = comparison;
    report->thin = pairs->thin;
    report->lost = compare_lost_cells(report->base, report->candidate);
    report->gained = compare_lost_cells(report->candidate, report->base);
    report->gate = compare_gate(comparison, report->lost, options->require);
    report->exit_code = (int)command_exit_of(&report->gate, options);
}

static enum exit_code compare(const struct dataset *base, const struct dataset *candidate,
                              enum text_form form, const struct options *options) {
    struct error error;
    struct difference_list differences;
    struct compare_pairs pairs = {0};
    struct comparison comparison = {0};
    struct compare_report report = {.base = base,
                                    .candidate = candidate,
                                    .differences = &differences,
                                    .rules = command_compare_rules(options, &compare_rules_gate)};
    comparable_differences(base, candidate, &differences);
    size_t refusals = difference_refusals(&differences);
    if (form == FORM_JSON) {
        command_print_notes(base);
        command_print_notes(candidate);
    }
    if (!refusals || options->force)
        judge(&report, &pairs, &comparison, options);
    enum exit_code code = (enum exit_code)report.exit_code;
    if (!print_report(&report, form, options, &error)) {
        code = outcome_fail(&error);
    } else if (!report.comparison) {
        error_set(&error, ERROR_KIND_REFUSED, 0,
                  "not comparable, for %zu reason%s (above); --force compares anyway", refusals,
                  PLURAL(refusals));
        outcome_fail(&error);
        code = EXIT_CODE_NOT_COMPARABLE;
    } else if (code == EXIT_CODE_NOT_COMPARABLE) {
        command_refuse(report.gate.reason);
    }
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
    difference_list_free(&differences);
    return code;
}

enum exit_code compare_sides(const struct side_operands sides[2], enum text_form form,
                             const struct options *options) {
    struct dataset datasets[2] = {0};
    struct error error;
    bool fine = true;
    for (size_t side = 0; fine && side < 2; side++)
        fine = command_read_runs(options, sides[side].operands, sides[side].count, &datasets[side],
                                 &error);
    enum exit_code code =
        fine ? compare(&datasets[0], &datasets[1], form, options) : outcome_fail(&error);
    dataset_free(&datasets[0]);
    dataset_free(&datasets[1]);
    return code;
}
