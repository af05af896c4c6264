// SPDX-License-Identifier: Apache-2.0
// A comparison as people read it (table, Markdown) and as programs do (JSON).
#ifndef NUMAPROBE_REPORT_COMPARE_REPORT_H
#define NUMAPROBE_REPORT_COMPARE_REPORT_H

#include "analyse/comparable.h"
#include "analyse/compare.h"
#include "report/text_form.h"

#include <stdio.h>

struct compare_report {
    const struct dataset *base, *new_;
    const struct difference_list *differences;
    const struct comparison *comparison; // NULL: refused
    struct compare_rules rules;
};

bool compare_print(const struct compare_report *report, enum text_form form, FILE *stream);

// What the visits without flags say to the verdicts, in one sentence or two.
void compare_print_flagged(const struct comparison *comparison, FILE *stream);

// What the visits tell of a machine that drifts, and what few runs of the base cannot tell: none,
// one or two sentences, each between `begin` and `end`.
void compare_print_drift(const struct comparison *comparison, const char *begin, const char *end,
                         FILE *stream);

// "+6.3 %" of a ratio, "~" of none.
enum { CHANGE_TEXT_BYTES = 64 };
char *compare_change(double ratio, char text[CHANGE_TEXT_BYTES]);

#endif
