// SPDX-License-Identifier: Apache-2.0
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_failed(const char *condition, const char *file, int line) {
    fflush(stdout);
    fprintf(stderr, "numaprobe: bug: %s is false at %s:%d\n", condition, file, line);
    abort();
}

static void out_of_memory(size_t count, size_t element_bytes) {
    fprintf(stderr, "numaprobe: out of memory for %zu x %zu bytes of bookkeeping\n", count,
            element_bytes);
    exit(1);
}

void *base_allocate(size_t count, size_t element_bytes) {
    void *memory = calloc(count ? count : 1, element_bytes);
    if (!memory)
        out_of_memory(count, element_bytes);
    return memory;
}

void *base_grow(void *memory, size_t count, size_t element_bytes) {
    CHECK(element_bytes > 0 && count <= SIZE_MAX / element_bytes);
    void *grown = realloc(memory, count * element_bytes);
    if (!grown)
        out_of_memory(count, element_bytes);
    return grown;
}

void *base_grow_by_one(void *memory, size_t count, size_t element_bytes) {
    if ((count & (count - 1)) != 0) // neither 0 nor a power of two: there is room
        return memory;
    return base_grow(memory, count ? 2 * count : 1, element_bytes);
}

char *base_copy_text(const char *text) {
    if (!text)
        return NULL;
    size_t bytes = strlen(text) + 1;
    return memcpy(base_allocate(bytes, 1), text, bytes);
}
