// SPDX-License-Identifier: Apache-2.0
// os.h on Linux machines that are made of files: a tree in a directory of its own takes the place
// of /sys and /proc. Where a call reaches the kernel, it is the kernel below the test.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "denied.h"
#include "file_tree.h"
#include "own_kernel.h"
#include "smbios_table.h"

// ---- the machine of files -----------------------------------------------------------------------

// A node with that much memory free, half of it as file cache.
static void write_node(uint32_t node, const char *cpulist, uint64_t free_mib) {
    char path[128], text[512];
    snprintf(path, sizeof path, "/sys/devices/system/node/node%u/cpulist", node);
    write_file(path, cpulist);
    snprintf(path, sizeof path, "/sys/devices/system/node/node%u/meminfo", node);
    unsigned long long half_kib = free_mib * 512;
    snprintf(text, sizeof text,
             "Node %u MemTotal:       %llu kB\nNode %u MemFree:        %llu kB\n"
             "Node %u Inactive(anon):   777777777 kB\nNode %u Active(file):   %llu kB\n"
             "Node %u Inactive(file): %llu kB\nNode %u SReclaimable:   %llu kB\n",
             node, half_kib * 2, node, half_kib, node, node, half_kib / 2, node, half_kib / 4, node,
             half_kib - half_kib / 2 - half_kib / 4);
    write_file(path, text);
}

static const char zones_without_reserve[] = "Node 0, zone      DMA\n        high     0\n"
                                            "Node 7, zone      DMA\n        high     99999\n";

// One node, the real machine's first one, so that what is granted here is granted by the kernel.
static void write_one_node(uint64_t free_mib) {
    write_file("/sys/devices/system/node/online", "0\n");
    write_file("/proc/self/status", "Name:\ttest\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
    write_node(0, "0-1\n", free_mib);
    write_file("/proc/zoneinfo", zones_without_reserve);
}

static bool acquire(uint64_t size_bytes, const char *kind, uint32_t node, struct error *error) {
    struct os_memory memory;
    if (!os_memory_acquire(&memory, size_bytes, page_kind_find(kind), node_set_of(node), error)) {
        assert_null(memory.base);
        return false;
    }
    os_memory_release(&memory);
    return true;
}

static void assert_refused(uint64_t size_bytes, const char *kind, uint32_t node, const char *part) {
    struct error error = {0};
    assert_false(acquire(size_bytes, kind, node, &error));
    if (error.kind != ERROR_KIND_REFUSED || !strstr(error.text, part))
        fail_msg("'%s' (kind %d) has no '%s'", error.text, error.kind, part);
}

static void assert_acquired(uint64_t size_bytes, const char *kind) {
    struct error error;
    if (!acquire(size_bytes, kind, 0, &error))
        fail_msg("%s", error.text);
}

// ---- files --------------------------------------------------------------------------------------

static void files_of_any_length_are_read_completely(void **state) {
    (void)state;
    const size_t lengths[] = {0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 100000};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        char *written = base_allocate(lengths[i] + 1, 1);
        char path[LINUX_PATH_BYTES];
        struct error error;
        memset(written, 'a', lengths[i]);
        write_file("/proc/long", written);
        char *text = linux_read(linux_path(path, "/proc/%s", "long"), &error);
        assert_non_null(text);
        assert_string_equal(text, written);
        free(text);
        free(written);
    }
}

static void a_file_that_cannot_be_read_is_unavailable_with_its_path(void **state) {
    (void)state;
    char path[LINUX_PATH_BYTES];
    struct error error;
    assert_null(linux_read(linux_path(path, "/sys/nothing/here"), &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_int_equal(error.os_number, ENOENT);
    assert_non_null(strstr(error.text, sys_root));
    assert_non_null(strstr(error.text, "/nothing/here: No such file or directory"));
    // Root may read every file, but no directory as a file.
    write_file("/sys/directory/file", "");
    assert_null(linux_read(linux_path(path, "/sys/directory"), &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_int_equal(error.os_number, EISDIR);
}

static void fields_are_found_by_their_full_name(void **state) {
    (void)state;
    const char text[] =
        "model name\t: Some CPU 9\nmodel\t\t: 85\nNode 0 Inactive(file):  7 kB\n"
        "Node 0 Active(file):    6 kB\ntotal_active_file 5\nactive_file 4\nempty:\n";
    uint64_t number;
    assert_true(linux_find_number(text, "model", &number));
    assert_int_equal(number, 85);
    assert_true(linux_find_number(text, "Active(file)", &number));
    assert_int_equal(number, 6);
    assert_true(linux_find_number(text, "active_file", &number));
    assert_int_equal(number, 4);
    assert_non_null(linux_find(text, "model name"));
    assert_false(linux_find_number(text, "model name", &number));
    assert_false(linux_find_number(text, "empty", &number));
    assert_null(linux_find(text, "absent"));
}

static void numbers_are_digits_and_nothing_else(void **state) {
    (void)state;
    const char *const wrong[] = {
        "", "\n", "-1\n", " 5\n", "5x\n", "max\n", "18446744073709551616\n"};
    struct error error;
    uint64_t number;
    char path[LINUX_PATH_BYTES];
    linux_path(path, "/sys/number");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        write_file("/sys/number", wrong[i]);
        assert_false(linux_read_number(&number, path, &error));
        assert_int_equal(error.kind, ERROR_KIND_FAILED);
    }
    write_file("/sys/number", "18446744073709551615\n");
    assert_true(linux_read_number(&number, path, &error));
    assert_true(number == UINT64_MAX);
}

// ---- nodes and CPUs -----------------------------------------------------------------------------

static void sparse_nodes_and_three_hundred_cpus_keep_their_numbers(void **state) {
    (void)state;
    struct id_set nodes, cpus;
    struct error error;
    char text[64];
    uint32_t node;
    write_file("/sys/devices/system/node/online", "0,2-3\n");
    write_file("/sys/devices/system/cpu/online", "0-298,300\n");
    write_node(0, "0-99,200-298\n", 64);
    write_node(2, "100-199,300\n", 64);
    write_node(3, "\n", 64);
    assert_true(os_nodes(&nodes, &error));
    assert_string_equal(id_set_format(&nodes, text, sizeof text), "0,2-3");
    assert_true(os_cpus_online(&cpus, &error));
    assert_string_equal(id_set_format(&cpus, text, sizeof text), "0-298,300");
    for (size_t i = 0; i < cpus.count; i++) {
        uint32_t cpu = cpus.ids[i];
        assert_true(os_node_of_cpu(cpu, &node, &error));
        assert_int_equal(node, (cpu >= 100 && cpu < 200) || cpu == 300 ? 2 : 0);
    }
    assert_true(os_node_of_cpu(299, &node, &error));
    assert_int_equal(node, NONE_U32);
    id_set_free(&nodes);
    id_set_free(&cpus);
}

static void a_kernel_without_nodes_is_unavailable(void **state) {
    (void)state;
    struct id_set nodes;
    struct error error;
    uint32_t node;
    uint64_t total_bytes, free_bytes;
    assert_false(os_nodes(&nodes, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_non_null(strstr(error.text, "CONFIG_NUMA"));
    assert_non_null(strstr(error.text, "/devices/system/node/online"));
    assert_false(os_node_of_cpu(0, &node, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_int_equal(node, NONE_U32);
    assert_false(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_false(acquire(MIB, "4K", 0, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
}

// As WSL2 and many boards have it.
static void a_kernel_without_numa_has_one_node(void **state) {
    (void)state;
    struct id_set nodes, cpus;
    struct error error;
    char text[64];
    uint32_t node;
    write_file("/sys/devices/system/cpu/online", "0,2-3\n");
    write_file("/proc/zoneinfo", "Node 0, zone    DMA32\n        present  1000\n"
                                 "Node 0, zone   Normal\n        present  5000\n");
    assert_true(os_nodes(&nodes, &error));
    assert_string_equal(id_set_format(&nodes, text, sizeof text), "0");
    assert_true(os_node_of_cpu(3, &node, &error));
    assert_int_equal(node, 0);
    assert_true(os_node_of_cpu(1, &node, &error)); // which is not online
    assert_int_equal(node, NONE_U32);
    assert_true(os_cpus_of_node(0, &cpus, &error));
    assert_string_equal(id_set_format(&cpus, text, sizeof text), "0,2-3");
    id_set_free(&cpus);
    assert_false(os_cpus_of_node(1, &cpus, &error));
    id_set_free(&nodes);
    // Two nodes with memory and no directory of them: it is hidden, and nobody can say.
    write_file("/proc/zoneinfo", "Node 0, zone   Normal\n        present  1000\n"
                                 "Node 1, zone   Normal\n        present  5000\n");
    assert_false(os_nodes(&nodes, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_false(os_node_of_cpu(3, &node, &error));
    assert_int_equal(node, NONE_U32);
    // A directory that lacks its list is no kernel without nodes.
    write_file("/proc/zoneinfo", "Node 0, zone   Normal\n        present  1000\n");
    write_node(0, "0,2-3\n", 64);
    assert_false(os_nodes(&nodes, &error));
    assert_false(os_node_of_cpu(3, &node, &error));
}

static void an_empty_directory_of_nodes_is_not_given_to_hwloc(void **state) {
    (void)state;
    struct error error = {0};
    char path[LINUX_PATH_BYTES];
    assert_true(os_topology_readable(&error)); // without a directory hwloc makes one node
    write_file("/sys/devices/system/node/power/control", "auto\n");
    assert_false(os_topology_readable(&error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "/sys/devices/system/node is empty"));
    write_file("/sys/devices/system/node/online", "\n");
    assert_false(os_topology_readable(&error));
    write_file("/sys/devices/system/node/online", "0-1\n");
    assert_true(os_topology_readable(&error));
    assert_int_equal(remove(linux_path(path, "/sys/devices/system/node/online")), 0);
    write_node(0, "0\n", 64);
    assert_true(os_topology_readable(&error));
}

static void a_table_with_a_gap_or_nonsense_is_an_error_and_no_answer(void **state) {
    (void)state;
    struct id_set nodes;
    struct error error;
    uint32_t node;
    write_file("/sys/devices/system/node/online", "0-1\n");
    write_node(0, "0-3\n", 64);
    assert_true(os_node_of_cpu(2, &node, &error));
    assert_false(os_node_of_cpu(4, &node, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_int_equal(node, NONE_U32);
    assert_non_null(strstr(error.text, "node1/cpulist"));
    write_node(1, "4-\n", 64);
    assert_false(os_node_of_cpu(4, &node, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "node1/cpulist"));
    write_file("/sys/devices/system/node/online", "zero\n");
    assert_false(os_nodes(&nodes, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "'zero"));
}

static void run_nothing(void *argument) {
    (void)argument;
}

static void an_online_cpu_outside_the_cpuset_is_refused_as_such(void **state) {
    (void)state;
    struct os_thread thread;
    struct error error;
    write_file("/sys/devices/system/cpu/online", "0-8191\n");
    assert_false(os_thread_start(&thread, 8190, run_nothing, NULL, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "CPU 8190 is online, but"));
    assert_non_null(strstr(error.text, "allowed: "));
    write_file("/sys/devices/system/cpu/online", "0-7\n");
    assert_false(os_thread_start(&thread, 8190, run_nothing, NULL, &error));
    assert_non_null(strstr(error.text, "CPU 8190 is not online (online: 0-7)"));
}

static void steal_is_summed_over_the_cpus_asked_in_nanoseconds(void **state) {
    (void)state;
    struct id_set cpus = {0};
    uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
    write_file("/proc/stat", "cpu  9 9 9 9 9 9 9 1000 9 9\ncpu0 1 2 3 4 5 6 7 80 9 10\n"
                             "cpu1 1 2 3 4 5 6 7 500 9 10\ncpu12 1 2 3 4 5 6 7 3 0 0\n"
                             "cpu13 1 2 3 4 5 6 7\nintr 1 2 3 4 5 6 7 8 9\n");
    assert_int_equal(os_steal_ns(&cpus), 0);
    id_set_add(&cpus, 0);
    id_set_add(&cpus, 12);
    assert_int_equal(os_steal_ns(&cpus), 83 * tick_ns);
    id_set_add(&cpus, 13); // as kernels before 2.6.11 had it
    assert_true(os_steal_ns(&cpus) == NONE_U64);
    id_set_free(&cpus);
    id_set_add(&cpus, 2);
    assert_true(os_steal_ns(&cpus) == NONE_U64);
    id_set_free(&cpus);
}

static void throttling_is_summed_over_cores_and_packages(void **state) {
    (void)state;
    struct id_set cpus = {0};
    id_set_add(&cpus, 1);
    assert_true(os_throttle_events(&cpus) == NONE_U64);
    write_file("/sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "2\n");
    assert_true(os_throttle_events(&cpus) == NONE_U64); // half an answer is none
    write_file("/sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "5\n");
    write_file("/sys/devices/system/cpu/cpu2/thermal_throttle/core_throttle_count", "100\n");
    assert_int_equal(os_throttle_events(&cpus), 7);
    id_set_free(&cpus);
}

static void pages_that_anybody_moved_are_the_kernels_count(void **state) {
    (void)state;
    assert_true(os_migrated_pages() == NONE_U64);
    write_file("/proc/vmstat", "nr_free_pages 9\npgmigrate_fail 3\n");
    assert_true(os_migrated_pages() == NONE_U64); // a kernel without CONFIG_MIGRATION
    write_file("/proc/vmstat", "numa_pages_migrated 4\npgmigrate_success 77\npgmigrate_fail 3\n");
    assert_int_equal(os_migrated_pages(), 77);
}

static void usage_without_schedstat_has_no_run_delay(void **state) {
    (void)state;
    struct os_usage usage;
    os_thread_usage(&usage);
    assert_true(usage.run_delay_ns == NONE_U64);
    assert_true(usage.cpu_ns != NONE_U64 && usage.minor_faults != NONE_U64);
    write_file("/proc/thread-self/schedstat", "11 22 33\n");
    os_thread_usage(&usage);
    assert_int_equal(usage.run_delay_ns, 22);
    write_file("/proc/thread-self/schedstat", "");
    os_thread_usage(&usage);
    assert_true(usage.run_delay_ns == NONE_U64);
}

// ---- what a node has to give --------------------------------------------------------------------

static void the_file_cache_counts_as_free_and_a_twentieth_is_left(void **state) {
    (void)state;
    need_own_kernel();
    uint64_t total_bytes, free_bytes;
    struct error error;
    write_one_node(100);
    assert_true(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(total_bytes, 100 * MIB);
    assert_int_equal(free_bytes, 100 * MIB);
    assert_acquired(94 * MIB, "4K");
    assert_refused(96 * MIB, "4K", 0, "96.0 MiB are needed on node 0, which has 100 MiB free");
    assert_refused(UINT64_MAX, "4K", 0, "which has 100 MiB free");
}

static void the_reserve_of_the_kernel_does_not_count_as_free(void **state) {
    (void)state;
    uint64_t total_bytes, free_bytes;
    struct error error;
    write_one_node(100);
    write_file("/proc/zoneinfo",
               "Node 0, zone      DMA\n  pages free     3808\n        min      190\n"
               "        low      237\n        high     284\n        managed  3840\n"
               "        protection: (0, 447, 440)\n  pagesets\n    cpu: 0\n              count: 4\n"
               "              high:  11800\n"
               "Node 10, zone     Normal\n        high     99999\n"
               "Node 0, zone    DMA32\n        high     8534\n        protection: (0, 0, 0)\n");
    assert_true(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(total_bytes, 100 * MIB);
    assert_int_equal(free_bytes, 100 * MIB - (284 + 447 + 8534) * os_base_page_bytes());
    write_node(0, "0-1\n", 1);
    assert_true(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(free_bytes, 0);
    write_file("/proc/zoneinfo", "Node 10, zone     Normal\n        high     99999\n");
    assert_false(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_non_null(strstr(error.text, "reserves of node 0"));
    char path[LINUX_PATH_BYTES];
    assert_int_equal(remove(linux_path(path, "/proc/zoneinfo")), 0);
    assert_false(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_non_null(strstr(error.text, "/zoneinfo"));
}

static void one_node_has_all_memory_where_only_its_zones_have_pages(void **state) {
    (void)state;
    const struct {
        const char *zones;
        uint32_t node; // NONE_U32: no node has it alone
    } cases[] = {
        {"Node 0, zone      DMA\n        present  3998\nNode 0, zone   Normal\n"
         "        present  100\nNode 1, zone   Normal\n        present  0\n", 0       },
        {"Node 3, zone   Normal\n        present  100\n",                              3       },
        {"Node 0, zone   Normal\n        present  100\nNode 1, zone  Movable\n"
         "        present  1\n",                                              NONE_U32},
        {"",                                                                           NONE_U32},
    };
    uint32_t node;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_file("/proc/zoneinfo", cases[i].zones);
        assert_int_equal(os_only_memory_node(&node), cases[i].node != NONE_U32);
        assert_int_equal(node, cases[i].node);
    }
    char path[LINUX_PATH_BYTES];
    assert_int_equal(remove(linux_path(path, "/proc/zoneinfo")), 0);
    assert_false(os_only_memory_node(&node));
}

// Linux 6.18 with deferred_init=lazy: the node's own counts know of 4 GiB, the system's of 24.
static void of_the_only_node_the_systems_own_count_is_taken(void **state) {
    (void)state;
    uint64_t total_bytes, free_bytes;
    struct error error;
    const char meminfo[] = "MemTotal: 24000 kB\nMemFree: 1 kB\nMemAvailable: 23000 kB\n";
    write_one_node(1);
    write_file("/proc/meminfo", meminfo);
    write_file("/proc/zoneinfo", "Node 0, zone   Normal\n        high     0\n"
                                 "        present  100\n");
    assert_true(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(total_bytes, 24000 * KIB);
    assert_int_equal(free_bytes, 23000 * KIB);
    // A second node with memory: what the system has is not all on this one.
    write_file("/proc/zoneinfo", "Node 0, zone   Normal\n        high     0\n"
                                 "        present  100\nNode 1, zone   Normal\n"
                                 "        present  100\n");
    assert_true(os_node_memory(0, &total_bytes, &free_bytes, &error));
    assert_int_equal(free_bytes, MIB);
}

static void a_node_of_unknown_memory_gives_no_limit(void **state) {
    (void)state;
    struct error error;
    write_one_node(100);
    write_file("/sys/devices/system/node/node0/meminfo",
               "Node 0 MemTotal: 100000 kB\nNode 0 MemFree: 100000 kB\n");
    assert_false(acquire(MIB, "4K", 0, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "node0/meminfo"));
}

static void nodes_that_cannot_give_memory_each_have_their_sentence(void **state) {
    (void)state;
    need_own_kernel();
    struct error error;
    write_one_node(100);
    write_file("/sys/devices/system/node/online", "0-2,900\n");
    write_file("/proc/self/status", "Mems_allowed_list:\t0,900\n");
    write_node(1, "", 100);
    write_node(2, "4-5\n", 0);
    write_node(900, "", 0);
    write_file("/proc/zoneinfo", "Node 0, zone      DMA\nNode 1, zone      DMA\n"
                                 "Node 900, zone      DMA\n        high     0\n");
    assert_refused(MIB, "4K", 5, "node 5 is not online (online: 0-2,900)");
    assert_refused(MIB, "4K", 1, "cpuset of this process excludes it (allowed: 0,900)");
    assert_refused(MIB, "4K", 2, "node 2 has no memory"); // so it is not among the allowed either
    assert_refused(MIB, "4K", 900, "node 900 has no memory");
    // Tables that know a node which the kernel does not: its own word ends the matter.
    write_node(900, "", 100);
    assert_refused(MIB, "4K", 900, "mbind(2) refuses node 900");
    // No such line: a kernel without cpusets. No such file: unknown.
    write_file("/proc/self/status", "Name:\ttest\n");
    assert_acquired(MIB, "4K");
    write_file("/proc/self/status", "Mems_allowed_list:\t0-\n");
    assert_false(acquire(MIB, "4K", 0, &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    char path[LINUX_PATH_BYTES];
    assert_int_equal(remove(linux_path(path, "/proc/self/status")), 0);
    assert_false(acquire(MIB, "4K", 0, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_non_null(strstr(error.text, "/self/status"));
}

static void the_memory_limit_of_a_control_group_is_not_exceeded(void **state) {
    (void)state;
    need_own_kernel();
    write_one_node(400);
    write_file("/proc/self/mounts", "none /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n");
    write_file("/proc/self/cgroup", "0::/pod/own\n");
    write_file("/sys/fs/cgroup/pod/own/memory.max", "max\n");
    assert_acquired(300 * MIB, "4K");
    write_file("/sys/fs/cgroup/pod/memory.max", "209715200\n");
    write_file("/sys/fs/cgroup/pod/memory.current", "157286400\n");
    assert_refused(60 * MIB, "4K", 0, "leaves 50.0 MiB");
    assert_refused(60 * MIB, "4K", 0, "memory.max in ");
    assert_acquired(40 * MIB, "4K");
    write_file("/sys/fs/cgroup/pod/memory.stat",
               "file 104857600\ninactive_file 52428800\nactive_file 52428800\n");
    assert_acquired(140 * MIB, "4K");
    assert_refused(144 * MIB, "4K", 0, "leaves 150 MiB");
    assert_int_equal(os_process_memory_left(), 150 * MIB);
    // Above memory.high nobody is ended, but slowed down without end.
    write_file("/sys/fs/cgroup/pod/own/memory.high", "62914560\n");
    write_file("/sys/fs/cgroup/pod/own/memory.current", "1048576\n");
    assert_refused(60 * MIB, "4K", 0, "memory.high of this control group");
    assert_acquired(50 * MIB, "4K");
    assert_int_equal(os_process_memory_left(), 59 * MIB);
    // Where no group is mounted, no limit can be seen.
    write_file("/proc/self/mounts", "proc /proc proc rw 0 0\n");
    assert_true(os_process_memory_left() == NONE_U64);
}

static void limits_of_version_1_are_found_wherever_their_groups_are_mounted(void **state) {
    (void)state;
    static const char *const places[] = {"/sys/fs/cgroup/memory", "/sys/fs/cgroup", "/run/groups"};
    need_own_kernel();
    write_one_node(400);
    write_file("/proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/123\n0::/pod/own\n");
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        char text[512], path[256];
        snprintf(text, sizeof text,
                 "none /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
                 "none /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n"
                 "none %s cgroup rw,memory 0 0\nnone /run/again cgroup rw,memory 0 0\n",
                 places[i]);
        write_file("/proc/self/mounts", text);
        snprintf(path, sizeof path, "%s/memory.usage_in_bytes", places[i]);
        write_file(path, "104857600\n");
        snprintf(path, sizeof path, "%s/memory.limit_in_bytes", places[i]);
        write_file(path, "9223372036854771712\n");
        assert_true(os_process_memory_left() == NONE_U64);
        // The path of the own group is the host's and cannot be seen here.
        write_file(path, "157286400\n");
        assert_refused(60 * MIB, "4K", 0, "memory.limit_in_bytes in ");
        snprintf(path, sizeof path, "%s/memory.stat", places[i]);
        write_file(path, "inactive_file 1\ntotal_inactive_file 52428800\n");
        assert_acquired(60 * MIB, "4K");
        // Of what is above, the tightest.
        snprintf(path, sizeof path, "%s/docker/123/memory.usage_in_bytes", places[i]);
        write_file(path, "0\n");
        snprintf(path, sizeof path, "%s/docker/123/memory.limit_in_bytes", places[i]);
        write_file(path, "10485760\n");
        assert_int_equal(os_process_memory_left(), 10 * MIB);
    }
}

// Far above what this process has, so that nothing but the arithmetic is tried.
static void a_ulimit_leaves_its_unused_part(void **state) {
    (void)state;
    need_own_kernel(); // qemu's user emulation takes no limit
    struct rlimit kept, most;
    const uint64_t limit = UINT64_C(1) << 46;
    char status[128];
    write_one_node(400);
    assert_int_equal(getrlimit(RLIMIT_DATA, &kept), 0);
    most = kept;
    most.rlim_cur = (rlim_t)limit;
    snprintf(status, sizeof status, "VmSize: 1 kB\nVmData: %llu kB\nMems_allowed_list:\t0\n",
             (unsigned long long)(limit / KIB - 100 * 1024));
    write_file("/proc/self/status", status);
    assert_true(os_process_memory_left() == NONE_U64);
    if (kept.rlim_max != RLIM_INFINITY && kept.rlim_max < most.rlim_cur)
        skip(); // this process is limited already
    assert_int_equal(setrlimit(RLIMIT_DATA, &most), 0);
    uint64_t left_bytes = os_process_memory_left();
    struct error error = {0};
    bool refused = !os_memory_check(96 * MIB, page_kind_base(), 0, &error);
    assert_int_equal(setrlimit(RLIMIT_DATA, &kept), 0);
    assert_int_equal(left_bytes, 100 * MIB);
    assert_true(refused);
    assert_non_null(strstr(error.text, "raise ulimit -d"));
}

static void strict_overcommit_is_a_limit(void **state) {
    (void)state;
    need_own_kernel();
    write_one_node(400);
    write_file("/proc/meminfo", "CommitLimit: 300000 kB\nCommitted_AS: 197600 kB\n");
    write_file("/proc/sys/vm/overcommit_memory", "0\n");
    assert_acquired(200 * MIB, "4K");
    assert_true(os_process_memory_left() == NONE_U64);
    write_file("/proc/sys/vm/overcommit_memory", "2\n");
    assert_refused(120 * MIB, "4K", 0, "vm.overcommit_memory is 2) leaves 100 MiB");
    assert_acquired(90 * MIB, "4K");
}

// ---- page kinds ---------------------------------------------------------------------------------

#define THP "/sys/kernel/mm/transparent_hugepage/"

static void write_thp(const char *enabled, const char *of_this_size) {
    write_file(THP "hpage_pmd_size", "2097152\n");
    write_file(THP "enabled", enabled);
    if (of_this_size)
        write_file(THP "hugepages-2048kB/enabled", of_this_size);
}

static void transparent_pages_follow_the_switch_that_decides(void **state) {
    (void)state;
    const char never[] = "always madvise [never]\n", madvise[] = "always [madvise] never\n";
    write_one_node(100);
    assert_int_equal(os_transparent_page_bytes(), 0);
    assert_refused(MIB, "thp", 0, "no transparent huge pages");
    write_thp(never, NULL);
    assert_int_equal(os_transparent_page_bytes(), 2 * MIB);
    assert_refused(MIB, "thp", 0, "transparent_hugepage/enabled says never");
    assert_refused(MIB, "thp", 0, "echo madvise | sudo tee ");
    write_thp(madvise, "always [inherit] madvise never\n");
    struct error error;
    linux_set_roots(NULL, NULL, NULL);
    bool real = acquire(MIB, "thp", 0, &error);
    linux_set_roots(sys_root, proc_root, run_root);
    if (real)
        assert_acquired(MIB, "thp");
    write_thp(madvise, "always inherit madvise [never]\n");
    assert_refused(MIB, "thp", 0, "hugepages-2048kB/enabled says never");
    write_thp(never, "always [inherit] madvise never\n");
    assert_refused(MIB, "thp", 0, "transparent_hugepage/enabled says never");
    write_thp(never, "always inherit [madvise] never\n");
    if (real)
        assert_acquired(MIB, "thp");
}

static void assert_kinds(const char *expected) {
    const struct page_kind *kinds[OS_PAGE_KINDS_MAX];
    const size_t count = os_page_kinds(kinds);
    char names[256] = "";
    for (size_t i = 0, used = 0; i < count; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? " " : "",
                                 kinds[i]->name);
        assert_ptr_equal(page_kind_find(kinds[i]->name), kinds[i]);
    }
    assert_string_equal(names, expected);
}

// As on AArch64 with pages of 4 KiB, whose pools are of four sizes.
static void the_kinds_are_those_that_the_machine_has(void **state) {
    (void)state;
    if (os_base_page_bytes() != 4 * KIB)
        skip();
    assert_kinds("4K pageable");
    const char *const pools[] = {"64", "2048", "32768", "1048576", "16777216"};
    for (size_t i = 0; i < COUNT_OF(pools); i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/kernel/mm/hugepages/hugepages-%skB/nr_hugepages",
                 pools[i]);
        write_file(path, "0\n");
    }
    assert_kinds("4K 64K 2M 32M 1G 16G pageable");
    write_thp("always [madvise] never\n", "always [inherit] madvise never\n");
    write_file(THP "hugepages-1024kB/enabled", "always inherit madvise [never]\n");
    write_file(THP "hugepages-64kB/enabled", "always inherit madvise [never]\n");
    write_file(THP "hugepages-8kB/shmem_enabled", "always inherit [never]\n"); // of files alone
    assert_kinds("4K 64K 2M 32M 1G 16G thp mthp-64K mthp-1M pageable");
}

static void a_name_of_a_kind_is_a_source_and_a_size(void **state) {
    (void)state;
    const uint64_t base_bytes = os_base_page_bytes();
    assert_ptr_equal(page_kind_find("base"), page_kind_base());
    assert_int_equal(page_kind_base()->bytes, base_bytes);
    assert_ptr_equal(page_kind_find("4K"), page_kind_of(PAGES_ORDINARY, 4 * KIB));
    assert_ptr_equal(page_kind_find("512M"), page_kind_of(PAGES_LARGE, 512 * MIB));
    assert_ptr_equal(page_kind_find("mthp-64K"), page_kind_of(PAGES_MTHP, 64 * KIB));
    assert_int_equal(page_kind_find("64K")->source,
                     base_bytes < 64 * KIB ? PAGES_LARGE : PAGES_ORDINARY);
    assert_ptr_equal(page_kind_find("MTHP-64k"), page_kind_find("mthp-64K"));
    const char *const none[] = {"3M",    "",        "4kb",      "4096", "2MiB",
                                "mthp-", "mthp-3M", "mthp-thp", "all"};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_null(page_kind_find(none[i]));
}

// ---- smaller transparent pages ------------------------------------------------------------------

#define MTHP THP "hugepages-64kB/"

static void smaller_transparent_pages_have_switches_of_their_own(void **state) {
    (void)state;
    write_one_node(100);
    write_thp("always [madvise] never\n", "always [inherit] madvise never\n");
    assert_refused(MIB, "mthp-64K", 0, "--pages mthp-64K: this kernel has no transparent pages");
    assert_refused(MIB, "mthp-64K", 0, "from 6.8 on); take one of the kinds that numaprobe list");
    assert_refused(MIB, "mthp-2M", 0,
                   "--pages mthp-2M: transparent pages of that size are the "
                   "kind thp here: take --pages thp");
    write_file(MTHP "enabled", "always inherit madvise [never]\n");
    assert_refused(MIB, "mthp-64K", 0, "pages of 64KiB are switched off, ");
    assert_refused(MIB, "mthp-64K", 0, "echo madvise | sudo tee ");
    assert_refused(MIB, "mthp-64K", 0, "hugepages-64kB/enabled");
}

static void write_counts(unsigned made, unsigned missed, unsigned split) {
    const struct {
        const char *path;
        unsigned count;
    } files[] = {
        {MTHP "stats/anon_fault_alloc",    made  },
        {MTHP "stats/anon_fault_fallback", missed},
        {MTHP "stats/split",               split },
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char text[16];
        snprintf(text, sizeof text, "%u\n", files[i].count);
        write_file(files[i].path, text);
    }
}

enum { MTHP_PAGES = 16 };

// A buffer of a machine that has such pages; all of it resident, by smaps.
static struct os_memory mthp_buffer(void) {
    struct os_memory memory;
    struct error error;
    need_own_kernel();
    if (os_base_page_bytes() != 4 * KIB)
        skip();
    write_one_node(100);
    write_thp("always [madvise] never\n", "always [inherit] madvise never\n");
    write_file(MTHP "enabled", "always inherit [madvise] never\n");
    if (!os_memory_acquire(&memory, MTHP_PAGES * 64 * KIB, page_kind_find("mthp-64K"),
                           node_set_of(0), &error)) {
        print_message("%s\n", error.text); // the kernel below the test has no transparent pages
        skip();
    }
    char text[256];
    uintptr_t base = (uintptr_t)memory.base;
    snprintf(text, sizeof text,
             "%zx-%zx rw-p 00000000 00:00 0\nRss: %d kB\nKernelPageSize: 4 kB\n"
             "AnonHugePages: 0 kB\n",
             (size_t)base, (size_t)(base + memory.size_bytes), MTHP_PAGES * 64);
    write_file("/proc/self/smaps", text);
    return memory;
}

// They are counted for the whole system: who made more of them, nobody knows.
static void counts_prove_or_deny_smaller_transparent_pages(void **state) {
    (void)state;
    static const struct {
        unsigned made, missed, split;
        bool told;
        unsigned right;
    } cases[] = {
        {100 + MTHP_PAGES,     7, 3, true,  MTHP_PAGES    },
        {100 + MTHP_PAGES - 1, 8, 3, true,  MTHP_PAGES - 1},
        {100,                  7, 3, true,  0             },
        {100 + MTHP_PAGES + 1, 7, 3, false, 0             },
        {100 + MTHP_PAGES,     8, 3, false, 0             },
        {100 + MTHP_PAGES,     7, 4, false, 0             },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct os_page_sizes sizes;
        struct error error;
        write_counts(100, 7, 3);
        struct os_memory memory = mthp_buffer();
        write_counts(cases[i].made, cases[i].missed, cases[i].split);
        bool told = os_memory_page_sizes(&memory, &sizes, &error);
        os_memory_release(&memory);
        assert_int_equal(told, cases[i].told);
        if (!told) {
            assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
            assert_non_null(strstr(error.text, "run it as root"));
            continue;
        }
        assert_int_equal(sizes.bytes_in_large, cases[i].right * 64 * KIB);
        assert_int_equal(sizes.large_page_bytes, cases[i].right ? 64 * KIB : 0);
        assert_int_equal(sizes.bytes_in_base, (MTHP_PAGES - cases[i].right) * 64 * KIB);
    }
}

// Once all are proven to be there, only splitting can undo it.
static void proven_by_counts_is_proven_until_one_is_split(void **state) {
    (void)state;
    struct os_page_sizes sizes;
    struct error error;
    write_counts(100, 7, 3);
    struct os_memory memory = mthp_buffer();
    write_counts(100 + MTHP_PAGES, 7, 3);
    bool first = os_memory_page_sizes(&memory, &sizes, &error);
    write_counts(1000, 70, 3);
    bool second = os_memory_page_sizes(&memory, &sizes, &error);
    write_counts(1000, 70, 4);
    bool third = os_memory_page_sizes(&memory, &sizes, &error);
    os_memory_release(&memory);
    assert_true(first && second);
    assert_false(third);
}

static void uncounted_mthp_pages_are_unknown(void **state) {
    (void)state;
    struct os_page_sizes sizes;
    struct error error;
    struct os_memory memory = mthp_buffer();
    bool told = os_memory_page_sizes(&memory, &sizes, &error);
    os_memory_release(&memory);
    assert_false(told);
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_non_null(strstr(error.text, "does not count them (Linux from 6.11 on does)"));
}

// Writes a number of 8 bytes at the place of a page.
static void put_number(FILE *file, uint64_t place, uint64_t number) {
    assert_int_equal(fseeko(file, (off_t)(place * sizeof number), SEEK_SET), 0);
    assert_int_equal(fwrite(&number, sizeof number, 1, file), 1);
}

enum { PARTS = 16, FIRST_FRAME = 1 << 8 };

// Each page of the buffer in frames that follow one another, but for one part that lies elsewhere,
// and one page whose flags are those of single pages. SIZE_MAX: none.
static void write_frames(const struct os_memory *memory, size_t elsewhere, size_t single) {
    char path[LINUX_PATH_BYTES];
    write_file("/proc/self/pagemap", "");
    write_file("/proc/kpageflags", "");
    FILE *map = fopen(linux_path(path, "/proc/self/pagemap"), "r+b");
    FILE *flags = fopen(linux_path(path, "/proc/kpageflags"), "r+b");
    assert_true(map && flags);
    for (size_t i = 0; i < MTHP_PAGES * PARTS; i++) {
        uint64_t frame = FIRST_FRAME + i, kind = i % PARTS ? 1 << 16 : 1 << 15;
        put_number(flags, frame, i / PARTS == single ? 0 : kind);
        put_number(map, (uintptr_t)memory->base / (4 * KIB) + i,
                   (i == elsewhere ? 1 : frame) | UINT64_C(1) << 63);
    }
    assert_int_equal(fclose(map), 0);
    assert_int_equal(fclose(flags), 0);
}

static void root_sees_each_smaller_transparent_page(void **state) {
    (void)state;
    static const struct {
        size_t elsewhere, single;
        unsigned wrong;
    } cases[] = {
        {SIZE_MAX,               SIZE_MAX,       0},
        {3 * PARTS + 5,          SIZE_MAX,       1},
        {SIZE_MAX,               0,              1},
        {SIZE_MAX,               MTHP_PAGES - 1, 1},
        {MTHP_PAGES / 2 * PARTS, 1,              2},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct os_page_sizes sizes;
        struct error error;
        struct os_memory memory = mthp_buffer();
        write_counts(100, 7, 3); // which prove nothing
        write_frames(&memory, cases[i].elsewhere, cases[i].single);
        bool told = os_memory_page_sizes(&memory, &sizes, &error);
        os_memory_release(&memory);
        assert_true(told);
        assert_int_equal(sizes.bytes_in_base, cases[i].wrong * 64 * KIB);
        assert_int_equal(sizes.bytes_in_large, (MTHP_PAGES - cases[i].wrong) * 64 * KIB);
        assert_int_equal(sizes.large_page_bytes, 64 * KIB);
    }
}

#define POOL "/sys/devices/system/node/node0/hugepages/hugepages-"

static void a_short_pool_is_refused_with_the_missing_pages(void **state) {
    (void)state;
    write_one_node(100);
    assert_refused(2 * MIB, "2M", 0, "no huge pages of 2MiB on node 0: there is no ");
    write_file(POOL "2048kB/free_hugepages", "3\n");
    write_file(POOL "2048kB/nr_hugepages", "5\n");
    assert_refused(15 * MIB, "2M", 0, "8 huge pages of 2MiB are needed on node 0, but 3 are free");
    assert_refused(15 * MIB, "2M", 0, "echo 10 | sudo tee ");
    assert_refused(15 * MIB, "2M", 0, "hugepages-2048kB/nr_hugepages");
    write_file(POOL "1048576kB/free_hugepages", "0\n");
    write_file(POOL "1048576kB/nr_hugepages", "0\n");
    assert_refused(2 * GIB, "1G", 0, "echo 2 | sudo tee ");
    assert_refused(2 * GIB, "1G", 0, "hugepagesz=1G");
}

static void a_pool_that_cannot_be_read_is_not_taken_for_empty(void **state) {
    (void)state;
    struct error error;
    write_one_node(100);
    write_file(POOL "2048kB/free_hugepages/file", "");
    assert_false(acquire(MIB, "2M", 0, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_non_null(strstr(error.text, "free_hugepages: Is a directory"));
}

// ---- numa_maps ----------------------------------------------------------------------------------

static const struct page_kind ordinary = {"4K", 4 * KIB, "ordinary pages", PAGES_ORDINARY};
static const struct os_memory eight_mib = {
    .base = (void *)0x10000000, .size_bytes = 8 * MIB, .kind = &ordinary};

static bool counts_of(const char *numa_maps, struct os_node_bytes **nodes, size_t *count,
                      struct error *error) {
    write_file("/proc/self/numa_maps", numa_maps);
    return os_memory_by_node(&eight_mib, nodes, count, error);
}

static void pages_of_the_buffers_mapping_alone_are_counted_by_node(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *numa_maps;
        size_t count;
        struct os_node_bytes nodes[3];
    } cases[] = {
        {"0fff0000 default N0=1 kernelpagesize_kB=4\n"
         "10000000 bind:1 anon=2048 dirty=2048 active=0 N1=2048 kernelpagesize_kB=4\n"
         "10800000 default N0=9 kernelpagesize_kB=4\n",
         1, {{1, 8 * MIB}}},
        {"10000000 default anon=12 dirty=12 swapcache=1 N12=8 N0=1 N3=3 kernelpagesize_kB=4\n",
         3, {{0, 4 * KIB}, {3, 12 * KIB}, {12, 32 * KIB}}},
        {"10000000 default huge anon=4 dirty=4 N2=4 kernelpagesize_kB=2048\n",
         1, {{2, 8 * MIB}}},
        {"10000000 default\n", 0, {{0, 0}}},
        {"10000000 default N0=1 kernelpagesize_kB=64\n" // two mappings, which are all of it
         "10400000 prefer:1 N0=2 N1=1 kernelpagesize_kB=4\n",
         2, {{0, 72 * KIB}, {1, 4 * KIB}}},
        {"10000000 default file=/N7=5 N0=1 kernelpagesize_kB=4\n", 1, {{0, 4 * KIB}}},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct os_node_bytes *nodes;
        size_t count;
        struct error error;
        if (!counts_of(cases[i].numa_maps, &nodes, &count, &error))
            fail_msg("case %zu: %s", i, error.text);
        assert_int_equal(count, cases[i].count);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(nodes[k].node, cases[i].nodes[k].node);
            assert_int_equal(nodes[k].bytes, cases[i].nodes[k].bytes);
        }
        free(nodes);
    }
}

static void counts_of_other_memory_are_ignored(void **state) {
    (void)state;
    static const struct {
        const char *numa_maps, *part;
    } cases[] = {
        {"",                                               "does not show the buffer"},
        {"0fff0000 default N0=5000 kernelpagesize_kB=4\n", "does not show the buffer"},
        {"10001000 default N0=1 kernelpagesize_kB=4\n",    "does not show the buffer"},
        {"10000000 default N0=2048\n",                     "does not report the size"},
        {"10000000 default N0=2048 kernelpagesize_kB=x\n", "does not report the size"},
    };
    struct os_node_bytes *nodes;
    size_t count;
    struct error error;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_false(counts_of(cases[i].numa_maps, &nodes, &count, &error));
        assert_int_equal(error.kind, ERROR_KIND_FAILED);
        assert_non_null(strstr(error.text, cases[i].part));
        assert_non_null(strstr(error.text, "/self/numa_maps"));
    }
    char path[LINUX_PATH_BYTES];
    assert_int_equal(remove(linux_path(path, "/proc/self/numa_maps")), 0);
    assert_false(os_memory_by_node(&eight_mib, &nodes, &count, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
}

// ---- where nothing is bound ---------------------------------------------------------------------

static struct placing_case {
    const char *zones, *cpulist;
    bool acquired;
    enum os_placing placed_by;
} placing_case;

static int acquire_where_mbind_is_denied(void) {
    struct os_memory memory;
    struct error error;
    deny(SYS_mbind, EPERM);
    bool acquired = os_memory_acquire(&memory, MIB, page_kind_find("4K"), node_set_of(0), &error);
    EXPECT(acquired == placing_case.acquired);
    if (!acquired) {
        EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "mbind(2) is denied"));
        EXPECT(strstr(error.text, "no CPU") && strstr(error.text, "--cap-add SYS_NICE"));
        return 0;
    }
    EXPECT(memory.placed_by == placing_case.placed_by);
    os_memory_release(&memory);
    return 0;
}

static int acquire_pageable(void) {
    struct os_memory memory;
    struct error error;
    bool acquired =
        os_memory_acquire(&memory, MIB, page_kind_find("pageable"), node_set_of(0), &error);
    EXPECT(acquired == placing_case.acquired);
    if (!acquired) {
        EXPECT(error.kind == ERROR_KIND_REFUSED && strstr(error.text, "kind pageable"));
        EXPECT(strstr(error.text, "node 0 has no CPU") && strstr(error.text, "take --pages"));
        return 0;
    }
    EXPECT(memory.placed_by == placing_case.placed_by);
    EXPECT(memory.page_bytes == os_base_page_bytes());
    os_memory_release(&memory);
    return 0;
}

static void what_cannot_be_bound_is_on_the_only_node_or_touched_first_or_refused(void **state) {
    (void)state;
    need_own_kernel();
    static const char one[] = "Node 0, zone      DMA\n        present  1000\n";
    static const char two[] = "Node 0, zone      DMA\n        present  1000\n"
                              "Node 1, zone      DMA\n        present  1000\n";
    static const char other[] = "Node 0, zone      DMA\n        present  0\n"
                                "Node 1, zone      DMA\n        present  1000\n";
    char own_cpus[64];
    struct id_set allowed;
    struct error error;
    assert_true(os_cpus_allowed(&allowed, &error));
    id_set_format(&allowed, own_cpus, sizeof own_cpus);
    id_set_free(&allowed);
    const struct placing_case cases[] = {
        {one,   "",       true,  OS_PLACED_ONLY_NODE  },
        {one,   own_cpus, true,  OS_PLACED_ONLY_NODE  },
        {two,   own_cpus, true,  OS_PLACED_FIRST_TOUCH},
        {two,   "",       false, 0                    },
        {other, own_cpus, true,  OS_PLACED_FIRST_TOUCH}, // the only node is not the one asked for
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_one_node(100);
        write_node(0, cases[i].cpulist, 100);
        write_file("/proc/zoneinfo", cases[i].zones);
        placing_case = cases[i];
        assert_child_succeeds(acquire_where_mbind_is_denied);
        assert_child_succeeds(acquire_pageable);
    }
}

// ---- page sizes ---------------------------------------------------------------------------------

static bool sizes_of(const char *smaps, struct os_page_sizes *sizes, struct error *error) {
    write_file("/proc/self/smaps", smaps);
    return os_memory_page_sizes(&eight_mib, sizes, error);
}

static void page_sizes_are_summed_over_the_mappings_of_the_buffer(void **state) {
    (void)state;
    struct os_page_sizes sizes;
    struct error error;
    write_thp("[always] madvise never\n", NULL);
    assert_true(sizes_of("0ffff000-10000000 ---p 00000000 00:00 0\nRss: 111 kB\n"
                         "10000000-10600000 rw-p 00000000 00:00 0\nSize: 6144 kB\n"
                         "KernelPageSize: 4 kB\nRss: 5120 kB\nAnonHugePages: 4096 kB\n"
                         "10600000-10800000 rw-p 00000000 00:00 0\nKernelPageSize: 4 kB\n"
                         "Rss: 2048 kB\nAnonHugePages: 2048 kB\nPrivate_Hugetlb: 0 kB\n"
                         "10800000-10801000 ---p 00000000 00:00 0\nRss: 222 kB\n",
                         &sizes, &error));
    assert_int_equal(sizes.bytes_in_large, 6 * MIB);
    assert_int_equal(sizes.bytes_in_base, MIB);
    assert_int_equal(sizes.large_page_bytes, 2 * MIB);
    assert_true(sizes_of("10000000-10800000 rw-p 00000000 00:10 9 /anon_hugepage (deleted)\n"
                         "KernelPageSize: 1048576 kB\nRss: 0 kB\nAnonHugePages: 0 kB\n"
                         "Shared_Hugetlb: 2048 kB\nPrivate_Hugetlb: 6144 kB\n",
                         &sizes, &error));
    assert_int_equal(sizes.bytes_in_large, 8 * MIB);
    assert_int_equal(sizes.bytes_in_base, 0);
    assert_int_equal(sizes.large_page_bytes, GIB);
}

static void page_sizes_of_a_merged_or_missing_mapping_are_an_error(void **state) {
    (void)state;
    const char *const wrong[] = {
        "10000000-10801000 rw-p 00000000 00:00 0\nRss: 8192 kB\n",
        "0ffff000-10800000 rw-p 00000000 00:00 0\nRss: 8192 kB\n",
        "10000000-10400000 rw-p 00000000 00:00 0\nRss: 4096 kB\n",
        "20000000-20800000 rw-p 00000000 00:00 0\nRss: 8192 kB\n",
        // As long as the buffer together, but the last page is missing.
        ("0ffff000-10400000 rw-p 00000000 00:00 0\nRss: 4096 kB\n"
         "10400000-107ff000 rw-p 00000000 00:00 0\nRss: 4096 kB\n"),
        "",
    };
    struct os_page_sizes sizes;
    struct error error;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_false(sizes_of(wrong[i], &sizes, &error));
        assert_int_equal(error.kind, ERROR_KIND_FAILED);
        assert_non_null(strstr(error.text, "/self/smaps"));
    }
    linux_set_roots(sys_root, root, run_root);
    assert_false(os_memory_page_sizes(&eight_mib, &sizes, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
}

// ---- facts --------------------------------------------------------------------------------------

static struct os_fact facts[OS_FACTS_MAX];

static void assert_fact(const char *name, const char *value) {
    const char *found = os_fact_value(facts, os_facts(facts, OS_FACTS_MAX), name);
    if (!found)
        fail_msg("%s is not available", name);
    assert_string_equal(found, value);
}

static void assert_no_fact(const char *name, const char *reason) {
    size_t count = os_facts(facts, OS_FACTS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(facts[i].name, name) != 0)
            continue;
        assert_false(facts[i].available);
        assert_non_null(strstr(facts[i].value, reason));
        return;
    }
    fail_msg("no fact is named %s", name);
}

static void facts_that_cannot_be_read_name_their_path(void **state) {
    (void)state;
    assert_no_fact("system_vendor", "/class/dmi/id/sys_vendor: No such file or directory");
    assert_no_fact("cpu_model", "/cpuinfo");
    assert_no_fact("cpu_governor", "/cpufreq/scaling_governor");
    assert_no_fact("thp_enabled", "/transparent_hugepage/enabled");
    assert_no_fact("mitigations", "/vulnerabilities/");
    assert_no_fact("turbo", "boost");
    assert_no_fact("cgroup_cpu_limit", "/self/cgroup");
    assert_no_fact("load_average", "/loadavg");
}

static void facts_of_an_x86_server_are_the_systems_words(void **state) {
    (void)state;
    write_file("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n"
                                "model\t\t: 85\nmodel name\t: Some(R) CPU @ 2GHz\nstepping\t: 7\n"
                                "microcode\t: 0x5003604\n");
    write_file("/sys/class/dmi/id/sys_vendor", "Some\tVendor\001 \n");
    write_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
    write_file("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
    write_file("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "performance\n");
    write_file("/sys/devices/system/edac/mc/mc0/dimm0/size", "16384\n");
    write_file("/sys/devices/system/edac/mc/mc0/dimm1/size", "16384\n");
    write_file("/sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n");
    write_file("/sys/devices/system/cpu/vulnerabilities/mds", "Mitigation: Clear CPU buffers\n");
    write_file("/sys/devices/system/cpu/vulnerabilities/retbleed", "Vulnerable\n");
    write_file("/sys/devices/system/cpu/isolated", "\n");
    write_file("/proc/loadavg", "0.10 0.20 0.30 1/99 1234\n");
    write_file("/proc/meminfo", "MemTotal:  1024 kB\n");
    write_thp("always [madvise] never\n", NULL);
    assert_fact("cpu_model", "Some(R) CPU @ 2GHz");
    assert_fact("cpu_vendor", "GenuineIntel");
    assert_fact("cpu_identifier", "cpu family 6, model 85, stepping 7");
    assert_fact("microcode", "0x5003604");
    assert_fact("system_vendor", "Some Vendor?");
    assert_fact("cpu_governor", "performance, powersave");
    assert_fact("dimm_sizes_mib", "2 x 16384");
    assert_fact("mitigations", "vulnerable or unknown: retbleed; mitigated: mds; not affected: 1");
    assert_fact("cpus_isolated", "none");
    assert_fact("load_average", "0.10 0.20 0.30");
    assert_fact("memory_total_bytes", "1048576");
    assert_fact("thp_enabled", "madvise");
}

static void facts_of_memory_modules_are_read_from_the_firmware(void **state) {
    (void)state;
    assert_no_fact("dimm_configured_mt_per_s", "/tables/DMI: No such file or directory");
    smbios_table_build(0);
    write_bytes("/sys/firmware/dmi/tables/DMI", smbios, smbios_bytes);
    assert_fact("dimm_slots", "2 of 3 populated");
    assert_fact("dimm_speeds_mt_per_s", "4800 (1), unknown (1)");
    assert_fact("dimm_configured_mt_per_s", "4400 (1), unknown (1)");
    write_bytes("/sys/firmware/dmi/tables/DMI", smbios, 30);
    assert_no_fact("dimm_slots", "no structure of type 17");
}

// ---- memory modules -----------------------------------------------------------------------------

// systemd's dmi_memory_id: one module as udev's database has it.
struct udev_module {
    const char *type;
    unsigned rated, configured, width;
    const char *bank;
};

static void write_udev(const struct udev_module *modules, size_t count) {
    char text[8192];
    size_t used =
        (size_t)snprintf(text, sizeof text, "I:1\nE:MEMORY_ARRAY_NUM_DEVICES=%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        const struct udev_module *module = &modules[i];
        if (!module->rated)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "E:MEMORY_DEVICE_%zu_PRESENT=0\n", i);
        else
            used += (size_t)snprintf(
                text + used, sizeof text - used,
                "E:MEMORY_DEVICE_%zu_SIZE=17179869184\nE:MEMORY_DEVICE_%zu_SPEED_MTS=%u\n"
                "E:MEMORY_DEVICE_%zu_CONFIGURED_SPEED_MTS=%u\nE:MEMORY_DEVICE_%zu_TYPE=%s\n"
                "E:MEMORY_DEVICE_%zu_SERIAL_NUMBER=SECRET\n",
                i, i, module->rated, i, module->configured, i, module->type, i);
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "E:MEMORY_DEVICE_%zu_DATA_WIDTH=%u\n"
                                 "E:MEMORY_DEVICE_%zu_BANK_LOCATOR=%s\n",
                                 i, module->width, i, module->bank);
    }
    write_file("/run/udev/data/+dmi:id", text);
}

static void modules_are_read_without_privilege_from_udev(void **state) {
    (void)state;
    const struct udev_module modules[] = {
        {"DDR4", 3200, 2933, 64, "P0_Node0_Channel0_Dimm0"},
        {"DDR4", 3200, 2933, 64, "P0_Node0_Channel0_Dimm1"},
        {"DDR4", 3200, 2933, 64, "P0_Node0_Channel1_Dimm0"},
        {NULL,   0,    0,    64, "P0_Node0_Channel1_Dimm1"},
        {NULL,   0,    0,    64, "P0_Node0_Channel2_Dimm0"},
        {"DDR4", 3200, 2933, 64, "P1_Node0_Channel0_Dimm0"},
    };
    write_udev(modules, COUNT_OF(modules));
    assert_fact("dimm_slots", "4 of 6 populated");
    assert_fact("dimm_speeds_mt_per_s", "3200 (4)");
    assert_fact("memory_channels", "3 channels x 2933 x 64");
    assert_fact("memory_channels_source", "udev's database; channels by the modules' locators");
    assert_fact("dimms_per_channel", "0 (1), 1 (2), 2 (1)");
}

static void channels_of_unequal_speeds_count_each_with_its_own(void **state) {
    (void)state;
    const struct udev_module modules[] = {
        {"DDR5", 4800, 4800, 64, "P0 CHANNEL A"},
        {"DDR5", 4800, 4400, 64, "P0 CHANNEL B"},
        {"DDR5", 5600, 4800, 32, "P0 CHANNEL B"},
    };
    write_udev(modules, COUNT_OF(modules));
    assert_fact("memory_channels", "1 channels x 4800 x 64, 1 channels x 4400 x 64");
}

static void stacks_have_their_own_width_and_channels_theirs(void **state) {
    (void)state;
    const struct udev_module hbm[] = {
        {"HBM2",                        3200, 3200, 1024, "CPU0"                   },
        {"HBM2",                        3200, 3200, 1024, "CPU0"                   },
        {"DDR5",                        4800, 4800, 64,   "P0_Node0_Channel0_Dimm0"},
        {"Logical non-volatile device", 2666, 2666, 64,   "P0_Node0_Channel0_Dimm1"},
    };
    write_udev(hbm, COUNT_OF(hbm));
    assert_fact("memory_channels", "1 channels x 4800 x 64, 2 stacks x 3200 x 1024");
    const struct udev_module low_power[] = {
        {"LPDDR5", 6400, 6400, 32, "NODE 0"},
        {"LPDDR5", 6400, 6400, 32, "NODE 0"},
    };
    write_udev(low_power, COUNT_OF(low_power));
    assert_fact("memory_channels", "2 stacks x 6400 x 32");
    const struct udev_module unknown_width[] = {
        {"LPDDR5", 6400, 6400, 0, "NODE 0"}
    };
    write_udev(unknown_width, 1);
    assert_no_fact("memory_channels", "does not report its width");
}

static void what_locators_do_not_say_is_unknown_or_the_word_of_edac(void **state) {
    (void)state;
    const struct udev_module modules[] = {
        {"DDR4", 3200, 3200, 64, "BANK 0"          },
        {"DDR4", 3200, 3200, 64, "BANK 1"          },
        {"DDR4", 3200, 3200, 64, "Channel A"       }, // of which socket?
        {"DDR4", 3200, 3200, 64, "DIMM 1 CHANNEL A"},
    };
    write_udev(modules, COUNT_OF(modules));
    assert_fact("memory_channels", "4 modules x 3200 x 64");
    assert_fact("memory_channels_source",
                "udev's database; which modules share a channel is unknown");
    assert_no_fact("dimms_per_channel", "is unknown");
    const char *const places[][2] = {
        {"mc0/dimm0", "channel 0 slot 0 " },
        {"mc0/dimm1", "channel 0 slot 1 " },
        {"mc1/dimm0", "csrow 0 channel 0 "},
        {"mc1/dimm1", "csrow 1 channel 0 "}
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/edac/mc/%s/dimm_location", places[i][0]);
        write_file(path, places[i][1]);
    }
    write_file("/sys/devices/system/edac/mc/mc2/dimm0/dimm_location", "channel 0 slot 0\n");
    write_file("/sys/devices/system/edac/mc/mc2/dimm0/dimm_mem_type",
               "High-bandwidth-memory-Gen2\n");
    assert_fact("memory_channels", "2 channels x 3200 x 64");
    assert_fact("memory_channels_source", "udev's database; channels by EDAC");
}

static void a_firmware_chip_is_not_a_memory_module(void **state) {
    (void)state;
    smbios_bytes = 0;
    add_module(8192, 0, 0x1A, 2400, 2400);
    add_module(8192, 0, 0x1A, 2400, 2400);
    add_module(0x8000 | 8192, 0, 0x09, 33, 0);
    write_bytes("/sys/firmware/dmi/tables/DMI", smbios, smbios_bytes);
    assert_fact("dimm_slots", "2 of 2 populated");
    assert_fact("memory_channels", "2 modules x 2400 x 64");
    smbios_bytes = 0;
    add_module(8192, 0, 0x02, 2400, 2400);
    write_bytes("/sys/firmware/dmi/tables/DMI", smbios, smbios_bytes);
    assert_no_fact("memory_channels", "unknown type");
}

static void locators_are_read_from_the_firmware_too(void **state) {
    (void)state;
    smbios_bytes = 0;
    add_located_module("P1_DIMM_A1\0NODE 1 CHANNEL A\0");
    add_located_module("P1_DIMM_A2\0NODE 1 CHANNEL A\0");
    add_located_module("P1_DIMM_B1\0NODE 1 CHANNEL B\0");
    write_bytes("/sys/firmware/dmi/tables/DMI", smbios, smbios_bytes);
    assert_fact("memory_channels", "2 channels x 3200 x 64");
    assert_fact("memory_channels_source", "SMBIOS; channels by the modules' locators");
    for (size_t bytes = 4; bytes < smbios_bytes; bytes++) { // the end comes anywhere
        write_bytes("/sys/firmware/dmi/tables/DMI", smbios, bytes);
        os_facts(facts, OS_FACTS_MAX);
    }
}

static void facts_of_a_busy_machine_are_counted(void **state) {
    (void)state;
    assert_no_fact("processes_running", "/loadavg");
    assert_no_fact("steal_share_percent", "/stat");
    assert_no_fact("swap_used_bytes", "/meminfo");
    assert_no_fact("hugepages_2m_free_by_node", "/node/online");
    assert_no_fact("thermal_throttle_events", "_throttle_count");
    write_file("/proc/loadavg", "0.10 0.20 0.30 3/99 1234\n"); // itself is one of the three
    write_file("/proc/stat", "cpu  100 0 50 800 0 0 0 50 7 0\ncpu0 1 2 3\n");
    write_file("/proc/meminfo", "MemTotal: 9 kB\nSwapTotal: 20 kB\nSwapFree:  12 kB\n");
    write_file("/sys/devices/system/node/online", "0,2-3\n");
    write_file("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "5\n");
    write_file("/sys/devices/system/node/node3/hugepages/hugepages-2048kB/free_hugepages", "0\n");
    write_file("/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "2\n");
    write_file("/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "1\n");
    write_file("/sys/devices/system/cpu/cpu7/thermal_throttle/core_throttle_count", "4\n");
    assert_fact("processes_running", "2");
    assert_fact("steal_share_percent", "5.000");
    assert_fact("swap_used_bytes", "8192");
    assert_fact("hugepages_2m_free_by_node", "0:5, 3:0");
    write_file("/sys/devices/system/node/node3/access0/initiators/read_latency", "70\n");
    write_file("/sys/devices/system/node/node0/access1/initiators/read_latency", "80\n");
    write_file("/sys/devices/system/node/node3/access1/initiators/read_latency", "250\n");
    assert_fact("access0_read_latency_ns", "3:70");
    assert_fact("access1_read_latency_ns", "0:80, 3:250");
    assert_no_fact("access1_read_bandwidth_mb_per_s", "/access1/initiators/read_bandwidth of any");
    assert_no_fact("hugepages_1g_free_by_node",
                   "/hugepages/hugepages-1048576kB/free_hugepages of any node");
    assert_fact("thermal_throttle_events", "7");
    assert_no_fact("interleave_weights", "weighted_interleave/nodeN of any node");
    write_file("/sys/kernel/mm/mempolicy/weighted_interleave/node0", "3\n");
    write_file("/sys/kernel/mm/mempolicy/weighted_interleave/node3", "1\n");
    write_file("/sys/kernel/mm/mempolicy/weighted_interleave/auto", "true\n");
    assert_fact("interleave_weights", "0:3+3:1");
    assert_fact("interleave_auto", "true");
    write_file("/proc/loadavg", "0.10 0.20 0.30\n");
    write_file("/proc/stat", "cpu  100 0 50\n");
    write_file("/proc/meminfo", "MemTotal: 9 kB\n");
    assert_no_fact("processes_running", "how many tasks run");
    assert_no_fact("steal_share_percent", "eight numbers");
    assert_no_fact("swap_used_bytes", "SwapTotal");
}

// One latency of 320 ns, from domain 0 to that one (ACPI 6.5, 5.2.28).
static void write_hmat(uint8_t target) {
    const uint8_t table[82] = {
        [0] = 'H',     [1] = 'M', [2] = 'A', [3] = 'T', [8] = 2, // revision
        [40] = 1,      [44] = 42,                                // structure and its length
        [52] = 1,      [56] = 1,                                 // initiators, targets
        [64] = 0xE8,   [65] = 3,                                 // unit: 1000 ps
        [76] = target, [80] = 64, [81] = 1,                      // 320
    };
    write_bytes("/sys/firmware/acpi/tables/HMAT", table, sizeof table);
}

static void assert_firmware(const char *reason) {
    struct os_firmware_memory memory;
    struct error error;
    bool told = os_firmware_memory(&memory, &error);
    if (told == (reason != NULL) || (reason && !strstr(error.text, reason)))
        fail_msg("%s", told ? "it is told" : error.text);
    if (told) {
        assert_int_equal(memory.count, 1);
        assert_true(memory.at[0].read_latency_ns == 320);
    }
    os_firmware_memory_free(&memory);
}

static void the_firmwares_table_counts_where_its_domains_are_nodes(void **state) {
    (void)state;
    write_file("/sys/devices/system/node/online", "0-1\n");
    assert_firmware("/tables/HMAT: No such file");
    write_hmat(1);
    assert_firmware(NULL);
    write_hmat(2);
    assert_firmware("names a domain 2");
    write_hmat(1);
    write_file("/sys/devices/system/node/node1/access0/initiators/node0/id", "0\n");
    write_file("/sys/devices/system/node/node1/access0/initiators/read_latency", "320\n");
    assert_firmware(NULL);
    write_file("/sys/devices/system/node/node1/access0/initiators/read_latency", "140\n");
    assert_firmware("not numbered as nodes");
}

// hwloc has read them before.
static void distances_are_left_to_hwloc(void **state) {
    (void)state;
    uint64_t distance;
    struct error error;
    assert_false(os_firmware_distances(&(struct id_set){0}, &distance, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
}

#define DAMON "/sys/kernel/mm/damon/admin/kdamonds/"

static void running_damon_schemes_are_reported(void **state) {
    (void)state;
    char path[160];
    assert_fact("damon_schemes", "none"); // a kernel without it
    write_file(DAMON "0/state", "off\n");
    write_file(DAMON "0/contexts/0/schemes/0/action", "pageout\n");
    assert_fact("damon_schemes", "none");
    write_file(DAMON "0/state", "on\n");
    assert_fact("damon_schemes", "pageout");
    write_file(DAMON "0/contexts/0/schemes/1/action", "migrate_cold\n");
    write_file(DAMON "0/contexts/0/schemes/1/target_nid", "2\n");
    write_file("/sys/module/damon_reclaim/parameters/enabled", "Y\n");
    write_file("/sys/module/damon_lru_sort/parameters/enabled", "N\n");
    assert_fact("damon_schemes", "damon_reclaim, pageout, migrate_cold to node 2");
    for (int i = 2; i < 90; i++) { // more than a fact holds
        snprintf(path, sizeof path, DAMON "0/contexts/0/schemes/%d/action", i);
        write_file(path, "hugepage\n");
    }
    const char *value = os_fact_value(facts, os_facts(facts, OS_FACTS_MAX), "damon_schemes");
    assert_int_equal(strncmp(value, "damon_reclaim, ", 15), 0);
}

static void offline_blocks_are_counted_by_node(void **state) {
    (void)state;
    write_file("/sys/devices/system/node/online", "0,2\n");
    assert_no_fact("memory_blocks_offline", "/memoryM/state");
    write_file("/sys/devices/system/node/node0/memory0/state", "online\n");
    write_file("/sys/devices/system/node/node2/memory32/state", "online\n");
    write_file("/sys/devices/system/node/node2/memory33/state", "online\n");
    assert_fact("memory_blocks_offline", "none");
    write_file("/sys/devices/system/node/node2/memory33/state", "offline\n");
    write_file("/sys/devices/system/node/node2/memory34/state", "going-offline\n");
    assert_fact("memory_blocks_offline", "2:2");
}

static void facts_of_an_arm_server_name_its_part(void **state) {
    (void)state;
    write_file("/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
                                "CPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n");
    assert_fact("cpu_model", "Arm Neoverse N1");
    assert_fact("cpu_identifier",
                "CPU implementer 0x41, CPU part 0xd0c, CPU variant 0x3, CPU revision 1");
    assert_no_fact("microcode", "no field 'microcode'");
    write_file("/proc/cpuinfo", "CPU implementer\t: 0x41\nCPU part\t: 0xfff\n");
    assert_fact("cpu_model", "implementer 0x41 part 0xfff");
}

static void turbo_is_on_or_off_by_either_drivers_word(void **state) {
    (void)state;
    write_file("/sys/devices/system/cpu/cpufreq/boost", "1\n");
    assert_fact("turbo", "on");
    write_file("/sys/devices/system/cpu/cpufreq/boost", "0\n");
    assert_fact("turbo", "off");
    write_file("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
    assert_fact("turbo", "on");
    write_file("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    assert_fact("turbo", "off");
}

static void limits_of_control_groups_are_those_that_bind(void **state) {
    (void)state;
    write_file("/proc/self/cgroup", "0::/slice/own\n");
    assert_no_fact("cgroup_cpu_limit", "/self/mounts");
    write_file("/proc/self/mounts", "proc /proc proc rw 0 0\n");
    assert_no_fact("cgroup_cpu_limit", "mounts shows no control groups for cpu");
    write_file("/proc/self/mounts", "none /sys/fs/cgroup cgroup2 rw 0 0\n");
    assert_no_fact("cgroup_cpu_limit", "cpu.max");
    write_file("/sys/fs/cgroup/slice/own/cpu.max", "max 100000\n");
    assert_fact("cgroup_cpu_limit", "no limit");
    write_file("/sys/fs/cgroup/slice/cpu.max", "200000 100000\n");
    assert_fact("cgroup_cpu_limit", "200000 100000");
    write_file("/sys/fs/cgroup/slice/cpuset.cpus.effective", "0-3\n");
    assert_fact("cgroup_cpus", "0-3");
    write_file("/proc/self/cgroup", "3:cpuset:/job\n2:cpu,cpuacct:/\n0::/slice/own\n");
    write_file("/proc/self/mounts", "none /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
                                    "none /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0\n");
    write_file("/sys/fs/cgroup/cpuset/job/cpuset.effective_mems", "1\n");
    write_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    assert_fact("cgroup_nodes", "1 (cpuset.effective_mems)");
    assert_fact("cgroup_cpu_limit", "50000 (cpu.cfs_quota_us)");
}

static void a_long_fact_says_that_it_was_cut(void **state) {
    (void)state;
    char line[1000];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    write_file("/proc/cmdline", line);
    size_t count = os_facts(facts, OS_FACTS_MAX);
    const char *value = os_fact_value(facts, count, "kernel_command_line");
    assert_non_null(value);
    assert_int_equal(strlen(value), sizeof facts[0].value - 1);
    assert_string_equal(value + strlen(value) - 4, "x...");
}

static void the_command_line_is_recorded_without_uuids(void **state) {
    (void)state;
    write_file("/proc/cmdline", "quiet root=UUID=0b1c-2d root=PARTUUID=77 rd.luks.uuid=9 nosmt\n");
    assert_fact("kernel_command_line", "quiet (left-out) (left-out) (left-out) nosmt");
}

#define ON_FILES(test) cmocka_unit_test_setup_teardown(test, begin_tree, end_tree)

int main(void) {
    os_start();
    const struct CMUnitTest tests[] = {
        ON_FILES(files_of_any_length_are_read_completely),
        ON_FILES(a_file_that_cannot_be_read_is_unavailable_with_its_path),
        ON_FILES(fields_are_found_by_their_full_name),
        ON_FILES(numbers_are_digits_and_nothing_else),
        ON_FILES(sparse_nodes_and_three_hundred_cpus_keep_their_numbers),
        ON_FILES(a_kernel_without_nodes_is_unavailable),
        ON_FILES(a_kernel_without_numa_has_one_node),
        ON_FILES(an_empty_directory_of_nodes_is_not_given_to_hwloc),
        ON_FILES(a_table_with_a_gap_or_nonsense_is_an_error_and_no_answer),
        ON_FILES(an_online_cpu_outside_the_cpuset_is_refused_as_such),
        ON_FILES(steal_is_summed_over_the_cpus_asked_in_nanoseconds),
        ON_FILES(throttling_is_summed_over_cores_and_packages),
        ON_FILES(pages_that_anybody_moved_are_the_kernels_count),
        ON_FILES(usage_without_schedstat_has_no_run_delay),
        ON_FILES(the_file_cache_counts_as_free_and_a_twentieth_is_left),
        ON_FILES(the_reserve_of_the_kernel_does_not_count_as_free),
        ON_FILES(one_node_has_all_memory_where_only_its_zones_have_pages),
        ON_FILES(of_the_only_node_the_systems_own_count_is_taken),
        ON_FILES(what_cannot_be_bound_is_on_the_only_node_or_touched_first_or_refused),
        ON_FILES(pages_of_the_buffers_mapping_alone_are_counted_by_node),
        ON_FILES(counts_of_other_memory_are_ignored),
        ON_FILES(a_node_of_unknown_memory_gives_no_limit),
        ON_FILES(nodes_that_cannot_give_memory_each_have_their_sentence),
        ON_FILES(the_memory_limit_of_a_control_group_is_not_exceeded),
        ON_FILES(limits_of_version_1_are_found_wherever_their_groups_are_mounted),
        ON_FILES(a_ulimit_leaves_its_unused_part),
        ON_FILES(strict_overcommit_is_a_limit),
        ON_FILES(transparent_pages_follow_the_switch_that_decides),
        ON_FILES(the_kinds_are_those_that_the_machine_has),
        ON_FILES(a_name_of_a_kind_is_a_source_and_a_size),
        ON_FILES(smaller_transparent_pages_have_switches_of_their_own),
        ON_FILES(counts_prove_or_deny_smaller_transparent_pages),
        ON_FILES(proven_by_counts_is_proven_until_one_is_split),
        ON_FILES(uncounted_mthp_pages_are_unknown),
        ON_FILES(root_sees_each_smaller_transparent_page),
        ON_FILES(a_short_pool_is_refused_with_the_missing_pages),
        ON_FILES(a_pool_that_cannot_be_read_is_not_taken_for_empty),
        ON_FILES(page_sizes_are_summed_over_the_mappings_of_the_buffer),
        ON_FILES(page_sizes_of_a_merged_or_missing_mapping_are_an_error),
        ON_FILES(facts_that_cannot_be_read_name_their_path),
        ON_FILES(facts_of_an_x86_server_are_the_systems_words),
        ON_FILES(facts_of_memory_modules_are_read_from_the_firmware),
        ON_FILES(modules_are_read_without_privilege_from_udev),
        ON_FILES(channels_of_unequal_speeds_count_each_with_its_own),
        ON_FILES(stacks_have_their_own_width_and_channels_theirs),
        ON_FILES(what_locators_do_not_say_is_unknown_or_the_word_of_edac),
        ON_FILES(a_firmware_chip_is_not_a_memory_module),
        ON_FILES(locators_are_read_from_the_firmware_too),
        ON_FILES(facts_of_a_busy_machine_are_counted),
        ON_FILES(the_firmwares_table_counts_where_its_domains_are_nodes),
        ON_FILES(distances_are_left_to_hwloc),
        ON_FILES(running_damon_schemes_are_reported),
        ON_FILES(offline_blocks_are_counted_by_node),
        ON_FILES(facts_of_an_arm_server_name_its_part),
        ON_FILES(turbo_is_on_or_off_by_either_drivers_word),
        ON_FILES(limits_of_control_groups_are_those_that_bind),
        ON_FILES(a_long_fact_says_that_it_was_cut),
        ON_FILES(the_command_line_is_recorded_without_uuids),
    };
    return cmocka_run_group_tests_name("os on Linux machines made of files", tests, NULL, NULL);
}
