// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/output.h"

#include "report/compare_report.h"

#include <string.h>

static bool check_request(const struct options *options, struct error *error) {
    return !(options->check && options->explore) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--check with --explore: a gate needs Holm's correction; leave one out");
}

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
    compare_pairs_build(pairs, report->base, report->new_);
    compare_run(pairs, report->rules, comparison);
    report->comparison = comparison;
    report->thin = pairs->thin;
    report->lost = compare_lost_cells(report->base, report->new_);
    report->gained = compare_lost_cells(report->new_, report->base);
    report->gate = compare_gate(comparison, report->lost, options->require);
    report->exit_code = (int)command_exit_of(&report->gate, options);
}

static enum exit_code compare(const struct dataset *base, const struct dataset *new_,
                              enum text_form form, const struct options *options) {
    struct error error;
    struct difference_list differences;
    struct compare_pairs pairs = {0};
    struct comparison comparison = {0};
    struct compare_report report = {.base = base,
                                    .new_ = new_,
                                    .differences = &differences,
                                    .rules = command_compare_rules(options)};
    comparable_differences(base, new_, &differences);
    size_t refusals = difference_refusals(&differences);
    if (form == FORM_JSON) {
        command_print_notes(base);
        command_print_notes(new_);
    }
    if (!refusals || options->force)
        judge(&report, &pairs, &comparison, options);
    enum exit_code code = (enum exit_code)report.exit_code;
    if (!print_report(&report, form, options, &error)) {
        code = outcome_fail(&error);
    } else if (!report.comparison) {
        error_set(&error, ERROR_KIND_REFUSED, 0,
                  "not comparable, for %zu reason%s (above); --force compares all the same",
                  refusals, PLURAL(refusals));
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

enum exit_code cmd_compare(const struct command *command, const struct options *options,
                           int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct dataset sides[2] = {0};
    enum text_form form;
    enum exit_code code = EXIT_CODE_OK;
    bool fine = command_operands(command, options, 2, &error) &&
                command_text_form(command, options, &form, &error) &&
                check_request(options, &error);
    for (size_t side = 0; fine && side < 2; side++)
        fine = command_read_runs(options, &options->operands[side], 1, &sides[side], &error);
    code = fine ? compare(&sides[0], &sides[1], form, options) : outcome_fail(&error);
    dataset_free(&sides[0]);
    dataset_free(&sides[1]);
    return code;
}
