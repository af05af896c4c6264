// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: CPUs over all processor groups, and their nodes.
#include "base/units.h"
#include "os/win32.h"

#include <stdio.h>
#include <string.h>

const char *const os_node_of_cpu_source = "GetNumaProcessorNodeEx";
const char *const os_current_place_source = "GetNumaNodeProcessorMask2";

enum { NO_NODE = 0xFFFF }; // MAXUSHORT, which mingw-w64 does not define

// ---- nodes and CPUs -----------------------------------------------------------------------------

// learn: GetNumaHighestNodeNumber: "the number is not guaranteed to equal the total number of
// nodes in the system".
bool win32_highest_node(uint32_t *node, struct error *error) {
    if (!win32_calls.GetNumaHighestNodeNumber)
        return win32_absent(error, "GetNumaHighestNodeNumber");
    ULONG highest = 0;
    if (!win32_calls.GetNumaHighestNodeNumber(&highest))
        return win32_failed(error, "GetNumaHighestNodeNumber", GetLastError());
    *node = highest;
    return true;
}

// learn: GetActiveProcessorCount: the active processors of one group, numbered from 0. Not
// GetSystemInfo, which sees the group of the calling thread only.
bool os_cpus_online(struct id_set *cpus, struct error *error) {
    *cpus = (struct id_set){0};
    if (!win32_calls.GetActiveProcessorGroupCount)
        return win32_absent(error, "GetActiveProcessorGroupCount");
    if (!win32_calls.GetActiveProcessorCount)
        return win32_absent(error, "GetActiveProcessorCount");
    WORD groups = win32_calls.GetActiveProcessorGroupCount();
    if (groups == 0)
        return win32_failed(error, "GetActiveProcessorGroupCount", GetLastError());
    for (WORD group = 0; group < groups; group++) {
        DWORD count = win32_calls.GetActiveProcessorCount(group);
        for (uint32_t number = 0; number < count; number++)
            id_set_add(cpus, group * (uint32_t)WIN32_CPUS_PER_GROUP + number);
    }
    return true;
}

// A number of 64 and more would be a CPU of another group.
bool os_cpu_parse(const char *text, uint32_t *cpu, struct error *error) {
    const char *colon = strchr(text, ':');
    uint64_t group = 0, number, most = colon ? WIN32_CPUS_PER_GROUP - 1 : ID_SET_MAX;
    char before[16] = "0";
    if (colon)
        snprintf(before, sizeof before, "%.*s", (int)(colon - text), text);
    if (!units_parse_count(before, 0, WIN32_GROUPS_MAX - 1, &group, error) ||
        !units_parse_count(colon ? colon + 1 : text, 0, most, &number, error))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.40s' is no CPU: give its number, or GROUP:NUMBER with a number below "
                         "%d, such as 1:5 (numaprobe topo)",
                         text, WIN32_CPUS_PER_GROUP);
    *cpu = (uint32_t)(group * WIN32_CPUS_PER_GROUP + number);
    return true;
}

char *os_cpu_name(uint32_t cpu, char text[OS_CPU_NAME_BYTES]) {
    bool several =
        win32_calls.GetActiveProcessorGroupCount && win32_calls.GetActiveProcessorGroupCount() > 1;
    if (several)
        snprintf(text, OS_CPU_NAME_BYTES, "%u (%u:%u)", cpu, cpu / WIN32_CPUS_PER_GROUP,
                 cpu % WIN32_CPUS_PER_GROUP);
    else
        snprintf(text, OS_CPU_NAME_BYTES, "%u", cpu);
    return text;
}

// learn: GetNumaProcessorNodeEx. One CPU at a time and never by node masks: since build 20348
// those name the node's primary group only (learn: NUMA Support). MAXUSHORT, with or without
// ERROR_INVALID_PARAMETER, is the system's word for a processor without a node; it is set before,
// so that a stub which answers nothing cannot be read as node 0.
bool os_node_of_cpu(uint32_t cpu, uint32_t *node, struct error *error) {
    if (!win32_calls.GetNumaProcessorNodeEx)
        return win32_absent(error, "GetNumaProcessorNodeEx");
    PROCESSOR_NUMBER place = {.Group = (WORD)(cpu / WIN32_CPUS_PER_GROUP),
                              .Number = (BYTE)(cpu % WIN32_CPUS_PER_GROUP)};
    USHORT answer = NO_NODE;
    if (!win32_calls.GetNumaProcessorNodeEx(&place, &answer)) {
        DWORD number = GetLastError();
        if (number != ERROR_INVALID_PARAMETER)
            return win32_failed(error, "GetNumaProcessorNodeEx", number);
    }
    *node = answer == NO_NODE ? NONE_U32 : answer;
    return true;
}

// hwloc's Windows part asks nothing that it cannot do without.
bool os_topology_readable(struct error *error) {
    (void)error;
    return true;
}

bool os_cpus_of_node(uint32_t node, struct id_set *cpus, struct error *error) {
    struct id_set online;
    *cpus = (struct id_set){0};
    if (!os_cpus_online(&online, error))
        return false;
    bool complete = true;
    for (size_t i = 0; complete && i < online.count; i++) {
        uint32_t own;
        complete = os_node_of_cpu(online.ids[i], &own, error);
        if (complete && own == node)
            id_set_add(cpus, online.ids[i]);
    }
    id_set_free(&online);
    if (!complete)
        id_set_free(cpus);
    return complete;
}

// ---- where a thread is --------------------------------------------------------------------------

// The node of each CPU by the nodes' own masks, filled by os_start: the place of a thread is asked
// between samples, and must cost no call for each node. GetNumaProcessorNodeEx has no part in it,
// so the two can be compared.
static uint16_t mask_nodes[WIN32_GROUPS_MAX * WIN32_CPUS_PER_GROUP];

static void keep_masks(uint32_t node, const GROUP_AFFINITY *masks, USHORT count) {
    for (USHORT i = 0; i < count; i++)
        for (uint32_t number = 0; number < WIN32_CPUS_PER_GROUP; number++)
            if (masks[i].Group < WIN32_GROUPS_MAX && (uint64_t)masks[i].Mask >> number & 1)
                mask_nodes[masks[i].Group * WIN32_CPUS_PER_GROUP + number] = (uint16_t)node;
}

// learn: GetNumaNodeProcessorMask2 (since build 20348): all groups of a node. The older
// GetNumaNodeProcessorMaskEx names the primary group only and is not asked.
void win32_start_groups(void) {
    memset(mask_nodes, 0xff, sizeof mask_nodes); // NO_NODE
    uint32_t highest;
    struct error ignored_error;
    if (!win32_calls.GetNumaNodeProcessorMask2 || !win32_highest_node(&highest, &ignored_error))
        return;
    for (uint32_t node = 0; node <= highest && node < NO_NODE; node++) {
        GROUP_AFFINITY masks[WIN32_GROUPS_MAX];
        USHORT count = 0;
        if (win32_calls.GetNumaNodeProcessorMask2((USHORT)node, masks, WIN32_GROUPS_MAX, &count))
            keep_masks(node, masks, count);
    }
}

// learn: GetCurrentProcessorNumberEx: cannot fail, and names no node.
bool os_current_place(uint32_t *cpu, uint32_t *node, struct error *error) {
    if (!win32_calls.GetCurrentProcessorNumberEx)
        return win32_absent(error, "GetCurrentProcessorNumberEx");
    PROCESSOR_NUMBER place = {0};
    win32_calls.GetCurrentProcessorNumberEx(&place);
    *cpu = place.Group * (uint32_t)WIN32_CPUS_PER_GROUP + place.Number;
    *node =
        *cpu < COUNT_OF(mask_nodes) && mask_nodes[*cpu] != NO_NODE ? mask_nodes[*cpu] : NONE_U32;
    return true;
}
