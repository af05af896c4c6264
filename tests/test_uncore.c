// SPDX-License-Identifier: Apache-2.0
// Counters of memory controllers on Linux machines that are made of files, with counters of the
// test's own in the place of perf_event_open(2). No machine that has them was at hand.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "file_tree.h"

enum { UNCORE_KIND = 0, COUNTERS_MAX = 32 };

// ---- counters of the test's own
// ------------------------------------------------------------------

struct reading {
    uint64_t value, enabled_ns, running_ns;
};

static struct {
    bool real;       // the kernel's own
    int open_number; // errno instead of a counter
    struct {
        struct perf_event_attr attribute;
        int cpu, file;
        bool unreadable;
        struct reading now;
    } at[COUNTERS_MAX];
    size_t count, open;
} counters;

static int open_counter(const struct perf_event_attr *attribute, int cpu) {
    if (counters.open_number) {
        errno = counters.open_number;
        return -1;
    }
    assert_true(counters.count < COUNTERS_MAX);
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    counters.at[counters.count].attribute = *attribute;
    counters.at[counters.count].cpu = cpu;
    counters.at[counters.count++].file = file;
    counters.open++;
    return file;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
    long arguments[5] = {0};
    va_list list;
    va_start(list, number);
    size_t count = number == SYS_perf_event_open ? 5 : 3; // the other one is getcpu(2)
    for (size_t i = 0; i < count; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_perf_event_open && !counters.real) {
        assert_int_equal((int)arguments[1], -1); // of no process
        return open_counter((const struct perf_event_attr *)(uintptr_t)arguments[0],
                            (int)arguments[2]);
    }
    return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                          arguments[4]);
}

// Of an open counter; COUNTERS_MAX: it is another file.
static size_t counter_of(int file) {
    size_t i = 0;
    while (i < counters.count && counters.at[i].file != file)
        i++;
    return i < counters.count ? i : COUNTERS_MAX;
}

ssize_t __real_read(int file, void *data, size_t bytes);
ssize_t __wrap_read(int file, void *data, size_t bytes);
ssize_t __wrap_read(int file, void *data, size_t bytes) {
    size_t i = counter_of(file);
    if (i == COUNTERS_MAX)
        return __real_read(file, data, bytes);
    if (counters.at[i].unreadable)
        return 0;
    assert_int_equal(bytes, sizeof counters.at[i].now);
    memcpy(data, &counters.at[i].now, bytes);
    return (ssize_t)bytes;
}

int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file) {
    size_t i = counter_of(file);
    if (i < COUNTERS_MAX) {
        counters.at[i].file = -1;
        counters.open--;
    }
    return __real_close(file);
}

// ---- the machine --------------------------------------------------------------------------------

static int begin_machine(void **state) {
    memset(&counters, 0, sizeof counters);
    return begin_tree(state);
}

static void write_device(const char *device, const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "/sys/bus/event_source/devices/%s/%s", device, file);
    write_file(path, text);
}

// A device as Intel's servers have it, its events named by the kernel.
static void write_imc(const char *device, const char *cpumask) {
    write_device(device, "type", "13\n");
    write_device(device, "cpumask", cpumask);
    write_device(device, "format/event", "config:0-7\n");
    write_device(device, "format/umask", "config:8-15\n");
    write_device(device, "events/cas_count_read", "event=0x04,umask=0x03\n");
    write_device(device, "events/cas_count_read.scale", "6.103515625e-5\n");
    write_device(device, "events/cas_count_read.unit", "MiB\n");
    write_device(device, "events/cas_count_write", "event=0x04,umask=0x0c\n");
    write_device(device, "events/cas_count_write.scale", "6.103515625e-5\n");
    write_device(device, "events/cas_count_write.unit", "MiB\n");
}

static struct os_bus open_uncore(const char *source) {
    struct os_bus bus;
    struct error error;
    if (!os_bus_open(&bus, UNCORE_KIND, &error))
        fail_msg("%s", error.text);
    assert_string_equal(bus.source, source);
    // What was opened to see whether it can be is closed.
    size_t open = 0;
    for (size_t i = 0; i < counters.count; i++)
        if (counters.at[i].file >= 0)
            counters.at[open++] = counters.at[i];
    counters.count = open;
    assert_int_equal(counters.open, open);
    return bus;
}

static void close_uncore(struct os_bus *bus) {
    os_bus_close(bus);
    assert_int_equal(counters.open, 0);
    counters.count = 0;
}

// Each counter counts this many more, in a millisecond.
static void advance(uint64_t counts) {
    for (size_t i = 0; i < counters.count; i++) {
        counters.at[i].now.value += counts;
        counters.at[i].now.enabled_ns += NS_PER_MS;
        counters.at[i].now.running_ns += NS_PER_MS;
    }
}

static void assert_counts(const struct os_bus *bus, uint64_t read_bytes, uint64_t written_bytes) {
    struct id_set cpus = {0};
    struct os_bus_count count;
    struct error error;
    if (!os_bus_read(bus, &cpus, &count, &error))
        fail_msg("%s", error.text);
    assert_int_equal(count.bytes[OS_BUS_READ], read_bytes);
    assert_int_equal(count.bytes[OS_BUS_WRITTEN], written_bytes);
    assert_int_equal(count.bytes[OS_BUS_ALL], read_bytes + written_bytes);
    assert_int_equal(count.bytes[OS_BUS_LOCAL], NONE_U64);
}

static void assert_unreadable(const struct os_bus *bus, const char *part) {
    struct id_set cpus = {0};
    struct os_bus_count count;
    struct error error = {0};
    assert_false(os_bus_read(bus, &cpus, &count, &error));
    if (!strstr(error.text, part))
        fail_msg("'%s' has no '%s'", error.text, part);
}

static void assert_refused(const char *part) {
    struct os_bus bus;
    struct error error = {0};
    assert_false(os_bus_open(&bus, UNCORE_KIND, &error));
    if (!strstr(error.text, part))
        fail_msg("'%s' has no '%s'", error.text, part);
    assert_int_equal(counters.open, 0);
    counters.count = 0;
}

static void assert_config(size_t counter, uint32_t type, uint64_t config, int cpu) {
    assert_int_equal(counters.at[counter].attribute.type, type);
    assert_int_equal(counters.at[counter].attribute.config, config);
    assert_int_equal(counters.at[counter].cpu, cpu);
}

// ---- sums ---------------------------------------------------------------------------------------

static void all_channels_of_all_packages_are_summed(void **state) {
    (void)state;
    write_imc("uncore_imc_0", "0\n");
    struct os_bus bus = open_uncore("uncore_imc");
    assert_int_equal(counters.count, 2);
    assert_config(0, 13, 0x0304, 0);
    assert_config(1, 13, 0x0c04, 0);
    assert_counts(&bus, 0, 0);
    advance(1000);
    assert_counts(&bus, 64000, 64000);
    close_uncore(&bus);
    write_imc("uncore_imc_0", "0,28\n"); // two packages
    write_imc("uncore_imc_1", "0,28\n");
    write_imc("uncore_imc_10", "0,28\n");
    write_imc("uncore_imc_free_running_0", "0,28\n"); // counts the same again
    bus = open_uncore("uncore_imc");
    assert_int_equal(counters.count, 12);
    assert_config(1, 13, 0x0304, 28);
    advance(1000);
    counters.at[1].now.value += 5;
    assert_counts(&bus, 6 * 64000 + 5 * 64, 6 * 64000);
    assert_counts(&bus, 6 * 64000 + 5 * 64, 6 * 64000); // from the opening on
    close_uncore(&bus);
}

static void a_channel_of_two_halves_is_summed(void **state) {
    (void)state;
    write_device("uncore_imc_0", "type", "20\n");
    write_device("uncore_imc_0", "cpumask", "0\n");
    write_device("uncore_imc_0", "format/event", "config:0-7\n");
    write_device("uncore_imc_0", "format/umask", "config:8-15\n");
    write_device("uncore_imc_0", "events/cas_count_read_sch0", "event=0x05,umask=0xcf\n");
    write_device("uncore_imc_0", "events/cas_count_read_sch1", "event=0x06,umask=0xcf\n");
    write_device("uncore_imc_0", "events/cas_count_write_sch0", "event=0x05,umask=0xf0\n");
    write_device("uncore_imc_0", "events/cas_count_write_sch1", "event=0x06,umask=0xf0\n");
    struct os_bus bus = open_uncore("uncore_imc");
    advance(10);
    assert_counts(&bus, 2 * 640, 2 * 640);
    close_uncore(&bus);
}

static void codes_stand_in_where_the_kernel_names_none(void **state) {
    (void)state;
    const struct {
        unsigned model;
        uint64_t reads, writes;
        size_t count;
    } cases[] = {
        {63,  0x0304, 0x0c04, 2},
        {85,  0x0304, 0x0c04, 2},
        {106, 0x0f04, 0x3004, 2},
        {143, 0xcf05, 0xf005, 2},
        {207, 0xcf05, 0xf005, 2},
        {173, 0xcf05, 0xf005, 4},
        {221, 0xcf05, 0xf005, 4}
    };
    write_device("uncore_imc_0", "type", "13\n");
    write_device("uncore_imc_0", "cpumask", "0\n");
    write_device("uncore_imc_0", "format/event", "config:0-7\n");
    write_device("uncore_imc_0", "format/umask", "config:8-15\n");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: %u\n"
                 "model name\t: a processor\n",
                 cases[i].model);
        write_file("/proc/cpuinfo", text);
        struct os_bus bus = open_uncore("uncore_imc");
        assert_int_equal(counters.count, cases[i].count);
        assert_config(0, 13, cases[i].reads, 0);
        assert_config(cases[i].count / 2, 13, cases[i].writes, 0);
        close_uncore(&bus);
    }
    write_file("/proc/cpuinfo",
               "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 8\nmodel name\t: 63\n");
    assert_refused("uncore_imc_0 has no event that is known");
}

static void memory_controllers_of_amd_are_summed(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        char device[32];
        snprintf(device, sizeof device, "amd_umc_%u", i);
        write_device(device, "type", "30\n");
        write_device(device, "cpumask", i < 2 ? "0\n" : "64\n");
        write_device(device, "format/event", "config:0-7\n");
        write_device(device, "format/rdwrmask", "config:8-9\n");
    }
    struct os_bus bus = open_uncore("amd_umc");
    assert_int_equal(counters.count, 6);
    assert_config(0, 30, 0x10a, 0);
    assert_config(1, 30, 0x20a, 0);
    assert_config(4, 30, 0x10a, 64);
    advance(100);
    assert_counts(&bus, 3 * 6400, 3 * 6400);
    close_uncore(&bus);
}

// Zen 2 and 3 have nothing else; Zen 4 has it too, and counts by its controllers.
static void the_data_fabric_of_amd_is_no_counter_of_all_memory(void **state) {
    write_device("amd_df", "type", "11\n");
    write_device("amd_df", "cpumask", "0\n");
    write_device("amd_df", "format/event", "config:0-7,32-35,59-60\n");
    assert_refused("amd_df does not count all memory: each of its four counters counts one");
    memory_controllers_of_amd_are_summed(state);
}

static void controllers_of_arm_servers_have_their_own_units(void **state) {
    (void)state;
    // clang-format off
    const struct {
        const char *device, *source, *events[3];
        uint64_t read_bytes, written_bytes; // of one count each
    } cases[] = {
        {"nvidia_scf_pmu_0", "nvidia_scf_pmu", {"cmem_rd_data", "cmem_wr_total_bytes"}, 32, 1},
        {"ali_drw_f21000", "ali_drw", {"hif_rd", "hif_wr", "hif_rmw"}, 64, 128},
        {"hisi_sccl3_ddrc0", "hisi_sccl", {"flux_rd", "flux_wr"}, 32, 32},
        {"cxl_pmu_mem0.0", "cxl_pmu_mem",
         {"s2m_drs_memdata", "m2s_rwd_memwr", "m2s_rwd_memwrptl"}, 64, 128},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_device(cases[i].device, "type", "40\n");
        write_device(cases[i].device, "cpumask", "1\n");
        for (size_t event = 0; event < 3 && cases[i].events[event]; event++) {
            char path[64], text[32];
            snprintf(path, sizeof path, "events/%s", cases[i].events[event]);
            snprintf(text, sizeof text, "config=0x%x\n", (unsigned)(event + 1));
            write_device(cases[i].device, path, text);
        }
        struct os_bus bus = open_uncore(cases[i].source);
        assert_config(0, 40, 1, 1);
        assert_config(1, 40, 2, 1);
        advance(7);
        assert_counts(&bus, 7 * cases[i].read_bytes, 7 * cases[i].written_bytes);
        close_uncore(&bus);
        assert_int_equal(end_tree(NULL), 0);
        assert_int_equal(begin_tree(NULL), 0);
    }
}

static void memory_of_two_kinds_is_added_up(void **state) {
    (void)state;
    write_imc("uncore_imc_0", "0\n");
    write_device("cxl_pmu_mem0.0", "type", "40\n");
    write_device("cxl_pmu_mem0.0", "cpumask", "0\n");
    write_device("cxl_pmu_mem0.0", "events/s2m_drs_memdata", "config=0x1\n");
    write_device("cxl_pmu_mem0.0", "events/m2s_rwd_memwr", "config=0x2\n");
    write_device("cxl_pmu_mem0.0", "events/m2s_rwd_memwrptl", "config=0x3\n");
    struct os_bus bus = open_uncore("uncore_imc cxl_pmu_mem");
    advance(1);
    assert_counts(&bus, 128, 192);
    close_uncore(&bus);
}

static void bits_go_where_the_format_says(void **state) {
    (void)state;
    const struct {
        const char *event, *umask, *code;
        uint64_t config, config1;
    } cases[] = {
        {"config:0-7,32-35", "config:8-15", "event=0x234,umask=0x56\n", 0x200005634, 0    },
        {"config1:4-11",     "config:0",    "event=0x12,umask\n",       1,           0x120},
        {"config:0-7",       "config2:0-7", "event=0xff,umask=1",       0xff,        0    },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_imc("uncore_imc_0", "0\n");
        write_device("uncore_imc_0", "format/event", cases[i].event);
        write_device("uncore_imc_0", "format/umask", cases[i].umask);
        write_device("uncore_imc_0", "events/cas_count_read", cases[i].code);
        write_device("uncore_imc_0", "events/cas_count_write", "event=0");
        struct os_bus bus = open_uncore("uncore_imc");
        assert_config(0, 13, cases[i].config, 0);
        assert_int_equal(counters.at[0].attribute.config1, cases[i].config1);
        assert_int_equal(counters.at[0].attribute.config2, i == 2);
        close_uncore(&bus);
    }
    write_device("uncore_imc_0", "events/cas_count_read", "event=0x100"); // of eight bits
    assert_refused("no event that is known");
    write_device("uncore_imc_0", "events/cas_count_read", "event=1,edge=1"); // no such format
    assert_refused("no event that is known");
}

// ---- faults -------------------------------------------------------------------------------------

static void a_wrapped_counter_continues(void **state) {
    (void)state;
    write_imc("uncore_imc_0", "0\n");
    struct os_bus bus = open_uncore("uncore_imc");
    counters.at[0].now.value = ((uint64_t)1 << 48) - 10;
    advance(0);
    assert_counts(&bus, 64 * (((uint64_t)1 << 48) - 10), 0);
    counters.at[0].now.value = 20;
    assert_counts(&bus, 64 * (((uint64_t)1 << 48) + 20), 0);
    counters.at[0].now.value = ((uint64_t)1 << 48) + 5; // wider than it wraps
    assert_counts(&bus, 64 * (((uint64_t)2 << 48) + 5), 0);
    counters.at[0].now.value = 5;
    assert_unreadable(&bus, "went back");
    close_uncore(&bus);
}

static void a_count_that_others_shared_is_not_scaled_but_refused(void **state) {
    (void)state;
    write_imc("uncore_imc_0", "0\n");
    struct os_bus bus = open_uncore("uncore_imc");
    advance(100);
    assert_counts(&bus, 6400, 6400);
    advance(100);
    counters.at[1].now.running_ns -= NS_PER_MS / 4;
    assert_unreadable(&bus, "uncore_imc_0 of CPU 0 counted 750 of 1000 us");
    advance(100); // and alone again
    assert_counts(&bus, 3 * 6400, 3 * 6400);
    counters.at[0].unreadable = true;
    assert_unreadable(&bus, "cannot be read");
    close_uncore(&bus);
}

static void what_is_missing_is_named(void **state) {
    (void)state;
    assert_refused("no known memory controller");
    write_imc("uncore_imc_0", "0\n");
    write_imc("uncore_imc_1", "\n");
    assert_refused("uncore_imc_1 has no cpumask");
    write_imc("uncore_imc_1", "0\n");
    write_file("/proc/sys/kernel/perf_event_paranoid", "2\n");
    counters.open_number = EACCES;
    assert_refused("CAP_PERFMON or kernel.perf_event_paranoid <= 0 (now 2)");
    counters.open_number = ENODEV;
    assert_refused("No such device");
    counters.open_number = 0;
    struct os_bus bus = open_uncore("uncore_imc");
    close_uncore(&bus);
}

// The kernel's own counter of page faults, as if it were a memory controller's.
static void real_counters_are_opened_and_read(void **state) {
    (void)state;
    enum { PAGES = 256 };
    struct os_bus bus;
    struct error error;
    struct os_bus_count before, after;
    struct id_set cpus = {0};
    char cpumask[16];
    uint32_t cpu, node;
    if (!os_current_place(&cpu, &node, &error))
        skip();
    snprintf(cpumask, sizeof cpumask, "%u\n", cpu);
    write_imc("uncore_imc_0", cpumask);
    write_device("uncore_imc_0", "type", "1\n");                         // PERF_TYPE_SOFTWARE
    write_device("uncore_imc_0", "events/cas_count_read", "event=0x2");  // page faults
    write_device("uncore_imc_0", "events/cas_count_write", "event=0x9"); // a dummy
    counters.real = true;
    if (!os_bus_open(&bus, UNCORE_KIND, &error)) {
        print_message("skipped: %s\n", error.text);
        skip();
    }
    assert_true(os_bus_read(&bus, &cpus, &before, &error));
    cpu_set_t own, one;
    assert_int_equal(sched_getaffinity(0, sizeof own, &own), 0);
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    char *pages =
        mmap(NULL, PAGES * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    madvise(pages, PAGES * page_bytes, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < PAGES; i++)
        *(volatile char *)(pages + i * page_bytes) = 1;
    munmap(pages, PAGES * page_bytes);
    assert_int_equal(sched_setaffinity(0, sizeof own, &own), 0);
    assert_true(os_bus_read(&bus, &cpus, &after, &error));
    assert_true(after.bytes[OS_BUS_READ] - before.bytes[OS_BUS_READ] >= PAGES * 64);
    assert_int_equal(after.bytes[OS_BUS_WRITTEN], before.bytes[OS_BUS_WRITTEN]);
    os_bus_close(&bus);
}

#define ON_FILES(test) cmocka_unit_test_setup_teardown(test, begin_machine, end_tree)

int main(void) {
    os_start();
    const struct CMUnitTest tests[] = {
        ON_FILES(all_channels_of_all_packages_are_summed),
        ON_FILES(a_channel_of_two_halves_is_summed),
        ON_FILES(codes_stand_in_where_the_kernel_names_none),
        ON_FILES(memory_controllers_of_amd_are_summed),
        ON_FILES(the_data_fabric_of_amd_is_no_counter_of_all_memory),
        ON_FILES(controllers_of_arm_servers_have_their_own_units),
        ON_FILES(memory_of_two_kinds_is_added_up),
        ON_FILES(bits_go_where_the_format_says),
        ON_FILES(a_wrapped_counter_continues),
        ON_FILES(a_count_that_others_shared_is_not_scaled_but_refused),
        ON_FILES(what_is_missing_is_named),
        ON_FILES(real_counters_are_opened_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
