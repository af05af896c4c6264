// SPDX-License-Identifier: Apache-2.0
// Idle latency by size of page: what translating addresses costs.
#include "analyse/series.h"
#include "base/units.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// That was found, which proves it; 0 where it is unknown or differed.
static uint64_t page_bytes(const struct data_cell *cell) {
    return cell->page_found_bytes == NONE_U64 ? 0 : cell->page_found_bytes;
}

static double latency(const struct data_cell *cell) {
    return data_cell_median(cell, data_all(METRIC_LATENCY));
}

static int by_page(const void *left, const void *right) {
    const struct data_cell *const *a = left, *const *b = right;
    int order = (page_bytes(*a) > page_bytes(*b)) - (page_bytes(*a) < page_bytes(*b));
    return order ? order : strcmp((*a)->name, (*b)->name);
}

// The latency in the largest pages that are proven, of a buffer of the same size: of another it
// may be of other caches. NaN: there is none.
static double latency_in_largest(const struct series *series, uint64_t buffer_bytes) {
    double latency_ns = NAN;
    for (size_t i = 0; i < series->cell_count; i++) {
        const struct data_cell *cell = series->cells[i];
        if (page_bytes(cell) && cell->buffer_bytes == buffer_bytes && !isnan(latency(cell)))
            latency_ns = latency(cell);
    }
    return latency_ns;
}

static void print_cell(const struct data_cell *cell, double largest_ns) {
    char page[UNITS_TEXT_BYTES] = "unproven", buffer[UNITS_TEXT_BYTES];
    double latency_ns = latency(cell);
    if (page_bytes(cell))
        units_format_bytes(page_bytes(cell), page);
    terminal_say("  %-9s %9s %9s", cell->pages, page,
                 units_format_bytes_rounded(cell->buffer_bytes, buffer));
    if (isnan(latency_ns))
        terminal_say(" %9s %10s", terminal_word_for_none(cell), "");
    else if (isnan(largest_ns) || !page_bytes(cell))
        terminal_say(" %9.1f %10s", latency_ns, "-");
    else
        terminal_say(" %9.1f %+10.1f", latency_ns, latency_ns - largest_ns);
    terminal_say("  %s\n", cell->name);
}

void terminal_pages(const struct terminal *terminal) {
    struct series_list list;
    bool begun = false;
    series_list_build(&list, terminal->dataset, SERIES_PAGES);
    for (size_t i = 0; i < list.count; i++) {
        const struct series *series = &list.at[i];
        if (series->cell_count < 2)
            continue;
        if (!begun)
            terminal_say("\nIdle latency by size of page, ns, and the difference to the largest: "
                         "what translation costs\n  %-9s %9s %9s %9s %10s  %s\n",
                         "kind", "page", "buffer", "load", "difference", "case");
        begun = true;
        qsort(series->cells, series->cell_count, sizeof *series->cells, by_page);
        for (size_t k = 0; k < series->cell_count; k++)
            print_cell(series->cells[k],
                       latency_in_largest(series, series->cells[k]->buffer_bytes));
    }
    series_list_free(&list);
}
