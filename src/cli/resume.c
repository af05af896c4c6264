// SPDX-License-Identifier: Apache-2.0
#include "cli/resume.h"

#include "measure/visit.h"
#include "run/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_command(struct resume *resume, struct error *error) {
    const struct machine_settings *settings = &resume->machine.settings;
    if (!settings->command)
        return error_set(error, ERROR_KIND_USAGE, 0, "it does not name the command of this run");
    resume->command = command_find(settings->command, error);
    if (resume->command && !(resume->command->bit & COMMAND_MEASURING))
        return error_set(error, ERROR_KIND_USAGE, 0, "its command '%.40s' measures nothing",
                         settings->command);
    return resume->command &&
           options_parse(&resume->options, resume->command->bit, settings->command, 0,
                         (int)settings->argument_count, settings->arguments, error) &&
           options_are_recorded(&resume->options, error);
}

// It stands in every row, so what is no name could make a line of its own there.
static bool check_run_id(const struct resume *resume, struct error *error) {
    return run_id_is_usable(resume->machine.run_id) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "its run_id is not valid: letters, digits, '-' and '_' are allowed");
}

// The rows follow from what was there when the run began. The same kinds are left out now, or the
// plan would be another, but the reasons may have changed.
static void take_reasons(struct resume *resume) {
    const struct machine_chosen *chosen = &resume->machine.settings.chosen;
    for (size_t i = 0; i < resume->options.left_out_count; i++) {
        struct pages_left_out *left_out = &resume->options.left_out[i];
        const char *reason = fields_told(chosen->pages_left_out, chosen->pages_left_out_count,
                                         left_out->kind->name);
        if (reason)
            error_set(&left_out->why, left_out->why.kind, 0, "%s", reason);
    }
}

bool resume_read(struct resume *resume, const struct options *options, struct error *error) {
    char path[RUN_PATH_BYTES];
    struct error cause;
    *resume = (struct resume){.path = options->resume};
    snprintf(path, sizeof path, "%.900s/machine.json", options->resume);
    if (!machine_file_read(&resume->machine, path, &cause) || !check_run_id(resume, &cause) ||
        !read_command(resume, &cause))
        return error_set(error, cause.kind, cause.os_number,
                         "--resume: nothing can be resumed from '%.200s': %.250s", path,
                         cause.text);
    take_reasons(resume);
    resume->options.output = NULL; // a run is where it is found
    resume->options.quiet = options->quiet;
    resume->options.mlc = (options->mlc || resume->options.mlc) && !options->quiet;
    resume->options.json = (options->json || resume->options.json) && !options->quiet;
    resume->options.no_progress = options->no_progress;
    resume->options.verbose = options->verbose;
    resume->options.allow_unverified |= options->allow_unverified;
    return true;
}

void resume_free(struct resume *resume) {
    machine_file_free(&resume->machine);
    options_free(&resume->options);
}
