// SPDX-License-Identifier: Apache-2.0
// Text: UTF-8 inside, UTF-16 where Windows is asked, and the system's own sentences.
#include "os/win32.h"

#include <stdio.h>

// learn: MultiByteToWideChar, WideCharToMultiByte: with a length of -1 the zero is part of the
// text, and 0 comes back when it is not valid or the room too small.
bool win32_to_wide(const char *text, wchar_t *wide, size_t room) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, (int)room) > 0;
}

bool win32_to_utf8(const wchar_t *wide, char *text, size_t text_bytes) {
    return WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, (int)text_bytes, NULL,
                               NULL) > 0;
}

// learn: FormatMessageW. IGNORE_INSERTS, because there are no arguments for a "%1"; MAX_WIDTH_MASK
// takes the line breaks out of the sentence but leaves a space at its end. The full stop goes too,
// because the text stands in the middle of our own sentences.
char *os_error_text(uint32_t os_number, char *text, size_t text_bytes) {
    wchar_t wide[512];
    DWORD flags =
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    DWORD length = FormatMessageW(flags, NULL, os_number, 0, wide, COUNT_OF(wide), NULL);
    while (length > 0 && (wide[length - 1] <= L' ' || wide[length - 1] == L'.'))
        wide[--length] = L'\0';
    if (length == 0 || !win32_to_utf8(wide, text, text_bytes))
        snprintf(text, text_bytes, "error %lu", (unsigned long)os_number);
    return text;
}
