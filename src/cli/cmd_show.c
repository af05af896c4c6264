// SPDX-License-Identifier: Apache-2.0
// What a run printed when it had measured, printed again.
#include "cli/command.h"
#include "cli/show.h"

#include "cli/run_topology.h"
#include "os/os.h"
#include "record/document.h"
#include "record/run_directory.h"
#include "report/terminal.h"

bool show_read(struct dataset *dataset, char *path, struct error *error) {
    const struct run_list list = {.paths = &path, .count = 1};
    return dataset_read(dataset, &list, DATA_ALL, error);
}

void show_tables(const struct dataset *dataset) {
    struct topology topology = {0};
    bool known = run_topology_load(dataset, &topology);
    terminal_print(&(struct terminal){
        .dataset = dataset,
        .topology = known ? &topology : NULL,
        .columns = os_terminal_columns(1),
    });
    topology_free(&topology);
}

bool show_json(const char *path, struct error *error) {
    char file[RUN_PATH_BYTES];
    if (!run_has_file(path, "summary.json"))
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "--json: the run '%.400s' did not end: it has no summary.json; numaprobe "
                         "--resume goes on with it",
                         path);
    snprintf(file, sizeof file, "%.900s/summary.json", path);
    struct document *summary = document_read(file, error);
    bool printed = summary && (document_print(summary, stdout) ||
                               error_set(error, ERROR_KIND_FAILED, 0, "stdout is not writable"));
    document_free(summary);
    return printed;
}

static void show_text(const struct dataset *dataset) {
    command_print_notes(dataset);
    terminal_print_machine(&dataset->runs[0]);
    show_tables(dataset);
}

static bool one_run(const struct run_list *list, const char *operand, struct error *error) {
    return list->count == 1 ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "'%.300s' is %zu runs, and show takes one; report or compare take several",
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
    return fine ? EXIT_CODE_OK : command_fail(&error);
}
