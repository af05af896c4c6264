// SPDX-License-Identifier: Apache-2.0
// The room topology: machines that hwloc is told to see, and what a simulated system says of them.
#include <math.h>
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
#include "topology/cross_check.h"

#define TWO_NODES "pack:2 [numa(memory=1073741824)] core:2 pu:1"

static const struct topology_node *node(const struct topology *topology, uint32_t id) {
    const struct topology_node *found = topology_node(topology, id);
    assert_non_null(found);
    return found;
}

static const struct topology_cpu *cpu(const struct topology *topology, uint32_t id) {
    const struct topology_cpu *found = topology_cpu(topology, id);
    assert_non_null(found);
    return found;
}

static void assert_picks(const struct topology *topology, uint32_t node_id, size_t count,
                         const char *expected) {
    struct id_set picked;
    topology_pick_cpus(topology, node_id, count, &picked);
    assert_set(&picked, expected);
    id_set_free(&picked);
}

static uint64_t llc_bytes(const struct topology *topology, const char *list) {
    struct id_set cpus;
    struct error error;
    assert_true(id_set_parse(&cpus, list, &error));
    uint64_t bytes = topology_llc_bytes(topology, &cpus);
    id_set_free(&cpus);
    return bytes;
}

// ---- the snapshot -------------------------------------------------------------------------------

// First of all tests: once HWLOC_THISSYSTEM is set, hwloc does not say any more whom it read.
static void a_missing_file_is_an_error_and_never_this_machine(void **state) {
    (void)state;
    fake_os_reset(1, 1);
    struct topology topology;
    struct error error = {0};
    choose_topology(NULL, "no such file.xml", LOAD_AS_OTHER_SYSTEM);
    assert_false(topology_load(&topology, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "no such file.xml"));
    choose_topology("rubbish", NULL, LOAD_AS_OTHER_SYSTEM);
    assert_false(topology_load(&topology, &error));
    assert_non_null(strstr(error.text, "rubbish"));
}

static void xml_of_a_newer_hwloc_is_refused_with_its_version(void **state) {
    (void)state;
    struct topology topology;
    struct error error = {0};
    choose_topology(NULL, NULL, LOAD_AS_OTHER_SYSTEM);
    assert_false(topology_load_file(&topology, topology_path("version-99.xml"), &error));
    assert_non_null(strstr(error.text, "version 99.1 of hwloc's XML"));
    choose_topology(NULL, topology_path("version-99.xml"), LOAD_AS_OTHER_SYSTEM);
    assert_false(topology_load(&topology, &error));
    assert_non_null(strstr(error.text, "version 99.1 of hwloc's XML"));
    assert_non_null(strstr(error.text, "lstopo --export-xml-flags v"));
}

static void a_damaged_topology_is_not_called_a_newer_one(void **state) {
    (void)state;
    struct topology topology;
    struct error error = {0};
    choose_topology(NULL, NULL, LOAD_AS_OTHER_SYSTEM);
    assert_false(topology_load_file(&topology, topology_path("rubbish.xml"), &error));
    assert_non_null(strstr(error.text, "hwloc cannot read the topology"));
}

static void a_machine_that_crashes_hwloc_is_refused_first(void **state) {
    (void)state;
    fake_os_reset(1, 1);
    struct topology topology;
    struct error error = {0};
    error_set(&fake_os.topology_error, ERROR_KIND_REFUSED, 0, "the directory of nodes is empty");
    choose_topology(NULL, NULL, LOAD_AS_OTHER_SYSTEM);
    assert_false(topology_load(&topology, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_string_equal(error.text, "the directory of nodes is empty");
    assert_null(topology.hwloc);
    // Another machine is read from its file, whatever is missing here.
    load_description(&topology, TWO_NODES, LOAD_AS_OTHER_SYSTEM);
    topology_free(&topology);
}

static void one_node_holds_all_cpus_and_memory(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "node:1(memory=1073741824) core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 1);
    const struct topology_node *only = node(&topology, 0);
    assert_set(&only->cpus, "0-1");
    assert_int_equal(only->memory_bytes, GIB);
    assert_true(only->has_cpus && only->allowed && only->known_to_hwloc);
    assert_int_equal(topology.cpu_count, 2);
    assert_int_equal(cpu(&topology, 1)->node, 0);
    assert_int_equal(cpu(&topology, 1)->package, NONE_U32);
    assert_true(cpu(&topology, 1)->allowed);
    assert_false(topology.is_this_system);
    assert_null(topology_node(&topology, 1));
    assert_null(topology_cpu(&topology, 2));
    topology_free(&topology);
}

static void two_packages_have_a_node_each(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, TWO_NODES, LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 2);
    assert_set(&node(&topology, 0)->cpus, "0-1");
    assert_set(&node(&topology, 1)->cpus, "2-3");
    assert_int_equal(cpu(&topology, 1)->package, 0);
    assert_int_equal(cpu(&topology, 2)->package, 1);
    assert_int_equal(cpu(&topology, 2)->node, 1);
    topology_free(&topology);
}

// Rows from nodes 0 and `other`, each to node 0, in the file of hwloc.
static bool write_measured_from(uint32_t other, struct error *error) {
    struct topology_measured_value values[] = {
        {0,     0, 80,  1e10},
        {other, 0, 120, 1e10},
        {0,     0, 80,  1e10}
    };
    const struct topology_measured measured = {values, COUNT_OF(values)};
    FILE *stream = tmpfile();
    assert_non_null(stream);
    bool written =
        topology_write_measured(topology_path("memory-beside-node.xml"), &measured, stream, error);
    fclose(stream);
    return written;
}

static void results_of_nodes_with_the_same_cpus_are_not_put_into_one_place_of_hwloc(void **state) {
    (void)state;
    struct error error = {0};
    assert_true(write_measured_from(0, &error));
    assert_true(write_measured_from(1, &error));
    assert_false(write_measured_from(2, &error));
    assert_non_null(strstr(error.text, "does not separate the CPUs of nodes 2 and 0"));
}

static void packages_of_two_nodes_keep_them_apart(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "pack:2 die:2 [numa] core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 4);
    for (uint32_t id = 0; id < 8; id++) {
        assert_int_equal(cpu(&topology, id)->node, id / 2);
        assert_int_equal(cpu(&topology, id)->package, id / 4);
    }
    topology_free(&topology);
}

static void a_cpu_belongs_to_the_node_with_the_fewest_cpus_around_it(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "[numa] pack:2 [numa] core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 3);
    assert_set(&node(&topology, 2)->cpus, "0-3");
    assert_false(node(&topology, 2)->has_cpus);
    assert_int_equal(cpu(&topology, 0)->node, 0);
    assert_int_equal(cpu(&topology, 3)->node, 1);
    topology_free(&topology);
}

static void of_two_nodes_around_the_same_cpus_the_lower_owns_them(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "pack:2 [numa(indexes=5,2,4,3)] [numa] core:1 pu:1",
                     LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 4);
    for (size_t i = 0; i < topology.cpu_count; i++) {
        uint32_t own = topology.cpus[i].node;
        for (size_t n = 0; n < topology.node_count; n++)
            if (id_set_contains(&topology.nodes[n].cpus, topology.cpus[i].id))
                assert_true(own <= topology.nodes[n].id);
    }
    topology_free(&topology);
}

static void memory_attached_to_a_node_has_no_cpus(void **state) {
    (void)state;
    struct topology topology;
    load_file(&topology, "memory-beside-node.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 3);
    assert_int_equal(topology.nodes[1].id, 1);
    assert_set(&node(&topology, 2)->cpus, "0-1");
    assert_false(node(&topology, 2)->has_cpus);
    assert_true(node(&topology, 0)->has_cpus);
    assert_int_equal(node(&topology, 2)->memory_bytes, 16 * GIB);
    topology_free(&topology);
}

static void caches_between_a_node_and_the_cpus_count_to_the_node(void **state) {
    (void)state;
    struct topology topology;
    load_file(&topology, "memory-side-caches.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(node(&topology, 0)->memory_cache_bytes, 80 * GIB); // 64 behind 16
    assert_int_equal(node(&topology, 1)->memory_cache_bytes, 0);
    assert_int_equal(topology.cache_count, 0);
    assert_set(&node(&topology, 0)->cpus, "0-1");
    assert_int_equal(cpu(&topology, 1)->node, 0);
    topology_free(&topology);
}

static void assert_averaging(const char *description, uint32_t expected_node,
                             size_t expected_packages) {
    struct topology topology;
    size_t packages = 0;
    load_description(&topology, description, LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology_averaging_node(&topology, &packages), expected_node);
    assert_int_equal(packages, expected_packages);
    topology_free(&topology);
}

static void a_node_of_several_packages_averages_over_them(void **state) {
    (void)state;
    assert_averaging("node:1 pack:2 core:4 pu:1", 0, 2);
    assert_averaging("node:2 pack:2 core:1 pu:2", 0, 2);
}

static void a_node_of_one_package_or_of_packages_of_one_cpu_averages_nothing(void **state) {
    (void)state;
    assert_averaging("node:1 core:4 pu:1", NONE_U32, 0);
    assert_averaging("node:1 pack:1 core:4 pu:1", NONE_U32, 0);
    assert_averaging("node:1 pack:8 core:1 pu:1", NONE_U32, 0);
    assert_averaging("pack:2 [numa] core:2 pu:1", NONE_U32, 0);
    assert_averaging("[numa] pack:2 [numa] core:2 pu:1", NONE_U32, 0); // CXL around both
}

static void numbers_with_gaps_stay_the_systems_own(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "node:2(indexes=7,3) core:2 pu:1(indexes=130,64,65,0)",
                     LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.nodes[0].id, 3);
    assert_int_equal(topology.nodes[1].id, 7);
    assert_set(&node(&topology, 7)->cpus, "64,130");
    assert_set(&node(&topology, 3)->cpus, "0,65");
    assert_int_equal(cpu(&topology, 130)->node, 7);
    assert_int_equal(cpu(&topology, 64)->node, 7);
    assert_int_equal(cpu(&topology, 65)->node, 3);
    assert_int_equal(cpu(&topology, 0)->node, 3);
    assert_null(topology_node(&topology, 0));
    assert_picks(&topology, 7, 2, "64,130");
    topology_free(&topology);
}

// ---- picking ------------------------------------------------------------------------------------

static void each_core_gives_one_cpu_before_any_gives_two(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "node:1 core:3 pu:2", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology_core_count(&topology, 0), 3);
    assert_picks(&topology, 0, 1, "0");
    assert_picks(&topology, 0, 3, "0,2,4");
    assert_picks(&topology, 0, 4, "0-2,4");
    assert_picks(&topology, 0, 9, "0-5");
    topology_free(&topology);
    load_description(&topology, "node:1 core:3 pu:2(indexes=0,3,1,4,2,5)", LOAD_AS_OTHER_SYSTEM);
    assert_picks(&topology, 0, 3, "0-2");
    assert_picks(&topology, 0, 5, "0-4");
    topology_free(&topology);
}

static void cores_are_distinguished_across_nodes(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "pack:2 [numa] core:2 pu:2", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology_core_count(&topology, 1), 2);
    assert_picks(&topology, 1, 2, "4,6");
    assert_picks(&topology, 7, 2, "");
    topology_free(&topology);
}

static void only_allowed_cpus_are_picked(void **state) {
    (void)state;
    fake_os_reset(1, 6);
    fake_os_cpu(0)->forbidden = true;
    fake_os_cpu(2)->forbidden = true;
    fake_os_cpu(3)->forbidden = true;
    struct topology topology;
    load_description(&topology, "node:1 core:3 pu:2", LOAD_AS_THIS_SYSTEM);
    assert_true(topology.is_this_system);
    assert_int_equal(topology_core_count(&topology, 0), 2);
    assert_picks(&topology, 0, 2, "1,4");
    assert_picks(&topology, 0, 6, "1,4-5");
    topology_free(&topology);
}

static void threads_are_put_on_the_fastest_kind_of_a_node(void **state) {
    (void)state;
    struct topology topology;
    struct id_set slower;
    load_file(&topology, "two-kinds.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.kind_count, 2); // of three: one design at two clocks is one kind
    assert_string_equal(topology.kinds[0].core_type, "IntelAtom");
    assert_set(&topology.kinds[0].cpus, "4-7");
    assert_string_equal(topology.kinds[1].core_type, "IntelCore");
    assert_set(&topology.kinds[1].cpus, "0-3");
    assert_int_equal(topology_core_count(&topology, 0), 2);
    assert_int_equal(topology_cpu_count(&topology, 0), 4);
    assert_picks(&topology, 0, 2, "0,2");
    assert_picks(&topology, 0, 9, "0-3");
    assert_true(topology_has_siblings(&topology));
    topology_slower_cpus(&topology, &slower);
    assert_set(&slower, "4-7");
    id_set_free(&slower);
    topology.takes_all_kinds = true;
    assert_picks(&topology, 0, 9, "0-7");
    assert_int_equal(topology_core_count(&topology, 0), 6);
    topology_slower_cpus(&topology, &slower);
    assert_int_equal(slower.count, 0);
    topology_free(&topology);
}

static void where_the_fastest_kind_is_forbidden_the_next_one_serves(void **state) {
    (void)state;
    struct topology topology;
    fake_os_reset(1, 8);
    for (uint32_t id = 0; id < 4; id++)
        fake_os_cpu(id)->forbidden = true;
    load_file(&topology, "two-kinds.xml", LOAD_AS_THIS_SYSTEM);
    assert_picks(&topology, 0, 9, "4-7");
    assert_false(topology_has_siblings(&topology));
    topology_free(&topology);
}

static void cores_that_differ_only_in_clock_are_one_kind(void **state) {
    (void)state;
    struct topology topology;
    load_file(&topology, "favoured-cores.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.kind_count, 0);
    assert_int_equal(cpu(&topology, 3)->rank, NONE_U32);
    assert_picks(&topology, 0, 9, "0-3");
    topology_free(&topology);
    load_description(&topology, TWO_NODES, LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.kind_count, 0);
    topology_free(&topology);
}

static void each_last_level_cache_counts_once(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "pack:2 [numa] l3:2(size=4194304) l2:2(size=1048576) core:1 pu:2",
                     LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(llc_bytes(&topology, "0"), 4 * MIB);
    assert_int_equal(llc_bytes(&topology, "0-3"), 4 * MIB);
    assert_int_equal(llc_bytes(&topology, "0,4"), 8 * MIB);
    assert_int_equal(llc_bytes(&topology, "0-15"), 16 * MIB);
    assert_int_equal(llc_bytes(&topology, "999"), 0);
    assert_int_equal(llc_bytes(&topology, ""), 0);
    topology_free(&topology);
    load_description(&topology, "node:1 l2:2(size=1048576) core:1 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(llc_bytes(&topology, "0-1"), 2 * MIB);
    topology_free(&topology);
    load_description(&topology, "node:1 core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(llc_bytes(&topology, "0-1"), 0);
    topology_free(&topology);
}

static void a_cache_of_unknown_size_is_ignored(void **state) {
    (void)state;
    struct topology topology;
    load_file(&topology, "cache-without-size.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.cache_count, 2);
    assert_int_equal(topology.caches[0].level, 2);
    assert_int_equal(topology.caches[1].level, 2);
    assert_int_equal(llc_bytes(&topology, "0-1"), 2 * MIB);
    assert_int_equal(topology_pair_class(cpu(&topology, 0), cpu(&topology, 1)), PAIR_NODE);
    topology_free(&topology);
}

// ---- distances ----------------------------------------------------------------------------------

static void distances_go_by_the_systems_numbers(void **state) {
    (void)state;
    struct topology topology;
    load_file(&topology, "memory-beside-node.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology_distance(&topology, 0, 0), 10);
    assert_int_equal(topology_distance(&topology, 0, 1), 21);
    assert_int_equal(topology_distance(&topology, 1, 0), 20);
    assert_int_equal(topology_distance(&topology, 0, 2), 24);
    assert_int_equal(topology_distance(&topology, 1, 2), 34);
    assert_int_equal(topology_distance(&topology, 1, 3), NONE_U64);
    topology_free(&topology);
    load_description(&topology, TWO_NODES, LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology_distance(&topology, 0, 1), NONE_U64);
    topology_free(&topology);
}

// ---- what only the running system knows ---------------------------------------------------------

static void cpus_without_memory_get_their_node_from_the_system(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os.nodes[1].total_bytes = 0;
    struct topology topology;
    load_file(&topology, "cpus-without-memory.xml", LOAD_AS_THIS_SYSTEM);
    assert_int_equal(topology.node_count, 2);
    assert_set(&node(&topology, 1)->cpus, "2-3");
    assert_true(node(&topology, 1)->has_cpus);
    assert_false(node(&topology, 1)->known_to_hwloc);
    assert_int_equal(node(&topology, 1)->memory_bytes, 0);
    assert_int_equal(cpu(&topology, 3)->node, 1);
    assert_picks(&topology, 1, 2, "2-3");
    assert_int_equal(topology_distance(&topology, 0, 1), NONE_U64);
    topology_free(&topology);
}

static void another_machine_is_not_completed_from_this_one(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_cpu(0)->forbidden = true;
    struct topology topology;
    load_file(&topology, "cpus-without-memory.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 1);
    assert_int_equal(cpu(&topology, 2)->node, NONE_U32);
    assert_true(cpu(&topology, 0)->allowed);
    topology_free(&topology);
}

static void affinity_forbids_cpus(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_cpu(1)->forbidden = true;
    struct topology topology;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_true(cpu(&topology, 0)->allowed);
    assert_false(cpu(&topology, 1)->allowed);
    topology_free(&topology);
    fake_os.allowed_unavailable = true;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_true(cpu(&topology, 1)->allowed);
    topology_free(&topology);
}

static void a_cgroup_forbids_cpus_and_nodes_but_hides_none(void **state) {
    (void)state;
    struct topology topology;
    load_file(&topology, "restricted.xml", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.node_count, 2);
    assert_int_equal(topology.cpu_count, 4);
    assert_false(node(&topology, 0)->allowed);
    assert_true(node(&topology, 1)->allowed);
    assert_true(cpu(&topology, 1)->allowed);
    assert_false(cpu(&topology, 2)->allowed);
    topology_free(&topology);
}

static void zero_bytes_mean_no_memory_only_if_another_node_has_some(void **state) {
    (void)state;
    struct topology topology;
    load_file(&topology, "node-without-memory.xml", LOAD_AS_OTHER_SYSTEM);
    assert_true(node(&topology, 0)->has_memory);
    assert_false(node(&topology, 1)->has_memory);
    assert_true(node(&topology, 2)->has_memory);
    topology_free(&topology);
    load_description(&topology, "node:2(memory=0) core:1 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_true(node(&topology, 0)->has_memory);
    assert_true(node(&topology, 1)->has_memory);
    topology_free(&topology);
}

static void a_node_that_hwloc_has_empty_may_have_memory_that_cannot_be_read(void **state) {
    (void)state;
    struct topology topology;
    fake_os_reset(3, 2);
    load_file(&topology, "node-without-memory.xml", LOAD_AS_THIS_SYSTEM);
    assert_true(node(&topology, 1)->has_memory); // the system says that it has some
    topology_free(&topology);
    fake_os.nodes[1].total_bytes = 0;
    load_file(&topology, "node-without-memory.xml", LOAD_AS_THIS_SYSTEM);
    assert_false(node(&topology, 1)->has_memory);
    topology_free(&topology);
    fake_os.nodes[1].id = 99; // and now it does not say
    load_file(&topology, "node-without-memory.xml", LOAD_AS_THIS_SYSTEM);
    assert_true(node(&topology, 1)->has_memory);
    topology_free(&topology);
    fake_os_reset(1, 1);
}

// ---- export -------------------------------------------------------------------------------------

static void export_to(const struct topology *topology, const char *path) {
    struct error error = {0};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(topology_export(topology, file, &error));
    assert_int_equal(fclose(file), 0);
}

static void the_export_can_be_loaded_again(void **state) {
    (void)state;
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    char path[384];
    snprintf(path, sizeof path, "%s/test_topology_export.xml", directory ? directory : ".");
    struct topology first, second;
    struct error error;
    load_file(&first, "memory-beside-node.xml", LOAD_AS_OTHER_SYSTEM);
    export_to(&first, path);
    choose_topology(NULL, path, LOAD_AS_OTHER_SYSTEM);
    assert_true(topology_load(&second, &error));
    assert_int_equal(remove(path), 0);
    assert_int_equal(second.node_count, first.node_count);
    assert_int_equal(second.cpu_count, first.cpu_count);
    assert_int_equal(second.cache_count, first.cache_count);
    for (size_t i = 0; i < first.node_count * first.node_count; i++)
        assert_int_equal(second.distances[i], first.distances[i]);
    for (size_t i = 0; i < first.cpu_count; i++)
        assert_memory_equal(&second.cpus[i], &first.cpus[i], sizeof first.cpus[i]);
    topology_free(&first);
    topology_free(&second);
}

static void the_export_contains_no_serial_numbers(void **state) {
    (void)state;
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    char path[384], text[16384];
    snprintf(path, sizeof path, "%s/no-serials.xml", directory ? directory : ".");
    struct topology topology;
    load_file(&topology, "cpus-without-memory.xml", LOAD_AS_OTHER_SYSTEM);
    export_to(&topology, path);
    topology_free(&topology);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    remove(path);
    assert_non_null(strstr(text, "Model 7"));
    assert_null(strstr(text, "S3CR3T"));
}

// As hwloc has nodes that cut across packages: both on the machine, around all CPUs.
#define ACROSS "[numa(memory=1073741824)] [numa(memory=1073741824)] pack:2 core:2 pu:1"

static void values_of_two_nodes_that_are_one_initiator_are_not_exported(void **state) {
    (void)state;
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    char path[384];
    snprintf(path, sizeof path, "%s/across.xml", directory ? directory : ".");
    struct topology topology;
    struct error error = {0};
    load_description(&topology, ACROSS, LOAD_AS_OTHER_SYSTEM);
    export_to(&topology, path);
    topology_free(&topology);
    struct topology_measured_value values[] = {
        {.cpu_node = 0, .mem_node = 0, .latency_ns = 80,  .bandwidth_bytes_per_s = NAN},
        {.cpu_node = 0, .mem_node = 1, .latency_ns = 130, .bandwidth_bytes_per_s = NAN},
        {.cpu_node = 1, .mem_node = 0, .latency_ns = 140, .bandwidth_bytes_per_s = NAN},
    };
    const struct topology_measured two = {values, 3}, one = {values, 2};
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(topology_write_measured(path, &one, file, &error));
    assert_false(topology_write_measured(path, &two, file, &error));
    assert_non_null(strstr(error.text, "CPUs of nodes 1 and 0"));
    fclose(file);
    remove(path);
}

// ---- the cross-check ----------------------------------------------------------------------------

// A machine of two nodes with two CPUs each, and the findings about it.
struct checked {
    struct topology topology;
    struct cross_check check;
};

static void run_check(struct checked *checked) {
    load_description(&checked->topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    cross_check_run(&checked->topology, &checked->check);
}

static void free_check(struct checked *checked) {
    cross_check_free(&checked->check);
    topology_free(&checked->topology);
}

static void assert_summary(const struct checked *checked, enum cross_witness witness, size_t agree,
                           size_t mismatch, size_t not_comparable) {
    const struct cross_summary *summary = &checked->check.witnesses[witness];
    assert_int_equal(summary->agree, agree);
    assert_int_equal(summary->mismatch, mismatch);
    assert_int_equal(summary->not_comparable, not_comparable);
    assert_int_equal(summary->reason[0] != '\0', not_comparable > 0);
}

// Only that CPU is refused, with both answers and the name of the witness.
static void assert_only_refused(const struct checked *checked, uint32_t refused, const char *ours,
                                const char *theirs, const char *source) {
    struct error error = {0};
    for (uint32_t id = 0; id < 4; id++)
        if (id != refused)
            assert_true(cross_check_cpu_usable(&checked->check, id, &error));
    assert_false(cross_check_cpu_usable(&checked->check, refused, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    char name[32];
    snprintf(name, sizeof name, "CPU %u ", refused);
    assert_non_null(strstr(error.text, name));
    assert_non_null(strstr(error.text, ours));
    assert_non_null(strstr(error.text, theirs));
    assert_non_null(strstr(error.text, source));
}

static void an_honest_system_agrees_about_every_cpu(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    struct checked checked;
    struct error error;
    run_check(&checked);
    assert_summary(&checked, CROSS_TABLE, 4, 0, 0);
    assert_summary(&checked, CROSS_PLACE, 4, 0, 0);
    assert_string_equal(checked.check.witnesses[CROSS_TABLE].source, os_node_of_cpu_source);
    assert_string_equal(checked.check.witnesses[CROSS_PLACE].source, os_current_place_source);
    assert_int_equal(checked.check.cpus[3].cpu, 3);
    assert_int_equal(checked.check.cpus[3].node, 1);
    assert_int_equal(checked.check.cpus[3].os_node[CROSS_TABLE], 1);
    assert_int_equal(checked.check.cpus[3].os_node[CROSS_PLACE], 1);
    for (uint32_t id = 0; id < 4; id++)
        assert_true(cross_check_cpu_usable(&checked.check, id, &error));
    assert_true(cross_check_node_usable(&checked.check, 1, &error));
    assert_string_equal(checked.check.nodes_reason, "");
    free_check(&checked);
}

static void one_wrong_line_in_the_table_refuses_that_cpu_only(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_cpu(2)->table_node = 0;
    struct checked checked;
    run_check(&checked);
    assert_summary(&checked, CROSS_TABLE, 3, 1, 0);
    assert_summary(&checked, CROSS_PLACE, 4, 0, 0);
    assert_int_equal(checked.check.cpus[2].verdict[CROSS_TABLE], CROSS_MISMATCH);
    assert_int_equal(checked.check.cpus[2].os_node[CROSS_TABLE], 0);
    assert_only_refused(&checked, 2, "node 1 for hwloc", "node 0 for", os_node_of_cpu_source);
    free_check(&checked);
}

static void one_thread_that_sees_another_node_refuses_that_cpu_only(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_cpu(1)->place_node = 1;
    struct checked checked;
    run_check(&checked);
    assert_summary(&checked, CROSS_TABLE, 4, 0, 0);
    assert_summary(&checked, CROSS_PLACE, 3, 1, 0);
    assert_only_refused(&checked, 1, "node 0 for hwloc", "node 1 for", os_current_place_source);
    free_check(&checked);
}

static void a_table_that_names_no_node_is_a_mismatch(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_cpu(3)->table_node = NONE_U32;
    struct checked checked;
    run_check(&checked);
    assert_summary(&checked, CROSS_TABLE, 3, 1, 0);
    assert_only_refused(&checked, 3, "node 1 for hwloc", "no node for", os_node_of_cpu_source);
    free_check(&checked);
}

static void what_cannot_be_asked_is_not_agreement(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os.table_unavailable = true;
    for (size_t i = 0; i < fake_os.cpu_count; i++)
        fake_os.cpus[i].place_node = NONE_U32; // as on Windows
    struct checked checked;
    struct error error;
    run_check(&checked);
    assert_summary(&checked, CROSS_TABLE, 0, 0, 4);
    assert_summary(&checked, CROSS_PLACE, 0, 0, 4);
    assert_non_null(strstr(checked.check.witnesses[CROSS_TABLE].reason, "the node of a CPU"));
    assert_non_null(strstr(checked.check.witnesses[CROSS_PLACE].reason, "names no node"));
    assert_int_equal(checked.check.cpus[0].verdict[CROSS_PLACE], CROSS_NOT_COMPARABLE);
    assert_int_equal(checked.check.cpus[0].os_node[CROSS_PLACE], NONE_U32);
    assert_true(cross_check_cpu_usable(&checked.check, 0, &error));
    free_check(&checked);
}

// Each way in which a thread cannot testify: forbidden, not startable, elsewhere.
static void a_missing_thread_gives_no_evidence(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_cpu(0)->forbidden = true;
    fake_os_cpu(1)->cannot_start = true;
    fake_os_cpu(2)->moves_to = 0;
    struct checked checked;
    run_check(&checked);
    assert_summary(&checked, CROSS_TABLE, 4, 0, 0);
    assert_summary(&checked, CROSS_PLACE, 1, 0, 3);
    assert_non_null(strstr(checked.check.witnesses[CROSS_PLACE].reason, "CPU 0 is not allowed"));
    assert_int_equal(checked.check.cpus[1].verdict[CROSS_PLACE], CROSS_NOT_COMPARABLE);
    assert_int_equal(checked.check.cpus[2].verdict[CROSS_PLACE], CROSS_NOT_COMPARABLE);
    assert_int_equal(checked.check.cpus[3].verdict[CROSS_PLACE], CROSS_AGREES);
    assert_int_equal(fake_os.threads_started, 2);
    free_check(&checked);
}

static void a_node_that_the_system_does_not_know_is_refused(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os.node_count = 1;
    struct checked checked;
    struct error error;
    run_check(&checked);
    assert_set(&checked.check.unknown_nodes, "1");
    assert_true(cross_check_node_usable(&checked.check, 0, &error));
    assert_false(cross_check_node_usable(&checked.check, 1, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "node 1"));
    free_check(&checked);
}

static void lists_of_nodes_that_cannot_be_compared_say_why(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os.nodes_unavailable = true;
    struct checked checked;
    struct error error;
    run_check(&checked);
    assert_int_equal(checked.check.unknown_nodes.count, 0);
    assert_non_null(strstr(checked.check.nodes_reason, "its nodes"));
    assert_true(cross_check_node_usable(&checked.check, 1, &error));
    free_check(&checked);
}

static void check_file(struct checked *checked, const char *name) {
    load_file(&checked->topology, name, LOAD_AS_THIS_SYSTEM);
    cross_check_run(&checked->topology, &checked->check);
}

// DRAM and HBM around CPUs 0-1: the table, and not the order of numbers, says which has the CPUs.
static void the_os_table_decides_between_nodes_of_the_same_cpus(void **state) {
    (void)state;
    for (uint32_t owner = 0; owner <= 2; owner += 2) {
        fake_os_reset(2, 2);
        fake_os_add_node(2);
        for (uint32_t id = 0; id < 2; id++)
            fake_os_cpu(id)->table_node = fake_os_cpu(id)->place_node = owner;
        struct checked checked;
        check_file(&checked, "memory-beside-node.xml");
        assert_int_equal(cpu(&checked.topology, 0)->node, owner);
        assert_int_equal(cpu(&checked.topology, 1)->node, owner);
        assert_true(node(&checked.topology, owner)->has_cpus);
        assert_false(node(&checked.topology, 2 - owner)->has_cpus);
        assert_set(&node(&checked.topology, 0)->cpus, "0-1");
        assert_set(&node(&checked.topology, 2)->cpus, "0-1");
        // hwloc and the table say the same of these CPUs: that is agreement.
        assert_summary(&checked, CROSS_TABLE, 4, 0, 0);
        assert_summary(&checked, CROSS_PLACE, 4, 0, 0);
        free_check(&checked);
    }
}

static void a_thread_that_sees_the_memory_beside_the_node_disagrees(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_add_node(2);
    fake_os_cpu(0)->place_node = 2;
    struct checked checked;
    check_file(&checked, "memory-beside-node.xml");
    assert_summary(&checked, CROSS_TABLE, 4, 0, 0);
    assert_only_refused(&checked, 0, "node 0 for hwloc", "node 2 for", os_current_place_source);
    free_check(&checked);
}

static void a_table_that_names_another_node_than_the_two_disagrees(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_add_node(2);
    fake_os_cpu(0)->table_node = 1;
    struct checked checked;
    check_file(&checked, "memory-beside-node.xml");
    assert_summary(&checked, CROSS_TABLE, 3, 1, 0);
    assert_only_refused(&checked, 0, "node 0 for hwloc", "node 1 for", os_node_of_cpu_source);
    free_check(&checked);
}

static void begin_across(struct checked *checked) {
    load_description(&checked->topology, ACROSS, LOAD_AS_THIS_SYSTEM);
    cross_check_run(&checked->topology, &checked->check);
}

static void cut_across(void) {
    fake_os_reset(2, 2);
    for (uint32_t id = 0; id < 4; id++)
        fake_os_cpu(id)->table_node = fake_os_cpu(id)->place_node = id % 2;
}

static void nodes_across_packages_get_their_cpus_from_the_system(void **state) {
    (void)state;
    cut_across();
    struct checked checked;
    struct error error;
    begin_across(&checked);
    assert_set(&node(&checked.topology, 0)->cpus, "0,2");
    assert_set(&node(&checked.topology, 1)->cpus, "1,3");
    assert_true(node(&checked.topology, 1)->has_cpus);
    for (uint32_t id = 0; id < 4; id++) {
        assert_int_equal(cpu(&checked.topology, id)->node, id % 2);
        assert_true(cross_check_cpu_usable(&checked.check, id, &error));
    }
    assert_picks(&checked.topology, 1, 2, "1,3");
    // The table has told the nodes and so is no witness; the threads are.
    assert_summary(&checked, CROSS_TABLE, 0, 0, 4);
    assert_summary(&checked, CROSS_PLACE, 4, 0, 0);
    assert_non_null(strstr(checked.check.witnesses[CROSS_TABLE].reason, "on several nodes"));
    assert_string_equal(cross_check_source(&checked.check, &checked.check.cpus[0]),
                        os_node_of_cpu_source);
    free_check(&checked);
}

static void where_hwloc_cannot_say_a_thread_elsewhere_refuses_the_cpu(void **state) {
    (void)state;
    cut_across();
    fake_os_cpu(1)->place_node = 0;
    struct checked checked;
    begin_across(&checked);
    assert_summary(&checked, CROSS_PLACE, 3, 1, 0);
    assert_only_refused(&checked, 1, "node 1 for the simulated table", "node 0 for",
                        os_current_place_source);
    free_check(&checked);
}

static void a_table_that_is_shut_leaves_the_lower_number_to_the_threads(void **state) {
    (void)state;
    cut_across();
    fake_os.table_unavailable = true;
    struct checked checked;
    struct error error;
    begin_across(&checked);
    assert_summary(&checked, CROSS_TABLE, 0, 0, 4);
    assert_summary(&checked, CROSS_PLACE, 2, 2, 0);
    assert_true(cross_check_cpu_usable(&checked.check, 0, &error));
    assert_false(cross_check_cpu_usable(&checked.check, 1, &error));
    assert_non_null(strstr(error.text, "node 0 for hwloc"));
    free_check(&checked);
}

static void this_system_does_not_split_twins_of_another_machine(void **state) {
    (void)state;
    cut_across();
    struct topology topology;
    load_description(&topology, ACROSS, LOAD_AS_OTHER_SYSTEM);
    for (uint32_t id = 0; id < 4; id++)
        assert_int_equal(cpu(&topology, id)->node, 0);
    assert_false(node(&topology, 1)->has_cpus);
    topology_free(&topology);
}

// ---- what hwloc does not show -------------------------------------------------------------------

static void a_node_that_hwloc_does_not_show_is_added_and_named(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_add_node(4); // around the CPUs of node 0, as numa=fake makes it
    fake_os.nodes[2].lists_another = true;
    fake_os.nodes[2].total_bytes = 3 * GIB;
    struct checked checked;
    struct error error;
    run_check(&checked);
    const struct topology_node *hidden = node(&checked.topology, 4);
    assert_false(hidden->known_to_hwloc);
    assert_true(hidden->has_memory && hidden->allowed && !hidden->has_cpus);
    assert_int_equal(hidden->memory_bytes, 3 * GIB);
    assert_set(&hidden->cpus, "0-1");
    assert_false(topology_node_is_device(hidden));
    assert_int_equal(topology_distance(&checked.topology, 0, 4), NONE_U64);
    assert_set(&checked.check.hidden_nodes, "4");
    assert_int_equal(checked.check.unknown_nodes.count, 0);
    assert_true(cross_check_node_usable(&checked.check, 4, &error));
    assert_summary(&checked, CROSS_TABLE, 4, 0, 0);
    free_check(&checked);
    fake_os.node_count = 2;
    run_check(&checked);
    assert_int_equal(checked.check.hidden_nodes.count, 0);
    free_check(&checked);
}

static void hidden_memory_without_cpus_is_a_devices(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_add_node(2);
    struct topology topology;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_true(topology_node_is_device(node(&topology, 2)));
    assert_false(topology_node_is_device(node(&topology, 1)));
    topology_free(&topology);
    fake_os.nodes[2].total_bytes = 0;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_false(topology_node_is_device(node(&topology, 2)));
    topology_free(&topology);
    load_file(&topology, "memory-without-cpus.xml", LOAD_AS_OTHER_SYSTEM); // which hwloc shows
    for (size_t i = 0; i < topology.node_count; i++)
        assert_false(topology_node_is_device(&topology.nodes[i]));
    topology_free(&topology);
}

static void cpus_that_hwloc_does_not_show_are_named_with_those_it_shows(void **state) {
    (void)state;
    char text[CROSS_SENTENCE_BYTES];
    fake_os_reset(2, 2);
    struct checked checked;
    run_check(&checked);
    assert_string_equal(cross_check_hidden_cpus(&checked.check, text, sizeof text), "");
    free_check(&checked);
    fake_os_add_cpu(7, 1);
    run_check(&checked);
    assert_set(&checked.check.hidden_cpus, "7");
    cross_check_hidden_cpus(&checked.check, text, sizeof text);
    assert_non_null(strstr(text, "may run on CPU 7"));
    assert_non_null(strstr(text, "only CPUs 0-3 as online"));
    free_check(&checked);
    assert_string_equal(cross_check_hidden_cpus(NULL, text, sizeof text), "");
}

static void the_nearest_node_is_itself_then_the_least_distance_then_the_lower_number(void **state) {
    (void)state;
    struct topology topology;
    struct error error;
    struct id_set nodes;
    load_file(&topology, "memory-beside-node.xml", LOAD_AS_OTHER_SYSTEM);
    assert_true(id_set_parse(&nodes, "0-2", &error));
    assert_int_equal(topology_nearest(&topology, 1, &nodes), 1);
    id_set_free(&nodes);
    assert_true(id_set_parse(&nodes, "0,2", &error));
    assert_int_equal(topology_nearest(&topology, 1, &nodes), 0); // 20 against 34
    assert_int_equal(topology_nearest(&topology, 9, &nodes), 0); // nothing is told of node 9
    id_set_free(&nodes);
    assert_int_equal(topology_nearest(&topology, 1, &nodes), NONE_U32);
    topology_free(&topology);
}

static void a_node_around_more_cpus_does_not_agree(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_add_node(2);
    fake_os_cpu(0)->table_node = 2;
    struct checked checked;
    load_description(&checked.topology, "[numa] pack:2 [numa] core:2 pu:1", LOAD_AS_THIS_SYSTEM);
    cross_check_run(&checked.topology, &checked.check);
    assert_summary(&checked, CROSS_TABLE, 3, 1, 0);
    free_check(&checked);
}

static void the_check_goes_by_the_systems_numbers(void **state) {
    (void)state;
    fake_os_reset(0, 0);
    fake_os_add_node(3);
    fake_os_add_node(7);
    fake_os_add_cpu(130, 7);
    fake_os_add_cpu(64, 7);
    fake_os_add_cpu(65, 3);
    fake_os_add_cpu(0, 7); // hwloc says 3
    struct checked checked;
    struct error error;
    load_description(&checked.topology, "node:2(indexes=7,3) core:2 pu:1(indexes=130,64,65,0)",
                     LOAD_AS_THIS_SYSTEM);
    cross_check_run(&checked.topology, &checked.check);
    assert_summary(&checked, CROSS_TABLE, 3, 1, 0);
    assert_summary(&checked, CROSS_PLACE, 3, 1, 0);
    assert_false(cross_check_cpu_usable(&checked.check, 0, &error));
    assert_true(cross_check_cpu_usable(&checked.check, 130, &error));
    assert_int_equal(checked.check.unknown_nodes.count, 0);
    free_check(&checked);
}

static void the_os_table_is_not_a_witness_for_itself(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    struct checked checked;
    load_file(&checked.topology, "cpus-without-memory.xml", LOAD_AS_THIS_SYSTEM);
    cross_check_run(&checked.topology, &checked.check);
    assert_summary(&checked, CROSS_TABLE, 2, 0, 2);
    assert_summary(&checked, CROSS_PLACE, 4, 0, 0);
    assert_non_null(strstr(checked.check.witnesses[CROSS_TABLE].reason, "CPU 2 on no node"));
    assert_set(&checked.check.hidden_nodes, "1");
    free_check(&checked);
}

static void a_cpu_that_hwloc_has_on_no_node_is_a_mismatch(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    fake_os_cpu(2)->table_node = 0; // which hwloc knows, and does not give CPU 2
    struct checked checked;
    load_file(&checked.topology, "cpus-without-memory.xml", LOAD_AS_THIS_SYSTEM);
    cross_check_run(&checked.topology, &checked.check);
    assert_only_refused(&checked, 2, "no node", "node 0", os_node_of_cpu_source);
    free_check(&checked);
}

static void without_a_check_nothing_is_refused(void **state) {
    (void)state;
    struct error error;
    assert_true(cross_check_cpu_usable(NULL, 0, &error));
    assert_true(cross_check_node_usable(NULL, 0, &error));
}

// What hwloc does not read: the latency from node 1 to node 0, and another that it has already.
static void what_the_firmware_says_of_remote_memory_is_known_as_well(void **state) {
    (void)state;
    struct topology topology;
    fake_os_reset(2, 2);
    fake_os.firmware_paths[0] = (struct os_firmware_path){1, 0, 300, 340, 20 * GIB, 10 * GIB};
    fake_os.firmware_paths[1] = (struct os_firmware_path){0, 9, 100, 100, NAN, NAN};
    fake_os.firmware_path_count = 2;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    struct topology_measured_value said = topology_firmware(&topology, 1, 0);
    assert_true(said.latency_ns == 320 && said.bandwidth_bytes_per_s == 15.0 * (double)GIB);
    assert_true(isnan(topology_firmware(&topology, 0, 1).latency_ns));
    topology_free(&topology);
    fake_os.firmware_path_count = 0;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_true(isnan(topology_firmware(&topology, 1, 0).latency_ns));
    topology_free(&topology);
}

// hwloc has no source of distances on Windows.
static void what_the_firmware_says_of_distances_is_known_where_hwloc_does_not(void **state) {
    (void)state;
    static const uint64_t told[] = {10, 21, 20, 10};
    static const uint64_t of_one[] = {10, NONE_U64, NONE_U64, NONE_U64};
    struct topology topology;
    fake_os_reset(2, 2);
    fake_os.firmware_distances = told;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_int_equal(topology_distance(&topology, 0, 1), 21);
    assert_int_equal(topology_distance(&topology, 1, 0), 20);
    topology_free(&topology);
    load_description(&topology, TWO_NODES, LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology_distance(&topology, 0, 1), NONE_U64);
    topology_free(&topology);
    fake_os.firmware_distances = of_one;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_int_equal(topology_distance(&topology, 0, 0), NONE_U64);
    topology_free(&topology);
    fake_os.firmware_distances = NULL;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_int_equal(topology_distance(&topology, 0, 1), NONE_U64);
    topology_free(&topology);
}

// hwloc reports what was free of a node on Windows, and what it has on Linux.
static void a_node_has_the_memory_that_the_system_tells(void **state) {
    (void)state;
    struct topology topology;
    fake_os_reset(2, 2);
    fake_os.nodes[1].total_bytes = 3 * GIB;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_true(topology.nodes[1].memory_bytes == 3 * GIB);
    topology_free(&topology);
    fake_os.nodes[1].total_bytes = NONE_U64;
    load_description(&topology, TWO_NODES, LOAD_AS_THIS_SYSTEM);
    assert_true(topology.nodes[1].memory_bytes > 0 && topology.nodes[1].memory_bytes != 3 * GIB);
    assert_true(topology.nodes[1].has_memory);
    topology_free(&topology);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_file_is_an_error_and_never_this_machine),
        cmocka_unit_test(xml_of_a_newer_hwloc_is_refused_with_its_version),
        cmocka_unit_test(a_damaged_topology_is_not_called_a_newer_one),
        cmocka_unit_test(a_machine_that_crashes_hwloc_is_refused_first),
        cmocka_unit_test(one_node_holds_all_cpus_and_memory),
        cmocka_unit_test(two_packages_have_a_node_each),
        cmocka_unit_test(results_of_nodes_with_the_same_cpus_are_not_put_into_one_place_of_hwloc),
        cmocka_unit_test(packages_of_two_nodes_keep_them_apart),
        cmocka_unit_test(a_cpu_belongs_to_the_node_with_the_fewest_cpus_around_it),
        cmocka_unit_test(of_two_nodes_around_the_same_cpus_the_lower_owns_them),
        cmocka_unit_test(memory_attached_to_a_node_has_no_cpus),
        cmocka_unit_test(caches_between_a_node_and_the_cpus_count_to_the_node),
        cmocka_unit_test(a_node_of_several_packages_averages_over_them),
        cmocka_unit_test(a_node_of_one_package_or_of_packages_of_one_cpu_averages_nothing),
        cmocka_unit_test(numbers_with_gaps_stay_the_systems_own),
        cmocka_unit_test(each_core_gives_one_cpu_before_any_gives_two),
        cmocka_unit_test(cores_are_distinguished_across_nodes),
        cmocka_unit_test(only_allowed_cpus_are_picked),
        cmocka_unit_test(threads_are_put_on_the_fastest_kind_of_a_node),
        cmocka_unit_test(where_the_fastest_kind_is_forbidden_the_next_one_serves),
        cmocka_unit_test(cores_that_differ_only_in_clock_are_one_kind),
        cmocka_unit_test(each_last_level_cache_counts_once),
        cmocka_unit_test(a_cache_of_unknown_size_is_ignored),
        cmocka_unit_test(distances_go_by_the_systems_numbers),
        cmocka_unit_test(cpus_without_memory_get_their_node_from_the_system),
        cmocka_unit_test(another_machine_is_not_completed_from_this_one),
        cmocka_unit_test(affinity_forbids_cpus),
        cmocka_unit_test(a_cgroup_forbids_cpus_and_nodes_but_hides_none),
        cmocka_unit_test(zero_bytes_mean_no_memory_only_if_another_node_has_some),
        cmocka_unit_test(a_node_that_hwloc_has_empty_may_have_memory_that_cannot_be_read),
        cmocka_unit_test(the_export_can_be_loaded_again),
        cmocka_unit_test(the_export_contains_no_serial_numbers),
        cmocka_unit_test(what_the_firmware_says_of_remote_memory_is_known_as_well),
        cmocka_unit_test(what_the_firmware_says_of_distances_is_known_where_hwloc_does_not),
        cmocka_unit_test(a_node_has_the_memory_that_the_system_tells),
        cmocka_unit_test(values_of_two_nodes_that_are_one_initiator_are_not_exported),
        cmocka_unit_test(an_honest_system_agrees_about_every_cpu),
        cmocka_unit_test(one_wrong_line_in_the_table_refuses_that_cpu_only),
        cmocka_unit_test(one_thread_that_sees_another_node_refuses_that_cpu_only),
        cmocka_unit_test(a_table_that_names_no_node_is_a_mismatch),
        cmocka_unit_test(what_cannot_be_asked_is_not_agreement),
        cmocka_unit_test(a_missing_thread_gives_no_evidence),
        cmocka_unit_test(a_node_that_the_system_does_not_know_is_refused),
        cmocka_unit_test(lists_of_nodes_that_cannot_be_compared_say_why),
        cmocka_unit_test(the_os_table_decides_between_nodes_of_the_same_cpus),
        cmocka_unit_test(a_thread_that_sees_the_memory_beside_the_node_disagrees),
        cmocka_unit_test(a_table_that_names_another_node_than_the_two_disagrees),
        cmocka_unit_test(nodes_across_packages_get_their_cpus_from_the_system),
        cmocka_unit_test(where_hwloc_cannot_say_a_thread_elsewhere_refuses_the_cpu),
        cmocka_unit_test(a_table_that_is_shut_leaves_the_lower_number_to_the_threads),
        cmocka_unit_test(this_system_does_not_split_twins_of_another_machine),
        cmocka_unit_test(a_node_that_hwloc_does_not_show_is_added_and_named),
        cmocka_unit_test(hidden_memory_without_cpus_is_a_devices),
        cmocka_unit_test(cpus_that_hwloc_does_not_show_are_named_with_those_it_shows),
        cmocka_unit_test(the_nearest_node_is_itself_then_the_least_distance_then_the_lower_number),
        cmocka_unit_test(a_node_around_more_cpus_does_not_agree),
        cmocka_unit_test(the_check_goes_by_the_systems_numbers),
        cmocka_unit_test(a_cpu_that_hwloc_has_on_no_node_is_a_mismatch),
        cmocka_unit_test(the_os_table_is_not_a_witness_for_itself),
        cmocka_unit_test(without_a_check_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
