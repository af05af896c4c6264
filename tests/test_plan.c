// SPDX-License-Identifier: Apache-2.0
// The room plan: machines and requests in, exact lists of cells out.
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

// Two nodes of two cores with two CPUs each: node 0 has the CPUs 0-3, of which 0 and 1 share a
// core.
#define MACHINE "pack:2 [numa] l3:1(size=8388608) core:2 pu:2"

struct fixture {
    struct topology topology;
    struct cross_check check;
    bool checked;
    const struct kernel *kernels[2];
    const struct chase_pattern *patterns[2];
    const struct page_kind *pages[2];
    struct {
        bool tests[TEST_COUNT];
        size_t kernel_count, pattern_count;
        uint64_t size_bytes; // 0: by the caches
        uint64_t slot_bytes; // 0: the least
        bool cached;
        uint32_t threads;
    } asked;
    struct block_request blocks[2];
    struct plan_request request;
    struct plan plan;
    struct error error;
};

// One of each: triad in plain C, the structural chase, ordinary pages.
static void set_request(struct fixture *fixture) {
    fixture->kernels[0] = kernel_find("triad", ISA_PORTABLE);
    fixture->kernels[1] = kernel_find("read", ISA_PORTABLE);
    fixture->patterns[0] = chase_pattern_find("structural");
    fixture->patterns[1] = chase_pattern_find("full_random");
    fixture->pages[0] = page_kind_find("4K");
    fixture->pages[1] = page_kind_find("2M");
    fixture->asked.tests[TEST_LATENCY] = fixture->asked.tests[TEST_BANDWIDTH] = true;
    fixture->asked.kernel_count = fixture->asked.pattern_count = 1;
    fixture->request =
        (struct plan_request){.pages = fixture->pages, .page_count = 1, .rounds = 1, .seed = 1};
}

static void compose(struct fixture *fixture) {
    struct block_request like = {
        .threads = &fixture->asked.threads,
        .thread_count = 1,
        .sizes = &fixture->asked.size_bytes,
        .size_count = fixture->asked.size_bytes != 0,
        .slot_bytes = fixture->asked.slot_bytes,
        .cached = fixture->asked.cached,
    };
    size_t count = 0;
    if (fixture->asked.tests[TEST_LATENCY]) {
        fixture->blocks[count] = like;
        fixture->blocks[count].block = BLOCK_IDLE;
        fixture->blocks[count].patterns = fixture->patterns;
        fixture->blocks[count++].pattern_count = fixture->asked.pattern_count;
    }
    if (fixture->asked.tests[TEST_BANDWIDTH]) {
        fixture->blocks[count] = like;
        fixture->blocks[count].block = BLOCK_MATRIX;
        fixture->blocks[count].kernels = fixture->kernels;
        fixture->blocks[count++].kernel_count = fixture->asked.kernel_count;
    }
    fixture->request.blocks = fixture->blocks;
    fixture->request.block_count = count;
}

static void begin(struct fixture *fixture, const char *description) {
    *fixture = (struct fixture){0};
    fake_os_reset(2, 4);
    load_description(&fixture->topology, description, LOAD_AS_OTHER_SYSTEM);
    set_request(fixture);
}

static void begin_file(struct fixture *fixture, const char *name) {
    *fixture = (struct fixture){0};
    fake_os_reset(2, 2);
    load_file(&fixture->topology, name, LOAD_AS_OTHER_SYSTEM);
    set_request(fixture);
}

// The simulated system, as the test has set it, and hwloc's picture of it.
static void begin_this_system(struct fixture *fixture, const char *file, const char *description) {
    *fixture = (struct fixture){.checked = true};
    if (file)
        load_file(&fixture->topology, file, LOAD_AS_THIS_SYSTEM);
    else
        load_description(&fixture->topology, description, LOAD_AS_THIS_SYSTEM);
    cross_check_run(&fixture->topology, &fixture->check);
    set_request(fixture);
}

static void ask_nodes(struct fixture *fixture, const char *cpu_nodes, const char *mem_nodes) {
    struct plan_request *request = &fixture->request;
    id_set_free(&request->cpu_nodes);
    id_set_free(&request->mem_nodes);
    assert_true(id_set_parse(&request->cpu_nodes, cpu_nodes, &fixture->error));
    assert_true(id_set_parse(&request->mem_nodes, mem_nodes, &fixture->error));
}

static struct node_set parse_set(const char *text) {
    struct node_set set;
    struct error error;
    assert_true(node_set_parse(&set, text, &error));
    return set;
}

static void build(struct fixture *fixture) {
    plan_free(&fixture->plan);
    compose(fixture);
    const struct cross_check *check = fixture->checked ? &fixture->check : NULL;
    if (!plan_build(&fixture->plan, &fixture->topology, check, &fixture->request, &fixture->error))
        fail_msg("%s", fixture->error.text);
}

// The request must be refused as a whole, in a sentence that holds both texts.
static void assert_usage(struct fixture *fixture, const char *text, const char *more) {
    plan_free(&fixture->plan);
    compose(fixture);
    fixture->error = (struct error){0};
    assert_false(
        plan_build(&fixture->plan, &fixture->topology, NULL, &fixture->request, &fixture->error));
    assert_int_equal(fixture->error.kind, ERROR_KIND_USAGE);
    if (!strstr(fixture->error.text, text) || !strstr(fixture->error.text, more))
        fail_msg("'%s' and '%s' are not in: %s", text, more, fixture->error.text);
    assert_int_equal(fixture->plan.cell_count, 0);
}

static void end(struct fixture *fixture) {
    plan_free(&fixture->plan);
    if (fixture->checked)
        cross_check_free(&fixture->check);
    id_set_free(&fixture->request.cpu_nodes);
    id_set_free(&fixture->request.mem_nodes);
    topology_free(&fixture->topology);
}

static void assert_names(const struct fixture *fixture, const char *const *names, size_t count) {
    char name[CELL_NAME_BYTES];
    for (size_t i = 0; i < count && i < fixture->plan.cell_count; i++)
        assert_string_equal(cell_name(&fixture->plan.cells[i], name), names[i]);
    assert_int_equal(fixture->plan.cell_count, count);
}
#define ASSERT_NAMES(fixture, ...)                                                                 \
    assert_names(fixture, (const char *const[]){__VA_ARGS__},                                      \
                 COUNT_OF(((const char *const[]){__VA_ARGS__})))

static bool refused(const struct cell *cell) {
    return cell->refusal != NULL;
}

// ---- which cells --------------------------------------------------------------------------------

static void the_default_plan_covers_every_node_pair(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:0/mem:1/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:1/size:64MiB/page:4K",
                 "bandwidth/triad.portable/cpu:0/mem:0/size:64MiB/page:4K/threads:2",
                 "bandwidth/triad.portable/cpu:0/mem:1/size:64MiB/page:4K/threads:2",
                 "bandwidth/triad.portable/cpu:1/mem:0/size:64MiB/page:4K/threads:2",
                 "bandwidth/triad.portable/cpu:1/mem:1/size:64MiB/page:4K/threads:2");
    for (size_t i = 0; i < fixture.plan.cell_count; i++)
        assert_false(refused(&fixture.plan.cells[i]));
    assert_set(&fixture.plan.cells[0].cpus, "2");
    assert_set(&fixture.plan.cells[2].cpus, "6");
    assert_set(&fixture.plan.cells[4].cpus, "0,2");
    assert_set(&fixture.plan.cells[7].cpus, "4,6");
    assert_int_equal(fixture.plan.cells[0].page_bytes, 4 * KIB);
    end(&fixture);
}

static void every_loop_and_kind_of_page_has_its_own_matrix(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "node:1 l3:1(size=8388608) core:1 pu:1");
    fixture.asked.kernel_count = fixture.asked.pattern_count = fixture.request.page_count = 2;
    fixture.pages[1] = page_kind_find("thp");
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:0/size:64MiB/page:4K",
                 "latency/full_random/cpu:0/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:0/mem:0/size:64MiB/page:thp",
                 "latency/full_random/cpu:0/mem:0/size:64MiB/page:thp",
                 "bandwidth/triad.portable/cpu:0/mem:0/size:64MiB/page:4K/threads:1",
                 "bandwidth/read.portable/cpu:0/mem:0/size:64MiB/page:4K/threads:1",
                 "bandwidth/triad.portable/cpu:0/mem:0/size:64MiB/page:thp/threads:1",
                 "bandwidth/read.portable/cpu:0/mem:0/size:64MiB/page:thp/threads:1");
    assert_int_equal(fixture.plan.cells[2].page_bytes, 2 * MIB);
    // Bytes of all arrays: triad has three, read one, a chase one buffer.
    assert_int_equal(cell_buffer_bytes(&fixture.plan.cells[0]), 64 * MIB);
    assert_int_equal(cell_buffer_bytes(&fixture.plan.cells[4]), 192 * MIB);
    assert_int_equal(cell_buffer_bytes(&fixture.plan.cells[5]), 64 * MIB);
    // The only CPU there is serves a chase too.
    assert_set(&fixture.plan.cells[0].cpus, "0");
    end(&fixture);
}

static void only_the_tests_that_were_asked_for_are_planned(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "node:1 l3:1(size=8388608) core:1 pu:1");
    fixture.asked.tests[TEST_LATENCY] = false;
    build(&fixture);
    ASSERT_NAMES(&fixture, "bandwidth/triad.portable/cpu:0/mem:0/size:64MiB/page:4K/threads:1");
    fixture.asked.tests[TEST_LATENCY] = true;
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:0/size:64MiB/page:4K");
    end(&fixture);
}

static void only_the_nodes_that_were_asked_for_are_planned(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    ask_nodes(&fixture, "1", "");
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:1/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:1/size:64MiB/page:4K");
    ask_nodes(&fixture, "0", "1");
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:1/size:64MiB/page:4K");
    end(&fixture);
}

static void numbers_with_gaps_are_used_as_they_are(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "node:2(indexes=7,3) l3:1(size=8388608) core:2 pu:1(indexes=130,64,65,0)");
    fixture.asked.tests[TEST_LATENCY] = false;
    build(&fixture);
    ASSERT_NAMES(&fixture, "bandwidth/triad.portable/cpu:3/mem:3/size:64MiB/page:4K/threads:2",
                 "bandwidth/triad.portable/cpu:3/mem:7/size:64MiB/page:4K/threads:2",
                 "bandwidth/triad.portable/cpu:7/mem:3/size:64MiB/page:4K/threads:2",
                 "bandwidth/triad.portable/cpu:7/mem:7/size:64MiB/page:4K/threads:2");
    assert_set(&fixture.plan.cells[0].cpus, "0,65");
    assert_set(&fixture.plan.cells[3].cpus, "64,130");
    end(&fixture);
}

static void eight_nodes_and_one_without_cpus_give_eight_times_nine_cells(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "[numa] pack:8 [numa] l3:1(size=8388608) core:2 pu:1");
    fixture.asked.tests[TEST_LATENCY] = false;
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 8 * 9);
    for (uint32_t i = 0; i < 8 * 9; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        assert_int_equal(cell->cpu_node, i / 9);
        assert_int_equal(node_set_only(&cell->mem_node), i % 9);
        assert_int_equal(cell->cpus.ids[0], 2 * cell->cpu_node);
        assert_false(refused(cell));
    }
    end(&fixture);
}

static void nodes_without_cpus_or_memory_are_on_one_axis_only(void **state) {
    (void)state;
    struct fixture fixture;
    begin_file(&fixture, "memory-beside-node.xml");
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:0/mem:1/size:64MiB/page:4K",
                 "latency/structural/cpu:0/mem:2/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:1/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:2/size:64MiB/page:4K");
    ask_nodes(&fixture, "2", "");
    assert_usage(&fixture, "--cpu-nodes: node 2 has no CPUs", "nodes with CPUs: 0-1");
    end(&fixture);
    fake_os_reset(2, 2);
    fake_os.nodes[1].total_bytes = 0;
    begin_this_system(&fixture, "cpus-without-memory.xml", NULL);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:0/size:64MiB/page:4K");
    ask_nodes(&fixture, "", "1");
    assert_usage(&fixture, "--mem-nodes: node 1 has no memory", "nodes with memory: 0");
    end(&fixture);
}

static void a_node_that_does_not_exist_is_a_wrong_option(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    ask_nodes(&fixture, "0,5", "");
    assert_usage(&fixture, "--cpu-nodes: node 5 does not exist", "nodes with CPUs: 0-1");
    ask_nodes(&fixture, "", "2");
    assert_usage(&fixture, "--mem-nodes: node 2 does not exist", "nodes with memory: 0-1");
    end(&fixture);
}

static void node_sets_follow_single_nodes_and_add_no_matrix(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    const struct node_set sets[] = {parse_set("0+1"), parse_set("0:3+1:1@weighted")};
    fixture.request.mem_sets = sets;
    fixture.request.mem_set_count = COUNT_OF(sets);
    ask_nodes(&fixture, "0", "1");
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 3);
    char name[CELL_NAME_BYTES];
    assert_non_null(strstr(cell_name(&fixture.plan.cells[0], name), "/cpu:0/mem:1/"));
    assert_non_null(strstr(cell_name(&fixture.plan.cells[1], name), "/cpu:0/mem:0+1/"));
    assert_non_null(strstr(cell_name(&fixture.plan.cells[2], name), "/mem:0:3+1:1@weighted/"));
    size_t count;
    struct region *regions = cell_regions(&fixture.plan.cells[2], &count);
    assert_int_equal(count, 1);
    assert_int_equal(region_bytes_on(&regions[0], 0), regions[0].size_bytes / 4 * 3);
    assert_int_equal(region_bytes_on(&regions[0], 2), 0);
    free(regions);
    ask_nodes(&fixture, "0", "");
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 2);
    end(&fixture);
}

static void a_set_with_a_node_that_does_not_exist_is_a_wrong_option(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    const struct node_set set = parse_set("0+7");
    fixture.request.mem_sets = &set;
    fixture.request.mem_set_count = 1;
    assert_usage(&fixture, "--mem-nodes: node 7 does not exist", "nodes with memory: 0-1");
    end(&fixture);
}

// Of three nodes that hwloc does not show, one is around CPUs, one has neither CPUs nor memory.
static void hidden_device_memory_is_measured_if_named(void **state) {
    (void)state;
    struct fixture fixture;
    fake_os_reset(1, 2);
    fake_os_add_node(1);
    fake_os_add_node(2);
    fake_os_add_node(3);
    fake_os.nodes[1].lists_another = true;
    fake_os.nodes[3].total_bytes = 0;
    begin_this_system(&fixture, NULL, "[numa(memory=1073741824)] core:2 pu:1");
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:0/size:256MiB/page:4K",
                 "latency/structural/cpu:0/mem:1/size:256MiB/page:4K");
    ask_nodes(&fixture, "", "2");
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:2/size:256MiB/page:4K");
    assert_false(refused(&fixture.plan.cells[0]));
    ask_nodes(&fixture, "", "3");
    assert_usage(&fixture, "--mem-nodes: node 3 has no memory", "nodes with memory: 0-2");
    end(&fixture);
}

// ---- what exists but cannot be measured ---------------------------------------------------------

// In restricted.xml the CPUs of node 0 and the memory of node 1 are all that is allowed.
static void forbidden_nodes_are_left_out_unless_named(void **state) {
    (void)state;
    struct fixture fixture;
    begin_file(&fixture, "restricted.xml");
    build(&fixture);
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:1/size:64MiB/page:4K",
                 "bandwidth/triad.portable/cpu:0/mem:1/size:64MiB/page:4K/threads:2");
    ask_nodes(&fixture, "0-1", "0-1");
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 8);
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        bool allowed = cell->cpu_node == 0 && node_set_only(&cell->mem_node) == 1;
        assert_true(refused(cell) == !allowed);
        if (cell->cpu_node == 1)
            assert_non_null(strstr(cell->refusal->text, "not run on any CPU of node 1"));
        else if (node_set_only(&cell->mem_node) == 0)
            assert_non_null(strstr(cell->refusal->text, "not use memory of node 0"));
    }
    end(&fixture);
}

// A container whose list of online CPUs has numbers of its own.
static void without_usable_cpus_every_row_says_why(void **state) {
    (void)state;
    struct fixture fixture;
    fake_os_reset(2, 2);
    for (uint32_t id = 0; id < 4; id++)
        fake_os_cpu(id)->forbidden = true;
    begin_this_system(&fixture, NULL, "pack:2 [numa(memory=1073741824)] core:2 pu:1");
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(refused(&fixture.plan.cells[i]));
        assert_non_null(
            strstr(fixture.plan.cells[i].refusal->text, "may not run on any CPU of node"));
    }
    end(&fixture);
    fake_os_add_cpu(9, 1);
    begin_this_system(&fixture, NULL, "pack:2 [numa(memory=1073741824)] core:2 pu:1");
    build(&fixture);
    assert_non_null(strstr(fixture.plan.cells[0].refusal->text, "run on CPU 9"));
    assert_non_null(strstr(fixture.plan.cells[0].refusal->text, "CPUs 0-3 as online"));
    end(&fixture);
}

// No CPU is known of such a cell, so no size or number of threads can be right or wrong for it.
static void a_refused_cell_does_not_make_the_options_wrong(void **state) {
    (void)state;
    struct fixture fixture;
    begin_file(&fixture, "restricted.xml");
    ask_nodes(&fixture, "0-1", "1");
    fixture.asked.size_bytes = 64 * MIB;
    fixture.asked.threads = 2;
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 4);
    assert_false(refused(&fixture.plan.cells[0]));
    assert_true(refused(&fixture.plan.cells[1]));
    end(&fixture);
}

static void begin_checked(struct fixture *fixture) {
    load_description(&fixture->topology, MACHINE, LOAD_AS_THIS_SYSTEM);
    cross_check_run(&fixture->topology, &fixture->check);
    fixture->checked = true;
    set_request(fixture);
}

static void a_doubted_cpu_refuses_the_cells_that_use_it(void **state) {
    (void)state;
    struct fixture fixture = {0};
    fake_os_reset(2, 4);
    fake_os_cpu(4)->table_node = 0;
    begin_checked(&fixture);
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 8);
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        assert_int_equal(refused(cell), id_set_contains(&cell->cpus, 4));
        if (refused(cell))
            assert_non_null(strstr(cell->refusal->text, "CPU 4 is on node 1 for hwloc"));
    }
    assert_true(refused(&fixture.plan.cells[6]));
    assert_false(refused(&fixture.plan.cells[2])); // the chase on node 1 runs on CPU 6
    end(&fixture);
}

static void a_node_that_only_hwloc_knows_refuses_its_row_and_column(void **state) {
    (void)state;
    struct fixture fixture = {0};
    fake_os_reset(2, 4);
    fake_os.node_count = 1;
    begin_checked(&fixture);
    build(&fixture);
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        assert_int_equal(refused(cell), cell->cpu_node == 1 || node_set_only(&cell->mem_node) == 1);
    }
    assert_int_equal(fixture.plan.cell_count, 8);
    end(&fixture);
}

// ---- threads and sizes --------------------------------------------------------------------------

static void threads_are_taken_from_cores_before_siblings(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_LATENCY] = false;
    ask_nodes(&fixture, "1", "0");
    const char *const expected[] = {"4,6", "4", "4,6", "4-6", "4-7"};
    for (uint32_t threads = 0; threads < COUNT_OF(expected); threads++) {
        fixture.asked.threads = threads;
        build(&fixture);
        assert_set(&fixture.plan.cells[0].cpus, expected[threads]);
    }
    fixture.asked.threads = 5;
    assert_usage(&fixture, "--threads 5", "CPU node 1 has 4 CPUs");
    end(&fixture);
}

static void a_chase_has_one_thread_regardless_of_the_bandwidth_threads(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    fixture.asked.threads = 5;
    build(&fixture);
    assert_int_equal(fixture.plan.cells[0].cpus.count, 1);
    end(&fixture);
}

static void a_chain_has_slots_of_two_lines_of_its_cpus_caches(void **state) {
    (void)state;
    static const uint32_t told[] = {64, 256, 0}; // 0: the system reports none
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        for (size_t k = 0; k < fixture.topology.cache_count; k++)
            fixture.topology.caches[k].line_bytes = told[i];
        build(&fixture);
        const struct chase_shape *shape = &fixture.plan.cells[0].shape;
        uint64_t line_bytes = told[i] ? told[i] : chase_processor_line_bytes();
        assert_int_equal(shape->line_bytes, line_bytes);
        assert_int_equal(shape->slot_bytes, chase_min_slot_bytes(line_bytes));
    }
    end(&fixture);
}

static void a_pattern_for_one_kind_of_page_is_refused_in_others(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    fixture.patterns[1] = chase_pattern_find("full_random_4k");
    const struct page_kind *kinds[] = {page_kind_find("4K"), page_kind_find("2M")};
    fixture.request.pages = kinds;
    fixture.request.page_count = COUNT_OF(kinds);
    build(&fixture);
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        bool refused = cell->pattern->pages && cell->pages->bytes != 4 * KIB;
        assert_true((cell->refusal != NULL) == refused);
        if (refused)
            assert_non_null(strstr(cell->refusal->text, "--pages 4K"));
    }
    end(&fixture);
}

static void assert_sizes(const char *description, uint32_t threads, uint64_t latency_bytes,
                         uint64_t bandwidth_bytes) {
    struct fixture fixture;
    begin(&fixture, description);
    fixture.asked.threads = threads;
    build(&fixture);
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        uint64_t expected = cell->test == TEST_LATENCY ? latency_bytes : bandwidth_bytes;
        assert_int_equal(cell->size_bytes, expected);
        assert_false(cell->cached);
    }
    end(&fixture);
}

// Four times the last-level caches that the threads reach; a chase touches every second line.
static void default_sizes_follow_the_caches(void **state) {
    (void)state;
    assert_sizes("node:1 l3:1(size=1048576) core:2 pu:1", 0, 64 * MIB, 64 * MIB);
    assert_sizes("node:1 l3:1(size=16777216) core:2 pu:1", 0, 128 * MIB, 64 * MIB);
    assert_sizes("node:1 l3:1(size=16777217) core:2 pu:1", 0, 160 * MIB, 80 * MIB);
    assert_sizes("node:1 l3:1(size=29360128) core:2 pu:1", 0, 224 * MIB, 112 * MIB);
    assert_sizes("node:1 l3:1(size=272629760) core:2 pu:1", 0, 2560 * MIB, 1280 * MIB);
    assert_sizes("node:1 l3:4(size=33554432) core:1 pu:1", 0, 256 * MIB, 512 * MIB);
    assert_sizes("node:1 l3:4(size=33554432) core:1 pu:1", 1, 256 * MIB, 128 * MIB);
    assert_sizes("node:1 core:2 pu:1", 0, 256 * MIB, 128 * MIB); // 32 MiB are assumed
}

static void a_size_within_the_caches_needs_an_option(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    const uint64_t least[] = {[TEST_LATENCY] = 64 * MIB, [TEST_BANDWIDTH] = 32 * MIB};
    for (size_t test = 0; test <= TEST_BANDWIDTH; test++) {
        fixture.asked.tests[TEST_LATENCY] = test == TEST_LATENCY;
        fixture.asked.tests[TEST_BANDWIDTH] = test == TEST_BANDWIDTH;
        fixture.asked.cached = false;
        fixture.asked.size_bytes = least[test];
        build(&fixture);
        assert_int_equal(fixture.plan.cells[0].size_bytes, least[test]);
        assert_false(fixture.plan.cells[0].cached);
        fixture.asked.size_bytes = least[test] - 4 * KIB;
        char text[UNITS_TEXT_BYTES];
        assert_usage(&fixture, "--cached", units_format_bytes(least[test], text));
        fixture.asked.cached = true;
        build(&fixture);
        assert_true(fixture.plan.cells[0].cached);
        fixture.asked.size_bytes = least[test];
        build(&fixture);
        assert_false(fixture.plan.cells[0].cached);
    }
    end(&fixture);
}

static void a_size_must_be_whole_pages_and_give_each_thread_work(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.cached = true;
    fixture.asked.size_bytes = 64 * MIB + 512;
    assert_usage(&fixture, "--size", "multiple of 4KiB");
    fixture.asked.tests[TEST_LATENCY] = false;
    fixture.asked.size_bytes = 8 * KIB; // two threads of one stream: one page each and one more
    assert_usage(&fixture, "--size 8KiB", "at least 12KiB");
    fixture.asked.size_bytes = 12 * KIB;
    build(&fixture);
    assert_true(fixture.plan.cells[0].cached);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    fixture.asked.tests[TEST_LATENCY] = true;
    fixture.asked.size_bytes = 4 * KIB;
    build(&fixture);
    end(&fixture);
}

// Of kernels with pages of 16 and 64 KiB (Arm): all that is a page in the test before.
static void sizes_and_slots_follow_the_ordinary_page_of_the_system(void **state) {
    (void)state;
    static const struct {
        uint64_t page_bytes;
        const char *multiple, *too_small, *least, *slot_max;
    } cases[] = {
        {16 * KIB, "multiple of 16KiB", "--size 32KiB",  "at least 48KiB",  "to 16KiB"},
        {64 * KIB, "multiple of 64KiB", "--size 128KiB", "at least 192KiB", "to 64KiB"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture fixture;
        begin(&fixture, MACHINE);
        fake_os.base_page_bytes = cases[i].page_bytes;
        fixture.pages[0] = page_kind_find("base");
        fixture.asked.cached = true;
        fixture.asked.size_bytes = 64 * MIB + 4 * KIB;
        assert_usage(&fixture, "--size", cases[i].multiple);
        fixture.asked.tests[TEST_LATENCY] = false;
        fixture.asked.size_bytes = 2 * cases[i].page_bytes;
        assert_usage(&fixture, cases[i].too_small, cases[i].least);
        fixture.asked.size_bytes = 3 * cases[i].page_bytes;
        build(&fixture);
        assert_int_equal(fixture.plan.cells[0].page_bytes, cases[i].page_bytes);
        fixture.asked.tests[TEST_BANDWIDTH] = false;
        fixture.asked.tests[TEST_LATENCY] = true;
        fixture.asked.size_bytes = 64 * MIB;
        fixture.asked.slot_bytes = 2 * cases[i].page_bytes;
        assert_usage(&fixture, "--spacing", cases[i].slot_max);
        fixture.asked.slot_bytes = cases[i].page_bytes;
        build(&fixture);
        assert_int_equal(fixture.plan.cells[0].shape.slot_bytes, cases[i].page_bytes);
        end(&fixture);
    }
}

static void without_transparent_pages_their_size_is_not_known(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fake_os.transparent_page_bytes = 0;
    fixture.pages[0] = page_kind_find("thp");
    build(&fixture);
    assert_int_equal(fixture.plan.cells[0].page_bytes, 0);
    assert_true(cell_predict_ns(&fixture.plan.cells[0]) > 0);
    end(&fixture);
}

// ---- time, seeds --------------------------------------------------------------------------------

static void predictions_add_up(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    build(&fixture);
    uint64_t sum_ns = 0;
    for (size_t i = 0; i < fixture.plan.cell_count; i++)
        sum_ns += cell_predict_ns(&fixture.plan.cells[i]);
    assert_int_equal(plan_predict_round_ns(&fixture.plan), sum_ns);
    struct cell cell = fixture.plan.cells[4];
    const struct test_times *times = &test_times[cell.visit_length][cell.test];
    uint64_t small_ns = cell_predict_ns(&cell);
    assert_true(small_ns > times->sample_count * times->sample_ns);
    cell.visit_length = VISIT_SHORT;
    assert_true(cell_predict_ns(&cell) < small_ns);
    cell.visit_length = VISIT_LONG;
    cell.size_bytes *= 16;
    assert_true(cell_predict_ns(&cell) > small_ns);
    cell.refusal = &(struct error){.kind = ERROR_KIND_REFUSED};
    assert_int_equal(cell_predict_ns(&cell), 0);
    end(&fixture);
}

// What each of these words for a number of threads makes of a node, in one cell each.
static void assert_thread_cells(const char *description, size_t expected) {
    static const uint32_t words[] = {1, THREADS_CORES, THREADS_ALL};
    struct fixture fixture;
    begin(&fixture, description);
    fixture.asked.tests[TEST_LATENCY] = false;
    fixture.asked.kernel_count = 2;
    ask_nodes(&fixture, "0", "0");
    compose(&fixture);
    fixture.blocks[0].threads = words;
    fixture.blocks[0].thread_count = COUNT_OF(words);
    assert_true(
        plan_build(&fixture.plan, &fixture.topology, NULL, &fixture.request, &fixture.error));
    assert_int_equal(fixture.plan.cell_count, 2 * expected);
    end(&fixture);
}

static void words_for_the_same_number_of_threads_are_one_cell(void **state) {
    (void)state;
    assert_thread_cells("[numa] core:4 pu:1", 2); // cores are all
    assert_thread_cells("[numa] core:1 pu:1", 1); // and one
    assert_thread_cells("[numa] core:1 pu:2", 2); // one is cores
    assert_thread_cells("[numa] core:4 pu:2", 3);
}

// ---- other parts --------------------------------------------------------------------------------

static void all_nodes_at_once_are_one_cell_with_a_share_on_each(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_LATENCY] = false;
    compose(&fixture);
    fixture.blocks[0].pairs = PAIRS_TOGETHER;
    assert_true(
        plan_build(&fixture.plan, &fixture.topology, NULL, &fixture.request, &fixture.error));
    ASSERT_NAMES(&fixture, "bandwidth/triad.portable/all-local/size:64MiB/page:4K/threads:4");
    const struct cell *cell = &fixture.plan.cells[0];
    assert_set(&cell->cpus, "0,2,4,6");
    size_t count;
    struct region *regions = cell_regions(cell, &count);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(node_set_only(&regions[i].nodes), i);
        assert_int_equal(regions[i].size_bytes, 3 * 64 * MIB);
        assert_set(regions[i].cpus, i ? "4,6" : "0,2");
    }
    free(regions);
    assert_int_equal(cell_buffer_bytes(cell), 2 * 3 * 64 * MIB);
    end(&fixture);
}

// The same loop on the same nodes, once for itself and once for the mix that it stands for.
static void a_loop_and_the_mix_that_it_stands_for_are_two_cells(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_LATENCY] = false;
    ask_nodes(&fixture, "0", "1");
    compose(&fixture);
    fixture.blocks[1] = fixture.blocks[0];
    fixture.blocks[1].mix = &kernel_mixes[0];
    fixture.request.block_count = 2;
    assert_true(
        plan_build(&fixture.plan, &fixture.topology, NULL, &fixture.request, &fixture.error));
    ASSERT_NAMES(&fixture, "bandwidth/triad.portable/cpu:0/mem:1/size:64MiB/page:4K/threads:2",
                 "bandwidth/triad.portable/cpu:0/mem:1/size:64MiB/page:4K/threads:2/mix:reads");
    end(&fixture);
}

static void each_node_can_be_paired_with_its_nearest_memory_alone(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, MACHINE);
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    compose(&fixture);
    fixture.blocks[0].pairs = PAIRS_NEAREST;
    assert_true(
        plan_build(&fixture.plan, &fixture.topology, NULL, &fixture.request, &fixture.error));
    ASSERT_NAMES(&fixture, "latency/structural/cpu:0/mem:0/size:64MiB/page:4K",
                 "latency/structural/cpu:1/mem:1/size:64MiB/page:4K");
    end(&fixture);
}

static void chains_windows_and_spacings_are_named_and_checked(void **state) {
    (void)state;
    static const uint32_t chains[] = {1, 4};
    struct fixture fixture;
    begin(&fixture, "node:1 l3:1(size=8388608) core:1 pu:1");
    fixture.asked.tests[TEST_BANDWIDTH] = false;
    compose(&fixture);
    struct block_request *block = &fixture.blocks[0];
    block->chains = chains;
    block->chain_count = COUNT_OF(chains);
    block->slot_bytes = 256;
    block->window_bytes = MIB;
    assert_true(
        plan_build(&fixture.plan, &fixture.topology, NULL, &fixture.request, &fixture.error));
    ASSERT_NAMES(
        &fixture, "latency/structural/cpu:0/mem:0/size:128MiB/page:4K/window:1MiB/slot:256B",
        "latency/structural/cpu:0/mem:0/size:128MiB/page:4K/window:1MiB/slot:256B/chains:4");
    plan_free(&fixture.plan);
    const struct {
        uint64_t slot_bytes, window_bytes;
        const char *option;
    } wrong[] = {
        {64,      0,             "--spacing"                      },
        {192,     0,             "--spacing"                      },
        {8 * KIB, 0,             "--spacing"                      },
        {256,     256 * 5 + 128, "--window"                       },
        {256,     256 * MIB,     "smaller than the buffer, 128MiB"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        block->slot_bytes = wrong[i].slot_bytes;
        block->window_bytes = wrong[i].window_bytes;
        assert_false(
            plan_build(&fixture.plan, &fixture.topology, NULL, &fixture.request, &fixture.error));
        assert_int_equal(fixture.error.kind, ERROR_KIND_USAGE);
        assert_non_null(strstr(fixture.error.text, wrong[i].option));
    }
    end(&fixture);
}

// Only AWE pages come in part, and not below what makes the caches drop out: 4 x 8 MiB, and twice
// that for a chain, which touches every second line.
static void a_part_of_a_buffer_is_allowed_down_to_the_least_that_is_memory(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, "node:1 l3:1(size=8388608) core:1 pu:1");
    fixture.pages[1] = page_kind_find("awe");
    fixture.request.page_count = 2;
    build(&fixture);
    for (size_t i = 0; i < fixture.plan.cell_count; i++)
        assert_int_equal(fixture.plan.cells[i].partial_min_bytes, 0);
    fixture.request.allow_partial = true;
    build(&fixture);
    assert_int_equal(fixture.plan.cell_count, 4);
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct cell *cell = &fixture.plan.cells[i];
        uint64_t min_bytes = cell->pattern ? 64 * MIB : 32 * MIB;
        assert_int_equal(cell->partial_min_bytes,
                         cell->pages->source == PAGES_PHYSICAL ? min_bytes : 0);
    }
    fixture.asked.size_bytes = MIB;
    fixture.asked.cached = true;
    build(&fixture);
    for (size_t i = 0; i < fixture.plan.cell_count; i++)
        assert_true(fixture.plan.cells[i].partial_min_bytes < 32 * KIB);
    end(&fixture);
}

static void a_smaller_cell_fits_the_available_memory_in_whole_pages(void **state) {
    (void)state;
    static const struct {
        const char *kernel, *load;
        size_t region;
        uint64_t available_bytes, size_bytes, load_bytes; // 0: it cannot be made smaller
    } cases[] = {
        {NULL,    NULL,   0, 512 * KIB + 5, 512 * KIB, 0        },
        {"triad", NULL,   0, 100 * KIB,     32 * KIB,  0        },
        {"triad", NULL,   0, 40 * KIB,      0,         0        }, // below the least
        {"triad", NULL,   0, 0,             0,         0        },
        {"read",  NULL,   0, MIB,           0,         0        }, // as large as it is
        {NULL,    "copy", 1, 256 * KIB,     MIB,       128 * KIB},
        {NULL,    "copy", 0, 256 * KIB,     256 * KIB, MIB      },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error;
        struct cell cell = {.kernel =
                                cases[i].kernel ? kernel_find(cases[i].kernel, ISA_PORTABLE) : NULL,
                            .page_bytes = 4 * KIB,
                            .size_bytes = MIB,
                            .partial_min_bytes = 16 * KIB};
        if (cases[i].load)
            cell.load = (struct cell_load){.kernel = kernel_find(cases[i].load, ISA_PORTABLE),
                                           .size_bytes = MIB,
                                           .partial_min_bytes = 16 * KIB};
        error_set(&error, ERROR_KIND_REFUSED, 0, "a part came");
        bool shrunk = cell_shrink(&cell, cases[i].region, cases[i].available_bytes, &error);
        assert_int_equal(shrunk, cases[i].size_bytes != 0);
        assert_int_equal(cell.size_bytes, shrunk ? cases[i].size_bytes : MIB);
        assert_int_equal(cell.load.size_bytes, cases[i].load_bytes);
        assert_non_null(strstr(error.text, "a part came"));
        cell.partial_min_bytes = cell.load.partial_min_bytes = 0;
        assert_false(cell_shrink(&cell, cases[i].region, 64 * KIB, &error));
    }
}

static void every_visit_has_its_own_seed(void **state) {
    (void)state;
    enum { VISITS = 500 };
    static uint64_t seeds[2 * VISITS];
    const struct plan plans[] = {{.seed = 1}, {.seed = 2}};
    for (size_t i = 0; i < 2 * VISITS; i++)
        seeds[i] = plan_visit_seed(&plans[i / VISITS], i % VISITS);
    for (size_t i = 0; i < 2 * VISITS; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(seeds[i] != seeds[j]);
    assert_true(plan_visit_seed(&plans[0], 3) == seeds[3]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_plan_covers_every_node_pair),
        cmocka_unit_test(every_loop_and_kind_of_page_has_its_own_matrix),
        cmocka_unit_test(only_the_tests_that_were_asked_for_are_planned),
        cmocka_unit_test(only_the_nodes_that_were_asked_for_are_planned),
        cmocka_unit_test(numbers_with_gaps_are_used_as_they_are),
        cmocka_unit_test(eight_nodes_and_one_without_cpus_give_eight_times_nine_cells),
        cmocka_unit_test(nodes_without_cpus_or_memory_are_on_one_axis_only),
        cmocka_unit_test(hidden_device_memory_is_measured_if_named),
        cmocka_unit_test(a_node_that_does_not_exist_is_a_wrong_option),
        cmocka_unit_test(node_sets_follow_single_nodes_and_add_no_matrix),
        cmocka_unit_test(a_set_with_a_node_that_does_not_exist_is_a_wrong_option),
        cmocka_unit_test(forbidden_nodes_are_left_out_unless_named),
        cmocka_unit_test(without_usable_cpus_every_row_says_why),
        cmocka_unit_test(a_refused_cell_does_not_make_the_options_wrong),
        cmocka_unit_test(a_doubted_cpu_refuses_the_cells_that_use_it),
        cmocka_unit_test(a_node_that_only_hwloc_knows_refuses_its_row_and_column),
        cmocka_unit_test(threads_are_taken_from_cores_before_siblings),
        cmocka_unit_test(a_chase_has_one_thread_regardless_of_the_bandwidth_threads),
        cmocka_unit_test(a_chain_has_slots_of_two_lines_of_its_cpus_caches),
        cmocka_unit_test(a_pattern_for_one_kind_of_page_is_refused_in_others),
        cmocka_unit_test(default_sizes_follow_the_caches),
        cmocka_unit_test(a_size_within_the_caches_needs_an_option),
        cmocka_unit_test(a_size_must_be_whole_pages_and_give_each_thread_work),
        cmocka_unit_test(sizes_and_slots_follow_the_ordinary_page_of_the_system),
        cmocka_unit_test(without_transparent_pages_their_size_is_not_known),
        cmocka_unit_test(predictions_add_up),
        cmocka_unit_test(words_for_the_same_number_of_threads_are_one_cell),
        cmocka_unit_test(all_nodes_at_once_are_one_cell_with_a_share_on_each),
        cmocka_unit_test(a_loop_and_the_mix_that_it_stands_for_are_two_cells),
        cmocka_unit_test(each_node_can_be_paired_with_its_nearest_memory_alone),
        cmocka_unit_test(chains_windows_and_spacings_are_named_and_checked),
        cmocka_unit_test(a_part_of_a_buffer_is_allowed_down_to_the_least_that_is_memory),
        cmocka_unit_test(a_smaller_cell_fits_the_available_memory_in_whole_pages),
        cmocka_unit_test(every_visit_has_its_own_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
