// SPDX-License-Identifier: Apache-2.0
// The plan: what will be measured, as data, before anything is touched.
//
// plan_build is pure: topology, the cross-check's findings and what was asked for go in, an array
// of cells comes out. It can be printed, counted, timed in advance and shuffled with a logged seed.
#ifndef NUMAPROBE_PLAN_PLAN_H
#define NUMAPROBE_PLAN_PLAN_H

#include "base/error.h"
#include "kernels/chase.h"
#include "kernels/kernel.h"
#include "os/page_kind.h"
#include "plan/load.h"
#include "plan/pairs.h"
#include "topology/cross_check.h"
#include "topology/topology.h"

enum test { TEST_LATENCY, TEST_BANDWIDTH, TEST_LOADED, TEST_C2C, TEST_COUNT };
extern const char *const test_names[TEST_COUNT];

// The parts of a run: what a cell is measured for, and the table that it is shown in.
enum block {
    BLOCK_IDLE,   // latency, CPU nodes x memory nodes, nobody else at work
    BLOCK_PEAK,   // the most bandwidth of each mix
    BLOCK_MATRIX, // bandwidth, CPU nodes x memory nodes
    BLOCK_LOADED, // latency against bandwidth
    BLOCK_C2C,    // from core to core
    BLOCK_SWEEP,  // latency and bandwidth against size
    BLOCK_MLP,    // latency against chains walked at once
    BLOCK_CHECK,  // cells that only test the method on this machine
    BLOCK_COUNT,
};
extern const char *const block_names[BLOCK_COUNT];

// How long the parts of a visit take; both tests sample in one window after a warm-up.
struct test_times {
    uint64_t warm_sample_ns;
    uint64_t warm_max_ns;
    uint64_t sample_ns;
    uint32_t sample_count;
};
extern const struct test_times test_times[TEST_COUNT];

// Everything that is needed to measure one number, and nothing else.
struct cell {
    enum test test;
    enum block block;
    const struct kernel *kernel;         // bandwidth
    const struct chase_pattern *pattern; // latency
    struct chase_shape shape;            // of its chain
    struct cell_pair pair;               // core to core: cpu_node is its reader's
    uint32_t cpu_node;
    uint32_t mem_node;  // NONE_U32: the home of a pair that there is not, which is refused
    struct id_set cpus; // one thread on each, without the load's
    const struct page_kind *pages;
    uint64_t page_bytes;   // of that kind, here
    uint64_t size_bytes;   // of each array, all threads together; of the chain's buffer
    bool cached;           // on purpose smaller than what makes the caches drop out
    struct cell_load load; // latency under load
    struct error refusal;  // kind NONE: it can be measured
};

struct plan_request {
    bool tests[TEST_COUNT];
    struct id_set cpu_nodes;             // empty: all that have CPUs
    struct id_set mem_nodes;             // empty: all that have memory
    const struct kernel *const *kernels; // for bandwidth
    size_t kernel_count;
    const struct chase_pattern *const *patterns; // for latency
    size_t pattern_count;
    const struct page_kind *const *pages;
    size_t page_count;
    uint64_t size_bytes; // 0: chosen for each cell by the caches of its CPUs
    bool cached;         // --cached: a size below plan_least_bytes is meant
    uint32_t threads;    // bandwidth: per CPU node; 0: one per core
    uint32_t rounds;     // 0: as many as fit in PLAN_BUDGET_NS, at most PLAN_ROUNDS_MAX
    uint64_t seed;
};

// Six visits are the fewest that give a 95 % interval of the median (docs/method.md, Statistics).
enum { PLAN_ROUNDS_MAX = 6 };
#define PLAN_BUDGET_NS (180 * NS_PER_S)

struct plan {
    struct cell *cells;
    size_t cell_count;
    uint32_t rounds;
    uint64_t seed;
    size_t *order;      // rounds x cell_count cell numbers: each round in its own random order
    size_t visit_count; // rounds x cell_count
};

// Builds the plan. `check` may be NULL (a topology that is not this machine's). ERROR_KIND_USAGE
// when something was asked for that does not exist: the sentence names the option, the value and
// what there is. What exists but cannot be measured is a cell with its refusal.
bool plan_build(struct plan *plan, const struct topology *topology, const struct cross_check *check,
                const struct plan_request *request, struct error *error);
void plan_free(struct plan *plan);

// The last step of every plan: so many rounds (0: as many as fit in budget_ns by prediction, at
// least 1 and at most PLAN_ROUNDS_MAX), each in its own random order.
void plan_schedule(struct plan *plan, uint32_t rounds, uint64_t budget_ns);

// The least size of an array (or chain buffer) that these CPUs cannot keep in their last-level
// caches: four times their sum, and for a chain that over the share of it that one round touches.
uint64_t plan_least_bytes(const struct topology *topology, const struct id_set *cpus,
                          enum test test);

// A piece of memory that a cell needs: on which node, how large, and which CPUs write it first.
struct region {
    uint32_t node;
    uint64_t size_bytes;
    const struct id_set *cpus; // of the cell
};
enum { REGIONS_MAX = 2 };

// Fills the regions of a cell and returns how many there are.
size_t cell_regions(const struct cell *cell, struct region regions[REGIONS_MAX]);

// The CPUs of all its threads; the caller frees the set.
void cell_cpus(const struct cell *cell, struct id_set *cpus);

// Bytes of memory that the cell takes, all regions together.
uint64_t cell_buffer_bytes(const struct cell *cell);

// "latency/structural/cpu:0/mem:1/size:1GiB/page:2M",
// "bandwidth/triad_nt.avx2/cpu:0/mem:0/size:512MiB/page:thp/threads:8",
// "c2c/hitm_read/writer:0/reader:1/home:writer/page:thp". Returns text.
enum { CELL_NAME_BYTES = 160 };
char *cell_name(const struct cell *cell, char text[CELL_NAME_BYTES]);

// How long one visit, or the whole plan, will take about.
uint64_t cell_predict_ns(const struct cell *cell);
uint64_t plan_predict_ns(const struct plan *plan);

// The seed of a visit: every visit has its own chain, data and samples, all from the plan's seed.
uint64_t plan_visit_seed(const struct plan *plan, size_t visit);

#endif
