// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *error, enum error_kind kind, uint32_t os_number, const char *format,
               ...) {
    // The sentence may quote the error it replaces, so it is made aside first.
    char text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    *error = (struct error){.kind = kind, .os_number = os_number};
    snprintf(error->text, sizeof error->text, "%s", text);
    return false;
}
