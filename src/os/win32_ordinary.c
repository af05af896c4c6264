// SPDX-License-Identifier: Apache-2.0
// Ordinary pages, locked: Windows trims what is not, at any moment and without a word.
#include "base/units.h"
#include "os/win32.h"

#include <stdio.h>

// One call of VirtualLock, so that Ctrl-C is heard in between.
#define LOCK_STEP_BYTES (256 * MIB)

// How much of a working set the locked pages of a buffer need. learn: VirtualLock: the minimum
// "minus a small overhead", which no page puts in numbers; page tables take 1/512.
static uint64_t lock_quota(uint64_t size_bytes) {
    return size_bytes + size_bytes / 256 + 1 * MIB;
}

static bool refuse(struct error *error, const struct os_memory *memory, const char *call,
                   DWORD number) {
    char size[UNITS_TEXT_BYTES], text[256];
    return error_set(error, ERROR_KIND_REFUSED, number,
                     "Windows does not let %s in pages of kind %s stay in memory: %s: %s (error "
                     "%lu): use a smaller buffer, or grant this account \"Increase a process "
                     "working set\" (secpol.msc, Local Policies, User Rights Assignment)",
                     units_format_bytes_rounded(memory->size_bytes, size), memory->kind->name, call,
                     os_error_text(number, text, sizeof text), (unsigned long)number);
}

// learn: SetProcessWorkingSetSizeEx: the minimum is how much may be locked; flags of 0 leave the
// limits soft. Each buffer raises it by its own need and lowers it again. The right
// SeIncreaseWorkingSetPrivilege is given to all users, but is off until it is enabled; where it is
// missing, the call itself tells.
static bool move_working_set(uint64_t bytes, bool up) {
    SIZE_T minimum, maximum;
    DWORD flags;
    if (!win32_calls.GetProcessWorkingSetSizeEx(GetCurrentProcess(), &minimum, &maximum, &flags))
        return false;
    if (!up && minimum <= bytes)
        return true;
    minimum = up ? minimum + (SIZE_T)bytes : minimum - (SIZE_T)bytes;
    maximum = up ? maximum + (SIZE_T)bytes : maximum - (SIZE_T)bytes;
    return win32_calls.SetProcessWorkingSetSizeEx(GetCurrentProcess(), minimum, maximum, 0);
}

// learn: VirtualLock: brings the pages into memory, on the node of their region.
static bool lock_pages(const struct os_memory *memory) {
    for (uint64_t done = 0; done < memory->size_bytes && !os_interrupted();
         done += LOCK_STEP_BYTES) {
        uint64_t left = memory->size_bytes - done;
        uint64_t bytes = left < LOCK_STEP_BYTES ? left : LOCK_STEP_BYTES;
        if (!win32_calls.VirtualLock((char *)memory->base + done, (SIZE_T)bytes))
            return false;
    }
    return true;
}

static bool keep_resident(const struct os_memory *memory, struct error *error) {
    struct error ignored;
    win32_enable_privilege(L"SeIncreaseWorkingSetPrivilege", &ignored);
    if (!move_working_set(lock_quota(memory->size_bytes), true))
        return refuse(error, memory, "SetProcessWorkingSetSizeEx", GetLastError());
    if (lock_pages(memory))
        return true;
    DWORD number = GetLastError();
    move_working_set(lock_quota(memory->size_bytes), false);
    return refuse(error, memory, "VirtualLock", number);
}

static const char *missing_call(void) {
    if (!win32_calls.VirtualLock)
        return "VirtualLock";
    if (!win32_calls.GetProcessWorkingSetSizeEx)
        return "GetProcessWorkingSetSizeEx";
    return win32_calls.SetProcessWorkingSetSizeEx ? NULL : "SetProcessWorkingSetSizeEx";
}

// learn: VirtualAllocExNuma: the node counts where address space is reserved and is ignored where
// pages are committed in it. So more is reserved on the node, which costs only addresses, and
// the aligned part of it is committed: no other thread can take the place in between.
bool win32_ordinary_map(struct os_memory *memory, struct error *error) {
    const char *missing = missing_call();
    if (missing)
        return win32_absent(error, missing);
    char *reserved = win32_reserve_aligned(memory->size_bytes, 0, win32_node(memory));
    if (!reserved)
        return win32_memory_refused(error, memory, "VirtualAllocExNuma", GetLastError());
    memory->base =
        win32_calls.VirtualAllocExNuma(GetCurrentProcess(), reserved, (SIZE_T)memory->size_bytes,
                                       MEM_COMMIT, PAGE_READWRITE, win32_node(memory));
    bool kept = memory->base
                    ? keep_resident(memory, error)
                    : win32_memory_refused(error, memory, "VirtualAllocExNuma", GetLastError());
    if (!kept) {
        win32_release_region(reserved);
        memory->base = NULL;
    }
    return kept;
}

// learn: VirtualFreeEx names no condition on locked pages; a working set that stays too large by
// this is the worst that can come of it.
void win32_ordinary_unmap(struct os_memory *memory) {
    win32_release_region(memory->base);
    move_working_set(lock_quota(memory->size_bytes), false);
}
