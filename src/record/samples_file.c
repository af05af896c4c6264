// SPDX-License-Identifier: Apache-2.0
#include "record/samples_file.h"

#include "os/limited_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "samples.csv";
static const char header[] = "visit,cell,column,sample,value\r\n";

enum { HEADER_BYTES = sizeof header - 1, READ_BYTES = 1 << 16 };

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

bool samples_file_create(struct os_file *file, const struct os_directory *directory,
                         struct error *error) {
    bool exists;
    if (os_file_create(file, directory, name, NULL, &exists, error)) {
        fputs(header, file->stream); // the stream keeps its error
        return true;
    }
    if (exists)
        error->kind = ERROR_KIND_USAGE;
    return false;
}

// ---- going on -----------------------------------------------------------------------------------

struct scan {
    uint64_t bytes;
    uint64_t kept_bytes; // up to the end of the last line that stays
    uint64_t visit;      // of the line that is being read, as far as it is read
    bool in_visit;
    bool ended; // a line that does not stay was read: nor does what follows
};

static void scan_part(struct scan *scan, uint64_t visits, const char *data, size_t length) {
    for (size_t i = 0; i < length && !scan->ended; i++) {
        scan->bytes++;
        if (data[i] == '\n') {
            scan->ended = scan->visit > visits;
            scan->kept_bytes = scan->ended ? scan->kept_bytes : scan->bytes;
            scan->visit = 0;
            scan->in_visit = true;
        } else if (scan->in_visit && data[i] >= '0' && data[i] <= '9' && scan->visit <= visits) {
            scan->visit = 10 * scan->visit + (uint64_t)(data[i] - '0');
        } else {
            scan->in_visit = false;
        }
    }
}

// How many bytes of the file stay; 0 where it has to be begun.
static bool find_end(struct os_file *file, uint64_t visits, uint64_t *bytes, struct error *error) {
    struct limited_file limited = limited_file_begin(file->stream, file->path, NONE_U64);
    struct scan scan = {0};
    char *data = base_allocate(READ_BYTES, 1);
    size_t length, compared;
    bool read, fine = true;
    while ((read = limited_file_read(&limited, data, READ_BYTES, &length, error)) && length &&
           fine && !scan.ended) {
        compared = scan.bytes < HEADER_BYTES ? HEADER_BYTES - (size_t)scan.bytes : 0;
        compared = length < compared ? length : compared;
        fine = memcmp(data, header + scan.bytes % HEADER_BYTES, compared) == 0;
        scan_part(&scan, visits, data, length);
    }
    free(data);
    *bytes = scan.kept_bytes;
    return read && (fine || error_set(error, ERROR_KIND_USAGE, 0,
                                      "'%.300s' does not have the columns that this program writes",
                                      file->path));
}

bool samples_file_resume(struct os_file *file, const struct os_directory *directory,
                         uint64_t visits, struct error *error) {
    uint64_t bytes;
    if (!os_file_hold(file, directory, name, error))
        return false;
    if (!find_end(file, visits, &bytes, error) || !os_file_cut(file, bytes, error))
        return false;
    if (fseek(file->stream, 0, SEEK_END) != 0)
        return error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot write to '%.300s'",
                               file->path);
    if (!bytes)
        fputs(header, file->stream);
    return true;
}

// ---- a visit ------------------------------------------------------------------------------------

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
