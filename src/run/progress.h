// SPDX-License-Identifier: Apache-2.0
// On stderr: a line that says what is being measured and how long it will take, and, if wanted, a
// line for each repetition that stays.
#ifndef NUMAPROBE_RUN_PROGRESS_H
#define NUMAPROBE_RUN_PROGRESS_H

#include "plan/schedule.h"
#include "record/row.h"

struct progress {
    const struct schedule *schedule;
    bool shown;   // only on a terminal, and only if not forbidden
    bool verbose; // each row too, on any stream
    uint32_t terminal_columns;
    uint64_t next_ns; // before that time the line stays as it is
};

void progress_begin(struct progress *progress, const struct schedule *schedule, bool wanted,
                    bool verbose);

// Before a visit of that cell.
void progress_visit(struct progress *progress, size_t cell);

// After it: what the visit gave.
void progress_row(struct progress *progress, const struct row *row);

// Takes the line away again.
void progress_end(struct progress *progress);

#endif
