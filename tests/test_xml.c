// SPDX-License-Identifier: Apache-2.0
// Topologies in files of others, some of which hwloc cannot bear: what is asked before it is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_os.h"
#include "load_topology.h"

enum { XML_BYTES = 1 << 16 };

// A good file with one of its words replaced; "": as it is.
static const char *changed_file(const char *word, const char *replacement) {
    static char path[512], text[XML_BYTES];
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    FILE *file = fopen(topology_path("two-kinds.xml"), "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *at = strstr(text, word);
    assert_non_null(at);
    snprintf(path, sizeof path, "%s/test_xml.xml", directory ? directory : ".");
    file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(word));
    assert_int_equal(fclose(file), 0);
    return path;
}

static bool loads(const char *path, struct error *error) {
    struct topology topology;
    *error = (struct error){0};
    choose_topology(NULL, NULL, LOAD_AS_OTHER_SYSTEM);
    bool loaded = topology_load_file(&topology, path, error);
    assert_true(loaded || !topology.hwloc);
    topology_free(&topology);
    return loaded;
}

static void a_file_that_a_child_did_not_survive_is_refused_with_its_name(void **state) {
    (void)state;
    struct error error;
    const char *path = changed_file("", "");
    fake_os_reset(1, 1);
    assert_true(loads(path, &error));
    error_set(&fake_os.try_error, ERROR_KIND_FAILED, 0, "a child process that tried it crashed");
    assert_false(loads(path, &error));
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, "hwloc cannot read"));
    assert_non_null(strstr(error.text, "(a child process that tried it crashed)"));
}

static void where_no_child_can_try_it_each_good_file_is_read(void **state) {
    (void)state;
    static const char *const good[] = {
        "cache-without-size.xml",  "cpus-without-memory.xml", "favoured-cores.xml",
        "memory-beside-node.xml",  "memory-side-caches.xml",  "memory-without-cpus.xml",
        "node-without-memory.xml", "restricted.xml",          "two-kinds.xml"};
    struct error error;
    fake_os_reset(1, 1);
    error_set(&fake_os.try_error, ERROR_KIND_UNAVAILABLE, 0, "no such child");
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (!loads(topology_path(good[i]), &error))
            fail_msg("%s", error.text);
    assert_true(
        loads(changed_file("<object type=\"Core\"", "<object type=\"Misc\" gp_index=\"99\"/>"
                                                    "<object type=\"Core\""),
              &error));
}

static void without_a_child_process_the_xml_must_be_complete(void **state) {
    (void)state;
    static const struct {
        const char *word, *replacement;
    } damages[] = {
        {" cpuset=\"0x00000001\"",           ""                                   },
        {" complete_cpuset=\"0x00000001\"",  ""                                   },
        {" nodeset=\"0x00000001\"",          " nodeset=\"\""                      },
        {" complete_nodeset=\"0x00000001\"", " complete_nodeset=\"0xf...f\""      },
        {"type=\"PU\" os_index=\"0\"",       "type=\"PU\""                        },
        {"type=\"PU\" os_index=\"0\"",       "type=\"PU\" os_index=\"1234567890\""},
        {"type=\"NUMANode\" os_index=\"0\"", "type=\"NUMANode\""                  },
        {"<object type=\"Package\"",         "<object kind=\"Package\""           },
        {"0x00000001\" gp_index=\"11\"/>",   "0x0/>"                              },
        {"gp_index=\"11\"/>",                "gp_index=\"11\""                    },
    };
    struct error error;
    fake_os_reset(1, 1);
    error_set(&fake_os.try_error, ERROR_KIND_UNAVAILABLE, 0, "no such child");
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        assert_false(loads(changed_file(damages[i].word, damages[i].replacement), &error));
        if (!strstr(error.text, "(line "))
            fail_msg("'%s' for '%s': %s", damages[i].replacement, damages[i].word, error.text);
    }
    assert_false(loads(topology_path("crashes-hwloc.xml"), &error));
    assert_non_null(strstr(error.text, "(line 6: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_a_child_did_not_survive_is_refused_with_its_name),
        cmocka_unit_test(where_no_child_can_try_it_each_good_file_is_read),
        cmocka_unit_test(without_a_child_process_the_xml_must_be_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
