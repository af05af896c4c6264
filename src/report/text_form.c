// SPDX-License-Identifier: Apache-2.0
#include "report/text_form.h"

#include "report/escape.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const text_form_names[FORM_COUNT] = {
    [FORM_TABLE] = "table",
    [FORM_JSON] = "json",
    [FORM_MARKDOWN] = "markdown",
};

const struct marks marks_table = {put_plain, "", "", false};
const struct marks marks_markdown = {put_markdown, "### ", "- ", true};

struct text_table {
    const char *const *heads;
    size_t column_count;
    char **cells; // row by row
    size_t count;
};

struct text_table *text_table_create(const char *const *heads, size_t column_count) {
    struct text_table *table = base_allocate(1, sizeof *table);
    CHECK(column_count > 0);
    *table = (struct text_table){.heads = heads, .column_count = column_count};
    return table;
}

void text_table_add(struct text_table *table, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    CHECK(length >= 0);
    char *cell = base_allocate((size_t)length + 1, 1);
    vsnprintf(cell, (size_t)length + 1, format, arguments);
    va_end(arguments);
    table->cells = base_grow_by_one(table->cells, table->count, sizeof *table->cells);
    table->cells[table->count++] = cell;
}

static bool is_number(const struct text_table *table, size_t column) {
    return table->heads[column][0] == '>';
}

static const char *head_of(const struct text_table *table, size_t column) {
    return table->heads[column] + is_number(table, column);
}

// ---- terminal -----------------------------------------------------------------------------------

static size_t width_of(const struct text_table *table, size_t column, size_t rows) {
    size_t width = strlen(head_of(table, column));
    for (size_t row = 0; row < rows; row++) {
        size_t length = strlen(table->cells[row * table->column_count + column]);
        width = length > width ? length : width;
    }
    return width;
}

// Spaces go before numbers and behind words; none at the end of a line.
static void put_line(const struct text_table *table, const char *const *cells, const size_t *widths,
                     FILE *stream) {
    size_t columns = table->column_count, due = 0;
    for (size_t column = 0; column < columns; column++) {
        const char *text = cells ? cells[column] : head_of(table, column);
        size_t room = widths[column] - strlen(text);
        bool number = is_number(table, column);
        due += 2 + (number ? room : 0);
        if (*text) {
            fprintf(stream, "%*s", (int)due, "");
            put_plain(stream, text);
            due = 0;
        }
        due += number ? 0 : room;
    }
    fprintf(stream, "\n");
}

static void print_padded(const struct text_table *table, size_t rows, FILE *stream) {
    size_t columns = table->column_count;
    size_t *widths = base_allocate(columns, sizeof *widths);
    for (size_t column = 0; column < columns; column++)
        widths[column] = width_of(table, column, rows);
    put_line(table, NULL, widths, stream);
    for (size_t row = 0; row < rows; row++)
        put_line(table, (const char *const *)table->cells + row * columns, widths, stream);
    free(widths);
}

// ---- Markdown -----------------------------------------------------------------------------------

static void print_ruled(const struct text_table *table, size_t rows, FILE *stream) {
    size_t columns = table->column_count;
    fprintf(stream, "|");
    for (size_t column = 0; column < columns; column++)
        fprintf(stream, " %s |", head_of(table, column));
    fprintf(stream, "\n|");
    for (size_t column = 0; column < columns; column++)
        fprintf(stream, "%s|", is_number(table, column) ? "---:" : "---");
    fprintf(stream, "\n");
    for (size_t row = 0; row < rows; row++) {
        fprintf(stream, "|");
        for (size_t column = 0; column < columns; column++) {
            fprintf(stream, " ");
            put_markdown(stream, table->cells[row * columns + column]);
            fprintf(stream, " |");
        }
        fprintf(stream, "\n");
    }
}

void text_table_print(struct text_table *table, const struct marks *marks, FILE *stream) {
    size_t rows = table->count / table->column_count;
    if (rows)
        (marks->is_markdown ? print_ruled : print_padded)(table, rows, stream);
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}
