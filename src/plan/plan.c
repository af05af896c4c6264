// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include "base/random.h"
#include "base/units.h"
#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const test_names[TEST_COUNT] = {
    [TEST_LATENCY] = "latency",
    [TEST_BANDWIDTH] = "bandwidth",
    [TEST_LOADED] = "loaded",
    [TEST_C2C] = "c2c",
};

const char *const block_names[BLOCK_COUNT] = {
    [BLOCK_IDLE] = "idle",     [BLOCK_PEAK] = "peak",   [BLOCK_MATRIX] = "matrix",
    [BLOCK_LOADED] = "loaded", [BLOCK_C2C] = "c2c",     [BLOCK_SWEEP] = "sweep",
    [BLOCK_MLP] = "mlp",       [BLOCK_CHECK] = "check",
};

// Samples are long against a clock step and a timer tick, and many enough for a median that one
// disturbed sample does not move. A pair of CPUs is one of hundreds, and a millisecond holds
// thousands of its exchanges: its samples are short, and the class has the statistics.
const struct test_times test_times[TEST_COUNT] = {
    [TEST_LATENCY] = {.warm_sample_ns = 50 * NS_PER_MS,
                      .warm_max_ns = 500 * NS_PER_MS,
                      .sample_ns = 50 * NS_PER_MS,
                      .sample_count = 9 },
    [TEST_BANDWIDTH] = {.warm_sample_ns = 20 * NS_PER_MS,
                      .warm_max_ns = 300 * NS_PER_MS,
                      .sample_ns = 20 * NS_PER_MS,
                      .sample_count = 15},
    [TEST_LOADED] = {.warm_sample_ns = 20 * NS_PER_MS,
                      .warm_max_ns = 300 * NS_PER_MS,
                      .sample_ns = 30 * NS_PER_MS,
                      .sample_count = 10},
    [TEST_C2C] = {.warm_sample_ns = 1 * NS_PER_MS,
                      .warm_max_ns = 10 * NS_PER_MS,
                      .sample_ns = 1 * NS_PER_MS,
                      .sample_count = 9 },
};

// ---- sizes -------------------------------------------------------------------------------------

// Where the machine tells no cache at all: the largest that a core of a common server reaches.
#define ASSUMED_LLC_BYTES   (32 * MIB)
#define DEFAULT_LEAST_BYTES (64 * MIB)
enum { CACHE_FOLD = 4 };

uint64_t plan_least_bytes(const struct topology *topology, const struct id_set *cpus,
                          enum test test) {
    uint64_t llc_bytes = topology_llc_bytes(topology, cpus);
    uint64_t least_bytes = CACHE_FOLD * (llc_bytes ? llc_bytes : ASSUMED_LLC_BYTES);
    if (test == TEST_LATENCY)
        least_bytes *= CHASE_SLOT_BYTES / CHASE_LINE_BYTES;
    return least_bytes;
}

static uint64_t default_bytes(uint64_t least_bytes) {
    uint64_t bytes = DEFAULT_LEAST_BYTES;
    while (bytes < least_bytes)
        bytes *= 2;
    return bytes;
}

size_t cell_regions(const struct cell *cell, struct region regions[REGIONS_MAX]) {
    regions[0] = (struct region){
        .node = cell->mem_node,
        .size_bytes = cell->size_bytes * (cell->kernel ? kernel_array_count(cell->kernel) : 1),
        .cpus = &cell->cpus,
    };
    if (!cell->load.kernel)
        return 1;
    regions[1] = (struct region){
        .node = cell->load.node,
        .size_bytes = cell->load.size_bytes * kernel_array_count(cell->load.kernel),
        .cpus = &cell->load.cpus,
    };
    return 2;
}

void cell_cpus(const struct cell *cell, struct id_set *cpus) {
    *cpus = id_set_copy(&cell->cpus);
    id_set_add_all(cpus, &cell->load.cpus);
}

uint64_t cell_buffer_bytes(const struct cell *cell) {
    struct region regions[REGIONS_MAX];
    uint64_t bytes = 0;
    for (size_t i = cell_regions(cell, regions); i > 0; i--)
        bytes += regions[i - 1].size_bytes;
    return bytes;
}

// ---- the axes of the matrix ---------------------------------------------------------------------

// One axis: which nodes can be on it at all, and which of them this process may use.
struct axis {
    const char *option;
    const char *what;
    bool (*serves)(const struct topology_node *node);
    bool (*usable)(const struct topology *topology, const struct topology_node *node);
};

static bool has_cpus(const struct topology_node *node) {
    return node->has_cpus;
}

static bool has_memory(const struct topology_node *node) {
    return node->has_memory;
}

static bool may_run_there(const struct topology *topology, const struct topology_node *node) {
    return topology_core_count(topology, node->id) > 0;
}

static bool may_allocate_there(const struct topology *topology, const struct topology_node *node) {
    (void)topology;
    return node->allowed;
}

static const struct axis cpu_axis = {"--cpu-nodes", "CPUs", has_cpus, may_run_there};
static const struct axis memory_axis = {"--mem-nodes", "memory", has_memory, may_allocate_there};

static bool check_asked(const struct axis *axis, const struct topology *topology,
                        const struct id_set *asked, const struct id_set *serving,
                        struct error *error) {
    for (size_t i = 0; i < asked->count; i++) {
        if (id_set_contains(serving, asked->ids[i]))
            continue;
        char list[128];
        bool exists = topology_node(topology, asked->ids[i]) != NULL;
        return error_set(error, ERROR_KIND_USAGE, 0, "%s: node %u %s%s; nodes with %s: %s",
                         axis->option, asked->ids[i], exists ? "has no " : "does not exist",
                         exists ? axis->what : "", axis->what,
                         id_set_format(serving, list, sizeof list));
    }
    return true;
}

// The nodes that were asked for, or all that serve and may be used.
static bool choose_nodes(const struct axis *axis, const struct topology *topology,
                         const struct id_set *asked, struct id_set *chosen, struct error *error) {
    struct id_set serving = {0};
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        if (!axis->serves(node))
            continue;
        id_set_add(&serving, node->id);
        if (!asked->count && axis->usable(topology, node))
            id_set_add(chosen, node->id);
    }
    bool exist = check_asked(axis, topology, asked, &serving, error);
    for (size_t i = 0; exist && i < asked->count; i++)
        id_set_add(chosen, asked->ids[i]);
    id_set_free(&serving);
    return exist;
}

// ---- one cell -----------------------------------------------------------------------------------

// A latency thread takes the second core where there is one: the first serves most interrupts.
static void choose_cpus(const struct topology *topology, const struct plan_request *request,
                        struct cell *cell) {
    size_t cores = topology_core_count(topology, cell->cpu_node);
    if (cell->test == TEST_BANDWIDTH) {
        size_t threads = request->threads ? request->threads : cores;
        topology_pick_cpus(topology, cell->cpu_node, threads, &cell->cpus);
        return;
    }
    struct id_set first_two;
    topology_pick_cpus(topology, cell->cpu_node, cores < 2 ? 1 : 2, &first_two);
    if (first_two.count)
        id_set_add(&cell->cpus, first_two.ids[first_two.count - 1]);
    id_set_free(&first_two);
}

// More than a process can address on today's machines, and three such arrays still fit 64 bits.
#define SIZE_MOST_BYTES (UINT64_C(1) << 47)

// Sizes are whole ordinary pages, and give every stream of every thread something to do.
static bool check_size_form(const struct cell *cell, struct error *error) {
    const uint64_t grain = 4 * KIB;
    if (cell->size_bytes > SIZE_MOST_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0, "--size: at most 128TiB can be addressed");
    uint64_t smallest = grain;
    if (cell->kernel)
        smallest = grain * (1 + (uint64_t)cell->kernel->streams * cell->cpus.count);
    if (cell->size_bytes % grain == 0 && cell->size_bytes >= smallest)
        return true;
    char asked[UNITS_TEXT_BYTES], least[UNITS_TEXT_BYTES];
    return error_set(
        error, ERROR_KIND_USAGE, 0, "--size %s: a size is a multiple of 4KiB, and here at least %s",
        units_format_bytes(cell->size_bytes, asked), units_format_bytes(smallest, least));
}

// Where the system tells no line, this processor's own word counts.
static void choose_shape(const struct topology *topology, struct cell *cell) {
    uint64_t line_bytes = topology_line_bytes(topology, &cell->cpus);
    if (cell->pattern)
        cell->shape =
            chase_shape_of(cell->pattern, line_bytes ? line_bytes : chase_processor_line_bytes());
}

static void choose_size(const struct topology *topology, const struct plan_request *request,
                        struct cell *cell) {
    uint64_t least_bytes = plan_least_bytes(topology, &cell->cpus, cell->test);
    cell->size_bytes = request->size_bytes ? request->size_bytes : default_bytes(least_bytes);
    cell->cached = cell->size_bytes < least_bytes;
}

static bool check_size(const struct topology *topology, const struct plan_request *request,
                       const struct cell *cell, struct error *error) {
    if (!check_size_form(cell, error))
        return false;
    if (!cell->cached || request->cached)
        return true;
    uint64_t least_bytes = plan_least_bytes(topology, &cell->cpus, cell->test);
    char asked[UNITS_TEXT_BYTES], least[UNITS_TEXT_BYTES];
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--size %s would measure the caches: %s on CPU node %u needs at least %s "
                     "(%d times what a pass can find in the last-level cache); --cached means it",
                     units_format_bytes(cell->size_bytes, asked), test_names[cell->test],
                     cell->cpu_node, units_format_bytes(least_bytes, least), CACHE_FOLD);
}

static bool check_threads(const struct plan_request *request, const struct cell *cell,
                          struct error *error) {
    if (cell->test != TEST_BANDWIDTH || cell->cpus.count >= request->threads)
        return true;
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--threads %u: CPU node %u has %zu CPUs that this process may use",
                     request->threads, cell->cpu_node, cell->cpus.count);
}

// What exists but may not be measured: forbidden to this process, or doubted by the cross-check.
static void refuse_where_needed(const struct topology *topology, const struct cross_check *check,
                                struct cell *cell) {
    struct error *refusal = &cell->refusal;
    if (!cell->cpus.count) {
        error_set(refusal, ERROR_KIND_REFUSED, 0,
                  "not allowed: this process may run on no CPU of node %u (affinity or cgroup)",
                  cell->cpu_node);
        return;
    }
    if (!topology_node(topology, cell->mem_node)->allowed) {
        error_set(refusal, ERROR_KIND_REFUSED, 0,
                  "not allowed: this process may take no memory from node %u (cgroup cpuset.mems)",
                  cell->mem_node);
        return;
    }
    if (cell->pattern && cell->pattern->pages &&
        strcmp(cell->pattern->pages, cell->pages->name) != 0) {
        error_set(refusal, ERROR_KIND_REFUSED, 0,
                  "--pattern %s is measured in %s pages only, not in %s: add --pages %s",
                  cell->pattern->name, cell->pattern->pages, cell->pages->name,
                  cell->pattern->pages);
        return;
    }
    bool usable = cross_check_node_usable(check, cell->cpu_node, refusal) &&
                  cross_check_node_usable(check, cell->mem_node, refusal);
    for (size_t i = 0; usable && i < cell->cpus.count; i++)
        usable = cross_check_cpu_usable(check, cell->cpus.ids[i], refusal);
}

// ---- all cells ----------------------------------------------------------------------------------

struct builder {
    struct plan *plan;
    const struct topology *topology;
    const struct cross_check *check;
    const struct plan_request *request;
    struct id_set cpu_nodes;
    struct id_set mem_nodes;
    struct error *error;
};

// A refused cell is not held against threads and size: with no CPU allowed, none would do.
static bool add_cell(struct builder *builder, struct cell cell) {
    cell.page_bytes = cell.pages->bytes ? cell.pages->bytes : os_transparent_page_bytes();
    choose_cpus(builder->topology, builder->request, &cell);
    choose_shape(builder->topology, &cell);
    choose_size(builder->topology, builder->request, &cell);
    refuse_where_needed(builder->topology, builder->check, &cell);
    if (cell.refusal.kind == ERROR_KIND_NONE &&
        !(check_threads(builder->request, &cell, builder->error) &&
          check_size(builder->topology, builder->request, &cell, builder->error))) {
        id_set_free(&cell.cpus);
        return false;
    }
    struct plan *plan = builder->plan;
    plan->cells = base_grow(plan->cells, plan->cell_count + 1, sizeof *plan->cells);
    plan->cells[plan->cell_count++] = cell;
    return true;
}

// A block is one matrix: one loop in one kind of page, on every pair of nodes.
static bool add_block(struct builder *builder, const struct cell *like) {
    for (size_t row = 0; row < builder->cpu_nodes.count; row++) {
        for (size_t column = 0; column < builder->mem_nodes.count; column++) {
            struct cell cell = *like;
            cell.cpu_node = builder->cpu_nodes.ids[row];
            cell.mem_node = builder->mem_nodes.ids[column];
            if (!add_cell(builder, cell))
                return false;
        }
    }
    return true;
}

static bool add_blocks(struct builder *builder) {
    const struct plan_request *request = builder->request;
    for (size_t page = 0; page < request->page_count; page++) {
        struct cell like = {
            .test = TEST_LATENCY, .block = BLOCK_IDLE, .pages = request->pages[page]};
        for (size_t i = 0; request->tests[TEST_LATENCY] && i < request->pattern_count; i++) {
            like.pattern = request->patterns[i];
            if (!add_block(builder, &like))
                return false;
        }
        like = (struct cell){
            .test = TEST_BANDWIDTH, .block = BLOCK_MATRIX, .pages = request->pages[page]};
        for (size_t i = 0; request->tests[TEST_BANDWIDTH] && i < request->kernel_count; i++) {
            like.kernel = request->kernels[i];
            if (!add_block(builder, &like))
                return false;
        }
    }
    return true;
}

// ---- rounds, order, time ------------------------------------------------------------------------

// Judgement, from runs on small guests: what one thread does when it writes fresh pages, links and
// walks a chain, or asks for its pages. Only the prediction depends on them.
static const double fill_small_pages_bytes_per_ns = 1.1;
static const double fill_large_pages_bytes_per_ns = 2.2;
static const double chain_ns_per_slot = 130;
static const double ask_ns_per_page = 110;
static const double visit_overhead_ns = 20e6;

uint64_t cell_predict_ns(const struct cell *cell) {
    if (cell->refusal.kind != ERROR_KIND_NONE)
        return 0;
    const struct test_times *times = &test_times[cell->test];
    double bytes = (double)cell_buffer_bytes(cell);
    bool large = cell->page_bytes > os_base_page_bytes();
    double rate = large ? fill_large_pages_bytes_per_ns : fill_small_pages_bytes_per_ns;
    double ns = visit_overhead_ns + bytes / (rate * (double)cell->cpus.count);
    if (cell->pattern)
        ns += chain_ns_per_slot * (double)cell->size_bytes / (double)cell->shape.slot_bytes;
    if (cell->page_bytes)
        ns += 2 * ask_ns_per_page * bytes / (double)cell->page_bytes;
    ns += (double)(times->warm_max_ns / 2 + times->sample_count * times->sample_ns);
    return (uint64_t)ns;
}

static uint64_t predict_round_ns(const struct plan *plan) {
    uint64_t round_ns = 0;
    for (size_t i = 0; i < plan->cell_count; i++)
        round_ns += cell_predict_ns(&plan->cells[i]);
    return round_ns;
}

uint64_t plan_predict_ns(const struct plan *plan) {
    return plan->rounds * predict_round_ns(plan);
}

uint64_t plan_visit_seed(const struct plan *plan, size_t visit) {
    return random_hash(plan->seed ^ random_hash(visit));
}

static void order_rounds(struct plan *plan) {
    struct random random;
    random_seed(&random, plan->seed);
    plan->visit_count = plan->rounds * plan->cell_count;
    plan->order = base_allocate(plan->visit_count, sizeof *plan->order);
    for (size_t round = 0; round < plan->rounds; round++) {
        size_t *order = plan->order + round * plan->cell_count;
        for (size_t i = 0; i < plan->cell_count; i++) {
            size_t other = (size_t)random_below(&random, i + 1);
            order[i] = order[other];
            order[other] = i;
        }
    }
}

static uint32_t choose_rounds(const struct plan *plan, uint64_t budget_ns) {
    uint64_t round_ns = predict_round_ns(plan);
    uint64_t fitting = round_ns ? budget_ns / round_ns : 1;
    if (fitting < 1)
        return 1;
    return fitting < PLAN_ROUNDS_MAX ? (uint32_t)fitting : PLAN_ROUNDS_MAX;
}

void plan_schedule(struct plan *plan, uint32_t rounds, uint64_t budget_ns) {
    plan->rounds = rounds ? rounds : choose_rounds(plan, budget_ns);
    order_rounds(plan);
}

bool plan_build(struct plan *plan, const struct topology *topology, const struct cross_check *check,
                const struct plan_request *request, struct error *error) {
    *plan = (struct plan){.seed = request->seed};
    struct builder builder = {
        .plan = plan, .topology = topology, .check = check, .request = request, .error = error};
    bool built =
        choose_nodes(&cpu_axis, topology, &request->cpu_nodes, &builder.cpu_nodes, error) &&
        choose_nodes(&memory_axis, topology, &request->mem_nodes, &builder.mem_nodes, error) &&
        add_blocks(&builder);
    id_set_free(&builder.cpu_nodes);
    id_set_free(&builder.mem_nodes);
    if (!built) {
        plan_free(plan);
        return false;
    }
    plan_schedule(plan, request->rounds, PLAN_BUDGET_NS);
    return true;
}

void plan_free(struct plan *plan) {
    for (size_t i = 0; i < plan->cell_count; i++) {
        id_set_free(&plan->cells[i].cpus);
        id_set_free(&plan->cells[i].load.cpus);
    }
    free(plan->cells);
    free(plan->order);
    *plan = (struct plan){0};
}

static char *pair_name(const struct cell *cell, char text[CELL_NAME_BYTES]) {
    snprintf(text, CELL_NAME_BYTES, "%s/%s/writer:%u/reader:%u/home:%s/page:%s",
             test_names[cell->test], cell->pair.protocol->name, cell->pair.writer_cpu,
             cell->pair.reader_cpu, pair_home_names[cell->pair.home], cell->pages->name);
    return text;
}

char *cell_name(const struct cell *cell, char text[CELL_NAME_BYTES]) {
    char size[UNITS_TEXT_BYTES], loop[64];
    if (cell->pair.protocol)
        return pair_name(cell, text);
    if (cell->kernel)
        snprintf(loop, sizeof loop, "%s.%s", cell->kernel->name, isa_names[cell->kernel->isa]);
    else
        snprintf(loop, sizeof loop, "%s", cell->pattern->name);
    int length = snprintf(text, CELL_NAME_BYTES, "%s/%s/cpu:%u/mem:%u/size:%s/page:%s",
                          test_names[cell->test], loop, cell->cpu_node, cell->mem_node,
                          units_format_bytes(cell->size_bytes, size), cell->pages->name);
    char load[LOAD_NAME_BYTES];
    if (length < 0 || length >= CELL_NAME_BYTES)
        return text;
    if (cell->kernel)
        snprintf(text + length, CELL_NAME_BYTES - (size_t)length, "/threads:%zu", cell->cpus.count);
    if (cell->load.kernel)
        snprintf(text + length, CELL_NAME_BYTES - (size_t)length, "/%s",
                 load_name(&cell->load, load));
    return text;
}
