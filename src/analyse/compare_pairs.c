// SPDX-License-Identifier: Apache-2.0
// The two sides of each cell, as compare and history compare them.
#include "analyse/compare.h"

#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void set_median(struct compare_side *side) {
    double *values = base_allocate(side->count, sizeof *values);
    for (size_t i = 0; i < side->count; i++)
        values[i] = side->visits[i].value;
    side->median = order_median(values, side->count);
    free(values);
}

// Visits of a cell stand in the order of their runs.
static size_t first_of_run(const struct data_cell *cell, uint32_t run) {
    size_t low = 0, high = cell->visit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cell->visits[middle].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct compare_side compare_side_of(const struct data_cell *cell, enum metric metric,
                                    uint32_t run) {
    struct compare_side side = {0};
    uint32_t turn = 0;
    for (size_t i = run == NONE_U32 ? 0 : first_of_run(cell, run); i < cell->visit_count; i++) {
        const struct data_visit *visit = &cell->visits[i];
        if (run != NONE_U32 && visit->run != run)
            break;
        turn = i && cell->visits[i - 1].run == visit->run ? turn + 1 : 0;
        if (isnan(visit->values[metric]))
            continue;
        side.visits = base_grow_by_one(side.visits, side.count, sizeof *side.visits);
        side.visits[side.count++] = (struct compare_visit){.value = visit->values[metric],
                                                           .run = visit->run,
                                                           .turn = turn,
                                                           .flagged = visit->flagged};
    }
    set_median(&side);
    return side;
}

void compare_side_append(struct compare_side *side, const struct compare_side *more) {
    if (!more->count)
        return;
    side->visits = base_grow(side->visits, side->count + more->count, sizeof *side->visits);
    memcpy(side->visits + side->count, more->visits, more->count * sizeof *side->visits);
    side->count += more->count;
    set_median(side);
}

void compare_side_free(struct compare_side *side) {
    free(side->visits);
    *side = (struct compare_side){0};
}

void compare_pairs_add(struct compare_pairs *pairs, struct compare_pair pair) {
    pairs->at = base_grow_by_one(pairs->at, pairs->count, sizeof *pairs->at);
    pairs->at[pairs->count++] = pair;
}

// Visits of its run that has most.
static size_t visits_of_run(const struct compare_side *side) {
    size_t most = 0;
    for (size_t begin = 0, end; begin < side->count; begin = end) {
        for (end = begin; end < side->count && side->visits[end].run == side->visits[begin].run;)
            end++;
        most = end - begin > most ? end - begin : most;
    }
    return most;
}

static size_t visits_of_pair(const struct compare_pair *pair) {
    size_t base = visits_of_run(&pair->base), candidate = visits_of_run(&pair->candidate);
    return base < candidate ? base : candidate;
}

static void pair_free(struct compare_pair *pair) {
    compare_side_free(&pair->base);
    compare_side_free(&pair->candidate);
    compare_side_free(&pair->before);
}

void compare_pairs_thin_out(struct compare_pairs *pairs) {
    size_t most[METRIC_COUNT] = {0}, kept = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        enum metric metric = pairs->at[i].metric;
        size_t visits = visits_of_pair(&pairs->at[i]);
        most[metric] = visits > most[metric] ? visits : most[metric];
    }
    for (size_t i = 0; i < pairs->count; i++) {
        struct compare_pair *pair = &pairs->at[i];
        if (most[pair->metric] < COMPARE_VISITS_MIN || visits_of_pair(pair) >= COMPARE_VISITS_MIN)
            pairs->at[kept++] = *pair;
        else
            pair_free(pair);
    }
    pairs->thin = pairs->count - kept;
    pairs->count = kept;
}

void compare_pairs_build(struct compare_pairs *pairs, const struct dataset *base,
                         const struct dataset *candidate) {
    *pairs = (struct compare_pairs){0};
    for (size_t i = 0; i < base->cell_count; i++) {
        const struct data_cell *cell = &base->cells[i];
        const struct data_cell *other = dataset_cell(candidate, cell->name);
        for (enum metric metric = 0; other && metric < METRIC_COUNT; metric++) {
            struct compare_pair pair = {.name = cell->name,
                                        .cell = other,
                                        .metric = metric,
                                        .base = compare_side_of(cell, metric, NONE_U32),
                                        .candidate = compare_side_of(other, metric, NONE_U32)};
            if (pair.base.count && pair.candidate.count)
                compare_pairs_add(pairs, pair);
            else
                pair_free(&pair);
        }
    }
    compare_pairs_thin_out(pairs);
}

void compare_pairs_free(struct compare_pairs *pairs) {
    for (size_t i = 0; i < pairs->count; i++)
        pair_free(&pairs->at[i]);
    free(pairs->at);
    *pairs = (struct compare_pairs){0};
}
