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
#include "base/node_set.h"
#include "os/page_kind.h"

#include <stdio.h>

// Call once, first thing in main(): resolves the calls this system has. Cannot fail.
void os_start(void);

// "linux" or "windows".
extern const char *const os_name;

// ---- memory -------------------------------------------------------------------------------------

// By what the pages of a buffer come to be on its node: of several, the last in this list promises
// least. It is no evidence: os_pages_locate and os_memory_by_node give that, no matter who placed
// them.
enum os_placing {
    OS_PLACED_BIND,        // the system takes them from that node or not at all, and says so
    OS_PLACED_KERNEL,      // the kernel spreads them over nodes (NODES_INTERLEAVE and what
                           // follows it) and takes them elsewhere where one is full
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
    struct node_set nodes;        // one, or several by their weights
    uint64_t turn_bytes;          // that a node has at a time, for each unit of its weight
    enum os_placing placed_by;
    uint64_t available_bytes; // after a refusal: what was available instead; 0: unknown
    void *own;                // what os keeps of it
};

// Reserves size_bytes of private memory whose pages come from one node, or from several by their
// policy, by the strongest of the
// ways above that this process has (Linux: mmap and mbind MPOL_BIND; where that is denied, the one
// node with memory, or first touch where the node has CPUs, else it is refused. Windows:
// VirtualAllocExNuma). On Linux no ordinary or transparent page exists yet. Pages of a pool do,
// because one that is missing later could not be refused, and so do all pages on Windows, where
// they are locked, or of a kind that is never trimmed. The caller writes each of them.
// Refused, before anything is touched, when the node has not that much free memory or huge pages:
// the sentence says how much is free and which command frees or reserves it. Where the system gives
// a part of what was asked (AWE pages), that is given back, and available_bytes says how much.
// Of several nodes each must have room for its part, and none is found by another way where the
// policy is denied; on Windows they are refused.
bool os_memory_acquire(struct os_memory *memory, uint64_t size_bytes, const struct page_kind *kind,
                       struct node_set nodes, struct error *error);
void os_memory_release(struct os_memory *memory);

// Gives the nodes the weights that the kernel interleaves by, each 1 to NODE_WEIGHT_MAX (Linux from
// 6.9 on: /sys/kernel/mm/mempolicy/weighted_interleave). Refused where there is no such table.
bool os_node_weights(struct node_set *nodes, struct error *error);

// What the firmware says of accesses from the CPUs of a node to the memory of another (ACPI HMAT);
// NaN: nothing.
struct os_firmware_path {
    uint32_t cpu_node, mem_node;
    double read_latency_ns, write_latency_ns;
    double read_bytes_per_s, write_bytes_per_s;
};
struct os_firmware_memory {
    struct os_firmware_path *at;
    size_t count;
};

// All that the firmware's table has, of remote memory too, of which the system passes on what is
// nearest alone. ERROR_KIND_UNAVAILABLE with a reason: no such table, or, as on Linux without root,
// it may not be read; or its numbers are not those of nodes. os_firmware_memory_free is due in
// either case.
bool os_firmware_memory(struct os_firmware_memory *memory, struct error *error);
void os_firmware_memory_free(struct os_firmware_memory *memory);

// The firmware's distances (ACPI SLIT) where hwloc has no source for them, as on Windows: fills
// distances[row * nodes->count + column] for these nodes; 10 is local, NONE_U64: unknown.
// ERROR_KIND_UNAVAILABLE with a reason: no such table, or one that makes no sense; on Linux, where
// hwloc reads what the kernel passes on.
bool os_firmware_distances(const struct id_set *nodes, uint64_t *distances, struct error *error);

// Asks the system to turn a written thp buffer into huge pages where some were missed at the first
// touch (Linux 6.1: MADV_COLLAPSE). A wish: what came of it, os_memory_page_sizes tells.
void os_memory_collapse(const struct os_memory *memory);

// Whether such a buffer is available now, by all that os_memory_acquire looks at before it touches
// anything; errors as there.
bool os_memory_check(uint64_t size_bytes, const struct page_kind *kind, uint32_t node,
                     struct error *error);

// How much of a node is there for buffers in pages of that kind: of a pool its free pages, else the
// node's free memory. NONE_U64 where the system does not report it.
bool os_memory_room(uint32_t node, const struct page_kind *kind, uint64_t *bytes,
                    struct error *error);

// The kinds of page that this system has, whether or not any is available now: the ordinary one,
// then by source and size. Returns how many.
enum { OS_PAGE_KINDS_MAX = 64 };
size_t os_page_kinds(const struct page_kind *kinds[OS_PAGE_KINDS_MAX]);

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

// The number of the CPU that a user names: the number itself and, on Windows, also GROUP:NUMBER
// ("1:5" is 69). Whether there is such a CPU is another question. ERROR_KIND_USAGE, as a fragment
// of a sentence that begins with the quoted text.
bool os_cpu_parse(const char *text, uint32_t *cpu, struct error *error);

// The other way round: the number, and where Windows has several groups also the group and the
// number in it: "69 (1:5)". Returns text.
enum { OS_CPU_NAME_BYTES = 32 };
char *os_cpu_name(uint32_t cpu, char text[OS_CPU_NAME_BYTES]);

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
// but not what the kernel keeps in reserve. NONE_U64 where the system does not report it.
bool os_node_memory(uint32_t node, uint64_t *total_bytes, uint64_t *free_bytes,
                    struct error *error);

// Whether one node alone has memory: then every page is there, no matter who placed it and whether
// or not the system says where pages are (Linux: the zones of /proc/zoneinfo; Windows:
// GetNumaHighestNodeNumber). False too where the system does not say.
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
// Windows: QueryThreadCycleTime, or GetThreadTimes in ticks of 15.625 ms where cycles is unknown.
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

// ---- what the memory bus carried ----------------------------------------------------------------

// Counters of the processor that see what goes over the memory bus: a witness that owes nothing to
// what this program says that it moved. A system has several kinds of them, which its source names.
struct os_bus {
    const struct os_bus_kind *kind; // the system's
    void *own;
    const char *source; // what the counters are called here
};

// Bytes since a moment before it was opened, so that two readings and their difference tell.
// NONE_U64: this kind does not count that.
enum os_bus_amount {
    OS_BUS_ALL, // reads and writes
    OS_BUS_READ,
    OS_BUS_WRITTEN,
    OS_BUS_LOCAL, // of all, what stayed on the node whose CPU asked for it
    OS_BUS_AMOUNTS,
};
struct os_bus_count {
    uint64_t bytes[OS_BUS_AMOUNTS];
};

enum { OS_BUS_KINDS_MAX = 4 };
extern const size_t os_bus_kind_count;

// Begins to count by the system's kind of that index. ERROR_KIND_UNAVAILABLE where machine or
// system have no such counters, ERROR_KIND_REFUSED where a privilege or a setting is missing: the
// sentence says which.
bool os_bus_open(struct os_bus *bus, size_t kind, struct error *error);

// Has the traffic of the calling thread counted until it ends, where the kind does not count
// everybody's. It allocates nothing.
bool os_bus_join(const struct os_bus *bus, struct error *error);

// What the counters say now, of threads that run on these CPUs where the kind can distinguish them.
// It allocates nothing. ERROR_KIND_UNAVAILABLE where a counter has no number, with its own word.
bool os_bus_read(const struct os_bus *bus, const struct id_set *cpus, struct os_bus_count *count,
                 struct error *error);
void os_bus_close(struct os_bus *bus);

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

// ---- what to do on this system ------------------------------------------------------------------

// How something is mended here: a command, a setting, or where to look, one table a system
// (linux_remedies.c, win32_remedies.c). topic: the name of a check of the doctor, or of another
// trouble in that table; value stands in the place of {} in it, and may be NULL where it has none.
// A topic that this system has not gets a sentence that says so. Returns text.
enum { OS_REMEDY_BYTES = 256 };
char *os_remedy(const char *topic, const char *value, char text[OS_REMEDY_BYTES]);

// The right without which the system gives this account no large pages, where there is such a one
// (Windows: "Lock pages in memory").
struct os_right {
    char account[256]; // whose process this is: "DOMAIN\\NAME"; "" where unknown
    bool held;         // by the account, as far as this process shows
};

// REFUSED where this process may not grant it, ERROR_KIND_USAGE on a system without it.
bool os_large_page_right(struct os_right *right, struct error *error);

// Grants it to the account (Windows: in the local security policy, from the next sign-in on).
bool os_large_page_right_grant(struct error *error);

// What can keep a process from CPUs and from the memory of nodes here, for a refusal: "affinity or
// cgroup".
extern const char *const os_cpus_withheld_by;
extern const char *const os_memory_withheld_by;

// ---- what this program believes of the system
// ----------------------------------------------------

enum os_outcome { OS_AGREES, OS_DIFFERS, OS_UNAVAILABLE, OS_OUTCOME_COUNT };
extern const char *const os_outcome_names[OS_OUTCOME_COUNT];

// One assumption and what this system says to it. Unavailable is not agreement: found says why the
// assumption could not be looked at, and what would make it possible.
enum { OS_FOUND_BYTES = 400 };
struct os_check {
    const char *name;
    const char *document; // whose word the assumption is
    const char *expected;
    enum os_outcome outcome;
    char found[OS_FOUND_BYTES];
};

// Compares the assumptions that src/os is built on with this system and reports each, always in the
// same order. Takes some seconds and some MiB on each node, and leaves nothing behind.
void os_self_test(void (*report)(void *context, const struct os_check *check), void *context);

// ---- files of the user --------------------------------------------------------------------------

// Names of files and directories are UTF-8 and may be as long as the system allows, beyond the 260
// characters of older Windows programs.
//
// Directories may be others' as well, and root may run this: a name that can be foreseen is never
// opened to be written unless this call has made it, no link of another user is followed, and of
// what is there already only regular files are taken. A pipe or a device is never waited for.

// Opens a regular file to be read, through links too. NULL with the sentence: ERROR_KIND_USAGE
// where nothing of that name is there, ERROR_KIND_FAILED where it is and cannot be read.
FILE *os_file_read(const char *path, struct error *error);

// Reads as many bytes as are there now, up to `room`, past any buffer of the stream (fread would
// wait until all have come). *length is 0 at the end of the file. False: errno says why.
bool os_file_part(FILE *stream, void *data, size_t room, size_t *length);

// Whether something of that name is there, be it nothing that can be read.
bool os_file_is_there(const char *path);

// Calls visit with the name of each entry of a directory, in no order, "." and ".." among them.
// ERROR_KIND_USAGE where there is no such directory, ERROR_KIND_FAILED where it cannot be listed.
bool os_directory_each(const char *path, void (*visit)(const char *name, void *context),
                       void *context, struct error *error);

// A directory in which files are made: the one that was opened, wherever its name leads later.
struct os_directory {
    void *own;
};
enum os_directory_use {
    OS_DIRECTORY_NEW, // it must not be there
    OS_DIRECTORY_ANY, // it is made where it is not there
    OS_DIRECTORY_OLD, // it must be there
    OS_DIRECTORY_READ // likewise, and nothing is written in it: it may be anybody's
};

// *exists says whether OS_DIRECTORY_NEW failed because something of that name is there.
// ERROR_KIND_REFUSED where it belongs to another user (Windows: it is a link). It may stand where
// others may write: one that they put in its place later is not the one that was opened.
bool os_directory_open(struct os_directory *directory, const char *path, enum os_directory_use use,
                       bool *exists, struct error *error);
void os_directory_close(struct os_directory *directory); // of one that is not open too

// Opens a new directory of a name that begins with a dot and cannot be foreseen, below `above`,
// which is made where it is not there.
bool os_directory_draft(struct os_directory *draft, const char *above, struct error *error);

// Gives it its name beside, and closes it. With `keep` false, and where that fails, it is taken
// away with the files in it; *exists says whether it failed because something of that name is
// there.
bool os_directory_finish(struct os_directory *draft, const char *name, bool keep, bool *exists,
                         struct error *error);

// Gives something in the directory another name there. It replaces nothing: *exists says whether
// it failed because the new name is taken.
bool os_directory_rename(const struct os_directory *directory, const char *name,
                         const char *new_name, bool *exists, struct error *error);

// A regular file of that very directory, to be read: no link. Errors as of os_file_read.
FILE *os_file_read_in(const struct os_directory *directory, const char *name, struct error *error);

// A file that is being written. Its stream has the errors of what was written until it is finished.
struct os_file {
    FILE *stream;     // NULL: it is not open
    const char *path; // its name, for sentences
    void *own;
};

// A file that was not there: of several who try, one succeeds. *exists says whether it failed
// because something of that name is there. Where `like` is no NULL, others may do no more with it
// than with that.
bool os_file_create(struct os_file *file, const struct os_directory *directory, const char *name,
                    FILE *like, bool *exists, struct error *error);

// A file for this process alone, which is made where it is not there: of several who ask, one has
// it, until it is finished or the process ends, however it ends. Others can read it meanwhile, and
// no other user can write to one that was made so.
// ERROR_KIND_USAGE where somebody has it. Linux: flock(2); Windows: LockFileEx. The stream reads
// and writes, and has no buffer.
bool os_file_hold(struct os_file *file, const struct os_directory *directory, const char *name,
                  struct error *error);

// Whether nobody but this user and root can have written a held file, as one that says what is to
// be run must be: ERROR_KIND_REFUSED else. Windows: always, as far as the access lists of its
// directory say so.
bool os_file_is_own(const struct os_file *file, struct error *error);

// Has what was written to a held file, and its name, on the disk, or says why not. It waits for the
// disk: not within a timed window.
bool os_file_sync(struct os_file *file, struct error *error);

// Cuts a held file off behind this many bytes.
bool os_file_cut(struct os_file *file, uint64_t bytes, struct error *error);

// A file that takes the place of another of that name when it is finished: a reader sees the old or
// the new one whole, and others may do no more with the new one than with the old.
bool os_file_replace(struct os_file *file, const struct os_directory *directory, const char *name,
                     struct error *error);

// The same by the name that a user gives: a link of his own or of root's is followed (Windows: none
// is), and a pipe or a device such as /dev/null is written to as it is.
bool os_file_output(struct os_file *file, const char *path, struct error *error);

// Closes the file; with `keep` it is on the disk then, and has its name. Without, and where
// anything of it could not be written, a new file is taken away again.
bool os_file_finish(struct os_file *file, bool keep, struct error *error);

// ---- the process and its terminal ---------------------------------------------------------------

bool os_is_terminal(int stream);          // 1 stdout, 2 stderr
uint32_t os_terminal_columns(int stream); // 0 when it is no terminal

// Makes stdout carry bytes as they are (Windows would write \r\n), and sets UTF-8 output there
// until the program ends.
void os_stdout_binary(void);

// Whether nobody reads stdout any more, because a pager or "head" has ended. Ask only after a write
// has failed: the answer may cost another.
bool os_stdout_is_unread(void);

// Whether the machine must not fall asleep for want of a user, as the calling thread asks for
// (Linux has no such call: what sleeps by itself there is a desktop's session). A wish.
void os_keep_awake(bool awake);

// From now on Ctrl-C (SIGINT, SIGTERM, CTRL_C_EVENT) only raises a flag, which this returns; a
// second one ends the process at once. A terminal that goes away (SIGHUP, CTRL_CLOSE_EVENT) and a
// soft limit of CPU time that is reached (SIGXCPU) raise it too. Where a sandbox denies this, each
// of them ends the process at once.
void os_interrupt_catch(void);
bool os_interrupted(void);

// The file of this program, and the current directory, both from the root on.
bool os_program_path(char *path, size_t path_bytes, struct error *error);
bool os_current_directory(char *path, size_t path_bytes, struct error *error);

// Where a file goes for which the user named no place: "." and, where the current directory is one
// of the system's own, the user's documents (Windows: an elevated prompt starts in System32).
// ERROR_KIND_USAGE where these are unknown or the system's own too.
bool os_default_directory(char *path, size_t path_bytes, struct error *error);

// Whether that name lies in a directory of the system's own, where nobody looks for results
// (Windows: C:\Windows; Linux: never).
bool os_path_is_of_system(const char *path);

// What makes a directory a bad place for files that are written while a run measures, as the
// predicate of a sentence; NULL: nothing is known (Windows: a network drive, a folder of OneDrive;
// Linux: never).
const char *os_path_disturbance(const char *path);

// Starts a program, whose name is looked up as a shell does it, with these words (the first is its
// name; the last is followed by NULL), and waits until it ends. What it prints on stdout is thrown
// away; stderr is this process's. Ctrl-C, SIGTERM and SIGHUP reach it, and end this process no more
// than it. ERROR_KIND_FAILED where it cannot be started.
struct os_child_end {
    int status;       // its exit status; Linux: 128 + the number of a signal that ended it
    bool interrupted; // one of these came meanwhile
};
bool os_child_run(const char *const *words, struct os_child_end *end, struct error *error);

// Whether a function that may crash, or never end, comes back, and with which answer, from 0 to
// OS_TRY_ANSWER_MAX. It runs in a copy of this process within these limits, so that nothing of what
// it does reaches this one: memory, the files that are open and what it prints are as before. The
// copy has no other thread: where there are some, the function must not need a lock that one of
// them can hold (the C library frees its own, of malloc and streams). False: it did not come back,
// or cannot be tried; the text is then a clause without its name ("a child process that tried it
// crashed: ..."). Windows has no such copy: there it is ERROR_KIND_UNAVAILABLE and nothing is
// called.
struct os_try_limits {
    uint64_t memory_bytes; // beyond what this process has mapped; none under AddressSanitizer
    uint32_t cpu_s;        // of CPU time
    uint32_t wall_s;
};
enum { OS_TRY_ANSWER_MAX = 100 };
bool os_try(int (*function)(void *context), void *context, const struct os_try_limits *limits,
            int *answer, struct error *error);

// The system's sentence for an error number, without a newline. Returns text.
char *os_error_text(uint32_t os_number, char *text, size_t text_bytes);

#endif
