// SPDX-License-Identifier: Apache-2.0
// Which of the kinds of CPU that hwloc reports are kinds: for topology.c, which asks for them.
// Private to this room.
#ifndef NUMAPROBE_TOPOLOGY_KINDS_H
#define NUMAPROBE_TOPOLOGY_KINDS_H

#include "topology/topology.h"

// One attribute of a kind, as hwloc names it ("CoreType", "LinuxCapacity"); others are passed over.
void kinds_take_attribute(struct topology_kind *kind, const char *name, const char *value);

// Takes the kind over, as one of its own or as a part of one that is like it.
void kinds_add(struct topology *topology, struct topology_kind kind);

// After the last one: sets the ranks of the CPUs. One kind is none, because all are alike then.
void kinds_conclude(struct topology *topology);

void kinds_free(struct topology *topology);

#endif
