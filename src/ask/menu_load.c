// SPDX-License-Identifier: Apache-2.0
#include "ask/menu_load.h"

#include "ask/defaults.h"
#include "plan/curve.h"

#include <stdio.h>
#include <stdlib.h>

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

static void add_shares(const struct options *options, struct plan_curves *curves, double **rates,
                       size_t *rate_count) {
    curves->shares = base_allocate(options->rate_count, sizeof *curves->shares);
    *rates = base_allocate(options->rate_count, sizeof **rates);
    *rate_count = 0;
    for (size_t i = 0; i < options->rate_count; i++) {
        if (options->rates[i].is_share)
            curves->shares[curves->share_count++] = options->rates[i].value;
        else
            (*rates)[(*rate_count)++] = options->rates[i].value;
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
                     "--threads: a load takes one number of threads, or cores (one per core)");
}

// The load beside the chain works on one node too.
static bool check_load_memory(const struct options *options, struct error *error) {
    char text[NODE_SET_TEXT_BYTES];
    return !options->mem_set_count ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--mem-nodes %s: latency under load is measured with memory on one node; name "
                     "single nodes, or use the commands latency or bandwidth",
                     node_set_format(&options->mem_sets[0], text));
}

// Whether anybody is left to make a load beside a victim there: another core of its node, or the
// CPUs of its memory's own node.
static bool has_company(const struct topology *topology, const struct cell *victim) {
    uint32_t own_node = node_set_only(&victim->mem_node);
    return topology_core_count(topology, victim->cpu_node) >= 2 ||
           (own_node != victim->cpu_node && topology_core_count(topology, own_node) > 0);
}

bool menu_sketch_load(const struct session *session, const struct options *options,
                      const struct sizing *sizing, struct plan *plan, struct error *error) {
    size_t victim = find_victim(&session->topology, plan);
    if (victim == SIZE_MAX)
        return true;
    if (!has_company(&session->topology, &plan->cells[victim])) {
        snprintf(plan->not_applicable[BLOCK_LOADED], sizeof plan->not_applicable[BLOCK_LOADED],
                 "latency under load needs a second core for the load, but this process may use "
                 "only one");
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

bool menu_plan_loads(const struct session *session, const struct options *options,
                     const struct sizing *sizing, struct plan *plan, struct error *error) {
    double *rates;
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
    add_shares(options, &plan->curves, &rates, &request.rate_count);
    request.rates = rates;
    if (!options->delay_count)
        plan->curves.density = options->quick ? &curve_density_quick : &curve_density_full;
    bool added = true;
    size_t victims = plan->cell_count;
    for (size_t i = 0; added && i < victims; i++)
        added = add_curves_of(session, options, &request, i, plan, error);
    free(rates);
    return added;
}
