// SPDX-License-Identifier: Apache-2.0
#include "record/run_directory.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

// Of the host in the name of a directory (names go up to 255 bytes nearly everywhere), and of a
// file's name in the run directory.
enum { HOST_NAME_BYTES = 128, FILE_NAME_BYTES = 64 };

static char *utc_format(const char *format, char text[UTC_TEXT_BYTES]) {
    time_t now = time(NULL);
    const struct tm *utc = gmtime(&now);
    CHECK(utc && strftime(text, UTC_TEXT_BYTES, format, utc) > 0);
    return text;
}

char *utc_timestamp(char text[UTC_TEXT_BYTES]) {
    return utc_format("%Y-%m-%dT%H:%M:%SZ", text);
}

char *utc_compact(char text[UTC_TEXT_BYTES]) {
    return utc_format("%Y%m%dT%H%M%SZ", text);
}

char *run_directory_default_name(const char *kind, const char *host, unsigned number,
                                 char text[RUN_PATH_BYTES]) {
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    char utc[UTC_TEXT_BYTES];
    char name[HOST_NAME_BYTES], suffix[16] = "";
    size_t length = 0;
    for (; *host && length < sizeof name - 1; host++)
        if (strchr(kept, *host))
            name[length++] = *host;
    name[length] = '\0';
    if (number > 1)
        snprintf(suffix, sizeof suffix, "-%u", number);
    snprintf(text, RUN_PATH_BYTES, "%s-%s%s%s%s", kind, name, length ? "-" : "", utc_compact(utc),
             suffix);
    return text;
}

bool run_default_path(const char *name, char path[RUN_PATH_BYTES], struct error *error) {
    char above[RUN_PATH_BYTES / 2];
    if (!os_default_directory(above, sizeof above, error))
        return false;
    bool is_here = strcmp(above, ".") == 0;
    snprintf(path, RUN_PATH_BYTES, "%s%s%.*s", is_here ? "" : above, is_here ? "" : "/",
             RUN_PATH_BYTES / 2 - 1, name);
    return true;
}

bool run_directory_check_place(const char *path, struct error *error) {
    return !os_path_is_of_system(path) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--output %.200s: that directory belongs to the system; name one of your own",
                     path);
}

bool run_id_is_usable(const char *run_id) {
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return *run_id && *run_id != '-' && !run_id[strspn(run_id, kept)];
}

// ---- a run that begins --------------------------------------------------------------------------

static bool refuse_file(const struct run_directory *run, const char *name, struct error *error) {
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "'%.300s/%s' already exists; numaprobe overwrites nothing, so choose another "
                     "place or move it away",
                     run->path, name);
}

static bool create_file(struct run_directory *run, struct os_file *file, const char *name,
                        struct error *error) {
    bool exists;
    return os_file_create(file, &run->directory, name, NULL, &exists, error) ||
           (exists && refuse_file(run, name, error));
}

// The run that creates the first of them owns the directory. A summary comes last: one that is
// there already is another run's.
static bool create_files(struct run_directory *run, struct error *error) {
    char summary[RUN_PATH_BYTES];
    if (os_file_is_there(run_directory_file(run, "summary.json", summary)))
        return refuse_file(run, "summary.json", error);
    if (!create_file(run, &run->machine, "machine.json", error) ||
        !create_file(run, &run->topology, "topology.xml", error))
        return false;
    run->rows = rows_writer_open(&run->directory, "rows.csv", error);
    return run->rows != NULL;
}

bool run_directory_open(struct run_directory *run, const char *path, bool must_be_new,
                        struct error *error) {
    *run = (struct run_directory){.synced_ns = os_clock_ns()};
    if (!*path || strlen(path) >= RUN_PATH_BYTES - FILE_NAME_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--output '%.200s' is not a valid name of a directory: give 1 to %d bytes",
                         path, RUN_PATH_BYTES - FILE_NAME_BYTES - 1);
    memcpy(run->path, path, strlen(path));
    bool exists;
    bool opened = os_directory_open(
        &run->directory, path, must_be_new ? OS_DIRECTORY_NEW : OS_DIRECTORY_ANY, &exists, error);
    if (opened && create_files(run, error))
        return true;
    if (opened)
        run_directory_abandon(run);
    bool elsewhere = !opened && error->kind == ERROR_KIND_FAILED && !exists;
    return error_set(error, exists ? ERROR_KIND_USAGE : error->kind, error->os_number,
                     "--output: %s%s", error->text,
                     elsewhere ? "; name a new directory below one that can be written to" : "");
}

void run_directory_abandon(struct run_directory *run) {
    struct error ignored;
    rows_writer_close(run->rows, false, &ignored);
    os_file_finish(&run->machine, false, &ignored);
    os_file_finish(&run->topology, false, &ignored);
    if (run->samples.stream)
        os_file_finish(&run->samples, false, &ignored);
    os_directory_close(&run->directory);
    run->rows = NULL;
}

// ---- a run that goes on -------------------------------------------------------------------------

bool run_directory_resume(struct run_directory *run, const char *path,
                          bool (*visit)(const struct row *row, void *context), void *context,
                          struct error *error) {
    bool exists;
    *run = (struct run_directory){.synced_ns = os_clock_ns()};
    if (strlen(path) >= RUN_PATH_BYTES - FILE_NAME_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0, "--resume: the name is too long");
    memcpy(run->path, path, strlen(path));
    if (os_directory_open(&run->directory, path, OS_DIRECTORY_OLD, &exists, error))
        run->rows = rows_writer_resume(&run->directory, "rows.csv", visit, context, error);
    if (run->rows)
        return true;
    os_directory_close(&run->directory);
    return error_set(error, error->kind, error->os_number, "--resume: %s", error->text);
}

char *run_directory_file(const struct run_directory *run, const char *name,
                         char text[RUN_PATH_BYTES]) {
    CHECK(strlen(name) < FILE_NAME_BYTES - 1); // run_directory_open left that much room
    int length = snprintf(text, RUN_PATH_BYTES, "%s/%s", run->path, name);
    CHECK(length > 0 && length < RUN_PATH_BYTES);
    return text;
}

// ---- what a run appends -------------------------------------------------------------------------

// A crash of the system takes the rows of this long at most. Asking for each row would let a visit
// begin behind a disk that is still at work.
#define SYNC_EVERY_NS (5 * NS_PER_S)

static bool sync_files(struct run_directory *run, struct error *error) {
    uint64_t now_ns = os_clock_ns();
    if (now_ns - run->synced_ns < SYNC_EVERY_NS)
        return true;
    bool synced = (!run->samples.stream || os_file_sync(&run->samples, error)) &&
                  rows_writer_sync(run->rows, error);
    run->synced_ns = os_clock_ns();
    run->syncs.count++;
    run->syncs.duration_ns += run->synced_ns - now_ns;
    return synced;
}

// The samples first: a row that is there has its own, however the program ends.
bool run_directory_append(struct run_directory *run, const struct row *row,
                          const struct samples *samples, struct error *error) {
    return (!run->samples.stream || samples_file_append(&run->samples, row, samples, error)) &&
           rows_writer_append(run->rows, row, error) && sync_files(run, error);
}

bool run_directory_settle(struct run_directory *run, struct error *error) {
    struct rows_writer *rows = run->rows;
    struct error second;
    run->rows = NULL;
    bool settled = !run->samples.stream || os_file_finish(&run->samples, true, error);
    if (!rows_writer_close(rows, true, settled ? error : &second))
        settled = false;
    return settled;
}

bool run_directory_close(struct run_directory *run, struct error *error) {
    bool closed = run_directory_settle(run, error);
    os_directory_close(&run->directory);
    return closed;
}
