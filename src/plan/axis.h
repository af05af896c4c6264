// SPDX-License-Identifier: Apache-2.0
// The axes of a matrix: which nodes can be on one at all, and which of them this process may use.
#ifndef NUMAPROBE_PLAN_AXIS_H
#define NUMAPROBE_PLAN_AXIS_H

#include "topology/topology.h"

struct axis {
    const char *option;
    const char *what;
    bool (*serves)(const struct topology_node *node);
    bool (*usable)(const struct topology *topology, const struct topology_node *node);
};

extern const struct axis axis_cpus;   // --cpu-nodes
extern const struct axis axis_memory; // --mem-nodes

// The nodes that were asked for, or all that serve and may be used; all that serve where none may.
// Memory that hwloc hides as a device's is used only where it was asked for. ERROR_KIND_USAGE when
// one that was asked for does not exist or does not serve.
bool axis_choose(const struct axis *axis, const struct topology *topology,
                 const struct id_set *asked, struct id_set *chosen, struct error *error);

#endif
