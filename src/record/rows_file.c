// SPDX-License-Identifier: Apache-2.0
#include "record/rows_file.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/limited_file.h"
#include "record/row_field.h"

static const char line_end[] = "\r\n"; // RFC 4180, on every system: files are opened as binary

// ---- writing ------------------------------------------------------------------------------------

struct rows_writer {
    struct os_file file; // held: two writers would tear each other's rows
    char *line;          // room for the longest row there can be; the header at first
    size_t line_bytes;
    size_t header_bytes;
    bool broken; // a write failed, perhaps in the middle of a row
};

static size_t longest_line_bytes(void) {
    // A text of quotation marks only doubles, and has one more at each end; then a comma.
    return column_count * (2 * ROW_TEXT_BYTES + 1) + sizeof line_end;
}

static size_t build_header(char *line) {
    size_t length = 0;
    for (size_t i = 0; i < column_count; i++) {
        size_t name_length = strlen(columns[i].name);
        CHECK(name_length < ROW_TEXT_BYTES);
        if (i)
            line[length++] = ',';
        memcpy(line + length, columns[i].name, name_length);
        length += name_length;
    }
    memcpy(line + length, line_end, strlen(line_end));
    return length + strlen(line_end);
}

// A node alone is a number as it ever was; a set of them is text.
static bool is_quoted(const struct column *column, const char *text) {
    if (column->type == COLUMN_TYPE_nodes)
        return text[strspn(text, "0123456789")] != '\0';
    return column->type != COLUMN_TYPE_u64 && column->type != COLUMN_TYPE_f64;
}

static size_t build_line(const struct row *row, char *line, size_t line_bytes) {
    char text[ROW_TEXT_BYTES];
    size_t length = 0;
    for (size_t i = 0; i < column_count; i++) {
        if (i)
            line[length++] = ',';
        row_format_field(row, &columns[i], text);
        size_t text_length = strlen(text);
        if (text_length && is_quoted(&columns[i], text)) {
            length += csv_write2(line + length, line_bytes - length, text, text_length, CSV_QUOTE);
            CHECK(length < line_bytes);
        } else {
            memcpy(line + length, text, text_length);
            length += text_length;
        }
    }
    memcpy(line + length, line_end, strlen(line_end));
    return length + strlen(line_end);
}

// The line is the header.
static struct rows_writer *take_file(const struct os_directory *directory, const char *name,
                                     struct error *error) {
    struct os_file file;
    if (!os_file_hold(&file, directory, name, error))
        return NULL;
    struct rows_writer *writer = base_allocate(1, sizeof *writer);
    writer->file = file;
    writer->line_bytes = longest_line_bytes();
    writer->line = base_allocate(writer->line_bytes, 1);
    writer->header_bytes = build_header(writer->line);
    return writer;
}

// What of ours a file has already. An interrupted start may have left a part of the header.
enum content { CONTENT_BEGINNING, CONTENT_ROWS, CONTENT_OTHER, CONTENT_UNREADABLE };

// *present says how much of the header there is. The error is filled for CONTENT_UNREADABLE.
static enum content look_at(const struct rows_writer *writer, size_t *present,
                            struct error *error) {
    size_t header_bytes = writer->header_bytes;
    char *found = base_allocate(header_bytes + 1, 1);
    FILE *file = writer->file.stream;
    errno = 0;
    *present = fread(found, 1, header_bytes + 1, file);
    int number = errno;
    bool more = *present > header_bytes;
    *present = more ? header_bytes : *present;
    bool ours = memcmp(found, writer->line, *present) == 0;
    free(found);
    if (!ferror(file))
        return !ours ? CONTENT_OTHER : more ? CONTENT_ROWS : CONTENT_BEGINNING;
    error_set_errno(error, ERROR_KIND_FAILED, number, "cannot read '%.300s'", writer->file.path);
    return CONTENT_UNREADABLE;
}

static bool write_line(struct rows_writer *writer, size_t begin, size_t length,
                       struct error *error) {
    // A row behind half a row would spoil both, so nothing follows a write that failed.
    if (writer->broken)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "no row can be added to '%.300s': an earlier write to it failed",
                         writer->file.path);
    errno = 0;
    bool written =
        fwrite(writer->line + begin, 1, length - begin, writer->file.stream) == length - begin;
    if (written && fflush(writer->file.stream) == 0)
        return true;
    writer->broken = true;
    return error_set_errno(error, ERROR_KIND_FAILED, errno,
                           "cannot write a row to '%.300s' (those before it are complete)",
                           writer->file.path);
}

// Where reading and writing meet, a stream is to be told where it is (ISO C, 7.21.5.3).
static bool go_to_end(struct rows_writer *writer, struct error *error) {
    return fseek(writer->file.stream, 0, SEEK_END) == 0 ||
           error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot write to '%.300s'",
                           writer->file.path);
}

// Gives back the writer where all went well.
static struct rows_writer *keep(struct rows_writer *writer, bool well) {
    if (well)
        return writer;
    rows_writer_close(writer, false, &(struct error){0});
    return NULL;
}

static bool begin_file(struct rows_writer *writer, size_t present, struct error *error) {
    return go_to_end(writer, error) && write_line(writer, present, writer->header_bytes, error);
}

struct rows_writer *rows_writer_open(const struct os_directory *directory, const char *name,
                                     struct error *error) {
    size_t present;
    struct rows_writer *writer = take_file(directory, name, error);
    if (!writer)
        return NULL;
    enum content content = look_at(writer, &present, error);
    if (content == CONTENT_ROWS || content == CONTENT_OTHER)
        error_set(error, ERROR_KIND_USAGE, 0,
                  "'%.300s' already exists and has more than a header; numaprobe overwrites "
                  "nothing, so choose another place or move it away",
                  writer->file.path);
    return keep(writer, content == CONTENT_BEGINNING && begin_file(writer, present, error));
}

bool rows_writer_append(struct rows_writer *writer, const struct row *row, struct error *error) {
    CHECK(row->schema_version == SCHEMA_VERSION); // or no reader would take the file
    size_t length = build_line(row, writer->line, writer->line_bytes);
    return write_line(writer, 0, length, error);
}

bool rows_writer_sync(struct rows_writer *writer, struct error *error) {
    if (writer->broken)
        return error_set(error, ERROR_KIND_FAILED, 0, "'%.300s' had an error before",
                         writer->file.path);
    writer->broken = !os_file_sync(&writer->file, error);
    return !writer->broken;
}

bool rows_writer_close(struct rows_writer *writer, bool keep, struct error *error) {
    if (!writer)
        return true;
    bool closed = os_file_finish(&writer->file, keep, error);
    free(writer->line);
    free(writer);
    return closed;
}

// ---- reading ------------------------------------------------------------------------------------

// A row of ours with all texts as long as they may be has less than 1 MB (longest_line_bytes); one
// of a later version may have more columns. Without a limit a file without line ends would take all
// memory.
#define ROW_BYTES_MAX      (16 * MIB)
#define ROW_BYTES_MAX_TEXT "16 MiB"

// So many visits of 50 ms take four weeks.
enum { LINES_MAX = 50 * 1000 * 1000 };

// The parser's room for a field grows by this. By its own 128 bytes a field of megabytes is copied
// so often that a small file keeps a reader busy for minutes.
#define FIELD_GROWTH_BYTES (256 * KIB)

enum { FIELDS_MAX = 1024, READ_BYTES = 1 << 16, EXTRACT_BYTES = 48 };

struct reader {
    const char *path;
    bool (*visit)(const struct row *row, void *context);
    void *context;
    struct error *error;
    struct csv_parser parser;
    struct row row;
    struct row_field fields[FIELDS_MAX]; // of the header
    size_t field_count;
    size_t field;  // of the row that is being read, from 0
    uint64_t line; // from 1, counted by line feeds
    uint64_t lines_max;
    char separator; // in a header, where none of ours has it; '\0': none
    bool header_read;
    bool stopped; // visit has had enough, or an error was said
    bool failed;
    bool ending; // the file is over: what comes now was cut off
    bool torn;
    bool row_ended;          // in the part that is being read
    size_t row_bytes;        // of the row that is being read
    uint64_t bytes;          // read so far
    uint64_t complete_bytes; // of these up to the end of a row
};

// The beginning of a field, safe to show on a terminal whatever the file is.
static char *printable_extract(const char *text, size_t length, char extract[EXTRACT_BYTES]) {
    size_t shown = length < EXTRACT_BYTES - 1 ? length : EXTRACT_BYTES - 1;
    for (size_t i = 0; i < shown; i++)
        extract[i] = (text[i] >= ' ' && text[i] <= '~') ? text[i] : '?';
    extract[shown] = '\0';
    return extract;
}

static void fail_line(struct reader *reader, const char *what) {
    reader->failed = reader->stopped = true;
    error_set(reader->error, ERROR_KIND_FAILED, 0, "'%.300s', line %llu: %s", reader->path,
              (unsigned long long)reader->line, what);
}

// What other programs do to numbers when they save a file, by a character that ours do not write.
static const char *likely_cause(const struct column *column, const char *extract) {
    static const struct {
        char mark;
        const char *cause;
    } causes[] = {
        {',', " (a decimal comma: was the file saved by a spreadsheet?)"                },
        {'E', " (rounded: was the file saved by a spreadsheet?)"                        },
        {'e', " (rounded: was the file saved by pandas, or another that keeps doubles?)"},
    };
    bool is_number = column->type == COLUMN_TYPE_u64 || column->type == COLUMN_TYPE_f64;
    for (size_t i = 0; is_number && i < COUNT_OF(causes); i++)
        if (extract[0] >= '0' && extract[0] <= '9' && strchr(extract, causes[i].mark))
            return causes[i].cause;
    return "";
}

static void fail_value(struct reader *reader, const struct column *column, const char *text,
                       size_t length, const char *phrase) {
    char extract[EXTRACT_BYTES];
    char what[EXTRACT_BYTES + 256];
    printable_extract(text, length, extract);
    snprintf(what, sizeof what, "column %s: '%s' is not %s%s", column->name, extract, phrase,
             likely_cause(column, extract));
    fail_line(reader, what);
}

static void read_name(struct reader *reader, const char *name, size_t length) {
    char extract[EXTRACT_BYTES];
    char what[EXTRACT_BYTES + 64];
    if (reader->field_count == FIELDS_MAX) {
        fail_line(reader, "too many columns for a rows.csv of numaprobe");
        return;
    }
    const struct column *found = NULL;
    for (size_t i = 0; i < column_count && !found; i++)
        if (strlen(columns[i].name) == length && memcmp(columns[i].name, name, length) == 0)
            found = &columns[i];
    for (size_t i = 0; found && i < reader->field_count; i++)
        if (reader->fields[i].column == found) {
            snprintf(what, sizeof what, "column %s appears twice",
                     printable_extract(name, length, extract));
            fail_line(reader, what);
        }
    reader->fields[reader->field_count++] = row_field_of(found);
}

// Asked as soon as it is read: in a file of another version the next fields may mean anything.
static void check_schema(struct reader *reader) {
    char what[160];
    uint64_t version = reader->row.schema_version;
    if (version == SCHEMA_VERSION)
        return;
    if (version == NONE_U64)
        snprintf(what, sizeof what, "schema_version is missing; this program reads version %d",
                 SCHEMA_VERSION);
    else
        snprintf(what, sizeof what,
                 "schema_version is %llu, but this program reads version %d; use the program that "
                 "wrote the file",
                 (unsigned long long)version, SCHEMA_VERSION);
    fail_line(reader, what);
}

// A header of one field has other separators than commas.
static void note_separator(struct reader *reader, const char *name, size_t length) {
    for (size_t i = 0; i < length && !reader->separator; i++)
        if (name[i] == ';' || name[i] == '\t')
            reader->separator = name[i];
}

static void on_field(void *text, size_t length, void *context) {
    struct reader *reader = context;
    if (reader->stopped || reader->ending)
        return;
    if (!reader->header_read) {
        note_separator(reader, text, length);
        read_name(reader, text, length);
        return;
    }
    size_t number = reader->field++;
    if (number >= reader->field_count)
        return; // on_row counts
    struct row_field *field = &reader->fields[number];
    if (!field->column)
        return;
    const char *wrong = row_field_read(field, &reader->row, text, length);
    if (wrong)
        fail_value(reader, field->column, text, length, wrong);
    else if (field->column->offset == offsetof(struct row, schema_version))
        check_schema(reader);
}

static void end_header(struct reader *reader) {
    reader->header_read = true;
    for (size_t i = 0; i < reader->field_count; i++) {
        const struct column *column = reader->fields[i].column;
        if (column && column->offset == offsetof(struct row, schema_version))
            return;
    }
    if (reader->separator)
        fail_line(reader, reader->separator == ';'
                              ? "its columns are separated by semicolons: was it saved by a "
                                "spreadsheet? Save it with commas, and with points in numbers"
                              : "its columns are separated by tabs: save it with commas");
    else
        fail_line(reader, "it has no column schema_version, so it is not a rows.csv of numaprobe");
}

static void end_row(struct reader *reader) {
    char what[96];
    if (reader->field != reader->field_count) {
        snprintf(what, sizeof what, "%zu fields where the header has %zu", reader->field,
                 reader->field_count);
        fail_line(reader, what);
    } else if (!reader->visit(&reader->row, reader->context)) {
        reader->stopped = true;
    }
    reader->field = 0;
}

// libcsv calls this with the character that ended the row, or -1 from csv_fini.
static void on_row(int terminator, void *context) {
    (void)terminator;
    struct reader *reader = context;
    reader->row_ended = true;
    if (reader->ending)
        reader->torn = true;
    else if (reader->stopped)
        return;
    else if (reader->header_read)
        end_row(reader);
    else
        end_header(reader);
}

// One line at a time, so that the callbacks know on which line they are.
static void feed(struct reader *reader, const char *data, size_t length) {
    while (length && !reader->stopped) {
        const char *newline = memchr(data, '\n', length);
        size_t part = newline ? (size_t)(newline - data) + 1 : length;
        if (csv_parse(&reader->parser, data, part, on_field, on_row, reader) != part &&
            !reader->stopped)
            fail_line(reader, csv_error(&reader->parser) == CSV_EPARSE
                                  ? "a quotation mark at a wrong place"
                                  : csv_strerror(csv_error(&reader->parser)));
        if (newline && reader->line > reader->lines_max)
            fail_line(reader, "more lines than any run has rows");
        if (newline)
            reader->line++;
        reader->bytes += part;
        reader->row_bytes = reader->row_ended ? 0 : reader->row_bytes + part;
        if (reader->row_bytes > ROW_BYTES_MAX)
            fail_line(reader, "a row of more than " ROW_BYTES_MAX_TEXT
                              ", far longer than numaprobe writes");
        if (reader->row_ended)
            reader->complete_bytes = reader->bytes;
        reader->row_ended = false;
        data += part;
        length -= part;
    }
}

// The byte order mark that Notepad, Excel and PowerShell write says nothing in UTF-8, and that the
// file is something else in UTF-16. Returns how many bytes of the beginning are no row.
static size_t check_mark(struct reader *reader, const char *data, size_t length) {
    bool utf16 = length >= 2 && (memcmp(data, "\xFF\xFE", 2) == 0 ||
                                 memcmp(data, "\xFE\xFF", 2) == 0 || !data[0] != !data[1]);
    if (utf16)
        fail_line(reader, "it is UTF-16, not UTF-8: was it saved by PowerShell? Save it as UTF-8 "
                          "(Set-Content -Encoding utf8)");
    return length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

// False at the end of the file, and where nothing more is to be read.
static bool read_part(struct reader *reader, struct limited_file *file, char *data) {
    size_t length;
    if (!limited_file_read(file, data, READ_BYTES, &length, reader->error)) {
        reader->failed = reader->stopped = true;
        return false;
    }
    size_t mark = reader->bytes ? 0 : check_mark(reader, data, length);
    reader->bytes += mark;
    feed(reader, data + mark, length - mark);
    return length && !reader->stopped;
}

static void read_all(struct reader *reader, FILE *stream) {
    struct limited_file file = limited_file_begin(stream, reader->path, NONE_U64);
    char *data = base_allocate(READ_BYTES, 1);
    while (read_part(reader, &file, data))
        continue;
    free(data);
    if (reader->stopped)
        return;
    reader->ending = true;
    csv_fini(&reader->parser, on_field, on_row, reader);
    if (!reader->header_read)
        fail_line(reader, "it has no complete header: it is not a rows.csv of numaprobe, or the "
                          "run was stopped at its start");
}

static bool read_file(FILE *file, const char *path, uint64_t lines_max,
                      bool (*visit)(const struct row *row, void *context), void *context,
                      bool *torn, uint64_t *complete_bytes, struct error *error) {
    struct reader *reader = base_allocate(1, sizeof *reader);
    reader->path = path;
    reader->visit = visit;
    reader->context = context;
    reader->error = error;
    reader->line = 1;
    reader->lines_max = lines_max;
    row_clear(&reader->row);
    csv_init(&reader->parser, CSV_STRICT | CSV_APPEND_NULL);
    csv_set_blk_size(&reader->parser, FIELD_GROWTH_BYTES);
    read_all(reader, file);
    bool read = !reader->failed;
    *torn = read && reader->torn;
    *complete_bytes = reader->complete_bytes;
    csv_free(&reader->parser);
    free(reader);
    return read;
}

bool rows_read_lines(const char *path, uint64_t lines_max,
                     bool (*visit)(const struct row *row, void *context), void *context, bool *torn,
                     struct error *error) {
    bool is_torn;
    uint64_t complete_bytes;
    FILE *file = os_file_read(path, error);
    if (!file)
        return false;
    bool read = read_file(file, path, lines_max, visit, context, &is_torn, &complete_bytes, error);
    fclose(file);
    if (torn)
        *torn = is_torn;
    return read;
}

bool rows_read(const char *path, bool (*visit)(const struct row *row, void *context), void *context,
               bool *torn, struct error *error) {
    return rows_read_lines(path, LINES_MAX, visit, context, torn, error);
}

// ---- going on -----------------------------------------------------------------------------------

struct counted_visit {
    bool (*visit)(const struct row *row, void *context);
    void *context;
    bool stopped;
};

static bool visit_counted(const struct row *row, void *context) {
    struct counted_visit *counted = context;
    counted->stopped = !counted->visit(row, counted->context);
    return !counted->stopped;
}

// Reads the rows, and takes away the half row behind them.
static bool cut_behind_rows(struct rows_writer *writer, struct counted_visit *counted,
                            struct error *error) {
    bool torn;
    uint64_t complete_bytes;
    rewind(writer->file.stream);
    if (!read_file(writer->file.stream, writer->file.path, LINES_MAX, visit_counted, counted, &torn,
                   &complete_bytes, error) ||
        counted->stopped)
        return false;
    return os_file_cut(&writer->file, complete_bytes, error);
}

// Of the last line end the first byte may be there alone, and the row before it is complete.
static bool complete_line_end(struct rows_writer *writer, struct error *error) {
    FILE *file = writer->file.stream;
    bool half = fseek(file, -1, SEEK_END) == 0 && fgetc(file) == line_end[0];
    writer->line[0] = line_end[1];
    return go_to_end(writer, error) && (!half || write_line(writer, 0, 1, error));
}

struct rows_writer *rows_writer_resume(const struct os_directory *directory, const char *name,
                                       bool (*visit)(const struct row *row, void *context),
                                       void *context, struct error *error) {
    size_t present;
    struct counted_visit counted = {visit, context, false};
    struct rows_writer *writer = take_file(directory, name, error);
    if (!writer)
        return NULL;
    enum content content = look_at(writer, &present, error);
    if (content == CONTENT_BEGINNING)
        return keep(writer, begin_file(writer, present, error));
    if (content == CONTENT_OTHER)
        error_set(error, ERROR_KIND_USAGE, 0,
                  "'%.300s' does not have the columns that this program writes", writer->file.path);
    return keep(writer, content == CONTENT_ROWS && cut_behind_rows(writer, &counted, error) &&
                            complete_line_end(writer, error));
}
