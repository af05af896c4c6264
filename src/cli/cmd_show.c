// SPDX-License-Identifier: Apache-2.0
// What a run printed when it had measured, printed again.
#include "cli/command.h"
#include "report/terminal.h"
#include "run/show.h"

static void show_text(const struct dataset *dataset) {
    command_print_notes_of_rows(dataset);
    terminal_print_machine(&dataset->runs[0]);
    show_tables(dataset);
}

static bool one_run(const struct run_list *list, const char *operand, struct error *error) {
    return list->count == 1 ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "'%.300s' holds %zu runs, but show takes one; report and compare take several",
                     operand, list->count);
}

enum exit_code cmd_show(const struct command *command, const struct options *options,
                        int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct run_list list = {0};
    struct dataset dataset = {0};
    bool fine = command_operands(command, options, 1, &error) &&
                run_list_add(&list, options->operands[0], &error) &&
                one_run(&list, options->operands[0], &error) &&
                show_read(&dataset, list.paths[0], &error);
    if (fine && options->json)
        fine = show_json(list.paths[0], &error);
    else if (fine)
        show_text(&dataset);
    dataset_free(&dataset);
    run_list_free(&list);
    return fine ? EXIT_CODE_OK : outcome_fail(&error);
}
