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

// Where the node itself came from the system's table, the table cannot be its own witness.
static bool ask(const struct topology *topology, const struct topology_cpu *cpu,
                enum cross_witness witness, uint32_t *node, struct error *error) {
    if (witness != CROSS_TABLE || !cpu->node_by_system)
        return witness_ask[witness](cpu, node, error);
    const struct topology_node *own = topology_node(topology, cpu->node);
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                     own->known_to_hwloc
                         ? "hwloc has CPU %u on several nodes and cannot separate them: only this "
                           "table reports the node"
                         : "hwloc has CPU %u on no node: only this table reports its node",
                     cpu->id);
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
    bool agrees = cpu->node == node;
    entry->os_node[witness] = node;
    entry->verdict[witness] = agrees ? CROSS_AGREES : CROSS_MISMATCH;
    *(agrees ? &summary->agree : &summary->mismatch) += 1;
}

// Both ways: what hwloc has and the system has not, and what hwloc does not show.
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
    for (size_t i = 0; topology->is_this_system && i < system.count; i++) {
        const struct topology_node *node = topology_node(topology, system.ids[i]);
        if (!node || !node->known_to_hwloc)
            id_set_add(&check->hidden_nodes, system.ids[i]);
    }
    id_set_free(&system);
}

// A CPU that hwloc has and the system has not is seen by the witnesses above.
static void compare_cpus(const struct topology *topology, struct cross_check *check) {
    struct id_set allowed;
    struct error ignored;
    if (!topology->is_this_system || !os_cpus_allowed(&allowed, &ignored))
        return;
    for (size_t i = 0; i < allowed.count; i++)
        if (!topology_cpu(topology, allowed.ids[i]))
            id_set_add(&check->hidden_cpus, allowed.ids[i]);
    id_set_free(&allowed);
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
        check->cpus[i].node = topology->cpus[i].node;
        check->cpus[i].node_by_system = topology->cpus[i].node_by_system;
        for (enum cross_witness witness = 0; witness < CROSS_WITNESS_COUNT; witness++)
            ask_witness(topology, check, witness, i);
    }
    compare_nodes(topology, check);
    compare_cpus(topology, check);
}

void cross_check_free(struct cross_check *check) {
    free(check->cpus);
    id_set_free(&check->unknown_nodes);
    id_set_free(&check->hidden_nodes);
    id_set_free(&check->hidden_cpus);
    *check = (struct cross_check){0};
}

static const char *node_text(uint32_t node, char text[16]) {
    if (node == NONE_U32)
        snprintf(text, 16, "no node");
    else
        snprintf(text, 16, "node %u", node);
    return text;
}

const char *cross_check_source(const struct cross_check *check, const struct cross_check_cpu *cpu) {
    return cpu->node_by_system ? check->witnesses[CROSS_TABLE].source : "hwloc";
}

bool cross_check_cpu_usable(const struct cross_check *check, uint32_t cpu, struct error *error) {
    for (size_t i = 0; check && i < check->cpu_count; i++) {
        const struct cross_check_cpu *entry = &check->cpus[i];
        for (size_t witness = 0; entry->cpu == cpu && witness < CROSS_WITNESS_COUNT; witness++) {
            if (entry->verdict[witness] != CROSS_MISMATCH)
                continue;
            char ours[16], theirs[16];
            return error_set(error, ERROR_KIND_REFUSED, 0,
                             "CPU %u is on %s for %s but on %s for %s: do not trust the topology "
                             "there (see numaprobe topo)",
                             cpu, node_text(entry->node, ours), cross_check_source(check, entry),
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

char *cross_check_hidden_cpus(const struct cross_check *check, char *text, size_t text_bytes) {
    char hidden[96], shown[96], remedy[OS_REMEDY_BYTES];
    struct id_set cpus = {0};
    text[0] = '\0';
    if (!check || !check->hidden_cpus.count)
        return text;
    for (size_t i = 0; i < check->cpu_count; i++)
        id_set_add(&cpus, check->cpus[i].cpu);
    snprintf(text, text_bytes,
             "this process may run on CPU%s %s, but the system lists only CPU%s %s as online: %s",
             PLURAL(check->hidden_cpus.count),
             id_set_format(&check->hidden_cpus, hidden, sizeof hidden), PLURAL(cpus.count),
             id_set_format(&cpus, shown, sizeof shown), os_remedy("hidden_cpus", NULL, remedy));
    id_set_free(&cpus);
    return text;
}
