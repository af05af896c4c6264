// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: memory on a node, in each kind of page that Windows has.
#include "base/units.h"
#include "os/win32.h"

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

// ---- what is available --------------------------------------------------------------------------

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
// nodes, so this is asked before. Where what is available on one node is unknown, only what cannot
// be there is refused; the proof is os_pages_locate after the first touch, not this.
static bool check_free(struct os_memory *memory, struct error *error) {
    uint64_t free_bytes = win32_node_bytes_max(win32_node(memory));
    if (memory->size_bytes <= free_bytes)
        return true;
    if (memory->kind->source == PAGES_PHYSICAL)
        memory->available_bytes = free_bytes / memory->page_bytes * memory->page_bytes;
    char asked[UNITS_TEXT_BYTES], available[UNITS_TEXT_BYTES];
    return error_set(
        error, ERROR_KIND_REFUSED, 0,
        "node %u has at most %s of memory available, but %s are needed: close programs (Resource "
        "Monitor, resmon.exe, shows the largest) or use a smaller buffer%s",
        win32_node(memory), units_format_bytes_rounded(free_bytes, available),
        units_format_bytes_rounded(memory->size_bytes, asked),
        memory->available_bytes ? " (--size), or accept fewer pages (--allow-partial)" : "");
}

// ---- large and huge pages -----------------------------------------------------------------------

// learn: GetLargePageMinimum: 0 when the processor has no large pages.
static bool large_pages_exist(const struct os_memory *memory, struct error *error) {
    if (!win32_calls.GetLargePageMinimum)
        return win32_absent(error, "GetLargePageMinimum");
    const char *name = memory->kind->name;
    uint64_t large_bytes = win32_calls.GetLargePageMinimum();
    if (large_bytes == 0)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "pages of kind %s: this processor has no large pages under Windows", name);
    char text[UNITS_TEXT_BYTES];
    return large_bytes == 2 * MIB ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "pages of kind %s: the large pages of this Windows are %s", name,
                     units_format_bytes(large_bytes, text));
}

// learn: Large-Page Support: reserved and committed in one call, a multiple of
// GetLargePageMinimum, aligned to it by the system, and resident from then on.
static bool map_large(struct os_memory *memory, struct error *error) {
    if (!large_pages_exist(memory, error))
        return false;
    memory->base = win32_calls.VirtualAllocExNuma(
        GetCurrentProcess(), NULL, (SIZE_T)memory->size_bytes,
        MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE, win32_node(memory));
    return memory->base ||
           win32_memory_refused(error, memory, "VirtualAllocExNuma", GetLastError());
}

// learn: MEM_EXTENDED_PARAMETER: NONPAGED_HUGE "the allocation is mapped using huge pages"; the
// node is one parameter, the attribute another. No page says what happens when there are none, and
// no call distinguishes large and huge pages afterwards (os_memory_page_sizes).
static bool map_huge(struct os_memory *memory, struct error *error) {
    if (!large_pages_exist(memory, error))
        return false;
    if (!win32_calls.VirtualAlloc2)
        return win32_absent(error, "VirtualAlloc2");
    MEM_EXTENDED_PARAMETER parameters[2] = {
        {{.Type = MemExtendedParameterNumaNode},       {.ULong64 = win32_node(memory)}},
        {{.Type = MemExtendedParameterAttributeFlags},
         {.ULong64 = MEM_EXTENDED_PARAMETER_NONPAGED_HUGE}                            },
    };
    memory->base = win32_calls.VirtualAlloc2(GetCurrentProcess(), NULL, (SIZE_T)memory->size_bytes,
                                             MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES,
                                             PAGE_READWRITE, parameters, COUNT_OF(parameters));
    return memory->base || win32_memory_refused(error, memory, "VirtualAlloc2", GetLastError());
}

static void unmap_region(struct os_memory *memory) {
    win32_release_region(memory->base);
}

// ---- pages that nobody holds --------------------------------------------------------------------

// learn: VirtualAlloc names no node. NUMA Support: a page comes from the node of the processor that
// the writing thread is to run on, which for a pinned one is where it is pinned. Nothing keeps it
// resident (learn: Working Set).
static bool map_pageable(struct os_memory *memory, struct error *error) {
    if (!win32_calls.VirtualAlloc)
        return win32_absent(error, "VirtualAlloc");
    char *start =
        win32_calls.VirtualAlloc(NULL, (SIZE_T)(memory->size_bytes + WIN32_BASE_ALIGNMENT),
                                 MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!start)
        return win32_memory_refused(error, memory, "VirtualAlloc", GetLastError());
    uint64_t past = (uintptr_t)start % WIN32_BASE_ALIGNMENT;
    memory->base = past ? start + (WIN32_BASE_ALIGNMENT - past) : start;
    memory->placed_by = OS_PLACED_FIRST_TOUCH;
    return true;
}

// ---- memory -------------------------------------------------------------------------------------

// How each kind is had and given back.
static const struct mapping {
    enum page_source source;
    uint64_t page_bytes;
    bool needs_right; // "Lock pages in memory"
    bool (*map)(struct os_memory *memory, struct error *error);
    void (*unmap)(struct os_memory *memory);
} mappings[] = {
    {PAGES_ORDINARY, 4 * KIB, false, win32_ordinary_map, win32_ordinary_unmap},
    {PAGES_LARGE,    2 * MIB, true,  map_large,          unmap_region        },
    {PAGES_LARGE,    1 * GIB, true,  map_huge,           unmap_region        },
    {PAGES_PHYSICAL, 4 * KIB, true,  win32_awe_map,      win32_awe_unmap     },
    {PAGES_PAGEABLE, 4 * KIB, false, map_pageable,       unmap_region        },
};

size_t os_page_kinds(const struct page_kind *kinds[OS_PAGE_KINDS_MAX]) {
    for (size_t i = 0; i < COUNT_OF(mappings); i++)
        kinds[i] = page_kind_of(mappings[i].source, mappings[i].page_bytes);
    return COUNT_OF(mappings);
}

static const struct mapping *find_mapping(const struct page_kind *kind) {
    for (size_t i = 0; i < COUNT_OF(mappings); i++)
        if (mappings[i].source == kind->source && mappings[i].page_bytes == kind->bytes)
            return &mappings[i];
    return NULL;
}

static bool check_kind(const struct mapping *mapping, const struct page_kind *kind,
                       struct error *error) {
    if (!mapping)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "Windows has no pages of kind %s: it has 4K, 2M, 1G, awe and "
                         "pageable",
                         kind->name);
    char text[UNITS_TEXT_BYTES];
    if (kind->source != PAGES_LARGE && kind->bytes != os_base_page_bytes())
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "pages of kind %s: the ordinary page of this Windows is %s", kind->name,
                         units_format_bytes(os_base_page_bytes(), text));
    return true;
}

bool os_page_kind_offered(const struct page_kind *kind, uint64_t *page_bytes, struct error *error) {
    const struct os_memory asked = {.kind = kind};
    *page_bytes = kind->bytes;
    return check_kind(find_mapping(kind), kind, error) &&
           (kind->source != PAGES_LARGE || large_pages_exist(&asked, error));
}

static const char *missing_call(void) {
    if (!win32_calls.VirtualAllocExNuma)
        return "VirtualAllocExNuma";
    return win32_calls.VirtualFreeEx ? NULL : "VirtualFreeEx";
}

static bool check_memory(struct os_memory *memory, uint64_t size_bytes,
                         const struct page_kind *kind, struct node_set nodes, struct error *error) {
    CHECK(size_bytes > 0 && size_bytes <= UINT64_C(1) << 63);
    *memory = (struct os_memory){
        .kind = kind, .nodes = nodes, .page_bytes = kind->bytes, .placed_by = OS_PLACED_PREFERRED};
    if (!check_kind(find_mapping(kind), kind, error))
        return false;
    if (missing_call())
        return win32_absent(error, missing_call());
    if (nodes.count > 1) {
        char set[NODE_SET_TEXT_BYTES];
        if (nodes.policy != NODES_CHUNKS)
            return error_set(error, ERROR_KIND_REFUSED, 0,
                             "--policy %s does not exist on Windows, which takes one node for each "
                             "allocation, which numaprobe verify without --policy shows",
                             node_policy_names[nodes.policy]);
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "--mem-nodes %s: memory on several nodes is measured on Linux only; name "
                         "single nodes",
                         node_set_format(&nodes, set));
    }
    if (!check_node(node_set_only(&nodes), error))
        return false;
    memory->size_bytes =
        (size_bytes + memory->page_bytes - 1) / memory->page_bytes * memory->page_bytes;
    return check_free(memory, error);
}

bool os_memory_check(uint64_t size_bytes, const struct page_kind *kind, uint32_t node,
                     struct error *error) {
    struct os_memory memory;
    return check_memory(&memory, size_bytes, kind, node_set_of(node), error);
}

// No call says how many large pages there are: they are found in free memory. More than this is
// not there; less may be.
bool os_memory_room(uint32_t node, const struct page_kind *kind, uint64_t *bytes,
                    struct error *error) {
    (void)kind, (void)error;
    *bytes = win32_node_bytes_max(node);
    return true;
}

bool os_node_weights(struct node_set *nodes, struct error *error) {
    char set[NODE_SET_TEXT_BYTES];
    return error_set(error, ERROR_KIND_REFUSED, 0,
                     "--policy weighted: Windows does not spread the pages of nodes %s by weights; "
                     "name single nodes (--mem-nodes)",
                     node_set_format(nodes, set));
}

bool os_memory_acquire(struct os_memory *memory, uint64_t size_bytes, const struct page_kind *kind,
                       struct node_set nodes, struct error *error) {
    const struct mapping *mapping = find_mapping(kind);
    if (!check_memory(memory, size_bytes, kind, nodes, error) ||
        (mapping->needs_right && !win32_enable_lock_pages(error)) || !mapping->map(memory, error))
        return false;
    CHECK((uintptr_t)memory->base % WIN32_BASE_ALIGNMENT == 0);
    return true;
}

void os_memory_release(struct os_memory *memory) {
    if (memory->base)
        find_mapping(memory->kind)->unmap(memory);
    *memory = (struct os_memory){0};
}
