// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: how much memory a node has.
//
// Only performance counters tell what is available on a node (win32_pdh.c). learn:
// GetNumaAvailableMemoryNodeEx: "On systems with more than one node, this memory does not include
// standby pages": a node full of file cache answers 0 although every page of it is available at
// once. So the pages that it lists are the least that is available, and 0 is no answer.
#include "os/acpi.h"
#include "os/win32.h"

#include <stdlib.h>
#include <string.h>

// ---- the firmware's word: the whole memory of each node -----------------------------------------

// Filled by os_start. Of a node with addresses for memory that can be plugged in while the machine
// runs, the table tells only what is there for certain.
enum { NODES_MAX = 1024 };
static struct {
    uint64_t bytes;
    bool hot_pluggable;
} firmware_nodes[NODES_MAX];
static bool firmware_tells;

// learn: GetNumaProximityNodeEx: the node of a proximity domain, which has numbers of its own.
static void add_range(const struct srat_range *range) {
    USHORT node = 0;
    if (!win32_calls.GetNumaProximityNodeEx(range->domain, &node) || node >= NODES_MAX)
        return;
    if (range->hot_pluggable)
        firmware_nodes[node].hot_pluggable = true;
    else
        firmware_nodes[node].bytes += range->bytes;
    firmware_tells = true;
}

void win32_start_node_memory(void) {
    memset(firmware_nodes, 0, sizeof firmware_nodes);
    firmware_tells = false;
    if (!win32_calls.GetNumaProximityNodeEx)
        return;
    size_t bytes, at = 0;
    struct srat_range range;
    uint8_t *table = win32_acpi_table("SRAT", &bytes);
    while (srat_next(table, bytes, &at, &range))
        add_range(&range);
    free(table);
}

// ---- what there is ------------------------------------------------------------------------------

// learn: MEMORYSTATUSEX: ullAvailPhys is "the sum of the size of the standby, free, and zero
// lists"; ullTotalPhys all of the machine's.
static bool read_machine(MEMORYSTATUSEX *status, struct error *error) {
    *status = (MEMORYSTATUSEX){.dwLength = sizeof *status};
    if (!win32_calls.GlobalMemoryStatusEx)
        return win32_absent(error, "GlobalMemoryStatusEx");
    return win32_calls.GlobalMemoryStatusEx(status) ||
           win32_failed(error, "GlobalMemoryStatusEx", GetLastError());
}

uint64_t win32_listed_bytes(uint32_t node) {
    ULONGLONG bytes = 0;
    bool told = win32_calls.GetNumaAvailableMemoryNodeEx && node <= UINT16_MAX &&
                win32_calls.GetNumaAvailableMemoryNodeEx((USHORT)node, &bytes);
    return told ? bytes : 0;
}

// Of the one node of a machine both are known.
bool os_node_memory(uint32_t node, uint64_t *total_bytes, uint64_t *free_bytes,
                    struct error *error) {
    uint32_t highest;
    MEMORYSTATUSEX status;
    if (!win32_highest_node(&highest, error) || !read_machine(&status, error))
        return false;
    if (node > highest)
        return error_set(error, ERROR_KIND_REFUSED, 0, "node %u does not exist", node);
    *total_bytes = *free_bytes = NONE_U64;
    if (highest == 0) {
        *total_bytes = status.ullTotalPhys;
        *free_bytes = status.ullAvailPhys;
    } else if (win32_counted_memory(node, total_bytes, free_bytes)) {
        uint64_t listed = win32_listed_bytes(node);
        if (*free_bytes < listed) // the counter is older, or was rounded down
            *free_bytes = listed;
    } else if (firmware_tells && node < NODES_MAX && !firmware_nodes[node].hot_pluggable) {
        *total_bytes = firmware_nodes[node].bytes;
    }
    return true;
}

uint64_t win32_node_bytes_max(uint32_t node) {
    uint64_t total_bytes, free_bytes;
    struct error ignored_error;
    MEMORYSTATUSEX status;
    if (!os_node_memory(node, &total_bytes, &free_bytes, &ignored_error) ||
        !read_machine(&status, &ignored_error))
        return NONE_U64;
    uint64_t node_bytes = free_bytes != NONE_U64 ? free_bytes : total_bytes;
    return status.ullAvailPhys < node_bytes ? status.ullAvailPhys : node_bytes;
}

bool win32_node_has_memory(uint32_t node) {
    uint64_t total_bytes, free_bytes;
    struct error ignored_error;
    if (node < NODES_MAX && firmware_nodes[node].bytes > 0)
        return true;
    if (os_node_memory(node, &total_bytes, &free_bytes, &ignored_error) && total_bytes != NONE_U64)
        return total_bytes > 0;
    return win32_listed_bytes(node) > 0;
}

// learn: MEMORYSTATUSEX: ullAvailPageFile is "the maximum amount of memory the current process can
// commit", by the system's limit or the process's own.
uint64_t os_process_memory_left(void) {
    MEMORYSTATUSEX status;
    struct error ignored_error;
    return read_machine(&status, &ignored_error) ? status.ullAvailPageFile : NONE_U64;
}

// A highest number of 0 leaves one node. With a higher one a node whose memory is used up cannot be
// distinguished from one that has none.
bool os_only_memory_node(uint32_t *node) {
    struct error unknown;
    bool only = win32_highest_node(node, &unknown) && *node == 0;
    *node = only ? 0 : NONE_U32;
    return only;
}
