// SPDX-License-Identifier: Apache-2.0
// How large buffers are: by the caches that are shown, by what was measured, by what memory leaves.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "fake_os.h"
#include "load_topology.h"
#include "plan/plan.h"
#include "plan/probe.h"
#include "plan/race.h"
#include "plan/schedule.h"

#define TWO_NODES "pack:2 [numa] l3:1(size=8388608) core:2 pu:1"

// A plan of one chain on each pair of nodes, of one stream on each, and of one on all nodes.
struct fixture {
    struct topology topology;
    struct sizing_room rooms[8];
    struct sizing sizing;
    const struct page_kind *pages;
    const struct chase_pattern *pattern;
    const struct kernel *kernel;
    uint64_t size_bytes; // 0: not asked for
    bool cached;
    struct plan plan;
};

static void begin(struct fixture *fixture, const char *description) {
    *fixture = (struct fixture){
        .sizing = {.process_bytes = NONE_U64, .share = 2}
    };
    fake_os_reset(2, 2);
    load_description(&fixture->topology, description, LOAD_AS_OTHER_SYSTEM);
    fixture->sizing.rooms = fixture->rooms;
    fixture->pages = page_kind_find("thp");
    fixture->pattern = chase_pattern_find("structural");
    fixture->kernel = kernel_find("triad", ISA_PORTABLE);
}

static void give_room(struct fixture *fixture, uint32_t node, uint64_t bytes) {
    fixture->rooms[fixture->sizing.room_count++] =
        (struct sizing_room){node, fixture->pages, bytes};
}

static bool try_build(struct fixture *fixture, struct error *error) {
    const struct block_request like = {.sizes = &fixture->size_bytes,
                                       .size_count = fixture->size_bytes != 0,
                                       .cached = fixture->cached};
    struct block_request blocks[3] = {like, like, like};
    blocks[0].block = BLOCK_IDLE;
    blocks[0].patterns = &fixture->pattern;
    blocks[0].pattern_count = 1;
    for (size_t i = 1; i < COUNT_OF(blocks); i++) {
        blocks[i].block = i == 1 ? BLOCK_MATRIX : BLOCK_PEAK;
        blocks[i].pairs = i == 1 ? PAIRS_ALL : PAIRS_TOGETHER;
        blocks[i].kernels = &fixture->kernel;
        blocks[i].kernel_count = 1;
    }
    const struct plan_request request = {.blocks = blocks,
                                         .block_count = COUNT_OF(blocks),
                                         .pages = &fixture->pages,
                                         .page_count = 1,
                                         .sizing = &fixture->sizing,
                                         .rounds = 1,
                                         .seed = 1};
    plan_free(&fixture->plan);
    return plan_build(&fixture->plan, &fixture->topology, NULL, &request, error);
}

static void build(struct fixture *fixture) {
    struct error error;
    if (!try_build(fixture, &error))
        fail_msg("%s", error.text);
}

static void end(struct fixture *fixture) {
    plan_free(&fixture->plan);
    topology_free(&fixture->topology);
}

// The first cell of a part on that memory node; NONE_U32: on all nodes.
static const struct cell *cell_of(const struct fixture *fixture, enum block block,
                                  uint32_t mem_node) {
    for (size_t i = 0; i < fixture->plan.cell_count; i++)
        if (fixture->plan.cells[i].block == block &&
            node_set_only(&fixture->plan.cells[i].mem_node) == mem_node)
            return &fixture->plan.cells[i];
    fail_msg("there is no such cell");
    return NULL;
}

// ---- caches -------------------------------------------------------------------------------------

// Two EPYC 9684X in NPS4: eight nodes, each with three caches of 96 MiB.
static void a_nodes_share_is_sized_by_its_own_caches(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "pack:2 numa:4 l3:3(size=100663296) core:2 pu:1");
    build(&fixture);
    const struct cell *own = cell_of(&fixture, BLOCK_MATRIX, 0);
    const struct cell *all = cell_of(&fixture, BLOCK_PEAK, NONE_U32);
    assert_int_equal(all->share_count, 8);
    assert_int_equal(all->size_bytes, own->size_bytes);
    for (size_t i = 0; i < all->share_count; i++)
        assert_int_equal(all->shares[i].size_bytes, own->size_bytes);
    assert_true(all->proven);
    end(&fixture);
}

// Ampere Altra shows L1 and L2, POWER7 in a guest L1 only: a last cache stands behind them. A KNL's
// L2 is shared, and one core has nobody to share with.
static void behind_private_caches_a_last_one_is_assumed(void **state) {
    (void)state;
    static const struct {
        const char *description;
        uint64_t chain_bytes;
        bool proven;
    } cases[] = {
        {"[numa] core:4 pu:1",                                      256 * MIB, false},
        {"[numa] l2:4(size=2097152) core:1 pu:1",                   256 * MIB, false},
        {"[numa] l2:4(size=67108864) core:1 pu:1",                  512 * MIB, false},
        {"[numa] l2:2(size=2097152) core:2 pu:1",                   64 * MIB,  true },
        {"[numa] l3:4(size=16777216) l2:1(size=65536) core:1 pu:1", 128 * MIB, true },
        {"[numa] l2:1(size=2097152) core:1 pu:2",                   64 * MIB,  true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture fixture;
        begin(&fixture, cases[i].description);
        build(&fixture);
        const struct cell *cell = cell_of(&fixture, BLOCK_IDLE, 0);
        assert_int_equal(cell->size_bytes, cases[i].chain_bytes);
        assert_int_equal(cell->proven, cases[i].proven);
        assert_int_equal(probe_is_needed(&fixture.plan), !cases[i].proven);
        assert_int_equal(probe_needs_arrays(&fixture.plan), !cases[i].proven);
        end(&fixture);
    }
}

static void a_memory_side_cache_is_outgrown_too(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    fixture.topology.nodes[1].memory_cache_bytes = 1 * GIB;
    build(&fixture);
    assert_int_equal(cell_of(&fixture, BLOCK_MATRIX, 0)->size_bytes, 64 * MIB);
    assert_true(cell_of(&fixture, BLOCK_MATRIX, 1)->size_bytes >= 4 * GIB);
    assert_true(cell_of(&fixture, BLOCK_IDLE, 1)->size_bytes >= 8 * GIB);
    end(&fixture);
}

static void caches_that_a_hypervisor_shows_prove_nothing(void **state) {
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    begin(&fixture, TWO_NODES);
    fixture.size_bytes = 16 * MIB;
    assert_false(try_build(&fixture, &error)); // the machine's own word
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    fixture.sizing.caches_doubted = true;
    build(&fixture);
    const struct cell *cell = cell_of(&fixture, BLOCK_IDLE, 0);
    assert_null(cell->refusal);
    assert_int_equal(cell->size_rule, SIZE_ASKED);
    assert_false(cell->proven);
    assert_false(cell->cached); // nobody meant it
    assert_true(probe_is_needed(&fixture.plan));
    fixture.cached = true;
    build(&fixture);
    assert_true(cell_of(&fixture, BLOCK_IDLE, 0)->cached);
    assert_false(probe_is_needed(&fixture.plan));
    end(&fixture);
}

static void what_was_measured_decides(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "[numa] l3:2(size=532676608) core:1 pu:1"); // 508 MiB for each core, says CPUID
    fixture.sizing.caches_doubted = true;
    fixture.sizing.outgrown_bytes = 128 * MIB;
    fixture.sizing.array_outgrown_bytes = 256 * MIB;
    build(&fixture);
    const struct cell *chain = cell_of(&fixture, BLOCK_IDLE, 0);
    const struct cell *stream = cell_of(&fixture, BLOCK_MATRIX, 0);
    assert_int_equal(chain->size_bytes, 128 * MIB);
    assert_int_equal(stream->size_bytes, 256 * MIB); // of all CPUs of a node
    assert_int_equal(chain->size_rule, SIZE_MEASURED);
    assert_true(chain->proven && stream->proven);
    assert_int_equal(stream->size_rule, SIZE_MEASURED);
    assert_false(probe_is_needed(&fixture.plan));
    fixture.size_bytes = 64 * MIB;
    build(&fixture);
    chain = cell_of(&fixture, BLOCK_IDLE, 0);
    assert_non_null(chain->refusal);
    assert_non_null(strstr(chain->refusal->text, "--size 64MiB"));
    assert_non_null(strstr(chain->refusal->text, "--cached"));
    end(&fixture);
}

// ---- memory -------------------------------------------------------------------------------------

static void at_most_half_of_the_free_memory_is_used(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    give_room(&fixture, 0, 100 * MIB);
    give_room(&fixture, 1, 10 * GIB);
    build(&fixture);
    const struct cell *chain = cell_of(&fixture, BLOCK_IDLE, 0);
    assert_int_equal(chain->size_bytes, 48 * MIB);
    assert_int_equal(chain->size_rule, SIZE_BY_MEMORY);
    assert_false(chain->proven);
    const struct cell *stream = cell_of(&fixture, BLOCK_MATRIX, 0);
    assert_int_equal(stream->size_bytes, 16 * MIB); // three arrays
    const struct cell *other = cell_of(&fixture, BLOCK_IDLE, 1);
    assert_int_equal(other->size_rule, SIZE_BY_CACHES);
    assert_true(other->proven);
    end(&fixture);
}

static void a_short_nodes_share_alone_is_smaller(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    give_room(&fixture, 0, 100 * MIB);
    build(&fixture);
    const struct cell *all = cell_of(&fixture, BLOCK_PEAK, NONE_U32);
    assert_int_equal(all->share_count, 2);
    assert_int_equal(all->shares[0].size_bytes, 16 * MIB);
    assert_int_equal(all->shares[1].size_bytes, 64 * MIB);
    assert_int_equal(all->size_bytes, 64 * MIB);
    assert_null(all->refusal);
    assert_false(all->proven);
    end(&fixture);
}

static void a_share_without_room_is_left_out_with_its_cpus(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    give_room(&fixture, 0, 20 * KIB);
    build(&fixture);
    const struct cell *all = cell_of(&fixture, BLOCK_PEAK, NONE_U32);
    assert_int_equal(all->share_count, 1);
    assert_int_equal(all->shares[0].node, 1);
    assert_int_equal(all->cpus.count, 2);
    assert_true(id_set_contains(&all->cpus, 2) && id_set_contains(&all->cpus, 3));
    assert_null(all->refusal);
    const struct cell *own = cell_of(&fixture, BLOCK_MATRIX, 0);
    assert_non_null(own->refusal);
    assert_non_null(strstr(own->refusal->text, "leave 10.0 KiB"));
    end(&fixture);
}

static void process_limits_apply_to_the_sum_of_all_nodes(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    fixture.sizing.process_bytes = 192 * MIB;
    build(&fixture);
    assert_int_equal(cell_of(&fixture, BLOCK_IDLE, 0)->size_bytes, 64 * MIB);
    const struct cell *all = cell_of(&fixture, BLOCK_PEAK, NONE_U32);
    assert_int_equal(all->shares[0].size_bytes, 16 * MIB); // 3 arrays x 2 nodes in 96 MiB
    assert_int_equal(all->shares[1].size_bytes, 16 * MIB);
    end(&fixture);
}

// What a chain of one CPU showed is no proof for arrays that all CPUs stream over, and no rule.
static void a_measured_chain_size_does_not_prove_array_sizes(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "[numa] l3:2(size=33554432) core:1 pu:1");
    fixture.sizing.caches_doubted = true;
    fixture.sizing.outgrown_bytes = 64 * MIB;
    build(&fixture);
    const struct cell *stream = cell_of(&fixture, BLOCK_MATRIX, 0);
    assert_true(cell_of(&fixture, BLOCK_IDLE, 0)->proven);
    assert_false(stream->proven);
    assert_int_equal(stream->size_rule, SIZE_BY_CACHES);
    assert_int_equal(stream->size_bytes, 256 * MIB);
    fixture.sizing.array_probed_bytes = 512 * MIB; // and no flat curve was seen up to it
    build(&fixture);
    stream = cell_of(&fixture, BLOCK_MATRIX, 0);
    assert_false(stream->proven);
    assert_int_equal(stream->size_rule, SIZE_MEASURED);
    assert_int_equal(stream->size_bytes, 512 * MIB);
    fixture.sizing.outgrown_bytes = 0; // nor a chain that is memory
    build(&fixture);
    assert_false(cell_of(&fixture, BLOCK_IDLE, 0)->proven);
    assert_int_equal(cell_of(&fixture, BLOCK_IDLE, 0)->size_bytes, 512 * MIB);
    assert_true(probe_needs_arrays(&fixture.plan));
    end(&fixture);
}

// Beside the buffer of the latency, which has its half, a load takes no more than 3/8 of the room.
static void a_load_leaves_memory_for_the_measured_chain(void **state) {
    (void)state;
    static const struct {
        uint64_t room_bytes, load_bytes;
    } cases[] = {
        {NONE_U64,  64 * MIB},
        {1 * GIB,   64 * MIB},
        {128 * MIB, 48 * MIB},
        {100 * MIB, 32 * MIB},
        {0,         64 * MIB}, // of an empty pool, which the system refuses
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *pages = cases[i].room_bytes ? "thp" : "2M";
        struct sizing_room room = {0, page_kind_find(pages), cases[i].room_bytes};
        const struct sizing sizing = {
            .rooms = &room, .room_count = 1, .process_bytes = NONE_U64, .share = 2};
        struct cell cell = {
            .pages = room.pages,
            .load = {
                     .kernel = kernel_find("read", ISA_PORTABLE), .node = 0, .size_bytes = 64 * MIB}
        };
        sizing_fit_load(&sizing, &cell);
        assert_int_equal(cell.load.size_bytes, cases[i].load_bytes);
    }
}

static void the_pool_limits_the_default_but_not_an_explicit_size(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    fixture.pages = page_kind_find("2M");
    give_room(&fixture, 0, 48 * MIB);
    build(&fixture);
    assert_int_equal(cell_of(&fixture, BLOCK_IDLE, 0)->size_bytes, 48 * MIB);
    fixture.size_bytes = 128 * MIB;
    build(&fixture);
    assert_int_equal(cell_of(&fixture, BLOCK_IDLE, 0)->size_bytes, 128 * MIB);
    assert_int_equal(cell_of(&fixture, BLOCK_IDLE, 0)->size_rule, SIZE_ASKED);
    end(&fixture);
}

// The system refuses it then, and says how many pages are missing; a node that has some is
// measured alone.
static void an_empty_pool_leaves_sizes_and_refusals_to_the_system(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    fixture.pages = page_kind_find("2M");
    give_room(&fixture, 0, 0);
    build(&fixture);
    const struct cell *chain = cell_of(&fixture, BLOCK_IDLE, 0);
    const struct cell *all = cell_of(&fixture, BLOCK_PEAK, NONE_U32);
    assert_null(chain->refusal);
    assert_int_equal(chain->size_bytes, cell_of(&fixture, BLOCK_IDLE, 1)->size_bytes);
    assert_int_equal(all->share_count, 1);
    assert_int_equal(all->shares[0].node, 1);
    give_room(&fixture, 1, 0);
    build(&fixture);
    all = cell_of(&fixture, BLOCK_PEAK, NONE_U32);
    assert_null(all->refusal);
    assert_int_equal(all->share_count, 2);
    assert_true(all->shares[0].size_bytes > 0 && all->shares[1].size_bytes > 0);
    end(&fixture);
}

static void no_room_for_pages_without_a_pool_is_refused(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, TWO_NODES);
    give_room(&fixture, 0, 0);
    build(&fixture);
    const struct cell *chain = cell_of(&fixture, BLOCK_IDLE, 0);
    assert_non_null(chain->refusal);
    assert_non_null(strstr(chain->refusal->text, "leave 0 B"));
    end(&fixture);
}

// ---- the probe ----------------------------------------------------------------------------------

// A machine as a function: what a chain of that size takes, what an array gives, and a visit.
struct machine {
    uint64_t holds_bytes; // chains up to this size are found in its caches
    double cache_ns, memory_ns, flushed_ns;
    uint64_t visit_ns_per_mib;
    uint64_t kept_bytes; // of an array, and read at ten times the rate of memory
    bool disturbs_first; // the first array has half the rate that it had on an idle machine
};

static double rate(const struct machine *machine, uint64_t size_bytes, bool first) {
    double kept = (double)machine->kept_bytes / (double)size_bytes;
    double rate = 1e10 / (1 - 0.9 * (kept < 1 ? kept : 1));
    return machine->disturbs_first && first ? rate / 2 : rate;
}

static void visit(struct schedule *schedule, size_t cell, const struct machine *machine,
                  bool first_array) {
    const struct cell *visited = &schedule->plan->cells[cell];
    struct row *row = base_allocate(1, sizeof *row);
    row_clear(row);
    bool held = visited->size_bytes <= machine->holds_bytes;
    row->latency_min_ns = visited->check == CHECK_FLUSHED ? machine->flushed_ns
                          : held                          ? machine->cache_ns
                                                          : machine->memory_ns;
    row->latency_ns = 10 * row->latency_min_ns; // the median of a disturbed machine
    row->bandwidth_max_bytes_per_s = rate(machine, visited->size_bytes, first_array);
    row->bandwidth_bytes_per_s = row->bandwidth_max_bytes_per_s / 10;
    row->visit_ns = machine->visit_ns_per_mib * (visited->size_bytes / MIB);
    schedule_add(schedule, cell, row);
    free(row);
}

struct found {
    uint64_t chain_bytes, array_bytes;           // least sizes of memory, as the probe says
    uint64_t last_chain_bytes, last_array_bytes; // the largest that were tried, 0: none
};

// Runs the probe to its end.
static struct found probe(struct fixture *fixture, const struct machine *machine, bool arrays) {
    const struct probe_request request = {.topology = &fixture->topology,
                                          .sizing = &fixture->sizing,
                                          .pages = fixture->pages,
                                          .kernel = fixture->kernel,
                                          .arrays = arrays};
    struct plan plan = {.rounds = 1, .seed = 1};
    struct schedule schedule;
    struct found found = {0};
    assert_true(probe_grow(&plan, NULL, &request));
    schedule_begin(&schedule, &plan);
    do {
        size_t cell = plan.cell_count - 1;
        schedule.cells = base_grow(schedule.cells, plan.cell_count, sizeof *schedule.cells);
        schedule.cells[cell] = (struct schedule_cell){0};
        schedule.cell_count = plan.cell_count;
        bool first_array = plan.cells[cell].kernel && !found.last_array_bytes;
        visit(&schedule, cell, machine, first_array);
        assert_int_equal(plan.cells[cell].block, BLOCK_PROBE);
        if (plan.cells[cell].kernel)
            found.last_array_bytes = plan.cells[cell].size_bytes;
        else if (plan.cells[cell].check == CHECK_NONE)
            found.last_chain_bytes = plan.cells[cell].size_bytes;
    } while (probe_grow(&plan, &schedule, &request));
    found.chain_bytes = probe_outgrown_bytes(&schedule);
    found.array_bytes = probe_array_outgrown_bytes(&schedule);
    schedule_free(&schedule);
    plan_free(&plan);
    return found;
}

static unsigned long long mib(uint64_t bytes) {
    return (unsigned long long)(bytes / MIB);
}

static void the_probe_finds_where_latency_stops_rising(void **state) {
    (void)state;
    const double flushed = chase_can_flush() ? 120 : (double)NAN;
    const struct {
        struct machine machine;
        uint64_t found_bytes, largest_bytes;
    } cases[] = {
  // Twice the first size that is memory.
        {{8 * MIB, 15, 110, flushed, NS_PER_MS, 0, false},      32 * MIB,  256 * MIB},
        {{64 * MIB, 40, 110, flushed, NS_PER_MS, 0, false},     256 * MIB, 256 * MIB},
 // All of it is in a cache: flat, and far below what flushed lines take.
        {{1 * GIB, 35, 110, flushed, NS_PER_MS, 0, false},      0,         256 * MIB},
 // An emulated machine: slow visits, and time for few sizes.
        {{8 * MIB, 15, 110, flushed, 20 * NS_PER_MS, 0, false}, 32 * MIB,  32 * MIB },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture fixture;
        begin(&fixture, TWO_NODES);
        struct found found = probe(&fixture, &cases[i].machine, false);
        if (found.chain_bytes != cases[i].found_bytes ||
            found.last_chain_bytes > cases[i].largest_bytes)
            fail_msg("case %zu: found %llu MiB, largest %llu MiB", i, mib(found.chain_bytes),
                     mib(found.last_chain_bytes));
        assert_int_equal(found.last_array_bytes, 0); // not asked for
        end(&fixture);
    }
}

static void the_probe_finds_where_bandwidth_stops_falling(void **state) {
    (void)state;
    const double flushed = chase_can_flush() ? 120 : (double)NAN;
    const struct {
        struct machine machine;
        uint64_t found_bytes, largest_bytes;
    } cases[] = {
        {{8 * MIB, 15, 110, flushed, NS_PER_MS, 0, false},             64 * MIB,  128 * MIB},
 // The part of 48 MiB that is kept makes 64 MiB twice as fast as 128.
        {{8 * MIB, 15, 110, flushed, NS_PER_MS / 2, 48 * MIB, false},  512 * MIB, 1 * GIB  },
 // Arrays begin where chains are memory: below, a flat curve may lie in a cache.
        {{64 * MIB, 40, 110, flushed, NS_PER_MS, 0, false},            256 * MIB, 512 * MIB},
        {{1 * GIB, 35, 110, flushed, NS_PER_MS, 2 * GIB, false},       0,         512 * MIB},
 // A disturbed first one looks slower than the next.
        {{8 * MIB, 15, 110, flushed, NS_PER_MS, 0, true},              128 * MIB, 256 * MIB},
 // No time for as many sizes as are needed.
        {{8 * MIB, 15, 110, flushed, 20 * NS_PER_MS, 48 * MIB, false}, 0,         64 * MIB },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture fixture;
        begin(&fixture, TWO_NODES);
        struct found found = probe(&fixture, &cases[i].machine, true);
        if (found.array_bytes != cases[i].found_bytes ||
            found.last_array_bytes != cases[i].largest_bytes)
            fail_msg("case %zu: found %llu MiB, largest %llu MiB", i, mib(found.array_bytes),
                     mib(found.last_array_bytes));
        end(&fixture);
    }
}

static void the_probe_stays_within_the_memory_there_is(void **state) {
    (void)state;
    struct fixture fixture;
    const struct machine machine = {8 * MIB, 15, 110, 120, NS_PER_MS, 0, false};
    begin(&fixture, TWO_NODES);
    give_room(&fixture, 0, 100 * MIB);
    struct found found = probe(&fixture, &machine, true);
    assert_int_equal(found.last_chain_bytes, 32 * MIB);
    assert_int_equal(found.array_bytes, 0); // one size can be compared with none
    end(&fixture);
}

// ---- the race -----------------------------------------------------------------------------------

// Runs the race of one contest; loops[i] draws rates[i].
static const struct kernel *race(struct fixture *fixture, const struct race_contest *contest,
                                 const double *rates, uint64_t visit_ns, size_t *visits) {
    const struct race_request request = {.topology = &fixture->topology,
                                         .sizing = &fixture->sizing,
                                         .pages = fixture->pages,
                                         .contests = contest,
                                         .contest_count = 1};
    struct plan plan = {.rounds = 1, .seed = 1};
    struct schedule schedule;
    struct row *row = base_allocate(1, sizeof *row);
    schedule_begin(&schedule, &plan);
    for (*visits = 0; race_grow(&plan, &schedule, &request); ++*visits) {
        schedule.cells = base_grow(schedule.cells, plan.cell_count, sizeof *schedule.cells);
        schedule.cells[*visits] = (struct schedule_cell){0};
        schedule.cell_count = plan.cell_count;
        row_clear(row);
        row->bandwidth_bytes_per_s = 1; // the median of a disturbed machine
        row->bandwidth_max_bytes_per_s = rates[*visits];
        row->visit_ns = visit_ns;
        schedule_add(&schedule, *visits, row);
        assert_ptr_equal(plan.cells[*visits].kernel, contest->loops[*visits]);
    }
    const struct kernel *winner = race_winner(&schedule, contest);
    schedule_free(&schedule);
    plan_free(&plan);
    free(row);
    return winner;
}

static void the_race_takes_a_loop_that_is_clearly_better(void **state) {
    (void)state;
    const struct race_contest contest = {
        .mix = mix_find("2:1"),
        .loops = {kernel_find("copy", ISA_PORTABLE), kernel_find("scale", ISA_PORTABLE),
                  kernel_find("add", ISA_PORTABLE)},
        .loop_count = 3
    };
    const struct {
        double rates[3];
        uint64_t visit_ns;
        size_t winner, visits;
    } cases[] = {
        {{10e9, 12e9, 11e9},        100 * NS_PER_MS,  1, 3},
        {{10e9, 10.2e9, 9e9},       100 * NS_PER_MS,  0, 3}, // within the noise: the default stays
        {{10e9, 12e9, 13e9},        100 * NS_PER_MS,  2, 3},
        {{10e9, 12e9, 13e9},        1900 * NS_PER_MS, 0, 2}, // not over when the time is up
        {{(double)NAN, 12e9, 13e9}, 100 * NS_PER_MS,  0, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture fixture;
        size_t visits;
        begin(&fixture, TWO_NODES);
        const struct kernel *winner =
            race(&fixture, &contest, cases[i].rates, cases[i].visit_ns, &visits);
        if (winner != contest.loops[cases[i].winner] || visits != cases[i].visits)
            fail_msg("case %zu: %s after %zu visits", i, winner->name, visits);
        end(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nodes_share_is_sized_by_its_own_caches),
        cmocka_unit_test(behind_private_caches_a_last_one_is_assumed),
        cmocka_unit_test(a_memory_side_cache_is_outgrown_too),
        cmocka_unit_test(caches_that_a_hypervisor_shows_prove_nothing),
        cmocka_unit_test(what_was_measured_decides),
        cmocka_unit_test(a_measured_chain_size_does_not_prove_array_sizes),
        cmocka_unit_test(the_probe_finds_where_bandwidth_stops_falling),
        cmocka_unit_test(at_most_half_of_the_free_memory_is_used),
        cmocka_unit_test(a_short_nodes_share_alone_is_smaller),
        cmocka_unit_test(a_share_without_room_is_left_out_with_its_cpus),
        cmocka_unit_test(process_limits_apply_to_the_sum_of_all_nodes),
        cmocka_unit_test(a_load_leaves_memory_for_the_measured_chain),
        cmocka_unit_test(the_pool_limits_the_default_but_not_an_explicit_size),
        cmocka_unit_test(an_empty_pool_leaves_sizes_and_refusals_to_the_system),
        cmocka_unit_test(no_room_for_pages_without_a_pool_is_refused),
        cmocka_unit_test(the_probe_finds_where_latency_stops_rising),
        cmocka_unit_test(the_race_takes_a_loop_that_is_clearly_better),
        cmocka_unit_test(the_probe_stays_within_the_memory_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
