// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: the table of calls, nodes and CPUs, threads, clock, process, terminal.
#include "os/win32.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const os_name = "windows";
const char *const os_node_of_cpu_source = "GetNumaProcessorNodeEx";
const char *const os_current_place_source = "GetCurrentProcessorNumberEx";

enum { CPUS_PER_GROUP = 64 }; // learn: Processor Groups; a group may have fewer, which leaves holes

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
    CALL("kernel32.dll", GetNumaAvailableMemoryNodeEx),
    CALL("kernel32.dll", GetProcessAffinityMask),
    CALL("kernel32.dll", SetThreadGroupAffinity),
    CALL("kernel32.dll", GetThreadGroupAffinity),
    CALL("kernel32.dll", GetCurrentProcessorNumberEx),
    CALL("kernel32.dll", SetThreadInformation),
    CALL("kernel32.dll", VirtualAllocExNuma),
    CALL("kernel32.dll", VirtualFreeEx),
    CALL("kernel32.dll", GetLargePageMinimum),
    CALL("kernel32.dll", K32QueryWorkingSetEx),
    CALL("kernel32.dll", K32GetProcessMemoryInfo),
    CALL("advapi32.dll", AdjustTokenPrivileges),
    CALL("ntdll.dll", RtlGetVersion),
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

enum { NO_NODE = 0xFFFF }; // MAXUSHORT, which mingw-w64 does not define

// ---- nodes and CPUs --------------------------------------------------------------------------

// learn: GetNumaHighestNodeNumber: "the number is not guaranteed to equal the total number of
// nodes in the system".
bool win32_highest_node(uint32_t *node, struct error *error) {
    if (!win32_calls.GetNumaHighestNodeNumber)
        return win32_absent(error, "GetNumaHighestNodeNumber");
    ULONG highest = 0;
    if (!win32_calls.GetNumaHighestNodeNumber(&highest))
        return win32_failed(error, "GetNumaHighestNodeNumber", GetLastError());
    *node = highest;
    return true;
}

// learn: GetActiveProcessorCount: the active processors of one group, numbered from 0. Not
// GetSystemInfo, which sees the group of the calling thread only.
bool os_cpus_online(struct id_set *cpus, struct error *error) {
    *cpus = (struct id_set){0};
    if (!win32_calls.GetActiveProcessorGroupCount)
        return win32_absent(error, "GetActiveProcessorGroupCount");
    if (!win32_calls.GetActiveProcessorCount)
        return win32_absent(error, "GetActiveProcessorCount");
    WORD groups = win32_calls.GetActiveProcessorGroupCount();
    if (groups == 0)
        return win32_failed(error, "GetActiveProcessorGroupCount", GetLastError());
    for (WORD group = 0; group < groups; group++) {
        DWORD count = win32_calls.GetActiveProcessorCount(group);
        for (uint32_t number = 0; number < count; number++)
            id_set_add(cpus, group * (uint32_t)CPUS_PER_GROUP + number);
    }
    return true;
}

// learn: Processor Groups, GetProcessAffinityMask. With several groups a process may set its
// threads to any CPU (SetThreadGroupAffinity; since Windows 11 and Server 2022 it even starts
// there), and the process's mask speaks of one group only or is 0: then all online CPUs count.
bool os_cpus_allowed(struct id_set *cpus, struct error *error) {
    if (!os_cpus_online(cpus, error))
        return false;
    if (win32_calls.GetActiveProcessorGroupCount() > 1)
        return true;
    id_set_free(cpus);
    if (!win32_calls.GetProcessAffinityMask)
        return win32_absent(error, "GetProcessAffinityMask");
    DWORD_PTR mask = 0, system_mask = 0;
    if (!win32_calls.GetProcessAffinityMask(GetCurrentProcess(), &mask, &system_mask))
        return win32_failed(error, "GetProcessAffinityMask", GetLastError());
    for (uint32_t number = 0; number < CPUS_PER_GROUP; number++)
        if ((uint64_t)mask >> number & 1)
            id_set_add(cpus, number);
    return true;
}

// learn: GetNumaProcessorNodeEx. One CPU at a time and never by node masks: since build 20348
// those name the node's primary group only (learn: NUMA Support). MAXUSHORT, with or without
// ERROR_INVALID_PARAMETER, is the system's word for a processor without a node; it is set before,
// so that a stub which answers nothing cannot be read as node 0.
bool os_node_of_cpu(uint32_t cpu, uint32_t *node, struct error *error) {
    if (!win32_calls.GetNumaProcessorNodeEx)
        return win32_absent(error, "GetNumaProcessorNodeEx");
    PROCESSOR_NUMBER place = {.Group = (WORD)(cpu / CPUS_PER_GROUP),
                              .Number = (BYTE)(cpu % CPUS_PER_GROUP)};
    USHORT answer = NO_NODE;
    if (!win32_calls.GetNumaProcessorNodeEx(&place, &answer)) {
        DWORD number = GetLastError();
        if (number != ERROR_INVALID_PARAMETER)
            return win32_failed(error, "GetNumaProcessorNodeEx", number);
    }
    *node = answer == NO_NODE ? NONE_U32 : answer;
    return true;
}

static bool add_nodes_with_cpus(struct id_set *nodes, struct error *error) {
    struct id_set cpus;
    if (!os_cpus_online(&cpus, error))
        return false;
    bool complete = true;
    for (size_t i = 0; complete && i < cpus.count; i++) {
        uint32_t node;
        complete = os_node_of_cpu(cpus.ids[i], &node, error);
        if (complete && node != NONE_U32)
            id_set_add(nodes, node);
    }
    id_set_free(&cpus);
    return complete;
}

// The documents do not say what GetNumaAvailableMemoryNodeEx answers for a number without a node;
// both an error and 0 bytes are taken for "no memory there".
static bool add_nodes_with_memory(struct id_set *nodes, struct error *error) {
    uint32_t highest;
    if (!win32_highest_node(&highest, error))
        return false;
    for (uint32_t node = 0; node <= highest; node++) {
        uint64_t total_bytes, free_bytes = 0;
        struct error untold;
        if (!os_node_memory(node, &total_bytes, &free_bytes, &untold) &&
            untold.kind == ERROR_KIND_UNAVAILABLE) {
            *error = untold;
            return false;
        }
        if (free_bytes > 0)
            id_set_add(nodes, node);
    }
    return true;
}

bool os_nodes(struct id_set *nodes, struct error *error) {
    *nodes = (struct id_set){0};
    if (add_nodes_with_cpus(nodes, error) && add_nodes_with_memory(nodes, error))
        return true;
    id_set_free(nodes);
    return false;
}

// learn: GetNumaAvailableMemoryNodeEx: what is available, not what there is. No documented call
// tells a node's whole memory.
bool os_node_memory(uint32_t node, uint64_t *total_bytes, uint64_t *free_bytes,
                    struct error *error) {
    if (!win32_calls.GetNumaAvailableMemoryNodeEx)
        return win32_absent(error, "GetNumaAvailableMemoryNodeEx");
    if (node >= NO_NODE)
        return error_set(error, ERROR_KIND_REFUSED, 0, "node %u does not exist", node);
    ULONGLONG bytes = 0;
    if (!win32_calls.GetNumaAvailableMemoryNodeEx((USHORT)node, &bytes))
        return win32_failed(error, "GetNumaAvailableMemoryNodeEx", GetLastError());
    *total_bytes = NONE_U64;
    *free_bytes = bytes;
    return true;
}

// learn: GetCurrentProcessorNumberEx: cannot fail, and names no node.
bool os_current_place(uint32_t *cpu, uint32_t *node, struct error *error) {
    if (!win32_calls.GetCurrentProcessorNumberEx)
        return win32_absent(error, "GetCurrentProcessorNumberEx");
    PROCESSOR_NUMBER place = {0};
    win32_calls.GetCurrentProcessorNumberEx(&place);
    *cpu = place.Group * (uint32_t)CPUS_PER_GROUP + place.Number;
    *node = NONE_U32;
    return true;
}

// ---- threads ---------------------------------------------------------------------------------

struct thread_start {
    void (*run)(void *argument); // NULL: the thread could not be pinned and ends at once
    void *argument;
};

static DWORD WINAPI thread_main(void *parameter) {
    struct thread_start start = *(struct thread_start *)parameter;
    free(parameter);
    if (start.run)
        start.run(start.argument);
    return 0;
}

// learn: SetThreadGroupAffinity: fails on a group or mask that is not there, and when Reserved is
// not zero. What was set is read back, because only that is known to hold.
static bool pin_thread(HANDLE thread, uint32_t cpu, struct error *error) {
    if (!win32_calls.SetThreadGroupAffinity)
        return win32_absent(error, "SetThreadGroupAffinity");
    if (!win32_calls.GetThreadGroupAffinity)
        return win32_absent(error, "GetThreadGroupAffinity");
    GROUP_AFFINITY wanted = {.Group = (WORD)(cpu / CPUS_PER_GROUP),
                             .Mask = (KAFFINITY)1 << cpu % CPUS_PER_GROUP};
    if (!win32_calls.SetThreadGroupAffinity(thread, &wanted, NULL)) {
        DWORD number = GetLastError();
        if (number != ERROR_INVALID_PARAMETER)
            return win32_failed(error, "SetThreadGroupAffinity", number);
        return error_set(error, ERROR_KIND_REFUSED, number,
                         "CPU %u (group %u, number %u) does not exist, or this process may not "
                         "run there",
                         cpu, cpu / CPUS_PER_GROUP, cpu % CPUS_PER_GROUP);
    }
    GROUP_AFFINITY found = {0};
    if (!win32_calls.GetThreadGroupAffinity(thread, &found))
        return win32_failed(error, "GetThreadGroupAffinity", GetLastError());
    if (found.Group != wanted.Group || found.Mask != wanted.Mask)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "a thread set to CPU %u may run on group %u mask 0x%llx instead", cpu,
                         found.Group, (unsigned long long)found.Mask);
    return true;
}

// learn: SetThreadInformation, Quality of Service: ControlMask EXECUTION_SPEED with StateMask 0
// means "never run this thread slower to save energy". Own declaration, because mingw-w64 10 has
// none. A wish: older systems refuse it, and what speed there was, the measurement tells.
static void forbid_power_throttling(HANDLE thread) {
    struct {
        ULONG version, control_mask, state_mask;
    } setting = {.version = 1, .control_mask = 1, .state_mask = 0};
    if (win32_calls.SetThreadInformation)
        win32_calls.SetThreadInformation(thread, ThreadPowerThrottling, &setting, sizeof setting);
}

// learn: CreateThread. Suspended, so that the thread is where it belongs before run begins. One
// that could not be pinned is let through to its end, because TerminateThread leaks its stack.
bool os_thread_start(struct os_thread *thread, uint32_t cpu, void (*run)(void *argument),
                     void *argument, struct error *error) {
    *thread = (struct os_thread){0};
    struct thread_start *start = base_allocate(1, sizeof *start);
    *start = (struct thread_start){.argument = argument};
    HANDLE handle = CreateThread(NULL, 0, thread_main, start, CREATE_SUSPENDED, NULL);
    if (!handle) {
        DWORD number = GetLastError();
        free(start);
        return win32_failed(error, "CreateThread", number);
    }
    bool pinned = pin_thread(handle, cpu, error);
    if (pinned) {
        start->run = run;
        forbid_power_throttling(handle);
    }
    thread->handle = handle;
    DWORD suspended_before = ResumeThread(handle);
    CHECK(suspended_before == 1);
    if (!pinned)
        os_thread_join(thread);
    return pinned;
}

void os_thread_join(struct os_thread *thread) {
    CHECK(thread->handle);
    DWORD waited = WaitForSingleObject(thread->handle, INFINITE);
    CHECK(waited == WAIT_OBJECT_0);
    CloseHandle(thread->handle);
    thread->handle = NULL;
}

void os_spin_pause(void) {
    YieldProcessor(); // learn: YieldProcessor
}

static uint64_t filetime_ns(FILETIME time) {
    // learn: FILETIME: two halves, in steps of 100 ns.
    return ((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) * 100;
}

// learn: GetThreadTimes (a thread's time grows in clock ticks, usually 15.6 ms),
// PROCESS_MEMORY_COUNTERS (PageFaultCount: all faults of all threads, soft and hard together).
void os_thread_usage(struct os_usage *usage) {
    *usage = (struct os_usage){NONE_U64, NONE_U64, NONE_U64, NONE_U64, NONE_U64};
    FILETIME created, ended, in_kernel, in_user;
    if (GetThreadTimes(GetCurrentThread(), &created, &ended, &in_kernel, &in_user))
        usage->cpu_ns = filetime_ns(in_kernel) + filetime_ns(in_user);
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    if (win32_calls.K32GetProcessMemoryInfo &&
        win32_calls.K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters))
        usage->minor_faults = counters.PageFaultCount;
}

uint64_t os_steal_ns(const struct id_set *cpus) {
    (void)cpus; // Windows tells a guest nothing of what its hypervisor took
    return NONE_U64;
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

// ---- the process and its terminal ------------------------------------------------------------

// Only a file that is really made tells that one can be made (learn: CreateFileW; access rights,
// read-only media and quotas each have their say). DELETE_ON_CLOSE leaves nothing behind.
static bool check_writable(const char *path, const wchar_t *wide, struct error *error) {
    wchar_t probe[1100];
    int length = swprintf(probe, COUNT_OF(probe), L"%ls\\numaprobe-%lu.tmp", wide,
                          (unsigned long)GetCurrentProcessId());
    CHECK(length > 0);
    HANDLE file = CreateFileW(probe, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD number = GetLastError();
        char text[256];
        return error_set(error, ERROR_KIND_FAILED, number,
                         "directory '%s' cannot be written to: %s (error %lu)", path,
                         os_error_text(number, text, sizeof text), (unsigned long)number);
    }
    CloseHandle(file);
    return true;
}

// learn: CreateDirectoryW: ERROR_ALREADY_EXISTS also when a file has that name.
bool os_directory_create(const char *path, struct error *error) {
    wchar_t wide[1024];
    if (!win32_to_wide(path, wide, COUNT_OF(wide)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", path);
    if (!CreateDirectoryW(wide, NULL) && GetLastError() != ERROR_ALREADY_EXISTS) {
        DWORD number = GetLastError();
        char text[256];
        return error_set(error, ERROR_KIND_FAILED, number,
                         "directory '%s' cannot be created: %s (error %lu)", path,
                         os_error_text(number, text, sizeof text), (unsigned long)number);
    }
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return error_set(error, ERROR_KIND_FAILED, ERROR_DIRECTORY,
                         "'%s' exists and is not a directory", path);
    return check_writable(path, wide, error);
}

// learn: CreateFileW, CREATE_NEW: "Creates a new file, only if it does not already exist", and
// ERROR_FILE_EXISTS else.
bool os_file_claim(const char *path, bool *exists, struct error *error) {
    wchar_t wide[1024];
    *exists = false;
    if (!win32_to_wide(path, wide, COUNT_OF(wide)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", path);
    HANDLE file =
        CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
        return true;
    }
    DWORD number = GetLastError();
    char text[256];
    *exists = number == ERROR_FILE_EXISTS;
    return error_set(error, ERROR_KIND_FAILED, number, "'%s' cannot be created: %s (error %lu)",
                     path, os_error_text(number, text, sizeof text), (unsigned long)number);
}

static HANDLE stream_handle(int stream) {
    CHECK(stream == 1 || stream == 2);
    return GetStdHandle(stream == 1 ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
}

// learn: GetConsoleMode: fails on anything but a console. Not _isatty, which also says yes to NUL.
bool os_is_terminal(int stream) {
    DWORD mode;
    return GetConsoleMode(stream_handle(stream), &mode) != 0;
}

// learn: GetConsoleScreenBufferInfo. The window, not the buffer, which may be wider.
uint32_t os_terminal_columns(int stream) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(stream_handle(stream), &info))
        return 0;
    return (uint32_t)(info.srWindow.Right - info.srWindow.Left + 1);
}

// learn: _setmode ("flush the stream before"), SetConsoleOutputCP (fails without a console, and
// then nobody needs it).
void os_stdout_binary(void) {
    fflush(stdout);
    _setmode(_fileno(stdout), _O_BINARY);
    SetConsoleOutputCP(CP_UTF8);
}

static volatile LONG interrupt_count;

// learn: HandlerRoutine: runs on a thread of its own; FALSE hands the event to the next handler,
// and the default one ends the process. Closing the window or signing out cannot be put off, so
// these go straight on.
BOOL WINAPI win32_on_console_event(DWORD event) {
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return FALSE;
    return InterlockedIncrement(&interrupt_count) == 1;
}

void os_interrupt_catch(void) {
    // learn: SetConsoleCtrlHandler. NULL with FALSE undoes an ignored Ctrl-C, which a process
    // inherits from its parent.
    SetConsoleCtrlHandler(NULL, FALSE);
    SetConsoleCtrlHandler(win32_on_console_event, TRUE);
}

bool os_interrupted(void) {
    return InterlockedCompareExchange(&interrupt_count, 0, 0) > 0;
}
