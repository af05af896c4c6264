// SPDX-License-Identifier: Apache-2.0
// What numaprobe assumes about Linux, compared with the system that runs it.
#include "os/self_test.h"

#include <stdlib.h>

enum { PAGES = 64 };

static bool acquire(struct os_memory *memory, struct error *error) {
    struct id_set nodes;
    if (!os_nodes(&nodes, error))
        return false;
    uint32_t node = nodes.ids[0];
    id_set_free(&nodes);
    return os_memory_acquire(memory, PAGES * os_base_page_bytes(), page_kind_base(),
                             node_set_of(node), error);
}

// Acquires a buffer, writes the first `written` of its pages, and counts those that are absent.
static bool count_absent(size_t written, size_t *absent, struct error *error) {
    struct os_memory memory;
    uint64_t page_bytes = os_base_page_bytes();
    if (!acquire(&memory, error))
        return false;
    void *addresses[PAGES];
    int32_t places[PAGES];
    for (size_t i = 0; i < PAGES; i++) {
        addresses[i] = (char *)memory.base + i * page_bytes;
        if (i < written)
            *(volatile char *)addresses[i] = 1;
    }
    bool told = os_pages_locate(addresses, PAGES, places, error);
    *absent = 0;
    for (size_t i = 0; told && i < PAGES; i++)
        *absent += places[i] == OS_PAGE_ABSENT;
    os_memory_release(&memory);
    return told;
}

static enum os_outcome unwritten_is_absent(char found[OS_FOUND_BYTES]) {
    size_t absent;
    struct error error;
    if (!count_absent(PAGES / 4, &absent, &error))
        return self_test_error(found, &error);
    return self_test_tell(found, absent == PAGES - PAGES / 4 ? OS_AGREES : OS_DIFFERS,
                          "%zu of %d pages absent, %d were written", absent, (int)PAGES,
                          (int)PAGES / 4);
}

static enum os_outcome counts_of_pages(char found[OS_FOUND_BYTES]) {
    struct os_memory memory;
    struct os_node_bytes *nodes;
    struct error error;
    size_t count;
    uint64_t page_bytes = os_base_page_bytes(), counted = 0;
    if (!acquire(&memory, &error))
        return self_test_error(found, &error);
    for (uint64_t at = 0; at < memory.size_bytes; at += 2 * page_bytes)
        ((volatile char *)memory.base)[at] = 1;
    bool told = os_memory_by_node(&memory, &nodes, &count, &error);
    os_memory_release(&memory);
    if (!told)
        return self_test_error(found, &error);
    for (size_t i = 0; i < count; i++)
        counted += nodes[i].bytes / page_bytes;
    free(nodes);
    return self_test_tell(found, counted == PAGES / 2 ? OS_AGREES : OS_DIFFERS,
                          "%llu of %d pages counted, %d were written", (unsigned long long)counted,
                          (int)PAGES, (int)PAGES / 2);
}

static enum os_outcome faults_of_new_pages(char found[OS_FOUND_BYTES]) {
    struct os_usage before, after;
    size_t absent;
    struct error error;
    os_thread_usage(&before);
    if (!count_absent(PAGES, &absent, &error))
        return self_test_error(found, &error);
    os_thread_usage(&after);
    uint64_t faults = after.minor_faults - before.minor_faults;
    return self_test_tell(found, faults > 0 ? OS_AGREES : OS_DIFFERS, "%llu faults for %d pages",
                          (unsigned long long)faults, (int)PAGES);
}

static enum os_outcome transparent_pages(char found[OS_FOUND_BYTES]) {
    uint64_t bytes = os_transparent_page_bytes();
    if (bytes == 0)
        return self_test_tell(found, OS_UNAVAILABLE, "this kernel has no transparent huge pages");
    bool power_of_two = (bytes & (bytes - 1)) == 0 && bytes > os_base_page_bytes();
    return self_test_tell(found, power_of_two ? OS_AGREES : OS_DIFFERS, "%llu bytes",
                          (unsigned long long)bytes);
}

static enum os_outcome physical_pages(char found[OS_FOUND_BYTES]) {
    struct os_memory memory;
    struct error error;
    if (os_memory_acquire(&memory, MIB, page_kind_find("awe"), node_set_of(0), &error)) {
        os_memory_release(&memory);
        return self_test_tell(found, OS_DIFFERS, "pages of Windows were given");
    }
    return self_test_tell(found, OS_AGREES, "%.200s", error.text);
}

// clang-format off
const struct assumption self_test_of_system[] = {
    {"unwritten_pages_are_absent", "man: move_pages(2)",
     "a page that was never touched is absent, and written ones are on a node",
     unwritten_is_absent},
    {"pages_are_counted_by_node", "Linux kernel, fs/proc/task_mmu.c, show_numa_map",
     "each page of the buffer's mapping that was written, and no other", counts_of_pages},
    {"faults_of_new_pages_are_counted", "man: getrusage(2), RUSAGE_THREAD",
     "making pages raises the count of page faults", faults_of_new_pages},
    {"transparent_pages_have_a_size", "Linux kernel, Documentation/admin-guide/mm/transhuge.rst",
     "a power of two above the ordinary page", transparent_pages},
    {"pages_of_windows_are_refused", "numaprobe list pages",
     "the kind awe is refused", physical_pages},
    {NULL, NULL, NULL, NULL},
};
// clang-format on
