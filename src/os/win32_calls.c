// SPDX-License-Identifier: Apache-2.0
// The table of calls, and what is said of one that is absent or failed.
#include "os/win32.h"

#include <string.h>

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
    CALL("kernel32.dll", GetNumaProximityNodeEx),
    CALL("kernel32.dll", GetProcessAffinityMask),
    CALL("kernel32.dll", QueryInformationJobObject),
    CALL("kernel32.dll", GetProcessDefaultCpuSets),
    CALL("kernel32.dll", GetSystemCpuSetInformation),
    CALL("kernel32.dll", SetThreadGroupAffinity),
    CALL("kernel32.dll", GetThreadGroupAffinity),
    CALL("kernel32.dll", GetCurrentProcessorNumberEx),
    CALL("kernel32.dll", SetThreadInformation),
    CALL("kernel32.dll", SetThreadPriority),
    CALL("kernel32.dll", QueryThreadCycleTime),
    CALL("kernel32.dll", SetThreadExecutionState),
    CALL("kernel32.dll", VirtualAlloc),
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
    CALL("kernel32.dll", GlobalMemoryStatusEx),
    CALL("kernel32.dll", GetSystemFirmwareTable),
    CALL("kernel32.dll", GetDriveTypeW),
    CALL("kernelbase.dll", VirtualAlloc2),
    CALL("advapi32.dll", OpenProcessToken),
    CALL("advapi32.dll", LookupPrivilegeValueW),
    CALL("advapi32.dll", AdjustTokenPrivileges),
    CALL("advapi32.dll", GetTokenInformation),
    CALL("advapi32.dll", LookupAccountSidW),
    CALL("advapi32.dll", LsaOpenPolicy),
    CALL("advapi32.dll", LsaAddAccountRights),
    CALL("advapi32.dll", LsaClose),
    CALL("advapi32.dll", LsaNtStatusToWinError),
    CALL("advapi32.dll", RegGetValueW),
    CALL("ntdll.dll", RtlGetVersion),
    CALL("ntdll.dll", NtQuerySystemInformationEx),
    CALL("ntdll.dll", wine_get_version),
    CALL("powrprof.dll", PowerGetActiveScheme),
    CALL("powrprof.dll", PowerReadFriendlyName),
    CALL("pdh.dll", PdhOpenQueryW),
    CALL("pdh.dll", PdhAddEnglishCounterW),
    CALL("pdh.dll", PdhCollectQueryData),
    CALL("pdh.dll", PdhGetFormattedCounterValue),
};
_Static_assert(COUNT_OF(call_table) * sizeof(FARPROC) == sizeof(struct win32_calls),
               "each field of win32_calls has its row");

// learn: LoadLibraryExW. LOAD_LIBRARY_SEARCH_SYSTEM32 never looks beside the program or in the
// current directory, where anybody could have put a powrprof.dll.
void win32_load_calls(void) {
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
