// SPDX-License-Identifier: Apache-2.0
// Any text on its way to people: nothing of it becomes markup, an escape code or a formula.
#include "fuzz.h"

#include "report/escape.h"

static char *written(void (*put)(FILE *stream, const char *text), const char *text) {
    char *result = NULL;
    size_t length;
    FILE *stream = open_memstream(&result, &length);
    put(stream, text);
    fclose(stream);
    return result;
}

static bool has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F ||
            ((unsigned char)text[0] == 0xC2 && ((unsigned char)text[1] & 0xE0) == 0x80))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char *text = fuzz_text(data, length);
    char *html = written(put_html, text), *plain = written(put_plain, text);
    char *markdown = written(put_markdown, text), *csv = written(put_csv, text);
    char *label = written(put_label, text);
    fuzz_must(!html[strcspn(html, "<>\"'")]);
    fuzz_must(!has_control(plain) && !has_control(markdown));
    fuzz_must(csv[0] == '"' && csv[strlen(csv) - 1] == '"' && !strchr("=+-@\t\r", csv[1]));
    for (const char *at = csv + 1; at[1]; at++) // quotation marks inside come in pairs
        if (*at == '"')
            fuzz_must(*++at == '"');
    for (const char *at = label; *at; at++)
        fuzz_must(*at != '"' && (*at != '\\' || *++at));
    free(html), free(plain), free(markdown), free(csv), free(label), free(text);
    return 0;
}
