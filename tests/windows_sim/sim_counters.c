// SPDX-License-Identifier: Apache-2.0
// Performance counters of a simulated machine: the set "NUMA Node Memory".
#include "windows_sim/sim_calls.h"

#include <pdh.h>
#include <pdhmsg.h>
#include <stdio.h>
#include <wchar.h>

// A counter that was added. The set's instances are the numbers of nodes, and _Total, which a node
// of this number stands for.
enum { ALL_NODES = -1 };
static struct counter {
    int node;
    bool total; // else what is available
    bool collected;
} counters[256];
static size_t counter_count;

// learn: PdhOpenQueryW
static PDH_STATUS WINAPI open_query(const wchar_t *source, DWORD_PTR data, PDH_HQUERY *query) {
    CHECK(!source && !data);
    counter_count = 0;
    *query = counters;
    return ERROR_SUCCESS;
}

// learn: PdhAddEnglishCounterW: what does not exist is an error, but for an instance: it may come
// yet.
static PDH_STATUS WINAPI add_counter(PDH_HQUERY query, const wchar_t *path, DWORD_PTR data,
                                     PDH_HCOUNTER *added) {
    wchar_t instance[16], name[32], *end;
    CHECK(query == (PDH_HQUERY)counters && !data && counter_count < COUNT_OF(counters));
    if (sim_machine->faults.no_counters ||
        swscanf(path, L"\\NUMA Node Memory(%15l[^)])\\%31l[^\n]", instance, name) != 2)
        return (PDH_STATUS)PDH_CSTATUS_NO_OBJECT;
    struct counter *counter = &counters[counter_count];
    *counter = (struct counter){.node = (int)wcstol(instance, &end, 10),
                                .total = wcscmp(name, L"Total MBytes") == 0};
    if (!counter->total && wcscmp(name, L"Available MBytes") != 0)
        return (PDH_STATUS)PDH_CSTATUS_NO_COUNTER;
    if (wcscmp(instance, L"_Total") == 0)
        counter->node = ALL_NODES;
    counter_count++;
    *added = counter;
    return ERROR_SUCCESS;
}

// learn: PdhCollectQueryData
static PDH_STATUS WINAPI collect(PDH_HQUERY query) {
    CHECK(query == (PDH_HQUERY)counters);
    for (size_t i = 0; i < counter_count; i++)
        counters[i].collected = true;
    return counter_count ? ERROR_SUCCESS : (PDH_STATUS)PDH_NO_DATA;
}

static bool count(const struct counter *counter, uint64_t *bytes) {
    bool exists = false;
    *bytes = 0;
    for (size_t i = 0; i < sim_hardware->part_count; i++) {
        const struct sim_part *part = &sim_hardware->parts[i];
        if (counter->node != ALL_NODES &&
            (counter->node != (int)part->node || sim_machine->faults.total_counted_only))
            continue;
        exists = true;
        if (counter->total || !sim_machine->faults.counters_lag)
            *bytes += part->free_bytes + part->standby_bytes;
    }
    return exists;
}

// learn: PdhGetFormattedCounterValue: a value in the scale that its counter suggests, here of a
// hundredth, and capped at 100, unless the format says otherwise; PDH_INVALID_DATA for a counter
// without a value, whose CStatus tells why.
static PDH_STATUS WINAPI read_counter(PDH_HCOUNTER handle, DWORD format, DWORD *type,
                                      PDH_FMT_COUNTERVALUE *value) {
    const struct counter *counter = handle;
    uint64_t bytes;
    CHECK((format & (PDH_FMT_LONG | PDH_FMT_DOUBLE | PDH_FMT_LARGE)) == PDH_FMT_LARGE && !type);
    if (!counter->collected || !count(counter, &bytes)) {
        value->CStatus = counter->collected ? PDH_CSTATUS_NO_INSTANCE : PDH_CSTATUS_INVALID_DATA;
        return (PDH_STATUS)PDH_INVALID_DATA;
    }
    value->CStatus = PDH_CSTATUS_VALID_DATA;
    value->largeValue = (LONGLONG)(bytes / MIB);
    if (!(format & PDH_FMT_NOSCALE))
        value->largeValue /= 100;
    if (!(format & PDH_FMT_NOCAP100) && value->largeValue > 100)
        value->largeValue = 100;
    return ERROR_SUCCESS;
}

const struct sim_answer sim_counter_answers[] = {
    SIM_ANSWER("PdhOpenQueryW", open_query),
    SIM_ANSWER("PdhAddEnglishCounterW", add_counter),
    SIM_ANSWER("PdhCollectQueryData", collect),
    SIM_ANSWER("PdhGetFormattedCounterValue", read_counter),
    {NULL, NULL},
};
