// SPDX-License-Identifier: Apache-2.0
// The simulated machines and the calls that answer for them. "learn: X" is the page X of
// Microsoft's documentation, the source of the rule that the fake beside it follows.
#define WIN32_LEAN_AND_MEAN
#include "windows_sim/sim.h"

#include "os/os.h"

#include <windows.h>

#include <psapi.h>
#include <string.h>

// ---- the machines ----------------------------------------------------------------------------

#define LOW_HALF  UINT64_C(0x00000000ffffffff)
#define HIGH_HALF UINT64_C(0xffffffff00000000)
#define WHOLE     UINT64_MAX

// clang-format off
static const struct sim_hardware four_nodes = {
    .group_cpus = {64, 64},
    .highest_node = 3,
    .part_count = 4,
    .parts = {{0, 0, LOW_HALF,  1 * GIB},
              {1, 0, HIGH_HALF, 2 * GIB},
              {2, 1, LOW_HALF,  3 * GIB},
              {3, 1, HIGH_HALF, 4 * GIB}},
};
static const struct sim_hardware two_nodes = {
    .group_cpus = {16},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, 0x00ff, 1 * GIB},
              {1, 0, 0xff00, 1 * GIB}},
};
static const struct sim_hardware one_wide_node = {
    .group_cpus = {64, 64},
    .highest_node = 0,
    .part_count = 2,
    .parts = {{0, 0, WHOLE, 1 * GIB},
              {0, 1, WHOLE, 1 * GIB}},
};
// Two processors of 16 CPUs, cut into groups of 20 and 12: group 0 has CPUs of both nodes, node 1
// has CPUs in both groups, and there are no CPUs 20 to 63.
static const struct sim_hardware uneven_groups = {
    .group_cpus = {20, 12},
    .highest_node = 1,
    .part_count = 3,
    .parts = {{0, 0, 0x0ffff, 1 * GIB},
              {1, 0, 0xf0000, 1 * GIB},
              {1, 1, 0x00fff, 1 * GIB}},
};
static const struct sim_hardware sparse_nodes = {
    .group_cpus = {16},
    .highest_node = 2,
    .part_count = 2,
    .parts = {{0, 0, 0x00ff, 1 * GIB},
              {2, 0, 0xff00, 1 * GIB}},
};
static const struct sim_hardware memory_only_node = {
    .group_cpus = {8},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, 0xff, 1 * GIB},
              {1, 0, 0x00, 8 * GIB}},
};
static const struct sim_hardware node_without_memory = {
    .group_cpus = {8},
    .highest_node = 1,
    .part_count = 2,
    .parts = {{0, 0, 0x0f, 1 * GIB},
              {1, 0, 0xf0, 0}},
};
static const struct sim_hardware node_seventy = {
    .group_cpus = {8},
    .highest_node = 70,
    .part_count = 2,
    .parts = {{0,  0, 0x0f, 1 * GIB},
              {70, 0, 0xf0, 1 * GIB}},
};

const struct sim_machine sim_machines[] = {
    {"four-nodes",             &four_nodes,          {0}},
    {"four-nodes-before-2022", &four_nodes,          {.primary_group_only = true}},
    {"node-over-two-groups",   &one_wide_node,       {0}},
    {"hidden-group",           &one_wide_node,       {.primary_group_only = true}},
    {"uneven-groups",          &uneven_groups,       {0}},
    {"sparse-nodes",           &sparse_nodes,        {0}},
    {"memory-only-node",       &memory_only_node,    {0}},
    {"node-without-memory",    &node_without_memory, {0}},
    {"wrong-cpu",              &two_nodes,           {.lies = true, .lying_cpu = 5, .lie_node = 1}},
    {"stray-pages",            &four_nodes,          {.stray_every = 4, .stray_node = 0}},
    {"absent-pages",           &four_nodes,          {.absent_every = 8}},
    {"lock-pages-denied",      &two_nodes,           {.lacks_lock_pages_right = true}},
    {"large-pages-refused",    &two_nodes,           {.lacks_large_pages = true}},
    {"no-page-query",          &two_nodes,           {.lacks_page_query = true}},
    {"page-query-fails",       &two_nodes,           {.page_query_error = ERROR_GEN_FAILURE}},
    {"node-seventy",           &node_seventy,        {0}},
    {NULL, NULL, {0}},
};
// clang-format on

static const struct sim_machine *machine; // the selected one, and what it is made of
static const struct sim_hardware *hardware;

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

// Before build 20348 the masks of a node name its first part only.
static bool part_is_hidden(const struct sim_machine *of, size_t part) {
    for (size_t i = 0; i < part; i++)
        if (of->faults.primary_group_only &&
            of->hardware->parts[i].node == of->hardware->parts[part].node)
            return true;
    return false;
}

size_t sim_disagreeing_cpus(const struct sim_machine *of) {
    size_t count = of->faults.lies ? 1 : 0;
    for (size_t i = 0; i < of->hardware->part_count; i++)
        for (uint64_t mask = of->hardware->parts[i].cpu_mask; part_is_hidden(of, i) && mask;
             mask &= mask - 1)
            count++;
    return count;
}

// ---- groups, nodes and CPUs ------------------------------------------------------------------

// learn: GetActiveProcessorGroupCount
static WORD WINAPI group_count(void) {
    WORD count = 0;
    while (count < SIM_GROUPS && hardware->group_cpus[count])
        count++;
    return count;
}

// learn: GetActiveProcessorCount: ALL_PROCESSOR_GROUPS is the sum; 0 is a failure.
static DWORD WINAPI cpu_count(WORD group) {
    if (group < SIM_GROUPS)
        return hardware->group_cpus[group];
    DWORD sum = 0;
    for (uint32_t i = 0; group == ALL_PROCESSOR_GROUPS && i < SIM_GROUPS; i++)
        sum += hardware->group_cpus[i];
    return sum;
}

// learn: GetNumaHighestNodeNumber: a number and not a count.
static BOOL WINAPI highest_node(ULONG *node) {
    *node = hardware->highest_node;
    return TRUE;
}

// learn: GetNumaProcessorNodeEx: MAXUSHORT and failure for a processor that does not exist.
static BOOL WINAPI node_of_cpu(PROCESSOR_NUMBER *cpu, USHORT *node) {
    uint32_t number = cpu->Group * 64U + cpu->Number;
    uint32_t found = sim_node_of_cpu(machine, number);
    if (found != NONE_U32 && machine->faults.lies && number == machine->faults.lying_cpu)
        found = machine->faults.lie_node;
    *node = (USHORT)found;
    if (found == NONE_U32)
        SetLastError(ERROR_INVALID_PARAMETER);
    return found != NONE_U32;
}

// learn: GetNumaAvailableMemoryNodeEx. The page says nothing of numbers without a node; ReactOS
// (dll/win32/kernel32/client/sysinfo.c) fails above the highest and answers 0 in a gap.
static BOOL WINAPI node_memory(USHORT node, ULONGLONG *bytes) {
    *bytes = 0;
    for (size_t i = 0; i < hardware->part_count; i++)
        if (hardware->parts[i].node == node)
            *bytes += hardware->parts[i].free_bytes;
    if (node > hardware->highest_node)
        SetLastError(ERROR_INVALID_PARAMETER);
    return node <= hardware->highest_node;
}

static uint64_t group_mask(uint32_t group) {
    uint32_t cpus = hardware->group_cpus[group];
    return cpus == 64 ? WHOLE : (UINT64_C(1) << cpus) - 1;
}

// learn: GetProcessAffinityMask: both masks 0 for a process with threads in several groups.
BOOL WINAPI sim_process_mask(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system_mask);
BOOL WINAPI sim_process_mask(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system_mask) {
    (void)process;
    *mask = *system_mask = group_count() > 1 ? 0 : (DWORD_PTR)group_mask(0);
    return TRUE;
}

// ---- GetLogicalProcessorInformationEx, for hwloc ---------------------------------------------

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

static void add_cores(struct relation_list *list) {
    for (WORD group = 0; group < group_count(); group++)
        for (uint32_t number = 0; number < hardware->group_cpus[group]; number++) {
            struct relation core = {.as.core.group_count = 1};
            core.as.core.masks[0].Mask = (KAFFINITY)1 << number;
            core.as.core.masks[0].Group = group;
            add_relation(list, &core, RelationProcessorCore, 32 + sizeof(GROUP_AFFINITY));
        }
}

// learn: NUMA Support, "Behavior starting with Windows 10 Build 20348"; opendcdiag pull request
// 711: RelationAll answers with GroupCount and all masks; before, GroupCount was reserved and 0.
static void add_nodes(struct relation_list *list) {
    for (uint32_t number = 0; number <= hardware->highest_node; number++) {
        struct relation node = {.as.node.number = number};
        WORD masks = 0;
        for (size_t i = 0; i < hardware->part_count; i++) {
            if (hardware->parts[i].node != number || part_is_hidden(machine, i))
                continue;
            node.as.node.masks[masks].Mask = (KAFFINITY)hardware->parts[i].cpu_mask;
            node.as.node.masks[masks++].Group = (WORD)hardware->parts[i].group;
        }
        node.as.node.group_count = machine->faults.primary_group_only ? 0 : masks;
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
        groups.as.group.groups[group].maximum_cpus = (BYTE)hardware->group_cpus[group];
        groups.as.group.groups[group].active_cpus = (BYTE)hardware->group_cpus[group];
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

// ---- threads ---------------------------------------------------------------------------------

// Where each thread was set to; a thread that is not in here may run anywhere in group 0.
enum { THREADS_MAX = 512 };
static struct {
    DWORD id;
    GROUP_AFFINITY affinity;
} thread_table[THREADS_MAX];
static size_t thread_count;
static SRWLOCK lock = SRWLOCK_INIT; // for the threads and for the regions below

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
    if (place == thread_count)
        thread_count++;
    ReleaseSRWLockExclusive(&lock);
}

// learn: SetThreadGroupAffinity, GROUP_AFFINITY: the group must exist, the mask must name CPUs of
// it and at least one, Reserved must be 0.
BOOL WINAPI sim_set_affinity(HANDLE thread, const GROUP_AFFINITY *wanted, GROUP_AFFINITY *before);
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
void WINAPI sim_current_cpu(PROCESSOR_NUMBER *cpu);
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

// ---- memory: the pages are real, their node is simulated -------------------------------------

#define LARGE_BYTES (2 * MIB)

enum { REGIONS_MAX = 256 };
static struct region {
    char *reserved; // what the system gave
    char *base;     // what the caller got
    uint64_t size_bytes;
    uint32_t node;
    bool large;
} regions[REGIONS_MAX];
static size_t region_count;
static bool lock_pages_enabled;

static SIZE_T WINAPI large_page_minimum(void) {
    return LARGE_BYTES;
}

// learn: AdjustTokenPrivileges: succeeds without the right too, and only GetLastError tells.
static BOOL WINAPI adjust_privileges(HANDLE token, BOOL disable_all, TOKEN_PRIVILEGES *wanted,
                                     DWORD before_bytes, TOKEN_PRIVILEGES *before,
                                     DWORD *needed_bytes) {
    (void)token, (void)disable_all, (void)before_bytes, (void)before, (void)needed_bytes;
    CHECK(wanted->PrivilegeCount == 1 && wanted->Privileges[0].Attributes == SE_PRIVILEGE_ENABLED);
    lock_pages_enabled = !machine->faults.lacks_lock_pages_right;
    SetLastError(lock_pages_enabled ? ERROR_SUCCESS : ERROR_NOT_ALL_ASSIGNED);
    return TRUE;
}

// learn: Large-Page Support: reserve and commit in one call, whole large pages, and the privilege
// enabled. The real pages are ordinary ones at an aligned address.
static DWORD map_large(struct region *region, DWORD type) {
    if (!(type & MEM_RESERVE) || !(type & MEM_COMMIT) || region->size_bytes % LARGE_BYTES)
        return ERROR_INVALID_PARAMETER;
    if (!lock_pages_enabled)
        return ERROR_PRIVILEGE_NOT_HELD;
    if (machine->faults.lacks_large_pages)
        return ERROR_NO_SYSTEM_RESOURCES;
    region->reserved =
        VirtualAlloc(NULL, region->size_bytes + LARGE_BYTES, MEM_RESERVE, PAGE_READWRITE);
    CHECK(region->reserved);
    region->base = region->reserved + (LARGE_BYTES - (uintptr_t)region->reserved % LARGE_BYTES);
    void *committed = VirtualAlloc(region->base, region->size_bytes, MEM_COMMIT, PAGE_READWRITE);
    CHECK(committed);
    return ERROR_SUCCESS;
}

static DWORD map_ordinary(struct region *region, void *base, DWORD type, DWORD protection) {
    region->reserved = region->base = VirtualAlloc(base, region->size_bytes, type, protection);
    return region->base ? ERROR_SUCCESS : GetLastError();
}

// learn: VirtualAllocExNuma: the node counts for new address space and is ignored for pages that
// are committed in a region that already exists; success says nothing about where pages will be.
static void *WINAPI allocate(HANDLE process, void *base, SIZE_T bytes, DWORD type, DWORD protection,
                             DWORD node) {
    (void)process;
    if (base && !(type & MEM_RESERVE))
        return VirtualAlloc(base, bytes, type, protection);
    struct region region = {.size_bytes = bytes, .node = node, .large = type & MEM_LARGE_PAGES};
    DWORD error = ERROR_INVALID_PARAMETER;
    if (node <= hardware->highest_node)
        error =
            region.large ? map_large(&region, type) : map_ordinary(&region, base, type, protection);
    if (error) {
        SetLastError(error);
        return NULL;
    }
    AcquireSRWLockExclusive(&lock);
    CHECK(region_count < REGIONS_MAX);
    regions[region_count++] = region;
    ReleaseSRWLockExclusive(&lock);
    return region.base;
}

// learn: VirtualFreeEx
static BOOL WINAPI release(HANDLE process, void *base, SIZE_T bytes, DWORD type) {
    (void)process;
    char *reserved = base;
    AcquireSRWLockExclusive(&lock);
    for (size_t i = 0; type == MEM_RELEASE && i < region_count; i++) {
        if (regions[i].base != base && regions[i].reserved != base)
            continue;
        reserved = regions[i].reserved;
        regions[i] = regions[--region_count];
        break;
    }
    ReleaseSRWLockExclusive(&lock);
    return VirtualFree(reserved, bytes, type);
}

static const struct region *find_region(const char *address) {
    for (size_t i = 0; i < region_count; i++)
        if (address >= regions[i].base && address < regions[i].base + regions[i].size_bytes)
            return &regions[i];
    return NULL;
}

static bool is_each(uint32_t every, uint64_t page) {
    return every != 0 && page % every == 0;
}

// learn: PSAPI_WORKING_SET_EX_BLOCK: without Valid the other members mean nothing, so they are
// filled with what would mislead; Node has 6 bits, so a higher number comes out folded.
static void describe_page(PSAPI_WORKING_SET_EX_INFORMATION *page) {
    const struct region *region = find_region(page->VirtualAddress);
    uint64_t number = (uintptr_t)page->VirtualAddress / 4096;
    bool large = region && region->large;
    uint32_t node = region ? region->node : 0;
    if (region && is_each(machine->faults.stray_every, number))
        node = machine->faults.stray_node;
    bool valid = page->VirtualAttributes.Valid || large;
    page->VirtualAttributes.Valid = valid && !is_each(machine->faults.absent_every, number);
    page->VirtualAttributes.Node = (page->VirtualAttributes.Valid ? node : 1) & 63;
    page->VirtualAttributes.LargePage = large || !page->VirtualAttributes.Valid;
}

// learn: QueryWorkingSetEx. Whether a page is there, the real system knows.
static BOOL WINAPI query_pages(HANDLE process, void *list, DWORD bytes) {
    if (machine->faults.page_query_error) {
        SetLastError(machine->faults.page_query_error);
        return FALSE;
    }
    if (!K32QueryWorkingSetEx(process, list, bytes))
        return FALSE;
    PSAPI_WORKING_SET_EX_INFORMATION *pages = list;
    AcquireSRWLockShared(&lock);
    for (size_t i = 0; i < bytes / sizeof *pages; i++)
        describe_page(&pages[i]);
    ReleaseSRWLockShared(&lock);
    return TRUE;
}

// ---- which call is answered by what ----------------------------------------------------------

// clang-format off
#define ANSWER(call, fake) {call, (sim_address)(fake)}
// clang-format on

static const struct {
    const char *call;
    sim_address address; // NULL: the call is hidden, because the real answer would shine through
} answers[] = {
    ANSWER("GetActiveProcessorGroupCount", group_count),
    ANSWER("GetActiveProcessorCount", cpu_count),
    ANSWER("GetNumaHighestNodeNumber", highest_node),
    ANSWER("GetNumaProcessorNodeEx", node_of_cpu),
    ANSWER("GetNumaAvailableMemoryNodeEx", node_memory),
    ANSWER("GetProcessAffinityMask", sim_process_mask),
    ANSWER("GetLogicalProcessorInformationEx", relations),
    ANSWER("SetThreadGroupAffinity", sim_set_affinity),
    ANSWER("GetThreadGroupAffinity", get_affinity),
    ANSWER("GetCurrentProcessorNumberEx", sim_current_cpu),
    ANSWER("GetCurrentProcessorNumber", current_number),
    ANSWER("VirtualAllocExNuma", allocate),
    ANSWER("VirtualFreeEx", release),
    ANSWER("GetLargePageMinimum", large_page_minimum),
    ANSWER("K32QueryWorkingSetEx", query_pages),
    ANSWER("AdjustTokenPrivileges", adjust_privileges),
    ANSWER("QueryWorkingSetEx", NULL),
    ANSWER("GetLogicalProcessorInformation", NULL),
    ANSWER("GetNumaAvailableMemoryNode", NULL),
    ANSWER("GetNumaProcessorNode", NULL),
    ANSWER("GetNumaNodeProcessorMask2", NULL),
    ANSWER("GetNumaNodeProcessorMaskEx", NULL),
    ANSWER("wine_get_version", NULL),
};

bool sim_answers(const char *call, sim_address *address) {
    if (!machine)
        return false;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        if (strcmp(answers[i].call, call) != 0)
            continue;
        bool lacking =
            machine->faults.lacks_page_query && strcmp(call, "K32QueryWorkingSetEx") == 0;
        *address = lacking ? NULL : answers[i].address;
        return true;
    }
    return false;
}

void sim_select(const char *name) {
    machine = NULL;
    for (const struct sim_machine *each = sim_machines; name && each->name; each++)
        if (strcmp(each->name, name) == 0)
            machine = each;
    CHECK(!name || machine);
    hardware = machine ? machine->hardware : NULL;
    thread_count = 0;
    region_count = 0;
    lock_pages_enabled = false;
    os_start();
}

const struct sim_machine *sim_selected(void) {
    return machine;
}
