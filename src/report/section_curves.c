// SPDX-License-Identifier: Apache-2.0
// Sections of the page that are curves, and the comparison.
#include "analyse/loaded_curves.h"
#include "analyse/sweep.h"
#include "base/units.h"
#include "report/escape.h"
#include "report/page.h"
#include "report/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- size sweep ---------------------------------------------------------------------------------

static void mark_caches(const struct page *page, struct chart *chart) {
    uint64_t seen[8] = {0};
    size_t count = 0;
    for (size_t i = 0; page->topology && i < page->topology->cache_count; i++) {
        const struct topology_cache *cache = &page->topology->caches[i];
        bool known = false;
        for (size_t j = 0; j < count; j++)
            known = known || seen[j] == cache->size_bytes;
        if (known || count == COUNT_OF(seen))
            continue;
        seen[count++] = cache->size_bytes;
        chart->marks = base_grow(chart->marks, count, sizeof *chart->marks);
        chart->marks[count - 1] = (struct chart_mark){.x = (double)cache->size_bytes};
        snprintf(chart->marks[count - 1].label, sizeof chart->marks->label, "L%u", cache->level);
    }
    chart->mark_count = count;
}

static void put_sweep(const struct page *page, const struct sweep_list *list, enum metric metric,
                      FILE *stream) {
    bool latency = metric == METRIC_LATENCY;
    struct chart chart = {.title = latency ? "Latency over size" : "Bandwidth over size",
                          .x_label = "bytes that one pass touches",
                          .y_label = metric_kinds[metric].unit,
                          .x_is_bytes = true,
                          .y_is_log = latency};
    for (size_t i = 0; i < list->count; i++) {
        const struct sweep_series *of = &list->at[i];
        if (of->metric != metric)
            continue;
        chart.series = base_grow_by_one(chart.series, chart.series_count, sizeof *chart.series);
        struct chart_series *series = &chart.series[chart.series_count++];
        char name[SWEEP_NAME_BYTES];
        *series = (struct chart_series){0};
        snprintf(series->name, sizeof series->name, "%s", sweep_name(of, name));
        for (size_t k = 0; k < of->cell_count; k++)
            chart_point(series, series_size_bytes(of->cells[k]),
                        data_cell_median(of->cells[k], data_all(metric)) /
                            metric_kinds[metric].unit_size);
    }
    mark_caches(page, &chart);
    if (chart.series_count) {
        fprintf(stream, "<h3>%s</h3>\n", chart.title);
        svg_chart(stream, &chart);
    }
    chart_free(&chart);
}

static void put_holds(const struct sweep_series *series, size_t match, FILE *stream) {
    char holds[UNITS_TEXT_BYTES], low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES];
    if (match == SIZE_MAX) {
        fprintf(stream, "<td class=\"q\">not reached</td></tr>\n");
        return;
    }
    const struct sweep_level *level = &series->levels[match];
    fprintf(stream, "<td class=\"num\">%s <span class=\"q\">(%s–%s)</span></td></tr>\n",
            units_format_bytes_rounded((uint64_t)level->holds_bytes, holds),
            units_format_bytes_rounded((uint64_t)level->low_bytes, low),
            units_format_bytes_rounded((uint64_t)level->high_bytes, high));
}

static size_t put_owned_rows(const struct page *page, const struct sweep_series *series,
                             size_t rows_before, FILE *stream) {
    struct topology_level shown[TOPOLOGY_LEVELS_MAX];
    size_t matches[TOPOLOGY_LEVELS_MAX];
    size_t count = sweep_shown(series, page->topology, shown, matches);
    char name[SWEEP_NAME_BYTES], size[UNITS_TEXT_BYTES];
    if (count && !rows_before)
        fprintf(stream,
                "<div class=\"wide\"><table><caption>What each cache holds</caption><tr><th "
                "scope=\"col\">series</th><th scope=\"col\">cache</th><th scope=\"col\" "
                "class=\"num\">shown</th><th scope=\"col\" class=\"num\">holds about</th></tr>\n");
    for (size_t level = 0; level < count; level++) {
        fprintf(stream, "<tr><td>");
        put_html(stream, sweep_name(series, name));
        fprintf(stream, "</td><td>L%u</td><td class=\"num\">%s</td>", shown[level].level,
                units_format_bytes_rounded(shown[level].size_bytes, size));
        put_holds(series, matches[level], stream);
    }
    return count;
}

// What each cache really holds, beside what the machine shows; nothing where it shows none.
static void put_owned(const struct page *page, const struct sweep_list *list, FILE *stream) {
    size_t rows = 0;
    for (size_t i = 0; i < list->count; i++)
        rows += put_owned_rows(page, &list->at[i], rows, stream);
    if (rows)
        fprintf(stream, "</table></div>\n");
}

void section_sweep(const struct page *page, FILE *stream) {
    struct sweep_list list;
    sweep_list_build(&list, page->shown);
    if (list.count) {
        fprintf(stream, "<section><h2>Sizes</h2>\n<p class=\"q\">Dashed lines: cache sizes that "
                        "the machine reports.</p>\n");
        put_sweep(page, &list, METRIC_LATENCY, stream);
        put_sweep(page, &list, METRIC_BANDWIDTH, stream);
        put_owned(page, &list, stream);
        fprintf(stream, "</section>\n");
    }
    sweep_list_free(&list);
}

// ---- latency under load -------------------------------------------------------------------------

static void put_figure(FILE *stream, const struct curve_estimate *estimate, double unit_size,
                       int decimals) {
    if (isnan(estimate->value)) {
        fprintf(stream, "<td class=\"num q\">not reached</td>");
        return;
    }
    fprintf(stream, "<td class=\"num\">%.*f", decimals, estimate->value / unit_size);
    if (!isnan(estimate->low) && !isnan(estimate->high))
        fprintf(stream, " <span class=\"q\">(%.*f–%.*f)</span>", decimals,
                estimate->low / unit_size, decimals, estimate->high / unit_size);
    fprintf(stream, "</td>");
}

static void put_figures(const struct loaded_curve *curve, FILE *stream) {
    const struct curve_estimate *figures = curve->figures;
    char limit[LOADED_LIMIT_BYTES];
    fprintf(stream, "<tr><td>");
    put_html(stream, curve->name);
    fprintf(stream, "</td>");
    put_figure(stream, &figures[CURVE_IDLE_NS], 1, 1);
    put_figure(stream, &figures[CURVE_KNEE], 1e9, 1);
    put_figure(stream, &figures[CURVE_USABLE], 1e9, 1);
    put_figure(stream, &figures[CURVE_AT_2], 1e9, 1);
    put_figure(stream, &figures[CURVE_SATURATED], 1e9, 1);
    put_figure(stream, &figures[CURVE_SATURATED_NS], 1, 0);
    fprintf(stream, "<td class=\"q\">");
    put_html(stream, loaded_curve_limit(curve, limit));
    fprintf(stream, "</td></tr>\n");
}

// One point that was held up for long would press all others onto the axis.
static bool spans_decades(const struct chart *chart) {
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < chart->series_count; i++)
        for (size_t point = 0; point < chart->series[i].count; point++) {
            least = fmin(least, chart->series[i].y[point]);
            most = fmax(most, chart->series[i].y[point]);
        }
    return most > 20 * least;
}

static void chart_curves(const struct loaded_curves *curves, FILE *stream) {
    struct chart chart = {.title = "Latency over bandwidth",
                          .x_label = "measured bandwidth, GB/s",
                          .y_label = "latency, ns"};
    chart.series = base_allocate(curves->count, sizeof *chart.series);
    chart.series_count = curves->count;
    for (size_t i = 0; i < curves->count; i++) {
        const struct curve *curve = &curves->at[i].curve;
        snprintf(chart.series[i].name, sizeof chart.series[i].name, "%s", curves->at[i].name);
        for (size_t point = 0; point < curve->count; point++)
            chart_point(&chart.series[i], curve_point_bandwidth(&curve->points[point]) / 1e9,
                        curve_point_latency(&curve->points[point]));
        double knee = curves->at[i].figures[CURVE_KNEE].value;
        if (isnan(knee))
            continue;
        chart.marks = base_grow_by_one(chart.marks, chart.mark_count, sizeof *chart.marks);
        chart.marks[chart.mark_count++] = (struct chart_mark){.x = knee / 1e9, .label = "knee"};
    }
    chart.y_is_log = spans_decades(&chart);
    svg_chart(stream, &chart);
    chart_free(&chart);
}

static void put_closed(const struct loaded_curves *curves, FILE *stream) {
    size_t rows = 0;
    for (size_t i = 0; i < curves->count; i++) {
        if (curves->at[i].paced)
            continue;
        if (!rows++)
            fprintf(
                stream,
                "<div class=\"wide\"><table><caption>Figures of each curve, with 95 %% "
                "intervals</caption><tr><th scope=\"col\">curve</th><th scope=\"col\" "
                "class=\"num\">idle, "
                "ns</th><th scope=\"col\" class=\"num\">knee, GB/s</th><th "
                "scope=\"col\" class=\"num\">usable "
                "(1.5 x idle), GB/s</th><th scope=\"col\" class=\"num\">at 2 x idle, GB/s</th><th "
                "scope=\"col\" "
                "class=\"num\">largest, GB/s</th><th scope=\"col\" class=\"num\">latency "
                "there, ns</th><th scope=\"col\">limit</th></tr>\n");
        put_figures(&curves->at[i], stream);
    }
    if (rows)
        fprintf(stream, "</table></div>\n");
}

static void put_paced(const struct loaded_curves *curves, FILE *stream) {
    size_t rows = 0;
    for (size_t i = 0; i < curves->count; i++) {
        const struct loaded_curve *curve = &curves->at[i];
        for (size_t at = 0; curve->paced && at < curve->curve.count; at++) {
            const struct curve_point *point = &curve->curve.points[at];
            if (!rows++)
                fprintf(stream,
                        "<div class=\"wide\"><table><caption>Load at a fixed rate</caption><tr><th "
                        "scope=\"col\">paced</th><th scope=\"col\" class=\"num\">offered, "
                        "GB/s</th><th scope=\"col\" class=\"num\">achieved, GB/s</th><th "
                        "scope=\"col\" class=\"num\">latency, ns</th></tr>\n");
            fprintf(stream, "<tr><td>");
            put_html(stream, curve->name);
            fprintf(stream,
                    "</td><td class=\"num\">%.1f</td><td class=\"num\">%.1f</td><td "
                    "class=\"num\">%.1f</td></tr>\n",
                    loaded_curve_offered(point) / 1e9, curve_point_bandwidth(point) / 1e9,
                    curve_point_latency(point));
        }
    }
    if (rows)
        fprintf(stream, "</table></div>\n");
}

void section_loaded(const struct page *page, FILE *stream) {
    struct loaded_curves curves;
    loaded_curves_build(&curves, page->shown);
    if (curves.count) {
        fprintf(
            stream,
            "<section><h2>Latency under load</h2>\n<p class=\"q\">One thread measures latency "
            "while others load the memory more and more. Idle is the latency without load. Usable "
            "is the bandwidth at which latency is 1.5 times idle. The knee is where latency begins "
            "to rise steeply. Largest is the highest bandwidth measured.</p>\n");
        chart_curves(&curves, stream);
        put_closed(&curves, stream);
        put_paced(&curves, stream);
        fprintf(stream, "</section>\n");
    }
    loaded_curves_free(&curves);
}

// ---- comparison ---------------------------------------------------------------------------------

static void put_base_note(const char *sentence, void *context) {
    FILE *stream = context;
    fprintf(stream, "<p class=\"no\">✗ base: ");
    put_html(stream, sentence);
    fprintf(stream, "</p>\n");
}

static void put_differences(const struct difference_list *list, FILE *stream) {
    static const char *const marks[] = {
        [DIFFERENCE_UNKNOWN] = " class=\"q\">unknown",
        [DIFFERENCE_NAMED] = " class=\"q\">differs",
        [DIFFERENCE_REFUSES] = " class=\"no\">✗ not comparable",
    };
    if (!list->count)
        return;
    fprintf(stream, "<table><tr><th></th><th>base</th><th>new</th><th></th></tr>\n");
    for (size_t i = 0; i < list->count; i++) {
        fprintf(stream, "<tr><td>");
        put_html(stream, list->at[i].what);
        fprintf(stream, "</td><td>");
        put_html(stream, list->at[i].base);
        fprintf(stream, "</td><td>");
        put_html(stream, list->at[i].candidate);
        fprintf(stream, "</td><td%s</td></tr>\n", marks[list->at[i].weight]);
    }
    fprintf(stream, "</table>\n");
}

static double percent(double ratio) {
    return 100 * (ratio - 1);
}

static int by_effect(const void *left, const void *right) {
    double a = fabs(log((*(const struct compare_result *const *)left)->all.ratio));
    double b = fabs(log((*(const struct compare_result *const *)right)->all.ratio));
    return (a < b) - (a > b);
}

static void put_effects(const struct comparison *comparison, FILE *stream) {
    enum { EFFECTS_MAX = 60, NAME_BYTES = 128 };
    const struct compare_result **results = base_allocate(comparison->count, sizeof *results);
    struct effect *effects = base_allocate(comparison->count, sizeof *effects);
    char(*names)[NAME_BYTES] = base_allocate(comparison->count, sizeof *names);
    size_t count = comparison->count < EFFECTS_MAX ? comparison->count : EFFECTS_MAX;
    for (size_t i = 0; i < comparison->count; i++)
        results[i] = &comparison->results[i];
    qsort(results, comparison->count, sizeof *results, by_effect);
    for (size_t i = 0; i < count; i++) {
        const struct compare_judgement *all = &results[i]->all;
        snprintf(names[i], NAME_BYTES, "%.126s", results[i]->pair->name);
        effects[i] = (struct effect){.name = names[i],
                                     .word = compare_verdict_names[all->verdict],
                                     .percent = percent(all->ratio),
                                     .low = percent(all->low),
                                     .high = percent(all->high),
                                     .kind = all->verdict <= COMPARE_SUSPECTED          ? 0
                                             : all->verdict <= COMPARE_SUSPECTED_BETTER ? 1
                                                                                        : 2};
    }
    svg_effects(stream, "Change of each case with its 95 % interval", effects, count);
    if (count < comparison->count)
        fprintf(stream, "<p class=\"q\">The %zu largest of %zu.</p>\n", count, comparison->count);
    free(results);
    free(effects);
    free(names);
}

static void put_result(const struct compare_result *result, FILE *stream) {
    const struct metric_kind *kind = &metric_kinds[result->pair->metric];
    const struct compare_judgement *all = &result->all;
    char change[CHANGE_TEXT_BYTES];
    fprintf(stream, "<tr><th scope=\"row\">");
    put_html(stream, result->pair->name);
    fprintf(stream, "</th><td>%.*f %s</td><td>%.*f %s</td><td>%s</td><td>", kind->decimals,
            result->pair->base.median / kind->unit_size, kind->unit, kind->decimals,
            result->pair->candidate.median / kind->unit_size, kind->unit,
            compare_change(all->ratio, change));
    if (isnan(all->low))
        fprintf(stream, "none");
    else
        fprintf(stream, "%+.1f to %+.1f %%", percent(all->low), percent(all->high));
    fprintf(stream, "</td><td>%s</td></tr>\n", compare_verdict_names[all->verdict]);
}

// All cells, in the order of the runs: what a drawing shows can be read and copied here.
static void put_results(const struct comparison *comparison, FILE *stream) {
    static const char *const heads[] = {"case",   "base, median",  "new, median",
                                        "change", "95 % interval", "verdict"};
    if (!comparison->count)
        return;
    fprintf(stream, "<div class=\"wide\"><table><caption>Medians and change of each "
                    "case</caption>\n<thead><tr>");
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        fprintf(stream, "<th scope=\"col\">%s</th>", heads[i]);
    fprintf(stream, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < comparison->count; i++)
        put_result(&comparison->results[i], stream);
    fprintf(stream, "</tbody></table></div>\n<p class=\"q\">%s</p>\n", compare_legend(comparison));
}

void section_comparison(const struct page *page, FILE *stream) {
    const struct compare_report *report = page->compared;
    if (!report)
        return;
    fprintf(stream, "<section><h2>Comparison</h2>\n<p class=\"q\">Base: %zu run%s, first ",
            report->base->run_count, PLURAL(report->base->run_count));
    put_html(stream, report->base->runs[0].run_id);
    fprintf(stream, "; new to base, largest change first.</p>\n");
    notes_each(report->base, put_base_note, stream);
    put_differences(report->differences, stream);
    if (report->differences->chosen[0]) {
        fprintf(stream, "<p>The runs chose differently: ");
        put_html(stream, report->differences->chosen);
        fprintf(stream, "</p>\n");
    }
    const struct comparison *comparison = report->comparison;
    if (comparison) {
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
            if (comparison->shifts[metric].found)
                fprintf(stream, "<p class=\"no\">All %zu %s cases %s together by %+.1f %%.</p>\n",
                        comparison->shifts[metric].cells, metric_kinds[metric].name,
                        compare_verdict_names[comparison->shifts[metric].verdict],
                        percent(comparison->shifts[metric].ratio));
        fprintf(stream, "<p>");
        compare_print_counts(comparison, stream);
        fprintf(stream, ". ");
        compare_print_flagged(comparison, stream);
        fprintf(stream, "</p>\n");
        compare_print_power(comparison, "<p>", "</p>\n", stream);
        put_effects(comparison, stream);
        put_results(comparison, stream);
    }
    fprintf(stream, "</section>\n");
}
