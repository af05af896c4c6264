// SPDX-License-Identifier: Apache-2.0
// Texts that are kept once, however often they come: those of a column of many rows are few. They
// are numbered in the order in which they first came, so that a text finds its place in an array.
#ifndef NUMAPROBE_BASE_TEXT_SET_H
#define NUMAPROBE_BASE_TEXT_SET_H

#include "base/base.h"

struct text_set {
    char **texts;  // by number
    size_t *slots; // an open hash table of numbers + 1; 0: free
    size_t slot_count, used;
};

// The set's own copy of the text, which stays where it is until the set is freed.
const char *text_set_add(struct text_set *set, const char *text);

// The number of the text, which is new to the set where it is what `used` was before.
size_t text_set_number(struct text_set *set, const char *text);

// Its number; `used` where the set does not have it.
size_t text_set_find(const struct text_set *set, const char *text);
void text_set_free(struct text_set *set);

// ---- for tests ----------------------------------------------------------------------------------

// Begins with a value that nobody can foresee: a file of texts that collide would keep its reader
// busy. Another in each process, so nothing may depend on the order.
size_t text_hash(const char *text);

#endif
