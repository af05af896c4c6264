// SPDX-License-Identifier: Apache-2.0
#include "run/machine.h"

#include "doctor/doctor.h"
#include "record/columns.h"
#include "run/build.h"
#include "run/choices.h"
#include "run/memory.h"

#include <stdio.h>

// ---- what the file says -------------------------------------------------------------------------

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

static uint64_t told(uint32_t number) {
    return number == NONE_U32 ? NONE_U64 : number;
}

static char *text_or_null(const char *text) {
    return base_copy_text(*text ? text : NULL);
}

static void tell_tool(struct machine_tool *tool, const struct session *session) {
    *tool = (struct machine_tool){
        .name = "numaprobe", .version = NUMAPROBE_VERSION, .method_version = METHOD_VERSION};
    SET(tool->compiler, build_compiler);
    SET(tool->hwloc_api, session->topology.hwloc_version);
    SET(tool->system, os_name);
}

static void tell_times(struct machine_settings *settings, enum visit_length visit_length) {
    settings->times = base_allocate(TEST_COUNT, sizeof *settings->times);
    settings->time_count = TEST_COUNT;
    for (enum test test = 0; test < TEST_COUNT; test++) {
        const struct test_times *times = &test_times[visit_length][test];
        settings->times[test] = (struct machine_times){.warm_sample_ns = times->warm_sample_ns,
                                                       .warm_max_ns = times->warm_max_ns,
                                                       .warm_tolerance = times->warm_tolerance,
                                                       .sample_ns = times->sample_ns,
                                                       .samples = times->sample_count};
        SET(settings->times[test].test, test_names[test]);
    }
}

static void tell_settings(struct machine_settings *settings, const struct session *session,
                          const struct plan *plan, int argument_count, char **arguments) {
    *settings = (struct machine_settings){
        .command = base_copy_text(session->command),
        .arguments = base_allocate((size_t)argument_count, sizeof *settings->arguments),
        .argument_count = (size_t)argument_count,
        .seed = plan->seed,
        .rounds = plan->rounds,
        .budget_ns = plan->budget_ns,
        .cells = base_allocate(plan->cell_count, sizeof *settings->cells),
        .cell_count = plan->cell_count,
    };
    for (size_t i = 0; i < settings->argument_count; i++)
        settings->arguments[i] = base_copy_text(arguments[i]);
    for (size_t i = 0; i < plan->cell_count; i++) {
        char name[CELL_NAME_BYTES];
        settings->cells[i] = base_copy_text(cell_name(&plan->cells[i], name));
    }
    memory_tell(&session->sizing, &settings->memory);
    choices_tell(session, &settings->chosen);
    tell_times(settings, plan->visit_length);
}

static void tell_facts(struct machine_file *machine, const struct session *session) {
    machine->fact_count = session->fact_count + 1;
    machine->facts = base_allocate(machine->fact_count, sizeof *machine->facts);
    for (size_t i = 0; i < session->fact_count; i++) {
        const struct os_fact *fact = &session->facts[i];
        machine->facts[i] = (struct told){.name = base_copy_text(fact->name),
                                          .value = base_copy_text(fact->value),
                                          .available = fact->available};
    }
    char step[24];
    snprintf(step, sizeof step, "%llu", (unsigned long long)os_clock_step_ns());
    machine->facts[session->fact_count] = (struct told){.name = base_copy_text("clock_step_ns"),
                                                        .value = base_copy_text(step),
                                                        .available = true,
                                                        .is_number = true};
}

static void tell_nodes(struct machine_file *machine, const struct topology *topology) {
    size_t count = topology->node_count;
    machine->nodes = base_allocate(count, sizeof *machine->nodes);
    machine->node_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        struct machine_node *known_node = &machine->nodes[i];
        *known_node = (struct machine_node){
            .node = node->id,
            .has_cpus = node->has_cpus,
            .has_memory = node->has_memory,
            .memory_bytes = node->memory_bytes,
            .memory_cache_bytes = node->memory_cache_bytes ? node->memory_cache_bytes : NONE_U64,
            .memory_kind = text_or_null(node->kind),
            .allowed = node->allowed,
            .distances = base_allocate(count, sizeof *known_node->distances),
            .distance_count = count};
        id_set_format(&node->cpus, known_node->cpus, sizeof known_node->cpus);
        for (size_t to = 0; to < count; to++)
            known_node->distances[to] = topology->distances[i * count + to];
    }
}

static void tell_kinds(struct machine_file *machine, const struct topology *topology) {
    machine->kinds = base_allocate(topology->kind_count, sizeof *machine->kinds);
    machine->kind_count = topology->kind_count;
    for (size_t i = 0; i < topology->kind_count; i++) {
        const struct topology_kind *kind = &topology->kinds[i];
        machine->kinds[i] = (struct machine_kind){.rank = told(kind->rank),
                                                  .core_type = text_or_null(kind->core_type)};
        id_set_format(&kind->cpus, machine->kinds[i].cpus, sizeof machine->kinds[i].cpus);
    }
}

static void tell_mismatches(struct machine_cross_check *to, const struct cross_check *check) {
    to->mismatches = base_allocate(check->cpu_count * CROSS_WITNESS_COUNT, sizeof *to->mismatches);
    for (size_t i = 0; i < check->cpu_count; i++) {
        for (size_t witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
            const struct cross_check_cpu *cpu = &check->cpus[i];
            if (cpu->verdict[witness] != CROSS_MISMATCH)
                continue;
            struct machine_mismatch *mismatch = &to->mismatches[to->mismatch_count++];
            *mismatch = (struct machine_mismatch){
                .cpu = cpu->cpu,
                .hwloc_node = cpu->node_by_system ? NONE_U64 : told(cpu->node),
                .table_node = cpu->node_by_system ? told(cpu->node) : NONE_U64,
                .os_node = told(cpu->os_node[witness])};
            SET(mismatch->source, check->witnesses[witness].source);
        }
    }
}

static uint64_t *tell_set(const struct id_set *set, size_t *count) {
    uint64_t *numbers = base_allocate(set->count, sizeof *numbers);
    for (size_t i = 0; i < set->count; i++)
        numbers[i] = set->ids[i];
    *count = set->count;
    return numbers;
}

static void tell_cross_check(struct machine_cross_check *to, const struct cross_check *check) {
    to->sources = base_allocate(CROSS_WITNESS_COUNT, sizeof *to->sources);
    to->source_count = CROSS_WITNESS_COUNT;
    for (size_t witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
        const struct cross_summary *summary = &check->witnesses[witness];
        to->sources[witness] =
            (struct machine_source){.cpus_agree = summary->agree,
                                    .cpus_mismatch = summary->mismatch,
                                    .cpus_not_comparable = summary->not_comparable,
                                    .not_comparable_reason = base_copy_text(
                                        summary->not_comparable ? summary->reason : NULL)};
        SET(to->sources[witness].source, summary->source);
    }
    tell_mismatches(to, check);
    to->unknown_nodes = tell_set(&check->unknown_nodes, &to->unknown_node_count);
    to->hidden_nodes = tell_set(&check->hidden_nodes, &to->hidden_node_count);
    to->hidden_cpus = tell_set(&check->hidden_cpus, &to->hidden_cpu_count);
    to->nodes_not_comparable_reason = text_or_null(check->nodes_reason);
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
                "hwloc and %s disagree about %zu CPU%s, so these are not measured (numaprobe topo)",
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
                 "CPU%s %s: left out, because other CPUs of the node are of a faster kind "
                 "(--all-kinds uses %s)",
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
                     ? "the system has node %u, memory without CPUs that hwloc hides, as that of a "
                       "GPU: it is measured only if --mem-nodes names it"
                     : "the system has node %u, which hwloc does not show: only the system itself "
                       "reports it",
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
        snprintf(sentence, sizeof sentence, "restricted by %s: %s", os_cpus_withheld_by,
                 restriction);
        warn(context, sentence);
    }
    warn_of_kinds(&session->topology, warn, context);
    char averaging[96];
    if (machine_averaging(session, averaging, sizeof averaging)[0]) {
        snprintf(sentence, sizeof sentence,
                 "%s: one figure here is an average of local and remote memory (numaprobe doctor)",
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

// ---- the whole ----------------------------------------------------------------------------------

static void tell_warning(void *context, const char *sentence) {
    struct machine_file *machine = context;
    machine->warnings =
        base_grow_by_one(machine->warnings, machine->warning_count, sizeof *machine->warnings);
    machine->warnings[machine->warning_count++] = base_copy_text(sentence);
}

void machine_describe(const struct session *session, const struct plan *plan, int argument_count,
                      char **arguments, struct machine_file *machine) {
    CHECK(session->checked);
    *machine = (struct machine_file){.schema_version = SCHEMA_VERSION};
    SET(machine->run_id, session->run_id);
    SET(machine->host, session->host);
    SET(machine->timestamp_utc, session->started_utc);
    tell_tool(&machine->tool, session);
    tell_settings(&machine->settings, session, plan, argument_count, arguments);
    tell_facts(machine, session);
    tell_nodes(machine, &session->topology);
    tell_kinds(machine, &session->topology);
    tell_cross_check(&machine->cross_check, &session->check);
    each_warning(session, tell_warning, machine);
}

bool machine_write(const struct session *session, const struct plan *plan, int argument_count,
                   char **arguments, struct os_file *file, struct error *error) {
    struct machine_file machine;
    machine_describe(session, plan, argument_count, arguments, &machine);
    bool written = machine_file_write(&machine, file, error);
    machine_file_free(&machine);
    return written;
}
