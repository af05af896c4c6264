// SPDX-License-Identifier: Apache-2.0
// What the tests of the kernels need of the system: memory with forbidden pages on both sides, so
// that one byte too far ends the program, and a variable in the environment.
#ifndef NUMAPROBE_TESTS_GUARDED_H
#define NUMAPROBE_TESTS_GUARDED_H

#include "base/base.h"

struct guarded {
    void *mapping; // the system's, with the guards
    void *start;   // first byte behind the lower guard
    void *end;     // first byte of the upper guard; end - start is at least what was asked
    size_t mapping_bytes;
};

// Both end the program when the system refuses: a test has nothing to do then.
struct guarded guarded_allocate(size_t size_bytes);
void guarded_free(const struct guarded *memory);

// An address that no load and no store survives.
void *guarded_forbidden(const struct guarded *memory);

// Sets the variable, or removes it when value is NULL.
void environment_set(const char *name, const char *value);

#endif
