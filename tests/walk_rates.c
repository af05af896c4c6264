// SPDX-License-Identifier: Apache-2.0
// What the walks along a chain cost, in one run and by turns: plain, with a known delay in each
// load, and several at a time. For scripts/acceptance, which says what is wanted of the figures; no
// test, because a test asserts no time.
//
// usage: walk_rates CPU NODE BYTES PAGES ROUNDS
//
// Prints a line per round and walk: name, adds or chains, ns per load by wall time and by the
// thread's CPU time, and the core's clock in Hz.
#include "kernels/chase.h"
#include "measure/window.h"
#include "placement/placement.h"

#include <stdio.h>
#include <stdlib.h>

struct walk {
    const char *name;
    uint32_t number; // of additions to each load, or of chains
    void *at[CHASE_CHAINS_MAX];
};

static uint64_t step_delayed(void *state, uint64_t loads) {
    struct walk *walk = state;
    walk->at[0] = chase_walk_delayed(walk->at[0], loads, walk->number);
    return loads;
}

static uint64_t step_chains(void *state, uint64_t loads) {
    struct walk *walk = state;
    uint64_t each = loads / walk->number + 1;
    chase_walk_chains(walk->at, walk->number, each);
    return each * walk->number;
}

__attribute__((noreturn)) static void fail(const char *what) {
    fprintf(stderr, "walk_rates: %s\n", what);
    exit(1);
}

static void measure(struct walk *walk, uint64_t (*step)(void *, uint64_t),
                    const struct id_set *cpus) {
    const struct window_settings settings = {.warm_sample_ns = 20 * NS_PER_MS,
                                             .warm_max_ns = 200 * NS_PER_MS,
                                             .warm_tolerance = 0.01,
                                             .sample_ns = 200 * NS_PER_MS,
                                             .sample_count = 1};
    const struct work work = {.step = step, .state = walk};
    struct window_result window = {0};
    struct error error;
    if (!window_run(cpus, &work, &settings, &window, &error))
        fail(error.text);
    if (window.interrupted)
        fail("interrupted");
    double ns = (double)NS_PER_S / window.units_per_s[0][0];
    double share = (double)window.usage.cpu_ns / (double)window.busy_wall_ns;
    printf("%s %u %.4f %.4f %.0f\n", walk->name, walk->number, ns, ns * share,
           (window.clock_start_hz + window.clock_end_hz) / 2);
    fflush(stdout);
    window_result_free(&window);
}

static void measure_all(struct placement *placement, const struct id_set *cpus, unsigned rounds) {
    static const uint32_t adds[] = {0, 16, 64, 256, 1024};
    void *base = placement->memory.base;
    uint64_t size_bytes = placement->memory.size_bytes;
    struct chase_shape shape =
        chase_shape_of(chase_pattern_find("full_random"), chase_processor_line_bytes());
    struct chase chase = chase_build(base, size_bytes, &shape, 1);
    if (!chase_prove(&chase, base, size_bytes))
        fail("the chain is not one cycle");
    struct walk walk = {0};
    for (unsigned round = 0; round < rounds; round++) {
        walk.name = "delayed";
        chase_starts(&chase, base, size_bytes, walk.at, 1);
        for (size_t i = 0; i < COUNT_OF(adds); i++) {
            walk.number = adds[i];
            measure(&walk, step_delayed, cpus);
        }
        walk.name = "chains";
        for (size_t i = 0; i < chase_chain_counts_count; i++) {
            walk.number = chase_chain_counts[i];
            chase_starts(&chase, base, size_bytes, walk.at, walk.number);
            measure(&walk, step_chains, cpus);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 6)
        fail("usage: walk_rates CPU NODE BYTES PAGES ROUNDS");
    os_start();
    struct error error;
    struct id_set cpus = {0};
    if (!id_set_parse(&cpus, argv[1], &error) || cpus.count != 1)
        fail("CPU is one number");
    const struct page_kind *pages = page_kind_find(argv[4]);
    if (!pages)
        fail("there is no such kind of page");
    struct placement placement;
    uint64_t size_bytes = strtoull(argv[3], NULL, 10) / (2 * MIB) * (2 * MIB);
    uint32_t node = (uint32_t)strtoul(argv[2], NULL, 10);
    if (!placement_create(&placement, size_bytes, pages, node, 1, &error))
        fail(error.text);
    placement_fill_part(&placement, 0, 1);
    placement_fill_done(&placement);
    os_memory_collapse(&placement.memory);
    measure_all(&placement, &cpus, (unsigned)strtoul(argv[5], NULL, 10));
    placement_release(&placement);
    id_set_free(&cpus);
    return 0;
}
