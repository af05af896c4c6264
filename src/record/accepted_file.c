// SPDX-License-Identifier: Apache-2.0
#include "record/accepted_file.h"

#include "os/os.h"
#include "record/field_table.h"

#include <stdio.h>
#include <string.h>

static const char *const file_name = "accepted.json";

static const struct field level_fields[] = {
    VALUE(accepted_level, host, FIELD_TEXT, "name of the machine", FREE),
    VALUE(accepted_level, run_id, FIELD_TEXT, "the run with which the level begins", FREE),
    VALUE(accepted_level, accepted_utc, FIELD_TEXT, "when somebody accepted it", FREE),
};
static const struct shape level_shape = SHAPE(level_fields, accepted_level);

static const struct field file_fields[] = {
    VALUE(accepted_file, accepted_version, FIELD_U64, "of this form", FREE),
    VALUE(accepted_file, version, FIELD_TEXT, "of numaprobe", FREE),
    LIST(accepted_file, "levels", levels, level_count, FIELD_OBJECTS, "in the order of time", FREE,
         OF(level_shape)),
};
static const struct shape file_shape = SHAPE(file_fields, accepted_file);

static bool read_stream(struct accepted_file *accepted, FILE *stream, const char *directory,
                        struct error *error) {
    char path[300];
    snprintf(path, sizeof path, "%.200s/%s", directory, file_name);
    struct document *document = document_read_stream(stream, path, error);
    if (!document)
        return false;
    fields_read(document, "", &file_shape, accepted);
    document_free(document);
    return accepted->accepted_version == ACCEPTED_VERSION ||
           error_set(error, ERROR_KIND_FAILED, 0,
                     "'%s' has no accepted_version %d: it is not a file of accepted levels that "
                     "this version can read",
                     path, ACCEPTED_VERSION);
}

bool accepted_read(struct accepted_file *accepted, const char *directory, struct error *error) {
    struct os_directory opened;
    bool exists;
    *accepted = (struct accepted_file){0};
    if (!os_directory_open(&opened, directory, OS_DIRECTORY_READ, &exists, error))
        return true; // a pattern, or a run: the reader of the runs says what is wrong with it
    FILE *stream = os_file_read_in(&opened, file_name, error);
    bool fine =
        stream ? read_stream(accepted, stream, directory, error) : error->kind == ERROR_KIND_USAGE;
    if (stream)
        fclose(stream);
    os_directory_close(&opened);
    return fine;
}

void accepted_free(struct accepted_file *accepted) {
    fields_free(&file_shape, accepted);
    *accepted = (struct accepted_file){0};
}

bool accepted_has(const struct accepted_file *accepted, const char *host, const char *run_id) {
    for (size_t i = 0; i < accepted->level_count; i++)
        if (strcmp(accepted->levels[i].host, host) == 0 &&
            strcmp(accepted->levels[i].run_id, run_id) == 0)
            return true;
    return false;
}

bool accepted_add(struct accepted_file *accepted, const char *directory,
                  const struct accepted_level *level, const char *version, struct error *error) {
    struct os_directory opened;
    struct os_file file;
    bool exists;
    if (accepted_has(accepted, level->host, level->run_id))
        return true;
    accepted->levels =
        base_grow_by_one(accepted->levels, accepted->level_count, sizeof *accepted->levels);
    accepted->levels[accepted->level_count++] = *level;
    accepted->accepted_version = ACCEPTED_VERSION;
    snprintf(accepted->version, sizeof accepted->version, "%s", version);
    if (!os_directory_open(&opened, directory, OS_DIRECTORY_OLD, &exists, error))
        return false;
    bool written = os_file_replace(&file, &opened, file_name, error);
    if (written) {
        struct document *document = document_create();
        fields_write(document, &file_shape, accepted);
        written = document_write(document, &file, error);
        document_free(document);
    }
    os_directory_close(&opened);
    return written;
}
