// SPDX-License-Identifier: Apache-2.0
// Bandwidth: streaming kernels, each thread on its slice of the arrays.
#include "measure/method.h"

#include "measure/team.h"
#include "stats/order.h"

#include <stdlib.h>

// One thread's slice of the arrays; each of the kernel's streams has its own part of it.
struct stream_state {
    const struct kernel *kernel;
    struct kernel_span slice; // count: elements per stream
    size_t position;          // of the next step, inside each stream
};

// Runs over the next piece, at most to the end of the slice. Units are elements, of all streams.
static uint64_t run_piece(struct stream_state *state, uint64_t units) {
    size_t streams = state->kernel->streams;
    uint64_t wanted = units / streams;
    if (wanted < KERNEL_GRANULE)
        wanted = KERNEL_GRANULE;
    size_t left = state->slice.count - state->position;
    size_t count = wanted < left ? (size_t)wanted / KERNEL_GRANULE * KERNEL_GRANULE : left;
    struct kernel_span span = state->slice;
    span.a += state->position;
    span.b = span.b ? span.b + state->position : NULL;
    span.c = span.c ? span.c + state->position : NULL;
    span.count = count;
    volatile uint64_t sink = state->kernel->run(&span);
    (void)sink;
    state->position = (state->position + count) % state->slice.count;
    return count * streams;
}

// A slice that fits in a cache is passed many times in a step: one pass is too short to be timed.
static uint64_t step_stream(void *context, uint64_t units) {
    uint64_t done = 0;
    while (done < units)
        done += run_piece(context, units - done);
    return done;
}

// Arrays of exactly a power of two apart would meet in the same sets of the cache and, worse, at
// the same address modulo 4096, where a load seems to depend on an earlier store (docs/method.md,
// Bandwidth).
// So array k starts k x 1344 bytes late: a different page offset and a different cache line.
enum { ARRAY_SKEW_BYTES = 21 * 64, ARRAY_COUNT_MAX = 3 };

static bool prepare(struct visit *visit, struct error *error) {
    (void)error;
    const struct cell *cell = visit->cell;
    size_t threads = cell->cpus.count, streams = cell->kernel->streams;
    size_t usable = (size_t)(cell->size_bytes - ARRAY_COUNT_MAX * ARRAY_SKEW_BYTES);
    size_t per_stream = usable / sizeof(double) / threads / streams;
    per_stream = per_stream / KERNEL_GRANULE * KERNEL_GRANULE;
    CHECK(per_stream > 0);
    struct stream_state *states = base_allocate(threads, sizeof *states);
    double *arrays[ARRAY_COUNT_MAX] = {0};
    for (unsigned k = 0; k < kernel_array_count(cell->kernel); k++)
        arrays[k] = (double *)((char *)visit->regions[0].placement.memory.base +
                               k * cell->size_bytes + k * ARRAY_SKEW_BYTES);
    for (size_t i = 0; i < threads; i++) {
        size_t first = i * streams * per_stream;
        states[i] = (struct stream_state){
            .kernel = cell->kernel,
            .slice = {.a = arrays[0] + first,
                      .b = arrays[1] ? arrays[1] + first : NULL,
                      .c = arrays[2] ? arrays[2] + first : NULL,
                      .count = per_stream,
                      .stride = per_stream}
        };
        visit->works[i] = (struct work){.step = step_stream, .state = &states[i]};
    }
    visit->states = states;
    // Each named load and store is on an array of its own, so what is counted is what is touched.
    visit->touched_bytes =
        threads * streams * per_stream * kernel_traffic(cell->kernel).counted_bytes;
    return true;
}

static void fill_row(const struct visit *visit, struct row *row) {
    const struct window_result *window = &visit->window;
    struct kernel_traffic traffic = kernel_traffic(visit->cell->kernel);
    const double *rates = window->units_per_s[0];
    double elements_per_s = order_median(rates, window->sample_count);
    row->bandwidth_bytes_per_s = elements_per_s * traffic.counted_bytes;
    row->bandwidth_min_bytes_per_s =
        order_minimum(rates, window->sample_count) * traffic.counted_bytes;
    row->bandwidth_max_bytes_per_s =
        order_maximum(rates, window->sample_count) * traffic.counted_bytes;
    row->traffic_min_bytes_per_s = elements_per_s * traffic.least_bytes;
    row->traffic_max_bytes_per_s = elements_per_s * traffic.most_bytes;
}

const struct method method_bandwidth = {prepare, fill_row};
