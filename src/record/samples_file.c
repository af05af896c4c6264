// SPDX-License-Identifier: Apache-2.0
#include "record/samples_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static const char name[] = "samples.csv";

void samples_add(struct samples *samples, const char *column, uint32_t number, double value) {
    if (!samples)
        return;
    samples->at = base_grow_by_one(samples->at, samples->count, sizeof *samples->at);
    samples->at[samples->count++] = (struct sample){column, number, value};
}

void samples_clear(struct samples *samples) {
    free(samples->at);
    *samples = (struct samples){0};
}

bool samples_file_open(struct os_file *file, const struct os_directory *directory, bool goes_on,
                       struct error *error) {
    bool exists;
    if (goes_on)
        return os_file_hold(file, directory, name, error) &&
               (fseek(file->stream, 0, SEEK_END) == 0 ||
                error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot write to '%.300s'",
                                file->path));
    if (!os_file_create(file, directory, name, NULL, &exists, error))
        return false;
    fprintf(file->stream, "visit,cell,column,sample,value\r\n"); // the stream keeps its error
    return true;
}

// A cell's name has no quotation mark, which CSV would have doubled.
bool samples_file_append(struct os_file *file, const struct row *row, const struct samples *samples,
                         struct error *error) {
    errno = 0;
    for (size_t i = 0; i < samples->count; i++)
        fprintf(file->stream, "%" PRIu64 ",\"%s\",%s,%" PRIu32 ",%.17g\r\n", row->visit, row->cell,
                samples->at[i].column, samples->at[i].number, samples->at[i].value);
    if (fflush(file->stream) == 0 && !ferror(file->stream))
        return true;
    return error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot write to '%.300s'", file->path);
}
