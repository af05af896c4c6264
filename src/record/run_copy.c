// SPDX-License-Identifier: Apache-2.0
#include "record/run_copy.h"

#include "os/limited_file.h"
#include "record/run_directory.h"

#include <errno.h>
#include <stdio.h>

static const struct {
    const char *name;
    bool needed;
} files[] = {
    {"rows.csv",     true },
    {"machine.json", false},
    {"topology.xml", false},
    {"summary.json", false},
};

static bool copy_bytes(struct limited_file *from, const struct os_file *to, struct error *error) {
    char data[1 << 14];
    size_t length;
    while (limited_file_read(from, data, sizeof data, &length, error)) {
        if (!length)
            return true;
        if (fwrite(data, 1, length, to->stream) != length)
            return error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot copy to '%.300s'",
                                   to->path);
    }
    return false;
}

// What is copied is the file of that name in that directory, and no other that a link leads to: the
// run may be a stranger's, and the history is read by many. The copy is for no more readers either.
static bool copy_file(const struct os_directory *from, const struct os_directory *to, size_t index,
                      struct error *error) {
    struct error ignored;
    struct os_file copy;
    bool exists;
    FILE *source = os_file_read_in(from, files[index].name, error);
    if (!source)
        return error->kind == ERROR_KIND_USAGE && !files[index].needed;
    bool copied = os_file_create(&copy, to, files[index].name, source, &exists, error);
    if (copied) {
        struct limited_file limited = limited_file_begin(source, files[index].name, NONE_U64);
        bool read = copy_bytes(&limited, &copy, error);
        copied = os_file_finish(&copy, read, read ? error : &ignored) && read;
    }
    fclose(source);
    return copied;
}

// Under a name that is nobody's until all of it is there: half a run would be read as a whole one.
static bool copy_files(const struct os_directory *from, const char *directory, const char *run_id,
                       struct error *error) {
    struct os_directory draft;
    struct error ignored;
    bool copied = os_directory_draft(&draft, directory, error), exists;
    if (!copied)
        return false;
    for (size_t i = 0; copied && i < COUNT_OF(files); i++)
        copied = copy_file(from, &draft, i, error);
    bool finished =
        os_directory_finish(&draft, run_id, copied, &exists, copied ? error : &ignored) && copied;
    if (exists)
        error_set(error, ERROR_KIND_USAGE, 0,
                  "'%.200s/%s' already exists; a history overwrites nothing", directory, run_id);
    return finished;
}

bool run_copy(const char *run, const char *directory, const char *run_id, struct error *error) {
    struct os_directory from;
    bool exists;
    if (!run_id_is_usable(run_id))
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.200s': its run_id is not a valid name of a directory", run);
    if (!os_directory_open(&from, run, OS_DIRECTORY_READ, &exists, error))
        return false;
    bool copied = copy_files(&from, directory, run_id, error);
    os_directory_close(&from);
    return copied;
}
