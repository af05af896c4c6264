// SPDX-License-Identifier: Apache-2.0
#include "analyse/loaded_curves.h"

#include "analyse/series.h"
#include "base/id_set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double loaded_curve_offered(const struct curve_point *point) {
    return 1 / point->pause;
}

char *loaded_curve_limit(const struct loaded_curve *curve, char text[LOADED_LIMIT_BYTES]) {
    static const char what_follows[] =
        "latency stayed below 1.25 x idle, so the limit of the memory is unknown";
    struct id_set cpus = {0};
    struct error error;
    text[0] = '\0';
    if (curve_saturates(curve->figures))
        return text;
    size_t count = id_set_parse(&cpus, curve->first->load_cpus, &error) ? cpus.count : 0;
    id_set_free(&cpus);
    if (isnan(curve->figures[CURVE_IDLE_NS].value))
        snprintf(text, LOADED_LIMIT_BYTES,
                 "unknown if the memory was saturated: the curve does not begin idle");
    else if (count)
        snprintf(text, LOADED_LIMIT_BYTES, "limited by the load (%zu CPU%s): %s", count,
                 PLURAL(count), what_follows);
    else
        snprintf(text, LOADED_LIMIT_BYTES, "limited by the load: %s", what_follows);
    return text;
}

static void add_visits(struct loaded_curve *curve, const struct data_cell *cell) {
    size_t added = 0;
    for (size_t i = 0; i < cell->visit_count; i++) {
        const struct data_visit *visit = &cell->visits[i];
        double bandwidth = visit->values[METRIC_BANDWIDTH];
        if (curve->paced && !isnan(visit->load_bytes_per_s))
            bandwidth = visit->load_bytes_per_s;
        if (isnan(visit->values[METRIC_LATENCY]) || isnan(bandwidth))
            continue;
        curve_add(&curve->curve, series_pause(cell), bandwidth, visit->values[METRIC_LATENCY]);
        added++;
    }
    if (added > curve->visits_max)
        curve->visits_max = added;
}

static struct loaded_curve curve_of(const struct series *series) {
    const struct data_cell *first = series->cells[0];
    char nodes[NODE_SET_TEXT_BYTES];
    struct loaded_curve curve = {.first = first, .paced = first->load_mode == LOAD_PACED};
    snprintf(curve.name, sizeof curve.name,
             "cpu %lld to mem %s, load on %lld, %.24s%s, %.24s chain", (long long)first->cpu_node,
             node_set_format(&first->mem_node, nodes), (long long)first->load_node,
             first->mix[0] ? first->mix : "all reads", curve.paced ? ", paced" : "",
             first->pattern);
    for (size_t i = 0; i < series->cell_count; i++)
        add_visits(&curve, series->cells[i]);
    return curve;
}

static int compare_places(const struct loaded_curve *a, const struct loaded_curve *b) {
    return series_compare(SERIES_LOAD, a->first, b->first);
}

static int by_place(const void *left, const void *right) {
    const struct loaded_curve *a = *(const struct loaded_curve *const *)left;
    const struct loaded_curve *b = *(const struct loaded_curve *const *)right;
    int order = compare_places(a, b);
    return order ? order : (a > b) - (a < b);
}

static void sort_by_place(struct loaded_curves *curves) {
    curves->by_place = base_allocate(curves->count + 1, sizeof *curves->by_place);
    for (size_t i = 0; i < curves->count; i++)
        curves->by_place[i] = &curves->at[i];
    qsort(curves->by_place, curves->count, sizeof *curves->by_place, by_place);
}

const struct loaded_curve *loaded_curves_twin(const struct loaded_curves *curves,
                                              const struct loaded_curve *curve) {
    size_t at = 0, end = curves->count;
    while (at < end) { // the first of its place
        size_t middle = at + (end - at) / 2;
        if (compare_places(curves->by_place[middle], curve) < 0)
            at = middle + 1;
        else
            end = middle;
    }
    for (; at < curves->count && compare_places(curves->by_place[at], curve) == 0; at++)
        if (curves->by_place[at]->paced != curve->paced)
            return curves->by_place[at];
    return NULL;
}

static void take_idle(struct loaded_curve *paced, const struct loaded_curves *curves) {
    const struct loaded_curve *closed = loaded_curves_twin(curves, paced);
    for (enum curve_figure figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
        paced->figures[figure] = (struct curve_estimate){NAN, NAN, NAN};
    if (closed)
        paced->figures[CURVE_IDLE_NS] = closed->figures[CURVE_IDLE_NS];
}

void loaded_curves_build(struct loaded_curves *curves, const struct dataset *dataset) {
    struct series_list list;
    series_list_build(&list, dataset, SERIES_CURVE);
    *curves = (struct loaded_curves){.at = base_allocate(list.count + 1, sizeof *curves->at)};
    for (size_t i = 0; i < list.count; i++) {
        struct loaded_curve curve = curve_of(&list.at[i]);
        if (curve.curve.count) // some visit has a value
            curves->at[curves->count++] = curve;
    }
    series_list_free(&list);
    sort_by_place(curves);
    for (size_t i = 0; i < curves->count; i++)
        if (!curves->at[i].paced)
            curve_find_figures(&curves->at[i].curve, &curve_settings_default,
                               curves->at[i].figures);
    for (size_t i = 0; i < curves->count; i++)
        if (curves->at[i].paced)
            take_idle(&curves->at[i], curves);
}

void loaded_curves_free(struct loaded_curves *curves) {
    for (size_t i = 0; i < curves->count; i++)
        curve_free(&curves->at[i].curve);
    free(curves->by_place);
    free(curves->at);
    *curves = (struct loaded_curves){0};
}

double loaded_curve_latency(const struct curve *curve, double bandwidth_bytes_per_s) {
    for (size_t i = 0; i + 1 < curve->count; i++) {
        double from = curve_point_bandwidth(&curve->points[i]);
        double to = curve_point_bandwidth(&curve->points[i + 1]);
        if (bandwidth_bytes_per_s < from || bandwidth_bytes_per_s > to || from == to)
            continue;
        double share = (bandwidth_bytes_per_s - from) / (to - from);
        double near = curve_point_latency(&curve->points[i]);
        return near + share * (curve_point_latency(&curve->points[i + 1]) - near);
    }
    return NAN;
}
