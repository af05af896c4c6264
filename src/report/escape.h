// SPDX-License-Identifier: Apache-2.0
// Text of machines (host names, DMI strings) on its way to people: it cannot become markup,
// commands of a terminal or formulas of a spreadsheet. Control characters are those of ASCII and
// U+0080 to U+009F. A byte that belongs to no character (a name in Latin-1) becomes U+FFFD: what is
// written is UTF-8.
#ifndef NUMAPROBE_REPORT_ESCAPE_H
#define NUMAPROBE_REPORT_ESCAPE_H

#include <stdio.h>

// HTML text and attributes in double quotes. Control characters become U+FFFD.
void put_html(FILE *stream, const char *text);

// A terminal, or Markdown: control characters (escape codes begin with one, line feeds end a table)
// become '?'; in Markdown what would end a cell, or begin markup, code, a link or an image gets a
// backslash.
void put_plain(FILE *stream, const char *text);
void put_markdown(FILE *stream, const char *text);

// A field of CSV in quotation marks. What a spreadsheet would take for a formula (=, +, -, @ or a
// control character first; OWASP, "CSV Injection") gets an apostrophe before it.
void put_csv(FILE *stream, const char *text);

// The value of a Prometheus label, without its quotation marks.
void put_label(FILE *stream, const char *text);

#endif
