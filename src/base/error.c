// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The sentence may quote the error that it replaces, so that one is written over last.
static bool fill(struct error *error, enum error_kind kind, uint32_t os_number,
                 const struct error *made) {
    *error = *made;
    error->kind = kind;
    error->os_number = os_number;
    return false;
}

bool error_set(struct error *error, enum error_kind kind, uint32_t os_number, const char *format,
               ...) {
    struct error made = {0};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(made.text, sizeof made.text, format, arguments);
    va_end(arguments);
    return fill(error, kind, os_number, &made);
}

bool error_set_errno(struct error *error, enum error_kind kind, int number, const char *format,
                     ...) {
    struct error made = {0};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(made.text, sizeof made.text, format, arguments);
    va_end(arguments);
    size_t used = strlen(made.text);
    snprintf(made.text + used, sizeof made.text - used, ": %s",
             number ? strerror(number) : "the C library gives no reason");
    return fill(error, kind, (uint32_t)number, &made);
}
