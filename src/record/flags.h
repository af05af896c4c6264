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

// What a flag says of its row's figure.
enum flag_sense {
    FLAG_MEANT,     // it is of what was asked for, which is not memory, or not all of it
    FLAG_UNSTEADY,  // the machine did not hold still; the figure stands with its spread
    FLAG_DISTURBED, // somebody else had a hand in it
};

struct flag {
    const char *name;
    enum flag_level level;
    const char *meaning; // with its threshold
    const char *remedy;
    bool (*raised)(const struct row *row); // NULL for those of a run
    enum flag_sense sense;                 // of a row's flag
    // The share of its threads' time that the row lost to it, 0 to 1. NULL: it is no matter of
    // time, and how far it moved the value is unknown.
    double (*lost_share)(const struct row *row);
};

extern const struct flag flags[];
extern const size_t flag_count;

// NULL when there is none of that name.
const struct flag *flag_find(const char *name);

// The next flag of a row's words; NULL behind the last. *at begins at row->flags. A word that is in
// no table is of another version: &flag_unknown, which disturbs.
const struct flag *flag_next(const char **at);
extern const struct flag flag_unknown;

// Fills row->flags from the row's other fields. Absent fields raise nothing.
void flags_fill(struct row *row);

#endif
