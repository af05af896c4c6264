// SPDX-License-Identifier: Apache-2.0
#include "run/progress.h"

#include "base/units.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

enum { STDERR_STREAM = 2, LINE_BYTES = 256 };

// What is left is summed up over all cells, which takes longer than a visit where these are all
// pairs of hundreds of CPUs: so a pause of so many times as long as a line took follows it.
enum { PAUSE_FOLD = 50 };

void progress_begin(struct progress *progress, const struct schedule *schedule, bool wanted) {
    *progress = (struct progress){
        .schedule = schedule,
        .shown = wanted && os_is_terminal(STDERR_STREAM),
        .terminal_columns = os_terminal_columns(STDERR_STREAM),
    };
}

static void print_line(const struct progress *progress, const char *line) {
    // One column stays free: a full line would make some terminals wrap.
    int width = progress->terminal_columns > 1 ? (int)progress->terminal_columns - 1 : 79;
    fprintf(stderr, "\r%-*.*s", width, width, line);
    fflush(stderr);
}

static uint64_t left_ns(const struct progress *progress) {
    const struct schedule *schedule = progress->schedule;
    uint64_t all_ns = schedule_predict_ns(schedule);
    return all_ns > schedule->spent_ns ? all_ns - schedule->spent_ns : 0;
}

void progress_visit(struct progress *progress, size_t cell) {
    uint64_t begin_ns = progress->shown ? os_clock_ns() : 0;
    if (!progress->shown || begin_ns < progress->next_ns)
        return;
    const struct schedule *schedule = progress->schedule;
    char line[LINE_BYTES], name[CELL_NAME_BYTES], left[UNITS_TEXT_BYTES];
    snprintf(line, sizeof line, "visit %llu, at most %s left: %s",
             (unsigned long long)schedule->visits + 1,
             units_format_duration(left_ns(progress), left),
             cell_name(&schedule->plan->cells[cell], name));
    print_line(progress, line);
    uint64_t end_ns = os_clock_ns();
    progress->next_ns = end_ns + PAUSE_FOLD * (end_ns - begin_ns);
}

void progress_end(struct progress *progress) {
    if (!progress->shown)
        return;
    print_line(progress, "");
    fprintf(stderr, "\r");
    fflush(stderr);
}
