// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: memory on a node, large pages, and where each page is.
#include "base/units.h"
#include "os/win32.h"

#include <stdio.h>

// The base of every buffer, so that both kinds of page are measured at the same alignment.
#define BASE_ALIGNMENT_BYTES (2 * MIB)

uint64_t os_base_page_bytes(void) {
    SYSTEM_INFO info;     // learn: SYSTEM_INFO: dwPageSize is "the page size and the granularity of
    GetSystemInfo(&info); // page protection and commitment"
    return info.dwPageSize;
}

uint64_t os_transparent_page_bytes(void) {
    return 0; // Windows never makes large pages of ordinary ones
}

void os_memory_collapse(const struct os_memory *memory) {
    (void)memory;
}

// ---- what can be had -------------------------------------------------------------------------

static bool check_kind(const struct page_kind *kind, struct error *error) {
    if (kind->bytes == os_base_page_bytes())
        return true;
    if (kind->bytes != 2 * MIB)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "Windows has no pages of kind %s: the kinds here are 4K and 2M",
                         kind->name);
    if (!win32_calls.GetLargePageMinimum)
        return win32_absent(error, "GetLargePageMinimum");
    // learn: GetLargePageMinimum: 0 when the processor has no large pages.
    uint64_t large_bytes = win32_calls.GetLargePageMinimum();
    if (large_bytes == 0)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "pages of kind %s: this processor has no large pages under Windows",
                         kind->name);
    char text[UNITS_TEXT_BYTES];
    if (large_bytes != kind->bytes)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "pages of kind %s: the large pages of this Windows are %s", kind->name,
                         units_format_bytes(large_bytes, text));
    return win32_enable_lock_pages(error);
}

// Where Windows does not list its nodes (Wine), the highest number is all there is to check by.
static bool check_node(uint32_t node, struct error *error) {
    struct id_set nodes;
    struct error unlisted;
    if (os_nodes(&nodes, &unlisted)) {
        char text[128];
        bool found = id_set_contains(&nodes, node);
        id_set_format(&nodes, text, sizeof text);
        id_set_free(&nodes);
        return found ||
               error_set(error, ERROR_KIND_REFUSED, 0,
                         "node %u does not exist: this system has the nodes %s", node, text);
    }
    uint32_t highest;
    if (unlisted.kind != ERROR_KIND_UNAVAILABLE) {
        *error = unlisted;
        return false;
    }
    if (!win32_highest_node(&highest, error))
        return false;
    return node <= highest ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "node %u does not exist: the highest node number of this system is %u", node,
                     highest);
}

// VirtualAllocExNuma succeeds whether the node has the pages or not and then takes them from other
// nodes, so this is asked before. Where free memory is not told (Wine) the buffer is let through:
// the proof is os_pages_locate after the first touch, not this.
static bool check_free(uint32_t node, uint64_t size_bytes, struct error *error) {
    uint64_t total_bytes, free_bytes;
    struct error untold;
    if (!os_node_memory(node, &total_bytes, &free_bytes, &untold)) {
        if (untold.kind == ERROR_KIND_UNAVAILABLE)
            return true;
        *error = untold;
        return false;
    }
    if (size_bytes <= free_bytes)
        return true;
    char asked[UNITS_TEXT_BYTES], available[UNITS_TEXT_BYTES];
    return error_set(
        error, ERROR_KIND_REFUSED, 0,
        "node %u has %s of memory available and %s were asked: close programs (Resource "
        "Monitor, resmon.exe, shows the largest) or ask for a smaller buffer",
        node, units_format_bytes_rounded(free_bytes, available),
        units_format_bytes_rounded(size_bytes, asked));
}

// learn: AdjustTokenPrivileges: succeeds also when it enabled nothing; only GetLastError tells
// (ERROR_NOT_ALL_ASSIGNED). A program can enable what its account was granted, and grant nothing
// (learn: Enable the Lock Pages in Memory Option).
bool win32_enable_lock_pages(struct error *error) {
    if (!win32_calls.AdjustTokenPrivileges)
        return win32_absent(error, "AdjustTokenPrivileges");
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return win32_failed(error, "OpenProcessToken", GetLastError());
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    const char *call = "LookupPrivilegeValue";
    BOOL done = LookupPrivilegeValueW(NULL, L"SeLockMemoryPrivilege", &wanted.Privileges[0].Luid);
    if (done) {
        call = "AdjustTokenPrivileges";
        SetLastError(ERROR_SUCCESS);
        done = win32_calls.AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    }
    DWORD number = GetLastError();
    CloseHandle(token);
    if (!done)
        return win32_failed(error, call, number);
    if (number != ERROR_NOT_ALL_ASSIGNED)
        return true;
    return error_set(error, ERROR_KIND_REFUSED, number,
                     "large pages need the right \"Lock pages in memory\" (SeLockMemoryPrivilege), "
                     "which this account does not have: grant it in secpol.msc under Local "
                     "Policies, User Rights Assignment, then sign out and in again");
}

// ---- memory ----------------------------------------------------------------------------------

// The errors by which the machine says that it has not enough of something.
static bool is_shortage(DWORD number) {
    return number == ERROR_NOT_ENOUGH_MEMORY || number == ERROR_OUTOFMEMORY ||
           number == ERROR_NO_SYSTEM_RESOURCES || number == ERROR_COMMITMENT_LIMIT;
}

static bool allocation_failed(struct error *error, const struct os_memory *memory, DWORD number) {
    if (!is_shortage(number))
        return win32_failed(error, "VirtualAllocExNuma", number);
    char size[UNITS_TEXT_BYTES], text[256];
    const char *advice = memory->page_bytes > os_base_page_bytes()
                             ? "large pages need memory in one piece, which grows rare while "
                               "Windows runs: restart, or ask for a smaller buffer"
                             : "close programs, or ask for a smaller buffer";
    return error_set(error, ERROR_KIND_REFUSED, number,
                     "Windows gives no %s in pages of kind %s on node %u: %s (error %lu): %s",
                     units_format_bytes_rounded(memory->size_bytes, size), memory->kind->name,
                     memory->node, os_error_text(number, text, sizeof text), (unsigned long)number,
                     advice);
}

// learn: Large-Page Support: reserved and committed in one call, a multiple of
// GetLargePageMinimum, aligned to it by the system, and resident from then on.
static void *map_large(uint64_t size_bytes, uint32_t node) {
    return win32_calls.VirtualAllocExNuma(GetCurrentProcess(), NULL, size_bytes,
                                          MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES,
                                          PAGE_READWRITE, node);
}

// learn: VirtualAllocExNuma: the node counts where address space is reserved and is ignored where
// pages are committed in it. So more is reserved on the node, which costs only addresses, and
// the aligned part of it is committed: no other thread can take the place in between.
static void *map_ordinary(uint64_t size_bytes, uint32_t node) {
    char *reserved =
        win32_calls.VirtualAllocExNuma(GetCurrentProcess(), NULL, size_bytes + BASE_ALIGNMENT_BYTES,
                                       MEM_RESERVE, PAGE_READWRITE, node);
    if (!reserved)
        return NULL;
    uint64_t past = (uintptr_t)reserved % BASE_ALIGNMENT_BYTES;
    char *aligned = past ? reserved + (BASE_ALIGNMENT_BYTES - past) : reserved;
    void *base = win32_calls.VirtualAllocExNuma(GetCurrentProcess(), aligned, size_bytes,
                                                MEM_COMMIT, PAGE_READWRITE, node);
    if (base)
        return base;
    DWORD number = GetLastError();
    win32_calls.VirtualFreeEx(GetCurrentProcess(), reserved, 0, MEM_RELEASE);
    SetLastError(number);
    return NULL;
}

bool os_memory_acquire(struct os_memory *memory, uint64_t size_bytes, const struct page_kind *kind,
                       uint32_t node, struct error *error) {
    CHECK(size_bytes > 0 && size_bytes <= UINT64_C(1) << 63);
    *memory = (struct os_memory){.kind = kind, .node = node, .page_bytes = kind->bytes};
    if (!win32_calls.VirtualAllocExNuma)
        return win32_absent(error, "VirtualAllocExNuma");
    if (!win32_calls.VirtualFreeEx)
        return win32_absent(error, "VirtualFreeEx");
    if (!check_kind(kind, error) || !check_node(node, error))
        return false;
    memory->size_bytes = (size_bytes + kind->bytes - 1) / kind->bytes * kind->bytes;
    if (!check_free(node, memory->size_bytes, error))
        return false;
    bool large = kind->bytes > os_base_page_bytes();
    memory->base =
        large ? map_large(memory->size_bytes, node) : map_ordinary(memory->size_bytes, node);
    if (!memory->base)
        return allocation_failed(error, memory, GetLastError());
    CHECK((uintptr_t)memory->base % BASE_ALIGNMENT_BYTES == 0);
    return true;
}

// learn: VirtualFreeEx: MEM_RELEASE wants the address that was reserved, which lies up to 2 MiB
// before the base; MEMORY_BASIC_INFORMATION.AllocationBase is it.
void os_memory_release(struct os_memory *memory) {
    if (!memory->base)
        return;
    MEMORY_BASIC_INFORMATION found;
    SIZE_T told = VirtualQuery(memory->base, &found, sizeof found);
    CHECK(told == sizeof found);
    BOOL released =
        win32_calls.VirtualFreeEx(GetCurrentProcess(), found.AllocationBase, 0, MEM_RELEASE);
    CHECK(released);
    *memory = (struct os_memory){0};
}

// ---- where the pages are ---------------------------------------------------------------------

// Pages a call of K32QueryWorkingSetEx, so that the list fits on the stack.
enum { QUERY_PAGES = 1024 };

// Wine fills Valid but leaves Node and LargePage at 0, which would read as "all on node 0"; it is
// known by its own call wine_get_version.
static bool check_page_query(struct error *error, const char *what) {
    if (!win32_calls.K32QueryWorkingSetEx)
        return win32_absent(error, "K32QueryWorkingSetEx");
    if (win32_calls.wine_get_version)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "K32QueryWorkingSetEx: Wine does not report the %s of a page", what);
    return true;
}

// learn: QueryWorkingSetEx: also tells of large pages, which are in no working set.
static bool query_pages(PSAPI_WORKING_SET_EX_INFORMATION *pages, size_t count,
                        struct error *error) {
    DWORD bytes = (DWORD)(count * sizeof *pages);
    if (!win32_calls.K32QueryWorkingSetEx(GetCurrentProcess(), pages, bytes))
        return win32_failed(error, "K32QueryWorkingSetEx", GetLastError());
    return true;
}

// learn: PSAPI_WORKING_SET_EX_BLOCK: "Valid: if this bit is 1, the subsequent members are valid;
// otherwise they should be ignored. Node: the maximum value of this member is 63."
static int32_t page_place(PSAPI_WORKING_SET_EX_BLOCK attributes, bool node_fits) {
    if (!attributes.Valid)
        return OS_PAGE_ABSENT;
    return node_fits ? (int32_t)attributes.Node : OS_PAGE_UNKNOWN;
}

bool os_pages_locate(void *const *addresses, size_t count, int32_t *nodes, struct error *error) {
    uint32_t highest_node;
    if (!check_page_query(error, "node") || !win32_highest_node(&highest_node, error))
        return false;
    for (size_t first = 0; first < count; first += QUERY_PAGES) {
        PSAPI_WORKING_SET_EX_INFORMATION pages[QUERY_PAGES];
        size_t batch = count - first < QUERY_PAGES ? count - first : QUERY_PAGES;
        for (size_t i = 0; i < batch; i++)
            pages[i] = (PSAPI_WORKING_SET_EX_INFORMATION){.VirtualAddress = addresses[first + i]};
        if (!query_pages(pages, batch, error))
            return false;
        for (size_t i = 0; i < batch; i++)
            nodes[first + i] = page_place(pages[i].VirtualAttributes, highest_node <= 63);
    }
    return true;
}

bool os_memory_page_sizes(const struct os_memory *memory, struct os_page_sizes *sizes,
                          struct error *error) {
    if (!check_page_query(error, "size"))
        return false;
    uint64_t page_bytes = os_base_page_bytes();
    *sizes = (struct os_page_sizes){.base_page_bytes = page_bytes};
    for (uint64_t offset = 0; offset < memory->size_bytes;) {
        PSAPI_WORKING_SET_EX_INFORMATION pages[QUERY_PAGES];
        size_t batch = 0;
        for (; batch < QUERY_PAGES && offset < memory->size_bytes; offset += page_bytes)
            pages[batch++] =
                (PSAPI_WORKING_SET_EX_INFORMATION){.VirtualAddress = (char *)memory->base + offset};
        if (!query_pages(pages, batch, error))
            return false;
        for (size_t i = 0; i < batch; i++) {
            if (!pages[i].VirtualAttributes.Valid)
                continue;
            if (pages[i].VirtualAttributes.LargePage)
                sizes->bytes_in_large += page_bytes;
            else
                sizes->bytes_in_base += page_bytes;
        }
    }
    if (sizes->bytes_in_large > 0 && win32_calls.GetLargePageMinimum)
        sizes->large_page_bytes = win32_calls.GetLargePageMinimum();
    return true;
}
