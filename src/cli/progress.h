// SPDX-License-Identifier: Apache-2.0
// One line on stderr that says what is being measured and how long it will take.
#ifndef NUMAPROBE_CLI_PROGRESS_H
#define NUMAPROBE_CLI_PROGRESS_H

#include "plan/plan.h"

struct progress {
    const struct plan *plan;
    bool shown; // only on a terminal, and only when nobody forbade it
    uint32_t terminal_columns;
    uint64_t begin_ns;
    uint64_t done_ns; // predicted time of the visits that are done
};

void progress_begin(struct progress *progress, const struct plan *plan, bool wanted);

// Before visit number `visit` (from 0) of the plan.
void progress_visit(struct progress *progress, size_t visit);

// Takes the line away again.
void progress_end(struct progress *progress);

#endif
