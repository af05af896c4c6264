// SPDX-License-Identifier: Apache-2.0
// What hwloc 2 takes for granted on Linux. Where the system does not give it, hwloc ends the
// process or never comes back, so it is asked beforehand.
#define _GNU_SOURCE
#include "os/linux.h"

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
    return count > 0 ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "%s is empty, as in a sandbox that masks it, and hwloc cannot read the "
                     "machine so: show the host's directory (docker run --security-opt "
                     "systempaths=unconfined), or hide it altogether",
                     directory);
}

// hwloc takes every error of sched_getaffinity for a mask that is too small, and asks again with
// twice the size for ever.
bool os_topology_readable(struct error *error) {
    struct id_set allowed;
    struct error denied;
    if (!os_cpus_allowed(&allowed, &denied))
        return error_set(error, ERROR_KIND_REFUSED, denied.os_number,
                         "which CPUs this process may use cannot be asked, and hwloc would ask for "
                         "ever: %.200s; allow the call (a container: docker run --security-opt "
                         "seccomp=unconfined)",
                         denied.text);
    id_set_free(&allowed);
    return node_directory_is_readable(error);
}
