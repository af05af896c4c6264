// SPDX-License-Identifier: Apache-2.0
// What Windows' performance counters tell of a node: its memory, and what of it is available with
// the standby pages, which no other call counts by nodes.
//
// No document of Microsoft's describes the set "NUMA Node Memory" (typeperf -q lists it). By lists
// that others published its instances are the numbers of the nodes, and _Total, and by their names
// its counters count in MiB.
#include "os/win32.h"

#include <pdh.h>
#include <pdhmsg.h>
#include <string.h>
#include <wchar.h>

enum counter { TOTAL, AVAILABLE, COUNTERS };
static const wchar_t *const names[COUNTERS] = {L"Total MBytes", L"Available MBytes"};

// The query stays open as long as the program runs: to open one takes longer than to ask it.
enum { NODES_MAX = 1024 };
static enum { UNASKED, OPEN, ABSENT } state;
static void *query;
static void *counters[NODES_MAX][COUNTERS]; // NULL: not in the query yet

void win32_forget_counters(void) {
    state = UNASKED;
    memset(counters, 0, sizeof counters);
}

static bool open_query(void) {
    if (state == UNASKED) {
        bool complete = win32_calls.PdhOpenQueryW && win32_calls.PdhAddEnglishCounterW &&
                        win32_calls.PdhCollectQueryData && win32_calls.PdhGetFormattedCounterValue;
        bool opened = complete && win32_calls.PdhOpenQueryW(NULL, 0, &query) == ERROR_SUCCESS;
        state = opened ? OPEN : ABSENT;
    }
    return state == OPEN;
}

// learn: PdhAddEnglishCounterW: an instance that does not exist is no error here, so an error says
// that there is no such set. Names of instances are not translated.
static bool add_counters(uint32_t node) {
    for (enum counter counter = 0; state == OPEN && counter < COUNTERS; counter++) {
        wchar_t path[64];
        swprintf(path, COUNT_OF(path), L"\\NUMA Node Memory(%u)\\%ls", node, names[counter]);
        if (!counters[node][counter] &&
            win32_calls.PdhAddEnglishCounterW(query, path, 0, &counters[node][counter]) !=
                ERROR_SUCCESS)
            state = ABSENT;
    }
    return state == OPEN;
}

// learn: PdhGetFormattedCounterValue: else a value is shown as charts need it, in the scale that
// its counter suggests and not above 100. PDH_FMT_COUNTERVALUE: CStatus says whether there is a
// value, also where the call succeeds.
static bool read_counter(void *counter, uint64_t *bytes) {
    const DWORD format = PDH_FMT_LARGE | PDH_FMT_NOSCALE | PDH_FMT_NOCAP100;
    PDH_FMT_COUNTERVALUE value;
    if (win32_calls.PdhGetFormattedCounterValue(counter, format, NULL, &value) != ERROR_SUCCESS ||
        (value.CStatus != PDH_CSTATUS_VALID_DATA && value.CStatus != PDH_CSTATUS_NEW_DATA))
        return false;
    *bytes = (uint64_t)value.largeValue * MIB;
    return true;
}

// A total of 0 would be that of a node without memory, of which the firmware tells as well.
bool win32_counted_memory(uint32_t node, uint64_t *total_bytes, uint64_t *available_bytes) {
    uint64_t total, available;
    bool told = node < NODES_MAX && open_query() && add_counters(node) &&
                win32_calls.PdhCollectQueryData(query) == ERROR_SUCCESS &&
                read_counter(counters[node][TOTAL], &total) && total > 0 &&
                read_counter(counters[node][AVAILABLE], &available);
    if (told) {
        *total_bytes = total;
        *available_bytes = available;
    }
    return told;
}
