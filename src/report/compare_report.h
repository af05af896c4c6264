// SPDX-License-Identifier: Apache-2.0
// A comparison as people read it (table, Markdown) and as programs do (JSON).
#ifndef NUMAPROBE_REPORT_COMPARE_REPORT_H
#define NUMAPROBE_REPORT_COMPARE_REPORT_H

#include "analyse/comparable.h"
#include "analyse/compare.h"
#include "analyse/compare_gate.h"
#include "report/text_form.h"

#include <stdio.h>

struct compare_report {
    const struct dataset *base, *candidate;
    const struct difference_list *differences;
    const struct comparison *comparison; // NULL: refused
    struct compare_rules rules;
    struct lost_cells lost, gained; // of the base on the new side, and the other way round
    size_t thin;                    // comparisons that were left out: compare_pairs_build
    struct gate gate;
    int exit_code; // of the command
};

bool compare_print_json(const struct compare_report *report, FILE *stream);
bool compare_print(const struct compare_report *report, enum text_form form, FILE *stream);

// What the visits without flags say to the verdicts, in one sentence or two.
void compare_print_flagged(const struct comparison *comparison, FILE *stream);

// What these runs and visits could not tell, and what would help: sentences, each between `begin`
// and `end`.
void compare_print_power(const struct comparison *comparison, const char *begin, const char *end,
                         FILE *stream);

// "1 regressed, 0 improved, 6 equivalent, 1 inconclusive".
void compare_print_counts(const struct comparison *comparison, FILE *stream);

// The verdict of the whole in a word or two, and as the last line with the command's exit status.
const char *compare_headline(const struct comparison *comparison);
void compare_print_verdict(const struct comparison *comparison, int exit_code,
                           const struct marks *marks, FILE *stream);

// Why a change is not the quotient of the medians that stand beside it: a sentence.
const char *compare_legend(const struct comparison *comparison);

// "+6.3 %" of a ratio, "~" of none.
enum { CHANGE_TEXT_BYTES = 64 };
char *compare_change(double ratio, char text[CHANGE_TEXT_BYTES]);

#endif
