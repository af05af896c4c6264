// SPDX-License-Identifier: Apache-2.0
#include "analyse/history.h"

#include "analyse/comparable.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Apache Otava's defaults; the least change is that of the metric.
enum { WINDOW = 50 };
static const double change_p_most = 0.001;

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

static void mark_machine(struct history *history) {
    const struct dataset *dataset = history->dataset;
    char(*texts)[FINGERPRINT_BYTES] = base_allocate(2, sizeof *texts);
    history->same_machine = base_allocate(dataset->run_count, sizeof *history->same_machine);
    comparable_fingerprint(&dataset->runs[history->newest], texts[0]);
    for (size_t run = 0; run < dataset->run_count; run++) {
        history->same_machine[run] =
            strcmp(dataset->runs[history->newest].host, dataset->runs[run].host) == 0 &&
            strcmp(texts[0], comparable_fingerprint(&dataset->runs[run], texts[1])) == 0;
        history->same_count += history->same_machine[run];
    }
    free(texts);
}

static void add_series(struct history *history, const struct data_cell *cell, enum metric metric,
                       const uint32_t *runs, size_t run_count) {
    struct history_series series = {.cell = cell, .metric = metric};
    series.runs = base_allocate(run_count, sizeof *series.runs);
    series.medians = base_allocate(run_count, sizeof *series.medians);
    for (size_t i = 0; i < run_count; i++) {
        double median =
            data_cell_median(cell, (struct data_filter){.metric = metric, .run = runs[i]});
        if (isnan(median))
            continue;
        series.runs[series.count] = runs[i];
        series.medians[series.count++] = median;
    }
    const struct change_rules rules = {
        .window = WINDOW,
        .p_most = change_p_most,
        .ratio_least = metric_kinds[metric].effect_least,
    };
    series.changes = base_allocate(series.count, sizeof *series.changes);
    series.change_count = change_points_find(series.medians, series.count, &rules, series.changes);
    history->series = base_grow_by_one(history->series, history->count, sizeof *history->series);
    history->series[history->count++] = series;
}

// The visits since the last change of level before the newest run, and the spread of its runs.
static void add_newest(struct history *history, const struct history_series *series) {
    size_t last = series->count ? series->count - 1 : 0, begin = 0;
    if (!last || series->runs[last] != history->newest)
        return;
    for (size_t i = 0; i < series->change_count; i++)
        if (series->changes[i].index < last)
            begin = series->changes[i].index;
    struct compare_pair pair = {.name = series->cell->name,
                                .cell = series->cell,
                                .metric = series->metric,
                                .new_ =
                                    compare_side_of(series->cell, series->metric, history->newest)};
    for (size_t i = begin; i < last; i++) {
        struct compare_side more = compare_side_of(series->cell, series->metric, series->runs[i]);
        compare_side_append(&pair.base, &more);
        compare_side_free(&more);
    }
    compare_pairs_add(&history->pairs, pair);
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
static void find_lost(struct history *history, const uint32_t *runs, size_t run_count) {
    for (size_t i = 0; run_count > 1 && i < history->count; i++) {
        const struct history_series *series = &history->series[i];
        if (series->runs[series->count - 1] == runs[run_count - 2])
            history->lost.first = history->lost.count++ ? history->lost.first : series->cell->name;
    }
}

void history_build(struct history *history, const struct dataset *dataset,
                   struct compare_rules rules) {
    *history = (struct history){.dataset = dataset};
    CHECK(dataset->run_count > 0);
    size_t run_count;
    uint32_t *runs = runs_by_time(dataset, NULL, &run_count);
    history->newest = runs[run_count - 1];
    free(runs);
    mark_machine(history);
    compare_choices(history);
    runs = runs_by_time(dataset, history->same_machine, &run_count);
    for (size_t i = 0; i < dataset->cell_count; i++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
            if (!isnan(data_cell_median(&dataset->cells[i], data_all(metric))))
                add_series(history, &dataset->cells[i], metric, runs, run_count);
    find_lost(history, runs, run_count);
    free(runs);
    for (size_t i = 0; i < history->count; i++)
        add_newest(history, &history->series[i]);
    compare_pairs_thin_out(&history->pairs);
    compare_run(&history->pairs, rules, &history->comparison);
}

void history_free(struct history *history) {
    for (size_t i = 0; i < history->count; i++) {
        free(history->series[i].runs);
        free(history->series[i].medians);
        free(history->series[i].changes);
    }
    free(history->series);
    free(history->same_machine);
    comparison_free(&history->comparison);
    compare_pairs_free(&history->pairs);
    *history = (struct history){0};
}
