// SPDX-License-Identifier: Apache-2.0
// A cell: everything that is needed to measure one number, and nothing else.
#ifndef NUMAPROBE_PLAN_CELL_H
#define NUMAPROBE_PLAN_CELL_H

#include "base/error.h"
#include "base/id_set.h"
#include "base/node_set.h"
#include "kernels/chase.h"
#include "kernels/kernel.h"
#include "kernels/mix.h"
#include "os/page_kind.h"
#include "plan/load.h"
#include "plan/pairs.h"
#include "record/words.h"

// How long the parts of a visit take; all tests sample in one window after a warm-up.
struct test_times {
    uint64_t warm_sample_ns;
    uint64_t warm_max_ns;
    double warm_tolerance; // by which three samples may differ: above their own noise
    uint64_t sample_ns;
    uint32_t sample_count;
};

// Short windows are for a first look at a whole machine, long ones for tracking it; a walk ends
// before a chain comes round; a probe is of many sizes.
enum visit_length { VISIT_LONG, VISIT_SHORT, VISIT_WALK, VISIT_PROBE, VISIT_LENGTH_COUNT };
extern const struct test_times test_times[VISIT_LENGTH_COUNT][TEST_COUNT];

// Threads per CPU node: a number of them, or one of these words.
enum { THREADS_CORES = 0, THREADS_ALL = INT32_MAX };

// Some CPUs at work on the memory of one node.
struct cell_share {
    uint32_t node;
    struct id_set cpus;
    uint64_t size_bytes; // of each array of theirs
};

enum { CELL_NAME_BYTES = 256 };

struct cell {
    enum test test;
    enum block block;
    enum visit_length visit_length;
    const struct kernel *kernel;         // bandwidth
    const struct kernel_mix *mix;        // that the kernel stands for, or NULL
    const struct chase_pattern *pattern; // latency
    struct chase_shape shape;            // of its chain
    uint32_t chains;                     // that its thread walks at once
    struct cell_pair pair;               // core to core: cpu_node is its reader's
    uint32_t threads;                    // of bandwidth as asked: a number or THREADS_...
    uint32_t cpu_node;                   // NONE_U32: all at once
    struct node_set mem_node;            // none: each CPU node on its own memory (shares)
    struct id_set cpus;                  // one thread on each, without the load's
    struct cell_share *shares;           // of a cell on all nodes at once, else NULL
    size_t share_count;
    const struct page_kind *pages;
    uint64_t page_bytes; // of that kind, here
    uint64_t size_bytes; // of each array, all threads of one node together (of shares that of the
                         // largest); of the chain's buffer
    enum size_rule size_rule;
    // Where only a part of the memory is available, which happens to AWE pages, the size may fall
    // down to this; 0: all of it or nothing.
    uint64_t partial_min_bytes;
    bool cached;           // on purpose smaller than what makes the caches drop out
    bool proven;           // known to be larger than what the caches hold
    struct cell_load load; // of a latency under load
    enum check check;
    char *check_of;        // name of the cell that it checks; NULL without check
    struct error *refusal; // why it cannot be measured; NULL: it can
};

// The bytes of a page of that kind, here. Asks the system for that of transparent pages, so it is
// called once a kind and not once a cell.
uint64_t cell_page_bytes(const struct page_kind *pages);

// Frees what the cell owns: sets of CPUs, shares, the name that it checks, the refusal.
void cell_free(struct cell *cell);

// The first refusal stands.
void cell_refuse(struct cell *cell, const struct error *why);

// Sets the name of the cell that it checks; it has none yet.
void cell_set_check_of(struct cell *cell, const char *name);

// The same cell with all that it owns its own.
struct cell cell_copy(const struct cell *cell);

// Whether both are points of one curve of latency under load: they differ by pause or pace only.
bool cell_same_curve(const struct cell *a, const struct cell *b);

// A piece of memory that a cell needs: on which nodes, how large, and which CPUs write it first.
struct region {
    struct node_set nodes;
    uint64_t size_bytes;
    const struct id_set *cpus; // of the cell
};

// Bytes of a region on that node.
uint64_t region_bytes_on(const struct region *region, uint32_t node);

// The regions of a cell, and how many there are; the caller frees the array.
struct region *cell_regions(const struct cell *cell, size_t *count);

// The CPUs of all its threads; the caller frees the set.
void cell_cpus(const struct cell *cell, struct id_set *cpus);

// Bytes of memory that the cell takes, all regions together.
uint64_t cell_buffer_bytes(const struct cell *cell);

// Makes the size smaller so that a region fits available_bytes, in whole pages. False when the cell
// takes no part, none is available, or it would be below the least, which the error then adds to
// what it says already. Its name does not change.
bool cell_shrink(struct cell *cell, size_t region, uint64_t available_bytes, struct error *error);

// "latency/structural/cpu:0/mem:1/size:1GiB/page:2M",
// "bandwidth/triad_nt.avx2/cpu:0/mem:0/size:512MiB/page:thp/threads:8", with "all-local" for the
// nodes of a cell on all of them, "cpu:all" for the CPUs of all on one memory, and "/mix:triad_nt"
// behind it where the loop stands for a mix;
// "c2c/hitm_read/writer:0/reader:1/home:writer/page:thp". Returns text.
char *cell_name(const struct cell *cell, char text[CELL_NAME_BYTES]);

// How long one visit will take about; 0 for a refused cell.
uint64_t cell_predict_ns(const struct cell *cell);

#endif
