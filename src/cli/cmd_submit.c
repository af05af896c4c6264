// SPDX-License-Identifier: Apache-2.0
#include "cli/anonymous_run.h"
#include "cli/command.h"
#include "cli/output.h"

#include "record/run_find.h"
#include "record/ustar.h"
#include "report/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Copies of runs, each in a directory that goes away with the command.
struct submission {
    struct anonymous anonymous;
    struct submitted {
        struct os_directory draft;
        char run_id[RUN_ID_BYTES];
    } * runs;
    size_t count;
};

static bool add_run(struct submission *submission, const char *run, struct error *error) {
    struct submitted submitted = {0};
    if (!os_directory_draft(&submitted.draft, ".", error))
        return false;
    submission->runs =
        base_grow_by_one(submission->runs, submission->count, sizeof *submission->runs);
    struct submitted *added = &submission->runs[submission->count++];
    *added = submitted;
    if (!anonymous_run(run, &added->draft, &submission->anonymous, added->run_id, error))
        return false;
    for (size_t i = 0; i + 1 < submission->count; i++)
        if (strcmp(submission->runs[i].run_id, added->run_id) == 0)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "'%.200s': a run with its run_id, %.60s, is named already", run,
                             added->run_id);
    return true;
}

static bool add_runs(struct submission *submission, const struct options *options,
                     struct error *error) {
    struct run_list list = {0};
    bool fine = true;
    for (size_t i = 0; fine && i < options->operand_count; i++)
        fine = run_list_add(&list, options->operands[i], error);
    for (size_t i = 0; fine && i < list.count; i++)
        fine = add_run(submission, list.paths[i], error);
    run_list_free(&list);
    return fine;
}

// Before anything is written.
static void show_findings(const struct anonymous *anonymous, FILE *shown) {
    fprintf(shown, "Left out, or replaced:\n");
    for (size_t i = 0; i < anonymous->finding_count; i++) {
        const struct anonymous_finding *finding = &anonymous->findings[i];
        fprintf(shown, "  %-20s ", finding->what);
        put_plain(shown, finding->was);
        fprintf(shown, "%s%s\n", *finding->is ? " -> " : "", finding->is);
    }
    fprintf(shown, "Kept: what was measured and when, the run_id, the processor, memory, firmware "
                   "and kernel.\nCheck the files before you give them away: a name in an "
                   "unexpected place is not replaced.\n");
}

static bool write_archive(const struct submission *submission, FILE *archive, struct error *error) {
    for (size_t i = 0; i < submission->count; i++) {
        const struct submitted *run = &submission->runs[i];
        for (size_t file = 0; file < anonymous_file_count; file++) {
            char name[USTAR_NAME_BYTES];
            FILE *from = os_file_read_in(&run->draft, anonymous_files[file], error);
            if (!from && error->kind == ERROR_KIND_USAGE)
                continue; // the run has none
            if (!from)
                return false;
            snprintf(name, sizeof name, "%s/%s", run->run_id, anonymous_files[file]);
            bool added = ustar_add(archive, name, from, error);
            fclose(from);
            if (!added)
                return false;
        }
    }
    ustar_end(archive);
    return true;
}

static bool submit(const struct submission *submission, const struct options *options,
                   struct error *error) {
    char utc[UTC_TEXT_BYTES], name[RUN_PATH_BYTES], place[RUN_PATH_BYTES];
    struct output output;
    snprintf(name, sizeof name, "numaprobe-submit-%s.tar", utc_compact(utc));
    if (!options->output && !run_default_path(name, place, error))
        return false;
    const char *path = options->output ? options->output : place;
    FILE *shown = strcmp(path, "-") == 0 ? stderr : stdout;
    show_findings(&submission->anonymous, shown);
    if (options->dry_run)
        return true;
    if (!output_open(&output, path, error))
        return false;
    struct error ignored;
    bool fine = write_archive(submission, output.stream, error);
    bool closed = output_close(&output, fine, fine ? error : &ignored);
    if (fine && closed)
        fprintf(shown,
                "Wrote %s: %zu run%s. Nothing was sent; results/README.md says how to add "
                "%s.\n",
                path, submission->count, PLURAL(submission->count),
                submission->count == 1 ? "it" : "them");
    return fine && closed;
}

enum exit_code cmd_submit(const struct command *command, const struct options *options,
                          int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct submission submission = {0};
    struct error error, ignored;
    bool exists;
    bool fine = command_operands(command, options, 1, &error) &&
                add_runs(&submission, options, &error) && submit(&submission, options, &error);
    for (size_t i = 0; i < submission.count; i++)
        os_directory_finish(&submission.runs[i].draft, "", false, &exists, &ignored);
    free(submission.runs);
    anonymous_free(&submission.anonymous);
    return fine ? EXIT_CODE_OK : outcome_fail(&error);
}
