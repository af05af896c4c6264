// SPDX-License-Identifier: Apache-2.0
// How much one thread had done at each moment: the ground of every rate that is measured. Private
// to this room.
//
// A thread works in steps and notes, after each, how many units (elements, loads) it did since the
// last. The timeline spreads them over buckets of equal time since a start that all threads share.
// A rate is then units of all threads inside ONE window: neither the slowest thread's time (which
// counts the idle tail of the others) nor a sum of private rates (which counts what a late thread
// did alone, with the memory to itself).
#ifndef NUMAPROBE_MEASURE_TIMELINE_H
#define NUMAPROBE_MEASURE_TIMELINE_H

#include "measure/written.h"

// A ring: it holds the newest bucket_count buckets, so a program that was stopped for an hour while
// it warmed up still measures when it goes on.
struct timeline {
    double *units; // done in bucket i, at i % bucket_count; apart from what others write
    size_t bucket_count;
    uint64_t bucket_ns;
    uint64_t newest; // number of the latest bucket, from 0 at the start
};

// Room for the last duration_ns, all of it touched, so that no page fault falls into the measuring.
void timeline_create(struct timeline *timeline, uint64_t duration_ns, uint64_t bucket_ns);
void timeline_free(struct timeline *timeline);

// What adding to it writes, beside the struct itself.
struct written timeline_written(const struct timeline *timeline);

// Adds units that were done evenly between two times since the common start. Calls go forward.
void timeline_add(struct timeline *timeline, uint64_t from_ns, uint64_t to_ns, double units);

// Units done in [from_ns, to_ns): both multiples of bucket_ns, and not longer than the room.
double timeline_sum(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns);

// Whether the last three samples before now_ns differ by at most `tolerance` (0.01 is 1 %) of the
// largest. False while there are not three since since_ns.
bool timeline_converged(const struct timeline *timeline, uint64_t since_ns, uint64_t now_ns,
                        uint64_t sample_ns, double tolerance);

#endif
