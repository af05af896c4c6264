// SPDX-License-Identifier: Apache-2.0
#include "analyse/outliers.h"

#include "stats/order.h"
#include "stats/prediction.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- values of hosts ----------------------------------------------------------------------------

static double *empty_values(size_t count) {
    double *values = base_allocate(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
    return values;
}

// Values of a figure are in the order of their runs, and those in the order of hosts.
static void fill_values(struct outlier_figure *figure, const struct fleet *fleet) {
    const struct fleet_figure *cell = figure->cell;
    double *medians = base_allocate(cell->count, sizeof *medians);
    for (size_t begin = 0, end; begin < cell->count; begin = end) {
        uint32_t host = fleet->runs[cell->values[begin].run].host_number;
        for (end = begin;
             end < cell->count && fleet->runs[cell->values[end].run].host_number == host; end++)
            medians[end - begin] = cell->values[end].median;
        figure->values[host] = order_median(medians, end - begin);
    }
    free(medians);
}

// The logarithms of those values that are there, times the side that is worse: the larger, the
// worse.
static double *badness(const struct outlier_figure *figure, size_t host_count, size_t *count) {
    double *logs = base_allocate(host_count, sizeof *logs);
    *count = 0;
    for (size_t i = 0; i < host_count; i++)
        if (!isnan(figure->values[i]))
            logs[(*count)++] = metric_kinds[figure->metric].worse * log(figure->values[i]);
    return logs;
}

static void describe(struct outlier_figure *figure, size_t host_count) {
    double *values = base_allocate(host_count, sizeof *values);
    figure->count = 0;
    for (size_t i = 0; i < host_count; i++)
        if (!isnan(figure->values[i]))
            values[figure->count++] = figure->values[i];
    double *sorted = order_sorted(values, figure->count);
    figure->median = order_median(values, figure->count);
    figure->least = quantile_of(sorted, figure->count, 0);
    figure->p10 = quantile_of(sorted, figure->count, 0.1);
    figure->p90 = quantile_of(sorted, figure->count, 0.9);
    figure->most = quantile_of(sorted, figure->count, 1);
    free(sorted);
    free(values);
}

// What all cells of a metric share: for each host the mean of its ratios to the usual, on
// logarithms. Of cells with two levels a median would jump from one to the other.
static void share(struct outlier_figure *shared, const struct outlier_figure *figures,
                  size_t figure_count, size_t host_count) {
    for (size_t host = 0; host < host_count; host++) {
        double sum = 0, count = 0;
        for (size_t i = 0; i < figure_count; i++)
            if (figures[i].cell && figures[i].metric == shared->metric &&
                !isnan(figures[i].values[host])) {
                sum += log(figures[i].values[host] / figures[i].median);
                count++;
            }
        shared->values[host] = count > 0 ? exp(sum / count) : NAN;
    }
}

static struct outlier_figure *add_figure(struct outliers *outliers, enum metric metric,
                                         const struct fleet_figure *cell) {
    struct outlier_figure *figure = &outliers->figures[outliers->figure_count++];
    *figure = (struct outlier_figure){
        .cell = cell, .metric = metric, .values = empty_values(outliers->sku->host_count)};
    return figure;
}

static void fill_figures(struct outliers *outliers, const struct fleet *fleet) {
    const struct fleet_sku *sku = outliers->sku;
    outliers->figures = base_allocate(sku->figure_count + METRIC_COUNT, sizeof *outliers->figures);
    size_t cells[METRIC_COUNT] = {0};
    for (size_t i = 0; i < sku->figure_count; i++)
        cells[sku->figures[i].metric]++;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        if (cells[metric] > 1)
            add_figure(outliers, metric, NULL)->cell_count = cells[metric];
    size_t shared = outliers->figure_count;
    for (size_t i = 0; i < sku->figure_count; i++) {
        struct outlier_figure *figure =
            add_figure(outliers, sku->figures[i].metric, &sku->figures[i]);
        fill_values(figure, fleet);
        describe(figure, sku->host_count);
    }
    for (size_t i = 0; i < shared; i++) {
        share(&outliers->figures[i], outliers->figures, outliers->figure_count, sku->host_count);
        describe(&outliers->figures[i], sku->host_count);
    }
}

// ---- limits -------------------------------------------------------------------------------------

static const double normal_tails = 1000; // degrees of freedom

static void find_spread(struct outlier_figure *figure, size_t host_count) {
    size_t count;
    double *logs = badness(figure, host_count, &count);
    double spread = spread_robust(logs, count, 1);
    figure->spread = isnan(spread) ? NAN : expm1(spread);
    free(logs);
}

static void find_limit(struct outlier_figure *figure, size_t figure_count, double tails) {
    const struct metric_kind *kind = &metric_kinds[figure->metric];
    figure->limit = figure->detectable = NAN;
    if (figure->count >= OUTLIERS_HOSTS_MIN) {
        double factor = prediction_factor_robust(OUTLIERS_FALSE_ALARMS / (double)figure_count,
                                                 tails, figure->count);
        double spread = log1p(figure->spread);
        const double log_max = 6.9; // a thousand times: no number overflows
        double beyond = fmin(fmax(factor * spread, kind->effect_min), log_max);
        figure->limit = figure->median * exp(kind->worse * beyond);
        figure->detectable = fabs(figure->limit / figure->median - 1);
    }
}

static bool is_beyond(const struct outlier_figure *figure, double value) {
    return !isnan(figure->limit) &&
           metric_kinds[figure->metric].worse * (value - figure->limit) > 0;
}

// What tails the hosts have that are not beyond the limits of normal ones: those that are slow
// have no say in it. Fewer hosts do not show it.
static double find_tails(const struct outliers *outliers) {
    enum { HOSTS_MIN = 200 };
    size_t host_count = outliers->sku->host_count, count = 0;
    if (host_count < HOSTS_MIN)
        return normal_tails;
    double *deviations = base_allocate(outliers->figure_count * host_count, sizeof *deviations);
    for (size_t host = 0; host < host_count; host++) {
        bool beyond = false;
        size_t begin = count;
        for (size_t i = 0; i < outliers->figure_count && !beyond; i++) {
            const struct outlier_figure *figure = &outliers->figures[i];
            double value = figure->values[host], spread = log1p(figure->spread);
            beyond = !isnan(value) && is_beyond(figure, value);
            if (!isnan(value) && spread > 0)
                deviations[count++] =
                    metric_kinds[figure->metric].worse * log(value / figure->median) / spread;
        }
        count = beyond ? begin : count;
    }
    double tails = count ? tail_degrees(deviations, count) : normal_tails;
    free(deviations);
    return tails;
}

static void find_limits(struct outliers *outliers) {
    double tails = normal_tails;
    for (size_t i = 0; i < outliers->figure_count; i++)
        find_spread(&outliers->figures[i], outliers->sku->host_count);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < outliers->figure_count; i++)
            find_limit(&outliers->figures[i], outliers->figure_count, tails);
        tails = find_tails(outliers);
    }
}

// ---- evidence -----------------------------------------------------------------------------------

// Its latest runs that are all beyond the limit: when the first of them was. A shared figure has no
// runs of its own.
static const char *since(const struct fleet *fleet, const struct outlier_figure *figure,
                         uint32_t host) {
    const char *first = NULL;
    size_t runs = 0;
    for (size_t i = figure->cell ? figure->cell->count : 0; i-- > 0;) {
        const struct fleet_value *value = &figure->cell->values[i];
        if (fleet->runs[value->run].host_number != host)
            continue;
        runs++;
        if (!is_beyond(figure, value->median))
            break;
        first = fleet->runs[value->run].timestamp_utc;
    }
    return runs > 1 ? first : NULL;
}

static int farthest_first(const void *left, const void *right) {
    const struct outlier_evidence *a = left, *b = right;
    return a->sigmas > b->sigmas ? -1 : a->sigmas < b->sigmas;
}

static int worst_host_first(const void *left, const void *right) {
    const struct outlier_host *a = left, *b = right;
    return farthest_first(&a->evidence[0], &b->evidence[0]);
}

static void judge_host(struct outliers *outliers, const struct fleet *fleet, uint32_t host) {
    struct outlier_host found = {.host = host};
    for (size_t i = 0; i < outliers->figure_count; i++) {
        struct outlier_figure *figure = &outliers->figures[i];
        double value = figure->values[host];
        if (isnan(value) || !is_beyond(figure, value))
            continue;
        figure->outside++;
        double deviation = fabs(log(value / figure->median)) / fmax(log1p(figure->spread), 1e-9);
        found.evidence = base_grow_by_one(found.evidence, found.count, sizeof *found.evidence);
        found.evidence[found.count++] =
            (struct outlier_evidence){.figure = i,
                                      .change = value / figure->median - 1,
                                      .sigmas = deviation,
                                      .since_utc = since(fleet, figure, host)};
    }
    if (!found.count)
        return;
    qsort(found.evidence, found.count, sizeof *found.evidence, farthest_first);
    outliers->hosts =
        base_grow_by_one(outliers->hosts, outliers->host_count, sizeof *outliers->hosts);
    outliers->hosts[outliers->host_count++] = found;
}

void outliers_find(struct outliers *outliers, const struct fleet *fleet, uint32_t sku) {
    *outliers = (struct outliers){.sku = &fleet->skus[sku]};
    fill_figures(outliers, fleet);
    outliers->known = outliers->sku->host_count >= OUTLIERS_HOSTS_MIN;
    find_limits(outliers);
    for (uint32_t host = 0; host < outliers->sku->host_count; host++)
        judge_host(outliers, fleet, host);
    if (outliers->host_count)
        qsort(outliers->hosts, outliers->host_count, sizeof *outliers->hosts, worst_host_first);
}

void outliers_free(struct outliers *outliers) {
    for (size_t i = 0; i < outliers->figure_count; i++)
        free(outliers->figures[i].values);
    for (size_t i = 0; i < outliers->host_count; i++)
        free(outliers->hosts[i].evidence);
    free(outliers->figures);
    free(outliers->hosts);
    *outliers = (struct outliers){0};
}

double outliers_detectable(const struct outliers *outliers) {
    double *shares = base_allocate(outliers->figure_count, sizeof *shares);
    size_t count = 0;
    for (size_t i = 0; i < outliers->figure_count; i++)
        if (!isnan(outliers->figures[i].detectable))
            shares[count++] = outliers->figures[i].detectable;
    double median = order_median(shares, count);
    free(shares);
    return median;
}

// ---- the gate -----------------------------------------------------------------------------------

// Whether other hosts say what is usual for one of its cells. What all cells share says it of no
// cell, and a host alone with its cells is as usual there.
static bool is_judged(const struct outliers *outliers, size_t host) {
    for (size_t i = 0; i < outliers->figure_count; i++) {
        const struct outlier_figure *figure = &outliers->figures[i];
        if (figure->cell && !isnan(figure->limit) && !isnan(figure->values[host]))
            return true;
    }
    return false;
}

// The first host that is not; NULL: none.
static const char *find_unjudged(const struct outliers *outliers) {
    for (size_t host = 0; host < outliers->sku->host_count; host++)
        if (!is_judged(outliers, host))
            return outliers->sku->hosts[host];
    return NULL;
}

// The first run that was left out and is of a host that has no other; NULL: none.
static const struct fleet_left_out *find_lost(const struct fleet *fleet) {
    struct text_set hosts = {0};
    const struct fleet_left_out *lost = NULL;
    for (size_t i = 0; i < fleet->run_count; i++)
        text_set_add(&hosts, fleet->runs[i].host);
    for (size_t i = 0; !lost && i < fleet->left_out_count; i++) {
        const struct fleet_left_out *run = &fleet->left_out[i];
        bool has_other = run->host[0] && text_set_find(&hosts, run->host) < hosts.used;
        lost = run->is_copy || has_other ? NULL : run;
    }
    text_set_free(&hosts);
    return lost;
}

struct gate outliers_gate(const struct fleet *fleet, const struct outliers *skus) {
    struct gate gate = {.state = GATE_PASSED};
    const struct fleet_left_out *lost = find_lost(fleet);
    const char *unjudged = NULL;
    for (size_t i = 0; i < fleet->sku_count; i++) {
        if (skus[i].host_count)
            return (struct gate){.state = GATE_REGRESSED};
        unjudged = unjudged ? unjudged : find_unjudged(&skus[i]);
    }
    if (lost)
        snprintf(gate.reason, sizeof gate.reason,
                 "--check: host '%.60s' was not judged, because '%.200s' was left out: %.250s",
                 lost->host[0] ? lost->host : "unknown", lost->path, lost->reason);
    else if (unjudged)
        snprintf(
            gate.reason, sizeof gate.reason,
            "--check: host '%.60s' was not judged, because fewer than %d hosts of its kind have "
            "values of the same cases",
            unjudged, OUTLIERS_HOSTS_MIN);
    if (lost || unjudged)
        gate.state = GATE_UNDECIDED;
    return gate;
}
