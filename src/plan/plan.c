// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include "base/random.h"
#include "base/units.h"
#include "os/os.h"
#include "plan/axis.h"

#include <stdlib.h>
#include <string.h>

struct builder {
    struct plan *plan;
    const struct topology *topology;
    const struct cross_check *check;
    const struct plan_request *request;
    const struct block_request *block;
    struct id_set cpu_nodes;
    struct id_set mem_nodes;
    uint64_t size_bytes; // of the cell to be added; 0: by the caches
    struct error *error;
};

// ---- sizes --------------------------------------------------------------------------------------

// More than a process can address on today's machines, and three such arrays still fit 64 bits.
#define SIZE_MAX_BYTES (UINT64_C(1) << 47)

// One stream over one array begins at its beginning; others are set apart inside a page more.
uint64_t plan_smallest_bytes(const struct kernel *kernel, size_t threads) {
    bool alone = kernel_array_count(kernel) == 1 && kernel->streams == 1;
    return os_base_page_bytes() * ((alone ? 0 : 1) + (uint64_t)kernel->streams * threads);
}

// Sizes are whole ordinary pages, and give every stream of every thread something to do.
static uint64_t smallest_bytes(const struct cell *cell) {
    const uint64_t grain = os_base_page_bytes();
    size_t threads = cell->cpus.count;
    for (size_t i = 0; i < cell->share_count; i++) // each share has arrays of that size of its own
        threads =
            i == 0 || cell->shares[i].cpus.count > threads ? cell->shares[i].cpus.count : threads;
    if (cell->kernel)
        return plan_smallest_bytes(cell->kernel, threads);
    uint64_t slots_bytes = cell->chains * cell->shape.slot_bytes;
    return slots_bytes > grain ? slots_bytes : grain;
}

static bool check_size_form(const struct cell *cell, struct error *error) {
    uint64_t smallest = smallest_bytes(cell);
    if (cell->size_bytes > SIZE_MAX_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0, "--size: at most 128TiB can be addressed");
    if (cell->size_bytes % os_base_page_bytes() == 0 && cell->size_bytes >= smallest)
        return true;
    char asked[UNITS_TEXT_BYTES], least[UNITS_TEXT_BYTES], page[UNITS_TEXT_BYTES];
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--size %s: a size must be a multiple of %s, and here at least %s",
                     units_format_bytes(cell->size_bytes, asked),
                     units_format_bytes(os_base_page_bytes(), page),
                     units_format_bytes(smallest, least));
}

// A size that is known to be within the caches is refused: as the options', or of this cell alone
// where the run itself has measured what they hold.
static bool check_caches(const struct builder *builder, struct cell *cell) {
    const struct sizing *sizing = builder->request->sizing;
    uint64_t min_bytes = sizing_min_bytes(builder->topology, sizing, cell);
    if (cell->size_rule != SIZE_ASKED || cell->size_bytes >= min_bytes || builder->block->cached ||
        !sizing_is_known(builder->topology, sizing, cell))
        return true;
    bool measured = sizing_is_measured(sizing, cell);
    char asked[UNITS_TEXT_BYTES], least[UNITS_TEXT_BYTES], name[CELL_NAME_BYTES];
    struct error why;
    error_set(&why, measured ? ERROR_KIND_REFUSED : ERROR_KIND_USAGE, 0,
              "--size %s would measure the caches: %s needs at least %s (%s); to measure caches, "
              "add --cached",
              units_format_bytes(cell->size_bytes, asked), cell_name(cell, name),
              units_format_bytes(min_bytes, least),
              measured ? "smaller buffers were faster in the probe"
                       : "4 times the last-level cache that a pass can use");
    if (measured)
        cell_refuse(cell, &why);
    else
        *builder->error = why;
    return measured;
}

// ---- the shape of a chain -----------------------------------------------------------------------

// Where the system reports no line, this processor's own word counts.
static void choose_shape(const struct topology *topology, const struct block_request *request,
                         struct cell *cell) {
    uint64_t line_bytes = topology_line_bytes(topology, &cell->cpus);
    cell->shape =
        chase_shape_of(cell->pattern, line_bytes ? line_bytes : chase_processor_line_bytes());
    if (request->window_bytes)
        cell->shape.window_bytes = request->window_bytes;
    if (request->slot_bytes)
        cell->shape.slot_bytes = request->slot_bytes;
}

static bool check_shape(const struct cell *cell, struct error *error) {
    uint64_t slot = cell->shape.slot_bytes, least = chase_min_slot_bytes(cell->shape.line_bytes);
    char asked[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES], page[UNITS_TEXT_BYTES];
    if (slot < least || slot > os_base_page_bytes() || (slot & (slot - 1)) != 0)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--spacing %s: the spacing must be a power of two from %s (two cache "
                         "lines) to %s",
                         units_format_bytes(slot, asked), units_format_bytes(least, limit),
                         units_format_bytes(os_base_page_bytes(), page));
    if (cell->shape.window_bytes % slot != 0)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--window %s: the window must be a multiple of the spacing, %s",
                         units_format_bytes(cell->shape.window_bytes, asked),
                         units_format_bytes(slot, limit));
    // A pattern's own window may hold all of a small buffer; one that was asked for is meant.
    if (cell->shape.window_bytes > cell->size_bytes &&
        cell->shape.window_bytes != cell->pattern->window_bytes)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--window %s: the window must be smaller than the buffer, %s (--size)",
                         units_format_bytes(cell->shape.window_bytes, asked),
                         units_format_bytes(cell->size_bytes, limit));
    return true;
}

// ---- CPUs ---------------------------------------------------------------------------------------

// A latency thread takes the second core where there is one: the first serves most interrupts.
static void pick_chase_cpu(const struct topology *topology, uint32_t node, struct id_set *cpus) {
    struct id_set first_two;
    topology_pick_cpus(topology, node, topology_core_count(topology, node) < 2 ? 1 : 2, &first_two);
    if (first_two.count)
        id_set_add(cpus, first_two.ids[first_two.count - 1]);
    id_set_free(&first_two);
}

// False when there are fewer CPUs than `threads`.
static bool pick_stream_cpus(const struct topology *topology, uint32_t node, uint32_t threads,
                             struct id_set *cpus) {
    size_t count = threads;
    if (threads == THREADS_CORES)
        count = topology_core_count(topology, node);
    else if (threads == THREADS_ALL)
        count = topology_cpu_count(topology, node);
    topology_pick_cpus(topology, node, count, cpus);
    return cpus->count == count;
}

// ---- what may not be measured -------------------------------------------------------------------

static bool allow_cpus(const struct topology *topology, const struct cross_check *check,
                       uint32_t node, struct error *refusal) {
    char hidden[CROSS_SENTENCE_BYTES];
    if (topology_cpu_count(topology, node) > 0)
        return true;
    if (cross_check_hidden_cpus(check, hidden, sizeof hidden)[0])
        return error_set(refusal, ERROR_KIND_REFUSED, 0, "not allowed: %s", hidden);
    return error_set(refusal, ERROR_KIND_REFUSED, 0,
                     "not allowed: this process may not run on any CPU of node %u (%s)", node,
                     os_cpus_withheld_by);
}

static bool allow_memory(const struct topology *topology, uint32_t node, struct error *refusal) {
    return topology_node(topology, node)->allowed ||
           error_set(refusal, ERROR_KIND_REFUSED, 0,
                     "not allowed: this process may not use memory of node %u (%s)", node,
                     os_memory_withheld_by);
}

static bool allow_pages(const struct cell *cell, struct error *refusal) {
    if (!cell->pattern || !cell->pattern->pages ||
        strcmp(cell->pattern->pages, cell->pages->name) == 0)
        return true;
    return error_set(refusal, ERROR_KIND_REFUSED, 0,
                     "--pattern %s is measured in %s pages only, not in %s: add --pages %s",
                     cell->pattern->name, cell->pattern->pages, cell->pages->name,
                     cell->pattern->pages);
}

// What exists but may not be measured: forbidden to this process, or doubted by the cross-check.
static void refuse_where_needed(const struct topology *topology, const struct cross_check *check,
                                struct cell *cell) {
    struct error why, *refusal = &why;
    bool usable = allow_pages(cell, refusal);
    for (size_t i = 0; usable && i < cell->share_count; i++)
        usable = cross_check_node_usable(check, cell->shares[i].node, refusal);
    if (usable && cell->cpu_node != NONE_U32)
        usable = allow_cpus(topology, check, cell->cpu_node, refusal) &&
                 cross_check_node_usable(check, cell->cpu_node, refusal);
    for (size_t i = 0; usable && i < cell->mem_node.count; i++)
        usable = allow_memory(topology, cell->mem_node.shares[i].node, refusal) &&
                 cross_check_node_usable(check, cell->mem_node.shares[i].node, refusal);
    for (size_t i = 0; usable && i < cell->cpus.count; i++)
        usable = cross_check_cpu_usable(check, cell->cpus.ids[i], refusal);
    if (!usable)
        cell_refuse(cell, &why);
}

// ---- one cell -----------------------------------------------------------------------------------

static void take_local_share(const struct builder *builder, struct cell *cell, uint32_t node,
                             bool *enough) {
    struct cell_share share = {.node =
                                   topology_nearest(builder->topology, node, &builder->mem_nodes)};
    *enough &= pick_stream_cpus(builder->topology, node, cell->threads, &share.cpus);
    id_set_add_all(&cell->cpus, &share.cpus);
    cell->shares = base_grow_by_one(cell->shares, cell->share_count, sizeof *cell->shares);
    cell->shares[cell->share_count++] = share;
}

static void take_cpus(const struct builder *builder, struct cell *cell, uint32_t node,
                      bool *enough) {
    struct id_set cpus = {0};
    *enough &= pick_stream_cpus(builder->topology, node, cell->threads, &cpus);
    id_set_add_all(&cell->cpus, &cpus);
    id_set_free(&cpus);
}

static void choose_cpus(const struct builder *builder, struct cell *cell, bool *enough) {
    *enough = true;
    if (cell->pattern)
        pick_chase_cpu(builder->topology, cell->cpu_node, &cell->cpus);
    else if (cell->cpu_node != NONE_U32)
        *enough = pick_stream_cpus(builder->topology, cell->cpu_node, cell->threads, &cell->cpus);
    else
        for (size_t i = 0; i < builder->cpu_nodes.count; i++)
            (cell->mem_node.count ? take_cpus : take_local_share)(
                builder, cell, builder->cpu_nodes.ids[i], enough);
}

// A part of a buffer that is meant to be memory is memory too.
static void choose_partial(const struct plan_request *request, struct cell *cell,
                           uint64_t min_bytes) {
    if (!request->allow_partial || cell->pages->source != PAGES_PHYSICAL)
        return;
    uint64_t smallest = smallest_bytes(cell);
    cell->partial_min_bytes = cell->cached || min_bytes < smallest ? smallest : min_bytes;
}

static bool check_threads(const struct topology *topology, const struct cell *cell, bool enough,
                          struct error *error) {
    if (enough)
        return true;
    struct id_set slower;
    topology_slower_cpus(topology, &slower);
    const char *of_kind = slower.count ? " of the fastest kind; --all-kinds uses all" : "";
    id_set_free(&slower);
    if (cell->cpu_node == NONE_U32)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--threads %u: not every CPU node has that many CPUs for this process%s",
                         cell->threads, of_kind);
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--threads %u: CPU node %u has %zu CPU%s that this process may use%s",
                     cell->threads, cell->cpu_node, cell->cpus.count, PLURAL(cell->cpus.count),
                     of_kind);
}

size_t plan_add(struct plan *plan, struct cell cell) {
    plan->cells = base_grow_by_one(plan->cells, plan->cell_count, sizeof *plan->cells);
    plan->cells[plan->cell_count] = cell;
    return plan->cell_count++;
}

static bool same_cpus(const struct id_set *a, const struct id_set *b) {
    return a->count == b->count &&
           (!a->count || memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0);
}

// Two words for one number of threads are one cell: cores and all, where each core has one.
static bool is_planned(const struct plan *plan, const struct cell *cell) {
    for (size_t i = 0; cell->kernel && i < plan->cell_count; i++) {
        const struct cell *other = &plan->cells[i];
        if (other->kernel == cell->kernel && other->block == cell->block &&
            other->mix == cell->mix && other->pages == cell->pages &&
            other->cpu_node == cell->cpu_node && node_set_same(&other->mem_node, &cell->mem_node) &&
            other->size_bytes == cell->size_bytes && same_cpus(&other->cpus, &cell->cpus))
            return true;
    }
    return false;
}

// Threads and size of a refused cell are not checked: with no CPU allowed, none would do.
static bool check_options(struct builder *builder, bool enough, struct cell *cell) {
    return cell->refusal || (check_threads(builder->topology, cell, enough, builder->error) &&
                             (!cell->pattern || check_shape(cell, builder->error)) &&
                             check_size_form(cell, builder->error) && check_caches(builder, cell));
}

static bool add_cell(struct builder *builder, struct cell cell) {
    const struct sizing *sizing = builder->request->sizing;
    bool enough;
    choose_cpus(builder, &cell, &enough);
    if (cell.pattern)
        choose_shape(builder->topology, builder->block, &cell);
    sizing_choose(builder->topology, sizing, builder->size_bytes, &cell);
    uint64_t min_bytes = sizing_min_bytes(builder->topology, sizing, &cell);
    cell.cached = builder->block->cached && cell.size_bytes < min_bytes;
    choose_partial(builder->request, &cell, min_bytes);
    refuse_where_needed(builder->topology, builder->check, &cell);
    if (!cell.refusal)
        sizing_fit(sizing, smallest_bytes(&cell), &cell);
    if (!check_options(builder, enough, &cell)) {
        cell_free(&cell);
        return false;
    }
    sizing_judge(builder->topology, sizing, &cell);
    if (is_planned(builder->plan, &cell))
        cell_free(&cell);
    else
        plan_add(builder->plan, cell);
    return true;
}

// ---- pairs of nodes -----------------------------------------------------------------------------

static bool add_pair(struct builder *builder, const struct cell *like, uint32_t cpu_node,
                     struct node_set mem_node) {
    struct cell cell = *like;
    cell.cpu_node = cpu_node;
    cell.mem_node = mem_node;
    return add_cell(builder, cell);
}

static bool add_row(struct builder *builder, const struct cell *like, uint32_t cpu_node) {
    if (builder->block->pairs == PAIRS_NEAREST)
        return add_pair(
            builder, like, cpu_node,
            node_set_of(topology_nearest(builder->topology, cpu_node, &builder->mem_nodes)));
    for (size_t column = 0; column < builder->mem_nodes.count; column++)
        if (!add_pair(builder, like, cpu_node, node_set_of(builder->mem_nodes.ids[column])))
            return false;
    for (size_t i = 0; i < builder->request->mem_set_count; i++)
        if (!add_pair(builder, like, cpu_node, builder->request->mem_sets[i]))
            return false;
    return true;
}

// Where only one node has CPUs, all of them at once are that one.
static bool add_together(struct builder *builder, const struct cell *like) {
    const struct id_set *nodes = &builder->cpu_nodes;
    if (nodes->count == 0 || builder->mem_nodes.count == 0)
        return true; // no pair at all, as in a matrix
    if (nodes->count == 1)
        return add_pair(
            builder, like, nodes->ids[0],
            node_set_of(topology_nearest(builder->topology, nodes->ids[0], &builder->mem_nodes)));
    return add_pair(builder, like, NONE_U32, node_set_of(NONE_U32));
}

static bool add_pairs(struct builder *builder, const struct cell *like) {
    if (builder->block->pairs == PAIRS_TOGETHER)
        return add_together(builder, like);
    if (builder->block->pairs == PAIRS_FROM_ALL)
        return builder->cpu_nodes.count < 2 || add_row(builder, like, NONE_U32);
    for (size_t row = 0; row < builder->cpu_nodes.count; row++)
        if (!add_row(builder, like, builder->cpu_nodes.ids[row]))
            return false;
    return true;
}

// ---- the lists of a part ------------------------------------------------------------------------

static bool add_sizes(struct builder *builder, const struct cell *like) {
    const struct block_request *block = builder->block;
    for (size_t i = 0; i < block->size_count || i == 0; i++) {
        builder->size_bytes = block->size_count ? block->sizes[i] : 0;
        if (!add_pairs(builder, like))
            return false;
    }
    return true;
}

static bool add_kernel(struct builder *builder, struct cell like, const struct kernel *kernel) {
    const struct block_request *block = builder->block;
    like.test = TEST_BANDWIDTH;
    like.kernel = kernel;
    like.mix = block->mix;
    for (size_t i = 0; i < block->thread_count || i == 0; i++) {
        like.threads = block->thread_count ? block->threads[i] : THREADS_CORES;
        if (!add_sizes(builder, &like))
            return false;
    }
    return true;
}

static bool add_pattern(struct builder *builder, struct cell like,
                        const struct chase_pattern *pattern) {
    const struct block_request *block = builder->block;
    like.test = TEST_LATENCY;
    like.pattern = pattern;
    for (size_t i = 0; i < block->chain_count || i == 0; i++) {
        like.chains = block->chain_count ? block->chains[i] : 1;
        if (!add_sizes(builder, &like))
            return false;
    }
    return true;
}

static bool add_block(struct builder *builder, const struct block_request *block) {
    const struct plan_request *request = builder->request;
    builder->block = block;
    for (size_t page = 0; page < request->page_count; page++) {
        struct cell like = {.block = block->block,
                            .visit_length = request->visit_length,
                            .pages = request->pages[page],
                            .page_bytes = cell_page_bytes(request->pages[page])};
        for (size_t i = 0; i < block->pattern_count; i++)
            if (!add_pattern(builder, like, block->patterns[i]))
                return false;
        for (size_t i = 0; i < block->kernel_count; i++)
            if (!add_kernel(builder, like, block->kernels[i]))
                return false;
    }
    return true;
}

// Sets that were asked for are no reason to measure all single nodes besides.
static bool choose_memory(struct builder *builder) {
    const struct plan_request *request = builder->request;
    struct id_set in_sets = {0}, exist = {0};
    for (size_t i = 0; i < request->mem_set_count; i++)
        for (size_t k = 0; k < request->mem_sets[i].count; k++)
            id_set_add(&in_sets, request->mem_sets[i].shares[k].node);
    bool only_sets = in_sets.count && !request->mem_nodes.count;
    bool chosen = (!in_sets.count || axis_choose(&axis_memory, builder->topology, &in_sets, &exist,
                                                 builder->error)) &&
                  (only_sets || axis_choose(&axis_memory, builder->topology, &request->mem_nodes,
                                            &builder->mem_nodes, builder->error));
    id_set_free(&in_sets);
    id_set_free(&exist);
    return chosen;
}

// ---- all of it ----------------------------------------------------------------------------------

bool plan_build(struct plan *plan, const struct topology *topology, const struct cross_check *check,
                const struct plan_request *request, struct error *error) {
    *plan = (struct plan){.seed = request->seed,
                          .visit_length = request->visit_length,
                          .rounds = request->rounds,
                          .budget_ns = request->budget_ns};
    struct builder builder = {
        .plan = plan, .topology = topology, .check = check, .request = request, .error = error};
    bool built =
        axis_choose(&axis_cpus, topology, &request->cpu_nodes, &builder.cpu_nodes, error) &&
        choose_memory(&builder);
    for (size_t i = 0; built && i < request->block_count; i++)
        built = add_block(&builder, &request->blocks[i]);
    id_set_free(&builder.cpu_nodes);
    id_set_free(&builder.mem_nodes);
    if (!built)
        plan_free(plan);
    return built;
}

void plan_free(struct plan *plan) {
    for (size_t i = 0; i < plan->cell_count; i++)
        cell_free(&plan->cells[i]);
    free(plan->cells);
    c2c_free(plan->pairs);
    free(plan->curves.shares);
    *plan = (struct plan){0};
}

void plan_add_pairs(struct plan *plan, struct c2c_cells *pairs) {
    struct c2c_walk walk = c2c_walk(pairs);
    while (c2c_next(&walk))
        plan_add(plan, cell_copy(&walk.cell));
    c2c_free(pairs);
}

struct plan_walk plan_walk(const struct plan *plan) {
    return (struct plan_walk){.plan = plan, .pairs = c2c_walk(plan->pairs)};
}

bool plan_next(struct plan_walk *walk) {
    walk->index = walk->next++;
    if (walk->index < walk->plan->cell_count)
        walk->cell = &walk->plan->cells[walk->index];
    else if (c2c_next(&walk->pairs))
        walk->cell = &walk->pairs.cell;
    else
        walk->cell = NULL;
    return walk->cell != NULL;
}

size_t plan_count_cells(const struct plan *plan) {
    size_t count = 0;
    for (struct plan_walk walk = plan_walk(plan); plan_next(&walk);)
        count++;
    return count;
}

uint64_t plan_predict_round_ns(const struct plan *plan) {
    uint64_t round_ns = 0;
    for (struct plan_walk walk = plan_walk(plan); plan_next(&walk);)
        round_ns += cell_predict_ns(walk.cell);
    return round_ns;
}

uint64_t plan_visit_seed(const struct plan *plan, size_t visit) {
    // 49 bits are at most 15 digits: a spreadsheet and a double give them back as they were.
    return random_hash(plan->seed ^ random_hash(visit)) >> 15;
}
