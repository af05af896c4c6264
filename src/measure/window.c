// SPDX-License-Identifier: Apache-2.0
#include "measure/window.h"

#include "measure/core_clock.h"
#include "measure/timeline.h"
#include "placement/team.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// A step takes at least this long, so that reading clock and CPU number (some 100 ns) costs less
// than 0.1 %; and no more than a few times as long, so that the close is met soon.
#define STEP_MIN_NS (100 * NS_PER_US)

// The common start lies this far ahead of the last thread's arrival.
#define START_DELAY_NS (200 * NS_PER_US)

// Each thread writes its own all the time.
struct worker {
    char apart[APART_BYTES];
    const struct work *work;
    struct timeline timeline;
    struct timeline timed; // of work->timed_ns
    uint64_t timed_ns;     // as it stood after the last step
    struct os_usage usage; // difference from start to end
    uint64_t busy_wall_ns;
    double units_done;
    uint64_t first_step_ns; // since the common start
    double pace_ns;         // what a unit usually takes; 0: not known yet
    uint64_t step_from_ns;  // since the common start: when its step began
    uint64_t gap_max_ns, gap_sum_ns;
    struct id_set cpus_seen;
    uint32_t last_cpu;
    bool unplaced; // the system would not say where the thread is
};

struct window {
    const struct window_settings *settings;
    struct worker *workers;
    size_t count;
    struct worker *leader;
    double clock_start_hz, clock_end_hz;
    uint64_t complete_ns; // when the leader saw all at work; NONE_U64 before
    uint64_t open_ns;     // written by the leader before close_ns
    bool converged;
    char apart[APART_BYTES]; // the leader writes those above while all read these
    _Atomic size_t arrived;
    _Atomic size_t working;
    _Atomic uint64_t start_ns; // by the system's clock; 0 until everyone has arrived
    _Atomic uint64_t close_ns; // since the start; NONE_U64 until the leader says it
    _Atomic bool leader_left;
    _Atomic bool interrupted;
};

static void note_place(struct worker *worker) {
    uint32_t cpu, node;
    struct error error;
    if (!os_current_place(&cpu, &node, &error)) {
        worker->unplaced = true;
    } else if (cpu != worker->last_cpu) {
        id_set_add(&worker->cpus_seen, cpu);
        worker->last_cpu = cpu;
    }
}

static uint64_t wait_for_start(struct window *window) {
    if (atomic_fetch_add(&window->arrived, 1) + 1 == window->count)
        atomic_store(&window->start_ns, os_clock_ns() + START_DELAY_NS);
    uint64_t start_ns;
    while ((start_ns = atomic_load(&window->start_ns)) == 0)
        os_spin_pause();
    while (os_clock_ns() < start_ns)
        os_spin_pause();
    return start_ns;
}

// The usual time of a unit is a running median: each step moves it by a thirty-second towards
// itself, so that one long step moves it no more than any other. Steps of bandwidth differ by
// themselves, so a gap must also be half a usual step.
static void note_gap(struct worker *worker, uint64_t step_ns, uint64_t done) {
    double pace_ns = done ? (double)step_ns / (double)done : worker->pace_ns;
    if (worker->pace_ns <= 0)
        worker->pace_ns = pace_ns;
    double usual_ns = worker->pace_ns * (double)done;
    double gap_ns = (double)step_ns - usual_ns;
    if (gap_ns > WINDOW_GAP_NS && gap_ns > usual_ns / 2) {
        worker->gap_sum_ns += (uint64_t)gap_ns;
        if ((uint64_t)gap_ns > worker->gap_max_ns)
            worker->gap_max_ns = (uint64_t)gap_ns;
    }
    worker->pace_ns *= pace_ns > worker->pace_ns ? 1 + 1.0 / 32 : 1 - 1.0 / 32;
}

// Only the leader decides, after each of its steps.
static void consider_opening(struct window *window, uint64_t now_ns) {
    const struct window_settings *settings = window->settings;
    if (os_interrupted()) {
        atomic_store(&window->interrupted, true);
        atomic_store(&window->close_ns, 0);
        return;
    }
    if (atomic_load(&window->close_ns) != NONE_U64 || atomic_load(&window->working) < window->count)
        return;
    if (window->complete_ns == NONE_U64) // what was done before, was done with memory to spare
        window->complete_ns = now_ns;
    window->converged = timeline_converged(&window->leader->timeline, window->complete_ns, now_ns,
                                           settings->warm_sample_ns, settings->warm_tolerance);
    if (!window->converged && now_ns < settings->warm_max_ns)
        return;
    // Read anew: had this thread been held up since, the window would open in a past that the
    // others' timelines no longer hold.
    now_ns = os_clock_ns() - atomic_load(&window->start_ns);
    window->leader->step_from_ns = now_ns; // deciding was no step
    window->open_ns = (now_ns / WINDOW_BUCKET_NS + 1) * WINDOW_BUCKET_NS;
    atomic_store(&window->close_ns, window->open_ns + settings->sample_count * settings->sample_ns);
}

// What was done after the close is not noted: a last step that was held up for long would push the
// window out of the ring.
static void note_work(const struct window *window, struct worker *worker, uint64_t from_ns,
                      uint64_t to_ns, uint64_t done) {
    uint64_t close_ns = atomic_load_explicit(&window->close_ns, memory_order_relaxed);
    double units = (double)done, timed_ns = 0;
    if (worker->work->timed_ns) {
        timed_ns = (double)(*worker->work->timed_ns - worker->timed_ns);
        worker->timed_ns = *worker->work->timed_ns;
    }
    if (from_ns >= close_ns) // a thread that serves, while the leader finishes
        return;
    if (to_ns > close_ns) {
        uint64_t inside_ns = close_ns - from_ns;
        double share = (double)inside_ns / (double)(to_ns - from_ns);
        units *= share;
        timed_ns *= share;
        to_ns = from_ns + inside_ns;
    }
    timeline_add(&worker->timeline, from_ns, to_ns, units);
    if (worker->work->timed_ns)
        timeline_add(&worker->timed, from_ns, to_ns, timed_ns);
}

static bool goes_on(struct window *window, const struct worker *worker, uint64_t now_ns) {
    if (worker->work->serves)
        return !atomic_load(&window->leader_left);
    return now_ns < atomic_load_explicit(&window->close_ns, memory_order_relaxed);
}

static void work_until_close(struct window *window, struct worker *worker, uint64_t start_ns) {
    const struct work *work = worker->work;
    bool leads = worker == window->leader;
    uint64_t units = 1, last_ns = os_clock_ns() - start_ns;
    worker->first_step_ns = worker->step_from_ns = last_ns;
    atomic_fetch_add(&window->working, 1);
    while (goes_on(window, worker, last_ns)) {
        uint64_t done = work->step(work->state, units);
        uint64_t now_ns = os_clock_ns() - start_ns;
        note_work(window, worker, last_ns, now_ns, done);
        worker->units_done += (double)done;
        // Work that cannot do so much at once (it did less than asked) is not asked for more.
        bool grows = now_ns - last_ns < STEP_MIN_NS && done >= units;
        if (grows)
            units *= 2;
        if (grows || atomic_load(&window->working) < window->count)
            worker->pace_ns = 0; // whose pace is not settled has no usual step
        else if (!work->serves)
            note_gap(worker, now_ns - worker->step_from_ns, done);
        worker->step_from_ns = last_ns = now_ns;
        note_place(worker);
        if (leads)
            consider_opening(window, now_ns);
    }
    if (leads)
        atomic_store(&window->leader_left, true);
}

static uint64_t difference(uint64_t end, uint64_t begin) {
    return end == NONE_U64 || begin == NONE_U64 ? NONE_U64 : end - begin;
}

static void run_worker(void *context, size_t index) {
    struct window *window = context;
    struct worker *worker = &window->workers[index];
    struct os_usage begin, end;
    worker->last_cpu = NONE_U32;
    note_place(worker);
    if (worker == window->leader)
        window->clock_start_hz = core_clock_hz();
    os_thread_usage(&begin); // once before, so that what it reads is already in memory
    uint64_t start_ns = wait_for_start(window);
    os_thread_usage(&begin);
    uint64_t begin_ns = os_clock_ns();
    work_until_close(window, worker, start_ns);
    worker->busy_wall_ns = os_clock_ns() - begin_ns;
    os_thread_usage(&end);
    worker->usage = (struct os_usage){
        .cpu_ns = difference(end.cpu_ns, begin.cpu_ns),
        .run_delay_ns = difference(end.run_delay_ns, begin.run_delay_ns),
        .involuntary_switches = difference(end.involuntary_switches, begin.involuntary_switches),
        .minor_faults = difference(end.minor_faults, begin.minor_faults),
        .major_faults = difference(end.major_faults, begin.major_faults),
        .cycles = difference(end.cycles, begin.cycles),
    };
    if (worker == window->leader)
        window->clock_end_hz = core_clock_hz();
    note_place(worker);
}

// A sum in which one unknown makes the whole unknown.
static void add_known(uint64_t *sum, uint64_t value) {
    *sum = *sum == NONE_U64 || value == NONE_U64 ? NONE_U64 : *sum + value;
}

// A thread that waited for its CPU knows so, where the system counts that; else what it has not had
// of its CPU is taken for it. An eighth more goes to finding cold caches afterwards: steps with a
// wait of 1.4 and 3.9 ms were longer by 0.11 and 0.3 ms than that (own measurement,
// docs/method.md).
static uint64_t unexplained_gap_ns(const struct worker *worker) {
    uint64_t waited_ns = worker->usage.run_delay_ns;
    if (waited_ns == NONE_U64) {
        uint64_t cpu_ns = worker->usage.cpu_ns;
        bool less = cpu_ns != NONE_U64 && cpu_ns < worker->busy_wall_ns;
        waited_ns = less ? worker->busy_wall_ns - cpu_ns : 0;
    }
    waited_ns += waited_ns / 8;
    return worker->gap_max_ns > waited_ns ? worker->gap_max_ns - waited_ns : 0;
}

static void collect_gaps(const struct worker *worker, struct window_result *result) {
    uint64_t unexplained_ns = unexplained_gap_ns(worker);
    result->gap_sum_ns += worker->gap_sum_ns;
    if (worker->gap_max_ns > result->gap_max_ns)
        result->gap_max_ns = worker->gap_max_ns;
    if (unexplained_ns > result->gap_unexplained_ns)
        result->gap_unexplained_ns = unexplained_ns;
}

static void collect_worker(const struct worker *worker, uint32_t cpu,
                           struct window_result *result) {
    add_known(&result->usage.cpu_ns, worker->usage.cpu_ns);
    add_known(&result->usage.run_delay_ns, worker->usage.run_delay_ns);
    add_known(&result->usage.involuntary_switches, worker->usage.involuntary_switches);
    add_known(&result->usage.minor_faults, worker->usage.minor_faults);
    add_known(&result->usage.major_faults, worker->usage.major_faults);
    add_known(&result->usage.cycles, worker->usage.cycles);
    result->busy_wall_ns += worker->busy_wall_ns;
    result->units_done += worker->work->group == 0 ? worker->units_done : 0;
    collect_gaps(worker, result);
    if (worker->first_step_ns > result->start_skew_ns)
        result->start_skew_ns = worker->first_step_ns;
    bool moved = false;
    for (size_t i = 0; i < worker->cpus_seen.count; i++) {
        id_set_add(&result->cpus_seen, worker->cpus_seen.ids[i]);
        moved = moved || worker->cpus_seen.ids[i] != cpu;
    }
    result->threads_moved += moved;
    if (worker->unplaced)
        result->unplaced = true;
}

static void collect_rates(const struct window *window, const struct worker *worker,
                          double *units_per_s) {
    const struct window_settings *settings = window->settings;
    for (uint32_t sample = 0; sample < settings->sample_count; sample++) {
        uint64_t from_ns = window->open_ns + sample * settings->sample_ns;
        units_per_s[sample] +=
            timeline_sum(&worker->timeline, from_ns, from_ns + settings->sample_ns) *
            (double)NS_PER_S / (double)settings->sample_ns;
    }
}

static void collect_timed(const struct window *window, struct window_result *result) {
    const struct window_settings *settings = window->settings;
    result->timed_share = base_allocate(settings->sample_count, sizeof(double));
    for (uint32_t sample = 0; sample < settings->sample_count; sample++) {
        uint64_t from_ns = window->open_ns + sample * settings->sample_ns;
        result->timed_share[sample] =
            timeline_sum(&window->leader->timed, from_ns, from_ns + settings->sample_ns) /
            (double)settings->sample_ns;
    }
}

static void collect(const struct window *window, const struct id_set *cpus,
                    struct window_result *result) {
    const struct window_settings *settings = window->settings;
    result->interrupted = window->interrupted;
    for (size_t i = 0; i < window->count; i++)
        collect_worker(&window->workers[i], cpus->ids[i], result);
    result->clock_start_hz = window->clock_start_hz;
    result->clock_end_hz = window->clock_end_hz;
    result->warm_converged = window->converged;
    if (result->interrupted)
        return;
    result->warm_ns = window->open_ns;
    result->wall_ns = window->close_ns - window->open_ns;
    result->sample_count = settings->sample_count;
    for (size_t group = 0; group < WINDOW_GROUPS; group++)
        result->units_per_s[group] = base_allocate(settings->sample_count, sizeof(double));
    for (size_t i = 0; i < window->count; i++)
        collect_rates(window, &window->workers[i],
                      result->units_per_s[window->workers[i].work->group]);
    if (window->leader->work->timed_ns)
        collect_timed(window, result);
}

// What the system counts of these CPUs and of itself since boot.
struct counts {
    uint64_t steal_ns, interrupt_ns, throttle_events, migrated_pages;
};

static struct counts count_system(const struct id_set *cpus) {
    return (struct counts){
        .steal_ns = os_steal_ns(cpus),
        .interrupt_ns = os_interrupt_ns(cpus),
        .throttle_events = os_throttle_events(cpus),
        .migrated_pages = os_migrated_pages(),
    };
}

// Whether no thread waits for a line that another writes while it measures.
static bool is_apart(const struct window *window) {
    enum { PARTS = 4 };
    struct written *list = base_allocate(window->count, PARTS * sizeof *list);
    for (size_t i = 0; i < window->count; i++) {
        const struct worker *worker = &window->workers[i];
        const struct written parts[PARTS] = {
            {.base = &worker->work, .bytes = sizeof *worker - offsetof(struct worker, work)},
            timeline_written(&worker->timeline),
            timeline_written(&worker->timed),
            worker->work->written,
        };
        for (size_t part = 0; part < PARTS; part++) {
            list[PARTS * i + part] = parts[part];
            list[PARTS * i + part].thread = i;
        }
    }
    bool apart = written_apart(list, PARTS * window->count);
    free(list);
    return apart;
}

bool window_run(const struct id_set *cpus, const struct work *works,
                const struct window_settings *settings, struct window_result *result,
                struct error *error) {
    CHECK(cpus->count > 0 && settings->sample_count > 0);
    CHECK(settings->sample_ns % WINDOW_BUCKET_NS == 0);
    CHECK(settings->warm_sample_ns % WINDOW_BUCKET_NS == 0);
    *result = (struct window_result){0};
    struct window window = {
        .settings = settings,
        .workers = base_allocate(cpus->count, sizeof *window.workers),
        .count = cpus->count,
        .complete_ns = NONE_U64,
        .close_ns = NONE_U64,
    };
    uint64_t room_ns = 4 * settings->warm_sample_ns + settings->sample_count * settings->sample_ns;
    for (size_t i = 0; i < window.count; i++) {
        CHECK(works[i].group < WINDOW_GROUPS);
        window.workers[i].work = &works[i];
        if (!window.leader && works[i].group == 0)
            window.leader = &window.workers[i];
        timeline_create(&window.workers[i].timeline, room_ns, WINDOW_BUCKET_NS);
        if (works[i].timed_ns)
            timeline_create(&window.workers[i].timed, room_ns, WINDOW_BUCKET_NS);
    }
    CHECK(window.leader && !window.leader->work->serves);
    CHECK(is_apart(&window));
    struct counts before = count_system(cpus);
    bool ran = team_run(cpus, run_worker, &window, error);
    struct counts after = count_system(cpus);
    result->steal_ns = difference(after.steal_ns, before.steal_ns);
    result->interrupt_ns = difference(after.interrupt_ns, before.interrupt_ns);
    result->throttle_events = difference(after.throttle_events, before.throttle_events);
    result->migrated_pages = difference(after.migrated_pages, before.migrated_pages);
    if (ran)
        collect(&window, cpus, result);
    for (size_t i = 0; i < window.count; i++) {
        timeline_free(&window.workers[i].timeline);
        timeline_free(&window.workers[i].timed);
        id_set_free(&window.workers[i].cpus_seen);
    }
    free(window.workers);
    return ran;
}

void window_result_free(struct window_result *result) {
    for (size_t group = 0; group < WINDOW_GROUPS; group++)
        free(result->units_per_s[group]);
    free(result->timed_share);
    id_set_free(&result->cpus_seen);
    *result = (struct window_result){0};
}
