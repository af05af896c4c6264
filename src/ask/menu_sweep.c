// SPDX-License-Identifier: Apache-2.0
#include "ask/menu_sweep.h"

#include "ask/defaults.h"
#include "base/units.h"
#include "os/os.h"
#include "plan/axis.h"
#include "plan/sweep.h"

#include <stdlib.h>

struct sweep {
    const struct topology *topology;
    uint64_t to_bytes; // 0: by the caches
    struct id_set cpu_nodes;
    enum node_pairs pairs;
    struct block_request *blocks;
    uint64_t **sizes; // of each block
    size_t block_count;
};

static void add_block(struct sweep *sweep, struct block_request request, uint64_t *sizes,
                      size_t size_count) {
    request.block = BLOCK_SWEEP;
    request.sizes = sizes;
    request.size_count = size_count;
    request.cached = true;
    request.pairs = sweep->pairs;
    sweep->blocks = base_grow_by_one(sweep->blocks, sweep->block_count, sizeof *sweep->blocks);
    sweep->sizes = base_grow_by_one(sweep->sizes, sweep->block_count, sizeof *sweep->sizes);
    sweep->sizes[sweep->block_count] = sizes;
    sweep->blocks[sweep->block_count++] = request;
}

static size_t count_threads(const struct sweep *sweep, uint32_t node, uint32_t threads) {
    if (threads == THREADS_CORES)
        return topology_core_count(sweep->topology, node);
    return threads == THREADS_ALL ? sweep->topology->cpu_count : threads;
}

// What a pass touches, by the levels that this many threads of each node reach. Fills the longest
// line too, and the most threads of a node.
static size_t choose_sizes(const struct sweep *sweep, uint32_t threads, uint64_t **sizes,
                           uint32_t *line_bytes, size_t *max_threads) {
    struct topology_level *levels = NULL;
    size_t count = 0;
    *line_bytes = 0;
    *max_threads = 1;
    for (size_t i = 0; i < sweep->cpu_nodes.count; i++) {
        uint32_t node = sweep->cpu_nodes.ids[i];
        struct id_set cpus;
        topology_pick_cpus(sweep->topology, node, count_threads(sweep, node, threads), &cpus);
        levels = base_grow(levels, count + TOPOLOGY_LEVELS_MAX, sizeof *levels);
        count += topology_levels(sweep->topology, &cpus, levels + count);
        uint32_t line = topology_line_bytes(sweep->topology, &cpus);
        *line_bytes = line > *line_bytes ? line : *line_bytes;
        *max_threads = cpus.count > *max_threads ? cpus.count : *max_threads;
        id_set_free(&cpus);
    }
    size_t size_count = sweep_sizes(levels, count, sweep->to_bytes, sizes);
    free(levels);
    return size_count;
}

// A chain touches one line of each slot, so its buffer is larger by that.
static void add_patterns(struct sweep *sweep, const struct chase_pattern *const *patterns,
                         size_t count) {
    uint64_t *sizes;
    uint32_t line_bytes;
    size_t threads, size_count = choose_sizes(sweep, 1, &sizes, &line_bytes, &threads);
    struct chase_shape shape =
        chase_shape_of(patterns[0], line_bytes ? line_bytes : chase_processor_line_bytes());
    uint64_t touched = shape.line_bytes > CHASE_LINE_BYTES ? shape.line_bytes : CHASE_LINE_BYTES;
    for (size_t i = 0; i < size_count; i++)
        sizes[i] *= shape.slot_bytes / touched;
    struct block_request request = {.patterns = patterns, .pattern_count = count};
    add_block(sweep, request, sizes, size_count);
}

// The arrays of a loop share the size. What is too small for its streams is left out.
static bool add_kernel(struct sweep *sweep, const struct kernel *const *kernel,
                       const uint32_t *threads, struct error *error) {
    const uint64_t grain = os_base_page_bytes();
    uint64_t *sizes, last_bytes = 0;
    uint32_t line_bytes;
    size_t max_threads, kept = 0;
    size_t size_count = choose_sizes(sweep, *threads, &sizes, &line_bytes, &max_threads);
    for (size_t i = 0; i < size_count; i++) {
        uint64_t array_bytes = sizes[i] / kernel_array_count(*kernel) / grain * grain;
        if (array_bytes >= plan_smallest_bytes(*kernel, max_threads) && array_bytes > last_bytes)
            sizes[kept++] = last_bytes = array_bytes;
    }
    struct block_request request = {
        .kernels = kernel, .kernel_count = 1, .threads = threads, .thread_count = 1};
    add_block(sweep, request, sizes, kept);
    char least[UNITS_TEXT_BYTES], to[UNITS_TEXT_BYTES];
    return kept ||
           error_set(error, ERROR_KIND_USAGE, 0, "--to %s: %s with %zu thread%s needs at least %s",
                     units_format_bytes(sweep->to_bytes, to), (*kernel)->name, max_threads,
                     PLURAL(max_threads),
                     units_format_bytes(kernel_array_count(*kernel) *
                                            plan_smallest_bytes(*kernel, max_threads),
                                        least));
}

// Latency, and each loop with each number of threads.
static bool add_parts(struct sweep *sweep, const struct options *options,
                      const struct chase_pattern *const *pattern,
                      const struct kernel *const *kernel, struct error *error) {
    static const uint32_t one_thread[] = {1};
    add_patterns(sweep, options->pattern_count ? options->patterns : pattern,
                 options->pattern_count ? options->pattern_count : 1);
    for (size_t i = 0; i < options->kernel_count || i == 0; i++)
        for (size_t k = 0; k < options->thread_count || k == 0; k++)
            if (!add_kernel(sweep, options->kernel_count ? &options->kernels[i] : kernel,
                            options->thread_count ? &options->threads[k] : one_thread, error))
                return false;
    return true;
}

static bool choose_nodes(struct sweep *sweep, const struct options *options, struct error *error) {
    if (!axis_choose(&axis_cpus, sweep->topology, &options->cpu_nodes, &sweep->cpu_nodes, error))
        return false;
    if (!options->cpu_nodes.count && sweep->cpu_nodes.count > 1)
        sweep->cpu_nodes.count = 1; // the first
    sweep->pairs = options->mem_nodes.count || options->mem_set_count ? PAIRS_ALL : PAIRS_NEAREST;
    return true;
}

bool menu_plan_sweep(const struct session *session, const struct options *options,
                     struct plan *plan, struct error *error) {
    const struct chase_pattern *pattern = default_pattern();
    const struct kernel *kernel = kernel_find("read", isa_widest());
    const struct page_kind *pages = default_pages();
    struct sweep sweep = {.topology = &session->topology, .to_bytes = options->to_bytes};
    struct node_set *sets;
    bool built = default_mem_sets(session, options, &sets, error) &&
                 choose_nodes(&sweep, options, error) &&
                 add_parts(&sweep, options, &pattern, &kernel, error);
    const struct plan_request request = {
        .blocks = sweep.blocks,
        .block_count = sweep.block_count,
        .cpu_nodes = sweep.cpu_nodes,
        .mem_nodes = options->mem_nodes,
        .mem_sets = sets,
        .mem_set_count = options->mem_set_count,
        .pages = options->page_count ? options->pages : &pages,
        .page_count = options->page_count ? options->page_count : 1,
        .visit_length = VISIT_SHORT,
        .rounds = options->rounds,
        .budget_ns = default_budget_ns(options, &session->topology, COMMAND_SWEEP),
        .seed = options->seed,
    };
    built = built && plan_build(plan, sweep.topology, session_check(session), &request, error);
    for (size_t i = 0; i < sweep.block_count; i++)
        free(sweep.sizes[i]);
    free(sweep.sizes);
    free(sets);
    free(sweep.blocks);
    id_set_free(&sweep.cpu_nodes);
    return built;
}
