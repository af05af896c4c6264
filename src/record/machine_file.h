// SPDX-License-Identifier: Apache-2.0
// machine.json: what the rows of a run were measured on and with, and how it was asked for.
//
// The structs are the file; the table of its fields is in machine_fields.c. A run fills them and
// writes them, readers have them filled.
#ifndef NUMAPROBE_RECORD_MACHINE_FILE_H
#define NUMAPROBE_RECORD_MACHINE_FILE_H

#include "base/error.h"
#include "record/fields.h"

// A text that the file does not have is "", or NULL where it is a char *.
enum { MACHINE_TEXT_BYTES = 256 };

struct machine_tool {
    char name[32];
    char version[32];
    uint64_t method_version; // NONE_U64: of a program that did not tell
    char compiler[MACHINE_TEXT_BYTES];
    char hwloc_api[32];
    char system[32];
};

struct machine_room {
    uint64_t node;
    char pages[32]; // kind of page
    uint64_t bytes;
};

struct machine_memory {
    bool caches_doubted;
    uint64_t process_bytes;
    uint64_t share;
    struct machine_room *rooms;
    size_t room_count;
};

struct machine_chosen {
    uint64_t outgrown_bytes, array_outgrown_bytes, array_probed_bytes;
    struct told *loops; // by the name of the mix
    size_t loop_count;
    struct told *pages_left_out; // the reason, by the kind of page
    size_t pages_left_out_count;
};

struct machine_times {
    char test[FIELD_NAME_BYTES];
    uint64_t warm_sample_ns, warm_max_ns;
    double warm_tolerance;
    uint64_t sample_ns, samples;
};

struct machine_settings {
    char *command; // "": the whole machine; NULL: unknown, as of another driver
    char **arguments;
    size_t argument_count;
    uint64_t seed, rounds, budget_ns;
    struct machine_memory memory;
    struct machine_chosen chosen;
    char **cells;
    size_t cell_count;
    struct machine_times *times;
    size_t time_count;
};

struct machine_node {
    uint64_t node;
    char cpus[1024]; // a list
    bool has_cpus;
    bool has_memory;
    uint64_t memory_bytes;
    uint64_t memory_cache_bytes;
    char *memory_kind;
    bool allowed;
    uint64_t *distances; // the firmware's, one for each node of the file; NONE_U64: unknown
    size_t distance_count;
};

struct machine_kind {
    uint64_t rank;
    char *core_type;
    char cpus[1024];
};

struct machine_source {
    char source[MACHINE_TEXT_BYTES];
    uint64_t cpus_agree, cpus_mismatch, cpus_not_comparable;
    char *not_comparable_reason;
};

struct machine_mismatch {
    uint64_t cpu;
    char source[MACHINE_TEXT_BYTES];
    uint64_t hwloc_node, table_node;
    uint64_t os_node;
};

struct machine_cross_check {
    struct machine_source *sources;
    size_t source_count;
    struct machine_mismatch *mismatches;
    size_t mismatch_count;
    uint64_t *unknown_nodes, *hidden_nodes, *hidden_cpus;
    size_t unknown_node_count, hidden_node_count, hidden_cpu_count;
    char *nodes_not_comparable_reason;
};

struct machine_file {
    uint64_t schema_version;
    char run_id[64];
    char host[MACHINE_TEXT_BYTES];
    char timestamp_utc[32];
    struct machine_tool tool;
    struct machine_settings settings;
    struct told *facts;
    size_t fact_count;
    struct machine_node *nodes;
    size_t node_count;
    struct machine_kind *kinds;
    size_t kind_count;
    struct machine_cross_check cross_check;
    char **warnings;
    size_t warning_count;
};

// The table, and those of two of its parts: a node, and an object with `chosen`, which summary.json
// has too.
extern const struct shape machine_shape, machine_node_shape, machine_chosen_shape;

// Ends the file, as os_file_finish.
bool machine_file_write(const struct machine_file *machine, struct os_file *file,
                        struct error *error);

// The same to a stream. False when the stream refused it.
bool machine_file_print(const struct machine_file *machine, FILE *stream);

// Errors: cannot be read, no JSON (with line and column), of another schema_version, with nodes
// that are none. machine_file_free is due in either case.
bool machine_file_read(struct machine_file *machine, const char *path, struct error *error);
void machine_file_free(struct machine_file *machine);

// The value of a fact, NULL when the machine did not tell it.
const char *machine_file_fact(const struct machine_file *machine, const char *name);

// Whether the run was given an option, as "--size 1G" or "--size=1G".
bool machine_file_was_asked(const struct machine_file *machine, const char *option);

// "numaprobe latency --rounds 12"; what does not fit is left out. Returns text.
char *machine_file_command_line(const struct machine_file *machine, char *text, size_t text_bytes);

#endif
