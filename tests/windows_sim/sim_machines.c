// SPDX-License-Identifier: Apache-2.0
// The simulated machines: what each is made of, and what is wrong with it.
#include "os/win32.h"
#include "windows_sim/sim_calls.h"

#include <string.h>

// ---- the machines -------------------------------------------------------------------------------

#define LOW_HALF  UINT64_C(0x00000000ffffffff)
#define HIGH_HALF UINT64_C(0xffffffff00000000)
#define WHOLE     UINT64_MAX

// clang-format off
static const struct sim_hardware four_nodes = {
    .group_cpus = {64, 64},
    .highest_node = 3,
    .part_count = 4,
    .parts = {{0, 0, LOW_HALF,  1 * GIB, 0},
              {1, 0, HIGH_HALF, 2 * GIB, 0},
              {2, 1, LOW_HALF,  3 * GIB, 0},
              {3, 1, HIGH_HALF, 4 * GIB, 0}},
};
static const struct sim_hardware two_nodes = {
    .group_cpus = {16},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, 0x00ff, 1 * GIB, 0},
              {1, 0, 0xff00, 1 * GIB, 0}},
};
static const struct sim_hardware one_wide_node = {
    .group_cpus = {64, 64},
    .highest_node = 0,
    .part_count = 2,
    .parts = {{0, 0, WHOLE, 1 * GIB, 0},
              {0, 1, WHOLE, 1 * GIB, 0}},
};
// Two processors of 16 CPUs, cut into groups of 20 and 12: group 0 has CPUs of both nodes, node 1
// has CPUs in both groups, and there are no CPUs 20 to 63.
static const struct sim_hardware uneven_groups = {
    .group_cpus = {20, 12},
    .highest_node = 1,
    .part_count = 3,
    .parts = {{0, 0, 0x0ffff, 1 * GIB, 0},
              {1, 0, 0xf0000, 1 * GIB, 0},
              {1, 1, 0x00fff, 1 * GIB, 0}},
};
static const struct sim_hardware sparse_nodes = {
    .group_cpus = {16},
    .highest_node = 2,
    .part_count = 2,
    .parts = {{0, 0, 0x00ff, 1 * GIB, 0},
              {2, 0, 0xff00, 1 * GIB, 0}},
};
static const struct sim_hardware memory_only_node = {
    .group_cpus = {8},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, 0xff, 1 * GIB, 0},
              {1, 0, 0x00, 8 * GIB, 0}},
};
static const struct sim_hardware node_without_memory = {
    .group_cpus = {8},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, 0x0f, 1 * GIB, 0},
              {1, 0, 0xf0, 0, 0}},
};
static const struct sim_hardware node_seventy = {
    .group_cpus = {8},
    .highest_node = 70,
    .part_count = 2,
    .parts = {{0,  0, 0x0f, 1 * GIB, 0},
              {70, 0, 0xf0, 1 * GIB, 0}},
};

// Eight nodes of 128 CPUs, each over two whole groups.
static const struct sim_hardware eight_nodes = {
    .group_cpus = {64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64},
    .highest_node = 7,
    .part_count = 16,
    .parts = {{0, 0,  WHOLE, 1 * GIB, 0}, {0, 1,  WHOLE, 0, 0},
              {1, 2,  WHOLE, 1 * GIB, 0}, {1, 3,  WHOLE, 0, 0},
              {2, 4,  WHOLE, 1 * GIB, 0}, {2, 5,  WHOLE, 0, 0},
              {3, 6,  WHOLE, 1 * GIB, 0}, {3, 7,  WHOLE, 0, 0},
              {4, 8,  WHOLE, 1 * GIB, 0}, {4, 9,  WHOLE, 0, 0},
              {5, 10, WHOLE, 1 * GIB, 0}, {5, 11, WHOLE, 0, 0},
              {6, 12, WHOLE, 1 * GIB, 0}, {6, 13, WHOLE, 0, 0},
              {7, 14, WHOLE, 1 * GIB, 0}, {7, 15, WHOLE, 0, 0}},
};
// Before build 20348 a node of more than 64 CPUs is cut into nodes of one group each (learn: NUMA
// Support); the document does not say which of them has the memory, and here it is the first.
static const struct sim_hardware split_node = {
    .group_cpus = {64, 64},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, WHOLE, 8 * GIB, 0},
              {1, 1, WHOLE, 0, 0}},
};
// Threadripper 1950X in UMA mode: the highest node has neither CPUs nor memory (mimalloc, issue
// 282).
static const struct sim_hardware empty_highest = {
    .group_cpus = {32},
    .highest_node = 1,
    .part_count = 1,
    .parts = {{0, 0, LOW_HALF, 4 * GIB, 0}},
};
// Two Ampere Altra of 80 CPUs: groups of 64, 32 and 64, the middle one half and half
// (markrussinovich/TaskManagerBitmap, issue 4).
static const struct sim_hardware altra = {
    .group_cpus = {64, 32, 64},
    .highest_node = 1,
    .part_count = 4,
    .parts = {{0, 0, WHOLE,      2 * GIB, 0},
              {0, 1, 0x0000ffff, 0, 0},
              {1, 1, 0xffff0000, 2 * GIB, 0},
              {1, 2, WHOLE,      0, 0}},
};
static const struct sim_hardware node_sixty_three = {
    .group_cpus = {8},
    .highest_node = 63,
    .part_count = 2,
    .parts = {{0,  0, 0x0f, 1 * GIB, 0},
              {63, 0, 0xf0, 1 * GIB, 0}},
};

// A file server: node 0 is full of file cache, which counts as free nowhere.
static const struct sim_hardware file_cache = {
    .group_cpus = {16},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, 0x00ff, 0,       8 * GIB},
              {1, 0, 0xff00, 1 * GIB, 7 * GIB}},
};

// Eight fast cores and eight slow ones.
static const struct sim_hardware two_kinds = {
    .group_cpus = {16},
    .highest_node = 0,
    .part_count = 1,
    .parts = {{0, 0, 0xffff, 4 * GIB, 0}},
    .slow_cpus = 0xff00,
};

// GetNumaNodeProcessorMask2 came with build 20348 (learn), as did nodes over several groups.
#define BEFORE_2022 .primary_group_only = true, .lacks = {"GetNumaNodeProcessorMask2"}

const struct sim_machine sim_machines[] = {
    {"four-nodes",             &four_nodes,          {0}},
    {"four-nodes-before-2022", &four_nodes,          {BEFORE_2022}},
    {"split-node-before-2022", &split_node,          {BEFORE_2022}},
    {"node-over-two-groups",   &one_wide_node,       {0}},
    {"hidden-group",           &one_wide_node,       {.primary_group_only = true}},
    {"uneven-groups",          &uneven_groups,       {0}},
    {"sparse-nodes",           &sparse_nodes,        {0}},
    {"memory-only-node",       &memory_only_node,    {0}},
    {"node-without-memory",    &node_without_memory, {0}},
    {"standby",                &file_cache,          {0}},
    {"standby-uncounted",      &file_cache,          {.no_counters = true}},
    {"standby-total-counted",  &file_cache,          {.total_counted_only = true}},
    {"counters-lag",           &file_cache,          {.counters_lag = true}},
    {"standby-untold",         &file_cache,
     {.no_counters = true, .no_firmware_tables = true}},
    {"hot-pluggable",          &file_cache,          {.no_counters = true, .hot_pluggable = true}},
    {"no-distances",           &four_nodes,          {.no_distances = true}},
    {"distances-cut",          &four_nodes,          {.distances_cut = true}},
    {"distances-senseless",    &four_nodes,          {.distances_senseless = true}},
    {"node-without-distances", &four_nodes,          {.nodes_without_distances = 1}},
    {"wrong-cpu",              &two_nodes,           {.lies = true, .lying_cpu = 5, .lie_node = 1}},
    {"stray-pages",            &four_nodes,          {.stray_every = 4, .stray_node = 0}},
    {"absent-pages",           &four_nodes,          {.absent_every = 8}},
    {"lock-pages-denied",      &two_nodes,           {.lacks_lock_pages_right = true}},
    {"token-filtered",         &two_nodes,
     {.lacks_lock_pages_right = true, .token_filtered = true}},
    {"right-grantable",        &two_nodes,
     {.lacks_lock_pages_right = true, .elevated = true}},
    {"policy-denied",          &two_nodes,
     {.lacks_lock_pages_right = true, .elevated = true, .policy_denied = true}},
    {"job-of-eight-cpus",      &two_nodes,           {.job_masks = {0x00ff, 0}}},
    {"job-of-one-group",       &four_nodes,          {.job_masks = {0, LOW_HALF}}},
    {"sets-of-eight-cpus",     &two_nodes,           {.set_masks = {0xff00, 0}}},
    {"sets-of-one-group",      &four_nodes,          {.set_masks = {0, HIGH_HALF}}},
    {"job-and-sets",           &two_nodes,
     {.job_masks = {0x0ff0, 0}, .set_masks = {0x00ff, 0}}},
    {"trimming",               &two_nodes,           {.absent_every = 1}},
    {"network-drives",         &two_nodes,           {.network_drives = true}},
    {"hybrid",                 &two_kinds,           {0}},
    {"hyper-v-root",           &two_nodes,           {.partition = SIM_ROOT}},
    {"hyper-v-guest",          &two_nodes,           {.partition = SIM_GUEST}},
    {"large-pages-of-2m-only", &two_nodes,           {.lacks_gigabyte_pages = true}},
    {"quota",                  &two_nodes,           {.memory_error = ERROR_NOT_ENOUGH_QUOTA}},
    {"right-lost",             &two_nodes,           {.memory_error = ERROR_PRIVILEGE_NOT_HELD}},
    {"awe-kept",               &two_nodes,           {.awe_pages_kept = 3}},
    {"busy",                   &two_nodes,           {.cpu_taken_percent = 10}},
    {"working-set-denied",     &two_nodes,           {.lacks_working_set_right = true}},
    {"lock-fails",             &two_nodes,           {.lock_fails = true}},
    {"large-pages-refused",    &two_nodes,           {.lacks_large_pages = true}},
    {"awe-short",              &two_nodes,           {.awe_pages_max = 1536}},
    {"awe-unmappable",         &two_nodes,           {.awe_map_fails = true}},
    {"no-page-query",          &two_nodes,           {.lacks = {"K32QueryWorkingSetEx"}}},
    {"mask-only",              &one_wide_node,       {.lacks = {"GetNumaProcessorNodeEx"}}},
    {"eight-nodes",            &eight_nodes,         {0}},
    {"empty-highest-node",     &empty_highest,       {0}},
    {"altra",                  &altra,               {0}},
    {"node-sixty-three",       &node_sixty_three,    {0}},
    {"page-query-fails",       &two_nodes,           {.page_query_error = ERROR_GEN_FAILURE}},
    {"node-seventy",           &node_seventy,        {0}},
    {NULL, NULL, {0}},
};
// clang-format on

// ---- what is true of a machine ------------------------------------------------------------------

static bool cpu_exists(const struct sim_machine *of, uint32_t group, uint32_t number) {
    return group < SIM_GROUPS && number < of->hardware->group_cpus[group];
}

uint32_t sim_node_of_cpu(const struct sim_machine *of, uint32_t cpu) {
    uint32_t group = cpu / 64, number = cpu % 64;
    if (cpu_exists(of, group, number))
        for (size_t i = 0; i < of->hardware->part_count; i++)
            if (of->hardware->parts[i].group == group &&
                of->hardware->parts[i].cpu_mask >> number & 1)
                return of->hardware->parts[i].node;
    return NONE_U32;
}

bool sim_part_is_hidden(const struct sim_machine *of, size_t part) {
    for (size_t i = 0; i < part; i++)
        if (of->faults.primary_group_only &&
            of->hardware->parts[i].node == of->hardware->parts[part].node)
            return true;
    return false;
}

size_t sim_disagreeing_cpus(const struct sim_machine *of) {
    size_t count = of->faults.lies ? 1 : 0;
    for (size_t i = 0; i < of->hardware->part_count; i++)
        for (uint64_t mask = of->hardware->parts[i].cpu_mask; sim_part_is_hidden(of, i) && mask;
             mask &= mask - 1)
            count++;
    return count;
}

// ---- which machine answers ----------------------------------------------------------------------

static struct sim_machine selected; // a copy, whose faults may change
const struct sim_machine *sim_machine;
const struct sim_hardware *sim_hardware;

static bool find_answer(const struct sim_answer *answers, const char *call, sim_address *address) {
    for (; answers->call; answers++) {
        if (strcmp(answers->call, call) != 0)
            continue;
        *address = answers->address;
        for (size_t i = 0; i < COUNT_OF(sim_machine->faults.lacks); i++)
            if (sim_machine->faults.lacks[i] && strcmp(sim_machine->faults.lacks[i], call) == 0)
                *address = NULL;
        return true;
    }
    return false;
}

bool sim_answers(const char *call, sim_address *address) {
    return sim_machine && (find_answer(sim_processor_answers, call, address) ||
                           find_answer(sim_memory_answers, call, address) ||
                           find_answer(sim_counter_answers, call, address));
}

// learn: Hypervisor Top Level Functional Specification, Feature and Interface Discovery: leaf 1 ECX
// bit 31 says that there is a hypervisor, 0x40000000 gives its highest leaf and its name, and
// 0x40000003 EBX bit 0 (CreatePartitions) is the root's. AMD64 manual, volume 3: 0x80000001 EDX bit
// 26 says that there are pages of 1 GiB.
static bool cpuid(uint32_t leaf, uint32_t registers[4]) {
    static const char name[] = "Microsoft Hv";
    const struct sim_faults *faults = &sim_machine->faults;
    memset(registers, 0, 4 * sizeof *registers);
    if (leaf == 1)
        registers[2] = faults->partition ? UINT32_C(1) << 31 : 0;
    else if (leaf == 0x80000001)
        registers[3] = faults->lacks_gigabyte_pages ? 0 : UINT32_C(1) << 26;
    else if (!faults->partition)
        return false;
    else if (leaf == 0x40000003)
        registers[1] = faults->partition == SIM_ROOT;
    else if (leaf == 0x40000000)
        memcpy(&registers[1], name, 12);
    return true;
}

static void replace_cpuid(void) {
    static bool (*real)(uint32_t leaf, uint32_t registers[4]);
    if (!real)
        real = win32_cpuid;
    win32_cpuid = sim_machine ? cpuid : real;
}

void sim_select(const char *name) {
    sim_machine = NULL;
    for (const struct sim_machine *each = sim_machines; name && each->name; each++)
        if (strcmp(each->name, name) == 0) {
            selected = *each;
            sim_machine = &selected;
        }
    CHECK(!name || sim_machine);
    sim_hardware = sim_machine ? sim_machine->hardware : NULL;
    sim_forget_threads();
    sim_forget_memory();
    replace_cpuid();
    os_start();
}

const struct sim_machine *sim_selected(void) {
    return sim_machine;
}

struct sim_faults *sim_faults(void) {
    CHECK(sim_machine);
    return &selected.faults;
}
