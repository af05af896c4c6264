// SPDX-License-Identifier: Apache-2.0
#include "analyse/history.h"

#include "analyse/comparable.h"
#include "analyse/history_level.h"
#include "stats/levels.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of all changes of level that a history shows, in both directions.
static const double change_level = 0.005;

static int by_time(const struct data_run *a, const struct data_run *b) {
    int order = strcmp(a->timestamp_utc, b->timestamp_utc);
    return order ? order : strcmp(a->run_id, b->run_id);
}

// The runs of one machine in order of time: few enough for the plainest sort.
static uint32_t *runs_by_time(const struct dataset *dataset, const bool *wanted, size_t *count) {
    uint32_t *runs = base_allocate(dataset->run_count, sizeof *runs);
    *count = 0;
    for (uint32_t run = 0; run < dataset->run_count; run++) {
        if (wanted && !wanted[run])
            continue;
        size_t place = (*count)++;
        for (; place && by_time(&dataset->runs[run], &dataset->runs[runs[place - 1]]) < 0; place--)
            runs[place] = runs[place - 1];
        runs[place] = run;
    }
    return runs;
}

static bool same_machine(const struct data_run *a, const struct data_run *b) {
    char(*texts)[FINGERPRINT_BYTES] = base_allocate(2, sizeof *texts);
    bool same = strcmp(a->host, b->host) == 0 &&
                comparable_is_same_kind(comparable_fingerprint(a, texts[0]),
                                        comparable_fingerprint(b, texts[1]));
    free(texts);
    return same;
}

size_t history_machines(const struct dataset *dataset, uint32_t *runs) {
    size_t count, machines = 0;
    uint32_t *order = runs_by_time(dataset, NULL, &count);
    while (count--) {
        bool known = false;
        for (size_t i = 0; i < machines; i++)
            known = known || same_machine(&dataset->runs[runs[i]], &dataset->runs[order[count]]);
        if (!known)
            runs[machines++] = order[count];
    }
    free(order);
    return machines;
}

static void mark_machine(struct history *history) {
    const struct dataset *dataset = history->dataset;
    history->same_machine = base_allocate(dataset->run_count, sizeof *history->same_machine);
    for (size_t run = 0; run < dataset->run_count; run++)
        history->same_machine[run] =
            same_machine(&dataset->runs[history->newest], &dataset->runs[run]);
    history->order = runs_by_time(dataset, history->same_machine, &history->same_count);
}

// ---- series -------------------------------------------------------------------------------------

static void add_series(struct history *history, const struct data_cell *cell, enum metric metric) {
    struct history_series series = {.cell = cell, .metric = metric};
    size_t runs = history->same_count;
    series.runs = base_allocate(runs, sizeof *series.runs);
    series.medians = base_allocate(runs, sizeof *series.medians);
    series.roles = base_allocate(runs, sizeof *series.roles);
    for (size_t i = 0; i < runs; i++) {
        double median = data_cell_median(
            cell, (struct data_filter){.metric = metric, .run = history->order[i]});
        if (isnan(median))
            continue;
        series.runs[series.count] = history->order[i];
        series.medians[series.count++] = median;
    }
    if (!series.count) {
        free(series.runs);
        free(series.medians);
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
        series->thin = most[series->metric] >= COMPARE_VISITS_LEAST &&
                       visits_a_run(series) < COMPARE_VISITS_LEAST;
    }
}

// What one run differs by from the next on the same level, each cell's moderated by all of its
// metric; then the steps that are beyond it, of so many places in so many cells.
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
            .p_most = change_level / (double)(splits ? splits : 1),
            .ratio_least = metric_kinds[metric].effect_least,
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
                                .new_ =
                                    compare_side_of(series->cell, series->metric, history->newest)};
    append_runs(&pair.base, series, HISTORY_KEPT);
    append_runs(&pair.before, series, HISTORY_BEFORE);
    compare_pairs_add(&history->pairs, pair);
}

static const struct history_series *series_of(const struct history *history,
                                              const struct compare_pair *pair) {
    for (size_t i = 0; i < history->count; i++)
        if (history->series[i].cell == pair->cell && history->series[i].metric == pair->metric)
            return &history->series[i];
    return NULL;
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
