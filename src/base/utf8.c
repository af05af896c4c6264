// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <string.h>

// Which first byte begins how long a character, and the range of its second byte: table 3-7 of the
// Unicode standard, without the overlong forms, surrogates and what lies beyond U+10FFFF.
static const struct utf8_form {
    unsigned char first_low, first_high, second_low, second_high;
    size_t length;
} utf8_forms[] = {
    {0x00, 0x7F, 0x00, 0x00, 1},
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
};

size_t utf8_length(const char *text) {
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; bytes[0] && i < COUNT_OF(utf8_forms); i++) {
        const struct utf8_form *form = &utf8_forms[i];
        if (bytes[0] < form->first_low || bytes[0] > form->first_high)
            continue;
        // The ending zero lies outside every range of second and later bytes.
        if (form->length > 1 && (bytes[1] < form->second_low || bytes[1] > form->second_high))
            return 0;
        for (size_t later = 2; later < form->length; later++)
            if (bytes[later] < 0x80 || bytes[later] > 0xBF)
                return 0;
        return form->length;
    }
    return 0;
}

const char utf8_replacement[4] = "\xEF\xBF\xBD";

// First and last of each range; UTF-8 has the order of the characters' numbers. Bidirectional
// controls (Unicode standard annex 9) show what follows a name in another order.
static const char controls[][2][4] = {
    {"\x01",         "\x1F"        },
    {"\x7F",         "\x7F"        },
    {"\xC2\x80",     "\xC2\x9F"    }, // U+0080 to U+009F: C1
    {"\xD8\x9C",     "\xD8\x9C"    }, // U+061C
    {"\xE2\x80\x8E", "\xE2\x80\x8F"}, // U+200E, U+200F
    {"\xE2\x80\xA8", "\xE2\x80\xAE"}, // U+2028 to U+202E: separators of lines, and order
    {"\xE2\x81\xA6", "\xE2\x81\xA9"}, // U+2066 to U+2069
};

bool utf8_is_control(const char *text) {
    for (size_t i = 0; i < COUNT_OF(controls); i++) {
        size_t length = strlen(controls[i][0]);
        if (strncmp(text, controls[i][0], length) >= 0 &&
            strncmp(text, controls[i][1], length) <= 0)
            return true;
    }
    return false;
}
