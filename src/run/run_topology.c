// SPDX-License-Identifier: Apache-2.0
#include "run/run_topology.h"

#include "record/run_find.h"
#include "run/outcome.h"

#include <stdio.h>

bool run_topology_load(const struct dataset *dataset, struct topology *topology) {
    const char *run = dataset->runs[dataset->run_count - 1].path;
    char path[1100];
    char sentence[640];
    struct error error;
    snprintf(path, sizeof path, "%s/topology.xml", run);
    bool loaded = topology_load_file(topology, path, &error);
    if (!loaded && run_has_file(run, "topology.xml")) {
        snprintf(sentence, sizeof sentence, "%s; what it says of the machine is left out",
                 error.text);
        outcome_warn(sentence);
    }
    return loaded;
}
