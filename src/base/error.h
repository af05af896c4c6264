// SPDX-License-Identifier: Apache-2.0
// What the world did wrong, as a value: who is to blame, the system's own number, one sentence.
//
// A function that can fail takes a struct error last and returns false when it failed; then, and
// only then, the error is filled. The sentence names what was asked (option and value), why it
// is unavailable, and what to do.
#ifndef NUMAPROBE_BASE_ERROR_H
#define NUMAPROBE_BASE_ERROR_H

#include "base/base.h"

enum error_kind {
    ERROR_KIND_NONE,
    ERROR_KIND_USAGE,       // the command line asks for something that does not exist: exit 2
    ERROR_KIND_REFUSED,     // it exists, but this machine cannot give it now: the cell is refused
    ERROR_KIND_FAILED,      // the world failed: disk full, call denied: exit 1
    ERROR_KIND_UNAVAILABLE, // this system has no such call or fact; the sentence says which
};

struct error {
    enum error_kind kind;
    uint32_t os_number; // errno or GetLastError(), 0 when no system call was to blame
    char text[512];
};

// Fills the error and returns false, so that a failing function can end in `return error_set(...)`.
bool error_set(struct error *error, enum error_kind kind, uint32_t os_number, const char *format,
               ...) PRINTF_LIKE(4, 5);

// The same where a function of the C library failed and left why in errno, on either system: the
// sentence ends in its words, "cannot write 'a': No space left on device". What the system itself
// says of its numbers is os_error_text.
bool error_set_errno(struct error *error, enum error_kind kind, int number, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
