// SPDX-License-Identifier: Apache-2.0
// The schedule: plans and rows in, the order of visits out. Nothing here measures.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "analyse/curve.h"
#include "curve_model.h"
#include "fake_os.h"
#include "load_topology.h"
#include "plan/curve.h"
#include "plan/schedule.h"

enum { CELLS_MAX = 128, VISITS_MAX = 4096 };

struct fixture {
    struct plan plan;
    struct schedule schedule;
    double truth[CELLS_MAX];  // what a visit of each cell gives; 0: nothing
    double spread[CELLS_MAX]; // visits lie up to this share above and below it
    uint64_t visits[CELLS_MAX];
    const struct machine *machine; // of the cells under load
    size_t order[VISITS_MAX];
    struct told {
        double latency_ns, bandwidth_bytes_per_s;
    } told[VISITS_MAX]; // by each visit
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
        cell.mem_node = node_set_of(block == BLOCK_PEAK ? 0 : (uint32_t)i);
        plan_add(&fixture->plan, cell);
        fixture->truth[i] = 100;
    }
}

// What a cell under load is told by the model: a paced load gets what it asks for.
static void tell_load(struct fixture *fixture, const struct cell *cell, double fold) {
    uint32_t granules = load_burst_granules(cell->load.kernel);
    struct point point = solve(fixture->machine, cell->load.delay_cycles / granules);
    if (cell->load.mode == LOAD_PACED)
        point.bandwidth_bytes_per_s = cell->load.offered_bytes_per_s;
    fixture->row.latency_ns = point.latency_ns * fold;
    fixture->row.bandwidth_bytes_per_s = point.bandwidth_bytes_per_s * fold;
}

static void give(struct fixture *fixture, size_t cell) {
    double side = fixture->visits[cell]++ % 2 ? 1 : -1;
    double fold = 1 + side * fixture->spread[cell], value = fixture->truth[cell] * fold;
    enum test test = fixture->plan.cells[cell].test;
    row_clear(&fixture->row);
    if (test == TEST_LOADED && fixture->truth[cell] > 0)
        tell_load(fixture, &fixture->plan.cells[cell], fold);
    else if (fixture->truth[cell] > 0 && test == TEST_LATENCY)
        fixture->row.latency_ns = value;
    else if (fixture->truth[cell] > 0)
        fixture->row.bandwidth_bytes_per_s = value;
    fixture->told[fixture->count] =
        (struct told){fixture->row.latency_ns, fixture->row.bandwidth_bytes_per_s};
    schedule_add(&fixture->schedule, cell, &fixture->row);
}

// Goes on with a schedule that was begun.
static void go_on(struct fixture *fixture) {
    size_t cell;
    uint64_t round;
    while (schedule_next(&fixture->schedule, &cell, &round)) {
        assert_true(fixture->count < VISITS_MAX && fixture->plan.cell_count <= CELLS_MAX);
        assert_int_equal(round, fixture->visits[cell] + 1);
        fixture->order[fixture->count] = cell;
        give(fixture, cell);
        fixture->count++;
    }
}

static void run(struct fixture *fixture) {
    schedule_begin(&fixture->schedule, &fixture->plan);
    go_on(fixture);
}

static void end(struct fixture *fixture) {
    schedule_free(&fixture->schedule);
    plan_free(&fixture->plan);
}

static void each_requested_round_has_each_cell_once(void **state) {
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
static void a_precise_cell_stops_at_the_first_check(void **state) {
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

static void a_budget_ends_rounds_that_were_asked_for_too(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 4, TEST_BANDWIDTH, BLOCK_MATRIX);
    fixture.plan.rounds = 5;
    uint64_t round_ns = plan_predict_round_ns(&fixture.plan);
    fixture.plan.budget_ns = 3 * round_ns + round_ns / 2;
    schedule_begin(&fixture.schedule, &fixture.plan);
    assert_int_equal(schedule_predict_ns(&fixture.schedule), fixture.plan.budget_ns);
    go_on(&fixture);
    assert_int_equal(fixture.count, 3 * 4);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_BUDGET);
    end(&fixture);
    begin(&fixture, 4, TEST_BANDWIDTH, BLOCK_MATRIX);
    fixture.plan.rounds = 5;
    fixture.plan.budget_ns = NONE_U64;
    schedule_begin(&fixture.schedule, &fixture.plan);
    assert_int_equal(schedule_predict_ns(&fixture.schedule), 5 * round_ns);
    go_on(&fixture);
    assert_int_equal(fixture.count, 5 * 4);
    assert_int_equal(fixture.schedule.cells[0].stopped, STOP_ROUNDS);
    end(&fixture);
}

static void a_refused_cell_is_visited_once(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, 2, TEST_BANDWIDTH, BLOCK_MATRIX);
    cell_refuse(&fixture.plan.cells[0], &(struct error){ERROR_KIND_REFUSED, 0, "not allowed"});
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

// ---- curves -------------------------------------------------------------------------------------

// Delays go by the size of bursts: so a kernel of several streams, which nobody runs here.
static const struct kernel *large_bursts(void) {
    for (size_t i = 0; i < kernel_count; i++)
        if (load_burst_granules(&kernels[i]) > 1)
            return &kernels[i];
    return NULL;
}

// An idle cell, and beside a load the first points of a curve.
static void begin_curve(struct fixture *fixture, const struct machine *machine,
                        const struct curve_density *density) {
    struct topology topology;
    struct error error;
    begin(fixture, 1, TEST_LATENCY, BLOCK_IDLE);
    load_description(&topology, "pack:1 [numa] core:4 pu:1", LOAD_AS_OTHER_SYSTEM);
    fixture->machine = machine;
    fixture->plan.curves.density = density;
    for (size_t i = 0; i < CELLS_MAX; i++)
        fixture->truth[i] = 100;
    const struct curve_request request = {
        .load = {.mix = mix_find("reads"), .kernel = large_bursts()}
    };
    assert_non_null(request.load.kernel);
    if (!curve_plan(&fixture->plan, &topology, NULL, &request, 0, &error))
        fail_msg("%s", error.text);
    topology_free(&topology);
}

static void offer(struct fixture *fixture, double share) {
    struct plan_curves *curves = &fixture->plan.curves;
    curves->shares = base_grow(curves->shares, curves->share_count + 1, sizeof *curves->shares);
    curves->shares[curves->share_count++] = share;
}

static bool is_closed(const struct fixture *fixture, size_t cell) {
    return fixture->plan.cells[cell].test == TEST_LOADED &&
           fixture->plan.cells[cell].load.mode == LOAD_CLOSED;
}

// What the first visits of the closed points told.
static void first_points(const struct fixture *fixture, struct curve_points *points,
                         struct curve *curve) {
    *points = (struct curve_points){0};
    *curve = (struct curve){0};
    for (size_t i = 0; i < fixture->plan.cell_count; i++) {
        const struct schedule_cell *known = &fixture->schedule.cells[i];
        const struct cell_load *load = &fixture->plan.cells[i].load;
        if (!is_closed(fixture, i) || !known->value_count)
            continue;
        curve_points_add(points, load->delay_cycles / load_burst_granules(load->kernel),
                         known->bandwidth_bytes_per_s[0], known->latency_ns[0]);
        curve_add(curve, load->delay_cycles, known->bandwidth_bytes_per_s[0], known->latency_ns[0]);
    }
}

static void a_curve_is_searched_until_no_hole_is_left(void **state) {
    (void)state;
    for (size_t i = 0; i < machine_count; i++) {
        struct fixture fixture;
        struct curve_points points;
        struct curve curve;
        begin_curve(&fixture, &machines[i], &curve_density_full);
        run(&fixture);
        first_points(&fixture, &points, &curve);
        assert_in_range(points.count, 25, 40);
        assert_true(curve_points_worst(&points, &curve_density_full) <= 1);
        struct curve_estimate figures[CURVE_FIGURE_COUNT];
        curve_find_figures(&curve, &curve_settings_default, figures);
        struct truth truth = find_truth(&machines[i]);
        assert_true(fabs(figures[CURVE_KNEE].value / truth.knee - 1) <= 0.03);
        assert_true(fabs(figures[CURVE_SATURATED].value / truth.saturated - 1) <= 0.02);
        curve_points_free(&points);
        curve_free(&curve);
        end(&fixture);
    }
}

// First what the plan has, not by its pause, then the others; then each point as any other cell.
static void points_are_found_by_generations_and_measured_in_rounds(void **state) {
    (void)state;
    struct fixture fixture;
    begin_curve(&fixture, &machines[0], &curve_density_quick);
    run(&fixture);
    const size_t planned = 1 + curve_seed_count;
    bool ascending = true;
    for (size_t i = 0; i < planned; i++) {
        assert_true(fixture.order[i] < planned);
        ascending = ascending && (i == 0 || fixture.order[i] > fixture.order[i - 1]);
    }
    assert_false(ascending);
    assert_true(fixture.order[planned] >= planned);
    assert_in_range(fixture.plan.cell_count, 1 + 14, 1 + 20);
    size_t again = fixture.order[fixture.count - 1];
    assert_int_equal(again, fixture.order[0]);
    fixture.visits[again]--;
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        assert_int_equal(fixture.visits[i], 8);
        assert_int_equal(fixture.schedule.cells[i].stopped, STOP_CONVERGED);
    }
    end(&fixture);
}

// Rounds that tell other values than the first visits did find no new holes.
static void a_search_ends(void **state) {
    (void)state;
    struct fixture fixture;
    begin_curve(&fixture, &machines[1], &curve_density_quick);
    for (size_t i = 0; i < CELLS_MAX; i++)
        fixture.spread[i] = (double)(i % 3) * 0.2;
    run(&fixture);
    size_t idle_visits = 0, most = 0;
    for (size_t i = 0; i < fixture.count; i++) {
        idle_visits += fixture.order[i] == 0;
        if (idle_visits < 2 && fixture.order[i] > most)
            most = fixture.order[i];
    }
    // In the second round all points are known, were it in its middle that the idle cell came.
    assert_true(most + 1 == fixture.plan.cell_count);
    end(&fixture);
}

static void paced_loads_are_shares_of_the_closed_loads_peak(void **state) {
    (void)state;
    struct fixture fixture;
    begin_curve(&fixture, &machines[0], &curve_density_quick);
    offer(&fixture, 0.5);
    offer(&fixture, 0.9);
    fixture.plan.rounds = 3;
    run(&fixture);
    double peak = 0, offered[2] = {0};
    size_t paced = 0, first_paced = 0;
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        assert_int_equal(fixture.visits[i], 3);
        if (is_closed(&fixture, i))
            peak = fmax(peak, fixture.schedule.cells[i].bandwidth_bytes_per_s[0]);
        else if (cell->test == TEST_LOADED && paced < 2)
            offered[paced++] = cell->load.offered_bytes_per_s;
    }
    assert_int_equal(paced, 2);
    assert_true(offered[0] == 0.5 * peak && offered[1] == 0.9 * peak);
    while (fixture.plan.cells[fixture.order[first_paced]].load.mode == LOAD_CLOSED)
        first_paced++;
    for (size_t i = 0; i < fixture.plan.cell_count; i++)
        assert_true(!is_closed(&fixture, i) || fixture.order[first_paced] > i);
    end(&fixture);
}

// Half of the points that a full curve would get; no more rounds.
static void the_budget_bounds_a_search(void **state) {
    (void)state;
    struct fixture fixture;
    struct error error;
    begin_curve(&fixture, &machines[0], &curve_density_full);
    offer(&fixture, 0.5);
    uint64_t point_ns = cell_predict_ns(&fixture.plan.cells[1]);
    uint64_t round_ns = plan_predict_round_ns(&fixture.plan);
    fixture.plan.budget_ns = round_ns + 5 * point_ns + point_ns / 2;
    schedule_begin(&fixture.schedule, &fixture.plan);
    assert_int_equal(schedule_predict_ns(&fixture.schedule), fixture.plan.budget_ns);
    assert_true(schedule_check(&fixture.schedule, &error));
    go_on(&fixture);
    assert_int_equal(fixture.plan.cell_count, 1 + curve_seed_count + 4 + 1);
    assert_int_equal(fixture.count, fixture.plan.cell_count + 1); // and the first again
    end(&fixture);
    // With no time at all there are the first points and what was asked for.
    begin_curve(&fixture, &machines[0], &curve_density_full);
    offer(&fixture, 0.5);
    fixture.plan.budget_ns = round_ns;
    schedule_begin(&fixture.schedule, &fixture.plan);
    assert_false(schedule_check(&fixture.schedule, &error));
    assert_int_equal(schedule_predict_ns(&fixture.schedule), round_ns + point_ns);
    go_on(&fixture);
    assert_int_equal(fixture.plan.cell_count, 1 + curve_seed_count + 1);
    end(&fixture);
}

static void a_sketch_visits_each_point_once(void **state) {
    (void)state;
    struct fixture fixture;
    begin_curve(&fixture, &machines[2], &curve_density_quick);
    fixture.plan.curves.sketch = true;
    run(&fixture);
    fixture.visits[0]--; // repeated at last
    for (size_t i = 1; i < fixture.plan.cell_count; i++) {
        assert_int_equal(fixture.visits[i], 1);
        assert_int_equal(fixture.schedule.cells[i].stopped, STOP_SKETCHED);
    }
    assert_int_equal(fixture.visits[0], 8);
    assert_int_equal(fixture.order[0], 0); // and so it is the one that shows a drift
    end(&fixture);
}

static void a_curve_without_values_or_that_is_refused_ends_too(void **state) {
    (void)state;
    struct fixture fixture;
    begin_curve(&fixture, &machines[0], &curve_density_quick);
    offer(&fixture, 0.5);
    fixture.plan.rounds = 2;
    for (size_t i = 1; i < CELLS_MAX; i++)
        fixture.truth[i] = 0;
    run(&fixture);
    assert_int_equal(fixture.plan.cell_count, 1 + curve_seed_count);
    assert_int_equal(fixture.count, 2 * fixture.plan.cell_count);
    end(&fixture);
    begin_curve(&fixture, &machines[0], &curve_density_quick);
    while (fixture.plan.cell_count > 2)
        cell_free(&fixture.plan.cells[--fixture.plan.cell_count]);
    cell_refuse(&fixture.plan.cells[1], &(struct error){ERROR_KIND_REFUSED, 0, "no CPU is left"});
    fixture.truth[1] = 0;
    run(&fixture);
    assert_int_equal(fixture.plan.cell_count, 2);
    assert_int_equal(fixture.visits[1], 1);
    end(&fixture);
}

// A run that was stopped after any of its visits goes on as it would have gone.
static void replayed_rows_lead_to_the_same_visits(void **state) {
    (void)state;
    static const size_t stops[] = {0, 1, 9, 10, 17, 40};
    struct fixture whole, rest;
    begin_curve(&whole, &machines[3], &curve_density_quick);
    offer(&whole, 0.7);
    for (size_t i = 0; i < CELLS_MAX; i++)
        whole.spread[i] = 0.03;
    run(&whole);
    for (size_t stop = 0; stop < COUNT_OF(stops); stop++) {
        begin_curve(&rest, &machines[3], &curve_density_quick);
        offer(&rest, 0.7);
        memcpy(rest.spread, whole.spread, sizeof rest.spread);
        schedule_begin(&rest.schedule, &rest.plan);
        for (; rest.count < stops[stop]; rest.count++) {
            size_t cell;
            uint64_t round;
            assert_true(schedule_next(&rest.schedule, &cell, &round));
            row_clear(&rest.row);
            rest.row.latency_ns = whole.told[rest.count].latency_ns;
            rest.row.bandwidth_bytes_per_s = whole.told[rest.count].bandwidth_bytes_per_s;
            rest.visits[cell]++;
            rest.order[rest.count] = cell;
            schedule_add(&rest.schedule, cell, &rest.row);
        }
        go_on(&rest);
        assert_int_equal(rest.count, whole.count);
        assert_memory_equal(rest.order, whole.order, whole.count * sizeof *whole.order);
        end(&rest);
    }
    end(&whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_requested_round_has_each_cell_once),
        cmocka_unit_test(the_same_seed_and_rows_give_the_same_order),
        cmocka_unit_test(a_precise_cell_stops_at_the_first_check),
        cmocka_unit_test(a_short_latency_need_not_be_known_to_a_hundredth),
        cmocka_unit_test(the_budget_holds_whole_rounds_and_at_least_one),
        cmocka_unit_test(a_budget_ends_rounds_that_were_asked_for_too),
        cmocka_unit_test(a_refused_cell_is_visited_once),
        cmocka_unit_test(a_cell_without_values_does_not_stop_the_others),
        cmocka_unit_test(the_best_of_a_race_is_found_and_measured),
        cmocka_unit_test(races_of_different_mixes_do_not_meet),
        cmocka_unit_test(a_curve_is_searched_until_no_hole_is_left),
        cmocka_unit_test(points_are_found_by_generations_and_measured_in_rounds),
        cmocka_unit_test(a_search_ends),
        cmocka_unit_test(paced_loads_are_shares_of_the_closed_loads_peak),
        cmocka_unit_test(the_budget_bounds_a_search),
        cmocka_unit_test(a_sketch_visits_each_point_once),
        cmocka_unit_test(a_curve_without_values_or_that_is_refused_ends_too),
        cmocka_unit_test(replayed_rows_lead_to_the_same_visits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
