// SPDX-License-Identifier: Apache-2.0
#include "record/ab_file.h"

#include "record/field_table.h"

#include <math.h>

const char *const ab_side_names[AB_SIDE_COUNT] = {[AB_BASE] = "base", [AB_NEW] = "new"};

static const struct field file_fields[] = {
    VALUE(ab_file, ab_version, FIELD_U64, "of this form", FREE),
    VALUE(ab_file, version, FIELD_TEXT, "of numaprobe", FREE),
    VALUE(ab_file, created_utc, FIELD_TEXT, "when it began", FREE),
    VALUE(ab_file, working_directory, FIELD_STRING, "in which the commands were given", FREE),
    VALUE(ab_file, runs, FIELD_U64, "of each side", FREE),
    VALUE(ab_file, pause, FIELD_FLAG, "whether it stops after each run", FREE),
    VALUE(ab_file, allow_unverified, FIELD_FLAG, "as `--allow-unverified`", FREE),
    VALUE(ab_file, single, FIELD_FLAG, "as `--single`", FREE),
    VALUE(ab_file, margin, FIELD_F64, "as `--margin`, a share; `null`: not given", FREE),
    VALUE(ab_file, require, FIELD_F64, "as `--require`, a share; `null`: not given", FREE),
    LIST(ab_file, "base", commands[AB_BASE].words, commands[AB_BASE].word_count, FIELD_STRINGS,
         "the program that measures the base, and its arguments", FREE),
    LIST(ab_file, "new", commands[AB_NEW].words, commands[AB_NEW].word_count, FIELD_STRINGS,
         "the same of the new side", FREE),
};
static const struct shape file_shape = SHAPE(file_fields, ab_file);

bool ab_file_write(const struct ab_file *ab, struct os_file *file, struct error *error) {
    struct document *document = document_create();
    fields_write(document, &file_shape, ab);
    bool printed = document_print(document, file->stream);
    document_free(document);
    if (!printed)
        return error_set(error, ERROR_KIND_FAILED, 0, "cannot write all of '%.300s'", file->path);
    return os_file_sync(file, error);
}

// As --margin and --require take it (units_parse_percent).
static bool is_share_or_none(double share) {
    return isnan(share) || (share >= 0.001 && share <= 1);
}

// What makes it unusable; NULL: nothing.
static const char *fault_of(const struct ab_file *ab) {
    if (ab->ab_version != AB_VERSION)
        return "has no ab_version that this numaprobe can read (1)";
    if (!ab->runs || ab->runs > AB_RUNS_MAX)
        return "has a number of runs that is not from 1 to 1000";
    if (!is_share_or_none(ab->margin) || !is_share_or_none(ab->require))
        return "has a margin or require that is not a share from 0.001 to 1";
    for (size_t side = 0; side < AB_SIDE_COUNT; side++)
        if (!ab->commands[side].word_count || !ab->commands[side].words[0][0])
            return "has no command for one of the sides";
    return ab->working_directory ? NULL : "does not say in which directory it began";
}

bool ab_file_read(struct ab_file *ab, struct os_file *file, struct error *error) {
    *ab = (struct ab_file){0};
    struct document *document = document_read_stream(file->stream, file->path, error);
    if (!document)
        return false;
    fields_read(document, "", &file_shape, ab);
    document_free(document);
    const char *fault = fault_of(ab);
    return !fault || error_set(error, ERROR_KIND_FAILED, 0, "'%.300s' %s: it cannot be resumed",
                               file->path, fault);
}

void ab_file_free(struct ab_file *ab) {
    fields_free(&file_shape, ab);
    *ab = (struct ab_file){0};
}
