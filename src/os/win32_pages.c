// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: where each page is, and how large.
#include "os/win32.h"

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

// learn: QueryWorkingSetEx: also tells of AWE and large pages, which are in no working set.
bool win32_query_pages(PSAPI_WORKING_SET_EX_INFORMATION *pages, size_t count, const char *what,
                       struct error *error) {
    DWORD bytes = (DWORD)(count * sizeof *pages);
    if (!check_page_query(error, what))
        return false;
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
        if (!win32_query_pages(pages, batch, "node", error))
            return false;
        for (size_t i = 0; i < batch; i++)
            nodes[first + i] = page_place(pages[i].VirtualAttributes, highest_node <= 63);
    }
    return true;
}

const char *const os_pages_locate_source = "working_set";
const char *const os_memory_by_node_source = "none";

// No call counts the pages of a buffer by their nodes.
bool os_memory_by_node(const struct os_memory *memory, struct os_node_bytes **nodes, size_t *count,
                       struct error *error) {
    (void)memory;
    *nodes = NULL;
    *count = 0;
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                     "Windows has no second witness of the nodes of pages");
}

// One bit says "large". Where the smallest large pages were asked for it is their size; for larger
// ones no call says whether they came. Windows may also take pages of 1 GiB by itself for a region
// that is large enough (dotnet/runtime, issue 12779).
static uint64_t large_page_bytes(const struct os_memory *memory) {
    uint64_t min_bytes = win32_calls.GetLargePageMinimum ? win32_calls.GetLargePageMinimum() : 0;
    bool may_be_huge = memory->size_bytes >= 1 * GIB && win32_has_gigabyte_pages();
    return min_bytes && memory->page_bytes <= min_bytes && !may_be_huge ? min_bytes : NONE_U64;
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
        if (!win32_query_pages(pages, batch, "size", error))
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
    if (sizes->bytes_in_large > 0)
        sizes->large_page_bytes = large_page_bytes(memory);
    return true;
}
