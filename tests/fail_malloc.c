// SPDX-License-Identifier: Apache-2.0
// For LD_PRELOAD: the FAIL_AT-th allocation of the process fails, once. With FAIL_COUNT their
// number is said at the end. Those of two libraries are not among them, because they crash,
// and no caller can help it: hwloc 2.9 does not look whether it got memory (bitmap.c,
// topology-xml.c), and glob(3) of glibc 2.36 then frees twice. Used by tests/faults.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// glibc's own, which these take the place of.
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);

void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *memory, size_t bytes);

static atomic_long count;
static long fail_at;

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("FAIL_AT");
    fail_at = text ? strtol(text, NULL, 10) : 0;
    atomic_store(&count, 0);
}

__attribute__((destructor)) static void end(void) {
    char line[64];
    int length = snprintf(line, sizeof line, "ALLOCATIONS %ld\n", atomic_load(&count));
    if (getenv("FAIL_COUNT") && write(STDERR_FILENO, line, (size_t)length) < 0)
        _exit(1);
}

static int is_of_others(void *caller) {
    Dl_info info;
    return dladdr(caller, &info) && info.dli_fname &&
           (strstr(info.dli_fname, "libhwloc") || strstr(info.dli_fname, "libc.so"));
}

static int fails(void *caller) {
    if (is_of_others(caller) || atomic_fetch_add(&count, 1) + 1 != fail_at)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t bytes) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(number, bytes);
}

void *realloc(void *memory, size_t bytes) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, bytes);
}
