// SPDX-License-Identifier: Apache-2.0
// machine.json as its readers want it: what a run was measured on and with.
#ifndef NUMAPROBE_RECORD_MACHINE_FILE_H
#define NUMAPROBE_RECORD_MACHINE_FILE_H

#include "base/error.h"

// A text that the file does not have is "".
enum { MACHINE_TEXT_BYTES = 256 };

struct machine_fact {
    char name[64];
    char value[MACHINE_TEXT_BYTES]; // or why there is none
    bool available;
};

struct machine_node {
    uint32_t id;
    char cpus[1024]; // a list
    bool has_cpus;
    bool has_memory;
    uint64_t memory_bytes;
    uint64_t *distances; // the firmware's, one for each node of the file; NONE_U64: not told
};

struct machine_file {
    char run_id[64];
    char host[MACHINE_TEXT_BYTES];
    char timestamp_utc[32];
    char tool_version[32];
    char compiler[MACHINE_TEXT_BYTES];
    char system[32];
    char hwloc_api[32];
    char command_line[1024]; // with spaces between; what does not fit is left out
    uint64_t method_version; // NONE_U64: of a program that did not tell
    struct machine_fact *facts;
    size_t fact_count;
    struct machine_node *nodes;
    size_t node_count;
    char (*warnings)[MACHINE_TEXT_BYTES];
    size_t warning_count;
};

// Errors: cannot be read, no JSON (with line and column), of another schema_version.
// machine_file_free is due in either case.
bool machine_file_read(struct machine_file *machine, const char *path, struct error *error);
void machine_file_free(struct machine_file *machine);

// The value of a fact, NULL when the machine did not tell it.
const char *machine_file_fact(const struct machine_file *machine, const char *name);

#endif
