// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include "ask/manual_page.h"
#include "cli/check_exit.h"
#include "cli/command.h"
#include "cli/mlc.h"
#include "os/os.h"
#include "record/row.h"

#include <stdio.h>
#include <string.h>

// ---- what all commands have ---------------------------------------------------------------------

static char *page_name(const struct command *command, char name[MANUAL_NAME_BYTES]) {
    snprintf(name, MANUAL_NAME_BYTES, "numaprobe%s%s", *command->name ? "-" : "", command->name);
    return name;
}

static void put_synopsis(struct manual_page *page, const struct command *command) {
    char words[MANUAL_NAME_BYTES];
    snprintf(words, sizeof words, "numaprobe%s%s", *command->name ? " " : "", command->name);
    manual_section(page, "SYNOPSIS");
    manual_bold(page, words);
    manual_text(page, "[OPTIONS]");
    manual_text(page, command->operands);
}

static void put_exit(struct manual_page *page, int number, const char *meaning) {
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    manual_item(page, text, NULL, meaning);
}

static void put_exits(struct manual_page *page, const struct command *command) {
#define PUT_EXIT(name, number, meaning) put_exit(page, number, meaning);
    manual_section(page, "EXIT STATUS");
    if (command->bit == COMMAND_CHECK) {
        CHECK_EXITS(PUT_EXIT)
    } else {
        EXIT_CODES(PUT_EXIT)
    }
#undef PUT_EXIT
}

// own: the page's command; NULL: that of the rows.
static void put_see_also(struct manual_page *page, const struct command *own) {
    char name[MANUAL_NAME_BYTES];
    manual_section(page, "SEE ALSO");
    if (own)
        manual_reference(page, "numaprobe-rows", 5, " ,");
    for (size_t i = own == &commands[0]; i < command_count; i++)
        if (&commands[i] != own)
            manual_reference(page, page_name(&commands[i], name), 1,
                             i + 1 < command_count ? " ," : "");
}

// ---- pages --------------------------------------------------------------------------------------

static void put_commands(struct manual_page *page) {
    manual_section(page, "COMMANDS");
    manual_paragraph(page,
                     "Without a command the whole machine is measured. Each command has a page "
                     "of its own, such as numaprobe-latency.");
    for (size_t i = 1; i < command_count; i++)
        manual_item(page, commands[i].name, NULL, commands[i].summary);
}

static void write_command(struct manual_page *page, const void *subject) {
    const struct command *command = subject;
    char name[MANUAL_NAME_BYTES];
    manual_name(page, page_name(command, name), command->summary);
    put_synopsis(page, command);
    if (command->bit == COMMAND_OVERVIEW) {
        manual_section(page, "DESCRIPTION");
        manual_text(page,
                    "Measures the bandwidth and the latency of memory between NUMA nodes. Each "
                    "row of a result proves where its memory and its threads were.");
        put_commands(page);
    }
    manual_options(page, command->bit);
    manual_examples(page, command->examples);
    put_exits(page, command);
    put_see_also(page, command);
}

static void put_column(struct manual_page *page, const struct column *column) {
    manual_item(page, column->name, NULL, column->meaning);
    if (!column->words)
        return;
    manual_break(page);
    manual_text(page, "One of:");
    for (unsigned i = 0; i < column->words->count; i++)
        manual_text(page, column->words->names[i]);
    manual_end_line(page);
}

static void write_rows(struct manual_page *page, const void *subject) {
    const char *group = "";
    (void)subject;
    manual_name(page, "numaprobe-rows", "rows.csv, what a run of numaprobe measured");
    manual_section(page, "DESCRIPTION");
    manual_text(page,
                "A run directory has one row in rows.csv for each repetition (visit) of each "
                "benchmark case (cell): CSV as in RFC 4180, in UTF-8, with a header. Rows are "
                "added at the end and never changed. An empty field is absent or unknown, which is "
                "not 0. The last part of "
                "a column's name is its unit. Numbers of nodes and CPUs are those of the "
                "system.");
    for (size_t i = 0; i < column_count; i++) {
        if (strcmp(group, columns[i].group) != 0)
            manual_subsection(page, columns[i].group);
        group = columns[i].group;
        put_column(page, &columns[i]);
    }
    put_see_also(page, NULL);
}

bool manual_write(const char *directory, struct error *error) {
    struct os_directory place;
    bool exists;
    if (!os_directory_open(&place, directory, OS_DIRECTORY_ANY, &exists, error))
        return false;
    char name[MANUAL_NAME_BYTES];
    bool fine = manual_write_page(&place, "numaprobe-rows", 5, write_rows, NULL, error) &&
                manual_write_page(&place, "mlc-numaprobe", 1, mlc_write_manual, NULL, error);
    for (size_t i = 0; fine && i < command_count; i++)
        fine = manual_write_page(&place, page_name(&commands[i], name), 1, write_command,
                                 &commands[i], error);
    os_directory_close(&place);
    return fine;
}
