// SPDX-License-Identifier: Apache-2.0
#include "measure/flags.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Thresholds: docs/method.md, What disturbed it.
static const double busy_share_least = 0.995;
static const double run_delay_share_most = 0.005;
static const double clock_change_most = 0.01;

// GetThreadTimes counts in timer ticks of 15.625 ms, and each thread may lose one at its start and
// one at its end. Where the system tells the run delay (Linux), its CPU clock is exact too.
static const double coarse_cpu_clock_ns = 2 * 15.625e6;

// Sums over all threads are compared with the wall time of all threads.
static bool lost_the_cpu(const struct row *row) {
    if (row->busy_wall_ns == NONE_U64 || row->busy_wall_ns == 0)
        return false;
    double wall_ns = (double)row->busy_wall_ns;
    bool exact = row->run_delay_ns != NONE_U64;
    if (exact && (double)row->run_delay_ns > run_delay_share_most * wall_ns)
        return true;
    double slack_ns = exact ? 0 : coarse_cpu_clock_ns * (double)row->threads;
    return row->cpu_ns != NONE_U64 && (double)row->cpu_ns + slack_ns < busy_share_least * wall_ns;
}

static bool was_stolen_from(const struct row *row) {
    return row->steal_ns != NONE_U64 && row->steal_ns > 0;
}

static bool faulted(const struct row *row) {
    return (row->minor_faults != NONE_U64 && row->minor_faults > 0) ||
           (row->major_faults != NONE_U64 && row->major_faults > 0);
}

static bool changed_clock(const struct row *row) {
    return fabs(row->clock_end_hz - row->clock_start_hz) > clock_change_most * row->clock_start_hz;
}

static bool never_converged(const struct row *row) {
    return strcmp(row->warm_converged, "no") == 0;
}

static bool moved(const struct row *row) {
    return row->threads_moved != NONE_U64 && row->threads_moved > 0;
}

static bool measured_small_buffer(const struct row *row) {
    return strcmp(row->sized_for, "caches") == 0;
}

// clang-format off
const struct flag flags[] = {
    {"SCHED",
     "threads waited for a CPU: run delay over 0.5 % or CPU time under 99.5 % of the time",
     "stop other load on these CPUs, or isolate them",
     lost_the_cpu},
    {"STEAL",
     "the hypervisor took time from these CPUs during the visit",
     "measure on a quiet host or on dedicated CPUs",
     was_stolen_from},
    {"FAULT",
     "page faults while the threads worked, although every page had been written",
     "look for swapping, NUMA balancing and memory compaction",
     faulted},
    {"FREQ",
     "the core clock changed by more than 1 % from start to end",
     "fix the clock (governor performance, turbo off) or accept the spread",
     changed_clock},
    {"WARMUP",
     "three samples in a row never agreed within 1 % before the window opened",
     "repeat when the machine is quieter; look at the samples' least and most",
     never_converged},
    {"CPU_MOVED",
     "a thread was seen on another CPU than it was pinned to",
     "look for affinity managers and CPUs going offline",
     moved},
    {"CACHED",
     "the buffer is smaller than what makes the caches drop out (--cached)",
     "do not read the value as memory",
     measured_small_buffer},
};
// clang-format on
const size_t flag_count = COUNT_OF(flags);

void flags_fill(struct row *row) {
    size_t used = 0;
    row->flags[0] = '\0';
    for (size_t i = 0; i < flag_count; i++) {
        if (!flags[i].raised(row))
            continue;
        int length = snprintf(row->flags + used, sizeof row->flags - used, "%s%s", used ? " " : "",
                              flags[i].name);
        CHECK(length > 0 && used + (size_t)length < sizeof row->flags);
        used += (size_t)length;
    }
}
