// SPDX-License-Identifier: Apache-2.0
// A slice: one thread's part of the arrays of a streaming kernel, passed piece by piece. Private to
// this room.
#ifndef NUMAPROBE_MEASURE_SLICE_H
#define NUMAPROBE_MEASURE_SLICE_H

#include "kernels/kernel.h"
#include "measure/written.h"

struct slice {
    char apart[APART_BYTES];
    const struct kernel *kernel;
    struct kernel_span
        span;               // count: elements per stream; each stream has its own part of the slice
    size_t position;        // of the next piece, inside each stream
    uint64_t passes;        // over the whole slice, so far
    uint64_t checksum;      // of what the pass under way has read
    uint64_t pass_checksum; // of the first whole pass, and
    uint64_t differing;     // the bits in which any later one differed
};

// Cuts arrays of array_bytes each, one after the other at base, into `count` slices of equal size.
// Returns how many bytes one pass over all of them touches.
uint64_t slices_cut(struct slice *slices, size_t count, const struct kernel *kernel, void *base,
                    uint64_t array_bytes);

// Runs over the next piece of about `units` elements of all streams, at least one granule of each
// stream and at most to the end of the slice. Returns the elements done.
uint64_t slice_run(struct slice *slice, uint64_t units);

// The same, round and round, until at least `units` are done: a step of work (measure/window.h).
uint64_t slice_step(void *slice, uint64_t units);

// What that writes.
struct written slice_written(const struct slice *slice);

// How often the element at this place of each stream was passed.
uint64_t slice_times(const struct slice *slice, size_t place);

// Runs once over [from, from + count) of each stream, beside the count of passes. Multiples of the
// granule. Returns the checksum.
uint64_t slice_call(const struct slice *slice, size_t from, size_t count);

#endif
