// SPDX-License-Identifier: Apache-2.0
// Which pairs of CPUs stand for a machine, and where the lines lie that they exchange.
//
// A machine of 384 CPUs has 73 536 pairs. What they share decides most of their latency, so by
// default some pairs of each class (topology_pair_class) are drawn at random.
#ifndef NUMAPROBE_PLAN_PAIRS_H
#define NUMAPROBE_PLAN_PAIRS_H

#include "base/error.h"
#include "kernels/pair.h"
#include "record/words.h"
#include "topology/topology.h"

// Thirty pairs show the 5th and the 95th percentile of their class by one or two pairs beyond each.
enum { PAIRS_PER_CLASS = 30 };

// The node whose memory the lines lie in, by which CPU it is the nearest to: the one responsible
// for a line's state (its home) is there.

// A pair as a cell measures it: one protocol, one direction.
struct cell_pair {
    const struct pair_protocol *protocol; // NULL: the cell is of another test
    enum pair_home home;
    enum pair_class pair_class;
    uint32_t writer_cpu;
    uint32_t reader_cpu;
};

struct pairs_request {
    struct id_set cpu_nodes;         // of both CPUs; empty: all
    uint32_t per_class;              // 0: PAIRS_PER_CLASS
    bool full;                       // all pairs in both directions
    uint32_t writer_cpu, reader_cpu; // this pair alone; both NONE_U32: not asked
    uint64_t seed;
};

// Chooses pairs of CPUs that this process may use, class by class: all of a class that has no more
// than per_class, else that many, each pair of the class equally likely and in either direction.
// The same request gives the same pairs. Protocols are NULL. The caller frees what is returned.
//
// ERROR_KIND_USAGE when a CPU does not exist, may not be used or is named for both, or when there
// is no pair: the sentence names the option.
struct cell_pair *pairs_choose(const struct topology *topology, const struct pairs_request *request,
                               size_t *count, struct error *error);

// The node on which lines of a node's CPUs are at home: itself, or where it has no memory the
// nearest that has (topology_nearest). NONE_U32 when there is no memory at all.
uint32_t pair_line_node(const struct topology *topology, uint32_t cpu_node);

// The home of the lines of a pair; for HOME_THIRD the first node, by number, that is no home of
// either CPU and has memory that this process may take. NONE_U32 when there is none, or when this
// process may take no memory there: the error says why.
uint32_t pair_home_node(const struct topology *topology, const struct cell_pair *pair,
                        enum pair_home home, struct error *error);

#endif
