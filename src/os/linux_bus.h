// SPDX-License-Identifier: Apache-2.0
// What a kind of counters of the memory bus answers; linux_bus.c has the list of them. Private to
// this room.
#ifndef NUMAPROBE_OS_LINUX_BUS_H
#define NUMAPROBE_OS_LINUX_BUS_H

#include "os/linux.h"

struct os_bus_kind {
    const char *name;
    // Whether it would open, as far as that can be seen without opening it; errors as of
    // os_bus_open.
    bool (*find)(struct error *error);
    // The others as their namesakes of os.h.
    bool (*open)(struct os_bus *bus, struct error *error);
    bool (*join)(const struct os_bus *bus, struct error *error); // NULL: it counts everybody
    bool (*read)(const struct os_bus *bus, const struct id_set *cpus, struct os_bus_count *count,
                 struct error *error);
    void (*close)(struct os_bus *bus);
};

extern const struct os_bus_kind linux_uncore, linux_resctrl;

#endif
