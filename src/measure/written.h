// SPDX-License-Identifier: Apache-2.0
// What the threads of a window write, beside the memory that they measure: no two of them into one
// line, or each would wait for the other's. Private to this room.
#ifndef NUMAPROBE_MEASURE_WRITTEN_H
#define NUMAPROBE_MEASURE_WRITTEN_H

#include "base/base.h"

// How far apart that is: two lines of 64 bytes, which some processors fetch together, and one of
// 128. What a thread writes all the time begins with a gap of this many bytes, so that it may
// follow anything in memory.
enum { APART_BYTES = 128 };

struct written {
    const void *base; // bytes 0: nothing
    size_t bytes;
    size_t thread;
};

// Whether what different threads write is APART_BYTES apart. Sorts the list.
bool written_apart(struct written *list, size_t count);

#endif
