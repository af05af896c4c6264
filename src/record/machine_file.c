// SPDX-License-Identifier: Apache-2.0
#include "record/machine_file.h"

#include "base/id_set.h"
#include "record/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 4096 };

bool machine_file_write(const struct machine_file *machine, struct os_file *file,
                        struct error *error) {
    struct document *document = document_create();
    fields_write(document, &machine_shape, machine);
    bool written = document_write(document, file, error);
    document_free(document);
    return written;
}

bool machine_file_print(const struct machine_file *machine, FILE *stream) {
    struct document *document = document_create();
    fields_write(document, &machine_shape, machine);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}

// Nodes have their numbers, and each a distance to every one, told or not.
static bool check_nodes(struct machine_file *machine) {
    for (size_t i = 0; i < machine->node_count; i++) {
        struct machine_node *node = &machine->nodes[i];
        if (node->node > ID_SET_MAX)
            return false;
        size_t told = node->distance_count;
        node->distances = base_grow(node->distances, machine->node_count, sizeof *node->distances);
        node->distance_count = machine->node_count;
        for (size_t to = told; to < machine->node_count; to++)
            node->distances[to] = NONE_U64;
    }
    return true;
}

bool machine_file_read(struct machine_file *machine, const char *path, struct error *error) {
    *machine = (struct machine_file){0};
    struct document *document = document_read(path, error);
    if (!document)
        return false;
    bool few = document_count(document, "nodes") <= NODES_MAX;
    if (few)
        fields_read(document, "", &machine_shape, machine);
    uint64_t version = document_get_u64(document, "schema_version");
    document_free(document);
    if (version != SCHEMA_VERSION)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.300s': schema_version is not %d: this is not a machine.json of this "
                         "version of numaprobe",
                         path, SCHEMA_VERSION);
    return (few && check_nodes(machine)) ||
           error_set(error, ERROR_KIND_FAILED, 0,
                     "'%.300s': 'nodes' is not a list of NUMA nodes with their numbers", path);
}

void machine_file_free(struct machine_file *machine) {
    fields_free(&machine_shape, machine);
    *machine = (struct machine_file){0};
}

const char *machine_file_fact(const struct machine_file *machine, const char *name) {
    return fields_told(machine->facts, machine->fact_count, name);
}

bool machine_file_was_asked(const struct machine_file *machine, const char *option) {
    size_t length = strlen(option);
    for (size_t i = 0; i < machine->settings.argument_count; i++) {
        const char *argument = machine->settings.arguments[i];
        if (strncmp(argument, option, length) == 0 &&
            (!argument[length] || argument[length] == '='))
            return true;
    }
    return false;
}

// A plain run has no command.
char *machine_file_command_line(const struct machine_file *machine, char *text, size_t text_bytes) {
    const struct machine_settings *settings = &machine->settings;
    const char *command = settings->command ? settings->command : "";
    size_t used =
        (size_t)snprintf(text, text_bytes, "numaprobe%s%.60s", *command ? " " : "", command);
    for (size_t i = 0; i < settings->argument_count; i++) {
        const char *word = settings->arguments[i];
        if (used + strlen(word) + 2 > text_bytes)
            break;
        used += (size_t)snprintf(text + used, text_bytes - used, " %s", word);
    }
    return text;
}
