// SPDX-License-Identifier: Apache-2.0
// The plan: what will be measured, as data, before anything is touched.
//
// plan_build is pure: topology, the cross-check's findings and what was asked for go in, an array
// of cells comes out. It can be printed, counted and timed in advance. In which order its cells are
// visited, how often, and which of them turn out to be worth it, is the schedule's.
#ifndef NUMAPROBE_PLAN_PLAN_H
#define NUMAPROBE_PLAN_PLAN_H

#include "plan/c2c.h"
#include "plan/cell.h"
#include "plan/curve_points.h"
#include "plan/sizing.h"
#include "topology/cross_check.h"
#include "topology/topology.h"

// Which pairs of a CPU node and a memory node a part of a run has.
enum node_pairs {
    PAIRS_ALL,      // a matrix
    PAIRS_NEAREST,  // each CPU node with the memory nearest to it
    PAIRS_TOGETHER, // all CPU nodes at once, each on the memory nearest to it: one cell
    PAIRS_FROM_ALL, // all CPU nodes at once, on each memory: a row of a matrix
};

// One part of a run: every loop with every number of threads (or chains) in every size and kind of
// page, on every pair of nodes. An empty list stands for the default alone.
struct block_request {
    enum block block;
    const struct kernel *const *kernels; // of bandwidth; else empty
    size_t kernel_count;
    const struct kernel_mix *mix;                // that all these kernels stand for, or NULL
    const struct chase_pattern *const *patterns; // of latency; else empty
    size_t pattern_count;
    const uint32_t *threads; // per CPU node; empty: one per core
    size_t thread_count;
    const uint32_t *chains; // empty: one
    size_t chain_count;
    uint64_t window_bytes; // of a chase; 0: as its pattern says
    uint64_t slot_bytes;   // of a chase; 0: the least
    const uint64_t *sizes; // empty: chosen for each cell by the caches of its CPUs
    size_t size_count;
    bool cached; // sizes below sizing_min_bytes are meant
    enum node_pairs pairs;
};

struct plan_request {
    const struct block_request *blocks;
    size_t block_count;
    struct id_set cpu_nodes;         // empty: all that have CPUs
    struct id_set mem_nodes;         // empty, and no sets: all that have memory
    const struct node_set *mem_sets; // columns of a matrix besides
    size_t mem_set_count;
    const struct page_kind *const *pages;
    size_t page_count;
    const struct sizing *sizing; // NULL: caches as they are shown, and memory is no limit
    bool allow_partial;          // cells in AWE pages may come out smaller than asked
    enum visit_length visit_length;
    uint32_t rounds;    // so many visits of every cell; 0: as many as are needed
    uint64_t budget_ns; // for more than one visit of each cell; NONE_U64: as long as it takes
    uint64_t seed;
};

// How the schedule goes on with the curves of latency under load that a plan begins (plan/curve.h).
struct plan_curves {
    const struct curve_density *density; // NULL: no more points than the plan has
    bool sketch;                         // points are visited once, unless rounds are asked for
    double
        *shares; // paced loads, as shares of the largest bandwidth of a curve; freed with the plan
    size_t share_count;
};

struct schedule;

struct plan {
    struct cell *cells; // block by block; the schedule may add more at the end
    size_t cell_count;
    struct c2c_cells *pairs; // more cells, made as plan_walk comes to them; NULL: none
    // Where cells follow from what others give: adds some of them, at the beginning and whenever
    // all there are have been visited. With the last ones it takes itself out (NULL).
    void (*grow)(struct schedule *schedule, void *context);
    void *grow_context;
    struct plan_curves curves;
    // Why this machine has nothing to measure for a part; "" for the others. That is no failure.
    char not_applicable[BLOCK_COUNT][160];
    enum visit_length visit_length;
    uint32_t rounds;
    uint64_t budget_ns;
    uint64_t seed;
};

// Builds the plan. `check` may be NULL (a topology that is not this machine's). ERROR_KIND_USAGE
// when something was asked for that does not exist: the sentence names the option, the value and
// what there is. What exists but cannot be measured is a cell with its refusal.
bool plan_build(struct plan *plan, const struct topology *topology, const struct cross_check *check,
                const struct plan_request *request, struct error *error);
void plan_free(struct plan *plan);

// Appends a cell, which the plan then owns, and returns its number.
size_t plan_add(struct plan *plan, struct cell cell);

// Makes all these cells and appends them; frees their description.
void plan_add_pairs(struct plan *plan, struct c2c_cells *pairs);

// The least array that gives every stream of this many threads something to do.
uint64_t plan_smallest_bytes(const struct kernel *kernel, size_t threads);

// Goes through all cells of a plan: those that it holds, then those of its pairs.
struct plan_walk {
    const struct plan *plan;
    size_t index;            // of the cell, from 0
    const struct cell *cell; // until the next one is asked for
    size_t next;
    struct c2c_walk pairs;
};
struct plan_walk plan_walk(const struct plan *plan);
bool plan_next(struct plan_walk *walk);

// How many cells that are.
size_t plan_count_cells(const struct plan *plan);

// How long one visit of each cell will take about.
uint64_t plan_predict_round_ns(const struct plan *plan);

// The seed of a visit: every visit has its own chain, data and samples, all from the plan's seed.
uint64_t plan_visit_seed(const struct plan *plan, size_t visit);

#endif
