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

// A gate that cannot stop anything must not be green.
static enum exit_code judge_gate(const struct comparison *comparison) {
    struct error error;
    if (comparison_regressed(comparison))
        return EXIT_CODE_REGRESSION;
    if (comparison->blind < comparison->count)
        return EXIT_CODE_OK;
    if (!comparison->count)
        error_set(&error, ERROR_KIND_REFUSED, 0,
                  "--check: no cell has a value on both sides (above): measure both with the same "
                  "options");
    else
        error_set(&error, ERROR_KIND_REFUSED, 0,
                  "--check: so few visits cannot show any change: %zu comparisons need at least "
                  "%zu visits of every cell a side (--rounds %zu)",
                  comparison->count, comparison->needed, comparison->needed);
    outcome_fail(&error);
    return EXIT_CODE_NOT_COMPARABLE;
}

static enum exit_code compare(const struct dataset *base, const struct dataset *new_,
                              enum text_form form, const struct options *options) {
    struct error error;
    struct difference_list differences;
    struct compare_pairs pairs = {0};
    struct comparison comparison = {0};
    const struct compare_rules rules =
        options->explore ? compare_rules_explore : compare_rules_gate;
    comparable_differences(base, new_, &differences);
    size_t refusals = difference_refusals(&differences);
    struct compare_report report = {base, new_, &differences, NULL, rules};
    enum exit_code code = EXIT_CODE_OK;
    if (form == FORM_JSON) {
        command_print_notes(base);
        command_print_notes(new_);
    }
    if (!refusals || options->force) {
        compare_pairs_build(&pairs, base, new_);
        compare_run(&pairs, rules, &comparison);
        report.comparison = &comparison;
    }
    if (!print_report(&report, form, options, &error)) {
        code = outcome_fail(&error);
    } else if (!report.comparison) {
        error_set(&error, ERROR_KIND_REFUSED, 0,
                  "not comparable, for %zu reason%s (above); --force compares all the same",
                  refusals, PLURAL(refusals));
        outcome_fail(&error);
        code = EXIT_CODE_NOT_COMPARABLE;
    } else if (options->check) {
        code = judge_gate(&comparison);
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
