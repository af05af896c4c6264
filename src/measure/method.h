// SPDX-License-Identifier: Apache-2.0
// What a test adds to a visit: how its threads are prepared, and what its window means. Private to
// this room.
//
// The visit (visit.c) makes the memory, proves it, runs the window, proves it again and fills the
// row's evidence. A method lays its work into the memory and reads its values out of the window.
#ifndef NUMAPROBE_MEASURE_METHOD_H
#define NUMAPROBE_MEASURE_METHOD_H

#include "measure/contents.h"
#include "measure/window.h"
#include "placement/placement.h"
#include "plan/plan.h"
#include "record/row.h"
#include "record/samples_file.h"

// Memory on one node, and what the system said of it.
struct visit_region {
    struct region asked;
    struct placement placement;
    struct evidence before, after;
};

// Everything that lives as long as the visit.
struct visit {
    const struct cell *cell; // as it is measured
    uint64_t seed;
    struct id_set cpus;           // of all threads, as cell_cpus says
    struct visit_region *regions; // as cell_regions says
    size_t region_count;
    struct work *works;          // one per CPU, in the order of cpus; prepare fills them
    const struct slice **slices; // likewise: what the thread works on, NULL where that is no slice
    void *states;      // what they work on: one block from base_allocate, freed with the visit
    void *load_states; // the same, of those that make the load
    void *lines;       // of a pair: likewise
    struct chase chase;
    bool chase_proven;
    uint64_t touched_bytes; // by one pass
    struct window_result window;
    struct samples *samples; // of the row's values; NULL: nobody asks
    const struct bus *bus;   // NULL: none
};

// What a unit of a group's work moves over the memory bus, in bytes.
struct unit_traffic {
    double min_bytes, max_bytes;
};

struct method {
    // After the memory is written and before it is proven. False with the error when the threads
    // are unavailable.
    bool (*prepare)(struct visit *visit, struct error *error);
    // After a window that was not interrupted: the values of the row. False with the error when
    // nothing in the window has a value, so that the visit has failed.
    bool (*fill_row)(const struct visit *visit, struct row *row, struct error *error);
    // Of both groups, which are given as 0. NULL: its work stays in the caches.
    void (*traffic)(const struct visit *visit, struct unit_traffic groups[WINDOW_GROUPS]);
};

extern const struct method method_latency;
extern const struct method method_bandwidth;
extern const struct method method_loaded;
extern const struct method method_c2c;

// The place of the thread on one of the visit's CPUs, in works and slices.
size_t visit_place(const struct visit *visit, uint32_t cpu);

#endif
