// SPDX-License-Identifier: Apache-2.0
// AWE memory: physical pages that the process holds itself and maps where it likes. They are in no
// working set, are never trimmed or moved, and a request can be granted in part.
#include "base/units.h"
#include "os/win32.h"

#include <stdlib.h>

struct awe {
    ULONG_PTR count;
    ULONG_PTR frames[]; // learn: AllocateUserPhysicalPagesNuma: "do not attempt to modify"
};

static const char *missing_call(void) {
    if (!win32_calls.AllocateUserPhysicalPagesNuma)
        return "AllocateUserPhysicalPagesNuma";
    if (!win32_calls.MapUserPhysicalPages)
        return "MapUserPhysicalPages";
    return win32_calls.FreeUserPhysicalPages ? NULL : "FreeUserPhysicalPages";
}

// Pages that Windows did not take back: they are lost to the machine until this process ends, so
// no more are taken.
static uint64_t lost_pages;

// learn: FreeUserPhysicalPages: tells in its second argument how many it freed.
static void free_frames(struct awe *awe) {
    ULONG_PTR freed = awe->count;
    if (awe->count > 0 &&
        !(win32_calls.FreeUserPhysicalPages(GetCurrentProcess(), &freed, awe->frames) &&
          freed == awe->count))
        lost_pages += freed < awe->count ? awe->count - freed : awe->count;
    free(awe);
}

static bool check_lost(struct error *error) {
    return lost_pages == 0 ||
           error_set(error, ERROR_KIND_FAILED, 0,
                     "FreeUserPhysicalPages did not release %llu AWE pages of an earlier buffer: "
                     "they become free when numaprobe ends; start it again",
                     (unsigned long long)lost_pages);
}

void win32_forget_awe(void) {
    lost_pages = 0;
}

static bool refuse_short(struct os_memory *memory, uint64_t asked, uint64_t given,
                         struct error *error) {
    char asked_text[UNITS_TEXT_BYTES], given_text[UNITS_TEXT_BYTES];
    memory->available_bytes = given * memory->page_bytes;
    return error_set(
        error, ERROR_KIND_REFUSED, 0,
        "Windows gave only %llu of %llu AWE pages (%s of %s) for node %u: close programs, use a "
        "smaller buffer (--size), or accept fewer pages (--allow-partial)",
        (unsigned long long)given, (unsigned long long)asked,
        units_format_bytes_rounded(memory->available_bytes, given_text),
        units_format_bytes_rounded(memory->size_bytes, asked_text), win32_node(memory));
}

// learn: AllocateUserPhysicalPagesNuma: "fewer pages than requested can be allocated. The caller
// must check the value of the NumberOfPages parameter on return".
static struct awe *take_frames(struct os_memory *memory, struct error *error) {
    uint64_t asked = memory->size_bytes / memory->page_bytes;
    struct awe *awe = asked <= (SIZE_MAX - sizeof *awe) / sizeof awe->frames[0]
                          ? malloc(sizeof *awe + (size_t)asked * sizeof awe->frames[0])
                          : NULL;
    if (!awe) {
        error_set(error, ERROR_KIND_REFUSED, 0,
                  "there is no memory for a list of %llu AWE pages: use a smaller buffer",
                  (unsigned long long)asked);
        return NULL;
    }
    awe->count = (ULONG_PTR)asked;
    if (!win32_calls.AllocateUserPhysicalPagesNuma(GetCurrentProcess(), &awe->count, awe->frames,
                                                   win32_node(memory))) {
        DWORD number = GetLastError();
        free(awe);
        win32_memory_refused(error, memory, "AllocateUserPhysicalPagesNuma", number);
        return NULL;
    }
    if (awe->count == asked)
        return awe;
    refuse_short(memory, asked, awe->count, error);
    free_frames(awe);
    return NULL;
}

// learn: VirtualAllocExNuma, MEM_PHYSICAL: with MEM_RESERVE and nothing else. MapUserPhysicalPages
// maps at any page of such a region.
bool win32_awe_map(struct os_memory *memory, struct error *error) {
    const char *missing = missing_call();
    if (missing)
        return win32_absent(error, missing);
    if (!check_lost(error))
        return false;
    struct awe *awe = take_frames(memory, error);
    if (!awe)
        return false;
    const char *call = "VirtualAllocExNuma";
    void *base = win32_reserve_aligned(memory->size_bytes, MEM_PHYSICAL, win32_node(memory));
    if (base) {
        call = "MapUserPhysicalPages";
        if (win32_calls.MapUserPhysicalPages(base, awe->count, awe->frames)) {
            memory->base = base;
            memory->own = awe;
            return true;
        }
    }
    DWORD number = GetLastError();
    if (base)
        win32_release_region(base);
    free_frames(awe);
    return win32_memory_refused(error, memory, call, number);
}

// learn: MapUserPhysicalPages: a list of NULL unmaps and frees nothing.
void win32_awe_unmap(struct os_memory *memory) {
    struct awe *awe = memory->own;
    BOOL unmapped = win32_calls.MapUserPhysicalPages(memory->base, awe->count, NULL);
    CHECK(unmapped);
    free_frames(awe);
    win32_release_region(memory->base);
}
