// SPDX-License-Identifier: Apache-2.0
#include "cli/resume.h"

#include "cli/machine.h"
#include "measure/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_command(struct resume *resume, struct error *error) {
    const struct machine_settings *settings = &resume->machine.settings;
    if (!settings->command)
        return error_set(error, ERROR_KIND_USAGE, 0, "it does not say which command this run was");
    resume->command = command_find(settings->command, error);
    return resume->command &&
           options_parse(&resume->options, resume->command->bit, settings->command, 0,
                         (int)settings->argument_count, settings->arguments, error);
}

bool resume_read(struct resume *resume, const struct options *options, struct error *error) {
    char path[RUN_PATH_BYTES];
    struct error cause;
    *resume = (struct resume){.path = options->resume};
    snprintf(path, sizeof path, "%.900s/machine.json", options->resume);
    if (!machine_file_read(&resume->machine, path, &cause) || !read_command(resume, &cause))
        return error_set(error, cause.kind, cause.os_number,
                         "--resume: nothing can be resumed from '%.200s': %.250s", path,
                         cause.text);
    resume->options.quiet = options->quiet;
    resume->options.mlc = (options->mlc || resume->options.mlc) && !options->quiet;
    resume->options.no_progress = options->no_progress;
    resume->options.allow_unverified |= options->allow_unverified;
    return true;
}

void resume_free(struct resume *resume) {
    machine_file_free(&resume->machine);
    options_free(&resume->options);
}

// ---- the same run? ------------------------------------------------------------------------------

enum { DIFFERENCES_BYTES = 400 };

static void note(const char *what, const char *then, const char *now, void *context) {
    char *differences = context;
    size_t used = strlen(differences);
    snprintf(differences + used, DIFFERENCES_BYTES - used, "%s%s was %.60s and is %.60s",
             used ? "; " : "", what, then ? then : "not told", now ? now : "not told");
}

static bool check_same(const struct resume *resume, const struct session *session,
                       const struct plan *plan, struct error *error) {
    const struct machine_settings *settings = &resume->machine.settings;
    struct machine_file now;
    char differences[DIFFERENCES_BYTES] = "";
    machine_describe(session, plan, (int)settings->argument_count, settings->arguments, &now);
    fields_compare_kept(&machine_shape, &resume->machine, &now, note, differences);
    machine_file_free(&now);
    return !differences[0] ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--resume: this is not the run of '%.60s': %s; begin a new one", resume->path,
                     differences);
}

// ---- the rows that are there --------------------------------------------------------------------

struct replay {
    const char *run_id;
    struct schedule *schedule;
    struct results *results;
    struct error *error; // filled when a row does not fit
    bool fits;
};

// A visit that was interrupted is visited again; its row stays.
static bool replay_row(const struct row *row, void *context) {
    struct replay *replay = context;
    struct schedule *schedule = replay->schedule;
    if (visit_status(row) == VISIT_INTERRUPTED)
        return true;
    char name[CELL_NAME_BYTES] = "nothing more";
    size_t cell;
    uint64_t round;
    bool more = schedule_next(schedule, &cell, &round);
    if (more)
        cell_name(&schedule->plan->cells[cell], name);
    replay->fits = strcmp(row->cell, name) == 0 && row->visit == schedule->visits + 1 &&
                   strcmp(row->run_id, replay->run_id) == 0;
    if (!replay->fits)
        return error_set(replay->error, ERROR_KIND_USAGE, 0,
                         "visit %llu of rows.csv is %.160s, where the plan has %.160s",
                         (unsigned long long)schedule->visits + 1, row->cell, name);
    schedule_add(schedule, cell, row);
    results_add(replay->results, cell, row);
    return true;
}

bool resume_open(const struct resume *resume, struct session *session, struct schedule *schedule,
                 struct results *results, struct error *error) {
    if (!session_is_here(session, error) || !check_same(resume, session, schedule->plan, error))
        return false;
    snprintf(session->run_id, sizeof session->run_id, "%s", resume->machine.run_id);
    struct replay replay = {.run_id = session->run_id,
                            .schedule = schedule,
                            .results = results,
                            .error = error,
                            .fits = true};
    session->recording =
        run_directory_resume(&session->run, resume->path, replay_row, &replay, error);
    return session->recording;
}
