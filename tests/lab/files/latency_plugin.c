// SPDX-License-Identifier: Apache-2.0
// A qemu plugin that plants latencies and bandwidths: a load or store of a guest's program that
// misses a small cache takes as long as a matrix says, by the node of the CPU and the node of the
// memory, and waits for its turn at the memory of its node, which carries a given number of
// bytes per second.
//
//   -plugin PLUGIN,nodes=MIB:MIB...,latency=NS:NS...,bandwidth=MBS:MBS...,queue=N:N...,lines=N,
//           how=wait|clock
//
// nodes: sizes, each of a memory backend of its own, in the order of their addresses. latency: row
// by row, one row for each CPU. lines: of the cache of each CPU, 64 bytes each, in sets of four; a
// chain must have several times as many to miss always. Streams that lie whole pages apart meet in
// one set unless the number of sets is odd.
//
// bandwidth: of each node, in 10^6 bytes per second; 0, or without it, there is no limit. Lines are
// served one after the other, those of all CPUs together (a token bucket that keeps no tokens).
// queue: of each CPU, the number of lines of a node that may be on their way before it waits, until
// a sixteenth of them has come, as with prefetching. With 0 it waits for each: behind all that
// others have asked for, so that a chain's latency rises with their load. how=wait only, because
// the clock cannot be read in the other.
//
// how=wait: the thread that emulates the CPU waits by the host's clock. Any number of CPUs; the
// emulation's own time (some 500 ns a load) comes on top, and what the host does beside it.
// how=clock: the guest's clock is put forward. It needs -icount, which counts a fixed time for each
// instruction, and one CPU; what is measured is then the planted latency and the instructions of
// the loop. qemu 7.2 has no call for it, so a variable of its own is written: timers_state, whose
// member qemu_icount_bias is found by its effect on icount_get() and by nothing else, or it stops.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

// Of qemu's include/qemu/qemu-plugin.h (version 1), which Debian has in no package.
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
enum { QEMU_PLUGIN_CB_NO_REGS = 0, QEMU_PLUGIN_MEM_RW = 3 };
typedef void (*translate_callback)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*memory_callback)(unsigned cpu, qemu_plugin_meminfo_t, uint64_t address, void *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translate_callback);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, memory_callback, int, int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t, uint64_t);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

// Of qemu itself.
extern char timers_state[] __attribute__((weak));
int64_t icount_get(void) __attribute__((weak));

#define NS_PER_S INT64_C(1000000000)
enum { NODES_MAX = 8, CPUS_MAX = 8, LINES_MAX = 1 << 16, LINE_SHIFT = 6, LINE_BYTES = 64 };
enum { WAYS = 4, QUEUE_PARTS = 16 };

static struct {
    struct {
        uint64_t begin, end; // of what qemu 7.2 calls a physical address
    } places[NODES_MAX];
    int nodes;
    int64_t latency_ns[CPUS_MAX * NODES_MAX];
    int64_t line_ns[NODES_MAX];           // of a line at the node's bandwidth; 0: no limit
    _Atomic int64_t served_ns[NODES_MAX]; // when the last line of the node is there
    int64_t queue[CPUS_MAX];
    unsigned sets;
    bool puts_clock_forward;
    int64_t *bias_ns;                                 // NULL before the first miss
    uint64_t cache[CPUS_MAX][LINES_MAX / WAYS][WAYS]; // in each set the latest used comes first
} model = {.sets = 128};

static void stop(const char *why) {
    fprintf(stderr, "latency_plugin: %s\n", why);
    exit(1);
}

// Looks for the word whose change changes the clock by as much. On a thread of its own, because
// qemu refuses to read this clock on the thread of a CPU in the middle of its code; that one waits.
// The first words are the lock, and the shift of -icount, and are left alone.
static void *find_bias(void *unused) {
    enum { FIRST_WORD = 4, WORDS = 32, TRIAL_NS = 1 << 20 };
    (void)unused;
    for (size_t i = FIRST_WORD; i < WORDS && !model.bias_ns; i++) {
        int64_t *word = (int64_t *)(void *)timers_state + i;
        int64_t before_ns = icount_get(), kept = *word;
        __atomic_store_n(word, kept + TRIAL_NS, __ATOMIC_SEQ_CST);
        int64_t after_ns = icount_get();
        __atomic_store_n(word, kept, __ATOMIC_SEQ_CST);
        if (after_ns - before_ns == TRIAL_NS && icount_get() == before_ns)
            model.bias_ns = word;
    }
    return NULL;
}

static void seek_bias(void) {
    if (!timers_state || !icount_get)
        stop("this qemu does not export timers_state and icount_get");
    pthread_t seeker;
    if (pthread_create(&seeker, NULL, find_bias, NULL) || pthread_join(seeker, NULL))
        stop("no thread can be started");
    if (!model.bias_ns)
        stop("no member of timers_state moves the clock");
}

static int64_t host_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

// A long wait is slept but for its end: who sleeps leaves the host's CPUs to others, and is given
// one at once when a busy host wakes it. The less is spun the better it keeps that right: waits of
// 300 us beside ten busy tasks on two CPUs were late by 34 us on average with this, and by 102 us
// when the last 100 us were spun.
static void wait_until(int64_t end_ns) {
    enum { SPUN_NS = 30000 };
    const int64_t woken_ns = end_ns - SPUN_NS;
    if (host_ns() < woken_ns)
        clock_nanosleep(
            CLOCK_MONOTONIC, TIMER_ABSTIME,
            &(struct timespec){.tv_sec = woken_ns / NS_PER_S, .tv_nsec = woken_ns % NS_PER_S},
            NULL);
    while (host_ns() < end_ns)
        ;
}

static void take_time(int64_t duration_ns) {
    if (!model.puts_clock_forward) {
        wait_until(host_ns() + duration_ns);
        return;
    }
    if (!model.bias_ns)
        seek_bias();
    __atomic_fetch_add(model.bias_ns, duration_ns, __ATOMIC_SEQ_CST);
}

// By the host's clock: what is not asked for in time is lost to everybody. Whose queue is full
// waits until a part of it has come, which takes long enough to be slept.
static void take_turn(unsigned cpu, int node) {
    const int64_t line_ns = model.line_ns[node];
    if (!line_ns)
        return;
    int64_t now_ns = host_ns(), before_ns = model.served_ns[node], served_ns;
    do
        served_ns = (before_ns > now_ns ? before_ns : now_ns) + line_ns;
    while (!atomic_compare_exchange_weak(&model.served_ns[node], &before_ns, served_ns));
    const int64_t queue = model.queue[cpu];
    if (served_ns - queue * line_ns > now_ns)
        wait_until(served_ns - (queue - queue / QUEUE_PARTS) * line_ns);
}

// Whether the line was there. It is then, and the least recently used of its set has gone.
static bool was_cached(unsigned cpu, uint64_t line) {
    uint64_t *set = model.cache[cpu][line % model.sets];
    size_t way = 0;
    while (way < WAYS && set[way] != line)
        way++;
    bool found = way < WAYS;
    memmove(set + 1, set, (found ? way : WAYS - 1) * sizeof *set);
    set[0] = line;
    return found;
}

static void on_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *unused) {
    (void)unused;
    struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, address);
    if (!place || qemu_plugin_hwaddr_is_io(place) || cpu >= CPUS_MAX)
        return;
    uint64_t physical = qemu_plugin_hwaddr_phys_addr(place);
    if (was_cached(cpu, physical >> LINE_SHIFT))
        return;
    for (int node = 0; node < model.nodes; node++) // the firmware's own memory is on none
        if (physical >= model.places[node].begin && physical < model.places[node].end) {
            take_time(model.latency_ns[(int)cpu * model.nodes + node]);
            take_turn(cpu, node);
        }
}

// The kernel, in the upper half of the addresses, runs at its own speed.
static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (qemu_plugin_insn_vaddr(instruction) >> 47 == 0)
            qemu_plugin_register_vcpu_mem_cb(instruction, on_access, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_RW, NULL);
    }
}

// qemu 7.2 adds the place of a backend among all RAM and its place on the board
// (qemu_plugin_hwaddr_phys_addr); both are the sizes of the backends before it.
static void place_node(int node, uint64_t begin, uint64_t bytes) {
    model.places[node].begin = 2 * begin;
    model.places[node].end = 2 * begin + bytes;
    model.nodes = node + 1;
}

static void take_argument(char *name) {
    char *value = strchr(name, '=');
    if (!value)
        stop("an argument is NAME=VALUE");
    *value++ = '\0';
    char *rest, *part = strtok_r(value, ":", &rest);
    uint64_t begin = 0;
    for (size_t i = 0; part; i++, part = strtok_r(NULL, ":", &rest)) {
        uint64_t number = strtoull(part, NULL, 10);
        if (strcmp(name, "nodes") == 0 && i < NODES_MAX) {
            place_node((int)i, begin, number << 20);
            begin += number << 20;
        } else if (strcmp(name, "latency") == 0 && i < CPUS_MAX * NODES_MAX) {
            model.latency_ns[i] = (int64_t)number;
        } else if (strcmp(name, "bandwidth") == 0 && i < NODES_MAX) {
            model.line_ns[i] = number ? LINE_BYTES * INT64_C(1000) / (int64_t)number : 0;
        } else if (strcmp(name, "queue") == 0 && i < CPUS_MAX) {
            model.queue[i] = (int64_t)number;
        } else if (strcmp(name, "lines") == 0 && number >= WAYS && number <= LINES_MAX) {
            model.sets = (unsigned)number / WAYS;
        } else if (strcmp(name, "how") == 0) {
            model.puts_clock_forward = strcmp(part, "clock") == 0;
        } else {
            stop("an argument is not of the list");
        }
    }
}

struct qemu_info;
__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int count, char **arguments);

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int count,
                        char **arguments) {
    (void)info;
    for (int i = 0; i < count; i++)
        take_argument(arguments[i]);
    prctl(PR_SET_TIMERSLACK, 1); // ns; the threads of the CPUs, begun later, inherit it
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
