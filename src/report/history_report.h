// SPDX-License-Identifier: Apache-2.0
// A history as people read it and as programs do.
#ifndef NUMAPROBE_REPORT_HISTORY_REPORT_H
#define NUMAPROBE_REPORT_HISTORY_REPORT_H

#include "analyse/history.h"

#include <stdio.h>

void history_print_table(const struct history *history, FILE *stream);
bool history_print_json(const struct history *history, FILE *stream);

#endif
