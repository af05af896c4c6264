// SPDX-License-Identifier: Apache-2.0
#include "ask/menu.h"

#include "ask/defaults.h"
#include "ask/menu_sweep.h"
#include "plan/c2c.h"
#include "plan/checks.h"
#include "plan/curve.h"
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
    struct block_request blocks[BLOCK_COUNT + 8];
    size_t block_count;
    const struct kernel *kernel;
    const struct chase_pattern *pattern;
    const struct page_kind *pages;
    const struct kernel **kernels[8]; // of the mixes, freed at the end
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
// processor has. Plain C has no say: what the compiler makes of it is not known.
static bool may_compete(const struct kernel_mix *mix, const struct kernel *kernel) {
    const struct kernel *model = kernel_find(mix->loop, isa_widest());
    return kernel->loads == model->loads && kernel->stores == model->stores &&
           kernel->store == model->store && kernel->isa != ISA_PORTABLE &&
           isa_available(kernel->isa);
}

static size_t list_kernels(const struct menu *menu, const struct kernel_mix *mix,
                           const struct kernel ***list) {
    const bool search = menu->options->peak;
    size_t count = 0;
    *list = base_allocate(kernel_count, sizeof **list);
    if (!search)
        (*list)[count++] = default_kernel_of_mix(menu->session, mix);
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
    CHECK(kernel_mix_count <= COUNT_OF(menu->kernels));
    for (size_t i = 0; i < kernel_mix_count; i++) {
        if (!options->mix_count || is_asked(options, &kernel_mixes[i]))
            add_mix(menu, block, &kernel_mixes[i], pairs);
    }
}

// ---- commands -----------------------------------------------------------------------------------

static void order_parts(struct menu *menu, enum command_bit command) {
    const struct options *options = menu->options;
    if (command == COMMAND_BANDWIDTH) {
        if (options->peak)
            add_mixes(menu, BLOCK_PEAK);
        else if (options->mix_count)
            add_mixes(menu, BLOCK_MATRIX);
        if (options->kernel_count || (!options->peak && !options->mix_count))
            add_matrix(menu);
        return;
    }
    if (command == COMMAND_C2C)
        return; // pairs of CPUs, not of nodes
    add_idle(menu);
    if (command == COMMAND_QUICK)
        add_mixes(menu, BLOCK_PEAK);
    if (command != COMMAND_LATENCY && command != COMMAND_LOADED)
        add_matrix(menu);
}

// ---- latency under load -------------------------------------------------------------------------

// Where nobody names nodes: the first node that has a core for the load beside the victim's, with
// the memory that is nearest to it by the firmware's word, else its own. The first of all where
// there is none.
static uint64_t distance_of(const struct topology *topology, const struct cell *cell) {
    return topology_distance(topology, cell->cpu_node, node_set_only(&cell->mem_node));
}

static size_t find_victim(const struct topology *topology, const struct plan *plan) {
    size_t found = SIZE_MAX;
    bool room = false;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        if (cell->block != BLOCK_IDLE || cell->mem_node.count > 1)
            continue;
        bool has_room = topology_core_count(topology, cell->cpu_node) >= 2;
        bool nearer = found == SIZE_MAX ||
                      (cell->cpu_node == plan->cells[found].cpu_node &&
                       distance_of(topology, cell) < distance_of(topology, &plan->cells[found]));
        if (nearer || (has_room && !room))
            found = i;
        room = room || has_room;
    }
    return found;
}

// Idle cells of other places than the victim's are no part of a curve.
static void keep_place(struct plan *plan, size_t victim) {
    const uint32_t cpu_node = plan->cells[victim].cpu_node;
    const struct node_set mem_node = plan->cells[victim].mem_node;
    size_t kept = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (plan->cells[i].cpu_node == cpu_node &&
            node_set_same(&plan->cells[i].mem_node, &mem_node))
            plan->cells[kept++] = plan->cells[i];
        else
            cell_free(&plan->cells[i]);
    }
    plan->cell_count = kept;
}

static void add_shares(const struct options *options, struct plan_curves *curves, double **paces,
                       size_t *pace_count) {
    curves->shares = base_allocate(options->pace_count, sizeof *curves->shares);
    *paces = base_allocate(options->pace_count, sizeof **paces);
    *pace_count = 0;
    for (size_t i = 0; i < options->pace_count; i++) {
        if (options->paces[i].is_share)
            curves->shares[curves->share_count++] = options->paces[i].value;
        else
            (*paces)[(*pace_count)++] = options->paces[i].value;
    }
}

// Each mix on each node of a load; without --load-nodes on the victim's memory.
static bool add_curves_of(const struct session *session, const struct options *options,
                          struct curve_request *request, size_t victim, struct plan *plan,
                          struct error *error) {
    const struct kernel_mix *reads = mix_find("reads");
    struct id_set nodes = id_set_copy(&options->load_nodes);
    if (!nodes.count)
        id_set_add(&nodes, node_set_only(&plan->cells[victim].mem_node));
    bool added = true;
    for (size_t node = 0; added && node < nodes.count; node++) {
        for (size_t i = 0; added && (i < options->mix_count || i == 0); i++) {
            request->load.mix = options->mix_count ? options->mixes[i] : reads;
            request->load.kernel = default_kernel_of_mix(session, request->load.mix);
            request->load.node = nodes.ids[node];
            added = curve_plan(plan, &session->topology, session_check(session), request, victim,
                               error);
        }
    }
    id_set_free(&nodes);
    return added;
}

// A curve is one load with one number of threads; what options call `all` has no second thread of a
// core here, because the victim's core is to do nothing else.
static bool check_load_threads(const struct options *options, struct error *error) {
    bool one = options->thread_count <= 1;
    return (one && (!options->thread_count || options->threads[0] != THREADS_ALL)) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--threads: a load has one number of threads, or cores (one per core)");
}

// The load beside the chain works on one node too.
static bool check_load_memory(const struct options *options, struct error *error) {
    char text[NODE_SET_TEXT_BYTES];
    return !options->mem_set_count ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--mem-nodes %s: latency under load is measured with memory on one node; name "
                     "single nodes, or take latency or bandwidth",
                     node_set_format(&options->mem_sets[0], text));
}

// Whether anybody is left to make a load beside a victim there: another core of its node, or the
// CPUs of its memory's own node.
static bool has_company(const struct topology *topology, const struct cell *victim) {
    uint32_t own_node = node_set_only(&victim->mem_node);
    return topology_core_count(topology, victim->cpu_node) >= 2 ||
           (own_node != victim->cpu_node && topology_core_count(topology, own_node) > 0);
}

// Of the whole machine: reads beside one victim, as few points as show the knee, once each.
static bool sketch_load(const struct session *session, const struct options *options,
                        const struct sizing *sizing, struct plan *plan, struct error *error) {
    size_t victim = find_victim(&session->topology, plan);
    if (victim == SIZE_MAX)
        return true;
    if (!has_company(&session->topology, &plan->cells[victim])) {
        snprintf(plan->not_applicable[BLOCK_LOADED], sizeof plan->not_applicable[BLOCK_LOADED],
                 "latency under load needs a second core for the load, and this process may use "
                 "one");
        return true;
    }
    const struct kernel_mix *reads = mix_find("reads");
    const struct curve_request request = {
        .load = {.mix = reads,
                 .kernel = default_kernel_of_mix(session, reads),
                 .node = node_set_only(&plan->cells[victim].mem_node),
                 .size_bytes = options->size_bytes,
                 .sizing = sizing}
    };
    plan->curves =
        (struct plan_curves){.density = &curve_density_sketch, .sketch = !options->rounds};
    return curve_plan(plan, &session->topology, session_check(session), &request, victim, error);
}

static bool plan_loads(const struct session *session, const struct options *options,
                       const struct sizing *sizing, struct plan *plan, struct error *error) {
    double *paces;
    if (!check_load_threads(options, error) || !check_load_memory(options, error))
        return false;
    size_t victim = find_victim(&session->topology, plan);
    if (victim != SIZE_MAX && !options->cpu_nodes.count && !options->mem_nodes.count)
        keep_place(plan, victim);
    struct curve_request request = {
        .load = {.threads = options->thread_count ? options->threads[0] : THREADS_CORES,
                 .size_bytes = options->size_bytes,
                 .sizing = sizing},
        .delays = options->delays,
        .delay_count = options->delay_count,
    };
    add_shares(options, &plan->curves, &paces, &request.pace_count);
    request.paces = paces;
    if (!options->delay_count)
        plan->curves.density = options->quick ? &curve_density_quick : &curve_density_full;
    bool added = true;
    size_t victims = plan->cell_count;
    for (size_t i = 0; added && i < victims; i++)
        added = add_curves_of(session, options, &request, i, plan, error);
    free(paces);
    return added;
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

static void look_at_pairs(const struct session *session, const struct options *options,
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
        return plan_loads(session, options, &order->session->sizing, plan, error);
    case COMMAND_C2C:
        return plan_pairs(session, options, plan, error);
    case COMMAND_QUICK:
        if (!sketch_load(session, options, &order->session->sizing, plan, error))
            return false;
        look_at_pairs(session, options, plan);
        return true;
    default:
        return true;
    }
}

bool menu_plan(const struct menu_order *order, struct plan *plan, struct error *error) {
    struct session *session = order->session;
    const struct options *options = order->options;
    session->topology.takes_all_kinds = options->all_kinds;
    if (order->command == COMMAND_SWEEP)
        return menu_plan_sweep(session, options, plan, error);
    struct menu menu = {.session = session,
                        .options = options,
                        .kernel = default_kernel(session),
                        .pattern = default_pattern(),
                        .pages = default_pages()};
    CHECK(menu.kernel && menu.pattern && menu.pages);
    struct node_set *sets;
    if (!default_mem_sets(session, options, &sets, error)) {
        free(sets);
        return false;
    }
    order_parts(&menu, order->command);
    bool look = order->command == COMMAND_QUICK;
    const struct plan_request request = {
        .blocks = menu.blocks,
        .block_count = menu.block_count,
        .cpu_nodes = options->cpu_nodes,
        .mem_nodes = options->mem_nodes,
        .mem_sets = sets,
        .mem_set_count = options->mem_set_count,
        .pages = options->page_count ? options->pages : &menu.pages,
        .page_count = options->page_count ? options->page_count : 1,
        .sizing = &order->session->sizing,
        .allow_partial = options->allow_partial,
        .pace = look ? PACE_SHORT : PACE_LONG,
        .rounds = options->rounds,
        .budget_ns = options->budget_ns ? options->budget_ns
                                        : default_budget_ns(&session->topology, order->command),
        .seed = options->seed,
    };
    bool built = plan_build(plan, &session->topology, session_check(session), &request, error);
    free(sets);
    for (size_t i = 0; i < menu.kernel_lists; i++)
        free(menu.kernels[i]);
    if (!built)
        return false;
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
    bool whole = order->command == COMMAND_QUICK;
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

// First the sizes, because the race needs them, then the loops, then what is measured with both.
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
    add_the_rest(order, schedule->plan);
}

void menu_prepare(struct menu_order *order, const struct plan *plan) {
    struct race_contest contests[SESSION_LOOPS_MAX];
    const struct session *session = order->session;
    bool here = session->topology.is_this_system && !order->options->cached;
    order->probes = here && !order->chosen && probe_is_needed(plan);
    order->probes_arrays = here && !order->chosen && probe_needs_arrays(plan);
    size_t count = list_contests(order, contests);
    for (size_t i = 0; i < count; i++)
        order->races = order->races || (here && !order->chosen && contests[i].loop_count > 1);
}

void menu_begin(struct menu_order *order, struct plan *plan) {
    if (!order->probes && !order->races)
        return;
    for (size_t i = 0; i < plan->cell_count; i++)
        cell_free(&plan->cells[i]);
    plan->cell_count = 0;
    plan->grow = grow;
    plan->grow_context = order;
}
