// SPDX-License-Identifier: Apache-2.0
// What CPUs reach of the caches of a snapshot.
#include "topology/topology.h"

uint64_t topology_llc_bytes(const struct topology *topology, const struct id_set *cpus) {
    struct id_set counted = {0};
    uint64_t bytes = 0;
    for (size_t i = 0; i < cpus->count; i++) {
        const struct topology_cpu *cpu = topology_cpu(topology, cpus->ids[i]);
        if (!cpu || cpu->llc == NONE_U32 || id_set_contains(&counted, cpu->llc))
            continue;
        id_set_add(&counted, cpu->llc);
        bytes += topology->caches[cpu->llc].size_bytes;
    }
    id_set_free(&counted);
    return bytes;
}

static bool is_reached(const struct topology_cache *cache, const struct id_set *cpus) {
    for (size_t i = 0; i < cpus->count; i++)
        if (id_set_contains(&cache->cpus, cpus->ids[i]))
            return true;
    return false;
}

size_t topology_levels(const struct topology *topology, const struct id_set *cpus,
                       struct topology_level levels[TOPOLOGY_LEVELS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < topology->cache_count; i++) { // listed level by level
        const struct topology_cache *cache = &topology->caches[i];
        if (!is_reached(cache, cpus))
            continue;
        if (!count || levels[count - 1].level != cache->level) {
            if (count == TOPOLOGY_LEVELS_MAX)
                break;
            levels[count++] = (struct topology_level){.level = cache->level};
        }
        levels[count - 1].size_bytes += cache->size_bytes;
    }
    return count;
}

uint32_t topology_line_bytes(const struct topology *topology, const struct id_set *cpus) {
    uint32_t longest_bytes = 0;
    for (size_t i = 0; i < topology->cache_count; i++) {
        const struct topology_cache *cache = &topology->caches[i];
        for (size_t k = 0; k < cpus->count && cache->line_bytes > longest_bytes; k++)
            if (id_set_contains(&cache->cpus, cpus->ids[k]))
                longest_bytes = cache->line_bytes;
    }
    return longest_bytes;
}
