// SPDX-License-Identifier: Apache-2.0
// usage: wine_nodes NODES CPUS
//
// hwloc's real discovery of Windows, where Wine shows it this many nodes and CPUs, against the
// calls of Windows that Wine answers by itself: tests/test_wine_nodes.sh makes Wine believe in
// them. What Wine answers without meaning it must not be taken for agreement.
#include "os/os.h"
#include "os/win32.h"
#include "topology/cross_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned faults;

static void expect(bool holds, const char *what) {
    printf("%s: %s\n", holds ? "holds" : "FAILED", what);
    faults += !holds;
}

// learn: SYSTEM_CPU_SET_INFORMATION. Only the fields up to NumaNodeIndex; Size leads to the next.
struct cpu_set {
    DWORD size, type, id;
    WORD group;
    BYTE number, core, cache, node;
};
typedef BOOL(WINAPI *cpu_sets_call)(void *sets, ULONG bytes, ULONG *used, HANDLE process,
                                    ULONG flags);

// learn: SYSTEM_CPU_SET_INFORMATION: "All CPU Sets in a given group that are on the same NUMA node
// will have the same value". Numbers need not be the nodes' own, so who shares one is compared.
static bool shares_nodes_like(const struct topology *topology, const uint32_t *node_of_cpu) {
    for (size_t i = 0; i < topology->cpu_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct topology_cpu *a = &topology->cpus[i], *b = &topology->cpus[k];
            if ((a->node == b->node) != (node_of_cpu[a->id] == node_of_cpu[b->id]))
                return false;
        }
    return true;
}

static void compare_cpu_sets(const struct topology *topology) {
    static unsigned char buffer[64 * 1024];
    static uint32_t node_of_cpu[WIN32_CPUS_PER_GROUP];
    cpu_sets_call ask;
    FARPROC address =
        GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "GetSystemCpuSetInformation");
    memcpy(&ask, &address, sizeof ask);
    ULONG used = 0;
    bool told = ask && ask(buffer, sizeof buffer, &used, GetCurrentProcess(), 0);
    expect(told, "GetSystemCpuSetInformation answers");
    size_t count = 0;
    struct cpu_set set;
    for (size_t at = 0; told && at + sizeof set <= used; at += set.size, count++) {
        memcpy(&set, buffer + at, sizeof set);
        CHECK(set.size >= sizeof set && set.group == 0); // Wine has one group
        node_of_cpu[set.number] = set.node;
    }
    expect(count == topology->cpu_count, "it has as many CPUs as hwloc");
    expect(shares_nodes_like(topology, node_of_cpu), "and puts the same ones together on nodes");
}

static void compare_cpus(const struct topology *topology) {
    struct id_set online;
    struct error error;
    bool told = os_cpus_online(&online, &error), same = told && online.count == topology->cpu_count;
    for (size_t i = 0; same && i < online.count; i++)
        same = online.ids[i] == topology->cpus[i].id;
    expect(same, "GetActiveProcessorCount has the CPUs that hwloc has");
    id_set_free(&online);
}

static void cross_check(const struct topology *topology) {
    struct cross_check check;
    cross_check_run(topology, &check);
    for (size_t i = 0; i < CROSS_WITNESS_COUNT; i++) {
        const struct cross_summary *summary = &check.witnesses[i];
        char what[96];
        snprintf(what, sizeof what, "%s is a stub, and not comparable", summary->source);
        expect(summary->agree == 0 && summary->mismatch == 0 &&
                   summary->not_comparable == topology->cpu_count,
               what);
    }
    expect(check.nodes_reason[0] != '\0', "the list of nodes is not comparable either");
    cross_check_free(&check);
}

int main(int argument_count, char **arguments) {
    struct topology topology;
    struct error error;
    os_start();
    if (argument_count != 3 || !win32_calls.wine_get_version)
        return 2;
    if (!topology_load(&topology, &error)) {
        printf("%s\n", error.text);
        return 1;
    }
    size_t nodes = strtoul(arguments[1], NULL, 10), cpus = strtoul(arguments[2], NULL, 10);
    printf("hwloc: %zu nodes, %zu CPUs\n", topology.node_count, topology.cpu_count);
    expect(topology.node_count == nodes, "hwloc has the nodes");
    expect(topology.cpu_count == cpus, "hwloc has the CPUs");
    bool even = true;
    for (size_t i = 0; i < topology.cpu_count; i++)
        even = even && topology.cpus[i].node == topology.cpus[i].id / (cpus / nodes);
    expect(even, "each on the node that it was put on");
    compare_cpus(&topology);
    compare_cpu_sets(&topology);
    cross_check(&topology);
    topology_free(&topology);
    return faults ? 1 : 0;
}
