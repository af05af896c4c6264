// SPDX-License-Identifier: Apache-2.0
// What numaprobe assumes about Windows, compared with the system that runs it. Nobody who wrote
// this had one: each entry is a reading of the document that it names.
#include "os/self_test.h"
#include "os/win32.h"

#include <stdio.h>

enum { PAGES = 64, PAGE_BYTES = 4096 };

// ---- pages --------------------------------------------------------------------------------------

struct page_counts {
    size_t valid, large, locked, on_node;
};

static bool count_pages(void *base, uint32_t node, struct page_counts *counts,
                        struct error *error) {
    PSAPI_WORKING_SET_EX_INFORMATION pages[PAGES];
    uint32_t highest;
    if (!win32_highest_node(&highest, error))
        return false;
    if (highest > 63)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "there are nodes up to %u, and a page names its node by 6 bits", highest);
    for (size_t i = 0; i < PAGES; i++)
        pages[i] =
            (PSAPI_WORKING_SET_EX_INFORMATION){.VirtualAddress = (char *)base + i * PAGE_BYTES};
    if (!win32_query_pages(pages, PAGES, "state", error))
        return false;
    *counts = (struct page_counts){0};
    for (size_t i = 0; i < PAGES; i++) {
        PSAPI_WORKING_SET_EX_BLOCK page = pages[i].VirtualAttributes;
        if (!page.Valid)
            continue;
        counts->valid++;
        counts->large += page.LargePage;
        counts->locked += page.Locked;
        counts->on_node += page.Node == node;
    }
    return true;
}

static enum os_outcome tell_counts(char found[OS_FOUND_BYTES], bool agrees,
                                   const struct page_counts *counts) {
    return self_test_tell(found, agrees ? OS_AGREES : OS_DIFFERS,
                          "of %d pages: %zu valid, %zu large, %zu locked, %zu on the node",
                          (int)PAGES, counts->valid, counts->large, counts->locked,
                          counts->on_node);
}

// The node of the last CPU: where there are several it is not node 0, which stands also in what
// was never filled in.
static bool some_node(uint32_t *node, struct error *error) {
    struct id_set cpus;
    if (!os_cpus_allowed(&cpus, error))
        return false;
    bool told = os_node_of_cpu(cpus.ids[cpus.count - 1], node, error);
    id_set_free(&cpus);
    return told;
}

// Committed and not locked, as os_memory_acquire never gives it.
static char *commit(uint32_t node) {
    return win32_calls.VirtualAllocExNuma
               ? win32_calls.VirtualAllocExNuma(GetCurrentProcess(), NULL, PAGES * PAGE_BYTES,
                                                MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, node)
               : NULL;
}

static void write_pages(char *base) {
    for (size_t i = 0; i < PAGES; i++)
        ((volatile char *)base)[i * PAGE_BYTES] = 1;
}

// What becomes of pages that are committed, written when asked, and trimmed when asked.
static enum os_outcome test_unlocked(char found[OS_FOUND_BYTES], bool write, bool trim,
                                     size_t valid_expected) {
    uint32_t node;
    struct error error;
    struct page_counts counts;
    if (!some_node(&node, &error))
        return self_test_error(found, &error);
    char *base = commit(node);
    if (!base)
        return self_test_tell(found, OS_DIFFERS, "VirtualAllocExNuma failed (error %lu)",
                              (unsigned long)GetLastError());
    if (write)
        write_pages(base);
    if (trim && win32_calls.K32EmptyWorkingSet)
        win32_calls.K32EmptyWorkingSet(GetCurrentProcess());
    bool told = count_pages(base, node, &counts, &error);
    win32_release_region(base);
    if (!told)
        return self_test_error(found, &error);
    return tell_counts(found, counts.valid == valid_expected, &counts);
}

static enum os_outcome commit_makes_no_page(char found[OS_FOUND_BYTES]) {
    return test_unlocked(found, false, false, 0);
}

static enum os_outcome writing_makes_pages(char found[OS_FOUND_BYTES]) {
    return test_unlocked(found, true, false, PAGES);
}

static enum os_outcome trimming_takes_pages(char found[OS_FOUND_BYTES]) {
    if (!win32_calls.K32EmptyWorkingSet)
        return self_test_tell(found, OS_UNAVAILABLE, "this Windows has no K32EmptyWorkingSet");
    return test_unlocked(found, true, true, 0);
}

// Pages of a kind that must stay: taken, then the working set is emptied.
static enum os_outcome test_kind(char found[OS_FOUND_BYTES], const char *kind, bool large) {
    uint32_t node;
    struct error error;
    struct os_memory memory;
    struct page_counts counts;
    if (!some_node(&node, &error) ||
        !os_memory_acquire(&memory, PAGES * PAGE_BYTES, page_kind_find(kind), node_set_of(node),
                           &error))
        return self_test_error(found, &error);
    if (win32_calls.K32EmptyWorkingSet)
        win32_calls.K32EmptyWorkingSet(GetCurrentProcess());
    bool told = count_pages(memory.base, node, &counts, &error);
    os_memory_release(&memory);
    if (!told)
        return self_test_error(found, &error);
    bool agrees =
        counts.valid == PAGES && counts.on_node == PAGES && counts.large == (large ? PAGES : 0);
    return tell_counts(found, agrees, &counts);
}

static enum os_outcome locked_pages_stay(char found[OS_FOUND_BYTES]) {
    return test_kind(found, "4K", false);
}

static enum os_outcome large_pages_stay(char found[OS_FOUND_BYTES]) {
    return test_kind(found, "2M", true);
}

static enum os_outcome huge_pages_stay(char found[OS_FOUND_BYTES]) {
    if (!win32_has_gigabyte_pages())
        return self_test_tell(found, OS_UNAVAILABLE, "this processor has no pages of 1 GiB");
    return test_kind(found, "1G", true);
}

static enum os_outcome awe_pages_stay(char found[OS_FOUND_BYTES]) {
    return test_kind(found, "awe", false);
}

static enum os_outcome nodes_fit_six_bits(char found[OS_FOUND_BYTES]) {
    uint32_t highest;
    struct error error;
    if (!win32_highest_node(&highest, &error))
        return self_test_error(found, &error);
    return self_test_tell(found, highest <= 63 ? OS_AGREES : OS_DIFFERS,
                          "the highest node number is %u", highest);
}

// A right that no program has: only the system itself makes tokens.
static enum os_outcome missing_right(char found[OS_FOUND_BYTES]) {
    struct error error;
    if (win32_enable_privilege(L"SeCreateTokenPrivilege", &error))
        return self_test_tell(found, OS_UNAVAILABLE,
                              "this account has every right, even SeCreateTokenPrivilege");
    if (error.kind == ERROR_KIND_UNAVAILABLE)
        return self_test_error(found, &error);
    return self_test_tell(found, error.os_number == ERROR_NOT_ALL_ASSIGNED ? OS_AGREES : OS_DIFFERS,
                          "error %u", error.os_number);
}

static enum os_outcome lock_pages_right(char found[OS_FOUND_BYTES]) {
    struct error error;
    if (!win32_enable_lock_pages(&error))
        return self_test_error(found, &error);
    return self_test_tell(found, OS_AGREES, "held");
}

// ---- groups, nodes, CPUs ------------------------------------------------------------------------

static enum os_outcome counts_add_up(char found[OS_FOUND_BYTES]) {
    struct id_set cpus;
    struct error error;
    if (!os_cpus_online(&cpus, &error))
        return self_test_error(found, &error);
    size_t listed = cpus.count;
    id_set_free(&cpus);
    DWORD all = win32_calls.GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return self_test_tell(found, all == listed ? OS_AGREES : OS_DIFFERS,
                          "%u groups have %zu CPUs, all groups together %lu",
                          win32_calls.GetActiveProcessorGroupCount(), listed, (unsigned long)all);
}

// No document describes these counters. A sixteenth is allowed for what other programs take and
// give back meanwhile, and for what the firmware keeps.
static enum os_outcome counters_fit(char found[OS_FOUND_BYTES]) {
    struct id_set nodes;
    struct error error;
    if (!os_nodes(&nodes, &error))
        return self_test_error(found, &error);
    uint64_t sum = 0;
    bool fit = true;
    for (size_t i = 0; i < nodes.count; i++) {
        uint64_t total, available;
        if (!win32_counted_memory(nodes.ids[i], &total, &available))
            continue;
        sum += total;
        if (available > total || available + total / 16 < win32_listed_bytes(nodes.ids[i]))
            fit = false;
    }
    id_set_free(&nodes);
    MEMORYSTATUSEX machine = {.dwLength = sizeof machine};
    if (sum == 0 || !win32_calls.GlobalMemoryStatusEx ||
        !win32_calls.GlobalMemoryStatusEx(&machine))
        return self_test_tell(found, OS_UNAVAILABLE, "no counters of nodes");
    fit = fit && sum <= machine.ullTotalPhys / 16 * 17 && sum >= machine.ullTotalPhys / 16 * 15;
    return self_test_tell(
        found, fit ? OS_AGREES : OS_DIFFERS, "the nodes have %llu MiB, the machine %llu MiB",
        (unsigned long long)(sum / MIB), (unsigned long long)(machine.ullTotalPhys / MIB));
}

static enum os_outcome absent_cpu_has_no_node(char found[OS_FOUND_BYTES]) {
    uint32_t node;
    struct error error;
    if (!win32_calls.GetActiveProcessorGroupCount)
        return self_test_tell(found, OS_UNAVAILABLE, "no GetActiveProcessorGroupCount");
    uint32_t beyond = win32_calls.GetActiveProcessorGroupCount() * (uint32_t)WIN32_CPUS_PER_GROUP;
    if (!os_node_of_cpu(beyond, &node, &error))
        return self_test_error(found, &error);
    return self_test_tell(found, node == NONE_U32 ? OS_AGREES : OS_DIFFERS,
                          node == NONE_U32 ? "CPU %u has no node" : "CPU %u is on node %u", beyond,
                          node);
}

static enum os_outcome every_cpu_has_a_node(char found[OS_FOUND_BYTES]) {
    struct id_set cpus;
    struct error error;
    uint32_t node = 0, highest = 0, cpu = 0;
    if (!win32_highest_node(&highest, &error) || !os_cpus_online(&cpus, &error))
        return self_test_error(found, &error);
    size_t count = cpus.count, seen = 0;
    bool told = true, fits = true;
    for (; told && fits && seen < count; seen++) {
        cpu = cpus.ids[seen];
        told = os_node_of_cpu(cpu, &node, &error);
        fits = told && node != NONE_U32 && node <= highest;
    }
    id_set_free(&cpus);
    if (!told)
        return self_test_error(found, &error);
    if (!fits)
        return self_test_tell(found, OS_DIFFERS, "CPU %u: node %d, and the highest is %u", cpu,
                              (int)node, highest);
    return self_test_tell(found, OS_AGREES, "so for %zu CPU%s", count, PLURAL(count));
}

static enum os_outcome nonsense_affinity(char found[OS_FOUND_BYTES]) {
    if (!win32_calls.SetThreadGroupAffinity || !win32_calls.GetActiveProcessorGroupCount)
        return self_test_tell(found, OS_UNAVAILABLE, "no SetThreadGroupAffinity");
    GROUP_AFFINITY reserved =
                       {
                           .Mask = 1, .Reserved = {1, 0, 0}
    },
                   empty = {.Mask = 0};
    GROUP_AFFINITY beyond = {.Mask = 1, .Group = win32_calls.GetActiveProcessorGroupCount()};
    const GROUP_AFFINITY *const nonsense[] = {&reserved, &empty, &beyond};
    size_t refused = 0;
    for (size_t i = 0; i < COUNT_OF(nonsense); i++)
        refused += !win32_calls.SetThreadGroupAffinity(GetCurrentThread(), nonsense[i], NULL) &&
                   GetLastError() == ERROR_INVALID_PARAMETER;
    return self_test_tell(found, refused == COUNT_OF(nonsense) ? OS_AGREES : OS_DIFFERS,
                          "%zu of %zu refused", refused, COUNT_OF(nonsense));
}

// ---- threads and disturbance --------------------------------------------------------------------

// learn: SetThreadInformation: ThreadPowerThrottling came with version 1709, which is build 16299.
static bool is_before_1709(void) {
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    return win32_calls.RtlGetVersion && win32_calls.RtlGetVersion(&version) == 0 &&
           version.dwBuildNumber < 16299;
}

static enum os_outcome throttling_can_be_forbidden(char found[OS_FOUND_BYTES]) {
    if (!win32_calls.SetThreadInformation)
        return self_test_tell(found, OS_UNAVAILABLE, "no SetThreadInformation");
    if (is_before_1709())
        return self_test_tell(found, OS_UNAVAILABLE, "this Windows is older than version 1709");
    bool done = win32_forbid_power_throttling(GetCurrentThread());
    return self_test_tell(found, done ? OS_AGREES : OS_DIFFERS, done ? "accepted" : "error %lu",
                          (unsigned long)GetLastError());
}

static enum os_outcome cycles_grow(char found[OS_FOUND_BYTES]) {
    struct os_usage before, after;
    os_thread_usage(&before);
    uint64_t until_ns = os_clock_ns() + 5 * NS_PER_MS;
    while (os_clock_ns() < until_ns)
        os_spin_pause();
    os_thread_usage(&after);
    if (before.cycles == NONE_U64)
        return self_test_tell(found, OS_UNAVAILABLE, "QueryThreadCycleTime reports nothing here");
    return self_test_tell(found, after.cycles > before.cycles ? OS_AGREES : OS_DIFFERS,
                          "%llu cycles in 5 ms of work",
                          (unsigned long long)(after.cycles - before.cycles));
}

static enum os_outcome interrupts_are_told(char found[OS_FOUND_BYTES]) {
    struct id_set cpus;
    struct error error;
    if (!os_cpus_online(&cpus, &error))
        return self_test_error(found, &error);
    uint64_t before_ns = os_interrupt_ns(&cpus), after_ns = os_interrupt_ns(&cpus);
    id_set_free(&cpus);
    if (before_ns == NONE_U64)
        return self_test_tell(found, OS_UNAVAILABLE, "NtQuerySystemInformationEx reports nothing");
    return self_test_tell(found, after_ns >= before_ns ? OS_AGREES : OS_DIFFERS,
                          "%llu ms in interrupts and DPCs since boot, all CPUs",
                          (unsigned long long)(after_ns / NS_PER_MS));
}

static enum os_outcome clock_is_fine(char found[OS_FOUND_BYTES]) {
    return self_test_tell(found, os_clock_step_ns() <= 1000 ? OS_AGREES : OS_DIFFERS,
                          "a step of the clock is %llu ns", (unsigned long long)os_clock_step_ns());
}

// clang-format off
const struct assumption self_test_of_system[] = {
    {"committed_pages_do_not_exist_yet", "learn: VirtualAllocExNuma",
     "none of the pages is Valid before it is written", commit_makes_no_page},
    {"written_pages_are_valid", "learn: PSAPI_WORKING_SET_EX_BLOCK",
     "all pages are Valid once they were written", writing_makes_pages},
    {"trimmed_pages_are_not_valid", "learn: EmptyWorkingSet",
     "no page that was written and not locked is Valid afterwards", trimming_takes_pages},
    {"locked_pages_survive_trimming", "learn: VirtualLock",
     "all pages of kind 4K stay Valid, on their node, and not large", locked_pages_stay},
    {"large_pages_are_told_apart", "learn: QueryWorkingSetEx, Large-Page Support",
     "all pages of kind 2M are Valid, large and on their node before they are written",
     large_pages_stay},
    {"huge_pages_are_large", "learn: VirtualAlloc2, MEM_EXTENDED_PARAMETER",
     "all pages of kind 1G are Valid, large and on their node before they are written",
     huge_pages_stay},
    {"awe_pages_are_told", "learn: QueryWorkingSetEx, AllocateUserPhysicalPagesNuma",
     "all pages of kind awe are Valid, on their node, and not large", awe_pages_stay},
    {"node_numbers_fit_six_bits", "learn: PSAPI_WORKING_SET_EX_BLOCK",
     "no node above 63, because places above cannot be verified", nodes_fit_six_bits},
    {"a_missing_right_is_told", "learn: AdjustTokenPrivileges",
     "success, and ERROR_NOT_ALL_ASSIGNED (1300)", missing_right},
    {"this_account_may_lock_pages", "learn: Enable the Lock Pages in Memory Option",
     "held; otherwise 2M, 1G and awe are unavailable", lock_pages_right},
    {"groups_add_up", "learn: GetActiveProcessorCount",
     "the CPUs of all groups are ALL_PROCESSOR_GROUPS", counts_add_up},
    {"every_cpu_has_a_node", "learn: GetNumaProcessorNodeEx, GetNumaHighestNodeNumber",
     "a node for each CPU, none above the highest", every_cpu_has_a_node},
    {"an_absent_cpu_has_no_node", "learn: GetNumaProcessorNodeEx",
     "MAXUSHORT for a group that does not exist", absent_cpu_has_no_node},
    {"counters_of_nodes_fit", "no document; learn: GlobalMemoryStatusEx",
     "the memory of all nodes is the machine's, and what they list as free is available",
     counters_fit},
    {"nonsense_affinity_is_refused", "learn: SetThreadGroupAffinity, GROUP_AFFINITY",
     "ERROR_INVALID_PARAMETER for Reserved, an empty mask and a group that is not there",
     nonsense_affinity},
    {"throttling_can_be_forbidden", "learn: SetThreadInformation, Quality of Service",
     "accepted since Windows 10 1709", throttling_can_be_forbidden},
    {"cycles_of_a_thread_grow", "learn: QueryThreadCycleTime",
     "more cycles after work than before", cycles_grow},
    {"interrupt_time_is_told", "winternl.h: SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION",
     "one entry for each CPU of each group, never shrinking", interrupts_are_told},
    {"the_clock_is_fine", "learn: Acquiring high-resolution time stamps",
     "a step of at most 1 us", clock_is_fine},
    {NULL, NULL, NULL, NULL},
};
// clang-format on
