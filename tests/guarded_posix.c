// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "guarded.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

struct guarded guarded_allocate(size_t size_bytes) {
    size_t guard_bytes = page_bytes();
    size_t inner_bytes = (size_bytes + guard_bytes - 1) / guard_bytes * guard_bytes;
    struct guarded memory = {.mapping_bytes = inner_bytes + 2 * guard_bytes};
    memory.mapping =
        mmap(NULL, memory.mapping_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory.mapping != MAP_FAILED);
    memory.start = (char *)memory.mapping + guard_bytes;
    memory.end = (char *)memory.start + inner_bytes;
    CHECK(mprotect(memory.start, inner_bytes, PROT_READ | PROT_WRITE) == 0);
    return memory;
}

void guarded_free(const struct guarded *memory) {
    CHECK(munmap(memory->mapping, memory->mapping_bytes) == 0);
}

void *guarded_forbidden(const struct guarded *memory) {
    return memory->mapping;
}

void environment_set(const char *name, const char *value) {
    CHECK((value ? setenv(name, value, 1) : unsetenv(name)) == 0);
}
