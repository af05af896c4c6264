// SPDX-License-Identifier: Apache-2.0
#include "record/row.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Which group a column belongs to, found while compiling: an enumerator is one more than the one
// before it, and GROUP adds one more on top, so place less index counts the groups met so far.
#define COLUMN_INDEX(type, name, meaning) INDEX_##name,
#define GROUP_PLACE(title)                +1
#define COLUMN_PLACE(type, name, meaning) , PLACE_##name, PLACE_AFTER_##name = PLACE_##name
#define GROUP_TITLE(title)                title,
#define COLUMN_NOTHING(type, name, meaning)

// clang-format off
enum { COLUMNS(ROW_NO_GROUP, COLUMN_INDEX) COLUMN_TOTAL };
enum { PLACE_START = 0 COLUMNS(GROUP_PLACE, COLUMN_PLACE) };
// clang-format on

enum { TITLE_BYTES = 64 };
static const char group_titles[][TITLE_BYTES] = {COLUMNS(GROUP_TITLE, COLUMN_NOTHING)};

#define COLUMN_ENTRY(column_type, field, text)                                                     \
    {.name = #field,                                                                               \
     .meaning = text,                                                                              \
     .group = group_titles[PLACE_##field - INDEX_##field - 2],                                     \
     .type = COLUMN_TYPE_##column_type,                                                            \
     .offset = offsetof(struct row, field)},

const struct column columns[] = {COLUMNS(ROW_NO_GROUP, COLUMN_ENTRY)};
const size_t column_count = COLUMN_TOTAL;

void row_clear(struct row *row) {
    memset(row, 0, sizeof *row); // every text is "" now
    for (size_t i = 0; i < column_count; i++) {
        char *field = (char *)row + columns[i].offset;
        if (columns[i].type == COLUMN_TYPE_u64)
            memcpy(field, &(uint64_t){NONE_U64}, sizeof(uint64_t));
        else if (columns[i].type == COLUMN_TYPE_f64)
            memcpy(field, &(double){NAN}, sizeof(double));
    }
}

void row_set_text(char field[ROW_TEXT_BYTES], const char *text) {
    size_t length = text ? strlen(text) : 0;
    if (length >= ROW_TEXT_BYTES) {
        length = ROW_TEXT_BYTES - 1;
        // Half a character would make the whole file something else than UTF-8: a byte 10xxxxxx
        // never begins one, and at most three of them follow a first byte (RFC 3629).
        for (int back = 0; back < 3 && ((unsigned char)text[length] & 0xC0) == 0x80; back++)
            length--;
    }
    if (length)
        memmove(field, text, length);
    field[length] = '\0';
}

// 15 digits are always true to what a person wrote, 17 always read back exactly (C11 5.2.4.2.2,
// DBL_DIG and DBL_DECIMAL_DIG); the first that reads back is the one that a person can read too.
static void format_f64(double value, char text[ROW_TEXT_BYTES]) {
    CHECK(!isinf(value));
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, ROW_TEXT_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

void row_format_field(const struct row *row, const struct column *column,
                      char text[ROW_TEXT_BYTES]) {
    const char *field = (const char *)row + column->offset;
    uint64_t whole = NONE_U64;
    double number = NAN;
    text[0] = '\0';
    switch (column->type) {
    case COLUMN_TYPE_text:
        row_set_text(text, field);
        break;
    case COLUMN_TYPE_u64:
        memcpy(&whole, field, sizeof whole);
        if (whole != NONE_U64)
            snprintf(text, ROW_TEXT_BYTES, "%llu", (unsigned long long)whole);
        break;
    case COLUMN_TYPE_f64:
        memcpy(&number, field, sizeof number);
        if (!isnan(number))
            format_f64(number, text);
        break;
    }
}
