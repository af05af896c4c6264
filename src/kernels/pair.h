// SPDX-License-Identifier: Apache-2.0
// Exchanges of cache lines between two CPUs: the loops of the core-to-core latency.
//
// Two threads work on one set of lines that are far apart and in random order. One, the reader,
// asks and holds the clock; the other, the writer, answers and never looks at one. Neither pauses
// while it waits: a pause may take longer than what is measured (140 cycles from Skylake on,
// Intel's optimization manual). Both give up waiting after PAIR_SPINS looks, keep where they were,
// and go on from there when they are called again; so nobody hangs when the other has gone or waits
// for a CPU.
#ifndef NUMAPROBE_KERNELS_PAIR_H
#define NUMAPROBE_KERNELS_PAIR_H

#include "base/base.h"

// Each line lies in a block of its own: prefetchers fetch lines in pairs or in fours.
enum { PAIR_BLOCK_BYTES = 256 };

// How many round trips a line makes before the next one takes its turn. The first of them finds the
// line where the last turn left it, which costs up to one way more: 1 of 256.
enum { PAIR_TRIPS_PER_LINE = 128 };

// About a millisecond: longer than a thread that runs ever answers.
enum { PAIR_SPINS = 1 << 20 };

struct pair;

struct pair_protocol {
    const char *name;
    const char *summary;
    uint32_t lines;         // that it uses
    uint32_t ways_per_unit; // what is timed of one unit: 2, there and back; 1, a load
    bool times_itself;      // only a part of what the reader does counts: timed_ns says how long
    // The reader's side: does about `units` units (round trips, or loads) and returns how many it
    // did, 0 when the writer did not answer.
    uint64_t (*read)(struct pair *pair, uint64_t units);
    // The writer's side: answers up to `units` requests, returns how many.
    uint64_t (*write)(struct pair *pair, uint64_t units);
};

extern const struct pair_protocol pair_protocols[];
extern const size_t pair_protocol_count;
const struct pair_protocol *pair_protocol_find(const char *name); // NULL when there is none

// Whether this processor lets a program do what the protocol needs: clean_read takes lines out of
// the caches.
bool pair_protocol_available(const struct pair_protocol *protocol);

// How far one side has come. The two write theirs all the time: neither may share lines with what
// the other one reads.
struct pair_side {
    char before[256];
    uint64_t done;     // ping-pong: trips sent or answered; loads: rounds over the lines
    uint64_t timed_ns; // the reader of loads: what they took, all together
    bool asked;        // the reader waits for an answer
    char after[256];
};

struct pair {
    const struct pair_protocol *protocol;
    void **lines;    // the protocol's, in the order of their turns; free is due
    void *handshake; // a line more, for the protocols that time loads
    uint64_t (*clock_ns)(void);
    struct pair_side reader, writer;
};

// Lays the lines into the memory, block_bytes apart at least and at places that the seed chooses,
// each line with the address of the next in its first word. size_bytes is at least
// pair_min_bytes, base aligned to PAIR_BLOCK_BYTES. clock_ns is read by the reader's thread.
uint64_t pair_min_bytes(const struct pair_protocol *protocol);
void pair_build(struct pair *pair, const struct pair_protocol *protocol, void *base,
                uint64_t size_bytes, uint64_t line_bytes, uint64_t seed,
                uint64_t (*clock_ns)(void));

// Different lines that have made the way so far.
uint64_t pair_lines_used(const struct pair *pair);

#endif
