// SPDX-License-Identifier: Apache-2.0
// Invariants of the method: a check cell differs from the cell that it checks in one thing, which
// must not matter. And what the same cell gives at other times.
#include "analyse/invariants_private.h"

#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

static const double size_change_max = 0.02;
static const double slot_change_max = 0.03;
static const double walk_change_max = 0.03;
static const double fill_change_max = 0.03;
static const double drift_max = 0.02;
static const double pair_ratio_max = 2;

static void compare_checks(const struct invariants_input *input, struct invariant *invariant,
                           enum check check, double change_max) {
    const struct dataset *dataset = input->dataset;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (cell->check != check)
            continue;
        const struct data_cell *base = dataset_cell(dataset, cell->check_of);
        for (enum metric metric = 0; base && metric < METRIC_COUNT; metric++) {
            const struct metric_kind *kind = &metric_kinds[metric];
            double value = invariant_median(input, cell, metric);
            double expected = invariant_median(input, base, metric);
            invariant_compare(invariant, invariant_difference(value, expected) - change_max,
                              "%s has %.*f %s, %s has %.*f %s (%+.1f %%)", cell->name,
                              kind->decimals, value / kind->unit_size, kind->unit, base->name,
                              kind->decimals, expected / kind->unit_size, kind->unit,
                              100 * (value / expected - 1));
        }
    }
}

void invariant_size(const struct invariants_input *input, struct invariant *invariant) {
    compare_checks(input, invariant, CHECK_SIZE_DOUBLED, size_change_max);
}

void invariant_slot(const struct invariants_input *input, struct invariant *invariant) {
    compare_checks(input, invariant, CHECK_SLOT_DOUBLED, slot_change_max);
}

void invariant_first_walk(const struct invariants_input *input, struct invariant *invariant) {
    compare_checks(input, invariant, CHECK_FIRST_WALK, walk_change_max);
}

void invariant_fill(const struct invariants_input *input, struct invariant *invariant) {
    compare_checks(input, invariant, CHECK_ZERO_FILL, fill_change_max);
}

// ---- drift --------------------------------------------------------------------------------------

// The cell that holds the earliest or the latest visit of the run that gave a value.
static const struct data_cell *cell_at_end(const struct dataset *dataset, bool latest,
                                           uint64_t *visit) {
    const struct data_cell *found = NULL;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        for (size_t j = 0; j < cell->visit_count; j++) {
            uint64_t number = cell->visits[j].visit;
            if (number == NONE_U64 || (found && (latest ? number < *visit : number > *visit)))
                continue;
            *visit = number;
            found = cell;
        }
    }
    return found;
}

// Against the median of the other visits, because one visit against one differs by more than this
// on a machine that does not drift at all.
void invariant_drift(const struct invariants_input *input, struct invariant *invariant) {
    uint64_t first, last;
    const struct data_cell *cell = cell_at_end(input->dataset, false, &first);
    if (!cell || cell_at_end(input->dataset, true, &last) != cell || first == last)
        return;
    enum metric metric =
        isnan(invariant_latency_ns(input, cell)) ? METRIC_BANDWIDTH : METRIC_LATENCY;
    double *others = base_allocate(cell->visit_count, sizeof *others), repeated = NAN;
    size_t count = 0;
    for (size_t i = 0; i < cell->visit_count; i++) {
        if (cell->visits[i].visit == last)
            repeated = cell->visits[i].values[metric];
        else if (!isnan(cell->visits[i].values[metric]))
            others[count++] = cell->visits[i].values[metric];
    }
    double median = order_median(others, count);
    free(others);
    const struct metric_kind *kind = &metric_kinds[metric];
    invariant_compare(invariant, invariant_difference(repeated, median) - drift_max,
                      "%s has %.*f %s at the end, %.*f %s before (%+.1f %%)", cell->name,
                      kind->decimals, repeated / kind->unit_size, kind->unit, kind->decimals,
                      median / kind->unit_size, kind->unit, 100 * (repeated / median - 1));
}

// ---- pairs of CPUs ------------------------------------------------------------------------------

// Two visits of a pair far above two others are no chance: the CPUs were moved between two places.
// One alone may have been disturbed.
void invariant_pair_levels(const struct invariants_input *input, struct invariant *invariant) {
    for (size_t i = 0; i < input->dataset->cell_count; i++) {
        const struct data_cell *cell = &input->dataset->cells[i];
        if (cell->test != TEST_C2C)
            continue;
        size_t count;
        double *values = data_cell_values(cell, data_all(METRIC_LATENCY), &count);
        double *sorted = order_sorted(values, count);
        double low = count >= 4 ? sorted[1] : NAN, high = count >= 4 ? sorted[count - 2] : NAN;
        invariant_compare(invariant, high / low / pair_ratio_max - 1,
                          "%s takes %.1f ns in two repetitions and %.1f ns in two others",
                          cell->name, low, high);
        free(sorted);
        free(values);
    }
}
