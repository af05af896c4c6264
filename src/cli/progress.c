// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include "base/units.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

enum { STDERR_STREAM = 2, LINE_BYTES = 256 };

void progress_begin(struct progress *progress, const struct plan *plan, bool wanted) {
    *progress = (struct progress){
        .plan = plan,
        .shown = wanted && os_is_terminal(STDERR_STREAM),
        .terminal_columns = os_terminal_columns(STDERR_STREAM),
        .begin_ns = os_clock_ns(),
    };
}

static void print_line(const struct progress *progress, const char *line) {
    // One column stays free: a full line would make some terminals wrap.
    int width = progress->terminal_columns > 1 ? (int)progress->terminal_columns - 1 : 79;
    fprintf(stderr, "\r%-*.*s", width, width, line);
    fflush(stderr);
}

// The prediction, corrected by how the visits so far compared with theirs.
static uint64_t left_ns(const struct progress *progress) {
    uint64_t all_ns = plan_predict_ns(progress->plan);
    uint64_t left = all_ns > progress->done_ns ? all_ns - progress->done_ns : 0;
    if (!progress->done_ns)
        return left;
    double pace = (double)(os_clock_ns() - progress->begin_ns) / (double)progress->done_ns;
    return (uint64_t)((double)left * pace);
}

void progress_visit(struct progress *progress, size_t visit) {
    if (!progress->shown)
        return;
    const struct cell *cell = &progress->plan->cells[progress->plan->order[visit]];
    char line[LINE_BYTES], name[CELL_NAME_BYTES], left[UNITS_TEXT_BYTES];
    snprintf(line, sizeof line, "%zu/%zu, %s left: %s", visit + 1, progress->plan->visit_count,
             units_format_duration(left_ns(progress), left), cell_name(cell, name));
    print_line(progress, line);
    progress->done_ns += cell_predict_ns(cell);
}

void progress_end(struct progress *progress) {
    if (!progress->shown)
        return;
    print_line(progress, "");
    fprintf(stderr, "\r");
    fflush(stderr);
}
