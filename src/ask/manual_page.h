// SPDX-License-Identifier: Apache-2.0
// One manual page, written part by part in the macros of man(7): the pages of the commands and
// those of the other programs are made of these parts and the tables that their help is made of.
#ifndef NUMAPROBE_ASK_MANUAL_PAGE_H
#define NUMAPROBE_ASK_MANUAL_PAGE_H

#include "ask/options.h"

#include <stdio.h>

struct os_directory;

struct manual_page {
    FILE *stream;
    size_t column; // how much stands in the line of text that is not ended
    bool headed;   // a heading was the last thing: no paragraph begins there
};

enum { MANUAL_WORD_BYTES = 256, MANUAL_NAME_BYTES = 64 };

// Writes the page NAME.SECTION into a directory; write fills it between the head and the last line.
// Errors are those of writing a file.
bool manual_write_page(const struct os_directory *directory, const char *name, int section,
                       void (*write)(struct manual_page *page, const void *subject),
                       const void *subject, struct error *error);

// The section NAME. A name and a summary, such as "numaprobe-show" and "print a run again".
void manual_name(struct manual_page *page, const char *name, const char *summary);

void manual_section(struct manual_page *page, const char *title);
void manual_subsection(struct manual_page *page, const char *title);
void manual_paragraph(struct manual_page *page, const char *text);

// Goes on in the line of text; manual_break ends it.
void manual_text(struct manual_page *page, const char *text);
void manual_bold(struct manual_page *page, const char *text);
void manual_break(struct manual_page *page);
void manual_end_line(struct manual_page *page);

// A term in bold, what stands for a value in italics (NULL: none), and what they mean.
void manual_item(struct manual_page *page, const char *term, const char *value,
                 const char *meaning);

// The section OPTIONS: all that the command takes.
void manual_options(struct manual_page *page, enum command_bit command);

// The section EXAMPLES. An example is a command and, behind two spaces, what it does; other lines
// are text, and an empty one begins a paragraph. The list ends with NULL.
void manual_examples(struct manual_page *page, const char *const *examples);

// Names another page; end stands behind it: " ," or "".
void manual_reference(struct manual_page *page, const char *name, int section, const char *end);

#endif
