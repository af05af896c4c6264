// SPDX-License-Identifier: Apache-2.0
#include "analyse/limits.h"

#include "stats/order.h"
#include "stats/prediction.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Judgement: with one host nothing says how hosts of its kind differ.
static const double one_host_tolerance = 0.10;
static const double wide_tolerance = 0.20; // a node that is not even called slow here

// ---- which cells --------------------------------------------------------------------------------

static double median_visit_spread(const struct fleet_figure *figure) {
    double *spreads = base_allocate(figure->count, sizeof *spreads);
    size_t count = 0;
    for (size_t i = 0; i < figure->count; i++)
        if (!isnan(figure->values[i].visit_spread))
            spreads[count++] = figure->values[i].visit_spread;
    double median = order_median(spreads, count);
    free(spreads);
    return median;
}

// Of a search for the best set what was visited once or twice says nothing of a visit's spread.
static bool takes(const struct fleet_figure *figure) {
    const struct data_cell *cell = &figure->cell;
    bool alone = cell->test == TEST_LATENCY || cell->test == TEST_BANDWIDTH;
    bool kept = cell->block == BLOCK_IDLE || cell->block == BLOCK_MATRIX ||
                cell->block == BLOCK_PEAK || cell->block == BLOCK_MLP ||
                (cell->block == BLOCK_SET && !isnan(median_visit_spread(figure)));
    return alone && kept && cell->check == CHECK_NONE && figure->count >= LIMITS_RUNS_MIN;
}

// A check whose time is short begins with what says most: the whole machine, then each node's own
// memory.
static int worth(const struct fleet_figure *figure) {
    if (figure->cell.block == BLOCK_PEAK)
        return 0;
    return figure->cell.cpu_node == data_cell_mem_node(&figure->cell) ? 1 : 2;
}

// ---- one cell -----------------------------------------------------------------------------------

static struct spread spread_of_figure(const struct fleet *fleet,
                                      const struct fleet_figure *figure) {
    double *logs = base_allocate(figure->count, sizeof *logs);
    uint32_t *hosts = base_allocate(figure->count, sizeof *hosts);
    for (size_t i = 0; i < figure->count; i++) {
        logs[i] = log(figure->values[i].median);
        hosts[i] = fleet->runs[figure->values[i].run].host_number;
    }
    struct spread spread = spread_of(logs, hosts, figure->count);
    free(logs);
    free(hosts);
    return spread;
}

// The median of three visits varies by sqrt(pi / 2 / 3) of what one does, as far as they are
// normal.
static double tolerance_log(const struct spread *spread, double visit_spread, enum metric metric,
                            size_t cells) {
    const double half_pi = 1.5707963267948966;
    double visits = isnan(visit_spread) ? 0 : visit_spread;
    double sigma =
        sqrt(spread->total * spread->total + half_pi / LIMITS_CHECK_VISITS * visits * visits);
    double factor = prediction_factor(LIMITS_FALSE_ALARMS / (double)cells, spread->degrees,
                                      spread->units > 1 ? spread->units : spread->values);
    double least = spread->units > 1 ? metric_kinds[metric].effect_min : one_host_tolerance;
    return fmax(factor * sigma, least);
}

static void make_cell(struct limits_cell *cell, const struct fleet *fleet,
                      const struct fleet_figure *figure, size_t cells) {
    const double log_max = log1p(LIMITS_TOLERANCE_MAX);
    struct spread spread = spread_of_figure(fleet, figure);
    double visits = median_visit_spread(figure);
    double tolerance = fmin(tolerance_log(&spread, visits, figure->metric, cells), log_max);
    *cell = (struct limits_cell){
        .median = exp(spread.centre),
        .tolerance = metric_kinds[figure->metric].worse > 0 ? expm1(tolerance) : -expm1(-tolerance),
        .hosts = spread.units,
        .runs = spread.values,
        .spread_between_hosts = spread.between,
        .spread_between_runs = spread.within,
        .spread_between_visits = visits};
    snprintf(cell->cell, sizeof cell->cell, "%s", figure->cell.name);
    snprintf(cell->metric, sizeof cell->metric, "%s", metric_kinds[figure->metric].column);
}

// ---- one kind of machine ------------------------------------------------------------------------

static char *note_of(const struct limits_sku *sku) {
    char text[400];
    size_t wide = 0;
    double widest = 0;
    for (size_t i = 0; i < sku->cell_count; i++) {
        wide += sku->cells[i].tolerance > wide_tolerance;
        widest = fmax(widest, sku->cells[i].tolerance);
    }
    size_t used = 0;
    text[0] = '\0';
    if (sku->hosts == 1)
        used =
            (size_t)snprintf(text, sizeof text,
                             "all runs are of one host, so the variation between hosts is unknown "
                             "and no tolerance is below %.0f %%; add runs of other good hosts",
                             one_host_tolerance * 100);
    if (wide)
        snprintf(text + used, sizeof text - used,
                 "%sfew runs make wide tolerances: %zu of %zu cases have more than %.0f %%, up to "
                 "%.0f %%; add runs, preferably of other hosts",
                 used ? ". " : "", wide, sku->cell_count, wide_tolerance * 100, widest * 100);
    return text[0] ? base_copy_text(text) : NULL;
}

static void make_sku(struct limits_sku *to, const struct fleet *fleet, const struct fleet_sku *sku,
                     size_t cells) {
    *to = (struct limits_sku){.hosts = sku->host_count, .runs = sku->run_count};
    snprintf(to->fingerprint, sizeof to->fingerprint, "%s", sku->fingerprint);
    snprintf(to->cpu_model, sizeof to->cpu_model, "%.*s", (int)sizeof to->cpu_model - 1,
             sku->cpu_model);
    to->cells = base_allocate(cells, sizeof *to->cells);
    for (int rank = 0; rank < 3; rank++)
        for (size_t i = 0; i < sku->figure_count; i++)
            if (takes(&sku->figures[i]) && worth(&sku->figures[i]) == rank)
                make_cell(&to->cells[to->cell_count++], fleet, &sku->figures[i], cells);
    to->note = note_of(to);
}

bool limits_make(struct limits_file *limits, const struct fleet *fleet, const char *version,
                 struct error *error) {
    *limits =
        (struct limits_file){.limits_version = LIMITS_VERSION, .false_alarms = LIMITS_FALSE_ALARMS};
    snprintf(limits->version, sizeof limits->version, "%s", version);
    limits->skus = base_allocate(fleet->sku_count, sizeof *limits->skus);
    for (size_t i = 0; i < fleet->sku_count; i++) {
        size_t cells = 0;
        for (size_t j = 0; j < fleet->skus[i].figure_count; j++)
            cells += takes(&fleet->skus[i].figures[j]);
        if (cells)
            make_sku(&limits->skus[limits->sku_count++], fleet, &fleet->skus[i], cells);
    }
    return limits->sku_count ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "no limits: they need at least %d runs of one kind of machine with the same "
                     "cases of idle latency or bandwidth, and there %s %zu usable run%s",
                     LIMITS_RUNS_MIN, fleet->run_count == 1 ? "is" : "are", fleet->run_count,
                     PLURAL(fleet->run_count));
}

// ---- values against them ------------------------------------------------------------------------

enum metric limits_metric(const struct limits_cell *cell) {
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        if (strcmp(metric_kinds[metric].column, cell->metric) == 0)
            return metric;
    return METRIC_LATENCY;
}

double limits_of(const struct limits_cell *cell) {
    return cell->median * (1 + metric_kinds[limits_metric(cell)].worse * cell->tolerance);
}

double limits_excess(const struct limits_cell *cell, double value) {
    return metric_kinds[limits_metric(cell)].worse * (value / limits_of(cell) - 1);
}
