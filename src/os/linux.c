// SPDX-License-Identifier: Apache-2.0
// CPUs, nodes, threads, clock and process on Linux. Raw system calls where glibc has no wrapper or
// one of fixed size; no libnuma, whose tables would be one more thing to believe.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const char *const os_name = "linux";
const char *const os_node_of_cpu_source = "/sys/devices/system/node/node*/cpulist";
const char *const os_current_place_source = "getcpu(2)";

static uint64_t clock_start_ns;
static atomic_bool interrupted;

char *os_error_text(uint32_t os_number, char *text, size_t text_bytes) {
    char room[128];
    snprintf(text, text_bytes, "%s", strerror_r((int)os_number, room, sizeof room));
    return text;
}

// ---- nodes and CPUs -----------------------------------------------------------------------------

// One node has all memory and there is no directory of nodes: so it is on a kernel without
// CONFIG_NUMA, whose only node is 0. Where the zones name several nodes, /sys is hidden.
static bool is_without_nodes(uint32_t *node) {
    char path[LINUX_PATH_BYTES];
    bool absent =
        access(linux_path(path, "/sys/devices/system/node"), F_OK) != 0 && errno == ENOENT;
    return absent && os_only_memory_node(node);
}

bool os_nodes(struct id_set *nodes, struct error *error) {
    char path[LINUX_PATH_BYTES];
    uint32_t only;
    linux_path(path, "/sys/devices/system/node/online");
    if (linux_read_ids(nodes, path, error))
        return true;
    if (error->os_number != ENOENT)
        return false;
    if (is_without_nodes(&only)) {
        id_set_add(nodes, only);
        return true;
    }
    return error_set(error, ERROR_KIND_UNAVAILABLE, ENOENT,
                     "there is no %s: the kernel was built without CONFIG_NUMA, or /sys is hidden",
                     path);
}

bool os_cpus_online(struct id_set *cpus, struct error *error) {
    char path[LINUX_PATH_BYTES];
    return linux_read_ids(cpus, linux_path(path, "/sys/devices/system/cpu/online"), error);
}

// The process is named by its number and not by 0, which would be the calling thread, and that one
// may be pinned. The raw call says how many bytes it wrote; glibc's wrapper does not.
bool os_cpus_allowed(struct id_set *cpus, struct error *error) {
    *cpus = (struct id_set){0};
    const size_t word_bits = 8 * sizeof(unsigned long);
    unsigned long *mask = NULL;
    long filled = -1;
    // EINVAL says that the kernel knows more CPUs than the mask has bits (man:
    // sched_setaffinity(2)).
    for (size_t bits = 1024; bits <= ID_SET_MAX; bits *= 2) {
        mask = base_grow(mask, bits / word_bits, sizeof *mask);
        filled = syscall(SYS_sched_getaffinity, getpid(), bits / 8, mask);
        if (filled >= 0 || errno != EINVAL)
            break;
    }
    int number = errno;
    for (long word = 0; word < filled / (long)sizeof *mask; word++)
        for (size_t bit = 0; bit < word_bits; bit++)
            if (mask[word] >> bit & 1)
                id_set_add(cpus, (uint32_t)((size_t)word * word_bits + bit));
    free(mask);
    if (filled >= 0)
        return true;
    char reason[128];
    return error_set(error, number == ENOSYS ? ERROR_KIND_UNAVAILABLE : ERROR_KIND_FAILED,
                     (uint32_t)number, "sched_getaffinity(2): %s",
                     os_error_text((uint32_t)number, reason, sizeof reason));
}

// Reads one small file a node at each call: a few milliseconds for some hundred CPUs, once a run.
// Nothing is kept, because a CPU may go offline between two calls.
bool os_node_of_cpu(uint32_t cpu, uint32_t *node, struct error *error) {
    *node = NONE_U32;
    struct id_set nodes;
    if (!os_nodes(&nodes, error))
        return false;
    bool readable = true;
    for (size_t i = 0; i < nodes.count && readable && *node == NONE_U32; i++) {
        struct id_set cpus;
        readable = os_cpus_of_node(nodes.ids[i], &cpus, error);
        if (id_set_contains(&cpus, cpu))
            *node = nodes.ids[i];
        id_set_free(&cpus);
    }
    id_set_free(&nodes);
    return readable;
}

bool os_cpus_of_node(uint32_t node, struct id_set *cpus, struct error *error) {
    char path[LINUX_PATH_BYTES];
    uint32_t only;
    if (is_without_nodes(&only) && node == only)
        return os_cpus_online(cpus, error);
    return linux_read_ids(cpus, linux_path(path, "/sys/devices/system/node/node%u/cpulist", node),
                          error);
}

bool os_current_place(uint32_t *cpu, uint32_t *node, struct error *error) {
    unsigned current_cpu, current_node;
    // The system call and not the vDSO: the kernel itself answers.
    if (syscall(SYS_getcpu, &current_cpu, &current_node, NULL) == 0) {
        *cpu = current_cpu;
        *node = current_node;
        return true;
    }
    char reason[128];
    return error_set(error, ERROR_KIND_UNAVAILABLE, (uint32_t)errno, "getcpu(2): %s",
                     os_error_text((uint32_t)errno, reason, sizeof reason));
}

// ---- threads ------------------------------------------------------------------------------------

void os_spin_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield" ::: "memory");
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return NONE_U64;
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

// The second of the three numbers: time spent runnable on a run queue (Linux kernel,
// Documentation/scheduler/sched-stats.rst). Read into the stack, because a call between two
// timed regions must not make the allocator fault pages in.
static uint64_t read_run_delay_ns(void) {
    char path[LINUX_PATH_BYTES], text[128];
    int file = open(linux_path(path, "/proc/thread-self/schedstat"), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return NONE_U64;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    text[got > 0 ? got : 0] = '\0';
    unsigned long long running_ns, waiting_ns;
    return sscanf(text, "%llu %llu", &running_ns, &waiting_ns) == 2 ? waiting_ns : NONE_U64;
}

void os_thread_usage(struct os_usage *usage) {
    *usage = (struct os_usage){NONE_U64, NONE_U64, NONE_U64, NONE_U64, NONE_U64, NONE_U64};
    usage->run_delay_ns = read_run_delay_ns();
    struct rusage counts;
    if (getrusage(RUSAGE_THREAD, &counts) == 0) {
        usage->involuntary_switches = (uint64_t)counts.ru_nivcsw;
        usage->minor_faults = (uint64_t)counts.ru_minflt;
        usage->major_faults = (uint64_t)counts.ru_majflt;
    }
    usage->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

// Fields of a line "cpu3 ..." of /proc/stat, counted from 1 (man: proc(5)).
enum { STAT_IRQ = 6, STAT_SOFTIRQ = 7, STAT_STEAL = 8 };

// The sum of the fields from first to last, in clock ticks.
static bool find_ticks(const char *text, uint32_t cpu, int first, int last, uint64_t *ticks) {
    char key[16];
    snprintf(key, sizeof key, "cpu%u", cpu);
    const char *at = linux_find(text, key);
    *ticks = 0;
    for (int field = 1; at && field <= last; field++) {
        char *end;
        uint64_t value = strtoull(at, &end, 10);
        *ticks += field >= first ? value : 0;
        // A number is followed by a blank or ends the line; a line may end before the last field.
        at = end == at || (field < last && *end != ' ') ? NULL : end;
    }
    return at != NULL;
}

static uint64_t sum_stat_ns(const struct id_set *cpus, int first, int last) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    long ticks_per_second = sysconf(_SC_CLK_TCK);
    char *text = linux_read(linux_path(path, "/proc/stat"), &error);
    uint64_t sum = text && ticks_per_second > 0 ? 0 : NONE_U64;
    for (size_t i = 0; i < cpus->count && sum != NONE_U64; i++) {
        uint64_t ticks;
        if (find_ticks(text, cpus->ids[i], first, last, &ticks))
            sum += ticks * (NS_PER_S / (uint64_t)ticks_per_second);
        else
            sum = NONE_U64;
    }
    free(text);
    return sum;
}

uint64_t os_steal_ns(const struct id_set *cpus) {
    return sum_stat_ns(cpus, STAT_STEAL, STAT_STEAL);
}

uint64_t os_interrupt_ns(const struct id_set *cpus) {
    return sum_stat_ns(cpus, STAT_IRQ, STAT_SOFTIRQ);
}

// One file a CPU and kind (Linux kernel, arch/x86/kernel/cpu/mce/therm_throt.c).
uint64_t os_throttle_events(const struct id_set *cpus) {
    static const char *const kinds[] = {"core", "package"};
    uint64_t sum = 0;
    for (size_t i = 0; i < cpus->count; i++) {
        for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
            char path[LINUX_PATH_BYTES];
            struct error error;
            uint64_t events;
            linux_path(path, "/sys/devices/system/cpu/cpu%u/thermal_throttle/%s_throttle_count",
                       cpus->ids[i], kinds[kind]);
            if (!linux_read_number(&events, path, &error))
                return NONE_U64;
            sum += events;
        }
    }
    return sum;
}

uint64_t os_migrated_pages(void) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    uint64_t pages = NONE_U64;
    char *text = linux_read(linux_path(path, "/proc/vmstat"), &error);
    if (text && !linux_find_number(text, "pgmigrate_success", &pages))
        pages = NONE_U64;
    free(text);
    return pages;
}

// ---- clock --------------------------------------------------------------------------------------

// A descriptor below 3 that the caller closed would be the next file that is opened, and what is
// printed would stand in rows.csv. One that cannot be used in its direction takes the place, so
// that a closed stdout stays an error.
static void fill_standard_files(void) {
    for (int file = 0; file <= 2; file++)
        if (fcntl(file, F_GETFD) < 0 && open("/dev/null", file ? O_RDONLY : O_WRONLY) < 0)
            return; // nor will anything else be opened
}

void os_start(void) {
    fill_standard_files();
    signal(SIGXFSZ,
           SIG_IGN); // beyond "ulimit -f" a write fails, with a sentence, as on a full disk
    clock_start_ns = clock_ns(CLOCK_MONOTONIC_RAW);
}

uint64_t os_clock_ns(void) {
    return clock_ns(CLOCK_MONOTONIC_RAW) - clock_start_ns;
}

// Measured, because clock_getres says 1 ns for every high resolution clock, also where the counter
// behind it runs at 25 MHz (AArch64). The shortest of many steps is the step, or the time that one
// reading takes where that is longer: nothing shorter can be distinguished by this clock.
uint64_t os_clock_step_ns(void) {
    uint64_t shortest_ns = NONE_U64;
    uint64_t first_ns = os_clock_ns(), before_ns = first_ns;
    // A clock of timer ticks would take most of a second, and its steps are all alike.
    for (int steps = 0; steps < 200 && (steps < 3 || before_ns - first_ns < 50 * NS_PER_MS);) {
        uint64_t now_ns = os_clock_ns();
        if (now_ns == before_ns)
            continue;
        if (now_ns - before_ns < shortest_ns)
            shortest_ns = now_ns - before_ns;
        before_ns = now_ns;
        steps++;
    }
    return shortest_ns;
}

// ---- the process and its terminal ---------------------------------------------------------------

bool os_is_terminal(int stream) {
    return isatty(stream) == 1;
}

uint32_t os_terminal_columns(int stream) {
    struct winsize size;
    return ioctl(stream, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Bytes pass as they are here, and terminals take UTF-8.
void os_stdout_binary(void) {}

// man: poll(2): POLLERR is "also set for a file descriptor referring to the write end of a pipe
// when the read end has been closed". SIGPIPE ends the program before, unless it is ignored.
bool os_stdout_is_unread(void) {
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

static void on_interrupt(int signal_number) {
    (void)signal_number;
    atomic_store(&interrupted, true);
    // Whichever comes second has its default action, which ends the process. sigaction and signal
    // are safe in a handler (man: signal-safety(7)).
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

void os_interrupt_catch(void) {
    // SA_RESTART: a row that is being written is written to its end.
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGHUP);
    sigaddset(&action.sa_mask, SIGXCPU);
    // What a sandbox denies ends the process as it does any other.
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGXCPU, &action, NULL); // once a second from a soft limit of CPU time on
    struct sigaction hangup;           // ignored under nohup(1), which is to stay so
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

bool os_interrupted(void) {
    return atomic_load(&interrupted);
}
