// SPDX-License-Identifier: Apache-2.0
// The cells of the core-to-core part: pairs x protocols x homes x kinds of page.
//
// All pairs of a machine of 384 CPUs are 828 288 cells, which differ in two CPUs, a node and a
// home. So they are told by what they have in common, and made one by one when somebody looks at
// them.
#ifndef NUMAPROBE_PLAN_C2C_H
#define NUMAPROBE_PLAN_C2C_H

#include "plan/cell.h"
#include "topology/cross_check.h"

struct c2c_request {
    struct pairs_request pairs;
    const struct pair_protocol *const *protocols;
    size_t protocol_count;
    bool homes[PAIR_HOME_COUNT];
    const struct page_kind *const *pages;
    size_t page_count;
};

// What the rounds of the default must fit in: a machine of 384 CPUs is known by its classes in a
// minute.
#define C2C_BUDGET_NS (60 * NS_PER_S)

// Cells that are not made yet.
struct c2c_cells {
    const struct topology *topology;
    const struct cross_check *check;
    bool homes[PAIR_HOME_COUNT];
    bool full;
    struct cell_pair *pairs;
    size_t pair_count;
    struct c2c_cpu {
        uint32_t line_bytes;
        bool usable;
    } * cpus;           // in the order of topology->cpus
    struct cell *kinds; // [page][protocol][home's node, no node last]: cells without their pair
    size_t kind_count, page_count, protocol_count;
};

// Makes them one after the other.
struct c2c_walk {
    const struct c2c_cells *cells;
    struct cell cell; // the one that was made last: its CPUs and its refusal are the walk's
    size_t step;      // the next page, pair and protocol
    struct c2c_home {
        enum pair_home home;
        size_t node; // its place in the topology
        struct error why_none;
    } homes[PAIR_HOME_COUNT]; // of the pair, each on another node
    size_t home_count, home;
    uint32_t cpus[2], cpu_node, line_bytes;
    struct error refusal;
};

// Describes all cells of the request, block BLOCK_C2C. Two homes that are one node are one cell.
// With request->pairs.full a ping-pong, which is the same in both directions, is made in one of
// them. What exists but cannot be measured is a cell with its refusal; NULL with ERROR_KIND_USAGE
// as pairs_choose.
struct c2c_cells *c2c_describe(const struct topology *topology, const struct cross_check *check,
                               const struct c2c_request *request, struct error *error);

// The next cell is walk->cell, until the one after it is asked for; false when there is none.
struct c2c_walk c2c_walk(const struct c2c_cells *cells);
bool c2c_next(struct c2c_walk *walk);

void c2c_free(struct c2c_cells *cells); // NULL is fine

#endif
