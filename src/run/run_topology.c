// SPDX-License-Identifier: Apache-2.0
#include "run/run_topology.h"

#include <stdio.h>

bool run_topology_load(const struct dataset *dataset, struct topology *topology) {
    char path[1100];
    struct error ignored;
    snprintf(path, sizeof path, "%s/topology.xml", dataset->runs[dataset->run_count - 1].path);
    return topology_load_file(topology, path, &ignored);
}
