// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: the table of calls, errors, the clock and text.
#include "os/win32.h"

#include <stdio.h>
#include <string.h>

const char *const os_name = "windows";

// ---- the table of calls ----------------------------------------------------------------------

struct win32_calls win32_calls;

#define CALL(module, name)                                                                         \
    { module, #name, offsetof(struct win32_calls, name) }

static const struct {
    const char *module;
    const char *name;
    size_t place; // in struct win32_calls
} call_table[] = {
    CALL("kernel32.dll", GetActiveProcessorGroupCount),
    CALL("kernel32.dll", GetActiveProcessorCount),
    CALL("kernel32.dll", GetNumaHighestNodeNumber),
    CALL("kernel32.dll", GetNumaProcessorNodeEx),
    CALL("kernel32.dll", GetNumaNodeProcessorMask2),
    CALL("kernel32.dll", GetNumaAvailableMemoryNodeEx),
    CALL("kernel32.dll", GetProcessAffinityMask),
    CALL("kernel32.dll", SetThreadGroupAffinity),
    CALL("kernel32.dll", GetThreadGroupAffinity),
    CALL("kernel32.dll", GetCurrentProcessorNumberEx),
    CALL("kernel32.dll", SetThreadInformation),
    CALL("kernel32.dll", SetThreadPriority),
    CALL("kernel32.dll", QueryThreadCycleTime),
    CALL("kernel32.dll", VirtualAllocExNuma),
    CALL("kernel32.dll", VirtualFreeEx),
    CALL("kernel32.dll", VirtualLock),
    CALL("kernel32.dll", GetProcessWorkingSetSizeEx),
    CALL("kernel32.dll", SetProcessWorkingSetSizeEx),
    CALL("kernel32.dll", AllocateUserPhysicalPagesNuma),
    CALL("kernel32.dll", MapUserPhysicalPages),
    CALL("kernel32.dll", FreeUserPhysicalPages),
    CALL("kernel32.dll", GetLargePageMinimum),
    CALL("kernel32.dll", K32QueryWorkingSetEx),
    CALL("kernel32.dll", K32EmptyWorkingSet),
    CALL("kernel32.dll", K32GetProcessMemoryInfo),
    CALL("kernel32.dll", GetSystemFirmwareTable),
    CALL("kernelbase.dll", VirtualAlloc2),
    CALL("advapi32.dll", OpenProcessToken),
    CALL("advapi32.dll", LookupPrivilegeValueW),
    CALL("advapi32.dll", AdjustTokenPrivileges),
    CALL("advapi32.dll", RegGetValueW),
    CALL("ntdll.dll", RtlGetVersion),
    CALL("ntdll.dll", NtQuerySystemInformationEx),
    CALL("ntdll.dll", wine_get_version),
    CALL("powrprof.dll", PowerGetActiveScheme),
    CALL("powrprof.dll", PowerReadFriendlyName),
};
_Static_assert(COUNT_OF(call_table) * sizeof(FARPROC) == sizeof(struct win32_calls),
               "each field of win32_calls has its row");

// learn: LoadLibraryExW. LOAD_LIBRARY_SEARCH_SYSTEM32 never looks beside the program or in the
// current directory, where anybody could have put a powrprof.dll.
static void load_calls(void) {
    for (size_t i = 0; i < COUNT_OF(call_table); i++) {
        HMODULE module = LoadLibraryExA(call_table[i].module, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
        FARPROC address = module ? GetProcAddress(module, call_table[i].name) : NULL;
        memcpy((char *)&win32_calls + call_table[i].place, &address, sizeof address);
    }
}

bool win32_absent(struct error *error, const char *call) {
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "this Windows does not have the call %s",
                     call);
}

bool win32_failed(struct error *error, const char *call, DWORD number) {
    if (number == ERROR_CALL_NOT_IMPLEMENTED)
        return error_set(error, ERROR_KIND_UNAVAILABLE, number, "%s is not implemented here%s",
                         call, win32_calls.wine_get_version ? " (this is Wine)" : "");
    char text[256];
    return error_set(error, ERROR_KIND_FAILED, number, "%s failed: %s (error %lu)", call,
                     os_error_text(number, text, sizeof text), (unsigned long)number);
}

// ---- clock -----------------------------------------------------------------------------------

static uint64_t clock_frequency_hz; // set once by os_start
static uint64_t clock_start_ticks;

// learn: Acquiring high-resolution time stamps; QueryPerformanceCounter: "on systems that run
// Windows XP or later, the function will always succeed".
static uint64_t clock_ticks(void) {
    LARGE_INTEGER ticks;
    BOOL told = QueryPerformanceCounter(&ticks);
    CHECK(told);
    return (uint64_t)ticks.QuadPart;
}

// learn: QueryPerformanceFrequency: fixed at boot, so it is asked once.
static void start_clock(void) {
    LARGE_INTEGER frequency;
    BOOL told = QueryPerformanceFrequency(&frequency);
    CHECK(told);
    clock_frequency_hz = (uint64_t)frequency.QuadPart;
    clock_start_ticks = clock_ticks();
}

uint64_t win32_ticks_to_ns(uint64_t ticks, uint64_t frequency_hz) {
    // Whole seconds and the rest apart: the rest times 10^9 fits up to 18 GHz.
    CHECK(frequency_hz > 0 && frequency_hz <= UINT64_MAX / NS_PER_S);
    return ticks / frequency_hz * NS_PER_S + ticks % frequency_hz * NS_PER_S / frequency_hz;
}

uint64_t os_clock_ns(void) {
    return win32_ticks_to_ns(clock_ticks() - clock_start_ticks, clock_frequency_hz);
}

uint64_t os_clock_step_ns(void) {
    return (NS_PER_S + clock_frequency_hz - 1) / clock_frequency_hz;
}

void os_start(void) {
    load_calls();
    start_clock();
    win32_start_groups();
}

// ---- text ------------------------------------------------------------------------------------

// learn: MultiByteToWideChar, WideCharToMultiByte: with a length of -1 the zero is part of the
// text, and 0 comes back when it is not valid or the room too small.
bool win32_to_wide(const char *text, wchar_t *wide, size_t room) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, (int)room) > 0;
}

bool win32_to_utf8(const wchar_t *wide, char *text, size_t text_bytes) {
    return WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, (int)text_bytes, NULL,
                               NULL) > 0;
}

// learn: FormatMessageW. IGNORE_INSERTS, because there are no arguments for a "%1"; MAX_WIDTH_MASK
// takes the line breaks out of the sentence but leaves a space at its end. The full stop goes too,
// because the text stands in the middle of our own sentences.
char *os_error_text(uint32_t os_number, char *text, size_t text_bytes) {
    wchar_t wide[512];
    DWORD flags =
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    DWORD length = FormatMessageW(flags, NULL, os_number, 0, wide, COUNT_OF(wide), NULL);
    while (length > 0 && (wide[length - 1] <= L' ' || wide[length - 1] == L'.'))
        wide[--length] = L'\0';
    if (length == 0 || !win32_to_utf8(wide, text, text_bytes))
        snprintf(text, text_bytes, "error %lu", (unsigned long)os_number);
    return text;
}
