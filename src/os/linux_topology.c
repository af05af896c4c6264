// SPDX-License-Identifier: Apache-2.0
// The topology's other sources on Linux: what hwloc 2 takes for granted, and the firmware's HMAT,
// which hwloc does not read. Where the system does not give it, hwloc ends the
// process or never comes back, so it is asked beforehand.
#define _GNU_SOURCE
#include "base/units.h"
#include "os/acpi.h"
#include "os/linux.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// list_sysfsnode of hwloc 2 asserts that a directory which it can open has nodes, listed in online
// or by name.
static void count_node(const char *name, void *context) {
    *(size_t *)context += strncmp(name, "node", 4) == 0 && name[4] >= '0' && name[4] <= '9';
}

static bool node_directory_is_readable(struct error *error) {
    char directory[LINUX_PATH_BYTES], online[LINUX_PATH_BYTES];
    struct error ignored;
    size_t count = 0;
    linux_path(directory, "/sys/devices/system/node");
    if (access(directory, R_OK | X_OK) != 0)
        return true;
    char *list = linux_read(linux_path(online, "/sys/devices/system/node/online"), &ignored);
    if (list) {
        count = list[0] >= '0' && list[0] <= '9';
        free(list);
    } else {
        os_directory_each(directory, count_node, &count, &ignored);
    }
    return count > 0 || error_set(error, ERROR_KIND_REFUSED, 0,
                                  "%s is empty, as in a sandbox that masks it, so hwloc cannot "
                                  "read the machine: show the host's directory (docker run "
                                  "--security-opt systempaths=unconfined), or hide it completely",
                                  directory);
}

// hwloc takes every error of sched_getaffinity for a mask that is too small, and asks again with
// twice the size for ever.
bool os_topology_readable(struct error *error) {
    struct id_set allowed;
    struct error denied;
    if (!os_cpus_allowed(&allowed, &denied))
        return error_set(
            error, ERROR_KIND_REFUSED, denied.os_number,
            "the CPUs of this process are unknown, and hwloc would ask forever: %.200s; allow the "
            "call (in a container: docker run --security-opt seccomp=unconfined)",
            denied.text);
    id_set_free(&allowed);
    return node_directory_is_readable(error);
}

// ---- the firmware's table -----------------------------------------------------------------------

static bool are_nodes(const struct os_firmware_memory *memory, struct error *error) {
    struct id_set nodes;
    if (!os_nodes(&nodes, error))
        return false;
    uint32_t unknown = NONE_U32;
    for (size_t i = 0; i < memory->count; i++) {
        if (!id_set_contains(&nodes, memory->at[i].cpu_node))
            unknown = memory->at[i].cpu_node;
        else if (!id_set_contains(&nodes, memory->at[i].mem_node))
            unknown = memory->at[i].mem_node;
    }
    id_set_free(&nodes);
    return unknown == NONE_U32 || error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                                            "the firmware's HMAT names a domain %u, and there is "
                                            "no node of that number",
                                            unknown);
}

// Linux numbers nodes as it meets the firmware's domains, so that both need not be the same. It
// passes on the latency of the nearest initiators of each target (Documentation/admin-guide/mm/
// numaperf.rst): where one of these is not what the table says, the numbers are others.
static bool agrees(const struct os_firmware_path *path) {
    char file[LINUX_PATH_BYTES];
    struct error ignored;
    uint64_t latency_ns;
    linux_path(file, "/sys/devices/system/node/node%u/access0/initiators/node%u", path->mem_node,
               path->cpu_node);
    if (access(file, F_OK) != 0 || isnan(path->read_latency_ns))
        return true;
    linux_path(file, "/sys/devices/system/node/node%u/access0/initiators/read_latency",
               path->mem_node);
    return !linux_read_number(&latency_ns, file, &ignored) ||
           fabs((double)latency_ns - path->read_latency_ns) <= 1;
}

bool os_firmware_memory(struct os_firmware_memory *memory, struct error *error) {
    char path[LINUX_PATH_BYTES], reason[160];
    size_t bytes;
    *memory = (struct os_firmware_memory){0};
    char *table =
        linux_read_bytes(linux_path(path, "/sys/firmware/acpi/tables/HMAT"), &bytes, error);
    if (!table)
        return false;
    bool read = hmat_read((const uint8_t *)table, bytes, memory, reason, sizeof reason);
    free(table);
    if (!read)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s", reason);
    if (!are_nodes(memory, error))
        return false;
    for (size_t i = 0; i < memory->count; i++)
        if (!agrees(&memory->at[i]))
            return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                             "the firmware's HMAT and the kernel differ about node %u from node "
                             "%u: its domains are not numbered as nodes",
                             memory->at[i].mem_node, memory->at[i].cpu_node);
    return true;
}

bool os_firmware_distances(const struct id_set *nodes, uint64_t *distances, struct error *error) {
    (void)nodes, (void)distances;
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                     "hwloc reads the firmware's distances from /sys/devices/system/node itself");
}

bool os_cpu_parse(const char *text, uint32_t *cpu, struct error *error) {
    uint64_t number;
    if (strchr(text, ':'))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.40s': CPUs have groups on Windows only; here a CPU has one number, "
                         "such as 5 (numaprobe topo)",
                         text);
    if (!units_parse_count(text, 0, ID_SET_MAX, &number, error))
        return false;
    *cpu = (uint32_t)number;
    return true;
}

char *os_cpu_name(uint32_t cpu, char text[OS_CPU_NAME_BYTES]) {
    snprintf(text, OS_CPU_NAME_BYTES, "%u", cpu);
    return text;
}
