// SPDX-License-Identifier: Apache-2.0
// The most bandwidth of each mix on the terminal, and its share of what the memory modules carry.
#include "analyse/memory_peak.h"
#include "analyse/series.h"
#include "base/id_set.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double peak_of(const struct data_cell *cell) {
    return data_cell_median(cell, data_all(METRIC_BANDWIDTH));
}

// "+-1.2 %", of the 95 % interval; "" where there is none.
static const char *format_interval(const struct data_cell *cell, char text[HALF_WIDTH_TEXT_BYTES]) {
    double half = data_cell_half_width(cell, data_all(METRIC_BANDWIDTH));
    return isnan(half) ? "" : terminal_half_width(half, text);
}

// The cell's name without its test and its mix, which stand before it.
static void print_loop(const char *name) {
    const char *from = strchr(name, '/'), *to = strstr(name, "/mix:");
    from = from ? from + 1 : name;
    terminal_say(" %.*s", (int)(to && to > from ? (size_t)(to - from) : strlen(from)), from);
}

static void print_peak(const struct series *race) {
    const struct data_cell *won = series_race_winner(race);
    char interval[HALF_WIDTH_TEXT_BYTES];
    terminal_say("  %-10s", won->mix);
    if (won->visit_count)
        terminal_say("%11.2f %-9s", peak_of(won) / 1e9, format_interval(won, interval));
    else
        terminal_say("%11s %-9s", terminal_word_for_none(won), "");
    print_loop(won->name);
    if (race->cell_count > 1)
        terminal_say(", the best of %zu", race->cell_count);
    terminal_say("\n");
}

void terminal_peaks(const struct terminal *terminal) {
    struct series_list races;
    series_list_build(&races, terminal->dataset, SERIES_RACE);
    if (races.count)
        terminal_say("\nPeak bandwidth, GB/s, by the mix of reads and writes on the bus\n");
    for (size_t i = 0; i < races.count; i++)
        print_peak(&races.at[i]);
    series_list_free(&races);
}

// ---- shares of the theoretical peak -------------------------------------------------------------

// Whether a cell was seen to draw from all memory that there is.
static bool is_whole_machine(const struct topology *topology, const struct data_cell *cell) {
    struct id_set seen;
    struct error ignored;
    size_t nodes = 0;
    for (size_t i = 0; i < topology->node_count; i++)
        nodes += topology->nodes[i].has_memory;
    bool whole = id_set_parse(&seen, cell->nodes_seen, &ignored) && seen.count == nodes;
    id_set_free(&seen);
    return whole;
}

static void print_shares(const struct terminal *terminal, const struct series_list *races,
                         const struct memory_peak *peak) {
    bool titled = false;
    for (size_t i = 0; i < races->count; i++) {
        const struct data_cell *won = series_race_winner(&races->at[i]);
        if (!is_whole_machine(terminal->topology, won) || !won->visit_count)
            continue;
        if (!titled)
            terminal_say("Theoretical peak %.2f GB/s: %s. The peaks reach\n ",
                         peak->bytes_per_s / 1e9, peak->sentence);
        terminal_say("%s %s %.1f %%", titled ? "," : "", won->mix,
                     100 * peak_of(won) / peak->bytes_per_s);
        titled = true;
    }
    if (titled)
        terminal_say("\n");
}

void terminal_peak_shares(const struct terminal *terminal) {
    struct series_list races;
    const struct memory_peak peak =
        memory_peak_of_run(&terminal->dataset->runs[0], terminal->topology);
    series_list_build(&races, terminal->dataset, SERIES_RACE);
    bool whole = false;
    for (size_t i = 0; terminal->topology && i < races.count; i++)
        whole = whole || is_whole_machine(terminal->topology, races.at[i].cells[0]);
    if (whole && isnan(peak.bytes_per_s))
        terminal_say("Theoretical peak: unknown, because %s\n", peak.sentence);
    else if (whole)
        print_shares(terminal, &races, &peak);
    series_list_free(&races);
}
