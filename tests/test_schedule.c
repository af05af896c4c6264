// SPDX-License-Identifier: Apache-2.0
// The schedule: plans and rows in, the order of visits out. Nothing here measures.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_os.h"
#include "plan/schedule.h"

enum { CELLS_MAX = 16 };

struct fixture {
    struct plan plan;
    struct schedule schedule;
    double truth[CELLS_MAX];  // what a visit of each cell gives; 0: nothing
    double spread[CELLS_MAX]; // visits lie up to this share above and below it
    uint64_t visits[CELLS_MAX];
    size_t order[4096];
    size_t count;
    struct row row;
};

static struct cell a_cell(enum test test, enum block block) {
    struct cell cell = {.test = test,
                        .block = block,
                        .pages = page_kind_find("4K"),
                        .page_bytes = 4 * KIB,
                        .size_bytes = 64 * MIB,
                        .chains = 1};
    id_set_add(&cell.cpus, 0);
    if (test == TEST_LATENCY) {
        cell.pattern = chase_pattern_find("structural");
        cell.shape = chase_shape_of(cell.pattern, CHASE_LINE_BYTES);
    } else {
        cell.kernel = kernel_find("read", ISA_PORTABLE);
    }
    return cell;
}

static void begin(struct fixture *fixture, size_t cells, enum test test, enum block block) {
    *fixture = (struct fixture){
        .plan = {.seed = 1, .budget_ns = 3600 * NS_PER_S}
    };
    fake_os_reset(1, 4);
    for (size_t i = 0; i < cells; i++) {
        struct cell cell = a_cell(test, block);
        cell.mem_node = block == BLOCK_PEAK ? 0 : (uint32_t)i;
        plan_add(&fixture->plan, cell);
        fixture->truth[i] = 100;
    }
}

static void give(struct fixture *fixture, size_t cell) {
    double side = fixture->visits[cell]++ % 2 ? 1 : -1;
    double value = fixture->truth[cell] * (1 + side * fixture->spread[cell]);
    row_clear(&fixture->row);
    if (fixture->truth[cell] > 0 && fixture->plan.cells[cell].test == TEST_LATENCY)
        fixture->row.latency_ns = value;
    else if (fixture->truth[cell] > 0)
        fixture->row.bandwidth_bytes_per_s = value;
    schedule_add(&fixture->schedule, cell, &fixture->row);
}

static void run(struct fixture *fixture) {
    size_t cell;
    uint64_t round;
    schedule_begin(&fixture->schedule, &fixture->plan);
    while (schedule_next(&fixture->schedule, &cell, &round)) {
        assert_true(fixture->count < COUNT_OF(fixture->order));
        assert_int_equal(round, fixture->visits[cell] + 1);
        fixture->order[fixture->count++] = cell;
        give(fixture, cell);
    }
}

static void end(struct fixture *fixture) {
    schedule_free(&fixture->schedule);
    plan_free(&fixture->plan);
}

static void rounds_that_are_asked_for_hold_each_cell_once(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 6, TEST_LATENCY, BLOCK_IDLE);
    fixture.plan.rounds = 5;
    run(&fixture);
    assert_int_equal(fixture.count, 30);
    for (size_t round = 0; round < 5; round++) {
        unsigned seen = 0;
        for (size_t i = 0; i < 6; i++)
            seen |= 1u << fixture.order[round * 6 + i];
        assert_int_equal(seen, 63);
    }
    assert_memory_not_equal(fixture.order, fixture.order + 6, 6 * sizeof *fixture.order);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_ROUNDS);
    end(&fixture);
}

static void the_same_seed_and_rows_give_the_same_order(void **state) {
    (void)state;
    struct fixture one, same, other;
    begin(&one, 6, TEST_LATENCY, BLOCK_IDLE);
    begin(&same, 6, TEST_LATENCY, BLOCK_IDLE);
    begin(&other, 6, TEST_LATENCY, BLOCK_IDLE);
    other.plan.seed = 2;
    run(&one);
    run(&same);
    run(&other);
    assert_int_equal(one.count, same.count);
    assert_memory_equal(one.order, same.order, sizeof one.order);
    assert_memory_not_equal(one.order, other.order, sizeof one.order);
    end(&one);
    end(&same);
    end(&other);
}

// Eight visits, then the first cell once more.
static void a_cell_that_is_known_well_enough_is_left_at_the_first_look(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 3, TEST_BANDWIDTH, BLOCK_MATRIX);
    fixture.spread[1] = 0.05;
    fixture.spread[2] = 0.009;
    run(&fixture);
    size_t again = fixture.order[fixture.count - 1];
    assert_int_equal(again, fixture.order[0]);
    fixture.visits[again]--;
    assert_int_equal(fixture.visits[0], 8);
    assert_int_equal(fixture.visits[1], 32);
    assert_int_equal(fixture.visits[2], 8);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_CONVERGED);
    assert_int_equal(fixture.schedule.cells[1].stopped, STOP_LOOKS);
    end(&fixture);
}

// Half a nanosecond is enough for a latency, however short it is.
static void a_short_latency_need_not_be_known_to_a_hundredth(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 2, TEST_LATENCY, BLOCK_IDLE);
    fixture.truth[0] = fixture.truth[1] = 4;
    fixture.spread[0] = 0.1;
    fixture.spread[1] = 0.2;
    run(&fixture);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_CONVERGED);
    assert_int_equal(fixture.schedule.cells[1].stopped, STOP_LOOKS);
    end(&fixture);
}

static void the_budget_holds_whole_rounds_and_at_least_one(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 4, TEST_BANDWIDTH, BLOCK_MATRIX);
    for (size_t i = 0; i < 4; i++)
        fixture.spread[i] = 0.5;
    uint64_t round_ns = plan_predict_round_ns(&fixture.plan);
    fixture.plan.budget_ns = 3 * round_ns + round_ns / 2;
    run(&fixture);
    assert_int_equal(fixture.count, 3 * 4 + 1);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_BUDGET);
    end(&fixture);
    begin(&fixture, 4, TEST_BANDWIDTH, BLOCK_MATRIX);
    fixture.plan.budget_ns = 1;
    struct error error;
    run(&fixture);
    assert_int_equal(fixture.count, 4 + 1);
    assert_false(schedule_check(&fixture.schedule, &error));
    assert_non_null(strstr(error.text, "--budget"));
    fixture.plan.budget_ns = round_ns;
    assert_true(schedule_check(&fixture.schedule, &error));
    end(&fixture);
}

static void a_refused_cell_is_visited_once(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 2, TEST_BANDWIDTH, BLOCK_MATRIX);
    error_set(&fixture.plan.cells[0].refusal, ERROR_KIND_REFUSED, 0, "not allowed");
    fixture.truth[0] = 0;
    run(&fixture);
    assert_int_equal(fixture.visits[0], 1);
    assert_int_equal(fixture.visits[1], 8 + 1);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_REFUSED);
    end(&fixture);
}

// A cell that never gives a value is asked again in every round, and the run ends all the same.
static void a_cell_without_values_does_not_stop_the_others(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 2, TEST_BANDWIDTH, BLOCK_MATRIX);
    fixture.truth[0] = 0;
    run(&fixture);
    assert_int_equal(fixture.schedule.cells[0].value_count, 0);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_LOOKS);
    assert_int_equal(fixture.schedule.cells[1].stopped, STOP_CONVERGED);
    end(&fixture);
}

// Nine compete: nine run, five of them again, then three, then the last two as any other cell.
static void the_best_of_a_race_is_found_and_measured(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 9, TEST_BANDWIDTH, BLOCK_PEAK);
    for (size_t i = 0; i < 9; i++)
        fixture.truth[i] = 100 + (double)(i * 5 % 9); // cell 7 is the best, then 5
    run(&fixture);
    for (size_t i = 0; i < 9; i++) {
        bool final = i == 7 || i == 5;
        assert_int_equal(fixture.schedule.cells[i].stopped, final ? STOP_CONVERGED : STOP_LOST);
        assert_true(final == (fixture.visits[i] >= 8));
        assert_true(fixture.visits[i] >= 1);
    }
    end(&fixture);
}

static void races_of_different_mixes_do_not_meet(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 6, TEST_BANDWIDTH, BLOCK_PEAK);
    for (size_t i = 0; i < 6; i++) {
        fixture.plan.cells[i].mix = &kernel_mixes[i / 3];
        fixture.truth[i] = 100 + (double)i;
    }
    run(&fixture);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(fixture.schedule.cells[i].stopped == STOP_LOST, i % 3 == 0);
    end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_that_are_asked_for_hold_each_cell_once),
        cmocka_unit_test(the_same_seed_and_rows_give_the_same_order),
        cmocka_unit_test(a_cell_that_is_known_well_enough_is_left_at_the_first_look),
        cmocka_unit_test(a_short_latency_need_not_be_known_to_a_hundredth),
        cmocka_unit_test(the_budget_holds_whole_rounds_and_at_least_one),
        cmocka_unit_test(a_refused_cell_is_visited_once),
        cmocka_unit_test(a_cell_without_values_does_not_stop_the_others),
        cmocka_unit_test(the_best_of_a_race_is_found_and_measured),
        cmocka_unit_test(races_of_different_mixes_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
