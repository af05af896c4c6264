// SPDX-License-Identifier: Apache-2.0
#include "ask/menu.h"

#include "ask/defaults.h"
#include "ask/menu_load.h"
#include "ask/menu_sweep.h"
#include "plan/best_set.h"
#include "plan/c2c.h"
#include "plan/checks.h"
#include "plan/probe.h"
#include "run/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the parts ----------------------------------------------------------------------------------

// Everything that the requests point into lives here until the plan is built.
struct menu {
    const struct session *session;
    const struct options *options;
    struct block_request blocks[BLOCK_COUNT + 24];
    size_t block_count;
    const struct kernel *kernel;
    const struct chase_pattern *pattern;
    const struct page_kind *pages;
    const struct kernel **kernels[24]; // of the mixes, freed at the end
    size_t kernel_lists;
};

static struct block_request *add_block(struct menu *menu, enum block block) {
    const struct options *options = menu->options;
    CHECK(menu->block_count < COUNT_OF(menu->blocks));
    struct block_request *request = &menu->blocks[menu->block_count++];
    *request = (struct block_request){
        .block = block,
        .threads = options->threads,
        .thread_count = options->thread_count,
        .chains = options->chains,
        .chain_count = options->chain_count,
        .window_bytes = options->window_bytes,
        .slot_bytes = options->slot_bytes,
        .sizes = &options->size_bytes,
        .size_count = options->size_bytes != 0,
        .cached = options->cached,
    };
    return request;
}

static void add_idle(struct menu *menu) {
    const struct options *options = menu->options;
    struct block_request *request = add_block(menu, options->chain_count ? BLOCK_MLP : BLOCK_IDLE);
    request->patterns = options->pattern_count ? options->patterns : &menu->pattern;
    request->pattern_count = options->pattern_count ? options->pattern_count : 1;
}

static void add_matrix(struct menu *menu) {
    const struct options *options = menu->options;
    struct block_request *request = add_block(menu, BLOCK_MATRIX);
    request->kernels = options->kernel_count ? options->kernels : &menu->kernel;
    request->kernel_count = options->kernel_count ? options->kernel_count : 1;
}

// Loops that load, store and evade alike compete for a mix, in every instruction set that this
// processor has. Plain C competes where it has no other: what the compiler makes of it is not
// known. The sets before it, which zero lines, do not: programs seldom write nothing but zeros.
static bool may_compete(const struct kernel_mix *mix, const struct kernel *kernel) {
    const enum isa widest = isa_widest();
    const enum isa least = widest > ISA_PORTABLE ? ISA_PORTABLE + 1 : ISA_PORTABLE;
    const struct kernel *model = kernel_find(mix->loop, widest);
    return model && kernel->loads == model->loads && kernel->stores == model->stores &&
           kernel->store == model->store && kernel->isa >= least && isa_available(kernel->isa);
}

static size_t list_kernels(const struct menu *menu, const struct kernel_mix *mix,
                           const struct kernel ***list) {
    const bool search = menu->options->peak;
    const struct kernel *only = search ? NULL : default_kernel_of_mix(menu->session, mix);
    size_t count = 0;
    *list = base_allocate(kernel_count, sizeof **list);
    if (only)
        (*list)[count++] = only;
    for (size_t i = 0; search && i < kernel_count; i++)
        if (may_compete(mix, &kernels[i]))
            (*list)[count++] = &kernels[i];
    return count;
}

static void add_mix(struct menu *menu, enum block block, const struct kernel_mix *mix,
                    enum node_pairs pairs) {
    static const uint32_t cores_and_all[] = {THREADS_CORES, THREADS_ALL};
    struct block_request *request = add_block(menu, block);
    const struct kernel **list;
    bool search = menu->options->peak;
    CHECK(menu->kernel_lists < COUNT_OF(menu->kernels));
    request->kernel_count = list_kernels(menu, mix, &list);
    request->kernels = menu->kernels[menu->kernel_lists++] = list;
    request->mix = mix;
    request->pairs = pairs;
    if (search && !menu->options->thread_count && topology_has_siblings(&menu->session->topology)) {
        request->threads = cores_and_all;
        request->thread_count = COUNT_OF(cores_and_all);
    }
}

static bool is_asked(const struct options *options, const struct kernel_mix *mix) {
    bool asked = false;
    for (size_t i = 0; i < options->mix_count; i++)
        asked = asked || options->mixes[i] == mix;
    return asked;
}

// Pairs of nodes that were asked for are searched one by one, else all nodes at once.
static void add_mixes(struct menu *menu, enum block block) {
    const struct options *options = menu->options;
    bool named = options->cpu_nodes.count || options->mem_nodes.count || options->mem_set_count;
    enum node_pairs pairs = block == BLOCK_PEAK && !named ? PAIRS_TOGETHER : PAIRS_ALL;
    for (size_t i = 0; i < kernel_mix_count; i++) {
        if (!options->mix_count || is_asked(options, &kernel_mixes[i]))
            add_mix(menu, block, &kernel_mixes[i], pairs);
    }
}

// From each CPU node and from all of them to single nodes, from which sets follow; and, to compare,
// from each to its own memory.
static void add_best_sets(struct menu *menu) {
    static const enum node_pairs pairs[] = {PAIRS_ALL, PAIRS_FROM_ALL, PAIRS_TOGETHER};
    const struct options *options = menu->options;
    for (size_t i = 0; i < kernel_mix_count; i++)
        for (size_t k = 0; k < COUNT_OF(pairs); k++)
            if (!options->mix_count || is_asked(options, &kernel_mixes[i]))
                add_mix(menu, BLOCK_SET, &kernel_mixes[i], pairs[k]);
}

// How many nodes have memory for a set.
static size_t count_memory(const struct session *session, const struct options *options) {
    size_t count = 0;
    for (size_t i = 0; i < session->topology.node_count; i++) {
        const struct topology_node *node = &session->topology.nodes[i];
        count += node->has_memory && node->allowed && !topology_node_is_device(node);
    }
    return options->mem_nodes.count ? options->mem_nodes.count : count;
}

// ---- commands -----------------------------------------------------------------------------------

static void order_parts(struct menu *menu, enum command_bit command) {
    const struct options *options = menu->options;
    if (command == COMMAND_BANDWIDTH) {
        if (options->peak)
            add_mixes(menu, BLOCK_PEAK);
        else if (options->best_set && count_memory(menu->session, options) > 1)
            add_best_sets(menu);
        else if (options->mix_count && !options->best_set)
            add_mixes(menu, BLOCK_MATRIX);
        if (options->kernel_count || (!options->peak && !options->best_set && !options->mix_count))
            add_matrix(menu);
        return;
    }
    if (command == COMMAND_C2C)
        return; // pairs of CPUs, not of nodes
    add_idle(menu);
    if (command == COMMAND_OVERVIEW)
        add_mixes(menu, BLOCK_PEAK);
    if (command != COMMAND_LATENCY && command != COMMAND_LOADED)
        add_matrix(menu);
}

// ---- core to core -------------------------------------------------------------------------------

// Both homes where they differ: which of them is faster is the machine's own affair.
static bool plan_pairs(const struct session *session, const struct options *options,
                       struct plan *plan, struct error *error) {
    const struct page_kind *pages = default_pages();
    const struct pair_protocol **protocols = base_allocate(pair_protocol_count, sizeof *protocols);
    for (size_t i = 0; i < pair_protocol_count; i++)
        protocols[i] = &pair_protocols[i];
    bool homes_given = false;
    for (size_t home = 0; home < PAIR_HOME_COUNT; home++)
        homes_given = homes_given || options->homes[home];
    struct c2c_request request = {
        .pairs = {.cpu_nodes = options->cpu_nodes,
                  .per_class = options->pairs,
                  .full = options->full,
                  .writer_cpu = options->writer_cpu,
                  .reader_cpu = options->reader_cpu,
                  .seed = options->seed},
        .protocols = options->protocol_count ? options->protocols : protocols,
        .protocol_count = options->protocol_count ? options->protocol_count : pair_protocol_count,
        .homes = {[HOME_WRITER] = !homes_given || options->homes[HOME_WRITER],
                  [HOME_READER] = !homes_given || options->homes[HOME_READER],
                  [HOME_THIRD] = options->homes[HOME_THIRD]},
        .pages = options->page_count ? options->pages : &pages,
        .page_count = options->page_count ? options->page_count : 1,
    };
    struct c2c_cells *pairs =
        c2c_describe(&session->topology, session_check(session), &request, error);
    // A plan that is only looked at need not hold its cells: of 384 CPUs there are 828 288.
    if (pairs && options->dry_run)
        plan->pairs = pairs;
    else if (pairs)
        plan_add_pairs(plan, pairs);
    free(protocols);
    return pairs != NULL;
}

// Nodes with CPUs whose lines have a home where this process may take memory.
static struct id_set nodes_with_home(const struct topology *topology, const struct id_set *asked) {
    struct id_set nodes = {0};
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        const struct topology_node *home =
            topology_node(topology, pair_line_node(topology, node->id));
        if (node->has_cpus && home && home->allowed &&
            (!asked->count || id_set_contains(asked, node->id)))
            id_set_add(&nodes, node->id);
    }
    return nodes;
}

// Of the whole machine: a few pairs of each class, and both kinds of number (docs/method.md).
enum { PAIRS_OF_LOOK = 4 };

static void add_few_pairs(const struct session *session, const struct options *options,
                          struct plan *plan) {
    const struct page_kind *pages = default_pages();
    const struct pair_protocol *protocols[] = {pair_protocol_find("cas_ping_pong"),
                                               pair_protocol_find("hitm_read")};
    struct id_set nodes = nodes_with_home(&session->topology, &options->cpu_nodes);
    struct c2c_request request = {
        .pairs = {.cpu_nodes = nodes.count ? nodes : options->cpu_nodes,
                  .per_class = PAIRS_OF_LOOK,
                  .writer_cpu = NONE_U32,
                  .reader_cpu = NONE_U32,
                  .seed = options->seed},
        .protocols = protocols,
        .protocol_count = COUNT_OF(protocols),
        .homes = {[HOME_WRITER] = true                               },
        .pages = options->page_count ? options->pages : &pages,
        .page_count = options->page_count ? options->page_count : 1,
    };
    struct error why;
    struct c2c_cells *pairs =
        c2c_describe(&session->topology, session_check(session), &request, &why);
    if (pairs)
        plan_add_pairs(plan, pairs);
    else
        snprintf(plan->not_applicable[BLOCK_C2C], sizeof plan->not_applicable[BLOCK_C2C], "%.150s",
                 why.text);
    id_set_free(&nodes);
}

// ---- all of it ----------------------------------------------------------------------------------

// What needs more than the blocks of a matrix.
static bool add_other_parts(const struct menu_order *order, struct plan *plan,
                            struct error *error) {
    const struct session *session = order->session;
    const struct options *options = order->options;
    switch (order->command) {
    case COMMAND_LOADED:
        return menu_plan_loads(session, options, &order->session->sizing, plan, error);
    case COMMAND_C2C:
        return plan_pairs(session, options, plan, error);
    case COMMAND_OVERVIEW:
        if (!menu_sketch_load(session, options, &order->session->sizing, plan, error))
            return false;
        add_few_pairs(session, options, plan);
        return true;
    default:
        return true;
    }
}

// All of a request but its blocks, pages and sets of memory.
static struct plan_request begin_request(const struct menu_order *order) {
    const struct options *options = order->options;
    return (struct plan_request){
        .cpu_nodes = options->cpu_nodes,
        .mem_nodes = options->mem_nodes,
        .sizing = &order->session->sizing,
        .allow_partial = options->allow_partial,
        .visit_length = order->command == COMMAND_OVERVIEW ? VISIT_SHORT : VISIT_LONG,
        .rounds = options->rounds,
        .budget_ns = default_budget_ns(options, &order->session->topology, order->command),
        .seed = options->seed,
    };
}

// Plain C has no loop for some mixes.
static bool check_mixes(const struct menu_order *order, struct error *error) {
    const struct options *options = order->options;
    for (size_t i = 0; i < options->mix_count; i++)
        if (!default_kernel_of_mix(order->session, options->mixes[i]))
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "--mix %s: this processor has none of the vector instructions that "
                             "its loops need; without --mix, the mixes that it has are measured",
                             options->mixes[i]->name);
    return true;
}

// Where all kinds of page are compared, what they cost is not to be avoided.
static const struct chase_pattern *choose_pattern(const struct options *options,
                                                  enum command_bit command) {
    bool compares = options->all_pages && command == COMMAND_LATENCY;
    return compares ? chase_pattern_find("full_random") : default_pattern();
}

bool menu_plan(const struct menu_order *order, struct plan *plan, struct error *error) {
    struct session *session = order->session;
    const struct options *options = order->options;
    session->topology.takes_all_kinds = options->all_kinds;
    session->pages_left_out = options->left_out;
    session->pages_left_out_count = options->left_out_count;
    if (!check_mixes(order, error))
        return false;
    if (order->command == COMMAND_SWEEP)
        return menu_plan_sweep(session, options, plan, error);
    struct menu menu = {.session = session,
                        .options = options,
                        .kernel = default_kernel(session),
                        .pattern = choose_pattern(options, order->command),
                        .pages = default_pages()};
    CHECK(menu.kernel && menu.pattern && menu.pages);
    struct node_set *sets;
    if (!default_mem_sets(session, options, &sets, error)) {
        free(sets);
        return false;
    }
    order_parts(&menu, order->command);
    struct plan_request request = begin_request(order);
    request.blocks = menu.blocks;
    request.block_count = menu.block_count;
    request.mem_sets = sets;
    request.mem_set_count = options->mem_set_count;
    request.pages = options->page_count ? options->pages : &menu.pages;
    request.page_count = options->page_count ? options->page_count : 1;
    bool built = plan_build(plan, &session->topology, session_check(session), &request, error);
    free(sets);
    for (size_t i = 0; i < menu.kernel_lists; i++)
        free(menu.kernels[i]);
    if (!built)
        return false;
    if (options->best_set && count_memory(session, options) < 2)
        snprintf(plan->not_applicable[BLOCK_SET], sizeof plan->not_applicable[BLOCK_SET],
                 "--best-set needs two nodes with memory, but there is only one, or --mem-nodes "
                 "names only one");
    if (!add_other_parts(order, plan, error) ||
        (options->checks && !plan_add_checks(plan, error))) {
        plan_free(plan);
        return false;
    }
    return true;
}

// ---- in stages ----------------------------------------------------------------------------------

static const struct page_kind *first_pages(const struct options *options) {
    return options->page_count ? options->pages[0] : default_pages();
}

void menu_read_memory(const struct menu_order *order) {
    const struct page_kind *pages = default_pages();
    const struct options *options = order->options;
    memory_read(order->session, options->page_count ? options->pages : &pages,
                options->page_count ? options->page_count : 1, options->checks);
}

// The mixes for which the command needs a loop that nobody names: all of them for the whole
// machine, and for a bandwidth or a load those that are asked for, else reads.
static size_t list_contests(const struct menu_order *order, struct race_contest *contests) {
    const struct options *options = order->options;
    size_t count = 0;
    bool whole = order->command == COMMAND_OVERVIEW || (options->best_set && !options->mix_count);
    bool races = whole || order->command == COMMAND_LOADED ||
                 (order->command == COMMAND_BANDWIDTH && !options->peak);
    for (size_t i = 0; races && !options->kernel_count && i < kernel_mix_count; i++) {
        const struct kernel_mix *mix = &kernel_mixes[i];
        bool reads = strcmp(mix->name, "reads") == 0 && !options->mix_count;
        if (whole || reads || is_asked(options, mix))
            contests[count++] = default_contest(mix);
    }
    return count;
}

static bool add_probe(const struct menu_order *order, struct plan *plan,
                      const struct schedule *schedule) {
    const struct probe_request request = {
        .topology = &order->session->topology,
        .check = session_check(order->session),
        .sizing = &order->session->sizing,
        .pages = first_pages(order->options),
        .kernel = default_kernel(order->session),
        .arrays = order->probes_arrays,
    };
    return probe_grow(plan, schedule, &request);
}

static bool add_race(const struct menu_order *order, struct plan *plan,
                     const struct schedule *schedule) {
    struct race_contest contests[SESSION_LOOPS_MAX];
    const struct race_request request = {
        .topology = &order->session->topology,
        .check = session_check(order->session),
        .sizing = &order->session->sizing,
        .pages = first_pages(order->options),
        .size_bytes = order->options->size_bytes,
        .contests = contests,
        .contest_count = list_contests(order, contests),
    };
    return race_grow(plan, schedule, &request);
}

static void take_sizes(const struct menu_order *order, const struct schedule *schedule) {
    struct sizing *sizing = &order->session->sizing;
    sizing->outgrown_bytes = probe_outgrown_bytes(schedule);
    sizing->array_outgrown_bytes = probe_array_outgrown_bytes(schedule);
    sizing->array_probed_bytes = probe_array_probed_bytes(schedule);
}

static void take_winners(const struct menu_order *order, const struct schedule *schedule) {
    struct race_contest contests[SESSION_LOOPS_MAX];
    size_t count = list_contests(order, contests);
    for (size_t i = 0; i < count; i++)
        if (contests[i].loop_count > 1)
            order->session->loops[contests[i].mix - kernel_mixes] =
                race_winner(schedule, &contests[i]);
}

// The plan of the command takes the place of the one that grew, behind its cells.
static void add_the_rest(struct menu_order *order, struct plan *plan) {
    struct plan rest;
    order->planned = true;
    if (!order->options->best_set)
        plan->grow = NULL;
    if (!menu_plan(order, &rest, &order->error))
        return;
    for (size_t i = 0; i < rest.cell_count; i++)
        plan_add(plan, cell_copy(&rest.cells[i]));
    free(plan->curves.shares);
    plan->curves = rest.curves;
    rest.curves = (struct plan_curves){0};
    memcpy(plan->not_applicable, rest.not_applicable, sizeof plan->not_applicable);
    plan_free(&rest);
}

// The kernel's own weights are one of the sets to try.
static struct node_set kernel_weights(const struct session *session) {
    const char *recorded = session_fact(session, "interleave_weights");
    struct node_set set = {0};
    struct error ignored;
    if (session->topology.is_this_system)
        node_set_parse(&set, recorded, &ignored);
    return set;
}

static bool add_sets(const struct menu_order *order, struct schedule *schedule) {
    const struct plan_request like = begin_request(order);
    const struct best_set_request request = {
        .topology = &order->session->topology,
        .check = session_check(order->session),
        .like = &like,
        .size_bytes = order->options->size_bytes,
        .kernel_weights = kernel_weights(order->session),
    };
    return best_set_grow(schedule, &request);
}

// First the sizes, because the race needs them, then the loops, then what is measured with both,
// and the sets of nodes that follow from it.
static void grow(struct schedule *schedule, void *context) {
    struct menu_order *order = context;
    if (order->probes && add_probe(order, schedule->plan, schedule))
        return;
    if (order->probes)
        take_sizes(order, schedule);
    order->probes = order->probes_arrays = false;
    if (order->races && add_race(order, schedule->plan, schedule))
        return;
    if (order->races)
        take_winners(order, schedule);
    order->races = false;
    if (!order->planned)
        add_the_rest(order, schedule->plan);
    else if (!add_sets(order, schedule))
        schedule->plan->grow = NULL;
}

void menu_prepare(struct menu_order *order, const struct plan *plan) {
    struct race_contest contests[SESSION_LOOPS_MAX];
    const struct session *session = order->session;
    bool here = session->topology.is_this_system && !order->options->cached && plan->cell_count;
    order->probes = here && !order->chosen && probe_is_needed(plan);
    order->probes_arrays = here && !order->chosen && probe_needs_arrays(plan);
    size_t count = list_contests(order, contests);
    for (size_t i = 0; i < count; i++)
        order->races = order->races || (here && !order->chosen && contests[i].loop_count > 1);
}

void menu_begin(struct menu_order *order, struct plan *plan) {
    order->planned = !order->probes && !order->races;
    if (order->planned && !order->options->best_set)
        return;
    plan->grow = grow;
    plan->grow_context = order;
    if (order->planned)
        return;
    for (size_t i = 0; i < plan->cell_count; i++)
        cell_free(&plan->cells[i]);
    plan->cell_count = 0;
}
