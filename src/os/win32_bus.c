// SPDX-License-Identifier: Apache-2.0
// Counters of the memory bus: Windows has no call for them.
#include "os/win32_facts.h"

// learn: Recording Hardware Performance (PMU) Events: counters of the cores by event tracing; those
// of memory controllers are registers and devices that a driver of one's own must read.
static const char none[] =
    "Windows reads no counters of memory controllers for a program; a driver would have to";

const size_t os_bus_kind_count = 0;

bool os_bus_open(struct os_bus *bus, size_t kind, struct error *error) {
    (void)kind;
    *bus = (struct os_bus){0};
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s", none);
}

bool os_bus_join(const struct os_bus *bus, struct error *error) {
    (void)bus;
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s", none);
}

bool os_bus_read(const struct os_bus *bus, const struct id_set *cpus, struct os_bus_count *count,
                 struct error *error) {
    (void)bus, (void)cpus, (void)count;
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s", none);
}

void os_bus_close(struct os_bus *bus) {
    *bus = (struct os_bus){0};
}

void win32_read_bus(struct os_fact *fact) {
    win32_tell(fact, false, "%s", none);
}
