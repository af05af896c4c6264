// SPDX-License-Identifier: Apache-2.0
// hwloc's answer held against the operating system's own, CPU by CPU.
//
// Two witnesses: the system's table (sysfs, GetNumaProcessorNodeEx) and the place that a thread
// pinned to the CPU sees itself at (getcpu). What a witness cannot say is `not comparable` with the
// reason, which is never agreement. A CPU on which any witness differs must not be measured.
#ifndef NUMAPROBE_TOPOLOGY_CROSS_CHECK_H
#define NUMAPROBE_TOPOLOGY_CROSS_CHECK_H

#include "topology/topology.h"

enum cross_witness { CROSS_TABLE, CROSS_PLACE, CROSS_WITNESS_COUNT };

enum cross_verdict { CROSS_AGREES, CROSS_MISMATCH, CROSS_NOT_COMPARABLE };

struct cross_check_cpu {
    uint32_t cpu;
    uint32_t hwloc_node;                   // NONE_U32: none
    uint32_t os_node[CROSS_WITNESS_COUNT]; // NONE_U32: none, or not comparable
    enum cross_verdict verdict[CROSS_WITNESS_COUNT];
};

// What one witness said of the whole machine.
struct cross_summary {
    const char *source; // the call or file that was asked
    size_t agree;
    size_t mismatch;
    size_t not_comparable;
    char reason[256]; // why the first of these could not be compared; "" when all could
};

struct cross_check {
    struct cross_check_cpu *cpus; // in the order of topology->cpus
    size_t cpu_count;
    struct cross_summary witnesses[CROSS_WITNESS_COUNT];
    struct id_set unknown_nodes; // nodes that hwloc names and the system does not
    char nodes_reason[256];      // why the lists of nodes could not be compared; "" when they were
};

// Asks both witnesses about every CPU of the snapshot. Starts one short pinned thread per allowed
// CPU. Cannot fail: what cannot be asked is not comparable.
void cross_check_run(const struct topology *topology, struct cross_check *check);
void cross_check_free(struct cross_check *check);

// Whether nothing speaks against using this CPU, or this node, in a cell. When something does, the
// error (ERROR_KIND_REFUSED) names it and both answers. A NULL check means none was made.
bool cross_check_cpu_usable(const struct cross_check *check, uint32_t cpu, struct error *error);
bool cross_check_node_usable(const struct cross_check *check, uint32_t node, struct error *error);

#endif
