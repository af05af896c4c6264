// SPDX-License-Identifier: Apache-2.0
// hwloc's answer compared with the operating system's own, CPU by CPU.
//
// Two witnesses: the system's table (sysfs, GetNumaProcessorNodeEx) and the place that a thread
// pinned to the CPU sees itself at (getcpu). The table is none where the topology has its node from
// it. What a witness cannot say is `not comparable` with the
// reason, which is never agreement. A CPU on which any witness differs must not be measured.
#ifndef NUMAPROBE_TOPOLOGY_CROSS_CHECK_H
#define NUMAPROBE_TOPOLOGY_CROSS_CHECK_H

#include "topology/topology.h"

enum cross_witness { CROSS_TABLE, CROSS_PLACE, CROSS_WITNESS_COUNT };

enum cross_verdict { CROSS_AGREES, CROSS_MISMATCH, CROSS_NOT_COMPARABLE };

struct cross_check_cpu {
    uint32_t cpu;
    uint32_t node;                         // as the topology has it; NONE_U32: none
    bool node_by_system;                   // that is the word of CROSS_TABLE, not hwloc's
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
    struct id_set hidden_nodes;  // nodes that the system names and hwloc does not show
    struct id_set hidden_cpus;   // CPUs that this process may use and hwloc does not show
    char nodes_reason[256];      // why the lists of nodes could not be compared; "" when they were
};

// Asks both witnesses about every CPU of the snapshot. Starts one short pinned thread per allowed
// CPU. Cannot fail: what cannot be asked is not comparable.
void cross_check_run(const struct topology *topology, struct cross_check *check);
void cross_check_free(struct cross_check *check);

// Whose word the topology's node of this CPU is: "hwloc", or the source of CROSS_TABLE.
const char *cross_check_source(const struct cross_check *check, const struct cross_check_cpu *cpu);

// Whether nothing speaks against using this CPU, or this node, in a cell. When something does, the
// error (ERROR_KIND_REFUSED) names it and both answers. A NULL check means none was made.
bool cross_check_cpu_usable(const struct cross_check *check, uint32_t cpu, struct error *error);
bool cross_check_node_usable(const struct cross_check *check, uint32_t node, struct error *error);

// Says of hidden_cpus which they are, why, and what to do; "" where there are none. Returns text.
enum { CROSS_SENTENCE_BYTES = 480 };
char *cross_check_hidden_cpus(const struct cross_check *check, char *text, size_t text_bytes);

#endif
