// SPDX-License-Identifier: Apache-2.0
#include "measure/visit.h"

#include "measure/flags.h"
#include "measure/team.h"
#include "measure/window.h"
#include "placement/placement.h"
#include "record/run_directory.h"
#include "stats/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const visit_status_names[VISIT_STATUS_COUNT] = {
    [VISIT_OK] = "ok",
    [VISIT_REFUSED] = "refused",
    [VISIT_FAILED] = "failed",
    [VISIT_INTERRUPTED] = "interrupted",
};

enum visit_status visit_status(const struct row *row) {
    for (enum visit_status status = 0; status < VISIT_STATUS_COUNT; status++)
        if (strcmp(row->status, visit_status_names[status]) == 0)
            return status;
    CHECK(false); // not a status of the list
    return VISIT_FAILED;
}

// Everything that lives as long as the visit.
struct visit {
    const struct cell *cell;
    uint64_t seed;
    struct placement placement;
    struct evidence before, after;
    struct work *works; // one per CPU
    void *states;       // what they work on
    struct chase chase;
    bool chase_proven;
    uint64_t touched_bytes; // by one pass
    struct window_result window;
};

// ---- streaming kernels --------------------------------------------------------------------------

// One thread's slice of the arrays; each of the kernel's streams has its own part of it.
struct stream_state {
    const struct kernel *kernel;
    struct kernel_span slice; // count: elements per stream
    size_t position;          // of the next step, inside each stream
};

// Runs over the next piece, at most to the end of the slice. Units are elements, of all streams.
static uint64_t run_piece(struct stream_state *state, uint64_t units) {
    size_t streams = state->kernel->streams;
    uint64_t wanted = units / streams;
    if (wanted < KERNEL_GRANULE)
        wanted = KERNEL_GRANULE;
    size_t left = state->slice.count - state->position;
    size_t count = wanted < left ? (size_t)wanted / KERNEL_GRANULE * KERNEL_GRANULE : left;
    struct kernel_span span = state->slice;
    span.a += state->position;
    span.b = span.b ? span.b + state->position : NULL;
    span.c = span.c ? span.c + state->position : NULL;
    span.count = count;
    volatile uint64_t sink = state->kernel->run(&span);
    (void)sink;
    state->position = (state->position + count) % state->slice.count;
    return count * streams;
}

// A slice that fits in a cache is passed many times in a step: one pass is too short to be timed.
static uint64_t step_stream(void *context, uint64_t units) {
    uint64_t done = 0;
    while (done < units)
        done += run_piece(context, units - done);
    return done;
}

// Arrays of exactly a power of two apart would meet in the same sets of the cache and, worse, at
// the same address modulo 4096, where a load seems to depend on an earlier store (docs/method.md,
// Bandwidth).
// So array k starts k x 1344 bytes late: a different page offset and a different cache line.
enum { ARRAY_SKEW_BYTES = 21 * 64, ARRAY_COUNT_MAX = 3 };

static bool prepare_streams(struct visit *visit, struct error *error) {
    (void)error;
    const struct cell *cell = visit->cell;
    size_t threads = cell->cpus.count, streams = cell->kernel->streams;
    size_t usable = (size_t)(cell->size_bytes - ARRAY_COUNT_MAX * ARRAY_SKEW_BYTES);
    size_t per_stream = usable / sizeof(double) / threads / streams;
    per_stream = per_stream / KERNEL_GRANULE * KERNEL_GRANULE;
    CHECK(per_stream > 0);
    struct stream_state *states = base_allocate(threads, sizeof *states);
    double *arrays[ARRAY_COUNT_MAX] = {0};
    for (unsigned k = 0; k < kernel_array_count(cell->kernel); k++)
        arrays[k] = (double *)((char *)visit->placement.memory.base + k * cell->size_bytes +
                               k * ARRAY_SKEW_BYTES);
    for (size_t i = 0; i < threads; i++) {
        size_t first = i * streams * per_stream;
        states[i] = (struct stream_state){
            .kernel = cell->kernel,
            .slice = {.a = arrays[0] + first,
                      .b = arrays[1] ? arrays[1] + first : NULL,
                      .c = arrays[2] ? arrays[2] + first : NULL,
                      .count = per_stream,
                      .stride = per_stream}
        };
        visit->works[i] = (struct work){step_stream, &states[i]};
    }
    visit->states = states;
    // Each named load and store is on an array of its own, so what is counted is what is touched.
    visit->touched_bytes =
        threads * streams * per_stream * kernel_traffic(cell->kernel).counted_bytes;
    return true;
}

static void fill_bandwidth(const struct visit *visit, struct row *row) {
    const struct window_result *window = &visit->window;
    struct kernel_traffic traffic = kernel_traffic(visit->cell->kernel);
    double elements_per_s = order_median(window->units_per_s, window->sample_count);
    row->bandwidth_bytes_per_s = elements_per_s * traffic.counted_bytes;
    row->bandwidth_min_bytes_per_s =
        order_minimum(window->units_per_s, window->sample_count) * traffic.counted_bytes;
    row->bandwidth_max_bytes_per_s =
        order_maximum(window->units_per_s, window->sample_count) * traffic.counted_bytes;
    row->traffic_min_bytes_per_s = elements_per_s * traffic.least_bytes;
    row->traffic_max_bytes_per_s = elements_per_s * traffic.most_bytes;
}

// ---- pointer chases -----------------------------------------------------------------------------

struct chase_state {
    void *at;
};

// Units are loads.
static uint64_t step_chase(void *context, uint64_t units) {
    struct chase_state *state = context;
    state->at = chase_walk(state->at, units);
    return units;
}

// On the measuring CPU, so that the caches and the TLB are those of the thread that will walk.
static void build_chase(void *context, size_t index) {
    (void)index;
    struct visit *visit = context;
    const struct cell *cell = visit->cell;
    void *base = visit->placement.memory.base;
    visit->chase = chase_build(base, cell->size_bytes, cell->pattern, visit->seed);
    visit->chase_proven = chase_prove(&visit->chase, base, cell->size_bytes);
}

static bool prepare_chase(struct visit *visit, struct error *error) {
    if (!team_run(&visit->cell->cpus, build_chase, visit, error))
        return false;
    CHECK(visit->chase_proven);
    struct chase_state *state = base_allocate(1, sizeof *state);
    state->at = visit->chase.start;
    visit->touched_bytes = visit->chase.touched_bytes;
    visit->works[0] = (struct work){step_chase, state};
    visit->states = state;
    return true;
}

// The fastest sample of loads per second is the least latency.
static void fill_latency(const struct visit *visit, struct row *row) {
    const struct window_result *window = &visit->window;
    const double ns_per_s = (double)NS_PER_S;
    row->latency_ns = ns_per_s / order_median(window->units_per_s, window->sample_count);
    row->latency_min_ns = ns_per_s / order_maximum(window->units_per_s, window->sample_count);
    row->latency_max_ns = ns_per_s / order_minimum(window->units_per_s, window->sample_count);
}

// What differs between the tests.
static const struct method {
    bool (*prepare)(struct visit *visit, struct error *error);
    void (*fill_values)(const struct visit *visit, struct row *row);
} methods[TEST_COUNT] = {
    [TEST_LATENCY] = {prepare_chase,   fill_latency  },
    [TEST_BANDWIDTH] = {prepare_streams, fill_bandwidth},
};

// ---- the buffer ---------------------------------------------------------------------------------

static void fill_part(void *context, size_t index) {
    struct visit *visit = context;
    placement_fill_part(&visit->placement, index, visit->cell->cpus.count);
}

static bool make_buffer(struct visit *visit, struct error *error) {
    const struct cell *cell = visit->cell;
    if (!placement_create(&visit->placement, cell_buffer_bytes(cell), cell->pages, cell->mem_node,
                          visit->seed, error))
        return false;
    if (!team_run(&cell->cpus, fill_part, visit, error))
        return false;
    placement_fill_done(&visit->placement);
    os_memory_collapse(&visit->placement.memory);
    return true;
}

// ---- the row ------------------------------------------------------------------------------------

static void describe_cell(const struct visit_request *request, struct row *row) {
    const struct cell *cell = request->cell;
    char text[UTC_TEXT_BYTES];
    row_clear(row);
    row->schema_version = SCHEMA_VERSION;
    row_set_text(row->run_id, request->run_id);
    row_set_text(row->host, request->host);
    row_set_text(row->timestamp_utc, utc_timestamp(text));
    row_set_text(row->test, test_names[cell->test]);
    row_set_text(row->kernel, cell->kernel ? cell->kernel->name : "chase");
    row_set_text(row->isa, cell->kernel ? isa_names[cell->kernel->isa] : "");
    row_set_text(row->store, cell->kernel ? store_names[cell->kernel->store] : "");
    row_set_text(row->pattern, cell->pattern ? cell->pattern->name : "");
    row->cpu_node = cell->cpu_node;
    row->mem_node = cell->mem_node;
    id_set_format(&cell->cpus, row->cpus, sizeof row->cpus);
    row->threads = cell->cpus.count;
    row->buffer_bytes = cell_buffer_bytes(cell);
    row_set_text(row->sized_for, cell->cached ? "caches" : "memory");
    row_set_text(row->pages, cell->pages->name);
    row->page_asked_bytes = cell->page_bytes ? cell->page_bytes : NONE_U64;
    row->round = request->round;
    row->visit = request->visit;
    row->seed = request->seed;
}

static void set_verdict(struct row *row, enum visit_status status, const char *reason) {
    row_set_text(row->status, visit_status_names[status]);
    row_set_text(row->reason, reason);
}

static void set_error(struct row *row, const struct error *error) {
    bool failed = error->kind == ERROR_KIND_FAILED;
    set_verdict(row, failed ? VISIT_FAILED : VISIT_REFUSED, error->text);
}

static void fill_evidence(const struct visit *visit, struct row *row) {
    const struct evidence *before = &visit->before, *after = &visit->after;
    struct id_set seen = id_set_copy(&before->nodes_seen);
    for (size_t i = 0; i < after->nodes_seen.count; i++)
        id_set_add(&seen, after->nodes_seen.ids[i]);
    id_set_format(&seen, row->nodes_seen, sizeof row->nodes_seen);
    id_set_free(&seen);
    row->pages_total = before->pages_total;
    if (before->located) {
        row->pages_checked_before = before->pages_checked;
        row->pages_on_node_before = before->pages_on_node;
        row->pages_off_node_before = before->pages_off_node;
        row->pages_absent_before = before->pages_absent;
        row->pages_unknown_before = before->pages_unknown;
    }
    if (after->located) {
        row->pages_checked_after = after->pages_checked;
        row->pages_on_node_after = after->pages_on_node;
        row->pages_off_node_after = after->pages_off_node;
        row->pages_absent_after = after->pages_absent;
        row->pages_unknown_after = after->pages_unknown;
    }
    row->page_found_bytes = evidence_page_bytes(after->sized ? after : before);
}

static void fill_window(const struct visit *visit, struct row *row) {
    const struct window_result *window = &visit->window;
    id_set_format(&window->cpus_seen, row->cpus_seen, sizeof row->cpus_seen);
    row->threads_moved = window->threads_moved;
    row->cpu_ns = window->usage.cpu_ns;
    row->busy_wall_ns = window->busy_wall_ns;
    row->run_delay_ns = window->usage.run_delay_ns;
    row->involuntary_switches = window->usage.involuntary_switches;
    row->minor_faults = window->usage.minor_faults;
    row->major_faults = window->usage.major_faults;
    row->steal_ns = window->steal_ns;
    row->clock_start_hz = window->clock_start_hz;
    row->clock_end_hz = window->clock_end_hz;
    row->start_skew_ns = window->start_skew_ns;
    if (window->interrupted)
        return;
    row->samples = window->sample_count;
    row->wall_ns = window->wall_ns;
    row->warm_ns = window->warm_ns;
    row_set_text(row->warm_converged, window->warm_converged ? "yes" : "no");
    row->touched_bytes = visit->touched_bytes;
    methods[visit->cell->test].fill_values(visit, row);
}

// The verdict on memory and threads together. A thread that was not where it was pinned spoils the
// row as much as a page does.
static enum verdict judge(const struct visit *visit, char *reason, size_t reason_bytes) {
    enum verdict verdict = placement_judge(&visit->placement.memory, &visit->before, &visit->after,
                                           reason, reason_bytes);
    if (verdict == VERDICT_MISPLACED || verdict == VERDICT_WRONG_PAGE_SIZE)
        return verdict;
    if (visit->window.threads_moved && verdict != VERDICT_MIGRATED) {
        char asked[128], seen[128];
        snprintf(reason, reason_bytes,
                 "%zu of the threads pinned to CPUs %s left theirs; seen on CPUs %s",
                 visit->window.threads_moved,
                 id_set_format(&visit->cell->cpus, asked, sizeof asked),
                 id_set_format(&visit->window.cpus_seen, seen, sizeof seen));
        return VERDICT_MIGRATED;
    }
    if (visit->window.unplaced && verdict == VERDICT_VERIFIED) {
        snprintf(reason, reason_bytes, "the system does not say on which CPU a thread runs");
        return VERDICT_UNVERIFIABLE;
    }
    return verdict;
}

// ---- the visit ----------------------------------------------------------------------------------

// Memory that is known to be wrong is not measured: its number would be a lie with a footnote.
// Memory of which the system does not tell is measured, and the row says so.
static bool prove_before(struct visit *visit, struct row *row) {
    placement_prove(&visit->placement, &visit->before);
    char reason[ROW_TEXT_BYTES];
    enum verdict verdict =
        placement_judge(&visit->placement.memory, &visit->before, NULL, reason, sizeof reason);
    if (verdict == VERDICT_VERIFIED || verdict == VERDICT_UNVERIFIABLE)
        return true;
    fill_evidence(visit, row);
    row_set_text(row->placement, verdict_names[verdict]);
    set_verdict(row, VISIT_REFUSED, reason);
    return false;
}

static void measure_window(struct visit *visit, struct row *row) {
    const struct test_times *times = &test_times[visit->cell->test];
    const struct window_settings settings = {
        .warm_sample_ns = times->warm_sample_ns,
        .warm_max_ns = times->warm_max_ns,
        .warm_tolerance = 0.01, // docs/method.md, The common window
        .sample_ns = times->sample_ns,
        .sample_count = times->sample_count,
    };
    struct error error;
    if (!window_run(&visit->cell->cpus, visit->works, &settings, &visit->window, &error)) {
        fill_evidence(visit, row);
        set_error(row, &error);
        return;
    }
    placement_prove(&visit->placement, &visit->after);
    fill_evidence(visit, row);
    fill_window(visit, row);
    char reason[ROW_TEXT_BYTES];
    row_set_text(row->placement, verdict_names[judge(visit, reason, sizeof reason)]);
    if (visit->window.interrupted)
        set_verdict(row, VISIT_INTERRUPTED, "stopped by the user");
    else
        set_verdict(row, VISIT_OK, reason);
    flags_fill(row);
}

// Between the stages Ctrl-C is heard too; a filling stops in its middle.
static bool stopped(struct row *row) {
    if (!os_interrupted())
        return false;
    set_verdict(row, VISIT_INTERRUPTED, "stopped by the user");
    return true;
}

static void measure_cell(struct visit *visit, struct row *row) {
    struct error error;
    if (!make_buffer(visit, &error)) {
        set_error(row, &error);
        return;
    }
    if (stopped(row))
        return;
    if (!methods[visit->cell->test].prepare(visit, &error)) {
        set_error(row, &error);
        return;
    }
    if (!stopped(row) && prove_before(visit, row))
        measure_window(visit, row);
}

void visit_measure(const struct visit_request *request, struct row *row) {
    const struct cell *cell = request->cell;
    describe_cell(request, row);
    if (cell->refusal.kind != ERROR_KIND_NONE) {
        set_error(row, &cell->refusal);
        return;
    }
    struct visit visit = {.cell = cell, .seed = request->seed};
    visit.works = base_allocate(cell->cpus.count, sizeof *visit.works);
    measure_cell(&visit, row);
    placement_release(&visit.placement);
    evidence_free(&visit.before);
    evidence_free(&visit.after);
    window_result_free(&visit.window);
    free(visit.works);
    free(visit.states);
}
