// SPDX-License-Identifier: Apache-2.0
// Everything that numaprobe asks of an operating system. linux.c and win32.c answer; CMake picks.
//
// Nothing here falls back, retries or prints. A function that fails returns false and fills the
// error: ERROR_KIND_UNAVAILABLE when this system has no such call (the sentence names it, and no
// caller may read that as agreement), ERROR_KIND_REFUSED when the machine cannot give what was
// asked, ERROR_KIND_FAILED with the system's own number otherwise.
//
// CPU and node numbers are the system's own; a Windows CPU is group x 64 + number.
#ifndef NUMAPROBE_OS_OS_H
#define NUMAPROBE_OS_OS_H

#include "base/base.h"
#include "base/error.h"
#include "base/id_set.h"
#include "os/page_kind.h"

#include <stdio.h>

// Call once, first thing in main(): resolves the calls this system has. Cannot fail.
void os_start(void);

// "linux" or "windows".
extern const char *const os_name;

// ---- memory ------------------------------------------------------------------------------------

// By what the pages of a buffer come to be on its node: of several, the last in this list promises
// least. It is no evidence: os_pages_locate and os_memory_by_node give that, whoever placed them.
enum os_placing {
    OS_PLACED_BIND,        // the system takes them from that node or not at all, and says so
    OS_PLACED_ONLY_NODE,   // no other node has memory
    OS_PLACED_PREFERRED,   // the system takes them from that node while it has some (Windows)
    OS_PLACED_FIRST_TOUCH, // each is where it is written first: the caller does so from CPUs of
                           // the node (os_usable_cpus_of_node)
    OS_PLACING_COUNT,
};
extern const char *const os_placing_names[OS_PLACING_COUNT];

struct os_memory {
    void *base;                   // aligned to the larger of page_bytes and 2 MiB
    uint64_t size_bytes;          // as asked, rounded up to whole pages
    uint64_t page_bytes;          // the size of page that was asked for, in bytes
    const struct page_kind *kind; // by whose rules it was mapped
    uint32_t node;
    enum os_placing placed_by;
    uint64_t available_bytes; // after a refusal: what could have been had instead; 0: not told
    void *own;                // what os keeps of it
};

// Reserves size_bytes of private memory whose pages come from one node, by the strongest of the
// ways above that this process has (Linux: mmap and mbind MPOL_BIND; where that is denied, the one
// node with memory, or first touch where the node has CPUs, else it is refused. Windows:
// VirtualAllocExNuma). On Linux no ordinary or transparent page exists yet. Pages of a pool do,
// because one that is missing later could not be refused, and so do all pages on Windows, where
// they are locked, or of a kind that is never trimmed. The caller writes each of them.
// Refused, before anything is touched, when the node has not that much free memory or huge pages:
// the sentence says how much is free and which command frees or reserves it. Where the system gives
// a part of what was asked (AWE pages), that is given back, and available_bytes tells how much.
bool os_memory_acquire(struct os_memory *memory, uint64_t size_bytes, const struct page_kind *kind,
                       uint32_t node, struct error *error);
void os_memory_release(struct os_memory *memory);

// Asks the system to turn a written thp buffer into huge pages where some were missed at the first
// touch (Linux 6.1: MADV_COLLAPSE). A wish: what came of it, os_memory_page_sizes tells.
void os_memory_collapse(const struct os_memory *memory);

// Whether such a buffer could be had now, by all that os_memory_acquire looks at before it touches
// anything; errors as there.
bool os_memory_check(uint64_t size_bytes, const struct page_kind *kind, uint32_t node,
                     struct error *error);

// How much of a node is there for buffers in pages of that kind: of a pool its free pages, else the
// node's free memory. NONE_U64 where the system does not tell.
bool os_memory_room(uint32_t node, const struct page_kind *kind, uint64_t *bytes,
                    struct error *error);

// Whether this process can have pages of that kind at all: by the switches of the system, not by
// what is free. page_bytes: their size here. Refused with the switch and the command that turns it.
bool os_page_kind_offered(const struct page_kind *kind, uint64_t *page_bytes, struct error *error);

// Where one page is: a node number, or one of these.
enum {
    OS_PAGE_ABSENT = -1,    // not resident: never written, swapped out, trimmed or dropped
    OS_PAGE_ASK_AGAIN = -2, // the kernel does not say where until the page is touched (Linux: NUMA
                            // balancing has unmapped it, move_pages says ENOENT)
    OS_PAGE_UNKNOWN = -3,   // resident, but the system does not say where (Windows: node > 63)
};

// Fills nodes[i] for the page that holds addresses[i] (Linux: move_pages query, and mincore of
// pages for which it has no entry; Windows: QueryWorkingSetEx, Valid before Node). Touches no page.
// Works without privilege. Fails as a whole when the call is denied or not there, and then nodes is
// not to be read.
bool os_pages_locate(void *const *addresses, size_t count, int32_t *nodes, struct error *error);

// How much of the buffer is resident on which node: a second witness, which does not say which page
// is where (Linux: /proc/self/numa_maps; Windows: has none). Nodes ascend; the caller frees the
// array. A page that is being moved this moment is in no count. Works without privilege, and
// touches no page.
struct os_node_bytes {
    uint32_t node;
    uint64_t bytes;
};
bool os_memory_by_node(const struct os_memory *memory, struct os_node_bytes **nodes, size_t *count,
                       struct error *error);

// The names of the sources of these two answers.
extern const char *const os_pages_locate_source;
extern const char *const os_memory_by_node_source;

// How much of the buffer lies in pages of which size (Linux: /proc/self/smaps of the range;
// Windows: LargePage of every page).
struct os_page_sizes {
    uint64_t base_page_bytes;  // size of this system's ordinary page
    uint64_t large_page_bytes; // size of the large pages found; 0 when there are none, NONE_U64
                               // when the system does not tell (Windows: beyond "large")
    uint64_t bytes_in_large;   // of the buffer
    uint64_t bytes_in_base;    // of the buffer; not resident bytes are in neither
};
bool os_memory_page_sizes(const struct os_memory *memory, struct os_page_sizes *sizes,
                          struct error *error);

// The size of an ordinary page and of a transparent huge page (0: the system has none).
uint64_t os_base_page_bytes(void);
uint64_t os_transparent_page_bytes(void);

// ---- nodes and CPUs: the system's own word ------------------------------------------------------

// Whether hwloc can read this machine: it ends the process, or never comes back, where the system
// does not give what it takes for granted (Linux: an empty directory of nodes, a denied
// sched_getaffinity). ERROR_KIND_REFUSED with what is missing.
bool os_topology_readable(struct error *error);

// The nodes that are online, with or without CPUs or memory. A kernel built without nodes has one
// by definition (Linux: no /sys/devices/system/node, and os_only_memory_node). Windows:
// 0..GetNumaHighestNodeNumber, which is a highest number and not a count, less those with neither
// CPUs nor memory.
bool os_nodes(struct id_set *nodes, struct error *error);

// The CPUs that are online, and the ones that this process may run on.
bool os_cpus_online(struct id_set *cpus, struct error *error);
bool os_cpus_allowed(struct id_set *cpus, struct error *error);

// The node of a CPU from the system's tables (Linux: /sys/devices/system/node/node*/cpulist, read
// here, and without that directory as os_nodes; Windows: GetNumaProcessorNodeEx). NONE_U32 when the
// system says the CPU has no node.
bool os_node_of_cpu(uint32_t cpu, uint32_t *node, struct error *error);

// The other way round: the CPUs that the same table lists for a node; none is an answer. A node may
// list CPUs that os_node_of_cpu gives to another, where firmware or numa=fake have them on both.
bool os_cpus_of_node(uint32_t node, struct id_set *cpus, struct error *error);

// The CPUs of a node that this process may run on, by the two tables above: none for a node that
// has memory only.
bool os_usable_cpus_of_node(uint32_t node, struct id_set *cpus, struct error *error);

// Where the calling thread runs this moment (Linux: getcpu(2), an answer that does not come from
// the tables above; Windows: GetCurrentProcessorNumberEx, and the node whose own mask has that CPU
// by GetNumaNodeProcessorMask2; before build 20348, which has no such call, NONE_U32).
bool os_current_place(uint32_t *cpu, uint32_t *node, struct error *error);

// The names of the sources of the two answers above, for the cross-check's report.
extern const char *const os_node_of_cpu_source;
extern const char *const os_current_place_source;

// Memory of a node in bytes. free_bytes counts what the system can give at once: page cache too,
// but not what the kernel keeps in reserve. NONE_U64 where the system does not tell.
bool os_node_memory(uint32_t node, uint64_t *total_bytes, uint64_t *free_bytes,
                    struct error *error);

// Whether one node alone has memory: then every page is there, whoever placed it and whether or not
// the system tells (Linux: the zones of /proc/zoneinfo; Windows: GetNumaHighestNodeNumber). False
// too where the system does not say.
bool os_only_memory_node(uint32_t *node);

// Bytes that the limits of this process leave for new memory, on all nodes together; NONE_U64 where
// no limit is found (Linux: control groups, ulimit -v and -d, strict overcommit; Windows:
// GlobalMemoryStatusEx, what the process may still commit).
uint64_t os_process_memory_left(void);

// ---- threads ------------------------------------------------------------------------------------

struct os_thread {
    void *handle; // the system's; owned by os
};

// Starts run(argument) on a thread that may run on that CPU only, and is so before run begins. A
// call that a sandbox denies is named, and so is a limit.
bool os_thread_start(struct os_thread *thread, uint32_t cpu, void (*run)(void *argument),
                     void *argument, struct error *error);
void os_thread_join(struct os_thread *thread);

// One step of a spin loop: tells the core, not the scheduler.
void os_spin_pause(void);

// What the calling thread has used and suffered since it began; NONE_U64 where the system does not
// say. Linux: CLOCK_THREAD_CPUTIME_ID, /proc/thread-self/schedstat, getrusage(RUSAGE_THREAD).
// Windows: GetThreadTimes, QueryThreadCycleTime; page faults of the whole process, all as minor.
struct os_usage {
    uint64_t cpu_ns;
    uint64_t run_delay_ns; // runnable, but waiting for the CPU
    uint64_t involuntary_switches;
    uint64_t minor_faults;
    uint64_t major_faults;
    uint64_t cycles; // charged to the thread
};
void os_thread_usage(struct os_usage *usage);

// Time that a hypervisor took from these CPUs since boot, summed; NONE_U64 where not known.
// Linux: the steal field of /proc/stat, in steps of 10 ms.
uint64_t os_steal_ns(const struct id_set *cpus);

// Time that these CPUs spent in interrupts and what they leave to do (Linux: irq and softirq of
// /proc/stat, in steps of 10 ms; Windows: interrupts and DPCs) since boot, summed; NONE_U64 where
// not known.
uint64_t os_interrupt_ns(const struct id_set *cpus);

// How often these CPUs, or the packages that they are in, have slowed down for heat since boot,
// summed; NONE_U64 where not known. Linux on Intel: cpuN/thermal_throttle.
uint64_t os_throttle_events(const struct id_set *cpus);

// Pages of anybody that the kernel has moved since boot; NONE_U64 where not known. Linux:
// pgmigrate_success of /proc/vmstat, which counts moves for balancing, compaction and demotion too.
uint64_t os_migrated_pages(void);

// ---- clock --------------------------------------------------------------------------------------

// Nanoseconds since os_start, never stepped or slewed (CLOCK_MONOTONIC_RAW; QPC).
uint64_t os_clock_ns(void);

// The smallest step of that clock, as measured or told by the system.
uint64_t os_clock_step_ns(void);

// ---- facts about the machine --------------------------------------------------------------------

// One fact with the system's own words; where it cannot be read, available is false and value says
// why. Names are lower case with units last, the same on both systems where the thing is the same.
struct os_fact {
    const char *name;
    bool available;
    char value[256];
};

// Fills at most room facts and returns how many there are; the order is constant.
size_t os_facts(struct os_fact *facts, size_t room);
enum { OS_FACTS_MAX = 96 };

// The value of one fact, or NULL when it is not available.
const char *os_fact_value(const struct os_fact *facts, size_t count, const char *name);

// ---- what this program believes of the system
// ----------------------------------------------------

enum os_outcome { OS_AGREES, OS_DIFFERS, OS_UNAVAILABLE, OS_OUTCOME_COUNT };
extern const char *const os_outcome_names[OS_OUTCOME_COUNT];

// One assumption and what this system says to it. Unavailable is not agreement: found tells why the
// assumption could not be looked at, and what would make it possible.
enum { OS_FOUND_BYTES = 400 };
struct os_check {
    const char *name;
    const char *document; // whose word the assumption is
    const char *expected;
    enum os_outcome outcome;
    char found[OS_FOUND_BYTES];
};

// Holds the assumptions that src/os is built on against this system and reports each, always in the
// same order. Takes some seconds and some MiB on each node, and leaves nothing behind.
void os_self_test(void (*report)(void *context, const struct os_check *check), void *context);

// ---- the process and its terminal ---------------------------------------------------------------

// Names of files and directories are UTF-8 and may be as long as the system allows, beyond the 260
// characters of older Windows programs.

// As fopen; NULL with errno.
FILE *os_file_open(const char *path, const char *mode);

// Takes a file away where there is one.
void os_file_remove(const char *path);

// Creates one directory. Succeeds when it is there already and can be written to.
bool os_directory_create(const char *path, struct error *error);

// Creates an empty file that was not there: of several who try, one succeeds. *exists tells whether
// it failed because something of that name is there.
bool os_file_claim(const char *path, bool *exists, struct error *error);

// Takes a file, which is made where it is not there, for this process alone: of several who ask,
// one has it, until it lets go or ends, however it ends. Others can read the file meanwhile.
// *held tells whether it failed because somebody has it. Linux: flock(2); Windows: LockFileEx.
struct os_file_lock {
    void *handle; // owned by os; NULL: nothing is held
};
bool os_file_lock(struct os_file_lock *lock, const char *path, bool *held, struct error *error);
void os_file_unlock(struct os_file_lock *lock); // of one that holds nothing too

// Cuts a file off behind so many bytes.
bool os_file_cut(const char *path, uint64_t bytes, struct error *error);

// Calls visit with the name of each entry of a directory, in no order, "." and ".." among them.
bool os_directory_each(const char *path, void (*visit)(const char *name, void *context),
                       void *context, struct error *error);

// Gives a file the name of another, which it replaces at once: a reader sees the old or the new.
bool os_file_replace(const char *from, const char *to, struct error *error);

// Whether that would take away no more than a file: false for a link, a device, a pipe, which are
// to be written through. True where nothing is there.
bool os_file_replaceable(const char *path);

bool os_is_terminal(int stream);          // 1 stdout, 2 stderr
uint32_t os_terminal_columns(int stream); // 0 when it is no terminal

// Makes stdout carry bytes as they are (Windows would write \r\n), and sets UTF-8 output there.
void os_stdout_binary(void);

// From now on Ctrl-C (SIGINT, SIGTERM, CTRL_C_EVENT) only raises a flag, which this returns; a
// second one ends the process at once. A terminal that goes away (SIGHUP, CTRL_CLOSE_EVENT) raises
// it too.
void os_interrupt_catch(void);
bool os_interrupted(void);

// The system's sentence for an error number, without a newline. Returns text.
char *os_error_text(uint32_t os_number, char *text, size_t text_bytes);

#endif
