// SPDX-License-Identifier: Apache-2.0
// hwloc's own discovery of Windows and ours, on machines that nobody here has: topology,
// cross-check and placement over the simulated answers of windows_sim.
#include "os/os.h"
#include "placement/placement.h"
#include "topology/cross_check.h"
#include "windows_sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_machine *select_machine(const char *name) {
    sim_select(name);
    const struct sim_machine *machine = sim_selected();
    assert_non_null(machine);
    return machine;
}

static size_t count_cpus(const struct sim_machine *machine) {
    size_t count = 0;
    for (size_t group = 0; group < SIM_GROUPS; group++)
        count += machine->hardware->group_cpus[group];
    return count;
}

static size_t count_allowed(void) {
    struct id_set allowed;
    struct error error;
    assert_true(os_cpus_allowed(&allowed, &error));
    size_t count = allowed.count;
    id_set_free(&allowed);
    return count;
}

static bool lacks(const struct sim_machine *machine, const char *call) {
    for (size_t i = 0; i < COUNT_OF(machine->faults.lacks); i++)
        if (machine->faults.lacks[i] && strcmp(machine->faults.lacks[i], call) == 0)
            return true;
    return false;
}

static void load(struct topology *topology, struct cross_check *check) {
    struct error error;
    assert_true(topology_load(topology, &error));
    cross_check_run(topology, check);
}

static void unload(struct topology *topology, struct cross_check *check) {
    cross_check_free(check);
    topology_free(topology);
}

static void the_cross_check_finds_exactly_what_disagrees(void **state) {
    (void)state;
    for (const struct sim_machine *machine = sim_machines; machine->name; machine++) {
        select_machine(machine->name);
        struct topology topology;
        struct cross_check check;
        load(&topology, &check);
        assert_int_equal(topology.cpu_count, count_cpus(machine));
        const struct cross_summary *table = &check.witnesses[CROSS_TABLE];
        const struct cross_summary *place = &check.witnesses[CROSS_PLACE];
        size_t cpus = topology.cpu_count;
        if (lacks(machine, "GetNumaProcessorNodeEx")) {
            assert_int_equal(table->not_comparable, cpus);
            assert_non_null(strstr(table->reason, "GetNumaProcessorNodeEx"));
        } else {
            if (table->mismatch != sim_disagreeing_cpus(machine))
                fail_msg("%s: %zu mismatches, %zu expected", machine->name, table->mismatch,
                         sim_disagreeing_cpus(machine));
            assert_int_equal(table->agree + table->mismatch, cpus);
        }
        // The nodes' own masks are a second witness, and before build 20348 there is none.
        bool before_2022 = lacks(machine, "GetNumaNodeProcessorMask2");
        size_t hidden = sim_disagreeing_cpus(machine) - machine->faults.lies;
        size_t withheld = cpus - count_allowed();
        assert_int_equal(place->not_comparable, before_2022 ? cpus : withheld);
        assert_int_equal(place->agree, before_2022 ? 0 : cpus - hidden - withheld);
        assert_int_equal(place->mismatch, before_2022 ? 0 : hidden);
        unload(&topology, &check);
    }
}

static void only_the_wrong_cpu_is_named_and_refused(void **state) {
    (void)state;
    const struct sim_machine *machine = select_machine("wrong-cpu");
    struct topology topology;
    struct cross_check check;
    load(&topology, &check);
    for (size_t i = 0; i < topology.cpu_count; i++) {
        struct error error;
        uint32_t cpu = topology.cpus[i].id;
        bool usable = cross_check_cpu_usable(&check, cpu, &error);
        assert_int_equal(usable, cpu != machine->faults.lying_cpu);
        if (usable)
            continue;
        char named[32];
        snprintf(named, sizeof named, "CPU %u is on node ", cpu);
        assert_non_null(strstr(error.text, named));
        snprintf(named, sizeof named, "but on node %u for", machine->faults.lie_node);
        assert_non_null(strstr(error.text, named));
    }
    unload(&topology, &check);
}

static void a_pinned_thread_sees_its_cpu_in_the_second_group(void **state) {
    (void)state;
    select_machine("four-nodes");
    struct topology topology;
    struct cross_check check;
    load(&topology, &check);
    const struct topology_cpu *last = &topology.cpus[topology.cpu_count - 1];
    assert_int_equal(last->id, 127);
    assert_int_equal(last->node, 3);
    assert_int_equal(check.cpus[127].os_node[CROSS_PLACE], 3);
    unload(&topology, &check);
}

static struct evidence prove(uint32_t node, uint64_t size_bytes, enum verdict expected) {
    struct placement placement;
    struct evidence evidence;
    struct error error;
    char reason[512];
    assert_true(placement_create(&placement, size_bytes, page_kind_find("4K"), node_set_of(node), 1,
                                 &error));
    placement_fill_part(&placement, 0, 1);
    assert_true(placement_fill_done(&placement, &error));
    assert_int_equal(placement.memory.placed_by, OS_PLACED_PREFERRED);
    placement_prove(&placement, &evidence);
    assert_string_equal(witness_name(evidence.located_by), "working_set");
    assert_int_equal(placement_judge(&placement.memory, &evidence, NULL, reason, sizeof reason),
                     expected);
    assert_int_equal(reason[0] == '\0', expected == VERDICT_VERIFIED);
    placement_release(&placement);
    return evidence;
}

static void pages_on_the_asked_node_are_verified(void **state) {
    (void)state;
    select_machine("four-nodes");
    for (uint32_t node = 0; node < 4; node++) {
        struct evidence evidence = prove(node, 64 * 4 * KIB, VERDICT_VERIFIED);
        assert_int_equal(evidence.pages_on_node, 64);
        evidence_free(&evidence);
    }
}

static void a_quarter_of_the_pages_elsewhere_is_counted(void **state) {
    (void)state;
    const struct sim_machine *machine = select_machine("stray-pages");
    assert_int_equal(machine->faults.stray_every, 4);
    struct evidence evidence = prove(3, 64 * 4 * KIB, VERDICT_MISPLACED);
    assert_int_equal(evidence.pages_on_node, 48);
    assert_int_equal(evidence.pages_off_node, 16);
    assert_int_equal(evidence.nodes_seen.count, 2);
    evidence_free(&evidence);
}

static void pages_that_are_not_valid_are_absent(void **state) {
    (void)state;
    const struct sim_machine *machine = select_machine("absent-pages");
    struct evidence evidence = prove(1, 64 * 4 * KIB, VERDICT_MISPLACED);
    assert_int_equal(evidence.pages_absent, 64 / machine->faults.absent_every);
    assert_int_equal(evidence.pages_off_node, 0);
    evidence_free(&evidence);
}

// Proves a buffer, lets something happen to its pages, and proves it again.
static enum verdict judge_twice(const char *pages, uint64_t size_bytes,
                                void (*happen)(struct sim_faults *faults), char reason[512]) {
    struct placement placement;
    struct evidence before, after;
    struct error error;
    assert_true(
        placement_create(&placement, size_bytes, page_kind_find(pages), node_set_of(3), 1, &error));
    assert_true(placement_fill_done(&placement, &error));
    placement_prove(&placement, &before);
    happen(sim_faults());
    placement_prove(&placement, &after);
    enum verdict verdict = placement_judge(&placement.memory, &before, &after, reason, 512);
    evidence_free(&before);
    evidence_free(&after);
    placement_release(&placement);
    return verdict;
}

static void nothing(struct sim_faults *faults) {
    (void)faults;
}

static void move_pages(struct sim_faults *faults) {
    faults->stray_every = 4;
    faults->stray_node = 1;
}

static void trim_pages(struct sim_faults *faults) {
    faults->absent_every = 8;
}

static void what_happens_between_the_two_checks_is_seen_in_each_kind_of_page(void **state) {
    (void)state;
    static const char *const kinds[] = {"4K", "2M", "awe"};
    char reason[512];
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        select_machine("four-nodes");
        assert_int_equal(judge_twice(kinds[i], 2 * MIB, nothing, reason), VERDICT_VERIFIED);
        enum verdict moved = judge_twice(kinds[i], 2 * MIB, move_pages, reason);
        assert_int_equal(moved, VERDICT_MIGRATED);
        select_machine("four-nodes");
        enum verdict trimmed = judge_twice(kinds[i], 2 * MIB, trim_pages, reason);
        // A large page of which a part is not there is no large page any more.
        assert_int_equal(trimmed, VERDICT_MIGRATED);
        assert_non_null(strstr(reason, "not resident"));
    }
}

static void pages_of_1_gib_are_unverifiable_on_windows_and_the_reason_says_why(void **state) {
    (void)state;
    select_machine("four-nodes");
    char reason[512];
    assert_int_equal(judge_twice("1G", 1 * GIB, nothing, reason), VERDICT_UNVERIFIABLE);
    assert_non_null(strstr(reason, "does not report if they are of 1GiB"));
    assert_int_equal(judge_twice("1G", 1 * GIB, move_pages, reason), VERDICT_MIGRATED);
}

// Runs last: from here on hwloc itself believes in high node numbers (sim.h).
static void a_node_above_63_is_unverifiable(void **state) {
    (void)state;
    select_machine("node-seventy");
    struct evidence evidence = prove(70, 16 * 4 * KIB, VERDICT_UNVERIFIABLE);
    assert_int_equal(evidence.pages_unknown, 16);
    evidence_free(&evidence);
}

static int back_to_the_real_system(void **state) {
    (void)state;
    sim_select(NULL);
    return 0;
}

int main(void) {
    static char no_cpuid[] = "HWLOC_COMPONENTS=-x86"; // it would ask the real processor
    putenv(no_cpuid);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_wrong_cpu_is_named_and_refused),
        cmocka_unit_test(a_pinned_thread_sees_its_cpu_in_the_second_group),
        cmocka_unit_test(pages_on_the_asked_node_are_verified),
        cmocka_unit_test(a_quarter_of_the_pages_elsewhere_is_counted),
        cmocka_unit_test(pages_that_are_not_valid_are_absent),
        cmocka_unit_test(what_happens_between_the_two_checks_is_seen_in_each_kind_of_page),
        cmocka_unit_test(pages_of_1_gib_are_unverifiable_on_windows_and_the_reason_says_why),
        cmocka_unit_test(the_cross_check_finds_exactly_what_disagrees),
        cmocka_unit_test(a_node_above_63_is_unverifiable),
    };
    return cmocka_run_group_tests(tests, NULL, back_to_the_real_system);
}
