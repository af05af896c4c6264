// SPDX-License-Identifier: Apache-2.0
// A field of a file's rows. Private to this room.
#ifndef NUMAPROBE_RECORD_ROW_FIELD_H
#define NUMAPROBE_RECORD_ROW_FIELD_H

#include "record/row.h"

// Most fields are as in the row before, and the row then has their value already. A longer text is
// read each time. All of it fills a line of a cache.
enum { ROW_FIELD_KNOWN_BYTES = 64 - sizeof(void *) - 1, ROW_FIELD_UNKNOWN = UINT8_MAX };

struct row_field {
    const struct column *column; // NULL: not known to us
    uint8_t known_length;        // of what the row was given last; ROW_FIELD_UNKNOWN
    char known[ROW_FIELD_KNOWN_BYTES];
};

// Before the first row.
struct row_field row_field_of(const struct column *column);

// Puts the text of a field, behind which is a zero, into its row, which nobody else changes. NULL,
// or what the text is not: "a whole number".
const char *row_field_read(struct row_field *field, struct row *row, const char *text,
                           size_t length);

#endif
