// SPDX-License-Identifier: Apache-2.0
// The search for the best set of nodes, on machines whose limits are planted: what it finds is held
// against all sets there are.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "fake_os.h"
#include "kernels/mix.h"
#include "load_topology.h"
#include "plan/best_set.h"
#include "plan/schedule.h"
#include "plan/set_search.h"

// ---- a machine ----------------------------------------------------------------------------------

enum { NODES = 3 };

// What limits the bandwidth from the CPUs of a place: each node, a link that two of them share, and
// the CPUs, which wait for each byte as long as its node takes (Little's law). 0: no such limit.
struct limits {
    double node[NODES];
    double link;         // nodes 1 and 2 together
    double alone[NODES]; // what the CPUs draw from that node alone
};

static double share_of(const struct node_set *set, uint32_t node) {
    for (size_t i = 0; i < set->count; i++)
        if (set->shares[i].node == node)
            return (double)set->shares[i].weight / node_set_weight(set);
    return 0;
}

static double bandwidth(const struct limits *limits, const struct node_set *set) {
    double most = INFINITY, wait = 0, far = 0;
    for (uint32_t node = 0; node < NODES; node++) {
        double share = share_of(set, node);
        if (limits->node[node] > 0 && share > 0)
            most = fmin(most, limits->node[node] / share);
        if (limits->alone[node] > 0)
            wait += share / limits->alone[node];
        far += node > 0 ? share : 0;
    }
    if (limits->link > 0 && far > 0)
        most = fmin(most, limits->link / far);
    return wait > 0 ? fmin(most, 1 / wait) : most;
}

// Of all sets of several nodes with weights up to 16.
static double best_of_all(const struct limits *limits) {
    double best = 0;
    for (unsigned weights = 0; weights < 17 * 17 * 17; weights++) {
        double parts[] = {weights % 17, weights / 17 % 17, (double)(weights / 289)};
        struct node_set set = {0};
        for (uint32_t node = 0; node < NODES; node++)
            if (parts[node] > 0)
                set.shares[set.count++] = (struct node_share){
                    .node = node & 0xFFFFFF, .weight = (unsigned)parts[node] & 0xFF};
        if (set.count > 1)
            best = fmax(best, bandwidth(limits, &set));
    }
    return best;
}

static const struct {
    const char *what;
    struct limits limits;
    const char *set; // the one that must come out; NULL: several are the best
} machines[] = {
    {"DDR and CXL",                      {{90, 30, 0.001}, 0, {0}},           "0:3+1:1"    },
    {"two alike and one of half",        {{100, 100, 50}, 0, {0}},            "0:2+1:2+2:1"},
    {"three alike",                      {{80, 80, 80}, 0, {0}},              "0+1+2"      },
    {"two behind one link",              {{100, 60, 60}, 60, {0}},            NULL         },
    {"CPUs that reach far memory badly", {{100, 100, 100}, 0, {120, 60, 40}}, NULL         },
    {"a node that only costs",           {{100, 100, 100}, 0, {150, 140, 5}}, NULL         },
};

// ---- the search alone ---------------------------------------------------------------------------

static size_t search(const struct limits *limits, const struct node_set *hints, size_t hint_count,
                     struct set_trial *best) {
    struct set_trial trials[NODES + SET_TRIALS_MAX + 8];
    struct node_set next[SET_TRIALS_MAX];
    size_t count = 0, more;
    for (uint32_t node = 0; node < NODES; node++) {
        struct node_set single = node_set_of(node);
        trials[count++] = (struct set_trial){single, bandwidth(limits, &single)};
    }
    *best = (struct set_trial){.value = 0};
    while ((more = set_search_next(trials, count, hints, hint_count, next)) > 0)
        for (size_t i = 0; i < more; i++) {
            assert_true(count < COUNT_OF(trials));
            trials[count++] = (struct set_trial){next[i], bandwidth(limits, &next[i])};
            if (trials[count - 1].value > best->value)
                *best = trials[count - 1];
        }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(node_set_same(&trials[i].nodes, &trials[k].nodes));
    return count - NODES;
}

static void the_best_set_of_a_planted_machine_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        struct set_trial found;
        char text[NODE_SET_TEXT_BYTES];
        size_t tried = search(&machines[i].limits, NULL, 0, &found);
        double best = best_of_all(&machines[i].limits);
        node_set_format(&found.nodes, text);
        if (found.value < 0.97 * best)
            fail_msg("%s: %s with %.1f after %zu sets, where %.1f is possible", machines[i].what,
                     text, found.value, tried, best);
        if (machines[i].set)
            assert_string_equal(text, machines[i].set);
        assert_true(tried <= SET_TRIALS_MAX);
    }
}

static void a_hint_is_tried_and_one_of_other_nodes_is_not(void **state) {
    (void)state;
    struct set_trial trials[] = {
        {node_set_of(0), 100},
        {node_set_of(1), 50 }
    };
    struct node_set hints[2], next[SET_TRIALS_MAX];
    struct error error;
    char text[NODE_SET_TEXT_BYTES];
    assert_true(node_set_parse(&hints[0], "0:7+1:2", &error));
    assert_true(node_set_parse(&hints[1], "0+5", &error));
    assert_int_equal(set_search_next(trials, 2, hints, 2, next), 3);
    assert_string_equal(node_set_format(&next[0], text), "0+1");
    assert_string_equal(node_set_format(&next[1], text), "0:2+1:1");
    assert_string_equal(node_set_format(&next[2], text), "0:7+1:2");
}

static void fewer_than_two_nodes_with_a_value_have_no_set(void **state) {
    (void)state;
    struct set_trial trials[] = {
        {node_set_of(0), 100},
        {node_set_of(1), NAN}
    };
    struct node_set next[SET_TRIALS_MAX];
    assert_int_equal(set_search_next(trials, 0, NULL, 0, next), 0);
    assert_int_equal(set_search_next(trials, 1, NULL, 0, next), 0);
    assert_int_equal(set_search_next(trials, 2, NULL, 0, next), 0);
}

// ---- a whole run --------------------------------------------------------------------------------

struct run {
    struct topology topology;
    struct plan_request request;
    const struct limits *limits;
};

static void grow(struct schedule *schedule, void *context) {
    const struct run *run = context;
    const struct best_set_request request = {.topology = &run->topology, .like = &run->request};
    if (!best_set_grow(schedule, &request))
        schedule->plan->grow = NULL;
}

static void plan_singles(struct run *run, struct plan *plan, uint64_t budget_ns) {
    static const enum node_pairs pairs[] = {PAIRS_ALL, PAIRS_FROM_ALL, PAIRS_TOGETHER};
    const struct kernel *kernel = kernel_find("read", ISA_PORTABLE);
    const struct page_kind *pages = page_kind_find("4K");
    struct block_request blocks[COUNT_OF(pairs)];
    struct error error;
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        blocks[i] = (struct block_request){.block = BLOCK_SET,
                                           .kernels = &kernel,
                                           .kernel_count = 1,
                                           .mix = mix_find("reads"),
                                           .pairs = pairs[i]};
    run->request =
        (struct plan_request){.pages = &pages, .page_count = 1, .seed = 1, .budget_ns = budget_ns};
    struct plan_request request = run->request;
    request.blocks = blocks;
    request.block_count = COUNT_OF(blocks);
    if (!plan_build(plan, &run->topology, NULL, &request, &error))
        fail_msg("%s", error.text);
    plan->grow = grow;
    plan->grow_context = run;
}

static void visit_all(const struct run *run, struct schedule *schedule) {
    struct row *row = base_allocate(1, sizeof *row);
    size_t cell;
    uint64_t round, visits = 0;
    while (schedule_next(schedule, &cell, &round)) {
        const struct node_set *set = &schedule->plan->cells[cell].mem_node;
        struct node_set local = node_set_of(0);
        row_clear(row);
        row->bandwidth_bytes_per_s = 1e9 * bandwidth(run->limits, set->count ? set : &local);
        schedule_add(schedule, cell, row);
        assert_true(++visits < 4000);
    }
    free(row);
}

// The cell of those CPUs that stayed to the end with the most; NULL: none did.
static const struct cell *find_winner(const struct schedule *schedule, uint32_t cpu_node) {
    const struct cell *best = NULL;
    double most = 0;
    for (size_t i = 0; i < schedule->cell_count; i++) {
        const struct cell *cell = &schedule->plan->cells[i];
        const struct schedule_cell *known = &schedule->cells[i];
        if (cell->cpu_node != cpu_node || known->stopped != STOP_CONVERGED ||
            known->bandwidth_bytes_per_s[0] <= most)
            continue;
        most = known->bandwidth_bytes_per_s[0];
        best = cell;
    }
    return best;
}

static void a_run_finds_it_from_each_node_and_from_all(void **state) {
    (void)state;
    struct run run = {.limits = &machines[1].limits};
    struct plan plan;
    struct schedule schedule;
    fake_os_reset(3, 4);
    load_description(&run.topology, "[numa] pack:2 [numa] core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    plan_singles(&run, &plan, 3600 * NS_PER_S);
    schedule_begin(&schedule, &plan);
    visit_all(&run, &schedule);
    for (size_t i = 0; i < plan.cell_count; i++) {
        bool begins = plan.cells[i].mem_node.count == 1;
        const struct cell *winner = begins ? find_winner(&schedule, plan.cells[i].cpu_node) : NULL;
        char text[NODE_SET_TEXT_BYTES];
        if (!begins)
            continue;
        assert_non_null(winner);
        assert_string_equal(node_set_format(&winner->mem_node, text), "0:2+1:2+2:1");
    }
    schedule_free(&schedule);
    plan_free(&plan);
    topology_free(&run.topology);
}

// What --resume does: the rows that are there are given to a new schedule, which must ask for the
// same cells in the same order.
static void a_search_resumes_from_its_rows(void **state) {
    (void)state;
    enum { VISITS_MAX = 4000 };
    struct run run = {.limits = &machines[4].limits};
    struct plan plans[2];
    struct schedule schedules[2];
    struct row *row = base_allocate(1, sizeof *row);
    size_t cells[2], visits = 0;
    uint64_t rounds[2];
    fake_os_reset(3, 4);
    load_description(&run.topology, "[numa] pack:2 [numa] core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        plan_singles(&run, &plans[i], 3600 * NS_PER_S);
        schedule_begin(&schedules[i], &plans[i]);
    }
    while (schedule_next(&schedules[0], &cells[0], &rounds[0])) {
        char names[2][CELL_NAME_BYTES];
        struct node_set local = node_set_of(0);
        const struct node_set *set = &plans[0].cells[cells[0]].mem_node;
        assert_true(schedule_next(&schedules[1], &cells[1], &rounds[1]));
        for (size_t i = 0; i < COUNT_OF(plans); i++)
            cell_name(&plans[i].cells[cells[i]], names[i]);
        assert_string_equal(names[0], names[1]);
        assert_true(++visits < VISITS_MAX);
        row_clear(row);
        row->bandwidth_bytes_per_s = 1e9 * bandwidth(run.limits, set->count ? set : &local);
        for (size_t i = 0; i < COUNT_OF(plans); i++)
            schedule_add(&schedules[i], cells[i], row);
    }
    assert_false(schedule_next(&schedules[1], &cells[1], &rounds[1]));
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        schedule_free(&schedules[i]);
        plan_free(&plans[i]);
    }
    free(row);
    topology_free(&run.topology);
}

static void a_short_budget_ends_the_search_early(void **state) {
    (void)state;
    struct run run = {.limits = &machines[4].limits};
    struct plan plan;
    struct schedule schedule;
    fake_os_reset(3, 4);
    load_description(&run.topology, "[numa] pack:2 [numa] core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    plan_singles(&run, &plan, 3600 * NS_PER_S);
    size_t singles = plan.cell_count;
    plan.budget_ns = 2 * plan_predict_round_ns(&plan);
    schedule_begin(&schedule, &plan);
    visit_all(&run, &schedule);
    assert_int_equal(plan.cell_count, singles); // half of the time is what these take
    schedule_free(&schedule);
    plan_free(&plan);
    topology_free(&run.topology);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_set_of_a_planted_machine_is_found),
        cmocka_unit_test(a_hint_is_tried_and_one_of_other_nodes_is_not),
        cmocka_unit_test(fewer_than_two_nodes_with_a_value_have_no_set),
        cmocka_unit_test(a_run_finds_it_from_each_node_and_from_all),
        cmocka_unit_test(a_search_resumes_from_its_rows),
        cmocka_unit_test(a_short_budget_ends_the_search_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
