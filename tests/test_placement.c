// SPDX-License-Identifier: Apache-2.0
// The room placement: each fault of a buffer must get exactly its verdict, and an honest buffer
// none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_os.h"
#include "placement/placement.h"

enum { NODE = 1, PAGES = 64 };

// A buffer on node 1 with its two proofs and the verdict on them.
struct proven {
    struct placement placement;
    struct evidence before, after;
    enum verdict verdict;
    char reason[256];
};

static void fill(struct placement *placement, size_t parts) {
    for (size_t i = 0; i < parts; i++)
        placement_fill_part(placement, i, parts);
    struct error error;
    assert_true(placement_fill_done(placement, &error));
}

static void create(struct placement *placement, uint64_t size_bytes, const char *pages) {
    struct error error;
    const struct page_kind *kind = page_kind_find(pages);
    assert_non_null(kind);
    if (!placement_create(placement, size_bytes, kind, node_set_of(NODE), 7, &error))
        fail_msg("%s", error.text);
}

static void judge(struct proven *proven) {
    placement_prove(&proven->placement, &proven->before);
    placement_prove(&proven->placement, &proven->after);
    proven->verdict = placement_judge(&proven->placement.memory, &proven->before, &proven->after,
                                      proven->reason, sizeof proven->reason);
}

static void prove(struct proven *proven, uint64_t size_bytes, const char *pages) {
    create(&proven->placement, size_bytes, pages);
    fill(&proven->placement, 3);
    judge(proven);
}

static void release(struct proven *proven) {
    evidence_free(&proven->before);
    evidence_free(&proven->after);
    placement_release(&proven->placement);
}

// What would have been said before the timing, when only the first proof is there.
static enum verdict verdict_before(const struct proven *proven) {
    char reason[256];
    return placement_judge(&proven->placement.memory, &proven->before, NULL, reason, sizeof reason);
}

static void assert_counts(const struct evidence *evidence, uint64_t on_node, uint64_t off_node,
                          uint64_t absent, uint64_t unknown) {
    assert_int_equal(evidence->located_by, WITNESS_EACH_PAGE);
    assert_int_equal(evidence->pages_checked, on_node + off_node + absent + unknown);
    assert_int_equal(evidence->pages_on_node, on_node);
    assert_int_equal(evidence->pages_off_node, off_node);
    assert_int_equal(evidence->pages_absent, absent);
    assert_int_equal(evidence->pages_unknown, unknown);
}

static int make_machine(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    return 0;
}

// As on Windows: what the system does not report of each page is unknown.
static void count_nothing(void) {
    for (size_t proof = 0; proof < FAKE_PROOFS; proof++)
        fake_os.proofs[proof].counts = FAKE_COUNTS_UNAVAILABLE;
}

// ---- verdicts -----------------------------------------------------------------------------------

static void an_honest_buffer_is_verified(void **state) {
    (void)state;
    struct proven proven;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    assert_int_equal(verdict_before(&proven), VERDICT_VERIFIED);
    assert_string_equal(proven.reason, "");
    assert_counts(&proven.before, PAGES, 0, 0, 0);
    assert_counts(&proven.after, PAGES, 0, 0, 0);
    assert_int_equal(proven.before.pages_total, PAGES);
    assert_int_equal(evidence_page_bytes(&proven.before), 4 * KIB);
    assert_int_equal(proven.before.nodes_seen.count, 1);
    assert_int_equal(proven.before.nodes_seen.ids[0], NODE);
    for (uint64_t page = 0; page < PAGES; page++)
        assert_int_equal(fake_os_times_asked(&proven.placement.memory, page), 1);
    release(&proven);
    assert_int_equal(fake_os.released, 1);
}

// The unit of the proof is the ordinary page, whatever it is here; a larger one where all is proven
// to be in such.
static void proofs_follow_the_size_of_the_page(void **state) {
    (void)state;
    static const struct {
        uint64_t base_bytes;
        const char *pages;
        uint64_t unit_bytes;
    } cases[] = {
        {16 * KIB, "base",      16 * KIB },
        {64 * KIB, "base",      64 * KIB },
        {64 * KIB, "2M",        2 * MIB  },
        {4 * KIB,  "mthp-64K",  64 * KIB },
        {16 * KIB, "mthp-128K", 128 * KIB},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_os_reset(2, 1);
        fake_os.base_page_bytes = cases[i].base_bytes;
        fake_os.mthp_bytes = 64 * KIB;
        struct proven proven;
        prove(&proven, 8 * MIB, cases[i].pages);
        assert_int_equal(proven.verdict, VERDICT_VERIFIED);
        assert_int_equal(proven.before.unit_bytes, cases[i].unit_bytes);
        assert_int_equal(evidence_page_bytes(&proven.after), cases[i].unit_bytes);
        assert_counts(&proven.before, 8 * MIB / cases[i].unit_bytes, 0, 0, 0);
        release(&proven);
    }
}

static void a_quarter_on_another_node_is_misplaced_and_counted(void **state) {
    (void)state;
    fake_os.proofs[0] = (struct fake_proof){.stray_end = PAGES, .stray_every = 4};
    struct proven proven;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    assert_int_equal(verdict_before(&proven), VERDICT_MISPLACED);
    assert_counts(&proven.before, PAGES - PAGES / 4, PAGES / 4, 0, 0);
    assert_int_equal(proven.before.nodes_seen.count, 2);
    assert_non_null(strstr(proven.reason, "before"));
    assert_non_null(strstr(proven.reason, "16 of 64 pages"));
    assert_non_null(strstr(proven.reason, "nodes seen: 0-1"));
    release(&proven);
}

static void one_page_elsewhere_is_enough(void **state) {
    (void)state;
    for (uint64_t page = 0; page < PAGES; page += PAGES - 1) {
        fake_os.proofs[0] =
            (struct fake_proof){.stray_first = page, .stray_end = page + 1, .stray_every = 1};
        struct proven proven;
        prove(&proven, PAGES * 4 * KIB, "4K");
        assert_int_equal(proven.verdict, VERDICT_MISPLACED);
        assert_counts(&proven.before, PAGES - 1, 1, 0, 0);
        release(&proven);
    }
}

static void a_buffer_that_was_never_written_is_nowhere(void **state) {
    (void)state;
    struct proven proven;
    create(&proven.placement, PAGES * 4 * KIB, "4K");
    judge(&proven);
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    assert_counts(&proven.before, 0, 0, PAGES, 0);
    assert_int_equal(evidence_page_bytes(&proven.before), NONE_U64);
    assert_non_null(strstr(proven.reason, "64 were not resident"));
    assert_non_null(strstr(proven.reason, "nodes seen: none"));
    release(&proven);
}

static void one_part_that_was_not_written_is_nowhere(void **state) {
    (void)state;
    struct proven proven;
    create(&proven.placement, PAGES * 4 * KIB, "4K");
    for (size_t part = 0; part < 8; part++)
        if (part != 5)
            placement_fill_part(&proven.placement, part, 8);
    struct error error;
    assert_true(placement_fill_done(&proven.placement, &error));
    judge(&proven);
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    assert_counts(&proven.before, PAGES - PAGES / 8, 0, PAGES / 8, 0);
    release(&proven);
}

// As under memory.high: the first thousand pages come as usual, the next ones a thousand times
// slower.
static void filling_is_given_up_where_pages_come_a_hundred_times_slower(void **state) {
    (void)state;
    const struct {
        uint64_t slow_read_ns;
        bool gives_up;
    } cases[] = {
        {10 * FAKE_STEP_NS,   false},
        {1000 * FAKE_STEP_NS, true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct placement placement;
        struct error error;
        fake_os_reset(2, 2);
        fake_os.clock_changes_after = 64;
        fake_os.clock_changed_read_ns = cases[i].slow_read_ns;
        create(&placement, 2000 * 4 * KIB, "4K");
        placement_fill_part(&placement, 0, 1);
        const uint64_t *words = placement.memory.base;
        assert_int_equal(words[1999 * 4 * KIB / 8] == 0, cases[i].gives_up);
        assert_int_equal(placement_fill_done(&placement, &error), !cases[i].gives_up);
        if (cases[i].gives_up) {
            assert_int_equal(error.kind, ERROR_KIND_REFUSED);
            assert_non_null(strstr(error.text, "a hundred times slower"));
        }
        placement_release(&placement);
    }
}

// One long pause is a guest that was stopped for a while.
static void filling_continues_after_one_long_pause(void **state) {
    (void)state;
    struct placement placement;
    fake_os.clock_stall_every = 70;
    fake_os.clock_stall_ns = 60 * NS_PER_S;
    create(&placement, 2000 * 4 * KIB, "4K");
    fill(&placement, 1);
    placement_release(&placement);
}

// Touching would make the pages of a buffer that nobody wrote; asking once more shows the touch.
static void pages_of_an_unwritten_buffer_are_not_touched(void **state) {
    (void)state;
    fake_os.proofs[0].ask_again_times = fake_os.proofs[1].ask_again_times = 1;
    count_nothing(); // or it would count the simulated pages
    struct proven proven;
    create(&proven.placement, PAGES * 4 * KIB, "4K");
    placement_fill_part(&proven.placement, 0, 1); // so that the simulated pages are there
    judge(&proven);
    assert_int_equal(fake_os.locate_calls, 2);
    assert_counts(&proven.before, 0, 0, PAGES, 0);
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    release(&proven);
}

static void a_page_that_moved_during_the_timing_is_migrated(void **state) {
    (void)state;
    fake_os.proofs[1] =
        (struct fake_proof){.stray_first = 9, .stray_end = 10, .stray_every = 1, .stray_answer = 0};
    struct proven proven;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_MIGRATED);
    assert_int_equal(verdict_before(&proven), VERDICT_VERIFIED);
    assert_counts(&proven.before, PAGES, 0, 0, 0);
    assert_counts(&proven.after, PAGES - 1, 1, 0, 0);
    assert_non_null(strstr(proven.reason, "after"));
    release(&proven);
}

static void a_page_that_vanished_during_the_timing_is_migrated(void **state) {
    (void)state;
    fake_os.proofs[1] = (struct fake_proof){
        .stray_end = PAGES, .stray_every = PAGES / 2, .stray_answer = OS_PAGE_ABSENT};
    struct proven proven;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_MIGRATED);
    assert_counts(&proven.after, PAGES - 2, 0, 2, 0);
    release(&proven);
}

static void pages_of_the_wrong_size_are_found_before_and_after(void **state) {
    (void)state;
    for (size_t proof = 0; proof < FAKE_PROOFS; proof++) {
        fake_os_reset(2, 1);
        fake_os.proofs[0].sizes = proof == 0 ? FAKE_SIZES_OTHER : FAKE_SIZES_ASKED;
        fake_os.proofs[1].sizes = proof == 1 ? FAKE_SIZES_OTHER : FAKE_SIZES_ASKED;
        struct proven proven;
        prove(&proven, 4 * MIB, "2M");
        assert_int_equal(proven.verdict, VERDICT_WRONG_PAGE_SIZE);
        assert_int_equal(verdict_before(&proven),
                         proof == 0 ? VERDICT_WRONG_PAGE_SIZE : VERDICT_VERIFIED);
        assert_non_null(strstr(proven.reason, proof == 0 ? "before" : "after"));
        assert_non_null(strstr(proven.reason, "pages of 2MiB were requested"));
        release(&proven);
    }
}

static void large_pages_where_ordinary_ones_were_asked_are_wrong_too(void **state) {
    (void)state;
    fake_os.proofs[0].sizes = fake_os.proofs[1].sizes = FAKE_SIZES_OTHER;
    struct proven proven;
    prove(&proven, 4 * MIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_WRONG_PAGE_SIZE);
    assert_int_equal(evidence_page_bytes(&proven.before), 2 * MIB);
    release(&proven);
}

static void a_mixture_of_sizes_is_wrong_and_has_no_size(void **state) {
    (void)state;
    fake_os.proofs[0].sizes = FAKE_SIZES_MIXED;
    struct proven proven;
    prove(&proven, 4 * MIB, "thp");
    assert_int_equal(proven.verdict, VERDICT_WRONG_PAGE_SIZE);
    assert_int_equal(evidence_page_bytes(&proven.before), NONE_U64);
    assert_int_equal(evidence_page_bytes(&proven.after), 2 * MIB);
    assert_int_equal(proven.before.unit_bytes, 4 * KIB);
    assert_int_equal(proven.before.pages_checked, 4 * MIB / (4 * KIB));
    assert_non_null(strstr(proven.reason, "2MiB of 4MiB were in large pages"));
    release(&proven);
}

static void pages_of_unknown_place_make_it_unverifiable(void **state) {
    (void)state;
    for (size_t proof = 0; proof < FAKE_PROOFS; proof++) {
        fake_os_reset(2, 1);
        fake_os.proofs[proof] = (struct fake_proof){
            .stray_end = PAGES, .stray_every = PAGES / 8, .stray_answer = OS_PAGE_UNKNOWN};
        count_nothing();
        struct proven proven;
        prove(&proven, PAGES * 4 * KIB, "4K");
        assert_counts(proof == 0 ? &proven.before : &proven.after, PAGES - 8, 0, 0, 8);
        assert_int_equal(proven.verdict, VERDICT_UNVERIFIABLE);
        assert_non_null(strstr(proven.reason, "8 of 64 pages"));
        release(&proven);
    }
}

static void a_system_that_does_not_locate_makes_it_unverifiable(void **state) {
    (void)state;
    for (size_t proof = 0; proof < FAKE_PROOFS; proof++) {
        fake_os_reset(2, 1);
        fake_os.proofs[0].locate_unavailable = proof == 0;
        fake_os.proofs[1].locate_unavailable = proof == 1;
        count_nothing();
        struct proven proven;
        prove(&proven, PAGES * 4 * KIB, "4K");
        const struct evidence *blind = proof == 0 ? &proven.before : &proven.after;
        assert_int_equal(blind->located_by, WITNESS_NONE);
        assert_int_equal(blind->pages_checked, 0);
        assert_int_equal(blind->pages_on_node, 0);
        assert_int_equal(proven.verdict, VERDICT_UNVERIFIABLE);
        assert_non_null(strstr(proven.reason, "does not tell where pages are"));
        release(&proven);
    }
}

static void unknown_page_sizes_are_unverifiable(void **state) {
    (void)state;
    fake_os.proofs[0].sizes = fake_os.proofs[1].sizes = FAKE_SIZES_UNAVAILABLE;
    struct proven proven;
    prove(&proven, 4 * MIB, "2M");
    assert_int_equal(proven.verdict, VERDICT_UNVERIFIABLE);
    assert_non_null(strstr(proven.reason, "does not tell sizes of pages"));
    assert_int_equal(evidence_page_bytes(&proven.before), NONE_U64);
    assert_int_equal(proven.before.unit_bytes, 4 * KIB);
    release(&proven);
}

static void the_worst_verdict_wins(void **state) {
    (void)state;
    struct proven proven;
    fake_os.proofs[0] =
        (struct fake_proof){.stray_end = 1, .stray_every = 1, .sizes = FAKE_SIZES_OTHER};
    prove(&proven, 4 * MIB, "2M");
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    release(&proven);
    fake_os.proofs[0] = (struct fake_proof){.sizes = FAKE_SIZES_OTHER};
    fake_os.proofs[1] = (struct fake_proof){.stray_end = 1, .stray_every = 1};
    prove(&proven, 4 * MIB, "2M");
    assert_int_equal(proven.verdict, VERDICT_WRONG_PAGE_SIZE);
    release(&proven);
    fake_os.proofs[0] = (struct fake_proof){.sizes = FAKE_SIZES_UNAVAILABLE};
    prove(&proven, 4 * MIB, "2M");
    assert_int_equal(proven.verdict, VERDICT_MIGRATED);
    release(&proven);
}

// ---- asking again -------------------------------------------------------------------------------

static void a_page_that_must_be_touched_first_is_asked_again(void **state) {
    (void)state;
    fake_os.proofs[0].ask_again_times = 2;
    fake_os.proofs[1].ask_again_times = 1;
    struct proven proven;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    assert_counts(&proven.before, PAGES, 0, 0, 0);
    assert_int_equal(fake_os.locate_calls, 3 + 2);
    release(&proven);
}

static void a_page_that_never_answers_is_unknown_and_not_asked_for_ever(void **state) {
    (void)state;
    fake_os.proofs[0].ask_again_times = 200;
    count_nothing();
    struct proven proven;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_UNVERIFIABLE);
    assert_counts(&proven.before, 0, 0, 0, PAGES);
    assert_counts(&proven.after, PAGES, 0, 0, 0);
    assert_true(fake_os.locate_calls < 10);
    release(&proven);
}

// ---- the other witnesses ------------------------------------------------------------------------

// Of 64 pages 8 are on node 0 where node 1 was asked.
static const struct fake_proof eighth_elsewhere = {
    .stray_end = PAGES, .stray_every = 8, .stray_answer = 0, .locate_unavailable = true};
static const struct fake_proof counts_alone = {.locate_unavailable = true};

static void assert_by(const struct evidence *evidence, enum witness witness, uint64_t on_node,
                      uint64_t off_node, uint64_t absent) {
    assert_string_equal(witness_name(evidence->located_by), witness_name(witness));
    assert_int_equal(evidence->pages_checked, on_node + off_node + absent);
    assert_int_equal(evidence->pages_on_node, on_node);
    assert_int_equal(evidence->pages_off_node, off_node);
    assert_int_equal(evidence->pages_absent, absent);
    assert_int_equal(evidence->pages_unknown, 0);
}

static void counts_alone_verify_and_convict(void **state) {
    (void)state;
    struct proven proven;
    fake_os.proofs[0] = fake_os.proofs[1] = counts_alone;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_by(&proven.before, WITNESS_COUNTS, PAGES, 0, 0);
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    assert_string_equal(proven.reason, "");
    assert_int_equal(proven.before.nodes_seen.count, 1);
    assert_int_equal(fake_os.count_calls, 2);
    release(&proven);
    fake_os.proofs[1] = eighth_elsewhere;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_by(&proven.after, WITNESS_COUNTS, PAGES - 8, 8, 0);
    assert_int_equal(proven.verdict, VERDICT_MIGRATED);
    release(&proven);
    fake_os.proofs[0] = eighth_elsewhere;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_by(&proven.before, WITNESS_COUNTS, PAGES - 8, 8, 0);
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    assert_non_null(strstr(proven.reason, "8 of 64 pages"));
    assert_non_null(strstr(proven.reason, "nodes seen: 0-1"));
    release(&proven);
}

static void counts_are_in_pages_of_the_size_found(void **state) {
    (void)state;
    struct proven proven;
    fake_os.proofs[0] = fake_os.proofs[1] = counts_alone;
    prove(&proven, 8 * MIB, "2M");
    assert_by(&proven.before, WITNESS_COUNTS, 4, 0, 0);
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    release(&proven);
}

static void pages_that_are_in_no_count_are_absent_once_they_stay_so(void **state) {
    (void)state;
    struct proven proven;
    fake_os.proofs[0] = counts_alone;
    fake_os.proofs[0].counts = FAKE_COUNTS_SHORT;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_by(&proven.before, WITNESS_COUNTS, PAGES - 1, 0, 1);
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    assert_non_null(strstr(proven.reason, "1 were not resident"));
    release(&proven);
    fake_os.proofs[0].counts_change_after = 1; // it was being moved
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_by(&proven.before, WITNESS_COUNTS, PAGES, 0, 0);
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    release(&proven);
}

static void contradicting_witnesses_are_both_rejected(void **state) {
    (void)state;
    static const struct {
        enum fake_counts counts;
        uint64_t stray_every; // of what each page says
    } cases[] = {
        {FAKE_COUNTS_ELSEWHERE, 0},
        {FAKE_COUNTS_ON_NODE,   8},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t proof = 0; proof < FAKE_PROOFS; proof++) {
            fake_os_reset(2, 1);
            struct fake_proof *lie = &fake_os.proofs[proof];
            *lie = (struct fake_proof){
                .stray_end = PAGES, .stray_every = cases[i].stray_every, .counts = cases[i].counts};
            struct proven proven;
            prove(&proven, PAGES * 4 * KIB, "4K");
            assert_int_equal(proven.verdict, proof == 0 ? VERDICT_MISPLACED : VERDICT_MIGRATED);
            assert_non_null(strstr(proven.reason, "simulated_pages finds pages on nodes "));
            assert_non_null(strstr(proven.reason, "neither is used"));
            assert_int_equal(fake_os.count_calls, 3 + 1);
            release(&proven);
            lie->counts_change_after = 1; // a page moved between the two questions
            lie->stray_every = 0;
            prove(&proven, PAGES * 4 * KIB, "4K");
            assert_int_equal(proven.verdict, VERDICT_VERIFIED);
            release(&proven);
        }
    }
}

// A page in no count is on no other node by it, and that it is resident the other witness says.
static void a_low_count_contradicts_no_witness(void **state) {
    (void)state;
    struct proven proven;
    fake_os.proofs[0].counts = fake_os.proofs[1].counts = FAKE_COUNTS_SHORT;
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    assert_counts(&proven.before, PAGES, 0, 0, 0);
    release(&proven);
}

static void counts_settle_pages_of_which_the_system_does_not_say(void **state) {
    (void)state;
    struct proven proven;
    fake_os.proofs[0] = fake_os.proofs[1] =
        (struct fake_proof){.stray_end = PAGES, .stray_every = 8, .stray_answer = OS_PAGE_UNKNOWN};
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_by(&proven.before, WITNESS_COUNTS, PAGES, 0, 0);
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    release(&proven);
    fake_os.proofs[0].counts = FAKE_COUNTS_SHORT; // these leave one open too
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.before.located_by, WITNESS_EACH_PAGE);
    assert_int_equal(proven.before.pages_unknown, 8);
    assert_int_equal(proven.verdict, VERDICT_UNVERIFIABLE);
    release(&proven);
}

// Memory on the only node, by nobody's word but that no other node has any.
static void what_is_resident_is_on_the_only_node(void **state) {
    (void)state;
    struct proven proven;
    fake_os.nodes[0].total_bytes = 0;
    fake_os.proofs[0] = counts_alone;
    fake_os.proofs[0].counts = FAKE_COUNTS_UNAVAILABLE;
    fake_os.proofs[1] = fake_os.proofs[0];
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_by(&proven.before, WITNESS_ONLY_NODE, PAGES, 0, 0);
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    release(&proven);
    create(&proven.placement, PAGES * 4 * KIB, "4K");
    placement_fill_part(&proven.placement, 0, 2);
    judge(&proven);
    assert_by(&proven.before, WITNESS_ONLY_NODE, PAGES / 2, 0, PAGES / 2);
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    release(&proven);
    fake_os.proofs[0].sizes = FAKE_SIZES_UNAVAILABLE; // nor what is resident
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.before.located_by, WITNESS_NONE);
    assert_int_equal(proven.verdict, VERDICT_UNVERIFIABLE);
    release(&proven);
    fake_os.proofs[0].sizes = FAKE_SIZES_ASKED;
    fake_os.nodes[0].total_bytes = GIB; // another node has memory too
    prove(&proven, PAGES * 4 * KIB, "4K");
    assert_int_equal(proven.before.located_by, WITNESS_NONE);
    assert_int_equal(proven.verdict, VERDICT_UNVERIFIABLE);
    release(&proven);
}

// ---- who writes ---------------------------------------------------------------------------------

static struct id_set cpu_list(const char *text) {
    struct id_set cpus;
    struct error error;
    assert_true(id_set_parse(&cpus, text, &error));
    return cpus;
}

static void assert_writers(struct placement *placement, const char *wanted, const char *expected) {
    struct id_set cpus = cpu_list(wanted), writers;
    struct error error;
    char text[64];
    assert_true(placement_writers(placement, &cpus, &writers, &error));
    assert_string_equal(id_set_format(&writers, text, sizeof text), expected);
    id_set_free(&cpus);
    id_set_free(&writers);
}

// CPUs 0-2 are of node 0, 3-5 of node 1.
static void a_buffer_that_first_touch_places_is_written_from_its_node_alone(void **state) {
    (void)state;
    struct placement placement;
    fake_os_reset(2, 3);
    create(&placement, 4 * KIB, "4K");
    assert_int_equal(placement.memory.placed_by, OS_PLACED_BIND);
    assert_writers(&placement, "0-1", "0-1");
    placement_release(&placement);
    fake_os.bind_denied = true;
    create(&placement, 4 * KIB, "4K");
    assert_int_equal(placement.memory.placed_by, OS_PLACED_FIRST_TOUCH);
    assert_writers(&placement, "0-1", "3-5");
    assert_writers(&placement, "2-4", "3-4");
    fake_os_cpu(3)->forbidden = true;
    assert_writers(&placement, "0-1", "4-5");
    fake_os_cpu(4)->forbidden = fake_os_cpu(5)->forbidden = true;
    struct id_set cpus = cpu_list("0"), writers;
    struct error error;
    assert_false(placement_writers(&placement, &cpus, &writers, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "must write its pages first"));
    id_set_free(&cpus);
    placement_release(&placement);
    fake_os.nodes[0].total_bytes = 0;
    create(&placement, 4 * KIB, "4K");
    assert_int_equal(placement.memory.placed_by, OS_PLACED_ONLY_NODE);
    assert_writers(&placement, "0-1", "0-1");
    placement_release(&placement);
}

// Where nothing binds the pages, what may have moved them is named; where they are bound, it cannot
// have been that.
static void pages_that_left_an_unbound_buffer_name_numa_balancing(void **state) {
    (void)state;
    for (int denied = 0; denied < 2; denied++) {
        struct placement placement;
        struct evidence before;
        char reason[512];
        fake_os_reset(2, 3);
        fake_os.bind_denied = denied;
        fake_os.proofs[0] = (struct fake_proof){.stray_end = 4, .stray_every = 2};
        create(&placement, 4 * 4 * KIB, "4K");
        fill(&placement, 1);
        placement_prove(&placement, &before);
        assert_int_equal(placement_judge(&placement.memory, &before, NULL, reason, sizeof reason),
                         VERDICT_MISPLACED);
        assert_int_equal(strstr(reason, "kernel.numa_balancing=0") != NULL, denied);
        evidence_free(&before);
        placement_release(&placement);
    }
}

// ---- how much is asked --------------------------------------------------------------------------

static void a_proven_large_page_is_asked_for_once(void **state) {
    (void)state;
    struct proven proven;
    prove(&proven, 8 * MIB, "2M");
    assert_int_equal(proven.verdict, VERDICT_VERIFIED);
    assert_int_equal(proven.before.unit_bytes, 2 * MIB);
    assert_int_equal(proven.before.pages_total, 4);
    assert_counts(&proven.before, 4, 0, 0, 0);
    assert_int_equal(evidence_page_bytes(&proven.after), 2 * MIB);
    assert_int_equal(fake_os_times_asked(&proven.placement.memory, 0), 1);
    assert_int_equal(fake_os_times_asked(&proven.placement.memory, 1), 0);
    assert_int_equal(fake_os_times_asked(&proven.placement.memory, 512), 1);
    release(&proven);
}

static void several_batches_are_counted_together(void **state) {
    (void)state;
    // Pages of one word keep many of them cheap.
    static const struct page_kind words = {"word", 8, "a page of one word", PAGES_ORDINARY};
    enum { MANY = (1 << 16) + 3 };
    fake_os.base_page_bytes = words.bytes;
    fake_os.proofs[0] = (struct fake_proof){.stray_end = MANY, .stray_every = MANY - 1};
    struct placement placement;
    struct evidence evidence;
    struct error error;
    assert_true(
        placement_create(&placement, MANY * words.bytes, &words, node_set_of(NODE), 1, &error));
    fill(&placement, 1);
    placement_prove(&placement, &evidence);
    assert_counts(&evidence, MANY - 2, 2, 0, 0);
    assert_true(fake_os.locate_calls > 1);
    evidence_free(&evidence);
    placement_release(&placement);
}

// More pages than are asked for: the strata must be equal parts that cover all of the buffer.
// Returns how many of the pages with an odd number were asked for.
static uint64_t check_sample(uint64_t pages) {
    static const struct page_kind words = {"word", 8, "a page of one word", PAGES_ORDINARY};
    fake_os.base_page_bytes = words.bytes;
    struct placement placement;
    struct evidence evidence;
    struct error error;
    assert_true(
        placement_create(&placement, pages * words.bytes, &words, node_set_of(NODE), 11, &error));
    fill(&placement, 1);
    placement_prove(&placement, &evidence);
    assert_int_equal(evidence.pages_total, pages);
    assert_counts(&evidence, PROVE_PAGES_MAX, 0, 0, 0);
    uint64_t widest = (pages + PROVE_PAGES_MAX - 1) / PROVE_PAGES_MAX;
    uint64_t gap = 0, asked = 0, odd = 0;
    for (uint64_t page = 0; page < pages; page++) {
        unsigned times = fake_os_times_asked(&placement.memory, page);
        assert_true(times <= 1);
        asked += times;
        odd += page % 2 * times;
        gap = times ? 0 : gap + 1;
        assert_true(gap <= 2 * (widest - 1)); // the last of one stratum, then the first of the next
    }
    assert_int_equal(asked, PROVE_PAGES_MAX);
    evidence_free(&evidence);
    placement_release(&placement);
    return odd;
}

static void a_sample_covers_the_buffer_evenly(void **state) {
    (void)state;
    check_sample(3 * (uint64_t)PROVE_PAGES_MAX);
    check_sample(PROVE_PAGES_MAX + 1);
    // Of two pages in a stratum, the second is chosen as often as the first.
    uint64_t odd = check_sample(2 * (uint64_t)PROVE_PAGES_MAX - 1);
    assert_in_range(odd, PROVE_PAGES_MAX / 100 * 49, PROVE_PAGES_MAX / 100 * 51);
}

// The same seed asks for the same pages before and after, another seed for others.
static void a_sample_follows_the_seed(void **state) {
    (void)state;
    static const struct page_kind words = {"word", 8, "a page of one word", PAGES_ORDINARY};
    static uint8_t first[4096];
    fake_os.base_page_bytes = words.bytes;
    unsigned differences[2] = {0};
    for (uint64_t run = 0; run < 3; run++) {
        struct placement placement;
        struct evidence evidence;
        struct error error;
        uint64_t size_bytes = 2 * (uint64_t)PROVE_PAGES_MAX * words.bytes;
        assert_true(
            placement_create(&placement, size_bytes, &words, node_set_of(NODE), run / 2, &error));
        fill(&placement, 1);
        placement_prove(&placement, &evidence);
        for (size_t page = 0; page < sizeof first; page++) {
            uint8_t asked = (uint8_t)fake_os_times_asked(&placement.memory, page);
            if (run == 0)
                first[page] = asked;
            else
                differences[run - 1] += asked != first[page];
        }
        evidence_free(&evidence);
        placement_release(&placement);
    }
    assert_int_equal(differences[0], 0);
    assert_true(differences[1] > 0);
}

static void a_sample_finds_one_percent_that_moved_wherever_it_lies(void **state) {
    (void)state;
    static const struct page_kind words = {"word", 8, "a page of one word", PAGES_ORDINARY};
    const uint64_t pages = 2 * (uint64_t)PROVE_PAGES_MAX - 1, hundredth = pages / 100;
    const uint64_t places[] = {0, pages / 2, pages - hundredth};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        fake_os_reset(2, 1);
        fake_os.base_page_bytes = words.bytes;
        fake_os.proofs[1] = (struct fake_proof){
            .stray_first = places[i], .stray_end = places[i] + hundredth, .stray_every = 1};
        count_nothing();
        struct proven proven;
        struct error error;
        assert_true(placement_create(&proven.placement, pages * words.bytes, &words,
                                     node_set_of(NODE), 3, &error));
        fill(&proven.placement, 1);
        judge(&proven);
        assert_int_equal(proven.verdict, VERDICT_MIGRATED);
        // About half of the pages are asked for.
        assert_in_range(proven.after.pages_off_node, hundredth / 3, hundredth);
        release(&proven);
    }
}

// One page of two million, which half of all seeds do not ask for. That the sample did not meet it
// contradicts nobody, and the counts, which are of all pages, are the better word either way.
static void counts_find_what_a_sample_missed(void **state) {
    (void)state;
    static const struct page_kind words = {"word", 8, "a page of one word", PAGES_ORDINARY};
    const uint64_t pages = 2 * (uint64_t)PROVE_PAGES_MAX;
    bool missed = false, found = false;
    fake_os.base_page_bytes = words.bytes;
    fake_os.proofs[0] = (struct fake_proof){.stray_end = 1, .stray_every = 1};
    for (uint64_t seed = 1; !missed || !found; seed++) {
        struct placement placement;
        struct evidence evidence;
        struct error error;
        char reason[256];
        assert_true(placement_create(&placement, pages * words.bytes, &words, node_set_of(NODE),
                                     seed, &error));
        fill(&placement, 1);
        placement_prove(&placement, &evidence);
        bool asked = fake_os_times_asked(&placement.memory, 0) > 0;
        assert_int_equal(evidence.located_by, WITNESS_COUNTS);
        assert_int_equal(evidence.pages_checked, pages);
        assert_int_equal(evidence.pages_off_node, 1);
        assert_string_equal(evidence.contradiction, "");
        assert_int_equal(placement_judge(&placement.memory, &evidence, NULL, reason, sizeof reason),
                         VERDICT_MISPLACED);
        evidence_free(&evidence);
        placement_release(&placement);
        missed |= !asked;
        found |= asked;
        assert_true(seed < 64);
    }
}

// ---- runs ---------------------------------------------------------------------------------------

struct runs {
    struct page_run list[8];
    size_t count;
};

static void take_run(void *context, const struct page_run *run) {
    struct runs *runs = context;
    assert_true(runs->count < COUNT_OF(runs->list));
    runs->list[runs->count++] = *run;
}

static void assert_run(const struct runs *runs, size_t index, uint64_t first, uint64_t pages,
                       int32_t node) {
    assert_true(index < runs->count);
    assert_int_equal(runs->list[index].first, first);
    assert_int_equal(runs->list[index].pages, pages);
    assert_int_equal(runs->list[index].node, node);
}

static void list_runs(struct runs *runs, struct evidence *evidence, uint64_t size_bytes,
                      const char *pages) {
    struct placement placement;
    *runs = (struct runs){0};
    create(&placement, size_bytes, pages);
    fill(&placement, 1);
    placement_runs(&placement, evidence, take_run, runs);
    placement_release(&placement);
}

static void page_runs_cover_every_page_in_order(void **state) {
    (void)state;
    struct runs runs;
    struct evidence evidence;
    list_runs(&runs, &evidence, PAGES * 4 * KIB, "4K");
    assert_int_equal(runs.count, 1);
    assert_run(&runs, 0, 0, PAGES, NODE);
    fake_os.proofs[0] = (struct fake_proof){.stray_first = 10, .stray_end = 20, .stray_every = 1};
    list_runs(&runs, &evidence, PAGES * 4 * KIB, "4K");
    assert_int_equal(runs.count, 3);
    assert_run(&runs, 0, 0, 10, NODE);
    assert_run(&runs, 1, 10, 10, 0);
    assert_run(&runs, 2, 20, PAGES - 20, NODE);
    assert_int_equal(evidence.located_by, WITNESS_EACH_PAGE);
    assert_int_equal(evidence.pages_total, PAGES);
    fake_os.proofs[0].stray_first = 2;
    list_runs(&runs, &evidence, 8 * MIB, "2M");
    assert_int_equal(evidence.unit_bytes, 2 * MIB);
    assert_int_equal(runs.count, 2);
    assert_run(&runs, 1, 2, 2, 0);
}

// Also more pages than a proof would sample.
static void runs_go_on_from_batch_to_batch(void **state) {
    (void)state;
    static const struct page_kind words = {"word", 8, "a page of one word", PAGES_ORDINARY};
    const uint64_t pages = PROVE_PAGES_MAX + 5;
    fake_os.base_page_bytes = words.bytes;
    fake_os.proofs[0] = (struct fake_proof){
        .stray_first = pages - 1, .stray_end = pages, .stray_every = 1, .stray_answer = 0};
    struct placement placement;
    struct evidence evidence;
    struct runs runs = {0};
    struct error error;
    assert_true(
        placement_create(&placement, pages * words.bytes, &words, node_set_of(NODE), 1, &error));
    fill(&placement, 1);
    placement_runs(&placement, &evidence, take_run, &runs);
    assert_int_equal(runs.count, 2);
    assert_run(&runs, 0, 0, pages - 1, NODE);
    assert_run(&runs, 1, pages - 1, 1, 0);
    placement_release(&placement);
}

static void page_runs_distinguish_absent_from_unknown(void **state) {
    (void)state;
    struct placement placement;
    struct evidence evidence;
    struct runs runs = {0};
    create(&placement, PAGES * 4 * KIB, "4K");
    placement_fill_part(&placement, 0, 2);
    placement_runs(&placement, &evidence, take_run, &runs);
    assert_int_equal(runs.count, 2);
    assert_run(&runs, 0, 0, PAGES / 2, NODE);
    assert_run(&runs, 1, PAGES / 2, PAGES / 2, OS_PAGE_ABSENT);
    placement_release(&placement);
    fake_os.proofs[0].ask_again_times = 200;
    list_runs(&runs, &evidence, PAGES * 4 * KIB, "4K");
    assert_int_equal(runs.count, 1);
    assert_run(&runs, 0, 0, PAGES, OS_PAGE_UNKNOWN);
}

static void unknown_places_give_no_page_runs(void **state) {
    (void)state;
    fake_os.proofs[0].locate_unavailable = true;
    struct runs runs;
    struct evidence evidence;
    list_runs(&runs, &evidence, PAGES * 4 * KIB, "4K");
    assert_int_equal(runs.count, 0);
    assert_int_equal(evidence.located_by, WITNESS_NONE);
    assert_non_null(strstr(evidence.reason, "where pages are"));
}

// ---- what is written ----------------------------------------------------------------------------

static void every_word_is_a_normal_number_in_one_to_two(void **state) {
    (void)state;
    struct placement placement;
    create(&placement, PAGES * 4 * KIB, "4K");
    fill(&placement, 5);
    const double *values = placement.memory.base;
    size_t count = PAGES * 4 * KIB / sizeof *values, equal = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(values[i] >= 1 && values[i] < 2);
        equal += i > 0 && values[i] == values[i - 1];
        sum += values[i];
    }
    assert_int_equal(equal, 0);
    assert_true(sum / (double)count > 1.4 && sum / (double)count < 1.6);
    placement_release(&placement);
}

static void zeros_are_written_where_they_are_asked_for(void **state) {
    (void)state;
    struct placement placement;
    create(&placement, 4 * 4 * KIB, "4K");
    memset(placement.memory.base, 0xff, 4 * 4 * KIB);
    placement.zeros = true;
    fill(&placement, 2);
    const uint64_t *words = placement.memory.base;
    for (size_t i = 0; i < 4 * 4 * KIB / sizeof *words; i++)
        assert_true(words[i] == 0);
    placement_release(&placement);
}

static void the_data_follow_from_the_seed_and_not_from_the_parts(void **state) {
    (void)state;
    const uint64_t size_bytes = 5 * 4 * KIB;
    struct placement whole, parts, other;
    struct error error;
    const struct page_kind *kind = page_kind_find("4K");
    assert_true(placement_create(&whole, size_bytes, kind, node_set_of(NODE), 9, &error));
    assert_true(placement_create(&parts, size_bytes, kind, node_set_of(NODE), 9, &error));
    assert_true(placement_create(&other, size_bytes, kind, node_set_of(NODE), 10, &error));
    fill(&whole, 1);
    fill(&parts, 4);
    fill(&other, 1);
    assert_memory_equal(whole.memory.base, parts.memory.base, size_bytes);
    assert_memory_not_equal(whole.memory.base, other.memory.base, size_bytes);
    placement_release(&whole);
    placement_release(&parts);
    placement_release(&other);
}

// Each word belongs to exactly one part, also where there are more parts than pages; and a page is
// never shared, so that one thread alone makes it.
static void parts_cover_everything_exactly_once(void **state) {
    (void)state;
    enum { SMALL = 5, WORDS = 512 };
    for (size_t parts = 1; parts <= 2 * SMALL + 1; parts++) {
        struct placement placement;
        create(&placement, SMALL * 4 * KIB, "4K");
        unsigned owners[SMALL] = {0};
        uint64_t *words = placement.memory.base;
        for (size_t part = 0; part < parts; part++) {
            memset(words, 0, SMALL * 4 * KIB);
            placement_fill_part(&placement, part, parts);
            for (size_t page = 0; page < SMALL; page++) {
                size_t written = 0;
                for (size_t i = 0; i < WORDS; i++)
                    written += words[page * WORDS + i] != 0;
                assert_true(written == 0 || written == WORDS);
                owners[page] += written > 0;
            }
        }
        for (size_t page = 0; page < SMALL; page++)
            assert_int_equal(owners[page], 1);
        placement_release(&placement);
    }
}

// ---- several nodes ------------------------------------------------------------------------------

static struct node_set set_of(const char *text) {
    struct node_set set;
    struct error error;
    assert_true(node_set_parse(&set, text, &error));
    return set;
}

// A buffer on a machine of three nodes. Chunks of the simulated system have eight pages.
static void prove_set(struct proven *proven, uint64_t pages, const char *nodes,
                      struct fake_proof before, struct fake_proof after, uint32_t first_turn) {
    struct error error;
    fake_os_reset(3, 1);
    fake_os.proofs[0] = before;
    fake_os.proofs[1] = after;
    fake_os.first_turn = first_turn;
    assert_true(placement_create(&proven->placement, pages * 4 * KIB, page_kind_find("4K"),
                                 set_of(nodes), 7, &error));
    fill(&proven->placement, 3);
    judge(proven);
}

static void pages_by_the_weights_of_their_nodes_are_verified(void **state) {
    (void)state;
    static const struct {
        const char *nodes;
        uint64_t pages;
        uint32_t first_turn;
        uint64_t found[3];
    } cases[] = {
        {"0:3+1:2+2:1",          96,  0, {48, 32, 16}},
        {"0:3+1:2+2:1",          100, 0, {52, 32, 16}},
        {"0+2",                  64,  0, {32, 32}    },
        {"0+1@interleave",       7,   0, {4, 3}      },
        {"0+1@interleave",       7,   1, {3, 4}      },
        {"0:3+1:2+2:1@weighted", 20,  4, {9, 7, 4}   },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct proven proven;
        prove_set(&proven, cases[i].pages, cases[i].nodes, (struct fake_proof){0},
                  (struct fake_proof){0}, cases[i].first_turn);
        assert_string_equal(proven.reason, "");
        assert_int_equal(proven.verdict, VERDICT_VERIFIED);
        assert_counts(&proven.before, cases[i].pages, 0, 0, 0);
        for (size_t share = 0; share < 3; share++)
            assert_int_equal(proven.before.share_pages[share], cases[i].found[share]);
        release(&proven);
    }
}

// Two pages of node 1 that are on node 0 stay in the set, but not in the shares; the twin is above.
static void a_node_with_more_than_its_share_is_misplaced(void **state) {
    (void)state;
    static const char *const cases[] = {"0+1", "0+1@interleave", "0+1@weighted"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct proven proven;
        prove_set(&proven, 64, cases[i],
                  (struct fake_proof){.stray_first = 9, .stray_end = 16, .stray_every = 2},
                  (struct fake_proof){0}, 0);
        assert_int_equal(proven.verdict, VERDICT_MISPLACED);
        assert_int_equal(proven.before.pages_off_node, 0);
        assert_non_null(strstr(proven.reason, "before the timing node 0 had 36 of 64 pages"));
        release(&proven);
    }
}

static void shares_that_changed_during_the_timing_are_migrated(void **state) {
    (void)state;
    struct proven proven;
    prove_set(&proven, 64, "0+1", (struct fake_proof){0},
              (struct fake_proof){.stray_first = 8, .stray_end = 16, .stray_every = 1}, 0);
    assert_int_equal(verdict_before(&proven), VERDICT_VERIFIED);
    assert_int_equal(proven.verdict, VERDICT_MIGRATED);
    assert_non_null(strstr(proven.reason, "after the timing node 0 had 40 of 64 pages"));
    release(&proven);
}

static void a_page_outside_the_set_is_elsewhere(void **state) {
    (void)state;
    struct proven proven;
    prove_set(&proven, 64, "0+1",
              (struct fake_proof){.stray_end = 1, .stray_every = 1, .stray_answer = 2},
              (struct fake_proof){0}, 0);
    assert_int_equal(proven.verdict, VERDICT_MISPLACED);
    assert_int_equal(proven.before.pages_off_node, 1);
    assert_non_null(strstr(proven.reason, "another node than 0+1"));
    release(&proven);
}

// Where the kernel's turns begin is its own affair: up to one more turn is no wrong share.
static void the_kernels_interleave_may_start_at_any_node(void **state) {
    (void)state;
    const struct os_memory kernel = {.size_bytes = 20 * 4 * KIB,
                                     .page_bytes = 4 * KIB,
                                     .turn_bytes = 4 * KIB,
                                     .nodes = set_of("0:3+1:2+2:1@weighted")};
    const struct os_memory chunks = {.size_bytes = 20 * 4 * KIB,
                                     .page_bytes = 4 * KIB,
                                     .turn_bytes = 4 * KIB,
                                     .nodes = set_of("0:3+1:2+2:1")};
    const struct evidence all = {.unit_bytes = 4 * KIB, .pages_total = 20, .pages_checked = 20};
    struct page_bounds bounds = placement_promise(&kernel, &all, 0);
    assert_int_equal(bounds.least, 9);
    assert_int_equal(bounds.most, 12);
    bounds = placement_promise(&chunks, &all, 0);
    assert_int_equal(bounds.least, 11);
    assert_int_equal(bounds.most, 11);
    const struct evidence sample = {
        .unit_bytes = 4 * KIB, .pages_total = 20 * MIB, .pages_checked = 10000};
    bounds = placement_promise(&chunks, &sample, 0);
    assert_in_range(bounds.least, 4749, 4751); // 5000 - 5 x 50
    assert_in_range(bounds.most, 5249, 5251);
}

// All on the nearest node is as right as an equal part on each; only elsewhere is not.
static void a_policy_without_shares_is_right_wherever_its_nodes_have_the_pages(void **state) {
    (void)state;
    struct os_memory asked = {.size_bytes = 20 * 4 * KIB,
                              .page_bytes = 4 * KIB,
                              .turn_bytes = 4 * KIB,
                              .nodes = set_of("0+1@interleave")};
    struct evidence found = {
        .located_by = WITNESS_EACH_PAGE,
        .unit_bytes = 4 * KIB,
        .sized = true,
        .sizes = {.base_page_bytes = 4 * KIB, .bytes_in_base = 20 * 4 * KIB},
        .pages_total = 20,
        .pages_checked = 20,
        .pages_on_node = 20,
        .share_pages = {0,                          20                           }
    };
    char reason[256];
    assert_int_equal(placement_judge(&asked, &found, NULL, reason, sizeof reason),
                     VERDICT_MISPLACED);
    asked.nodes.policy = NODES_PREFERRED;
    assert_int_equal(placement_judge(&asked, &found, NULL, reason, sizeof reason),
                     VERDICT_VERIFIED);
    found.share_pages[1] = found.pages_on_node = 19;
    found.pages_off_node = 1;
    assert_int_equal(placement_judge(&asked, &found, NULL, reason, sizeof reason),
                     VERDICT_MISPLACED);
}

static void what_the_system_refuses_is_passed_on(void **state) {
    (void)state;
    struct placement placement;
    struct error error = {0};
    fake_os.nodes[NODE].free_bytes = 1 * MIB;
    assert_false(
        placement_create(&placement, 2 * MIB, page_kind_find("4K"), node_set_of(NODE), 1, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "node 1"));
    placement_release(&placement);
    assert_int_equal(fake_os.acquired, 0);
}

// Windows has one bit for "large": where larger pages were asked for, their size is in doubt, and
// where ordinary ones were asked for or some are ordinary, they are wrong.
static void
large_pages_of_untold_size_are_unverifiable_only_where_large_ones_were_asked(void **state) {
    (void)state;
    const struct os_memory huge = {
        .size_bytes = GIB, .page_bytes = GIB, .nodes = node_set_of(NODE)};
    const struct os_memory ordinary = {
        .size_bytes = GIB, .page_bytes = 4 * KIB, .nodes = node_set_of(NODE)};
    struct evidence evidence = {
        .located_by = WITNESS_EACH_PAGE,
        .sized = true,
        .pages_checked = 1,
        .pages_on_node = 1,
        .sizes = {.base_page_bytes = 4 * KIB, .large_page_bytes = NONE_U64, .bytes_in_large = GIB},
    };
    char reason[512];
    assert_true(evidence_page_bytes(&evidence) == NONE_U64);
    assert_int_equal(placement_judge(&huge, &evidence, NULL, reason, sizeof reason),
                     VERDICT_UNVERIFIABLE);
    assert_non_null(strstr(reason, "does not report if they are of 1GiB"));
    assert_null(strstr(reason, "--size"));
    const struct os_memory large = {
        .size_bytes = GIB, .page_bytes = 2 * MIB, .nodes = node_set_of(NODE)};
    assert_int_equal(placement_judge(&large, &evidence, NULL, reason, sizeof reason),
                     VERDICT_UNVERIFIABLE);
    assert_non_null(strstr(reason, "a buffer below 1 GiB (--size) cannot have"));
    assert_int_equal(placement_judge(&ordinary, &evidence, NULL, reason, sizeof reason),
                     VERDICT_WRONG_PAGE_SIZE);
    evidence.sizes.bytes_in_base = 4 * KIB;
    evidence.sizes.bytes_in_large -= 4 * KIB;
    assert_int_equal(placement_judge(&huge, &evidence, NULL, reason, sizeof reason),
                     VERDICT_WRONG_PAGE_SIZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            large_pages_of_untold_size_are_unverifiable_only_where_large_ones_were_asked),
        cmocka_unit_test_setup(an_honest_buffer_is_verified, make_machine),
        cmocka_unit_test_setup(proofs_follow_the_size_of_the_page, make_machine),
        cmocka_unit_test_setup(a_quarter_on_another_node_is_misplaced_and_counted, make_machine),
        cmocka_unit_test_setup(one_page_elsewhere_is_enough, make_machine),
        cmocka_unit_test_setup(a_buffer_that_was_never_written_is_nowhere, make_machine),
        cmocka_unit_test_setup(one_part_that_was_not_written_is_nowhere, make_machine),
        cmocka_unit_test_setup(filling_is_given_up_where_pages_come_a_hundred_times_slower,
                               make_machine),
        cmocka_unit_test_setup(filling_continues_after_one_long_pause, make_machine),
        cmocka_unit_test_setup(pages_of_an_unwritten_buffer_are_not_touched, make_machine),
        cmocka_unit_test_setup(a_page_that_moved_during_the_timing_is_migrated, make_machine),
        cmocka_unit_test_setup(a_page_that_vanished_during_the_timing_is_migrated, make_machine),
        cmocka_unit_test_setup(pages_of_the_wrong_size_are_found_before_and_after, make_machine),
        cmocka_unit_test_setup(large_pages_where_ordinary_ones_were_asked_are_wrong_too,
                               make_machine),
        cmocka_unit_test_setup(a_mixture_of_sizes_is_wrong_and_has_no_size, make_machine),
        cmocka_unit_test_setup(pages_of_unknown_place_make_it_unverifiable, make_machine),
        cmocka_unit_test_setup(a_system_that_does_not_locate_makes_it_unverifiable, make_machine),
        cmocka_unit_test_setup(unknown_page_sizes_are_unverifiable, make_machine),
        cmocka_unit_test_setup(the_worst_verdict_wins, make_machine),
        cmocka_unit_test_setup(a_page_that_must_be_touched_first_is_asked_again, make_machine),
        cmocka_unit_test_setup(a_page_that_never_answers_is_unknown_and_not_asked_for_ever,
                               make_machine),
        cmocka_unit_test_setup(counts_alone_verify_and_convict, make_machine),
        cmocka_unit_test_setup(counts_are_in_pages_of_the_size_found, make_machine),
        cmocka_unit_test_setup(pages_that_are_in_no_count_are_absent_once_they_stay_so,
                               make_machine),
        cmocka_unit_test_setup(contradicting_witnesses_are_both_rejected, make_machine),
        cmocka_unit_test_setup(a_low_count_contradicts_no_witness, make_machine),
        cmocka_unit_test_setup(counts_settle_pages_of_which_the_system_does_not_say, make_machine),
        cmocka_unit_test_setup(what_is_resident_is_on_the_only_node, make_machine),
        cmocka_unit_test_setup(pages_that_left_an_unbound_buffer_name_numa_balancing, make_machine),
        cmocka_unit_test_setup(a_buffer_that_first_touch_places_is_written_from_its_node_alone,
                               make_machine),
        cmocka_unit_test_setup(counts_find_what_a_sample_missed, make_machine),
        cmocka_unit_test_setup(a_proven_large_page_is_asked_for_once, make_machine),
        cmocka_unit_test_setup(several_batches_are_counted_together, make_machine),
        cmocka_unit_test_setup(a_sample_covers_the_buffer_evenly, make_machine),
        cmocka_unit_test_setup(a_sample_follows_the_seed, make_machine),
        cmocka_unit_test_setup(a_sample_finds_one_percent_that_moved_wherever_it_lies,
                               make_machine),
        cmocka_unit_test_setup(page_runs_cover_every_page_in_order, make_machine),
        cmocka_unit_test_setup(runs_go_on_from_batch_to_batch, make_machine),
        cmocka_unit_test_setup(page_runs_distinguish_absent_from_unknown, make_machine),
        cmocka_unit_test_setup(unknown_places_give_no_page_runs, make_machine),
        cmocka_unit_test_setup(every_word_is_a_normal_number_in_one_to_two, make_machine),
        cmocka_unit_test_setup(zeros_are_written_where_they_are_asked_for, make_machine),
        cmocka_unit_test_setup(the_data_follow_from_the_seed_and_not_from_the_parts, make_machine),
        cmocka_unit_test_setup(parts_cover_everything_exactly_once, make_machine),
        cmocka_unit_test(pages_by_the_weights_of_their_nodes_are_verified),
        cmocka_unit_test(a_node_with_more_than_its_share_is_misplaced),
        cmocka_unit_test(shares_that_changed_during_the_timing_are_migrated),
        cmocka_unit_test(a_page_outside_the_set_is_elsewhere),
        cmocka_unit_test(the_kernels_interleave_may_start_at_any_node),
        cmocka_unit_test(a_policy_without_shares_is_right_wherever_its_nodes_have_the_pages),
        cmocka_unit_test_setup(what_the_system_refuses_is_passed_on, make_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
