// SPDX-License-Identifier: Apache-2.0
// A history as people read it and as programs do.
#ifndef NUMAPROBE_REPORT_HISTORY_REPORT_H
#define NUMAPROBE_REPORT_HISTORY_REPORT_H

#include "analyse/history.h"
#include "report/text_form.h"

#include <stdio.h>

// `exit_code` is that of the command, which the last line says.
bool history_print(const struct history *history, enum text_form form, int exit_code, FILE *stream);

#endif
