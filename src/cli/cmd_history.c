// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/output.h"
#include "record/run_copy.h"
#include "report/history_report.h"

#include <stdio.h>

static bool add_runs(const struct options *options, struct dataset *added, struct error *error) {
    const char *directory = options->operands[0];
    bool fine = command_read_runs(options, &options->add, 1, added, error) &&
                notes_require_values(added, error);
    for (size_t i = 0; fine && i < added->run_count; i++)
        fine = run_copy(added->runs[i].path, directory, added->runs[i].run_id, error);
    return fine;
}

static bool print_history(const struct history *history, enum text_form form, enum exit_code code,
                          const struct options *options, struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    bool printed = history_print(history, form, (int)code, output.stream);
    return output_close(&output, printed, error);
}

// A gate that has no past is not green.
static struct gate judge(const struct history *history, const struct options *options) {
    struct gate gate = compare_gate(&history->comparison, history->lost, options->require);
    if (gate.state == GATE_UNDECIDED && !history->comparison.count)
        snprintf(gate.reason, sizeof gate.reason, "--check: %s",
                 history->same_count > 1
                     ? "no cell has a verified value in the newest run and in its past: there is "
                       "nothing to judge by"
                     : "the newest run has no past on the same machine");
    return gate;
}

enum exit_code cmd_history(const struct command *command, const struct options *options,
                           int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct dataset dataset = {0}, added = {0};
    enum text_form form;
    enum exit_code code = EXIT_CODE_OK;
    bool fine = command_operands(command, options, 1, &error) &&
                command_text_form(command, options, &form, &error) &&
                (!options->add || add_runs(options, &added, &error)) &&
                command_read_runs(options, options->operands, 1, &dataset, &error) &&
                notes_require_values(&dataset, &error);
    if (fine && form == FORM_JSON)
        command_print_notes(&dataset);
    if (fine) {
        struct history history;
        history_build(&history, &dataset, command_compare_rules(options));
        const struct gate gate = judge(&history, options);
        code = command_exit_of(&gate, options);
        fine = print_history(&history, form, code, options, &error);
        if (fine && code == EXIT_CODE_NOT_COMPARABLE)
            command_refuse(gate.reason);
        history_free(&history);
    }
    if (!fine)
        code = command_fail_of(dataset.run_count ? &dataset : &added, &error);
    dataset_free(&added);
    dataset_free(&dataset);
    return code;
}
