// SPDX-License-Identifier: Apache-2.0
// Sweeps over sizes: which sizes are measured, and what is read from their times. Compared
// with models of caches whose sizes are known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "analyse/sweep.h"
#include "base/random.h"
#include "fake_os.h"
#include "plan/sweep.h"

// ---- which sizes --------------------------------------------------------------------------------

static void sizes_are_pages_rising_from_one_to_four_times_the_last_cache(void **state) {
    (void)state;
    const struct topology_level levels[] = {
        {1, 48 * KIB},
        {2, 2 * MIB },
        {3, 60 * MIB}
    };
    uint64_t *sizes;
    size_t count = sweep_sizes(levels, 3, 0, &sizes);
    assert_int_equal(sizes[0], 4 * KIB);
    assert_true(sizes[count - 1] >= 240 * MIB && sizes[count - 2] < 240 * MIB);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sizes[i] % (4 * KIB), 0);
        assert_true(i == 0 || sizes[i] > sizes[i - 1]);
    }
    for (size_t i = 6; i < count; i++) // from 32 KiB on whole pages are no coarser than the steps
        assert_true((double)sizes[i] / (double)sizes[i - 1] < 1.5);
    free(sizes);
}

static void sizes_begin_with_the_ordinary_page_of_the_system(void **state) {
    (void)state;
    const uint64_t pages_bytes[] = {16 * KIB, 64 * KIB};
    for (size_t page = 0; page < COUNT_OF(pages_bytes); page++) {
        fake_os.base_page_bytes = pages_bytes[page];
        uint64_t *sizes;
        size_t count = sweep_sizes(NULL, 0, 4 * MIB, &sizes);
        assert_int_equal(sizes[0], pages_bytes[page]);
        assert_int_equal(sizes[count - 1], 4 * MIB);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(sizes[i] % pages_bytes[page], 0);
        free(sizes);
    }
}

static void sizes_are_denser_within_a_doubling_of_each_cache(void **state) {
    (void)state;
    const struct topology_level levels[] = {
        {2, 1 * MIB}
    };
    uint64_t *sizes;
    size_t count = sweep_sizes(levels, 1, 0, &sizes), near = 0, before = 0;
    for (size_t i = 0; i < count; i++) {
        near += sizes[i] > 512 * KIB && sizes[i] <= 2 * MIB;
        before += sizes[i] > 128 * KIB && sizes[i] <= 512 * KIB;
    }
    assert_int_equal(near, 8);
    assert_int_equal(before, 4); // 181, 256, 362 and 512 KiB
    free(sizes);
}

static void sizes_without_any_cache_go_as_far_as_for_the_assumed_one(void **state) {
    (void)state;
    uint64_t *sizes;
    size_t count = sweep_sizes(NULL, 0, 0, &sizes);
    assert_true(sizes[count - 1] >= 128 * MIB && sizes[count - 1] < 256 * MIB);
    free(sizes);
    count = sweep_sizes(NULL, 0, 70 * KIB, &sizes); // unless one ends it
    assert_int_equal(sizes[count - 1], 64 * KIB);
    free(sizes);
    count = sweep_sizes(NULL, 0, 4 * KIB, &sizes);
    assert_int_equal(count, 1);
    free(sizes);
}

// ---- models -------------------------------------------------------------------------------------

// How a cache that is too small for what is walked serves it: by random replacement a share of it,
// by age nothing at all.
enum model { MODEL_RANDOM, MODEL_AGE };

struct memory {
    double sizes[4]; // of the caches; 0: none
    double times[5]; // of each, and of the memory behind the last
};

static double time_at(const struct memory *memory, enum model model, double size) {
    double time = 0, left = 1; // the share that no level so far has served
    size_t level = 0;
    for (; level < 4 && memory->sizes[level] > 0; level++) {
        double holds = memory->sizes[level];
        double hit = size <= holds ? 1 : model == MODEL_RANDOM ? holds / size : 0;
        double served = fmax(0, hit - (1 - left));
        time += served * memory->times[level];
        left -= served;
    }
    return time + left * memory->times[level];
}

struct fixture {
    struct sweep_point points[256];
    size_t count;
    struct sweep_level levels[SWEEP_LEVELS_MAX];
    size_t found;
};

// Sizes as for a machine that shows these caches.
static void measure(struct fixture *fixture, const struct memory *memory, enum model model,
                    const struct topology_level *shown, size_t shown_count) {
    uint64_t *sizes;
    fixture->count = sweep_sizes(shown, shown_count, 0, &sizes);
    for (size_t i = 0; i < fixture->count; i++)
        fixture->points[i] =
            (struct sweep_point){(double)sizes[i], time_at(memory, model, (double)sizes[i])};
    free(sizes);
}

static void find(struct fixture *fixture) {
    fixture->found = sweep_find_levels(fixture->points, fixture->count, fixture->levels);
}

static void assert_holds(const struct sweep_level *level, double size) {
    assert_true(level->low_bytes <=
                1.03 * size); // where replacement is random it is the size itself
    assert_true(level->high_bytes >= 0.97 * size);
    assert_true(level->holds_bytes > size / 1.3 && level->holds_bytes < 1.3 * size);
}

// 32 KiB, 1 MiB and 32 MiB, shown as they are.
static const struct topology_level true_levels[] = {
    {1, 32 * KIB},
    {2, 1 * MIB },
    {3, 32 * MIB}
};
static const struct memory true_memory = {
    {32.0 * KIB, 1.0 * MIB, 32.0 * MIB},
    { 1.3,         4,        15,        110}
};

static void a_sharp_border_lies_between_two_sizes(void **state) {
    (void)state;
    struct fixture fixture;
    measure(&fixture, &true_memory, MODEL_AGE, true_levels, 3);
    find(&fixture);
    assert_int_equal(fixture.found, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_holds(&fixture.levels[i], true_memory.sizes[i]);
        assert_true(fabs(fixture.levels[i].time / true_memory.times[i] - 1) < 0.01);
    }
}

// The share that a level still serves falls slowly: half way between the two times would be at half
// as much again of the true size, and more.
static void a_soft_border_is_known_from_the_share_that_is_still_served(void **state) {
    (void)state;
    struct fixture fixture;
    const struct memory memory = {
        {40.0 * KIB, 3.0 * MIB},
        { 1.3,         4,        30}
    };
    const struct topology_level shown[] = {
        {1, 40 * KIB},
        {2, 30 * MIB}
    };
    measure(&fixture, &memory, MODEL_RANDOM, shown, 2);
    find(&fixture);
    assert_int_equal(fixture.found, 3);
    assert_holds(&fixture.levels[0], memory.sizes[0]);
    assert_holds(&fixture.levels[1], memory.sizes[1]);
}

// The last level's time is not yet flat at four times the cache: what it holds is then a bound.
static void a_curve_that_never_gets_flat_again_is_not_reached(void **state) {
    (void)state;
    struct fixture fixture;
    measure(&fixture, &true_memory, MODEL_AGE, true_levels, 3);
    while (fixture.points[fixture.count - 1].size_bytes > 40.0 * MIB)
        fixture.count--;
    find(&fixture);
    assert_int_equal(fixture.found, 3);
    assert_true(isnan(fixture.levels[2].holds_bytes) && isnan(fixture.levels[2].high_bytes));
    assert_true(fixture.levels[2].low_bytes == 32.0 * MIB);
}

static void noise_of_visits_moves_no_level(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct fixture fixture;
        struct random random;
        random_seed(&random, seed);
        measure(&fixture, &true_memory, MODEL_AGE, true_levels, 3);
        for (size_t i = 0; i < fixture.count; i++)
            fixture.points[i].time *= 0.98 + 0.04 * (double)random_below(&random, 1000) / 1000;
        // Somebody else was at work now and then.
        for (int spike = 0; spike < 3; spike++)
            fixture.points[3 + random_below(&random, fixture.count - 6)].time *= 1.5;
        find(&fixture);
        assert_int_equal(fixture.found, 4);
        for (size_t i = 0; i < 3; i++)
            assert_true(fixture.levels[i].holds_bytes > true_memory.sizes[i] / 1.6 &&
                        fixture.levels[i].holds_bytes < true_memory.sizes[i] * 1.6);
    }
}

// ---- what is shown ------------------------------------------------------------------------------

static void match(const struct fixture *fixture, const struct topology_level *shown, size_t count,
                  size_t matches[TOPOLOGY_LEVELS_MAX]) {
    uint64_t sizes[TOPOLOGY_LEVELS_MAX];
    for (size_t i = 0; i < count; i++)
        sizes[i] = shown[i].size_bytes;
    sweep_match(fixture->levels, fixture->found, sizes, count, matches);
}

static void caches_that_are_as_shown_are_found_in_order(void **state) {
    (void)state;
    struct fixture fixture;
    size_t matches[TOPOLOGY_LEVELS_MAX];
    measure(&fixture, &true_memory, MODEL_AGE, true_levels, 3);
    find(&fixture);
    match(&fixture, true_levels, 3, matches);
    assert_true(matches[0] == 0 && matches[1] == 1 && matches[2] == 2);
}

static void a_guest_owns_less_last_level_cache_than_it_sees(void **state) {
    (void)state;
    struct fixture fixture;
    size_t matches[TOPOLOGY_LEVELS_MAX];
    const struct memory guest = {
        {32.0 * KIB, 1.0 * MIB, 5.0 * MIB},
        { 1.3,         4,        15,       110}
    };
    for (enum model model = MODEL_RANDOM; model <= MODEL_AGE; model++) {
        measure(&fixture, &guest, model, true_levels, 3);
        find(&fixture);
        match(&fixture, true_levels, 3, matches);
        // By random replacement the last cache is nowhere flat, so close is it to the one before;
        // what is held in front of the memory is known all the same.
        assert_int_equal(fixture.found, model == MODEL_AGE ? 4 : 3);
        assert_int_equal(matches[2], fixture.found - 2);
        assert_holds(&fixture.levels[matches[2]], 5.0 * MIB);
        assert_true(fixture.levels[matches[2]].high_bytes < 32.0 * MIB / 4);
    }
}

static void an_unseen_last_cache_does_not_bound_another_level(void **state) {
    (void)state;
    struct fixture fixture;
    size_t matches[TOPOLOGY_LEVELS_MAX];
    const struct memory guest = {
        {32.0 * KIB, 1.0 * MIB},
        { 1.3,         4,       110}
    };
    measure(&fixture, &guest, MODEL_AGE, true_levels, 3);
    find(&fixture);
    match(&fixture, true_levels, 3, matches);
    assert_int_equal(matches[1], 1);
    assert_true(matches[2] == SIZE_MAX);
}

static void a_flat_curve_has_one_level_and_no_border(void **state) {
    (void)state;
    struct fixture fixture;
    size_t matches[TOPOLOGY_LEVELS_MAX];
    const struct memory flat = {{0}, {80}};
    measure(&fixture, &flat, MODEL_AGE, true_levels, 3);
    find(&fixture);
    assert_int_equal(fixture.found, 1);
    assert_true(isnan(fixture.levels[0].holds_bytes));
    assert_true(fixture.levels[0].low_bytes == fixture.points[fixture.count - 1].size_bytes);
    match(&fixture, true_levels, 3, matches);
    assert_true(matches[0] == SIZE_MAX && matches[1] == SIZE_MAX && matches[2] == SIZE_MAX);
}

static void a_slope_without_any_level_has_none(void **state) {
    (void)state;
    struct fixture fixture = {.count = 40};
    for (size_t i = 0; i < fixture.count; i++)
        fixture.points[i] = (struct sweep_point){4096 * exp2((double)i / 2), exp2((double)i / 4)};
    find(&fixture);
    assert_int_equal(fixture.found, 0);
    fixture.count = 0;
    find(&fixture);
    assert_int_equal(fixture.found, 0);
}

// ---- rows ---------------------------------------------------------------------------------------

static void add_row(struct dataset *dataset, const char *test, uint64_t touched, double value) {
    static struct row row;
    row_clear(&row);
    row.test = (enum test)word_find(&words_test, test);
    row.block = BLOCK_SWEEP;
    row_set_name(row.pages, "4K");
    row_set_text(row.cpus, "1");
    row.status = STATUS_OK;
    bool latency = strcmp(test, "latency") == 0;
    row_set_name(row.pattern, latency ? "structural" : "");
    row_set_name(row.kernel, latency ? "chase" : "read");
    row.cpu_node = 0;
    row.mem_node = node_set_of(0);
    row.threads = 1;
    row.touched_bytes = touched;
    row.buffer_bytes = latency ? 2 * touched : touched;
    row.latency_ns = latency ? value : NAN;
    row.bandwidth_bytes_per_s = latency ? NAN : value;
    snprintf(row.cell, sizeof row.cell, "%s/%llu", test, (unsigned long long)touched);
    dataset_add(dataset, &row);
}

static void rows_are_grouped_into_series_by_what_they_touch(void **state) {
    (void)state;
    struct dataset dataset = {0};
    for (uint64_t pages = 256; pages; pages /= 2) { // in any order
        add_row(&dataset, "bandwidth", pages * 4 * KIB, pages > 8 ? 1e10 : 4e10);
        add_row(&dataset, "latency", pages * 4 * KIB, pages > 8 ? 80 : 1.3);
    }
    struct sweep_list list;
    sweep_list_build(&list, &dataset);
    assert_int_equal(list.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(list.at[i].metric, i ? METRIC_BANDWIDTH : METRIC_LATENCY);
        assert_int_equal(list.at[i].cell_count, 9);
        assert_true(series_size_bytes(list.at[i].cells[0]) == 4.0 * KIB);
        assert_int_equal(list.at[i].level_count, 2);
        assert_holds(&list.at[i].levels[0], 40.0 * KIB);
        assert_true(list.at[i].levels[0].low_bytes == 32.0 * KIB);
    }
    char name[SWEEP_NAME_BYTES];
    assert_string_equal(sweep_name(&list.at[0], name),
                        "structural, cpu 0 to mem 0, 4K pages, 1 thread");
    sweep_list_free(&list);
    dataset_free(&dataset);
}

static int make_machine(void **state) {
    (void)state;
    fake_os_reset(1, 1);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sizes_are_pages_rising_from_one_to_four_times_the_last_cache,
                               make_machine),
        cmocka_unit_test_setup(sizes_begin_with_the_ordinary_page_of_the_system, make_machine),
        cmocka_unit_test_setup(sizes_are_denser_within_a_doubling_of_each_cache, make_machine),
        cmocka_unit_test_setup(sizes_without_any_cache_go_as_far_as_for_the_assumed_one,
                               make_machine),
        cmocka_unit_test(a_sharp_border_lies_between_two_sizes),
        cmocka_unit_test(a_soft_border_is_known_from_the_share_that_is_still_served),
        cmocka_unit_test(a_curve_that_never_gets_flat_again_is_not_reached),
        cmocka_unit_test(noise_of_visits_moves_no_level),
        cmocka_unit_test(caches_that_are_as_shown_are_found_in_order),
        cmocka_unit_test(a_guest_owns_less_last_level_cache_than_it_sees),
        cmocka_unit_test(an_unseen_last_cache_does_not_bound_another_level),
        cmocka_unit_test(a_flat_curve_has_one_level_and_no_border),
        cmocka_unit_test(a_slope_without_any_level_has_none),
        cmocka_unit_test(rows_are_grouped_into_series_by_what_they_touch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
