// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

static uint64_t rotate_left(uint64_t value, unsigned bits) {
    return (value << bits) | (value >> (64 - bits));
}

void random_seed(struct random *random, uint64_t seed) {
    for (size_t i = 0; i < COUNT_OF(random->state); i++)
        random->state[i] = random_hash(seed + i * UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t random_next(struct random *random) {
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

// The high half of a 64 x 64 bit product, without the 128-bit type that ISO C lacks.
static uint64_t multiply_high(uint64_t a, uint64_t b, uint64_t *low) {
    uint64_t a_low = (uint32_t)a, a_high = a >> 32;
    uint64_t b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t middle = a_high * b_low + ((a_low * b_low) >> 32);
    uint64_t other = a_low * b_high + (uint32_t)middle;
    *low = a * b;
    return a_high * b_high + (middle >> 32) + (other >> 32);
}

uint64_t random_below(struct random *random, uint64_t bound) {
    CHECK(bound > 0);
    uint64_t low;
    uint64_t high = multiply_high(random_next(random), bound, &low);
    if (low < bound) {
        uint64_t unfair = (0 - bound) % bound; // 2^64 mod bound
        while (low < unfair)
            high = multiply_high(random_next(random), bound, &low);
    }
    return high;
}
