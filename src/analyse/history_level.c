// SPDX-License-Identifier: Apache-2.0
#include "analyse/history_level.h"

#include "stats/drift.h"
#include "stats/levels.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

// So many runs that follow each other make a level. On a better one, it is the level that counts.
// Fewer that were away and are back show how far runs of the machine may lie from each other: were
// they left out, it would seem calmer than it is, and the next such run would be a change.
enum { LEVEL_KEPT = 3 };
// A run is back when it is nearer to the level than to what it was.
static const double back_share = 0.5;

static void set_role(struct history_series *series, size_t i, enum history_role role) {
    if (series->roles[i] != HISTORY_NONE)
        series->role_counts[series->roles[i]]--;
    series->roles[i] = role;
    series->role_counts[role] += role != HISTORY_NONE;
}

// The level begins anew with run `i`. The one before tells from now on how far runs differ, if it
// had enough of them.
static void begin_level(struct history_series *series, size_t i) {
    size_t kept = 0;
    for (size_t j = 0; j < i; j++)
        kept += series->roles[j] == HISTORY_KEPT;
    for (size_t j = 0; j < i; j++)
        if (series->roles[j] != HISTORY_BEFORE || kept > 1)
            set_role(series, j,
                     series->roles[j] == HISTORY_KEPT && kept > 1 ? HISTORY_BEFORE : HISTORY_NONE);
    series->begin = i;
    set_role(series, i, HISTORY_KEPT);
    series->standing = HISTORY_KEPT;
    series->since = SIZE_MAX;
}

static void take_role(struct history_series *series, size_t i, enum history_role role,
                      double change, bool pinned) {
    bool away = role == HISTORY_WORSE || role == HISTORY_BETTER;
    if (!away && series->away_count < LEVEL_KEPT)
        for (size_t j = i; j-- > i - series->away_count;)
            set_role(series, j, role);
    if (role != series->standing) {
        series->away = 0;
        series->away_count = 0;
        series->since = role == HISTORY_WORSE ? i : SIZE_MAX;
    }
    series->standing = role;
    set_role(series, i, role);
    if (!away)
        return;
    series->away_count++;
    series->away += (change - series->away) / (double)series->away_count;
    if (role == HISTORY_BETTER && series->away_count == LEVEL_KEPT && !pinned) {
        size_t first = i + 1 - LEVEL_KEPT;
        begin_level(series, first);
        for (size_t j = first; j <= i; j++)
            set_role(series, j, HISTORY_KEPT);
    }
}

// What the run is to the level, by its test and by what the runs before it were.
static enum history_role role_of(const struct history_series *series,
                                 const struct compare_result *result,
                                 const struct compare_shift *shift, double change) {
    bool changed = result->all.verdict == COMPARE_REGRESSED ||
                   result->all.verdict == COMPARE_IMPROVED ||
                   (shift->found && result->all.verdict == COMPARE_SHIFTED);
    bool away = series->standing == HISTORY_WORSE || series->standing == HISTORY_BETTER;
    bool still =
        away && change * series->away > 0 && fabs(change) > back_share * fabs(series->away);
    if (changed)
        return change > 0 ? HISTORY_WORSE : HISTORY_BETTER;
    return still ? series->standing : HISTORY_KEPT;
}

// ---- one run ------------------------------------------------------------------------------------

static struct compare_visit median_of(const struct history_series *series, size_t i) {
    return (struct compare_visit){
        .value = series->medians[i], .run = series->runs[i], .error = series->errors[i]};
}

// The latest runs of a role before the i-th in the order of time, each as one visit of its median.
static struct compare_side side_of(const struct history_series *series, size_t i,
                                   enum history_role role) {
    struct compare_side side = {.visits = base_allocate(HISTORY_WINDOW, sizeof *side.visits)};
    size_t most = series->role_counts[role], first = i; // behind them nothing more is found
    most = most < HISTORY_WINDOW ? most : HISTORY_WINDOW;
    for (size_t found = 0; first && found < most; found += series->roles[first] == role)
        first--;
    for (size_t j = first; j < i && side.count < most; j++)
        if (series->roles[j] == role)
            side.visits[side.count++] = median_of(series, j);
    return side;
}

static struct compare_side newest_side(const struct history_series *series, size_t i) {
    struct compare_side side = {.visits = base_allocate(1, sizeof *side.visits), .count = 1};
    side.visits[0] = median_of(series, i);
    return side;
}

static bool has_run(const struct history_series *series, size_t i, uint32_t run) {
    return i < series->count && series->runs[i] == run;
}

// Judges a run in all series that have it; next[s] is its index in series s. `is_level`: where it
// is not away it makes the level.
static void judge_run(struct history *history, uint32_t run, const size_t *next, bool is_level,
                      const struct history_rules *rules) {
    struct compare_pairs pairs = {0};
    struct comparison comparison;
    struct compare_rules meant = rules->compare;
    size_t *places = base_allocate(history->count, sizeof *places);
    meant.single = true; // of two runs nothing is found: one visit each
    for (size_t s = 0; s < history->count; s++) {
        struct history_series *series = &history->series[s];
        if (series->thin || !has_run(series, next[s], run))
            continue;
        if (!next[s]) {
            begin_level(series, 0); // a cell that the runs before did not have
            continue;
        }
        places[pairs.count] = s;
        compare_pairs_add(&pairs, (struct compare_pair){
                                      .name = series->cell->name,
                                      .cell = series->cell,
                                      .metric = series->metric,
                                      .base = side_of(series, next[s], HISTORY_KEPT),
                                      .candidate = newest_side(series, next[s]),
                                      .before = side_of(series, next[s], HISTORY_BEFORE),
                                  });
    }
    compare_verdicts(&pairs, meant, &comparison);
    for (size_t i = 0; i < pairs.count; i++) {
        struct history_series *series = &history->series[places[i]];
        const struct compare_result *result = &comparison.results[i];
        double change = metric_kinds[series->metric].worse * log(result->all.ratio);
        enum history_role role =
            role_of(series, result, &comparison.shifts[series->metric], change);
        bool away = role != HISTORY_KEPT;
        take_role(series, next[places[i]], away || is_level ? role : HISTORY_BEFORE, change,
                  !is_level);
    }
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
    free(places);
}

// ---- a level that crept in ----------------------------------------------------------------------

// How far each run of the history lies, in all cells of a metric alike, from their levels: the
// median over the cells, which the caller frees. Too few cells to tell: all 0.
static double *shared_of(const struct history *history, enum metric metric) {
    size_t cells = 0;
    double *shared = base_allocate(history->dataset->run_count, sizeof *shared);
    double *away = base_allocate(history->count, sizeof *away);
    double *levels = base_allocate(history->count, sizeof *levels);
    for (size_t s = 0; s < history->count; s++) {
        const struct history_series *series = &history->series[s];
        cells += series->metric == metric && !series->thin;
        for (size_t i = 0; i < series->count; i++)
            levels[s] += log(series->medians[i]) / (double)series->count;
    }
    size_t *next = base_allocate(history->count, sizeof *next);
    for (size_t at = 0; at < history->same_count && cells >= LEVELS_SHARED; at++) {
        size_t count = 0;
        for (size_t s = 0; s < history->count; s++) {
            const struct history_series *series = &history->series[s];
            if (!has_run(series, next[s], history->order[at]))
                continue;
            double median = series->medians[next[s]++];
            if (series->metric == metric && !series->thin)
                away[count++] = log(median) - levels[s];
        }
        shared[history->order[at]] = count ? order_median(away, count) : 0;
    }
    free(next);
    free(levels);
    free(away);
    return shared;
}

// How far the mean of the values from `since` on is above that of [begin, end).
static double step_of(const double *values, size_t begin, size_t end, size_t since, size_t count) {
    double before = 0, after = 0;
    for (size_t i = begin; i < end; i++)
        before += values[i] / (double)(end - begin);
    for (size_t i = since; i < count; i++)
        after += values[i] / (double)(count - since);
    return after - before;
}

// Whether the level since a run is another than that of the runs of [begin, end), for all that the
// machine drifts: by what the cell has of its own, or, as far as neighbours in time are alike, by
// what all share, which is tested once a metric. Too few `cells` share nothing: each is tested.
static bool is_step(const struct history_series *series, const double *shared, size_t begin,
                    size_t end, size_t since, double margin, double cells) {
    int worse = metric_kinds[series->metric].worse;
    double *own = base_allocate(series->count, sizeof *own);
    double *common = base_allocate(series->count, sizeof *common);
    bool is_alone = true;
    for (size_t i = 0; i < series->count; i++) {
        common[i] = worse * shared[series->runs[i]];
        own[i] = worse * log(series->medians[i]) - common[i];
        is_alone = is_alone && common[i] == 0;
    }
    double least = log1p(margin);
    bool is_own = step_of(own, begin, end, since, series->count) > least;
    bool is_common = step_of(common, begin, end, since, series->count) > least;
    const double *tested = is_alone ? own : common;
    double p = drift_step_p(tested + begin, since - begin, tested + since, series->count - since);
    bool stands_out = p <= HISTORY_CHANGE_LEVEL / (is_alone ? cells : METRIC_COUNT);
    free(common);
    free(own);
    return is_alone ? is_own && stands_out : is_own || (is_common && stands_out);
}

// A step that no single run showed: the level of the newest run is worse than the best that was
// kept for three runs or more since the level began, and three runs or more have kept it.
static void judge_levels(struct history_series *series, const double *shared, double margin,
                         double cells) {
    const struct metric_kind *kind = &metric_kinds[series->metric];
    double best = NAN, last = NAN;
    size_t since = SIZE_MAX, best_begin = 0, best_end = 0;
    for (size_t k = 0; k <= series->change_count; k++) {
        size_t begin = k ? series->changes[k - 1].index : 0;
        size_t end = k < series->change_count ? series->changes[k].index : series->count;
        begin = begin > series->begin ? begin : series->begin;
        if (begin >= end)
            continue;
        double level = k ? series->changes[k - 1].after : series->changes[0].before;
        last = kind->worse * log(level);
        bool worse = last > best + log1p(margin);
        since = worse ? (since == SIZE_MAX ? begin : since) : SIZE_MAX;
        if (end - begin >= LEVEL_KEPT && !(last >= best)) {
            best = last;
            best_begin = begin;
            best_end = end;
        }
    }
    if (since == SIZE_MAX || series->count - since < LEVEL_KEPT ||
        series->standing == HISTORY_WORSE)
        return;
    double newest = kind->worse * log(series->medians[series->count - 1]);
    bool back = newest - best <= back_share * (last - best);
    if (back || !is_step(series, shared, best_begin, best_end, since, margin, cells))
        return;
    series->standing = HISTORY_WORSE;
    series->since = since;
    for (size_t j = since; j < series->count; j++)
        if (series->roles[j] == HISTORY_KEPT)
            set_role(series, j, HISTORY_WORSE);
}

// ---- all runs -----------------------------------------------------------------------------------

// Without a test: the run begins the level, or is one of the first that make it.
static void take_run(struct history *history, uint32_t run, const size_t *next, bool begins) {
    for (size_t s = 0; s < history->count; s++) {
        struct history_series *series = &history->series[s];
        if (!has_run(series, next[s], run))
            continue;
        if (begins || !next[s])
            begin_level(series, next[s]);
        set_role(series, next[s], HISTORY_KEPT);
    }
}

static void judge_in_order(struct history *history, const struct history_rules *rules,
                           bool pinned) {
    size_t *next = base_allocate(history->count, sizeof *next);
    bool is_level = !rules->pinned_first;
    for (size_t at = 0; at < history->same_count; at++) {
        uint32_t run = history->order[at];
        bool accepted = !pinned && rules->accepted && rules->accepted[run];
        bool begins = !at || accepted || run == rules->pinned_run;
        if (begins) {
            history->level_begin = at;
            history->is_accepted = accepted;
        }
        if (begins || at < rules->pinned_first)
            take_run(history, run, next, begins);
        else
            judge_run(history, run, next, is_level, rules);
        is_level = is_level && run != rules->pinned_run;
        for (size_t s = 0; s < history->count; s++)
            next[s] += has_run(&history->series[s], next[s], run);
    }
    free(next);
}

static void judge_all_levels(struct history *history, const struct history_rules *rules) {
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        double *shared = shared_of(history, metric);
        for (size_t s = 0; s < history->count; s++) {
            struct history_series *series = &history->series[s];
            if (series->metric == metric && series->change_count && !series->thin)
                judge_levels(series, shared, compare_margin(&rules->compare, metric),
                             (double)history->count);
        }
        free(shared);
    }
}

void history_judge(struct history *history, const struct history_rules *rules) {
    bool pinned = rules->pinned_first || rules->pinned_run != NONE_U32;
    for (size_t s = 0; s < history->count; s++) {
        history->series[s].standing = HISTORY_KEPT;
        history->series[s].since = SIZE_MAX;
    }
    judge_in_order(history, rules, pinned);
    if (!pinned)
        judge_all_levels(history, rules);
}
