// SPDX-License-Identifier: Apache-2.0
#include "cli/machine.h"

#include "cli/choices.h"
#include "cli/doctor.h"
#include "cli/memory.h"
#include "record/document.h"

#include <stdio.h>

#ifdef __clang__
#define COMPILER_NAME "clang "
#else
#define COMPILER_NAME "gcc "
#endif

static void write_tool(struct document *document, const struct session *session) {
    document_open_object(document, "tool");
    document_text(document, "name", "numaprobe");
    document_text(document, "version", NUMAPROBE_VERSION);
    document_u64(document, "method_version", METHOD_VERSION);
    document_text(document, "compiler", COMPILER_NAME __VERSION__);
    document_text(document, "hwloc_api", session->topology.hwloc_version);
    document_text(document, "system", os_name);
    document_close(document);
}

static void write_settings(struct document *document, const struct session *session,
                           const struct plan *plan, int argument_count, char **arguments) {
    document_open_object(document, "settings");
    document_text(document, "command", session->command);
    document_open_array(document, "arguments");
    for (int i = 0; i < argument_count; i++)
        document_text(document, NULL, arguments[i]);
    document_close(document);
    document_u64(document, "seed", plan->seed);
    document_u64(document, "rounds", plan->rounds);
    document_u64(document, "budget_ns", plan->budget_ns);
    memory_write(&session->sizing, document);
    choices_write(session, document);
    document_open_array(document, "cells");
    for (size_t i = 0; i < plan->cell_count; i++) {
        char name[CELL_NAME_BYTES];
        document_text(document, NULL, cell_name(&plan->cells[i], name));
    }
    document_close(document);
    for (enum test test = 0; test < TEST_COUNT; test++) {
        document_open_object(document, test_names[test]);
        document_u64(document, "warm_sample_ns", test_times[plan->pace][test].warm_sample_ns);
        document_u64(document, "warm_max_ns", test_times[plan->pace][test].warm_max_ns);
        document_f64(document, "warm_tolerance", test_times[plan->pace][test].warm_tolerance);
        document_u64(document, "sample_ns", test_times[plan->pace][test].sample_ns);
        document_u64(document, "samples", test_times[plan->pace][test].sample_count);
        document_close(document);
    }
    document_close(document);
}

static void write_facts(struct document *document, const struct session *session) {
    document_open_object(document, "facts");
    for (size_t i = 0; i < session->fact_count; i++) {
        const struct os_fact *fact = &session->facts[i];
        if (fact->available) {
            document_text(document, fact->name, fact->value);
            continue;
        }
        document_open_object(document, fact->name);
        document_text(document, "unavailable", fact->value);
        document_close(document);
    }
    document_u64(document, "clock_step_ns", os_clock_step_ns());
    document_close(document);
}

static void write_nodes(struct document *document, const struct topology *topology) {
    document_open_array(document, "nodes");
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        char cpus[1024];
        document_open_object(document, NULL);
        document_u64(document, "node", node->id);
        document_text(document, "cpus", id_set_format(&node->cpus, cpus, sizeof cpus));
        document_flag(document, "has_cpus", node->has_cpus);
        document_flag(document, "has_memory", node->has_memory);
        document_u64(document, "memory_bytes", node->memory_bytes);
        document_u64(document, "memory_cache_bytes",
                     node->memory_cache_bytes ? node->memory_cache_bytes : NONE_U64);
        document_text(document, "memory_kind", node->kind[0] ? node->kind : NULL);
        document_flag(document, "allowed", node->allowed);
        document_open_array(document, "firmware_distances");
        for (size_t to = 0; to < topology->node_count; to++)
            document_u64(document, NULL, topology->distances[i * topology->node_count + to]);
        document_close(document);
        document_close(document);
    }
    document_close(document);
}

static void write_kinds(struct document *document, const struct topology *topology) {
    document_open_array(document, "cpu_kinds");
    for (size_t i = 0; i < topology->kind_count; i++) {
        const struct topology_kind *kind = &topology->kinds[i];
        char cpus[1024];
        document_open_object(document, NULL);
        document_u64(document, "rank", kind->rank == NONE_U32 ? NONE_U64 : kind->rank);
        document_text(document, "core_type", kind->core_type[0] ? kind->core_type : NULL);
        document_text(document, "cpus", id_set_format(&kind->cpus, cpus, sizeof cpus));
        document_close(document);
    }
    document_close(document);
}

static void write_mismatches(struct document *document, const struct cross_check *check) {
    document_open_array(document, "mismatches");
    for (size_t i = 0; i < check->cpu_count; i++) {
        for (size_t witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
            if (check->cpus[i].verdict[witness] != CROSS_MISMATCH)
                continue;
            const struct cross_check_cpu *cpu = &check->cpus[i];
            uint32_t os_node = cpu->os_node[witness];
            document_open_object(document, NULL);
            document_u64(document, "cpu", cpu->cpu);
            document_text(document, "source", check->witnesses[witness].source);
            document_u64(document, cpu->node_by_system ? "table_node" : "hwloc_node",
                         cpu->node == NONE_U32 ? NONE_U64 : cpu->node);
            document_u64(document, "os_node", os_node == NONE_U32 ? NONE_U64 : os_node);
            document_close(document);
        }
    }
    document_close(document);
}

static void write_cross_check(struct document *document, const struct cross_check *check) {
    document_open_object(document, "cross_check");
    document_open_array(document, "sources");
    for (size_t witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
        const struct cross_summary *summary = &check->witnesses[witness];
        document_open_object(document, NULL);
        document_text(document, "source", summary->source);
        document_u64(document, "cpus_agree", summary->agree);
        document_u64(document, "cpus_mismatch", summary->mismatch);
        document_u64(document, "cpus_not_comparable", summary->not_comparable);
        if (summary->not_comparable)
            document_text(document, "not_comparable_reason", summary->reason);
        document_close(document);
    }
    document_close(document);
    write_mismatches(document, check);
    document_open_array(document, "nodes_unknown_to_the_system");
    for (size_t i = 0; i < check->unknown_nodes.count; i++)
        document_u64(document, NULL, check->unknown_nodes.ids[i]);
    document_close(document);
    document_open_array(document, "nodes_hidden_by_hwloc");
    for (size_t i = 0; i < check->hidden_nodes.count; i++)
        document_u64(document, NULL, check->hidden_nodes.ids[i]);
    document_close(document);
    document_open_array(document, "cpus_hidden_by_hwloc");
    for (size_t i = 0; i < check->hidden_cpus.count; i++)
        document_u64(document, NULL, check->hidden_cpus.ids[i]);
    document_close(document);
    if (check->nodes_reason[0])
        document_text(document, "nodes_not_comparable_reason", check->nodes_reason);
    document_close(document);
}

// ---- warnings -----------------------------------------------------------------------------------

static const char *list_or_none(const struct id_set *set, char *text, size_t text_bytes) {
    return set->count ? id_set_format(set, text, text_bytes) : "none";
}

char *machine_restriction(const struct session *session, char *text, size_t text_bytes) {
    const struct topology *topology = &session->topology;
    struct id_set all = {0}, allowed = {0}, nodes = {0}, allowed_nodes = {0};
    for (size_t i = 0; i < topology->cpu_count; i++) {
        id_set_add(&all, topology->cpus[i].id);
        if (topology->cpus[i].allowed)
            id_set_add(&allowed, topology->cpus[i].id);
    }
    for (size_t i = 0; i < topology->node_count; i++) {
        if (!topology->nodes[i].has_memory)
            continue;
        id_set_add(&nodes, topology->nodes[i].id);
        if (topology->nodes[i].allowed)
            id_set_add(&allowed_nodes, topology->nodes[i].id);
    }
    text[0] = '\0';
    if (allowed.count < all.count || allowed_nodes.count < nodes.count) {
        char a[96], b[96], c[96], d[96];
        snprintf(text, text_bytes, "CPUs %s of %s, memory nodes %s of %s",
                 list_or_none(&allowed, a, sizeof a), list_or_none(&all, b, sizeof b),
                 list_or_none(&allowed_nodes, c, sizeof c), list_or_none(&nodes, d, sizeof d));
    }
    id_set_free(&all);
    id_set_free(&allowed);
    id_set_free(&nodes);
    id_set_free(&allowed_nodes);
    return text;
}

char *machine_averaging(const struct session *session, char *text, size_t text_bytes) {
    size_t packages;
    uint32_t node = topology_averaging_node(&session->topology, &packages);
    text[0] = '\0';
    if (node != NONE_U32)
        snprintf(text, text_bytes, "node %u is the memory of %zu packages", node, packages);
    return text;
}

static void warn_of_cross_check(const struct cross_check *check,
                                void (*warn)(void *context, const char *sentence), void *context) {
    char sentence[512];
    for (size_t witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
        const struct cross_summary *summary = &check->witnesses[witness];
        if (summary->mismatch) {
            snprintf(
                sentence, sizeof sentence,
                "hwloc and %s disagree about %zu CPU%s, not measured therefore (numaprobe topo)",
                summary->source, summary->mismatch, PLURAL(summary->mismatch));
            warn(context, sentence);
        }
        if (!summary->agree && !summary->mismatch) {
            snprintf(sentence, sizeof sentence, "hwloc could not be checked against %s: %s",
                     summary->source, summary->reason);
            warn(context, sentence);
        }
    }
}

static void warn_of_kinds(const struct topology *topology,
                          void (*warn)(void *context, const char *sentence), void *context) {
    char sentence[512], list[160];
    struct id_set slower;
    topology_slower_cpus(topology, &slower);
    if (slower.count) {
        snprintf(sentence, sizeof sentence,
                 "CPU%s %s: of a slower kind than others of the node, left out (--all-kinds takes "
                 "%s)",
                 PLURAL(slower.count), id_set_format(&slower, list, sizeof list),
                 slower.count == 1 ? "it" : "them");
        warn(context, sentence);
    }
    id_set_free(&slower);
}

static void warn_of_hidden(const struct session *session,
                           void (*warn)(void *context, const char *sentence), void *context) {
    const struct cross_check *check = &session->check;
    char sentence[CROSS_SENTENCE_BYTES];
    for (size_t i = 0; i < check->hidden_nodes.count; i++) {
        uint32_t id = check->hidden_nodes.ids[i];
        const struct topology_node *node = topology_node(&session->topology, id);
        snprintf(sentence, sizeof sentence,
                 node && topology_node_is_device(node)
                     ? "the system has node %u, memory without CPUs that hwloc hides as it does a "
                       "GPU's: measured only where --mem-nodes names it"
                     : "the system has node %u, which hwloc does not show: all that is known of it "
                       "is the system's own word",
                 id);
        warn(context, sentence);
    }
    if (cross_check_hidden_cpus(check, sentence, sizeof sentence)[0])
        warn(context, sentence);
}

static size_t cpus_allowed(const struct topology *topology) {
    size_t count = 0;
    for (size_t i = 0; i < topology->cpu_count; i++)
        count += topology->cpus[i].allowed;
    return count;
}

static void each_warning(const struct session *session,
                         void (*warn)(void *context, const char *sentence), void *context) {
    char restriction[400], sentence[1024];
    if (machine_restriction(session, restriction, sizeof restriction)[0]) {
        snprintf(sentence, sizeof sentence, "restricted by affinity or cgroup: %s", restriction);
        warn(context, sentence);
    }
    warn_of_kinds(&session->topology, warn, context);
    char averaging[96];
    if (machine_averaging(session, averaging, sizeof averaging)[0]) {
        snprintf(sentence, sizeof sentence,
                 "%s: one number here is an average of near and far memory (numaprobe doctor)",
                 averaging);
        warn(context, sentence);
    }
    if (session->checked) {
        warn_of_cross_check(&session->check, warn, context);
        warn_of_hidden(session, warn, context);
    }
    if (doctor_is_busy(session->facts, session->fact_count, cpus_allowed(&session->topology),
                       sentence, sizeof sentence))
        warn(context, sentence);
    if (!session->topology.is_this_system)
        warn(context, "the topology was read from a file and is not this machine's");
}

static void print_warning(void *stream, const char *sentence) {
    fprintf(stream, "warning: %s\n", sentence);
}

void machine_print_warnings(const struct session *session, FILE *stream) {
    each_warning(session, print_warning, stream);
}

// ---- machine.json -------------------------------------------------------------------------------

static void write_warning(void *context, const char *sentence) {
    document_text(context, NULL, sentence);
}

struct document *machine_describe(const struct session *session, const struct plan *plan,
                                  int argument_count, char **arguments) {
    struct document *document = document_create();
    document_u64(document, "schema_version", SCHEMA_VERSION);
    document_text(document, "run_id", session->run_id);
    document_text(document, "host", session->host);
    document_text(document, "timestamp_utc", session->started_utc);
    write_tool(document, session);
    write_settings(document, session, plan, argument_count, arguments);
    write_facts(document, session);
    write_nodes(document, &session->topology);
    write_kinds(document, &session->topology);
    if (session->checked)
        write_cross_check(document, &session->check);
    document_open_array(document, "warnings");
    each_warning(session, write_warning, document);
    document_close(document);
    return document;
}

bool machine_write(const struct session *session, const struct plan *plan, int argument_count,
                   char **arguments, struct os_file *file, struct error *error) {
    struct document *document = machine_describe(session, plan, argument_count, arguments);
    bool written = document_write(document, file, error);
    document_free(document);
    return written;
}
