// SPDX-License-Identifier: Apache-2.0
#include "cli/resume.h"

#include "cli/machine.h"
#include "measure/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES = 1024 };

static bool read_arguments(struct resume *resume, struct error *error) {
    size_t count = document_count(resume->machine, "settings/arguments");
    resume->arguments = base_allocate(count, sizeof *resume->arguments);
    for (size_t i = 0; i < count; i++) {
        char path[64], word[WORD_BYTES];
        snprintf(path, sizeof path, "settings/arguments/%zu", i);
        if (!document_get_text(resume->machine, path, word, sizeof word) ||
            strlen(word) == sizeof word - 1)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "%s is no text, or one of more than %d bytes", path, WORD_BYTES - 2);
        resume->arguments[i] = base_allocate(strlen(word) + 1, 1);
        memcpy(resume->arguments[i], word, strlen(word));
        resume->argument_count++;
    }
    return true;
}

static bool read_command(struct resume *resume, struct error *error) {
    char name[64];
    if (!document_get_text(resume->machine, "settings/command", name, sizeof name))
        return error_set(error, ERROR_KIND_USAGE, 0, "it does not say which command this run was");
    resume->command = command_find(name, error);
    if (resume->command && !(resume->command->bit & COMMAND_MEASURING))
        return error_set(error, ERROR_KIND_USAGE, 0, "its command '%s' measures nothing", name);
    return resume->command && read_arguments(resume, error) &&
           options_parse(&resume->options, resume->command->bit, name, 0, resume->argument_count,
                         resume->arguments, error) &&
           options_are_recorded(&resume->options, error);
}

// It stands in every row, so what is no name could make a line of its own there.
static bool check_run_id(const struct resume *resume, struct error *error) {
    char run_id[RUN_ID_BYTES];
    return (document_get_text(resume->machine, "run_id", run_id, sizeof run_id) &&
            run_id_is_usable(run_id)) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "its run_id is none: letters, digits, '-' and '_'");
}

bool resume_read(struct resume *resume, const struct options *options, struct error *error) {
    char path[RUN_PATH_BYTES];
    struct error cause;
    *resume = (struct resume){.path = options->resume};
    snprintf(path, sizeof path, "%.900s/machine.json", options->resume);
    resume->machine = document_read(path, &cause);
    if (!resume->machine || !check_run_id(resume, &cause) || !read_command(resume, &cause))
        return error_set(error, cause.kind, cause.os_number,
                         "--resume: nothing can be resumed from '%.200s': %.250s", path,
                         cause.text);
    resume->options.output = NULL; // a run is where it is found
    resume->options.quiet = options->quiet;
    resume->options.mlc = (options->mlc || resume->options.mlc) && !options->quiet;
    resume->options.no_progress = options->no_progress;
    resume->options.allow_unverified |= options->allow_unverified;
    return true;
}

void resume_free(struct resume *resume) {
    document_free(resume->machine);
    for (int i = 0; i < resume->argument_count; i++)
        free(resume->arguments[i]);
    free(resume->arguments);
    options_free(&resume->options);
}

// ---- the same run? ------------------------------------------------------------------------------

static const char *const whole[] = {"", NULL};
static const char *const of_node[] = {"/node",       "/cpus",    "/has_cpus",
                                      "/has_memory", "/allowed", NULL};

// What must be as it was. A list is compared element by element, in these members of each.
static const struct {
    const char *path;
    const char *what;
    const char *const *members; // NULL: no list
} kept[] = {
    {"host",                "machine",           NULL   },
    {"facts/cpu_model",     "CPU",               NULL   },
    {"facts/os_version",    "system",            NULL   },
    {"tool/version",        "program",           NULL   },
    {"tool/method_version", "method",            NULL   },
    {"tool/compiler",       "compiler",          NULL   },
    {"settings/seed",       "seed",              NULL   },
    {"settings/rounds",     "rounds",            NULL   },
    {"settings/budget_ns",  "budget",            NULL   },
    {"settings/cells",      "cells of the plan", whole  },
    {"nodes",               "nodes",             of_node},
};

struct comparison {
    const struct document *then, *now;
    char differences[400];
};

static void note(struct comparison *comparison, const char *what, const char *then,
                 const char *now) {
    size_t used = strlen(comparison->differences);
    snprintf(comparison->differences + used, sizeof comparison->differences - used,
             "%s%s was %.60s and is %.60s", used ? "; " : "", what, then, now);
}

static bool compare_value(struct comparison *comparison, const char *path, const char *what) {
    char then[WORD_BYTES], now[WORD_BYTES];
    bool had = document_get_text(comparison->then, path, then, sizeof then);
    bool has = document_get_text(comparison->now, path, now, sizeof now);
    if (had == has && strcmp(then, now) == 0)
        return true;
    note(comparison, what, had ? then : "not told", has ? now : "not told");
    return false;
}

// The first element that differs speaks for the list.
static void compare_list(struct comparison *comparison, size_t index) {
    size_t then = document_count(comparison->then, kept[index].path);
    size_t now = document_count(comparison->now, kept[index].path);
    if (then != now) {
        char before[24], after[24];
        snprintf(before, sizeof before, "%zu", then);
        snprintf(after, sizeof after, "%zu", now);
        note(comparison, kept[index].what, before, after);
        return;
    }
    for (size_t i = 0; i < now; i++) {
        for (const char *const *member = kept[index].members; *member; member++) {
            char path[128], what[128];
            snprintf(path, sizeof path, "%s/%zu%s", kept[index].path, i, *member);
            snprintf(what, sizeof what, "%s, number %zu%s%s,", kept[index].what, i + 1,
                     **member ? ", " : "", **member ? *member + 1 : "");
            if (!compare_value(comparison, path, what))
                return;
        }
    }
}

static bool check_same(const struct resume *resume, const struct session *session,
                       const struct plan *plan, struct error *error) {
    struct document *now =
        machine_describe(session, plan, resume->argument_count, resume->arguments);
    struct comparison comparison = {.then = resume->machine, .now = now};
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        if (kept[i].members)
            compare_list(&comparison, i);
        else
            compare_value(&comparison, kept[i].path, kept[i].what);
    }
    document_free(now);
    return !comparison.differences[0] ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--resume: this is not the run of '%.60s': %s; begin a new one", resume->path,
                     comparison.differences);
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
    document_get_text(resume->machine, "run_id", session->run_id, sizeof session->run_id);
    struct replay replay = {.run_id = session->run_id,
                            .schedule = schedule,
                            .results = results,
                            .error = error,
                            .fits = true};
    session->recording =
        run_directory_resume(&session->run, resume->path, replay_row, &replay, error);
    return session->recording;
}
