// SPDX-License-Identifier: Apache-2.0
// What the win32_*.c files share. Private to this room.
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

// learn: Processor Groups: up to 64 CPUs each; one may have fewer, which leaves holes.
enum { WIN32_CPUS_PER_GROUP = 64, WIN32_GROUPS_MAX = 64 };
#define WIN32_BASE_ALIGNMENT (2 * MIB) // of every buffer, so that kinds of page compare

// Every call that places memory or threads, tells a place, or may be missing on some Windows.
// os_start fills it by GetProcAddress; NULL means that this Windows has no such call. The fields
// bear the system's names, so that an error can name the very call.
//
// This and win32_cpuid are the variables of numaprobe that other files may write: a test puts a
// simulated machine behind os.h by replacing entries, which no compiler or linker trick does
// portably.
struct win32_calls {
    // kernel32: groups, nodes, CPUs
    WORD(WINAPI *GetActiveProcessorGroupCount)(void);
    DWORD(WINAPI *GetActiveProcessorCount)(WORD group);
    BOOL(WINAPI *GetNumaHighestNodeNumber)(ULONG *node);
    BOOL(WINAPI *GetNumaProcessorNodeEx)(PROCESSOR_NUMBER *cpu, USHORT *node);
    BOOL(WINAPI *GetNumaNodeProcessorMask2)
    (USHORT node, GROUP_AFFINITY *masks, USHORT room, USHORT *count);
    BOOL(WINAPI *GetNumaAvailableMemoryNodeEx)(USHORT node, ULONGLONG *bytes);
    BOOL(WINAPI *GetNumaProximityNodeEx)(ULONG domain, USHORT *node);
    BOOL(WINAPI *GetProcessAffinityMask)(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system);
    BOOL(WINAPI *QueryInformationJobObject)
    (HANDLE job, JOBOBJECTINFOCLASS kind, void *value, DWORD bytes, DWORD *used);
    BOOL(WINAPI *GetProcessDefaultCpuSets)
    (HANDLE process, ULONG *ids, ULONG room, ULONG *count);
    BOOL(WINAPI *GetSystemCpuSetInformation)
    (void *sets, ULONG bytes, ULONG *used, HANDLE process, ULONG flags);
    // kernel32: threads
    BOOL(WINAPI *SetThreadGroupAffinity)
    (HANDLE thread, const GROUP_AFFINITY *wanted, GROUP_AFFINITY *before);
    BOOL(WINAPI *GetThreadGroupAffinity)(HANDLE thread, GROUP_AFFINITY *affinity);
    void(WINAPI *GetCurrentProcessorNumberEx)(PROCESSOR_NUMBER *cpu);
    BOOL(WINAPI *SetThreadInformation)
    (HANDLE thread, THREAD_INFORMATION_CLASS kind, void *value, DWORD bytes);
    BOOL(WINAPI *SetThreadPriority)(HANDLE thread, int priority);
    BOOL(WINAPI *QueryThreadCycleTime)(HANDLE thread, ULONG64 *cycles);
    EXECUTION_STATE(WINAPI *SetThreadExecutionState)(EXECUTION_STATE state);
    // kernel32: memory
    void *(WINAPI *VirtualAlloc)(void *base, SIZE_T bytes, DWORD type, DWORD protection);
    void *(WINAPI *VirtualAllocExNuma)(HANDLE process, void *base, SIZE_T bytes, DWORD type,
                                       DWORD protection, DWORD node);
    BOOL(WINAPI *VirtualFreeEx)(HANDLE process, void *base, SIZE_T bytes, DWORD type);
    BOOL(WINAPI *VirtualLock)(void *base, SIZE_T bytes);
    BOOL(WINAPI *GetProcessWorkingSetSizeEx)
    (HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags);
    BOOL(WINAPI *SetProcessWorkingSetSizeEx)
    (HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags);
    BOOL(WINAPI *AllocateUserPhysicalPagesNuma)
    (HANDLE process, ULONG_PTR *pages, ULONG_PTR *list, DWORD node);
    BOOL(WINAPI *MapUserPhysicalPages)(void *base, ULONG_PTR pages, ULONG_PTR *list);
    BOOL(WINAPI *FreeUserPhysicalPages)(HANDLE process, ULONG_PTR *pages, ULONG_PTR *list);
    SIZE_T(WINAPI *GetLargePageMinimum)(void);
    BOOL(WINAPI *K32QueryWorkingSetEx)(HANDLE process, void *pages, DWORD bytes);
    BOOL(WINAPI *K32EmptyWorkingSet)(HANDLE process);
    BOOL(WINAPI *GlobalMemoryStatusEx)(MEMORYSTATUSEX *status);
    // kernel32: firmware and drives
    UINT(WINAPI *GetSystemFirmwareTable)(DWORD provider, DWORD table, void *buffer, DWORD bytes);
    UINT(WINAPI *GetDriveTypeW)(const wchar_t *root);
    // kernelbase
    void *(WINAPI *VirtualAlloc2)(HANDLE process, void *base, SIZE_T bytes, ULONG type,
                                  ULONG protection, MEM_EXTENDED_PARAMETER *parameters,
                                  ULONG count);
    // advapi32
    BOOL(WINAPI *OpenProcessToken)(HANDLE process, DWORD access, HANDLE *token);
    BOOL(WINAPI *LookupPrivilegeValueW)(const wchar_t *system, const wchar_t *name, LUID *luid);
    BOOL(WINAPI *AdjustTokenPrivileges)
    (HANDLE token, BOOL disable_all, TOKEN_PRIVILEGES *wanted, DWORD before_bytes,
     TOKEN_PRIVILEGES *before, DWORD *needed_bytes);
    BOOL(WINAPI *GetTokenInformation)
    (HANDLE token, TOKEN_INFORMATION_CLASS kind, void *value, DWORD bytes, DWORD *used);
    BOOL(WINAPI *LookupAccountSidW)
    (const wchar_t *system, void *sid, wchar_t *name, DWORD *name_room, wchar_t *domain,
     DWORD *domain_room, SID_NAME_USE *use);
    LONG(WINAPI *LsaOpenPolicy)(void *system, void *attributes, DWORD access, void **policy);
    LONG(WINAPI *LsaAddAccountRights)(void *policy, void *sid, void *rights, ULONG count);
    LONG(WINAPI *LsaClose)(void *policy);
    ULONG(WINAPI *LsaNtStatusToWinError)(LONG status);
    LSTATUS(WINAPI *RegGetValueW)
    (HKEY key, const wchar_t *path, const wchar_t *name, DWORD flags, DWORD *type, void *value,
     DWORD *bytes);
    // ntdll; the last is Wine's own mark
    LONG(WINAPI *RtlGetVersion)(OSVERSIONINFOW *version);
    LONG(WINAPI *NtQuerySystemInformationEx)
    (int kind, void *query, ULONG query_bytes, void *buffer, ULONG bytes, ULONG *used);
    const char *(CDECL *wine_get_version)(void);
    // powrprof
    DWORD(WINAPI *PowerGetActiveScheme)(HKEY unused, GUID **scheme);
    DWORD(WINAPI *PowerReadFriendlyName)
    (HKEY unused, const GUID *scheme, const GUID *subgroup, const GUID *setting, UCHAR *name,
     DWORD *bytes);
    // pdh
    LONG(WINAPI *PdhOpenQueryW)(const wchar_t *source, DWORD_PTR data, void **query);
    LONG(WINAPI *PdhAddEnglishCounterW)
    (void *query, const wchar_t *path, DWORD_PTR data, void **counter);
    LONG(WINAPI *PdhCollectQueryData)(void *query);
    LONG(WINAPI *PdhGetFormattedCounterValue)
    (void *counter, DWORD format, DWORD *type, void *value);
};
extern struct win32_calls win32_calls;

// Fills it; os_start calls this before anything else.
void win32_load_calls(void);

// Both fill the error and return false. Absent: ERROR_KIND_UNAVAILABLE. Failed: the same when the
// number says that the call is a stub (ERROR_CALL_NOT_IMPLEMENTED, Wine's answer), else FAILED.
bool win32_absent(struct error *error, const char *call);
bool win32_failed(struct error *error, const char *call, DWORD number);

// The processor's CPUID: fills EAX to EDX of a leaf and returns whether the processor has that
// leaf; one without CPUID has none. Another variable that a simulated machine replaces.
extern bool (*win32_cpuid)(uint32_t leaf, uint32_t registers[4]);

// Whether the processor has pages of 1 GiB.
bool win32_has_gigabyte_pages(void);

// The highest node number, which is neither a count nor the number of a node that must have
// CPUs or memory.
bool win32_highest_node(uint32_t *node, struct error *error);

// Ask how long a tick is, the nodes for their masks, and the firmware for their memory, once;
// os_start calls them.
void win32_start_clock(void);
void win32_start_groups(void);
void win32_start_node_memory(void);

// A table of ACPI by its name, to be freed by the caller, and its length, which is 0 where it could
// not be read; NULL where there is none.
uint8_t *win32_acpi_table(const char name[4], size_t *bytes);

// The memory of a node by performance counters, which count standby pages as available. False, and
// nothing filled in, where they tell nothing of the node.
bool win32_counted_memory(uint32_t node, uint64_t *total_bytes, uint64_t *available_bytes);
void win32_forget_counters(void); // of an earlier system; for os_start

// Pages of a node that are free or zeroed, without standby pages; 0 where none are told.
uint64_t win32_listed_bytes(uint32_t node);

// Whether a node has memory: by the firmware, and where that is silent by performance counters or
// by what the node has free.
bool win32_node_has_memory(uint32_t node);

// How much of a node can be free at most, by what is available on all nodes together, and on this
// one, or else by what the node has; NONE_U64 where nothing of that is told.
uint64_t win32_node_bytes_max(uint32_t node);

// Enables a right of this process by its name, for example L"SeLockMemoryPrivilege". REFUSED with
// ERROR_NOT_ALL_ASSIGNED when the account does not have it.
bool win32_enable_privilege(const wchar_t *name, struct error *error);

// The same for "Lock pages in memory", without which there are neither large nor AWE pages; the
// sentence says how it is granted.
bool win32_enable_lock_pages(struct error *error);

// Both map memory->size_bytes at an aligned base and fill memory->base and memory->own, or leave
// nothing behind and fill the error; unmap undoes what own tells.
bool win32_ordinary_map(struct os_memory *memory, struct error *error);
void win32_ordinary_unmap(struct os_memory *memory);
bool win32_awe_map(struct os_memory *memory, struct error *error);
void win32_awe_unmap(struct os_memory *memory);
void win32_forget_awe(void); // pages that an earlier system did not take back; for os_start

// The node of a buffer, which on Windows is one.
static inline uint32_t win32_node(const struct os_memory *memory) {
    return node_set_only(&memory->nodes);
}

// Reserves addresses of that size on the node and returns the first multiple of 2 MiB in them; NULL
// with GetLastError when there are none. MEM_RESERVE is added to type.
void *win32_reserve_aligned(uint64_t size_bytes, DWORD type, uint32_t node);
// Gives back the whole region that an address of it lies in.
void win32_release_region(void *address);

// The error of memory that is unavailable; the call and its number, with advice if it is short.
bool win32_memory_refused(struct error *error, const struct os_memory *memory, const char *call,
                          DWORD number);

// Fills in what the system says of the pages whose VirtualAddress is set. Unavailable under Wine,
// which answers and leaves Node, LargePage and Locked at 0; what is the word for it in the
// sentence.
bool win32_query_pages(PSAPI_WORKING_SET_EX_INFORMATION *pages, size_t count, const char *what,
                       struct error *error);

// Asks that the thread is never slowed down to save energy; older systems refuse it.
bool win32_forbid_power_throttling(HANDLE thread);

// The rate of a thread's cycles is measured again with the next thread; os_start calls it.
void win32_forget_cycle_rate(void);

// UTF-8 and UTF-16, both ended by a zero. False when the text is not valid or does not fit.
bool win32_to_wide(const char *text, wchar_t *wide, size_t room);
bool win32_to_utf8(const wchar_t *wide, char *text, size_t text_bytes);

// The full name of a file or directory, and in the form that may be longer than 260 characters
// where it is. FAILED when the name is no UTF-8, or longer than the room.
enum { WIN32_PATH_ROOM = 4096 };
bool win32_to_path(const char *name, wchar_t path[WIN32_PATH_ROOM], struct error *error);

// ---- files of the user (win32_files.c, win32_user_files.c) --------------------------------------

// "'NAME' cannot be WHAT: the system's words". False.
bool win32_cannot(struct error *error, const char *name, const char *what, DWORD number);

// Whether an open file leads to another name, and whether it is a file on a disk and no directory.
bool win32_is_link(HANDLE file);
bool win32_is_regular(HANDLE file);

// The C library's stream of an open file, which closes it; NULL, and it stays open, where there
// can be no more.
FILE *win32_stream(HANDLE file, const char *mode);

// As os_file_read does; a link is refused where it is not to be followed.
FILE *win32_file_read(const char *name, bool follow, struct error *error);

// ---- for tests ----------------------------------------------------------------------------------

// ticks / frequency_hz seconds in nanoseconds, rounded down, without overflow below 584 years.
uint64_t win32_ticks_to_ns(uint64_t ticks, uint64_t frequency_hz);

// An argument of the program in UTF-8, in memory of its own. One that is no UTF-16 comes out as no
// UTF-8.
char *win32_argument(const wchar_t *wide);

// Words as one command line, which a C program takes apart again. The caller frees it.
char *win32_command_line(const char *const *words);

// The handler that os_interrupt_catch installs.
BOOL WINAPI win32_on_console_event(DWORD event);

#endif
