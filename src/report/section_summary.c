// SPDX-License-Identifier: Apache-2.0
// The page's first three sentences, for those who decide by it: what the figures are worth, what
// local and remote memory gives, and what it bears under load.
#include "analyse/loaded_curves.h"
#include "analyse/tiers.h"
#include "report/escape.h"
#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void put_worth(const struct page *page, FILE *stream) {
    const struct dataset *shown = page->shown;
    struct invariant *invariants = base_allocate(INVARIANTS_MAX, sizeof *invariants);
    size_t count = page_checks(page, invariants), made = 0, raised = 0;
    for (size_t i = 0; i < count; i++) {
        made += invariants[i].compared > 0;
        raised += invariants[i].raised > 0;
    }
    free(invariants);
    fprintf(stream, "<p>The place of memory and threads is proven for %zu of %zu measurements",
            shown->verified, shown->valued);
    if (shown->flagged)
        fprintf(stream, ", and %zu have a flag", shown->flagged);
    if (raised)
        fprintf(stream,
                "; <strong>%zu of %zu checks that compare figures with each other %s "
                "raised</strong>, which the section Checks explains",
                raised, made, raised == 1 ? "is" : "are");
    else if (made)
        fprintf(stream, "; all %zu checks that compare figures with each other hold", made);
    fprintf(stream, ".</p>\n");
}

static struct tier_list tiers_of(const struct page *page, const struct matrix *matrix) {
    struct tier_list tiers = {0};
    if (matrix)
        tier_list_build(&tiers, matrix->cells, matrix->row_count * matrix->column_count,
                        matrix->metric, &page_run(page)->machine, page->topology);
    return tiers;
}

static void put_tiers(const struct tier_list *tiers, enum metric metric, FILE *stream) {
    const struct metric_kind *kind = &metric_kinds[metric];
    for (size_t i = 0; i < tiers->count; i++) {
        const struct tier_figure *tier = &tiers->at[i];
        fprintf(stream, "%s<strong>%.*f %s</strong> (%s", i ? ", " : "", kind->decimals,
                tier->value / kind->unit_size, kind->unit, tier->name);
        if (tier->tier != TIER_LOCAL && !isnan(tier->ratio))
            fprintf(stream, ": %.2f times local", tier->ratio);
        fprintf(stream, ")");
    }
}

static void put_near_and_far(const struct page *page, FILE *stream) {
    struct matrix_list list;
    matrix_list_build(&list, page->shown);
    struct tier_list latency = tiers_of(page, matrix_main(&list, METRIC_LATENCY));
    struct tier_list bandwidth = tiers_of(page, matrix_main(&list, METRIC_BANDWIDTH));
    fprintf(stream, "<p>");
    if (latency.count)
        fprintf(stream, "Without load an access takes ");
    put_tiers(&latency, METRIC_LATENCY, stream);
    if (bandwidth.count)
        fprintf(stream, "%s CPUs of a node reach ", latency.count ? ", and the" : "The");
    put_tiers(&bandwidth, METRIC_BANDWIDTH, stream);
    if (!latency.count && !bandwidth.count)
        fprintf(stream, "Local and remote memory was not measured in this run");
    fprintf(stream, ".</p>\n");
    tier_list_free(&latency);
    tier_list_free(&bandwidth);
    matrix_list_free(&list);
}

static const struct loaded_curve *first_closed(const struct loaded_curves *curves) {
    for (size_t i = 0; i < curves->count; i++)
        if (!curves->at[i].paced)
            return &curves->at[i];
    return NULL;
}

static void put_under_load(const struct page *page, FILE *stream) {
    struct loaded_curves curves;
    char limit[LOADED_LIMIT_BYTES];
    loaded_curves_build(&curves, page->shown);
    const struct loaded_curve *curve = first_closed(&curves);
    const struct curve_estimate *usable = curve ? &curve->figures[CURVE_USABLE] : NULL;
    if (!curve)
        fprintf(stream, "<p>How latency grows under load was not measured in this run.</p>\n");
    else if (!isnan(usable->value))
        fprintf(stream,
                "<p>From the CPUs of node %" PRIu64 " the memory of node %" PRIu64
                " carries <strong>%.1f GB/s</strong> before latency rises to 1.5 times the idle "
                "latency.</p>\n",
                curve->first->cpu_node, curve->first->load_node, usable->value / 1e9);
    else
        fprintf(stream, "<p>The highest bandwidth under load is %.1f GB/s, %s.</p>\n",
                curve->figures[CURVE_SATURATED].value / 1e9,
                *loaded_curve_limit(curve, limit)
                    ? limit
                    : "and latency never rose to 1.5 times the idle latency");
    loaded_curves_free(&curves);
}

void section_summary(const struct page *page, FILE *stream) {
    fprintf(stream, "<section class=\"sum\"><h2>In three sentences</h2>\n");
    put_worth(page, stream);
    put_near_and_far(page, stream);
    put_under_load(page, stream);
    fprintf(stream, "</section>\n");
}
