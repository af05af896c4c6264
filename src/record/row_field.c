// SPDX-License-Identifier: Apache-2.0
#include "record/row_field.h"

#include <string.h>

static const char *const type_phrases[] = {
    [COLUMN_TYPE_word] = "text that a row can hold",
    [COLUMN_TYPE_name] = "text that this column can hold",
    [COLUMN_TYPE_text] = "text that a row can hold",
    [COLUMN_TYPE_nodes] = "a node or a set such as 0+2",
    [COLUMN_TYPE_u64] = "a whole number",
    [COLUMN_TYPE_f64] = "a finite number",
};

// "2026-11-30T03:02:12Z", with a fraction of a second or without.
static bool is_timestamp(const char *text, size_t length) {
    static const char form[] = "0000-00-00T00:00:00";
    if (length < sizeof form || text[length - 1] != 'Z')
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] >= '0' && form[i] <= '9' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    for (size_t i = sizeof form - 1; i < length - 1; i++)
        if (i == sizeof form - 1 ? text[i] != '.' : text[i] < '0' || text[i] > '9')
            return false;
    int month = 10 * (text[5] - '0') + text[6] - '0', day = 10 * (text[8] - '0') + text[9] - '0';
    int hour = 10 * (text[11] - '0') + text[12] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && text[14] < '6' &&
           text[17] <= '6';
}

// What no machine gives: a time stamp that is none, and a latency or bandwidth of 0 or less.
static const char *impossible(const struct column *column, const struct row *row, const char *text,
                              size_t length) {
    switch (column->offset) {
    case offsetof(struct row, timestamp_utc):
        return is_timestamp(text, length) ? NULL : "a time (2026-11-30T03:02:12Z)";
    case offsetof(struct row, latency_ns):
        return row->latency_ns > 0 ? NULL : "above 0";
    case offsetof(struct row, bandwidth_bytes_per_s):
        return row->bandwidth_bytes_per_s > 0 ? NULL : "above 0";
    default:
        return NULL;
    }
}

static bool is_known(const struct row_field *field, const char *text, size_t length) {
    return field->known_length == length && (!length || memcmp(field->known, text, length) == 0);
}

static void remember(struct row_field *field, const char *text, size_t length) {
    bool fits = length <= sizeof field->known;
    field->known_length = (uint8_t)(fits ? length : ROW_FIELD_UNKNOWN);
    if (fits)
        memcpy(field->known, text, length);
}

struct row_field row_field_of(const struct column *column) {
    return (struct row_field){.column = column, .known_length = ROW_FIELD_UNKNOWN};
}

const char *row_field_read(struct row_field *field, struct row *row, const char *text,
                           size_t length) {
    const char *wrong = NULL;
    if (is_known(field, text, length))
        return NULL;
    if (!row_parse_field(row, field->column, text, length))
        wrong = type_phrases[field->column->type];
    else if (length)
        wrong = impossible(field->column, row, text, length);
    if (!wrong)
        remember(field, text, length);
    return wrong;
}
