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

// The errors by which the machine says that it has not enough of something.
static bool is_shortage(DWORD number) {
    return number == ERROR_NOT_ENOUGH_MEMORY || number == ERROR_OUTOFMEMORY ||
           number == ERROR_NO_SYSTEM_RESOURCES || number == ERROR_COMMITMENT_LIMIT;
}

bool win32_memory_refused(struct error *error, const struct os_memory *memory, const char *call,
                          DWORD number) {
    if (!is_shortage(number))
        return win32_failed(error, call, number);
    char size[UNITS_TEXT_BYTES], text[256];
    const char *advice = memory->kind->source == PAGES_LARGE
                             ? "large pages need memory in one piece, which grows rare while "
                               "Windows runs: restart, or ask for a smaller buffer"
                             : "close programs, or ask for a smaller buffer";
    return error_set(error, ERROR_KIND_REFUSED, number,
                     "Windows gives no %s in pages of kind %s on node %u: %s (error %lu): %s",
                     units_format_bytes_rounded(memory->size_bytes, size), memory->kind->name,
                     win32_node(memory), os_error_text(number, text, sizeof text),
                     (unsigned long)number, advice);
}
