// SPDX-License-Identifier: Apache-2.0
// What win32.c, win32_memory.c and win32_facts.c share; nobody else but their tests looks in here.
//
// "learn: X" in these files is the page X of Microsoft's documentation at learn.microsoft.com.
#ifndef NUMAPROBE_OS_WIN32_H
#define NUMAPROBE_OS_WIN32_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00 // Windows 10; before any header, because all of them look at it
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include "os/os.h"

#include <windows.h>

#include <psapi.h>

// Every call that places memory or threads, tells a place, or may be missing on some Windows.
// os_start fills it by GetProcAddress; NULL means that this Windows has no such call. The fields
// bear the system's names, so that an error can name the very call.
//
// This is the one variable of numaprobe that other files may write: a test puts a simulated
// machine behind os.h by replacing entries, which no compiler or linker trick does portably.
struct win32_calls {
    // kernel32: groups, nodes, CPUs
    WORD(WINAPI *GetActiveProcessorGroupCount)(void);
    DWORD(WINAPI *GetActiveProcessorCount)(WORD group);
    BOOL(WINAPI *GetNumaHighestNodeNumber)(ULONG *node);
    BOOL(WINAPI *GetNumaProcessorNodeEx)(PROCESSOR_NUMBER *cpu, USHORT *node);
    BOOL(WINAPI *GetNumaAvailableMemoryNodeEx)(USHORT node, ULONGLONG *bytes);
    BOOL(WINAPI *GetProcessAffinityMask)(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system);
    // kernel32: threads
    BOOL(WINAPI *SetThreadGroupAffinity)
    (HANDLE thread, const GROUP_AFFINITY *wanted, GROUP_AFFINITY *before);
    BOOL(WINAPI *GetThreadGroupAffinity)(HANDLE thread, GROUP_AFFINITY *affinity);
    void(WINAPI *GetCurrentProcessorNumberEx)(PROCESSOR_NUMBER *cpu);
    BOOL(WINAPI *SetThreadInformation)
    (HANDLE thread, THREAD_INFORMATION_CLASS kind, void *value, DWORD bytes);
    // kernel32: memory
    void *(WINAPI *VirtualAllocExNuma)(HANDLE process, void *base, SIZE_T bytes, DWORD type,
                                       DWORD protection, DWORD node);
    BOOL(WINAPI *VirtualFreeEx)(HANDLE process, void *base, SIZE_T bytes, DWORD type);
    SIZE_T(WINAPI *GetLargePageMinimum)(void);
    BOOL(WINAPI *K32QueryWorkingSetEx)(HANDLE process, void *pages, DWORD bytes);
    BOOL(WINAPI *K32GetProcessMemoryInfo)
    (HANDLE process, PROCESS_MEMORY_COUNTERS *counters, DWORD bytes);
    // advapi32
    BOOL(WINAPI *AdjustTokenPrivileges)
    (HANDLE token, BOOL disable_all, TOKEN_PRIVILEGES *wanted, DWORD before_bytes,
     TOKEN_PRIVILEGES *before, DWORD *needed_bytes);
    // ntdll; the second is Wine's own mark
    LONG(WINAPI *RtlGetVersion)(OSVERSIONINFOW *version);
    const char *(CDECL *wine_get_version)(void);
    // powrprof
    DWORD(WINAPI *PowerGetActiveScheme)(HKEY unused, GUID **scheme);
    DWORD(WINAPI *PowerReadFriendlyName)
    (HKEY unused, const GUID *scheme, const GUID *subgroup, const GUID *setting, UCHAR *name,
     DWORD *bytes);
};
extern struct win32_calls win32_calls;

// Both fill the error and return false. Absent: ERROR_KIND_UNAVAILABLE. Failed: the same when the
// number says that the call is a stub (ERROR_CALL_NOT_IMPLEMENTED, Wine's answer), else FAILED.
bool win32_absent(struct error *error, const char *call);
bool win32_failed(struct error *error, const char *call, DWORD number);

// The highest node number, which is neither a count nor the number of a node that must have
// CPUs or memory.
bool win32_highest_node(uint32_t *node, struct error *error);

// Enables "Lock pages in memory" for this process. Refused when the account does not have it.
bool win32_enable_lock_pages(struct error *error);

// ticks / frequency_hz seconds in nanoseconds, rounded down, without overflow below 584 years.
uint64_t win32_ticks_to_ns(uint64_t ticks, uint64_t frequency_hz);

// UTF-8 and UTF-16, both ended by a zero. False when the text is not valid or does not fit.
bool win32_to_wide(const char *text, wchar_t *wide, size_t room);
bool win32_to_utf8(const wchar_t *wide, char *text, size_t text_bytes);

// The handler that os_interrupt_catch installs; it is here so that a test can send it events.
BOOL WINAPI win32_on_console_event(DWORD event);

#endif
