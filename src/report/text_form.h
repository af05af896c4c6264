// SPDX-License-Identifier: Apache-2.0
// The forms in which verdicts are printed. Table and Markdown say the same sentences and show the
// same tables; only the marks differ, and they are here.
#ifndef NUMAPROBE_REPORT_TEXT_FORM_H
#define NUMAPROBE_REPORT_TEXT_FORM_H

#include "base/base.h"

#include <stdio.h>

enum text_form { FORM_TABLE, FORM_JSON, FORM_MARKDOWN, FORM_COUNT };
extern const char *const text_form_names[FORM_COUNT];

// How a form for people writes.
struct marks {
    void (*put)(FILE *stream, const char *text); // text of machines
    const char *title;                           // before a heading
    const char *item;                            // before a line of a list
    bool is_markdown;
};
extern const struct marks marks_table, marks_markdown;

// A table of text. Heads that begin with '>' are of columns of numbers, set to the right.
struct text_table;
struct text_table *text_table_create(const char *const *heads, size_t column_count);

// The next cell, row by row. Text of machines belongs into an argument; it is escaped when printed.
void text_table_add(struct text_table *table, const char *format, ...) PRINTF_LIKE(2, 3);

// Prints what is complete, and frees the table. Nothing is printed of a table without rows.
void text_table_print(struct text_table *table, const struct marks *marks, FILE *stream);

#endif
