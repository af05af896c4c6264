// SPDX-License-Identifier: Apache-2.0
#include "stats/sort.h"

#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, DIGIT_VALUES = 1 << DIGIT_BITS };

// With fewer values, counting their digits takes longer than comparing them.
enum { COUNTED_MIN = 256 };

// A whole number in whose order doubles are: of negative ones all bits turned, of others the sign
// (IEEE 754, 5.10: the bits of finite numbers of one sign are in the order of their values).
static uint64_t key_of(double value) {
    const uint64_t sign = UINT64_C(1) << 63;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ (bits & sign ? UINT64_MAX : sign);
}

static size_t digit_of(double value, unsigned digit) {
    return key_of(value) >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

static int by_key(const void *left, const void *right) {
    const struct sort_place *a = left, *b = right;
    uint64_t low = key_of(a->value), high = key_of(b->value);
    return low != high ? (low > high) - (low < high)
                       : (a->index > b->index) - (a->index < b->index);
}

// By one digit after the other, from the last: as many steps for each value as it has digits, where
// comparing takes one for each doubling of the count, half of them foreseen wrongly by a processor
// (D. E. Knuth, The Art of Computer Programming 3, 5.2.5, algorithm R).
void sort_places(struct sort_place *places, size_t count) {
    if (count < COUNTED_MIN) {
        if (count)
            qsort(places, count, sizeof *places, by_key);
        return;
    }
    size_t(*counts)[DIGIT_VALUES] = base_allocate(DIGITS, sizeof *counts);
    struct sort_place *other = base_allocate(count, sizeof *other), *from = places, *to = other;
    for (size_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < DIGITS; digit++)
            counts[digit][digit_of(places[i].value, digit)]++;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        size_t *next = counts[digit], before = 0; // how many there are of each, then its next place
        if (next[digit_of(from[0].value, digit)] == count)
            continue; // the same in all
        for (size_t value = 0; value < DIGIT_VALUES; value++) {
            size_t own = next[value];
            next[value] = before;
            before += own;
        }
        for (size_t i = 0; i < count; i++)
            to[next[digit_of(from[i].value, digit)]++] = from[i];
        struct sort_place *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != places)
        memcpy(places, from, count * sizeof *places);
    free(other);
    free(counts);
}
