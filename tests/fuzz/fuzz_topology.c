// SPDX-License-Identifier: Apache-2.0
// topology.xml of anybody: a child process tries hwloc's reader on it first, and what that survives
// is read here, asked what readers ask, and exported. hwloc may crash by it there, and never here.
#include "fuzz.h"

#include "topology/topology.h"

static void ask(const struct topology *topology) {
    struct topology_level levels[TOPOLOGY_LEVELS_MAX];
    struct error error = {0};
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        struct id_set cpus = {0};
        fuzz_must(topology_node(topology, node->id) != NULL);
        topology_node_package(topology, node->id);
        topology_core_count(topology, node->id);
        topology_pick_cpus(topology, node->id, 4, &cpus);
        topology_levels(topology, &cpus, levels);
        topology_llc_bytes(topology, &cpus);
        id_set_free(&cpus);
        for (size_t k = 0; k < topology->node_count; k++)
            topology_firmware(topology, node->id, topology->nodes[k].id);
    }
    topology_package_count(topology);
    fuzz_must(topology_export(topology, fuzz_stream(), &error) || error.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    struct topology topology;
    struct error error = {0};
    fuzz_silence(); // hwloc says what it thinks of a file on stderr
    fuzz_write("topology.xml", data, length);
    if (topology_load_file(&topology, "topology.xml", &error)) {
        ask(&topology);
        topology_free(&topology);
    } else {
        fuzz_must(error.text[0]);
    }
    return 0;
}
