// SPDX-License-Identifier: Apache-2.0
// Memory of a simulated machine: the pages are real, their node is not.
#include "windows_sim/sim_calls.h"

#include <ntsecapi.h>
#include <psapi.h>
#include <string.h>
#include <wchar.h>

enum { SMALL_BYTES = 4096 };
#define LARGE_BYTES (2 * MIB)
#define HUGE_BYTES  (1 * GIB)

enum { REGIONS_MAX = 256 };
static struct region {
    char *reserved; // what the system gave
    char *base;     // what the caller got
    uint64_t size_bytes;
    uint32_t node; // NONE_U32: where the thread runs that writes the pages
    bool large;
    bool physical;           // address space for AWE pages
    char *there, *there_end; // what is resident by the call alone: locked, or mapped AWE pages
    uint64_t locked_bytes;   // of it
    uint32_t mapped_node;    // where the AWE pages that are mapped there are
    ULONG_PTR mapped_first;  // the frame of the first
    ULONG_PTR mapped_count;
    bool trimmed;
} regions[REGIONS_MAX];
static size_t region_count;
static SRWLOCK lock = SRWLOCK_INIT;

// learn: SetProcessWorkingSetSize: "the default size is 50 pages" and 345.
static SIZE_T working_set_minimum, working_set_maximum;
static bool lock_pages_enabled;
static uint64_t locked_bytes;

void sim_forget_memory(void) {
    region_count = 0;
    lock_pages_enabled = false;
    locked_bytes = 0;
    working_set_minimum = 50 * SMALL_BYTES;
    working_set_maximum = 345 * SMALL_BYTES;
}

uint64_t sim_locked_bytes(void) {
    return locked_bytes;
}

static UINT WINAPI drive_type(const wchar_t *root) {
    (void)root;
    return sim_machine->faults.network_drives ? DRIVE_REMOTE : DRIVE_FIXED;
}

static SIZE_T WINAPI large_page_minimum(void) {
    return LARGE_BYTES;
}

// ---- rights -------------------------------------------------------------------------------------

// LookupPrivilegeValueW is the real one; LUIDs of the rights are the same on every Windows and in
// Wine (wdm.h: SE_LOCK_MEMORY_PRIVILEGE is 4, SE_INC_WORKING_SET_PRIVILEGE 33).
enum { LOCK_MEMORY_RIGHT = 4, WORKING_SET_RIGHT = 33 };

// learn: AdjustTokenPrivileges: succeeds without the right too, and only GetLastError tells.
static BOOL WINAPI adjust_privileges(HANDLE token, BOOL disable_all, TOKEN_PRIVILEGES *wanted,
                                     DWORD before_bytes, TOKEN_PRIVILEGES *before,
                                     DWORD *needed_bytes) {
    (void)token, (void)disable_all, (void)before_bytes, (void)before, (void)needed_bytes;
    CHECK(wanted->PrivilegeCount == 1 && wanted->Privileges[0].Attributes == SE_PRIVILEGE_ENABLED);
    const struct sim_faults *faults = &sim_machine->faults;
    DWORD right = wanted->Privileges[0].Luid.LowPart;
    bool granted = (right == LOCK_MEMORY_RIGHT && !faults->lacks_lock_pages_right) ||
                   (right == WORKING_SET_RIGHT && !faults->lacks_working_set_right);
    lock_pages_enabled |= right == LOCK_MEMORY_RIGHT && granted;
    SetLastError(granted ? ERROR_SUCCESS : ERROR_NOT_ALL_ASSIGNED);
    return TRUE;
}

// learn: TOKEN_ELEVATION_TYPE, TOKEN_ELEVATION, TOKEN_USER.
static SID account_sid = {1, 1, {{0, 0, 0, 0, 0, 5}}, {21}};

static BOOL WINAPI token_information(HANDLE token, TOKEN_INFORMATION_CLASS kind, void *value,
                                     DWORD bytes, DWORD *used) {
    (void)token;
    const struct sim_faults *faults = &sim_machine->faults;
    TOKEN_ELEVATION_TYPE type =
        faults->token_filtered ? TokenElevationTypeLimited : TokenElevationTypeDefault;
    TOKEN_ELEVATION elevation = {faults->elevated};
    TOKEN_USER user = {
        {&account_sid, 0}
    };
    const void *answer = kind == TokenElevationType ? (const void *)&type
                         : kind == TokenElevation   ? (const void *)&elevation
                                                    : (const void *)&user;
    *used = kind == TokenElevationType ? sizeof type
            : kind == TokenElevation   ? sizeof elevation
                                       : sizeof user;
    CHECK((kind == TokenElevationType || kind == TokenElevation || kind == TokenUser) &&
          bytes >= *used);
    memcpy(value, answer, *used);
    return TRUE;
}

static BOOL WINAPI account_name(const wchar_t *system, void *sid, wchar_t *name, DWORD *name_room,
                                wchar_t *domain, DWORD *domain_room, SID_NAME_USE *use) {
    CHECK(!system && sid == &account_sid && *name_room > 6 && *domain_room > 7);
    wcscpy(name, L"tester");
    wcscpy(domain, L"MACHINE");
    *use = SidTypeUser;
    return TRUE;
}

enum { POLICY_OF_MACHINE = 7 };

static LONG WINAPI open_policy(void *system, void *attributes, DWORD access, void **policy) {
    CHECK(!system && attributes && access == (POLICY_CREATE_ACCOUNT | POLICY_LOOKUP_NAMES));
    *policy = (void *)POLICY_OF_MACHINE;
    return 0;
}

// learn: LsaAddAccountRights. What is granted counts from the next sign-in, so not here.
static LONG WINAPI add_rights(void *policy, void *sid, void *rights, ULONG count) {
    const LSA_UNICODE_STRING *right = rights;
    CHECK(policy == (void *)POLICY_OF_MACHINE && sid == &account_sid && count == 1);
    CHECK(right->Length == 42 && memcmp(right->Buffer, L"SeLockMemoryPrivilege", 42) == 0);
    return sim_machine->faults.policy_denied ? (LONG)0xC0000022 : 0; // STATUS_ACCESS_DENIED
}

static LONG WINAPI close_policy(void *policy) {
    CHECK(policy == (void *)POLICY_OF_MACHINE);
    return 0;
}

static ULONG WINAPI error_of_status(LONG status) {
    CHECK(status == (LONG)0xC0000022);
    return ERROR_ACCESS_DENIED;
}

// ---- regions ------------------------------------------------------------------------------------

static void add_region(struct region region) {
    AcquireSRWLockExclusive(&lock);
    CHECK(region_count < REGIONS_MAX);
    regions[region_count++] = region;
    ReleaseSRWLockExclusive(&lock);
}

static struct region *find_region(const char *address) {
    for (size_t i = 0; i < region_count; i++)
        if (address >= regions[i].base && address < regions[i].base + regions[i].size_bytes)
            return &regions[i];
    return NULL;
}

// learn: Large-Page Support: reserve and commit in one call, whole large pages, and the privilege
// enabled. The real pages are ordinary ones at an aligned address.
static DWORD map_large(struct region *region, DWORD type, uint64_t page_bytes) {
    if (!(type & MEM_RESERVE) || !(type & MEM_COMMIT) || region->size_bytes % page_bytes)
        return ERROR_INVALID_PARAMETER;
    if (!lock_pages_enabled)
        return ERROR_PRIVILEGE_NOT_HELD;
    if (sim_machine->faults.lacks_large_pages)
        return ERROR_NO_SYSTEM_RESOURCES;
    region->reserved =
        VirtualAlloc(NULL, region->size_bytes + page_bytes, MEM_RESERVE, PAGE_READWRITE);
    CHECK(region->reserved);
    region->base = region->reserved + (page_bytes - (uintptr_t)region->reserved % page_bytes);
    region->large = true;
    void *committed = VirtualAlloc(region->base, region->size_bytes, MEM_COMMIT, PAGE_READWRITE);
    CHECK(committed);
    return ERROR_SUCCESS;
}

static DWORD map_ordinary(struct region *region, void *base, DWORD type, DWORD protection) {
    region->reserved = region->base = VirtualAlloc(base, region->size_bytes, type, protection);
    return region->base ? ERROR_SUCCESS : GetLastError();
}

// learn: VirtualAllocExNuma, MEM_PHYSICAL: "must be used with MEM_RESERVE and no other values".
static DWORD reserve_for_awe(struct region *region, DWORD type, DWORD protection) {
    if (type != (MEM_RESERVE | MEM_PHYSICAL) || protection != PAGE_READWRITE)
        return ERROR_INVALID_PARAMETER;
    region->physical = true;
    return map_ordinary(region, NULL, MEM_RESERVE, protection);
}

// learn: VirtualAllocExNuma: the node counts for new address space and is ignored for pages that
// are committed in a region that already exists; success says nothing about where pages will be.
static void *WINAPI allocate(HANDLE process, void *base, SIZE_T bytes, DWORD type, DWORD protection,
                             DWORD node) {
    (void)process;
    if (base && !(type & MEM_RESERVE))
        return VirtualAlloc(base, bytes, type, protection);
    struct region region = {.size_bytes = bytes, .node = node};
    DWORD error = ERROR_INVALID_PARAMETER;
    if (sim_machine->faults.memory_error) {
        error = sim_machine->faults.memory_error;
    } else if (node <= sim_hardware->highest_node) {
        if (type & MEM_LARGE_PAGES)
            error = map_large(&region, type, LARGE_BYTES);
        else if (type & MEM_PHYSICAL)
            error = reserve_for_awe(&region, type, protection);
        else
            error = map_ordinary(&region, base, type, protection);
    }
    if (error) {
        SetLastError(error);
        return NULL;
    }
    add_region(region);
    return region.base;
}

// learn: NUMA Support: without a node the pages are where the thread is that writes them.
static void *WINAPI allocate_anywhere(void *base, SIZE_T bytes, DWORD type, DWORD protection) {
    struct region region = {.size_bytes = bytes, .node = NONE_U32};
    DWORD error = map_ordinary(&region, base, type, protection);
    if (!error)
        add_region(region);
    return region.base;
}

// learn: VirtualAlloc2, MEM_EXTENDED_PARAMETER. That huge pages need MEM_LARGE_PAGES, a size of
// whole ones and the right is the reading of mimalloc (its prim/windows/prim.c) too.
static void *WINAPI allocate2(HANDLE process, void *base, SIZE_T bytes, ULONG type,
                              ULONG protection, MEM_EXTENDED_PARAMETER *parameters, ULONG count) {
    (void)process;
    CHECK(!base && protection == PAGE_READWRITE && (type & MEM_LARGE_PAGES));
    struct region region = {.size_bytes = bytes, .node = NONE_U32};
    bool huge = false;
    for (ULONG i = 0; i < count; i++) {
        if (parameters[i].Type == MemExtendedParameterNumaNode)
            region.node = (uint32_t)parameters[i].ULong64;
        else if (parameters[i].Type == MemExtendedParameterAttributeFlags)
            huge = parameters[i].ULong64 == MEM_EXTENDED_PARAMETER_NONPAGED_HUGE;
    }
    DWORD error = region.node <= sim_hardware->highest_node && huge
                      ? map_large(&region, type, HUGE_BYTES)
                      : ERROR_INVALID_PARAMETER;
    if (error) {
        SetLastError(error);
        return NULL;
    }
    add_region(region);
    return region.base;
}

// learn: VirtualFreeEx. AWE pages that are still mapped would go on belonging to the process.
static BOOL WINAPI release(HANDLE process, void *base, SIZE_T bytes, DWORD type) {
    (void)process;
    char *reserved = base;
    AcquireSRWLockExclusive(&lock);
    for (size_t i = 0; type == MEM_RELEASE && i < region_count; i++) {
        if (regions[i].base != base && regions[i].reserved != base)
            continue;
        CHECK(regions[i].mapped_count == 0);
        reserved = regions[i].reserved;
        locked_bytes -= regions[i].locked_bytes;
        regions[i] = regions[--region_count];
        break;
    }
    ReleaseSRWLockExclusive(&lock);
    return VirtualFree(reserved, bytes, type);
}

// ---- locking ------------------------------------------------------------------------------------

static BOOL WINAPI get_working_set(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags) {
    (void)process;
    *minimum = working_set_minimum;
    *maximum = working_set_maximum;
    *flags = 0;
    return TRUE;
}

// learn: SetProcessWorkingSetSizeEx: 0 < minimum <= maximum. Windows Internals, 7th edition,
// chapter 5: raising it takes a right; the error without it is the usual one.
static BOOL WINAPI set_working_set(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags) {
    (void)process;
    DWORD error = ERROR_SUCCESS;
    if (minimum == 0 || minimum > maximum || flags)
        error = ERROR_INVALID_PARAMETER;
    else if (minimum > working_set_minimum && sim_machine->faults.lacks_working_set_right)
        error = ERROR_PRIVILEGE_NOT_HELD;
    SetLastError(error);
    if (error)
        return FALSE;
    working_set_minimum = minimum;
    working_set_maximum = maximum;
    return TRUE;
}

// learn: VirtualLock: "all pages must be committed"; no more "than the minimum working set minus a
// small overhead", for which the first 20 pages stand here; locked pages are resident.
static BOOL WINAPI lock_pages(void *base, SIZE_T bytes) {
    AcquireSRWLockExclusive(&lock);
    struct region *region = find_region(base);
    bool fits = locked_bytes + bytes + 20 * SMALL_BYTES <= working_set_minimum;
    bool locked =
        region && !region->large && !region->physical && fits && !sim_machine->faults.lock_fails;
    if (locked) {
        if (!region->there)
            region->there = base;
        region->there_end = (char *)base + bytes;
        region->locked_bytes += bytes;
        locked_bytes += bytes;
    }
    ReleaseSRWLockExclusive(&lock);
    SetLastError(locked ? ERROR_SUCCESS : ERROR_WORKING_SET_QUOTA);
    return locked;
}

// learn: EmptyWorkingSet: "removes as many pages as possible"; locked, large and AWE pages stay.
static BOOL WINAPI empty_working_set(HANDLE process) {
    (void)process;
    for (size_t i = 0; i < region_count; i++)
        regions[i].trimmed = true;
    return TRUE;
}

// ---- AWE ----------------------------------------------------------------------------------------

// A frame is told by its number; the node that it is on stands above bit 32.
static ULONG_PTR frames_given; // since the start: no number comes twice
static uint64_t frames_held;

uint64_t sim_awe_pages_held(void) {
    return frames_held;
}

// learn: AllocateUserPhysicalPagesNuma: the right is needed (ERROR_PRIVILEGE_NOT_HELD); fewer pages
// than asked for are a success.
static BOOL WINAPI allocate_frames(HANDLE process, ULONG_PTR *count, ULONG_PTR *list, DWORD node) {
    (void)process;
    if (!lock_pages_enabled || node > sim_hardware->highest_node) {
        SetLastError(lock_pages_enabled ? ERROR_INVALID_PARAMETER : ERROR_PRIVILEGE_NOT_HELD);
        return FALSE;
    }
    ULONG_PTR most = sim_machine->faults.awe_pages_max;
    if (most && *count > most)
        *count = most;
    for (ULONG_PTR i = 0; i < *count; i++)
        list[i] = (ULONG_PTR)node << 32 | ++frames_given;
    frames_held += *count;
    return TRUE;
}

// learn: FreeUserPhysicalPages: pages that are mapped are unmapped by it as well; here that is a
// fault of the caller, who must know what is mapped.
static BOOL WINAPI free_frames(HANDLE process, ULONG_PTR *count, ULONG_PTR *list) {
    (void)process;
    for (ULONG_PTR i = 0; i < *count; i++)
        CHECK((list[i] & 0xffffffff) != 0 && (list[i] & 0xffffffff) <= frames_given);
    for (size_t i = 0; i < region_count; i++)
        CHECK(regions[i].mapped_count == 0 || regions[i].mapped_first != list[0]);
    CHECK(frames_held >= *count);
    if (*count > sim_machine->faults.awe_pages_kept)
        *count -= sim_machine->faults.awe_pages_kept;
    frames_held -= *count;
    return TRUE;
}

// learn: MapUserPhysicalPages: inside a region reserved with MEM_PHYSICAL; a list of NULL unmaps
// and does not free.
static BOOL WINAPI map_frames(void *base, ULONG_PTR count, ULONG_PTR *list) {
    AcquireSRWLockExclusive(&lock);
    struct region *region = find_region(base);
    bool fits = region && region->physical && (uintptr_t)base % SMALL_BYTES == 0 &&
                (char *)base + count * SMALL_BYTES <= region->base + region->size_bytes;
    bool mapped = fits && !(list && sim_machine->faults.awe_map_fails);
    if (mapped && list) {
        void *committed = VirtualAlloc(base, count * SMALL_BYTES, MEM_COMMIT, PAGE_READWRITE);
        CHECK(committed);
        region->there = base;
        region->there_end = region->there + count * SMALL_BYTES;
        region->mapped_count = count;
        region->mapped_node = (uint32_t)(list[0] >> 32);
        region->mapped_first = list[0];
    } else if (mapped) {
        CHECK(region->mapped_count == count && region->there == base);
        VirtualFree(base, count * SMALL_BYTES, MEM_DECOMMIT);
        region->there = region->there_end = NULL;
        region->mapped_count = 0;
    }
    ReleaseSRWLockExclusive(&lock);
    SetLastError(mapped ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER);
    return mapped;
}

// ---- where pages are ----------------------------------------------------------------------------

static bool is_each(uint32_t every, uint64_t page) {
    return every != 0 && page % every == 0;
}

// A page that is there whatever the real system says: large, locked, or of AWE.
static bool is_held(const struct region *region, const char *address) {
    return region && (region->large || (address >= region->there && address < region->there_end));
}

// learn: PSAPI_WORKING_SET_EX_BLOCK: without Valid the other members mean nothing, so they are
// filled with what would mislead; Node has 6 bits, so a higher number comes out folded.
// learn: QueryWorkingSetEx: also tells of AWE and large pages, which are in no working set.
static void describe_page(PSAPI_WORKING_SET_EX_INFORMATION *page) {
    const struct sim_faults *faults = &sim_machine->faults;
    const char *address = page->VirtualAddress;
    const struct region *region = find_region(address);
    uint64_t number = (uintptr_t)address / SMALL_BYTES;
    bool large = region && region->large;
    uint32_t node = !region ? 0 : region->mapped_count ? region->mapped_node : region->node;
    node = sim_giving_node(node == NONE_U32 ? sim_node_of_last_pinned() : node);
    if (region && is_each(faults->stray_every, number))
        node = faults->stray_node;
    bool resident = page->VirtualAttributes.Valid && !(region && region->trimmed);
    bool held = is_held(region, address), valid = resident || held;
    page->VirtualAttributes.Valid = valid && !is_each(faults->absent_every, number);
    page->VirtualAttributes.Node = (page->VirtualAttributes.Valid ? node : 1) & 63;
    page->VirtualAttributes.LargePage = large || !page->VirtualAttributes.Valid;
    page->VirtualAttributes.Locked = held;
}

// Whether any other page is there, the real system knows. Wine takes its time for that, so it is
// not asked about pages that are all held.
static bool ask_real(HANDLE process, PSAPI_WORKING_SET_EX_INFORMATION *pages, DWORD bytes) {
    for (size_t i = 0; i < bytes / sizeof *pages; i++)
        if (!is_held(find_region(pages[i].VirtualAddress), pages[i].VirtualAddress))
            return K32QueryWorkingSetEx(process, pages, bytes);
    return true;
}

static BOOL WINAPI query_pages(HANDLE process, void *list, DWORD bytes) {
    if (sim_machine->faults.page_query_error) {
        SetLastError(sim_machine->faults.page_query_error);
        return FALSE;
    }
    PSAPI_WORKING_SET_EX_INFORMATION *pages = list;
    AcquireSRWLockShared(&lock);
    bool told = ask_real(process, pages, bytes);
    for (size_t i = 0; told && i < bytes / sizeof *pages; i++)
        describe_page(&pages[i]);
    ReleaseSRWLockShared(&lock);
    return told;
}

// clang-format off
const struct sim_answer sim_memory_answers[] = {
    SIM_ANSWER("GetDriveTypeW", drive_type),
    SIM_ANSWER("VirtualAlloc", allocate_anywhere),
    SIM_ANSWER("VirtualAllocExNuma", allocate),
    SIM_ANSWER("VirtualAlloc2", allocate2),
    SIM_ANSWER("VirtualFreeEx", release),
    SIM_ANSWER("VirtualLock", lock_pages),
    SIM_ANSWER("GetProcessWorkingSetSizeEx", get_working_set),
    SIM_ANSWER("SetProcessWorkingSetSizeEx", set_working_set),
    SIM_ANSWER("AllocateUserPhysicalPagesNuma", allocate_frames),
    SIM_ANSWER("MapUserPhysicalPages", map_frames),
    SIM_ANSWER("FreeUserPhysicalPages", free_frames),
    SIM_ANSWER("GetLargePageMinimum", large_page_minimum),
    SIM_ANSWER("K32QueryWorkingSetEx", query_pages),
    SIM_ANSWER("AdjustTokenPrivileges", adjust_privileges),
    SIM_ANSWER("GetTokenInformation", token_information),
    SIM_ANSWER("LookupAccountSidW", account_name),
    SIM_ANSWER("LsaOpenPolicy", open_policy),
    SIM_ANSWER("LsaAddAccountRights", add_rights),
    SIM_ANSWER("LsaClose", close_policy),
    SIM_ANSWER("LsaNtStatusToWinError", error_of_status),
    SIM_ANSWER("K32EmptyWorkingSet", empty_working_set),
    SIM_ANSWER("QueryWorkingSetEx", NULL),
    {NULL, NULL},
};
// clang-format on
