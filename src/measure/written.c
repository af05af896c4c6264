// SPDX-License-Identifier: Apache-2.0
#include "measure/written.h"

#include <stdlib.h>

static int by_base(const void *left, const void *right) {
    uintptr_t a = (uintptr_t)((const struct written *)left)->base;
    uintptr_t b = (uintptr_t)((const struct written *)right)->base;
    return (a > b) - (a < b);
}

bool written_apart(struct written *list, size_t count) {
    const struct written *before = NULL; // the one that reaches farthest so far
    uintptr_t end = 0;
    if (count)
        qsort(list, count, sizeof *list, by_base);
    for (size_t i = 0; i < count; i++) {
        if (!list[i].bytes)
            continue;
        uintptr_t base = (uintptr_t)list[i].base;
        if (before && before->thread != list[i].thread && base < end + APART_BYTES)
            return false;
        if (!before || base + list[i].bytes > end) {
            before = &list[i];
            end = base + list[i].bytes;
        }
    }
    return true;
}
