// SPDX-License-Identifier: Apache-2.0
// Bandwidth: streaming kernels, each thread on its slice of the arrays.
#include "measure/method.h"

#include "measure/slice.h"
#include "stats/order.h"

static bool prepare(struct visit *visit, struct error *error) {
    (void)error;
    const struct cell *cell = visit->cell;
    size_t threads = cell->cpus.count;
    struct slice *slices = base_allocate(threads, sizeof *slices);
    visit->touched_bytes = slices_cut(slices, threads, cell->kernel,
                                      visit->regions[0].placement.memory.base, cell->size_bytes);
    for (size_t i = 0; i < threads; i++)
        visit->works[i] = (struct work){.step = slice_step, .state = &slices[i]};
    visit->states = slices;
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
