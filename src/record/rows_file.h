// SPDX-License-Identifier: Apache-2.0
// rows.csv: RFC 4180 through libcsv, header first, one write and one flush per row.
#ifndef NUMAPROBE_RECORD_ROWS_FILE_H
#define NUMAPROBE_RECORD_ROWS_FILE_H

#include "base/error.h"
#include "record/row.h"

struct os_directory;
struct rows_writer; // an open rows.csv

// Creates the file and writes the header. Refuses (ERROR_KIND_USAGE) a file that exists and holds
// anything beyond a header: nothing measured is ever overwritten. Refuses likewise a file that
// another process has open as a writer; one that was killed has it no more. NULL on error.
struct rows_writer *rows_writer_open(const struct os_directory *directory, const char *name,
                                     struct error *error);

// Goes on with the file of a run that was stopped: calls visit for each complete row, cuts off what
// is behind the last of them (a row that was being written), and appends from there. A file that is
// missing or has only a header is begun. NULL on error, or when visit returned false, which then
// has filled the error. Refuses a file with other columns than today's, or that has a writer.
struct rows_writer *rows_writer_resume(const struct os_directory *directory, const char *name,
                                       bool (*visit)(const struct row *row, void *context),
                                       void *context, struct error *error);

// Appends one row and flushes it to the system, so that a killed program loses only the row that it
// was measuring. On error (disk full) the finished rows stay readable.
bool rows_writer_append(struct rows_writer *writer, const struct row *row, struct error *error);

// Waits until the rows are on the disk, or says why they are not; none can be appended then.
bool rows_writer_sync(struct rows_writer *writer, struct error *error);

// With `keep` the rows are on the disk then, or it says why not; without, a file that it has made
// is taken away. The writer is gone either way. NULL is allowed.
bool rows_writer_close(struct rows_writer *writer, bool keep, struct error *error);

// Reads a file: calls visit for each complete row until it returns false. Columns are found by the
// names in the header, so a file of a later version with more columns can be read; a column that is
// missing is absent. `torn`, when not NULL, says whether the file ends in the middle of a row (the
// program was killed while it wrote), which is no error. Errors: cannot be read, no header, a field
// that is not of its column's type (the sentence names line and column), schema_version unknown,
// a line that is longer than any row, more lines or fields than a run has, too slow (os/
// limited_file.h).
bool rows_read(const char *path, bool (*visit)(const struct row *row, void *context), void *context,
               bool *torn, struct error *error);

// ---- for tests ----------------------------------------------------------------------------------

// The same with another limit of lines.
bool rows_read_lines(const char *path, uint64_t lines_max,
                     bool (*visit)(const struct row *row, void *context), void *context, bool *torn,
                     struct error *error);

#endif
