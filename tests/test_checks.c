// SPDX-License-Identifier: Apache-2.0
// Check cells: which cells they are made of, and that they differ from these in one thing.
#include "plan/checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A plan of cells made by hand: a chain, a stream that only reads and one that copies.
struct fixture {
    struct plan plan;
    struct error error;
};
enum { CHAIN, READS, COPY, PLANNED };

static void begin(struct fixture *fixture) {
    *fixture = (struct fixture){0};
    struct cell chain = {.test = TEST_LATENCY,
                         .pattern = chase_pattern_find("structural"),
                         .chains = 1,
                         .pages = page_kind_find("2M"),
                         .page_bytes = 2 * MIB,
                         .size_bytes = 128 * MIB};
    chain.shape = chase_shape_of(chain.pattern, CHASE_LINE_BYTES);
    struct cell stream = {.test = TEST_BANDWIDTH,
                          .block = BLOCK_MATRIX,
                          .kernel = kernel_find("read", ISA_PORTABLE),
                          .pages = page_kind_find("2M"),
                          .page_bytes = 2 * MIB,
                          .size_bytes = 64 * MIB};
    id_set_add(&chain.cpus, 3);
    plan_add(&fixture->plan, chain);
    id_set_add(&stream.cpus, 4);
    plan_add(&fixture->plan, stream);
    stream.kernel = kernel_find("copy", ISA_PORTABLE);
    stream.cpus = id_set_copy(&stream.cpus);
    plan_add(&fixture->plan, stream);
}

static const struct cell *check_of(const struct fixture *fixture, enum test test,
                                   enum check check) {
    for (size_t i = PLANNED; i < fixture->plan.cell_count; i++)
        if (fixture->plan.cells[i].test == test && fixture->plan.cells[i].check == check)
            return &fixture->plan.cells[i];
    fail_msg("no such check");
    return NULL;
}

static void each_check_has_one_thing_otherwise(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    assert_true(plan_add_checks(&fixture.plan, &fixture.error));
    assert_int_equal(fixture.plan.cell_count, PLANNED + 5);
    const struct cell *base = &fixture.plan.cells[CHAIN];
    const struct cell *size = check_of(&fixture, TEST_LATENCY, CHECK_SIZE_DOUBLED);
    assert_int_equal(size->size_bytes, 2 * base->size_bytes);
    assert_int_equal(size->shape.slot_bytes, base->shape.slot_bytes);
    const struct cell *slot = check_of(&fixture, TEST_LATENCY, CHECK_SLOT_DOUBLED);
    assert_int_equal(slot->shape.slot_bytes, 2 * base->shape.slot_bytes);
    assert_int_equal(slot->shape.window_bytes, 2 * base->shape.window_bytes);
    assert_int_equal(slot->size_bytes / slot->shape.slot_bytes, // as many lines
                     base->size_bytes / base->shape.slot_bytes);
    const struct cell *zeros = check_of(&fixture, TEST_BANDWIDTH, CHECK_ZERO_FILL);
    assert_int_equal(zeros->size_bytes, fixture.plan.cells[COPY].size_bytes);
    plan_free(&fixture.plan);
}

static void a_first_walk_does_not_come_round(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    assert_true(plan_add_checks(&fixture.plan, &fixture.error));
    const struct cell *walk = check_of(&fixture, TEST_LATENCY, CHECK_FIRST_WALK);
    const struct test_times *times = &test_times[walk->visit_length][TEST_LATENCY];
    uint64_t longest_ns = times->warm_max_ns + times->sample_count * times->sample_ns;
    assert_true(walk->size_bytes / walk->shape.slot_bytes >= longest_ns / 63);
    plan_free(&fixture.plan);
}

// Zeros matter to what is stored, so a stream that stores what it loads comes first.
static void checks_name_the_cell_that_they_check(void **state) {
    (void)state;
    struct fixture fixture;
    char name[CELL_NAME_BYTES], base_name[CELL_NAME_BYTES];
    begin(&fixture);
    assert_true(plan_add_checks(&fixture.plan, &fixture.error));
    for (size_t i = PLANNED; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        const struct cell *base = &fixture.plan.cells[cell->pattern ? CHAIN : COPY];
        assert_string_equal(cell->check_of, cell_name(base, base_name));
        assert_string_not_equal(cell_name(cell, name), base_name);
        assert_non_null(strstr(name, check_names[cell->check]));
        assert_int_equal(cell->block, BLOCK_CHECK);
        assert_int_equal(cell->cpus.ids[0], base->cpus.ids[0]);
        for (size_t j = PLANNED; j < i; j++) {
            char other[CELL_NAME_BYTES];
            assert_string_not_equal(name, cell_name(&fixture.plan.cells[j], other));
        }
    }
    plan_free(&fixture.plan);
}

static void what_cannot_be_checked_is_said(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    fixture.plan.cells[CHAIN].cached = true;
    cell_refuse(&fixture.plan.cells[READS], &(struct error){ERROR_KIND_REFUSED, 0, "no"});
    assert_true(plan_add_checks(&fixture.plan, &fixture.error));
    assert_int_equal(fixture.plan.cell_count, PLANNED + 2); // of the copy
    plan_free(&fixture.plan);
    begin(&fixture);
    fixture.plan.cells[CHAIN].cached = fixture.plan.cells[READS].cached = true;
    fixture.plan.cells[COPY].cached = true;
    assert_false(plan_add_checks(&fixture.plan, &fixture.error));
    assert_int_equal(fixture.error.kind, ERROR_KIND_USAGE);
    assert_non_null(strstr(fixture.error.text, "--checks"));
    plan_free(&fixture.plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_has_one_thing_otherwise),
        cmocka_unit_test(a_first_walk_does_not_come_round),
        cmocka_unit_test(checks_name_the_cell_that_they_check),
        cmocka_unit_test(what_cannot_be_checked_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
