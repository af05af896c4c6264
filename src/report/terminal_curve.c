// SPDX-License-Identifier: Apache-2.0
// Curves of latency under load on the terminal.
#include "analyse/loaded_curves.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

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
    [CURVE_USABLE] = {"usable bandwidth (1.5 x)", false},
    [CURVE_AT_2] = {"bandwidth at 2 x idle",    false},
    [CURVE_KNEE] = {"knee, bandwidth",          false},
    [CURVE_KNEE_NS] = {"knee, latency",            true },
};

static void print_figure(enum curve_figure figure, bool saturates,
                         const struct curve_estimate *estimate) {
    bool is_latency = figure_shown[figure].is_latency;
    double unit = is_latency ? 1 : 1e9;
    const char *name = is_latency ? "ns" : "GB/s";
    terminal_say("  %-26s", figure == CURVE_SATURATED && !saturates ? "largest bandwidth"
                                                                    : figure_shown[figure].name);
    if (isnan(estimate->value)) {
        bool is_knee = figure == CURVE_KNEE || figure == CURVE_KNEE_NS;
        terminal_say("%11s\n", is_knee ? "none" : "not reached");
        return;
    }
    terminal_say("%8.*f %s", is_latency ? 1 : 2, estimate->value / unit, name);
    if (!isnan(estimate->low) && !isnan(estimate->high))
        terminal_say("  95 %%: %.*f to %.*f", is_latency ? 1 : 2, estimate->low / unit,
                     is_latency ? 1 : 2, estimate->high / unit);
    else if (!isnan(estimate->low))
        terminal_say("  95 %%: from %.*f, open above", is_latency ? 1 : 2, estimate->low / unit);
    terminal_say("\n");
}

static void print_title(const struct data_cell *first) {
    char nodes[NODE_SET_TEXT_BYTES];
    terminal_say("\nLatency under load: CPU %s of node %" PRIu64
                 ", %s chain on node %s, %s pages\n",
                 first->cpus, first->cpu_node, first->pattern,
                 node_set_format(&first->mem_node, nodes), first->pages);
    terminal_say("load: %s (%s) on memory of node %" PRIu64 ", %s%s\n", first->mix, first->kernel,
                 first->load_node, first->load_cpus[0] ? "CPUs " : "no CPU", first->load_cpus);
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
    terminal_say("%12s %10s %10s %12s\n", "delay cycles", "GB/s", "ns", "repetitions");
    for (size_t i = 0; i < curve->count; i++) {
        const struct curve_point *point = &curve->points[i];
        double bandwidth = curve_point_bandwidth(point);
        const char *mark = i == 0 && !isnan(figures[CURVE_IDLE_NS].value) ? "  idle" : "";
        if (i == knee)
            mark = "  knee";
        if (bandwidth == figures[CURVE_SATURATED].value)
            mark = curve_saturates(figures) ? "  saturated" : "  largest";
        terminal_say("%12.0f %10.2f %10.1f %12zu%s\n", point->pause, bandwidth / 1e9,
                     curve_point_latency(point), point->visit_count, mark);
    }
}

// What the curve begins with must be what the idle test says (docs/method.md, Latency under load).
static void print_idle(const struct dataset *dataset, const struct data_cell *point,
                       double start_ns) {
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (cell->block != BLOCK_IDLE || strcmp(cell->pattern, point->pattern) != 0 ||
            strcmp(cell->pages, point->pages) != 0 || cell->cpu_node != point->cpu_node ||
            !node_set_same(&cell->mem_node, &point->mem_node))
            continue;
        double idle_ns = data_cell_median(cell, data_all(METRIC_LATENCY));
        if (isnan(idle_ns))
            continue;
        terminal_say("  %-26s%8.1f ns", "without any load", idle_ns);
        if (!isnan(start_ns))
            terminal_say("    start of the curve: %+.1f %%", 100 * (start_ns / idle_ns - 1));
        terminal_say("\n");
    }
}

// Offered against achieved: where the second falls behind, the memory is overloaded.
static void print_offered_rates(const struct curve *paced) {
    terminal_say("%12s %13s %10s %12s\n", "offered GB/s", "achieved GB/s", "ns", "repetitions");
    for (size_t i = 0; i < paced->count; i++) {
        const struct curve_point *point = &paced->points[i];
        terminal_say("%12.2f %13.2f %10.1f %12zu\n", loaded_curve_offered(point) / 1e9,
                     curve_point_bandwidth(point) / 1e9, curve_point_latency(point),
                     point->visit_count);
    }
}

static void print_curve(const struct dataset *dataset, const struct loaded_curves *curves,
                        const struct loaded_curve *curve) {
    const struct loaded_curve *paced = loaded_curves_twin(curves, curve);
    print_title(curve->first);
    print_points(&curve->curve, curve->figures);
    if (paced)
        print_offered_rates(&paced->curve);
    char limit[LOADED_LIMIT_BYTES];
    bool saturates = !*loaded_curve_limit(curve, limit);
    for (enum curve_figure figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
        if (saturates || figure <= CURVE_SATURATED_NS)
            print_figure(figure, saturates, &curve->figures[figure]);
    if (!saturates)
        terminal_say("  %s\n", limit);
    print_idle(dataset, curve->first, curve->figures[CURVE_IDLE_NS].value);
    if (curve->visits_max == 1)
        terminal_say("  a sketch: one repetition of each point; numaprobe loaded --rounds 5 gives "
                     "intervals\n");
}

// A paced load stands below the closed one of its place; where that was not measured, alone.
void terminal_curves(const struct terminal *terminal) {
    struct loaded_curves curves;
    loaded_curves_build(&curves, terminal->dataset);
    for (size_t i = 0; i < curves.count; i++) {
        const struct loaded_curve *curve = &curves.at[i];
        if (!curve->paced) {
            print_curve(terminal->dataset, &curves, curve);
        } else if (!loaded_curves_twin(&curves, curve)) {
            print_title(curve->first);
            print_offered_rates(&curve->curve);
        }
    }
    loaded_curves_free(&curves);
}
