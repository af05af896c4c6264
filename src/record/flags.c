// SPDX-License-Identifier: Apache-2.0
#include "record/flags.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Thresholds: docs/method.md, What disturbed it.
static const double lost_share_max = 0.005;
static const double clock_change_max = 0.01;

// GetThreadTimes counts in timer ticks of 15.625 ms, and each thread may lose one at its start and
// one at its end. Where the system reports the run delay (Linux) or counts a thread's cycles
// (Windows), its CPU clock is exact.
static const double coarse_cpu_clock_ns = 2 * 15.625e6;

// Sums over all threads are compared with the wall time of all threads. Where the system reports
// who waited for a CPU, what else is missing is a gap, and GAP's; where it does not report it,
// nothing can be distinguished.
static double waited_share(const struct row *row) {
    if (row->busy_wall_ns == NONE_U64 || row->busy_wall_ns == 0)
        return 0;
    double wall_ns = (double)row->busy_wall_ns;
    bool exact = row->run_delay_ns != NONE_U64;
    bool ticks = !exact && row->thread_cycles == NONE_U64;
    double waited_ns = exact ? (double)row->run_delay_ns : 0;
    double slack_ns = ticks ? coarse_cpu_clock_ns * (double)row->threads : 0;
    if (exact && row->gap_sum_ns != NONE_U64)
        slack_ns += (double)row->gap_sum_ns;
    double missing_ns = row->cpu_ns != NONE_U64 ? wall_ns - (double)row->cpu_ns - slack_ns : 0;
    return fmax(waited_ns, missing_ns) / wall_ns;
}

static bool lost_the_cpu(const struct row *row) {
    return waited_share(row) > lost_share_max;
}

static double stolen_share(const struct row *row) {
    if (row->steal_ns == NONE_U64 || row->busy_wall_ns == NONE_U64 || row->busy_wall_ns == 0)
        return 0;
    return (double)row->steal_ns / (double)row->busy_wall_ns;
}

static bool was_stolen_from(const struct row *row) {
    return row->steal_ns != NONE_U64 && row->steal_ns > 0;
}

static bool faulted(const struct row *row) {
    return (row->minor_faults != NONE_U64 && row->minor_faults > 0) ||
           (row->major_faults != NONE_U64 && row->major_faults > 0);
}

// Faults take their time inside a step, and have a flag of their own; stolen time too. What is
// shorter than this share of a thread's time is no sign of anything: a step of a bandwidth loop
// takes so much longer by itself when memory is slow (docs/method.md).
static double gap_share(const struct row *row) {
    if (row->gap_unexplained_ns == NONE_U64 || row->busy_wall_ns == NONE_U64 ||
        row->busy_wall_ns == 0 || faulted(row))
        return 0;
    double stolen_ns = row->steal_ns == NONE_U64 ? 0 : (double)row->steal_ns;
    double thread_ns = (double)row->busy_wall_ns / (double)row->threads;
    return ((double)row->gap_unexplained_ns - stolen_ns) / thread_ns;
}

static bool has_a_gap(const struct row *row) {
    return gap_share(row) > lost_share_max;
}

static bool throttled(const struct row *row) {
    return row->throttle_events != NONE_U64 && row->throttle_events > 0;
}

static bool is_more(uint64_t after, uint64_t before) {
    return after != NONE_U64 && before != NONE_U64 && after > before;
}

static bool pages_moved(const struct row *row) {
    return is_more(row->pages_off_node_after, row->pages_off_node_before) ||
           is_more(row->pages_absent_after, row->pages_absent_before);
}

static bool pages_changed_size(const struct row *row) {
    return row->placement == VERDICT_WRONG_PAGE_SIZE;
}

static bool changed_clock(const struct row *row) {
    return fabs(row->clock_end_hz - row->clock_start_hz) > clock_change_max * row->clock_start_hz;
}

static bool never_converged(const struct row *row) {
    return row->warm_converged == CONVERGED_NO;
}

static bool moved(const struct row *row) {
    return row->threads_moved != NONE_U64 && row->threads_moved > 0;
}

static bool measured_small_buffer(const struct row *row) {
    return row->sized_for == SIZED_FOR_CACHES;
}

static bool is_not_proven_large(const struct row *row) {
    return row->sized_for == SIZED_FOR_UNPROVEN;
}

static bool is_partial(const struct row *row) {
    return row->buffer_bytes != NONE_U64 && is_more(row->buffer_asked_bytes, row->buffer_bytes);
}

static bool holds_wrong_data(const struct row *row) {
    return row->elements_wrong != NONE_U64 && row->elements_wrong > 0;
}

// Counters and loops are compared with this much room, and with that of a whole buffer: the caches
// hold less than that when the counting begins, which the bus still has to carry, and when it ends.
static const double bus_slack = 0.1;

static bool carried_less(const struct row *row) {
    if (row->bus_bytes == NONE_U64 || row->bus_min_bytes == NONE_U64 ||
        row->touched_bytes == NONE_U64 || row->sized_for != SIZED_FOR_MEMORY)
        return false;
    return (double)row->bus_bytes + (double)row->touched_bytes <
           (1 - bus_slack) * (double)row->bus_min_bytes;
}

static bool carried_more(const struct row *row) {
    if (row->bus_bytes == NONE_U64 || row->bus_max_bytes == NONE_U64 ||
        row->touched_bytes == NONE_U64 || isnan(row->bus_background_bytes_per_s))
        return false;
    double of_others = row->bus_background_bytes_per_s * (double)row->bus_ns / (double)NS_PER_S;
    return (double)row->bus_bytes - of_others >
           (1 + bus_slack) * (double)row->bus_max_bytes + (double)row->touched_bytes;
}

// clang-format off
const struct flag flags[] = {
    {"SCHED", FLAG_OF_ROW,
     "threads waited for a CPU: run delay over 0.5 % or CPU time under 99.5 % of the time",
     "stop other load on these CPUs, or isolate them",
     lost_the_cpu, FLAG_DISTURBED, waited_share},
    {"STEAL", FLAG_OF_ROW,
     "the hypervisor took time from these CPUs during the repetition",
     "measure on a quiet host or on dedicated CPUs",
     was_stolen_from, FLAG_DISTURBED, stolen_share},
    {"FAULT", FLAG_OF_ROW,
     "page faults while the threads worked, although every page had been written",
     "look for swapping, NUMA balancing and memory compaction",
     faulted, FLAG_DISTURBED, NULL},
    {"FREQ", FLAG_OF_ROW,
     "the core clock changed by more than 1 % from start to end",
     "fix the clock (governor performance, turbo off) or accept the spread",
     changed_clock, FLAG_UNSTEADY, NULL},
    {"THERMAL", FLAG_OF_ROW,
     "these CPUs or their packages throttled because of heat",
     "check cooling and power limits",
     throttled, FLAG_DISTURBED, NULL},
    {"GAP", FLAG_OF_ROW,
     "a thread stood still for over 0.5 % of its time without wait, stolen time or fault",
     "look for firmware interrupts (SMIs), a paused guest or a debugger",
     has_a_gap, FLAG_DISTURBED, gap_share},
    {"CPU_MOVED", FLAG_OF_ROW,
     "a thread was seen on another CPU than the one it was pinned to",
     "look for affinity managers and CPUs going offline",
     moved, FLAG_DISTURBED, NULL},
    {"MIGRATED", FLAG_OF_ROW,
     "pages left their node during the timing",
     "switch off NUMA balancing and demotion, look for swapping and migratepages",
     pages_moved, FLAG_DISTURBED, NULL},
    {"PAGESIZE", FLAG_OF_ROW,
     "pages lost the requested size during the timing",
     "look for memory pressure, which splits large pages",
     pages_changed_size, FLAG_DISTURBED, NULL},
    {"WARMUP", FLAG_OF_ROW,
     "three samples in a row never agreed (latency 1 %, probe or race 5 %, else 3 %)",
     "repeat when the machine is quieter; compare minimum and maximum of the samples",
     never_converged, FLAG_UNSTEADY, NULL},
    {"CACHED", FLAG_OF_ROW,
     "the buffer may fit the caches, as --cached allows",
     "do not use the value as that of memory",
     measured_small_buffer, FLAG_MEANT, NULL},
    {"SIZE_LIMITED", FLAG_OF_ROW,
     "the buffer may fit the caches: it could not be made or proven larger",
     "repeat when the machine is quieter, free memory, or give a larger --size; trust the value "
     "only if several sizes agree",
     is_not_proven_large, FLAG_MEANT, NULL},
    {"PARTIAL", FLAG_OF_ROW,
     "the buffer is smaller than requested: Windows gave only a part of the AWE pages",
     "use buffer_bytes, not the size in the case's name; close programs to get all pages",
     is_partial, FLAG_MEANT, NULL},
    {"DATA", FLAG_OF_ROW,
     "after the timing, an element did not have the value that the loop must leave there",
     "do not use the value: test the memory; if it is good, report a bug of this loop",
     holds_wrong_data, FLAG_DISTURBED, NULL},
    {"BUS_LESS", FLAG_OF_ROW,
     "the bus carried under 90 % of the least that the loops moved, by more than the buffer",
     "do not read the value as memory: a cache served it, or the counters leave channels out",
     carried_less, FLAG_MEANT, NULL},
    {"BUS_MORE", FLAG_OF_ROW,
     "the bus carried over 110 % of the most that the loops moved, by more than the buffer",
     "look for other traffic in the repetition; without any, the counters count twice",
     carried_more, FLAG_UNSTEADY, NULL},

    {"SIZE_NOT_CONVERGED", FLAG_OF_RUN,
     "a case of twice the size differs by more than 2 %",
     "use a larger --size: hidden caches may hold a part of the buffer",
     NULL, FLAG_MEANT, NULL},
    {"PREFETCH_LEAK", FLAG_OF_RUN,
     "a chain with twice the spacing differs by more than 3 % over the same bytes",
     "the prefetcher fetches neighbouring lines: repeat with a larger --spacing",
     NULL, FLAG_MEANT, NULL},
    {"TEMPORAL_PREFETCH", FLAG_OF_RUN,
     "the first walk over a chain and later ones differ by more than 3 %",
     "the processor learns the order: use a longer chain (--size)",
     NULL, FLAG_MEANT, NULL},
    {"DATA_DEPENDENT", FLAG_OF_RUN,
     "a buffer of equal values differs by more than 3 % from one of random ones",
     "do not compare with tools that write zeros",
     NULL, FLAG_MEANT, NULL},
    {"DRIFT", FLAG_OF_RUN,
     "the first case, repeated at the end, differs by more than 2 %",
     "let the machine warm up, or use more --rounds",
     NULL, FLAG_MEANT, NULL},
    {"CAL_CYCLES", FLAG_OF_RUN,
     "a first-level chase is not 4 or 5 cycles +-0.25, or a second-level one not 9 to 20",
     "the measured core clock or the cache size is wrong here: use nanoseconds",
     NULL, FLAG_MEANT, NULL},
    {"ORDER", FLAG_OF_RUN,
     "latency does not rise from cache to cache to memory (2 % slack), or remote is 4 times local",
     "check the placement and what the hypervisor shows",
     NULL, FLAG_MEANT, NULL},
    {"ASYMMETRIC", FLAG_OF_RUN,
     "from node a to b and from b to a differ by more than 5 %",
     "check the population of memory modules, and the links",
     NULL, FLAG_MEANT, NULL},
    {"DIAGONAL", FLAG_OF_RUN,
     "local memory is not the best of its row (2 % slack)",
     "node numbers may be wrong in the firmware, or the nodes are not real",
     NULL, FLAG_MEANT, NULL},
    {"ABOVE_PEAK", FLAG_OF_RUN,
     "bandwidth is above the peak of the memory modules",
     "a cache holds a part of the buffer, or the data of the modules are wrong",
     NULL, FLAG_MEANT, NULL},
    {"MIX_ORDER", FLAG_OF_RUN,
     "reads under 97 % of a mix with ordinary stores, non-temporal writes under 90 % of ordinary",
     "the read loop does not reach the peak: check threads, kernels and flags",
     NULL, FLAG_MEANT, NULL},
    {"LITTLE", FLAG_OF_RUN,
     "bandwidth x idle latency / line is not 1 +-3 % for one chain, or > 64 (streams 128) a core",
     "latency and bandwidth are not of the same memory, or a prefetcher works",
     NULL, FLAG_MEANT, NULL},
    {"SUM_NODES", FLAG_OF_RUN,
     "all nodes together differ from the sum of each alone by more than 5 %",
     "look for a shared power or thermal limit",
     NULL, FLAG_MEANT, NULL},
    {"SCALING", FLAG_OF_RUN,
     "all threads together reach less than one alone (2 % slack)",
     "threads were disturbed: check their flags",
     NULL, FLAG_MEANT, NULL},
    {"CROSS", FLAG_OF_RUN,
     "the loaded curve begins over 3 % off the idle latency, or rises over 1.02 times the peak",
     "repeat both parts of the run when the machine is quieter",
     NULL, FLAG_MEANT, NULL},
    {"FIRMWARE_ORDER", FLAG_OF_RUN,
     "a node that is nearer according to the firmware is slower by more than 5 %",
     "do not place memory by the firmware's distances here",
     NULL, FLAG_MEANT, NULL},
    {"SET_MEAN", FLAG_OF_RUN,
     "latency over several nodes is over 10 % off the weighted mean of each alone",
     "repeat set and nodes: the machine changed between them, or shares are uneven",
     NULL, FLAG_MEANT, NULL},
    {"PAIR_LEVELS", FLAG_OF_RUN,
     "repetitions of a pair of CPUs have two levels, one more than twice the other",
     "the host moves this guest's CPUs: pin them there; neither level is that of the machine",
     NULL, FLAG_MEANT, NULL},
};
// clang-format on
const size_t flag_count = COUNT_OF(flags);

const struct flag flag_unknown = {.name = "of another version", .sense = FLAG_DISTURBED};

const char *const flag_level_names[FLAG_LEVEL_COUNT] = {
    [FLAG_OF_ROW] = "row",
    [FLAG_OF_RUN] = "run",
};

const struct flag *flag_find(const char *name) {
    for (size_t i = 0; i < flag_count; i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

const struct flag *flag_next(const char **at) {
    *at += strspn(*at, " ");
    size_t length = strcspn(*at, " ");
    const char *word = *at;
    *at += length;
    for (size_t i = 0; length && i < flag_count; i++)
        if (strncmp(flags[i].name, word, length) == 0 && !flags[i].name[length])
            return &flags[i];
    return length ? &flag_unknown : NULL;
}

void flags_fill(struct row *row) {
    size_t used = 0;
    row->flags[0] = '\0';
    for (size_t i = 0; i < flag_count; i++) {
        if (!flags[i].raised || !flags[i].raised(row))
            continue;
        int length = snprintf(row->flags + used, sizeof row->flags - used, "%s%s", used ? " " : "",
                              flags[i].name);
        CHECK(length > 0 && used + (size_t)length < sizeof row->flags);
        used += (size_t)length;
    }
}
