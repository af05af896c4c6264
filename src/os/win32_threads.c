// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: threads, and what disturbed them.
#include "os/win32.h"

#include <stdlib.h>

// ---- threads ------------------------------------------------------------------------------------

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
    GROUP_AFFINITY wanted = {.Group = (WORD)(cpu / WIN32_CPUS_PER_GROUP),
                             .Mask = (KAFFINITY)1 << cpu % WIN32_CPUS_PER_GROUP};
    if (!win32_calls.SetThreadGroupAffinity(thread, &wanted, NULL)) {
        DWORD number = GetLastError();
        if (number != ERROR_INVALID_PARAMETER)
            return win32_failed(error, "SetThreadGroupAffinity", number);
        return error_set(error, ERROR_KIND_REFUSED, number,
                         "CPU %u (group %u, number %u) does not exist, or this process may not "
                         "run there",
                         cpu, cpu / WIN32_CPUS_PER_GROUP, cpu % WIN32_CPUS_PER_GROUP);
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
bool win32_forbid_power_throttling(HANDLE thread) {
    struct {
        ULONG version, control_mask, state_mask;
    } setting = {.version = 1, .control_mask = 1, .state_mask = 0};
    return win32_calls.SetThreadInformation &&
           win32_calls.SetThreadInformation(thread, ThreadPowerThrottling, &setting,
                                            sizeof setting);
}

// learn: SetThreadPriority. HIGHEST, so that an ordinary thread that wakes up waits; not
// TIME_CRITICAL, by which threads on all CPUs would lock out the system's own.
static void quieten(HANDLE thread) {
    win32_forbid_power_throttling(thread);
    if (win32_calls.SetThreadPriority)
        win32_calls.SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST);
}

// learn: QueryThreadCycleTime: cycles charged to a thread, without waiting for a tick. Of which
// clock they are it does not promise (and warns of turning them into time), so their rate is
// measured: that of a thread at work for half a millisecond, the fastest of several, because what
// takes the CPU from it can only make it slower. 0 where the call is absent or stands still.
enum { RATE_TRIES = 8 };
#define RATE_TRY_NS (500 * NS_PER_US)

static bool thread_cycles(ULONG64 *cycles) {
    return win32_calls.QueryThreadCycleTime &&
           win32_calls.QueryThreadCycleTime(GetCurrentThread(), cycles);
}

static double measure_rate(void) {
    double rate_hz = 0;
    for (unsigned try = 0; try < RATE_TRIES; try++) {
        ULONG64 begin, end;
        uint64_t begin_ns = os_clock_ns(), now_ns = begin_ns;
        if (!thread_cycles(&begin))
            return 0;
        while (now_ns - begin_ns < RATE_TRY_NS)
            now_ns = os_clock_ns();
        if (!thread_cycles(&end))
            return 0;
        double hz = (double)(end - begin) * (double)NS_PER_S / (double)(now_ns - begin_ns);
        rate_hz = hz > rate_hz ? hz : rate_hz;
    }
    return rate_hz;
}

static double cycle_rate_hz; // set with the first thread, before it runs
static bool cycle_rate_measured;

void win32_forget_cycle_rate(void) {
    cycle_rate_measured = false;
}

static void measure_rate_once(void) {
    if (!cycle_rate_measured)
        cycle_rate_hz = measure_rate();
    cycle_rate_measured = true;
}

// learn: CreateThread. Suspended, so that the thread is where it belongs before run begins. One
// that could not be pinned is let through to its end, because TerminateThread leaks its stack.
bool os_thread_start(struct os_thread *thread, uint32_t cpu, void (*run)(void *argument),
                     void *argument, struct error *error) {
    *thread = (struct os_thread){0};
    measure_rate_once();
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
        quieten(handle);
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

// learn: GetThreadTimes: a thread's time grows in clock ticks, usually 15.6 ms: where there are no
// cycles (Wine) it is all there is. No call counts the page faults of one thread.
void os_thread_usage(struct os_usage *usage) {
    *usage = (struct os_usage){NONE_U64, NONE_U64, NONE_U64, NONE_U64, NONE_U64, NONE_U64};
    ULONG64 cycles;
    FILETIME created, ended, in_kernel, in_user;
    if (cycle_rate_hz > 0 && thread_cycles(&cycles)) {
        usage->cycles = cycles;
        usage->cpu_ns = (uint64_t)((double)cycles / cycle_rate_hz * (double)NS_PER_S);
    } else if (GetThreadTimes(GetCurrentThread(), &created, &ended, &in_kernel, &in_user)) {
        usage->cpu_ns = filetime_ns(in_kernel) + filetime_ns(in_user);
    }
}

uint64_t os_steal_ns(const struct id_set *cpus) {
    (void)cpus; // Windows does not tell a guest what its hypervisor took
    return NONE_U64;
}

// winternl.h: SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION. learn: NtQuerySystemInformation describes
// it with Reserved1[2] where the times of DPCs and interrupts stand, as they are named in the
// Windows Driver Kit; in steps of 100 ns, one entry a CPU of one group.
struct processor_times {
    LARGE_INTEGER idle, kernel, user, dpc, interrupt;
    ULONG interrupts;
};
_Static_assert(sizeof(struct processor_times) == 48, "SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION");
enum { PROCESSOR_PERFORMANCE = 8 }; // SystemProcessorPerformanceInformation

// NtQuerySystemInformationEx stands on no page of Microsoft's; it is asked because the documented
// call tells of the caller's group only.
static bool read_times(USHORT group, struct processor_times *times, ULONG bytes, ULONG *used) {
    *used = 0;
    return win32_calls.NtQuerySystemInformationEx &&
           win32_calls.NtQuerySystemInformationEx(PROCESSOR_PERFORMANCE, &group, sizeof group,
                                                  times, bytes, used) >= 0;
}

// Wine fills the times of idling and work only.
uint64_t os_interrupt_ns(const struct id_set *cpus) {
    struct processor_times times[WIN32_CPUS_PER_GROUP];
    uint64_t sum_ns = 0;
    uint32_t group = NONE_U32;
    ULONG used = 0;
    if (win32_calls.wine_get_version)
        return NONE_U64;
    for (size_t i = 0; i < cpus->count; i++) {
        uint32_t number = cpus->ids[i] % WIN32_CPUS_PER_GROUP;
        if (cpus->ids[i] / WIN32_CPUS_PER_GROUP != group) {
            group = cpus->ids[i] / WIN32_CPUS_PER_GROUP;
            if (!read_times((USHORT)group, times, sizeof times, &used))
                return NONE_U64;
        }
        if ((number + 1) * sizeof times[0] > used)
            return NONE_U64;
        sum_ns +=
            ((uint64_t)times[number].dpc.QuadPart + (uint64_t)times[number].interrupt.QuadPart) *
            100;
    }
    return sum_ns;
}

// No documented call tells either.
uint64_t os_throttle_events(const struct id_set *cpus) {
    (void)cpus;
    return NONE_U64;
}

uint64_t os_migrated_pages(void) {
    return NONE_U64;
}
