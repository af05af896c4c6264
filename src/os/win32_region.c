// SPDX-License-Identifier: Apache-2.0
// Regions of addresses, and what is said when the machine gives no memory for one.
#include "base/units.h"
#include "os/win32.h"

void *win32_reserve_aligned(uint64_t size_bytes, DWORD type, uint32_t node) {
    char *reserved = win32_calls.VirtualAllocExNuma(GetCurrentProcess(), NULL,
                                                    (SIZE_T)(size_bytes + WIN32_BASE_ALIGNMENT),
                                                    MEM_RESERVE | type, PAGE_READWRITE, node);
    uint64_t past = (uintptr_t)reserved % WIN32_BASE_ALIGNMENT;
    return past ? reserved + (WIN32_BASE_ALIGNMENT - past) : reserved;
}

// learn: VirtualFreeEx: MEM_RELEASE wants the address that was reserved, which lies up to 2 MiB
// before the base; MEMORY_BASIC_INFORMATION.AllocationBase is it. The error that a caller is about
// to report stays.
void win32_release_region(void *address) {
    DWORD number = GetLastError();
    MEMORY_BASIC_INFORMATION found;
    SIZE_T told = VirtualQuery(address, &found, sizeof found);
    CHECK(told == sizeof found);
    BOOL released =
        win32_calls.VirtualFreeEx(GetCurrentProcess(), found.AllocationBase, 0, MEM_RELEASE);
    CHECK(released);
    SetLastError(number);
}

// The errors by which the machine says that it does not give something, and what can be done.
static const char scattered[] = "large pages need contiguous memory, which becomes rare while "
                                "Windows runs: restart, or use a smaller buffer";
static const char short_of_memory[] = "close programs, or use a smaller buffer";
static const char no_right[] =
    "start numaprobe from an elevated prompt, or see 'numaprobe doctor', "
    "lock_pages";
static const char quota[] =
    "a quota of this account, job or container is used up: raise it, or use a smaller buffer";
static const struct {
    DWORD number;
    const char *advice, *advice_large;
} refusals[] = {
    {ERROR_NOT_ENOUGH_MEMORY,   short_of_memory, scattered},
    {ERROR_OUTOFMEMORY,         short_of_memory, scattered},
    {ERROR_NO_SYSTEM_RESOURCES, short_of_memory, scattered},
    {ERROR_COMMITMENT_LIMIT,    short_of_memory, scattered},
    {ERROR_PRIVILEGE_NOT_HELD,  no_right,        no_right },
    {ERROR_NOT_ENOUGH_QUOTA,    quota,           quota    },
};

bool win32_memory_refused(struct error *error, const struct os_memory *memory, const char *call,
                          DWORD number) {
    size_t i = 0;
    while (i < COUNT_OF(refusals) && refusals[i].number != number)
        i++;
    if (i == COUNT_OF(refusals))
        return win32_failed(error, call, number);
    char size[UNITS_TEXT_BYTES], text[256];
    bool large = memory->kind->source == PAGES_LARGE;
    return error_set(error, ERROR_KIND_REFUSED, number,
                     "Windows gives no %s in pages of kind %s on node %u: %s (error %lu): %s",
                     units_format_bytes_rounded(memory->size_bytes, size), memory->kind->name,
                     win32_node(memory), os_error_text(number, text, sizeof text),
                     (unsigned long)number, large ? refusals[i].advice_large : refusals[i].advice);
}
