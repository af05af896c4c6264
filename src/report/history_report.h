// SPDX-License-Identifier: Apache-2.0
// A history as people read it and as programs do.
#ifndef NUMAPROBE_REPORT_HISTORY_REPORT_H
#define NUMAPROBE_REPORT_HISTORY_REPORT_H

#include "analyse/history.h"
#include "report/text_form.h"

#include <stdio.h>

// Another machine that has runs in the directory.
struct history_other {
    const char *host, *newest; // name, and run_id
    size_t runs;
    enum compare_verdict verdict;
};

struct history_report {
    const struct history *history;
    const struct history_other *others;
    size_t other_count;
    int exit_code; // of the command, which the last line says
};

bool history_print(const struct history_report *report, enum text_form form, FILE *stream);

// What one past run leaves open, and what would help; a sentence.
extern const char *const history_tentative_sentence;

#endif
