// SPDX-License-Identifier: Apache-2.0
#include "record/run_copy.h"

#include "os/os.h"
#include "record/run_directory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// Whoever creates rows.csv of the target owns it, so it comes first.
static const char *const files[] = {"rows.csv", "machine.json", "topology.xml", "summary.json"};

static bool copy_bytes(FILE *from, FILE *to) {
    char data[1 << 14];
    size_t length;
    while ((length = fread(data, 1, sizeof data, from)) > 0)
        if (fwrite(data, 1, length, to) != length)
            return false;
    return !ferror(from);
}

static bool copy_file(const char *from_path, const char *to_path, bool needed,
                      struct error *error) {
    bool exists;
    FILE *from = os_file_open(from_path, "rb");
    if (!from && !needed)
        return true;
    if (!from)
        return error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot open '%.300s'", from_path);
    if (!os_file_claim(to_path, &exists, error)) {
        fclose(from);
        return exists ? error_set(error, ERROR_KIND_USAGE, 0,
                                  "'%.300s' is there already; a history only grows", to_path)
                      : false;
    }
    FILE *to = os_file_open(to_path, "wb");
    bool copied = to && copy_bytes(from, to);
    copied = to && fclose(to) == 0 && copied;
    fclose(from);
    return copied ||
           error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot write '%.300s'", to_path);
}

bool run_copy(const char *run, const char *directory, const char *run_id, struct error *error) {
    char target[RUN_PATH_BYTES], from[RUN_PATH_BYTES + 16], to[RUN_PATH_BYTES + 16];
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (!*run_id || run_id[strspn(run_id, kept)])
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.200s': its run_id is no name for a directory", run);
    int length = snprintf(target, sizeof target, "%s/%s", directory, run_id);
    if (length < 0 || (size_t)length >= sizeof target || strlen(run) >= RUN_PATH_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0, "'%.200s' is too long for a path", directory);
    if (!os_directory_create(directory, error) || !os_directory_create(target, error))
        return false;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(from, sizeof from, "%s/%s", run, files[i]);
        snprintf(to, sizeof to, "%s/%s", target, files[i]);
        if (!copy_file(from, to, i == 0, error))
            return false;
    }
    return true;
}
