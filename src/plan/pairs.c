// SPDX-License-Identifier: Apache-2.0
#include "plan/pairs.h"

#include "base/random.h"
#include "os/os.h"

#include <stdlib.h>

// ---- which CPUs ---------------------------------------------------------------------------------

// CPUs that may be one of a pair, in ascending order.
struct candidates {
    const struct topology_cpu **at;
    size_t count;
};

static struct candidates find_candidates(const struct topology *topology,
                                         const struct pairs_request *request) {
    struct candidates found = {.at = base_allocate(topology->cpu_count + 1, sizeof *found.at)};
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (topology_takes(topology, cpu) && cpu->node != NONE_U32 &&
            (!request->cpu_nodes.count || id_set_contains(&request->cpu_nodes, cpu->node)))
            found.at[found.count++] = cpu;
    }
    return found;
}

static bool check_cpu(const struct topology *topology, const char *option, uint32_t id,
                      struct error *error) {
    const struct topology_cpu *cpu = topology_cpu(topology, id);
    if (!cpu)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s %u: this CPU does not exist (numaprobe topo lists them)", option, id);
    if (cpu->node == NONE_U32)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s %u: the system puts this CPU on no node (numaprobe topo)", option, id);
    return cpu->allowed ||
           error_set(error, ERROR_KIND_USAGE, 0, "%s %u: this process may not run there (%s)",
                     option, id, os_cpus_withheld_by);
}

static bool check_nodes(const struct topology *topology, const struct id_set *asked,
                        struct error *error) {
    for (size_t i = 0; i < asked->count; i++) {
        const struct topology_node *node = topology_node(topology, asked->ids[i]);
        if (!node || !node->has_cpus)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "--cpu-nodes: node %u %s (numaprobe topo lists them)", asked->ids[i],
                             node ? "has no CPUs" : "does not exist");
    }
    return true;
}

static bool check_pair(const struct topology *topology, const struct pairs_request *request,
                       struct error *error) {
    uint32_t writer = request->writer_cpu, reader = request->reader_cpu;
    if (writer == NONE_U32 || reader == NONE_U32)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s: one pair needs both --writer-cpu and --reader-cpu",
                         writer == NONE_U32 ? "--reader-cpu" : "--writer-cpu");
    if (writer == reader)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--reader-cpu %u is also the writer's CPU; name two CPUs", reader);
    return check_cpu(topology, "--writer-cpu", writer, error) &&
           check_cpu(topology, "--reader-cpu", reader, error);
}

// ---- drawing ------------------------------------------------------------------------------------

// Of each class a reservoir: with the n-th pair, each of the n is in it with the same probability
// (Vitter, "Random sampling with a reservoir", ACM TOMS 11, 1985, algorithm R).
struct reservoir {
    struct cell_pair *pairs;
    size_t room, count, seen;
};

static void draw(struct reservoir *reservoir, struct random *random, struct cell_pair pair) {
    size_t place = reservoir->count;
    reservoir->seen++;
    if (reservoir->count < reservoir->room)
        reservoir->count++;
    else
        place = (size_t)random_below(random, reservoir->seen);
    if (random_below(random, 2)) {
        uint32_t writer = pair.writer_cpu;
        pair.writer_cpu = pair.reader_cpu;
        pair.reader_cpu = writer;
    }
    if (place < reservoir->room)
        reservoir->pairs[place] = pair;
}

static struct cell_pair pair_of(const struct topology_cpu *writer,
                                const struct topology_cpu *reader) {
    return (struct cell_pair){
        .pair_class = topology_pair_class(writer, reader),
        .writer_cpu = writer->id,
        .reader_cpu = reader->id,
    };
}

static struct cell_pair *sample_pairs(const struct candidates *cpus,
                                      const struct pairs_request *request, size_t *count) {
    size_t room = request->per_class ? request->per_class : PAIRS_PER_CLASS;
    struct cell_pair *pairs = base_allocate(PAIR_CLASS_COUNT * room, sizeof *pairs);
    struct reservoir reservoirs[PAIR_CLASS_COUNT] = {0};
    for (size_t class = 0; class < PAIR_CLASS_COUNT; class ++)
        reservoirs[class] = (struct reservoir){.pairs = pairs + class * room, .room = room};
    struct random random;
    random_seed(&random, request->seed);
    for (size_t b = 1; b < cpus->count; b++) {
        for (size_t a = 0; a < b; a++) {
            struct cell_pair pair = pair_of(cpus->at[a], cpus->at[b]);
            draw(&reservoirs[pair.pair_class], &random, pair);
        }
    }
    for (size_t class = 0; class < PAIR_CLASS_COUNT; class ++)
        for (size_t i = 0; i < reservoirs[class].count; i++)
            pairs[(*count)++] = reservoirs[class].pairs[i];
    return pairs;
}

static struct cell_pair *all_pairs(const struct candidates *cpus, size_t *count) {
    struct cell_pair *pairs = base_allocate(cpus->count * (cpus->count - 1), sizeof *pairs);
    for (size_t writer = 0; writer < cpus->count; writer++)
        for (size_t reader = 0; reader < cpus->count; reader++)
            if (reader != writer)
                pairs[(*count)++] = pair_of(cpus->at[writer], cpus->at[reader]);
    return pairs;
}

static struct cell_pair *one_pair(const struct topology *topology,
                                  const struct pairs_request *request, size_t *count) {
    struct cell_pair *pair = base_allocate(1, sizeof *pair);
    *pair = pair_of(topology_cpu(topology, request->writer_cpu),
                    topology_cpu(topology, request->reader_cpu));
    *count = 1;
    return pair;
}

struct cell_pair *pairs_choose(const struct topology *topology, const struct pairs_request *request,
                               size_t *count, struct error *error) {
    *count = 0;
    if (request->writer_cpu != NONE_U32 || request->reader_cpu != NONE_U32)
        return check_pair(topology, request, error) ? one_pair(topology, request, count) : NULL;
    if (!check_nodes(topology, &request->cpu_nodes, error))
        return NULL;
    struct candidates cpus = find_candidates(topology, request);
    struct cell_pair *pairs = NULL;
    if (cpus.count < 2)
        error_set(error, ERROR_KIND_USAGE, 0,
                  "core to core needs two CPUs, but this process may use %zu of those requested "
                  "(--cpu-nodes, or %s)",
                  cpus.count, os_cpus_withheld_by);
    else
        pairs = request->full ? all_pairs(&cpus, count) : sample_pairs(&cpus, request, count);
    free(cpus.at);
    return pairs;
}

// ---- home ---------------------------------------------------------------------------------------

uint32_t pair_line_node(const struct topology *topology, uint32_t cpu_node) {
    const struct topology_node *own = topology_node(topology, cpu_node);
    if (own && own->has_memory)
        return cpu_node;
    struct id_set with_memory = {0};
    for (size_t i = 0; i < topology->node_count; i++)
        if (topology->nodes[i].has_memory && !topology_node_is_device(&topology->nodes[i]))
            id_set_add(&with_memory, topology->nodes[i].id);
    uint32_t nearest = topology_nearest(topology, cpu_node, &with_memory);
    id_set_free(&with_memory);
    return nearest;
}

static uint32_t third_node(const struct topology *topology, uint32_t writer_node,
                           uint32_t reader_node) {
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        if (node->has_memory && node->allowed && !topology_node_is_device(node) &&
            node->id != writer_node && node->id != reader_node)
            return node->id;
    }
    return NONE_U32;
}

uint32_t pair_home_node(const struct topology *topology, const struct cell_pair *pair,
                        enum pair_home home, struct error *error) {
    uint32_t writer_node = pair_line_node(topology, topology_cpu(topology, pair->writer_cpu)->node);
    uint32_t reader_node = pair_line_node(topology, topology_cpu(topology, pair->reader_cpu)->node);
    uint32_t chosen = home == HOME_WRITER ? writer_node : reader_node;
    if (home == HOME_THIRD) {
        chosen = third_node(topology, writer_node, reader_node);
        if (chosen == NONE_U32)
            error_set(error, ERROR_KIND_REFUSED, 0,
                      "--home third: besides the nodes of CPUs %u and %u, no node has memory that "
                      "this process may use",
                      pair->writer_cpu, pair->reader_cpu);
        return chosen;
    }
    uint32_t cpu = home == HOME_WRITER ? pair->writer_cpu : pair->reader_cpu;
    const struct topology_node *node = topology_node(topology, chosen);
    if (node && node->allowed)
        return chosen;
    if (node)
        error_set(error, ERROR_KIND_REFUSED, 0,
                  "--home %s: this process may not use memory of node %u, the home of CPU %u (%s)",
                  pair_home_names[home], chosen, cpu, os_memory_withheld_by);
    else
        error_set(error, ERROR_KIND_REFUSED, 0,
                  "--home %s: no node has memory for the lines of CPU %u (numaprobe topo)",
                  pair_home_names[home], cpu);
    return NONE_U32;
}
