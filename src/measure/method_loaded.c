// SPDX-License-Identifier: Apache-2.0
// Latency under load: one thread follows a chain (group 0) while others move data (group 1).
#include "measure/method.h"

#include "measure/slice.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

enum { GROUP_CHASE, GROUP_LOAD };
enum { REGION_CHASE, REGION_LOAD };

struct generator {
    struct slice slice; // which begins with a gap
    uint64_t burst_elements;
    uint32_t delay_cycles;
    double period_ns;
    uint64_t start_ns; // paced: when burst 0 was due; 0 before
    uint64_t bursts, late_bursts;
};

// A pause after each burst. Additions wait for nothing but each other, so they begin while the
// loads of the burst are still under way, as far as the core looks ahead.
static uint64_t step_closed(void *context, uint64_t units) {
    struct generator *generator = context;
    uint64_t done = 0;
    while (done < units) {
        done += slice_run(&generator->slice, generator->burst_elements);
        kernel_add_chain(generator->delay_cycles);
    }
    return done;
}

// Burst k is due k periods after burst 0, however late the ones before it were: what could not be
// moved in time stays asked for. Late is a burst that begins when the next one is due already; less
// would count the grain of the clock.
static void await_burst(struct generator *generator) {
    uint64_t now_ns = os_clock_ns();
    if (!generator->start_ns)
        generator->start_ns = now_ns;
    uint64_t due_ns =
        generator->start_ns + (uint64_t)((double)generator->bursts * generator->period_ns);
    while (now_ns < due_ns) {
        os_spin_pause();
        now_ns = os_clock_ns();
    }
    generator->bursts++;
    generator->late_bursts += (double)(now_ns - due_ns) >= generator->period_ns;
}

static uint64_t step_paced(void *context, uint64_t units) {
    struct generator *generator = context;
    uint64_t done = 0;
    while (done < units) {
        await_burst(generator);
        done += slice_run(&generator->slice, generator->burst_elements);
    }
    return done;
}

static struct written generator_written(const struct generator *generator) {
    const char *first = slice_written(&generator->slice).base;
    return (struct written){.base = first,
                            .bytes = (size_t)((const char *)(generator + 1) - first)};
}

// Without a pause the load is what a bandwidth cell does, in long pieces.
static struct work work_of(struct generator *generator, const struct cell_load *load) {
    struct work work = {.step = step_closed,
                        .state = generator,
                        .written = generator_written(generator),
                        .group = GROUP_LOAD};
    if (load->mode == LOAD_PACED) {
        work.step = step_paced;
    } else if (load->delay_cycles == 0) {
        work.step = slice_step;
        work.state = &generator->slice;
    }
    return work;
}

static bool prepare(struct visit *visit, struct error *error) {
    if (!method_latency.prepare(visit, error))
        return false;
    const struct cell_load *load = &visit->cell->load;
    size_t count = load->cpus.count;
    struct slice *slices = base_allocate(count, sizeof *slices);
    struct generator *generators = base_allocate(count, sizeof *generators);
    visit->touched_bytes +=
        slices_cut(slices, count, load->kernel, visit->regions[REGION_LOAD].placement.memory.base,
                   load->size_bytes);
    for (size_t i = 0; i < count; i++) {
        generators[i] = (struct generator){
            .slice = slices[i],
            .burst_elements = load_burst_elements(load->kernel),
            .delay_cycles = load->delay_cycles,
            .period_ns = load->mode == LOAD_PACED ? load_period_ns(load) : 0,
        };
        size_t place = visit_place(visit, load->cpus.ids[i]);
        visit->works[place] = work_of(&generators[i], load);
        visit->slices[place] = &generators[i].slice;
    }
    free(slices);
    visit->load_states = generators;
    return true;
}

// Bytes of both groups together, sample by sample; a load of the chase brings in a line.
static void fill_bandwidth(const struct visit *visit, struct row *row) {
    const struct window_result *window = &visit->window;
    struct kernel_traffic traffic = kernel_traffic(visit->cell->load.kernel);
    double line_bytes = (double)visit->cell->shape.line_bytes;
    const double *loads = window->units_per_s[GROUP_CHASE];
    const double *elements = window->units_per_s[GROUP_LOAD];
    size_t count = window->sample_count;
    double *bytes = base_allocate(count, sizeof *bytes);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = elements[i] * traffic.counted_bytes + loads[i] * line_bytes;
        samples_add(visit->samples, "bandwidth_bytes_per_s", (uint32_t)i + 1, bytes[i]);
    }
    row->bandwidth_bytes_per_s = order_median(bytes, count);
    row->bandwidth_min_bytes_per_s = order_minimum(bytes, count);
    row->bandwidth_max_bytes_per_s = order_maximum(bytes, count);
    free(bytes);
    double elements_per_s = order_median(elements, count);
    double chase_bytes_per_s = order_median(loads, count) * line_bytes;
    row->load_bytes_per_s = elements_per_s * traffic.counted_bytes;
    row->traffic_min_bytes_per_s = elements_per_s * traffic.min_bytes + chase_bytes_per_s;
    row->traffic_max_bytes_per_s = elements_per_s * traffic.max_bytes + chase_bytes_per_s;
}

static bool fill_row(const struct visit *visit, struct row *row, struct error *error) {
    if (!method_latency.fill_row(visit, row, error))
        return false;
    row->latency_cpu_ns = NAN; // CPU time is known of all threads together only
    fill_bandwidth(visit, row);
    const struct cell_load *load = &visit->cell->load;
    if (load->mode != LOAD_PACED)
        return true;
    const struct generator *generators = visit->load_states;
    uint64_t bursts = 0, late_bursts = 0;
    for (size_t i = 0; i < load->cpus.count; i++) {
        bursts += generators[i].bursts;
        late_bursts += generators[i].late_bursts;
    }
    row->late_share = (double)late_bursts / (double)bursts;
    return true;
}

static void traffic(const struct visit *visit, struct unit_traffic groups[WINDOW_GROUPS]) {
    struct kernel_traffic element = kernel_traffic(visit->cell->load.kernel);
    method_latency.traffic(visit, groups);
    groups[GROUP_LOAD] = (struct unit_traffic){element.min_bytes, element.max_bytes};
}

const struct method method_loaded = {prepare, fill_row, traffic};
