// SPDX-License-Identifier: Apache-2.0
// Short names of cells, for people. Private to this room.
#ifndef NUMAPROBE_REPORT_CELL_TITLE_H
#define NUMAPROBE_REPORT_CELL_TITLE_H

#include "analyse/dataset.h"

enum { CELL_TITLE_BYTES = 300 };

// Fills titles[count]: "read, cpu 0 -> mem 1", of a point of a curve "delay 480, cpu 0 -> mem 1";
// with mix, size and kind of page where these distinguish two cells, and the whole name where even
// they do not.
void cell_titles(const struct data_cell *const *cells, size_t count,
                 char (*titles)[CELL_TITLE_BYTES]);

#endif
