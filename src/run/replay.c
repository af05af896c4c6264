// SPDX-License-Identifier: Apache-2.0
#include "run/replay.h"

#include "run/machine.h"

#include <stdio.h>
#include <string.h>

// ---- the same run? ------------------------------------------------------------------------------

enum { DIFFERENCES_BYTES = 400 };

static void note(const char *what, const char *then, const char *now, void *context) {
    char *differences = context;
    size_t used = strlen(differences);
    snprintf(differences + used, DIFFERENCES_BYTES - used, "%s%s was %.60s and is %.60s",
             used ? "; " : "", what, then ? then : "unknown", now ? now : "unknown");
}

static bool check_same(const char *path, const struct machine_file *then,
                       const struct session *session, const struct plan *plan,
                       struct error *error) {
    const struct machine_settings *settings = &then->settings;
    struct machine_file now;
    char differences[DIFFERENCES_BYTES] = "";
    machine_describe(session, plan, (int)settings->argument_count, settings->arguments, &now);
    fields_compare_kept(&machine_shape, then, &now, note, differences);
    machine_file_free(&now);
    return !differences[0] ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--resume: this is not the run of '%.60s': %s; begin a new run", path,
                     differences);
}

// ---- the rows that are there --------------------------------------------------------------------

struct replay {
    const char *run_id;
    struct schedule *schedule;
    struct error *error; // filled when a row does not fit
    bool fits;
};

// A visit that was interrupted is visited again; its row stays.
static bool replay_row(const struct row *row, void *context) {
    struct replay *replay = context;
    struct schedule *schedule = replay->schedule;
    if (row->status == STATUS_INTERRUPTED)
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
                         "repetition %llu of rows.csv is %.160s, but the plan has %.160s",
                         (unsigned long long)schedule->visits + 1, row->cell, name);
    schedule_add(schedule, cell, row);
    return true;
}

bool replay_open(const char *path, const struct machine_file *then, struct session *session,
                 struct schedule *schedule, struct error *error) {
    if (!session_is_here(session, error) || !check_same(path, then, session, schedule->plan, error))
        return false;
    snprintf(session->run_id, sizeof session->run_id, "%s", then->run_id);
    struct replay replay = {
        .run_id = session->run_id, .schedule = schedule, .error = error, .fits = true};
    session->recording = run_directory_resume(&session->run, path, replay_row, &replay, error) &&
                         (!session->keeps_samples ||
                          samples_file_resume(&session->run.samples, &session->run.directory,
                                              schedule->visits, error));
    return session->recording;
}
