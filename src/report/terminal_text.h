// SPDX-License-Identifier: Apache-2.0
// What the tables of the terminal write with. Private to this room.
#ifndef NUMAPROBE_REPORT_TERMINAL_TEXT_H
#define NUMAPROBE_REPORT_TERMINAL_TEXT_H

#include "analyse/dataset.h"

// printf to stdout, where a terminal gets no control character of a text that
// may be somebody else's.
void terminal_say(const char *format, ...) PRINTF_LIKE(1, 2);

// Why a cell has no value, in a word: "failed", "stopped", "refused", "-".
const char *terminal_word_for_none(const struct data_cell *cell);

// Half of an interval over its median: "+-1.2 %"; beyond the median itself digits say nothing, so
// it is "> 100 %". Returns text.
enum { HALF_WIDTH_TEXT_BYTES = 16 };
char *terminal_half_width(double half, char text[HALF_WIDTH_TEXT_BYTES]);

#endif
