// SPDX-License-Identifier: Apache-2.0
// Groups, nodes, CPUs and threads of a simulated machine.
#include "os/os.h"
#include "windows_sim/sim_calls.h"

#include <string.h>

#define WHOLE UINT64_MAX

// ---- groups, nodes and CPUs ---------------------------------------------------------------------

// learn: GetActiveProcessorGroupCount
static WORD WINAPI group_count(void) {
    WORD count = 0;
    while (count < SIM_GROUPS && sim_hardware->group_cpus[count])
        count++;
    return count;
}

// learn: GetActiveProcessorCount: ALL_PROCESSOR_GROUPS is the sum; 0 is a failure.
static DWORD WINAPI cpu_count(WORD group) {
    if (group < SIM_GROUPS)
        return sim_hardware->group_cpus[group];
    DWORD sum = 0;
    for (uint32_t i = 0; group == ALL_PROCESSOR_GROUPS && i < SIM_GROUPS; i++)
        sum += sim_hardware->group_cpus[i];
    return sum;
}

// learn: GetNumaHighestNodeNumber: a number and not a count.
static BOOL WINAPI highest_node(ULONG *node) {
    *node = sim_hardware->highest_node;
    return TRUE;
}

// learn: GetNumaProcessorNodeEx: MAXUSHORT and failure for a processor that does not exist.
static BOOL WINAPI node_of_cpu(PROCESSOR_NUMBER *cpu, USHORT *node) {
    uint32_t number = cpu->Group * 64U + cpu->Number;
    uint32_t found = sim_node_of_cpu(sim_machine, number);
    if (found != NONE_U32 && sim_machine->faults.lies && number == sim_machine->faults.lying_cpu)
        found = sim_machine->faults.lie_node;
    *node = (USHORT)found;
    if (found == NONE_U32)
        SetLastError(ERROR_INVALID_PARAMETER);
    return found != NONE_U32;
}

// learn: GetNumaNodeProcessorMask2: all groups of the node; too little room fails with
// ERROR_INSUFFICIENT_BUFFER and the count that is needed; a node without CPUs has 0 masks.
static BOOL WINAPI node_masks(USHORT node, GROUP_AFFINITY *masks, USHORT room, USHORT *count) {
    *count = 0;
    for (size_t i = 0; i < sim_hardware->part_count; i++) {
        const struct sim_part *part = &sim_hardware->parts[i];
        if (part->node != node || !part->cpu_mask)
            continue;
        if (*count < room)
            masks[*count] =
                (GROUP_AFFINITY){.Mask = (KAFFINITY)part->cpu_mask, .Group = (WORD)part->group};
        ++*count;
    }
    DWORD error = node > sim_hardware->highest_node ? ERROR_INVALID_PARAMETER
                  : *count > room                   ? ERROR_INSUFFICIENT_BUFFER
                                                    : ERROR_SUCCESS;
    SetLastError(error);
    return error == ERROR_SUCCESS;
}

// learn: GetNumaAvailableMemoryNodeEx. The page says nothing of numbers without a node; ReactOS
// (dll/win32/kernel32/client/sysinfo.c) fails above the highest and answers 0 in a gap.
static BOOL WINAPI node_memory(USHORT node, ULONGLONG *bytes) {
    *bytes = 0;
    for (size_t i = 0; i < sim_hardware->part_count; i++)
        if (sim_hardware->parts[i].node == node)
            *bytes += sim_hardware->parts[i].free_bytes;
    if (node > sim_hardware->highest_node)
        SetLastError(ERROR_INVALID_PARAMETER);
    return node <= sim_hardware->highest_node;
}

// Proximity domains are firmware's own numbers.
enum { DOMAIN_OFFSET = 10 };

static BOOL WINAPI node_of_domain(ULONG domain, USHORT *node) {
    bool there = domain >= DOMAIN_OFFSET && domain - DOMAIN_OFFSET <= sim_hardware->highest_node;
    if (there)
        *node = (USHORT)(domain - DOMAIN_OFFSET);
    else
        SetLastError(ERROR_INVALID_PARAMETER);
    return there;
}

static uint64_t part_bytes(const struct sim_part *part) {
    return part->free_bytes + part->standby_bytes;
}

uint32_t sim_giving_node(uint32_t node) {
    uint32_t other = node;
    for (size_t i = sim_hardware->part_count; i-- > 0;) {
        if (part_bytes(&sim_hardware->parts[i]) == 0)
            continue;
        if (sim_hardware->parts[i].node == node)
            return node;
        other = sim_hardware->parts[i].node;
    }
    return other;
}

// ACPI 6.5, 5.2.16: one Memory Affinity Structure for each part that has memory.
static UINT build_srat(uint8_t *srat) {
    UINT used = 48;
    memcpy(srat, "SRAT", 4);
    for (size_t i = 0; i < sim_hardware->part_count; i++) {
        uint64_t size_bytes = part_bytes(&sim_hardware->parts[i]);
        if (size_bytes == 0)
            continue;
        uint32_t domain = sim_hardware->parts[i].node + DOMAIN_OFFSET;
        uint32_t flags = sim_machine->faults.hot_pluggable ? 3 : 1; // enabled
        uint8_t *entry = srat + used;
        entry[0] = 1;
        entry[1] = 40;
        memcpy(entry + 2, &domain, sizeof domain);
        memcpy(entry + 16, &size_bytes, sizeof size_bytes);
        memcpy(entry + 28, &flags, sizeof flags);
        used += 40;
    }
    return used;
}

// ACPI 6.5, 5.2.17. Nodes that lie beside each other in their numbers are 21 apart, the next 22.
static UINT build_slit(uint8_t *slit) {
    const struct sim_faults *faults = &sim_machine->faults;
    uint64_t domains = DOMAIN_OFFSET + sim_hardware->highest_node + 1;
    domains -= faults->nodes_without_distances;
    memcpy(slit, "SLIT", 4);
    memcpy(slit + 36, &domains, sizeof domains);
    for (uint64_t from = 0; from < domains; from++)
        for (uint64_t to = 0; to < domains; to++)
            slit[44 + from * domains + to] =
                (uint8_t)(from == to || faults->distances_senseless
                              ? 10
                              : 20 + (from < to ? to - from : from - to));
    return (UINT)(44 + domains * domains - faults->distances_cut);
}

// learn: GetSystemFirmwareTable: the size that is needed where the buffer is too small; 0 where
// there is no such table.
static UINT WINAPI firmware_table(DWORD provider, DWORD table, void *buffer, DWORD bytes) {
    enum { SRAT = 0x54415253, SLIT = 0x54494C53 };
    const struct sim_faults *faults = &sim_machine->faults;
    uint8_t built[8192] = {0};
    UINT used = 0;
    if (provider == 0x52534D42) // SMBIOS is the real system's
        return GetSystemFirmwareTable(provider, table, buffer, bytes);
    if (provider == 0x41435049 && table == SRAT && !faults->no_firmware_tables)
        used = build_srat(built);
    if (provider == 0x41435049 && table == SLIT && !faults->no_firmware_tables &&
        !faults->no_distances)
        used = build_slit(built);
    if (used == 0)
        SetLastError(ERROR_INVALID_FUNCTION);
    if (bytes >= used)
        memcpy(buffer, built, used);
    return used;
}

// learn: MEMORYSTATUSEX: what is available is the sum of the standby, free and zero lists.
static BOOL WINAPI memory_status(MEMORYSTATUSEX *status) {
    CHECK(status->dwLength == sizeof *status);
    *status = (MEMORYSTATUSEX){.dwLength = sizeof *status};
    for (size_t i = 0; i < sim_hardware->part_count; i++)
        status->ullAvailPhys += part_bytes(&sim_hardware->parts[i]);
    status->ullTotalPhys = status->ullAvailPageFile = status->ullAvailPhys;
    return TRUE;
}

static uint64_t group_mask(uint32_t group) {
    uint32_t cpus = sim_hardware->group_cpus[group];
    return cpus == 64 ? WHOLE : (UINT64_C(1) << cpus) - 1;
}

// learn: GetProcessAffinityMask: both masks 0 for a process with threads in several groups.
BOOL WINAPI sim_process_mask(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system_mask) {
    (void)process;
    *mask = *system_mask = group_count() > 1 ? 0 : (DWORD_PTR)group_mask(0);
    return TRUE;
}

// learn: QueryInformationJobObject: NULL is the job of the calling process;
// JobObjectGroupInformationEx gives one GROUP_AFFINITY for each group that the job has CPUs of.
static BOOL WINAPI job_information(HANDLE job, JOBOBJECTINFOCLASS kind, void *value, DWORD bytes,
                                   DWORD *used) {
    GROUP_AFFINITY *masks = value;
    const uint64_t *of_job = sim_machine->faults.job_masks;
    CHECK(!job && kind == JobObjectGroupInformationEx && bytes >= 2 * sizeof *masks);
    *used = 0;
    for (WORD group = 0; group < COUNT_OF(sim_machine->faults.job_masks); group++) {
        if (!of_job[group])
            continue;
        masks[*used / sizeof *masks] =
            (GROUP_AFFINITY){.Mask = (KAFFINITY)of_job[group], .Group = group};
        *used += sizeof *masks;
    }
    if (!*used)
        SetLastError(ERROR_ACCESS_DENIED);
    return *used > 0;
}

// learn: SYSTEM_CPU_SET_INFORMATION. Sets are numbered from 256, one a CPU, over all groups.
struct cpu_set {
    DWORD size_bytes, type, id;
    WORD group;
    BYTE number, core, cache, node, efficiency_class, flags;
    DWORD reserved;
    DWORD64 tag;
};
_Static_assert(sizeof(struct cpu_set) == 32, "SYSTEM_CPU_SET_INFORMATION");
enum { FIRST_CPU_SET = 256 };

// learn: GetSystemCpuSetInformation: too small a buffer fails and tells the size.
static BOOL WINAPI cpu_sets(struct cpu_set *sets, ULONG bytes, ULONG *used, HANDLE process,
                            ULONG flags) {
    (void)process, (void)flags;
    *used = cpu_count(ALL_PROCESSOR_GROUPS) * (ULONG)sizeof *sets;
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    if (bytes < *used)
        return FALSE;
    DWORD id = FIRST_CPU_SET;
    for (WORD group = 0; group < group_count(); group++)
        for (uint32_t number = 0; number < sim_hardware->group_cpus[group]; number++, sets++, id++)
            *sets = (struct cpu_set){
                .size_bytes = sizeof *sets, .id = id, .group = group, .number = (BYTE)number};
    return TRUE;
}

// learn: GetProcessDefaultCpuSets: a count of 0 where none were set.
static BOOL WINAPI default_sets(HANDLE process, ULONG *ids, ULONG room, ULONG *count) {
    (void)process;
    DWORD id = FIRST_CPU_SET;
    *count = 0;
    for (WORD group = 0; group < group_count(); group++)
        for (uint32_t number = 0; number < sim_hardware->group_cpus[group]; number++, id++)
            if (group < COUNT_OF(sim_machine->faults.set_masks) &&
                sim_machine->faults.set_masks[group] >> number & 1 && (*count)++ < room)
                ids[*count - 1] = id;
    return *count <= room;
}

// ---- GetLogicalProcessorInformationEx, for hwloc ------------------------------------------------

// Own structures after the documented x64 layouts (learn: SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX,
// PROCESSOR_RELATIONSHIP, NUMA_NODE_RELATIONSHIP, GROUP_RELATIONSHIP), because mingw-w64 10 has
// NUMA_NODE_RELATIONSHIP without GroupCount and GroupMasks.
struct relation {
    DWORD kind;
    DWORD size_bytes;
    union {
        struct {
            BYTE flags, efficiency_class, reserved[20];
            WORD group_count;
            GROUP_AFFINITY masks[1];
        } core;
        struct {
            DWORD number;
            BYTE reserved[18];
            WORD group_count;
            GROUP_AFFINITY masks[SIM_PARTS];
        } node;
        struct {
            WORD maximum_count, active_count;
            BYTE reserved[20];
            struct {
                BYTE maximum_cpus, active_cpus, reserved[38];
                KAFFINITY mask;
            } groups[SIM_GROUPS];
        } group;
    } as;
};
_Static_assert(offsetof(struct relation, as.core.masks) == 32, "PROCESSOR_RELATIONSHIP");
_Static_assert(offsetof(struct relation, as.node.masks) == 32, "NUMA_NODE_RELATIONSHIP");
_Static_assert(offsetof(struct relation, as.group.groups) == 32, "GROUP_RELATIONSHIP");
_Static_assert(sizeof(GROUP_AFFINITY) == 16, "GROUP_AFFINITY");

// The caller's buffer; what does not fit is only counted.
struct relation_list {
    char *buffer;
    DWORD room_bytes, used_bytes;
};

static void add_relation(struct relation_list *list, struct relation *relation, DWORD kind,
                         size_t size_bytes) {
    relation->kind = kind;
    relation->size_bytes = (DWORD)size_bytes;
    if (list->buffer && list->used_bytes + size_bytes <= list->room_bytes)
        memcpy(list->buffer + list->used_bytes, relation, size_bytes);
    list->used_bytes += (DWORD)size_bytes;
}

// learn: PROCESSOR_RELATIONSHIP: EfficiencyClass is the higher, the faster; 0 where all are alike.
static bool is_fast(uint32_t group, uint32_t number) {
    return sim_hardware->slow_cpus && (group || !(sim_hardware->slow_cpus >> number & 1));
}

static void add_cores(struct relation_list *list) {
    for (WORD group = 0; group < group_count(); group++)
        for (uint32_t number = 0; number < sim_hardware->group_cpus[group]; number++) {
            struct relation core = {.as.core.group_count = 1};
            core.as.core.efficiency_class = is_fast(group, number);
            core.as.core.masks[0].Mask = (KAFFINITY)1 << number;
            core.as.core.masks[0].Group = group;
            add_relation(list, &core, RelationProcessorCore, 32 + sizeof(GROUP_AFFINITY));
        }
}

// learn: NUMA Support, "Behavior starting with Windows 10 Build 20348"; opendcdiag pull request
// 711: RelationAll answers with GroupCount and all masks; before, GroupCount was reserved and 0.
static void add_nodes(struct relation_list *list) {
    for (uint32_t number = 0; number <= sim_hardware->highest_node; number++) {
        struct relation node = {.as.node.number = number};
        WORD masks = 0;
        for (size_t i = 0; i < sim_hardware->part_count; i++) {
            if (sim_hardware->parts[i].node != number || sim_part_is_hidden(sim_machine, i))
                continue;
            node.as.node.masks[masks].Mask = (KAFFINITY)sim_hardware->parts[i].cpu_mask;
            node.as.node.masks[masks++].Group = (WORD)sim_hardware->parts[i].group;
        }
        node.as.node.group_count = sim_machine->faults.primary_group_only ? 0 : masks;
        if (masks)
            add_relation(list, &node, RelationNumaNode, 32 + masks * sizeof(GROUP_AFFINITY));
    }
}

static void add_groups(struct relation_list *list) {
    WORD count = group_count();
    struct relation groups = {
        .as.group = {.maximum_count = count, .active_count = count}
    };
    for (WORD group = 0; group < count; group++) {
        groups.as.group.groups[group].maximum_cpus = (BYTE)sim_hardware->group_cpus[group];
        groups.as.group.groups[group].active_cpus = (BYTE)sim_hardware->group_cpus[group];
        groups.as.group.groups[group].mask = (KAFFINITY)group_mask(group);
    }
    add_relation(list, &groups, RelationGroup, 32 + count * sizeof groups.as.group.groups[0]);
}

// learn: GetLogicalProcessorInformationEx: too small a buffer fails and tells the size.
static BOOL WINAPI relations(int kind, void *buffer, DWORD *bytes) {
    struct relation_list list = {.buffer = buffer, .room_bytes = *bytes};
    if (kind == RelationAll || kind == RelationProcessorCore)
        add_cores(&list);
    if (kind == RelationAll || kind == RelationNumaNode)
        add_nodes(&list);
    if (kind == RelationAll || kind == RelationGroup)
        add_groups(&list);
    *bytes = list.used_bytes;
    if (buffer && list.used_bytes <= list.room_bytes)
        return TRUE;
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return FALSE;
}

// ---- threads ------------------------------------------------------------------------------------

// Where each thread was set to; a thread that is not in here may run anywhere in group 0.
enum { THREADS_MAX = 4096 };
static struct {
    DWORD id;
    GROUP_AFFINITY affinity;
} thread_table[THREADS_MAX];
static size_t thread_count;
static GROUP_AFFINITY last_pinned;
static SRWLOCK lock = SRWLOCK_INIT;

static GROUP_AFFINITY find_affinity(DWORD id) {
    GROUP_AFFINITY affinity = {.Mask = (KAFFINITY)group_mask(0)};
    AcquireSRWLockShared(&lock);
    for (size_t i = 0; i < thread_count; i++)
        if (thread_table[i].id == id)
            affinity = thread_table[i].affinity;
    ReleaseSRWLockShared(&lock);
    return affinity;
}

// Thread numbers come again, so an older entry of the same number is overwritten.
static void keep_affinity(DWORD id, GROUP_AFFINITY affinity) {
    AcquireSRWLockExclusive(&lock);
    size_t place = 0;
    while (place < thread_count && thread_table[place].id != id)
        place++;
    CHECK(place < THREADS_MAX);
    thread_table[place].id = id;
    thread_table[place].affinity = affinity;
    last_pinned = affinity;
    if (place == thread_count)
        thread_count++;
    ReleaseSRWLockExclusive(&lock);
}

// learn: SetThreadGroupAffinity, GROUP_AFFINITY: the group must exist, the mask must name CPUs of
// it and at least one, Reserved must be 0.
BOOL WINAPI sim_set_affinity(HANDLE thread, const GROUP_AFFINITY *wanted, GROUP_AFFINITY *before) {
    bool reserved = wanted->Reserved[0] || wanted->Reserved[1] || wanted->Reserved[2];
    if (reserved || wanted->Group >= group_count() || !wanted->Mask ||
        (wanted->Mask & ~group_mask(wanted->Group))) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    DWORD id = GetThreadId(thread);
    if (before)
        *before = find_affinity(id);
    keep_affinity(id, *wanted);
    return TRUE;
}

static BOOL WINAPI get_affinity(HANDLE thread, GROUP_AFFINITY *affinity) {
    *affinity = find_affinity(GetThreadId(thread));
    return TRUE;
}

// learn: GetCurrentProcessorNumberEx. A thread that may use several CPUs is on the lowest.
void WINAPI sim_current_cpu(PROCESSOR_NUMBER *cpu) {
    GROUP_AFFINITY affinity = find_affinity(GetCurrentThreadId());
    *cpu = (PROCESSOR_NUMBER){.Group = affinity.Group};
    while (!((uint64_t)affinity.Mask >> cpu->Number & 1))
        cpu->Number++;
}

static DWORD WINAPI current_number(void) {
    PROCESSOR_NUMBER cpu;
    sim_current_cpu(&cpu);
    return cpu.Number;
}

// learn: QueryThreadCycleTime. Three cycles a nanosecond, of which another program may take a part.
static BOOL WINAPI thread_cycles(HANDLE thread, ULONG64 *cycles) {
    (void)thread;
    *cycles = os_clock_ns() * 3 / 100 * (100 - sim_machine->faults.cpu_taken_percent);
    return TRUE;
}

// winternl.h, SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION; the group is what the query asks for. Each
// CPU spends 1 ms in interrupts and 2 ms in DPCs between two questions.
static LONG WINAPI system_information(int kind, void *query, ULONG query_bytes, void *buffer,
                                      ULONG bytes, ULONG *used) {
    static LONGLONG milliseconds;
    USHORT group = *(const USHORT *)query;
    CHECK(kind == 8 && query_bytes == sizeof group);
    if (group >= group_count())
        return (LONG)0xC000000D; // STATUS_INVALID_PARAMETER
    *used = sim_hardware->group_cpus[group] * 48;
    if (bytes < *used)
        return (LONG)0xC0000004; // STATUS_INFO_LENGTH_MISMATCH
    memset(buffer, 0, *used);
    milliseconds++;
    for (uint32_t cpu = 0; cpu < sim_hardware->group_cpus[group]; cpu++) {
        LONGLONG *times = (LONGLONG *)((char *)buffer + cpu * 48);
        times[3] = 2 * milliseconds * 10000;
        times[4] = milliseconds * 10000;
    }
    return 0;
}

uint32_t sim_node_of_last_pinned(void) {
    uint32_t number = 0;
    while (number < 63 && !((uint64_t)last_pinned.Mask >> number & 1))
        number++;
    return sim_node_of_cpu(sim_machine, last_pinned.Group * 64U + number);
}

void sim_forget_threads(void) {
    last_pinned = (GROUP_AFFINITY){.Mask = 1};
    thread_count = 0;
}

// clang-format off
const struct sim_answer sim_processor_answers[] = {
    SIM_ANSWER("GetActiveProcessorGroupCount", group_count),
    SIM_ANSWER("GetActiveProcessorCount", cpu_count),
    SIM_ANSWER("GetNumaHighestNodeNumber", highest_node),
    SIM_ANSWER("GetNumaProcessorNodeEx", node_of_cpu),
    SIM_ANSWER("GetNumaNodeProcessorMask2", node_masks),
    SIM_ANSWER("GetNumaAvailableMemoryNodeEx", node_memory),
    SIM_ANSWER("GetNumaProximityNodeEx", node_of_domain),
    SIM_ANSWER("GetSystemFirmwareTable", firmware_table),
    SIM_ANSWER("GlobalMemoryStatusEx", memory_status),
    SIM_ANSWER("GetProcessAffinityMask", sim_process_mask),
    SIM_ANSWER("QueryInformationJobObject", job_information),
    SIM_ANSWER("GetProcessDefaultCpuSets", default_sets),
    SIM_ANSWER("GetSystemCpuSetInformation", cpu_sets),
    SIM_ANSWER("GetLogicalProcessorInformationEx", relations),
    SIM_ANSWER("SetThreadGroupAffinity", sim_set_affinity),
    SIM_ANSWER("GetThreadGroupAffinity", get_affinity),
    SIM_ANSWER("GetCurrentProcessorNumberEx", sim_current_cpu),
    SIM_ANSWER("GetCurrentProcessorNumber", current_number),
    SIM_ANSWER("QueryThreadCycleTime", thread_cycles),
    SIM_ANSWER("NtQuerySystemInformationEx", system_information),
    SIM_ANSWER("GetLogicalProcessorInformation", NULL),
    SIM_ANSWER("GetNumaAvailableMemoryNode", NULL),
    SIM_ANSWER("GetNumaProcessorNode", NULL),
    SIM_ANSWER("GetNumaNodeProcessorMaskEx", NULL),
    SIM_ANSWER("wine_get_version", NULL),
    {NULL, NULL},
};
// clang-format on
