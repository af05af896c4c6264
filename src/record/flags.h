// SPDX-License-Identifier: Apache-2.0
// What a reader should know before using a row. Flags never remove a row: readers filter.
//
// One table for two levels. A row's flags come from the row alone and stand in it. A run's flags
// need several cells: src/analyse/invariants.h finds them and names the cells.
#ifndef NUMAPROBE_RECORD_FLAGS_H
#define NUMAPROBE_RECORD_FLAGS_H

#include "record/row.h"

enum flag_level { FLAG_OF_ROW, FLAG_OF_RUN, FLAG_LEVEL_COUNT };
extern const char *const flag_level_names[FLAG_LEVEL_COUNT];

struct flag {
    const char *name;
    enum flag_level level;
    const char *meaning; // with its threshold
    const char *remedy;
    bool (*raised)(const struct row *row); // NULL for those of a run
};

extern const struct flag flags[];
extern const size_t flag_count;

// NULL when there is none of that name.
const struct flag *flag_find(const char *name);

// Fills row->flags from the row's other fields. Absent fields raise nothing.
void flags_fill(struct row *row);

#endif
