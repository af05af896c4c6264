// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/output.h"

#include "base/nearest.h"
#include "report/export.h"

#include <string.h>

static const struct export_form *find_form(const char *name, struct error *error) {
    char hint[NEAREST_HINT_BYTES];
    struct nearest nearest = nearest_to(name ? name : "");
    for (size_t i = 0; name && i < export_form_count; i++) {
        if (strcmp(export_forms[i].name, name) == 0)
            return &export_forms[i];
        nearest_offer(&nearest, export_forms[i].name);
    }
    if (name)
        error_set(error, ERROR_KIND_USAGE, 0,
                  "--format '%.40s': export does not have this form%s (numaprobe list forms)", name,
                  nearest_hint(&nearest, hint));
    else
        error_set(error, ERROR_KIND_USAGE, 0, "export needs --format NAME (numaprobe list forms)");
    return NULL;
}

enum exit_code cmd_export(const struct command *command, const struct options *options,
                          int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct output output;
    struct dataset dataset = {0};
    const struct export_form *form = NULL;
    bool fine =
        command_operands(command, options, 1, &error) &&
        (form = find_form(options->format, &error)) != NULL &&
        command_read_runs(options, options->operands, options->operand_count, &dataset, &error) &&
        notes_require_values(&dataset, &error) && output_open(&output, options->output, &error);
    if (fine && !form->has_notes)
        command_print_notes(&dataset);
    if (fine) {
        struct error ignored;
        fine = form->write(&dataset, output.stream, &error);
        // A file that is not whole gets no name; the first error is the one to tell.
        bool closed = output_close(&output, fine, fine ? &error : &ignored);
        fine = fine && closed;
    }
    enum exit_code code = fine ? EXIT_CODE_OK : command_fail_of(&dataset, &error);
    dataset_free(&dataset);
    return code;
}
