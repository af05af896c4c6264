// SPDX-License-Identifier: Apache-2.0
// From good runs to limits, from visits to the verdict on a node, and from many hosts to the slow
// ones: figures in, known answers out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/comparable.h"
#include "analyse/node_check.h"
#include "analyse/outliers.h"
#include "fake_os.h"
#include "load_topology.h"
#include "plan/named.h"
#include "stats/prediction.h"

static bool is_near(double found, double expected, double share) {
    return fabs(found - expected) <= share * fabs(expected);
}

// ---- spreads ------------------------------------------------------------------------------------

static void the_next_value_lies_within_students_prediction_limit(void **state) {
    (void)state;
    // t of 10 degrees at 0.001, and of 2 at 0.025, from tables.
    assert_true(is_near(prediction_factor(0.001, 10, 11), 4.1437 * sqrt(1 + 1 / 11.0), 1e-4));
    assert_true(is_near(prediction_factor(0.025, 2, 3), 4.3027 * sqrt(1 + 1 / 3.0), 1e-4));
    assert_true(isinf(prediction_factor(0.001, 0, 1)));
}

static void hosts_and_runs_vary_by_their_own_parts(void **state) {
    (void)state;
    const double values[] = {10, 12, 20, 22, 30, 32};
    const uint32_t hosts[] = {0, 0, 1, 1, 2, 2};
    struct spread spread = spread_of(values, hosts, 6);
    assert_true(spread.units == 3 && spread.values == 6 && spread.centre == 21);
    assert_true(is_near(spread.within, sqrt(2), 1e-9));
    // Mean squares 200 and 2: (200 - 2) / 2 between, and both together.
    assert_true(is_near(spread.between, sqrt(99), 1e-9));
    assert_true(is_near(spread.total, sqrt(101), 1e-9));
    assert_true(spread.degrees == 2);
}

static void of_one_host_only_runs_are_known(void **state) {
    (void)state;
    struct spread spread = spread_of((const double[]){1, 2, 3}, (const uint32_t[]){0, 0, 0}, 3);
    assert_true(isnan(spread.between) && spread.total == 1 && spread.degrees == 2);
    spread = spread_of((const double[]){1}, (const uint32_t[]){0}, 1);
    assert_true(isnan(spread.total) && spread.degrees == 0);
}

static void few_outliers_do_not_change_the_spread(void **state) {
    (void)state;
    double values[100];
    for (size_t i = 0; i < 100; i++)
        values[i] = (double)i;
    double before = spread_robust(values, 100, 1);
    values[3] = values[57] = 1e6;
    assert_true(is_near(spread_robust(values, 100, 1), before, 0.1));
    assert_true(isnan(spread_robust(values, 1, 1)));
}

// ---- limits -------------------------------------------------------------------------------------

// A fleet of this many hosts with one run each, and two cells: a latency and a bandwidth. Values
// step evenly by the share from host to host.
struct made {
    struct fleet fleet;
    struct fleet_sku sku;
    struct fleet_figure figures[2];
};

static void make_fleet(struct made *made, size_t hosts, double step) {
    static const char *const host_name = "a host";
    *made = (struct made){0};
    made->fleet = (struct fleet){.run_count = hosts, .skus = &made->sku, .sku_count = 1};
    made->fleet.runs = base_allocate(hosts, sizeof *made->fleet.runs);
    made->sku = (struct fleet_sku){.fingerprint = "fingerprint",
                                   .cpu_model = "a CPU",
                                   .figures = made->figures,
                                   .figure_count = 2,
                                   .host_count = hosts,
                                   .run_count = hosts};
    made->sku.hosts = base_allocate(hosts, sizeof *made->sku.hosts);
    for (size_t metric = 0; metric < 2; metric++) {
        made->figures[metric] = (struct fleet_figure){
            .cell = {.name = metric ? "bandwidth/read/cpu:0/mem:0/size:1MiB"
                                    : "latency/structural/cpu:0/mem:0/size:1MiB",
                     .test = metric ? TEST_BANDWIDTH : TEST_LATENCY,
                     .block = metric ? BLOCK_MATRIX : BLOCK_IDLE,
                     .check = CHECK_NONE},
            .metric = (enum metric)metric,
            .count = hosts
        };
        made->figures[metric].values = base_allocate(hosts, sizeof(struct fleet_value));
        for (size_t host = 0; host < hosts; host++) {
            double level = 1 + step * ((double)host - (double)(hosts - 1) / 2);
            made->figures[metric].values[host] =
                (struct fleet_value){(uint32_t)host, (metric ? 1e10 : 100) * level, 0.001};
            made->fleet.runs[host].host_number = (uint32_t)host;
            made->sku.hosts[host] = host_name;
        }
    }
}

static void free_made(struct made *made) {
    free(made->figures[0].values);
    free(made->figures[1].values);
    free(made->sku.hosts);
    free(made->fleet.runs);
}

static void limits_lie_beyond_all_that_good_hosts_measured(void **state) {
    (void)state;
    struct made made;
    struct limits_file limits;
    struct error error;
    make_fleet(&made, 20, 0.001);
    assert_true(limits_make(&limits, &made.fleet, "1", &error));
    assert_true(limits.sku_count == 1 && limits.skus[0].cell_count == 2);
    const struct limits_cell *latency = &limits.skus[0].cells[0];
    assert_true(is_near(latency->median, 100, 1e-3));
    assert_true(limits_of(latency) > 101 && limits_of(latency) < 110);
    assert_true(limits_excess(latency, 120) > 0 && limits_excess(latency, 50) < 0);
    const struct limits_cell *bandwidth = &limits.skus[0].cells[1];
    assert_true(limits_of(bandwidth) < 9.9e9 && limits_of(bandwidth) > 9e9);
    assert_true(limits_excess(bandwidth, 8e9) > 0 && limits_excess(bandwidth, 2e10) < 0);
    assert_null(limits.skus[0].note);
    limits_free(&limits);
    free_made(&made);
}

static void few_hosts_make_a_wide_tolerance_that_is_said(void **state) {
    (void)state;
    struct made made;
    struct limits_file limits;
    struct error error;
    make_fleet(&made, 4, 0.01);
    assert_true(limits_make(&limits, &made.fleet, "1", &error));
    assert_true(limits.skus[0].cells[0].tolerance > 0.2);
    assert_non_null(strstr(limits.skus[0].note, "wide tolerance"));
    limits_free(&limits);
    free_made(&made);
    make_fleet(&made, 2, 0.01);
    assert_false(limits_make(&limits, &made.fleet, "1", &error));
    assert_non_null(strstr(error.text, "at least 3 runs"));
    limits_free(&limits);
    free_made(&made);
}

// Root reads the DIMMs, a user of the same machine does not.
static void machines_differ_only_if_both_know_their_dimms(void **state) {
    (void)state;
    struct told told[2] = {{.name = "cpu_model"}, {.name = "dimm_types"}};
    told[0].value = "A CPU", told[1].value = "DDR5";
    told[0].available = told[1].available = true;
    struct data_run run = {
        .machine = {.facts = told, .fact_count = 2}
    };
    static char root[FINGERPRINT_BYTES], other[FINGERPRINT_BYTES], user[FINGERPRINT_BYTES];
    comparable_fingerprint(&run, root);
    told[1].value = "DDR4";
    comparable_fingerprint(&run, other);
    run.machine.fact_count = 1;
    comparable_fingerprint(&run, user);
    assert_true(comparable_is_same_kind(root, root));
    assert_true(comparable_is_same_kind(root, user));
    assert_true(comparable_is_same_kind(user, other));
    assert_false(comparable_is_same_kind(root, other));
    told[0].value = "Another CPU";
    comparable_fingerprint(&run, user);
    assert_false(comparable_is_same_kind(root, user));
}

// ---- a node -------------------------------------------------------------------------------------

// Limits of one latency, 110 ns, and one bandwidth, 9 GB/s.
static struct limits_cell node_limits[] = {
    {.cell = "latency/structural/cpu:0/mem:0/size:1MiB",
     .metric = "latency_ns",
     .median = 100,
     .tolerance = 0.1},
    {.cell = "bandwidth/read/cpu:0/mem:0/size:1MiB",
     .metric = "bandwidth_bytes_per_s",
     .median = 1e10,
     .tolerance = 0.1},
};
static const struct limits_sku node_sku = {.cells = node_limits, .cell_count = 2};

static struct row *a_row(double latency_ns, const char *flag) {
    static struct row row;
    row_clear(&row);
    row.latency_ns = latency_ns;
    row.bandwidth_bytes_per_s = 1e10;
    row.status = STATUS_OK;
    row.placement = VERDICT_VERIFIED;
    row_set_text(row.flags, flag);
    return &row;
}

// What a node is called whose latencies are these in turn (the last one from then on).
static enum node_verdict verdict_of(const double *latencies, size_t count, const char *flag,
                                    const char *busy, char sentence[NODE_SENTENCE_BYTES],
                                    size_t *visits) {
    struct node_check check;
    size_t cell, latency = 0;
    *visits = 0;
    node_check_begin(&check, &node_sku, 2);
    while (node_check_next(&check, &cell) && ++*visits < 100) {
        double value = latencies[latency < count ? latency : count - 1];
        latency += cell == 0;
        node_check_add(&check, cell, a_row(value, flag));
    }
    enum node_verdict verdict = node_check_judge(&check, busy, NULL, sentence);
    node_check_free(&check);
    return verdict;
}

static void a_node_within_its_limits_is_good_after_three_visits_of_each_cell(void **state) {
    (void)state;
    char sentence[NODE_SENTENCE_BYTES];
    size_t visits;
    assert_int_equal(verdict_of((const double[]){109}, 1, "", NULL, sentence, &visits), NODE_GOOD);
    assert_int_equal(visits, 6);
    assert_non_null(strstr(sentence, "GOOD: 2 of 2 cases within limits; nearest: latency/"));
    assert_int_equal(
        verdict_of((const double[]){105}, 1, "", "the machine is busy", sentence, &visits),
        NODE_GOOD); // what is good although others run is good
}

static void a_row_that_was_measured_before_counts_for_each_limit_of_its_cell(void **state) {
    (void)state;
    struct limits_cell limits[] = {node_limits[0], node_limits[1], node_limits[0]};
    const struct limits_sku sku = {.cells = limits, .cell_count = COUNT_OF(limits)};
    struct node_check check;
    char sentence[NODE_SENTENCE_BYTES];
    static const char *const cells[] = {"another", "bandwidth/read/cpu:0/mem:0/size:1MiB",
                                        node_limits[0].cell};
    node_check_begin(&check, &sku, sku.cell_count);
    for (size_t visit = 0; visit < LIMITS_CHECK_VISITS; visit++)
        for (size_t i = 0; i < COUNT_OF(cells); i++) {
            struct row *row = a_row(100, "");
            row_set_name(row->cell, cells[i]);
            node_check_add_by_name(&check, row);
        }
    for (size_t i = 0; i < check.count; i++)
        assert_int_equal(check.cells[i].passes[0].count, LIMITS_CHECK_VISITS);
    assert_int_equal(node_check_judge(&check, NULL, NULL, sentence), NODE_GOOD);
    node_check_free(&check);
}

static void passing_some_limits_does_not_make_a_good_node(void **state) {
    (void)state;
    struct node_check check;
    char sentence[NODE_SENTENCE_BYTES];
    node_check_begin(&check, &node_sku, 1);
    for (size_t cell; node_check_next(&check, &cell);)
        node_check_add(&check, cell, a_row(100, ""));
    assert_int_equal(node_check_judge(&check, NULL, NULL, sentence), NODE_UNKNOWN);
    assert_non_null(strstr(sentence, "UNKNOWN: 1 case within limits, but --budget is too short"));
    node_check_free(&check);
}

static void a_slow_cell_is_measured_twice_and_named_with_its_limit(void **state) {
    (void)state;
    char sentence[NODE_SENTENCE_BYTES];
    size_t visits;
    assert_int_equal(verdict_of((const double[]){121}, 1, "", NULL, sentence, &visits),
                     NODE_OUTSIDE);
    assert_int_equal(visits, 9);
    assert_non_null(strstr(sentence, "BAD: latency/structural/cpu:0/mem:0 121.0 ns, limit 110.0 "
                                     "ns, 10.0 % beyond, +21.0 % from the median"));
    assert_non_null(strstr(sentence, "1 of 2 cases outside"));
}

static void what_is_slow_once_only_is_not_slow(void **state) {
    (void)state;
    char sentence[NODE_SENTENCE_BYTES];
    size_t visits;
    const double once[] = {121, 121, 121, 100};
    assert_int_equal(verdict_of(once, 4, "", NULL, sentence, &visits), NODE_GOOD);
    assert_int_equal(visits, 9);
}

static void a_busy_node_is_unknown_and_never_bad(void **state) {
    (void)state;
    char sentence[NODE_SENTENCE_BYTES];
    size_t visits;
    assert_int_equal(verdict_of((const double[]){200}, 1, "SCHED", NULL, sentence, &visits),
                     NODE_UNKNOWN);
    assert_int_equal(visits, 9); // of the slow cell twice as many as are needed: then it gives up
    assert_non_null(strstr(sentence, "UNKNOWN: busy (SCHED), 1 of 2 cases"));
    assert_int_equal(verdict_of((const double[]){109}, 1, "SCHED", NULL, sentence, &visits),
                     NODE_GOOD); // within its limits in spite of others
    assert_int_equal(
        verdict_of((const double[]){200}, 1, "", "this machine is busy", sentence, &visits),
        NODE_UNKNOWN);
    assert_non_null(strstr(sentence, "but this machine is busy"));
    assert_int_equal(verdict_of((const double[]){200}, 1, "WARMUP", NULL, sentence, &visits),
                     NODE_OUTSIDE); // not steady is no excuse
}

static void what_disturbed_some_visits_is_named_though_the_last_one_was_quiet(void **state) {
    (void)state;
    struct node_check check;
    char sentence[NODE_SENTENCE_BYTES];
    node_check_begin(&check, &node_sku, 1);
    size_t visit = 0;
    for (size_t cell; node_check_next(&check, &cell); visit++)
        node_check_add(&check, cell, a_row(200, visit >= 3 && visit < 7 ? "SCHED" : ""));
    assert_int_equal(visit, 9); // the second pass: four disturbed visits, then two quiet ones
    assert_int_equal(node_check_judge(&check, NULL, NULL, sentence), NODE_UNKNOWN);
    assert_non_null(strstr(sentence, "UNKNOWN: busy (SCHED), 1 of 1 cases"));
    node_check_free(&check);
}

static void what_is_missing_is_unknown_with_its_reason(void **state) {
    (void)state;
    struct node_check check;
    char sentence[NODE_SENTENCE_BYTES];
    node_check_begin(&check, &node_sku, 2);
    assert_int_equal(node_check_judge(&check, NULL, "out of time", sentence), NODE_UNKNOWN);
    assert_string_equal(sentence, "UNKNOWN: out of time, 2 of 2 cases without a verdict");
    struct row *row = a_row(NAN, "");
    row->status = STATUS_REFUSED;
    row_set_text(row->reason, "no memory there");
    for (size_t cell; node_check_next(&check, &cell);)
        node_check_add(&check, cell, row);
    assert_int_equal(node_check_judge(&check, NULL, NULL, sentence), NODE_UNKNOWN);
    assert_non_null(strstr(sentence, "UNKNOWN: refused, 2 of 2 cases"));
    assert_non_null(strstr(sentence, "no memory there"));
    node_check_free(&check);
    // More time would change nothing for a refused cell, so the refusal is named, not the time.
    node_check_begin(&check, &node_sku, 2);
    node_check_add(&check, 1, row);
    assert_int_equal(node_check_judge(&check, NULL, "out of time", sentence), NODE_UNKNOWN);
    assert_non_null(strstr(sentence, "UNKNOWN: refused, 2 of 2 cases"));
    assert_non_null(strstr(sentence, "first: bandwidth/read"));
    node_check_free(&check);
}

static void a_value_without_proof_does_not_count_unless_that_is_allowed(void **state) {
    (void)state;
    for (int allowed = 0; allowed < 2; allowed++) {
        struct node_check check;
        char sentence[NODE_SENTENCE_BYTES];
        struct row *row = a_row(100, "");
        row->placement = VERDICT_UNVERIFIABLE;
        node_check_begin(&check, &node_sku, 2);
        check.accepts_unverifiable = allowed;
        for (size_t cell; node_check_next(&check, &cell);)
            node_check_add(&check, cell, row);
        assert_int_equal(node_check_judge(&check, NULL, NULL, sentence),
                         allowed ? NODE_GOOD : NODE_UNKNOWN);
        node_check_free(&check);
    }
}

// ---- a fleet ------------------------------------------------------------------------------------

static void a_slow_host_is_found_and_a_good_one_is_not(void **state) {
    (void)state;
    struct made made;
    struct outliers outliers;
    make_fleet(&made, 50, 0.0002);
    outliers_find(&outliers, &made.fleet, 0);
    assert_true(outliers.known && outliers.host_count == 0);
    outliers_free(&outliers);
    made.figures[0].values[7].median *= 1.05;
    made.figures[1].values[9].median /= 1.05;
    outliers_find(&outliers, &made.fleet, 0);
    assert_int_equal(outliers.host_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct outlier_host *host = &outliers.hosts[i];
        assert_true(host->host == 7 || host->host == 9);
        assert_int_equal(host->count, 1);
        const struct outlier_evidence *evidence = &host->evidence[0];
        assert_true(is_near(fabs(evidence->change), 0.05, 0.15));
        assert_int_equal(outliers.figures[evidence->figure].metric,
                         host->host == 7 ? METRIC_LATENCY : METRIC_BANDWIDTH);
    }
    outliers_free(&outliers);
    free_made(&made);
}

static void four_hosts_are_too_few_to_name_a_slow_one(void **state) {
    (void)state;
    struct made made;
    struct outliers outliers;
    make_fleet(&made, OUTLIERS_HOSTS_MIN - 1, 0.0002);
    made.figures[0].values[1].median *= 2;
    outliers_find(&outliers, &made.fleet, 0);
    assert_true(!outliers.known && outliers.host_count == 0);
    outliers_free(&outliers);
    free_made(&made);
}

// ---- cells from their names ---------------------------------------------------------------------

static void a_cell_is_planned_again_from_its_name(void **state) {
    (void)state;
    static const char *const names[] = {
        "latency/structural/cpu:0/mem:1/size:64MiB/page:4K",
        "latency/full_random/cpu:1/mem:1/size:64MiB/page:4K/chains:4",
        "bandwidth/triad.portable/cpu:1/mem:0/size:64MiB/page:4K/threads:1",
        "bandwidth/read.portable/cpu:0/mem:0/size:16KiB/page:4K/threads:2/mix:reads",
        "bandwidth/read.portable/cpu:0/mem:0:3+1:1/size:64MiB/page:4K/threads:2",
        "bandwidth/copy.portable/all-local/size:64MiB/page:4K/threads:4/mix:2:1",
        "bandwidth/read.portable/cpu:all/mem:1/size:64MiB/page:4K/threads:4/mix:reads",
        "bandwidth/read.portable/cpu:all/mem:0:3+1:1/size:64MiB/page:4K/threads:8/mix:reads",
    };
    struct topology topology;
    struct plan plan = {.visit_length = VISIT_SHORT};
    struct error error;
    fake_os_reset(2, 4);
    load_description(&topology, "pack:2 [numa] l3:1(size=8388608) core:2 pu:2",
                     LOAD_AS_OTHER_SYSTEM);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char name[CELL_NAME_BYTES];
        if (!plan_add_named(&plan, &topology, NULL, names[i], &error))
            fail_msg("%s", error.text);
        assert_string_equal(cell_name(&plan.cells[i], name), names[i]);
        assert_int_equal(plan.cells[i].visit_length, VISIT_SHORT);
    }
    assert_int_equal(plan.cell_count, COUNT_OF(names));
    plan_free(&plan);
    topology_free(&topology);
}

static void a_name_that_this_machine_has_not_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *sentence;
    } cases[] = {
        {"c2c/hitm_read/writer:1/reader:0/page:4K",                         "not the name" },
        {"latency/structural",                                              "not the name" },
        {"latency/structural/cpu:0/mem:1/size:1MiB/page:4K/x:1",            "not the name" },
        {"latency/sideways/cpu:0/mem:1/size:1MiB/page:4K",                  "have the loop"},
        {"latency/structural/cpu:0/mem:7/size:1MiB/page:4K",                "planned here" },
        {"bandwidth/read.portable/cpu:0/mem:0/size:1MiB/page:4K/threads:9", "planned here" },
    };
    struct topology topology;
    struct plan plan = {.visit_length = VISIT_SHORT};
    struct error error;
    fake_os_reset(2, 4);
    load_description(&topology, "pack:2 [numa] l3:1(size=8388608) core:2 pu:2",
                     LOAD_AS_OTHER_SYSTEM);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_false(plan_add_named(&plan, &topology, NULL, cases[i].name, &error));
        assert_int_equal(error.kind, ERROR_KIND_REFUSED);
        if (!strstr(error.text, cases[i].sentence))
            fail_msg("%s: %s", cases[i].name, error.text);
    }
    plan_free(&plan);
    topology_free(&topology);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_value_lies_within_students_prediction_limit),
        cmocka_unit_test(hosts_and_runs_vary_by_their_own_parts),
        cmocka_unit_test(of_one_host_only_runs_are_known),
        cmocka_unit_test(few_outliers_do_not_change_the_spread),
        cmocka_unit_test(limits_lie_beyond_all_that_good_hosts_measured),
        cmocka_unit_test(few_hosts_make_a_wide_tolerance_that_is_said),
        cmocka_unit_test(machines_differ_only_if_both_know_their_dimms),
        cmocka_unit_test(a_node_within_its_limits_is_good_after_three_visits_of_each_cell),
        cmocka_unit_test(a_slow_cell_is_measured_twice_and_named_with_its_limit),
        cmocka_unit_test(passing_some_limits_does_not_make_a_good_node),
        cmocka_unit_test(a_row_that_was_measured_before_counts_for_each_limit_of_its_cell),
        cmocka_unit_test(what_is_slow_once_only_is_not_slow),
        cmocka_unit_test(a_busy_node_is_unknown_and_never_bad),
        cmocka_unit_test(what_disturbed_some_visits_is_named_though_the_last_one_was_quiet),
        cmocka_unit_test(what_is_missing_is_unknown_with_its_reason),
        cmocka_unit_test(a_value_without_proof_does_not_count_unless_that_is_allowed),
        cmocka_unit_test(a_slow_host_is_found_and_a_good_one_is_not),
        cmocka_unit_test(four_hosts_are_too_few_to_name_a_slow_one),
        cmocka_unit_test(a_cell_is_planned_again_from_its_name),
        cmocka_unit_test(a_name_that_this_machine_has_not_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
