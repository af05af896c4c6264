// SPDX-License-Identifier: Apache-2.0
// The load of a cell: threads that move data while another thread measures latency.
#ifndef NUMAPROBE_PLAN_LOAD_H
#define NUMAPROBE_PLAN_LOAD_H

#include "base/id_set.h"
#include "kernels/kernel.h"
#include "kernels/mix.h"
#include "record/words.h"

struct cell_load {
    const struct kernel *kernel; // NULL: the cell has no load
    const struct kernel_mix *mix;
    uint32_t node;              // of its memory
    uint64_t size_bytes;        // of each array, all threads together
    uint64_t partial_min_bytes; // as of the cell
    struct id_set cpus;         // one thread on each
    enum load_mode mode;
    uint32_t delay_cycles;      // closed: dependent additions after each burst
    double offered_bytes_per_s; // paced: of all threads together, counted bytes
};

// What a thread does between two pauses: elements of each array. As few as a kernel can, so that
// pauses are fine-grained: one granule of each stream. But a kernel with non-temporal stores waits
// at its end until they are out: with bursts of one granule that halved the bandwidth of a Zen 4
// guest, with eight it cost nothing to be seen.
uint64_t load_burst_elements(const struct kernel *kernel);

// The same in granules: delays of equal weight are this many times as long.
uint32_t load_burst_granules(const struct kernel *kernel);

// From the start of one burst of a thread to that of the next, when paced.
double load_period_ns(const struct cell_load *load);

// "load:copy.avx2@1/threads:7/delay:540" or ".../paced:12GB/s". Returns text.
enum { LOAD_NAME_BYTES = 96 };
char *load_name(const struct cell_load *load, char text[LOAD_NAME_BYTES]);

#endif
