// SPDX-License-Identifier: Apache-2.0
#include "measure/visit.h"

#include "measure/clock_source.h"
#include "measure/method.h"
#include "placement/fill.h"
#include "placement/team.h"
#include "record/flags.h"
#include "record/run_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What differs between the tests.
static const struct method *const methods[TEST_COUNT] = {
    [TEST_LATENCY] = &method_latency,
    [TEST_BANDWIDTH] = &method_bandwidth,
    [TEST_LOADED] = &method_loaded,
    [TEST_C2C] = &method_c2c,
};

size_t visit_place(const struct visit *visit, uint32_t cpu) {
    size_t place = 0;
    while (place < visit->cpus.count && visit->cpus.ids[place] != cpu)
        place++;
    CHECK(place < visit->cpus.count);
    return place;
}

// ---- the memory ---------------------------------------------------------------------------------

static bool create_region(const struct visit *visit, struct visit_region *region,
                          struct error *error) {
    if (!placement_create(&region->placement, region->asked.size_bytes, visit->cell->pages,
                          region->asked.nodes, visit->seed, error))
        return false;
    region->placement.zeros = visit->cell->check == CHECK_ZERO_FILL;
    return true;
}

// Fills the regions [first, end) at once, or says which of them could not be filled.
static bool fill_regions(const struct visit *visit, size_t first, size_t end, size_t *refused,
                         struct error *error) {
    struct filling *fillings = base_allocate(end - first, sizeof *fillings);
    for (size_t i = first; i < end; i++)
        fillings[i - first] = (struct filling){.placement = &visit->regions[i].placement,
                                               .wanted = visit->regions[i].asked.cpus};
    bool filled = fill_placements(fillings, end - first, refused, error);
    *refused += first;
    free(fillings);
    return filled;
}

static bool shares_node(const struct region *a, const struct region *b) {
    for (size_t i = 0; i < a->nodes.count; i++)
        if (node_set_contains(&b->nodes, a->nodes.shares[i].node))
            return true;
    return false;
}

// Whether the system, asked whether there is room for a region, sees what the regions
// [first, region) take as well, although none of it is written yet: they are on other nodes, and
// the limits of the process leave room for all.
static bool may_wait(const struct visit *visit, size_t first, size_t region) {
    uint64_t bytes = visit->regions[region].asked.size_bytes;
    for (size_t i = first; i < region; i++) {
        if (shares_node(&visit->regions[i].asked, &visit->regions[region].asked))
            return false;
        bytes += visit->regions[i].asked.size_bytes;
    }
    uint64_t left_bytes = os_process_memory_left();
    return bytes <= left_bytes - left_bytes / 20; // as os_memory_acquire: the rest is for tables
}

// Makes all regions, or says which of them is unavailable. Those of several nodes are filled at
// once, each by CPUs of its own.
static bool make_regions(const struct visit *visit, size_t *refused, struct error *error) {
    size_t filled = 0;
    for (size_t i = 0; i < visit->region_count; i++) {
        if (i > filled && !may_wait(visit, filled, i)) {
            if (!fill_regions(visit, filled, i, refused, error))
                return false;
            filled = i;
        }
        *refused = i;
        if (!create_region(visit, &visit->regions[i], error))
            return false;
    }
    return fill_regions(visit, filled, visit->region_count, refused, error);
}

static void lay_out_regions(struct visit *visit) {
    struct region *regions = cell_regions(visit->cell, &visit->region_count);
    if (!visit->regions)
        visit->regions = base_allocate(visit->region_count, sizeof *visit->regions);
    for (size_t i = 0; i < visit->region_count; i++)
        visit->regions[i].asked = regions[i];
    free(regions);
}

static void release_regions(struct visit *visit) {
    for (size_t i = 0; i < visit->region_count; i++)
        placement_release(&visit->regions[i].placement);
}

// Where a part may do, the cell is made smaller and all its memory anew, until it fits: each time
// by a page at least. Arrays that are worked on together stay equally long.
static bool make_memory(struct visit *visit, struct cell *cell, struct error *error) {
    size_t refused;
    while (!make_regions(visit, &refused, error)) {
        uint64_t available_bytes = visit->regions[refused].placement.memory.available_bytes;
        release_regions(visit);
        if (!cell_shrink(cell, refused, available_bytes, error))
            return false;
        lay_out_regions(visit);
    }
    return true;
}

// ---- the row ------------------------------------------------------------------------------------

static void describe_chase(const struct cell *cell, struct row *row) {
    row_set_name(row->pattern, cell->pattern->name);
    row->chains = cell->chains;
    row->slot_bytes = cell->shape.slot_bytes;
    row->window_bytes = cell->shape.window_bytes ? cell->shape.window_bytes : cell->size_bytes;
}

static void describe_load(const struct cell_load *load, struct row *row) {
    row_set_name(row->mix, load->mix ? load->mix->name : "");
    row->load_node = load->node;
    id_set_format(&load->cpus, row->load_cpus, sizeof row->load_cpus);
    row->load_mode = load->mode;
    if (load->mode == LOAD_PACED)
        row->offered_bytes_per_s = load->offered_bytes_per_s;
    else
        row->load_delay_cycles = load->delay_cycles;
}

static void describe_pair(const struct cell_pair *pair, struct row *row) {
    row_set_name(row->kernel, "exchange");
    row_set_name(row->protocol, pair->protocol->name);
    row->pair_class = pair->pair_class;
    row->home = pair->home;
    row->writer_cpu = pair->writer_cpu;
    row->reader_cpu = pair->reader_cpu;
}

static void describe_sizing(const struct cell *cell, struct row *row) {
    row->sized_for = cell->cached   ? SIZED_FOR_CACHES
                     : cell->proven ? SIZED_FOR_MEMORY
                                    : SIZED_FOR_UNPROVEN;
    row->size_rule = cell->size_rule;
}

static void describe_cell(const struct visit_request *request, struct row *row) {
    const struct cell *cell = request->cell;
    char text[UTC_TEXT_BYTES], name[CELL_NAME_BYTES];
    row_clear(row);
    row->schema_version = SCHEMA_VERSION;
    row_set_name(row->run_id, request->run_id);
    row_set_name(row->host, request->host);
    row_set_name(row->timestamp_utc, utc_timestamp(text));
    row->test = cell->test;
    const struct kernel *kernel = cell->load.kernel ? cell->load.kernel : cell->kernel;
    row_set_name(row->kernel, kernel ? kernel->name : "chase");
    row_set_name(row->isa, kernel ? isa_names[kernel->isa] : "");
    row->store = kernel ? kernel->store : STORE_NONE;
    if (cell->load.kernel)
        describe_load(&cell->load, row);
    if (cell->pattern)
        describe_chase(cell, row);
    if (cell->pair.protocol)
        describe_pair(&cell->pair, row);
    row->cpu_node = cell->cpu_node == NONE_U32 ? NONE_U64 : cell->cpu_node;
    row->mem_node = cell->mem_node;
    if (cell->mix)
        row_set_name(row->mix, cell->mix->name);
    id_set_format(&cell->cpus, row->cpus, sizeof row->cpus);
    row->threads = cell->cpus.count + cell->load.cpus.count;
    row->buffer_bytes = row->buffer_asked_bytes = cell_buffer_bytes(cell);
    if (!cell->pair.protocol) // a pair's lines are in caches by design
        describe_sizing(cell, row);
    row_set_name(row->pages, cell->pages->name);
    row->page_asked_bytes = cell->page_bytes ? cell->page_bytes : NONE_U64;
    row->round = request->round;
    row->visit = request->visit;
    row->seed = request->seed;
    row_set_name(row->cell, cell_name(cell, name));
    row->block = cell->block;
    row->check = cell->check;
    row_set_name(row->check_of, cell->check_of ? cell->check_of : "");
}

static void set_verdict(struct row *row, enum status status, const char *reason) {
    row->status = status;
    row_set_text(row->reason, reason);
}

static void set_error(struct row *row, const struct error *error) {
    bool failed = error->kind == ERROR_KIND_FAILED;
    set_verdict(row, failed ? STATUS_FAILED : STATUS_REFUSED, error->text);
}

// A sum that is absent while nothing was added.
static void add_count(uint64_t *sum, uint64_t count) {
    *sum = *sum == NONE_U64 ? count : *sum + count;
}

// The pages of all regions together; a page is "on the node" when it is on that of its region.
static void add_evidence_before(const struct evidence *before, struct row *row) {
    add_count(&row->pages_total, before->pages_total);
    if (!before->located_by)
        return;
    add_count(&row->pages_checked_before, before->pages_checked);
    add_count(&row->pages_on_node_before, before->pages_on_node);
    add_count(&row->pages_off_node_before, before->pages_off_node);
    add_count(&row->pages_absent_before, before->pages_absent);
    add_count(&row->pages_unknown_before, before->pages_unknown);
}

static void add_evidence_after(const struct evidence *after, struct row *row) {
    if (!after->located_by)
        return;
    add_count(&row->pages_checked_after, after->pages_checked);
    add_count(&row->pages_on_node_after, after->pages_on_node);
    add_count(&row->pages_off_node_after, after->pages_off_node);
    add_count(&row->pages_absent_after, after->pages_absent);
    add_count(&row->pages_unknown_after, after->pages_unknown);
}

// "0:6144 1:4096 2:2048".
static void format_shares(const struct node_set *nodes, const uint64_t *pages,
                          char field[ROW_NAME_BYTES]) {
    char text[ROW_NAME_BYTES] = "";
    for (size_t i = 0, used = 0; i < nodes->count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u:%llu", i ? " " : "",
                                 (unsigned)nodes->shares[i].node, (unsigned long long)pages[i]);
    row_set_name(field, text);
}

// Of memory on several nodes how much is on each: a cell has one such region at most.
static void fill_shares(const struct visit_region *region, bool timed, struct row *row) {
    const struct os_memory *memory = &region->placement.memory;
    const struct node_set *nodes = &memory->nodes;
    const struct evidence *before = &region->before;
    uint64_t asked[NODE_SET_MAX];
    if (nodes->count < 2)
        return;
    for (size_t i = 0; i < nodes->count; i++)
        asked[i] = placement_promise(memory, before, i).turns;
    format_shares(nodes, asked, row->pages_by_node_asked);
    if (before->located_by)
        format_shares(nodes, before->share_pages, row->pages_by_node_before);
    if (timed && region->after.located_by)
        format_shares(nodes, region->after.share_pages, row->pages_by_node_after);
}

// The one that tells least, of all regions, before the timing and after it where there is an after.
static enum witness weakest_witness(const struct visit *visit, bool timed) {
    enum witness weakest = WITNESS_EACH_PAGE;
    for (size_t i = 0; i < visit->region_count; i++) {
        const struct visit_region *region = &visit->regions[i];
        if (region->before.located_by < weakest)
            weakest = region->before.located_by;
        if (timed && region->after.located_by < weakest)
            weakest = region->after.located_by;
    }
    return weakest;
}

static void fill_evidence(const struct visit *visit, bool timed, struct row *row) {
    struct id_set seen = {0};
    row_set_name(row->located_by, witness_name(weakest_witness(visit, timed)));
    for (size_t i = 0; i < visit->region_count; i++) {
        const struct evidence *before = &visit->regions[i].before;
        const struct evidence *after = &visit->regions[i].after;
        id_set_add_all(&seen, &before->nodes_seen);
        id_set_add_all(&seen, &after->nodes_seen);
        add_evidence_before(before, row);
        add_evidence_after(after, row);
        fill_shares(&visit->regions[i], timed, row);
        uint64_t page_bytes = evidence_page_bytes(after->sized ? after : before);
        if (i == 0 || page_bytes == row->page_found_bytes)
            row->page_found_bytes = page_bytes;
        else
            row->page_found_bytes = NONE_U64;
    }
    id_set_format(&seen, row->nodes_seen, sizeof row->nodes_seen);
    id_set_free(&seen);
}

// What the counters of the bus say beside what the loops moved while they counted.
static void fill_bus(const struct visit *visit, struct row *row) {
    const struct window_result *window = &visit->window;
    struct unit_traffic groups[WINDOW_GROUPS] = {
        {0, 0}
    };
    double min_bytes = 0, max_bytes = 0;
    if (!window->bus.source[0])
        return;
    methods[visit->cell->test]->traffic(visit, groups);
    for (size_t group = 0; group < WINDOW_GROUPS; group++) {
        min_bytes += window->units_done[group] * groups[group].min_bytes;
        max_bytes += window->units_done[group] * groups[group].max_bytes;
    }
    bus_fill_row(&window->bus, min_bytes, max_bytes, row);
}

// False with the error when the window held no value.
static bool fill_window(const struct visit *visit, struct row *row, struct error *error) {
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
    row->interrupt_ns = window->interrupt_ns;
    row->throttle_events = window->throttle_events;
    row->system_migrated_pages = window->migrated_pages;
    row->gap_max_ns = window->gap_max_ns;
    row->gap_sum_ns = window->gap_sum_ns;
    row->gap_unexplained_ns = window->gap_unexplained_ns;
    row->thread_cycles = window->usage.cycles;
    row->clock_start_hz = window->clock_start_hz;
    row->clock_end_hz = window->clock_end_hz;
    row->start_skew_ns = window->start_skew_ns;
    if (window->interrupted)
        return true;
    row->samples = window->sample_count;
    row->wall_ns = window->wall_ns;
    row->warm_ns = window->warm_ns;
    row->warm_converged = window->warm_converged ? CONVERGED_YES : CONVERGED_NO;
    row->touched_bytes = visit->touched_bytes;
    bool valued = methods[visit->cell->test]->fill_row(visit, row, error);
    fill_bus(visit, row);
    return valued;
}

// The verdict on the memory; of several regions the worst. Before the timing (timed false), or
// before and after it.
static enum verdict judge_memory(const struct visit *visit, bool timed, char *reason,
                                 size_t reason_bytes) {
    enum verdict worst = VERDICT_VERIFIED;
    reason[0] = '\0';
    for (size_t i = 0; i < visit->region_count; i++) {
        const struct visit_region *region = &visit->regions[i];
        char why[ROW_TEXT_BYTES - 32]; // leaves room for when that was
        enum verdict verdict = placement_judge(&region->placement.memory, &region->before,
                                               timed ? &region->after : NULL, why, sizeof why);
        if (verdict == VERDICT_VERIFIED || (worst != VERDICT_VERIFIED && verdict >= worst))
            continue;
        worst = verdict;
        bool spoilt = !timed && verdict != VERDICT_UNVERIFIABLE;
        snprintf(reason, reason_bytes, "%s%s", spoilt ? "before the timing " : "", why);
    }
    return worst;
}

// The verdict on memory and threads together. A thread that was not where it was pinned spoils the
// row as much as a page does.
static enum verdict judge(const struct visit *visit, char *reason, size_t reason_bytes) {
    enum verdict verdict = judge_memory(visit, true, reason, reason_bytes);
    if (verdict == VERDICT_MISPLACED || verdict == VERDICT_WRONG_PAGE_SIZE)
        return verdict;
    if (visit->window.threads_moved && verdict != VERDICT_MIGRATED) {
        char asked[128], seen[128];
        snprintf(reason, reason_bytes,
                 "%zu of the threads pinned to CPUs %s left their CPU; they were seen on CPUs %s",
                 visit->window.threads_moved, id_set_format(&visit->cpus, asked, sizeof asked),
                 id_set_format(&visit->window.cpus_seen, seen, sizeof seen));
        return VERDICT_MIGRATED;
    }
    if (visit->window.unplaced && verdict == VERDICT_VERIFIED) {
        snprintf(reason, reason_bytes, "the system does not report the CPU of a thread");
        return VERDICT_UNVERIFIABLE;
    }
    return verdict;
}

// ---- the contents -------------------------------------------------------------------------------

// Of the time of the window; a visit takes longer than that.
enum { CONTENTS_SHARE = 50 };

struct inspection {
    const struct visit *visit;
    struct contents *contents; // one per thread
};

static const struct placement *placement_around(const struct visit *visit, const void *address) {
    size_t i = 0;
    uintptr_t at = (uintptr_t)address;
    for (; i < visit->region_count; i++) {
        const struct os_memory *memory = &visit->regions[i].placement.memory;
        if (at >= (uintptr_t)memory->base && at - (uintptr_t)memory->base < memory->size_bytes)
            break;
    }
    CHECK(i < visit->region_count);
    return &visit->regions[i].placement;
}

// By the thread that worked on it, so that it is as near as it was.
static void inspect(void *context, size_t index) {
    const struct inspection *inspection = context;
    const struct visit *visit = inspection->visit;
    const struct slice *slice = visit->slices[index];
    uint64_t max_ns = visit->window.wall_ns / CONTENTS_SHARE;
    uint64_t seed = visit->seed + index;
    if (slice)
        inspection->contents[index] = contents_of_slice(placement_around(visit, slice->span.a),
                                                        slice, max_ns / CONTENTS_ELEMENT_NS, seed);
    else if (visit->chase_proven)
        inspection->contents[index] =
            contents_of_chase(placement_around(visit, visit->chase.start), &visit->chase,
                              max_ns / CONTENTS_LINK_NS, seed);
}

// Whether the arrays hold what the loops must have left in them. A pair of CPUs has none. Where a
// CPU went away in the window they stay unchecked, and the evidence tells of the CPU.
static void inspect_contents(const struct visit *visit, struct row *row) {
    struct error unchecked;
    if (visit->window.interrupted || visit->cell->pair.protocol)
        return;
    size_t count = visit->cpus.count;
    struct inspection inspection = {.visit = visit,
                                    .contents = base_allocate(count, sizeof *inspection.contents)};
    bool inspected = team_run(&visit->cpus, inspect, &inspection, &unchecked);
    for (size_t i = 0; inspected && i < count; i++) {
        add_count(&row->elements_checked, inspection.contents[i].checked);
        add_count(&row->elements_wrong, inspection.contents[i].wrong);
    }
    free(inspection.contents);
}

// ---- the visit ----------------------------------------------------------------------------------

// Memory that is known to be wrong is not measured: its number would be a lie with a footnote.
// Memory of which the system does not tell is measured, and the row says so.
static bool prove_before(struct visit *visit, struct row *row) {
    for (size_t i = 0; i < visit->region_count; i++)
        placement_prove(&visit->regions[i].placement, &visit->regions[i].before);
    char reason[ROW_TEXT_BYTES];
    enum verdict verdict = judge_memory(visit, false, reason, sizeof reason);
    if (verdict == VERDICT_VERIFIED || verdict == VERDICT_UNVERIFIABLE)
        return true;
    fill_evidence(visit, false, row);
    row->placement = verdict;
    set_verdict(row, STATUS_REFUSED, reason);
    return false;
}

static void measure_window(struct visit *visit, struct row *row) {
    const struct test_times *times = &test_times[visit->cell->visit_length][visit->cell->test];
    const struct window_settings settings = {
        .warm_sample_ns = times->warm_sample_ns,
        .warm_max_ns = times->warm_max_ns,
        .warm_tolerance = times->warm_tolerance,
        .sample_ns = times->sample_ns,
        .sample_count = times->sample_count,
        .bus = methods[visit->cell->test]->traffic ? visit->bus : NULL,
    };
    struct error error;
    if (!window_run(&visit->cpus, visit->works, &settings, &visit->window, &error)) {
        fill_evidence(visit, false, row);
        set_error(row, &error);
        return;
    }
    inspect_contents(visit, row);
    for (size_t i = 0; i < visit->region_count; i++)
        placement_prove(&visit->regions[i].placement, &visit->regions[i].after);
    fill_evidence(visit, true, row);
    bool valued = fill_window(visit, row, &error);
    char reason[ROW_TEXT_BYTES];
    row->placement = judge(visit, reason, sizeof reason);
    if (visit->window.interrupted)
        set_verdict(row, STATUS_INTERRUPTED, "stopped by the user");
    else if (valued)
        set_verdict(row, STATUS_OK, reason);
    else
        set_error(row, &error);
    flags_fill(row);
}

// Between the stages Ctrl-C is heard too; a filling stops in its middle.
static bool stopped(struct row *row) {
    if (!os_interrupted())
        return false;
    set_verdict(row, STATUS_INTERRUPTED, "stopped by the user");
    return true;
}

// The cell in the row is what was asked; this much of it was measured, and placed in this way: of
// several regions the one that promises least.
static void describe_memory(const struct visit *visit, struct row *row) {
    const struct cell *cell = visit->cell;
    enum os_placing placed_by = 0;
    for (size_t i = 0; i < visit->region_count; i++)
        if (visit->regions[i].placement.memory.placed_by > placed_by)
            placed_by = visit->regions[i].placement.memory.placed_by;
    row_set_name(row->placed_by, os_placing_names[placed_by]);
    row->buffer_bytes = cell_buffer_bytes(cell);
    if (cell->pattern)
        describe_chase(cell, row);
}

static void measure_cell(struct visit *visit, struct cell *cell, struct row *row) {
    struct error error;
    if (!make_memory(visit, cell, &error)) {
        set_error(row, &error);
        return;
    }
    describe_memory(visit, row);
    if (stopped(row))
        return;
    if (!methods[visit->cell->test]->prepare(visit, &error)) {
        set_error(row, &error);
        return;
    }
    if (!stopped(row) && prove_before(visit, row))
        measure_window(visit, row);
}

static void visit_cell(const struct visit_request *request, struct row *row) {
    const struct cell *cell = request->cell;
    struct error coarse;
    if (!clock_suffices(test_times[cell->visit_length][cell->test].sample_ns, &coarse)) {
        set_error(row, &coarse);
        return;
    }
    struct cell measured = *cell; // what it owns stays the plan's
    struct visit visit = {
        .cell = &measured, .seed = request->seed, .samples = request->samples, .bus = request->bus};
    cell_cpus(cell, &visit.cpus);
    lay_out_regions(&visit);
    visit.works = base_allocate(visit.cpus.count, sizeof *visit.works);
    visit.slices = base_allocate(visit.cpus.count, sizeof *visit.slices);
    measure_cell(&visit, &measured, row);
    release_regions(&visit);
    for (size_t i = 0; i < visit.region_count; i++) {
        evidence_free(&visit.regions[i].before);
        evidence_free(&visit.regions[i].after);
    }
    window_result_free(&visit.window);
    id_set_free(&visit.cpus);
    free(visit.regions);
    free(visit.works);
    free(visit.slices);
    free(visit.states);
    free(visit.load_states);
    free(visit.lines);
}

void visit_measure(const struct visit_request *request, struct row *row) {
    uint64_t begin_ns = os_clock_ns();
    describe_cell(request, row);
    if (!request->cell->refusal)
        visit_cell(request, row);
    else
        set_error(row, request->cell->refusal);
    row->visit_ns = os_clock_ns() - begin_ns;
}
