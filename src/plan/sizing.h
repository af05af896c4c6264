// SPDX-License-Identifier: Apache-2.0
// How large buffers are where nobody says: what the caches ask for, what the memory leaves, and
// which of the two decided. Pure, as the rest of the plan.
#ifndef NUMAPROBE_PLAN_SIZING_H
#define NUMAPROBE_PLAN_SIZING_H

#include "plan/cell.h"
#include "topology/topology.h"

// What a node can give a buffer in pages of one kind.
struct sizing_room {
    uint32_t node;
    const struct page_kind *pages;
    uint64_t bytes;
};

// What is known besides the topology. Where there is no such thing (NULL), caches are as they are
// shown, and memory is no limit.
struct sizing {
    bool caches_doubted; // a hypervisor shows them
    // Measured, 0 where it was not: the least chain that one CPU's caches do not hold, and the
    // least array that those of all CPUs of a node do not hold while they stream over it.
    uint64_t outgrown_bytes, array_outgrown_bytes;
    uint64_t array_probed_bytes; // the largest array that was tried
    struct sizing_room *rooms;   // of nodes and kinds that are not here nothing is known
    size_t room_count;
    uint64_t process_bytes; // what the limits of this process leave, on all nodes; NONE_U64: none
    uint32_t share;         // at most one part of this many of the room is taken
};

enum { SIZING_CACHE_FOLD = 4 };

// The least size that caches of llc_bytes together do not keep: four times that; 0 bytes are not
// told, and taken for 32 MiB.
uint64_t sizing_outgrown_bytes(uint64_t llc_bytes);

// The least size of an array that these CPUs cannot keep in their last-level caches: as measured,
// or four times their sum. Where the last cache is not shown, no less than behind a cache of 32
// MiB.
uint64_t sizing_array_min_bytes(const struct topology *topology, const struct sizing *sizing,
                                const struct id_set *cpus);

// The least size of an array (or chain buffer) that the cell's CPUs cannot keep in their last-level
// caches, nor in the memory-side cache of its node: for a chain that over the share of it that one
// round touches. Of a cell on all nodes at once the largest that a node's own share needs.
uint64_t sizing_min_bytes(const struct topology *topology, const struct sizing *sizing,
                          const struct cell *cell);

// Sets the size of the cell, and of each node's share by its own caches: asked_bytes, or with 0 the
// size that is taken where nobody says one; and the rule that it follows from.
void sizing_choose(const struct topology *topology, const struct sizing *sizing,
                   uint64_t asked_bytes, struct cell *cell);

// Which node of a cell's memory leaves the least room beside what the cell takes there.
uint32_t sizing_tightest_node(const struct sizing *sizing, const struct cell *cell);

// Makes sizes that nobody asked for small enough for what the nodes and this process leave; a
// node's share of a cell on all nodes by itself. What falls below smallest_bytes is the cell's
// refusal, or a share that is left out where others stay. Where a pool of pages is empty, the size
// stays: that is the system's refusal.
void sizing_fit(const struct sizing *sizing, uint64_t smallest_bytes, struct cell *cell);

// The same for the load beside a cell that is sized already.
void sizing_fit_load(const struct sizing *sizing, struct cell *cell);

// Whether these sizes are known to be more than the caches hold: large enough by what is measured,
// or by caches that the machine itself shows up to the last one. Sets cell->proven.
void sizing_judge(const struct topology *topology, const struct sizing *sizing, struct cell *cell);

// Whether the least size of the cell's kind of buffer, chain or array, was measured.
bool sizing_is_measured(const struct sizing *sizing, const struct cell *cell);

// Whether sizing_array_min_bytes is known, and not assumed; and sizing_min_bytes of the cell.
bool sizing_array_is_known(const struct topology *topology, const struct sizing *sizing,
                           const struct id_set *cpus);
bool sizing_is_known(const struct topology *topology, const struct sizing *sizing,
                     const struct cell *cell);

// The size that is taken where nobody says one: the first that is enough of 64 MiB and what
// follows it in four equal steps to each doubling.
uint64_t sizing_default_bytes(uint64_t min_bytes);

#endif
