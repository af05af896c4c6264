// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "stats/bootstrap.h"
#include "stats/change_points.h"
#include "stats/distribution.h"
#include "stats/drift.h"
#include "stats/levels.h"
#include "stats/multiple.h"
#include "stats/order.h"
#include "stats/sort.h"
#include "stats/tails.h"
#include "stats/two_sample.h"

static void the_median_of_an_odd_count_is_the_middle_value(void **state) {
    (void)state;
    assert_true(order_median((const double[]){7}, 1) == 7);
    assert_true(order_median((const double[]){9, -1, 4}, 3) == 4);
    assert_true(order_median((const double[]){3, 3, 1, 100, 2}, 5) == 3);
}

static void the_median_of_an_even_count_is_the_mean_of_the_two_in_the_middle(void **state) {
    (void)state;
    assert_true(order_median((const double[]){10, 1}, 2) == 5.5);
    assert_true(order_median((const double[]){8, 1, 100, 2}, 4) == 5);
    assert_true(order_median((const double[]){DBL_MAX, DBL_MAX}, 2) == DBL_MAX);
}

// The i-th value of an array: any, rising, falling, or one of few.
static double value_of_order(struct random *random, int order, size_t i) {
    return order == 0   ? (double)random_below(random, 1000)
           : order == 1 ? (double)i
           : order == 2 ? -(double)i
                        : (double)random_below(random, 3);
}

static void a_value_is_selected_where_sorting_brings_it(void **state) {
    (void)state;
    enum { COUNT_MAX = 70, ORDERS = 4 };
    struct random random;
    random_seed(&random, 1);
    for (size_t count = 1; count <= COUNT_MAX; count++) {
        double values[COUNT_MAX];
        for (size_t i = 0; i < count; i++)
            values[i] = value_of_order(&random, (int)(count % ORDERS), i);
        double *sorted = order_sorted(values, count);
        for (size_t rank = 0; rank < count; rank++) {
            double copy[COUNT_MAX];
            memcpy(copy, values, sizeof copy);
            assert_true(order_select(copy, count, rank) == sorted[rank]);
            assert_true(copy[rank] == sorted[rank]);
            for (size_t i = 0; i < count; i++)
                assert_true(i < rank ? copy[i] <= copy[rank] : copy[i] >= copy[rank]);
        }
        free(sorted);
    }
}

// Few values are compared, many are counted by their digits.
static void few_and_many_values_are_sorted_with_their_places(void **state) {
    (void)state;
    static const double odd[] = {0.0,      -0.0,      -1,       1,      DBL_MIN,
                                 -DBL_MIN, DBL_MAX,   -DBL_MAX, 5e-324, -5e-324,
                                 INFINITY, -INFINITY, 1.5,      1.5,    -1.5};
    static const size_t counts[] = {0, 1, 2, 255, 256, 257, 1000, 3000};
    struct random random;
    random_seed(&random, 1);
    for (size_t sample = 0; sample < 3 * COUNT_OF(counts); sample++) {
        size_t count = counts[sample / 3];
        double *values = base_allocate(count, sizeof *values);
        bool *seen = base_allocate(count, sizeof *seen);
        struct sort_place *places = base_allocate(count, sizeof *places);
        for (size_t i = 0; i < count; i++) {
            values[i] = sample % 3 == 0   ? odd[random_below(&random, COUNT_OF(odd))]
                        : sample % 3 == 1 ? (double)random_below(&random, 100) - 50
                                          : 1e9 + (double)random_next(&random) / 1e15;
            places[i] = (struct sort_place){values[i], i};
        }
        sort_places(places, count);
        for (size_t i = 0; i < count; i++) {
            assert_false(seen[places[i].index]);
            seen[places[i].index] = true;
            assert_memory_equal(&values[places[i].index], &places[i].value, sizeof *values);
            if (!i)
                continue;
            assert_true(places[i - 1].value <= places[i].value);
            if (memcmp(&places[i - 1].value, &places[i].value, sizeof *values) == 0)
                assert_true(places[i - 1].index < places[i].index);
        }
        free(places);
        free(seen);
        free(values);
    }
}

// Made backwards: each pivot is the least value of its part, and where it stood stands afterwards
// what the next part is to have there.
static void an_order_in_which_each_pivot_is_the_least_is_selected_from_too(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    double values[COUNT];
    values[COUNT - 1] = COUNT - 1;
    for (size_t first = COUNT - 1; first-- > 0;) {
        size_t middle = first + (COUNT - 1 - first) / 2;
        values[first] = values[middle];
        values[middle] = (double)first;
    }
    for (size_t rank = COUNT - 3; rank < COUNT; rank++) {
        double copy[COUNT];
        memcpy(copy, values, sizeof copy);
        assert_true(order_select(copy, COUNT, rank) == (double)rank);
    }
}

static void minimum_and_maximum_are_found_wherever_they_are(void **state) {
    (void)state;
    const double values[] = {3, -2, 8, 5};
    for (size_t turn = 0; turn < COUNT_OF(values); turn++) {
        double turned[COUNT_OF(values)];
        for (size_t i = 0; i < COUNT_OF(values); i++)
            turned[i] = values[(i + turn) % COUNT_OF(values)];
        assert_true(order_minimum(turned, COUNT_OF(turned)) == -2);
        assert_true(order_maximum(turned, COUNT_OF(turned)) == 8);
    }
}

static void empty_input_has_no_median_and_no_extremes(void **state) {
    (void)state;
    assert_true(isnan(order_median(NULL, 0)));
    assert_true(isnan(order_minimum(NULL, 0)));
    assert_true(isnan(order_maximum(NULL, 0)));
}

static void the_values_stay_as_they_were(void **state) {
    (void)state;
    const double before[] = {5, 1, 4, 2, 3, 0};
    double values[COUNT_OF(before)];
    double low, high;
    memcpy(values, before, sizeof values);
    order_median(values, COUNT_OF(values));
    order_median_interval(values, COUNT_OF(values), 0.95, &low, &high);
    assert_memory_equal(values, before, sizeof values);
}

static void assert_rising(const double *values, size_t count, const double *expected) {
    double levels[8];
    order_rising(values, count, levels);
    assert_memory_equal(levels, expected, count * sizeof *levels);
}

static void falling_values_are_pooled_into_one_level(void **state) {
    (void)state;
    assert_rising((const double[]){1, 2, 2, 7}, 4, (const double[]){1, 2, 2, 7});
    assert_rising((const double[]){1, 5, 2, 3}, 4, (const double[]){1, 3, 3, 3});
    assert_rising((const double[]){1, 900, 2, 3, 4}, 5, (const double[]){1, 3, 3, 3, 4});
    assert_rising((const double[]){4, 3, 2, 1}, 4, (const double[]){2.5, 2.5, 2.5, 2.5});
    order_rising(NULL, 0, NULL);
}

enum { RISING_COUNT = 5, RISING_LEVELS = 4 };

// The least sum of distances of levels that never fall, by trying them all: for whole numbers there
// is a best choice among their values.
static double min_distance(const double *values, size_t count, int from) {
    double least = count ? INFINITY : 0;
    for (int level = from; count && level < RISING_LEVELS; level++)
        least = fmin(least, fabs(values[0] - level) + min_distance(values + 1, count - 1, level));
    return least;
}

static void no_other_levels_that_never_fall_are_nearer(void **state) {
    (void)state;
    double values[RISING_COUNT], levels[RISING_COUNT];
    for (int number = 0; number < 1 << 2 * RISING_COUNT; number++) {
        double distance = 0;
        for (size_t i = 0; i < RISING_COUNT; i++)
            values[i] = number >> 2 * i & (RISING_LEVELS - 1);
        order_rising(values, RISING_COUNT, levels);
        for (size_t i = 0; i < RISING_COUNT; i++) {
            distance += fabs(values[i] - levels[i]);
            assert_true(i == 0 || levels[i] >= levels[i - 1]);
        }
        assert_true(distance == min_distance(values, RISING_COUNT, 0));
    }
}

// The ranks of the table in every textbook on the sign test; coverage in percent, rounded.
static const struct {
    size_t count, rank;
    double confidence, coverage_percent;
} intervals[] = {
    {6,   1,  0.95, 96.9},
    {7,   1,  0.95, 98.4},
    {8,   1,  0.95, 99.2},
    {9,   2,  0.95, 96.1},
    {10,  2,  0.95, 97.9},
    {11,  2,  0.95, 98.8},
    {12,  3,  0.95, 96.1},
    {15,  4,  0.95, 96.5},
    {20,  6,  0.95, 95.9},
    {25,  8,  0.95, 95.7},
    {50,  18, 0.95, 96.7},
    {8,   1,  0.99, 99.2},
    {12,  2,  0.99, 99.4},
    {16,  3,  0.99, 99.6},
    {24,  6,  0.99, 99.3},
    {32,  9,  0.99, 99.3},
    {100, 40, 0.95, 96.5},
};

static void the_interval_of_the_median_has_the_known_ranks_and_coverage(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(intervals); i++) {
        size_t count = intervals[i].count;
        size_t rank = order_median_rank(count, intervals[i].confidence);
        if (rank != intervals[i].rank)
            fail_msg("rank %zu of %zu", rank, count);
        double percent = 100 * order_median_coverage(count, rank);
        if (fabs(percent - intervals[i].coverage_percent) > 0.05)
            fail_msg("%f %% of %zu", percent, count);
    }
}

static void the_interval_runs_from_that_rank_to_the_same_rank_from_above(void **state) {
    (void)state;
    double values[20];
    double low, high;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (double)((i * 7) % COUNT_OF(values) + 1); // 1 to 20, not in order
    assert_true(order_median_interval(values, 20, 0.95, &low, &high));
    assert_true(low == 6 && high == 15);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (double)(COUNT_OF(values) - i);
    assert_true(order_median_interval(values + 10, 10, 0.95, &low, &high));
    assert_true(low == 2 && high == 9);
    assert_true(order_median_interval(values + 11, 9, 0.95, &low, &high));
    assert_true(low == 2 && high == 8);
    assert_true(order_median_interval(values + 5, 15, 0.95, &low, &high));
    assert_true(low == 4 && high == 12);
    assert_true(order_median_interval(values + 14, 6, 0.95, &low, &high));
    assert_true(low == 1 && high == 6);
}

static void too_few_values_have_no_interval(void **state) {
    (void)state;
    const double values[] = {1, 2, 3, 4, 5, 6, 7};
    double low, high;
    for (size_t count = 0; count < 6; count++) {
        assert_false(order_median_interval(values, count, 0.95, &low, &high));
        assert_true(isnan(low) && isnan(high));
    }
    assert_true(order_median_interval(values, 6, 0.95, &low, &high));
    assert_false(order_median_interval(values, 7, 0.99, &low, &high));
}

// Of 4 values the two in the middle cover with 1 - 2 (1 + 4) / 16.
static void the_narrowest_interval_is_the_two_values_in_the_middle(void **state) {
    (void)state;
    const double values[] = {4, 2, 1, 3};
    double low, high;
    assert_int_equal(order_median_rank(4, 0.375), 2);
    assert_true(order_median_interval(values, 4, 0.375, &low, &high));
    assert_true(low == 2 && high == 3);
}

// Exact: 1 - 2/64 is a double, so asking for just that is enough and for the next double is not.
static void the_coverage_is_exact_at_its_edge(void **state) {
    (void)state;
    assert_true(order_median_coverage(6, 1) == 0.96875);
    assert_int_equal(order_median_rank(6, 0.96875), 1);
    assert_int_equal(order_median_rank(6, nextafter(0.96875, 1)), 0);
}

// Beyond 1074 tosses 2^-count is no double. The normal approximation of the rank is
// (count - 1.96 sqrt(count)) / 2, good to one rank.
static void large_counts_have_an_interval_too(void **state) {
    (void)state;
    static const size_t counts[] = {1000, 1074, 1075, 1100, 5000, 100000};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        double count = (double)counts[i];
        double expected = (count - 1.959964 * sqrt(count)) / 2;
        size_t rank = order_median_rank(counts[i], 0.95);
        if (fabs((double)rank - expected) > 1.5)
            fail_msg("rank %zu of %zu", rank, counts[i]);
        assert_true(order_median_coverage(counts[i], rank) >= 0.95);
        assert_true(order_median_coverage(counts[i], rank + 1) < 0.95);
    }
}

// ---- two samples (tests/stats_against_scipy.py compares many more with scipy) -------------------

static void two_samples_that_lie_apart_give_the_least_p_and_their_distance(void **state) {
    (void)state;
    const double left[] = {1, 2, 3, 4}, right[] = {11, 12, 13, 14};
    double p = two_sample_p(left, 4, right, 4);
    assert_true(fabs(p - 2.0 / 70) < 1e-15);
    assert_true(p == two_sample_min_p(4, 4));
    struct shift shift = two_sample_shift(left, 4, right, 4, 0.95);
    assert_true(shift.estimate == 10 && shift.low == 7 && shift.high == 13);
}

static void too_few_values_have_an_estimate_but_no_interval(void **state) {
    (void)state;
    const double left[] = {1, 2, 3}, right[] = {2, 3, 4};
    struct shift shift = two_sample_shift(left, 3, right, 3, 0.95);
    assert_true(shift.estimate == 1);
    assert_true(isnan(shift.low) && isnan(shift.high));
    assert_true(isnan(two_sample_p(left, 0, right, 3)));
    assert_true(isnan(two_sample_shift(left, 3, right, 0, 0.95).estimate));
}

// By all differences: even and uneven numbers of them, with ties, and with values far away.
static void the_shift_is_the_median_of_all_differences(void **state) {
    (void)state;
    enum { COUNT_MAX = 40, SAMPLES = 300 };
    struct random random;
    random_seed(&random, 2);
    for (size_t sample = 0; sample < SAMPLES; sample++) {
        double left[COUNT_MAX], right[COUNT_MAX], differences[COUNT_MAX * COUNT_MAX];
        size_t left_count = 1 + random_below(&random, COUNT_MAX), count = 0;
        size_t right_count = 1 + random_below(&random, COUNT_MAX);
        uint64_t range = sample % 3 ? 1000000 : 4;
        for (size_t i = 0; i < COUNT_MAX; i++) {
            left[i] = (double)random_below(&random, range);
            right[i] = (double)random_below(&random, range) * (sample % 5 || i % 7 ? 1 : 1e9);
        }
        for (size_t i = 0; i < left_count; i++)
            for (size_t k = 0; k < right_count; k++)
                differences[count++] = right[k] - left[i];
        double *sorted = order_sorted(differences, count);
        struct shift shift = two_sample_shift(left, left_count, right, right_count, 0.95);
        assert_true(shift.estimate == order_median(differences, count));
        bool is_interval = isnan(shift.low) && isnan(shift.high);
        for (size_t i = 0; i < count / 2 + 1; i++)
            is_interval =
                is_interval || (shift.low == sorted[i] && shift.high == sorted[count - 1 - i]);
        assert_true(is_interval);
        free(sorted);
    }
}

static void equal_samples_are_not_significant(void **state) {
    (void)state;
    const double same[] = {5, 5, 5, 5, 5, 5};
    assert_true(two_sample_p(same, 6, same, 6) == 1);
}

// Five tests: sorted p times 5, 4, 3, 2, 1, never falling; times 5/1 .. 5/5, never rising.
static void many_tests_make_p_larger_as_holm_and_as_benjamini_and_hochberg_say(void **state) {
    (void)state;
    const double p[] = {0.01, NAN, 0.04, 0.03, 0.005, 0.5};
    const double holm[] = {0.04, NAN, 0.09, 0.09, 0.025, 0.5};
    const double bh[] = {0.025, NAN, 0.05, 0.05, 0.025, 0.5};
    double adjusted[COUNT_OF(p)];
    multiple_holm(p, COUNT_OF(p), adjusted);
    for (size_t i = 0; i < COUNT_OF(p); i++)
        assert_true(isnan(p[i]) ? isnan(adjusted[i]) : fabs(adjusted[i] - holm[i]) < 1e-12);
    multiple_benjamini_hochberg(p, COUNT_OF(p), adjusted);
    for (size_t i = 0; i < COUNT_OF(p); i++)
        assert_true(isnan(p[i]) ? isnan(adjusted[i]) : fabs(adjusted[i] - bh[i]) < 1e-12);
}

static void both_edges_of_a_bump_are_found_and_changes_that_are_too_small_are_not(void **state) {
    (void)state;
    double values[15];
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (i < 4 ? 111.7 : i < 8 ? 117.6 : 112) + 0.2 * (double)(i * 7 % 5);
    struct change_point found[COUNT_OF(values)];
    struct change_rules rules = {
        .deviation = 0.003, .degrees = 40, .p_max = 1e-4, .ratio_min = 0.02};
    assert_int_equal(change_points_find(values, COUNT_OF(values), &rules, found), 2);
    assert_int_equal(found[0].index, 4);
    assert_int_equal(found[1].index, 8);
    assert_true(found[0].before < 113 && found[0].after > 117 && found[0].p < 1e-4);
    assert_true(found[1].before == found[0].after && found[1].after < 113);
    rules.ratio_min = 0.06;
    assert_int_equal(change_points_find(values, COUNT_OF(values), &rules, found), 0);
    rules.ratio_min = 0.02;
    rules.deviation = 0.05;
    assert_int_equal(change_points_find(values, COUNT_OF(values), &rules, found), 0);
    assert_int_equal(change_points_find(values, 0, &rules, found), 0);
}

enum { DRAWN = 4000, VALUES_MAX = 200 };

// The quantile of `share` of DRAWN medians of `count` values 0, 1, 2 ...
static double quantile_of_medians(size_t count, double share, bool one_by_one) {
    static double values[VALUES_MAX], drawn[VALUES_MAX], medians[DRAWN];
    struct random random;
    random_seed(&random, 3);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)i;
    for (size_t i = 0; i < DRAWN; i++) {
        for (size_t j = 0; one_by_one && j < count; j++)
            drawn[j] = values[random_below(&random, count)];
        medians[i] =
            one_by_one ? order_median(drawn, count) : bootstrap_median(values, count, &random);
    }
    double *sorted = order_sorted(medians, DRAWN);
    double quantile = sorted[(size_t)(share * DRAWN)];
    free(sorted);
    return quantile;
}

// Whether few values are drawn one by one or, of many, only the place of their median.
static void medians_drawn_anew_vary_as_those_of_values_drawn_one_by_one(void **state) {
    (void)state;
    static const size_t counts[] = {9, 64, 65, VALUES_MAX};
    static const double shares[] = {0.025, 0.25, 0.5, 0.75, 0.975};
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        for (size_t j = 0; j < COUNT_OF(shares); j++) {
            double apart = quantile_of_medians(counts[i], shares[j], false) -
                           quantile_of_medians(counts[i], shares[j], true);
            assert_true(fabs(apart) <= 0.15 * sqrt((double)counts[i]));
        }
    struct random random;
    random_seed(&random, 1);
    assert_true(bootstrap_median((const double[]){7}, 1, &random) == 7);
}

// ---- runs ---------------------------------------------------------------------------------------

// Student's table: 2.228 for 5 % and 10 degrees; Fisher's: 2.32 for 5 %, 6 and 42 degrees of
// freedom.
static void quantiles_are_those_of_the_tables(void **state) {
    (void)state;
    assert_true(fabs(student_quantile(0.05, 10) - 2.228139) < 1e-5);
    assert_true(fabs(student_two_sided(student_quantile(0.001, 7), 7) - 0.001) < 1e-9);
    assert_true(fabs(fisher_upper(2.324, 6, 42) - 0.05) < 0.001);
    assert_true(fisher_upper(0, 6, 42) == 1);
}

static void tests_that_can_never_be_significant_need_no_correction(void **state) {
    (void)state;
    bool testable[6];
    const double least[6] = {0.0001, 0.0002, 0.5, 1, NAN, 0.004};
    assert_int_equal(multiple_testable(least, 6, 0.01, testable), 2); // 0.004 > 0.01 / 3
    assert_true(testable[0] && testable[1] && !testable[2] && !testable[3] && !testable[4]);
    assert_false(testable[5]);
    assert_int_equal(multiple_testable(least, 6, 0.05, testable), 3);
}

// Variances that differ by chance alone make a prior that outweighs each; such that differ by
// orders of magnitude make one that counts for little.
static void variances_that_are_alike_make_a_strong_prior(void **state) {
    (void)state;
    const double degrees[6] = {6, 6, 6, 6, 6, 6};
    struct level_prior alike =
        level_prior_of((const double[6]){1, 1.3, 0.7, 1.1, 0.9, 1.2}, degrees, 6);
    struct level_prior unlike =
        level_prior_of((const double[6]){1, 100, 0.01, 10, 0.1, 1}, degrees, 6);
    assert_true(alike.degrees > 1000 && alike.variance > 0.8 && alike.variance < 1.6);
    assert_true(unlike.degrees < 2);
    assert_true(level_prior_of(degrees, degrees, 1).degrees == 0); // of one nothing is known
}

enum { LEVEL_CELLS = 5, LEVEL_RUNS = 8 };

// Levels of five cells in eight runs, base and new interleaved: what all share in a run, a little
// of each cell's own, `all` more in all cells of the new side and `one` more in the first of them.
static void make_levels(double values[LEVEL_CELLS * LEVEL_RUNS], enum levels_side sides[LEVEL_RUNS],
                        double all, double one) {
    static const double shared[LEVEL_RUNS] = {0.01, -0.01, 0, 0.01, -0.02, 0, 0.01, 0};
    for (size_t run = 0; run < LEVEL_RUNS; run++) {
        sides[run] = run % 2 ? LEVELS_NEW : LEVELS_BASE;
        for (size_t cell = 0; cell < LEVEL_CELLS; cell++)
            values[cell * LEVEL_RUNS + run] = shared[run] +
                                              0.001 * sin(7.0 * (double)run + 3.0 * (double)cell) +
                                              (run % 2 ? all + (cell ? 0 : one) : 0);
    }
}

static void a_cells_own_change_stands_out_from_a_shared_shift(void **state) {
    (void)state;
    double values[LEVEL_CELLS * LEVEL_RUNS];
    enum levels_side sides[LEVEL_RUNS];
    struct level_cell cells[LEVEL_CELLS];
    const struct levels levels = {values, sides, LEVEL_CELLS, LEVEL_RUNS, NULL};
    make_levels(values, sides, 0, 0.02);
    struct level_shift shift = levels_compare(&levels, 0.95, cells);
    assert_true(shift.tested && shift.together && shift.change.p > 0.3);
    assert_true(cells[0].beyond.p < 1e-4 && fabs(cells[0].beyond.estimate - 0.02) < 0.002);
    assert_true(cells[0].whole.p > 1e-3); // what all share is not known so well
    for (size_t cell = 1; cell < LEVEL_CELLS; cell++)
        assert_true(cells[cell].beyond.p > 0.01);
}

static void what_all_cells_share_is_a_shift(void **state) {
    (void)state;
    double values[LEVEL_CELLS * LEVEL_RUNS];
    enum levels_side sides[LEVEL_RUNS];
    struct level_cell cells[LEVEL_CELLS];
    const struct levels levels = {values, sides, LEVEL_CELLS, LEVEL_RUNS, NULL};
    make_levels(values, sides, 0.06, 0);
    struct level_shift shift = levels_compare(&levels, 0.95, cells);
    assert_true(shift.together && shift.change.p < 1e-3);
    assert_true(shift.change.low < 0.0625 && shift.change.high > 0.0575);
    for (size_t cell = 0; cell < LEVEL_CELLS; cell++) {
        assert_true(fabs(cells[cell].whole.estimate - 0.06) < 0.01);
        assert_true(fabs(cells[cell].beyond.estimate) < 0.002 && cells[cell].beyond.p > 0.01);
    }
}

static void one_run_a_side_has_an_estimate_and_no_error(void **state) {
    (void)state;
    const double values[2] = {0, 0.1};
    const enum levels_side sides[2] = {LEVELS_BASE, LEVELS_NEW};
    struct level_cell cell;
    const struct levels levels = {values, sides, 1, 2, NULL};
    assert_false(levels_compare(&levels, 0.95, &cell).tested);
    assert_true(fabs(cell.whole.estimate - 0.1) < 1e-12);
    assert_true(isnan(cell.whole.p) && isnan(cell.whole.low));
}

static void earlier_levels_give_the_spread_between_runs(void **state) {
    (void)state;
    const double values[6] = {0.5, 0.51, 0.5, 0.51, 0, 0.1};
    const enum levels_side sides[6] = {LEVELS_BEFORE, LEVELS_BEFORE, LEVELS_BEFORE,
                                       LEVELS_BEFORE, LEVELS_BASE,   LEVELS_NEW};
    struct level_cell cell;
    const struct levels levels = {values, sides, 1, 6, NULL};
    levels_compare(&levels, 0.95, &cell);
    assert_true(fabs(cell.whole.estimate - 0.1) < 1e-12);
    assert_true(cell.whole.degrees == 3 && cell.whole.p < 0.01);
}

// ---- one new run --------------------------------------------------------------------------------

enum { PAST_RUNS = 20 };

// Normal quantiles in an order without pattern: steps of 7 among 20.
static void make_calm(double values[PAST_RUNS], double deviation) {
    for (size_t i = 0; i < PAST_RUNS; i++)
        values[i] = deviation * normal_quantile(((double)(7 * i % PAST_RUNS) + 0.5) / PAST_RUNS);
}

// As far from the mean as from the last value: what it tells depends on whether neighbours are
// alike.
static void a_value_near_its_neighbour_in_a_drift_is_no_surprise(void **state) {
    (void)state;
    double calm[PAST_RUNS], drifting[PAST_RUNS];
    make_calm(calm, 0.01);
    for (size_t i = 0; i < PAST_RUNS; i++)
        drifting[i] = 0.02 * sin(0.3 * ((double)i - 9.5));
    struct drift_prediction independent = drift_predict(calm, PAST_RUNS, NULL, 0, 0.04);
    struct drift_prediction next =
        drift_predict(drifting, PAST_RUNS, NULL, 0, drifting[PAST_RUNS - 1] + 0.003);
    assert_true(independent.p < 0.005 && independent.error < 0.015);
    assert_true(next.p > 0.1);
    struct drift_prediction jump =
        drift_predict(drifting, PAST_RUNS, NULL, 0, drifting[PAST_RUNS - 1] + 0.04);
    assert_true(jump.p < 0.005); // far more than from any value to the next
    assert_true(isnan(drift_predict(calm, 1, NULL, 0, 0.04).p));
    assert_true(drift_predict(calm, 1, calm, PAST_RUNS, 0.04).p >= 0); // an earlier level tells
}

static void a_step_stands_out_of_independent_values_and_not_of_a_drift(void **state) {
    (void)state;
    double values[PAST_RUNS], drifting[PAST_RUNS];
    const size_t half = PAST_RUNS / 2;
    make_calm(values, 0.01);
    assert_true(drift_step_p(values, half, values + half, half) > 0.05);
    for (size_t i = half; i < PAST_RUNS; i++)
        values[i] += 0.05;
    assert_true(drift_step_p(values, half, values + half, half) < 0.005);
    for (size_t i = 0; i < PAST_RUNS; i++)
        drifting[i] = 0.02 * sin(0.15 * ((double)i - 9.5));
    assert_true(drift_step_p(drifting, half, drifting + half, half) > 0.01);
    assert_true(isnan(drift_step_p(values, 1, values + 1, 1)));
}

static void one_wild_value_makes_the_next_less_surprising(void **state) {
    (void)state;
    double calm[PAST_RUNS];
    make_calm(calm, 1);
    struct tails normal = tails_fit(calm, PAST_RUNS);
    calm[3] = 9;
    struct tails heavy = tails_fit(calm, PAST_RUNS);
    assert_true(tails_two_sided(&normal, 5, 5, 100) < 0.01);
    assert_true(tails_two_sided(&heavy, 5, 5, 100) > tails_two_sided(&normal, 5, 5, 100));
    assert_true(heavy.weights[0] > 0.5 && normal.weights[TAILS_KINDS - 1] > 0.5);
}

static void a_median_of_visits_of_two_kinds_may_be_too_high(void **state) {
    (void)state;
    const double steady[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const double hit[12] = {0, 1, 2, 3, 4, 50, 60, 70, 80, 90, 100, 110};
    assert_true(fabs(levels_error(steady, 12) - sqrt(12.0) / 2) < 1e-9);
    assert_true(levels_error(hit, 12) > 10 * levels_error(steady, 12));
    assert_true(isnan(levels_error(steady, 3)));
}

// One cell of the new run is higher. Where runs share nothing, nothing is taken out of it; a run
// whose visits do not tell its level is no change.
static void the_only_new_run_is_judged_by_what_the_others_show(void **state) {
    (void)state;
    enum { ALL_RUNS = PAST_RUNS + 1 };
    double values[LEVEL_CELLS * ALL_RUNS], errors[LEVEL_CELLS * ALL_RUNS];
    enum levels_side sides[ALL_RUNS];
    struct level_cell cells[LEVEL_CELLS];
    const struct levels levels = {values, sides, LEVEL_CELLS, ALL_RUNS, errors};
    for (size_t run = 0; run < ALL_RUNS; run++)
        sides[run] = run < PAST_RUNS ? LEVELS_BASE : LEVELS_NEW;
    for (size_t cell = 0; cell < LEVEL_CELLS; cell++) {
        double *own = values + cell * ALL_RUNS, calm[PAST_RUNS];
        make_calm(calm, 0.01);
        for (size_t run = 0; run < PAST_RUNS; run++)
            own[run] = calm[(run * (2 * cell + 1) + 3 * cell) % PAST_RUNS];
        own[PAST_RUNS] = cell ? 0 : 0.06;
    }
    for (size_t i = 0; i < LEVEL_CELLS * ALL_RUNS; i++)
        errors[i] = 0.003;
    levels_compare(&levels, 0.95, cells);
    assert_true(cells[0].beyond.p < 0.002 && cells[0].beyond.estimate > 0.055);
    assert_true(cells[1].beyond.p > 0.1);
    errors[PAST_RUNS] = 0.03;
    levels_compare(&levels, 0.95, cells);
    assert_true(cells[0].beyond.p > 0.02);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_of_an_odd_count_is_the_middle_value),
        cmocka_unit_test(the_median_of_an_even_count_is_the_mean_of_the_two_in_the_middle),
        cmocka_unit_test(a_value_is_selected_where_sorting_brings_it),
        cmocka_unit_test(few_and_many_values_are_sorted_with_their_places),
        cmocka_unit_test(an_order_in_which_each_pivot_is_the_least_is_selected_from_too),
        cmocka_unit_test(minimum_and_maximum_are_found_wherever_they_are),
        cmocka_unit_test(empty_input_has_no_median_and_no_extremes),
        cmocka_unit_test(the_values_stay_as_they_were),
        cmocka_unit_test(falling_values_are_pooled_into_one_level),
        cmocka_unit_test(no_other_levels_that_never_fall_are_nearer),
        cmocka_unit_test(the_interval_of_the_median_has_the_known_ranks_and_coverage),
        cmocka_unit_test(the_interval_runs_from_that_rank_to_the_same_rank_from_above),
        cmocka_unit_test(too_few_values_have_no_interval),
        cmocka_unit_test(the_narrowest_interval_is_the_two_values_in_the_middle),
        cmocka_unit_test(the_coverage_is_exact_at_its_edge),
        cmocka_unit_test(large_counts_have_an_interval_too),
        cmocka_unit_test(two_samples_that_lie_apart_give_the_least_p_and_their_distance),
        cmocka_unit_test(too_few_values_have_an_estimate_but_no_interval),
        cmocka_unit_test(the_shift_is_the_median_of_all_differences),
        cmocka_unit_test(equal_samples_are_not_significant),
        cmocka_unit_test(many_tests_make_p_larger_as_holm_and_as_benjamini_and_hochberg_say),
        cmocka_unit_test(medians_drawn_anew_vary_as_those_of_values_drawn_one_by_one),
        cmocka_unit_test(quantiles_are_those_of_the_tables),
        cmocka_unit_test(tests_that_can_never_be_significant_need_no_correction),
        cmocka_unit_test(variances_that_are_alike_make_a_strong_prior),
        cmocka_unit_test(a_cells_own_change_stands_out_from_a_shared_shift),
        cmocka_unit_test(what_all_cells_share_is_a_shift),
        cmocka_unit_test(one_run_a_side_has_an_estimate_and_no_error),
        cmocka_unit_test(earlier_levels_give_the_spread_between_runs),
        cmocka_unit_test(a_value_near_its_neighbour_in_a_drift_is_no_surprise),
        cmocka_unit_test(a_step_stands_out_of_independent_values_and_not_of_a_drift),
        cmocka_unit_test(one_wild_value_makes_the_next_less_surprising),
        cmocka_unit_test(a_median_of_visits_of_two_kinds_may_be_too_high),
        cmocka_unit_test(the_only_new_run_is_judged_by_what_the_others_show),
        cmocka_unit_test(both_edges_of_a_bump_are_found_and_changes_that_are_too_small_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
