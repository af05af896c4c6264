// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare_gate.h"

#include "analyse/cell_groups.h"
#include "analyse/series.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static size_t visits_of_a_run(const struct data_cell *cell) {
    size_t most = 0, count = 0;
    for (size_t i = 0; i < cell->visit_count; i++) {
        count = i && cell->visits[i].run == cell->visits[i - 1].run ? count + 1 : 1;
        most = count > most ? count : most;
    }
    return most;
}

static bool has_value(const struct data_cell *cell) {
    return cell->visit_count > 0;
}

static int by_place(const struct data_cell *a, const struct data_cell *b) {
    return series_compare(SERIES_PLACE, a, b);
}

struct lost_cells compare_lost_cells(const struct dataset *base, const struct dataset *candidate) {
    struct lost_cells lost = {0};
    struct cell_groups places; // of which the other side has a value, by whatever loop and size
    size_t most = 0;
    cell_groups_build(&places, candidate, has_value, by_place);
    for (size_t i = 0; i < base->cell_count; i++) {
        size_t visits = visits_of_a_run(&base->cells[i]);
        most = visits > most ? visits : most;
    }
    for (size_t i = 0; i < base->cell_count; i++) {
        const struct data_cell *cell = &base->cells[i];
        const struct data_cell *other = dataset_cell(candidate, cell->name);
        bool thin = most >= COMPARE_VISITS_MIN && visits_of_a_run(cell) < COMPARE_VISITS_MIN;
        bool there = other ? has_value(other) : cell_groups_first(&places, cell) != NULL;
        if (!cell->visit_count || thin || there)
            continue;
        lost.first = lost.count++ ? lost.first : cell->name;
    }
    cell_groups_free(&places);
    return lost;
}

static struct gate PRINTF_LIKE(1, 2) undecided(const char *format, ...) {
    struct gate gate = {.state = GATE_UNDECIDED};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(gate.reason, sizeof gate.reason, format, arguments);
    va_end(arguments);
    return gate;
}

static const struct compare_result *blindest(const struct comparison *comparison) {
    const struct compare_result *worst = &comparison->results[0];
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->results[i].all.detectable > worst->all.detectable)
            worst = &comparison->results[i];
    return worst;
}

static struct gate judge_require(const struct comparison *comparison, double require) {
    if (require <= 0 || comparison->detectable <= require)
        return (struct gate){.state = GATE_PASSED};
    const struct compare_result *worst = blindest(comparison);
    if (isinf(worst->all.detectable))
        return undecided("--require %g%%: no change of '%.300s' was detectable, however large; add "
                         "interleaved runs per side",
                         100 * require, worst->pair->name);
    return undecided("--require %g%%: a change of less than %.1f %% of '%.300s' was not "
                     "detectable; add interleaved runs per side, or use a quieter machine",
                     100 * require, 100 * worst->all.detectable, worst->pair->name);
}

struct gate compare_gate(const struct comparison *comparison, struct lost_cells lost,
                         double require) {
    if (comparison_regressed(comparison))
        return (struct gate){.state = GATE_REGRESSED};
    if (lost.count)
        return undecided("--check: %zu case%s of the base ha%s no value on the new side, first "
                         "'%.300s': a case that was not measured does not pass",
                         lost.count, PLURAL(lost.count), lost.count == 1 ? "s" : "ve", lost.first);
    if (!comparison->count)
        return undecided("--check: no case has a value on both sides (see above): measure both "
                         "with the same options");
    if (comparison->is_tentative)
        return undecided("--check: with one run per side, a change cannot be distinguished from "
                         "run-to-run variation; measure 4 interleaved runs per side (base, new, "
                         "base, new ...), or accept one run with --single");
    if (comparison->blind == comparison->count && !comparison->by_runs)
        return undecided("--check: too few repetitions to show any change: %zu comparisons need at "
                         "least %zu repetitions of each case per side (--rounds %zu)",
                         comparison->count, comparison->visits_needed, comparison->visits_needed);
    if (comparison->blind == comparison->count)
        return undecided("--check: too few runs to show any change: measure 4 runs per side");
    if (comparison->verdicts[COMPARE_INCONCLUSIVE] == comparison->count)
        return undecided("--check: every comparison is inconclusive; add interleaved runs per "
                         "side, or use a quieter machine");
    return judge_require(comparison, require);
}
