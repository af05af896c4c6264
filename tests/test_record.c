// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "file_limit.h"
#include "os/os.h"
#include "record/document.h"
#include "record/run_directory.h"

// ---- files and rows -----------------------------------------------------------------------------

enum { PATH_BYTES = 512, ROWS_KEPT = 8 };

// A name in the directory that is given for tests, with nothing there yet.
static char *scratch_path(const char *name, char path[PATH_BYTES]) {
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    snprintf(path, PATH_BYTES, "%s/test_record_%s", directory ? directory : ".", name);
    remove(path);
    return path;
}

static void write_bytes(const char *path, const char *mode, const void *data, size_t length) {
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

// The whole file with a zero behind it; the caller frees it.
static char *read_bytes(const char *path, size_t *length) {
    enum { FILE_BYTES_MAX = 1 << 20 };
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = base_allocate(FILE_BYTES_MAX + 1, 1);
    *length = fread(data, 1, FILE_BYTES_MAX, file);
    fclose(file);
    return data;
}

static size_t file_length(const char *path) {
    size_t length;
    free(read_bytes(path, &length));
    return length;
}

struct rows_seen {
    size_t count;
    size_t stop_after; // 0: never
    struct row rows[ROWS_KEPT];
};

static bool see_row(const struct row *row, void *context) {
    struct rows_seen *seen = context;
    assert_int_equal(row->schema_version, SCHEMA_VERSION);
    if (seen->count < ROWS_KEPT)
        seen->rows[seen->count] = *row;
    seen->count++;
    return seen->count != seen->stop_after;
}

static struct rows_seen *read_good(const char *path, bool *torn) {
    struct error error = {0};
    struct rows_seen *seen = base_allocate(1, sizeof *seen);
    if (!rows_read(path, see_row, seen, torn, &error))
        fail_msg("%s", error.text);
    return seen;
}

// Reads a file that must be refused; the sentence must have these words in it.
static void read_bad(const char *path, const char *const *words, size_t word_count) {
    struct error error = {0};
    struct rows_seen *seen = base_allocate(1, sizeof *seen);
    assert_false(rows_read(path, see_row, seen, NULL, &error));
    assert_int_not_equal(error.kind, ERROR_KIND_NONE);
    for (size_t i = 0; i < word_count; i++)
        if (!strstr(error.text, words[i]))
            fail_msg("no '%s' in: %s", words[i], error.text);
    free(seen);
}

static void read_bad_text(const char *path, const char *text, const char *first,
                          const char *second) {
    write_bytes(path, "wb", text, strlen(text));
    read_bad(path, (const char *const[]){first, second}, 2);
}

// The directory of a path, in which files are made, and the name of the file there.
static const char *open_directory_of(const char *path, struct os_directory *directory,
                                     struct error *error) {
    char above[PATH_BYTES];
    bool exists;
    const char *slash = strrchr(path, '/');
    assert_non_null(slash);
    snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
    return os_directory_open(directory, above, OS_DIRECTORY_OLD, &exists, error) ? slash + 1 : NULL;
}

static struct rows_writer *open_rows(const char *path, struct error *error) {
    struct os_directory directory;
    const char *name = open_directory_of(path, &directory, error);
    if (!name)
        return NULL;
    struct rows_writer *writer = rows_writer_open(&directory, name, error);
    os_directory_close(&directory);
    return writer;
}

static struct rows_writer *resume_rows(const char *path,
                                       bool (*visit)(const struct row *row, void *context),
                                       void *context, struct error *error) {
    struct os_directory directory;
    const char *name = open_directory_of(path, &directory, error);
    assert_non_null(name);
    struct rows_writer *writer = rows_writer_resume(&directory, name, visit, context, error);
    os_directory_close(&directory);
    return writer;
}

static bool write_document(const struct document *document, const char *path, struct error *error) {
    struct os_file file;
    return os_file_output(&file, path, error) && document_write(document, &file, error);
}

static void write_rows(const char *path, const struct row *rows, size_t count) {
    struct error error = {0};
    struct rows_writer *writer = open_rows(path, &error);
    if (!writer)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < count; i++)
        assert_true(rows_writer_append(writer, &rows[i], &error));
    assert_true(rows_writer_close(writer, true, &error));
}

static void *field_of(struct row *row, const struct column *column) {
    return (char *)row + column->offset;
}

// Every field its own value; `salt` makes rows differ.
static void fill_row(struct row *row, size_t salt) {
    static const char *const texts[] = {
        "plain %zu",    "say \"%zu\"",      "\"%zu",
        "%zu,2-3",      "two\r\nlines %zu", "one\nmore %zu\n",
        "%zu \r alone", " %zu spaced\t",    "\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x90\xA7 %zu",
        ",%zu\"\""};
    static const double numbers[] = {
        DBL_MAX,   DBL_MIN,     5e-324, -0.0,      0.1,       1.0 / 3, 1e22, 123456789.12345679,
        -2.5e-300, DBL_EPSILON, 94.7,   100e9 / 3, 1e15 + 0.3};
    row_clear(row);
    for (size_t i = 0; i < column_count; i++) {
        void *field = field_of(row, &columns[i]);
        size_t number = i + salt * 1000;
        char text[ROW_TEXT_BYTES];
        uint64_t whole = (UINT64_C(1) << number % 64) + number;
        if (columns[i].type == COLUMN_TYPE_word) {
            unsigned word = (unsigned)(number % columns[i].words->count);
            memcpy(field, &word, sizeof word);
        } else if (columns[i].type == COLUMN_TYPE_name || columns[i].type == COLUMN_TYPE_text) {
            const char *form = texts[i % COUNT_OF(texts)];
            const char *place = strstr(form, "%zu");
            snprintf(text, sizeof text, "%.*s%zu%s", (int)(place - form), form, number, place + 3);
            snprintf(field, columns[i].bytes, "%s", text);
        } else if (columns[i].type == COLUMN_TYPE_nodes) {
            static const char *const sets[] = {"0", "18", "0+2", "0:3+2:1", "0:3+2:1@weighted"};
            struct error error;
            assert_true(node_set_parse(field, sets[(i + salt) % COUNT_OF(sets)], &error));
        } else if (columns[i].type == COLUMN_TYPE_u64) {
            memcpy(field, &whole, sizeof whole);
        } else {
            memcpy(field, &numbers[(i + salt) % COUNT_OF(numbers)], sizeof(double));
        }
    }
    row->schema_version = SCHEMA_VERSION;
    row->threads = 0;
    row->seed = NONE_U64 - 1;
    // These are read with their meaning: a time, and values above 0.
    snprintf(row->timestamp_utc, sizeof row->timestamp_utc, "2026-01-%02zuT08:00:00Z",
             1 + salt % 28);
    row->latency_ns = fabs(row->latency_ns) + 1;
    row->bandwidth_bytes_per_s = fabs(row->bandwidth_bytes_per_s) + 1;
}

// Bit by bit, except that any NaN is absent.
static void assert_rows_equal(struct row *left, struct row *right) {
    for (size_t i = 0; i < column_count; i++) {
        void *a = field_of(left, &columns[i]);
        void *b = field_of(right, &columns[i]);
        bool equal = false;
        if (columns[i].type == COLUMN_TYPE_word)
            equal = memcmp(a, b, sizeof(unsigned)) == 0;
        else if (columns[i].type == COLUMN_TYPE_name || columns[i].type == COLUMN_TYPE_text)
            equal = strcmp(a, b) == 0;
        else if (columns[i].type == COLUMN_TYPE_nodes)
            equal = node_set_same(a, b);
        else if (columns[i].type == COLUMN_TYPE_u64)
            equal = memcmp(a, b, sizeof(uint64_t)) == 0;
        else
            equal =
                memcmp(a, b, sizeof(double)) == 0 || (isnan(*(double *)a) && isnan(*(double *)b));
        if (!equal)
            fail_msg("column %s differs", columns[i].name);
    }
}

static void minimal_row(struct row *row) {
    row_clear(row);
    row->schema_version = SCHEMA_VERSION;
}

// ---- row ----------------------------------------------------------------------------------------

static void the_columns_are_in_the_order_of_the_row_and_in_their_groups(void **state) {
    (void)state;
    assert_string_equal(columns[0].name, "schema_version");
    assert_string_equal(columns[0].group, "What was asked");
    assert_string_equal(columns[column_count - 1].name, "reason");
    assert_string_equal(columns[column_count - 1].group, "Verdict");
    for (size_t i = 0; i < column_count; i++) {
        if (strcmp(columns[i].name, "latency_ns") == 0) {
            assert_string_equal(columns[i - 1].group, "What was asked");
            assert_string_equal(columns[i].group, "What was found");
            assert_int_equal(columns[i].type, COLUMN_TYPE_f64);
            assert_int_equal(columns[i].offset, offsetof(struct row, latency_ns));
        }
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(columns[k].name, columns[i].name);
            assert_true(columns[k].offset < columns[i].offset);
        }
    }
}

static void a_cleared_row_has_no_field(void **state) {
    (void)state;
    struct row row;
    char text[ROW_TEXT_BYTES];
    memset(&row, 0x5A, sizeof row);
    row_clear(&row);
    assert_int_equal(row.threads, NONE_U64);
    assert_true(isnan(row.latency_ns));
    for (size_t i = 0; i < column_count; i++) {
        row_format_field(&row, &columns[i], text);
        assert_string_equal(text, "");
    }
}

static const char *formatted(double number, char text[ROW_TEXT_BYTES]) {
    struct row row;
    row_clear(&row);
    row.latency_ns = number;
    for (size_t i = 0; i < column_count; i++)
        if (strcmp(columns[i].name, "latency_ns") == 0)
            row_format_field(&row, &columns[i], text);
    return text;
}

static void a_number_has_as_many_digits_as_it_needs(void **state) {
    (void)state;
    char text[ROW_TEXT_BYTES];
    assert_string_equal(formatted(0.1, text), "0.1");
    assert_string_equal(formatted(94.7, text), "94.7");
    assert_string_equal(formatted(0.1 + 0.2, text), "0.30000000000000004");
    assert_string_equal(formatted(1e22, text), "1e+22");
    assert_string_equal(formatted(123456789012.0, text), "123456789012");
    assert_string_equal(formatted(-0.0, text), "-0");
}

static void a_long_text_is_cut_between_characters(void **state) {
    (void)state;
    char text[ROW_TEXT_BYTES + 8];
    char field[ROW_TEXT_BYTES];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    row_set_text(field, text);
    assert_int_equal(strlen(field), ROW_TEXT_BYTES - 1);
    memcpy(text + ROW_TEXT_BYTES - 3, "\xE6\xBC\xA2", 3); // its last byte has no room
    row_set_text(field, text);
    assert_int_equal(strlen(field), ROW_TEXT_BYTES - 3);
    memset(text, 'x', sizeof text - 1);
    memcpy(text + ROW_TEXT_BYTES - 4, "\xE6\xBC\xA2", 3); // just fits
    row_set_text(field, text);
    assert_int_equal(strlen(field), ROW_TEXT_BYTES - 1);
    row_set_text(field, NULL);
    assert_string_equal(field, "");
}

// ---- rows.csv -----------------------------------------------------------------------------------

static void what_is_written_is_read_back_in_every_column(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct row *rows = base_allocate(ROWS_KEPT, sizeof *rows);
    bool torn = true;
    for (size_t i = 0; i < ROWS_KEPT; i++)
        fill_row(&rows[i], i);
    memset(rows[0].reason, '"', ROW_TEXT_BYTES - 1); // the longest there can be
    for (size_t i = 0; i < column_count; i++)
        if (columns[i].type == COLUMN_TYPE_text)
            memset(field_of(&rows[1], &columns[i]), '"', ROW_TEXT_BYTES - 1);
    write_rows(scratch_path("all.csv", path), rows, ROWS_KEPT);
    struct rows_seen *seen = read_good(path, &torn);
    assert_int_equal(seen->count, ROWS_KEPT);
    assert_false(torn);
    for (size_t i = 0; i < ROWS_KEPT; i++)
        assert_rows_equal(&rows[i], &seen->rows[i]);
    remove(path);
    free(seen);
    free(rows);
}

static void what_is_absent_stays_absent(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct row rows[2];
    fill_row(&rows[0], 0); // so that a field of it could be left over
    minimal_row(&rows[1]);
    write_rows(scratch_path("absent.csv", path), rows, 2);
    struct rows_seen *seen = read_good(path, NULL);
    assert_int_equal(seen->count, 2);
    assert_rows_equal(&rows[1], &seen->rows[1]);
    remove(path);
    free(seen);
}

static void the_header_is_the_names_of_the_columns(void **state) {
    (void)state;
    char path[PATH_BYTES];
    size_t length;
    write_rows(scratch_path("header.csv", path), NULL, 0);
    char *data = read_bytes(path, &length);
    char *at = data;
    for (size_t i = 0; i < column_count; i++) {
        size_t name_length = strlen(columns[i].name);
        assert_memory_equal(at, columns[i].name, name_length);
        at += name_length;
        if (i + 1 < column_count)
            assert_int_equal(*at++, ',');
    }
    assert_string_equal(at, "\r\n");
    assert_int_equal((size_t)(at - data) + 2, length);
    remove(path);
    free(data);
}

static void assert_begins(const char *text, const char *expected) {
    if (strncmp(text, expected, strlen(expected)) != 0)
        fail_msg("%s does not begin with %s", text, expected);
}

static void assert_has(const char *text, const char *expected) {
    if (!strstr(text, expected))
        fail_msg("%s is not in %s", expected, text);
}

// The fields that stay absent are commas only, so the parts with something in them are compared.
static void a_small_row_is_this_text(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct row row;
    size_t length;
    minimal_row(&row);
    row_set_name(row.host, "a \"b\" c");
    row.test = TEST_LATENCY;
    row.cpu_node = 0;
    row.mem_node = node_set_of(18);
    row_set_text(row.cpus, "0-3,8");
    row.samples = NONE_U64 - 1;
    row.latency_ns = 94.7;
    row.latency_min_ns = 1e-7;
    row.status = STATUS_OK;
    write_rows(scratch_path("small.csv", path), &row, 1);
    char *data = read_bytes(path, &length);
    const char *line = strchr(data, '\n') + 1;
    assert_begins(line, "1,,\"a \"\"b\"\" c\",,\"latency\",,,,,0,18,\"0-3,8\",,");
    assert_has(line, ",18446744073709551614,");
    assert_has(line, ",94.7,1e-07,,");
    assert_string_equal(data + length - 8, ",\"ok\",\r\n");
    size_t commas = 0;
    for (const char *at = line; *at; at++)
        commas += *at == ',';
    assert_int_equal(commas, column_count - 1 + 1); // and the one in "0-3,8"
    remove(path);
    free(data);
}

static void a_node_is_a_number_and_a_set_is_text(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"18",      ",0,18,"         },
        {"0:3+2:1", ",0,\"0:3+2:1\","}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char path[PATH_BYTES];
        struct row row;
        struct error error;
        size_t length;
        minimal_row(&row);
        row.cpu_node = 0;
        assert_true(node_set_parse(&row.mem_node, cases[i][0], &error));
        write_rows(scratch_path("set.csv", path), &row, 1);
        char *data = read_bytes(path, &length);
        assert_has(strchr(data, '\n') + 1, cases[i][1]);
        remove(path);
        free(data);
    }
}

static void a_file_with_rows_is_never_opened_again(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct row row;
    struct error error = {0};
    size_t before_length, after_length;
    minimal_row(&row);
    write_rows(scratch_path("twice.csv", path), &row, 1);
    char *before = read_bytes(path, &before_length);
    assert_null(open_rows(path, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_non_null(strstr(error.text, path));
    char *after = read_bytes(path, &after_length);
    assert_int_equal(before_length, after_length);
    assert_memory_equal(before, after, before_length);
    free(before);
    free(after);

    write_bytes(path, "wb", "my notes", 8); // no line end, but not a part of our header either
    assert_null(open_rows(path, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_int_equal(file_length(path), 8);
    remove(path);
}

static void a_file_that_has_no_more_than_a_header_is_used(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct row row;
    size_t header_length;
    fill_row(&row, 0);
    write_rows(scratch_path("reuse.csv", path), NULL, 0);
    char *header = read_bytes(path, &header_length);
    size_t present[] = {header_length, header_length - 1, 10, 0};
    for (size_t i = 0; i < COUNT_OF(present); i++) {
        write_bytes(path, "wb", header, present[i]);
        write_rows(path, &row, 1);
        struct rows_seen *seen = read_good(path, NULL);
        assert_int_equal(seen->count, 1);
        assert_rows_equal(&row, &seen->rows[0]);
        free(seen);
    }
    remove(path);
    free(header);
}

static void a_place_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct error error = {0};
    scratch_path("no_such_directory/rows.csv", path);
    assert_null(open_rows(path, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "no_such_directory"));
    assert_int_not_equal(error.os_number, 0);
}

static void a_full_disk_is_an_error_and_the_rows_before_it_are_read(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct error error = {0};
    struct row row;
    bool torn = false;
    fill_row(&row, 0);
    struct rows_writer *writer = open_rows(scratch_path("full.csv", path), &error);
    assert_non_null(writer);
    assert_true(rows_writer_append(writer, &row, &error));
    size_t half_row = (file_length(path) + 400);
    if (!file_limit_set(half_row)) {
        rows_writer_close(writer, true, &error);
        remove(path);
        skip();
    }
    bool appended = rows_writer_append(writer, &row, &error);
    file_limit_clear();
    assert_false(appended);
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, path));
    // There is room again, but behind half a row no row may come.
    assert_false(rows_writer_append(writer, &row, &error));
    rows_writer_close(writer, true, &error);
    assert_int_equal(file_length(path), half_row);
    struct rows_seen *seen = read_good(path, &torn);
    assert_int_equal(seen->count, 1);
    assert_true(torn);
    assert_rows_equal(&row, &seen->rows[0]);
    remove(path);
    free(seen);
}

static void a_device_that_is_always_full_is_an_error(void **state) {
    (void)state;
    struct error error = {0};
    FILE *file = fopen("/dev/full", "rb");
    if (!file)
        skip();
    fclose(file);
    assert_null(open_rows("/dev/full", &error));
    assert_int_not_equal(error.kind, ERROR_KIND_NONE);
    struct document *document = document_create();
    assert_false(write_document(document, "/dev/full", &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "/dev/full"));
    document_free(document);
}

static void a_device_is_not_read(void **state) {
    (void)state;
    FILE *file = fopen("/dev/zero", "rb");
    if (!file)
        skip();
    fclose(file);
    read_bad("/dev/zero", (const char *const[]){"/dev/zero", "only regular files"}, 2);
    struct error error = {0};
    assert_null(document_read("/dev/zero", &error));
    assert_non_null(strstr(error.text, "only regular files"));
}

// A field without an end, or a quotation mark that is never closed, would take all memory.
static void a_row_that_does_not_end_is_refused(void **state) {
    (void)state;
    enum { PART = 1 << 20, PARTS = 17 };
    char path[PATH_BYTES];
    static const char begin[] = "schema_version,host\n1,\"";
    char *part = base_allocate(PART, 1);
    memset(part, 'a', PART);
    part[PART - 1] = '\n'; // a line end in quotation marks ends no row
    write_bytes(scratch_path("endless.csv", path), "wb", begin, sizeof begin - 1);
    for (int i = 0; i < PARTS; i++)
        write_bytes(path, "ab", part, PART);
    read_bad(path, (const char *const[]){"endless.csv", "a row of more than 16 MiB"}, 2);
    free(part);
    remove(path);
}

// A program may be killed at any byte of its writing.
static void every_beginning_of_a_file_gives_its_complete_rows(void **state) {
    (void)state;
    enum { ROWS = 3 };
    char path[PATH_BYTES];
    struct row rows[ROWS];
    struct error error = {0};
    size_t ends[ROWS + 1]; // of the header and of each row
    size_t length;
    struct rows_writer *writer = open_rows(scratch_path("cut.csv", path), &error);
    ends[0] = file_length(path);
    for (size_t i = 0; i < ROWS; i++) {
        fill_row(&rows[i], i);
        assert_true(rows_writer_append(writer, &rows[i], &error));
        ends[i + 1] = file_length(path);
    }
    assert_true(rows_writer_close(writer, true, &error));
    char *data = read_bytes(path, &length);
    assert_int_equal(length, ends[ROWS]);
    write_bytes(path, "wb", "", 0);
    for (size_t cut = 0; cut <= length; cut++) {
        if (cut)
            write_bytes(path, "ab", data + cut - 1, 1);
        // The first byte of a line end is enough to know that the row is complete.
        if (cut < ends[0] - 1) {
            read_bad(path, (const char *const[]){"header"}, 1);
            continue;
        }
        size_t complete = 0;
        while (complete < ROWS && cut >= ends[complete + 1] - 1)
            complete++;
        bool torn = !(cut > ends[complete]);
        struct rows_seen *seen = read_good(path, &torn);
        assert_int_equal(seen->count, complete);
        assert_int_equal(torn, cut > ends[complete]);
        for (size_t i = 0; i < complete; i++)
            assert_rows_equal(&rows[i], &seen->rows[i]);
        free(seen);
    }
    remove(path);
    free(data);
}

static struct rows_seen *resume_good(const char *path, const struct row *rows, size_t count) {
    struct error error = {0};
    struct rows_seen *seen = base_allocate(1, sizeof *seen);
    struct rows_writer *writer = resume_rows(path, see_row, seen, &error);
    if (!writer)
        fail_msg("%s", error.text);
    for (size_t i = seen->count; i < count; i++)
        assert_true(rows_writer_append(writer, &rows[i], &error));
    assert_true(rows_writer_close(writer, true, &error));
    return seen;
}

// Whatever was torn off: behind the complete rows the rest is written, and the file is as if
// nothing had happened.
static void every_prefix_of_a_file_can_be_resumed(void **state) {
    (void)state;
    enum { ROWS = 2, STRIDE = 211 };
    char path[PATH_BYTES];
    struct row rows[ROWS];
    size_t length, again_length;
    fill_row(&rows[0], 0);
    fill_row(&rows[1], 1);
    write_rows(scratch_path("resume.csv", path), &rows[0], 1);
    size_t middle = file_length(path);
    remove(path);
    write_rows(path, rows, ROWS);
    char *whole = read_bytes(path, &length);
    for (size_t cut = 0; cut <= length;
         cut += cut + STRIDE < middle - 3 || cut > middle + 3 ? STRIDE : 1) {
        write_bytes(path, "wb", whole, cut);
        struct rows_seen *seen = resume_good(path, rows, ROWS);
        assert_int_equal(seen->count, (cut >= middle - 1) + (cut >= length - 1));
        free(seen);
        char *again = read_bytes(path, &again_length);
        assert_int_equal(again_length, length);
        assert_memory_equal(again, whole, length);
        free(again);
    }
    remove(path);
    free(whole);
}

static void a_file_has_one_writer(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct error error = {0};
    struct rows_seen seen = {0};
    struct row row;
    fill_row(&row, 0);
    struct rows_writer *writer = open_rows(scratch_path("shared.csv", path), &error);
    assert_non_null(writer);
    for (int rows = 0; rows < 2; rows++) {
        assert_null(open_rows(path, &error));
        assert_int_equal(error.kind, ERROR_KIND_USAGE);
        assert_non_null(strstr(error.text, "another process is writing"));
        assert_null(resume_rows(path, see_row, &seen, &error));
        assert_int_equal(error.kind, ERROR_KIND_USAGE);
        assert_non_null(strstr(error.text, "another process is writing"));
        assert_true(rows_writer_append(writer, &row, &error));
    }
    assert_int_equal(seen.count, 0);
    struct rows_seen *read = read_good(path, NULL); // those who only read may do so at any time
    assert_int_equal(read->count, 2);
    free(read);
    assert_true(rows_writer_close(writer, true, &error));
    read = resume_good(path, &row, 1);
    assert_int_equal(read->count, 2);
    free(read);
    remove(path);
}

static void a_file_with_other_columns_is_not_resumed(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct error error = {0};
    struct rows_seen seen = {0};
    static const char text[] = "schema_version,threads\n1,2\n";
    write_bytes(scratch_path("other.csv", path), "wb", text, sizeof text - 1);
    assert_null(resume_rows(path, see_row, &seen, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_int_equal(file_length(path), sizeof text - 1);
    remove(path);
}

static void columns_are_found_by_name_and_unknown_ones_are_passed_over(void **state) {
    (void)state;
    char path[PATH_BYTES];
    static const char text[] = "from_the_future,threads,schema_version,latency_ns,\"host\"\n"
                               "\"a,b\",4,1,94.7,\"x\"\n"
                               "\n"
                               ",,1,,y";
    static const char rest[] = "\n";
    bool torn = true;
    write_bytes(scratch_path("names.csv", path), "wb", text, strlen(text));
    write_bytes(path, "ab", rest, strlen(rest));
    struct rows_seen *seen = read_good(path, &torn);
    assert_int_equal(seen->count, 2);
    assert_false(torn);
    assert_int_equal(seen->rows[0].threads, 4);
    assert_string_equal(seen->rows[0].host, "x");
    assert_true(seen->rows[0].latency_ns == 94.7);
    assert_int_equal(seen->rows[0].seed, NONE_U64);
    assert_int_equal(seen->rows[1].threads, NONE_U64);
    assert_true(isnan(seen->rows[1].latency_ns));
    assert_string_equal(seen->rows[1].host, "y");
    remove(path);
    free(seen);
}

enum { NUMBERS = 20000, NUMBER_BYTES = 48 };
struct numbers {
    char texts[NUMBERS][NUMBER_BYTES];
    size_t seen;
};

// Of all lengths, with and without a point or an exponent.
static void make_number(struct random *random, char text[NUMBER_BYTES]) {
    static const char *const forms[] = {"%.*g", "%.*f", "%.*e"};
    double digits = (double)(random_next(random) >> random_below(random, 64));
    double value = digits / pow(10, (double)random_below(random, 26));
    snprintf(text, NUMBER_BYTES, forms[random_below(random, COUNT_OF(forms))],
             (int)random_below(random, 21), value);
}

static bool see_number(const struct row *row, void *context) {
    struct numbers *numbers = context;
    double expected = strtod(numbers->texts[numbers->seen], NULL);
    if (memcmp(&row->offered_bytes_per_s, &expected, sizeof expected) != 0)
        fail_msg("%s is read as %.17g", numbers->texts[numbers->seen], row->offered_bytes_per_s);
    numbers->seen++;
    return true;
}

static void numbers_are_read_as_strtod_reads_them(void **state) {
    (void)state;
    // With some that lie half way between two doubles, and next to that.
    static const char *const edges[] = {"9007199254740992",
                                        "9007199254740993",
                                        "0.1",
                                        ".5",
                                        "5.",
                                        "00.10",
                                        "-0",
                                        "1e22",
                                        "9007199254740.993",
                                        "35950879951.31602",
                                        "4503599627370496.5",
                                        "4503599627370497.5",
                                        "4503599627370497.501",
                                        "4503599627370497.499",
                                        "36028797018963972",
                                        "36028797018963973",
                                        "4611686018427388416",
                                        "4611686018427388415",
                                        "4611686018427388417",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "9223372036854775809",
                                        "1844674407370955160",
                                        "18446744073709551614"};
    char path[PATH_BYTES];
    struct error error = {0};
    struct random random;
    random_seed(&random, 1);
    struct numbers *numbers = base_allocate(1, sizeof *numbers);
    FILE *file = fopen(scratch_path("numbers.csv", path), "wb");
    assert_non_null(file);
    fprintf(file, "schema_version,offered_bytes_per_s\n");
    for (size_t i = 0; i < NUMBERS; i++) {
        if (i < COUNT_OF(edges))
            snprintf(numbers->texts[i], NUMBER_BYTES, "%s", edges[i]);
        else
            make_number(&random, numbers->texts[i]);
        fprintf(file, "1,%s\n", numbers->texts[i]);
    }
    assert_int_equal(fclose(file), 0);
    if (!rows_read(path, see_number, numbers, NULL, &error))
        fail_msg("%s", error.text);
    assert_int_equal(numbers->seen, NUMBERS);
    remove(path);
    free(numbers);
}

// What a field had in the row before stands in the row already, and only that.
static void a_field_that_repeats_itself_changes_or_ends_is_read_each_time(void **state) {
    (void)state;
    static const char *const threads[] = {"4", "4", "", "4", "44", "5", "", ""};
    static const char *const hosts[] = {"x", "x", "x", "", "y", "yx", "", "xy"};
    static const char *const latencies[] = {"1.5", "", "1.5", "1.50", "1.5", "1.25", "", "1.75"};
    // One byte longer than what is kept, as long, and with another last byte.
    const int longest = 55, lengths[] = {longest + 1, longest + 1, longest, longest,
                                         longest + 1, longest,     0,       longest};
    char path[PATH_BYTES], cell[sizeof "a"];
    struct error error = {0};
    FILE *file = fopen(scratch_path("repeats.csv", path), "wb");
    assert_non_null(file);
    fprintf(file, "schema_version,threads,host,latency_ns,cell\n");
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        snprintf(cell, sizeof cell, "%c", i % 2 ? 'a' : 'b');
        fprintf(file, "1,%s,%s,%s,%0*d%s\n", threads[i], hosts[i], latencies[i],
                lengths[i] ? lengths[i] - 1 : 1, 0, cell);
    }
    assert_int_equal(fclose(file), 0);
    struct rows_seen *seen = base_allocate(1, sizeof *seen);
    if (!rows_read(path, see_row, seen, NULL, &error))
        fail_msg("%s", error.text);
    assert_int_equal(seen->count, COUNT_OF(threads));
    for (size_t i = 0; i < seen->count; i++) {
        const struct row *row = &seen->rows[i];
        assert_int_equal(row->threads, *threads[i] ? strtoull(threads[i], NULL, 10) : NONE_U64);
        assert_string_equal(row->host, hosts[i]);
        assert_true(*latencies[i] ? row->latency_ns == strtod(latencies[i], NULL)
                                  : isnan(row->latency_ns));
        assert_int_equal(strlen(row->cell), lengths[i] ? lengths[i] : 2);
        assert_int_equal(row->cell[strlen(row->cell) - 1], i % 2 ? 'a' : 'b');
    }
    remove(path);
    free(seen);
}

static void reading_stops_when_the_visitor_has_had_enough(void **state) {
    (void)state;
    char path[PATH_BYTES];
    static const char text[] = "schema_version\r\n1\r\n1\r\nnot looked at\r\n";
    struct error error = {0};
    struct rows_seen *seen = base_allocate(1, sizeof *seen);
    seen->stop_after = 2;
    write_bytes(scratch_path("stop.csv", path), "wb", text, strlen(text));
    assert_true(rows_read(path, see_row, seen, NULL, &error));
    assert_int_equal(seen->count, 2);
    remove(path);
    free(seen);
}

static void a_bad_field_is_named_by_line_and_column(void **state) {
    (void)state;
    char path[PATH_BYTES];
    scratch_path("bad.csv", path);
    static const struct {
        const char *fields; // of threads, latency_ns, host
        const char *column;
    } bad[] = {
        {"four,,",                 "threads"   },
        {"-1,,",                   "threads"   },
        {"1.5,,",                  "threads"   },
        {"18446744073709551615,,", "threads"   }, // would be read as absent
        {"18446744073709551616,,", "threads"   },
        {",0x10,",                 "latency_ns"},
        {",nan,",                  "latency_ns"},
        {",inf,",                  "latency_ns"},
        {",1e999,",                "latency_ns"},
        {",1e,",                   "latency_ns"},
        {",\" 1\",",               "latency_ns"},
        {",1 2,",                  "latency_ns"},
        {",+,",                    "latency_ns"},
        {",.,",                    "latency_ns"},
        {",1.2.3,",                "latency_ns"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "schema_version,threads,latency_ns,host\n1,1,1,\"two\nlines\"\n1,%s\n",
                 bad[i].fields);
        read_bad_text(path, text, "line 4", bad[i].column);
    }
    char text[ROW_TEXT_BYTES + 64];
    snprintf(text, sizeof text, "schema_version,host\n1,%0*d\n", ROW_TEXT_BYTES, 0);
    read_bad_text(path, text, "line 2", "host");
    static const char zero_byte[] = "schema_version,host\n1,a\0b\n";
    write_bytes(path, "wb", zero_byte, sizeof zero_byte - 1);
    read_bad(path, (const char *const[]){"line 2", "host", "'a?b'"}, 3);
    static const char zero_behind[] = "schema_version,threads\n1,4\0\n";
    write_bytes(path, "wb", zero_behind, sizeof zero_behind - 1);
    read_bad(path, (const char *const[]){"line 2", "threads", "'4?'"}, 3);
    remove(path);
}

static void a_row_with_too_few_or_too_many_fields_is_an_error(void **state) {
    (void)state;
    char path[PATH_BYTES];
    scratch_path("fields.csv", path);
    read_bad_text(path, "schema_version,threads\n1\n", "line 2", "1 fields where the header has 2");
    read_bad_text(path, "schema_version,threads\n1,2,3\n", "line 2", "3 fields");
    read_bad_text(path, "schema_version,threads\n1,a\"b\n", "line 2", "quotation mark");
    read_bad_text(path, "schema_version,threads\n1,\"2\"3\n", "line 2", "quotation mark");
    // Lines that are read at once and lines that go through libcsv, interleaved.
    read_bad_text(path, "schema_version,host\n1,a\n1,\"a\n\"\"b\"\n1,c\r\n\n1, d \n1,e\n2,f\n",
                  "line 9", "schema_version is 2");
    read_bad_text(path, "schema_version,host\n1,\"a\n1\"\n1\n", "line 4", "1 fields where");
    remove(path);
}

static void a_file_of_more_lines_than_a_run_can_have_is_refused(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct error error;
    static const char text[] = "schema_version\n1\n1\n";
    scratch_path("lines.csv", path);
    write_bytes(path, "wb", text, sizeof text - 1);
    struct rows_seen *seen = base_allocate(1, sizeof *seen);
    assert_true(rows_read_lines(path, 3, see_row, seen, NULL, &error));
    assert_int_equal(seen->count, 2);
    assert_false(rows_read_lines(path, 2, see_row, seen, NULL, &error));
    assert_has(error.text, "line 3: more lines");
    free(seen);
    remove(path);
}

static void a_file_of_another_version_is_refused_with_both_versions(void **state) {
    (void)state;
    char path[PATH_BYTES];
    scratch_path("version.csv", path);
    read_bad_text(path, "schema_version,threads\n987,many\n", "schema_version is 987", "version 1");
    read_bad_text(path, "schema_version,threads\n,1\n", "schema_version is missing", "version 1");
    remove(path);
}

static void a_malformed_rows_file_is_an_error(void **state) {
    (void)state;
    char path[PATH_BYTES];
    char wide[2000];
    memset(wide, ',', sizeof wide);
    memcpy(wide + sizeof wide - 2, "\n", 2);
    scratch_path("foreign.csv", path);
    read_bad(path, (const char *const[]){path}, 1); // not there
    read_bad_text(path, "", "header", path);
    read_bad_text(path, "\r\n\r\n", "header", path);
    read_bad_text(path, "name,age\r\nAda,36\r\n", "schema_version", path);
    read_bad_text(path, "schema_version,host,host\n1,a,b\n", "host", "twice");
    read_bad_text(path, wide, "line 1", "columns");
    static const unsigned char elf[] = {0x7F, 'E', 'L', 'F', 2, 1, 1, 0, 0, '\n', '"', 0xFF, 'x'};
    write_bytes(path, "wb", elf, sizeof elf);
    read_bad(path, (const char *const[]){path}, 1);
    remove(path);
}

// One random change to the text; room is for length + 16 bytes. Returns the new length.
static size_t mutate(struct random *random, char *data, size_t length) {
    static const char favourites[] = "\",\r\n\0-e9";
    size_t at = random_below(random, length);
    size_t many = 1 + random_below(random, 16);
    if (many > length - at)
        many = length - at;
    switch (random_below(random, 5)) {
    case 0:
        data[at] = (char)random_next(random);
        return length;
    case 1:
        data[at] = favourites[random_below(random, sizeof favourites - 1)];
        return length;
    case 2: // twice
        memmove(data + at + many, data + at, length - at);
        return length + many;
    case 3: // away
        memmove(data + at, data + at + many, length - at - many);
        return length - many;
    default:
        return at + 1;
    }
}

static void a_damaged_file_is_read_or_refused_with_a_clean_sentence(void **state) {
    (void)state;
    enum { ROWS = 3, FILES = 600, CHANGES_MAX = 4 };
    char path[PATH_BYTES];
    struct row rows[ROWS];
    struct random random;
    size_t length;
    size_t refused = 0;
    random_seed(&random, 20261122);
    for (size_t i = 0; i < ROWS; i++)
        fill_row(&rows[i], i);
    write_rows(scratch_path("damaged.csv", path), rows, ROWS);
    char *good = read_bytes(path, &length);
    char *data = base_allocate(length + 16 * CHANGES_MAX, 1);
    struct rows_seen *seen = base_allocate(1, sizeof *seen);
    for (size_t i = 0; i < FILES; i++) {
        struct error error = {0};
        size_t data_length = length;
        memcpy(data, good, length);
        for (size_t left = 1 + random_below(&random, CHANGES_MAX); left && data_length; left--)
            data_length = mutate(&random, data, data_length);
        write_bytes(path, "wb", data, data_length);
        seen->count = 0;
        if (rows_read(path, see_row, seen, NULL, &error)) {
            assert_true(seen->count <= ROWS + CHANGES_MAX);
            continue;
        }
        refused++;
        assert_int_equal(error.kind, ERROR_KIND_FAILED);
        for (const char *at = error.text; *at; at++)
            assert_in_range((unsigned char)*at, ' ', '~');
    }
    assert_in_range(refused, FILES / 4, FILES - 1);
    remove(path);
    free(seen);
    free(data);
    free(good);
}

// ---- machine.json -------------------------------------------------------------------------------

static struct document *small_document(void) {
    struct document *document = document_create();
    document_text(document, "zebra", "b\xC3\xA9\"\n");
    document_u64(document, "absent", NONE_U64);
    document_open_object(document, "middle");
    document_f64(document, "nothing", NAN);
    document_open_array(document, "list");
    document_u64(document, NULL, 7);
    document_flag(document, NULL, true);
    document_open_object(document, NULL);
    document_close(document);
    document_close(document);
    document_close(document);
    document_f64(document, "apple", 0.1);
    document_text(document, "no_text", NULL);
    document_u64(document, "large", UINT64_C(1) << 63);
    return document;
}

static json_t *write_and_load(const struct document *document, const char *path) {
    struct error error = {0};
    json_error_t json_error;
    if (!write_document(document, path, &error))
        fail_msg("%s", error.text);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &json_error);
    if (!root)
        fail_msg("%s", json_error.text);
    remove(path);
    return root;
}

static void a_document_is_json_in_the_order_of_adding(void **state) {
    (void)state;
    static const char *const names[] = {"zebra", "absent", "middle", "apple", "no_text", "large"};
    char path[PATH_BYTES];
    struct document *document = small_document();
    json_t *root = write_and_load(document, scratch_path("machine.json", path));
    const char *name;
    json_t *value;
    size_t at = 0;
    json_object_foreach(root, name, value) {
        assert_true(at < COUNT_OF(names));
        assert_string_equal(name, names[at++]);
    }
    assert_int_equal(at, COUNT_OF(names));
    assert_string_equal(json_string_value(json_object_get(root, "zebra")), "b\xC3\xA9\"\n");
    assert_true(json_is_null(json_object_get(root, "absent")));
    assert_true(json_is_null(json_object_get(root, "no_text")));
    assert_true(json_real_value(json_object_get(root, "apple")) == 0.1);
    assert_string_equal(json_string_value(json_object_get(root, "large")), "9223372036854775808");
    json_t *middle = json_object_get(root, "middle");
    json_t *list = json_object_get(middle, "list");
    assert_true(json_is_null(json_object_get(middle, "nothing")));
    assert_int_equal(json_array_size(list), 3);
    assert_int_equal(json_integer_value(json_array_get(list, 0)), 7);
    assert_true(json_is_true(json_array_get(list, 1)));
    assert_true(json_is_object(json_array_get(list, 2)));
    json_decref(root);
    document_free(document);
}

static void a_document_is_indented_text_with_line_feeds(void **state) {
    (void)state;
    char path[PATH_BYTES];
    size_t length;
    struct error error = {0};
    struct document *document = document_create();
    document_open_array(document, "nodes");
    document_u64(document, NULL, 0);
    document_close(document);
    assert_true(write_document(document, scratch_path("text.json", path), &error));
    char *data = read_bytes(path, &length);
    assert_string_equal(data, "{\n  \"nodes\": [\n    0\n  ]\n}\n");
    remove(path);
    free(data);
    document_free(document);
}

// The last character there is; then a wrong byte, Latin-1, a later byte that comes first,
// characters cut short, overlong forms, a surrogate, and what lies beyond the last character.
static void text_that_is_not_utf8_is_replaced_byte_by_byte(void **state) {
    (void)state;
#define REPLACED "\xEF\xBF\xBD"
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"",                                       ""                                      },
        {"plain",                                  "plain"                                 },
        {"\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x90\xA7", "\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x90\xA7"},
        {"\xF4\x8F\xBF\xBF",                       "\xF4\x8F\xBF\xBF"                      },
        {"a\xFFz",                                 "a" REPLACED "z"                        },
        {"caf\xE9",                                "caf" REPLACED                          },
        {"\x80q",                                  REPLACED "q"                            },
        {"\xE6\xBC",                               REPLACED REPLACED                       },
        {"\xE6\xBC!",                              REPLACED REPLACED "!"                   },
        {"\xC0\x80",                               REPLACED REPLACED                       },
        {"\xE0\x9F\xBF",                           REPLACED REPLACED REPLACED              },
        {"\xED\xA0\x80",                           REPLACED REPLACED REPLACED              },
        {"\xF4\x90\x80\x80",                       REPLACED REPLACED REPLACED REPLACED     },
    };
    char path[PATH_BYTES];
    struct document *document = document_create();
    document_open_array(document, "texts");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        document_text(document, NULL, cases[i].text);
    json_t *root = write_and_load(document, scratch_path("utf8.json", path));
    json_t *texts = json_object_get(root, "texts");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(json_string_value(json_array_get(texts, i)), cases[i].expected);
    json_decref(root);
    document_free(document);
}

// Names of cells come from files of others. Whatever two differ in, both must stay.
static void names_that_are_not_utf8_are_replaced_and_kept_apart(void **state) {
    (void)state;
    static const char *const names[] = {"a\xFE", "a\xFF", "a" REPLACED, "a" REPLACED REPLACED};
    char path[PATH_BYTES];
    struct document *document = document_create();
    for (size_t i = 0; i < COUNT_OF(names); i++)
        document_u64(document, names[i], i);
    json_t *root = write_and_load(document, scratch_path("names.json", path));
    assert_int_equal(json_object_size(root), COUNT_OF(names));
    assert_int_equal(json_integer_value(json_object_get(root, "a" REPLACED)), 0);
    assert_int_equal(json_integer_value(json_object_get(root, "a" REPLACED REPLACED)), 1);
    json_decref(root);
    document_free(document);
}

static void a_document_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct error error = {0};
    struct document *document = small_document();
    assert_false(
        write_document(document, scratch_path("no_such_directory/machine.json", path), &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, path));
    document_free(document);
}

// ---- run directory ------------------------------------------------------------------------------

static void assert_shape(const char *text, const char *shape) {
    assert_int_equal(strlen(text), strlen(shape));
    for (size_t i = 0; shape[i]; i++)
        if (shape[i] == '9')
            assert_in_range(text[i], '0', '9');
        else
            assert_int_equal(text[i], shape[i]);
}

static void times_are_utc_in_iso_8601(void **state) {
    (void)state;
    char text[UTC_TEXT_BYTES];
    assert_shape(utc_timestamp(text), "9999-99-99T99:99:99Z");
    assert_shape(utc_compact(text), "99999999T999999Z");
}

static void the_default_name_keeps_safe_characters_of_the_host(void **state) {
    (void)state;
    char text[RUN_PATH_BYTES];
    char host[600];
    assert_shape(run_directory_default_name("numaprobe", "node-B_x.lan", 1, text),
                 "numaprobe-node-B_x.lan-99999999T999999Z");
    assert_shape(run_directory_default_name("numaprobe", "../a b\\c:\xC3\xA9*\"\n", 1, text),
                 "numaprobe-..abc-99999999T999999Z");
    assert_shape(run_directory_default_name("numaprobe", "", 1, text),
                 "numaprobe-99999999T999999Z");
    assert_shape(run_directory_default_name("numaprobe", "//", 1, text),
                 "numaprobe-99999999T999999Z");
    memset(host, 'h', sizeof host);
    host[sizeof host - 1] = '\0';
    assert_in_range(strlen(run_directory_default_name("numaprobe", host, 1, text)), 100, 255);
}

static const char *const run_files[] = {"rows.csv", "machine.json", "topology.xml"};

static bool file_is_there(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

// The directory may stay from an earlier test: where remove() is for files only, it cannot go.
static void clear_run(const char *path) {
    char file[PATH_BYTES + 16];
    for (size_t i = 0; i < COUNT_OF(run_files); i++) {
        snprintf(file, sizeof file, "%s/%s", path, run_files[i]);
        remove(file);
    }
    remove(path);
}

static void a_run_directory_is_made_once(void **state) {
    (void)state;
    char path[PATH_BYTES], file[RUN_PATH_BYTES], rows_path[PATH_BYTES + 16];
    struct run_directory run, second;
    struct error error = {0};
    struct row row;
    snprintf(rows_path, sizeof rows_path, "%s/rows.csv", scratch_path("run", path));
    clear_run(path);
    minimal_row(&row);
    if (!run_directory_open(&run, path, false, &error))
        fail_msg("%s", error.text);
    assert_string_equal(run_directory_file(&run, "rows.csv", file), rows_path);
    // Also while the first has no rows yet, nobody else gets it.
    assert_false(run_directory_open(&second, path, false, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_non_null(strstr(error.text, "--output"));
    assert_non_null(strstr(error.text, path));
    assert_true(run_directory_close(&second, &error)); // of a run that did not open
    assert_true(os_file_finish(&run.machine, true, &error));
    assert_true(os_file_finish(&run.topology, true, &error));
    assert_true(rows_writer_append(run.rows, &row, &error));
    assert_true(run_directory_close(&run, &error));
    struct rows_seen *seen = read_good(rows_path, NULL);
    assert_int_equal(seen->count, 1);
    free(seen);
    clear_run(path);
}

static void the_files_of_others_are_left_alone(void **state) {
    (void)state;
    char path[PATH_BYTES], other[PATH_BYTES + 16], file[RUN_PATH_BYTES];
    struct run_directory run;
    struct error error = {0};
    scratch_path("others", path);
    clear_run(path);
    assert_true(run_directory_open(&run, path, false, &error));
    run_directory_abandon(&run);
    for (size_t i = 0; i < COUNT_OF(run_files); i++)
        assert_false(file_is_there(run_directory_file(&run, run_files[i], file)));
    snprintf(other, sizeof other, "%s/topology.xml", path);
    write_bytes(other, "wb", "mine", 4);
    assert_false(run_directory_open(&run, path, false, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_non_null(strstr(error.text, "topology.xml"));
    assert_true(file_is_there(other));
    assert_false(file_is_there(run_directory_file(&run, "machine.json", file)));
    assert_false(file_is_there(run_directory_file(&run, "rows.csv", file)));
    clear_run(path);
}

static void what_a_run_appends_is_waited_for_every_five_seconds(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct run_directory run;
    struct error error = {0};
    const struct samples none = {.count = 0};
    struct row row;
    clear_run(scratch_path("synced", path));
    minimal_row(&row);
    assert_true(run_directory_open(&run, path, false, &error));
    uint64_t begin_ns = run.synced_ns = os_clock_ns();
    assert_true(run_directory_append(&run, &row, &none, &error));
    bool was_soon = os_clock_ns() - begin_ns < 5 * NS_PER_S; // a machine may stand still
    assert_true(!was_soon || run.syncs.count == 0);
    uint64_t count = run.syncs.count;
    run.synced_ns = os_clock_ns() - 5 * NS_PER_S;
    assert_true(run_directory_append(&run, &row, &none, &error));
    assert_int_equal(run.syncs.count, count + 1);
    assert_true(run.synced_ns >= begin_ns);
    run_directory_abandon(&run);
    clear_run(path);
}

static void a_run_id_is_the_name_of_a_directory_and_no_option(void **state) {
    (void)state;
    static const char *const usable[] = {"20260101T000000Z-00000001", "a", "_", "0-"};
    static const char *const others[] = {"",    "-rf", "-",     "..",      "a/b",
                                         "a b", "a\n", "$(id)", "\xC3\xA9"};
    for (size_t i = 0; i < COUNT_OF(usable); i++)
        assert_true(run_id_is_usable(usable[i]));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(run_id_is_usable(others[i]));
}

static void a_document_that_has_a_member_twice_is_refused(void **state) {
    (void)state;
    static const char text[] = "{\"a\": 1, \"a\": 2}\n";
    char path[PATH_BYTES];
    struct error error = {0};
    write_bytes(scratch_path("twice.json", path), "wb", text, sizeof text - 1);
    assert_null(document_read(path, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "duplicate"));
    remove(path);
}

static void a_run_directory_without_a_usable_name_is_refused(void **state) {
    (void)state;
    struct run_directory run;
    struct error error = {0};
    char path[RUN_PATH_BYTES];
    assert_false(run_directory_open(&run, "", false, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_false(run_directory_open(&run, path, false, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_non_null(strstr(error.text, "--output"));
}

// ---- samples.csv --------------------------------------------------------------------------------

#define SAMPLES "visit,cell,column,sample,value\r\n"
#define SAMPLE  ",\"c\",latency_ns,1,1.5\r\n" // behind the number of its visit
#define OF_TWO  SAMPLES "1" SAMPLE "1" SAMPLE "2" SAMPLE

// The directory of scratch files, and where samples.csv is there.
static struct os_directory open_samples(char path[PATH_BYTES]) {
    struct os_directory directory;
    struct error error;
    const char *name = open_directory_of(scratch_path("", path), &directory, &error);
    assert_non_null(name);
    snprintf(path + (name - path), PATH_BYTES - (size_t)(name - path), "samples.csv");
    remove(path);
    return directory;
}

static void samples_go_on_behind_those_of_the_rows_that_are_there(void **state) {
    (void)state;
    static const struct {
        const char *before; // NULL: no file
        uint64_t visits;
        const char *after; // NULL: refused, and left as it is
    } cases[] = {
        {NULL,                                  2, SAMPLES           },
        {"",                                    0, SAMPLES           },
        {"visit,ce",                            0, SAMPLES           },
        {SAMPLES,                               0, SAMPLES           },
        {SAMPLES "1" SAMPLE,                    0, SAMPLES           },
        {OF_TWO,                                2, OF_TWO            },
        {OF_TWO,                                9, OF_TWO            },
        {OF_TWO "3" SAMPLE,                     2, OF_TWO            },
        {OF_TWO "2,\"c\",lat",                  2, OF_TWO            },
        {OF_TWO "3" SAMPLE "3,\"c",             2, OF_TWO            },
        {SAMPLES "1" SAMPLE "20" SAMPLE,        2, SAMPLES "1" SAMPLE},
        {SAMPLES "18446744073709551617" SAMPLE, 2, SAMPLES           },
        {"visit,cell,other\r\n",                2, NULL              },
        {"a letter",                            2, NULL              },
    };
    char path[PATH_BYTES];
    struct os_directory directory = open_samples(path);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct os_file file;
        struct error error = {0};
        size_t length;
        remove(path);
        if (cases[i].before)
            write_bytes(path, "wb", cases[i].before, strlen(cases[i].before));
        bool resumed = samples_file_resume(&file, &directory, cases[i].visits, &error);
        assert_int_equal(error.kind, cases[i].after ? ERROR_KIND_NONE : ERROR_KIND_USAGE);
        assert_int_equal(resumed, cases[i].after != NULL);
        assert_true(os_file_finish(&file, true, &error));
        char *found = read_bytes(path, &length);
        const char *due = cases[i].after ? cases[i].after : cases[i].before;
        if (length != strlen(due) || memcmp(found, due, length) != 0)
            fail_msg("case %zu: %.*s", i, (int)length, found);
        free(found);
    }
    remove(path);
    os_directory_close(&directory);
}

// The part that is read at once ends in the middle of a line.
static void samples_of_many_visits_are_cut_at_the_right_line(void **state) {
    (void)state;
    enum { VISITS = 20000 };
    struct os_file file;
    struct error error = {0};
    struct row row;
    char path[PATH_BYTES];
    struct sample sample = {"latency_ns", 1, 100.25};
    const struct samples samples = {&sample, 1};
    size_t length, due = 0;
    minimal_row(&row);
    struct os_directory directory = open_samples(path);
    assert_true(samples_file_create(&file, &directory, &error));
    for (row.visit = 1; row.visit <= VISITS; row.visit++) {
        assert_true(samples_file_append(&file, &row, &samples, &error));
        if (row.visit == VISITS - 5)
            due = file_length(path);
    }
    assert_true(os_file_finish(&file, true, &error));
    assert_false(samples_file_create(&file, &directory, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_true(samples_file_resume(&file, &directory, VISITS - 5, &error));
    assert_int_equal(file_length(path), due);
    row.visit = VISITS - 4;
    assert_true(samples_file_append(&file, &row, &samples, &error));
    assert_true(os_file_finish(&file, true, &error));
    char *text = read_bytes(path, &length);
    assert_true(length > due && strncmp(text + due, "19996,", 6) == 0);
    free(text);
    remove(path);
    os_directory_close(&directory);
}

int main(void) {
    os_start(); // the clock of Windows
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_columns_are_in_the_order_of_the_row_and_in_their_groups),
        cmocka_unit_test(a_cleared_row_has_no_field),
        cmocka_unit_test(a_number_has_as_many_digits_as_it_needs),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(what_is_written_is_read_back_in_every_column),
        cmocka_unit_test(what_is_absent_stays_absent),
        cmocka_unit_test(the_header_is_the_names_of_the_columns),
        cmocka_unit_test(a_small_row_is_this_text),
        cmocka_unit_test(a_node_is_a_number_and_a_set_is_text),
        cmocka_unit_test(a_file_with_rows_is_never_opened_again),
        cmocka_unit_test(a_file_that_has_no_more_than_a_header_is_used),
        cmocka_unit_test(a_place_that_cannot_be_written_is_an_error),
        cmocka_unit_test(a_full_disk_is_an_error_and_the_rows_before_it_are_read),
        cmocka_unit_test(a_device_that_is_always_full_is_an_error),
        cmocka_unit_test(a_device_is_not_read),
        cmocka_unit_test(a_row_that_does_not_end_is_refused),
        cmocka_unit_test(every_beginning_of_a_file_gives_its_complete_rows),
        cmocka_unit_test(every_prefix_of_a_file_can_be_resumed),
        cmocka_unit_test(a_file_has_one_writer),
        cmocka_unit_test(a_file_with_other_columns_is_not_resumed),
        cmocka_unit_test(columns_are_found_by_name_and_unknown_ones_are_passed_over),
        cmocka_unit_test(numbers_are_read_as_strtod_reads_them),
        cmocka_unit_test(a_field_that_repeats_itself_changes_or_ends_is_read_each_time),
        cmocka_unit_test(reading_stops_when_the_visitor_has_had_enough),
        cmocka_unit_test(a_bad_field_is_named_by_line_and_column),
        cmocka_unit_test(a_row_with_too_few_or_too_many_fields_is_an_error),
        cmocka_unit_test(a_file_of_more_lines_than_a_run_can_have_is_refused),
        cmocka_unit_test(a_file_of_another_version_is_refused_with_both_versions),
        cmocka_unit_test(a_malformed_rows_file_is_an_error),
        cmocka_unit_test(a_damaged_file_is_read_or_refused_with_a_clean_sentence),
        cmocka_unit_test(a_document_is_json_in_the_order_of_adding),
        cmocka_unit_test(a_document_is_indented_text_with_line_feeds),
        cmocka_unit_test(text_that_is_not_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(names_that_are_not_utf8_are_replaced_and_kept_apart),
        cmocka_unit_test(a_document_that_cannot_be_written_is_an_error),
        cmocka_unit_test(times_are_utc_in_iso_8601),
        cmocka_unit_test(the_default_name_keeps_safe_characters_of_the_host),
        cmocka_unit_test(a_run_directory_is_made_once),
        cmocka_unit_test(the_files_of_others_are_left_alone),
        cmocka_unit_test(what_a_run_appends_is_waited_for_every_five_seconds),
        cmocka_unit_test(a_run_id_is_the_name_of_a_directory_and_no_option),
        cmocka_unit_test(a_document_that_has_a_member_twice_is_refused),
        cmocka_unit_test(a_run_directory_without_a_usable_name_is_refused),
        cmocka_unit_test(samples_go_on_behind_those_of_the_rows_that_are_there),
        cmocka_unit_test(samples_of_many_visits_are_cut_at_the_right_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
