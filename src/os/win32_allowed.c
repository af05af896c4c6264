// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: the CPUs that this process may run on, which its affinity, its job and
// its CPU sets can narrow, one after the other.
#include "os/win32.h"

#include <stdlib.h>
#include <string.h>

// learn: Processor Groups, GetProcessAffinityMask. With several groups a process may set its
// threads to any CPU (SetThreadGroupAffinity; since Windows 11 and Server 2022 it even starts
// there), and the process's mask speaks of one group only or is 0: then all online CPUs count.
static bool read_affinity(struct id_set *cpus, struct error *error) {
    if (!os_cpus_online(cpus, error))
        return false;
    if (win32_calls.GetActiveProcessorGroupCount() > 1)
        return true;
    id_set_free(cpus);
    if (!win32_calls.GetProcessAffinityMask)
        return win32_absent(error, "GetProcessAffinityMask");
    DWORD_PTR mask = 0, system_mask = 0;
    if (!win32_calls.GetProcessAffinityMask(GetCurrentProcess(), &mask, &system_mask))
        return win32_failed(error, "GetProcessAffinityMask", GetLastError());
    for (uint32_t number = 0; number < WIN32_CPUS_PER_GROUP; number++)
        if ((uint64_t)mask >> number & 1)
            id_set_add(cpus, number);
    return true;
}

// learn: JobObjectGroupInformationEx: the CPUs of each group that the job of this process has;
// containers are jobs. It fails for a process without a job, and before Windows 8. A mask of 0 has
// all of its group (learn: SetInformationJobObject, the same class).
static bool read_job(struct id_set *cpus) {
    GROUP_AFFINITY masks[WIN32_GROUPS_MAX];
    DWORD bytes = 0;
    if (!win32_calls.QueryInformationJobObject ||
        !win32_calls.QueryInformationJobObject(NULL, JobObjectGroupInformationEx, masks,
                                               sizeof masks, &bytes))
        return false;
    for (size_t i = 0; i < bytes / sizeof *masks; i++)
        for (uint32_t number = 0; number < WIN32_CPUS_PER_GROUP; number++)
            if (!masks[i].Mask || (uint64_t)masks[i].Mask >> number & 1)
                id_set_add(cpus, masks[i].Group * (uint32_t)WIN32_CPUS_PER_GROUP + number);
    return cpus->count > 0;
}

// learn: SYSTEM_CPU_SET_INFORMATION, a structure of its own because mingw-w64 10 does not have it.
// Each set is one CPU, and each entry says how long it is.
struct cpu_set {
    DWORD size_bytes, type, id;
    WORD group;
    BYTE number;
};
_Static_assert(offsetof(struct cpu_set, number) == 14, "SYSTEM_CPU_SET_INFORMATION");

static void add_sets(struct id_set *cpus, const char *list, ULONG bytes, const struct id_set *ids) {
    struct cpu_set set;
    for (ULONG at = 0; at + sizeof set <= bytes; at += set.size_bytes) {
        memcpy(&set, list + at, sizeof set);
        if (id_set_contains(ids, set.id))
            id_set_add(cpus, set.group * (uint32_t)WIN32_CPUS_PER_GROUP + set.number);
        if (set.size_bytes < sizeof set)
            return;
    }
}

// learn: GetProcessDefaultCpuSets: the sets that the process's threads run on; none where nobody
// chose any. The affinity of a thread goes before them (learn: CPU Sets), but they were chosen for
// this process, so what they leave out counts as withheld.
static bool read_cpu_sets(struct id_set *cpus) {
    ULONG ids[WIN32_GROUPS_MAX * WIN32_CPUS_PER_GROUP], count = 0, bytes = 0;
    HANDLE process = GetCurrentProcess();
    if (!win32_calls.GetProcessDefaultCpuSets || !win32_calls.GetSystemCpuSetInformation ||
        !win32_calls.GetProcessDefaultCpuSets(process, ids, COUNT_OF(ids), &count))
        return false;
    struct id_set chosen = {0};
    for (ULONG i = 0; i < count && i < COUNT_OF(ids); i++)
        id_set_add(&chosen, ids[i]);
    win32_calls.GetSystemCpuSetInformation(NULL, 0, &bytes, process, 0);
    char *list = base_allocate(bytes + 1, 1);
    if (chosen.count && bytes &&
        win32_calls.GetSystemCpuSetInformation(list, bytes, &bytes, process, 0))
        add_sets(cpus, list, bytes, &chosen);
    free(list);
    id_set_free(&chosen);
    return cpus->count > 0;
}

static void keep_common(struct id_set *cpus, const struct id_set *others) {
    struct id_set common = {0};
    for (size_t i = 0; i < cpus->count; i++)
        if (id_set_contains(others, cpus->ids[i]))
            id_set_add(&common, cpus->ids[i]);
    id_set_free(cpus);
    *cpus = common;
}

// Each fills in the CPUs that it leaves, or returns false where it has nothing to say.
static bool (*const narrowings[])(struct id_set *cpus) = {read_job, read_cpu_sets};

bool os_cpus_allowed(struct id_set *cpus, struct error *error) {
    if (!read_affinity(cpus, error))
        return false;
    for (size_t i = 0; i < COUNT_OF(narrowings); i++) {
        struct id_set left = {0};
        if (narrowings[i](&left))
            keep_common(cpus, &left);
        id_set_free(&left);
    }
    return true;
}
