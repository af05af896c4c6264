// SPDX-License-Identifier: Apache-2.0
// One line on stderr that says what is being measured and how long it will take.
#ifndef NUMAPROBE_RUN_PROGRESS_H
#define NUMAPROBE_RUN_PROGRESS_H

#include "plan/schedule.h"

struct progress {
    const struct schedule *schedule;
    bool shown; // only on a terminal, and only when nobody forbade it
    uint32_t terminal_columns;
    uint64_t next_ns; // before that time the line stays as it is
};

void progress_begin(struct progress *progress, const struct schedule *schedule, bool wanted);

// Before a visit of that cell.
void progress_visit(struct progress *progress, size_t cell);

// Takes the line away again.
void progress_end(struct progress *progress);

#endif
