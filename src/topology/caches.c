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

// Whether the CPUs of this cache are of more than one core.
static bool serves_several_cores(const struct topology *topology,
                                 const struct topology_cache *cache) {
    const struct topology_cpu *first = NULL;
    for (size_t i = 0; i < cache->cpus.count; i++) {
        const struct topology_cpu *cpu = topology_cpu(topology, cache->cpus.ids[i]);
        if (first && cpu && cpu->core != first->core)
            return true;
        first = first ? first : cpu;
    }
    return false;
}

// Cores side by side share a last cache on all processors that show all of theirs; where each core
// shows caches of its own only (Ampere Altra, POWER7), another one stands behind them in no table.
bool topology_shows_last_cache(const struct topology *topology) {
    bool several_cores = false, shared = false;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        several_cores = several_cores || cpu->core != topology->cpus[0].core;
        if (cpu->llc == NONE_U32)
            return false;
        shared = shared || serves_several_cores(topology, &topology->caches[cpu->llc]);
        shared = shared || topology->caches[cpu->llc].level >= 3;
    }
    return shared || !several_cores;
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
