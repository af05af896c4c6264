// SPDX-License-Identifier: Apache-2.0
// A matrix on the terminal: numbers of the system on both sides, cut where the terminal ends.
// Private to this room.
#ifndef NUMAPROBE_REPORT_GRID_H
#define NUMAPROBE_REPORT_GRID_H

#include "base/base.h"

enum { GRID_LABEL_BYTES = 256 };

struct grid {
    const char *row_word; // before each number: "cpu 0"
    const uint64_t *rows; // the numbers
    size_t row_count, column_count;
    int label_width, column_width;
    // Names a column: "mem 3", "mem 0+2".
    void (*name_column)(const void *context, size_t column, char text[GRID_LABEL_BYTES]);
    // Prints one field, column_width wide.
    void (*print)(const void *context, size_t row, size_t column, int width);
    const void *context;
};

// Without a title. A grid that is wider than the terminal (0: never) is cut into several.
void grid_print(const struct grid *grid, uint32_t terminal_columns);

#endif
