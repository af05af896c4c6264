// SPDX-License-Identifier: Apache-2.0
// What the memory bus carried while the threads worked, by its own counters (os.h): a second
// witness beside what the loops say that they moved.
//
// The counters are read before the threads start and after they have ended, so nothing of it is in
// the timed window; and a short time before and after that in which nothing of ours works, which
// says what others move. A run without counters does none of this.
#ifndef NUMAPROBE_MEASURE_BUS_H
#define NUMAPROBE_MEASURE_BUS_H

#include "os/os.h"
#include "record/row.h"

// All kinds of counters that opened, in the order of the system: what an earlier one counts is
// taken from it.
struct bus {
    struct os_bus kinds[OS_BUS_KINDS_MAX];
    size_t count;
};

// Opens what opens. Why another kind does not is a fact of the machine (bus_counters).
void bus_open(struct bus *bus);
void bus_close(struct bus *bus);

// What was found around one window: differences of two readings; NONE_U64 and NaN: not counted.
struct bus_reading {
    char source[ROW_NAME_BYTES]; // "": there are no counters
    char reason[ROW_NAME_BYTES]; // why one of them has no numbers; ""
    uint64_t ns;
    uint64_t bytes[OS_BUS_AMOUNTS];
    uint64_t remote_bytes;
    double background_bytes_per_s;
};

enum bus_moment { BUS_IDLE_BEFORE, BUS_BEGIN, BUS_END, BUS_IDLE_AFTER, BUS_MOMENTS };

struct bus_watch {
    const struct bus *bus; // NULL: none
    const struct id_set *cpus;
    uint64_t idle_ns;
    bool left_out; // a thread whose traffic is not counted
    uint64_t at_ns[BUS_MOMENTS];
    struct os_bus_count counts[OS_BUS_KINDS_MAX][BUS_MOMENTS];
    struct error errors[OS_BUS_KINDS_MAX]; // the first of each kind
};

// Watches for idle_ns in which nothing works, and reads; bus may be NULL. The threads of the window
// are to run on these CPUs.
struct bus_watch bus_watch_begin(const struct bus *bus, const struct id_set *cpus,
                                 uint64_t idle_ns);

// Has the calling thread counted; false where that failed. bus may be NULL.
bool bus_join(const struct bus *bus);

// Reads again, watches as long, and tells.
void bus_watch_end(struct bus_watch *watch, struct bus_reading *reading);

// Fills the row's fields of the bus. The loops moved so much meanwhile; the row has its rates.
void bus_fill_row(const struct bus_reading *reading, double min_bytes, double max_bytes,
                  struct row *row);

#endif
