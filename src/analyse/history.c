// SPDX-License-Identifier: Apache-2.0
#include "analyse/history.h"

#include "analyse/comparable.h"
#include "analyse/history_level.h"
#include "stats/levels.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_time(const struct data_run *a, const struct data_run *b) {
    int order = strcmp(a->timestamp_utc, b->timestamp_utc);
    return order ? order : strcmp(a->run_id, b->run_id);
}

// Of equals the one that was read first.
static int by_time_and_place(const void *left, const void *right) {
    const struct data_run *a = *(const struct data_run *const *)left;
    const struct data_run *b = *(const struct data_run *const *)right;
    int order = by_time(a, b);
    return order ? order : (a > b) - (a < b);
}

// The runs of one machine in order of time.
static uint32_t *runs_by_time(const struct dataset *dataset, const bool *wanted, size_t *count) {
    const struct data_run **sorted = base_allocate(dataset->run_count, sizeof *sorted);
    uint32_t *runs = base_allocate(dataset->run_count, sizeof *runs);
    *count = 0;
    for (size_t run = 0; run < dataset->run_count; run++)
        if (!wanted || wanted[run])
            sorted[(*count)++] = &dataset->runs[run];
    qsort(sorted, *count, sizeof *sorted, by_time_and_place);
    for (size_t i = 0; i < *count; i++)
        runs[i] = (uint32_t)(sorted[i] - dataset->runs);
    free(sorted);
    return runs;
}

// The host and the fingerprint of a machine.
struct machine {
    const char *host;
    char fingerprint[FINGERPRINT_BYTES];
};

static struct machine *machine_of(const struct data_run *run) {
    struct machine *machine = base_allocate(1, sizeof *machine);
    machine->host = run->host;
    comparable_fingerprint(run, machine->fingerprint);
    return machine;
}

static bool is_of(const struct data_run *run, const struct machine *machine) {
    char fingerprint[FINGERPRINT_BYTES];
    return strcmp(run->host, machine->host) == 0 &&
           comparable_is_same_kind(machine->fingerprint, comparable_fingerprint(run, fingerprint));
}

size_t history_machines(const struct dataset *dataset, uint32_t *runs) {
    size_t count, machines = 0;
    uint32_t *order = runs_by_time(dataset, NULL, &count);
    struct machine **known = NULL;
    while (count--) {
        const struct data_run *run = &dataset->runs[order[count]];
        size_t i = 0;
        while (i < machines && !is_of(run, known[i]))
            i++;
        if (i < machines)
            continue;
        known = base_grow_by_one(known, machines, sizeof *known);
        known[machines] = machine_of(run);
        runs[machines++] = order[count];
    }
    for (size_t i = 0; i < machines; i++)
        free(known[i]);
    free(known);
    free(order);
    return machines;
}

static void mark_machine(struct history *history) {
    const struct dataset *dataset = history->dataset;
    struct machine *newest = machine_of(&dataset->runs[history->newest]);
    history->same_machine = base_allocate(dataset->run_count, sizeof *history->same_machine);
    for (size_t run = 0; run < dataset->run_count; run++)
        history->same_machine[run] = is_of(&dataset->runs[run], newest);
    free(newest);
    history->order = runs_by_time(dataset, history->same_machine, &history->same_count);
}

// ---- series -------------------------------------------------------------------------------------

// The medians of a cell's runs, by run of the dataset. Its visits stand in the order of the runs.
static void take_medians(const struct data_cell *cell, enum metric metric, double *medians,
                         double *errors) {
    double *values = base_allocate(cell->visit_count, sizeof *values);
    for (size_t begin = 0, end; begin < cell->visit_count; begin = end) {
        size_t count = 0;
        uint32_t run = cell->visits[begin].run;
        for (end = begin; end < cell->visit_count && cell->visits[end].run == run; end++)
            if (!isnan(cell->visits[end].values[metric]))
                values[count++] = cell->visits[end].values[metric];
        medians[run] = order_median(values, count);
        for (size_t i = 0; i < count; i++)
            values[i] = metric_kinds[metric].worse * log(values[i]);
        errors[run] = levels_error(values, count);
    }
    free(values);
}

static void add_series(struct history *history, const struct data_cell *cell, enum metric metric) {
    struct history_series series = {.cell = cell, .metric = metric};
    size_t runs = history->same_count;
    double *medians = base_allocate(history->dataset->run_count, sizeof *medians);
    double *errors = base_allocate(history->dataset->run_count, sizeof *errors);
    for (size_t run = 0; run < history->dataset->run_count; run++)
        medians[run] = NAN;
    take_medians(cell, metric, medians, errors);
    series.runs = base_allocate(runs, sizeof *series.runs);
    series.medians = base_allocate(runs, sizeof *series.medians);
    series.errors = base_allocate(runs, sizeof *series.errors);
    series.roles = base_allocate(runs, sizeof *series.roles);
    for (size_t i = 0; i < runs; i++) {
        double median = medians[history->order[i]];
        if (isnan(median))
            continue;
        series.runs[series.count] = history->order[i];
        series.errors[series.count] = errors[history->order[i]];
        series.medians[series.count++] = median;
    }
    free(errors);
    free(medians);
    if (!series.count) {
        free(series.runs);
        free(series.medians);
        free(series.errors);
        free(series.roles);
        return;
    }
    history->series = base_grow_by_one(history->series, history->count, sizeof *history->series);
    history->series[history->count++] = series;
}

static size_t visits_a_run(const struct history_series *series) {
    return series->cell->visit_count / series->count;
}

// As compare_pairs_thin_out.
static void mark_thin(struct history *history) {
    size_t most[METRIC_COUNT] = {0};
    for (size_t i = 0; i < history->count; i++) {
        struct history_series *series = &history->series[i];
        size_t visits = visits_a_run(series);
        most[series->metric] = visits > most[series->metric] ? visits : most[series->metric];
    }
    for (size_t i = 0; i < history->count; i++) {
        struct history_series *series = &history->series[i];
        series->thin =
            most[series->metric] >= COMPARE_VISITS_MIN && visits_a_run(series) < COMPARE_VISITS_MIN;
    }
}

// What one run differs by from the next on the same level, each cell's moderated by all of its
// metric; then the steps that are beyond it, of this many places in this many cells.
static void find_changes(struct history *history, enum metric metric) {
    size_t *places = base_allocate(history->count, sizeof *places), count = 0, splits = 0;
    double *variances = base_allocate(history->count, sizeof *variances);
    double *degrees = base_allocate(history->count, sizeof *degrees);
    for (size_t i = 0; i < history->count; i++) {
        const struct history_series *series = &history->series[i];
        splits += series->count - 1;
        if (series->metric != metric)
            continue;
        variances[count] = change_points_variance(series->medians, series->count, &degrees[count]);
        places[count++] = i;
    }
    levels_moderate(variances, degrees, count);
    for (size_t i = 0; i < count; i++) {
        struct history_series *series = &history->series[places[i]];
        const struct change_rules rules = {
            .deviation = sqrt(variances[i]),
            .degrees = degrees[i],
            .p_max = HISTORY_CHANGE_LEVEL / (double)(splits ? splits : 1),
            .ratio_min = metric_kinds[metric].effect_min,
        };
        series->changes = base_allocate(series->count, sizeof *series->changes);
        series->change_count =
            change_points_find(series->medians, series->count, &rules, series->changes);
    }
    free(degrees);
    free(variances);
    free(places);
}

// ---- the newest run -----------------------------------------------------------------------------

static void append_runs(struct compare_side *side, const struct history_series *series,
                        enum history_role role) {
    size_t first = series->count - 1, left = HISTORY_WINDOW;
    while (first && left) {
        first--;
        left -= series->roles[first] == role;
    }
    for (size_t i = first; i + 1 < series->count; i++) {
        if (series->roles[i] != role)
            continue;
        struct compare_side more = compare_side_of(series->cell, series->metric, series->runs[i]);
        compare_side_append(side, &more);
        compare_side_free(&more);
    }
}

static void add_newest(struct history *history, const struct history_series *series) {
    if (series->count < 2 || series->runs[series->count - 1] != history->newest)
        return;
    struct compare_pair pair = {.name = series->cell->name,
                                .cell = series->cell,
                                .metric = series->metric,
                                .candidate =
                                    compare_side_of(series->cell, series->metric, history->newest)};
    append_runs(&pair.base, series, HISTORY_KEPT);
    append_runs(&pair.before, series, HISTORY_BEFORE);
    compare_pairs_add(&history->pairs, pair);
}

static int by_cell(const void *left, const void *right) {
    const struct history_series *a = left, *b = right;
    int order = (a->cell > b->cell) - (a->cell < b->cell);
    return order ? order : (a->metric > b->metric) - (a->metric < b->metric);
}

// They stand in the order of cells and metrics.
static const struct history_series *series_of(const struct history *history,
                                              const struct compare_pair *pair) {
    const struct history_series wanted = {.cell = pair->cell, .metric = pair->metric};
    return history->count
               ? bsearch(&wanted, history->series, history->count, sizeof wanted, by_cell)
               : NULL;
}

uint32_t history_worse_since(const struct history *history, const struct compare_pair *pair) {
    const struct history_series *series = series_of(history, pair);
    bool since = series && series->since < series->count - 1;
    return since ? series->runs[series->since] : NONE_U32;
}

// A run that is not back stays worse, although its test alone may not tell it.
static void keep_worse(struct history *history) {
    for (size_t i = 0; i < history->comparison.count; i++) {
        const struct compare_result *result = &history->comparison.results[i];
        const struct history_series *series = series_of(history, result->pair);
        if (series->standing == HISTORY_WORSE && result->all.verdict > COMPARE_SUSPECTED &&
            result->all.verdict != COMPARE_SHIFTED)
            comparison_set_regressed(&history->comparison, i);
    }
}

static void compare_choices(struct history *history) {
    size_t count = history->dataset->run_count;
    bool *newest = base_allocate(count, sizeof *newest), *past = base_allocate(count, sizeof *past);
    for (size_t run = 0; run < count; run++) {
        newest[run] = run == history->newest;
        past[run] = !newest[run] && history->same_machine[run];
    }
    chosen_otherwise(&(struct chosen_side){history->dataset, past},
                     &(struct chosen_side){history->dataset, newest}, history->chosen);
    free(newest);
    free(past);
}

// A cell that the run before the newest has, and the newest has not.
static void find_lost(struct history *history) {
    for (size_t i = 0; history->same_count > 1 && i < history->count; i++) {
        const struct history_series *series = &history->series[i];
        if (series->runs[series->count - 1] == history->order[history->same_count - 2])
            history->lost.first = history->lost.count++ ? history->lost.first : series->cell->name;
    }
}

void history_build(struct history *history, const struct dataset *dataset, uint32_t newest,
                   const struct history_rules *rules) {
    *history = (struct history){.dataset = dataset, .newest = newest, .rules = *rules};
    mark_machine(history);
    compare_choices(history);
    for (size_t i = 0; i < dataset->cell_count; i++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
            add_series(history, &dataset->cells[i], metric);
    mark_thin(history);
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        find_changes(history, metric);
    history_judge(history, rules);
    find_lost(history);
    for (size_t i = 0; i < history->count; i++)
        add_newest(history, &history->series[i]);
    compare_pairs_thin_out(&history->pairs);
    compare_run(&history->pairs, rules->compare, &history->comparison);
    keep_worse(history);
}

void history_free(struct history *history) {
    for (size_t i = 0; i < history->count; i++) {
        free(history->series[i].runs);
        free(history->series[i].medians);
        free(history->series[i].errors);
        free(history->series[i].roles);
        free(history->series[i].changes);
    }
    free(history->series);
    free(history->same_machine);
    free(history->order);
    comparison_free(&history->comparison);
    compare_pairs_free(&history->pairs);
    *history = (struct history){0};
}
