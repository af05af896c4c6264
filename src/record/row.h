// SPDX-License-Identifier: Apache-2.0
// A row: one visit of one cell, with the proof of where its memory and threads were.
#ifndef NUMAPROBE_RECORD_ROW_H
#define NUMAPROBE_RECORD_ROW_H

#include "base/base.h"
#include "base/node_set.h"
#include "record/columns.h"
#include "record/words.h"

enum {
    ROW_NAME_BYTES = 256,
    ROW_TEXT_BYTES = 4096, // a list of some 800 CPUs that are not neighbours
};

// Names and texts are fixed arrays, so that a row is one plain value. Absent: "", NONE_U64, NaN,
// and of a word what word_absent says.
#define ROW_FIELD_word(name)  word_##name name;
#define ROW_FIELD_name(name)  char name[ROW_NAME_BYTES];
#define ROW_FIELD_text(name)  char name[ROW_TEXT_BYTES];
#define ROW_FIELD_nodes(name) struct node_set name;
#define ROW_FIELD_u64(name)   uint64_t name;
#define ROW_FIELD_f64(name)   double name;
#define ROW_NO_GROUP(title)
#define ROW_FIELD(type, name, meaning) ROW_FIELD_##type(name)

struct row {
    COLUMNS(ROW_NO_GROUP, ROW_FIELD)
};

// Every field absent.
void row_clear(struct row *row);

// Copies a text into a text field, cut at its end, between two characters of UTF-8, when it is too
// long. NULL is absent.
void row_set_text(char field[ROW_TEXT_BYTES], const char *text);

// The same for a name.
void row_set_name(char field[ROW_NAME_BYTES], const char *text);

// The list of columns as data, for the writer, the reader, help and tests.
enum column_type {
    COLUMN_TYPE_word,
    COLUMN_TYPE_name,
    COLUMN_TYPE_text,
    COLUMN_TYPE_nodes,
    COLUMN_TYPE_u64,
    COLUMN_TYPE_f64
};

struct column {
    const char *name;
    const char *meaning;
    const char *group;
    enum column_type type;
    const struct vocabulary *words; // of a word, else NULL
    size_t offset, bytes;           // of the field in struct row
};

extern const struct column columns[];
extern const size_t column_count;

// The field of a row as the CSV shows it, without quotes: at most ROW_TEXT_BYTES with the ending
// zero. u64 in decimal, f64 with as many digits as reading it back exactly needs, absent as "".
void row_format_field(const struct row *row, const struct column *column,
                      char text[ROW_TEXT_BYTES]);

// Puts such a text into its field, which is absent without length. False, with the field as it was,
// when it is not what the column's type holds: no number, or longer than the field. A
// zero follows the text.
bool row_parse_field(struct row *row, const struct column *column, const char *text, size_t length);

#endif
