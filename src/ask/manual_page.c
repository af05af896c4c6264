// SPDX-License-Identifier: Apache-2.0
#include "ask/manual_page.h"

#include "doctor/doctor.h"
#include "os/os.h"
#include "run/build.h"

#include <string.h>

// ---- text ---------------------------------------------------------------------------------------

enum { SOURCE_COLUMNS = 72 }; // lines of its source are short: mandoc asks for that

// man(7): a backslash begins an escape, and only \- is the minus sign that people copy from a page.
static size_t escape_word(const char *text, size_t length, char word[MANUAL_WORD_BYTES]) {
    size_t used = 0;
    if (strchr(".'", text[0]))
        used += (size_t)snprintf(word, MANUAL_WORD_BYTES, "\\&");
    for (size_t i = 0; i < length && used + 3 < MANUAL_WORD_BYTES; i++) {
        if (strchr("\\-", text[i]))
            word[used++] = '\\';
        word[used++] = (char)(text[i] == '\\' ? 'e' : text[i]);
    }
    word[used] = '\0';
    return used;
}

void manual_end_line(struct manual_page *page) {
    if (page->column)
        fputc('\n', page->stream);
    page->column = 0;
}

void manual_text(struct manual_page *page, const char *text) {
    char word[MANUAL_WORD_BYTES];
    while (*(text += strspn(text, " "))) {
        size_t length = strcspn(text, " "), escaped = escape_word(text, length, word);
        if (page->column && page->column + 1 + escaped > SOURCE_COLUMNS)
            manual_end_line(page);
        fprintf(page->stream, "%s%s", page->column ? " " : "", word);
        page->column += escaped + (page->column > 0);
        text += length;
    }
}

void manual_bold(struct manual_page *page, const char *text) {
    manual_end_line(page);
    fprintf(page->stream, "\\fB");
    manual_text(page, text);
    fprintf(page->stream, "\\fR");
}

static void put_macro(struct manual_page *page, const char *macro) {
    manual_end_line(page);
    fprintf(page->stream, ".%s\n", macro);
    page->headed = false;
}

static void begin_paragraph(struct manual_page *page) {
    if (!page->headed)
        put_macro(page, "PP");
    page->headed = false;
}

// macro: SH of a section, SS of a part of one.
static void put_heading(struct manual_page *page, const char *macro, const char *title) {
    manual_end_line(page);
    fprintf(page->stream, ".%s ", macro);
    manual_text(page, title);
    manual_end_line(page);
    page->headed = true;
}

void manual_section(struct manual_page *page, const char *title) {
    put_heading(page, "SH", title);
}

void manual_paragraph(struct manual_page *page, const char *text) {
    begin_paragraph(page);
    manual_text(page, text);
    manual_end_line(page);
}

// A term in bold, what stands for a value in italics, and what they mean.
void manual_item(struct manual_page *page, const char *term, const char *value,
                 const char *meaning) {
    char word[MANUAL_WORD_BYTES], shown[MANUAL_WORD_BYTES] = "";
    escape_word(term, strlen(term), word);
    if (value)
        escape_word(value, strlen(value), shown);
    put_macro(page, "TP");
    fprintf(page->stream, value ? ".BI %s \" %s\"\n" : ".B %s\n", word, shown);
    manual_text(page, meaning);
    manual_end_line(page);
}

static void put_head(struct manual_page *page, const char *name, int section) {
    char title[MANUAL_WORD_BYTES];
    escape_word(name, strlen(name), title);
    for (char *at = title; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    fprintf(page->stream, ".TH %s %d %s \"numaprobe %s\"\n", title, section, build_date,
            NUMAPROBE_VERSION);
}

void manual_subsection(struct manual_page *page, const char *title) {
    put_heading(page, "SS", title);
}

void manual_break(struct manual_page *page) {
    put_macro(page, "br");
}

void manual_name(struct manual_page *page, const char *name, const char *summary) {
    manual_section(page, "NAME");
    manual_text(page, name);
    manual_text(page, "-");
    manual_text(page, summary);
}

// ---- sections -----------------------------------------------------------------------------------

void manual_options(struct manual_page *page, enum command_bit command) {
    manual_section(page, "OPTIONS");
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command)
            manual_item(page, option_table[i].name, option_table[i].value, option_table[i].summary);
    manual_paragraph(page,
                     "A value follows its option as a word or behind an equals sign. -h, -o and "
                     "-f are short for --help, --output and --format. What is in parentheses is "
                     "taken where the option is not given.");
}

void manual_examples(struct manual_page *page, const char *const *examples) {
    manual_section(page, "EXAMPLES");
    for (const char *const *example = examples; *example; example++) {
        const char *gap = strstr(*example, "  ");
        char words[MANUAL_WORD_BYTES];
        snprintf(words, sizeof words, "%.*s", (int)(gap ? gap - *example : MANUAL_WORD_BYTES),
                 *example);
        if (strncmp(words, "numaprobe", strlen("numaprobe")) != 0) {
            if (**example)
                manual_text(page, *example);
            else
                put_macro(page, "PP");
            continue;
        }
        begin_paragraph(page);
        manual_bold(page, words);
        if (gap) {
            put_macro(page, "br");
            manual_text(page, gap);
        }
    }
}

// Names of pages stand in bold, their sections behind them.
void manual_reference(struct manual_page *page, const char *name, int section, const char *end) {
    char word[MANUAL_WORD_BYTES];
    escape_word(name, strlen(name), word);
    manual_end_line(page);
    fprintf(page->stream, ".BR %s (%d)%s\n", word, section, end);
}

// ---- the page -----------------------------------------------------------------------------------

bool manual_write_page(const struct os_directory *directory, const char *name, int section,
                       void (*write)(struct manual_page *page, const void *subject),
                       const void *subject, struct error *error) {
    char file_name[MANUAL_NAME_BYTES + 8];
    struct os_file file;
    snprintf(file_name, sizeof file_name, "%.*s.%d", MANUAL_NAME_BYTES - 1, name, section);
    if (!os_file_replace(&file, directory, file_name, error))
        return false;
    struct manual_page page = {.stream = file.stream};
    put_head(&page, name, section);
    write(&page, subject);
    manual_end_line(&page);
    return os_file_finish(&file, true, error);
}
