// SPDX-License-Identifier: Apache-2.0
// What the walks along a chain cost, in one run and interleaved: plain, with a known delay in each
// load, and several at a time. For scripts/acceptance, which says what is wanted of the figures; no
// test, because a test asserts no time.
//
// How long a delay takes is measured too, by the same walk along a chain that stays in the
// first-level cache: the core's clock at its best says too little on a core that others share.
//
// usage: walk_rates WHAT CPU NODE BYTES PAGES ROUNDS     WHAT is delays or chains
//
// Prints a line per round and walk: "memory", "cache" or "chains", adds or chains, and ns per load
// by the thread's CPU time.
#include "kernels/chase.h"
#include "measure/window.h"
#include "placement/placement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    const char *name;
    uint32_t number; // of additions to each load, or of chains
    void *at[CHASE_CHAINS_MAX];
};

// Short samples in many rounds: what disturbs the machine for seconds is then on all alike.
static const struct window_settings settings = {.warm_sample_ns = 5 * NS_PER_MS,
                                                .warm_max_ns = 10 * NS_PER_MS,
                                                .warm_tolerance = 0.01,
                                                .sample_ns = 20 * NS_PER_MS,
                                                .sample_count = 1};

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
    const struct work work = {.step = step, .state = walk};
    struct window_result window = {0};
    struct error error;
    if (!window_run(cpus, &work, &settings, &window, &error))
        fail(error.text);
    if (window.interrupted)
        fail("interrupted");
    double ns = (double)NS_PER_S / window.units_per_s[0][0];
    double share = (double)window.usage.cpu_ns / (double)window.busy_wall_ns;
    printf("%s %u %.4f\n", walk->name, walk->number, ns * share);
    fflush(stdout);
    window_result_free(&window);
}

// structural, because a walk that waits longer finds fewer of its page tables in the caches: over
// full_random, 1024 cycles added 14 % more than themselves, and 16 walkers seemed to have 20 lines
// in flight (docs/method.md).
static struct chase build_chain(void *base, uint64_t size_bytes) {
    struct chase_shape shape =
        chase_shape_of(chase_pattern_find("structural"), chase_processor_line_bytes());
    struct chase chase = chase_build(base, size_bytes, &shape, 1);
    if (!chase_prove(&chase, base, size_bytes))
        fail("the chain is not one cycle");
    return chase;
}

// Each delay in memory stands between the same one in the cache and the next.
static void measure_delays(const struct chase *chase, const struct id_set *cpus) {
    static _Alignas(4096) char small[4096];
    static const uint32_t adds[] = {0, 64, 256, 1024};
    struct chase in_cache = build_chain(small, sizeof small);
    struct walk memory = {.name = "memory", .at = {chase->start}};
    struct walk cache = {.name = "cache", .at = {in_cache.start}};
    for (size_t i = 0; i < COUNT_OF(adds); i++) {
        memory.number = cache.number = adds[i];
        measure(&cache, step_delayed, cpus);
        measure(&memory, step_delayed, cpus);
    }
}

static void measure_chains(const struct chase *chase, const struct placement *placement,
                           const struct id_set *cpus) {
    struct walk walk = {.name = "chains"};
    for (size_t i = 0; i < chase_chain_counts_count; i++) {
        walk.number = chase_chain_counts[i];
        chase_starts(chase, placement->memory.base, placement->memory.size_bytes, walk.at,
                     walk.number);
        measure(&walk, step_chains, cpus);
    }
}

static void measure_all(struct placement *placement, const struct id_set *cpus, bool delays,
                        unsigned rounds) {
    struct chase chase = build_chain(placement->memory.base, placement->memory.size_bytes);
    for (unsigned round = 0; round < rounds; round++) {
        if (delays)
            measure_delays(&chase, cpus);
        else
            measure_chains(&chase, placement, cpus);
    }
}

int main(int argc, char **argv) {
    bool delays = argc > 1 && strcmp(argv[1], "delays") == 0;
    if (argc != 7 || (!delays && strcmp(argv[1], "chains") != 0))
        fail("usage: walk_rates delays|chains CPU NODE BYTES PAGES ROUNDS");
    os_start();
    struct error error;
    struct id_set cpus = {0};
    if (!id_set_parse(&cpus, argv[2], &error) || cpus.count != 1)
        fail("CPU is one number");
    const struct page_kind *pages = page_kind_find(argv[5]);
    if (!pages)
        fail("there is no such kind of page");
    struct placement placement;
    uint64_t size_bytes = strtoull(argv[4], NULL, 10) / (2 * MIB) * (2 * MIB);
    uint32_t node = (uint32_t)strtoul(argv[3], NULL, 10);
    if (!placement_create(&placement, size_bytes, pages, node_set_of(node), 1, &error))
        fail(error.text);
    placement_fill_part(&placement, 0, 1);
    struct error why;
    CHECK(placement_fill_done(&placement, &why));
    os_memory_collapse(&placement.memory);
    measure_all(&placement, &cpus, delays, (unsigned)strtoul(argv[6], NULL, 10));
    placement_release(&placement);
    id_set_free(&cpus);
    return 0;
}
