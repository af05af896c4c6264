// SPDX-License-Identifier: Apache-2.0
// What stands below the tables: how far a run can be trusted, and what it chose.
#include "analyse/invariants.h"
#include "analyse/memory_peak.h"
#include "base/units.h"
#include "report/terminal.h"
#include "report/terminal_text.h"
#include "report/text_checks.h"

#include <stdio.h>
#include <stdlib.h>

static void print_placement(const struct dataset *dataset) {
    size_t verified = dataset->verdicts[VERDICT_VERIFIED];
    size_t refused = dataset->statuses[STATUS_REFUSED], failed = dataset->statuses[STATUS_FAILED];
    size_t visits = dataset->rows - dataset->statuses[STATUS_INTERRUPTED];
    terminal_say("\n");
    if (dataset->interrupted)
        terminal_say("Stopped    after %zu repetition%s, before the end\n", visits, PLURAL(visits));
    terminal_say("Placement  ");
    if (visits == refused) {
        terminal_say("nothing was measured: %s (%zu)\n",
                     visits ? "all repetitions were refused" : "no repetition finished", visits);
        return;
    }
    if (verified == visits)
        terminal_say("VERIFIED: in all repetitions (%zu)", visits);
    else
        terminal_say("NOT VERIFIED: verified in %zu of %zu repetitions", verified, visits);
    for (enum verdict verdict = VERDICT_VERIFIED + 1; verdict < VERDICT_COUNT; verdict++)
        if (dataset->verdicts[verdict])
            terminal_say(", %s in %zu", verdict_names[verdict], dataset->verdicts[verdict]);
    if (refused || failed)
        terminal_say(", %zu refused, %zu failed", refused, failed);
    terminal_say("; %llu page checks, before and after\n",
                 (unsigned long long)dataset->pages_checked);
    if (dataset->verdicts[VERDICT_UNVERIFIABLE])
        terminal_say("           --allow-unverified accepts rows whose place is unknown\n");
}

// The widest 95 % interval of a median, relative to it. No interval exists for fewer than 6 visits.
static void print_spread(const struct dataset *dataset) {
    double widest = -1;
    const char *name = "";
    char interval[HALF_WIDTH_TEXT_BYTES];
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        enum metric metric = cell->test == TEST_BANDWIDTH ? METRIC_BANDWIDTH : METRIC_LATENCY;
        double half = data_cell_half_width(cell, data_all(metric));
        if (half > widest) {
            widest = half;
            name = cell->name;
        }
    }
    if (widest >= 0)
        terminal_say("Spread     widest 95 %% interval of a median: %s (%s)\n",
                     terminal_half_width(widest, interval), name);
    else
        terminal_say("Spread     no interval: a 95 %% interval of a median needs 6 repetitions "
                     "(--rounds 6)\n");
}

// How many rows each flag stands in: the most frequent first, as many as a line holds.
static void print_frequent_flags(const struct dataset *dataset) {
    enum { SHOWN = 3 };
    uint64_t *counts = base_allocate(flag_count, sizeof *counts);
    for (size_t i = 0; i < dataset->cell_count; i++)
        for (size_t flag = 0; dataset->cells[i].flag_counts && flag < flag_count; flag++)
            counts[flag] += dataset->cells[i].flag_counts[flag];
    for (int shown = 0; shown < SHOWN; shown++) {
        size_t most = 0;
        for (size_t flag = 1; flag < flag_count; flag++)
            most = counts[flag] > counts[most] ? flag : most;
        if (!counts[most])
            break;
        terminal_say("%s %s %llu", shown ? "," : ", most often", flags[most].name,
                     (unsigned long long)counts[most]);
        counts[most] = 0;
    }
    free(counts);
}

static void print_flags(const struct dataset *dataset) {
    terminal_say("Flags      %zu of %zu row%s flagged", dataset->rows_with_flags, dataset->rows,
                 dataset->rows == 1 ? " is" : "s are");
    print_frequent_flags(dataset);
    terminal_say("%s\n", dataset->rows_with_flags ? " (numaprobe list flags)" : "");
}

// Of rows of a program before these columns nothing is known.
static void print_time(const struct dataset *dataset) {
    char spent[UNITS_TEXT_BYTES];
    if (dataset->visit_ns)
        terminal_say("Time       %s in repetitions, %.0f %% of it in the timed windows\n",
                     units_format_duration(dataset->visit_ns, spent),
                     100 * (double)dataset->window_ns / (double)dataset->visit_ns);
}

// ---- what the run chose -------------------------------------------------------------------------

static uint64_t largest_shown_bytes(const struct topology *topology) {
    uint64_t largest = 0;
    for (size_t i = 0; topology && i < topology->cache_count; i++)
        if (topology->caches[i].size_bytes > largest)
            largest = topology->caches[i].size_bytes;
    return largest;
}

void terminal_measured_sizes(uint64_t chain_bytes, uint64_t array_bytes,
                             const struct topology *topology) {
    char chains[UNITS_TEXT_BYTES], arrays[UNITS_TEXT_BYTES], shown[UNITS_TEXT_BYTES];
    bool has_chains = chain_bytes && chain_bytes != NONE_U64;
    bool has_arrays = array_bytes && array_bytes != NONE_U64;
    uint64_t shown_bytes = largest_shown_bytes(topology);
    if (!has_chains && !has_arrays)
        return;
    terminal_say("Sizes      measured: ");
    if (has_chains)
        terminal_say("chains from %s on", units_format_bytes(chain_bytes, chains));
    if (has_arrays)
        terminal_say("%sarrays from %s on", has_chains ? " and " : "",
                     units_format_bytes(array_bytes, arrays));
    terminal_say(" do not fit any cache here; ");
    if (shown_bytes)
        terminal_say("the largest cache shown has %s\n",
                     units_format_bytes_rounded(shown_bytes, shown));
    else
        terminal_say("no cache is shown\n");
}

// Why sizes may fit caches that look much smaller: "" where memory was short, or --size was given.
static const char *why_unproven(const struct data_run *run) {
    const uint64_t chain_bytes = run->chosen.outgrown_bytes;
    const uint64_t array_bytes = run->chosen.array_outgrown_bytes;
    bool measured =
        chain_bytes && chain_bytes != NONE_U64 && array_bytes && array_bytes != NONE_U64;
    return measured || !run->machine.settings.memory.caches_doubted
               ? ""
               : ": a hypervisor shows the caches, which may be larger, and the probe did not see "
                 "that these sizes exceed them; repeat the run when the machine is quieter";
}

static void print_sizes(const struct terminal *terminal) {
    const struct dataset *dataset = terminal->dataset;
    size_t limited = 0, unproven = 0;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        limited += cell->size_rule == SIZE_BY_MEMORY;
        unproven += cell->sized_for == SIZED_FOR_UNPROVEN;
    }
    const struct machine_chosen *chosen = &dataset->runs[0].chosen;
    terminal_measured_sizes(chosen->outgrown_bytes, chosen->array_outgrown_bytes,
                            terminal->topology);
    if (limited)
        terminal_say("Sizes      limited by memory in %zu of %zu cases (column size_rule): at most "
                     "half of the free memory is used\n",
                     limited, dataset->cell_count);
    if (unproven)
        terminal_say("Sizes      %zu of %zu cases may fit the caches (flag SIZE_LIMITED)%s\n",
                     unproven, dataset->cell_count, why_unproven(&dataset->runs[0]));
}

// By mix: "reads read_4s.avx512, 3:1 add.avx2".
static void print_loops(const struct machine_chosen *chosen) {
    for (size_t i = 0; i < chosen->loop_count; i++)
        terminal_say("%s%s %s", i ? ", " : "Loops      ", chosen->loops[i].name,
                     chosen->loops[i].value);
    if (chosen->loop_count)
        terminal_say("\n");
}

// ---- checks -------------------------------------------------------------------------------------

static void print_checks(const struct terminal *terminal) {
    struct invariant *invariants = base_allocate(INVARIANTS_MAX, sizeof *invariants);
    const struct invariants_input input = {
        .dataset = terminal->dataset,
        .topology = terminal->topology,
        .peak_bytes_per_s =
            memory_peak_of_run(&terminal->dataset->runs[0], terminal->topology).bytes_per_s,
    };
    text_checks_print(invariants, invariants_find(&input, invariants), stdout);
    free(invariants);
}

void terminal_totals(const struct terminal *terminal) {
    const struct dataset *dataset = terminal->dataset;
    print_placement(dataset);
    print_spread(dataset);
    print_flags(dataset);
    terminal_bus(terminal);
    print_time(dataset);
    print_sizes(terminal);
    print_loops(&dataset->runs[0].chosen);
    print_checks(terminal);
}
