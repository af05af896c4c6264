// SPDX-License-Identifier: Apache-2.0
// What is found in a snapshot, and the order in which CPUs and nodes are kept for that. Private to
// this room.
#ifndef NUMAPROBE_TOPOLOGY_FIND_H
#define NUMAPROBE_TOPOLOGY_FIND_H

#include "topology/topology.h"

// Sorts by number what has it as its first member: struct topology_cpu and struct topology_node.
int find_by_number(const void *left, const void *right);

// The cache of the last level that holds this CPU; NONE_U32.
uint32_t find_last_cache(const struct topology *topology, uint32_t cpu);

// Where the distance of two nodes is kept; NULL where one of them is not there.
uint64_t *find_distance(const struct topology *topology, uint32_t from_node, uint32_t to_node);

#endif
