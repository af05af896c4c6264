// SPDX-License-Identifier: Apache-2.0
// Which cells stand together: one key for tables, curves, sweeps and pairs. Rows are made by hand.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyse/loaded_curves.h"
#include "analyse/pair_classes.h"
#include "analyse/series.h"

// What a row has of all that a series looks at; its name is made of a number.
static struct row row;

static void begin_row(enum test test, enum block block) {
    row_clear(&row);
    row.test = test;
    row.block = block;
    row.cpu_node = 0;
    row.mem_node = node_set_of(0);
    row.threads = 1;
    row.status = STATUS_OK;
    row.placement = VERDICT_VERIFIED;
    row_set_name(row.pages, "thp");
    row.latency_ns = 100;
}

static void add_row(struct dataset *dataset) {
    snprintf(row.cell, sizeof row.cell, "cell %zu", dataset->cell_count);
    dataset_add(dataset, &row);
}

static void add_stream(struct dataset *dataset, const char *kernel, uint64_t threads,
                       uint64_t cpu_node, uint32_t mem_node) {
    begin_row(TEST_BANDWIDTH, BLOCK_MATRIX);
    row_set_name(row.kernel, kernel);
    row.threads = threads;
    row.cpu_node = cpu_node;
    row.mem_node = node_set_of(mem_node);
    row.buffer_bytes = row.buffer_asked_bytes = 64 * MIB;
    row.size_rule = SIZE_BY_CACHES;
    row.bandwidth_bytes_per_s = 1e9 * (double)threads;
    row.latency_ns = NAN;
    add_row(dataset);
}

static void add_point(struct dataset *dataset, const char *pattern, uint64_t delay, double gb_s) {
    begin_row(TEST_LOADED, BLOCK_LOADED);
    row_set_name(row.pattern, pattern);
    row_set_name(row.mix, "reads");
    row_set_name(row.kernel, "read");
    row.load_node = 0;
    row.load_mode = LOAD_CLOSED;
    row.load_delay_cycles = delay;
    row.bandwidth_bytes_per_s = gb_s * 1e9;
    row.load_bytes_per_s = (gb_s - 0.5) * 1e9;
    add_row(dataset);
}

static void each_thread_count_has_its_own_matrix(void **state) {
    (void)state;
    struct dataset dataset = {0};
    struct series_list list;
    for (uint64_t threads = 2; threads >= 1; threads--)
        for (uint64_t node = 0; node < 2; node++)
            add_stream(&dataset, "read", threads, node, 0);
    add_stream(&dataset, "copy", 1, 0, 0);
    series_list_build(&list, &dataset, SERIES_MATRIX);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.at[0].cells[0]->kernel, "copy");
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(list.at[i].cell_count, 2);
        assert_int_equal(list.at[i].cells[0]->threads, i);
        assert_int_equal(list.at[i].cells[1]->threads, i);
        assert_int_equal(list.at[i].cells[1]->cpu_node, 1);
    }
    series_list_free(&list);
    dataset_free(&dataset);
}

// One thread a core is eight here and four there: still one matrix.
static void nodes_with_other_teams_share_a_matrix(void **state) {
    (void)state;
    struct dataset dataset = {0};
    struct series_list list;
    add_stream(&dataset, "read", 8, 0, 0);
    add_stream(&dataset, "read", 4, 1, 0);
    series_list_build(&list, &dataset, SERIES_MATRIX);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.at[0].cell_count, 2);
    series_list_free(&list);
    dataset_free(&dataset);
}

static void sizes_that_were_asked_for_are_apart_and_sizes_by_the_caches_are_not(void **state) {
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        struct dataset dataset = {0};
        struct series_list list;
        for (uint64_t node = 0; node < 2; node++) {
            begin_row(TEST_LATENCY, BLOCK_IDLE);
            row_set_name(row.pattern, "structural");
            row.cpu_node = node;
            row.size_rule = asked ? SIZE_ASKED : SIZE_BY_CACHES;
            row.buffer_bytes = row.buffer_asked_bytes = (node + 1) * GIB;
            add_row(&dataset);
        }
        series_list_build(&list, &dataset, SERIES_MATRIX);
        assert_int_equal(list.count, asked ? 2 : 1);
        series_list_free(&list);
        dataset_free(&dataset);
    }
}

static void two_patterns_are_two_curves(void **state) {
    (void)state;
    struct dataset dataset = {0};
    struct loaded_curves curves;
    for (uint64_t delay = 0; delay < 3; delay++) {
        add_point(&dataset, "structural", 1000 * delay, 20 - 5 * (double)delay);
        add_point(&dataset, "full_random", 1000 * delay, 20 - 5 * (double)delay);
    }
    loaded_curves_build(&curves, &dataset);
    assert_int_equal(curves.count, 2);
    for (size_t i = 0; i < curves.count; i++) {
        assert_int_equal(curves.at[i].curve.count, 3);
        assert_true(curves.at[i].curve.points[0].pause == 2000);
        assert_int_equal(curves.at[i].visits_max, 1);
    }
    assert_non_null(strstr(curves.at[0].name, "full_random chain"));
    loaded_curves_free(&curves);
    dataset_free(&dataset);
}

// What came of a paced load is what the load moved, and its idle latency is that of the closed one.
static void a_paced_load_stands_beside_the_closed_one(void **state) {
    (void)state;
    struct dataset dataset = {0};
    struct loaded_curves curves;
    add_point(&dataset, "structural", 10000, 0.6);
    add_point(&dataset, "structural", 0, 20);
    add_point(&dataset, "structural", NONE_U64, 12.5);
    add_point(&dataset, "full_random", NONE_U64, 12.5);
    for (size_t i = 2; i < 4; i++) {
        dataset.cells[i].load_mode = LOAD_PACED;
        dataset.cells[i].offered_bytes_per_s = 12e9;
    }
    loaded_curves_build(&curves, &dataset);
    assert_int_equal(curves.count, 3);
    for (size_t i = 0; i < curves.count; i++) {
        const struct loaded_curve *curve = &curves.at[i];
        const struct loaded_curve *twin = loaded_curves_twin(&curves, curve);
        bool alone = strcmp(curve->first->pattern, "full_random") == 0;
        assert_int_equal(twin != NULL, !alone);
        if (!curve->paced)
            continue;
        assert_true(curve_point_bandwidth(&curve->curve.points[0]) == 12e9);
        assert_true(loaded_curve_offered(&curve->curve.points[0]) > 11.99e9);
        assert_int_equal(isnan(curve->figures[CURVE_IDLE_NS].value) != 0, alone);
    }
    loaded_curves_free(&curves);
    dataset_free(&dataset);
}

static void pairs_are_apart_by_the_home_of_their_lines(void **state) {
    (void)state;
    struct dataset dataset = {0};
    struct series_list list;
    for (uint64_t reader = 1; reader < 4; reader++)
        for (enum pair_home home = 0; home < 2; home++) {
            begin_row(TEST_C2C, BLOCK_C2C);
            row_set_name(row.protocol, "hitm_read");
            row.home = home;
            row.pair_class = reader == 3 ? PAIR_NODE : PAIR_L3;
            row.writer_cpu = 0;
            row.reader_cpu = reader;
            row.latency_ns = (double)reader;
            add_row(&dataset);
        }
    series_list_build(&list, &dataset, SERIES_PAIRS);
    assert_int_equal(list.count, 2);
    struct pair_class_figure figures[PAIR_CLASS_COUNT];
    pair_class_figures(&list.at[0], figures);
    assert_int_equal(figures[PAIR_L3].valued, 2);
    assert_true(figures[PAIR_L3].median_ns == 1.5);
    assert_int_equal(figures[PAIR_NODE].pairs, 1);
    assert_int_equal(figures[PAIR_SMT].pairs, 0);
    series_list_free(&list);
    dataset_free(&dataset);
}

// A program before the column wrote it into the cell's name alone.
static void the_home_of_old_rows_is_in_their_names(void **state) {
    (void)state;
    struct dataset dataset = {0};
    begin_row(TEST_C2C, BLOCK_C2C);
    row_set_name(row.cell, "c2c/hitm_read/writer:0/reader:1/home:reader/page:thp");
    dataset_add(&dataset, &row);
    row_set_name(row.cell, "c2c/hitm_read/writer:0/reader:1");
    dataset_add(&dataset, &row);
    assert_int_equal(dataset.cells[0].home, HOME_READER);
    assert_int_equal(dataset.cells[1].home, PAIR_HOME_COUNT);
    dataset_free(&dataset);
}

// Cells are met in random order, and what is shown must not depend on it.
static void the_order_of_a_list_is_not_that_of_the_rows(void **state) {
    (void)state;
    static const char *const loops[] = {"copy", "read", "triad"};
    for (int turn = 0; turn < 3; turn++) {
        struct dataset dataset = {0};
        struct series_list list;
        for (int i = 0; i < 3; i++)
            for (uint64_t node = 0; node < 2; node++)
                add_stream(&dataset, loops[(i + turn) % 3], 1, (node + (uint64_t)turn) % 2, 0);
        series_list_build(&list, &dataset, SERIES_MATRIX);
        assert_int_equal(list.count, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(list.at[i].cells[0]->kernel, loops[i]);
            assert_int_equal(list.at[i].cells[0]->cpu_node, 0);
        }
        series_list_free(&list);
        dataset_free(&dataset);
    }
}

// What a probe gave is no result; of its rows only Ctrl-C counts, and only as the last word.
static void of_a_probe_only_ctrl_c_is_kept(void **state) {
    (void)state;
    struct dataset dataset = {0};
    begin_row(TEST_LATENCY, BLOCK_PROBE);
    add_row(&dataset);
    assert_int_equal(dataset.cell_count, 0);
    row.status = STATUS_INTERRUPTED;
    add_row(&dataset);
    assert_true(dataset.interrupted);
    begin_row(TEST_LATENCY, BLOCK_IDLE);
    add_row(&dataset);
    assert_false(dataset.interrupted); // it was resumed
    assert_int_equal(dataset.rows, 1);
    dataset_free(&dataset);
}

// Sums and ratios of such numbers are infinite, which no form of ours can say.
static void impossible_numbers_are_not_values(void **state) {
    (void)state;
    static const double values[] = {1.7e308, 5e-324, 0, -1, 1e31};
    struct dataset dataset = {0};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        begin_row(TEST_LATENCY, BLOCK_IDLE);
        row.latency_ns = values[i];
        add_row(&dataset);
        assert_int_equal(dataset.cells[i].visit_count, 0);
    }
    begin_row(TEST_LATENCY, BLOCK_IDLE);
    add_row(&dataset);
    assert_int_equal(dataset.cells[COUNT_OF(values)].visit_count, 1);
    dataset_free(&dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thread_count_has_its_own_matrix),
        cmocka_unit_test(nodes_with_other_teams_share_a_matrix),
        cmocka_unit_test(sizes_that_were_asked_for_are_apart_and_sizes_by_the_caches_are_not),
        cmocka_unit_test(two_patterns_are_two_curves),
        cmocka_unit_test(a_paced_load_stands_beside_the_closed_one),
        cmocka_unit_test(pairs_are_apart_by_the_home_of_their_lines),
        cmocka_unit_test(the_home_of_old_rows_is_in_their_names),
        cmocka_unit_test(the_order_of_a_list_is_not_that_of_the_rows),
        cmocka_unit_test(of_a_probe_only_ctrl_c_is_kept),
        cmocka_unit_test(impossible_numbers_are_not_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
