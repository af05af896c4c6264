// SPDX-License-Identifier: Apache-2.0
// Bandwidth: streaming kernels, each thread on its slice of the arrays.
#include "measure/method.h"

#include "measure/slice.h"
#include "stats/order.h"

// Each region is cut among its own threads; works stand in the order of all CPUs.
static bool prepare(struct visit *visit, struct error *error) {
    (void)error;
    const struct cell *cell = visit->cell;
    struct slice *slices = base_allocate(visit->cpus.count, sizeof *slices), *free_slice = slices;
    for (size_t i = 0; i < visit->region_count; i++) {
        const struct id_set *cpus = visit->regions[i].asked.cpus;
        visit->touched_bytes += slices_cut(
            free_slice, cpus->count, cell->kernel, visit->regions[i].placement.memory.base,
            visit->regions[i].asked.size_bytes / kernel_array_count(cell->kernel));
        for (size_t k = 0; k < cpus->count; k++, free_slice++) {
            size_t place = visit_place(visit, cpus->ids[k]);
            visit->works[place] = (struct work){
                .step = slice_step, .state = free_slice, .written = slice_written(free_slice)};
            visit->slices[place] = free_slice;
        }
    }
    visit->states = slices;
    return true;
}

static bool fill_row(const struct visit *visit, struct row *row, struct error *error) {
    (void)error;
    const struct window_result *window = &visit->window;
    struct kernel_traffic traffic = kernel_traffic(visit->cell->kernel);
    const double *rates = window->units_per_s[0];
    double elements_per_s = order_median(rates, window->sample_count);
    row->bandwidth_bytes_per_s = elements_per_s * traffic.counted_bytes;
    row->bandwidth_min_bytes_per_s =
        order_minimum(rates, window->sample_count) * traffic.counted_bytes;
    row->bandwidth_max_bytes_per_s =
        order_maximum(rates, window->sample_count) * traffic.counted_bytes;
    row->traffic_min_bytes_per_s = elements_per_s * traffic.min_bytes;
    row->traffic_max_bytes_per_s = elements_per_s * traffic.max_bytes;
    for (uint32_t i = 0; i < window->sample_count; i++)
        samples_add(visit->samples, "bandwidth_bytes_per_s", i + 1,
                    rates[i] * traffic.counted_bytes);
    row->window_cv = order_variation(rates, window->sample_count);
    return true;
}

static void traffic(const struct visit *visit, struct unit_traffic groups[WINDOW_GROUPS]) {
    struct kernel_traffic element = kernel_traffic(visit->cell->kernel);
    groups[0] = (struct unit_traffic){element.min_bytes, element.max_bytes};
}

const struct method method_bandwidth = {prepare, fill_row, traffic};
