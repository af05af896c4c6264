// SPDX-License-Identifier: Apache-2.0
// The counters of the memory bus on Linux machines that are made of files, which the test advances
// by planted bytes. No machine that has such counters was at hand: each file follows the kernel's
// document that the code names.
#define _GNU_SOURCE
#include "os/linux.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "denied.h"
#include "file_tree.h"

enum { RESCTRL_KIND = 1 };
#define GROUPS "/sys/fs/resctrl/mon_groups"

// ---- what the kernel does with directories of resctrl
// --------------------------------------------

// The counters of a group, below mon_data; NULL ends them. The kernel makes them with a group.
static struct {
    const char *domains[8];
    int mkdir_number; // errno instead of a group
} kernel;

static bool is_group(const char *path) {
    return strstr(path, "/mon_groups/numaprobe.") != NULL;
}

static void write_counter(const char *group, const char *domain, const char *event,
                          const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/mon_data/%s/%s", group + strlen(root), domain, event);
    write_file(path, text);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode) {
    if (is_group(path) && kernel.mkdir_number) {
        errno = kernel.mkdir_number;
        return -1;
    }
    int result = __real_mkdir(path, mode);
    if (result != 0 || !is_group(path) || strcmp(strrchr(path, '/'), "/mon_data") == 0 ||
        strstr(path, "/mon_data/"))
        return result;
    char tasks[512];
    snprintf(tasks, sizeof tasks, "%s/tasks", path + strlen(root));
    write_file(tasks, "");
    snprintf(tasks, sizeof tasks, "%s/mon_data/mon_PERF_PKG_00/activity", path + strlen(root));
    write_file(tasks, "0.5\n");
    for (size_t i = 0; i < COUNT_OF(kernel.domains) && kernel.domains[i]; i++) {
        write_counter(path, kernel.domains[i], "mbm_total_bytes", "1000\n");
        write_counter(path, kernel.domains[i], "mbm_local_bytes", "500\n");
        write_counter(path, kernel.domains[i], "llc_occupancy", "77\n");
    }
    return result;
}

int __real_rmdir(const char *path);
int __wrap_rmdir(const char *path);
int __wrap_rmdir(const char *path) {
    return is_group(path) ? nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) : __real_rmdir(path);
}

// ---- the machine --------------------------------------------------------------------------------

// Two packages of two CPUs, each with an L3, which have the numbers 0 and 1.
static int begin_machine(void **state) {
    int begun = begin_tree(state);
    linux_set_roots(sys_root, NULL, NULL); // processes are real
    memset(&kernel, 0, sizeof kernel);
    kernel.domains[0] = "mon_L3_00";
    kernel.domains[1] = "mon_L3_01";
    write_file("/sys/devices/system/cpu/online", "0-3\n");
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        char path[128];
        for (unsigned level = 1; level <= 3; level++) {
            snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cache/index%u/level", cpu,
                     level - 1);
            write_file(path, level == 1 ? "1\n" : level == 2 ? "2\n" : "3\n");
        }
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cache/index2/id", cpu);
        write_file(path, cpu < 2 ? "0\n" : "1\n");
    }
    write_file("/sys/fs/resctrl/info/L3_MON/mon_features",
               "llc_occupancy\nmbm_total_bytes\nmbm_total_bytes_config\nmbm_local_bytes\n");
    write_file(GROUPS "/others/tasks", "");
    return begun;
}

static struct id_set cpu_set(const char *list) {
    struct id_set cpus = {0};
    struct error error;
    assert_true(id_set_parse(&cpus, list, &error));
    return cpus;
}

// The path of our group; "" where there is none.
static const char *find_group(char path[512]) {
    char groups[256];
    path[0] = '\0';
    snprintf(groups, sizeof groups, "%s" GROUPS, root);
    DIR *directory = opendir(groups);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (strncmp(entry->d_name, "numaprobe.", 10) == 0) {
            assert_string_equal(path, ""); // one alone
            snprintf(path, 512, "%s/%s", groups, entry->d_name);
        }
    closedir(directory);
    return path;
}

static void plant(const char *domain, const char *event, const char *text) {
    char group[512];
    write_counter(find_group(group), domain, event, text);
}

static struct os_bus open_resctrl(void) {
    struct os_bus bus;
    struct error error;
    if (!os_bus_open(&bus, RESCTRL_KIND, &error))
        fail_msg("%s", error.text);
    assert_string_equal(bus.source, "resctrl");
    return bus;
}

static void assert_counts(const struct os_bus *bus, const char *list, uint64_t all,
                          uint64_t local) {
    struct id_set cpus = cpu_set(list);
    struct os_bus_count count;
    struct error error;
    if (!os_bus_read(bus, &cpus, &count, &error))
        fail_msg("%s", error.text);
    id_set_free(&cpus);
    assert_int_equal(count.bytes[OS_BUS_ALL], all);
    assert_int_equal(count.bytes[OS_BUS_LOCAL], local);
    assert_int_equal(count.bytes[OS_BUS_READ], NONE_U64); // counted together
    assert_int_equal(count.bytes[OS_BUS_WRITTEN], NONE_U64);
}

static void assert_unreadable(const struct os_bus *bus, const char *list, const char *part) {
    struct id_set cpus = cpu_set(list);
    struct os_bus_count count;
    struct error error = {0};
    assert_false(os_bus_read(bus, &cpus, &count, &error));
    id_set_free(&cpus);
    if (!strstr(error.text, part))
        fail_msg("'%s' has no '%s'", error.text, part);
}

static void assert_refused(const char *part) {
    struct os_bus bus;
    struct error error = {0};
    char group[512];
    assert_false(os_bus_open(&bus, RESCTRL_KIND, &error));
    if (!strstr(error.text, part))
        fail_msg("'%s' has no '%s'", error.text, part);
    assert_string_equal(find_group(group), "");
}

// The fact, of which the doctor makes its line.
static void assert_fact(bool available, const char *part) {
    struct os_fact facts[OS_FACTS_MAX];
    size_t count = os_facts(facts, COUNT_OF(facts)), i = 0;
    while (i < count && strcmp(facts[i].name, "bus_counters") != 0)
        i++;
    assert_true(i < count);
    assert_int_equal(facts[i].available, available);
    if (!strstr(facts[i].value, part))
        fail_msg("'%s' has no '%s'", facts[i].value, part);
}

// ---- resctrl: sums ------------------------------------------------------------------------------

static void the_caches_of_the_threads_cpus_are_summed(void **state) {
    (void)state;
    struct os_bus bus = open_resctrl();
    assert_counts(&bus, "0-3", 2000, 1000);
    plant("mon_L3_00", "mbm_total_bytes", "8000001000\n");
    plant("mon_L3_00", "mbm_local_bytes", "2000000500\n");
    assert_counts(&bus, "0-3", 8000002000, 2000001000);
    assert_counts(&bus, "0-1", 8000001000, 2000000500);
    assert_counts(&bus, "3", 1000, 500);
    os_bus_close(&bus);
}

static void the_parts_of_a_cache_are_summed_and_not_the_kernels_sum(void **state) {
    (void)state;
    const char *const domains[] = {
        "mon_L3_00", "mon_L3_00/mon_sub_L3_00", "mon_L3_00/mon_sub_L3_01",
        "mon_L3_01", "mon_L3_01/mon_sub_L3_02", "mon_L3_01/mon_sub_L3_03"};
    memcpy(kernel.domains, domains, sizeof domains);
    struct os_bus bus = open_resctrl();
    assert_counts(&bus, "0-3", 4000, 2000);
    plant("mon_L3_00/mon_sub_L3_01", "mbm_total_bytes", "51000\n");
    assert_counts(&bus, "0-1", 52000, 1000);
    plant("mon_L3_00/mon_sub_L3_00", "mbm_total_bytes", "Unavailable\n");
    plant("mon_L3_00", "mbm_total_bytes", "51000\n"); // which leaves out what it has not
    assert_unreadable(&bus, "0-1", "mon_L3_00/mon_sub_L3_00/mbm_total_bytes says 'Unavailable'");
    os_bus_close(&bus);
}

static void without_local_counters_what_is_remote_is_unknown(void **state) {
    (void)state;
    write_file("/sys/fs/resctrl/info/L3_MON/mon_features", "mbm_total_bytes");
    struct os_bus bus = open_resctrl();
    assert_counts(&bus, "0-3", 2000, NONE_U64);
    os_bus_close(&bus);
}

static void a_cpu_with_an_unknown_cache_may_share_any_cache(void **state) {
    (void)state;
    write_file("/sys/devices/system/cpu/cpu0/cache/index2/id", "\n");
    struct os_bus bus = open_resctrl();
    assert_counts(&bus, "0", 2000, 1000);
    assert_counts(&bus, "99", 2000, 1000);
    os_bus_close(&bus);
}

// ---- resctrl: what is no number -----------------------------------------------------------------

static void words_in_a_number_column_are_not_zero(void **state) {
    (void)state;
    const struct {
        const char *text, *part;
    } cases[] = {
        {"Unavailable\n", "keeps no count" },
        {"Unassigned\n",  "mbm_assign_mode"},
        {"Error\n",       "refused to read"},
        {"",              "no number"      },
        {"12x\n",         "no number"      },
        {"-12\n",         "no number"      },
    };
    struct os_bus bus = open_resctrl();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        plant("mon_L3_01", "mbm_local_bytes", cases[i].text);
        assert_unreadable(&bus, "0-3", cases[i].part);
        assert_counts(&bus, "0-1", 1000, 500); // whose cache has one
        plant("mon_L3_01", "mbm_local_bytes", "500\n");
        assert_counts(&bus, "0-3", 2000, 1000);
    }
    os_bus_close(&bus);
}

// ---- resctrl: groups ----------------------------------------------------------------------------

static void assert_tasks(const char *expected) {
    char group[512], path[512 + 16];
    struct error error;
    snprintf(path, sizeof path, "%s/tasks", find_group(group));
    char *text = linux_read(path, &error);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void the_group_holds_the_threads_that_joined_and_goes_with_the_run(void **state) {
    (void)state;
    char group[512], thread[64];
    struct error error;
    struct os_bus bus = open_resctrl();
    assert_tasks("");
    assert_true(os_bus_join(&bus, &error));
    snprintf(thread, sizeof thread, "%ld\n", (long)syscall(SYS_gettid));
    assert_tasks(thread);
    snprintf(thread, sizeof thread, "/numaprobe.%ld.", (long)getpid());
    assert_non_null(strstr(find_group(group), thread));
    os_bus_close(&bus);
    assert_string_equal(find_group(group), "");
    write_file(GROUPS "/others/tasks", ""); // was left alone
    bus = open_resctrl();
    os_bus_close(&bus);
}

static int open_and_die(void) {
    struct os_bus bus;
    struct error error;
    EXPECT(os_bus_open(&bus, RESCTRL_KIND, &error));
    raise(SIGKILL);
    return 1;
}

static void a_group_of_a_killed_run_is_removed_by_the_next(void **state) {
    (void)state;
    char left[512], own[512];
    int status = in_child(open_and_die);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_string_not_equal(find_group(left), "");
    struct os_bus bus = open_resctrl();
    assert_string_not_equal(find_group(own), left);
    os_bus_close(&bus);
}

static bool group_is_there(const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s" GROUPS "/%s", root, name);
    return access(path, F_OK) == 0;
}

static void groups_of_living_processes_and_of_others_are_kept(void **state) {
    (void)state;
    char alive[64], reused[64], dead[64], path[512];
    linux_set_roots(sys_root, proc_root, NULL);
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)getpid());
    write_file(path, "1 (a) b) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4711 0\n");
    write_file("/proc/77/stat", "77 (numaprobe) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 100 0\n");
    snprintf(alive, sizeof alive, "numaprobe.77.100");
    snprintf(reused, sizeof reused, "numaprobe.77.99");
    snprintf(dead, sizeof dead, "numaprobe.78.100");
    const char *const names[] = {alive, reused, dead, "numaprobe.78.100x", "numaprobe.78"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s" GROUPS "/%s", root, names[i]);
        assert_int_equal(__real_mkdir(path, 0700), 0);
    }
    struct os_bus bus = open_resctrl();
    assert_true(group_is_there(alive));
    assert_false(group_is_there(reused));
    assert_false(group_is_there(dead));
    assert_true(group_is_there("numaprobe.78.100x"));
    assert_true(group_is_there("numaprobe.78"));
    snprintf(path, sizeof path, "numaprobe.%ld.4711", (long)getpid());
    assert_true(group_is_there(path));
    os_bus_close(&bus);
    assert_false(group_is_there(path));
}

// ---- resctrl: none ------------------------------------------------------------------------------

static void remove_below(const char *path) {
    char at[1024];
    snprintf(at, sizeof at, "%s%s", root, path);
    assert_int_equal(nftw(at, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void a_missing_witness_is_named_with_its_remedy(void **state) {
    (void)state;
    assert_fact(true, "resctrl");
    kernel.mkdir_number = ENOSPC;
    assert_refused("num_rmids");
    kernel.mkdir_number = EACCES;
    assert_refused("Permission denied");
    kernel.mkdir_number = 0;
    kernel.domains[0] = NULL;
    assert_refused("has no mon_L3_*");
    kernel.domains[0] = "mon_L3_00";
    linux_set_roots(sys_root, proc_root, NULL);
    assert_refused("mount /proc");
    linux_set_roots(sys_root, NULL, NULL);
    write_file("/sys/fs/resctrl/info/L3_MON/mon_features", "llc_occupancy\nmbm_total_bytes_config");
    assert_refused("the processor does not count it");
    assert_fact(false, "the processor does not count it");
    remove_below(GROUPS);
    write_file("/sys/fs/resctrl/info/L3_MON/mon_features", "mbm_total_bytes\n");
    struct os_bus bus;
    struct error error;
    assert_false(os_bus_open(&bus, RESCTRL_KIND, &error));
    assert_non_null(strstr(error.text, "root alone"));
    remove_below("/sys/fs/resctrl/info");
    assert_false(os_bus_open(&bus, RESCTRL_KIND, &error));
    assert_non_null(strstr(error.text, "sudo mount -t resctrl"));
    assert_fact(false, "sudo mount -t resctrl");
    remove_below("/sys/fs/resctrl");
    assert_false(os_bus_open(&bus, RESCTRL_KIND, &error));
    assert_int_equal(error.kind, ERROR_KIND_UNAVAILABLE);
    assert_fact(false, "no /sys/fs/resctrl");
}

static void this_machine_opens_or_says_why_not(void **state) {
    (void)state;
    linux_set_roots(NULL, NULL, NULL);
    for (size_t kind = 0; kind < os_bus_kind_count; kind++) {
        struct os_bus bus;
        struct error error = {0};
        if (os_bus_open(&bus, kind, &error))
            os_bus_close(&bus);
        else
            assert_true(strlen(error.text) > 0);
    }
}

#define ON_FILES(test) cmocka_unit_test_setup_teardown(test, begin_machine, end_tree)

int main(void) {
    os_start();
    const struct CMUnitTest tests[] = {
        ON_FILES(the_caches_of_the_threads_cpus_are_summed),
        ON_FILES(the_parts_of_a_cache_are_summed_and_not_the_kernels_sum),
        ON_FILES(without_local_counters_what_is_remote_is_unknown),
        ON_FILES(a_cpu_with_an_unknown_cache_may_share_any_cache),
        ON_FILES(words_in_a_number_column_are_not_zero),
        ON_FILES(the_group_holds_the_threads_that_joined_and_goes_with_the_run),
        ON_FILES(a_group_of_a_killed_run_is_removed_by_the_next),
        ON_FILES(groups_of_living_processes_and_of_others_are_kept),
        ON_FILES(a_missing_witness_is_named_with_its_remedy),
        cmocka_unit_test(this_machine_opens_or_says_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
