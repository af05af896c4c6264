// SPDX-License-Identifier: Apache-2.0
// A sorted set of OS numbers (CPUs or nodes), of any size and with any gaps.
//
// Numbers are the operating system's own; on Windows a CPU is group x 64 + number. They have
// holes, so nothing in numaprobe indexes an array by them.
#ifndef NUMAPROBE_BASE_ID_SET_H
#define NUMAPROBE_BASE_ID_SET_H

#include "base/base.h"
#include "base/error.h"

struct id_set {
    uint32_t *ids; // ascending, without repeats; NULL when empty
    size_t count;
};

void id_set_add(struct id_set *set, uint32_t id);
void id_set_add_all(struct id_set *set, const struct id_set *others);
void id_set_free(struct id_set *set);
struct id_set id_set_copy(const struct id_set *set);
bool id_set_contains(const struct id_set *set, uint32_t id);

// How many members are before it; count where it is none.
size_t id_set_place(const struct id_set *set, uint32_t id);

// "0-3,8" -> {0,1,2,3,8}; an empty text is an empty set (the kernel's way for a node without
// CPUs). A trailing newline is allowed. Numbers may go up to ID_SET_MAX. On error the sentence
// quotes the text; the set is then empty. Form: Linux kernel, "list format" of cpusets.
enum { ID_SET_MAX = 1 << 20 };
bool id_set_parse(struct id_set *set, const char *text, struct error *error);

// The same form back. Always ends the text, and ends it in "..." when the room is too small.
// Returns text.
char *id_set_format(const struct id_set *set, char *text, size_t text_bytes);

#endif
