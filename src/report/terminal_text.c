// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_text.h"

#include "report/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void terminal_say(const char *format, ...) {
    char text[2 * ROW_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *line = text, *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        put_plain(stdout, line);
        if (end)
            putchar('\n');
    }
}

const char *terminal_word_for_none(const struct data_cell *cell) {
    if (!cell)
        return "-";
    if (cell->statuses[STATUS_FAILED])
        return "failed";
    if (cell->statuses[STATUS_INTERRUPTED])
        return "stopped";
    return cell->statuses[STATUS_REFUSED] ? "refused" : "-";
}

char *terminal_half_width(double half, char text[HALF_WIDTH_TEXT_BYTES]) {
    if (half > 1)
        snprintf(text, HALF_WIDTH_TEXT_BYTES, "> 100 %%");
    else
        snprintf(text, HALF_WIDTH_TEXT_BYTES, "+-%.1f %%", 100 * half);
    return text;
}
