// SPDX-License-Identifier: Apache-2.0
// Files that come too slowly or are too long, by a simulated clock: each reader of foreign files
// ends and says why.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_os.h"
#include "os/limited_file.h"
#include "record/document.h"
#include "record/rows_file.h"
#include "topology/topology.h"

enum { PATH_BYTES = 512, LARGE_BYTES = 2 * 1024 * 1024 };

static const char *write_file(const char *text, size_t length) {
    static char path[PATH_BYTES];
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    snprintf(path, sizeof path, "%s/test_slow_file", directory ? directory : ".");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void set_clock(uint64_t reading_s) {
    fake_os_reset(1, 1);
    fake_os.clock_read_ns = reading_s * NS_PER_S;
}

static void assert_slow(const struct error *error, const char *path) {
    assert_int_equal(error->kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error->text, path));
    assert_non_null(strstr(error->text, "too slowly"));
}

// ---- the limits ---------------------------------------------------------------------------------

// All of the file in one part.
static bool read_whole(const char *path, uint64_t bytes_max, struct error *error) {
    static char data[LARGE_BYTES];
    size_t length;
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    struct limited_file file = limited_file_begin(stream, path, bytes_max);
    bool read = limited_file_read(&file, data, sizeof data, &length, error);
    fclose(stream);
    return read;
}

static void a_file_has_a_minute_and_a_second_for_each_mib(void **state) {
    (void)state;
    struct error error;
    char *large = base_allocate(LARGE_BYTES, 1);
    const char *path = write_file(large, LARGE_BYTES);
    free(large);
    set_clock(LIMITED_FILE_S + 2);
    assert_true(read_whole(path, NONE_U64, &error));
    set_clock(LIMITED_FILE_S + 3);
    assert_false(read_whole(path, NONE_U64, &error));
    assert_slow(&error, path);
}

static void a_file_has_as_many_bytes_as_its_reader_takes(void **state) {
    (void)state;
    struct error error;
    const char *path = write_file("0123456789", 10);
    set_clock(0);
    assert_true(read_whole(path, 10, &error));
    assert_false(read_whole(path, 9, &error));
    assert_non_null(strstr(error.text, "has more than"));
}

// ---- its readers --------------------------------------------------------------------------------

static bool see_row(const struct row *row, void *context) {
    (void)row;
    ++*(size_t *)context;
    return true;
}

static bool read_rows(const char *path, struct error *error) {
    size_t rows = 0;
    return rows_read(path, see_row, &rows, NULL, error) && rows == 1;
}

static bool read_document(const char *path, struct error *error) {
    struct document *document = document_read(path, error);
    document_free(document);
    return document != NULL;
}

static bool read_topology(const char *path, struct error *error) {
    struct topology topology;
    bool read = topology_load_file(&topology, path, error);
    if (read)
        topology_free(&topology);
    return read;
}

static void every_reader_ends_when_a_file_comes_too_slowly(void **state) {
    (void)state;
    static const char *const topology_file = TESTS_DIRECTORY "/topologies/two-kinds.xml";
    static const struct {
        const char *text; // NULL: the topology
        bool (*read)(const char *path, struct error *error);
    } readers[] = {
        {"schema_version,visit\r\n1,1\r\n", read_rows    },
        {"{\"schema_version\": 1}\n",       read_document},
        {NULL,                              read_topology},
    };
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        struct error error;
        const char *text = readers[i].text;
        const char *path = text ? write_file(text, strlen(text)) : topology_file;
        set_clock(LIMITED_FILE_S);
        assert_true(readers[i].read(path, &error));
        set_clock(LIMITED_FILE_S + 1);
        assert_false(readers[i].read(path, &error));
        assert_slow(&error, path);
    }
}

static bool is_too_deep(size_t depth) {
    struct error error;
    char text[8192];
    size_t used = 0;
    for (size_t i = 0; i < depth; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s",
                                 i % 2 ? "<object>" : "<object></object><info/>");
    set_clock(0);
    assert_false(read_topology(write_file(text, used), &error));
    return strstr(error.text, "within more than 100 others") != NULL;
}

// hwloc itself refuses what is none, whatever its depth.
static void a_topology_has_a_hundred_elements_within_each_other_at_most(void **state) {
    (void)state;
    assert_false(is_too_deep(200)); // every other one is closed
    assert_true(is_too_deep(201));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_a_minute_and_a_second_for_each_mib),
        cmocka_unit_test(a_file_has_as_many_bytes_as_its_reader_takes),
        cmocka_unit_test(every_reader_ends_when_a_file_comes_too_slowly),
        cmocka_unit_test(a_topology_has_a_hundred_elements_within_each_other_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
