// SPDX-License-Identifier: Apache-2.0
// The room measure: work of a known rate, on a simulated clock, must be measured as that rate.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "fake_os.h"
#include "measure/core_clock.h"
#include "measure/timeline.h"
#include "measure/visit.h"
#include "measure/window.h"
#include "placement/team.h"

#define MS NS_PER_MS
#define US NS_PER_US

// Sums of doubles: exact but for rounding.
static void assert_close(double found, double expected) {
    if (!(fabs(found - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%.17g is not %.17g", found, expected);
}

static struct id_set cpu_set(const char *list) {
    struct id_set cpus;
    struct error error;
    assert_true(id_set_parse(&cpus, list, &error));
    return cpus;
}

static void assert_cpus(const struct id_set *set, const char *list) {
    char found[128];
    assert_string_equal(id_set_format(set, found, sizeof found), list);
}

static int make_machine(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    return 0;
}

// ---- timeline -----------------------------------------------------------------------------------

static void a_step_counts_in_the_bucket_it_was_done_in(void **state) {
    (void)state;
    struct timeline timeline = {0};
    timeline_create(&timeline, 10000, 1000);
    timeline_add(&timeline, 100, 300, 5);
    timeline_add(&timeline, 300, 900, 7);
    timeline_add(&timeline, 3000, 3500, 2);
    assert_close(timeline_sum(&timeline, 0, 1000), 12);
    assert_close(timeline_sum(&timeline, 0, 4000), 14);
    assert_close(timeline_sum(&timeline, 3000, 4000), 2);
    assert_true(timeline_sum(&timeline, 1000, 3000) == 0);
    assert_true(timeline_sum(&timeline, 5000, 9000) == 0);
    timeline_free(&timeline);
}

static void a_step_over_several_buckets_is_spread_by_time(void **state) {
    (void)state;
    struct timeline timeline = {0};
    timeline_create(&timeline, 10000, 1000);
    timeline_add(&timeline, 500, 3250, 2750);
    assert_close(timeline_sum(&timeline, 0, 1000), 500);
    assert_close(timeline_sum(&timeline, 1000, 3000), 2000);
    assert_close(timeline_sum(&timeline, 3000, 4000), 250);
    timeline_add(&timeline, 3250, 5000, 17.5); // ends on a border
    assert_close(timeline_sum(&timeline, 3000, 4000), 257.5);
    assert_close(timeline_sum(&timeline, 4000, 5000), 10);
    assert_close(timeline_sum(&timeline, 0, 6000), 2767.5);
    timeline_free(&timeline);
}

static void a_timeline_keeps_the_newest_buckets_after_a_long_gap(void **state) {
    (void)state;
    struct timeline timeline = {0};
    timeline_create(&timeline, 4000, 1000);
    for (uint64_t i = 0; i < 8; i++)
        timeline_add(&timeline, i * 1000, i * 1000 + 1000, 100);
    assert_true(timeline_sum(&timeline, 8000, 11000) == 0); // not yet, though the ring was full
    timeline_add(&timeline, 100000, 100500, 7);
    assert_close(timeline_sum(&timeline, 97000, 101000), 7);
    timeline_add(&timeline, 100500, 1000500, 900000); // held up for longer than the room
    assert_close(timeline_sum(&timeline, 997000, 1000000), 3000);
    assert_close(timeline_sum(&timeline, 1000000, 1001000), 500);
    timeline_free(&timeline);
}

static bool converges_since(uint64_t since_ns, const double *samples, size_t count) {
    struct timeline timeline = {0};
    timeline_create(&timeline, 20000, 1000);
    for (size_t i = 0; i < count; i++)
        timeline_add(&timeline, i * 2000, i * 2000 + 2000, samples[i]);
    bool converged = timeline_converged(&timeline, since_ns, count * 2000 + 10, 2000, 0.01);
    timeline_free(&timeline);
    return converged;
}

static bool converges(const double *samples, size_t count) {
    return converges_since(0, samples, count);
}

static void three_samples_that_agree_are_convergence(void **state) {
    (void)state;
    assert_true(converges((const double[]){100, 100, 100}, 3));
    assert_true(converges((const double[]){50, 80, 99.1, 100, 99.5}, 5));
    assert_false(converges((const double[]){100, 100}, 2));
    assert_false(converges((const double[]){98.5, 100, 99}, 3));
    assert_false(converges((const double[]){100, 100, 100, 98.5}, 4));
    assert_false(converges((const double[]){100, 100, 100, 101.5, 100}, 5));
    assert_false(converges((const double[]){0, 0, 0}, 3));
    assert_true(converges_since(2000, (const double[]){100, 100, 100, 100}, 4));
    assert_false(converges_since(2001, (const double[]){100, 100, 100, 100}, 4));
}

// ---- team ---------------------------------------------------------------------------------------

struct roll_call {
    uint32_t cpus[FAKE_CPUS_MAX];
    _Atomic unsigned calls;
};

static void answer(void *context, size_t index) {
    struct roll_call *roll_call = context;
    uint32_t node;
    struct error error;
    os_current_place(&roll_call->cpus[index], &node, &error);
    roll_call->calls++;
}

static void each_member_runs_on_the_cpu_of_its_place(void **state) {
    (void)state;
    fake_os_reset(2, 32);
    struct id_set cpus = cpu_set("3,5-9,60");
    struct roll_call roll_call = {0};
    struct error error;
    assert_true(team_run(&cpus, answer, &roll_call, &error));
    assert_int_equal(roll_call.calls, cpus.count);
    assert_memory_equal(roll_call.cpus, cpus.ids, cpus.count * sizeof *cpus.ids);
    id_set_free(&cpus);
}

static void no_thread_works_if_one_cannot_start(void **state) {
    (void)state;
    fake_os_cpu(2)->cannot_start = true;
    struct id_set cpus = cpu_set("0-3");
    struct roll_call roll_call = {0};
    struct error error = {0};
    assert_false(team_run(&cpus, answer, &roll_call, &error));
    assert_int_equal(roll_call.calls, 0);
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "CPU 2"));
    id_set_free(&cpus);
}

// Workers of a high priority on every CPU leave none to the thread that started them.
static void a_team_needs_nothing_of_its_starter_once_all_are_started(void **state) {
    (void)state;
    fake_os_cpu(3)->starves_starter = true;
    struct id_set cpus = cpu_set("0-3");
    struct roll_call roll_call = {0};
    struct error error;
    assert_true(team_run(&cpus, answer, &roll_call, &error));
    assert_int_equal(fake_os.starters_starved, 0);
    assert_int_equal(roll_call.calls, 4);
    id_set_free(&cpus);
}

// ---- core clock ---------------------------------------------------------------------------------

static void the_core_clock_is_additions_per_time(void **state) {
    (void)state;
    fake_os.clock_read_ns = 50 * US; // in which it does 200 000 additions
    assert_close(core_clock_hz(), 4e9);
    fake_os.clock_read_ns = 100 * US;
    assert_close(core_clock_hz(), 2e9);
}

// The last of its tries is one of those that are disturbed.
static void the_core_clock_is_that_of_the_fastest_try(void **state) {
    (void)state;
    fake_os.clock_read_ns = 100 * US;
    fake_os.clock_stall_every = 4;
    fake_os.clock_stall_ns = 30 * US;
    assert_close(core_clock_hz(), 2e9);
    assert_int_equal(fake_os.clock_readings % 4, 0);
}

static void a_stopped_clock_gives_no_core_clock(void **state) {
    (void)state;
    fake_os.clock_read_ns = 0;
    assert_true(isnan(core_clock_hz()));
}

// ---- window -------------------------------------------------------------------------------------

// What malloc has given out. Other C libraries and sanitizers do not report it.
static size_t held_bytes(void) {
#ifdef __GLIBC__
    struct mallinfo2 held = mallinfo2();
    return held.uordblks + held.hblkhd;
#else
    return 0;
#endif
}

// Work whose cost is written down: threads, of which each unit takes so long.
struct crew {
    uint64_t alone_ns;    // for one unit, while nobody else is at work
    uint64_t together_ns; // and with others
    uint64_t change_ns;   // from this age of its own on, a unit takes
    uint64_t changed_ns;  // this long
    bool swings;          // every 5 ms a tenth more, then less
    uint64_t max_units;   // that a step can do; 0: any number
    _Atomic uint64_t at_work;
    _Atomic uint64_t steps;
    _Atomic size_t held_bytes; // while they were at work
};

struct hand {
    struct crew *crew;
    uint64_t age_ns;
    uint64_t max_asked;
};

static uint64_t unit_ns(const struct hand *hand) {
    const struct crew *crew = hand->crew;
    if (crew->change_ns && hand->age_ns >= crew->change_ns)
        return crew->changed_ns;
    uint64_t cost_ns = crew->at_work > 1 ? crew->together_ns : crew->alone_ns;
    return crew->swings && hand->age_ns / (5 * MS) % 2 ? cost_ns + cost_ns / 10 : cost_ns;
}

static uint64_t step_hand(void *state, uint64_t units) {
    struct hand *hand = state;
    struct crew *crew = hand->crew;
    if (hand->age_ns == 0) {
        crew->at_work++;
        crew->held_bytes = held_bytes();
    }
    crew->steps++;
    if (units > hand->max_asked)
        hand->max_asked = units;
    uint64_t done = crew->max_units && units > crew->max_units ? crew->max_units : units;
    uint64_t cost_ns = done * unit_ns(hand);
    fake_os_spend(cost_ns);
    hand->age_ns += cost_ns;
    return done;
}

enum { HANDS_MAX = 4 };

struct shift {
    struct crew crew;
    struct hand hands[HANDS_MAX];
    struct work works[HANDS_MAX];
    struct id_set cpus;
    struct window_settings settings;
    struct window_result result;
    struct error error;
};

// Reading the clock costs nothing here, so a rate is exactly one unit per its cost.
static void begin_shift(struct shift *shift, const char *cpus, uint64_t cost_ns) {
    fake_os.clock_read_ns = 0;
    *shift = (struct shift){
        .crew = {.alone_ns = cost_ns,  .together_ns = cost_ns},
        .cpus = cpu_set(cpus),
        .settings = { .warm_sample_ns = 5 * MS,
                 .warm_max_ns = 80 * MS,
                 .warm_tolerance = 0.01,
                 .sample_ns = 10 * MS,
                 .sample_count = 6},
    };
    assert_true(shift->cpus.count <= HANDS_MAX);
    for (size_t i = 0; i < shift->cpus.count; i++) {
        shift->hands[i].crew = &shift->crew;
        shift->works[i] = (struct work){.step = step_hand, .state = &shift->hands[i]};
    }
}

static bool run_shift(struct shift *shift) {
    return window_run(&shift->cpus, shift->works, &shift->settings, &shift->result, &shift->error);
}

static void end_shift(struct shift *shift) {
    id_set_free(&shift->cpus);
    window_result_free(&shift->result);
}

static void assert_samples(const struct shift *shift, double units_per_s) {
    assert_false(shift->result.interrupted);
    assert_int_equal(shift->result.sample_count, shift->settings.sample_count);
    for (uint32_t i = 0; i < shift->result.sample_count; i++)
        assert_close(shift->result.units_per_s[0][i], units_per_s);
}

static void one_threads_rate_is_measured_exactly(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "1", 7 * US);
    assert_true(run_shift(&shift));
    assert_samples(&shift, 1e9 / 7000);
    assert_int_equal(shift.result.wall_ns, 60 * MS);
    assert_true(shift.result.warm_converged);
    assert_in_range(shift.result.warm_ns, 15 * MS, 17 * MS);
    assert_int_equal(shift.result.start_skew_ns, 0);
    assert_int_equal(shift.result.threads_moved, 0);
    assert_false(shift.result.unplaced);
    assert_cpus(&shift.result.cpus_seen, "1");
    end_shift(&shift);
}

static void rates_of_all_threads_add_up(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0-3", 10 * US);
    struct crew slow = {.alone_ns = 40 * US, .together_ns = 40 * US};
    shift.hands[2].crew = &slow;
    assert_true(run_shift(&shift));
    assert_samples(&shift, 3e5 + 0.25e5);
    assert_cpus(&shift.result.cpus_seen, "0-3");
    end_shift(&shift);
}

static size_t bytes_held_by(const char *cpus, const struct test_times *times) {
    struct shift shift;
    begin_shift(&shift, cpus, 200 * US);
    shift.settings =
        (struct window_settings){times->warm_sample_ns, times->warm_max_ns,  times->warm_tolerance,
                                 times->sample_ns,      times->sample_count, NULL};
    size_t before = held_bytes();
    assert_true(run_shift(&shift));
    size_t held = shift.crew.held_bytes - before;
    end_shift(&shift);
    return held;
}

// With the windows that are used: what each further thread of a team takes, as often as the largest
// machines have CPUs.
static void the_books_of_1920_threads_fit_into_16_mib(void **state) {
    (void)state;
    size_t before = held_bytes();
    void *probe = base_allocate(1, MIB);
    bool told = held_bytes() >= before + MIB;
    free(probe);
    if (!told)
        skip();
    for (size_t pace = 0; pace < VISIT_LENGTH_COUNT; pace++) {
        for (size_t test = 0; test < TEST_COUNT; test++) {
            const struct test_times *times = &test_times[pace][test];
            if (!times->sample_count)
                continue;
            size_t one = bytes_held_by("1", times), four = bytes_held_by("0-3", times);
            assert_true(four > one);
            assert_in_range((four - one) / 3, 1, 16 * MIB / 1920);
        }
    }
}

// The loads of a chase and the elements of those who disturb it must not be added up.
static void groups_are_counted_apart_and_group_0_leads(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0-3", 10 * US);
    struct crew chase = {.alone_ns = 40 * US, .together_ns = 40 * US};
    shift.hands[2].crew = &chase;
    for (size_t i = 0; i < 4; i++)
        shift.works[i].group = i == 2 ? 0 : 1;
    fake_os_cpu(2)->held_up_ns = 7 * MS;
    assert_true(run_shift(&shift));
    assert_samples(&shift, 0.25e5);
    for (uint32_t i = 0; i < shift.result.sample_count; i++)
        assert_close(shift.result.units_per_s[1][i], 3e5);
    end_shift(&shift);
}

// The first thread has the memory to itself until the second, held up, begins. The slowest thread's
// time would count too little (the late one's idle time), a sum of private rates too much (what the
// first did alone): only what both did in one window is right.
static void a_late_thread_changes_nothing(void **state) {
    (void)state;
    const uint32_t late[] = {1, 0};
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        fake_os_reset(2, 2);
        fake_os_cpu(late[i])->held_up_ns = 30 * MS;
        struct shift shift;
        begin_shift(&shift, "0-1", 10 * US);
        shift.crew.alone_ns = 6 * US;
        assert_true(run_shift(&shift));
        assert_samples(&shift, 2e5);
        assert_in_range(shift.result.start_skew_ns, 30 * MS, 31 * MS);
        assert_true(shift.result.warm_converged);
        assert_true(shift.result.warm_ns >= 45 * MS);
        end_shift(&shift);
    }
}

static void a_step_takes_long_against_reading_the_clock(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0", 1 * US);
    assert_true(run_shift(&shift));
    assert_int_equal(shift.hands[0].max_asked, 128); // 64 us is too short, 128 us is not
    end_shift(&shift);
    begin_shift(&shift, "0", 1 * US);
    shift.crew.max_units = 5; // then asking for more would only lengthen the last step
    assert_true(run_shift(&shift));
    assert_int_equal(shift.hands[0].max_asked, 8);
    assert_samples(&shift, 1e6);
    end_shift(&shift);
}

static void the_window_waits_for_a_rate_that_stays(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0", 20 * US);
    shift.crew.change_ns = 38 * MS; // slow, then fast for good
    shift.crew.changed_ns = 10 * US;
    shift.settings.warm_tolerance = 0.001;
    shift.crew.swings = true;
    assert_true(run_shift(&shift));
    assert_true(shift.result.warm_converged);
    assert_in_range(shift.result.warm_ns, 38 * MS + 15 * MS, 38 * MS + 22 * MS);
    assert_samples(&shift, 1e5);
    end_shift(&shift);
}

static void a_rate_that_never_stays_is_measured_after_the_longest_warm_up(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0-1", 10 * US);
    shift.crew.swings = true;
    assert_true(run_shift(&shift));
    assert_false(shift.result.warm_converged);
    assert_in_range(shift.result.warm_ns, 80 * MS, 82 * MS);
    for (uint32_t i = 0; i < shift.result.sample_count; i++) {
        assert_true(shift.result.units_per_s[0][i] > 2 / 11e-6);
        assert_true(shift.result.units_per_s[0][i] < 2 / 10e-6);
    }
    end_shift(&shift);
}

static void samples_stand_in_the_order_of_time(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0", 10 * US);
    shift.crew.change_ns = 50 * MS; // in the middle of the window
    shift.crew.changed_ns = 20 * US;
    assert_true(run_shift(&shift));
    const double *samples = shift.result.units_per_s[0];
    assert_close(samples[0], 1e5);
    assert_close(samples[5], 0.5e5);
    double sum = 0;
    for (uint32_t i = 0; i < 6; i++) {
        assert_true(i == 0 || samples[i] <= samples[i - 1]);
        sum += samples[i] / 100; // of 10 ms each
    }
    double fast_ns = 50e6 - (double)shift.result.warm_ns;
    assert_true(fabs(sum - (fast_ns / 10e3 + (60e6 - fast_ns) / 20e3)) < 20); // one step
    end_shift(&shift);
}

// The last step goes on past the close, here by far: it counts as far as it was inside.
static void a_step_over_the_close_counts_by_its_share(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0", 7 * MS);
    assert_true(run_shift(&shift));
    assert_samples(&shift, 1e9 / 7e6);
    end_shift(&shift);
}

// The same for longer than any timeline reaches back: the window must still be there.
static void a_thread_delayed_past_the_end_loses_no_sample(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0-1", 10 * US);
    struct crew stuck = {.alone_ns = 10 * US,
                         .together_ns = 10 * US,
                         .change_ns = 70 * MS, // in the last sample, from 66 to 76 ms
                         .changed_ns = 100 * MS};
    shift.hands[1].crew = &stuck;
    assert_true(run_shift(&shift));
    for (uint32_t i = 0; i < 5; i++)
        assert_close(shift.result.units_per_s[0][i], 2e5);
    assert_in_range((uint64_t)shift.result.units_per_s[0][5], 110000, 190000);
    end_shift(&shift);
}

// The first thread opens the window; held up for long just before, it must not open it in a past
// that the others' timelines have forgotten. The steps that are tried lie on both sides of that
// one.
static void the_window_never_opens_in_the_past(void **state) {
    (void)state;
    unsigned held_up_before = 0, held_up_inside = 0;
    for (uint64_t step = 100; step < 110; step++) {
        fake_os_reset(2, 2);
        fake_os_cpu(0)->stalls_after = step;
        fake_os_cpu(0)->stall_ns = 500 * MS;
        struct shift shift;
        begin_shift(&shift, "0-1", 10 * US);
        assert_true(run_shift(&shift));
        bool before = shift.result.warm_ns >= 500 * MS;
        *(before ? &held_up_before : &held_up_inside) += 1;
        for (uint32_t i = 0; before && i < shift.result.sample_count; i++)
            assert_in_range((uint64_t)shift.result.units_per_s[0][i], 199000, 200000);
        end_shift(&shift);
    }
    assert_true(held_up_before > 0 && held_up_inside > 0);
}

static void a_thread_that_is_seen_elsewhere_has_moved(void **state) {
    (void)state;
    struct shift shift;
    fake_os_cpu(1)->moves_to = 3;
    fake_os_cpu(1)->moves_after = 20;
    begin_shift(&shift, "0-1", 10 * US);
    assert_true(run_shift(&shift));
    assert_int_equal(shift.result.threads_moved, 1);
    assert_cpus(&shift.result.cpus_seen, "0-1,3");
    assert_samples(&shift, 2e5);
    end_shift(&shift);
}

// Each on the other's CPU: the set of CPUs looks as it should.
static void threads_that_change_places_have_moved(void **state) {
    (void)state;
    struct shift shift;
    fake_os_cpu(0)->moves_to = 1;
    fake_os_cpu(1)->moves_to = 0;
    begin_shift(&shift, "0-1", 10 * US);
    assert_true(run_shift(&shift));
    assert_int_equal(shift.result.threads_moved, 2);
    end_shift(&shift);
}

static void a_thread_that_cannot_be_pinned_is_an_error(void **state) {
    (void)state;
    struct shift shift;
    fake_os.place_unavailable = true;
    begin_shift(&shift, "0", 10 * US);
    assert_true(run_shift(&shift));
    assert_true(shift.result.unplaced);
    assert_int_equal(shift.result.threads_moved, 0);
    assert_int_equal(shift.result.cpus_seen.count, 0);
    end_shift(&shift);
}

// In the warm-up, and in the window.
static void an_interrupt_ends_the_work_of_all(void **state) {
    (void)state;
    const uint64_t steps[] = {0, 40, 300};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        fake_os_reset(2, 2);
        fake_os.interrupted_after = steps[i];
        struct shift shift;
        begin_shift(&shift, "0-1", 50 * US);
        assert_true(run_shift(&shift));
        assert_true(shift.result.interrupted);
        assert_null(shift.result.units_per_s[0]);
        assert_int_equal(fake_os.interrupted_questions, steps[i] + 1);
        assert_true(shift.crew.steps <= 2 * steps[i] + 4);
        assert_cpus(&shift.result.cpus_seen, "0-1");
        assert_true(shift.result.busy_wall_ns > 0);
        end_shift(&shift);
    }
}

static void if_a_thread_cannot_start_no_thread_works(void **state) {
    (void)state;
    struct shift shift;
    fake_os_cpu(3)->cannot_start = true;
    begin_shift(&shift, "0-3", 10 * US);
    assert_false(run_shift(&shift));
    assert_int_equal(shift.error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(shift.error.text, "CPU 3"));
    assert_int_equal(shift.crew.steps, 0);
    end_shift(&shift);
}

static void what_the_threads_used_and_suffered_is_summed(void **state) {
    (void)state;
    struct shift shift;
    fake_os.usage_step = (struct os_usage){.cpu_ns = 2 * MS,
                                           .run_delay_ns = 3 * MS,
                                           .involuntary_switches = 4,
                                           .minor_faults = 5,
                                           .major_faults = 6,
                                           .cycles = 7};
    fake_os.steal_step_ns = 10 * MS;
    fake_os.interrupt_step_ns = 3 * MS;
    fake_os.throttle_step = 8;
    fake_os.migrated_step = 9;
    begin_shift(&shift, "0-1", 10 * US);
    assert_true(run_shift(&shift));
    const struct window_result *result = &shift.result;
    uint64_t wall_ns = result->warm_ns + result->wall_ns;
    assert_in_range(result->busy_wall_ns, 2 * wall_ns, 2 * (wall_ns + MS));
    assert_int_equal(result->usage.cpu_ns, result->busy_wall_ns - 2 * 2 * MS);
    assert_int_equal(result->usage.run_delay_ns, 2 * 3 * MS);
    assert_int_equal(result->usage.involuntary_switches, 2 * 4);
    assert_int_equal(result->usage.minor_faults, 2 * 5);
    assert_int_equal(result->usage.major_faults, 2 * 6);
    assert_int_equal(result->usage.cycles, 2 * 7);
    assert_int_equal(result->steal_ns, 10 * MS);
    assert_int_equal(result->interrupt_ns, 3 * MS);
    assert_int_equal(result->throttle_events, 8);
    assert_int_equal(result->migrated_pages, 9);
    end_shift(&shift);
}

static void unknown_values_are_not_zero(void **state) {
    (void)state;
    struct shift shift;
    fake_os.usage_unknown = true;
    fake_os.steal_step_ns = fake_os.interrupt_step_ns = NONE_U64;
    fake_os.throttle_step = fake_os.migrated_step = NONE_U64;
    begin_shift(&shift, "0-1", 10 * US);
    assert_true(run_shift(&shift));
    const struct os_usage *usage = &shift.result.usage;
    assert_int_equal(usage->cpu_ns, NONE_U64);
    assert_int_equal(usage->run_delay_ns, NONE_U64);
    assert_int_equal(usage->involuntary_switches, NONE_U64);
    assert_int_equal(usage->minor_faults, NONE_U64);
    assert_int_equal(usage->major_faults, NONE_U64);
    assert_int_equal(usage->cycles, NONE_U64);
    assert_int_equal(shift.result.steal_ns, NONE_U64);
    assert_int_equal(shift.result.interrupt_ns, NONE_U64);
    assert_int_equal(shift.result.throttle_events, NONE_U64);
    assert_int_equal(shift.result.migrated_pages, NONE_U64);
    end_shift(&shift);
}

// ---- gaps ---------------------------------------------------------------------------------------

// Steps of 200 us in which the clock of one thread jumps once.
static void run_stalled(struct shift *shift, uint64_t stall_ns) {
    fake_os_cpu(1)->stalls_after = 200;
    fake_os_cpu(1)->stall_ns = stall_ns;
    begin_shift(shift, "0-1", 1);
    assert_true(run_shift(shift));
}

static void the_longest_step_against_the_usual_one_is_a_gap(void **state) {
    (void)state;
    struct shift shift;
    run_stalled(&shift, 3 * MS);
    assert_in_range(shift.result.gap_max_ns, 3 * MS - 50 * US, 3 * MS + 50 * US);
    assert_int_equal(shift.result.gap_sum_ns, shift.result.gap_max_ns);
    assert_int_equal(shift.result.gap_unexplained_ns, shift.result.gap_max_ns);
    end_shift(&shift);
}

static void steps_of_an_even_pace_have_no_gap(void **state) {
    (void)state;
    const uint64_t step_ns[] = {1, 10 * US, 90 * US, 150 * US, 7 * MS};
    for (size_t i = 0; i < COUNT_OF(step_ns); i++) {
        fake_os_reset(2, 2);
        struct shift shift;
        begin_shift(&shift, "0-1", step_ns[i]);
        assert_true(run_shift(&shift));
        assert_int_equal(shift.result.gap_max_ns, 0);
        assert_int_equal(shift.result.gap_sum_ns, 0);
        end_shift(&shift);
    }
    struct shift shift; // nor has one that is a little longer than the others
    fake_os_reset(2, 2);
    run_stalled(&shift, 45 * US);
    assert_int_equal(shift.result.gap_max_ns, 0);
    end_shift(&shift);
}

// A thread whose work gets slower for good (others began, the clock fell) has lost no time.
static void a_pace_that_changes_for_good_is_soon_the_usual_one(void **state) {
    (void)state;
    struct shift shift;
    begin_shift(&shift, "0", 100 * US);
    shift.crew.change_ns = 40 * MS;
    shift.crew.changed_ns = 200 * US;
    assert_true(run_shift(&shift));
    assert_in_range(shift.result.gap_sum_ns, 1, 4 * MS);
    end_shift(&shift);
}

static void a_gap_is_explained_by_the_waiting_time_of_the_system(void **state) {
    (void)state;
    struct shift shift;
    fake_os.usage_step.run_delay_ns = 2 * MS;
    run_stalled(&shift, 3 * MS);
    assert_in_range(shift.result.gap_unexplained_ns, 750 * US - 50 * US, 750 * US + 50 * US);
    end_shift(&shift);
    fake_os_reset(2, 2);
    fake_os.usage_step.run_delay_ns = 4 * MS;
    run_stalled(&shift, 3 * MS);
    assert_int_equal(shift.result.gap_unexplained_ns, 0);
    end_shift(&shift);
    // A system that counts no waiting: what is missing of the CPU time is taken for it.
    fake_os_reset(2, 2);
    fake_os.run_delay_unknown = true;
    fake_os.usage_step.cpu_ns = 4 * MS;
    run_stalled(&shift, 3 * MS);
    assert_int_equal(shift.result.gap_unexplained_ns, 0);
    end_shift(&shift);
}

static uint64_t count_up(void *state, uint64_t units) {
    volatile uint64_t *counter = state;
    for (uint64_t i = 0; i < units; i++)
        ++*counter;
    return units;
}

// Without the simulated clock the threads are free to meet: for the thread sanitizer. Only what
// must hold on any machine is asked: work was done at every moment of the window.
static void threads_that_run_freely_are_measured_too(void **state) {
    (void)state;
    struct shift shift;
    fake_os.clock_is_real = true;
    static uint64_t counters[HANDS_MAX][64];
    begin_shift(&shift, "0-2", 1);
    for (size_t i = 0; i < shift.cpus.count; i++)
        shift.works[i] = (struct work){.step = count_up, .state = counters[i]};
    assert_true(run_shift(&shift));
    assert_int_equal(shift.result.sample_count, 6);
    double counted = 0;
    for (uint32_t i = 0; i < 6; i++) {
        assert_true(shift.result.units_per_s[0][i] > 0);
        counted += shift.result.units_per_s[0][i] / 100;
    }
    assert_true(counted <= (double)(counters[0][0] + counters[1][0] + counters[2][0]));
    assert_cpus(&shift.result.cpus_seen, "0-2");
    end_shift(&shift);
}

// ---- visits -------------------------------------------------------------------------------------

// A small cell on CPU node 0 with memory on node 1, its row, and what was found in its buffer.
struct visited {
    struct cell cell;
    struct row row;
};

static void visit(struct visited *visited) {
    const struct visit_request request = {
        .cell = &visited->cell, .run_id = "run", .host = "host", .seed = 5, .round = 2, .visit = 3};
    visit_measure(&request, &visited->row);
    assert_int_equal(fake_os.acquired, fake_os.released);
}

static void begin_bandwidth(struct visited *visited, const char *kernel) {
    *visited = (struct visited){
        .cell = {.test = TEST_BANDWIDTH,
                 .kernel = kernel_find(kernel, ISA_PORTABLE),
                 .cpu_node = 0,
                 .mem_node = node_set_of(1),
                 .proven = true,
                 .cpus = cpu_set("0-1"),
                 .pages = page_kind_find("4K"),
                 .page_bytes = 4 * KIB,
                 .size_bytes = 64 * KIB}
    };
    assert_non_null(visited->cell.kernel);
}

static void begin_latency(struct visited *visited) {
    *visited = (struct visited){
        .cell = {.test = TEST_LATENCY,
                 .pattern = chase_pattern_find("structural"),
                 .cpu_node = 0,
                 .mem_node = node_set_of(1),
                 .proven = true,
                 .cpus = cpu_set("1"),
                 .pages = page_kind_find("2M"),
                 .page_bytes = 2 * MIB,
                 .size_bytes = 2 * MIB,
                 .chains = 1}
    };
    assert_non_null(visited->cell.pattern);
    visited->cell.shape = chase_shape_of(visited->cell.pattern, CHASE_LINE_BYTES);
}

static void end_visit(struct visited *visited) {
    id_set_free(&visited->cell.cpus);
    free(visited->cell.check_of);
    free(visited->cell.refusal);
}

// Exactly the columns that are named, each between two spaces, are empty.
static void assert_empty_columns(const struct row *row, const char *names) {
    for (size_t i = 0; i < column_count; i++) {
        char text[ROW_TEXT_BYTES], name[64];
        row_format_field(row, &columns[i], text);
        snprintf(name, sizeof name, " %s ", columns[i].name);
        bool expected = strstr(names, name) != NULL;
        if (expected != (text[0] == '\0'))
            fail_msg("column %s is '%s'", columns[i].name, text);
    }
}

#define STEP_S (FAKE_STEP_NS / 1e9)

#define LATENCY_COLUMNS " latency_ns latency_min_ns latency_max_ns latency_cycles latency_cpu_ns "
#define BANDWIDTH_COLUMNS                                                                          \
    " bandwidth_bytes_per_s bandwidth_min_bytes_per_s bandwidth_max_bytes_per_s"                   \
    " traffic_min_bytes_per_s traffic_max_bytes_per_s "
#define EVIDENCE_COLUMNS(moment)                                                                   \
    " pages_checked_" moment " pages_on_node_" moment " pages_off_node_" moment                    \
    " pages_absent_" moment " pages_unknown_" moment " "
#define WINDOW_COLUMNS                                                                             \
    " window_cv samples wall_ns warm_ns warm_converged touched_bytes elements_checked"             \
    " elements_wrong "
#define DISTURBANCE_COLUMNS                                                                        \
    " start_skew_ns cpu_ns busy_wall_ns run_delay_ns involuntary_switches minor_faults"            \
    " major_faults steal_ns clock_start_hz clock_end_hz interrupt_ns thread_cycles cpus_seen"      \
    " threads_moved gap_max_ns gap_sum_ns gap_unexplained_ns throttle_events"                      \
    " system_migrated_pages "
// Filled by tests of other kinds only.
#define OTHER_COLUMNS                                                                              \
    " home load_node load_cpus load_mode load_delay_cycles offered_bytes_per_s load_bytes_per_s"   \
    " late_share protocol pair_class writer_cpu reader_cpu lines mix check check_of "
// Filled where memory is on several nodes only.
#define SHARE_COLUMNS " pages_by_node_asked pages_by_node_before pages_by_node_after "
// Filled where the bus has counters only: tests/test_witness.c.
#define BUS_COLUMNS                                                                                \
    " bus_source bus_ns bus_bytes bus_read_bytes bus_write_bytes bus_remote_bytes"                 \
    " bus_min_bytes bus_max_bytes bus_background_bytes_per_s store_read_share bus_reason"       \
    " traffic_bus_bytes_per_s "
#define UNFILLED_COLUMNS OTHER_COLUMNS SHARE_COLUMNS BUS_COLUMNS
#define LOOP_OF_CHASE    " isa store " UNFILLED_COLUMNS
#define LOOP_OF_STREAM   " pattern chains window_bytes slot_bytes " UNFILLED_COLUMNS

static void a_bandwidth_row_is_complete_and_exact(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_empty_columns(row, LATENCY_COLUMNS LOOP_OF_STREAM " flags reason ");
    // Two threads, 64 elements of three doubles each in every step.
    assert_close(row->bandwidth_bytes_per_s, 2 * 64 * 24 / STEP_S);
    assert_close(row->bandwidth_min_bytes_per_s, 2 * 64 * 24 / STEP_S);
    assert_close(row->bandwidth_max_bytes_per_s, 2 * 64 * 24 / STEP_S);
    assert_close(row->traffic_min_bytes_per_s, 2 * 64 * 24 / STEP_S);
    assert_close(row->traffic_max_bytes_per_s, 2 * 64 * 32 / STEP_S);
    assert_string_equal(row->kernel, "triad");
    assert_string_equal(row->cpus, "0-1");
    assert_string_equal(row->cpus_seen, "0-1");
    assert_string_equal(row->nodes_seen, "1");
    assert_int_equal(row->threads, 2);
    assert_int_equal(row->buffer_bytes, 192 * KIB);
    assert_int_equal(row->touched_bytes, 180 * KIB); // less what skews and granules leave out
    assert_int_equal(row->elements_checked, 180 * KIB / 8);
    assert_int_equal(row->elements_wrong, 0);
    assert_int_equal(row->pages_total, 48);
    assert_int_equal(row->pages_on_node_before, 48);
    assert_int_equal(row->pages_on_node_after, 48);
    assert_int_equal(row->page_found_bytes, 4 * KIB);
    assert_int_equal(row->samples, test_times[VISIT_LONG][TEST_BANDWIDTH].sample_count);
    assert_int_equal(row->wall_ns, row->samples * test_times[VISIT_LONG][TEST_BANDWIDTH].sample_ns);
    assert_close(row->clock_start_hz, 200e3 / STEP_S);
    assert_int_equal(row->seed, 5);
    assert_int_equal(row->round, 2);
    assert_int_equal(row->visit, 3);
    assert_int_equal(fake_os.collapsed, 1);
    end_visit(&visited);
}

// Chunks of the simulated system have eight pages: 48 pages are two cycles of three of them.
static void a_row_of_several_nodes_has_the_pages_of_each(void **state) {
    (void)state;
    struct visited visited;
    struct error error;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    assert_true(node_set_parse(&visited.cell.mem_node, "0:2+1:1", &error));
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_string_equal(row->pages_by_node_asked, "0:32 1:16");
    assert_string_equal(row->pages_by_node_before, "0:32 1:16");
    assert_string_equal(row->pages_by_node_after, "0:32 1:16");
    assert_string_equal(row->nodes_seen, "0-1");
    assert_string_equal(row->placed_by, "bind");
    assert_int_equal(row->pages_on_node_after, 48);
    assert_non_null(strstr(row->cell, "/mem:0:2+1:1/"));
    end_visit(&visited);
}

static void a_latency_row_is_complete_and_exact(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_latency(&visited);
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_empty_columns(row, BANDWIDTH_COLUMNS LOOP_OF_CHASE " flags reason ");
    // One load in every step.
    assert_close(row->latency_ns, (double)FAKE_STEP_NS);
    assert_close(row->latency_min_ns, (double)FAKE_STEP_NS);
    assert_close(row->latency_max_ns, (double)FAKE_STEP_NS);
    assert_int_equal(row->buffer_bytes, 2 * MIB);
    assert_int_equal(row->touched_bytes, 1 * MIB); // a line of 64 in each slot of 128 bytes
    assert_int_equal(row->elements_checked, 2 * MIB / 128);
    assert_int_equal(row->elements_wrong, 0);
    assert_int_equal(row->pages_total, 1);
    assert_int_equal(row->page_found_bytes, 2 * MIB);
    assert_string_equal(row->kernel, "chase");
    assert_string_equal(row->pattern, "structural");
    assert_string_equal(row->cpus_seen, "1");
    end_visit(&visited);
}

// The buffer as it is at the end, with links as distances from its start.
static uint64_t links_hash;

static void hash_links(const struct os_memory *memory) {
    const uint64_t *words = memory->base;
    links_hash = 0;
    for (size_t i = 0; i < memory->size_bytes / sizeof *words; i++) {
        uint64_t distance = words[i] - (uint64_t)(uintptr_t)memory->base;
        links_hash =
            random_hash(links_hash ^ (distance < memory->size_bytes ? distance : words[i]));
    }
}

// The proof walks every link once, so a first walk must have others; and the row names the check.
static void a_first_walk_has_another_order_than_the_proven_one(void **state) {
    (void)state;
    struct visited visited;
    uint64_t hashes[3];
    for (int i = 0; i < 3; i++) {
        bool first = i == 2;
        fake_os_reset(2, 2);
        fake_os.at_release = hash_links;
        begin_latency(&visited);
        visited.cell.check = first ? CHECK_FIRST_WALK : CHECK_NONE;
        if (first)
            cell_set_check_of(&visited.cell, "it");
        visit(&visited);
        assert_int_equal(visited.row.status, STATUS_OK);
        assert_int_equal(visited.row.check, first ? CHECK_FIRST_WALK : CHECK_NONE);
        assert_string_equal(visited.row.check_of, first ? "it" : "");
        assert_close(visited.row.latency_ns, (double)FAKE_STEP_NS);
        hashes[i] = links_hash;
        end_visit(&visited);
    }
    assert_true(hashes[0] == hashes[1]);
    assert_true(hashes[1] != hashes[2]);
}

static void the_smallest_and_largest_sample_are_reported(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_latency(&visited);
    // Held up in the middle of the window: fewer loads there, so a longer latency.
    fake_os_cpu(1)->stalls_after = 1600;
    fake_os_cpu(1)->stall_ns = 10 * MS;
    visit(&visited);
    assert_close(row->latency_ns, (double)FAKE_STEP_NS);
    assert_close(row->latency_min_ns, (double)FAKE_STEP_NS);
    assert_close(row->latency_max_ns, 45e6 / 175); // of 225
    end_visit(&visited);
}

// Of samples of 45 ms: by the step of a hundredth of them they are measured, beyond it they are
// not, and no memory is taken.
static void a_clock_that_is_too_coarse_for_the_samples_is_refused(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    uint64_t fine_ns = test_times[VISIT_LONG][TEST_LATENCY].sample_ns / 100;
    begin_latency(&visited);
    fake_os.clock_step_ns = fine_ns;
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_in_range((uint64_t)row->latency_ns, FAKE_STEP_NS * 98 / 100, FAKE_STEP_NS * 102 / 100);
    end_visit(&visited);

    begin_latency(&visited);
    fake_os.clock_step_ns = fine_ns + 1;
    visit(&visited);
    assert_int_equal(row->status, STATUS_REFUSED);
    assert_true(isnan(row->latency_ns));
    assert_int_equal(row->placement, VERDICT_COUNT);
    assert_non_null(strstr(row->reason, "this one (a simulated clock)"));
    assert_non_null(strstr(row->reason, "available_clocksource"));
    end_visit(&visited);
}

// Stopped for half a window, the samples say nothing, and what the thread used of its CPU does:
// where its clock stood still. Where it ran on, nothing is left to tell by.
static void cpu_time_gives_the_latency_of_a_stopped_thread(void **state) {
    (void)state;
    static const struct {
        uint64_t stall_ns, not_counted_ns;
        bool told;
    } cases[] = {
        {0,        0,        true },
        {225 * MS, 225 * MS, true },
        {225 * MS, 0,        false},
        {2 * MS,   0,        true }, // too little to matter
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct visited visited;
        fake_os_reset(2, 2);
        begin_latency(&visited);
        fake_os_cpu(1)->stalls_after = 1600;
        fake_os_cpu(1)->stall_ns = cases[i].stall_ns;
        fake_os.usage_step.cpu_ns = cases[i].not_counted_ns;
        visit(&visited);
        assert_int_equal(visited.row.status, STATUS_OK);
        assert_int_equal(!isnan(visited.row.latency_cpu_ns), cases[i].told);
        if (cases[i].told)
            assert_in_range((uint64_t)visited.row.latency_cpu_ns, FAKE_STEP_NS * 99 / 100,
                            FAKE_STEP_NS * 101 / 100);
        end_visit(&visited);
    }
}

// What the streams must have left behind: each thread's slice of a is b + 3 c, and nothing else is.
static size_t elements_done;

static void count_triads(const struct os_memory *memory) {
    const size_t skew = 21 * 64;
    const char *base = memory->base;
    const double *a = memory->base;
    const double *b = (const double *)(const void *)(base + 64 * KIB + skew);
    const double *c = (const double *)(const void *)(base + 2 * (64 * KIB + skew));
    elements_done = 0;
    for (size_t i = 0; i < (64 * KIB - 3 * skew) / sizeof *a; i++)
        elements_done += a[i] == b[i] + 3 * c[i];
}

static void the_streams_cover_the_arrays(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "triad");
    fake_os.at_release = count_triads;
    visit(&visited);
    // 64 KiB less three skews, in two slices of whole granules.
    assert_int_equal(elements_done, 2 * (((64 * KIB - 3 * 21 * 64) / 8 / 2) / 64 * 64));
    end_visit(&visited);
}

// A kernel of two streams and one nanosecond an element; a slice of 30 KiB takes 4 us. The buffer
// begins at a multiple of 2 MiB, which says where in its slice a span lies.
static _Atomic unsigned wrong_spans;

static uint64_t run_slowly(const struct kernel_span *span) {
    size_t place = (uintptr_t)span->a % (2 * MIB) / sizeof(double) % (2 * span->stride);
    if (span->count == 0 || span->count % KERNEL_GRANULE || place + span->count > span->stride)
        wrong_spans++;
    fake_os_spend(2 * span->count);
    return 0;
}

static void reading_the_clock_does_not_count_in_a_small_buffer(void **state) {
    (void)state;
    const struct kernel slow = {.name = "slow", .loads = 1, .streams = 2, .run = run_slowly};
    struct visited visited;
    begin_bandwidth(&visited, "read");
    visited.cell.kernel = &slow;
    fake_os.clock_read_ns = 100;
    visit(&visited);
    double rate = 2 * 8 / 1e-9;
    assert_true(visited.row.bandwidth_bytes_per_s <= rate);
    assert_true(visited.row.bandwidth_bytes_per_s >= 0.999 * rate);
    assert_int_equal(wrong_spans, 0);
    end_visit(&visited);
}

static void a_kernel_that_does_nothing_moves_nothing(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "nothing");
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_OK);
    assert_true(visited.row.bandwidth_bytes_per_s == 0);
    assert_true(visited.row.traffic_max_bytes_per_s == 0);
    end_visit(&visited);
}

static void a_refused_cell_is_a_row_and_nothing_is_touched(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "triad");
    cell_refuse(&visited.cell, &(struct error){ERROR_KIND_REFUSED, 0, "not allowed"});
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_REFUSED);
    assert_string_equal(visited.row.reason, "not allowed");
    assert_empty_columns(&visited.row,
                         LATENCY_COLUMNS BANDWIDTH_COLUMNS LOOP_OF_STREAM EVIDENCE_COLUMNS("before")
                             EVIDENCE_COLUMNS("after") WINDOW_COLUMNS DISTURBANCE_COLUMNS
                         " placement pages_total page_found_bytes nodes_seen placed_by located_by"
                         " flags ");
    assert_int_equal(fake_os.acquired, 0);
    assert_int_equal(fake_os.threads_started, 0);
    end_visit(&visited);
}

static void memory_that_cannot_be_had_is_refused_or_failed(void **state) {
    (void)state;
    const struct {
        enum error_kind kind;
        enum status status;
    } cases[] = {
        {ERROR_KIND_REFUSED,     STATUS_REFUSED},
        {ERROR_KIND_UNAVAILABLE, STATUS_REFUSED},
        {ERROR_KIND_FAILED,      STATUS_FAILED },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct visited visited;
        begin_bandwidth(&visited, "triad");
        error_set(&fake_os.acquire_error, cases[i].kind, 12, "no memory");
        visit(&visited);
        assert_int_equal(visited.row.status, cases[i].status);
        assert_string_equal(visited.row.reason, "no memory");
        assert_int_equal(visited.row.placement, VERDICT_COUNT);
        assert_int_equal(fake_os.threads_started, 0);
        end_visit(&visited);
    }
}

// Three arrays in 57 pages of 4 KiB are 19 pages each.
static void partly_granted_memory_is_measured_as_granted(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "triad");
    visited.cell.pages = page_kind_find("awe");
    visited.cell.size_bytes = MIB;
    fake_os.awe_max_bytes = 58 * 4 * KIB;
    visit(&visited); // a part does not do
    assert_int_equal(visited.row.status, STATUS_REFUSED);
    assert_int_equal(visited.row.buffer_bytes, 3 * MIB);
    assert_string_equal(visited.row.flags, "");

    visited.cell.partial_min_bytes = 76 * KIB;
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_OK);
    assert_int_equal(visited.row.buffer_asked_bytes, 3 * MIB);
    assert_int_equal(visited.row.buffer_bytes, 3 * 76 * KIB);
    assert_int_equal(visited.row.pages_total, 57);
    assert_true(visited.row.touched_bytes <= 3 * 76 * KIB);
    assert_string_equal(visited.row.flags, "PARTIAL");
    assert_non_null(strstr(visited.row.cell, "/size:1MiB/")); // what was asked
    assert_int_equal(visited.cell.size_bytes, MIB);           // the plan's cell is as it was

    visited.cell.partial_min_bytes = 80 * KIB;
    visit(&visited); // and neither does too small a one
    assert_int_equal(visited.row.status, STATUS_REFUSED);
    assert_non_null(strstr(visited.row.reason, "80KiB for each array"));

    fake_os.awe_max_bytes = 3 * MIB;
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_OK);
    assert_int_equal(visited.row.buffer_bytes, 3 * MIB);
    assert_string_equal(visited.row.flags, "");
    end_visit(&visited);
}

// The chain is that of a cell of the size that came, and is proven as such.
static void a_chain_in_part_of_its_memory_visits_every_line(void **state) {
    (void)state;
    struct visited visited;
    begin_latency(&visited);
    visited.cell.pages = page_kind_find("awe");
    visited.cell.page_bytes = 4 * KIB;
    visited.cell.partial_min_bytes = 4 * KIB;
    visited.cell.shape.window_bytes = 0;
    fake_os.awe_max_bytes = MIB + 4 * KIB;
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_OK);
    assert_int_equal(visited.row.buffer_bytes, MIB + 4 * KIB);
    assert_int_equal(visited.row.window_bytes, MIB + 4 * KIB);
    assert_int_equal(visited.row.touched_bytes, (MIB + 4 * KIB) / 2);
    assert_string_equal(visited.row.flags, "PARTIAL");
    end_visit(&visited);
}

static void misplaced_memory_is_not_measured_but_proven(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    fake_os.proofs[0] = (struct fake_proof){.stray_end = 48, .stray_every = 4};
    visit(&visited);
    assert_int_equal(row->status, STATUS_REFUSED);
    assert_int_equal(row->placement, VERDICT_MISPLACED);
    assert_non_null(strstr(row->reason, "12 of 48 pages"));
    assert_int_equal(row->pages_on_node_before, 36);
    assert_int_equal(row->pages_off_node_before, 12);
    assert_string_equal(row->nodes_seen, "0-1");
    assert_empty_columns(row, LATENCY_COLUMNS BANDWIDTH_COLUMNS LOOP_OF_STREAM EVIDENCE_COLUMNS(
                                  "after") WINDOW_COLUMNS DISTURBANCE_COLUMNS " flags ");
    // Asked after each page that is filled and twice between the stages. The window, had it begun,
    // would have asked after each step.
    assert_int_equal(fake_os.interrupted_questions, 48 + 2);
    end_visit(&visited);
}

static void moved_memory_is_measured_and_reported(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    fake_os.proofs[1] = (struct fake_proof){.stray_end = 1, .stray_every = 1};
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_MIGRATED);
    assert_non_null(strstr(row->reason, "1 of 48 pages"));
    assert_int_equal(row->pages_off_node_before, 0);
    assert_int_equal(row->pages_off_node_after, 1);
    assert_string_equal(row->nodes_seen, "0-1");
    assert_true(row->bandwidth_bytes_per_s > 0);
    end_visit(&visited);
}

static void pages_of_the_wrong_size_are_reported(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_latency(&visited);
    fake_os.proofs[0].sizes = FAKE_SIZES_OTHER;
    visit(&visited);
    assert_int_equal(row->status, STATUS_REFUSED);
    assert_int_equal(row->placement, VERDICT_WRONG_PAGE_SIZE);
    assert_int_equal(row->page_asked_bytes, 2 * MIB);
    assert_int_equal(row->page_found_bytes, 4 * KIB);
    assert_true(isnan(row->latency_ns));
    fake_os.proofs[0].sizes = FAKE_SIZES_ASKED; // and split during the timing
    fake_os.proofs[1].sizes = FAKE_SIZES_MIXED;
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_WRONG_PAGE_SIZE);
    assert_int_equal(row->page_found_bytes, NONE_U64);
    assert_close(row->latency_ns, (double)FAKE_STEP_NS);
    end_visit(&visited);
}

static void pages_that_must_be_touched_again_are_verified(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "triad");
    fake_os.proofs[0].ask_again_times = fake_os.proofs[1].ask_again_times = 1;
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_OK);
    assert_int_equal(visited.row.placement, VERDICT_VERIFIED);
    end_visit(&visited);
}

static void without_a_witness_placement_is_unverifiable(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    fake_os.proofs[0] = fake_os.proofs[1] =
        (struct fake_proof){.locate_unavailable = true, .counts = FAKE_COUNTS_UNAVAILABLE};
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_UNVERIFIABLE);
    assert_non_null(strstr(row->reason, "where pages are"));
    assert_empty_columns(row, LATENCY_COLUMNS LOOP_OF_STREAM EVIDENCE_COLUMNS("before")
                                  EVIDENCE_COLUMNS("after") " nodes_seen located_by flags ");
    end_visit(&visited);
}

// CPUs 0-1 read memory of node 1, whose CPUs 2-3 write it first.
static void memory_that_cannot_be_bound_is_written_from_its_node_and_proven(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    visit(&visited);
    assert_string_equal(row->placed_by, "bind");
    assert_string_equal(row->located_by, "simulated_pages");
    fake_os.bind_denied = true;
    fake_os.threads_started = 0;
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_string_equal(row->placed_by, "first_touch");
    assert_string_equal(row->located_by, "simulated_pages");
    assert_string_equal(row->cpus_seen, "0-1");
    assert_int_equal(row->threads_moved, 0);
    assert_int_equal(fake_os.threads_started, 6); // two write, measure, and look afterwards
    fake_os.proofs[1].locate_unavailable = true;
    visit(&visited);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_string_equal(row->located_by, "simulated_counts"); // the one that tells less
    assert_int_equal(row->pages_on_node_after, 48);
    fake_os.proofs[1].counts = FAKE_COUNTS_UNAVAILABLE;
    visit(&visited);
    assert_int_equal(row->placement, VERDICT_UNVERIFIABLE);
    assert_string_equal(row->located_by, "");
    end_visit(&visited);
}

// The tables say that CPUs 2 and 3 are of node 1, and they are not: nobody but the witness sees it.
static void first_touch_from_a_wrong_place_is_misplaced(void **state) {
    (void)state;
    for (int witness = 0; witness < 2; witness++) {
        struct visited visited;
        const struct row *row = &visited.row;
        fake_os_reset(2, 2);
        fake_os.bind_denied = true;
        fake_os.proofs[0].locate_unavailable = witness == 1;
        fake_os_cpu(2)->place_node = fake_os_cpu(3)->place_node = 0;
        begin_bandwidth(&visited, "triad");
        visit(&visited);
        assert_int_equal(row->status, STATUS_REFUSED);
        assert_int_equal(row->placement, VERDICT_MISPLACED);
        assert_string_equal(row->placed_by, "first_touch");
        assert_string_equal(row->located_by, witness ? "simulated_counts" : "simulated_pages");
        assert_int_equal(row->pages_off_node_before, 48);
        assert_true(isnan(row->bandwidth_bytes_per_s));
        end_visit(&visited);
    }
}

static void a_node_without_cpus_is_refused_where_nothing_is_bound(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "triad");
    fake_os_add_node(2);
    visited.cell.mem_node = node_set_of(2);
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_OK);
    fake_os.bind_denied = true;
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_REFUSED);
    assert_non_null(strstr(visited.row.reason, "node 2"));
    assert_string_equal(visited.row.placed_by, "");
    end_visit(&visited);
}

static void a_single_node_needs_no_binding_and_no_page_witness(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "triad");
    fake_os.nodes[0].total_bytes = 0;
    fake_os.bind_denied = true;
    fake_os.proofs[0] = fake_os.proofs[1] =
        (struct fake_proof){.locate_unavailable = true, .counts = FAKE_COUNTS_UNAVAILABLE};
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_OK);
    assert_int_equal(visited.row.placement, VERDICT_VERIFIED);
    assert_string_equal(visited.row.placed_by, "only_node");
    assert_string_equal(visited.row.located_by, "only_node");
    assert_string_equal(visited.row.nodes_seen, "1");
    end_visit(&visited);
}

static void contradicting_witnesses_are_a_refusal(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    fake_os.proofs[0].counts = FAKE_COUNTS_ELSEWHERE;
    visit(&visited);
    assert_int_equal(row->status, STATUS_REFUSED);
    assert_int_equal(row->placement, VERDICT_MISPLACED);
    assert_non_null(strstr(row->reason, "simulated_pages finds pages on nodes 1"));
    assert_non_null(strstr(row->reason, "simulated_counts on nodes 0-1"));
    assert_string_equal(row->nodes_seen, "0-1");
    end_visit(&visited);
}

static void a_thread_that_moved_spoils_the_row(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    fake_os_cpu(1)->moves_to = 3;
    fake_os_cpu(1)->moves_after = 100;
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_MIGRATED);
    assert_string_equal(row->flags, "CPU_MOVED");
    assert_string_equal(row->cpus_seen, "0-1,3");
    assert_non_null(strstr(row->reason, "1 of the threads"));
    assert_non_null(strstr(row->reason, "seen on CPUs 0-1,3"));
    end_visit(&visited);
}

static void threads_that_cannot_be_placed_leave_it_unverifiable(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    fake_os.place_unavailable = true;
    visit(&visited);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_UNVERIFIABLE);
    assert_non_null(strstr(row->reason, "report the CPU of a thread"));
    assert_string_equal(row->cpus_seen, "");
    assert_string_equal(row->flags, "");
    end_visit(&visited);
}

static void an_interrupted_visit_keeps_its_evidence(void **state) {
    (void)state;
    struct visited visited;
    const struct row *row = &visited.row;
    begin_bandwidth(&visited, "triad");
    fake_os.interrupted_after = 48 + 50;
    visit(&visited);
    assert_int_equal(row->status, STATUS_INTERRUPTED);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_true(row->reason[0] != '\0');
    assert_empty_columns(row,
                         LATENCY_COLUMNS BANDWIDTH_COLUMNS LOOP_OF_STREAM WINDOW_COLUMNS " flags ");
    assert_int_equal(row->pages_on_node_before, 48);
    assert_int_equal(row->pages_on_node_after, 48);
    end_visit(&visited);
}

static void a_visit_whose_threads_cannot_be_started_fails(void **state) {
    (void)state;
    struct visited visited;
    begin_bandwidth(&visited, "triad");
    fake_os_cpu(1)->cannot_start = true;
    visit(&visited);
    assert_int_equal(visited.row.status, STATUS_FAILED);
    assert_non_null(strstr(visited.row.reason, "CPU 1"));
    assert_int_equal(fake_os.acquired, 1);
    end_visit(&visited);
}

#define TEST(name) cmocka_unit_test_setup(name, make_machine)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_step_counts_in_the_bucket_it_was_done_in),
        TEST(a_step_over_several_buckets_is_spread_by_time),
        TEST(a_timeline_keeps_the_newest_buckets_after_a_long_gap),
        TEST(three_samples_that_agree_are_convergence),
        TEST(each_member_runs_on_the_cpu_of_its_place),
        TEST(no_thread_works_if_one_cannot_start),
        TEST(a_team_needs_nothing_of_its_starter_once_all_are_started),
        TEST(the_core_clock_is_additions_per_time),
        TEST(the_core_clock_is_that_of_the_fastest_try),
        TEST(a_stopped_clock_gives_no_core_clock),
        TEST(one_threads_rate_is_measured_exactly),
        TEST(rates_of_all_threads_add_up),
        TEST(the_books_of_1920_threads_fit_into_16_mib),
        TEST(groups_are_counted_apart_and_group_0_leads),
        TEST(a_late_thread_changes_nothing),
        TEST(a_step_takes_long_against_reading_the_clock),
        TEST(the_window_waits_for_a_rate_that_stays),
        TEST(a_rate_that_never_stays_is_measured_after_the_longest_warm_up),
        TEST(samples_stand_in_the_order_of_time),
        TEST(a_step_over_the_close_counts_by_its_share),
        TEST(a_thread_delayed_past_the_end_loses_no_sample),
        TEST(the_window_never_opens_in_the_past),
        TEST(a_thread_that_is_seen_elsewhere_has_moved),
        TEST(threads_that_change_places_have_moved),
        TEST(a_thread_that_cannot_be_pinned_is_an_error),
        TEST(an_interrupt_ends_the_work_of_all),
        TEST(if_a_thread_cannot_start_no_thread_works),
        TEST(what_the_threads_used_and_suffered_is_summed),
        TEST(unknown_values_are_not_zero),
        TEST(the_longest_step_against_the_usual_one_is_a_gap),
        TEST(steps_of_an_even_pace_have_no_gap),
        TEST(a_pace_that_changes_for_good_is_soon_the_usual_one),
        TEST(a_gap_is_explained_by_the_waiting_time_of_the_system),
        TEST(threads_that_run_freely_are_measured_too),
        TEST(a_bandwidth_row_is_complete_and_exact),
        TEST(a_row_of_several_nodes_has_the_pages_of_each),
        TEST(a_latency_row_is_complete_and_exact),
        TEST(a_first_walk_has_another_order_than_the_proven_one),
        TEST(a_clock_that_is_too_coarse_for_the_samples_is_refused),
        TEST(cpu_time_gives_the_latency_of_a_stopped_thread),
        TEST(the_smallest_and_largest_sample_are_reported),
        TEST(the_streams_cover_the_arrays),
        TEST(reading_the_clock_does_not_count_in_a_small_buffer),
        TEST(a_kernel_that_does_nothing_moves_nothing),
        TEST(a_refused_cell_is_a_row_and_nothing_is_touched),
        TEST(memory_that_cannot_be_had_is_refused_or_failed),
        TEST(partly_granted_memory_is_measured_as_granted),
        TEST(a_chain_in_part_of_its_memory_visits_every_line),
        TEST(misplaced_memory_is_not_measured_but_proven),
        TEST(moved_memory_is_measured_and_reported),
        TEST(pages_of_the_wrong_size_are_reported),
        TEST(pages_that_must_be_touched_again_are_verified),
        TEST(without_a_witness_placement_is_unverifiable),
        TEST(memory_that_cannot_be_bound_is_written_from_its_node_and_proven),
        TEST(first_touch_from_a_wrong_place_is_misplaced),
        TEST(a_node_without_cpus_is_refused_where_nothing_is_bound),
        TEST(a_single_node_needs_no_binding_and_no_page_witness),
        TEST(contradicting_witnesses_are_a_refusal),
        TEST(a_thread_that_moved_spoils_the_row),
        TEST(threads_that_cannot_be_placed_leave_it_unverifiable),
        TEST(an_interrupted_visit_keeps_its_evidence),
        TEST(a_visit_whose_threads_cannot_be_started_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
