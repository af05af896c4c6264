// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include "cli/check_exit.h"
#include "cli/command.h"
#include "os/os.h"
#include "record/row.h"
#include "run/build.h"

#include <stdio.h>
#include <string.h>

// ---- text ---------------------------------------------------------------------------------------

// A page that is being written. Lines of its source are short: mandoc asks for that.
struct page {
    FILE *stream;
    size_t column; // how much stands in the line of text that is not ended
    bool headed;   // a heading was the last thing: no paragraph begins there
};

enum { SOURCE_COLUMNS = 72, WORD_BYTES = 256 };

// man(7): a backslash begins an escape, and only \- is the minus sign that people copy from a page.
static size_t escape_word(const char *text, size_t length, char word[WORD_BYTES]) {
    size_t used = 0;
    if (strchr(".'", text[0]))
        used += (size_t)snprintf(word, WORD_BYTES, "\\&");
    for (size_t i = 0; i < length && used + 3 < WORD_BYTES; i++) {
        if (strchr("\\-", text[i]))
            word[used++] = '\\';
        word[used++] = (char)(text[i] == '\\' ? 'e' : text[i]);
    }
    word[used] = '\0';
    return used;
}

static void end_line(struct page *page) {
    if (page->column)
        fputc('\n', page->stream);
    page->column = 0;
}

static void put_text(struct page *page, const char *text) {
    char word[WORD_BYTES];
    while (*(text += strspn(text, " "))) {
        size_t length = strcspn(text, " "), escaped = escape_word(text, length, word);
        if (page->column && page->column + 1 + escaped > SOURCE_COLUMNS)
            end_line(page);
        fprintf(page->stream, "%s%s", page->column ? " " : "", word);
        page->column += escaped + (page->column > 0);
        text += length;
    }
}

static void put_bold(struct page *page, const char *text) {
    end_line(page);
    fprintf(page->stream, "\\fB");
    put_text(page, text);
    fprintf(page->stream, "\\fR");
}

static void put_macro(struct page *page, const char *macro) {
    end_line(page);
    fprintf(page->stream, ".%s\n", macro);
    page->headed = false;
}

static void begin_paragraph(struct page *page) {
    if (!page->headed)
        put_macro(page, "PP");
    page->headed = false;
}

// macro: SH of a section, SS of a part of one.
static void put_heading(struct page *page, const char *macro, const char *title) {
    end_line(page);
    fprintf(page->stream, ".%s ", macro);
    put_text(page, title);
    end_line(page);
    page->headed = true;
}

static void put_section(struct page *page, const char *title) {
    put_heading(page, "SH", title);
}

static void put_paragraph(struct page *page, const char *text) {
    begin_paragraph(page);
    put_text(page, text);
    end_line(page);
}

// A term in bold, what stands for a value in italics, and what they mean.
static void put_item(struct page *page, const char *term, const char *value, const char *meaning) {
    char word[WORD_BYTES], shown[WORD_BYTES] = "";
    escape_word(term, strlen(term), word);
    if (value)
        escape_word(value, strlen(value), shown);
    put_macro(page, "TP");
    fprintf(page->stream, value ? ".BI %s \" %s\"\n" : ".B %s\n", word, shown);
    put_text(page, meaning);
    end_line(page);
}

static void put_head(struct page *page, const char *name, int section) {
    char title[WORD_BYTES];
    escape_word(name, strlen(name), title);
    for (char *at = title; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    fprintf(page->stream, ".TH %s %d %s \"numaprobe %s\"\n", title, section, build_date,
            NUMAPROBE_VERSION);
}

// ---- what all commands have ---------------------------------------------------------------------

enum { PAGE_NAME_BYTES = 64 };

static char *page_name(const struct command *command, char name[PAGE_NAME_BYTES]) {
    snprintf(name, PAGE_NAME_BYTES, "numaprobe%s%s", *command->name ? "-" : "", command->name);
    return name;
}

static void put_synopsis(struct page *page, const struct command *command) {
    char words[PAGE_NAME_BYTES];
    snprintf(words, sizeof words, "numaprobe%s%s", *command->name ? " " : "", command->name);
    put_section(page, "SYNOPSIS");
    put_bold(page, words);
    put_text(page, "[OPTIONS]");
    put_text(page, command->operands);
}

static void put_options(struct page *page, const struct command *command) {
    put_section(page, "OPTIONS");
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command->bit)
            put_item(page, option_table[i].name, option_table[i].value, option_table[i].summary);
    put_paragraph(page, "A value follows its option as a word or after an equals sign. -f, -h, -n, "
                        "-o and -q are short for --format, --help, --dry-run, --output and "
                        "--quiet.");
}

// An example is a command and, behind two spaces, what it does; other lines are text.
static void put_examples(struct page *page, const struct command *command) {
    put_section(page, "EXAMPLES");
    for (const char *const *example = command->examples; *example; example++) {
        const char *gap = strstr(*example, "  ");
        char words[WORD_BYTES];
        snprintf(words, sizeof words, "%.*s", (int)(gap ? gap - *example : WORD_BYTES), *example);
        if (strncmp(words, "numaprobe", strlen("numaprobe")) != 0) {
            if (**example)
                put_text(page, *example);
            else
                put_macro(page, "PP");
            continue;
        }
        begin_paragraph(page);
        put_bold(page, words);
        if (gap) {
            put_macro(page, "br");
            put_text(page, gap);
        }
    }
}

static void put_exit(struct page *page, int number, const char *meaning) {
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    put_item(page, text, NULL, meaning);
}

static void put_exits(struct page *page, const struct command *command) {
#define PUT_EXIT(name, number, meaning) put_exit(page, number, meaning);
    put_section(page, "EXIT STATUS");
    if (command->bit == COMMAND_CHECK) {
        CHECK_EXITS(PUT_EXIT)
    } else {
        EXIT_CODES(PUT_EXIT)
    }
#undef PUT_EXIT
}

// Names of pages stand in bold, their sections behind them.
static void put_reference(struct page *page, const char *name, int section, const char *end) {
    char word[WORD_BYTES];
    escape_word(name, strlen(name), word);
    end_line(page);
    fprintf(page->stream, ".BR %s (%d)%s\n", word, section, end);
}

// own: the page's command; NULL: that of the rows.
static void put_see_also(struct page *page, const struct command *own) {
    char name[PAGE_NAME_BYTES];
    put_section(page, "SEE ALSO");
    if (own)
        put_reference(page, "numaprobe-rows", 5, " ,");
    for (size_t i = own == &commands[0]; i < command_count; i++)
        if (&commands[i] != own)
            put_reference(page, page_name(&commands[i], name), 1,
                          i + 1 < command_count ? " ," : "");
}

// ---- pages --------------------------------------------------------------------------------------

static void put_commands(struct page *page) {
    put_section(page, "COMMANDS");
    put_paragraph(page, "Without a command the whole machine is measured. Each command has a page "
                        "of its own, such as numaprobe-latency.");
    for (size_t i = 1; i < command_count; i++)
        put_item(page, commands[i].name, NULL, commands[i].summary);
}

static void write_command(struct page *page, const void *subject) {
    const struct command *command = subject;
    char name[PAGE_NAME_BYTES];
    put_head(page, page_name(command, name), 1);
    put_section(page, "NAME");
    put_text(page, name);
    put_text(page, "-");
    put_text(page, command->summary);
    put_synopsis(page, command);
    if (command->bit == COMMAND_QUICK) {
        put_section(page, "DESCRIPTION");
        put_text(page, "Measures the bandwidth and the latency of memory between NUMA nodes. Each "
                       "row of a result proves where its memory and its threads were.");
        put_commands(page);
    }
    put_options(page, command);
    put_examples(page, command);
    put_exits(page, command);
    put_see_also(page, command);
    end_line(page);
}

static void put_column(struct page *page, const struct column *column) {
    put_item(page, column->name, NULL, column->meaning);
    if (!column->words)
        return;
    put_macro(page, "br");
    put_text(page, "One of:");
    for (unsigned i = 0; i < column->words->count; i++)
        put_text(page, column->words->names[i]);
    end_line(page);
}

static void write_rows(struct page *page, const void *subject) {
    const char *group = "";
    (void)subject;
    put_head(page, "numaprobe-rows", 5);
    put_section(page, "NAME");
    put_text(page, "numaprobe-rows - rows.csv, what a run of numaprobe measured");
    put_section(page, "DESCRIPTION");
    put_text(
        page,
        "A run directory has one row in rows.csv for each repetition (visit) of each benchmark "
        "case (cell): CSV as in RFC 4180, in UTF-8, with a header. Rows are added at the end and "
        "never changed. An empty field is absent or unknown, which is not 0. The last part of a "
        "column's name is its unit. Numbers of nodes and CPUs are those of the system.");
    for (size_t i = 0; i < column_count; i++) {
        if (strcmp(group, columns[i].group) != 0)
            put_heading(page, "SS", columns[i].group);
        group = columns[i].group;
        put_column(page, &columns[i]);
    }
    put_see_also(page, NULL);
}

static bool write_page(const struct os_directory *directory, const char *name, int section,
                       void (*write)(struct page *page, const void *subject), const void *subject,
                       struct error *error) {
    char file_name[PAGE_NAME_BYTES + 8];
    struct os_file file;
    snprintf(file_name, sizeof file_name, "%s.%d", name, section);
    if (!os_file_replace(&file, directory, file_name, error))
        return false;
    struct page page = {.stream = file.stream};
    write(&page, subject);
    return os_file_finish(&file, true, error);
}

bool manual_write(const char *directory, struct error *error) {
    struct os_directory place;
    bool exists;
    if (!os_directory_open(&place, directory, OS_DIRECTORY_ANY, &exists, error))
        return false;
    char name[PAGE_NAME_BYTES];
    bool fine = write_page(&place, "numaprobe-rows", 5, write_rows, NULL, error);
    for (size_t i = 0; fine && i < command_count; i++)
        fine = write_page(&place, page_name(&commands[i], name), 1, write_command, &commands[i],
                          error);
    os_directory_close(&place);
    return fine;
}
