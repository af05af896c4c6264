// SPDX-License-Identifier: Apache-2.0
// A machine of files in the place of /sys, /proc and /run: the first byte says which of them has
// the text that follows, and the others are as on a small machine. Then all is asked that is read
// from there.
#include "fuzz.h"

#include "os/linux.h"

// clang-format off
static const struct fuzz_file files[] = {
    {"run/udev/data/+dmi:id", "\nE:MEMORY_ARRAY_NUM_DEVICES=1\nE:MEMORY_DEVICE_0_SIZE=1048576\n"},
    {"proc/meminfo", "MemTotal: 1000 kB\nMemFree: 10 kB\n"},
    {"proc/cpuinfo", "processor : 0\nmodel name : A\n"},
    {"proc/stat", "cpu 1 1 1 1 1 1 1 1\ncpu0 1 1 1 1 1 1 1 1\n"},
    {"proc/vmstat", "pgmigrate_success 3\n"},
    {"proc/zoneinfo", "Node 0, zone Normal\n  present 3\n  managed 3\n"},
    {"proc/loadavg", "0.1 0.1 0.1 1/100 1\n"},
    {"proc/cmdline", "quiet\n"},
    {"proc/self/status", "VmData: 10 kB\nMems_allowed_list: 0\nSeccomp: 0\n"},
    {"proc/self/cgroup", "0::/\n"},
    {"proc/self/mountinfo", "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 none rw\n"},
    {"proc/self/smaps", ""},
    {"proc/self/numa_maps", ""},
    {"proc/thread-self/schedstat", "1 1 1\n"},
    {"proc/sys/vm/overcommit_memory", "0\n"},
    {"sys/devices/system/node/online", "0\n"},
    {"sys/devices/system/node/node0/cpulist", "0-1\n"},
    {"sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 10 kB\n"},
    {"sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "1\n"},
    {"sys/devices/system/cpu/online", "0-1\n"},
    {"sys/devices/system/edac/mc/mc0/dimm0/dimm_location", "channel 0 slot 0\n"},
    {"sys/devices/system/edac/mc/mc0/dimm0/dimm_mem_type", "DDR4\n"},
    {"sys/firmware/dmi/tables/DMI", ""},
    {"sys/firmware/acpi/tables/HMAT", ""},
    {"sys/fs/cgroup/memory.max", "max\n"},
    {"sys/fs/cgroup/memory.stat", "active_file 1\ninactive_file 1\n"},
    {"sys/fs/cgroup/memory.current", "4096\n"},
    {"sys/fs/cgroup/cpu.max", "max 100000\n"},
    {"sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
    {"sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n"},
    {"sys/kernel/mm/mempolicy/weighted_interleave/node0", "1\n"},
};
// clang-format on

static void ask_nodes(void) {
    struct id_set ids = {0};
    struct error error = {0};
    struct os_firmware_memory memory = {0};
    uint32_t node;
    uint64_t total, available;
    fuzz_must(os_nodes(&ids, &error) || error.text[0]);
    id_set_free(&ids);
    fuzz_must(os_cpus_online(&ids, &error) || error.text[0]);
    os_steal_ns(&ids);
    os_interrupt_ns(&ids);
    os_throttle_events(&ids);
    id_set_free(&ids);
    os_cpus_of_node(0, &ids, &error);
    id_set_free(&ids);
    os_node_of_cpu(0, &node, &error);
    os_node_memory(0, &total, &available, &error);
    os_only_memory_node(&node);
    os_firmware_memory(&memory, &error);
    os_firmware_memory_free(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    struct os_fact facts[OS_FACTS_MAX];
    struct error error = {0};
    if (!length)
        return 0;
    linux_set_roots("sys", "proc", "run");
    const struct fuzz_file *file = fuzz_choose(files, COUNT_OF(files), data, length);
    size_t count = os_facts(facts, COUNT_OF(facts));
    for (size_t i = 0; i < count; i++)
        fuzz_must(facts[i].available || facts[i].value[0]);
    ask_nodes();
    os_process_memory_left();
    os_migrated_pages();
    os_transparent_page_bytes();
    fuzz_must(linux_limits_have_room(1 << 20, &error) || error.text[0]);
    fuzz_put(file);
    return 0;
}
