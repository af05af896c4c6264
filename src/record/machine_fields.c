// SPDX-License-Identifier: Apache-2.0
// The one table of the fields of machine.json, in their order. Writer, reader, `compare`,
// `--resume` and the table in docs/files.md come from it or are checked against it.
#include "record/field_table.h"
#include "record/machine_file.h"

static const struct field tool_fields[] = {
    VALUE(machine_tool, name, FIELD_TEXT, "`numaprobe`", FREE),
    VALUE(machine_tool, version, FIELD_TEXT, "version of the program", NAMED("numaprobe"), KEPT),
    VALUE(machine_tool, method_version, FIELD_U64,
          "rises with every change that makes older results incomparable, the bold lines of the "
          "changelog",
          REFUSES("version of the method"), KEPT),
    VALUE(machine_tool, compiler, FIELD_TEXT, "compiler of the program", NAMED("compiler"), KEPT),
    VALUE(machine_tool, hwloc_api, FIELD_TEXT, "version of hwloc's interface", FREE),
    VALUE(machine_tool, system, FIELD_TEXT, "`linux` or `windows`", NAMED("kind of system")),
};
static const struct shape tool_shape = SHAPE(tool_fields, machine_tool);

static const struct field room_fields[] = {
    VALUE(machine_room, node, FIELD_U64, "node of the memory", FREE),
    VALUE(machine_room, pages, FIELD_TEXT, "kind of page, as `--pages`", FREE),
    VALUE(machine_room, bytes, FIELD_U64, "memory available there; `null`: unknown", FREE),
};
static const struct shape room_shape = SHAPE(room_fields, machine_room);

static const struct field memory_fields[] = {
    VALUE(machine_memory, caches_doubted, FIELD_FLAG, "whether a hypervisor shows the caches",
          FREE),
    VALUE(machine_memory, process_bytes, FIELD_U64,
          "what the limits of the process leave; `null`: no limit", FREE),
    VALUE(machine_memory, share, FIELD_U64, "the largest part of both that is used (2: half)",
          FREE),
    LIST(machine_memory, "rooms", rooms, room_count, FIELD_OBJECTS,
         "memory of each node for each kind of page", OF(room_shape)),
};
static const struct shape memory_shape = SHAPE(memory_fields, machine_memory);

static const struct field chosen_fields[] = {
    VALUE(machine_chosen, outgrown_bytes, FIELD_U64,
          "the smallest chain that does not fit the caches of one CPU, as a probe measured it; "
          "`null` if none was needed or found",
          FREE),
    VALUE(machine_chosen, array_outgrown_bytes, FIELD_U64,
          "the smallest array that does not fit the caches of a node's CPUs, likewise", FREE),
    VALUE(machine_chosen, array_probed_bytes, FIELD_U64,
          "the largest array that the probe tried; arrays have this size where it saw none", FREE),
    LIST(machine_chosen, "loops", loops, loop_count, FIELD_TOLD,
         "the loop chosen for each mix by a race", FREE),
    LIST(machine_chosen, "pages_left_out", pages_left_out, pages_left_out_count, FIELD_TOLD,
         "the kinds of page that `--pages all` left out, each with the reason", FREE),
};
static const struct shape chosen_shape = SHAPE(chosen_fields, machine_chosen);

static const struct field times_fields[] = {
    VALUE(machine_times, warm_sample_ns, FIELD_U64, "length of one sample of the warm-up", FREE),
    VALUE(machine_times, warm_max_ns, FIELD_U64, "the longest warm-up", FREE),
    VALUE(machine_times, warm_tolerance, FIELD_F64,
          "the warm-up ends when its last three samples agree within this part", FREE),
    VALUE(machine_times, sample_ns, FIELD_U64, "length of one sample of the window", FREE),
    VALUE(machine_times, samples, FIELD_U64, "samples in the window", FREE),
};
static const struct shape times_shape = SHAPE(times_fields, machine_times);

static const struct field settings_fields[] = {
    VALUE(machine_settings, command, FIELD_STRING,
          "name of the command, empty for the whole machine; `null`: not a command of numaprobe",
          FREE),
    LIST(machine_settings, "arguments", arguments, argument_count, FIELD_STRINGS, "its arguments",
         FREE),
    VALUE(machine_settings, seed, FIELD_U64, "from which the seeds of all visits follow",
          KEPT_AS("seed")),
    VALUE(machine_settings, rounds, FIELD_U64,
          "repetitions of each case; 0: until it is precise enough", KEPT_AS("rounds")),
    VALUE(machine_settings, budget_ns, FIELD_U64,
          "time that the run may take; `null`: as much as it needs", KEPT_AS("budget")),
    VALUE(machine_settings, memory, FIELD_OBJECT, "what the sizes were derived from",
          OF(memory_shape)),
    VALUE(machine_settings, chosen, FIELD_OBJECT,
          "as in `summary.json`, as far as it was known when the run began", OF(chosen_shape)),
    LIST(
        machine_settings, "cells", cells, cell_count, FIELD_STRINGS,
        "the plan in its order before shuffling; empty where sizes and loops had to be found first",
        KEPT_AS("cells of the plan")),
    LIST(machine_settings, "*", times, time_count, FIELD_MEMBERS,
         "the times of a visit of `latency`, `bandwidth`, `loaded` and `c2c`", OF(times_shape)),
};
static const struct shape settings_shape = SHAPE(settings_fields, machine_settings);

// Those facts that are compared. Their names and values come from the system: os_facts.
#define FACT(fact, ...)                                                                            \
    { .name = #fact, .kind = FIELD_STRING, __VA_ARGS__ }

static const struct field fact_fields[] = {
    FACT(cpu_vendor, REFUSES("CPU vendor")),
    FACT(cpu_model, REFUSES("CPU"), KEPT),
    FACT(cpu_identifier, REFUSES("CPU family, model, stepping")),
    FACT(hypervisor, REFUSES("hypervisor")),
    FACT(dimm_types, REFUSES("DIMM types"), PRIVILEGED),
    FACT(dimm_sizes_mib, REFUSES("DIMM sizes"), PRIVILEGED),
    FACT(smt_control, REFUSES("SMT")),
    FACT(microcode, NAMED("microcode")),
    FACT(system_product, NAMED("system")),
    FACT(bios_version, NAMED("BIOS")),
    FACT(os_version, NAMED("operating system"), KEPT),
    FACT(cpu_governor, NAMED("governor")),
    FACT(power_plan, NAMED("power plan")),
    FACT(hypervisor_partition, NAMED("Hyper-V partition")),
    FACT(vbs_configured, NAMED("virtualization-based security")),
    FACT(hvci_configured, NAMED("memory integrity (HVCI)")),
    FACT(split_large_nodes, NAMED("SplitLargeNodes")),
    FACT(cpu_energy_preference, NAMED("energy preference")),
    FACT(turbo, NAMED("turbo")),
    FACT(uncore_min_khz, NAMED("least uncore clock")),
    FACT(uncore_max_khz, NAMED("largest uncore clock")),
    FACT(mitigations, NAMED("mitigations")),
    FACT(thp_enabled, NAMED("transparent huge pages")),
    FACT(numa_balancing, NAMED("NUMA balancing")),
    FACT(kernel_command_line, NAMED("kernel command line")),
    FACT(container, NAMED("container")),
};
static const struct shape fact_shape = SHAPE(fact_fields, told);

static const struct field node_fields[] = {
    VALUE(machine_node, node, FIELD_U64, "the system's number", KEPT),
    VALUE(machine_node, cpus, FIELD_TEXT,
          "its own CPUs, and of a node that has none those beside which it lies",
          REFUSES("nodes and their CPUs"), KEPT),
    VALUE(machine_node, has_cpus, FIELD_FLAG, "whether it has CPUs of its own", KEPT),
    VALUE(machine_node, has_memory, FIELD_FLAG, "whether it has memory to allocate", KEPT),
    VALUE(
        machine_node, memory_bytes, FIELD_U64,
        "0 with `has_memory` means unknown; on Windows it is what the firmware (SRAT) reports, and "
        "what was free if that reports nothing",
        REFUSES("memory of the nodes")),
    VALUE(machine_node, memory_cache_bytes, FIELD_U64,
          "the memory-side caches before the node together (a Xeon Max in cache mode, Optane in "
          "memory mode); `null` where hwloc shows none",
          FREE),
    VALUE(machine_node, memory_kind, FIELD_STRING,
          "`DRAM`, `HBM`, `NVM`, `MCDRAM` or `GPUMemory` where hwloc says it", FREE),
    VALUE(machine_node, allowed, FIELD_FLAG, "whether this process may use it", KEPT),
    LIST(machine_node, "firmware_distances", distances, distance_count, FIELD_NUMBERS,
         "one number for each node of the list, in its order; 10 is local, `null` unknown", FREE),
};
const struct shape machine_node_shape = SHAPE(node_fields, machine_node);

static const struct field kind_fields[] = {
    VALUE(machine_kind, rank, FIELD_U64, "a higher rank is faster; `null`: unknown", FREE),
    VALUE(machine_kind, core_type, FIELD_STRING, "as the system names it; `null` where it does not",
          FREE),
    VALUE(machine_kind, cpus, FIELD_TEXT, "its CPUs", FREE),
};
static const struct shape kind_shape = SHAPE(kind_fields, machine_kind);

static const struct field source_fields[] = {
    VALUE(machine_source, source, FIELD_TEXT, "the file or call that was asked", FREE),
    VALUE(machine_source, cpus_agree, FIELD_U64, "CPUs on which it agrees with hwloc", FREE),
    VALUE(machine_source, cpus_mismatch, FIELD_U64, "CPUs on which it disagrees", FREE),
    VALUE(machine_source, cpus_not_comparable, FIELD_U64, "CPUs that it does not report", FREE),
    VALUE(machine_source, not_comparable_reason, FIELD_STRING,
          "why, of the first of these; only where there are some", OPTIONAL),
};
static const struct shape source_shape = SHAPE(source_fields, machine_source);

static const struct field mismatch_fields[] = {
    VALUE(machine_mismatch, cpu, FIELD_U64, "a CPU on which a witness disagreed", FREE),
    VALUE(machine_mismatch, source, FIELD_TEXT, "the witness", FREE),
    VALUE(machine_mismatch, hwloc_node, FIELD_U64, "its node according to hwloc", OPTIONAL),
    VALUE(machine_mismatch, table_node, FIELD_U64,
          "its node according to the system's table, where hwloc could not say", OPTIONAL),
    VALUE(machine_mismatch, os_node, FIELD_U64, "its node according to the witness", FREE),
};
static const struct shape mismatch_shape = SHAPE(mismatch_fields, machine_mismatch);

static const struct field cross_check_fields[] = {
    LIST(machine_cross_check, "sources", sources, source_count, FIELD_OBJECTS,
         "the two witnesses compared with hwloc", OF(source_shape)),
    LIST(machine_cross_check, "mismatches", mismatches, mismatch_count, FIELD_OBJECTS,
         "each CPU on which a witness disagreed, with both answers", OF(mismatch_shape)),
    LIST(machine_cross_check, "nodes_unknown_to_the_system", unknown_nodes, unknown_node_count,
         FIELD_NUMBERS, "nodes that hwloc names and the system does not", FREE),
    LIST(machine_cross_check, "nodes_hidden_by_hwloc", hidden_nodes, hidden_node_count,
         FIELD_NUMBERS, "nodes that the system has and hwloc does not show", FREE),
    LIST(machine_cross_check, "cpus_hidden_by_hwloc", hidden_cpus, hidden_cpu_count, FIELD_NUMBERS,
         "CPUs that the system has and hwloc does not show", FREE),
    VALUE(machine_cross_check, nodes_not_comparable_reason, FIELD_STRING,
          "why the lists of nodes could not be compared; only where that is so", OPTIONAL),
};
static const struct shape cross_check_shape = SHAPE(cross_check_fields, machine_cross_check);

static const struct field machine_fields[] = {
    VALUE(machine_file, schema_version, FIELD_U64, "version of the list of columns", FREE),
    VALUE(machine_file, run_id, FIELD_TEXT, "the same as in every row", FREE),
    VALUE(machine_file, host, FIELD_TEXT, "host name", NAMED("host"), KEPT),
    VALUE(machine_file, timestamp_utc, FIELD_TEXT, "when the run began, ISO 8601", FREE),
    VALUE(machine_file, tool, FIELD_OBJECT, "the program", OF(tool_shape)),
    VALUE(machine_file, settings, FIELD_OBJECT, "what was requested, and what follows from it",
          OF(settings_shape)),
    LIST(machine_file, "facts", facts, fact_count, FIELD_TOLD,
         "what the system says of itself; of one that it does not say, an object with "
         "`unavailable`, the reason",
         OF(fact_shape)),
    LIST(machine_file, "nodes", nodes, node_count, FIELD_OBJECTS, "every node",
         OF(machine_node_shape), KEPT_AS("nodes")),
    LIST(machine_file, "cpu_kinds", kinds, kind_count, FIELD_OBJECTS,
         "the kinds of CPU where a processor has several", OF(kind_shape)),
    VALUE(machine_file, cross_check, FIELD_OBJECT, "hwloc compared with the system",
          OF(cross_check_shape)),
    LIST(machine_file, "warnings", warnings, warning_count, FIELD_STRINGS,
         "the sentences that the run printed: a restriction to some CPUs, a disagreement, "
         "a busy machine",
         FREE),
};
const struct shape machine_shape = SHAPE(machine_fields, machine_file);

// `chosen` where it is a member of another file.
static const struct field chosen_field[] = {
    {.name = "chosen", .kind = FIELD_OBJECT, .of = &chosen_shape},
};
const struct shape machine_chosen_shape = SHAPE(chosen_field, machine_chosen);
