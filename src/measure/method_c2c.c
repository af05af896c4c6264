// SPDX-License-Identifier: Apache-2.0
// Core to core: two threads exchange lines; the reader leads and holds the clock.
#include "measure/method.h"

#include "os/os.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

static uint64_t step_reader(void *context, uint64_t units) {
    struct pair *pair = context;
    return pair->protocol->read(pair, units);
}

static uint64_t step_writer(void *context, uint64_t units) {
    struct pair *pair = context;
    return pair->protocol->write(pair, units);
}

static struct written side_written(const struct pair_side *side) {
    return (struct written){.base = &side->done,
                            .bytes = offsetof(struct pair_side, after) -
                                     offsetof(struct pair_side, done)};
}

// The writer's answers are no units of the reader's: they are the second group.
static bool prepare(struct visit *visit, struct error *error) {
    (void)error;
    const struct cell *cell = visit->cell;
    const struct cell_pair *asked = &cell->pair;
    struct pair *pair = base_allocate(1, sizeof *pair);
    pair_build(pair, asked->protocol, visit->regions[0].placement.memory.base, cell->size_bytes,
               cell->shape.line_bytes, visit->seed, os_clock_ns);
    visit->states = pair;
    visit->lines = pair->lines;
    visit->touched_bytes = asked->protocol->lines * cell->shape.line_bytes;
    for (size_t i = 0; i < visit->cpus.count; i++) {
        bool reads = visit->cpus.ids[i] == asked->reader_cpu;
        visit->works[i] = (struct work){
            .step = reads ? step_reader : step_writer,
            .state = pair,
            .written = side_written(reads ? &pair->reader : &pair->writer),
            .group = reads ? 0 : 1,
            .serves = !reads,
            .timed_ns = reads && asked->protocol->times_itself ? &pair->reader.timed_ns : NULL,
        };
    }
    return true;
}

// Of one sample; one in which no unit was completed, or none was timed, has no latency.
static double latency_ns(const struct window_result *window, const struct pair_protocol *protocol,
                         uint32_t sample) {
    double units = window->units_per_s[0][sample];
    double share = window->timed_share ? window->timed_share[sample] : 1;
    return units > 0 && share > 0 ? share * (double)NS_PER_S / units / protocol->ways_per_unit
                                  : NAN;
}

static bool fill_row(const struct visit *visit, struct row *row, struct error *error) {
    const struct window_result *window = &visit->window;
    double *values = base_allocate(window->sample_count, sizeof *values);
    size_t count = 0;
    for (uint32_t sample = 0; sample < window->sample_count; sample++) {
        double value = latency_ns(window, visit->cell->pair.protocol, sample);
        if (isnan(value))
            continue;
        samples_add(visit->samples, "latency_ns", sample + 1, value);
        values[count++] = value;
    }
    row->lines = pair_lines_used(visit->states);
    row->samples = count;
    if (count) {
        row->latency_ns = order_median(values, count);
        row->latency_min_ns = order_minimum(values, count);
        row->latency_max_ns = order_maximum(values, count);
    }
    free(values);
    const struct cell_pair *asked = &visit->cell->pair;
    return count ||
           error_set(
               error, ERROR_KIND_FAILED, 0,
               "no line went from CPU %u to CPU %u and back within %.0f ms: one of them did not "
               "run (run_delay_ns, steal_ns); stop what else runs on them and repeat the pair",
               asked->reader_cpu, asked->writer_cpu, (double)window->wall_ns / (double)NS_PER_MS);
}

const struct method method_c2c = {prepare, fill_row, NULL};
