// SPDX-License-Identifier: Apache-2.0
// Seeded random numbers: the same seed gives the same plan order, chains and samples everywhere.
//
// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018),
// seeded through splitmix64; bounds by Lemire's multiplication ("Fast random integer generation in
// an interval", 2019), which has no bias.
#ifndef NUMAPROBE_BASE_RANDOM_H
#define NUMAPROBE_BASE_RANDOM_H

#include "base/base.h"

struct random {
    uint64_t state[4];
};

// One step of splitmix64: a good 64-bit hash of its argument, and of (seed + index). In place,
// because each word of each buffer is one.
static inline uint64_t random_hash(uint64_t value) {
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

void random_seed(struct random *random, uint64_t seed);

// Uniform in [0, bound); bound must be at least 1.
uint64_t random_below(struct random *random, uint64_t bound);

// ---- for tests ----------------------------------------------------------------------------------

// The 64 bits that the others are made from.
uint64_t random_next(struct random *random);

#endif
