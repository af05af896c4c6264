// SPDX-License-Identifier: Apache-2.0
#include "topology/cross_check.h"

#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>

struct place_question {
    uint32_t cpu; // where the thread found itself
    uint32_t node;
    bool answered;
    struct error error;
};

static void ask_place(void *argument) {
    struct place_question *question = argument;
    question->answered = os_current_place(&question->cpu, &question->node, &question->error);
}

// The node that a thread pinned to the CPU sees itself on.
static bool place_node(const struct topology_cpu *cpu, uint32_t *node, struct error *error) {
    if (!cpu->allowed)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "CPU %u is not allowed to this process",
                         cpu->id);
    struct place_question question = {0};
    struct os_thread thread;
    if (!os_thread_start(&thread, cpu->id, ask_place, &question, error))
        return false;
    os_thread_join(&thread);
    if (!question.answered) {
        *error = question.error;
        return false;
    }
    if (question.cpu != cpu->id)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "a thread pinned to CPU %u found itself on CPU %u", cpu->id, question.cpu);
    if (question.node == NONE_U32)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s names no node",
                         os_current_place_source);
    *node = question.node;
    return true;
}

static bool table_node(const struct topology_cpu *cpu, uint32_t *node, struct error *error) {
    return os_node_of_cpu(cpu->id, node, error);
}

static bool (*const witness_ask[CROSS_WITNESS_COUNT])(const struct topology_cpu *cpu,
                                                      uint32_t *node, struct error *error) = {
    [CROSS_TABLE] = table_node,
    [CROSS_PLACE] = place_node,
};

// Two nodes around the same CPUs (DRAM and the memory that hwloc hangs beside it) cannot be told
// apart by asking for a CPU's node, so either answer agrees.
static bool nodes_agree(const struct topology *topology, uint32_t hwloc_node, uint32_t os_node) {
    if (hwloc_node == os_node)
        return true;
    const struct topology_node *mine = topology_node(topology, hwloc_node);
    const struct topology_node *theirs = topology_node(topology, os_node);
    if (!mine || !theirs || mine->cpus.count != theirs->cpus.count)
        return false;
    for (size_t i = 0; i < mine->cpus.count; i++)
        if (mine->cpus.ids[i] != theirs->cpus.ids[i])
            return false;
    return true;
}

// Where the node itself came from the system's table, the table cannot be its own witness.
static bool ask(const struct topology *topology, const struct topology_cpu *cpu,
                enum cross_witness witness, uint32_t *node, struct error *error) {
    const struct topology_node *own = topology_node(topology, cpu->node);
    if (witness == CROSS_TABLE && own && !own->known_to_hwloc)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "hwloc does not know node %u, which has no memory", own->id);
    return witness_ask[witness](cpu, node, error);
}

static void ask_witness(const struct topology *topology, struct cross_check *check,
                        enum cross_witness witness, size_t index) {
    const struct topology_cpu *cpu = &topology->cpus[index];
    struct cross_check_cpu *entry = &check->cpus[index];
    struct cross_summary *summary = &check->witnesses[witness];
    struct error error;
    uint32_t node = NONE_U32;
    if (!ask(topology, cpu, witness, &node, &error)) {
        entry->os_node[witness] = NONE_U32;
        entry->verdict[witness] = CROSS_NOT_COMPARABLE;
        if (summary->not_comparable++ == 0)
            snprintf(summary->reason, sizeof summary->reason, "%.250s", error.text);
        return;
    }
    bool agrees = nodes_agree(topology, cpu->node, node);
    entry->os_node[witness] = node;
    entry->verdict[witness] = agrees ? CROSS_AGREES : CROSS_MISMATCH;
    *(agrees ? &summary->agree : &summary->mismatch) += 1;
}

static void compare_nodes(const struct topology *topology, struct cross_check *check) {
    struct id_set system = {0};
    struct error error;
    if (!os_nodes(&system, &error)) {
        snprintf(check->nodes_reason, sizeof check->nodes_reason, "%.250s", error.text);
        return;
    }
    for (size_t i = 0; i < topology->node_count; i++)
        if (!id_set_contains(&system, topology->nodes[i].id))
            id_set_add(&check->unknown_nodes, topology->nodes[i].id);
    id_set_free(&system);
}

void cross_check_run(const struct topology *topology, struct cross_check *check) {
    *check = (struct cross_check){
        .cpus = base_allocate(topology->cpu_count, sizeof *check->cpus),
        .cpu_count = topology->cpu_count,
        .witnesses = {[CROSS_TABLE] = {.source = os_node_of_cpu_source},
                      [CROSS_PLACE] = {.source = os_current_place_source}},
    };
    for (size_t i = 0; i < topology->cpu_count; i++) {
        check->cpus[i].cpu = topology->cpus[i].id;
        check->cpus[i].hwloc_node = topology->cpus[i].node;
        for (enum cross_witness witness = 0; witness < CROSS_WITNESS_COUNT; witness++)
            ask_witness(topology, check, witness, i);
    }
    compare_nodes(topology, check);
}

void cross_check_free(struct cross_check *check) {
    free(check->cpus);
    id_set_free(&check->unknown_nodes);
    *check = (struct cross_check){0};
}

static const char *node_text(uint32_t node, char text[16]) {
    if (node == NONE_U32)
        snprintf(text, 16, "no node");
    else
        snprintf(text, 16, "node %u", node);
    return text;
}

bool cross_check_cpu_usable(const struct cross_check *check, uint32_t cpu, struct error *error) {
    for (size_t i = 0; check && i < check->cpu_count; i++) {
        const struct cross_check_cpu *entry = &check->cpus[i];
        for (size_t witness = 0; entry->cpu == cpu && witness < CROSS_WITNESS_COUNT; witness++) {
            if (entry->verdict[witness] != CROSS_MISMATCH)
                continue;
            char ours[16], theirs[16];
            return error_set(error, ERROR_KIND_REFUSED, 0,
                             "CPU %u is on %s for hwloc but on %s for %s: the topology is not to "
                             "be trusted there (see numaprobe topo)",
                             cpu, node_text(entry->hwloc_node, ours),
                             node_text(entry->os_node[witness], theirs),
                             check->witnesses[witness].source);
        }
    }
    return true;
}

bool cross_check_node_usable(const struct cross_check *check, uint32_t node, struct error *error) {
    if (!check || !id_set_contains(&check->unknown_nodes, node))
        return true;
    return error_set(error, ERROR_KIND_REFUSED, 0,
                     "hwloc names node %u, which the operating system does not have (see numaprobe "
                     "topo)",
                     node);
}
