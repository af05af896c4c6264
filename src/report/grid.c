// SPDX-License-Identifier: Apache-2.0
#include "report/grid.h"

#include <inttypes.h>
#include <stdio.h>

enum { INDENT = 2 };

static void print_part(const struct grid *grid, size_t from, size_t to) {
    char text[GRID_LABEL_BYTES];
    printf("%*s", grid->label_width, "");
    for (size_t column = from; column < to; column++) {
        grid->name_column(grid->context, column, text);
        printf("%*s", grid->column_width, text);
    }
    printf("\n");
    for (size_t row = 0; row < grid->row_count; row++) {
        snprintf(text, sizeof text, "%s %" PRIu64, grid->row_word, grid->rows[row]);
        printf("%*s%-*s", INDENT, "", grid->label_width - INDENT, text);
        for (size_t column = from; column < to; column++)
            grid->print(grid->context, row, column, grid->column_width);
        printf("\n");
    }
}

void grid_print(const struct grid *grid, uint32_t terminal_columns) {
    size_t label_width = (size_t)grid->label_width, column_width = (size_t)grid->column_width;
    size_t fitting = grid->column_count;
    if (terminal_columns && terminal_columns < label_width + fitting * column_width)
        fitting = terminal_columns > label_width + column_width
                      ? (terminal_columns - label_width) / column_width
                      : 1;
    for (size_t from = 0; from < grid->column_count; from += fitting)
        print_part(grid, from,
                   from + fitting < grid->column_count ? from + fitting : grid->column_count);
}
