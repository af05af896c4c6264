// SPDX-License-Identifier: Apache-2.0
// Latency under load, on a simulated clock: what each group did is told apart and exactly, and
// paced threads keep to their times.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_os.h"
#include "load_topology.h"
#include "measure/visit.h"
#include "plan/load_choice.h"

#define STEP_S (FAKE_STEP_NS / 1e9)

static void assert_within(double found, double expected, double share) {
    if (!(fabs(found - expected) <= share * fabs(expected)))
        fail_msg("%.17g is not %.17g +- %g", found, expected, share);
}

// A chase on CPU 1 of node 0 with its chain on node 1, and load from CPUs 2 and 3 on node 0.
struct visited {
    struct cell cell;
    struct row row;
};

static void begin(struct visited *visited, const char *mix_name) {
    fake_os_reset(2, 2);
    const struct kernel_mix *mix = mix_find(mix_name);
    *visited = (struct visited){
        .cell = {.test = TEST_LOADED,
                 .block = BLOCK_LOADED,
                 .pattern = chase_pattern_find("structural"),
                 .cpu_node = 0,
                 .mem_node = node_set_of(1),
                 .pages = page_kind_find("4K"),
                 .page_bytes = 4 * KIB,
                 .size_bytes = 64 * KIB,
                 .load = {.kernel = kernel_find(mix->loop, ISA_PORTABLE),
                          .mix = mix,
                          .node = 0,
                          .size_bytes = 128 * KIB}}
    };
    visited->cell.shape = chase_shape_of(visited->cell.pattern, CHASE_LINE_BYTES);
    visited->cell.chains = 1;
    id_set_add(&visited->cell.cpus, 1);
    id_set_add(&visited->cell.load.cpus, 2);
    id_set_add(&visited->cell.load.cpus, 3);
    assert_non_null(visited->cell.load.kernel);
}

static void pace(struct visited *visited, double period_ns) {
    visited->cell.load.mode = LOAD_PACED;
    visited->cell.load.offered_bytes_per_s = 2 * 512 / (period_ns / 1e9); // of reads
    assert_within(load_period_ns(&visited->cell.load), period_ns, 1e-12);
}

static void visit(struct visited *visited) {
    const struct visit_request request = {
        .cell = &visited->cell, .run_id = "run", .host = "host", .seed = 5, .round = 1, .visit = 1};
    visit_measure(&request, &visited->row);
    assert_int_equal(fake_os.acquired, fake_os.released);
}

static void end(struct visited *visited) {
    id_set_free(&visited->cell.cpus);
    id_set_free(&visited->cell.load.cpus);
}

// ---- rows ---------------------------------------------------------------------------------------

static void each_group_is_found_alone_and_together(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin(&visited, "2:1");
    visited.cell.load.kernel = kernel_find("copy", ISA_PORTABLE); // whose traffic has two ends
    visited.cell.load.delay_cycles = 20;
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    // One load a step; two threads, 64 elements of two doubles each in every step.
    const double load = 2 * 64 * 16 / STEP_S, chase = 64 / STEP_S;
    assert_within(row->latency_ns, (double)FAKE_STEP_NS, 1e-9);
    assert_within(row->load_bytes_per_s, load, 1e-9);
    assert_within(row->bandwidth_bytes_per_s, load + chase, 1e-9);
    assert_within(row->bandwidth_min_bytes_per_s, load + chase, 1e-9);
    assert_within(row->bandwidth_max_bytes_per_s, load + chase, 1e-9);
    assert_within(row->traffic_min_bytes_per_s, load + chase, 1e-9);
    assert_within(row->traffic_max_bytes_per_s, load * 24 / 16 + chase, 1e-9);
    assert_true(isnan(row->latency_cpu_ns) && isnan(row->late_share));
    assert_true(isnan(row->offered_bytes_per_s));
    end(&visited);
}

static void a_row_names_its_load(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin(&visited, "3:1");
    visited.cell.load.delay_cycles = 540;
    visit(&visited);
    assert_int_equal(row->test, TEST_LOADED);
    assert_int_equal(row->block, BLOCK_LOADED);
    assert_string_equal(row->kernel, "accumulate");
    assert_string_equal(row->isa, "portable");
    assert_int_equal(row->store, STORE_IN_PLACE);
    assert_string_equal(row->mix, "3:1");
    assert_string_equal(row->pattern, "structural");
    assert_int_equal(row->load_mode, LOAD_CLOSED);
    assert_string_equal(row->cpus, "1");
    assert_string_equal(row->load_cpus, "2-3");
    assert_string_equal(row->cpus_seen, "1-3");
    assert_int_equal(row->threads, 3);
    assert_int_equal(row->cpu_node, 0);
    assert_int_equal(node_set_only(&row->mem_node), 1);
    assert_int_equal(row->load_node, 0);
    assert_int_equal(row->load_delay_cycles, 540);
    assert_string_equal(
        row->cell, "loaded/structural/cpu:0/mem:1/size:64KiB/page:4K/load:accumulate.portable@0/"
                   "threads:2/delay:540");
    end(&visited);
}

// The chain on node 1 and three arrays on node 0: all pages of both are asked for.
static void both_regions_are_proven_before_and_after(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    const uint64_t pages = (64 + 3 * 128) / 4;
    begin(&visited, "3:1");
    visit(&visited);
    assert_int_equal(row->buffer_bytes, pages * 4 * KIB);
    assert_int_equal(row->pages_total, pages);
    assert_int_equal(row->pages_on_node_before, pages);
    assert_int_equal(row->pages_on_node_after, pages);
    assert_string_equal(row->nodes_seen, "0-1");
    end(&visited);
    // A page that only the arrays have: the chain has no page 20.
    begin(&visited, "3:1");
    fake_os.proofs[1] = (struct fake_proof){20, 21, 1, .stray_answer = 1};
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_MIGRATED);
    assert_int_equal(row->pages_off_node_after, 1);
    end(&visited);
    begin(&visited, "3:1");
    fake_os.proofs[0] = (struct fake_proof){20, 21, 1, .stray_answer = 1};
    visit(&visited);
    assert_int_equal(row->status, STATUS_REFUSED);
    assert_int_equal(row->placement, VERDICT_MISPLACED);
    assert_true(isnan(row->latency_ns));
    end(&visited);
}

static void a_thread_of_the_load_that_moved_spoils_the_row(void **state) {
    (void)state;
    struct visited visited;
    begin(&visited, "reads");
    fake_os_cpu(3)->moves_to = 0;
    fake_os_cpu(3)->moves_after = 50;
    visit(&visited);
    assert_int_equal(visited.row.placement, VERDICT_MIGRATED);
    assert_int_equal(visited.row.threads_moved, 1);
    end(&visited);
}

static void a_load_that_cannot_be_started_fails(void **state) {
    (void)state;
    struct visited visited;
    begin(&visited, "reads");
    fake_os_cpu(2)->cannot_start = true;
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_FAILED);
    assert_non_null(strstr(visited.row.reason, "CPU 2"));
    end(&visited);
}

// ---- paced --------------------------------------------------------------------------------------

static void below_capacity_the_offered_load_is_achieved(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin(&visited, "reads");
    pace(&visited, 2e6); // a burst every 2 ms of each thread; reading the clock takes 0.2 ms
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->load_mode, LOAD_PACED);
    assert_within(row->offered_bytes_per_s, 2 * 512 / 2e-3, 1e-12);
    assert_within(row->load_bytes_per_s, row->offered_bytes_per_s, 0.01);
    assert_true(row->late_share == 0);
    assert_int_equal(row->load_delay_cycles, NONE_U64);
    end(&visited);
}

static void what_is_offered_above_capacity_comes_late(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin(&visited, "reads");
    pace(&visited, 1e5); // but reading the clock alone takes 0.2 ms
    visit(&visited);
    assert_true(row->load_bytes_per_s < 0.6 * row->offered_bytes_per_s);
    assert_true(row->load_bytes_per_s > 0.2 * row->offered_bytes_per_s);
    assert_true(row->late_share > 0.99 && row->late_share <= 1);
    end(&visited);
}

// Held up for twenty bursts: they come late, but they come, so the rate stays what was offered.
static void bursts_that_were_missed_are_made_up_for(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin(&visited, "reads");
    pace(&visited, 2e6);
    fake_os_cpu(2)->stalls_after = 100;
    fake_os_cpu(2)->stall_ns = 40 * NS_PER_MS;
    visit(&visited);
    assert_within(row->load_bytes_per_s, row->offered_bytes_per_s, 0.01);
    assert_true(row->late_share > 0 && row->late_share < 0.2);
    assert_true(row->bandwidth_max_bytes_per_s > 1.1 * row->bandwidth_bytes_per_s);
    end(&visited);
}

// ---- the load as data ---------------------------------------------------------------------------

static void a_cell_has_the_threads_and_memory_of_both(void **state) {
    (void)state;
    struct visited visited;
    struct id_set cpus;
    size_t count;
    char text[32];
    begin(&visited, "reads");
    struct region *regions = cell_regions(&visited.cell, &count);
    assert_int_equal(count, 2);
    assert_int_equal(node_set_only(&regions[0].nodes), 1);
    assert_int_equal(node_set_only(&regions[1].nodes), 0);
    assert_int_equal(regions[1].size_bytes, 128 * KIB);
    free(regions);
    cell_cpus(&visited.cell, &cpus);
    assert_string_equal(id_set_format(&cpus, text, sizeof text), "1-3");
    id_set_free(&cpus);
    end(&visited);
}

static void a_burst_is_as_small_as_its_kernel_allows(void **state) {
    (void)state;
    for (size_t i = 0; i < kernel_count; i++) {
        const struct kernel *kernel = &kernels[i];
        bool fenced = kernel->store == STORE_NONTEMPORAL;
        assert_int_equal(load_burst_elements(kernel), 64u * kernel->streams * (fenced ? 8u : 1u));
        assert_int_equal(load_burst_granules(kernel) * 64u, load_burst_elements(kernel));
    }
}

static void loads_have_names_of_their_own(void **state) {
    (void)state;
    struct visited visited;
    char text[LOAD_NAME_BYTES];
    begin(&visited, "1:1");
    assert_string_equal(load_name(&visited.cell.load, text),
                        "load:update.portable@0/threads:2/delay:0");
    visited.cell.load.mode = LOAD_PACED;
    visited.cell.load.offered_bytes_per_s = 12.5e9;
    assert_string_equal(load_name(&visited.cell.load, text),
                        "load:update.portable@0/threads:2/paced:12.5GB/s");
    end(&visited);
}

// ---- which threads and memory
// ---------------------------------------------------------------------

// Two nodes of two cores of two CPUs: 0-3 and 4-7, siblings side by side; 4 MiB of cache each.
#define MACHINE "pack:2 [numa] l3:1(size=4194304) core:2 pu:2"

struct choice {
    struct topology topology;
    struct load_request request;
    struct cell victim, cell;
    struct error error;
    bool chosen;
};

static void begin_choice(struct choice *choice, const char *description, uint32_t victim_cpu) {
    fake_os_reset(2, 4);
    *choice = (struct choice){
        .request = {.mix = mix_find("reads"), .kernel = kernel_find("read", ISA_PORTABLE)},
        .victim = {.test = TEST_LATENCY,
                    .pattern = chase_pattern_find("structural"),
                    .pages = page_kind_find("4K")                                        }
    };
    load_description(&choice->topology, description, LOAD_AS_OTHER_SYSTEM);
    id_set_add(&choice->victim.cpus, victim_cpu);
}

static const struct cell_load *choose(struct choice *choice) {
    cell_free(&choice->cell);
    choice->chosen = load_choose(&choice->topology, NULL, &choice->request, &choice->victim,
                                 &choice->cell, &choice->error);
    return &choice->cell.load;
}

static void end_choice(struct choice *choice) {
    id_set_free(&choice->victim.cpus);
    cell_free(&choice->cell);
    topology_free(&choice->topology);
}

static void the_core_of_the_victim_does_nothing_else(void **state) {
    (void)state;
    struct choice choice;
    begin_choice(&choice, MACHINE, 2);
    const struct cell_load *load = choose(&choice);
    assert_true(choice.chosen);
    assert_int_equal(choice.cell.test, TEST_LOADED);
    assert_int_equal(choice.cell.block, BLOCK_LOADED);
    assert_null(choice.cell.refusal);
    assert_set(&choice.cell.cpus, "2");
    assert_set(&load->cpus, "0"); // neither 2 nor its sibling 3
    choice.request.threads = 2;
    assert_set(&choose(&choice)->cpus, "0-1");
    choice.request.threads = 300;
    choose(&choice);
    assert_false(choice.chosen);
    assert_int_equal(choice.error.kind, ERROR_KIND_USAGE);
    assert_non_null(strstr(choice.error.text, "--threads 300: node 0 has 2 CPUs"));
    end_choice(&choice);
}

// Four times the caches of its CPUs, or of a small load all that gives its threads work.
static void a_load_may_come_in_part_where_its_victim_may(void **state) {
    (void)state;
    struct choice choice;
    begin_choice(&choice, MACHINE, 2);
    assert_int_equal(choose(&choice)->partial_min_bytes, 0);
    choice.victim.partial_min_bytes = 4 * KIB;
    assert_int_equal(choose(&choice)->partial_min_bytes, 16 * MIB);
    choice.victim.cached = true;
    choice.request.size_bytes = MIB;
    uint64_t min_bytes = choose(&choice)->partial_min_bytes;
    assert_true(min_bytes > 0 && min_bytes < MIB);
    end_choice(&choice);
}

static void a_load_on_another_node_runs_there(void **state) {
    (void)state;
    struct choice choice;
    begin_choice(&choice, MACHINE, 2);
    choice.request.node = 1;
    const struct cell_load *load = choose(&choice);
    assert_true(choice.chosen);
    assert_int_equal(load->node, 1);
    assert_set(&load->cpus, "4,6"); // one on each core
    assert_int_equal(load->size_bytes, 64 * MIB);
    choice.request.node = 9;
    choose(&choice);
    assert_false(choice.chosen);
    assert_non_null(strstr(choice.error.text, "--load-nodes: node 9 does not exist"));
    end_choice(&choice);
}

static void arrays_outgrow_the_caches_of_the_load(void **state) {
    (void)state;
    struct choice choice;
    begin_choice(&choice, "pack:1 [numa] l3:1(size=67108864) core:4 pu:1", 1);
    assert_int_equal(choose(&choice)->size_bytes, 256 * MIB);
    choice.request.size_bytes = 8 * KIB;
    assert_true(choose(&choice)->size_bytes == 8 * KIB && !choice.chosen); // three threads
    assert_non_null(strstr(choice.error.text, "--size 8KiB"));
    end_choice(&choice);
}

static void a_machine_of_one_core_is_refused(void **state) {
    (void)state;
    struct choice choice;
    begin_choice(&choice, "pack:1 [numa] core:1 pu:2", 0);
    choose(&choice);
    assert_true(choice.chosen); // it becomes a row
    assert_int_equal(choice.cell.refusal->kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(choice.cell.refusal->text, "no CPU is left for the load"));
    end_choice(&choice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_is_found_alone_and_together),
        cmocka_unit_test(a_row_names_its_load),
        cmocka_unit_test(both_regions_are_proven_before_and_after),
        cmocka_unit_test(a_thread_of_the_load_that_moved_spoils_the_row),
        cmocka_unit_test(a_load_that_cannot_be_started_fails),
        cmocka_unit_test(below_capacity_the_offered_load_is_achieved),
        cmocka_unit_test(what_is_offered_above_capacity_comes_late),
        cmocka_unit_test(bursts_that_were_missed_are_made_up_for),
        cmocka_unit_test(a_cell_has_the_threads_and_memory_of_both),
        cmocka_unit_test(a_burst_is_as_small_as_its_kernel_allows),
        cmocka_unit_test(loads_have_names_of_their_own),
        cmocka_unit_test(the_core_of_the_victim_does_nothing_else),
        cmocka_unit_test(a_load_may_come_in_part_where_its_victim_may),
        cmocka_unit_test(a_load_on_another_node_runs_there),
        cmocka_unit_test(arrays_outgrow_the_caches_of_the_load),
        cmocka_unit_test(a_machine_of_one_core_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
