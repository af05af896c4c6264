// SPDX-License-Identifier: Apache-2.0
// Known truths: what is planted in a simulated memory comes out of the whole program, from the
// words of a command line over plan, schedule, visits and rows to what the tables print.
//
// The loops are those of the program. In front of each stands the simulated memory, which says how
// long it takes: for bandwidth a token bucket of each node and of each way between two nodes, for
// latency under load a queue whose curve is a formula (curve_model.h). Only the simulated clock
// says how long anything takes. All is slowed down, so that few steps fill a window.

// putenv in glibc's headers under -std=c11: feature_test_macros(7).
#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/best_sets.h"
#include "analyse/loaded_curves.h"
#include "analyse/pair_classes.h"
#include "ask/menu.h"
#include "curve_model.h"
#include "fake_os.h"
#include "load_topology.h"
#include "measure/visit.h"
#include "plan/schedule.h"
#include "record/flags.h"
#include "report/matrix.h"

// ---- the program --------------------------------------------------------------------------------

enum { NODES = 2, CPUS_PER_NODE = 3, CPUS = NODES * CPUS_PER_NODE };
enum { PAIRED_CPUS_PER_NODE = 8, CPUS_MOST = NODES * PAIRED_CPUS_PER_NODE };
#define MACHINE "pack:2 [numa] l3:1(size=65536) core:3 pu:1"

// Two threads a core, two caches a node.
#define PAIRED_MACHINE "pack:2 [numa] l3:2(size=65536) core:2 pu:2"

static const char *machine;       // hwloc's description
static const struct kernel *loop; // of the program
static uint64_t (*memory)(const struct kernel_span *span);
static void (*forget)(void); // what the memory knows of an earlier visit

static void assert_within(const char *what, double found, double expected, double share) {
    if (!(fabs(found - expected) <= share * fabs(expected)))
        fail_msg("%s: %.9g instead of %.9g +- %g %%", what, found, expected, 100 * share);
}

static const struct kernel *behind_memory(const struct kernel *kernel, struct kernel *slowed) {
    if (!kernel)
        return NULL;
    loop = kernel;
    *slowed = *kernel;
    slowed->run = memory;
    return slowed;
}

// ---- lines between two CPUs, as the loops see them ----------------------------------------------

static const double way_ns[PAIR_CLASS_COUNT] = {
    [PAIR_SMT] = 12, [PAIR_L3] = 35, [PAIR_NODE] = 90, [PAIR_REMOTE] = 240};
static double planted_way_ns;   // of the pair that is visited
static uint64_t writer_late_ns; // before each of its answers

// Round trips; the loads of the other protocols take one way each, and twice as much beside it.
static uint64_t read_trips(struct pair *pair, uint64_t units) {
    pair->reader.done += units;
    fake_os_spend((uint64_t)(2 * planted_way_ns + (double)writer_late_ns) * units);
    return units;
}

static uint64_t read_loads(struct pair *pair, uint64_t units) {
    pair->reader.done += units;
    pair->reader.timed_ns += (uint64_t)planted_way_ns * units;
    fake_os_spend(3 * (uint64_t)planted_way_ns * units);
    return units;
}

static uint64_t answer(struct pair *pair, uint64_t units) {
    (void)pair;
    fake_os_spend(FAKE_STEP_NS);
    return units;
}

// What two CPUs of PAIRED_MACHINE share, told a second time.
static enum pair_class class_by_number(uint32_t one, uint32_t other) {
    if (one / 2 == other / 2)
        return PAIR_SMT;
    if (one / 4 == other / 4)
        return PAIR_L3;
    return one / 8 == other / 8 ? PAIR_NODE : PAIR_REMOTE;
}

static const struct pair_protocol *behind_lines(const struct cell_pair *pair,
                                                struct pair_protocol *slowed) {
    if (!pair->protocol)
        return NULL;
    planted_way_ns = way_ns[class_by_number(pair->writer_cpu, pair->reader_cpu)];
    *slowed = *pair->protocol;
    slowed->read = slowed->times_itself ? read_loads : read_trips;
    slowed->write = answer;
    return slowed;
}

static void visit(const struct plan *plan, size_t index, uint64_t round, uint64_t number,
                  struct row *row) {
    struct kernel slowed;
    struct pair_protocol exchange;
    struct cell cell = plan->cells[index]; // what it owns stays the plan's
    cell.pair.protocol = behind_lines(&cell.pair, &exchange);
    cell.kernel = behind_memory(cell.kernel, &slowed);
    cell.load.kernel = behind_memory(cell.load.kernel, &slowed);
    const struct visit_request request = {.cell = &cell,
                                          .run_id = "run",
                                          .host = "simulated",
                                          .seed = plan_visit_seed(plan, (size_t)number - 1),
                                          .round = round,
                                          .visit = number};
    forget();
    visit_measure(&request, row);
    if (row->status != STATUS_OK)
        fail_msg("%s: %s", row->cell, row->reason);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
}

static void run_visits(struct plan *plan, struct dataset *dataset) {
    struct schedule schedule;
    struct row *row = base_allocate(1, sizeof *row);
    size_t cell;
    uint64_t round;
    schedule_begin(&schedule, plan);
    while (schedule_next(&schedule, &cell, &round)) {
        visit(plan, cell, round, schedule.visits + 1, row);
        schedule_add(&schedule, cell, row);
        dataset_add(dataset, row);
    }
    schedule_free(&schedule);
    free(row);
}

static void run_program(enum command_bit command, const char *line, struct dataset *dataset) {
    enum { WORDS_MAX = 24 };
    char text[256], *words[WORDS_MAX];
    int count = 0;
    struct session session = {0};
    struct options options;
    struct plan plan;
    struct error error;
    struct menu_order order = {.session = &session, .command = command, .options = &options};
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    load_description(&session.topology, machine, LOAD_AS_OTHER_SYSTEM);
    if (!options_parse(&options, command, "numaprobe", 0, count, words, &error))
        fail_msg("%s", error.text);
    session.loops[mix_find("reads") - kernel_mixes] = kernel_find("read", ISA_PORTABLE);
    menu_read_memory(&order);
    if (!menu_plan(&order, &plan, &error))
        fail_msg("%s", error.text);
    menu_prepare(&order, &plan);
    menu_begin(&order, &plan);
    *dataset = (struct dataset){0};
    run_visits(&plan, dataset);
    plan_free(&plan);
    options_free(&options);
    topology_free(&session.topology);
    free(session.sizing.rooms);
}

static void begin_on(const char *description, uint32_t cpus_per_node,
                     uint64_t (*planted)(const struct kernel_span *span), void (*forgets)(void)) {
    machine = description;
    fake_os_reset(NODES, cpus_per_node);
    fake_os.clock_read_ns = 0;
    fake_os.spin_pause_ns = 50 * NS_PER_US;
    memory = planted;
    forget = forgets;
}

static void begin(uint64_t (*planted)(const struct kernel_span *span), void (*forgets)(void)) {
    begin_on(MACHINE, CPUS_PER_NODE, planted, forgets);
}

static double span_bytes(const struct kernel_span *span) {
    return (double)kernel_traffic(loop).min_bytes * (double)span->count * loop->streams;
}

// ---- a limit of each node -----------------------------------------------------------------------

struct bucket {
    double bytes_per_ns;
    double free_ns; // when what was asked for is served
};

static const double slow_bytes_per_s[NODES] = {4e6, 3e6}; // of the nodes
static double speed;                                      // times that
static const double way_bytes_per_s[NODES][NODES] = {
    {INFINITY, 1.5e6   },
    {1.2e6,    INFINITY}
};
static struct bucket nodes[NODES], ways[NODES][NODES];
static bool ways_are_limits;
static bool quota;      // every thread has its CPU half of the time
static double ahead_ns; // of a thread's last line, so that it can keep several nodes busy

static double node_bytes_per_s(size_t node) {
    return speed * slow_bytes_per_s[node];
}

static void fill_buckets(void) {
    for (size_t to = 0; to < NODES; to++) {
        nodes[to] = (struct bucket){.bytes_per_ns = node_bytes_per_s(to) / 1e9};
        for (size_t from = 0; from < NODES; from++)
            ways[from][to] = (struct bucket){
                .bytes_per_ns = ways_are_limits ? way_bytes_per_s[from][to] / 1e9 : INFINITY};
    }
}

// One after the other, in the order in which they ask.
static double serve(struct bucket *bucket, double now_ns, double bytes) {
    bucket->free_ns = fmax(bucket->free_ns, now_ns) + bytes / bucket->bytes_per_ns;
    return bucket->free_ns;
}

// When all of a span has come, which may be on several nodes.
static double serve_span(const struct kernel_span *span, double now_ns) {
    const uint32_t from = fake_os_own_cpu() / CPUS_PER_NODE;
    const double bytes = (double)kernel_traffic(loop).min_bytes * KERNEL_GRANULE;
    double end_ns = now_ns;
    for (size_t stream = 0; stream < loop->streams; stream++)
        for (size_t at = 0; at < span->count; at += KERNEL_GRANULE) {
            uint32_t to = fake_os_node_of(span->a + stream * span->stride + at);
            end_ns = fmax(end_ns, serve(&nodes[to], now_ns, bytes));
            end_ns = fmax(end_ns, serve(&ways[from][to], now_ns, bytes));
        }
    return end_ns;
}

static uint64_t run_limited(const struct kernel_span *span) {
    double now_ns = (double)os_clock_ns();
    double taken_ns = fmax(serve_span(span, now_ns) - now_ns - ahead_ns, 0);
    fake_os_spend((uint64_t)taken_ns);
    if (quota)
        fake_os_lose((uint64_t)taken_ns);
    return loop->run(span);
}

static void begin_limited(void) {
    ways_are_limits = true;
    quota = false;
    speed = 1;
    ahead_ns = 0;
    begin(run_limited, fill_buckets);
}

#define OTHERWISE "--cached --pages 4K --rounds 1 "
#define SMALL     "--size 192K " OTHERWISE

static void the_matrix_is_the_planted_limits(void **state) {
    (void)state;
    struct dataset dataset;
    struct matrix_list list;
    begin_limited();
    run_program(COMMAND_BANDWIDTH, SMALL "--kernel read.portable,copy.portable", &dataset);
    matrix_list_build(&list, &dataset);
    assert_int_equal(list.count, 2);
    for (size_t i = 0; i < list.count; i++) {
        const struct matrix *matrix = &list.at[i];
        assert_int_equal(matrix->row_count, NODES);
        assert_int_equal(matrix->column_count, NODES);
        for (size_t from = 0; from < NODES; from++)
            for (size_t to = 0; to < NODES; to++)
                assert_within(matrix->cells[from * NODES + to]->name,
                              matrix->values[from * NODES + to],
                              fmin(node_bytes_per_s(to), way_bytes_per_s[from][to]), 0.02);
    }
    matrix_list_free(&list);
    dataset_free(&dataset);
}

static void the_peak_is_the_sum_of_the_planted_limits(void **state) {
    (void)state;
    struct dataset dataset;
    struct series_list races;
    begin_limited();
    run_program(COMMAND_BANDWIDTH, SMALL "--peak --mix reads,1:1", &dataset);
    series_list_build(&races, &dataset, SERIES_RACE);
    assert_int_equal(races.count, 2);
    for (size_t i = 0; i < races.count; i++) {
        const struct data_cell *won = series_race_winner(&races.at[i]);
        assert_within(won->name, data_cell_median(won, data_all(METRIC_BANDWIDTH)),
                      node_bytes_per_s(0) + node_bytes_per_s(1), 0.02);
    }
    series_list_free(&races);
    dataset_free(&dataset);
}

static const struct data_cell *only_cell(const struct dataset *dataset) {
    assert_int_equal(dataset->cell_count, 1);
    return &dataset->cells[0];
}

static bool is_raised(const struct data_cell *cell, const char *name) {
    for (size_t flag = 0; cell->flag_counts && flag < flag_count; flag++)
        if (cell->flag_counts[flag] && strcmp(flags[flag].name, name) == 0)
            return true;
    return false;
}

static void half_of_the_cpu_time_halves_the_bandwidth_and_is_flagged(void **state) {
    (void)state;
    for (int half = 0; half < 2; half++) {
        struct dataset dataset;
        begin_limited();
        quota = half;
        run_program(COMMAND_BANDWIDTH,
                    SMALL "--kernel read.portable --threads 1 --cpu-nodes 0 --mem-nodes 0",
                    &dataset);
        const struct data_cell *cell = only_cell(&dataset);
        assert_within(cell->name, data_cell_median(cell, data_all(METRIC_BANDWIDTH)),
                      node_bytes_per_s(0) / (1 + half), 0.02);
        assert_int_equal(is_raised(cell, "SCHED"), half);
        dataset_free(&dataset);
    }
}

static void the_best_set_has_the_weights_of_the_planted_limits(void **state) {
    (void)state;
    struct dataset dataset;
    struct series_list searches;
    begin_limited();
    ways_are_limits = false;
    speed = 10; // turns of a set are short beside a sample
    ahead_ns = 10e6;
    run_program(COMMAND_BANDWIDTH, "--size 896K " OTHERWISE "--best-set --mix reads --cpu-nodes 0",
                &dataset);
    series_list_build(&searches, &dataset, SERIES_SETS);
    assert_int_equal(searches.count, 1);
    const struct best_set best = best_set_of(&searches.at[0], &dataset.runs[0], NULL);
    char set[NODE_SET_TEXT_BYTES];
    assert_non_null(best.set);
    assert_string_equal(node_set_format(&best.set->mem_node, set), "0:4+1:3");
    assert_within(best.set->name, best_set_bandwidth(best.set),
                  node_bytes_per_s(0) + node_bytes_per_s(1), 0.02);
    assert_within(best.node->name, best_set_bandwidth(best.node), node_bytes_per_s(0), 0.02);
    series_list_free(&searches);
    dataset_free(&dataset);
}

// ---- a queue ------------------------------------------------------------------------------------

// So many ns of the simulated clock are one of the model.
#define SLOWER 20000.0

static const struct machine planted = {.name = "planted",
                                       .idle_ns = 90,
                                       .peak_gb_s = 120,
                                       .saturated_ns = 200,
                                       .sharpness = 0.35,
                                       .threads = CPUS_PER_NODE - 1};

// What each CPU has been asking for of late. EASE keeps threads that slow each other down from
// overshooting forever.
static struct asker {
    uint64_t last_ns;
    double ns_per_byte; // 0: it does not ask
} askers[CPUS_MOST];
static const double EASE = 0.1;

static void forget_askers(void) {
    memset(askers, 0, sizeof askers);
}

static double asked_bytes_per_s(void) {
    double bytes_per_ns = 0;
    for (size_t cpu = 0; cpu < CPUS; cpu++)
        if (askers[cpu].ns_per_byte > 0)
            bytes_per_ns += 1 / askers[cpu].ns_per_byte;
    return bytes_per_ns * 1e9;
}

static void spend_model_ns(double ns) {
    fake_os_spend((uint64_t)(ns * SLOWER));
}

static uint64_t run_queued(const struct kernel_span *span) {
    enum { BURST_BYTES = 512 };
    struct asker *asker = &askers[fake_os_own_cpu()];
    double bytes = span_bytes(span);
    spend_model_ns(bytes / BURST_BYTES * model_burst_ns(&planted, asked_bytes_per_s()));
    uint64_t now_ns = os_clock_ns();
    double ns_per_byte = (double)(now_ns - asker->last_ns) / SLOWER / bytes;
    if (asker->ns_per_byte > 0)
        asker->ns_per_byte += EASE * (ns_per_byte - asker->ns_per_byte);
    else if (asker->last_ns)
        asker->ns_per_byte = ns_per_byte;
    asker->last_ns = now_ns;
    return loop->run(span);
}

// ld's --wrap: these take the places of the program's own.
void *__real_chase_walk(void *from, uint64_t loads);
void *__wrap_chase_walk(void *from, uint64_t loads);
uint64_t __wrap_kernel_add_chain(uint64_t adds);

void *__wrap_chase_walk(void *from, uint64_t loads) {
    spend_model_ns((double)loads * model_latency_ns(&planted, asked_bytes_per_s()));
    return __real_chase_walk(from, loads);
}

// The pauses of a load, cycles of 3 GHz; who makes none asks for the clock of its core.
uint64_t __wrap_kernel_add_chain(uint64_t adds) {
    if (askers[fake_os_own_cpu()].last_ns)
        spend_model_ns((double)adds / 3);
    return adds;
}

// The bandwidth of a curve is that of the chase too.
static double with_chase(double bandwidth_bytes_per_s, double latency_ns) {
    return bandwidth_bytes_per_s + CHASE_LINE_BYTES / latency_ns * 1e9;
}

static void assert_figure(const struct loaded_curve *curve, enum curve_figure figure,
                          double expected, double share) {
    char what[32];
    snprintf(what, sizeof what, "figure %d of the curve", (int)figure);
    assert_within(what, curve->figures[figure].value, expected, share);
}

static void assert_closed(const struct loaded_curve *curve) {
    const struct truth truth = find_truth(&planted);
    char limit[LOADED_LIMIT_BYTES];
    assert_figure(curve, CURVE_IDLE_NS, truth.idle_ns * SLOWER, 0.02);
    assert_figure(curve, CURVE_SATURATED, with_chase(truth.saturated, truth.saturated_ns) / SLOWER,
                  0.02);
    assert_figure(curve, CURVE_SATURATED_NS, truth.saturated_ns * SLOWER, 0.02);
    assert_figure(curve, CURVE_AT_1_25, with_chase(truth.at_1_25, 1.25 * truth.idle_ns) / SLOWER,
                  0.03);
    assert_figure(curve, CURVE_USABLE, with_chase(truth.at_1_5, 1.5 * truth.idle_ns) / SLOWER,
                  0.03);
    assert_figure(curve, CURVE_AT_2, with_chase(truth.at_2, 2 * truth.idle_ns) / SLOWER, 0.03);
    assert_figure(curve, CURVE_KNEE, truth.knee / SLOWER, 0.05);
    assert_string_equal(loaded_curve_limit(curve, limit), "");
}

// Below saturation all that is offered comes, at the latency that the queue has then.
static void assert_paced(const struct loaded_curve *curve) {
    assert_int_equal(curve->curve.count, 2);
    for (size_t i = 0; i < curve->curve.count; i++) {
        const struct curve_point *point = &curve->curve.points[i];
        double offered = loaded_curve_offered(point);
        assert_within("what came", curve_point_bandwidth(point), offered, 0.01);
        assert_within("latency of a paced load", curve_point_latency(point),
                      model_latency_ns(&planted, offered * SLOWER) * SLOWER, 0.02);
    }
}

static void the_curve_is_that_of_the_planted_queue(void **state) {
    (void)state;
    struct dataset dataset;
    struct loaded_curves curves;
    unsigned closed = 0;
    begin(run_queued, forget_askers);
    run_program(COMMAND_LOADED,
                SMALL "--cpu-nodes 0 --mem-nodes 0 --quick --mix reads --paced 25%,60%", &dataset);
    loaded_curves_build(&curves, &dataset);
    assert_int_equal(curves.count, 2);
    for (size_t i = 0; i < curves.count; i++) {
        closed += !curves.at[i].paced;
        (curves.at[i].paced ? assert_paced : assert_closed)(&curves.at[i]);
    }
    assert_int_equal(closed, 1);
    loaded_curves_free(&curves);
    dataset_free(&dataset);
}

// ---- core to core -------------------------------------------------------------------------------

// Where the lines are at home makes a series of its own, and not each has pairs of each class.
static void assert_classes(const struct series *pairs, double late_ns,
                           bool (*seen)[PAIR_CLASS_COUNT]) {
    const char *protocol = pairs->cells[0]->protocol;
    struct pair_class_figure figures[PAIR_CLASS_COUNT];
    bool trips = pair_protocol_find(protocol)->ways_per_unit == 2;
    pair_class_figures(pairs, figures);
    for (size_t kind = 0; kind < PAIR_CLASS_COUNT; kind++) {
        if (!figures[kind].valued)
            continue;
        (*seen)[kind] = true;
        double expected = way_ns[kind] + (trips ? late_ns / 2 : 0);
        assert_within(protocol, figures[kind].median_ns, expected, 0.02);
        assert_within(protocol, figures[kind].p95_ns, expected, 0.02);
    }
}

// A writer that answers late makes a way longer by half of that, and a load not at all.
static void each_class_of_pairs_has_its_planted_exchange(void **state) {
    (void)state;
    static const uint64_t late_ns[] = {0, 300};
    for (size_t i = 0; i < COUNT_OF(late_ns); i++) {
        struct dataset dataset;
        struct series_list list;
        bool seen[PAIR_CLASS_COUNT] = {0};
        begin_on(PAIRED_MACHINE, PAIRED_CPUS_PER_NODE, NULL, forget_askers);
        writer_late_ns = late_ns[i];
        run_program(COMMAND_C2C, "--pages 4K --rounds 1 --protocol cas_ping_pong,hitm_read",
                    &dataset);
        series_list_build(&list, &dataset, SERIES_PAIRS);
        for (size_t k = 0; k < list.count; k++)
            assert_classes(&list.at[k], (double)late_ns[i], &seen);
        for (size_t kind = 0; kind < PAIR_CLASS_COUNT; kind++)
            assert_int_equal(seen[kind], way_ns[kind] > 0);
        series_list_free(&list);
        dataset_free(&dataset);
    }
}

int main(void) {
    static char narrow[] = KERNEL_DISABLE_ISA_VARIABLE "=avx2,avx512,sve"; // fewer loops race
    putenv(narrow);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_is_the_planted_limits),
        cmocka_unit_test(the_peak_is_the_sum_of_the_planted_limits),
        cmocka_unit_test(half_of_the_cpu_time_halves_the_bandwidth_and_is_flagged),
        cmocka_unit_test(the_best_set_has_the_weights_of_the_planted_limits),
        cmocka_unit_test(the_curve_is_that_of_the_planted_queue),
        cmocka_unit_test(each_class_of_pairs_has_its_planted_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
