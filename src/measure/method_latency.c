// SPDX-License-Identifier: Apache-2.0
// Latency: one thread follows a proven chain.
#include "measure/method.h"

#include "base/random.h"
#include "placement/team.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

struct chase_state {
    char apart[APART_BYTES];
    void *at[CHASE_CHAINS_MAX];
    uint32_t chains;
};

// Units are loads. A walk of several chains does this many on each.
static uint64_t step_chase(void *context, uint64_t units) {
    struct chase_state *state = context;
    if (state->chains == 1) {
        state->at[0] = chase_walk(state->at[0], units);
        return units;
    }
    uint64_t each = (units + state->chains - 1) / state->chains;
    chase_walk_chains(state->at, state->chains, each);
    return each * state->chains;
}

// On the measuring CPU, so that the caches and the TLB are those of the thread that will walk.
static void build_chase(void *context, size_t index) {
    (void)index;
    struct visit *visit = context;
    const struct cell *cell = visit->cell;
    void *base = visit->regions[0].placement.memory.base;
    visit->chase = chase_build(base, cell->size_bytes, &cell->shape, visit->seed);
    visit->chase_proven = chase_prove(&visit->chase, base, cell->size_bytes);
    // The proof was a first walk. Another order, from the same proven builder, has had none, unless
    // several walkers' places have to be found along it.
    if (cell->check == CHECK_FIRST_WALK)
        visit->chase = chase_build(base, cell->size_bytes, &cell->shape, random_hash(visit->seed));
    if (cell->check == CHECK_FLUSHED)
        chase_flush(base, cell->size_bytes);
    struct chase_state *state = visit->states;
    state->chains = cell->chains;
    if (visit->chase_proven)
        chase_starts(&visit->chase, base, cell->size_bytes, state->at, state->chains);
}

static bool prepare(struct visit *visit, struct error *error) {
    visit->states = base_allocate(1, sizeof(struct chase_state));
    if (!team_run(&visit->cell->cpus, build_chase, visit, error))
        return false;
    CHECK(visit->chase_proven);
    visit->touched_bytes = visit->chase.touched_bytes;
    struct chase_state *state = visit->states;
    visit->works[visit_place(visit, visit->cell->cpus.ids[0])] = (struct work){
        .step = step_chase,
        .state = state,
        .written = {.base = state->at, .bytes = sizeof state->at}
    };
    return true;
}

// For rows whose thread stood still for so long that the samples say nothing: what it used of its
// CPU over the loads that it made, from its start to its end. That helps only where the CPU clock
// stood still too (a stop, a wait), which gaps and the rest of the time together show; what the
// thread does not see (an SMI, a hypervisor of which the kernel does not know) runs on in it.
static double cpu_time_of_a_load(const struct visit *visit) {
    const struct window_result *window = &visit->window;
    const double gaps_ns = (double)window->gap_sum_ns, wall_ns = (double)window->busy_wall_ns;
    if (window->usage.cpu_ns == NONE_U64 || !(window->units_done[0] > 0))
        return NAN;
    double cpu_ns = (double)window->usage.cpu_ns;
    if (gaps_ns > 0.01 * wall_ns && cpu_ns > wall_ns - gaps_ns / 2)
        return NAN;
    return cpu_ns * visit->cell->chains / window->units_done[0];
}

// The fastest sample of loads per second is the least latency. Of several chains each has its share
// of the loads, and its own wait between two.
static bool fill_row(const struct visit *visit, struct row *row, struct error *error) {
    (void)error;
    const struct window_result *window = &visit->window;
    const struct cell *cell = visit->cell;
    const double ns_per_s = (double)NS_PER_S, *rates = window->units_per_s[0];
    const double wait_ns = ns_per_s * cell->chains;
    row->latency_ns = wait_ns / order_median(rates, window->sample_count);
    row->latency_min_ns = wait_ns / order_maximum(rates, window->sample_count);
    row->latency_max_ns = wait_ns / order_minimum(rates, window->sample_count);
    for (uint32_t i = 0; i < window->sample_count; i++)
        samples_add(visit->samples, "latency_ns", i + 1, wait_ns / rates[i]);
    if (cell->chains > 1)
        row->bandwidth_bytes_per_s =
            order_median(rates, window->sample_count) * (double)cell->shape.line_bytes;
    row->window_cv = order_variation(rates, window->sample_count);
    row->latency_cycles =
        row->latency_ns * (window->clock_start_hz + window->clock_end_hz) / 2 / ns_per_s;
    row->latency_cpu_ns = cpu_time_of_a_load(visit);
    return true;
}

// A load brings in a line, and at most its page's line of the page table too, each with the
// neighbour that a prefetcher fetches beside it.
static void traffic(const struct visit *visit, struct unit_traffic groups[WINDOW_GROUPS]) {
    double line_bytes = (double)visit->cell->shape.line_bytes;
    groups[0] = (struct unit_traffic){line_bytes, 4 * line_bytes};
}

const struct method method_latency = {prepare, fill_row, traffic};
