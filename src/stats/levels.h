// SPDX-License-Identifier: Apache-2.0
// Several runs on two sides, one level a run and cell: what changed from one side to the other.
//
// A run shares much: the pages that it got, the boot, the host. However many visits it has, it is
// one draw of all that, so runs are what is counted here. A level has three parts: what all cells
// of a run share, what a cell of that run has for itself, and what is left of the visits' noise in
// their median. Their sizes are estimated within the sides, where nothing changed:
//
//   - what all cells share, from the median over the cells in each run;
//   - what is a cell's own, from its distances to that, moderated over all cells (Smyth 2004,
//     Statistical Applications in Genetics and Molecular Biology 3: variances of many cells make a
//     prior for the variance of each; a cell far more restless than the prior is judged by itself,
//     after Phipson and others 2016, Annals of Applied Statistics 10).
//
// Values are logarithms. Cells may lack a value in some runs.
#ifndef NUMAPROBE_STATS_LEVELS_H
#define NUMAPROBE_STATS_LEVELS_H

#include "base/base.h"

enum levels_side {
    LEVELS_BASE,
    LEVELS_NEW,
    LEVELS_BEFORE, // a level that no longer counts: it tells only how far runs differ
    LEVELS_SIDES,
};

struct levels {
    const double *values;          // of cell c and run r: values[c * runs + r]; NaN: none
    const enum levels_side *sides; // by run
    size_t cells, runs;
    const double *errors; // as values: how much too high a level may be, by the visits behind it,
                          // in standard errors; NaN: not known. NULL: of none
};

// A difference of new - base with what chance does to it.
struct level_change {
    double estimate;  // NaN: one of the sides has no value
    double error;     // its standard error; NaN when nothing tells it
    double degrees;   // of freedom that the error is known with
    double low, high; // the interval of the asked confidence; NaN without an error
    double p;         // of Student's test, two-sided; NaN without an error
};

struct level_cell {
    struct level_change whole;  // with what all cells share
    struct level_change beyond; // without it, where they move together; the whole change elsewhere
};

struct level_shift {
    size_t cells;  // with an estimate
    bool tested;   // there are at least LEVELS_SHARED cells
    bool together; // three quarters of them moved by the same, as far as chance lets one see
    struct level_change change;
};

// With fewer cells, what all share cannot be distinguished from what some have.
enum { LEVELS_SHARED = 4 };

// Fills cells[levels->cells]. Errors are known where one of the sides at least has two runs.
struct level_shift levels_compare(const struct levels *levels, double confidence,
                                  struct level_cell *cells);

// How much too high the median of these logarithms may be, in standard errors, from the values
// below it: half the distance to the order statistic two standard errors down (McKean and Schrader
// 1984, Communications in Statistics 13). Values that are high by a chance that hit half of them
// are far from the rest. NaN: too few values.
double levels_error(const double *values, size_t count);

// Moderates `count` variances, each with its degrees of freedom, by what all of them say, as above:
// where fewer than LEVELS_SHARED have any degrees each stays as it is. Both arrays are changed.
void levels_moderate(double *variances, double *degrees, size_t count);

// ---- for tests ----------------------------------------------------------------------------------

// What the variances of many cells say of the next: a scaled inverse chi-square distribution.
struct level_prior {
    double variance;
    double degrees; // 0: nothing is known
};

// Of `count` variances, each with its degrees of freedom; at least two of them with any.
struct level_prior level_prior_of(const double *variances, const double *degrees, size_t count);

#endif
