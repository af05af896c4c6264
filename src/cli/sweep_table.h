// SPDX-License-Identifier: Apache-2.0
// A sweep on the terminal: a line a size, the borders of the caches that the machine shows, and
// what the levels that were found really hold.
#ifndef NUMAPROBE_CLI_SWEEP_TABLE_H
#define NUMAPROBE_CLI_SWEEP_TABLE_H

#include "analyse/dataset.h"
#include "topology/topology.h"

void sweep_table_print(const struct dataset *dataset, const struct topology *topology);

#endif
