// SPDX-License-Identifier: Apache-2.0
// What hwloc's picture leaves open: which node a CPU belongs to, and which nodes only the running
// system knows. Private to this room.
#ifndef NUMAPROBE_TOPOLOGY_NODES_H
#define NUMAPROBE_TOPOLOGY_NODES_H

#include "topology/topology.h"

// Gives each CPU its node. Nodes and CPUs are as hwloc has them; where the topology is this
// system's, nodes that hwloc does not show are added, and has_cpus, has_memory, node_by_system and
// the CPUs of each node are filled in.
void nodes_find_owners(struct topology *topology);

#endif
