// SPDX-License-Identifier: Apache-2.0
#include "analyse/loaded_curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A pause is a whole number: of attoseconds from one byte to the next, so that 1 EB/s is 1.
static const double attoseconds_per_s = 1e18;
static const double offered_least = 1, offered_most = 1e15; // bytes per second; beyond, no machine

static bool same_load(const struct data_cell *a, const struct data_cell *b) {
    return a->cpu_node == b->cpu_node && a->mem_node == b->mem_node &&
           a->load_node == b->load_node && strcmp(a->mix, b->mix) == 0 &&
           strcmp(a->kernel, b->kernel) == 0 && strcmp(a->pages, b->pages) == 0;
}

static bool is_paced(const struct data_cell *cell) {
    return strcmp(cell->load_mode, "paced") == 0;
}

// NONE_U64: no point of any curve.
static uint64_t pause_of(const struct data_cell *cell) {
    if (strcmp(cell->test, "loaded") != 0)
        return NONE_U64;
    if (!is_paced(cell))
        return cell->load_delay_cycles;
    if (!(cell->offered_bytes_per_s >= offered_least && cell->offered_bytes_per_s <= offered_most))
        return NONE_U64;
    return (uint64_t)(attoseconds_per_s / cell->offered_bytes_per_s);
}

double loaded_curve_offered(const struct curve_point *point) {
    return attoseconds_per_s / (double)point->delay_cycles;
}

static struct loaded_curve *curve_of(struct loaded_curves *curves, const struct data_cell *cell) {
    for (size_t i = 0; i < curves->count; i++)
        if (same_load(curves->at[i].first, cell) && curves->at[i].paced == is_paced(cell))
            return &curves->at[i];
    curves->at = base_grow_by_one(curves->at, curves->count, sizeof *curves->at);
    struct loaded_curve *curve = &curves->at[curves->count++];
    *curve = (struct loaded_curve){.first = cell, .paced = is_paced(cell)};
    snprintf(curve->name, sizeof curve->name, "cpu %lld to mem %lld, load on %lld, %.24s, %.16s",
             (long long)cell->cpu_node, (long long)cell->mem_node, (long long)cell->load_node,
             cell->mix[0] ? cell->mix : "all reads",
             cell->load_mode[0] ? cell->load_mode : "closed");
    return curve;
}

static void take_idle(struct loaded_curve *paced, const struct loaded_curves *curves) {
    for (enum curve_figure figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
        paced->figures[figure] = (struct curve_estimate){NAN, NAN, NAN};
    for (size_t i = 0; i < curves->count; i++)
        if (!curves->at[i].paced && same_load(curves->at[i].first, paced->first))
            paced->figures[CURVE_IDLE_NS] = curves->at[i].figures[CURVE_IDLE_NS];
}

void loaded_curves_build(struct loaded_curves *curves, const struct dataset *dataset) {
    *curves = (struct loaded_curves){0};
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        uint64_t pause = pause_of(cell);
        for (size_t visit = 0; pause != NONE_U64 && visit < cell->visit_count; visit++) {
            const double *values = cell->visits[visit].values;
            if (!isnan(values[METRIC_LATENCY]) && !isnan(values[METRIC_BANDWIDTH]))
                curve_add(&curve_of(curves, cell)->curve, pause, values[METRIC_BANDWIDTH],
                          values[METRIC_LATENCY]);
        }
    }
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
