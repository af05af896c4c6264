// SPDX-License-Identifier: Apache-2.0
// Near and far on the terminal: what other memory takes, in terms of a node's own.
#include "analyse/tiers.h"
#include "report/published_report.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

#include <math.h>

// One blank line stands before what there is to say, and none where nothing is.
static void begin_line(bool *begun) {
    if (!*begun)
        terminal_say("\n");
    *begun = true;
}

static void print_tiers(const struct terminal *terminal, const struct matrix *matrix, bool *begun) {
    const struct metric_kind *kind = &metric_kinds[matrix->metric];
    struct tier_list tiers;
    tier_list_build(&tiers, matrix->cells, matrix->row_count * matrix->column_count, matrix->metric,
                    &terminal->dataset->runs[0].machine, terminal->topology);
    bool compared = tiers.count > 1 && tiers.at[0].tier == TIER_LOCAL;
    for (size_t i = 0; compared && i < tiers.count; i++) {
        const struct tier_figure *tier = &tiers.at[i];
        begin_line(begun);
        terminal_say("%-10s %-26s %9.*f %s", i ? "" : kind->name, tier->name, kind->decimals,
                     tier->value / kind->unit_size, kind->unit);
        if (i)
            terminal_say("%7.2f x", tier->ratio);
        terminal_say("\n");
    }
    tier_list_free(&tiers);
}

static void print_published(const char *sentence, void *context) {
    begin_line(context);
    terminal_say("%s\n", sentence);
}

void terminal_tiers(const struct terminal *terminal, const struct matrix_list *list) {
    static const enum metric metrics[] = {METRIC_LATENCY, METRIC_BANDWIDTH};
    bool begun = false;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        const struct matrix *matrix = matrix_main(list, metrics[i]);
        if (matrix)
            print_tiers(terminal, matrix, &begun);
    }
    published_each(&terminal->dataset->runs[0], terminal->topology, list, print_published, &begun);
}
