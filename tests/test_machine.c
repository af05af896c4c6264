// SPDX-License-Identifier: Apache-2.0
// machine.json: one table, and what is written, read, compared and documented by it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "record/columns.h"
#include "record/machine_file.h"

enum { PATH_BYTES = 512, FILE_BYTES_MAX = 1 << 16, LINE_BYTES = 512 };

static char *scratch_path(const char *name, char path[PATH_BYTES]) {
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    snprintf(path, PATH_BYTES, "%s/test_machine_%s", directory ? directory : ".", name);
    remove(path);
    return path;
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = base_allocate(FILE_BYTES_MAX, 1);
    size_t length = fread(text, 1, FILE_BYTES_MAX, file);
    assert_true(length > 0 && length < FILE_BYTES_MAX);
    fclose(file);
    return text;
}

// ---- a file that has everything -----------------------------------------------------------------

// Fills whatever the table names, each value another one, lists with two elements: a new field is
// in it by its line in the table.
struct filling {
    uint64_t next;
    bool is_sparse; // what may be absent is, and lists are empty
};

static void fill(struct filling *filling, const struct shape *shape, char *of);

static char *new_text(struct filling *filling, const char *name) {
    char text[LINE_BYTES];
    snprintf(text, sizeof text, "%s \"%llu\"", name, (unsigned long long)filling->next++);
    return base_copy_text(text);
}

static void fill_list(struct filling *filling, const struct field *field, char *of) {
    size_t count = filling->is_sparse ? 0 : 2;
    size_t bytes = field->kind == FIELD_STRINGS   ? sizeof(char *)
                   : field->kind == FIELD_NUMBERS ? sizeof(uint64_t)
                   : field->kind == FIELD_TOLD    ? sizeof(struct told)
                                                  : field->of->bytes;
    char *list = base_allocate(count, bytes);
    for (size_t i = 0; i < count; i++) {
        char *element = list + i * bytes, *text;
        if (field->kind == FIELD_STRINGS) {
            text = new_text(filling, field->name);
            memcpy(element, &text, sizeof text);
        } else if (field->kind == FIELD_NUMBERS) {
            memcpy(element, &filling->next, sizeof(uint64_t));
            filling->next++;
        } else if (field->kind == FIELD_TOLD) {
            struct told told = {.name = new_text(filling, "name"),
                                .value = base_copy_text("12"),
                                .available = i == 0,
                                .is_number = i == 0};
            memcpy(element, &told, sizeof told);
        } else {
            fill(filling, field->of, element);
            if (field->kind == FIELD_MEMBERS)
                snprintf(element, FIELD_NAME_BYTES, "member %zu", i);
        }
    }
    memcpy(of + field->offset, &list, sizeof list);
    memcpy(of + field->count_offset, &count, sizeof count);
}

static void fill(struct filling *filling, const struct shape *shape, char *of) {
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        char *at = of + field->offset, *text;
        uint64_t number = filling->is_sparse ? NONE_U64 : filling->next++;
        double real = filling->is_sparse ? NAN : (double)filling->next++ + 0.125;
        switch (field->kind) {
        case FIELD_TEXT:
            text = new_text(filling, field->name);
            snprintf(at, field->bytes, "%s", text);
            free(text);
            break;
        case FIELD_STRING:
            text = filling->is_sparse ? NULL : new_text(filling, field->name);
            memcpy(at, &text, sizeof text);
            break;
        case FIELD_U64:
            memcpy(at, &number, sizeof number);
            break;
        case FIELD_F64:
            memcpy(at, &real, sizeof real);
            break;
        case FIELD_FLAG:
            *at = (char)!filling->is_sparse;
            break;
        case FIELD_OBJECT:
            fill(filling, field->of, at);
            break;
        default:
            fill_list(filling, field, at - field->offset);
        }
    }
}

static void make_machine(struct machine_file *machine, bool is_sparse) {
    struct filling filling = {.next = 1, .is_sparse = is_sparse};
    *machine = (struct machine_file){0};
    fill(&filling, &machine_shape, (char *)machine);
    machine->schema_version = SCHEMA_VERSION;
    for (size_t i = 0; i < machine->node_count; i++)
        machine->nodes[i].node = i;
}

static void read_good(struct machine_file *machine, const char *path) {
    struct error error = {0};
    if (!machine_file_read(machine, path, &error))
        fail_msg("%s", error.text);
}

static void write_good(const struct machine_file *machine, const char *path) {
    struct error error = {0};
    struct os_file file;
    if (!os_file_output(&file, path, &error) || !machine_file_write(machine, &file, &error))
        fail_msg("%s", error.text);
}

static void what_is_written_is_read_and_written_the_same(void **state) {
    (void)state;
    for (int is_sparse = 0; is_sparse < 2; is_sparse++) {
        char path[PATH_BYTES];
        struct machine_file written, read;
        make_machine(&written, is_sparse);
        write_good(&written, scratch_path("first.json", path));
        char *first = read_text(path);
        read_good(&read, path);
        write_good(&read, scratch_path("second.json", path));
        char *second = read_text(path);
        assert_string_equal(first, second);
        remove(path);
        remove(scratch_path("first.json", path));
        free(first);
        free(second);
        machine_file_free(&written);
        machine_file_free(&read);
    }
}

// ---- reading ------------------------------------------------------------------------------------

static void what_a_file_does_not_have_is_absent(void **state) {
    (void)state;
    char path[PATH_BYTES];
    struct machine_file machine;
    write_text(scratch_path("small.json", path),
               "{\"schema_version\": 1, \"settings\": {\"seed\": \"18446744073709551614\"},"
               "\"warnings\": [null], \"nodes\": [{\"node\": 3}, {\"node\": 5, "
               "\"firmware_distances\": [10]}]}");
    read_good(&machine, path);
    assert_string_equal(machine.tool.version, "");
    assert_true(machine.tool.method_version == NONE_U64);
    assert_null(machine.settings.command);
    assert_true(machine.settings.seed == UINT64_MAX - 1);
    assert_int_equal(machine.fact_count, 0);
    assert_null(machine_file_fact(&machine, "cpu_model"));
    assert_int_equal(machine.warning_count, 1);
    assert_string_equal(machine.warnings[0], "");
    assert_int_equal(machine.node_count, 2);
    assert_int_equal(machine.nodes[1].node, 5);
    assert_int_equal(machine.nodes[1].distances[0], 10);
    assert_true(machine.nodes[1].distances[1] == NONE_U64);
    assert_true(machine.nodes[0].distances[1] == NONE_U64);
    remove(path);
    machine_file_free(&machine);
}

static void malformed_machine_json_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"{}",                                       "schema_version is not 1"            },
        {"{\"schema_version\": 2}",                  "schema_version is not 1"            },
        {"{\"schema_version\": 1, \"nodes\": [7]}",  "'nodes' is not a list of NUMA nodes"},
        {"{\"schema_version\": 1, \"nodes\": [{}]}", "not a list of NUMA nodes"           },
        {"{\"schema_version\": 1,",                  "line 1"                             },
        {"[]",                                       "not an object"                      },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char path[PATH_BYTES];
        struct machine_file machine;
        struct error error = {0};
        write_text(scratch_path("bad.json", path), cases[i].text);
        assert_false(machine_file_read(&machine, path, &error));
        assert_non_null(strstr(error.text, cases[i].sentence));
        machine_file_free(&machine);
        remove(path);
    }
}

static void the_command_line_is_that_of_the_run(void **state) {
    (void)state;
    char text[64];
    char *words[] = {"--rounds", "12"};
    struct machine_file machine = {.settings = {.command = "latency"}};
    assert_string_equal(machine_file_command_line(&machine, text, sizeof text),
                        "numaprobe latency");
    machine.settings.arguments = words;
    machine.settings.argument_count = 2;
    assert_string_equal(machine_file_command_line(&machine, text, sizeof text),
                        "numaprobe latency --rounds 12");
    assert_string_equal(machine_file_command_line(&machine, text, 28),
                        "numaprobe latency --rounds");
    machine.settings = (struct machine_settings){.command = ""};
    assert_string_equal(machine_file_command_line(&machine, text, sizeof text), "numaprobe");
}

// ---- comparing ----------------------------------------------------------------------------------

static void note(const char *what, const char *then, const char *now, void *context) {
    char *notes = context;
    size_t used = strlen(notes);
    snprintf(notes + used, LINE_BYTES - used, "%s %s|%s;", what, then ? then : "none",
             now ? now : "none");
}

static void what_a_resumed_run_must_keep_is_named_where_it_differs(void **state) {
    (void)state;
    char notes[LINE_BYTES] = "";
    struct machine_file then, now;
    make_machine(&then, false);
    make_machine(&now, false);
    fields_compare_kept(&machine_shape, &then, &now, note, notes);
    assert_string_equal(notes, "");
    now.settings.rounds = NONE_U64;
    then.settings.rounds = 7;
    now.nodes[1].has_memory = false;
    now.nodes[1].memory_bytes++; // may differ
    free(now.settings.cells[1]);
    now.settings.cells[1] = base_copy_text("another");
    free(then.settings.cells[1]);
    then.settings.cells[1] = base_copy_text("one");
    fields_compare_kept(&machine_shape, &then, &now, note, notes);
    assert_string_equal(notes, "rounds 7|none;cells of the plan, number 2, one|another;"
                               "nodes, number 2, has_memory, yes|no;");
    notes[0] = '\0';
    free(now.facts[0].name);
    free(then.facts[0].name);
    now.facts[0].name = base_copy_text("cpu_model");
    then.facts[0].name = base_copy_text("cpu_model");
    now.facts[0].available = false;
    now.nodes[1].has_memory = true;
    now.settings.rounds = 7;
    now.settings.cell_count--;
    fields_compare_kept(&machine_shape, &then, &now, note, notes);
    assert_string_equal(notes, "cells of the plan 2|1;CPU 12|none;");
    now.settings.cell_count++;
    machine_file_free(&then);
    machine_file_free(&now);
}

static bool reads_nodes(size_t count) {
    char path[PATH_BYTES];
    struct machine_file machine;
    struct error error;
    FILE *file = fopen(scratch_path("nodes.json", path), "wb");
    assert_non_null(file);
    fprintf(file, "{\"schema_version\": %d, \"nodes\": [", SCHEMA_VERSION);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%s{\"node\": %zu}", i ? ", " : "", i);
    fprintf(file, "]}\n");
    assert_int_equal(fclose(file), 0);
    bool read = machine_file_read(&machine, path, &error);
    assert_true(read || strstr(error.text, "'nodes' is not a list of NUMA nodes"));
    machine_file_free(&machine);
    remove(path);
    return read;
}

// Each has a distance to every other, so their square would take all memory.
static void more_nodes_than_any_machine_has_are_refused(void **state) {
    (void)state;
    assert_true(reads_nodes(1024));
    assert_false(reads_nodes(4097));
}

static void check_called(const char *path, const struct field *field, void *context) {
    (void)context;
    bool in_list = strstr(path, "[].") != NULL; // named by the list and the field
    if (!field->what && (field->compared != FIELD_FREE || (field->kept && !in_list)))
        fail_msg("%s can differ, and has no name for it", path);
}

static void what_can_differ_has_a_name_for_it(void **state) {
    (void)state;
    fields_each(&machine_shape, check_called, NULL);
}

// ---- documenting --------------------------------------------------------------------------------

struct table {
    char lines[FILE_BYTES_MAX];
    size_t used;
};

static void add_line(const char *path, const struct field *field, void *context) {
    static const char *const compared[] = {
        [FIELD_FREE] = "", [FIELD_NAMED] = "named", [FIELD_REFUSES] = "refused"};
    struct table *table = context;
    table->used += (size_t)snprintf(table->lines + table->used, FILE_BYTES_MAX - table->used,
                                    "| `%s` | %s | %s | %s |\n", path,
                                    field->meaning ? field->meaning : field->what,
                                    compared[field->compared], field->kept ? "refused" : "");
}

static void docs_files_md_has_the_table_of_machine_json(void **state) {
    (void)state;
    struct table *table = base_allocate(1, sizeof *table);
    fields_each(&machine_shape, add_line, table);
    char *document = read_text("../docs/files.md");
    size_t kept = 0;
    for (const char *at = document; *at; at++)
        if (*at != '\r')
            document[kept++] = *at;
    document[kept] = '\0';
    if (!strstr(document, table->lines)) {
        puts(table->lines);
        fail_msg("docs/files.md has another table of machine.json than this");
    }
    free(document);
    free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_and_written_the_same),
        cmocka_unit_test(what_a_file_does_not_have_is_absent),
        cmocka_unit_test(malformed_machine_json_is_refused),
        cmocka_unit_test(the_command_line_is_that_of_the_run),
        cmocka_unit_test(what_a_resumed_run_must_keep_is_named_where_it_differs),
        cmocka_unit_test(what_can_differ_has_a_name_for_it),
        cmocka_unit_test(more_nodes_than_any_machine_has_are_refused),
        cmocka_unit_test(docs_files_md_has_the_table_of_machine_json),
    };
    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
