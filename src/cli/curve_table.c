// SPDX-License-Identifier: Apache-2.0
#include "cli/curve_table.h"

#include "analyse/curve.h"
#include "plan/curve.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// How the figures are shown, in their order.
static const struct {
    const char *name;
    bool is_latency;
} figure_shown[CURVE_FIGURE_COUNT] = {
    [CURVE_IDLE_NS] = {"idle latency",             true },
    [CURVE_SATURATED] = {"saturated bandwidth",      false},
    [CURVE_SATURATED_NS] = {"latency there",            true },
    [CURVE_AT_1_25] = {"bandwidth at 1.25 x idle", false},
    [CURVE_AT_1_5] = {"bandwidth at 1.5 x idle",  false},
    [CURVE_AT_2] = {"bandwidth at 2 x idle",    false},
    [CURVE_USABLE] = {"usable bandwidth (1.5 x)", false},
    [CURVE_KNEE] = {"knee, bandwidth",          false},
    [CURVE_KNEE_NS] = {"knee, latency",            true },
};

static void print_figure(enum curve_figure figure, const struct curve_estimate *estimate) {
    bool is_latency = figure_shown[figure].is_latency;
    double unit = is_latency ? 1 : 1e9;
    const char *name = is_latency ? "ns" : "GB/s";
    printf("  %-26s", figure_shown[figure].name);
    if (isnan(estimate->value)) {
        bool is_knee = figure == CURVE_KNEE || figure == CURVE_KNEE_NS;
        printf("%11s\n", is_knee ? "none" : "not reached");
        return;
    }
    printf("%8.*f %s", is_latency ? 1 : 2, estimate->value / unit, name);
    if (!isnan(estimate->low) && !isnan(estimate->high))
        printf("  95 %%: %.*f to %.*f", is_latency ? 1 : 2, estimate->low / unit,
               is_latency ? 1 : 2, estimate->high / unit);
    else if (!isnan(estimate->low))
        printf("  95 %%: from %.*f, open above", is_latency ? 1 : 2, estimate->low / unit);
    printf("\n");
}

static void print_title(const struct cell *cell) {
    const struct cell_load *load = &cell->load;
    char cpus[128], victim[64];
    printf("\nLatency under load: CPU %s of node %" PRIu32 ", %s chain on node %" PRIu32
           ", %s pages\n",
           id_set_format(&cell->cpus, victim, sizeof victim), cell->cpu_node, cell->pattern->name,
           cell->mem_node, cell->pages->name);
    printf("load: %s (%s.%s) on memory of node %" PRIu32 ", ", load->mix->name, load->kernel->name,
           isa_names[load->kernel->isa], load->node);
    if (load->cpus.count)
        printf("CPUs %s\n", id_set_format(&load->cpus, cpus, sizeof cpus));
    else
        printf("no CPU\n");
}

// The point whose bandwidth is nearest to that of the knee.
static size_t knee_point(const struct curve *curve, double knee) {
    size_t nearest = SIZE_MAX;
    double least = INFINITY;
    for (size_t i = 0; i < curve->count && !isnan(knee); i++) {
        double distance = fabs(curve_point_bandwidth(&curve->points[i]) - knee);
        if (distance < least) {
            least = distance;
            nearest = i;
        }
    }
    return nearest;
}

static void print_points(const struct curve *curve, const struct curve_estimate *figures) {
    size_t knee = knee_point(curve, figures[CURVE_KNEE].value);
    printf("%12s %10s %10s %7s\n", "delay cycles", "GB/s", "ns", "visits");
    for (size_t i = 0; i < curve->count; i++) {
        const struct curve_point *point = &curve->points[i];
        double bandwidth = curve_point_bandwidth(point);
        const char *mark = i == 0 && !isnan(figures[CURVE_IDLE_NS].value) ? "  idle" : "";
        if (i == knee)
            mark = "  knee";
        if (bandwidth == figures[CURVE_SATURATED].value)
            mark = "  saturated";
        printf("%12" PRIu64 " %10.2f %10.1f %7zu%s\n", point->delay_cycles, bandwidth / 1e9,
               curve_point_latency(point), point->visit_count, mark);
    }
}

// What the curve begins with must be what the idle test says (docs/method.md, Latency under load).
static void print_idle(const struct results *results, const struct cell *point, double start_ns) {
    const struct plan *plan = results->plan;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        const struct cell_result *result = &results->cells[i];
        if (cell->block != BLOCK_IDLE || cell->pattern != point->pattern ||
            cell->pages != point->pages || cell->cpu_node != point->cpu_node ||
            cell->mem_node != point->mem_node || !result->value_count)
            continue;
        double idle_ns = order_median(result->values, result->value_count);
        printf("  %-26s%8.1f ns", "without any load", idle_ns);
        if (!isnan(start_ns))
            printf("    start of the curve: %+.1f %%", 100 * (start_ns / idle_ns - 1));
        printf("\n");
    }
}

// Offered against achieved: where the second falls behind, the memory is overloaded.
static void print_paces(const struct curve *paced) {
    if (paced->count)
        printf("%12s %10s %10s %7s\n", "offered GB/s", "came GB/s", "ns", "visits");
    for (size_t i = paced->count; i-- > 0;) {
        const struct curve_point *point = &paced->points[i];
        printf("%12.2f %10.2f %10.1f %7zu\n", (double)point->delay_cycles / 1e9,
               curve_point_bandwidth(point) / 1e9, curve_point_latency(point), point->visit_count);
    }
}

// ---- the visits of a curve ----------------------------------------------------------------------

// In a curve of paced visits offered bytes per second are in the place of the delay, and in that of
// the bandwidth is what the load moved of them.
struct visits {
    struct curve closed, paced;
};

static void add_visit(struct visits *visits, const struct cell_load *load,
                      const struct data_visit *visit) {
    double latency_ns = visit->values[METRIC_LATENCY];
    double bandwidth = visit->values[METRIC_BANDWIDTH];
    if (isnan(latency_ns) || isnan(bandwidth))
        return;
    if (load->mode == LOAD_CLOSED)
        curve_add(&visits->closed, load->delay_cycles, bandwidth, latency_ns);
    else if (!isnan(visit->load_bytes_per_s))
        curve_add(&visits->paced, (uint64_t)load->offered_bytes_per_s, visit->load_bytes_per_s,
                  latency_ns);
}

static void collect_visits(const struct results *results, size_t first, struct visits *visits) {
    const struct cell *all = results->plan->cells;
    *visits = (struct visits){0};
    for (size_t i = first; i < results->plan->cell_count; i++) {
        char name[CELL_NAME_BYTES];
        if (!cell_same_curve(&all[i], &all[first]))
            continue;
        const struct data_cell *data = dataset_cell(&results->dataset, cell_name(&all[i], name));
        for (size_t visit = 0; data && visit < data->visit_count; visit++)
            add_visit(visits, &all[i].load, &data->visits[visit]);
    }
}

static void print_curve(const struct results *results, size_t first) {
    const struct cell *cell = &results->plan->cells[first];
    struct curve_estimate figures[CURVE_FIGURE_COUNT];
    struct visits visits;
    print_title(cell);
    collect_visits(results, first, &visits);
    if (visits.closed.count) {
        curve_find_figures(&visits.closed, &curve_settings_default, figures);
        print_points(&visits.closed, figures);
        print_paces(&visits.paced);
        for (enum curve_figure figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
            print_figure(figure, &figures[figure]);
        print_idle(results, cell, figures[CURVE_IDLE_NS].value);
        if (results->plan->curves.sketch)
            printf("  a sketch: one visit of each point; numaprobe loaded gives intervals\n");
    } else {
        printf("  no point has a value\n");
    }
    curve_free(&visits.closed);
    curve_free(&visits.paced);
}

void curve_table_print(const struct results *results) {
    const struct plan *plan = results->plan;
    for (size_t i = 0; i < plan->cell_count; i++)
        if (curve_is_first(plan, i))
            print_curve(results, i);
}
