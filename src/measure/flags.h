// SPDX-License-Identifier: Apache-2.0
// What a reader should know before using a row. Flags never remove a row: readers filter.
#ifndef NUMAPROBE_MEASURE_FLAGS_H
#define NUMAPROBE_MEASURE_FLAGS_H

#include "record/row.h"

struct flag {
    const char *name;
    const char *meaning; // with its threshold
    const char *remedy;
    bool (*raised)(const struct row *row);
};

extern const struct flag flags[];
extern const size_t flag_count;

// Fills row->flags from the row's other fields. Absent fields raise nothing.
void flags_fill(struct row *row);

#endif
