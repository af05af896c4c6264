// SPDX-License-Identifier: Apache-2.0
// What the CPUs of a snapshot share, and which of them are taken.
#include "topology/topology.h"

const char *const pair_class_names[PAIR_CLASS_COUNT] = {
    [PAIR_SMT] = "smt",   [PAIR_L3] = "l3",           [PAIR_DIE] = "die",
    [PAIR_NODE] = "node", [PAIR_PACKAGE] = "package", [PAIR_REMOTE] = "remote",
};

static bool shared(uint32_t a, uint32_t b) {
    return a == b && a != NONE_U32;
}

enum pair_class topology_pair_class(const struct topology_cpu *a, const struct topology_cpu *b) {
    if (shared(a->core, b->core))
        return PAIR_SMT;
    if (shared(a->llc, b->llc))
        return PAIR_L3;
    if (shared(a->die, b->die))
        return PAIR_DIE;
    if (shared(a->node, b->node))
        return PAIR_NODE;
    return shared(a->package, b->package) ? PAIR_PACKAGE : PAIR_REMOTE;
}

static uint32_t fastest_rank(const struct topology *topology, uint32_t node) {
    uint32_t fastest = NONE_U32;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (cpu->node == node && cpu->allowed && cpu->rank != NONE_U32 &&
            (fastest == NONE_U32 || cpu->rank > fastest))
            fastest = cpu->rank;
    }
    return fastest;
}

static bool is_slower(const struct topology *topology, const struct topology_cpu *cpu) {
    return topology->kind_count && !topology->takes_all_kinds && cpu->rank != NONE_U32 &&
           cpu->rank < fastest_rank(topology, cpu->node);
}

bool topology_takes(const struct topology *topology, const struct topology_cpu *cpu) {
    return cpu->allowed && !is_slower(topology, cpu);
}

size_t topology_cpu_count(const struct topology *topology, uint32_t node) {
    size_t count = 0;
    for (size_t i = 0; i < topology->cpu_count; i++)
        count += topology->cpus[i].node == node && topology_takes(topology, &topology->cpus[i]);
    return count;
}

void topology_slower_cpus(const struct topology *topology, struct id_set *cpus) {
    *cpus = (struct id_set){0};
    for (size_t i = 0; i < topology->cpu_count; i++)
        if (topology->cpus[i].allowed && is_slower(topology, &topology->cpus[i]))
            id_set_add(cpus, topology->cpus[i].id);
}

// Adds CPUs of the node until there are `count`; with `cores`, one of each core only.
static void add_cpus(const struct topology *topology, uint32_t node, size_t count,
                     struct id_set *cores, struct id_set *cpus) {
    for (size_t i = 0; i < topology->cpu_count && cpus->count < count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (cpu->node != node || !topology_takes(topology, cpu))
            continue;
        if (cores && id_set_contains(cores, cpu->core))
            continue;
        if (cores)
            id_set_add(cores, cpu->core);
        id_set_add(cpus, cpu->id);
    }
}

bool topology_has_siblings(const struct topology *topology) {
    struct id_set cores = {0};
    size_t taken = 0;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        if (!topology_takes(topology, &topology->cpus[i]))
            continue;
        id_set_add(&cores, topology->cpus[i].core);
        taken++;
    }
    bool some = taken > cores.count;
    id_set_free(&cores);
    return some;
}

size_t topology_core_count(const struct topology *topology, uint32_t node) {
    struct id_set cores = {0}, cpus = {0};
    add_cpus(topology, node, topology->cpu_count, &cores, &cpus);
    size_t count = cores.count;
    id_set_free(&cores);
    id_set_free(&cpus);
    return count;
}

void topology_pick_cpus(const struct topology *topology, uint32_t node, size_t count,
                        struct id_set *cpus) {
    *cpus = (struct id_set){0};
    struct id_set cores = {0};
    add_cpus(topology, node, count, &cores, cpus);
    add_cpus(topology, node, count, NULL, cpus);
    id_set_free(&cores);
}

uint32_t topology_node_package(const struct topology *topology, uint32_t node) {
    uint32_t package = NONE_U32;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (cpu->node != node)
            continue;
        if (package != NONE_U32 && package != cpu->package)
            return NONE_U32;
        package = cpu->package;
    }
    return package;
}

size_t topology_package_count(const struct topology *topology) {
    struct id_set packages = {0};
    bool told = true;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        told = told && topology->cpus[i].package != NONE_U32;
        id_set_add(&packages, topology->cpus[i].package);
    }
    size_t count = told ? packages.count : 0;
    id_set_free(&packages);
    return count;
}

// Where every package has one CPU (guests are often shown so) a package is no place at all.
static bool packages_are_places(const struct topology *topology) {
    struct id_set packages = {0};
    size_t cpus = 0;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        if (topology->cpus[i].package == NONE_U32)
            continue;
        id_set_add(&packages, topology->cpus[i].package);
        cpus++;
    }
    bool places = cpus > packages.count;
    id_set_free(&packages);
    return places;
}

uint32_t topology_averaging_node(const struct topology *topology, size_t *package_count) {
    uint32_t averaging = NONE_U32;
    bool places = packages_are_places(topology);
    for (size_t n = 0; places && n < topology->node_count && averaging == NONE_U32; n++) {
        struct id_set packages = {0};
        for (size_t i = 0; i < topology->cpu_count; i++) {
            const struct topology_cpu *cpu = &topology->cpus[i];
            if (cpu->node == topology->nodes[n].id && cpu->package != NONE_U32)
                id_set_add(&packages, cpu->package);
        }
        if (packages.count > 1) {
            averaging = topology->nodes[n].id;
            *package_count = packages.count;
        }
        id_set_free(&packages);
    }
    return averaging;
}
