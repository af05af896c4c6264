// SPDX-License-Identifier: Apache-2.0
#include "record/machine_file.h"

#include "base/id_set.h"
#include "record/columns.h"
#include "record/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 192, NODES_MOST = 4096 };

static void read_facts(struct machine_file *machine, const struct document *document) {
    machine->fact_count = document_count(document, "facts");
    machine->facts = base_allocate(machine->fact_count, sizeof *machine->facts);
    for (size_t i = 0; i < machine->fact_count; i++) {
        struct machine_fact *fact = &machine->facts[i];
        char path[PATH_BYTES];
        snprintf(fact->name, sizeof fact->name, "%s", document_member(document, "facts", i));
        snprintf(path, sizeof path, "facts/%s", fact->name);
        fact->available = document_get_text(document, path, fact->value, sizeof fact->value);
        if (fact->available)
            continue;
        snprintf(path, sizeof path, "facts/%s/unavailable", fact->name);
        document_get_text(document, path, fact->value, sizeof fact->value);
    }
}

static bool read_flag(const struct document *document, const char *path) {
    char word[8];
    return document_get_text(document, path, word, sizeof word) && strcmp(word, "yes") == 0;
}

static bool read_node(struct machine_file *machine, const struct document *document, size_t index) {
    struct machine_node *node = &machine->nodes[index];
    char path[PATH_BYTES];
#define AT(name) (snprintf(path, sizeof path, "nodes/%zu/" name, index), path)
    uint64_t id = document_get_u64(document, AT("node"));
    if (id > ID_SET_MAX)
        return false;
    node->id = (uint32_t)id;
    document_get_text(document, AT("cpus"), node->cpus, sizeof node->cpus);
    node->has_cpus = read_flag(document, AT("has_cpus"));
    node->has_memory = read_flag(document, AT("has_memory"));
    node->memory_bytes = document_get_u64(document, AT("memory_bytes"));
    node->distances = base_allocate(machine->node_count, sizeof *node->distances);
    for (size_t to = 0; to < machine->node_count; to++) {
        snprintf(path, sizeof path, "nodes/%zu/firmware_distances/%zu", index, to);
        node->distances[to] = document_get_u64(document, path);
    }
#undef AT
    return true;
}

static bool read_nodes(struct machine_file *machine, const struct document *document,
                       const char *path, struct error *error) {
    size_t count = document_count(document, "nodes");
    bool fine = count <= NODES_MOST;
    machine->node_count = fine ? count : 0;
    machine->nodes = base_allocate(machine->node_count, sizeof *machine->nodes);
    for (size_t i = 0; fine && i < machine->node_count; i++)
        fine = read_node(machine, document, i);
    return fine || error_set(error, ERROR_KIND_FAILED, 0,
                             "'%.300s': 'nodes' is no list of NUMA nodes with their numbers", path);
}

static void read_warnings(struct machine_file *machine, const struct document *document) {
    machine->warning_count = document_count(document, "warnings");
    machine->warnings = base_allocate(machine->warning_count, sizeof *machine->warnings);
    for (size_t i = 0; i < machine->warning_count; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "warnings/%zu", i);
        document_get_text(document, path, machine->warnings[i], sizeof machine->warnings[i]);
    }
}

// "numaprobe latency --rounds 12": a plain run has no command.
static void read_command_line(struct machine_file *machine, const struct document *document) {
    char command[MACHINE_TEXT_BYTES];
    document_get_text(document, "settings/command", command, sizeof command);
    size_t used = (size_t)snprintf(machine->command_line, sizeof machine->command_line,
                                   "numaprobe%s%.60s", command[0] ? " " : "", command);
    for (size_t i = 0; i < document_count(document, "settings/arguments"); i++) {
        char path[PATH_BYTES], word[MACHINE_TEXT_BYTES];
        snprintf(path, sizeof path, "settings/arguments/%zu", i);
        document_get_text(document, path, word, sizeof word);
        if (used + strlen(word) + 2 > sizeof machine->command_line)
            return;
        used += (size_t)snprintf(machine->command_line + used, sizeof machine->command_line - used,
                                 " %s", word);
    }
}

static bool read_all(struct machine_file *machine, const struct document *document,
                     const char *path, struct error *error) {
#define TEXT(name, field) document_get_text(document, name, machine->field, sizeof machine->field)
    uint64_t version = document_get_u64(document, "schema_version");
    if (version != SCHEMA_VERSION)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.300s': schema_version is not %d: no machine.json of this program, or "
                         "one of another version",
                         path, SCHEMA_VERSION);
    TEXT("run_id", run_id);
    TEXT("host", host);
    TEXT("timestamp_utc", timestamp_utc);
    TEXT("tool/version", tool_version);
    TEXT("tool/compiler", compiler);
    TEXT("tool/system", system);
    TEXT("tool/hwloc_api", hwloc_api);
    machine->method_version = document_get_u64(document, "tool/method_version");
    read_command_line(machine, document);
    read_facts(machine, document);
    read_warnings(machine, document);
    return read_nodes(machine, document, path, error);
#undef TEXT
}

bool machine_file_read(struct machine_file *machine, const char *path, struct error *error) {
    *machine = (struct machine_file){.method_version = NONE_U64};
    struct document *document = document_read(path, error);
    if (!document)
        return false;
    bool read = read_all(machine, document, path, error);
    document_free(document);
    return read;
}

void machine_file_free(struct machine_file *machine) {
    for (size_t i = 0; i < machine->node_count; i++)
        free(machine->nodes[i].distances);
    free(machine->facts);
    free(machine->nodes);
    free(machine->warnings);
    *machine = (struct machine_file){0};
}

const char *machine_file_fact(const struct machine_file *machine, const char *name) {
    for (size_t i = 0; i < machine->fact_count; i++)
        if (strcmp(machine->facts[i].name, name) == 0)
            return machine->facts[i].available ? machine->facts[i].value : NULL;
    return NULL;
}
