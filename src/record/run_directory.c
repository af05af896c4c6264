// SPDX-License-Identifier: Apache-2.0
#include "record/run_directory.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "os/os.h"

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

char *run_directory_default_name(const char *host, char text[RUN_PATH_BYTES]) {
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    char utc[UTC_TEXT_BYTES];
    char name[HOST_NAME_BYTES];
    size_t length = 0;
    for (; *host && length < sizeof name - 1; host++)
        if (strchr(kept, *host))
            name[length++] = *host;
    name[length] = '\0';
    snprintf(text, RUN_PATH_BYTES, "numaprobe-%s%s%s", name, length ? "-" : "", utc_compact(utc));
    return text;
}

// Whoever creates the first of them owns the directory.
static const char *const claimed_files[] = {"machine.json", "topology.xml"};

static void remove_claimed(const struct run_directory *run, size_t count) {
    char file[RUN_PATH_BYTES];
    for (size_t i = 0; i < count; i++)
        os_file_remove(run_directory_file(run, claimed_files[i], file));
}

static bool refuse_file(const char *file, struct error *error) {
    return error_set(
        error, ERROR_KIND_USAGE, 0,
        "'%.300s' is there already; nothing is overwritten, so choose another place or "
        "move it away",
        file);
}

// A summary comes last: one that is there already is another run's.
static bool check_no_summary(const struct run_directory *run, struct error *error) {
    char path[RUN_PATH_BYTES];
    FILE *file = os_file_open(run_directory_file(run, "summary.json", path), "rb");
    if (!file)
        return true;
    fclose(file);
    return refuse_file(path, error);
}

static bool claim_files(const struct run_directory *run, struct error *error) {
    if (!check_no_summary(run, error))
        return false;
    for (size_t i = 0; i < COUNT_OF(claimed_files); i++) {
        char file[RUN_PATH_BYTES];
        bool exists;
        if (os_file_claim(run_directory_file(run, claimed_files[i], file), &exists, error))
            continue;
        remove_claimed(run, i);
        return exists ? refuse_file(file, error) : false;
    }
    return true;
}

bool run_directory_open(struct run_directory *run, const char *path, struct error *error) {
    char file[RUN_PATH_BYTES];
    *run = (struct run_directory){.rows = NULL};
    if (!*path || strlen(path) >= RUN_PATH_BYTES - FILE_NAME_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--output '%.200s' is no name for a directory: give 1 to %d bytes", path,
                         RUN_PATH_BYTES - FILE_NAME_BYTES - 1);
    memcpy(run->path, path, strlen(path));
    bool created = os_directory_create(path, error);
    if (created && claim_files(run, error)) {
        run->rows = rows_writer_open(run_directory_file(run, "rows.csv", file), error);
        if (!run->rows)
            remove_claimed(run, COUNT_OF(claimed_files));
    }
    if (!run->rows)
        return error_set(error, error->kind, error->os_number, "--output: %s%s", error->text,
                         created ? "" : "; name a new directory below one that can be written to");
    return true;
}

bool run_directory_resume(struct run_directory *run, const char *path,
                          bool (*visit)(const struct row *row, void *context), void *context,
                          struct error *error) {
    char file[RUN_PATH_BYTES];
    *run = (struct run_directory){.rows = NULL};
    if (strlen(path) >= RUN_PATH_BYTES - FILE_NAME_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0, "--resume: the name is too long");
    memcpy(run->path, path, strlen(path));
    run->rows =
        rows_writer_resume(run_directory_file(run, "rows.csv", file), visit, context, error);
    return run->rows ||
           error_set(error, error->kind, error->os_number, "--resume: %s", error->text);
}

void run_directory_abandon(struct run_directory *run) {
    char file[RUN_PATH_BYTES];
    struct error ignored;
    run_directory_close(run, &ignored);
    os_file_remove(run_directory_file(run, "rows.csv", file));
    remove_claimed(run, COUNT_OF(claimed_files));
}

char *run_directory_file(const struct run_directory *run, const char *name,
                         char text[RUN_PATH_BYTES]) {
    CHECK(strlen(name) < FILE_NAME_BYTES - 1); // run_directory_open left that much room
    int length = snprintf(text, RUN_PATH_BYTES, "%s/%s", run->path, name);
    CHECK(length > 0 && length < RUN_PATH_BYTES);
    return text;
}

bool run_directory_close(struct run_directory *run, struct error *error) {
    struct rows_writer *rows = run->rows;
    run->rows = NULL;
    return rows_writer_close(rows, error);
}
