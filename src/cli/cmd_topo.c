// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"
#include "cli/command.h"
#include "run/machine.h"
#include "run/session.h"

#include <math.h>
#include <stdio.h>

enum { LIST_BYTES = 160 };

static void print_memory_caches(const struct topology *topology) {
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        char cache[UNITS_TEXT_BYTES];
        if (node->memory_cache_bytes)
            printf("node %u lies behind a memory-side cache of %s\n", node->id,
                   units_format_bytes_rounded(node->memory_cache_bytes, cache));
    }
}

static void print_nodes(const struct topology *topology) {
    printf("\n%-6s %-10s %-10s %-8s %s\n", "node", "memory", "kind", "allowed", "CPUs");
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        char memory[UNITS_TEXT_BYTES], cpus[LIST_BYTES];
        snprintf(memory, sizeof memory, "%s", node->has_memory ? "unknown" : "none");
        if (node->memory_bytes)
            units_format_bytes_rounded(node->memory_bytes, memory);
        const char *allowed = node->allowed ? "yes" : "no";
        printf("%-6u %-10s %-10s %-8s %s\n", node->id, memory, node->kind[0] ? node->kind : "-",
               node->has_memory ? allowed : "-",
               node->has_cpus ? id_set_format(&node->cpus, cpus, sizeof cpus) : "none of its own");
    }
    print_memory_caches(topology);
}

static void print_caches(const struct topology *topology) {
    printf("\n%-6s %-10s %-6s %s\n", "cache", "size", "line",
           "CPUs of each cache (number of caches)");
    for (size_t i = 0; i < topology->cache_count;) {
        const struct topology_cache *cache = &topology->caches[i];
        char size[UNITS_TEXT_BYTES], line[16] = "-", cpus[64];
        if (cache->line_bytes)
            snprintf(line, sizeof line, "%u B", cache->line_bytes);
        printf("L%-5u %-10s %-6s", cache->level,
               units_format_bytes_rounded(cache->size_bytes, size), line);
        size_t shown = 0, instances = 0;
        for (; i < topology->cache_count && topology->caches[i].level == cache->level &&
               topology->caches[i].size_bytes == cache->size_bytes;
             i++, instances++) {
            if (shown < 8)
                printf(" %s", id_set_format(&topology->caches[i].cpus, cpus, sizeof cpus));
            shown++;
        }
        printf("%s (%zu)\n", shown > 8 ? " ..." : "", instances);
    }
}

static void print_kinds(const struct topology *topology) {
    if (!topology->kind_count)
        return;
    printf("\n%-6s %-10s %s\n", "rank", "core type", "CPUs of one kind; the higher rank is faster");
    for (size_t i = 0; i < topology->kind_count; i++) {
        const struct topology_kind *kind = &topology->kinds[i];
        char rank[16] = "-", cpus[LIST_BYTES];
        if (kind->rank != NONE_U32)
            snprintf(rank, sizeof rank, "%u", kind->rank);
        printf("%-6s %-10s %s\n", rank, kind->core_type[0] ? kind->core_type : "-",
               id_set_format(&kind->cpus, cpus, sizeof cpus));
    }
}

static void print_distances(const struct topology *topology) {
    printf("\nFirmware distances (10 is local), from row to column\n%8s", "");
    for (size_t to = 0; to < topology->node_count; to++)
        printf("%6u", topology->nodes[to].id);
    for (size_t from = 0; from < topology->node_count; from++) {
        printf("\n%8u", topology->nodes[from].id);
        for (size_t to = 0; to < topology->node_count; to++) {
            uint64_t distance = topology->distances[from * topology->node_count + to];
            if (distance == NONE_U64)
                printf("%6s", "-");
            else
                printf("%6llu", (unsigned long long)distance);
        }
    }
    printf("\n");
}

static double said_latency(const struct topology *topology, uint32_t from, uint32_t to) {
    return topology_firmware(topology, from, to).latency_ns;
}

static double said_bandwidth(const struct topology *topology, uint32_t from, uint32_t to) {
    return topology_firmware(topology, from, to).bandwidth_bytes_per_s / 1e9;
}

// What the firmware says besides; nothing where it says nothing.
static void print_said(const struct topology *topology, const char *title,
                       double (*said)(const struct topology *topology, uint32_t from,
                                      uint32_t to)) {
    const struct topology_node *nodes = topology->nodes;
    size_t told = 0;
    for (size_t from = 0; from < topology->node_count; from++)
        for (size_t to = 0; to < topology->node_count; to++)
            told += isnan(said(topology, nodes[from].id, nodes[to].id)) ? 0 : 1;
    if (!told)
        return;
    printf("\n%s\n%8s", title, "");
    for (size_t to = 0; to < topology->node_count; to++)
        printf("%8u", nodes[to].id);
    for (size_t from = 0; from < topology->node_count; from++) {
        if (!nodes[from].has_cpus)
            continue;
        printf("\n%8u", nodes[from].id);
        for (size_t to = 0; to < topology->node_count; to++) {
            double value = said(topology, nodes[from].id, nodes[to].id);
            if (isnan(value))
                printf("%8s", "-");
            else
                printf("%8.1f", value);
        }
    }
    printf("\n");
}

static void print_mismatches(const struct cross_check *check, enum cross_witness witness) {
    for (size_t i = 0; i < check->cpu_count; i++) {
        const struct cross_check_cpu *cpu = &check->cpus[i];
        if (cpu->verdict[witness] != CROSS_MISMATCH)
            continue;
        char name[OS_CPU_NAME_BYTES];
        printf("  MISMATCH CPU %s: %s says ", os_cpu_name(cpu->cpu, name),
               cross_check_source(check, cpu));
        printf(cpu->node == NONE_U32 ? "no node" : "node %u", cpu->node);
        printf(cpu->os_node[witness] == NONE_U32 ? ", the system no node\n"
                                                 : ", the system node %u\n",
               cpu->os_node[witness]);
    }
}

static bool print_cross_check(const struct cross_check *check) {
    bool agree = check->unknown_nodes.count == 0;
    printf("\nCross-check: the node of every CPU according to hwloc and to the system\n");
    for (enum cross_witness witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
        const struct cross_summary *summary = &check->witnesses[witness];
        printf("  %-34s %zu agree, %zu differ, %zu not comparable", summary->source, summary->agree,
               summary->mismatch, summary->not_comparable);
        printf(summary->not_comparable ? ": %s\n" : "\n", summary->reason);
        print_mismatches(check, witness);
        agree = agree && summary->mismatch == 0;
    }
    for (size_t i = 0; i < check->unknown_nodes.count; i++)
        printf("  MISMATCH node %u: hwloc has it, the system does not\n",
               check->unknown_nodes.ids[i]);
    if (check->nodes_reason[0])
        printf("  list of nodes: not comparable: %s\n", check->nodes_reason);
    return agree;
}

static void print_machine(const struct session *session) {
    const struct topology *topology = &session->topology;
    if (topology->is_this_system)
        printf("%s: %s, %s (hwloc API %s)\n", session->host, session_fact(session, "cpu_model"),
               session_fact(session, "os_version"), topology->hwloc_version);
    else
        printf("another machine, as hwloc reads it (API %s)\n", topology->hwloc_version);
    machine_print_warnings(session, stdout);
    print_nodes(topology);
    print_caches(topology);
    print_kinds(topology);
    print_distances(topology);
    print_said(topology, "Firmware latency (HMAT), ns, from row to column", said_latency);
    print_said(topology, "Firmware bandwidth (HMAT), GB/s, from row to column", said_bandwidth);
}

// Of another machine there is nothing to ask this system.
// What machine.json of a run would say; the plan is none.
static enum exit_code print_json(const struct session *session) {
    const struct plan plan = {0};
    struct machine_file machine;
    struct error error;
    if (!session->checked) {
        error_set(&error, ERROR_KIND_USAGE, 0,
                  "--json: topo prints another machine as text only; programs can read its XML");
        return outcome_fail(&error);
    }
    machine_describe(session, &plan, 0, NULL, &machine);
    bool printed = machine_file_print(&machine, stdout);
    bool agree = !machine.cross_check.mismatch_count && !machine.cross_check.unknown_node_count;
    machine_file_free(&machine);
    return printed && agree ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static enum exit_code print_session(struct session *session, const void *context) {
    const struct options *options = context;
    if (options->json)
        return print_json(session);
    print_machine(session);
    if (!session->checked)
        return EXIT_CODE_OK;
    bool agree = print_cross_check(&session->check);
    const int name_columns = 31; // of the longest name of a fact
    printf("\n%-*s %s\n", name_columns, "fact", "value");
    for (size_t i = 0; i < session->fact_count; i++)
        printf("%-*s %s%s\n", name_columns, session->facts[i].name,
               session->facts[i].available ? "" : "unavailable: ", session->facts[i].value);
    return agree ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

enum exit_code cmd_topo(const struct command *command, const struct options *options,
                        int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    return command_in_session(command, true, print_session, options);
}
