// SPDX-License-Identifier: Apache-2.0
// A simulated operating system: a test links fake_os.c in place of what src/os has for a system.
//
// The machine, its lies and its clock are data in one variable. fake_os_reset makes an honest
// machine of it; a test then changes what it is about, runs the code, and reads the counts.
//
// Memory is really allocated and threads are real. The simulated clock is what makes known answers
// possible: it moves only by what reading it, pausing and fake_os_spend cost, each thread has its
// own, and a thread goes on only while its clock is the earliest of all. So a step that spends 3 us
// takes 3 us, on any machine under any load.
#ifndef NUMAPROBE_TESTS_FAKE_OS_H
#define NUMAPROBE_TESTS_FAKE_OS_H

#include <stdatomic.h>

#include "os/os.h"

enum { FAKE_NODES_MAX = 16, FAKE_CPUS_MAX = 512, FAKE_PROOFS = 2 };

struct fake_node {
    uint32_t id;
    uint64_t total_bytes;
    uint64_t free_bytes;
    bool lists_another; // the CPUs of listed_as are in this node's list too
    uint32_t listed_as;
};

struct fake_cpu {
    uint32_t id;
    uint32_t table_node;  // what the tables say; NONE_U32: no node
    uint32_t place_node;  // what a thread sees there; NONE_U32: the call names no node
    bool forbidden;       // to this process
    bool cannot_start;    // a thread
    bool starves_starter; // who starts a thread here goes on when that has ended, or after 20 s
    // A thread of this CPU sees itself on that one once it has asked moves_after times.
    uint32_t moves_to; // NONE_U32: it stays
    uint64_t moves_after;
    // A thread of this CPU is held up for stall_ns once it has asked where it is stalls_after
    // times.
    uint64_t stalls_after, stall_ns;
    // A thread of this CPU is held up for so long at its second question for usage, which the
    // measuring asks between the common start and the first step.
    uint64_t held_up_ns;
};

// The sizes of pages that a buffer is found to have.
enum fake_sizes {
    FAKE_SIZES_ASKED,
    FAKE_SIZES_OTHER, // large where ordinary ones were asked for, and the other way round
    FAKE_SIZES_MIXED, // the first half large
    FAKE_SIZES_UNAVAILABLE,
};

// What the second witness says of a buffer: how much of it is on which node.
enum fake_counts {
    FAKE_COUNTS_ALIKE, // what each page says; a page of which it does not say is on the asked node
    FAKE_COUNTS_UNAVAILABLE,
    FAKE_COUNTS_ON_NODE,   // all that is written is on the node
    FAKE_COUNTS_ELSEWHERE, // but one page is on the first other node
    FAKE_COUNTS_SHORT,     // but one page is in no count
};

// What the system says of a buffer during one proof. A proof begins with the question for sizes.
// A page whose words are all zero has never been written, and is absent whatever stands here.
struct fake_proof {
    // Of the pages [stray_first, stray_end), every stray_every-th is at stray_answer instead of on
    // the node that was asked for; 0: none. Pages count in the size that they are found to have.
    uint64_t stray_first, stray_end, stray_every;
    int32_t stray_answer;     // a node, or an OS_PAGE_ value
    uint32_t ask_again_times; // each page first answers so often OS_PAGE_ASK_AGAIN
    bool locate_unavailable;
    enum fake_counts counts;
    uint32_t counts_change_after; // so many questions of a proof are answered so, later ones alike
    enum fake_sizes sizes;
};

// One kind of counters of the bus.
struct fake_bus {
    bool there;
    bool told[OS_BUS_AMOUNTS];
    double factor;               // of what was moved it counts so much
    uint64_t others_bytes_per_s; // and so much besides
    uint64_t fails_after;        // this many readings have numbers; NONE_U64: all
    bool goes_back;              // from one reading to the next
    bool join_fails;
    _Atomic uint64_t joined; // threads
    uint64_t readings;
    bool open;
};

struct fake_os {
    struct fake_node nodes[FAKE_NODES_MAX];
    size_t node_count;
    struct fake_cpu cpus[FAKE_CPUS_MAX];
    size_t cpu_count;
    struct os_firmware_path firmware_paths[FAKE_NODES_MAX]; // the HMAT; none: there is none
    size_t firmware_path_count;
    const uint64_t *firmware_distances; // of all nodes, row by row; NULL: none are told
    struct error topology_error;        // kind NONE: hwloc can read the machine
    bool nodes_unavailable, table_unavailable, place_unavailable, allowed_unavailable;

    uint64_t base_page_bytes;
    uint64_t transparent_page_bytes; // 0: none
    uint64_t mthp_bytes;             // size of smaller transparent pages; 0: none
    bool transparent_off;            // switched off, although there are some
    uint64_t process_left_bytes;     // NONE_U64: no limit
    struct error acquire_error;      // kind NONE: memory is available
    struct error try_error;          // kind NONE: what is tried comes back
    bool bind_denied; // what is not on the only node is where the CPUs are that first run after it
    uint32_t first_turn;    // with which unit of weight the kernel begins to spread pages
    uint64_t awe_max_bytes; // of one buffer in AWE pages; 0: all
    struct fake_proof proofs[FAKE_PROOFS]; // the last one stands for all later ones too
    void (*at_release)(const struct os_memory *memory); // lets a test look at what was written

    bool clock_is_real;                         // then nothing below takes simulated time
    uint64_t clock_read_ns, spin_pause_ns;      // what one takes
    uint64_t clock_step_ns;                     // as the system reports it
    uint64_t clock_stall_every, clock_stall_ns; // each so many-th reading takes so much longer
    // From this many readings on, one takes that long: the core has changed its clock. 0: it stays.
    uint64_t clock_changes_after, clock_changed_read_ns;

    bool usage_unknown, run_delay_unknown;
    struct os_usage usage_step; // each answer exceeds a thread's last by this; cpu_ns falls behind
    uint64_t steal_step_ns;     // NONE_U64: not known
    uint64_t throttle_step;     // likewise
    uint64_t migrated_step;     // likewise
    uint64_t interrupt_step_ns; // NONE_U64: not known
    uint64_t interrupted_after; // questions answered with no; NONE_U64: all

    struct fake_bus bus[2];           // of two kinds; as long as neither is there, there is none
    _Atomic uint64_t bus_moved_bytes; // by the test's own loops

    // What was done, for the test to read.
    uint64_t acquired, released, collapsed;
    uint64_t acquired_before_threads; // buffers, when the first thread was started
    _Atomic uint64_t locate_calls;
    uint64_t count_calls;
    uint64_t page_size_questions; // of transparent pages
    _Atomic uint64_t threads_started;
    uint64_t starters_starved; // who went on without its end
    _Atomic uint64_t clock_readings;
    _Atomic uint64_t interrupted_questions;
};

extern struct fake_os fake_os;

// An honest machine: nodes 0.., CPUs 0.. in equal shares on them in order, 1 TiB each, pages of
// 4 KiB and 2 MiB. Reading the clock takes FAKE_STEP_NS, and so does, for the measuring, a step of
// any work: long enough not to be lengthened, so that a visit needs few of them, and a part of
// the millisecond that the measuring counts in. A pause takes 1 us.
#define FAKE_STEP_NS (200 * NS_PER_US)
void fake_os_reset(uint32_t nodes, uint32_t cpus_per_node);

void fake_os_add_node(uint32_t id);
void fake_os_add_cpu(uint32_t id, uint32_t node);
struct fake_cpu *fake_os_cpu(uint32_t id);

// Lets simulated time pass for the calling thread, and then those before it.
void fake_os_spend(uint64_t duration_ns);

// The same while the thread is not on its CPU, as a quota of CPU time has it.
void fake_os_lose(uint64_t duration_ns);

// The node where a byte of a buffer is, and the CPU of the calling thread.
uint32_t fake_os_node_of(const void *address);
uint32_t fake_os_own_cpu(void);

// How often the page of a buffer was asked for in its latest proof.
unsigned fake_os_times_asked(const struct os_memory *memory, uint64_t page);

#endif
