// SPDX-License-Identifier: Apache-2.0
// putenv in glibc's headers under -std=c11: feature_test_macros(7).
#define _XOPEN_SOURCE 700

#include "load_topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#ifndef TESTS_DIRECTORY
#define TESTS_DIRECTORY "tests"
#endif

// putenv keeps the text it is given, and setenv does not exist everywhere. hwloc takes an empty
// variable for none, but for HWLOC_THISSYSTEM.
static void set_variable(char *kept, size_t kept_bytes, const char *name, const char *value) {
    snprintf(kept, kept_bytes, "%s=%s", name, value ? value : "");
    assert_int_equal(putenv(kept), 0);
}

void choose_topology(const char *description, const char *file, enum load_as as) {
    static char synthetic[512], xml_file[512], this_system[32];
    set_variable(synthetic, sizeof synthetic, "HWLOC_SYNTHETIC", description);
    set_variable(xml_file, sizeof xml_file, "HWLOC_XMLFILE", file);
    if (this_system[0] || as == LOAD_AS_THIS_SYSTEM)
        set_variable(this_system, sizeof this_system, "HWLOC_THISSYSTEM",
                     as == LOAD_AS_THIS_SYSTEM ? "1" : "0");
}

static void load(struct topology *topology) {
    struct error error;
    if (!topology_load(topology, &error))
        fail_msg("%s", error.text);
}

void load_description(struct topology *topology, const char *description, enum load_as as) {
    choose_topology(description, NULL, as);
    load(topology);
}

const char *topology_path(const char *name) {
    static char path[384];
    snprintf(path, sizeof path, "%s/topologies/%s", TESTS_DIRECTORY, name);
    return path;
}

void load_file(struct topology *topology, const char *name, enum load_as as) {
    choose_topology(NULL, topology_path(name), as);
    load(topology);
}

void assert_set(const struct id_set *set, const char *text) {
    char found[256];
    assert_string_equal(id_set_format(set, found, sizeof found), text);
}
