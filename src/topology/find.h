// SPDX-License-Identifier: Apache-2.0
// The order in which CPUs and nodes of a snapshot are kept, so that they can be found. Private to
// this room.
#ifndef NUMAPROBE_TOPOLOGY_FIND_H
#define NUMAPROBE_TOPOLOGY_FIND_H

#include "topology/topology.h"

// Sorts by number what has it as its first member: struct topology_cpu and struct topology_node.
int find_by_number(const void *left, const void *right);

// Where the distance of two nodes is kept; NULL where one of them is not there.
uint64_t *find_distance(const struct topology *topology, uint32_t from_node, uint32_t to_node);

#endif
