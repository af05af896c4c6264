// SPDX-License-Identifier: Apache-2.0
// The topology that lies beside the rows of a run.
#ifndef NUMAPROBE_RUN_RUN_TOPOLOGY_H
#define NUMAPROBE_RUN_RUN_TOPOLOGY_H

#include "analyse/dataset.h"
#include "topology/topology.h"

// Of the last run. False where there is none that can be read: what is reported says less then.
bool run_topology_load(const struct dataset *dataset, struct topology *topology);

#endif
