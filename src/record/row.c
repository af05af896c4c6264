// SPDX-License-Identifier: Apache-2.0
#include "record/row.h"

#include "base/id_set.h"
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

#define WORDS_OF_word(name)  &words_##name
#define WORDS_OF_name(name)  NULL
#define WORDS_OF_text(name)  NULL
#define WORDS_OF_nodes(name) NULL
#define WORDS_OF_u64(name)   NULL
#define WORDS_OF_f64(name)   NULL

#define COLUMN_ENTRY(column_type, field, text)                                                     \
    {.name = #field,                                                                               \
     .meaning = text,                                                                              \
     .group = group_titles[PLACE_##field - INDEX_##field - 2],                                     \
     .type = COLUMN_TYPE_##column_type,                                                            \
     .words = WORDS_OF_##column_type(field),                                                       \
     .offset = offsetof(struct row, field),                                                        \
     .bytes = sizeof((struct row *)NULL)->field},

const struct column columns[] = {COLUMNS(ROW_NO_GROUP, COLUMN_ENTRY)};
const size_t column_count = COLUMN_TOTAL;

// Words are read and written as unsigned, whatever their enumeration.
#define SAME_SIZE_word(name)                                                                       \
    _Static_assert(sizeof(word_##name) == sizeof(unsigned), "an enumeration is as wide as int");
#define SAME_SIZE_name(name)
#define SAME_SIZE_text(name)
#define SAME_SIZE_nodes(name)
#define SAME_SIZE_u64(name)
#define SAME_SIZE_f64(name)
#define SAME_SIZE(type, name, meaning) SAME_SIZE_##type(name)
COLUMNS(ROW_NO_GROUP, SAME_SIZE)

static void clear_field(struct row *row, const struct column *column) {
    char *field = (char *)row + column->offset;
    switch (column->type) {
    case COLUMN_TYPE_word:
        memcpy(field, &(unsigned){word_absent(column->words)}, sizeof(unsigned));
        break;
    case COLUMN_TYPE_name:
    case COLUMN_TYPE_text:
        *field = '\0';
        break;
    case COLUMN_TYPE_nodes:
        memset(field, 0, column->bytes);
        break;
    case COLUMN_TYPE_u64:
        memcpy(field, &(uint64_t){NONE_U64}, sizeof(uint64_t));
        break;
    case COLUMN_TYPE_f64:
        memcpy(field, &(double){NAN}, sizeof(double));
        break;
    }
}

void row_clear(struct row *row) {
    memset(row, 0, sizeof *row);
    for (size_t i = 0; i < column_count; i++)
        clear_field(row, &columns[i]);
}

static void copy_text(char *field, size_t field_bytes, const char *text) {
    size_t length = text ? strlen(text) : 0;
    if (length >= field_bytes) {
        length = field_bytes - 1;
        // Half a character would make the whole file something else than UTF-8: a byte 10xxxxxx
        // never begins one, and at most three of them follow a first byte (RFC 3629).
        for (int back = 0; back < 3 && ((unsigned char)text[length] & 0xC0) == 0x80; back++)
            length--;
    }
    if (length)
        memmove(field, text, length);
    field[length] = '\0';
}

void row_set_text(char field[ROW_TEXT_BYTES], const char *text) {
    copy_text(field, ROW_TEXT_BYTES, text);
}

void row_set_name(char field[ROW_NAME_BYTES], const char *text) {
    copy_text(field, ROW_NAME_BYTES, text);
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
    struct node_set nodes;
    uint64_t whole = NONE_U64;
    double number = NAN;
    unsigned word;
    text[0] = '\0';
    switch (column->type) {
    case COLUMN_TYPE_word:
        memcpy(&word, field, sizeof word);
        row_set_text(text, word_text(column->words, word));
        break;
    case COLUMN_TYPE_name:
    case COLUMN_TYPE_text:
        row_set_text(text, field);
        break;
    case COLUMN_TYPE_nodes:
        memcpy(&nodes, field, sizeof nodes);
        node_set_format(&nodes, text);
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

// A number as most fields are: digits / 10^places. A million rows have twenty million of them, and
// strtod would take the most of the time. False says only that another must read it.
struct decimal {
    uint64_t digits; // less than NONE_U64
    size_t places;
    bool whole;
};
static const double powers_of_ten[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool read_decimal(const char *text, size_t length, struct decimal *decimal) {
    *decimal = (struct decimal){.whole = true};
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (text[i] == '.' && decimal->whole) {
            decimal->whole = false;
            continue;
        }
        if (digit > 9 || decimal->digits > (NONE_U64 - 10) / 10)
            return false;
        decimal->digits = 10 * decimal->digits + digit;
        decimal->places += !decimal->whole;
    }
    return length > !decimal->whole && decimal->places < COUNT_OF(powers_of_ten);
}

// The double nearest to it, as strtod's. Both numbers are exact, so their quotient is rounded once
// where double has room for the digits (W. D. Clinger, How to Read Floating Point Numbers
// Accurately, 1990). In a wider type it is rounded twice, which differs only where the first result
// is half way between two doubles; false then. As int64_t the digits are exact in each of them.
static bool decimal_to_double(const struct decimal *decimal, double *number) {
    const uint64_t exact_max = UINT64_C(1) << DBL_MANT_DIG;
    double power = powers_of_ten[decimal->places];
    if (decimal->digits <= exact_max && FLT_EVAL_METHOD == 0) {
        *number = (double)decimal->digits / power;
        return true;
    }
    if (LDBL_MANT_DIG < 64 || decimal->digits > INT64_MAX)
        return false;
    long double quotient = (long double)(int64_t)decimal->digits / power;
    *number = (double)quotient;
    long double rest = quotient - *number, mirrored = quotient + rest;
    return rest == 0 || (double)mirrored != mirrored;
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

// "268435456" or, as a program that keeps numbers as doubles writes it (pandas, of a column with
// gaps), "268435456.0". Beyond 2^53 a double may have been rounded.
static bool parse_whole(const char *text, uint64_t *value) {
    const uint64_t exact_max = UINT64_C(1) << DBL_MANT_DIG;
    struct error ignored;
    char digits[32];
    size_t length = strcspn(text, ".");
    if (!text[length])
        return units_parse_count(text, 0, NONE_U64 - 1, value, &ignored);
    const char *zeros = text + length + 1;
    if (length >= sizeof digits || !*zeros || zeros[strspn(zeros, "0")])
        return false;
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    return units_parse_count(digits, 0, exact_max, value, &ignored);
}

static bool parse_nodes(const char *text, struct node_set *nodes) {
    uint64_t node;
    struct error ignored;
    if (node_set_parse(nodes, text, &ignored))
        return true;
    if (!parse_whole(text, &node) || node > ID_SET_MAX) // "0.0"
        return false;
    *nodes = node_set_of((uint32_t)node);
    return true;
}

bool row_parse_field(struct row *row, const struct column *column, const char *text,
                     size_t length) {
    void *field = (char *)row + column->offset;
    struct decimal decimal;
    struct node_set nodes;
    uint64_t whole;
    double number;
    unsigned word;
    if (!length) {
        clear_field(row, column);
        return true;
    }
    bool is_number = column->type == COLUMN_TYPE_u64 || column->type == COLUMN_TYPE_f64;
    bool plain = is_number && read_decimal(text, length, &decimal);
    // What would be cut, or a zero byte.
    bool is_form = is_number || column->type == COLUMN_TYPE_nodes;
    size_t most = column->words || is_form ? ROW_TEXT_BYTES : column->bytes;
    if (!plain && (length >= most || memchr(text, '\0', length)))
        return false;
    switch (column->type) {
    case COLUMN_TYPE_word:
        word = word_find(column->words, text);
        memcpy(field, &word, sizeof word);
        return true;
    case COLUMN_TYPE_name:
    case COLUMN_TYPE_text:
        memcpy(field, text, length + 1); // and the zero behind it
        return true;
    case COLUMN_TYPE_nodes:
        if (!parse_nodes(text, &nodes))
            return false;
        memcpy(field, &nodes, sizeof nodes);
        return true;
    case COLUMN_TYPE_u64:
        if (plain && decimal.whole)
            whole = decimal.digits;
        else if (!parse_whole(text, &whole))
            return false;
        memcpy(field, &whole, sizeof whole);
        return true;
    case COLUMN_TYPE_f64:
        if (!(plain && decimal_to_double(&decimal, &number)) && !parse_f64(text, &number))
            return false;
        memcpy(field, &number, sizeof number);
        return true;
    }
    return false;
}
