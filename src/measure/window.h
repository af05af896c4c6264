// SPDX-License-Identifier: Apache-2.0
// The measuring engine: a pinned team does the same work over and over, and one common window of
// that is what counts. Private to this room.
//
// All threads begin at one future moment. The leading thread watches its own rate; once everybody
// has begun and three samples in a row agree (or the time for warming up is over) it opens the
// window and says when it closes. Everyone works through to the close, so no thread has the memory
// to itself inside the window, however late it came. Everything that is measured, latency and
// bandwidth alike, is units of work inside that window.
#ifndef NUMAPROBE_MEASURE_WINDOW_H
#define NUMAPROBE_MEASURE_WINDOW_H

#include "base/error.h"
#include "base/id_set.h"
#include "measure/written.h"
#include "os/os.h"

// One thread's work. step does about `units` units and returns how many it did, none only where it
// waited in vain for another thread; the engine chooses units so that a step takes long against
// reading the clock.
//
// A thread that serves answers what the leading thread asks: it goes on until that one has left, so
// that the leader's last step is like all others, and what it waits is no gap of its own. Where
// only a part of the leader's steps is what it measures, timed_ns says how long that took so far.
//
// Groups keep apart what may not be added up: the loads of a chase are one group, the elements of
// the threads that disturb it another. Every group has a rate of its own; the first thread of group
// 0 leads.
struct work {
    uint64_t (*step)(void *state, uint64_t units);
    void *state;
    struct written written;   // by step, beside the memory that it measures
    unsigned group;           // below WINDOW_GROUPS
    bool serves;              // not the leader
    const uint64_t *timed_ns; // the leader's; NULL: all of its time counts
};
enum { WINDOW_GROUPS = 2 };

struct window_settings {
    uint64_t warm_sample_ns; // three of these must agree within warm_tolerance
    uint64_t warm_max_ns;    // then the window opens anyway, and warm_converged is false
    double warm_tolerance;
    uint64_t sample_ns; // the window is cut into sample_count samples of this length
    uint32_t sample_count;
};

// A step that takes so much longer than the thread's usual step has a gap in it: something else had
// the core for that long. The threshold is that of SMIs and of hypervisors (docs/method.md).
#define WINDOW_GAP_NS (50 * NS_PER_US)

// The grain of the timelines: samples are whole multiples of it.
#define WINDOW_BUCKET_NS (1 * NS_PER_MS)

struct window_result {
    bool interrupted; // by Ctrl-C before the window closed: there are no rates then
    double *units_per_s[WINDOW_GROUPS]; // of all threads of a group together, one per sample
    double *timed_share;                // of each sample, what the leader timed of it; NULL: all
    uint32_t sample_count;
    uint64_t wall_ns;
    uint64_t start_skew_ns;
    uint64_t warm_ns;
    bool warm_converged;
    struct os_usage usage; // of all threads, from their start to their end
    uint64_t busy_wall_ns;
    double units_done; // by the threads of group 0 in that time, warm-up and all
    uint64_t steal_ns;
    uint64_t interrupt_ns;
    uint64_t throttle_events;
    uint64_t migrated_pages;     // of anybody
    uint64_t gap_max_ns;         // the longest that a thread lost in one step
    uint64_t gap_sum_ns;         // all of these, of all threads
    uint64_t gap_unexplained_ns; // the longest less the time that the thread waited for a CPU
    struct id_set cpus_seen;
    size_t threads_moved;  // seen on another CPU than their own
    bool unplaced;         // the system would not say where a thread was
    double clock_start_hz; // core clock of the leading thread
    double clock_end_hz;
};

// works[i] runs on cpus->ids[i], and at least one is of group 0. False when a thread cannot be
// started.
bool window_run(const struct id_set *cpus, const struct work *works,
                const struct window_settings *settings, struct window_result *result,
                struct error *error);
void window_result_free(struct window_result *result);

#endif
