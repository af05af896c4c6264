// SPDX-License-Identifier: Apache-2.0
// Curves of latency against bandwidth: which points are measured, and what is read from them.
// Compared with a model of a memory whose curve is known as a formula.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "analyse/curve.h"
#include "base/random.h"
#include "curve_model.h"
#include "plan/curve_points.h"

static void seek(const struct machine *machine, const struct curve_density *density,
                 struct curve_points *points) {
    uint32_t delay;
    *points = (struct curve_points){0};
    while (curve_points_next(points, density, &delay)) {
        struct point point = solve(machine, delay);
        curve_points_add(points, delay, point.bandwidth_bytes_per_s, point.latency_ns);
        assert_true(points->count <= density->points_max);
    }
}

// Noise of a normal kind: the sum of twelve uniform numbers less six.
static double noisy(struct random *random, double value, double share) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)random_below(random, 1000001) / 1e6;
    return value * (1 + share * sum);
}

// The points that were sought, each visited so often.
static struct curve visit_points(const struct machine *machine, const struct curve_points *points,
                                 unsigned visits, double noise, uint64_t seed) {
    struct curve curve = {0};
    struct random random;
    random_seed(&random, seed);
    for (unsigned visit = 0; visit < visits; visit++) {
        for (size_t i = 0; i < points->count; i++) {
            struct point point = solve(machine, points->points[i].delay_cycles);
            curve_add(&curve, points->points[i].delay_cycles,
                      noisy(&random, point.bandwidth_bytes_per_s, noise),
                      noisy(&random, point.latency_ns, noise));
        }
    }
    return curve;
}

static void assert_within(double found, double expected, double share) {
    if (!(fabs(found - expected) <= share * fabs(expected)))
        fail_msg("%.6g is not %.6g +- %g %%", found, expected, 100 * share);
}

// ---- which points -------------------------------------------------------------------------------

static void points_leave_no_hole_in_any_model(void **state) {
    (void)state;
    for (size_t i = 0; i < machine_count; i++) {
        struct curve_points points;
        seek(&machines[i], &curve_density_full, &points);
        assert_in_range(points.count, 25, 36);
        assert_true(curve_points_worst(&points, &curve_density_full) <= 1);
        curve_points_free(&points);
        seek(&machines[i], &curve_density_quick, &points);
        assert_in_range(points.count, 14, 20);
        assert_true(curve_points_worst(&points, &curve_density_quick) <= 1);
        curve_points_free(&points);
        seek(&machines[i], &curve_density_sketch, &points);
        assert_in_range(points.count, 10, 14);
        assert_true(curve_points_worst(&points, &curve_density_sketch) <= 2);
        curve_points_free(&points);
    }
}

// A list that any machine gets would leave holes where the curve turns.
static void the_seeds_alone_leave_holes(void **state) {
    (void)state;
    for (size_t i = 0; i < machine_count; i++) {
        struct curve_points points;
        const struct curve_density seeds_only = {1, 0.05, 0.25, 9};
        seek(&machines[i], &seeds_only, &points);
        assert_int_equal(points.count, curve_seed_count);
        assert_true(curve_points_worst(&points, &curve_density_full) > 3);
        curve_points_free(&points);
    }
}

static void add_seeds(struct curve_points *points, const struct point *values) {
    *points = (struct curve_points){0};
    for (size_t i = 0; i < curve_seed_count; i++) {
        uint32_t delay;
        assert_true(curve_points_next(points, &curve_density_full, &delay));
        assert_int_equal(delay, curve_seed_delays[i]);
        curve_points_add(points, delay, values[i].bandwidth_bytes_per_s, values[i].latency_ns);
    }
}

static void the_worst_hole_is_split_at_the_geometric_mean(void **state) {
    (void)state;
    uint32_t delay;
    struct curve_points points;
    // A hole of 30 % of the peak between 540 and 1620, with smaller ones on either side: 0.4 in the
    // logarithm of latency, and 8 % of the peak.
    add_seeds(&points, (struct point[]){
                           {100, 149},
                           {100, 149},
                           {100, 149},
                           {100, 149},
                           {100, 100},
                           {70,  100},
                           {62,  100},
                           {60,  100},
                           {58,  100}
    });
    assert_true(curve_points_next(&points, &curve_density_full, &delay));
    assert_int_equal(delay, 935); // of 541 and 1621, less 1
    curve_points_add(&points, 935, 97, 100);
    assert_true(curve_points_next(&points, &curve_density_full, &delay));
    assert_int_equal(delay, 1231); // 27 % between 935 and 1620
    curve_points_free(&points);
    // A hole in latency alone, at the other end.
    add_seeds(&points, (struct point[]){
                           {100, 200},
                           {100, 100},
                           {99,  100},
                           {98,  100},
                           {97,  100},
                           {96,  100},
                           {95,  100},
                           {94,  100},
                           {93,  100}
    });
    assert_true(curve_points_next(&points, &curve_density_full, &delay));
    assert_int_equal(delay, 4); // of 1 and 21, less 1
    curve_points_free(&points);
}

// Equal bandwidths far apart in latency are the two sides of a curve that bends back.
static void a_hole_is_between_neighbours_by_delay(void **state) {
    (void)state;
    uint32_t delay;
    struct curve_points points;
    add_seeds(&points, (struct point[]){
                           {90,  220},
                           {95,  200},
                           {100, 160},
                           {96,  130},
                           {92,  110},
                           {88,  105},
                           {84,  102},
                           {80,  100},
                           {76,  100}
    });
    assert_false(curve_points_next(&points, &curve_density_full, &delay));
    assert_true(curve_points_worst(&points, &curve_density_full) <= 1);
    curve_points_free(&points);
}

// A machine on which any two visits differ: neither endless, nor between one cycle and the next.
static void noise_ends_at_the_cap_and_at_whole_cycles(void **state) {
    (void)state;
    struct curve_points points = {0};
    struct random random;
    uint32_t delay;
    random_seed(&random, 3);
    while (curve_points_next(&points, &curve_density_full, &delay)) {
        size_t before = points.count;
        curve_points_add(&points, delay, 1 + (double)random_below(&random, 100), 100);
        assert_int_equal(points.count, before + 1); // never a delay that is there already
        assert_true(points.count <= curve_density_full.points_max);
    }
    assert_int_equal(points.count, curve_density_full.points_max);
    curve_points_free(&points);
    // All of the rise between 0 and 20 cycles, which are soon all there.
    const struct curve_density endless = {1, 0.0001, 0.0001, 1000};
    while (curve_points_next(&points, &endless, &delay))
        curve_points_add(&points, delay, delay > 20 ? 100 : 200 - 5 * delay, 100);
    assert_int_equal(points.count, curve_seed_count + 19);
    curve_points_free(&points);
}

static void a_point_without_values_leaves_no_gap(void **state) {
    (void)state;
    uint32_t delay;
    struct curve_points points;
    add_seeds(&points, (struct point[]){
                           {100, 120},
                           {99,  119},
                           {NAN, NAN},
                           {98,  110},
                           {97,  105},
                           {96,  102},
                           {95,  100},
                           {94,  100},
                           {93,  100}
    });
    assert_false(curve_points_next(&points, &curve_density_full, &delay));
    curve_points_add(&points, 60, 50, 110); // measured again
    assert_int_equal(points.count, curve_seed_count);
    assert_true(curve_points_next(&points, &curve_density_full, &delay));
    curve_points_free(&points);
}

// ---- the figures --------------------------------------------------------------------------------

static void assert_reached(const struct curve_estimate *estimate, double expected, double share) {
    if (isnan(expected))
        assert_true(isnan(estimate->value) && isnan(estimate->low) && isnan(estimate->high));
    else
        assert_within(estimate->value, expected, share);
}

static void figures_are_those_of_the_model(void **state) {
    (void)state;
    unsigned not_reached = 0;
    for (size_t i = 0; i < machine_count; i++) {
        struct truth truth = find_truth(&machines[i]);
        struct curve_points points;
        struct curve_estimate figures[CURVE_FIGURE_COUNT];
        seek(&machines[i], &curve_density_full, &points);
        struct curve curve = visit_points(&machines[i], &points, 3, 0, 1);
        curve_find_figures(&curve, &curve_settings_default, figures);
        assert_reached(&figures[CURVE_IDLE_NS], truth.idle_ns, 1e-9);
        assert_reached(&figures[CURVE_SATURATED], truth.saturated, 1e-3);
        assert_reached(&figures[CURVE_SATURATED_NS], truth.saturated_ns, 1e-3);
        assert_reached(&figures[CURVE_AT_1_25], truth.at_1_25, 0.02);
        assert_reached(&figures[CURVE_AT_2], truth.at_2, 0.01);
        assert_reached(&figures[CURVE_USABLE], truth.at_1_5, 0.01);
        assert_reached(&figures[CURVE_KNEE], truth.knee, 0.03);
        not_reached += isnan(truth.at_2) ? 1 : 0;
        curve_free(&curve);
        curve_points_free(&points);
    }
    assert_int_equal(not_reached, 1); // the Skylake, whose latency never doubles
}

// idle, 1.5 x idle and 3 x idle; then less bandwidth at more latency.
static struct curve bent_curve(void) {
    struct curve curve = {0};
    curve_add(&curve, 0, 80e9, 400);
    curve_add(&curve, 4000, 2e9, 100);
    curve_add(&curve, 400, 60e9, 150);
    curve_add(&curve, 40, 90e9, 300);
    return curve;
}

static void a_curve_that_bends_back_is_followed_by_delay(void **state) {
    (void)state;
    struct curve curve = bent_curve();
    struct curve_estimate figures[CURVE_FIGURE_COUNT];
    const struct curve_settings settings = {.resamples = 0};
    curve_find_figures(&curve, &settings, figures);
    assert_within(figures[CURVE_IDLE_NS].value, 100, 1e-12);
    assert_within(figures[CURVE_SATURATED].value, 90e9, 1e-12);
    assert_within(figures[CURVE_SATURATED_NS].value, 300, 1e-12);
    assert_within(figures[CURVE_AT_1_25].value, 31e9, 1e-12);
    assert_within(figures[CURVE_AT_2].value, 70e9, 1e-12);
    assert_within(figures[CURVE_USABLE].value, 60e9, 1e-12);
    assert_true(figures[CURVE_KNEE].value > 40e9 && figures[CURVE_KNEE].value < 70e9);
    curve.points[0].latency_ns[0] = 180;
    curve.points[1].latency_ns[0] = 200;
    curve_find_figures(&curve, &settings, figures);
    assert_within(figures[CURVE_AT_2].value, 84e9, 1e-12); // behind the bend
    curve_free(&curve);
}

// Nine points of a rising curve, one of which took as long as `disturbed_ns`.
static double usable_of_disturbed(size_t disturbed, double disturbed_ns) {
    struct curve curve = {0};
    struct curve_estimate figures[CURVE_FIGURE_COUNT];
    const double latency_ns[] = {100, 100, 101, 102, 104, 110, 130, 170, 300};
    for (size_t i = 0; i < COUNT_OF(latency_ns); i++)
        curve_add(&curve, 1000 - 100 * (double)i, 10e9 * (double)(i + 1),
                  i == disturbed ? disturbed_ns : latency_ns[i]);
    curve_find_figures(&curve, &curve_settings_default, figures);
    curve_free(&curve);
    return figures[CURVE_USABLE].value;
}

static void a_disturbed_point_near_idle_does_not_end_the_curve_there(void **state) {
    (void)state;
    const size_t nobody = SIZE_MAX;
    double undisturbed = usable_of_disturbed(nobody, 0);
    assert_within(undisturbed, 75e9, 1e-12); // half-way from 130 to 170
    for (size_t i = 1; i < 5; i++)
        assert_within(usable_of_disturbed(i, 1000), undisturbed, 1e-12);
}

static void a_curve_without_a_long_pause_has_no_idle_and_nothing_that_rests_on_it(void **state) {
    (void)state;
    struct curve curve = {0};
    struct curve_estimate figures[CURVE_FIGURE_COUNT];
    curve_add(&curve, 400, 30e9, 150);
    curve_add(&curve, 40, 60e9, 200);
    curve_add(&curve, 0, 90e9, 400);
    curve_find_figures(&curve, &curve_settings_default, figures);
    for (enum curve_figure figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
        assert_int_equal(isnan(figures[figure].value) != 0,
                         figure != CURVE_SATURATED && figure != CURVE_SATURATED_NS);
    curve_add(&curve, 4000, 22e9, 140);
    curve_find_figures(&curve, &curve_settings_default, figures);
    assert_within(figures[CURVE_IDLE_NS].value, 140, 1e-12);
    assert_within(figures[CURVE_AT_1_25].value, 45e9, 1e-12);
    curve_free(&curve);
}

static void a_flat_curve_has_no_knee_and_reaches_no_limit(void **state) {
    (void)state;
    struct curve curve = {0};
    struct curve_estimate figures[CURVE_FIGURE_COUNT];
    curve_add(&curve, 100, 1e9, 100);
    curve_find_figures(&curve, &curve_settings_default, figures);
    assert_within(figures[CURVE_SATURATED].value, 1e9, 1e-12);
    assert_true(isnan(figures[CURVE_KNEE].value) && isnan(figures[CURVE_AT_1_25].value));
    curve_add(&curve, 10, 5e9, 100);
    curve_add(&curve, 0, 9e9, 100);
    curve_find_figures(&curve, &curve_settings_default, figures);
    assert_true(isnan(figures[CURVE_KNEE].value) && isnan(figures[CURVE_KNEE_NS].value));
    assert_true(isnan(figures[CURVE_AT_1_25].value) && isnan(figures[CURVE_USABLE].value));
    curve_free(&curve);
}

// ---- intervals ----------------------------------------------------------------------------------

static void few_visits_have_no_interval(void **state) {
    (void)state;
    const struct machine *machine = &machines[0];
    struct curve_points points;
    seek(machine, &curve_density_quick, &points);
    for (unsigned visits = 1; visits <= CURVE_VISITS_MIN + 1; visits++) {
        struct curve curve = visit_points(machine, &points, visits, 0.01, 1);
        struct curve_estimate figures[CURVE_FIGURE_COUNT];
        curve_find_figures(&curve, &curve_settings_default, figures);
        bool has = visits >= CURVE_VISITS_MIN;
        assert_int_equal(!isnan(figures[CURVE_SATURATED].low), has);
        assert_int_equal(!isnan(figures[CURVE_SATURATED].high), has);
        curve_free(&curve);
    }
    curve_points_free(&points);
}

// How often the interval holds the figure of the model, of this many simulated runs.
static double coverage(const struct machine *machine, unsigned visits, enum curve_figure figure,
                       double truth) {
    enum { RUNS = 60 };
    const struct curve_settings settings = {0.95, 200, 7};
    struct curve_points points;
    seek(machine, &curve_density_full, &points);
    unsigned held = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        struct curve curve = visit_points(machine, &points, visits, 0.02, run);
        struct curve_estimate figures[CURVE_FIGURE_COUNT];
        curve_find_figures(&curve, &settings, figures);
        held += figures[figure].low <= truth && truth <= figures[figure].high;
        curve_free(&curve);
    }
    curve_points_free(&points);
    return (double)held / RUNS;
}

static void an_interval_holds_the_figure(void **state) {
    (void)state;
    const struct machine *machine = &machines[2];
    struct truth truth = find_truth(machine);
    const unsigned visits = CURVE_VISITS_MIN;
    assert_true(coverage(machine, visits, CURVE_IDLE_NS, truth.idle_ns) >= 0.85);
    assert_true(coverage(machine, visits, CURVE_USABLE, truth.at_1_5) >= 0.85);
    // And it is no interval that holds anything.
    assert_true(coverage(machine, visits, CURVE_USABLE, truth.at_2) <= 0.05);
}

// Two of five visits never double the latency: neither do more than 2.5 % of the resampled curves.
static void a_limit_that_some_visits_do_not_reach_is_open_above(void **state) {
    (void)state;
    struct curve curve = {0};
    struct curve_estimate figures[CURVE_FIGURE_COUNT], again[CURVE_FIGURE_COUNT];
    for (unsigned visit = 0; visit < 5; visit++) {
        curve_add(&curve, 1000, 1e9, 100);
        curve_add(&curve, 0, 50e9 + visit * 1e9, visit < 2 ? 190 : 210);
    }
    curve_find_figures(&curve, &curve_settings_default, figures);
    assert_true(figures[CURVE_AT_2].value > 40e9);
    assert_true(figures[CURVE_AT_2].low > 40e9);
    assert_true(isnan(figures[CURVE_AT_2].high));
    assert_true(figures[CURVE_USABLE].high > figures[CURVE_USABLE].low);
    curve_find_figures(&curve, &curve_settings_default, again); // by the same seed
    assert_true(again[CURVE_USABLE].high == figures[CURVE_USABLE].high);
    curve_free(&curve);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_leave_no_hole_in_any_model),
        cmocka_unit_test(the_seeds_alone_leave_holes),
        cmocka_unit_test(the_worst_hole_is_split_at_the_geometric_mean),
        cmocka_unit_test(a_hole_is_between_neighbours_by_delay),
        cmocka_unit_test(noise_ends_at_the_cap_and_at_whole_cycles),
        cmocka_unit_test(a_point_without_values_leaves_no_gap),
        cmocka_unit_test(figures_are_those_of_the_model),
        cmocka_unit_test(a_curve_that_bends_back_is_followed_by_delay),
        cmocka_unit_test(a_disturbed_point_near_idle_does_not_end_the_curve_there),
        cmocka_unit_test(a_curve_without_a_long_pause_has_no_idle_and_nothing_that_rests_on_it),
        cmocka_unit_test(a_flat_curve_has_no_knee_and_reaches_no_limit),
        cmocka_unit_test(few_visits_have_no_interval),
        cmocka_unit_test(an_interval_holds_the_figure),
        cmocka_unit_test(a_limit_that_some_visits_do_not_reach_is_open_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
