// SPDX-License-Identifier: Apache-2.0
// Different values and how often each, as a text: "4800 (14), unknown (2)". Private to this room.
#ifndef NUMAPROBE_OS_COUNTED_H
#define NUMAPROBE_OS_COUNTED_H

#include "base/base.h"

enum { COUNTED_MAX = 16 };

// 0 is an unknown value. What comes after COUNTED_MAX different ones is left out.
struct counted {
    uint32_t values[COUNTED_MAX];
    uint32_t times[COUNTED_MAX];
    size_t different;
};

void counted_add(struct counted *counted, uint32_t value);

// name NULL: values are numbers. Returns text, cut to fit.
char *counted_format(const struct counted *counted, const char *(*name)(uint32_t value), char *text,
                     size_t text_bytes);

#endif
