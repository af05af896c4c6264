// SPDX-License-Identifier: Apache-2.0
// Texts that are kept once, however often they come: those of a column of many rows are few.
#ifndef NUMAPROBE_BASE_TEXT_SET_H
#define NUMAPROBE_BASE_TEXT_SET_H

#include "base/base.h"

struct text_set {
    char **slots; // an open hash table; NULL: free
    size_t slot_count, used;
};

// The set's own copy of the text, which stays where it is until the set is freed.
const char *text_set_add(struct text_set *set, const char *text);
void text_set_free(struct text_set *set);

// Begins with a value that nobody can foresee: a file of texts that collide would keep its reader
// busy. Another in each process, so nothing may depend on the order.
size_t text_hash(const char *text);

#endif
