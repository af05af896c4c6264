// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Each 1024 times the one before. Lower case is accepted too: no unit here begins with milli.
static const char unit_letters[] = "KMGTkmgt";
enum { UNITS = 4 };

// Decimal digits up to maximum; NONE_U64 when there are none or too much.
static uint64_t read_digits(const char **text, uint64_t maximum) {
    const char *at = *text;
    uint64_t value = 0;
    while (*at >= '0' && *at <= '9') {
        uint64_t digit = (uint64_t)(*at++ - '0');
        if (digit > maximum || value > (maximum - digit) / 10)
            return NONE_U64;
        value = value * 10 + digit;
    }
    if (at == *text)
        return NONE_U64;
    *text = at;
    return value;
}

// "0x1000000": bytes, without a unit behind.
static uint64_t read_hex_bytes(const char **text, uint64_t maximum) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = *text + 2, *digit;
    uint64_t value = 0;
    for (; *at && (digit = strchr(digits, *at)); at++) {
        if (value > maximum >> 4)
            return NONE_U64;
        value = value << 4 | (uint64_t)((digit - digits) & 15);
    }
    *text = at;
    return value <= maximum && !*at ? value : NONE_U64;
}

bool units_parse_bytes(const char *text, uint64_t *bytes, struct error *error) {
    const char *at = text;
    const uint64_t maximum = UINT64_C(1) << 63;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t value = hex ? read_hex_bytes(&at, maximum) : read_digits(&at, maximum);
    unsigned shift = 0;
    const char *letter = *at ? strchr(unit_letters, *at) : NULL;
    if (letter) {
        shift = 10 * (unsigned)((letter - unit_letters) % UNITS + 1);
        at++;
        if (strcmp(at, "iB") == 0)
            at += 2;
    } else if (strcmp(at, "B") == 0) {
        at++;
    }
    if (value == NONE_U64 || value == 0 || *at || value > maximum >> shift)
        return error_set(
            error, ERROR_KIND_USAGE, 0,
            "'%.80s' is not a size such as 64K, 256M or 0x10000 (K, M, G, T: powers of 1024)",
            text);
    *bytes = value << shift;
    return true;
}

bool units_parse_count(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *count,
                       struct error *error) {
    const char *at = text;
    uint64_t value = read_digits(&at, maximum);
    if (value == NONE_U64 || *at || value < minimum)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.80s' is not a whole number from %llu to %llu", text,
                         (unsigned long long)minimum, (unsigned long long)maximum);
    *count = value;
    return true;
}

// Digits, and after a point up to three more. NaN when there is none or too many; whatever the
// locale says.
static double read_decimal(const char **text) {
    double value = 0, place = 1;
    size_t digits = 0, places = 0;
    for (; **text >= '0' && **text <= '9'; ++*text, digits++)
        value = value * 10 + (**text - '0');
    if (digits && **text == '.')
        for (++*text; **text >= '0' && **text <= '9'; ++*text, places++)
            value += (**text - '0') * (place /= 10);
    return digits > 0 && digits <= 9 && places <= 3 ? value : NAN;
}

bool units_parse_rate(const char *text, double *bytes_per_s, struct error *error) {
    const char *at = text;
    double value = read_decimal(&at);
    double unit = strcmp(at, "GB/s") == 0 ? 1e9 : !*at || strcmp(at, "MB/s") == 0 ? 1e6 : NAN;
    if (!(value * unit > 0))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.80s' is not a rate such as 5GB/s, 1500MB/s or 1500 (MB/s)", text);
    *bytes_per_s = value * unit;
    return true;
}

bool units_parse_factor(const char *text, double *factor, struct error *error) {
    const char *at = text;
    double value = read_decimal(&at);
    if ((*at && strcmp(at, "x") != 0) || !(value >= 1 && value <= 100))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.80s' is not a factor from 1x to 100x, such as 1.5x", text);
    *factor = value;
    return true;
}

bool units_parse_percent(const char *text, double *share, struct error *error) {
    const char *at = text;
    double percent = read_decimal(&at);
    if ((*at && strcmp(at, "%") != 0) || !(percent >= 0.1 && percent <= 100))
        return error_set(error, ERROR_KIND_USAGE, 0, "'%.80s' is not a percentage from 0.1 to 100",
                         text);
    *share = percent / 100;
    return true;
}

char *units_format_bytes(uint64_t bytes, char text[UNITS_TEXT_BYTES]) {
    unsigned unit = 0;
    while (unit < UNITS && bytes && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    if (unit)
        snprintf(text, UNITS_TEXT_BYTES, "%llu%ciB", (unsigned long long)bytes,
                 unit_letters[unit - 1]);
    else
        snprintf(text, UNITS_TEXT_BYTES, "%lluB", (unsigned long long)bytes);
    return text;
}

char *units_format_bytes_rounded(uint64_t bytes, char text[UNITS_TEXT_BYTES]) {
    double value = (double)bytes;
    unsigned unit = 0;
    while (unit < UNITS && value >= 1024) {
        value /= 1024;
        unit++;
    }
    if (unit)
        snprintf(text, UNITS_TEXT_BYTES, "%.*f %ciB", value < 100 ? 1 : 0, value,
                 unit_letters[unit - 1]);
    else
        snprintf(text, UNITS_TEXT_BYTES, "%llu B", (unsigned long long)bytes);
    return text;
}

char *units_format_duration(uint64_t duration_ns, char text[UNITS_TEXT_BYTES]) {
    uint64_t seconds = (duration_ns + NS_PER_S / 2) / NS_PER_S;
    if (seconds < 60)
        snprintf(text, UNITS_TEXT_BYTES, "%u s", (unsigned)seconds);
    else if (seconds < 3600)
        snprintf(text, UNITS_TEXT_BYTES, "%u min %02u s", (unsigned)(seconds / 60),
                 (unsigned)(seconds % 60));
    else
        snprintf(text, UNITS_TEXT_BYTES, "%llu h %02u min", (unsigned long long)(seconds / 3600),
                 (unsigned)(seconds / 60 % 60));
    return text;
}
