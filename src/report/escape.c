// SPDX-License-Identifier: Apache-2.0
#include "report/escape.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(char character) {
    unsigned char byte = (unsigned char)character;
    return byte < 0x20 || byte == 0x7F;
}

// C1 control characters, U+0080 to U+009F, begin escape codes too: in UTF-8 they are C2 80 to C2
// 9F.
static bool begins_c1(const char *text) {
    return (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] >= 0x80 &&
           (unsigned char)text[1] <= 0x9F;
}

void put_html(FILE *stream, const char *text) {
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", stream);
        else if (*text == '<')
            fputs("&lt;", stream);
        else if (*text == '>')
            fputs("&gt;", stream);
        else if (*text == '"')
            fputs("&quot;", stream);
        else if (*text == '\'')
            fputs("&#39;", stream);
        else if (is_control(*text))
            fputs("&#xFFFD;", stream);
        else
            fputc(*text, stream);
    }
}

static void put_without_controls(FILE *stream, const char *text, const char *with_backslash) {
    for (; *text; text++) {
        if (begins_c1(text)) {
            fputc('?', stream);
            text++;
        } else if (is_control(*text)) {
            fputc('?', stream);
        } else {
            if (strchr(with_backslash, *text))
                fputc('\\', stream);
            fputc(*text, stream);
        }
    }
}

void put_plain(FILE *stream, const char *text) {
    put_without_controls(stream, text, "");
}

void put_markdown(FILE *stream, const char *text) {
    put_without_controls(stream, text, "|<`[\\");
}

void put_csv(FILE *stream, const char *text) {
    fputc('"', stream);
    if (*text && (strchr("=+-@", *text) || is_control(*text)))
        fputc('\'', stream);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', stream);
        fputc(is_control(*text) ? ' ' : *text, stream);
    }
    fputc('"', stream);
}

void put_label(FILE *stream, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', stream);
        fputc(is_control(*text) ? '?' : *text, stream);
    }
}
