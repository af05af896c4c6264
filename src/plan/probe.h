// SPDX-License-Identifier: Apache-2.0
// The probe: where latency stops rising with the size of a chain, and bandwidth falling with that
// of an array, in at most about 1.5 s each.
//
// The caches that a machine shows are not always all there are, nor as large: a hypervisor shows
// what it likes, and some processors keep a system-level cache out of all tables. Then chains of
// sizes that double are walked for some milliseconds each, on one CPU, as cells with rows like any
// other, and the sizes of all other cells follow from what they give.
//
// A flat curve alone may lie in a large cache. Where a program can put lines out of all caches
// (x86-64), one walk over such a chain tells at last what memory takes.
//
// Chains say nothing of arrays: a cache that is shared with other machines gives more to the
// machine that asks for more, and a stream asks for ten times the lines of a chain. So arrays of
// sizes that double are read by one thread on each core of a node, until two have the same rate.
#ifndef NUMAPROBE_PLAN_PROBE_H
#define NUMAPROBE_PLAN_PROBE_H

#include "plan/schedule_state.h"

struct probe_request {
    const struct topology *topology;
    const struct cross_check *check;
    const struct sizing *sizing;
    const struct page_kind *pages;
    const struct kernel *kernel; // that reads the arrays
    bool arrays;                 // not only chains
};

// Whether a cell of this plan rests on caches that are not known to be as they are shown; and
// whether one with arrays does.
bool probe_is_needed(const struct plan *plan);
bool probe_needs_arrays(const struct plan *plan);

// Adds the next cell of a probe to the plan, given what those before gave. False when there is none
// any more: the time is up, memory ends, or no CPU node can be measured.
bool probe_grow(struct plan *plan, const struct schedule *schedule,
                const struct probe_request *request);

// The least chain that one CPU's caches do not hold, and the least array that those of a node's
// CPUs do not hold, as measured; 0 when the probe did not see it.
uint64_t probe_outgrown_bytes(const struct schedule *schedule);
uint64_t probe_array_outgrown_bytes(const struct schedule *schedule);

// The largest array that was tried, 0 when none was.
uint64_t probe_array_probed_bytes(const struct schedule *schedule);

#endif
