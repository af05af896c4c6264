// SPDX-License-Identifier: Apache-2.0
#include "cli/loaded_run.h"

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

static void print_title(const struct loaded_curve_run *run) {
    const struct cell *cell = &run->like;
    const struct cell_load *load = &cell->load;
    char cpus[128], victim[64];
    printf("\nLatency under load: CPU %s of node %" PRIu32 ", %s chain on node %" PRIu32
           ", %s pages\n",
           id_set_format(&cell->cpus, victim, sizeof victim), cell->cpu_node, cell->pattern->name,
           cell->mem_node, cell->pages->name);
    printf("load: %s (%s.%s) on memory of node %" PRIu32 ", CPUs %s\n", load->mix->name,
           load->kernel->name, isa_names[load->kernel->isa], load->node,
           id_set_format(&load->cpus, cpus, sizeof cpus));
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
        const char *mark = i == 0 ? "  idle" : "";
        if (i == knee)
            mark = "  knee";
        if (bandwidth == figures[CURVE_SATURATED].value)
            mark = "  saturated";
        printf("%12" PRIu64 " %10.2f %10.1f %7zu%s\n", point->delay_cycles, bandwidth / 1e9,
               curve_point_latency(point), point->visit_count, mark);
    }
}

static void print_drift(const char *what, double drift) {
    if (fabs(drift) > 0.02)
        printf("  DRIFT: %s was %+.1f %% at the end (more than 2 %%)\n", what, 100 * drift);
}

// What the curve begins with must be what the idle test says (docs/method.md, Latency under load).
static void print_idle(const struct loaded_run *run, const struct loaded_curve_run *curve,
                       const struct curve_estimate *figures) {
    const struct cell_result *idle = &run->results.cells[curve->idle_cell];
    if (!idle->value_count)
        return;
    double idle_ns = order_median(idle->values, idle->value_count);
    double apart = figures[CURVE_IDLE_NS].value / idle_ns - 1;
    printf("  %-26s%8.1f ns    start of the curve: %+.1f %%%s\n", "without any load", idle_ns,
           100 * apart, fabs(apart) > 0.03 ? ", more than 3 %" : "");
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

void loaded_run_print(const struct loaded_run *run) {
    for (size_t i = 0; i < run->curve_count; i++) {
        const struct loaded_curve_run *curve = &run->curves[i];
        struct curve_estimate figures[CURVE_FIGURE_COUNT];
        print_title(curve);
        if (!curve->curve.count) {
            printf("  no point has a value\n");
            continue;
        }
        curve_find_figures(&curve->curve, &curve_settings_default, figures);
        print_points(&curve->curve, figures);
        print_paces(&curve->paced);
        for (enum curve_figure figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
            print_figure(figure, &figures[figure]);
        print_idle(run, curve, figures);
        print_drift("latency at the longest pause", curve->idle_drift);
        print_drift("bandwidth without a pause", curve->peak_drift);
    }
    printf("\n");
}
