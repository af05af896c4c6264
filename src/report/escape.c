// SPDX-License-Identifier: Apache-2.0
#include "report/escape.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

// What is put for some characters instead of themselves.
struct instead {
    const char *control; // for each control character
    const char *prefix;  // before each of `prefixed`
    const char *prefixed;
    const char *(*other)(char character); // NULL, or what gives NULL: the character itself
};

// Whatever the encoding of the text, what is put is UTF-8.
static void put_text(FILE *stream, const char *text, const struct instead *instead) {
    while (*text) {
        size_t length = utf8_length(text);
        const char *other = instead->other && length == 1 ? instead->other(*text) : NULL;
        if (!length)
            other = utf8_replacement;
        else if (utf8_is_control(text))
            other = instead->control;
        if (other)
            fputs(other, stream);
        else if (length == 1 && strchr(instead->prefixed, *text))
            fprintf(stream, "%s%c", instead->prefix, *text);
        else
            fwrite(text, 1, length, stream);
        text += length ? length : 1;
    }
}

static const char *html_entity(char character) {
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void put_html(FILE *stream, const char *text) {
    put_text(stream, text, &(struct instead){"&#xFFFD;", "", "", html_entity});
}

void put_plain(FILE *stream, const char *text) {
    put_text(stream, text, &(struct instead){"?", "", "", NULL});
}

void put_markdown(FILE *stream, const char *text) {
    put_text(stream, text, &(struct instead){"?", "\\", "|<`[\\", NULL});
}

void put_csv(FILE *stream, const char *text) {
    fputc('"', stream);
    if (*text && (strchr("=+-@", *text) || utf8_is_control(text)))
        fputc('\'', stream);
    put_text(stream, text, &(struct instead){" ", "\"", "\"", NULL});
    fputc('"', stream);
}

void put_label(FILE *stream, const char *text) {
    put_text(stream, text, &(struct instead){"?", "\\", "\"\\", NULL});
}
