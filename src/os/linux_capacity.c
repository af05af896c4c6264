// SPDX-License-Identifier: Apache-2.0
// What a node can give: may it be used, how much memory and how many huge pages has it left.
#define _GNU_SOURCE
#include "base/units.h"
#include "os/linux.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool node_is_online(uint32_t node, struct error *error) {
    struct id_set online;
    char list[128];
    if (!os_nodes(&online, error))
        return false;
    bool found = id_set_contains(&online, node);
    if (!found)
        error_set(error, ERROR_KIND_REFUSED, 0, "node %u is not online (online: %s)", node,
                  id_set_format(&online, list, sizeof list));
    id_set_free(&online);
    return found;
}

// A cpuset withholds nodes as it withholds CPUs (man: cpuset(7)); mbind says a bare EINVAL for it.
// A kernel without CONFIG_CPUSETS has no such line in status, and nothing that withholds.
static bool node_is_allowed(uint32_t node, struct error *error) {
    char path[LINUX_PATH_BYTES], line[1024];
    char *text = linux_read(linux_path(path, "/proc/self/status"), error);
    if (!text)
        return false;
    const char *list = linux_find(text, "Mems_allowed_list");
    if (list)
        linux_copy_line(line, sizeof line, list);
    free(text);
    if (!list)
        return true;
    struct id_set allowed;
    struct error reason;
    if (!id_set_parse(&allowed, line, &reason))
        return error_set(error, ERROR_KIND_FAILED, 0, "in %s, Mems_allowed_list: %s", path,
                         reason.text);
    bool found = id_set_contains(&allowed, node);
    if (!found)
        error_set(
            error, ERROR_KIND_REFUSED, EINVAL,
            "node %u is online, but the cpuset of this process excludes it (allowed: %s); add it "
            "to cpuset.mems of the control group, or to --cpuset-mems of the container",
            node, id_set_format(&allowed, line, 128));
    id_set_free(&allowed);
    return found;
}

static uint64_t largest_number(const char *text) {
    uint64_t largest = 0;
    while (*(text += strcspn(text, "0123456789"))) {
        char *end;
        uint64_t number = strtoull(text, &end, 10);
        if (number > largest)
            largest = number;
        text = end;
    }
    return largest;
}

// What the kernel keeps of a node for itself, summed over its zones: the high watermark, and the
// pages of a low zone that ordinary memory may not take. It is the same sum that the kernel leaves
// out of MemAvailable (Linux mm/page_alloc.c, calculate_totalreserve_pages). Without it, a bound
// buffer of 94 % of a free node of 512 MiB was ended by the OOM killer (Linux 6.1).
static bool read_reserve(uint32_t node, uint64_t *reserve_bytes, struct error *error) {
    char path[LINUX_PATH_BYTES];
    char *text = linux_read(linux_path(path, "/proc/zoneinfo"), error);
    if (!text)
        return false;
    unsigned of_node;
    unsigned long long high_pages;
    bool inside = false, found = false;
    uint64_t pages = 0;
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *protection = strstr(line, "protection: (");
        if (sscanf(line, "Node %u, zone", &of_node) == 1)
            inside = of_node == node;
        else if (inside && sscanf(line, " high %llu", &high_pages) == 1)
            pages += high_pages;
        else if (inside && protection)
            pages += largest_number(protection);
        found |= inside;
    }
    free(text);
    if (!found)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "%s does not report what the kernel reserves of node %u", path, node);
    *reserve_bytes = pages * os_base_page_bytes();
    return true;
}

// A zone without pages belongs to a node that may have memory elsewhere or none at all.
bool os_only_memory_node(uint32_t *node) {
    char path[LINUX_PATH_BYTES];
    struct error unknown;
    char *text = linux_read(linux_path(path, "/proc/zoneinfo"), &unknown);
    *node = NONE_U32;
    if (!text)
        return false;
    struct id_set nodes = {0};
    unsigned of_node = 0;
    unsigned long long present_pages;
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (sscanf(line, "Node %u, zone", &of_node) != 1 &&
            sscanf(line, " present %llu", &present_pages) == 1 && present_pages > 0)
            id_set_add(&nodes, of_node);
    free(text);
    bool only = nodes.count == 1;
    if (only)
        *node = nodes.ids[0];
    id_set_free(&nodes);
    return only;
}

// Free pages and the file cache, clean or to be written back, which the kernel gives up before it
// would have to end a process (Linux kernel, Documentation/filesystems/proc.rst, MemAvailable).
static const char *const free_fields[] = {"MemFree", "Active(file)", "Inactive(file)",
                                          "SReclaimable"};

static bool add_fields(const char *text, const char *const *fields, size_t count,
                       uint64_t *sum_kib) {
    uint64_t kib;
    *sum_kib = 0;
    for (size_t i = 0; i < count; i++) {
        if (!linux_find_number(text, fields[i], &kib))
            return false;
        *sum_kib += kib;
    }
    return true;
}

// The system's own count of what is available without swapping, file cache included and the reserve
// left out (Linux kernel, Documentation/filesystems/proc.rst).
static bool read_system_memory(uint64_t *total_bytes, uint64_t *free_bytes) {
    char path[LINUX_PATH_BYTES];
    struct error unknown;
    uint64_t total_kib = 0, available_kib = 0;
    char *text = linux_read(linux_path(path, "/proc/meminfo"), &unknown);
    bool told = text && linux_find_number(text, "MemTotal", &total_kib) &&
                linux_find_number(text, "MemAvailable", &available_kib);
    free(text);
    *total_bytes = total_kib * KIB;
    *free_bytes = available_kib * KIB;
    return told;
}

// Where one node has all memory, the system's word is the node's: the node's own counts lag where
// the kernel initialises pages only as they are needed (a node that said 3.9 GiB gave 23 GiB,
// on Linux 6.18), and a kernel without CONFIG_NUMA has none.
bool os_node_memory(uint32_t node, uint64_t *total_bytes, uint64_t *free_bytes,
                    struct error *error) {
    char path[LINUX_PATH_BYTES];
    uint32_t only_node;
    if (!node_is_online(node, error))
        return false;
    if (os_only_memory_node(&only_node) && only_node == node &&
        read_system_memory(total_bytes, free_bytes))
        return true;
    linux_path(path, "/sys/devices/system/node/node%u/meminfo", node);
    char *text = linux_read(path, error);
    if (!text)
        return false;
    uint64_t total_kib = 0, free_kib = 0;
    bool complete = add_fields(text, free_fields, COUNT_OF(free_fields), &free_kib) &&
                    linux_find_number(text, "MemTotal", &total_kib);
    free(text);
    if (!complete)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "%s does not report MemTotal, MemFree and the file cache", path);
    // A node without memory has no zone, and need not be in the table of them.
    uint64_t reserve_bytes = 0;
    if (total_kib > 0 && !read_reserve(node, &reserve_bytes, error))
        return false;
    *total_bytes = total_kib * KIB;
    *free_bytes = free_kib * KIB > reserve_bytes ? free_kib * KIB - reserve_bytes : 0;
    return true;
}

// No memory comes before the cpuset: the kernel never allows a node without memory, so the cpuset
// would be blamed for it.
bool linux_node_is_usable(uint32_t node, struct error *error) {
    uint64_t total_bytes, free_bytes;
    if (!os_node_memory(node, &total_bytes, &free_bytes, error))
        return false;
    if (total_bytes == 0)
        return error_set(error, ERROR_KIND_REFUSED, 0, "node %u has no memory", node);
    return node_is_allowed(node, error);
}

bool linux_node_has_room(uint32_t node, uint64_t bytes, struct error *error) {
    uint64_t total_bytes, free_bytes;
    char asked[UNITS_TEXT_BYTES], room[UNITS_TEXT_BYTES];
    if (!os_node_memory(node, &total_bytes, &free_bytes, error))
        return false;
    if (bytes > free_bytes / 100 * 95)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "%s are needed on node %u, which has %s free (with file cache, without "
                         "the kernel's reserve; at most 95 %% of it is used); use a smaller "
                         "buffer, or end programs that hold memory there (numastat -m)",
                         units_format_bytes_rounded(bytes, asked), node,
                         units_format_bytes_rounded(free_bytes, room));
    return true;
}

// The pool of one node: Linux kernel, Documentation/admin-guide/mm/hugetlbpage.rst.
static char *pool_path(char path[LINUX_PATH_BYTES], uint32_t node, uint64_t page_bytes,
                       const char *file) {
    return linux_path(path, "/sys/devices/system/node/node%u/hugepages/hugepages-%" PRIu64 "kB/%s",
                      node, page_bytes / KIB, file);
}

bool linux_pool_room(uint32_t node, uint64_t page_bytes, uint64_t *bytes, struct error *error) {
    char path[LINUX_PATH_BYTES];
    uint64_t free_pages;
    if (!linux_read_number(&free_pages, pool_path(path, node, page_bytes, "free_hugepages"), error))
        return false;
    *bytes = free_pages * page_bytes;
    return true;
}

bool linux_pool_has_room(uint32_t node, uint64_t bytes, uint64_t page_bytes, struct error *error) {
    char path[LINUX_PATH_BYTES], page[UNITS_TEXT_BYTES];
    uint64_t free_pages, pool_pages;
    uint64_t needed = bytes / page_bytes;
    units_format_bytes(page_bytes, page);
    if (!linux_read_number(&free_pages, pool_path(path, node, page_bytes, "free_hugepages"),
                           error)) {
        if (error->os_number != ENOENT)
            return false;
        return error_set(error, ERROR_KIND_REFUSED, ENOENT,
                         "this kernel has no huge pages of %s on node %u: there is no %s; take one "
                         "of the kinds that numaprobe list pages shows",
                         page, node, path);
    }
    if (free_pages >= needed)
        return true;
    if (!linux_read_number(&pool_pages, pool_path(path, node, page_bytes, "nr_hugepages"), error))
        return false;
    char at_boot[160] = "";
    if (page_bytes >= GIB)
        snprintf(at_boot, sizeof at_boot,
                 " (pages so large are mostly available at boot only: kernel parameters "
                 "hugepagesz=%" PRIu64 "G hugepages=N)",
                 page_bytes / GIB);
    return error_set(error, ERROR_KIND_REFUSED, 0,
                     "%" PRIu64 " huge page%s of %s %s needed on node %u, but %" PRIu64
                     " are free there; reserve them: echo %" PRIu64 " | sudo tee %s%s",
                     needed, PLURAL(needed), page, needed == 1 ? "is" : "are", node, free_pages,
                     pool_pages - free_pages + needed, path, at_boot);
}
