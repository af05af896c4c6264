// SPDX-License-Identifier: Apache-2.0
// The rows of a run, grouped by the cells of its plan, as the terminal shows them.
#ifndef NUMAPROBE_CLI_RESULTS_H
#define NUMAPROBE_CLI_RESULTS_H

#include "analyse/invariants.h"
#include "cli/exit_code.h"
#include "placement/placement.h"
#include "plan/plan.h"
#include "record/row.h"

#include <stdio.h>

// What the visits of one cell gave.
struct cell_result {
    double *values; // of visits that gave one, in their order: ns, or bytes per second
    size_t value_count;
    size_t visits;
    size_t refused;
    size_t failed;
    size_t interrupted;
    size_t flagged;
    size_t verdicts[VERDICT_COUNT];
    uint32_t *flag_counts;       // one of each in the table of flags; NULL: none was raised
    char reason[ROW_TEXT_BYTES]; // of the first visit that was not ok or not verified
};

struct results {
    const struct plan *plan;
    struct cell_result *cells; // one per cell of the plan; grows with it
    size_t cell_count;
    uint64_t pages_checked; // before and after, of all visits
    bool interrupted;       // by Ctrl-C: visits of the plan are missing
    struct dataset dataset; // the same rows for what must hold between cells
};

void results_create(struct results *results, const struct plan *plan);
void results_free(struct results *results);

// The plan grows while a curve is searched: to be called before anything is printed.
void results_follow_plan(struct results *results);

void results_add(struct results *results, size_t cell, const struct row *row);

// One table for each part of the plan: a matrix of CPU nodes x memory nodes for each loop in one
// kind of page, or a list. Medians over the visits. A matrix that is wider than the terminal is cut
// into several (0: never).
void results_print_tables(const struct results *results, uint32_t terminal_columns);

// Why a cell has no value, in a word: "failed", "stopped", "refused"; "-" when it was not visited.
const char *results_word_for_none(const struct cell_result *result);

// Below the peaks of the whole machine: what its memory modules carry at most, and the share of it
// that each peak reaches; or that the system does not tell. module_speeds: of a fact, or NULL.
void results_print_peak_shares(const struct results *results, const struct topology *topology,
                               const char *module_speeds);

// Half of an interval over its median: "+-1.2 %"; beyond the median itself digits say nothing, so
// it is "> 100 %". Returns text.
enum { HALF_WIDTH_TEXT_BYTES = 16 };
char *results_format_half_width(double half, char text[HALF_WIDTH_TEXT_BYTES]);

// The verification summary, the spread of the visits, and flags.
void results_print_summary(const struct results *results);

// What must hold between the cells of the run, as invariants_find. module_speeds: of a fact, or
// NULL.
size_t results_find_checks(const struct results *results, const struct topology *topology,
                           const char *module_speeds, struct invariant invariants[INVARIANTS_MAX]);

// The same in words: how much of it could be looked at, and what does not hold.
void results_print_checks(const struct results *results, const struct topology *topology,
                          const char *module_speeds);

// Why cells are refused, failed or not verified, a line each, to a stream of the caller's.
void results_print_reasons(const struct results *results, FILE *stream);

enum exit_code results_exit_code(const struct results *results, bool allow_unverified);

#endif
