// SPDX-License-Identifier: Apache-2.0
#include "run/progress.h"

#include "base/units.h"
#include "os/os.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STDERR_STREAM = 2, LINE_BYTES = 256 };

// What is left is summed up over all cells, which takes longer than a visit where these are all
// pairs of hundreds of CPUs: so a pause of this many times as long as a line took follows it.
enum { PAUSE_FACTOR = 50 };

void progress_begin(struct progress *progress, const struct schedule *schedule, bool wanted,
                    bool verbose) {
    *progress = (struct progress){
        .schedule = schedule,
        .shown = wanted && os_is_terminal(STDERR_STREAM),
        .verbose = verbose,
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
    snprintf(line, sizeof line, "repetition %llu, at most %s left: %s",
             (unsigned long long)schedule->visits + 1,
             units_format_duration(left_ns(progress), left),
             cell_name(&schedule->plan->cells[cell], name));
    print_line(progress, line);
    uint64_t end_ns = os_clock_ns();
    progress->next_ns = end_ns + PAUSE_FACTOR * (end_ns - begin_ns);
}

static void clear_line(const struct progress *progress) {
    if (!progress->shown)
        return;
    print_line(progress, "");
    fprintf(stderr, "\r");
    fflush(stderr);
}

// "131.9 ns", "41.27 GB/s"; of a case under load both.
static const char *format_value(const struct row *row, char text[LINE_BYTES]) {
    double bytes_per_s =
        isnan(row->bandwidth_bytes_per_s) ? row->load_bytes_per_s : row->bandwidth_bytes_per_s;
    bool has_latency = !isnan(row->latency_ns), has_rate = !isnan(bytes_per_s);
    size_t length = 0;
    text[0] = '\0';
    if (has_latency)
        length = (size_t)snprintf(text, LINE_BYTES, "%.1f ns", row->latency_ns);
    if (has_rate)
        snprintf(text + length, LINE_BYTES - length, "%s%.2f GB/s", has_latency ? " " : "",
                 bytes_per_s / 1e9);
    return has_latency || has_rate ? text : status_names[row->status];
}

void progress_row(struct progress *progress, const struct row *row) {
    char value[LINE_BYTES];
    if (!progress->verbose)
        return;
    clear_line(progress);
    fprintf(stderr, "%4llu  %s  %s  %s%s%s\n", (unsigned long long)row->visit, row->cell,
            format_value(row, value),
            row->status == STATUS_OK ? verdict_names[row->placement] : row->reason,
            row->flags[0] ? "  " : "", row->flags);
}

void progress_end(struct progress *progress) {
    clear_line(progress);
}
