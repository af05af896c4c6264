// SPDX-License-Identifier: Apache-2.0
// The flags of rows: on rows made by hand, and on whole visits that a simulated system disturbs.
#include "fake_os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/visit.h"
#include "record/flags.h"

#define MS NS_PER_MS
#define US NS_PER_US

// ---- rows made by hand --------------------------------------------------------------------------

// A row of a visit that nothing disturbed.
static struct row quiet_row(void) {
    struct row row;
    row_clear(&row);
    row.threads = 2;
    row.threads_moved = 0;
    row.buffer_bytes = row.buffer_asked_bytes = 64 * MIB;
    row.sized_for = SIZED_FOR_MEMORY;
    row.warm_converged = CONVERGED_YES;
    row.busy_wall_ns = 1000 * MS;
    row.cpu_ns = 1000 * MS;
    row.run_delay_ns = row.involuntary_switches = 0;
    row.minor_faults = row.major_faults = row.steal_ns = 0;
    row.clock_start_hz = row.clock_end_hz = 3e9;
    row.gap_max_ns = row.gap_sum_ns = row.gap_unexplained_ns = 0;
    row.throttle_events = row.system_migrated_pages = 0;
    row.elements_checked = 1000;
    row.elements_wrong = 0;
    row.placement = VERDICT_VERIFIED;
    row.pages_off_node_before = row.pages_off_node_after = 0;
    row.pages_absent_before = row.pages_absent_after = 0;
    return row;
}

static void wait_too_long(struct row *row) {
    row->run_delay_ns = 5 * MS + 1;
}
static void wait_not_too_long(struct row *row) {
    row->run_delay_ns = 5 * MS;
}
static void run_too_little(struct row *row) {
    row->cpu_ns = 995 * MS - 1;
}
static void run_enough(struct row *row) {
    row->cpu_ns = 995 * MS;
}
// Where the system reports no run delay, its CPU clock counts in ticks of 15.625 ms, two a thread.
static void run_too_little_for_ticks(struct row *row) {
    row->run_delay_ns = NONE_U64;
    row->cpu_ns = 932 * MS;
}
static void run_enough_for_ticks(struct row *row) {
    row->run_delay_ns = NONE_U64;
    row->cpu_ns = 933 * MS;
}
// Where it counts cycles, the CPU time that follows from them is exact.
static void run_too_little_by_cycles(struct row *row) {
    run_too_little(row);
    row->run_delay_ns = NONE_U64;
    row->thread_cycles = 3000000000;
}
static void run_enough_by_cycles(struct row *row) {
    run_enough(row);
    row->run_delay_ns = NONE_U64;
    row->thread_cycles = 3000000000;
}
static void be_switched(struct row *row) {
    row->involuntary_switches = 3;
}
static void be_stolen_from(struct row *row) {
    row->steal_ns = 10 * MS;
}
static void fault(struct row *row) {
    row->minor_faults = 1;
}
static void fault_with_input(struct row *row) {
    row->major_faults = 1;
}
static void slow_down(struct row *row) {
    row->clock_end_hz = 2.96e9;
}
static void speed_up(struct row *row) {
    row->clock_end_hz = 3.04e9;
}
static void slow_down_a_little(struct row *row) {
    row->clock_end_hz = 2.98e9;
}
static void not_converge(struct row *row) {
    row->warm_converged = CONVERGED_NO;
}
static void stand_still(struct row *row) { // as after SIGSTOP: no waiting for a CPU, no CPU time
    row->gap_max_ns = row->gap_sum_ns = row->gap_unexplained_ns = 100 * MS;
    row->cpu_ns = 900 * MS;
}
static void stand_still_too_long(struct row *row) {
    row->gap_unexplained_ns = 2500 * US + 1;
}
static void stand_still_a_little(struct row *row) {
    row->gap_unexplained_ns = 2500 * US;
}
static void be_preempted(struct row *row) { // the gap is what it waited
    row->gap_max_ns = row->gap_sum_ns = 4 * MS;
    row->gap_unexplained_ns = 0;
    row->run_delay_ns = 6 * MS;
    row->cpu_ns = 994 * MS;
}
static void have_the_host_preempt_it(struct row *row) {
    row->gap_max_ns = row->gap_sum_ns = row->gap_unexplained_ns = 8 * MS;
    row->steal_ns = 10 * MS;
}
static void wait_for_a_page(struct row *row) {
    row->gap_max_ns = row->gap_sum_ns = row->gap_unexplained_ns = 8 * MS;
    row->major_faults = 1;
}
static void run_hot(struct row *row) {
    row->throttle_events = 1;
}
static void let_others_be_migrated(struct row *row) {
    row->system_migrated_pages = 1000;
}
static void lose_a_page_to_another_node(struct row *row) {
    row->placement = VERDICT_MIGRATED;
    row->pages_off_node_after = 1;
}
static void lose_a_page(struct row *row) {
    row->placement = VERDICT_MIGRATED;
    row->pages_absent_after = 1;
}
static void begin_elsewhere(struct row *row) { // which the placement says, and nothing moved
    row->pages_off_node_before = row->pages_off_node_after = 7;
}
static void have_large_pages_split(struct row *row) {
    row->placement = VERDICT_WRONG_PAGE_SIZE;
}
static void be_elsewhere(struct row *row) {
    row->threads_moved = 1;
}
static void be_nowhere(struct row *row) {
    row->threads_moved = NONE_U64;
}
static void come_in_part(struct row *row) {
    row->buffer_asked_bytes = row->buffer_bytes + 4 * KIB;
}
static void fit_in_caches(struct row *row) {
    row->sized_for = SIZED_FOR_CACHES;
}

static void hold_wrong_data(struct row *row) {
    row->elements_wrong = 1;
}

// Twenty passes over the buffer, counted over a second.
static void be_counted(struct row *row, double least, double most) {
    row->touched_bytes = 64 * MIB;
    row->bus_ns = NS_PER_S;
    row->bus_min_bytes = 20 * row->touched_bytes;
    row->bus_max_bytes = 2 * row->bus_min_bytes;
    row->bus_bytes =
        (uint64_t)(least * (double)row->bus_min_bytes + most * (double)row->bus_max_bytes);
    row->bus_background_bytes_per_s = 0;
}
static void have_half_counted(struct row *row) {
    be_counted(row, 0.5, 0);
}
static void have_most_counted(struct row *row) {
    be_counted(row, 0.86, 0);
}
static void have_the_most_counted(struct row *row) {
    be_counted(row, 0, 1.12);
}
static void have_twice_counted(struct row *row) {
    be_counted(row, 0, 2);
}
static void have_others_counted_too(struct row *row) {
    be_counted(row, 0, 2);
    row->bus_background_bytes_per_s = (double)row->bus_max_bytes;
}
static void have_half_counted_in_caches(struct row *row) {
    be_counted(row, 0.5, 0);
    row->sized_for = SIZED_FOR_CACHES;
}

static void be_of_doubtful_size(struct row *row) {
    row->sized_for = SIZED_FOR_UNPROVEN;
}

static void each_flag_is_raised_by_its_own_disturbance_alone(void **state) {
    (void)state;
    const struct {
        void (*disturb)(struct row *row);
        const char *flags;
    } cases[] = {
        {wait_too_long,               "SCHED"       },
        {wait_not_too_long,           ""            },
        {run_too_little,              "SCHED"       },
        {run_enough,                  ""            },
        {run_too_little_for_ticks,    "SCHED"       },
        {run_enough_for_ticks,        ""            },
        {run_too_little_by_cycles,    "SCHED"       },
        {run_enough_by_cycles,        ""            },
        {be_switched,                 ""            },
        {be_stolen_from,              "STEAL"       },
        {fault,                       "FAULT"       },
        {fault_with_input,            "FAULT"       },
        {slow_down,                   "FREQ"        },
        {speed_up,                    "FREQ"        },
        {slow_down_a_little,          ""            },
        {not_converge,                "WARMUP"      },
        {stand_still,                 "GAP"         },
        {stand_still_too_long,        "GAP"         },
        {stand_still_a_little,        ""            },
        {be_preempted,                "SCHED"       },
        {have_the_host_preempt_it,    "STEAL"       },
        {wait_for_a_page,             "FAULT"       },
        {run_hot,                     "THERMAL"     },
        {let_others_be_migrated,      ""            },
        {lose_a_page_to_another_node, "MIGRATED"    },
        {lose_a_page,                 "MIGRATED"    },
        {begin_elsewhere,             ""            },
        {have_large_pages_split,      "PAGESIZE"    },
        {be_elsewhere,                "CPU_MOVED"   },
        {be_nowhere,                  ""            },
        {fit_in_caches,               "CACHED"      },
        {be_of_doubtful_size,         "SIZE_LIMITED"},
        {come_in_part,                "PARTIAL"     },
        {hold_wrong_data,             "DATA"        },
        {have_half_counted,           "BUS_LESS"    },
        {have_most_counted,           ""            },
        {have_the_most_counted,       ""            },
        {have_twice_counted,          "BUS_MORE"    },
        {have_others_counted_too,     ""            },
        {have_half_counted_in_caches, "CACHED"      },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct row row = quiet_row();
        cases[i].disturb(&row);
        flags_fill(&row);
        assert_string_equal(row.flags, cases[i].flags);
    }
    for (size_t flag = 0; flag < flag_count; flag++) {
        assert_int_equal(flags[flag].level == FLAG_OF_ROW, flags[flag].raised != NULL);
        assert_ptr_equal(flag_find(flags[flag].name), &flags[flag]);
        if (flags[flag].level != FLAG_OF_ROW)
            continue; // tests/test_invariants.c
        size_t i = 0;
        while (i < COUNT_OF(cases) && strcmp(cases[i].flags, flags[flag].name) != 0)
            i++;
        assert_true(i < COUNT_OF(cases)); // a new flag needs a case here
    }
}

static void a_quiet_row_and_an_empty_row_have_no_flags(void **state) {
    (void)state;
    struct row row = quiet_row();
    row_set_text(row.flags, "OLD");
    flags_fill(&row);
    assert_string_equal(row.flags, "");
    row_clear(&row);
    flags_fill(&row);
    assert_string_equal(row.flags, "");
}

static void several_flags_are_separated_by_spaces(void **state) {
    (void)state;
    struct row row = quiet_row();
    fit_in_caches(&row);
    be_stolen_from(&row);
    wait_too_long(&row);
    fault(&row);
    slow_down(&row);
    not_converge(&row);
    be_elsewhere(&row);
    flags_fill(&row);
    assert_string_equal(row.flags, "SCHED STEAL FAULT FREQ CPU_MOVED WARMUP CACHED");
}

// ---- whole visits -------------------------------------------------------------------------------

// What disturbs a visit of two threads, whose steps take 200 us each, about 1800 of them.
static void share_a_cpu(void) {
    fake_os.usage_step.run_delay_ns = 20 * MS;
    fake_os.usage_step.cpu_ns = 20 * MS;
    fake_os_cpu(1)->stalls_after = 500;
    fake_os_cpu(1)->stall_ns = 4 * MS;
}
static void have_the_program_stopped(void) { // SIGSTOP, SIGCONT: nobody waits, nobody runs
    fake_os.usage_step.cpu_ns = 30 * MS;
    fake_os_cpu(0)->stalls_after = fake_os_cpu(1)->stalls_after = 500;
    fake_os_cpu(0)->stall_ns = fake_os_cpu(1)->stall_ns = 30 * MS;
}
static void have_time_stolen(void) {
    fake_os.steal_step_ns = 10 * MS;
}
static void have_pages_taken_and_faulted_in(void) {
    fake_os.usage_step.minor_faults = 16;
}
static void slow_the_core_down(void) {
    fake_os.clock_changes_after = 1000;
    fake_os.clock_changed_read_ns = FAKE_STEP_NS * 102 / 100;
}
static void overheat(void) {
    fake_os.throttle_step = 1;
}
static void move_a_thread(void) {
    fake_os_cpu(1)->moves_to = 3;
    fake_os_cpu(1)->moves_after = 100;
}
static void move_pages_away(void) {
    fake_os.proofs[1] = (struct fake_proof){.stray_end = 4, .stray_every = 1, .stray_answer = 0};
}
static void take_pages_away(void) {
    fake_os.proofs[1] =
        (struct fake_proof){.stray_end = 4, .stray_every = 1, .stray_answer = OS_PAGE_ABSENT};
}
static void change_the_size_of_pages(void) {
    fake_os.proofs[1] =
        (struct fake_proof){.sizes = FAKE_SIZES_OTHER, .counts = FAKE_COUNTS_UNAVAILABLE};
}
static void give_a_part_of_the_memory(void) {
    fake_os.awe_max_bytes = 100 * KIB;
}
static void disturb_nothing(void) {}

// Each step takes a thousandth longer than the one before: no three samples agree.
static uint64_t fall_behind(const struct kernel_span *span) {
    static _Thread_local uint64_t step_ns = FAKE_STEP_NS;
    fake_os_spend(step_ns += step_ns / 1000);
    return kernel_find("triad", ISA_PORTABLE)->run(span);
}
// Half of each call is left out.
static uint64_t do_half(const struct kernel_span *span) {
    struct kernel_span half = *span;
    half.count /= 2;
    return kernel_find("triad", ISA_PORTABLE)->run(&half);
}
static struct kernel planted;
static const struct kernel *chosen_kernel;
static void plant(uint64_t (*run)(const struct kernel_span *span)) {
    planted = *chosen_kernel;
    planted.run = run;
    chosen_kernel = &planted;
}
static void never_come_to_rest(void) {
    plant(fall_behind);
}
static void leave_work_undone(void) {
    plant(do_half);
}

static void begin_visit(void) {
    fake_os_reset(2, 2);
    chosen_kernel = kernel_find("triad", ISA_PORTABLE);
}

static void visit(struct row *row, bool cached, bool proven) {
    struct cell cell = {.test = TEST_BANDWIDTH,
                        .kernel = chosen_kernel,
                        .cpu_node = 0,
                        .mem_node = node_set_of(1),
                        .pages = page_kind_find("awe"),
                        .page_bytes = 4 * KIB,
                        .size_bytes = 64 * KIB,
                        .partial_min_bytes = 4 * KIB,
                        .cached = cached,
                        .proven = proven};
    id_set_add(&cell.cpus, 0);
    id_set_add(&cell.cpus, 1);
    const struct visit_request request = {
        .cell = &cell, .run_id = "run", .host = "host", .seed = 5, .round = 1, .visit = 1};
    visit_measure(&request, row);
    id_set_free(&cell.cpus);
}

static void each_disturbance_of_a_visit_raises_its_flag_alone(void **state) {
    (void)state;
    static const struct {
        void (*disturb)(void);
        const char *flags, *placement;
    } cases[] = {
        {disturb_nothing,                 "",          "verified"       },
        {share_a_cpu,                     "SCHED",     "verified"       },
        {have_the_program_stopped,        "GAP",       "verified"       },
        {have_time_stolen,                "STEAL",     "verified"       },
        {have_pages_taken_and_faulted_in, "FAULT",     "verified"       },
        {slow_the_core_down,              "FREQ",      "verified"       },
        {never_come_to_rest,              "WARMUP",    "verified"       },
        {overheat,                        "THERMAL",   "verified"       },
        {move_a_thread,                   "CPU_MOVED", "migrated"       },
        {move_pages_away,                 "MIGRATED",  "migrated"       },
        {take_pages_away,                 "MIGRATED",  "migrated"       },
        {change_the_size_of_pages,        "PAGESIZE",  "wrong_page_size"},
        {give_a_part_of_the_memory,       "PARTIAL",   "verified"       },
        {leave_work_undone,               "DATA",      "verified"       },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct row *row = base_allocate(1, sizeof *row);
        begin_visit();
        cases[i].disturb();
        visit(row, false, true);
        assert_int_equal(row->status, STATUS_OK);
        if (strcmp(row->flags, cases[i].flags) != 0)
            fail_msg("case %zu: '%s' instead of '%s'", i, row->flags, cases[i].flags);
        assert_string_equal(verdict_names[row->placement], cases[i].placement);
        free(row);
    }
    for (size_t flag = 0; flag < flag_count; flag++) {
        // Which is no disturbance, or of counters (tests/test_witness.c).
        bool meant = flags[flag].sense == FLAG_MEANT || strncmp(flags[flag].name, "BUS_", 4) == 0;
        size_t i = 0;
        while (i < COUNT_OF(cases) && strcmp(cases[i].flags, flags[flag].name) != 0)
            i++;
        assert_true(meant || flags[flag].level != FLAG_OF_ROW || i < COUNT_OF(cases));
    }
}

static void a_small_buffer_is_always_flagged(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    begin_visit();
    share_a_cpu();
    have_time_stolen();
    have_pages_taken_and_faulted_in();
    visit(row, true, false);
    assert_string_equal(row->flags, "SCHED STEAL FAULT CACHED");
    assert_int_equal(row->sized_for, SIZED_FOR_CACHES);
    free(row);
}

static void a_buffer_that_may_fit_the_caches_is_flagged(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    begin_visit();
    visit(row, false, false);
    assert_string_equal(row->flags, "SIZE_LIMITED");
    assert_int_equal(row->sized_for, SIZED_FOR_UNPROVEN);
    begin_visit();
    visit(row, false, true);
    assert_string_equal(row->flags, "");
    assert_int_equal(row->sized_for, SIZED_FOR_MEMORY);
    free(row);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_flag_is_raised_by_its_own_disturbance_alone),
        cmocka_unit_test(a_quiet_row_and_an_empty_row_have_no_flags),
        cmocka_unit_test(several_flags_are_separated_by_spaces),
        cmocka_unit_test(each_disturbance_of_a_visit_raises_its_flag_alone),
        cmocka_unit_test(a_buffer_that_may_fit_the_caches_is_flagged),
        cmocka_unit_test(a_small_buffer_is_always_flagged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
