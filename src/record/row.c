// SPDX-License-Identifier: Apache-2.0
#include "record/row.h"

#include "base/units.h"

#include <float.h>
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

// A number as most fields are: digits / 10^places, both exact as double, so that their quotient is
// the double nearest to the text, as strtod's (W. D. Clinger, How to Read Floating Point Numbers
// Accurately, 1990). A million rows have twenty million of them, and strtod would take the most of
// the time. False says only that another must read it.
struct decimal {
    uint64_t digits;
    size_t places;
    bool whole;
};
static const double powers_of_ten[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool read_decimal(const char *text, size_t length, struct decimal *decimal) {
    const uint64_t exact_most = UINT64_C(1) << DBL_MANT_DIG;
    *decimal = (struct decimal){.whole = true};
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (text[i] == '.' && decimal->whole) {
            decimal->whole = false;
            continue;
        }
        if (digit > 9 || decimal->digits > (exact_most - 9) / 10)
            return false;
        decimal->digits = 10 * decimal->digits + digit;
        decimal->places += !decimal->whole;
    }
    // Where double is evaluated in a wider type, the quotient would be rounded twice.
    return FLT_EVAL_METHOD == 0 && length > !decimal->whole &&
           decimal->places < COUNT_OF(powers_of_ten);
}

// Decimal notation only: strtod alone would also take " 1", "0x1p3", "nan" and "inf".
static bool parse_f64(const char *text, double *value) {
    for (const char *at = text; *at; at++)
        if (!((*at >= '0' && *at <= '9') || strchr("+-.eE", *at)))
            return false;
    char *end = NULL;
    *value = strtod(text, &end);
    return end != text && !*end && isfinite(*value);
}

bool row_parse_field(struct row *row, const struct column *column, const char *text,
                     size_t length) {
    void *field = (char *)row + column->offset;
    struct error ignored;
    struct decimal decimal;
    uint64_t whole;
    double number;
    if (!length)
        return true; // absent, as row_clear has left it
    bool plain = column->type != COLUMN_TYPE_text && read_decimal(text, length, &decimal);
    // What would be cut, or a zero byte.
    if (!plain && (length >= ROW_TEXT_BYTES || memchr(text, '\0', length)))
        return false;
    switch (column->type) {
    case COLUMN_TYPE_text:
        memcpy(field, text, length + 1); // and the zero behind it
        return true;
    case COLUMN_TYPE_u64:
        if (plain && decimal.whole)
            whole = decimal.digits;
        else if (!units_parse_count(text, 0, NONE_U64 - 1, &whole, &ignored))
            return false;
        memcpy(field, &whole, sizeof whole);
        return true;
    case COLUMN_TYPE_f64:
        if (plain)
            number = (double)decimal.digits / powers_of_ten[decimal.places];
        else if (!parse_f64(text, &number))
            return false;
        memcpy(field, &number, sizeof number);
        return true;
    }
    return false;
}
