// SPDX-License-Identifier: Apache-2.0
#include "os/counted.h"

#include <inttypes.h>
#include <stdio.h>

void counted_add(struct counted *counted, uint32_t value) {
    size_t i = 0;
    while (i < counted->different && counted->values[i] != value)
        i++;
    if (i == COUNTED_MAX)
        return;
    counted->values[i] = value;
    counted->times[i]++;
    counted->different += i == counted->different;
}

char *counted_format(const struct counted *counted, const char *(*name)(uint32_t value), char *text,
                     size_t text_bytes) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < counted->different && used < text_bytes; i++) {
        uint32_t value = counted->values[i];
        char number[16];
        snprintf(number, sizeof number, "%" PRIu32, value);
        used +=
            (size_t)snprintf(text + used, text_bytes - used, "%s%s (%" PRIu32 ")", i ? ", " : "",
                             value == 0 ? "unknown"
                             : name     ? name(value)
                                        : number,
                             counted->times[i]);
    }
    return text;
}
