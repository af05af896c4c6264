// SPDX-License-Identifier: Apache-2.0
// The rooms placement and measure on large machines: many threads, many nodes, much memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fake_os.h"
#include "measure/slice.h"
#include "measure/visit.h"
#include "measure/window.h"
#include "measure/written.h"
#include "placement/fill.h"
#include "placement/placement.h"

#define MS NS_PER_MS
#define US NS_PER_US

// ---- one window for all -------------------------------------------------------------------------

enum { TEAM = 512, FEW = 64, LATE = 33 };

struct hand {
    uint64_t unit_ns;
};

static uint64_t step_hand(void *state, uint64_t units) {
    const struct hand *hand = state;
    fake_os_spend(units * hand->unit_ns);
    return units;
}

static const struct window_settings short_window = {.warm_sample_ns = 2 * MS,
                                                    .warm_max_ns = 40 * MS,
                                                    .warm_tolerance = 0.01,
                                                    .sample_ns = 2 * MS,
                                                    .sample_count = 4};

// Threads of four speeds; the sum of their rates is exact only where all of them were at work in
// all of the window.
static struct window_result run_team(uint32_t count, double *units_per_s) {
    static struct hand hands[TEAM];
    struct work *works = base_allocate(count, sizeof *works);
    struct window_result result;
    struct id_set cpus = {0};
    struct error error;
    *units_per_s = 0;
    for (uint32_t i = 0; i < count; i++) {
        hands[i].unit_ns = (1 + i % 4) * 400 * US;
        works[i] = (struct work){.step = step_hand, .state = &hands[i]};
        id_set_add(&cpus, i);
        *units_per_s += 1e9 / (double)hands[i].unit_ns;
    }
    assert_true(window_run(&cpus, works, &short_window, &result, &error));
    id_set_free(&cpus);
    free(works);
    return result;
}

static void assert_rates(const struct window_result *result, double units_per_s) {
    assert_int_equal(result->sample_count, short_window.sample_count);
    for (uint32_t i = 0; i < result->sample_count; i++)
        if (fabs(result->units_per_s[0][i] / units_per_s - 1) > 1e-9)
            fail_msg("%.17g is not %.17g", result->units_per_s[0][i], units_per_s);
}

static void threads_512_begin_together_and_share_one_window(void **state) {
    (void)state;
    double units_per_s;
    fake_os_reset(8, TEAM / 8);
    fake_os.clock_read_ns = 0;
    fake_os.spin_pause_ns = 50 * US;
    struct window_result result = run_team(TEAM, &units_per_s);
    assert_rates(&result, units_per_s);
    assert_true(result.start_skew_ns < 10 * MS);
    assert_int_equal(result.cpus_seen.count, TEAM);
    assert_int_equal(result.threads_moved, 0);
    window_result_free(&result);
}

// Its lateness is told, and the window opens when it has begun.
static void one_late_thread_moves_the_window_and_nothing_else(void **state) {
    (void)state;
    double units_per_s;
    fake_os_reset(8, FEW / 8);
    fake_os.clock_read_ns = 0;
    fake_os.spin_pause_ns = 50 * US;
    fake_os_cpu(LATE)->held_up_ns = 13 * MS;
    struct window_result result = run_team(FEW, &units_per_s);
    assert_rates(&result, units_per_s);
    assert_in_range(result.start_skew_ns, 13 * MS, 14 * MS);
    assert_true(result.warm_ns >= 13 * MS + 3 * short_window.warm_sample_ns);
    window_result_free(&result);
}

struct counter {
    char apart[APART_BYTES];
    volatile uint64_t count;
};

static uint64_t count_up(void *state, uint64_t units) {
    struct counter *counter = state;
    for (uint64_t i = 0; i < units; i++)
        counter->count++;
    return units;
}

// By the real clock, on however few CPUs there are.
static void threads_128_that_run_freely_are_measured(void **state) {
    (void)state;
    enum { FREE = 128 };
    static struct counter counters[FREE];
    static struct work works[FREE];
    struct id_set cpus = {0};
    struct window_result result;
    struct error error;
    fake_os_reset(2, FREE / 2);
    fake_os.clock_is_real = true;
    for (uint32_t i = 0; i < FREE; i++) {
        works[i] = (struct work){
            .step = count_up,
            .state = &counters[i],
            .written = {.base = (const void *)&counters[i].count, .bytes = sizeof(uint64_t)}
        };
        id_set_add(&cpus, i);
    }
    assert_true(window_run(&cpus, works, &short_window, &result, &error));
    double inside = 0, all = 0;
    for (uint32_t i = 0; i < result.sample_count; i++) {
        assert_true(result.units_per_s[0][i] > 0);
        inside += result.units_per_s[0][i] * (double)short_window.sample_ns / 1e9;
    }
    for (size_t i = 0; i < FREE; i++)
        all += (double)counters[i].count;
    assert_true(inside <= all);
    assert_int_equal(result.cpus_seen.count, FREE);
    id_set_free(&cpus);
    window_result_free(&result);
}

// ---- what threads write -------------------------------------------------------------------------

static bool counters_apart(const volatile uint64_t *first, const volatile uint64_t *second) {
    struct written list[] = {
        {.base = (const void *)second, .bytes = sizeof *second, .thread = 1},
        {.base = (const void *)first,  .bytes = sizeof *first,  .thread = 0},
        {.base = NULL,                 .bytes = 0,              .thread = 2},
    };
    return written_apart(list, COUNT_OF(list));
}

static void neighbours_that_write_into_one_line_are_found(void **state) {
    (void)state;
    static uint64_t words[64];
    static struct counter counters[2];
    assert_false(counters_apart(&words[0], &words[1]));
    assert_false(counters_apart(&words[0], &words[8]));  // the next line
    assert_false(counters_apart(&words[0], &words[16])); // 120 bytes between them
    assert_true(counters_apart(&words[0], &words[17]));
    assert_false(counters_apart(&words[3], &words[3]));
    assert_true(counters_apart(&counters[0].count, &counters[1].count));
}

static void each_thread_writes_only_its_own_lines(void **state) {
    (void)state;
    static uint64_t words[128];
    struct written list[] = {
        {.base = &words[0],  .bytes = 320, .thread = 0},
        {.base = &words[2],  .bytes = 8,   .thread = 0},
        {.base = &words[41], .bytes = 8,   .thread = 0},
        {.base = &words[60], .bytes = 8,   .thread = 1},
    };
    assert_true(written_apart(list, COUNT_OF(list)));
    list[3].base = &words[50];
    assert_false(written_apart(list, COUNT_OF(list)));
}

// Whatever a slice follows in memory: it begins with the gap.
static void slices_are_apart(void **state) {
    (void)state;
    static struct slice slices[3];
    struct written list[3];
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        list[i] = slice_written(&slices[i]);
        list[i].thread = i;
    }
    assert_true(written_apart(list, COUNT_OF(list)));
    assert_true((const char *)slice_written(&slices[0]).base - (const char *)slices >= APART_BYTES);
}

// ---- who fills ----------------------------------------------------------------------------------

static size_t writers_of(uint64_t size_bytes, struct node_set nodes, enum os_placing placed_by,
                         uint32_t wanted_cpu) {
    const struct placement placement = {
        .memory = {.size_bytes = size_bytes, .nodes = nodes, .placed_by = placed_by}
    };
    struct id_set wanted = {0}, writers;
    struct error error;
    id_set_add(&wanted, wanted_cpu);
    assert_true(placement_writers(&placement, &wanted, &writers, &error));
    size_t count = writers.count;
    bool bound = placed_by != OS_PLACED_FIRST_TOUCH;
    assert_true(!bound || id_set_contains(&writers, wanted_cpu));
    id_set_free(&wanted);
    id_set_free(&writers);
    return count;
}

// CPUs 0-31 are of node 0, 32-63 of node 1; node 2 has none.
static void a_large_buffer_is_written_by_the_cpus_of_its_node(void **state) {
    (void)state;
    struct error error;
    struct node_set both;
    fake_os_reset(2, 32);
    fake_os_add_node(2);
    assert_true(node_set_parse(&both, "0+1", &error));
    const struct {
        uint64_t size_bytes;
        struct node_set nodes;
        enum os_placing placed_by;
        size_t writers;
    } cases[] = {
        {64 * MIB,  node_set_of(1), OS_PLACED_BIND,        1     }, // by the CPU that was wanted
        {127 * MIB, node_set_of(1), OS_PLACED_BIND,        1     },
        {128 * MIB, node_set_of(1), OS_PLACED_BIND,        2     },
        {64 * GIB,  node_set_of(1), OS_PLACED_BIND,        1 + 32},
        {64 * GIB,  node_set_of(0), OS_PLACED_BIND,        32    },
        {64 * GIB,  both,           OS_PLACED_KERNEL,      64    },
        {64 * GIB,  node_set_of(2), OS_PLACED_BIND,        32    }, // neighbours of the wanted
        {64 * GIB,  node_set_of(0), OS_PLACED_FIRST_TOUCH, 32    },
        {1 * MIB,   node_set_of(0), OS_PLACED_FIRST_TOUCH, 1     },
        {1 * MIB,   node_set_of(1), OS_PLACED_FIRST_TOUCH, 32    }, // the wanted may not
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(writers_of(cases[i].size_bytes, cases[i].nodes, cases[i].placed_by, 5),
                         cases[i].writers);
}

// ---- regions ------------------------------------------------------------------------------------

enum { NODES = 4 };

// Each node's two CPUs on its own memory.
static void begin_all_nodes(struct cell *cell) {
    *cell = (struct cell){.test = TEST_BANDWIDTH,
                          .visit_length = VISIT_PROBE,
                          .kernel = kernel_find("triad", ISA_PORTABLE),
                          .cpu_node = NONE_U32,
                          .proven = true,
                          .pages = page_kind_find("4K"),
                          .page_bytes = 4 * KIB,
                          .size_bytes = 64 * KIB,
                          .share_count = NODES};
    cell->shares = base_allocate(NODES, sizeof *cell->shares);
    for (uint32_t node = 0; node < NODES; node++) {
        cell->shares[node].node = node;
        cell->shares[node].size_bytes = 64 * KIB;
        for (uint32_t cpu = 2 * node; cpu < 2 * node + 2; cpu++) {
            id_set_add(&cell->shares[node].cpus, cpu);
            id_set_add(&cell->cpus, cpu);
        }
    }
}

static void visit_all_nodes(struct row *row) {
    struct cell cell;
    fake_os.spin_pause_ns = 50 * US;
    begin_all_nodes(&cell);
    const struct visit_request request = {
        .cell = &cell, .run_id = "run", .host = "host", .seed = 5, .round = 1, .visit = 1};
    visit_measure(&request, row);
    assert_int_equal(fake_os.acquired, fake_os.released);
    cell_free(&cell);
}

static void regions_of_several_nodes_are_filled_at_once(void **state) {
    (void)state;
    static struct row row;
    fake_os_reset(NODES, 2);
    visit_all_nodes(&row);
    assert_int_equal(row.status, STATUS_OK);
    assert_int_equal(row.placement, VERDICT_VERIFIED);
    assert_int_equal(row.pages_on_node_before, NODES * 3 * 16);
    assert_int_equal(row.elements_wrong, 0);
    assert_int_equal(fake_os.acquired_before_threads, NODES);
    assert_int_equal(fake_os.collapsed, NODES);
}

// The system must see what the ones before have taken, or it promises what it has not.
static void regions_wait_if_a_limit_cannot_hold_all_of_them(void **state) {
    (void)state;
    static struct row row;
    const uint64_t region_bytes = 3 * 64 * KIB;
    fake_os_reset(NODES, 2);
    fake_os.process_left_bytes = 2 * region_bytes * 20 / 19 + 20;
    visit_all_nodes(&row);
    assert_int_equal(row.status, STATUS_OK);
    assert_int_equal(fake_os.acquired_before_threads, 2);
    fake_os_reset(NODES, 2);
    fake_os.process_left_bytes = 2 * region_bytes;
    visit_all_nodes(&row);
    assert_int_equal(fake_os.acquired_before_threads, 1);
}

static void regions_of_one_node_are_filled_one_after_the_other(void **state) {
    (void)state;
    static struct row row;
    struct cell cell;
    fake_os_reset(NODES, 2);
    begin_all_nodes(&cell);
    cell.shares[1].node = 0;
    fake_os.spin_pause_ns = 50 * US;
    const struct visit_request request = {
        .cell = &cell, .run_id = "run", .host = "host", .seed = 5, .round = 1, .visit = 1};
    visit_measure(&request, &row);
    assert_int_equal(row.status, STATUS_OK);
    assert_int_equal(row.placement, VERDICT_VERIFIED);
    assert_int_equal(fake_os.acquired_before_threads, 1);
    cell_free(&cell);
}

// ---- who proves ---------------------------------------------------------------------------------

static const struct page_kind words = {"word", 8, "a page of one word", PAGES_ORDINARY};

static void prove_words(uint64_t pages, struct evidence *evidence) {
    struct placement placement;
    struct error error;
    fake_os.base_page_bytes = words.bytes;
    assert_true(
        placement_create(&placement, pages * words.bytes, &words, node_set_of(1), 1, &error));
    placement_fill_part(&placement, 0, 1);
    assert_true(placement_fill_done(&placement, &error));
    placement_prove(&placement, evidence);
    placement_release(&placement);
}

static void many_pages_are_proven_by_several_threads(void **state) {
    (void)state;
    const uint64_t pages = 3 * (uint64_t)PROVE_PAGES_A_THREAD + 7;
    struct evidence evidence;
    for (int few = 0; few < 2; few++) {
        fake_os_reset(2, 4);
        fake_os.proofs[0] = (struct fake_proof){.stray_end = pages, .stray_every = pages - 1};
        prove_words(few ? PROVE_PAGES_A_THREAD : pages, &evidence);
        assert_int_equal(fake_os.threads_started, few ? 0 : 3);
        assert_int_equal(evidence.pages_checked, few ? PROVE_PAGES_A_THREAD : pages);
        assert_int_equal(evidence.pages_off_node, few ? 1 : 2); // the first, and the last
        assert_int_equal(evidence.pages_on_node, evidence.pages_checked - evidence.pages_off_node);
        assert_int_equal(evidence.located_by, WITNESS_EACH_PAGE);
        evidence_free(&evidence);
    }
}

// A thread that cannot be started is no reason to know less.
static void pages_are_proven_where_no_further_thread_can_be_started(void **state) {
    (void)state;
    struct evidence evidence;
    fake_os_reset(2, 4);
    fake_os_cpu(5)->cannot_start = true;
    prove_words(3 * (uint64_t)PROVE_PAGES_A_THREAD, &evidence);
    assert_int_equal(evidence.pages_on_node, 3 * (uint64_t)PROVE_PAGES_A_THREAD);
    evidence_free(&evidence);
}

static void a_value_unknown_to_one_thread_is_unknown_for_the_team(void **state) {
    (void)state;
    struct evidence evidence;
    fake_os_reset(2, 4);
    fake_os.proofs[0] =
        (struct fake_proof){.locate_unavailable = true, .counts = FAKE_COUNTS_UNAVAILABLE};
    prove_words(3 * (uint64_t)PROVE_PAGES_A_THREAD, &evidence);
    assert_int_equal(evidence.located_by, WITNESS_NONE);
    assert_non_null(strstr(evidence.reason, "where pages are"));
    evidence_free(&evidence);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_512_begin_together_and_share_one_window),
        cmocka_unit_test(one_late_thread_moves_the_window_and_nothing_else),
        cmocka_unit_test(threads_128_that_run_freely_are_measured),
        cmocka_unit_test(neighbours_that_write_into_one_line_are_found),
        cmocka_unit_test(each_thread_writes_only_its_own_lines),
        cmocka_unit_test(slices_are_apart),
        cmocka_unit_test(a_large_buffer_is_written_by_the_cpus_of_its_node),
        cmocka_unit_test(regions_of_several_nodes_are_filled_at_once),
        cmocka_unit_test(regions_wait_if_a_limit_cannot_hold_all_of_them),
        cmocka_unit_test(regions_of_one_node_are_filled_one_after_the_other),
        cmocka_unit_test(many_pages_are_proven_by_several_threads),
        cmocka_unit_test(pages_are_proven_where_no_further_thread_can_be_started),
        cmocka_unit_test(a_value_unknown_to_one_thread_is_unknown_for_the_team),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
