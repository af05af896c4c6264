// SPDX-License-Identifier: Apache-2.0
// The counters of the bus around whole visits of a simulated system, whose loops say themselves
// what they move.
#include "fake_os.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/visit.h"

// ---- loops that move what they say
// ---------------------------------------------------------------

static const struct kernel *loop;  // of the tool
static struct kernel counted_loop; // the same, which counts
static double moved_per_element;

static uint64_t run_counted(const struct kernel_span *span) {
    fake_os.bus_moved_bytes += (uint64_t)((double)span->count * moved_per_element);
    return loop->run(span);
}

static void begin(const char *name, double bytes_per_element) {
    fake_os_reset(2, 2);
    loop = kernel_find(name, ISA_PORTABLE);
    assert_non_null(loop);
    assert_int_equal(loop->streams, 1);
    counted_loop = *loop;
    counted_loop.run = run_counted;
    moved_per_element = bytes_per_element;
    fake_os.bus[0] = (struct fake_bus){
        .there = true, .told = {[OS_BUS_ALL] = true}, .factor = 1, .fails_after = NONE_U64};
}

static void measure(struct cell *cell, struct row *row) {
    struct bus bus;
    cell->pages = page_kind_find("4K");
    cell->page_bytes = 4 * KIB;
    cell->mem_node = node_set_of(1);
    cell->size_bytes = 64 * KIB;
    id_set_add(&cell->cpus, 0);
    bus_open(&bus);
    const struct visit_request request = {.cell = cell,
                                          .run_id = "run",
                                          .host = "host",
                                          .seed = 5,
                                          .round = 1,
                                          .visit = 1,
                                          .bus = &bus};
    visit_measure(&request, row);
    bus_close(&bus);
    id_set_free(&cell->cpus);
    assert_int_equal(row->status, STATUS_OK);
}

static void visit_alone(struct row *row) {
    struct cell cell = {.test = TEST_BANDWIDTH, .kernel = &counted_loop, .proven = true};
    measure(&cell, row);
}

static void visit(struct row *row) {
    struct cell cell = {.test = TEST_BANDWIDTH, .kernel = &counted_loop, .proven = true};
    id_set_add(&cell.cpus, 1);
    measure(&cell, row);
}

static void assert_close(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-6 * fabs(expected)))
        fail_msg("%.9g instead of %.9g", value, expected);
}

// ---- what is counted ----------------------------------------------------------------------------

static void honest_counters_agree_with_the_bytes_moved(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    begin("triad", 24);
    visit(row);
    assert_string_equal(row->bus_source, "first");
    assert_string_equal(row->bus_reason, "");
    assert_string_equal(row->flags, "");
    assert_true(row->bus_bytes > 1000000);
    assert_int_equal(row->bus_bytes, row->bus_min_bytes);
    assert_int_equal(row->bus_max_bytes, row->bus_bytes / 24 * 32);
    assert_int_equal(row->bus_read_bytes, NONE_U64);
    assert_int_equal(row->bus_write_bytes, NONE_U64);
    assert_int_equal(row->bus_remote_bytes, NONE_U64);
    assert_true(row->bus_background_bytes_per_s == 0);
    assert_true(row->bus_ns > row->wall_ns + row->warm_ns);
    assert_close(row->traffic_bus_bytes_per_s, row->traffic_min_bytes_per_s);
    free(row);
}

static void counters_are_read_around_the_work_and_never_in_it(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    begin("triad", 24);
    visit(row);
    assert_int_equal(fake_os.bus[0].readings, 4);
    assert_int_equal(fake_os.bus[0].joined, 2);
    assert_false(fake_os.bus[0].open);
    // Two idle times of 1/400 of the window each, in steps of the simulated clock. Two threads that
    // wait for each other would move it as often as they look.
    begin("triad", 24);
    visit_alone(row);
    uint64_t counted_ns = row->visit_ns;
    begin("triad", 24);
    fake_os.bus[0].there = false;
    visit_alone(row);
    assert_true(counted_ns > row->visit_ns);
    assert_true(counted_ns - row->visit_ns < row->visit_ns / 50);
    free(row);
}

static void the_ratio_shows_whether_stores_read_their_line(void **state) {
    (void)state;
    const struct {
        const char *loop;
        double moved, share;
    } cases[] = {
        {"write", 16, 1  },
        {"write", 8,  0  },
        {"copy",  24, 1  },
        {"copy",  16, 0  },
        {"copy",  20, 0.5}
    };
    struct row *row = base_allocate(1, sizeof *row);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin(cases[i].loop, cases[i].moved);
        visit(row);
        assert_string_equal(row->flags, "");
        assert_true(fabs(row->store_read_share - cases[i].share) < 1e-6);
        assert_close(row->traffic_bus_bytes_per_s, row->bandwidth_bytes_per_s * cases[i].moved /
                                                       (strcmp(cases[i].loop, "copy") ? 8 : 16));
    }
    begin("read", 8); // has no stores
    visit(row);
    assert_true(isnan(row->store_read_share));
    free(row);
}

static void each_page_kind_shows_what_the_others_do_not(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    begin("triad", 24);
    fake_os.bus[0].told[OS_BUS_READ] = fake_os.bus[0].told[OS_BUS_WRITTEN] = true;
    fake_os.bus[1] = (struct fake_bus){
        .there = true,
        .told = {[OS_BUS_ALL] = true, [OS_BUS_LOCAL] = true},
        .factor = 0.5, // a quarter of it local
        .fails_after = NONE_U64
    };
    visit(row);
    assert_string_equal(row->bus_source, "first second");
    assert_int_equal(row->bus_bytes, row->bus_min_bytes);
    assert_int_equal(row->bus_read_bytes, row->bus_min_bytes / 2);
    assert_int_equal(row->bus_write_bytes, row->bus_min_bytes / 2);
    assert_close((double)row->bus_remote_bytes, (double)row->bus_min_bytes * 3 / 8);
    // One that has no numbers leaves the other's.
    begin("triad", 24);
    fake_os.bus[1] = fake_os.bus[0];
    fake_os.bus[0].fails_after = 0;
    visit(row);
    assert_string_equal(row->bus_source, "first second");
    assert_string_equal(row->bus_reason,
                        "first: the simulated system does not tell what the bus carried");
    assert_int_equal(row->bus_bytes, row->bus_min_bytes);
    free(row);
}

static void traffic_of_others_is_background_and_no_fault(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    begin("triad", 24);
    fake_os.bus[0].others_bytes_per_s = 500000000;
    visit(row);
    assert_string_equal(row->flags, "");
    assert_true(row->bus_bytes > 10 * row->bus_max_bytes);
    assert_close(row->bus_background_bytes_per_s, 5e8);
    assert_true(fabs(row->traffic_bus_bytes_per_s / row->traffic_min_bytes_per_s - 1) < 0.1);
    free(row);
}

// ---- what is wrong with it ----------------------------------------------------------------------

static void counters_that_cannot_be_right_raise_their_flag(void **state) {
    (void)state;
    const struct {
        double factor;
        bool proven;
        const char *flags;
    } cases[] = {
        {1,    true,  ""            },
        {0.5,  true,  "BUS_LESS"    },
        {0,    true,  "BUS_LESS"    }, // stuck
        {2,    true,  "BUS_MORE"    },
        {0.95, true,  ""            },
        {1.4,  true,  ""            }, // of triad at most 4/3
        {0.5,  false, "SIZE_LIMITED"}, // of which a cache may have served the half
    };
    struct row *row = base_allocate(1, sizeof *row);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin("triad", 24);
        fake_os.bus[0].factor = cases[i].factor;
        struct cell cell = {
            .test = TEST_BANDWIDTH, .kernel = &counted_loop, .proven = cases[i].proven};
        id_set_add(&cell.cpus, 1);
        measure(&cell, row);
        if (strcmp(row->flags, cases[i].flags) != 0)
            fail_msg("case %zu: '%s' instead of '%s'", i, row->flags, cases[i].flags);
    }
    free(row);
}

static void assert_uncounted(const struct row *row, const char *reason) {
    assert_string_equal(row->bus_source, "first");
    assert_string_equal(row->bus_reason, reason);
    assert_int_equal(row->bus_bytes, NONE_U64);
    assert_true(isnan(row->bus_background_bytes_per_s));
    assert_true(isnan(row->traffic_bus_bytes_per_s));
    assert_string_equal(row->flags, "");
}

static void what_was_not_counted_is_unknown_with_the_reason(void **state) {
    (void)state;
    const char *const ignored_error =
        "first: the simulated system does not tell what the bus carried";
    struct row *row = base_allocate(1, sizeof *row);
    for (uint64_t good = 0; good < 4; good++) {
        begin("triad", 24);
        fake_os.bus[0].fails_after = good;
        visit(row);
        assert_uncounted(row, ignored_error);
    }
    begin("triad", 24);
    fake_os.bus[0].goes_back = true;
    visit(row);
    assert_uncounted(row, "first: a count was less than the one before");
    begin("triad", 24);
    fake_os.bus[0].join_fails = true;
    visit(row);
    assert_uncounted(row, "first: the traffic of a thread was not counted");
    free(row);
}

static void without_counters_the_row_says_nothing_of_them(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    begin("triad", 24);
    fake_os.bus[0].there = false;
    visit(row);
    assert_string_equal(row->bus_source, "");
    assert_string_equal(row->bus_reason, "");
    assert_int_equal(row->bus_ns, NONE_U64);
    assert_int_equal(row->bus_bytes, NONE_U64);
    assert_int_equal(row->bus_min_bytes, NONE_U64);
    assert_true(isnan(row->bus_background_bytes_per_s));
    assert_int_equal(fake_os.bus[0].readings, 0);
    assert_int_equal(fake_os.bus[0].joined, 0);
    free(row);
}

static void a_chase_moves_a_line_a_load(void **state) {
    (void)state;
    struct row *row = base_allocate(1, sizeof *row);
    struct cell cell = {.test = TEST_LATENCY,
                        .pattern = chase_pattern_find("structural"),
                        .chains = 1,
                        .proven = true};
    begin("triad", 24);
    cell.shape = chase_shape_of(cell.pattern, CHASE_LINE_BYTES);
    measure(&cell, row);
    assert_string_equal(row->bus_source, "first");
    assert_int_equal(row->bus_bytes, 0); // the simulation counts its own loops
    assert_true(row->bus_min_bytes > 0);
    assert_int_equal(row->bus_max_bytes, 4 * row->bus_min_bytes);
    assert_true(isnan(row->traffic_bus_bytes_per_s));
    assert_true(isnan(row->store_read_share));
    free(row);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_counters_agree_with_the_bytes_moved),
        cmocka_unit_test(counters_are_read_around_the_work_and_never_in_it),
        cmocka_unit_test(the_ratio_shows_whether_stores_read_their_line),
        cmocka_unit_test(each_page_kind_shows_what_the_others_do_not),
        cmocka_unit_test(traffic_of_others_is_background_and_no_fault),
        cmocka_unit_test(counters_that_cannot_be_right_raise_their_flag),
        cmocka_unit_test(what_was_not_counted_is_unknown_with_the_reason),
        cmocka_unit_test(without_counters_the_row_says_nothing_of_them),
        cmocka_unit_test(a_chase_moves_a_line_a_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
