// SPDX-License-Identifier: Apache-2.0
#include "report/terminal.h"
#include "report/terminal_text.h"

#include "analyse/sweep.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// What the CPUs of a series are shown.
struct shown {
    struct topology_level levels[TOPOLOGY_LEVELS_MAX];
    size_t matches[TOPOLOGY_LEVELS_MAX];
    size_t count;
};

// ---- a line a size ------------------------------------------------------------------------------

enum { BAR_WIDTH = 40 };

static double value_of(const struct sweep_series *series, size_t cell) {
    return data_cell_median(series->cells[cell], data_all(series->metric)) /
           metric_kinds[series->metric].unit_size;
}

// By the logarithm, from the least value to the largest: levels differ by factors.
static void print_bar(const struct sweep_series *series, double value) {
    double least = value, largest = value;
    for (size_t i = 0; i < series->cell_count; i++) {
        least = fmin(least, value_of(series, i));
        largest = fmax(largest, value_of(series, i));
    }
    double share = largest > least ? log(value / least) / log(largest / least) : 0;
    for (int i = 0; i <= (int)lround(share * (BAR_WIDTH - 1)); i++)
        terminal_say("#");
}

static void print_size(const struct sweep_series *series, size_t index) {
    const struct data_cell *cell = series->cells[index];
    const struct metric_kind *kind = &metric_kinds[series->metric];
    char size[UNITS_TEXT_BYTES];
    double value = value_of(series, index), cycles = data_cell_cycles(cell);
    terminal_say("  %11s %9.*f ",
                 units_format_bytes_rounded((uint64_t)series_size_bytes(cell), size),
                 series->metric == METRIC_LATENCY ? 2 : kind->decimals, value);
    if (series->metric == METRIC_LATENCY && !isnan(cycles))
        terminal_say("%8.1f", cycles);
    terminal_say("  ");
    print_bar(series, value);
    terminal_say("\n");
}

static void print_border(const struct topology_level *level) {
    char size[UNITS_TEXT_BYTES];
    terminal_say("  ----------- L%u: %s according to the system\n", level->level,
                 units_format_bytes_rounded(level->size_bytes, size));
}

static void print_sizes(const struct sweep_series *series, const struct shown *shown) {
    bool latency = series->metric == METRIC_LATENCY;
    terminal_say("  %11s %9s%s\n", "touched", metric_kinds[series->metric].unit,
                 latency ? "   cycles" : "");
    size_t border = 0;
    for (size_t i = 0; i < series->cell_count; i++) {
        for (; border < shown->count &&
               series_size_bytes(series->cells[i]) > (double)shown->levels[border].size_bytes;
             border++)
            print_border(&shown->levels[border]);
        print_size(series, i);
    }
}

// ---- the levels ---------------------------------------------------------------------------------

static void print_match(const struct sweep_series *series, const struct topology_level *shown,
                        size_t match) {
    char size[UNITS_TEXT_BYTES], holds[UNITS_TEXT_BYTES], low[UNITS_TEXT_BYTES],
        high[UNITS_TEXT_BYTES];
    terminal_say("  L%u shown with %-9s ", shown->level,
                 units_format_bytes_rounded(shown->size_bytes, size));
    if (match == SIZE_MAX) {
        terminal_say("not reached: no step in the curve fits it\n");
        return;
    }
    const struct sweep_level *level = &series->levels[match];
    terminal_say("holds about %s (%s to %s)\n",
                 units_format_bytes_rounded((uint64_t)level->holds_bytes, holds),
                 units_format_bytes_rounded((uint64_t)level->low_bytes, low),
                 units_format_bytes_rounded((uint64_t)level->high_bytes, high));
}

static void print_levels(const struct sweep_series *series, const struct shown *shown) {
    for (size_t i = 0; i < shown->count; i++)
        print_match(series, &shown->levels[i], shown->matches[i]);
    if (!series->level_count)
        return;
    const struct sweep_level *last = &series->levels[series->level_count - 1];
    char size[UNITS_TEXT_BYTES];
    double value = series->metric == METRIC_LATENCY ? last->time : 1 / last->time / 1e9;
    terminal_say("  the last level begins at %s with %.1f %s\n",
                 units_format_bytes_rounded((uint64_t)last->first_bytes, size), value,
                 metric_kinds[series->metric].unit);
}

void terminal_sweeps(const struct terminal *terminal) {
    struct sweep_list list;
    sweep_list_build(&list, terminal->dataset);
    for (size_t i = 0; i < list.count; i++) {
        const struct sweep_series *series = &list.at[i];
        struct shown shown;
        shown.count = sweep_shown(series, terminal->topology, shown.levels, shown.matches);
        char name[SWEEP_NAME_BYTES];
        terminal_say("\n%s over size: %s\n",
                     series->metric == METRIC_LATENCY ? "Latency" : "Bandwidth",
                     sweep_name(series, name));
        print_sizes(series, &shown);
        print_levels(series, &shown);
    }
    if (list.count)
        terminal_say(
            "\nSizes are what one pass touches: half of a chain's buffer. If a prefetcher fetches "
            "lines in\npairs, a chain fills up to twice as much of the caches beyond the first.\n");
    sweep_list_free(&list);
}
