// SPDX-License-Identifier: Apache-2.0
// Which rows give figures, and what is said before these.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "analyse/comparable.h"
#include "analyse/notes.h"
#include "record/flags.h"

static void add(struct dataset *dataset, const char *status, const char *placement,
                const char *words) {
    struct row row;
    row_clear(&row);
    row_set_name(row.cell, "a cell");
    row.status = *status ? (enum status)word_find(&words_status, status) : STATUS_COUNT;
    row.placement = (enum verdict)word_find(&words_placement, placement);
    row_set_text(row.flags, words);
    row.latency_ns = 80;
    dataset_add(dataset, &row);
}

static void count_note(const char *sentence, void *context) {
    size_t *count = context;
    assert_true(strlen(sentence) > 0);
    ++*count;
}

static size_t notes_of(const struct dataset *dataset) {
    size_t count = 0;
    notes_each(dataset, count_note, &count);
    return count;
}

static size_t notes_of_rows(const struct dataset *dataset) {
    size_t count = 0;
    notes_each_of_rows(dataset, count_note, &count);
    return count;
}

static void each_row_is_taken_as_its_proof_allows(void **state) {
    (void)state;
    static const struct {
        const char *status, *placement;
        bool verified, not_refuted; // whether it is taken where that is asked for
    } rows[] = {
        {"ok",          "verified",        true,  true },
        {"",            "verified",        true,  true }, // of a program without the column
        {"ok",          "unverifiable",    false, true },
        {"ok",          "misplaced",       false, false},
        {"ok",          "migrated",        false, false},
        {"ok",          "wrong_page_size", false, false},
        {"ok",          "",                false, false},
        {"failed",      "verified",        false, false},
        {"okay",        "verified",        false, false}, // no word of ours
        {"interrupted", "verified",        false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (enum data_proof proof = DATA_ALL; proof <= DATA_VERIFIED; proof++) {
            struct dataset dataset = {.proof = proof};
            bool taken = proof == DATA_ALL ||
                         (proof == DATA_VERIFIED ? rows[i].verified : rows[i].not_refuted);
            add(&dataset, rows[i].status, rows[i].placement, "");
            assert_int_equal(dataset.valued, 1);
            assert_int_equal(dataset.taken, taken);
            assert_int_equal(dataset.cells[0].visit_count, taken);
            assert_int_equal(dataset.left_out_count, !taken);
            dataset_free(&dataset);
        }
}

static void what_is_left_out_is_counted_by_its_word(void **state) {
    (void)state;
    struct dataset dataset = {.proof = DATA_VERIFIED};
    add(&dataset, "ok", "verified", "");
    assert_int_equal(notes_of(&dataset), 0);
    add(&dataset, "ok", "migrated", "");
    add(&dataset, "ok", "migrated", "");
    add(&dataset, "failed", "verified", "");
    assert_int_equal(notes_of(&dataset), 1);
    assert_int_equal(dataset.left_out_count, 2);
    assert_string_equal(dataset.left_out[0].word, "migrated");
    assert_int_equal(dataset.left_out[0].count, 2);
    assert_string_equal(dataset.left_out[1].word, "failed");
    dataset_free(&dataset);
}

static void a_run_without_a_proven_value_is_refused_with_the_reason(void **state) {
    (void)state;
    struct dataset dataset = {.proof = DATA_VERIFIED};
    struct error error;
    assert_false(notes_require_values(&dataset, &error));
    assert_non_null(strstr(error.text, "no row"));
    add(&dataset, "ok", "unverifiable", "");
    assert_false(notes_require_values(&dataset, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "unverifiable 1"));
    assert_non_null(strstr(error.text, "--allow-unverified"));
    add(&dataset, "ok", "verified", "");
    assert_true(notes_require_values(&dataset, &error));
    dataset_free(&dataset);
}

static void sides_are_comparable_as_long_as_each_has_a_proven_value(void **state) {
    (void)state;
    struct dataset sides[2] = {{.proof = DATA_VERIFIED}, {.proof = DATA_VERIFIED}};
    struct difference_list list;
    size_t refusals;
    add(&sides[0], "ok", "verified", "");
    add(&sides[1], "ok", "migrated", "");
    comparable_differences(&sides[0], &sides[1], &list);
    refusals = difference_refusals(&list);
    difference_list_free(&list);
    add(&sides[1], "ok", "verified", "");
    comparable_differences(&sides[0], &sides[1], &list);
    assert_int_equal(difference_refusals(&list), refusals - 1);
    difference_list_free(&list);
    dataset_free(&sides[0]);
    dataset_free(&sides[1]);
}

static void a_third_of_disturbed_visits_is_too_much(void **state) {
    (void)state;
    struct dataset dataset = {.proof = DATA_VERIFIED};
    char text[NOTE_BYTES];
    add(&dataset, "ok", "verified", "STEAL GAP");
    add(&dataset, "ok", "verified", "CACHED FREQ WARMUP PARTIAL"); // none of them is a disturbance
    add(&dataset, "ok", "migrated", "MIGRATED");                   // left out, so it spoils nothing
    add(&dataset, "ok", "verified", "");
    assert_true(notes_disturbance(&dataset, text));
    assert_non_null(strstr(text, "1 of 3 repetitions were disturbed (STEAL 1, GAP 1): do not use"));
    assert_non_null(strstr(text, flag_find("STEAL")->remedy));
    assert_int_equal(notes_of(&dataset), 2);
    assert_int_equal(notes_of_rows(&dataset), 1); // that one is left out
    add(&dataset, "ok", "verified", "");
    assert_false(notes_disturbance(&dataset, text));
    dataset_free(&dataset);
}

// Adds a visit that waited for its CPU for this share of a second.
static void add_waiting(struct dataset *dataset, double share, const char *words) {
    struct row row;
    row_clear(&row);
    row_set_name(row.cell, "a cell");
    row.status = STATUS_OK;
    row.placement = VERDICT_VERIFIED;
    row_set_text(row.flags, words);
    row.latency_ns = 80;
    row.busy_wall_ns = 1000000000;
    row.run_delay_ns = (uint64_t)(1e9 * share);
    dataset_add(dataset, &row);
}

static void a_slight_disturbance_is_said_with_its_size(void **state) {
    (void)state;
    static const char *const slight = "lost 1.2 % of their time (median): figures can be off by";
    static const char *const severe = "do not use these figures";
    const struct {
        double shares[3];
        const char *words; // of the last of them
        const char *said;
    } cases[] = {
        {{0.006, 0.012, 0.2},  "SCHED",          slight},
        {{0.006, 0.06, 0.2},   "SCHED",          severe},
        {{0.006, 0.06, 0.012}, "SCHED MIGRATED", severe}, // pages that moved are no matter of time
        {{0.006, 0.012, 0},    "SCHED",          slight}, // a row without the column
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dataset dataset = {.proof = DATA_VERIFIED};
        char text[NOTE_BYTES];
        for (size_t visit = 0; visit < 3; visit++)
            add_waiting(&dataset, cases[i].shares[visit], visit < 2 ? "SCHED" : cases[i].words);
        assert_true(notes_disturbance(&dataset, text));
        assert_non_null(strstr(text, cases[i].said));
        assert_non_null(strstr(text, flag_find("SCHED")->remedy));
        dataset_free(&dataset);
    }
}

static void a_flag_of_a_later_version_disturbs(void **state) {
    (void)state;
    struct dataset dataset = {.proof = DATA_VERIFIED};
    char text[NOTE_BYTES];
    add(&dataset, "ok", "verified", "NEVER_SEEN");
    assert_true(notes_disturbance(&dataset, text));
    assert_int_equal(dataset.flagged, 1);
    dataset_free(&dataset);
}

static void an_unfinished_run_says_so_and_how_to_resume_it(void **state) {
    (void)state;
    static const struct data_run ends[] = {
        {.path = "a run"},
        {                .path = "a run", .no_end = true},
        {                .path = "a run", .no_end = true, .torn = true},
        {    .path = "a run", .stopped = true},
        {.path = "a run", .torn = true},
    };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct data_run run = ends[i];
        struct dataset dataset = {
            .runs = &run, .run_count = 1, .valued = 1, .taken = 1, .verified = 1};
        assert_int_equal(notes_of(&dataset), i > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_taken_as_its_proof_allows),
        cmocka_unit_test(what_is_left_out_is_counted_by_its_word),
        cmocka_unit_test(a_run_without_a_proven_value_is_refused_with_the_reason),
        cmocka_unit_test(sides_are_comparable_as_long_as_each_has_a_proven_value),
        cmocka_unit_test(a_third_of_disturbed_visits_is_too_much),
        cmocka_unit_test(a_slight_disturbance_is_said_with_its_size),
        cmocka_unit_test(a_flag_of_a_later_version_disturbs),
        cmocka_unit_test(an_unfinished_run_says_so_and_how_to_resume_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
