// SPDX-License-Identifier: Apache-2.0
#include "guarded.h"

#include <stdlib.h>
#include <windows.h>

static size_t page_bytes(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

struct guarded guarded_allocate(size_t size_bytes) {
    size_t guard_bytes = page_bytes();
    size_t inner_bytes = (size_bytes + guard_bytes - 1) / guard_bytes * guard_bytes;
    struct guarded memory = {.mapping_bytes = inner_bytes + 2 * guard_bytes};
    memory.mapping = VirtualAlloc(NULL, memory.mapping_bytes, MEM_RESERVE, PAGE_NOACCESS);
    CHECK(memory.mapping != NULL);
    memory.start = (char *)memory.mapping + guard_bytes;
    memory.end = (char *)memory.start + inner_bytes;
    // What is reserved and never committed can be neither read nor written.
    CHECK(VirtualAlloc(memory.start, inner_bytes, MEM_COMMIT, PAGE_READWRITE) != NULL);
    return memory;
}

void guarded_free(const struct guarded *memory) {
    CHECK(VirtualFree(memory->mapping, 0, MEM_RELEASE) != 0);
}

void *guarded_forbidden(const struct guarded *memory) {
    return memory->mapping;
}

// _putenv_s and not SetEnvironmentVariable: getenv reads the C library's own copy.
void environment_set(const char *name, const char *value) {
    CHECK(_putenv_s(name, value ? value : "") == 0);
}
