// SPDX-License-Identifier: Apache-2.0
// Core to core: the exchanges themselves between two real threads, pairs of known machines, and
// exchanges of a known time on a simulated clock.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fake_os.h"
#include "kernels/pair.h"
#include "load_topology.h"
#include "measure/visit.h"
#include "plan/c2c.h"

// ---- the exchanges ------------------------------------------------------------------------------

enum { MEMORY_BYTES = 128 * 1024, LINE_BYTES = 64 };

static uint64_t ticks; // a clock that goes on by 10 at each reading

static uint64_t clock_of_ticks(void) {
    return ticks += 10;
}

static _Alignas(4096) char memory[MEMORY_BYTES];

static void build(struct pair *pair, const struct pair_protocol *protocol) {
    memset(memory, 0x55, sizeof memory);
    pair_build(pair, protocol, memory, sizeof memory, LINE_BYTES, 7, clock_of_ticks);
}

struct exchange {
    struct pair pair;
    _Atomic bool over;
};

// As the engine calls the writer: again and again, with growing work, until the reader has left.
static void *answer(void *context) {
    struct exchange *exchange = context;
    for (uint64_t units = 1; !atomic_load(&exchange->over); units = units < 512 ? 2 * units : 1)
        exchange->pair.protocol->write(&exchange->pair, units);
    return NULL;
}

static void every_request_is_answered_once_and_in_order(void **state) {
    (void)state;
    for (size_t i = 0; i < pair_protocol_count; i++) {
        const struct pair_protocol *protocol = &pair_protocols[i];
        struct exchange *exchange = base_allocate(1, sizeof *exchange);
        struct pair *pair = &exchange->pair;
        build(pair, protocol);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, answer, exchange), 0);
        // One whole lap and a half, by steps that end in the middle of a line's turn; two CPUs that
        // are one for a while make it slow, so the readings of lines are fewer.
        uint64_t wanted = protocol->times_itself ? 20 * protocol->lines : 100 * protocol->lines;
        uint64_t done = 0;
        while (done < wanted)
            done += protocol->read(pair, wanted - done < 97 ? wanted - done : 97);
        atomic_store(&exchange->over, true);
        pthread_join(thread, NULL);
        if (protocol->times_itself)
            assert_int_equal(pair->reader.done * protocol->lines, done);
        else
            assert_int_equal(pair->reader.done, done);
        assert_true(pair->writer.done == pair->reader.done);
        free(pair->lines);
        free(exchange);
    }
}

// Both sides on one thread: each gives up by itself, keeps its place, and nothing is lost.
static void a_side_without_its_partner_times_out_and_resumes(void **state) {
    (void)state;
    for (size_t i = 0; i < pair_protocol_count; i++) {
        const struct pair_protocol *protocol = &pair_protocols[i];
        struct pair pair;
        build(&pair, protocol);
        uint64_t read = 0;
        assert_int_equal(protocol->write(&pair, 5), 0); // nobody has asked
        for (int turn = 0; turn < 5; turn++) {
            read += protocol->read(&pair, 2 * protocol->lines);
            assert_int_equal(protocol->write(&pair, 100), 1);
        }
        read += protocol->read(&pair, 2 * protocol->lines);
        assert_int_equal(pair.writer.done, 5);
        if (protocol->times_itself)
            assert_int_equal(read, 5 * protocol->lines);
        else
            assert_int_equal(read, 6); // five are answered, the sixth is sent
        free(pair.lines);
    }
}

// After a line's turn its last answer is waited for before the next line is touched.
static void the_last_trip_of_a_line_is_waited_for(void **state) {
    (void)state;
    struct pair pair;
    build(&pair, pair_protocol_find("store_ping_pong"));
    for (uint64_t trip = 0; trip < PAIR_TRIPS_PER_LINE; trip++) {
        assert_int_equal(pair.protocol->read(&pair, 1), 1);
        if (trip < PAIR_TRIPS_PER_LINE - 1)
            assert_int_equal(pair.protocol->write(&pair, 1), 1);
    }
    assert_int_equal(pair.protocol->read(&pair, 1), 0);
    assert_int_equal(pair_lines_used(&pair), 1);
    assert_int_equal(pair.protocol->write(&pair, 1), 1);
    assert_int_equal(pair.protocol->read(&pair, 1), 1);
    assert_int_equal(pair_lines_used(&pair), 2);
    free(pair.lines);
}

// The clock above goes on by 10 at each reading: a round over the lines takes 10, and so does
// reading it, which is taken off.
static void what_reading_the_clock_takes_is_taken_off(void **state) {
    (void)state;
    struct pair pair;
    build(&pair, pair_protocol_find("hitm_read"));
    pair.protocol->read(&pair, 1);
    assert_int_equal(pair.protocol->write(&pair, 1), 1);
    uint64_t before = ticks;
    assert_int_equal(pair.protocol->read(&pair, 1), pair.protocol->lines);
    assert_int_equal(ticks - before, 30);
    assert_int_equal(pair.reader.timed_ns, 0);
    free(pair.lines);
}

static int by_address(const void *left, const void *right) {
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    return (a > b) - (a < b);
}

static void each_line_has_its_own_block(void **state) {
    (void)state;
    for (size_t i = 0; i < pair_protocol_count; i++) {
        struct pair pair;
        build(&pair, &pair_protocols[i]);
        size_t count = pair_protocols[i].lines + 1;
        assert_true(pair_protocols[i].lines >= 64);
        size_t sorted = 0;
        for (size_t k = 1; k < count; k++)
            sorted += pair.lines[k] > pair.lines[k - 1];
        assert_in_range(sorted, count / 4, count * 3 / 4); // no order
        qsort(pair.lines, count, sizeof *pair.lines, by_address);
        for (size_t k = 0; k < count; k++) {
            size_t offset = (size_t)((char *)pair.lines[k] - memory);
            assert_int_equal(offset % LINE_BYTES, 0);
            assert_true(offset < MEMORY_BYTES);
            if (k > 0)
                assert_int_not_equal(offset / PAIR_BLOCK_BYTES,
                                     (size_t)((char *)pair.lines[k - 1] - memory) /
                                         PAIR_BLOCK_BYTES);
        }
        free(pair.lines);
    }
}

// ---- classes ------------------------------------------------------------------------------------

static enum pair_class class_of(const struct topology *topology, uint32_t a, uint32_t b) {
    enum pair_class class =
        topology_pair_class(topology_cpu(topology, a), topology_cpu(topology, b));
    assert_int_equal(topology_pair_class(topology_cpu(topology, b), topology_cpu(topology, a)),
                     class);
    return class;
}

// Two packages of two dies of two nodes of two L3 of two cores of two threads: 64 CPUs, halved at
// each step.
#define ALL_CLASSES "package:2 die:2 numa:2 l3:2 core:2 pu:2"

static void the_class_is_the_nearest_thing_shared(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "package:2 numa:2 die:2 l3:2 core:2 pu:2", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(class_of(&topology, 0, 1), PAIR_SMT);
    assert_int_equal(class_of(&topology, 0, 2), PAIR_L3);
    assert_int_equal(class_of(&topology, 0, 4), PAIR_DIE);
    assert_int_equal(class_of(&topology, 0, 8), PAIR_NODE);
    assert_int_equal(class_of(&topology, 0, 16), PAIR_PACKAGE);
    assert_int_equal(class_of(&topology, 0, 32), PAIR_REMOTE);
    assert_int_equal(class_of(&topology, 15, 16), PAIR_PACKAGE);
    assert_int_equal(class_of(&topology, 31, 32), PAIR_REMOTE);
    topology_free(&topology);
    // A die larger than a node is nearer all the same; one that is its package tells nothing.
    load_description(&topology, ALL_CLASSES, LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(class_of(&topology, 0, 8), PAIR_DIE);
    topology_free(&topology);
    load_description(&topology, "package:2 die:1 numa:2 core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(class_of(&topology, 0, 1), PAIR_NODE);
    assert_int_equal(class_of(&topology, 0, 2), PAIR_PACKAGE);
    topology_free(&topology);
}

static void unknown_parts_are_shared_by_no_cpus(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "numa:2 core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(class_of(&topology, 0, 1), PAIR_NODE);
    assert_int_equal(class_of(&topology, 1, 2), PAIR_REMOTE);
    topology_free(&topology);
    load_file(&topology, "memory-beside-node.xml", LOAD_AS_OTHER_SYSTEM);
    for (size_t i = 1; i < topology.cpu_count; i++)
        assert_true(class_of(&topology, topology.cpus[0].id, topology.cpus[i].id) <
                    PAIR_CLASS_COUNT);
    topology_free(&topology);
}

// ---- pairs --------------------------------------------------------------------------------------

static const struct pairs_request any_pair = {
    .writer_cpu = NONE_U32, .reader_cpu = NONE_U32, .seed = 1};

static struct cell_pair *choose(const struct topology *topology,
                                const struct pairs_request *request, size_t *count) {
    struct error error;
    struct cell_pair *pairs = pairs_choose(topology, request, count, &error);
    if (!pairs)
        fail_msg("%s", error.text);
    return pairs;
}

static void count_classes(const struct cell_pair *pairs, size_t count,
                          size_t counts[PAIR_CLASS_COUNT]) {
    for (size_t i = 0; i < count; i++)
        counts[pairs[i].pair_class]++;
}

static void a_pair_class_is_sampled_or_measured_whole(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "package:2 numa:2 l3:2 core:2 pu:2", LOAD_AS_OTHER_SYSTEM);
    size_t count, counts[PAIR_CLASS_COUNT] = {0}, toward_higher = 0;
    struct cell_pair *pairs = choose(&topology, &any_pair, &count);
    count_classes(pairs, count, counts);
    assert_int_equal(counts[PAIR_SMT], 16); // 16 cores: all there are
    assert_int_equal(counts[PAIR_L3], PAIRS_PER_CLASS);
    assert_int_equal(counts[PAIR_DIE], 0);
    assert_int_equal(counts[PAIR_NODE], PAIRS_PER_CLASS);
    assert_int_equal(counts[PAIR_PACKAGE], PAIRS_PER_CLASS);
    assert_int_equal(counts[PAIR_REMOTE], PAIRS_PER_CLASS);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pairs[i].pair_class,
                         class_of(&topology, pairs[i].writer_cpu, pairs[i].reader_cpu));
        toward_higher += pairs[i].writer_cpu < pairs[i].reader_cpu;
        for (size_t k = 0; k < i; k++)
            assert_false((pairs[i].writer_cpu == pairs[k].writer_cpu &&
                          pairs[i].reader_cpu == pairs[k].reader_cpu) ||
                         (pairs[i].writer_cpu == pairs[k].reader_cpu &&
                          pairs[i].reader_cpu == pairs[k].writer_cpu));
    }
    assert_in_range(toward_higher, count / 4, count * 3 / 4);
    struct cell_pair *again = choose(&topology, &any_pair, &count);
    assert_memory_equal(pairs, again, count * sizeof *pairs);
    free(again);
    struct pairs_request other = any_pair;
    other.seed = 2;
    again = choose(&topology, &other, &count);
    assert_memory_not_equal(pairs, again, count * sizeof *pairs);
    free(again);
    free(pairs);
    topology_free(&topology);
}

static void all_pairs_of_some_nodes_or_one_pair(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "package:2 numa:2 core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    size_t count;
    struct pairs_request request = any_pair;
    request.full = true;
    struct cell_pair *pairs = choose(&topology, &request, &count);
    assert_int_equal(count, 8 * 7);
    free(pairs);
    id_set_add(&request.cpu_nodes, 2);
    pairs = choose(&topology, &request, &count);
    assert_int_equal(count, 2);
    assert_int_equal(pairs[0].writer_cpu, 4);
    assert_int_equal(pairs[0].reader_cpu, 5);
    free(pairs);
    id_set_free(&request.cpu_nodes);
    request = (struct pairs_request){.writer_cpu = 7, .reader_cpu = 0};
    pairs = choose(&topology, &request, &count);
    assert_int_equal(count, 1);
    assert_int_equal(pairs[0].writer_cpu, 7);
    assert_int_equal(pairs[0].reader_cpu, 0);
    assert_int_equal(pairs[0].pair_class, PAIR_REMOTE);
    free(pairs);
    topology_free(&topology);
}

static void assert_refused(const struct topology *topology, struct pairs_request request,
                           const char *words) {
    struct error error;
    size_t count;
    assert_null(pairs_choose(topology, &request, &count, &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    if (!strstr(error.text, words))
        fail_msg("'%s' is not in '%s'", words, error.text);
}

static void pairs_that_cannot_be_are_refused(void **state) {
    (void)state;
    struct topology topology;
    load_description(&topology, "numa:1 core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    struct pairs_request request = {.writer_cpu = 0, .reader_cpu = NONE_U32};
    assert_refused(&topology, request, "both --writer-cpu and --reader-cpu");
    request = (struct pairs_request){.writer_cpu = NONE_U32, .reader_cpu = 0};
    assert_refused(&topology, request, "both --writer-cpu and --reader-cpu");
    request = (struct pairs_request){.writer_cpu = 1, .reader_cpu = 1};
    assert_refused(&topology, request, "--reader-cpu 1");
    request = (struct pairs_request){.writer_cpu = 9, .reader_cpu = 1};
    assert_refused(&topology, request, "--writer-cpu 9: this CPU does not exist");
    topology.cpus[1].allowed = false;
    request = (struct pairs_request){.writer_cpu = 0, .reader_cpu = 1};
    assert_refused(&topology, request, "--reader-cpu 1: this process may not run there");
    assert_refused(&topology, any_pair, "needs two CPUs");
    topology_free(&topology);
}

static void the_home_is_the_writers_the_readers_or_a_third_node(void **state) {
    (void)state;
    struct topology topology;
    struct error error;
    load_description(&topology, "numa:3 core:1 pu:1", LOAD_AS_OTHER_SYSTEM);
    struct cell_pair pair = {.writer_cpu = 2, .reader_cpu = 0};
    assert_int_equal(pair_home_node(&topology, &pair, HOME_WRITER, &error), 2);
    assert_int_equal(pair_home_node(&topology, &pair, HOME_READER, &error), 0);
    assert_int_equal(pair_home_node(&topology, &pair, HOME_THIRD, &error), 1);
    topology.nodes[1].allowed = false;
    assert_int_equal(pair_home_node(&topology, &pair, HOME_THIRD, &error), NONE_U32);
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "--home third"));
    topology.nodes[2].allowed = false;
    assert_int_equal(pair_home_node(&topology, &pair, HOME_WRITER, &error), NONE_U32);
    assert_non_null(strstr(error.text, "--home writer: this process may not use memory of node 2"));
    for (size_t i = 0; i < 3; i++)
        topology.nodes[i].has_memory = false;
    assert_int_equal(pair_home_node(&topology, &pair, HOME_READER, &error), NONE_U32);
    assert_non_null(strstr(error.text, "no node has memory for the lines of CPU 0"));
    topology_free(&topology);
}

// Nodes 1 and 3 of a Threadripper 2990WX have CPUs and no memory.
static void lines_of_a_node_without_memory_are_at_home_on_the_nearest_that_has(void **state) {
    (void)state;
    struct topology topology;
    struct error error;
    load_description(&topology, "numa:4 core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    static const uint64_t distances[16] = {10, 16, 16, 18, 16, 10, 18, 16,
                                           16, 18, 10, 16, 18, 16, 16, 10};
    memcpy(topology.distances, distances, sizeof distances);
    topology.nodes[1].has_memory = topology.nodes[3].has_memory = false;
    const struct cell_pair pair = {.writer_cpu = 6, .reader_cpu = 2}; // of nodes 3 and 1
    assert_int_equal(pair_home_node(&topology, &pair, HOME_WRITER, &error), 2);
    assert_int_equal(pair_home_node(&topology, &pair, HOME_READER, &error), 0);
    assert_int_equal(pair_home_node(&topology, &pair, HOME_THIRD, &error), NONE_U32);
    topology.distances[4] = topology.distances[6] = 17; // from node 1 to nodes 0 and 2
    assert_int_equal(pair_home_node(&topology, &pair, HOME_READER, &error), 0);
    topology.distances[4] = 18;
    assert_int_equal(pair_home_node(&topology, &pair, HOME_READER, &error), 2);
    assert_int_equal(pair_home_node(&topology, &pair, HOME_THIRD, &error), 0);
    topology.nodes[2].allowed = false; // and not the next one in its place
    assert_int_equal(pair_home_node(&topology, &pair, HOME_READER, &error), NONE_U32);
    assert_non_null(strstr(error.text, "node 2, the home of CPU 2"));
    topology.nodes[2].allowed = true;
    const struct cell_pair own = {.writer_cpu = 4, .reader_cpu = 5};
    assert_int_equal(pair_home_node(&topology, &own, HOME_WRITER, &error), 2);
    topology_free(&topology);
}

// ---- cells --------------------------------------------------------------------------------------

struct asked {
    const struct pair_protocol *protocols[4];
    const struct page_kind *pages[1];
    struct c2c_request request;
};

static void ask(struct asked *asked, bool third) {
    for (size_t i = 0; i < 4; i++)
        asked->protocols[i] = &pair_protocols[i];
    asked->pages[0] = page_kind_find("thp");
    asked->request = (struct c2c_request){
        .pairs = any_pair,
        .protocols = asked->protocols,
        .protocol_count = 4,
        .homes = {true, true, third},
        .pages = asked->pages,
        .page_count = 1,
    };
}

static struct plan plan_of(const struct topology *topology, const struct asked *asked) {
    struct plan plan = {0};
    struct error error;
    struct c2c_cells *pairs = c2c_describe(topology, NULL, &asked->request, &error);
    if (!pairs)
        fail_msg("%s", error.text);
    plan_add_pairs(&plan, pairs);
    return plan;
}

static void homes_on_one_node_are_one_cell_and_a_missing_third_is_refused(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    struct topology topology;
    struct asked asked;
    size_t refused = 0;
    load_description(&topology, "numa:2 core:1 pu:1", LOAD_AS_OTHER_SYSTEM);
    ask(&asked, true);
    struct plan plan = plan_of(&topology, &asked);
    const struct cell *cells = plan.cells;
    assert_int_equal(plan.cell_count, 4 * 3);
    for (size_t i = 0; i < plan.cell_count; i++)
        refused += cells[i].refusal && cells[i].refusal->kind == ERROR_KIND_REFUSED;
    assert_int_equal(refused, 4);
    assert_true(cells[0].cpu_node == cells[0].pair.reader_cpu);
    assert_true(node_set_only(&cells[0].mem_node) == cells[0].pair.writer_cpu);
    assert_true(node_set_only(&cells[1].mem_node) == cells[1].pair.reader_cpu);
    char name[CELL_NAME_BYTES];
    assert_non_null(strstr(cell_name(&cells[0], name), "c2c/store_ping_pong/writer:"));
    assert_non_null(strstr(cell_name(&cells[1], name), "/home:reader/page:thp"));
    plan_free(&plan);
    topology_free(&topology);
    load_description(&topology, "numa:1 core:2 pu:1", LOAD_AS_OTHER_SYSTEM);
    ask(&asked, false);
    asked.request.pairs.full = true;
    plan = plan_of(&topology, &asked);
    assert_int_equal(plan.cell_count, 2 + 2 * 2); // ping-pongs one way, loads both
    plan_free(&plan);
    topology_free(&topology);
}

// Two packages, twelve L3 a node, sixteen CPUs in each: by classes well within a minute.
static void three_hundred_and_eighty_four_cpus_take_less_than_a_minute(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    struct topology topology;
    struct asked asked;
    load_description(&topology, "package:2 numa:2 l3:6 core:8 pu:2", LOAD_AS_OTHER_SYSTEM);
    assert_int_equal(topology.cpu_count, 384);
    ask(&asked, false);
    struct plan plan = plan_of(&topology, &asked);
    uint64_t time_ns = plan_predict_round_ns(&plan);
    assert_in_range(time_ns, 1 * NS_PER_S, 60 * NS_PER_S);
    // smt, l3 and node have one home, package and remote two.
    assert_int_equal(plan.cell_count, 4 * PAIRS_PER_CLASS * (3 + 2 * 2));
    plan_free(&plan);
    topology_free(&topology);
}

// The system answers from a file, and a machine of 384 CPUs has 828 288 cells.
static void a_plan_of_all_pairs_asks_once_how_large_a_page_is(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    struct topology topology;
    struct asked asked;
    load_description(&topology, "package:2 numa:1 core:24 pu:1", LOAD_AS_OTHER_SYSTEM);
    ask(&asked, false);
    asked.request.pairs.full = true;
    struct plan plan = plan_of(&topology, &asked);
    assert_true(plan.cell_count > 48 * 47);
    assert_int_equal(plan.cells[plan.cell_count - 1].page_bytes, 2 * MIB);
    assert_int_equal(fake_os.page_size_questions, 1);
    plan_free(&plan);
    topology_free(&topology);
}

// Two packages of four nodes: a plan that is only printed must not grow with its cells, which take
// 300 bytes each where they are held.
static void all_pairs_of_384_cpus_are_printed_in_little_memory(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    struct topology topology;
    struct asked asked;
    struct error error;
    load_description(&topology, "package:2 numa:4 l3:3 core:8 pu:2", LOAD_AS_OTHER_SYSTEM);
    ask(&asked, false);
    asked.request.pairs.full = true;
    struct plan plan = {0};
    plan.pairs = c2c_describe(&topology, NULL, &asked.request, &error);
    assert_non_null(plan.pairs);
    assert_int_equal(plan_count_cells(&plan), 828288);
    assert_int_equal(plan.cell_count, 0);
    plan_free(&plan);
    topology_free(&topology);
}

static void assert_same_cell(const struct cell *shown, const struct cell *held) {
    char a[CELL_NAME_BYTES], b[CELL_NAME_BYTES];
    assert_string_equal(cell_name(shown, a), cell_name(held, b));
    assert_true(node_set_same(&shown->mem_node, &held->mem_node));
    assert_int_equal(shown->cpu_node, held->cpu_node);
    assert_int_equal(shown->size_bytes, held->size_bytes);
    assert_int_equal(shown->shape.line_bytes, held->shape.line_bytes);
    assert_int_equal(shown->pair.pair_class, held->pair.pair_class);
    assert_int_equal(shown->cpus.count, 2);
    assert_true(shown->cpus.ids[0] < shown->cpus.ids[1]);
    assert_memory_equal(shown->cpus.ids, held->cpus.ids, 2 * sizeof *shown->cpus.ids);
    assert_true(!shown->refusal == !held->refusal);
    if (held->refusal)
        assert_string_equal(shown->refusal->text, held->refusal->text);
}

// The plan has a cell of its own before them, as any plan may.
static void the_shown_plan_is_the_measured_plan(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    struct topology topology;
    struct asked asked;
    struct error error;
    load_description(&topology, "numa:2 core:3 pu:1", LOAD_AS_OTHER_SYSTEM);
    ask(&asked, true);
    asked.request.pairs.full = true;
    struct plan held = plan_of(&topology, &asked), shown = {0};
    plan_add(&shown, cell_copy(&held.cells[7]));
    shown.pairs = c2c_describe(&topology, NULL, &asked.request, &error);
    assert_non_null(shown.pairs);
    size_t index = 0, refused = 0;
    for (struct plan_walk walk = plan_walk(&shown); plan_next(&walk); index++) {
        assert_int_equal(walk.index, index);
        assert_same_cell(walk.cell, &held.cells[index ? index - 1 : 7]);
        refused += walk.cell->refusal != NULL;
    }
    assert_int_equal(index, held.cell_count + 1);
    assert_in_range(refused, 1, held.cell_count - 1);
    assert_int_equal(plan_predict_round_ns(&shown),
                     plan_predict_round_ns(&held) + cell_predict_ns(&held.cells[7]));
    plan_free(&held);
    plan_free(&shown);
    topology_free(&topology);
}

static void pairs_of_a_cpu_that_is_in_doubt_are_refused_and_no_others(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    struct topology topology;
    struct asked asked;
    struct error error;
    load_description(&topology, "numa:1 core:3 pu:1", LOAD_AS_OTHER_SYSTEM);
    ask(&asked, false);
    asked.request.pairs.full = true;
    struct cross_check_cpu cpus[3] = {{.cpu = 0}, {.cpu = 1}, {.cpu = 2}};
    cpus[1].verdict[CROSS_PLACE] = CROSS_MISMATCH;
    const struct cross_check check = {
        .cpus = cpus, .cpu_count = 3, .witnesses = {{.source = "a table"}, {.source = "a place"}}
    };
    struct plan plan = {.pairs = c2c_describe(&topology, &check, &asked.request, &error)};
    assert_int_equal(plan_count_cells(&plan), 2 * 3 + 2 * 6);
    for (struct plan_walk walk = plan_walk(&plan); plan_next(&walk);) {
        const struct error *refusal = walk.cell->refusal;
        assert_true((refusal != NULL) == id_set_contains(&walk.cell->cpus, 1));
        if (refusal)
            assert_non_null(strstr(refusal->text, "CPU 1 is on node "));
    }
    plan_free(&plan);
    topology_free(&topology);
}

// ---- visits -------------------------------------------------------------------------------------

enum { WAY_NS = 100, LOAD_NS = 70 };

// A round trip of twice 100 ns.
static uint64_t read_slow(struct pair *pair, uint64_t units) {
    pair->reader.done += units;
    fake_os_spend(2 * WAY_NS * units);
    return units;
}

static uint64_t write_slow(struct pair *pair, uint64_t units) {
    (void)pair;
    fake_os_spend(FAKE_STEP_NS);
    return units;
}

// Loads of 70 ns, and twice that time for all that does not count.
static uint64_t read_loads(struct pair *pair, uint64_t units) {
    pair->reader.done += units;
    pair->reader.timed_ns += LOAD_NS * units;
    fake_os_spend(3 * LOAD_NS * units);
    return units;
}

static uint64_t read_nothing(struct pair *pair, uint64_t units) {
    (void)pair, (void)units;
    fake_os_spend(FAKE_STEP_NS);
    return 0;
}

static const struct pair_protocol slow_trips = {"slow_trips", "",        64,        2,
                                                false,        read_slow, write_slow};
static const struct pair_protocol slow_loads = {"slow_loads", "",         256,       1,
                                                true,         read_loads, write_slow};
// Held up past the close for longer than the timelines reach back.
static uint64_t read_held_up(struct pair *pair, uint64_t units) {
    (void)units;
    pair->reader.done++;
    fake_os_spend(100 * NS_PER_MS);
    return 1;
}

static const struct pair_protocol held_up = {"held_up", "", 64, 2, false, read_held_up, write_slow};
static const struct pair_protocol silence = {"silence", "", 64, 2, false, read_nothing, write_slow};

// The writer is CPU 3 of node 1, the reader CPU 0 of node 0; the lines are at the writer's.
static void visit_pair(const struct pair_protocol *protocol, struct row *row) {
    struct cell cell = {
        .test = TEST_C2C,
        .block = BLOCK_C2C,
        .pair = {.protocol = protocol, .pair_class = PAIR_REMOTE, .writer_cpu = 3, .reader_cpu = 0},
        .shape = {.line_bytes = 64    },
        .cpu_node = 0,
        .mem_node = node_set_of(1),
        .pages = page_kind_find("4K"),
        .page_bytes = 4096,
        .size_bytes = 128 * 1024,
    };
    id_set_add(&cell.cpus, 0);
    id_set_add(&cell.cpus, 3);
    struct visit_request request = {.cell = &cell, .run_id = "r", .host = "h", .seed = 1};
    visit_measure(&request, row);
    id_set_free(&cell.cpus);
}

static int make_machine(void **state) {
    fake_os_reset(2, 2);
    fake_os.clock_read_ns = 100;
    *state = base_allocate(1, sizeof(struct row));
    return 0;
}

static int drop_row(void **state) {
    free(*state);
    return 0;
}

static void assert_near(double found, double expected) {
    if (!(fabs(found - expected) <= 0.01 * expected))
        fail_msg("%.17g is not %.17g within 1 %%", found, expected);
}

static void one_way_is_half_a_round_trip(void **state) {
    struct row *row = *state;
    visit_pair(&slow_trips, row);
    assert_int_equal(row->status, STATUS_OK);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_near(row->latency_ns, WAY_NS);
    assert_near(row->latency_min_ns, WAY_NS);
    assert_near(row->latency_max_ns, WAY_NS);
    assert_int_equal(row->samples, 10);
    assert_int_equal(row->test, TEST_C2C);
    assert_string_equal(row->protocol, "slow_trips");
    assert_int_equal(row->pair_class, PAIR_REMOTE);
    assert_int_equal(row->writer_cpu, 3);
    assert_int_equal(row->reader_cpu, 0);
    assert_int_equal(row->cpu_node, 0);
    assert_int_equal(node_set_only(&row->mem_node), 1);
    assert_int_equal(row->lines, 64);
    assert_string_equal(row->nodes_seen, "1");
    assert_string_equal(row->cpus_seen, "0,3");
    assert_int_equal(row->gap_max_ns, 0);
    assert_int_equal(row->sized_for, SIZED_FOR_COUNT);
    assert_true(isnan(row->bandwidth_bytes_per_s));
}

static void only_the_loads_are_timed(void **state) {
    struct row *row = *state;
    visit_pair(&slow_loads, row);
    assert_int_equal(row->status, STATUS_OK);
    assert_near(row->latency_ns, LOAD_NS);
    assert_near(row->latency_max_ns, LOAD_NS);
    assert_int_equal(row->lines, 256);
}

static void a_silent_writer_fails_the_visit_without_an_endless_wait(void **state) {
    struct row *row = *state;
    visit_pair(&silence, row);
    assert_int_equal(row->status, STATUS_FAILED);
    assert_non_null(strstr(row->reason, "no line went from CPU 0 to CPU 3 and back within "));
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_int_equal(row->samples, 0);
    assert_true(isnan(row->latency_ns) && isnan(row->latency_max_ns));
    assert_int_equal(row->lines, 0);
}

static void a_writer_keeps_serving_a_delayed_reader(void **state) {
    struct row *row = *state;
    visit_pair(&held_up, row);
    assert_int_equal(row->status, STATUS_OK);
    assert_near(row->latency_ns, 50.0 * NS_PER_MS);
}

// The real exchanges, between real threads with a real clock: whatever they take, they end, and
// what they took is a number.
static void every_protocol_makes_a_row(void **state) {
    struct row *row = *state;
    fake_os.clock_is_real = true;
    for (size_t i = 0; i < pair_protocol_count; i++) {
        visit_pair(&pair_protocols[i], row);
        assert_int_equal(row->status, row->samples ? STATUS_OK : STATUS_FAILED);
        assert_string_equal(row->protocol, pair_protocols[i].name);
        assert_true(row->samples == 0 ? isnan(row->latency_ns) : row->latency_ns >= 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_is_answered_once_and_in_order),
        cmocka_unit_test(a_side_without_its_partner_times_out_and_resumes),
        cmocka_unit_test(the_last_trip_of_a_line_is_waited_for),
        cmocka_unit_test(what_reading_the_clock_takes_is_taken_off),
        cmocka_unit_test(each_line_has_its_own_block),
        cmocka_unit_test(the_class_is_the_nearest_thing_shared),
        cmocka_unit_test(unknown_parts_are_shared_by_no_cpus),
        cmocka_unit_test(a_pair_class_is_sampled_or_measured_whole),
        cmocka_unit_test(all_pairs_of_some_nodes_or_one_pair),
        cmocka_unit_test(pairs_that_cannot_be_are_refused),
        cmocka_unit_test(the_home_is_the_writers_the_readers_or_a_third_node),
        cmocka_unit_test(lines_of_a_node_without_memory_are_at_home_on_the_nearest_that_has),
        cmocka_unit_test(homes_on_one_node_are_one_cell_and_a_missing_third_is_refused),
        cmocka_unit_test(three_hundred_and_eighty_four_cpus_take_less_than_a_minute),
        cmocka_unit_test(a_plan_of_all_pairs_asks_once_how_large_a_page_is),
        cmocka_unit_test(all_pairs_of_384_cpus_are_printed_in_little_memory),
        cmocka_unit_test(the_shown_plan_is_the_measured_plan),
        cmocka_unit_test(pairs_of_a_cpu_that_is_in_doubt_are_refused_and_no_others),
        cmocka_unit_test_setup_teardown(one_way_is_half_a_round_trip, make_machine, drop_row),
        cmocka_unit_test_setup_teardown(only_the_loads_are_timed, make_machine, drop_row),
        cmocka_unit_test_setup_teardown(a_silent_writer_fails_the_visit_without_an_endless_wait,
                                        make_machine, drop_row),
        cmocka_unit_test_setup_teardown(a_writer_keeps_serving_a_delayed_reader, make_machine,
                                        drop_row),
        cmocka_unit_test_setup_teardown(every_protocol_makes_a_row, make_machine, drop_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
