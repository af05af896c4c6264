// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/compare.h"
#include "analyse/compare_gate.h"
#include "analyse/published.h"
#include "base/random.h"

// ---- pairs out of the air -----------------------------------------------------------------------

enum { CELLS = 8, VISITS = 12 };

// A value around `level` with a relative spread, by Irwin and Hall's sum of twelve.
static double noisy(struct random *random, double level, double spread) {
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (double)random_below(random, 1 << 20) / (1 << 20);
    return level * (1 + spread * (sum - 6));
}

static struct compare_side side_around(struct random *random, double level, double spread,
                                       size_t count) {
    struct compare_side side = {
        .visits = base_allocate(count, sizeof *side.visits), .count = count, .median = level};
    for (uint32_t i = 0; i < count; i++)
        side.visits[i] = (struct compare_visit){.value = noisy(random, level, spread), .turn = i};
    return side;
}

// Half the cells are latencies, half bandwidths; ratios[i] is new to base.
static void make_spread_pairs(struct compare_pairs *pairs, const double ratios[CELLS],
                              size_t visits, double spread, uint64_t seed) {
    struct random random;
    random_seed(&random, seed);
    *pairs = (struct compare_pairs){0};
    for (size_t i = 0; i < CELLS; i++) {
        double level = 100 + (double)i;
        struct compare_side base = side_around(&random, level, spread, visits);
        struct compare_side candidate = side_around(&random, level * ratios[i], spread, visits);
        compare_pairs_add(pairs, (struct compare_pair){.name = "cell",
                                                       .metric = i < CELLS / 2 ? METRIC_LATENCY
                                                                               : METRIC_BANDWIDTH,
                                                       .base = base,
                                                       .candidate = candidate});
    }
}

static void make_pairs(struct compare_pairs *pairs, const double ratios[CELLS], size_t visits,
                       uint64_t seed) {
    make_spread_pairs(pairs, ratios, visits, 0.01, seed);
}

// A gate that one run a side is meant for.
static struct compare_rules gate(void) {
    struct compare_rules rules = compare_rules_gate;
    rules.single = true;
    return rules;
}

static void identical_runs_are_not_a_regression(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    make_pairs(&pairs, (const double[CELLS]){1, 1, 1, 1, 1, 1, 1, 1}, VISITS, 1);
    compare_run(&pairs, gate(), &comparison);
    assert_false(comparison_regressed(&comparison));
    assert_int_equal(comparison.verdicts[COMPARE_REGRESSED], 0);
    assert_int_equal(comparison.verdicts[COMPARE_IMPROVED], 0);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

static void slower_and_narrower_is_worse_and_their_opposites_are_better(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    make_pairs(&pairs, (const double[CELLS]){1.1, 1, 0.9, 1, 1.1, 1, 0.9, 1}, VISITS, 2);
    compare_run(&pairs, gate(), &comparison);
    static const enum compare_verdict expected[CELLS] = {
        COMPARE_REGRESSED, COMPARE_EQUIVALENT, COMPARE_IMPROVED,  COMPARE_EQUIVALENT,
        COMPARE_IMPROVED,  COMPARE_EQUIVALENT, COMPARE_REGRESSED, COMPARE_EQUIVALENT};
    for (size_t i = 0; i < CELLS; i++) {
        enum compare_verdict verdict = comparison.results[i].all.verdict;
        if (expected[i] == COMPARE_EQUIVALENT) // or so near that it cannot be told
            assert_true(verdict == COMPARE_EQUIVALENT || verdict == COMPARE_INCONCLUSIVE);
        else
            assert_int_equal(verdict, expected[i]);
    }
    assert_true(fabs(comparison.results[0].all.ratio - 1.1) < 0.02);
    assert_true(fabs(comparison.results[6].all.ratio - 0.9) < 0.02);
    assert_false(comparison.shifts[METRIC_LATENCY].found);
    assert_true(comparison_regressed(&comparison));
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

static void what_all_cells_share_is_said_once(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    make_pairs(&pairs, (const double[CELLS]){1.06, 1.06, 1.06, 1.06, 1, 1, 1, 1}, VISITS, 3);
    compare_run(&pairs, gate(), &comparison);
    assert_true(comparison.shifts[METRIC_LATENCY].found);
    assert_int_equal(comparison.shifts[METRIC_LATENCY].verdict, COMPARE_REGRESSED);
    assert_true(fabs(comparison.shifts[METRIC_LATENCY].ratio - 1.06) < 0.01);
    assert_false(comparison.shifts[METRIC_BANDWIDTH].found);
    assert_int_equal(comparison.verdicts[COMPARE_REGRESSED], 0);
    assert_true(comparison_regressed(&comparison));
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

// 3 against 3 give p = 0.1 at best: a change of 50 % is seen by nobody, and is not "equivalent".
static void too_few_visits_are_inconclusive_and_say_how_many_are_needed(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    make_pairs(&pairs, (const double[CELLS]){1.5, 1, 1, 1, 1, 1, 1, 1}, 3, 4);
    compare_run(&pairs, gate(), &comparison);
    assert_int_equal(comparison.results[0].all.verdict, COMPARE_INCONCLUSIVE);
    assert_true(isinf(comparison.results[0].all.detectable));
    assert_int_equal(comparison.blind, CELLS);
    assert_int_equal(comparison.visits_needed, 7); // 2 / C(14, 7) x 8 = 0.005; 6 visits: 0.017
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

static void flagged_visits_that_carry_the_change_make_it_disagree(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    double ratios[CELLS] = {1, 1, 1, 1, 1, 1, 1, 1};
    make_pairs(&pairs, ratios, 31, 5);
    for (size_t i = 0; i < 19; i++) { // 19 of 31 new visits were disturbed, here and there
        struct compare_visit *visit = &pairs.at[0].candidate.visits[7 * i % 31];
        visit->value *= 1.2;
        visit->flagged = true;
    }
    compare_run(&pairs, gate(), &comparison);
    assert_int_equal(comparison.results[0].all.verdict, COMPARE_REGRESSED);
    assert_true(comparison.results[0].disagree);
    assert_int_equal(comparison.disagreements, 1);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

// How many of `reports` with these ratios stop a gate, and how many name the first cell.
struct outcomes {
    size_t alarms, found;
};

static struct outcomes judge_many(const double ratios[CELLS], double spread, size_t reports,
                                  struct compare_rules rules) {
    struct outcomes outcomes = {0};
    for (uint64_t seed = 1; seed <= reports; seed++) {
        struct compare_pairs pairs;
        struct comparison comparison;
        make_spread_pairs(&pairs, ratios, VISITS, spread, seed);
        compare_run(&pairs, rules, &comparison);
        outcomes.alarms += comparison_regressed(&comparison);
        outcomes.found += comparison.results[0].all.verdict == COMPARE_REGRESSED;
        comparison_free(&comparison);
        compare_pairs_free(&pairs);
    }
    return outcomes;
}

// On a machine so restless that no least effect protects, the level alone does: one in a hundred
// for whole reports. Seeded, so this is one fact and not a dice.
static void at_most_one_report_in_a_hundred_cries_wolf(void **state) {
    (void)state;
    const double same[CELLS] = {1, 1, 1, 1, 1, 1, 1, 1};
    const struct compare_rules usual = {.level = 0.05, .shift_level = 0.05, .single = true};
    assert_true(judge_many(same, 0.05, 1000, gate()).alarms <= 10);
    assert_true(judge_many(same, 0.05, 1000, usual).alarms > 20);
}

// ---- drift --------------------------------------------------------------------------------------

// Two runs of the same, one behind the other, of a machine whose level wanders: a visit keeps
// `kept` of the deviation of the one before it, in all cells alike, and adds a little of its own.
static void make_drifting_pairs(struct compare_pairs *pairs, double kept, double spread,
                                uint64_t seed) {
    static const double same[CELLS] = {1, 1, 1, 1, 1, 1, 1, 1};
    struct random random;
    random_seed(&random, seed);
    make_spread_pairs(pairs, same, VISITS, 0.1 * spread, seed);
    double wander = noisy(&random, 1, 1) - 1;
    for (size_t turn = 0; turn < 2 * VISITS; turn++) {
        wander = kept * wander + sqrt(1 - kept * kept) * (noisy(&random, 1, 1) - 1);
        for (size_t i = 0; i < CELLS; i++) {
            struct compare_pair *pair = &pairs->at[i];
            struct compare_side *side = turn < VISITS ? &pair->base : &pair->candidate;
            side->visits[turn % VISITS].value *= 1 + spread * wander;
        }
    }
}

static size_t alarms_of_drift(double kept, size_t reports) {
    size_t alarms = 0;
    for (uint64_t seed = 1; seed <= reports; seed++) {
        struct compare_pairs pairs;
        struct comparison comparison;
        make_drifting_pairs(&pairs, kept, 0.03, seed);
        compare_run(&pairs, gate(), &comparison);
        alarms += comparison_regressed(&comparison);
        comparison_free(&comparison);
        compare_pairs_free(&pairs);
    }
    return alarms;
}

static void drift_is_not_a_regression(void **state) {
    (void)state;
    assert_true(alarms_of_drift(0, 1000) <= 10);
    assert_true(alarms_of_drift(0.4, 1000) <= 20); // 49 if visits were taken for independent
    assert_true(alarms_of_drift(0.8, 1000) <= 30); // 259
}

static void visits_that_are_alike_are_counted(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    make_drifting_pairs(&pairs, 0.8, 0.03, 1);
    compare_run(&pairs, gate(), &comparison);
    assert_int_equal(comparison.alike, CELLS);
    assert_true(comparison.inflation_max > 2);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
    make_pairs(&pairs, (const double[CELLS]){1, 1, 1, 1, 1, 1, 1, 1}, VISITS, 1);
    compare_run(&pairs, gate(), &comparison);
    assert_int_equal(comparison.alike, 0);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

// Half of the cells moved much, half hardly: their middle is of no cell, and to subtract it would
// make the quiet ones worse.
static void what_only_some_cells_show_is_not_shared(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    make_pairs(&pairs, (const double[CELLS]){1, 1, 1, 1, 1.02, 1.03, 1.6, 1.7}, VISITS, 8);
    compare_run(&pairs, gate(), &comparison);
    assert_false(comparison.shifts[METRIC_BANDWIDTH].found);
    assert_int_equal(comparison.verdicts[COMPARE_REGRESSED], 0);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

static void three_of_a_hundred_are_found_where_visits_vary_by_one(void **state) {
    (void)state;
    const double slow[CELLS] = {1.03, 1, 1, 1, 1, 1, 1, 1};
    assert_true(judge_many(slow, 0.01, 200, gate()).found >= 180);
}

// ---- runs ---------------------------------------------------------------------------------------

enum { RUNS = 4 };

// What a machine's runs have of their own, relative: each cell in each run, and all cells of a run.
struct noise {
    double own, shared;
    double restless; // of the last cell
    bool split;      // the last cell has two levels, 4 % apart
};

static void make_runs(struct compare_pairs *pairs, const double ratios[CELLS], struct noise noise,
                      size_t base_runs, size_t new_runs, uint64_t seed) {
    struct random random;
    random_seed(&random, seed);
    *pairs = (struct compare_pairs){0};
    for (size_t i = 0; i < CELLS; i++)
        compare_pairs_add(pairs, (struct compare_pair){.name = "cell", .metric = METRIC_LATENCY});
    for (uint32_t run = 0; run < base_runs + new_runs; run++) {
        bool is_new = run >= base_runs;
        double shared = noisy(&random, 1, noise.shared);
        for (size_t i = 0; i < CELLS; i++) {
            bool last = i + 1 == CELLS;
            double own = noisy(&random, 1, last && noise.restless > 0 ? noise.restless : noise.own);
            double split = noise.split && last && random_below(&random, 2) ? 1.04 : 1;
            struct compare_side more = side_around(
                &random, 100 * shared * own * split * (is_new ? ratios[i] : 1), 0.01, VISITS);
            for (size_t visit = 0; visit < VISITS; visit++)
                more.visits[visit].run = is_new ? run - (uint32_t)base_runs : run;
            compare_side_append(is_new ? &pairs->at[i].candidate : &pairs->at[i].base, &more);
            compare_side_free(&more);
        }
    }
}

static struct comparison compare_runs_of(const double ratios[CELLS], struct noise noise,
                                         size_t base_runs, size_t new_runs, uint64_t seed,
                                         struct compare_pairs *pairs) {
    struct comparison comparison;
    make_runs(pairs, ratios, noise, base_runs, new_runs, seed);
    compare_run(pairs, compare_rules_gate, &comparison);
    return comparison;
}

static struct outcomes judge_runs(const double ratios[CELLS], struct noise noise, size_t reports) {
    struct outcomes outcomes = {0};
    for (uint64_t seed = 1; seed <= reports; seed++) {
        struct compare_pairs pairs;
        struct comparison comparison = compare_runs_of(ratios, noise, RUNS, RUNS, seed, &pairs);
        outcomes.alarms += comparison_regressed(&comparison);
        outcomes.found += comparison.results[0].all.verdict == COMPARE_REGRESSED;
        comparison_free(&comparison);
        compare_pairs_free(&pairs);
    }
    return outcomes;
}

static const double no_change[CELLS] = {1, 1, 1, 1, 1, 1, 1, 1};
static const double all_slower[CELLS] = {1.06, 1.06, 1.06, 1.06, 1.06, 1.06, 1.06, 1.06};

// The visits of a run share its level: taken for independent, they call 13 to 42 of 100 of these
// reports worse.
static void levels_that_differ_between_runs_are_not_a_regression(void **state) {
    (void)state;
    static const struct noise noises[] = {
        {0.01, 0,    0,    false},
        {0.03, 0,    0,    false},
        {0,    0.02, 0,    false},
        {0.01, 0.02, 0,    false},
        {0.01, 0,    0,    true },
        {0.01, 0,    0.05, false}
    };
    // A cell with two levels meets one on one side and the other on the other in 1 of 256 reports.
    for (size_t i = 0; i < COUNT_OF(noises); i++)
        assert_true(judge_runs(no_change, noises[i], 300).alarms <= (noises[i].split ? 5 : 3));
}

static void a_change_that_stands_out_of_the_runs_is_found(void **state) {
    (void)state;
    const double five[CELLS] = {1.05, 1, 1, 1, 1, 1, 1, 1};
    const double three[CELLS] = {1.03, 1, 1, 1, 1, 1, 1, 1};
    assert_true(judge_runs(five, (struct noise){.own = 0.01}, 200).found >= 180);
    assert_true(judge_runs(three, (struct noise){.own = 0.005}, 200).found >= 160);
    assert_true(judge_runs(five, (struct noise){.own = 0.01, .shared = 0.02}, 200).found >= 160);
    assert_true(judge_runs(three, (struct noise){.own = 0.03}, 100).found <= 20);
}

static void a_noisy_cell_does_not_hide_a_shared_shift(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison = compare_runs_of(
        all_slower, (struct noise){.own = 0.005, .restless = 0.1}, RUNS, RUNS, 1, &pairs);
    assert_true(comparison.shifts[METRIC_LATENCY].found);
    assert_int_equal(comparison_verdict(&comparison), COMPARE_REGRESSED);
    assert_int_equal(comparison.verdicts[COMPARE_EQUIVALENT], 0);
    assert_true(comparison.verdicts[COMPARE_SHIFTED] >= CELLS - 1);
    assert_true(fabs(comparison.results[0].all.ratio - 1.06) < 0.02); // the whole change
    assert_true(fabs(comparison.results[0].all.beyond - 1) < 0.02);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

// Whatever the noise: an interval of +3 % to +10 % is not the same.
static void equivalent_is_within_the_margin_and_not_within_the_noise(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct compare_pairs pairs;
        struct comparison comparison =
            compare_runs_of(no_change, (struct noise){.own = 0.05}, RUNS, RUNS, seed, &pairs);
        for (size_t i = 0; i < CELLS; i++) {
            const struct compare_judgement *all = &comparison.results[i].all;
            assert_true(all->verdict != COMPARE_EQUIVALENT ||
                        (all->low > 0.979 && all->high < 1.021));
        }
        assert_true(comparison.runs_needed > RUNS);
        comparison_free(&comparison);
        compare_pairs_free(&pairs);
    }
    struct compare_pairs pairs;
    struct comparison comparison =
        compare_runs_of(no_change, (struct noise){.own = 0.002}, RUNS, RUNS, 1, &pairs);
    assert_int_equal(comparison.verdicts[COMPARE_EQUIVALENT], CELLS);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

static void one_run_per_side_can_only_be_suspected(void **state) {
    (void)state;
    struct compare_pairs pairs;
    struct comparison comparison;
    make_pairs(&pairs, (const double[CELLS]){1.1, 1, 1, 1, 1, 1, 1, 1}, VISITS, 2);
    compare_run(&pairs, compare_rules_gate, &comparison);
    assert_true(comparison.is_tentative);
    assert_int_equal(comparison.results[0].all.verdict, COMPARE_SUSPECTED);
    assert_false(comparison_regressed(&comparison));
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
    comparison = compare_runs_of(no_change, (struct noise){.own = 0.005}, RUNS, 1, 1, &pairs);
    assert_false(comparison.is_tentative); // the base says how far runs differ
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

static void points_with_one_visit_are_left_out_where_others_have_more(void **state) {
    (void)state;
    struct compare_pairs pairs;
    make_pairs(&pairs, no_change, VISITS, 1);
    pairs.at[0].candidate.count = 1;
    compare_pairs_thin_out(&pairs);
    assert_int_equal(pairs.count, CELLS - 1);
    assert_int_equal(pairs.thin, 1);
    compare_pairs_free(&pairs);
    make_pairs(&pairs, no_change, 1, 1);
    compare_pairs_thin_out(&pairs);
    assert_int_equal(pairs.thin, 0);
    compare_pairs_free(&pairs);
}

static void a_gate_that_could_not_have_stopped_anything_is_not_green(void **state) {
    (void)state;
    const struct lost_cells none = {0}, one = {1, "cell"};
    struct compare_pairs pairs;
    struct comparison comparison =
        compare_runs_of(no_change, (struct noise){.own = 0.005}, RUNS, RUNS, 1, &pairs);
    assert_int_equal(compare_gate(&comparison, none, 0).state, GATE_PASSED);
    assert_int_equal(compare_gate(&comparison, none, 0.5).state, GATE_PASSED);
    assert_int_equal(compare_gate(&comparison, none, 0.001).state, GATE_UNDECIDED);
    assert_int_equal(compare_gate(&comparison, one, 0).state, GATE_UNDECIDED);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
    comparison = compare_runs_of(all_slower, (struct noise){.own = 0.005}, RUNS, RUNS, 1, &pairs);
    assert_int_equal(compare_gate(&comparison, one, 0).state, GATE_REGRESSED);
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
}

// ---- published figures --------------------------------------------------------------------------

static const char *const published_lines[] = {
    "cpu_words,packages,setting,quantity,value,method,source,year",
    "7742,,NPS1,local_latency_ns,122,own,somewhere,2019",
    "7742,,NPS4,local_latency_ns,113,own,somewhere,2019",
    "7742,,,local_latency_ns,105,own,elsewhere,",
    "8480+,1,,machine_read_gb_per_s,264,MLC,somewhere,",
    "8480+,2,,machine_read_gb_per_s,524.6,MLC,somewhere,",
    NULL};

static void published_figures_stand_beside_ours_with_a_word_where_they_differ(void **state) {
    (void)state;
    const struct {
        struct published_machine machine;
        enum published_quantity quantity;
        double ours;
        const char *sentence;
    } cases[] = {
        {{"AMD EPYC 7742", 2},
         PUBLISHED_LOCAL_NS,                                             130,
         "Published for this CPU: local latency 105 to 122 ns (2 sources; other tools, other "
         "sizes); here 130 ns"                                                    },
        {{"AMD EPYC 7742", 2},
         PUBLISHED_LOCAL_NS,                                             150,
         "Published for this CPU: local latency 105 to 122 ns (2 sources; other tools, other "
         "sizes); here 150 ns, 23 % above these"                                  },
        {{"AMD EPYC 7742", 2},
         PUBLISHED_LOCAL_NS,                                             50,
         "Published for this CPU: local latency 105 to 122 ns (2 sources; other tools, other "
         "sizes); here 50 ns, 52 % below these"                                   },
        {{"Intel(R) Xeon(R) Platinum 8480+", 1},
         PUBLISHED_MACHINE_READ,                                         260e9,
         "Published for this CPU: all reads together 264 GB/s (1 source; other tools, "
         "other "
         "sizes); here 260 GB/s"                                                  },
        {{"Intel(R) Xeon(R) Platinum 8480+", 0}, PUBLISHED_MACHINE_READ, 260e9, ""},
        {{"AMD EPYC", 2},                        PUBLISHED_LOCAL_NS,     130,   ""}, // a guest
        {{"AMD EPYC 77423", 2},                  PUBLISHED_LOCAL_NS,     130,   ""},
        {{"AMD EPYC 7742", 2},                   PUBLISHED_REMOTE_NS,    130,   ""},
        {{"AMD EPYC 7742", 2},                   PUBLISHED_LOCAL_NS,     NAN,   ""},
        {{NULL, 2},                              PUBLISHED_LOCAL_NS,     130,   ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char sentence[PUBLISHED_SENTENCE_BYTES];
        bool told = published_tell_by(published_lines, &cases[i].machine, cases[i].quantity,
                                      cases[i].ours, sentence);
        assert_string_equal(sentence, cases[i].sentence);
        assert_int_equal(told, *sentence != '\0');
    }
}

static void the_published_table_has_eight_fields_and_values(void **state) {
    (void)state;
    assert_string_equal(published_table[0], published_lines[0]);
    for (size_t i = 1; published_table[i]; i++) {
        const char *at = published_table[i];
        size_t commas = 0;
        for (const char *comma = at; (comma = strchr(comma, ',')); comma++)
            if (++commas == 4)
                assert_true(strtod(comma + 1, NULL) > 0);
        assert_int_equal(commas, 7);
        assert_null(strchr(at, '"'));
        assert_true(strstr(at, ",local_latency_ns,") || strstr(at, ",remote_latency_ns,") ||
                    strstr(at, ",machine_read_gb_per_s,"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_figures_stand_beside_ours_with_a_word_where_they_differ),
        cmocka_unit_test(the_published_table_has_eight_fields_and_values),
        cmocka_unit_test(identical_runs_are_not_a_regression),
        cmocka_unit_test(slower_and_narrower_is_worse_and_their_opposites_are_better),
        cmocka_unit_test(what_all_cells_share_is_said_once),
        cmocka_unit_test(too_few_visits_are_inconclusive_and_say_how_many_are_needed),
        cmocka_unit_test(flagged_visits_that_carry_the_change_make_it_disagree),
        cmocka_unit_test(at_most_one_report_in_a_hundred_cries_wolf),
        cmocka_unit_test(drift_is_not_a_regression),
        cmocka_unit_test(visits_that_are_alike_are_counted),
        cmocka_unit_test(what_only_some_cells_show_is_not_shared),
        cmocka_unit_test(three_of_a_hundred_are_found_where_visits_vary_by_one),
        cmocka_unit_test(levels_that_differ_between_runs_are_not_a_regression),
        cmocka_unit_test(a_change_that_stands_out_of_the_runs_is_found),
        cmocka_unit_test(a_noisy_cell_does_not_hide_a_shared_shift),
        cmocka_unit_test(equivalent_is_within_the_margin_and_not_within_the_noise),
        cmocka_unit_test(one_run_per_side_can_only_be_suspected),
        cmocka_unit_test(points_with_one_visit_are_left_out_where_others_have_more),
        cmocka_unit_test(a_gate_that_could_not_have_stopped_anything_is_not_green),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
