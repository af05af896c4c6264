// SPDX-License-Identifier: Apache-2.0
#include "measure/slice.h"

// Arrays of exactly a power of two apart would meet in the same sets of the cache and, worse, at
// the same address modulo 4096, where a load seems to depend on an earlier store (docs/method.md,
// Bandwidth).
// So array k starts k x 1344 bytes late: a different page offset and a different cache line.
enum { ARRAY_SKEW_BYTES = 21 * 64, ARRAY_COUNT_MAX = 3 };

// One stream over one array meets no other.
static uint64_t skew_bytes(const struct kernel *kernel) {
    bool alone = kernel_array_count(kernel) == 1 && kernel->streams == 1;
    return alone ? 0 : ARRAY_COUNT_MAX * ARRAY_SKEW_BYTES;
}

uint64_t slices_cut(struct slice *slices, size_t count, const struct kernel *kernel, void *base,
                    uint64_t array_bytes) {
    size_t streams = kernel->streams;
    size_t usable = (size_t)(array_bytes - skew_bytes(kernel));
    size_t per_stream = usable / sizeof(double) / count / streams;
    per_stream = per_stream / KERNEL_GRANULE * KERNEL_GRANULE;
    CHECK(per_stream > 0);
    double *arrays[ARRAY_COUNT_MAX] = {0};
    for (unsigned k = 0; k < kernel_array_count(kernel); k++)
        arrays[k] = (double *)((char *)base + k * array_bytes + k * ARRAY_SKEW_BYTES);
    for (size_t i = 0; i < count; i++) {
        size_t first = i * streams * per_stream;
        slices[i] = (struct slice){
            .kernel = kernel,
            .span = {.a = arrays[0] + first,
                     .b = arrays[1] ? arrays[1] + first : NULL,
                     .c = arrays[2] ? arrays[2] + first : NULL,
                     .count = per_stream,
                     .stride = per_stream}
        };
    }
    return count * streams * per_stream * kernel_traffic(kernel).touched_bytes;
}

struct written slice_written(const struct slice *slice) {
    return (struct written){.base = &slice->kernel,
                            .bytes = sizeof *slice - offsetof(struct slice, kernel)};
}

uint64_t slice_times(const struct slice *slice, size_t place) {
    return slice->passes + (place < slice->position);
}

uint64_t slice_call(const struct slice *slice, size_t from, size_t count) {
    struct kernel_span span = slice->span;
    span.a += from;
    span.b = span.b ? span.b + from : NULL;
    span.c = span.c ? span.c + from : NULL;
    span.count = count;
    span.first = from;
    return slice->kernel->run(&span);
}

static void end_pass(struct slice *slice, uint64_t checksum) {
    if (slice->passes == 0)
        slice->pass_checksum = checksum;
    slice->differing |= checksum ^ slice->pass_checksum;
    slice->passes++;
}

uint64_t slice_run(struct slice *slice, uint64_t units) {
    size_t streams = slice->kernel->streams;
    uint64_t wanted = units / streams;
    if (wanted < KERNEL_GRANULE)
        wanted = KERNEL_GRANULE;
    size_t left = slice->span.count - slice->position;
    size_t count = wanted < left ? (size_t)wanted / KERNEL_GRANULE * KERNEL_GRANULE : left;
    slice->checksum ^= slice_call(slice, slice->position, count);
    slice->position += count;
    if (slice->position == slice->span.count) {
        end_pass(slice, slice->checksum);
        slice->checksum = 0;
        slice->position = 0;
    }
    return count * streams;
}

// At least one.
static uint64_t run_passes(struct slice *slice, uint64_t passes) {
    uint64_t differing = 0;
    end_pass(slice, slice->kernel->run(&slice->span));
    for (uint64_t i = 1; i < passes; i++)
        differing |= slice->kernel->run(&slice->span) ^ slice->pass_checksum;
    slice->differing |= differing;
    slice->passes += passes - 1;
    return passes * slice->span.count * slice->kernel->streams;
}

// A slice that fits in a cache is passed many times in a step: one pass is too short to be timed,
// and between two of a page's size nothing else may be done.
uint64_t slice_step(void *context, uint64_t units) {
    struct slice *slice = context;
    uint64_t pass = slice->span.count * slice->kernel->streams, done = 0;
    while (done < units) {
        if (slice->position == 0 && units - done >= pass)
            done += run_passes(slice, (units - done) / pass);
        else
            done += slice_run(slice, units - done);
    }
    return done;
}
