// SPDX-License-Identifier: Apache-2.0
// Two sets of runs, cell by cell: what changed, and what could have been seen.
//
// As soon as a side has several runs the run is the unit: its visits share whatever the run shares,
// and tell only its own level. With one run a side the visit is, and what is found is a look, not a
// verdict. Values are compared as logarithms, so an effect is a ratio; an effect above 0 is worse,
// for latency and for bandwidth. Method with sources: docs/method.md, Comparing runs.
#ifndef NUMAPROBE_ANALYSE_COMPARE_H
#define NUMAPROBE_ANALYSE_COMPARE_H

#include "analyse/dataset.h"

// The worst first.
enum compare_verdict {
    COMPARE_REGRESSED,
    COMPARE_SUSPECTED, // worse, by one run a side
    COMPARE_IMPROVED,
    COMPARE_SUSPECTED_BETTER,
    COMPARE_SHIFTED, // moved with all cells of its metric, and by no more than they did
    COMPARE_EQUIVALENT,
    COMPARE_INCONCLUSIVE,
    COMPARE_VERDICT_COUNT,
};
extern const char *const compare_verdict_names[COMPARE_VERDICT_COUNT];

// Better or worse, proven or suspected.
bool compare_is_change(enum compare_verdict verdict);

// One metric of one cell, with what either side measured of it.
struct compare_pair {
    const char *name;             // of the cell
    const struct data_cell *cell; // of the new side
    enum metric metric;
    struct compare_side {
        struct compare_visit {
            double value;  // in the unit of the rows
            uint32_t run;  // index into the dataset's runs; those of one run follow each other
            uint32_t turn; // which visit of its cell in that run, from 0
            bool flagged;
            double error; // of a value that is the median of visits: level_error; else 0
        } * visits;
        size_t count;
        double median;
    } base, candidate,
        before; // of a level that no longer counts: how far its runs differ. Often none
};

// What is found of a pair. Effects are relative: 0.05 is 5 % worse.
struct compare_judgement {
    enum compare_verdict verdict;
    size_t base_count, new_count; // visits
    size_t base_runs, new_runs;
    double ratio, low, high; // new to base, 95 %; NaN: none
    double beyond;           // the same without what all cells of the metric share
    double p, p_adjusted;    // of beyond; NaN: no test, or one that no correction leaves a chance
    double inflation;        // of the variance, because visits that follow each other are alike;
                             // interval, p and detectable have it in them. 1 by runs
    bool drifts;             // they are so beyond chance, in all cells of the metric together
    double min_effect;       // smaller is taken for no change
    double detectable;       // smallest effect that would have been found in 4 of 5 cases;
                             // INFINITY: none
    double runs_needed;      // a side, to decide what is inconclusive; NaN: not known, or decided
};

struct compare_result {
    const struct compare_pair *pair;
    struct compare_judgement all;       // every visit: this is the verdict
    struct compare_judgement unflagged; // without flagged visits
    bool disagree;
    bool unconfirmed; // too few visits are without flags to tell
};

// A change that all cells of a metric share.
struct compare_shift {
    bool tested; // false: too few cells
    bool found;
    size_t cells;
    double ratio, low, high; // new to base
    double p;
    enum compare_verdict verdict;
};

struct compare_rules {
    bool explore; // Benjamini-Hochberg instead of Holm
    bool single;  // one run per side, and the user has not said that it is meant is meant: no look
    double level; // of all cells together, in both directions
    double shift_level; // of what they share, of all metrics
    double margin;      // what is smaller is no change; 0: that of the metric
};
double compare_margin(const struct compare_rules *rules, enum metric metric);
double compare_shift_level(const struct compare_rules *rules); // of one metric

// A gate may stop at most one of a hundred reports of the same thing: half of either level is
// worse, and what the estimated variances lack of certainty takes the rest (docs/method.md has the
// simulation). If you explore, you look again at what is named: 5 % of that may be nothing.
// A history stops for one direction only, and waits less often for nothing: its level is larger by
// what the simulation leaves (tests/history_rates.c).
extern const struct compare_rules compare_rules_gate, compare_rules_explore, compare_rules_history;

struct comparison {
    struct compare_result *results; // in the order of the pairs
    size_t count;
    struct compare_shift shifts[METRIC_COUNT];
    size_t verdicts[COMPARE_VERDICT_COUNT]; // of cells
    size_t disagreements;
    size_t flagged;  // pairs with flagged visits
    size_t unjudged; // of these, those whose other visits are too few to show anything
    size_t blind;    // pairs that could not have shown any change
    size_t alike;    // pairs with less than half as many independent visits as there are
    double inflation_max;
    size_t base_runs, new_runs;
    bool by_runs;         // the run is the unit
    bool is_tentative;    // one run a side
    size_t visits_needed; // a side, that as many pairs need to show anything in a look
    double runs_needed;   // the median of the pairs that are inconclusive; NaN
    double detectable;    // the largest of all pairs
};

struct compare_pairs {
    struct compare_pair *at;
    size_t count;
    size_t thin; // cells left out: see compare_pairs_build
};

// All metrics of all cells that both sides have. Cells with fewer than COMPARE_VISITS_MIN visits
// a run, such as the points of a curve, are left out where others of the metric have more: they
// would need a correction of all others, and their noise is another.
enum { COMPARE_VISITS_MIN = 3 };
void compare_pairs_build(struct compare_pairs *pairs, const struct dataset *base,
                         const struct dataset *candidate);
// Leaves out what compare_pairs_build does.
void compare_pairs_thin_out(struct compare_pairs *pairs);
void compare_pairs_add(struct compare_pairs *pairs, struct compare_pair pair);
void compare_pairs_free(struct compare_pairs *pairs);

void compare_run(const struct compare_pairs *pairs, struct compare_rules rules,
                 struct comparison *comparison);
// Only the verdicts of all visits and the shifts, as each run of a long history needs them: what
// was detectable, what would decide, and the sums over the pairs cost more than these.
void compare_verdicts(const struct compare_pairs *pairs, struct compare_rules rules,
                      struct comparison *comparison);
void comparison_free(struct comparison *comparison);

// Makes a cell worse that the test of its new side alone does not call so: the caller knows more.
void comparison_set_regressed(struct comparison *comparison, size_t index);

// Of the whole: the worst change, of a cell or of all; without any, equivalent when all are.
enum compare_verdict comparison_verdict(const struct comparison *comparison);

// Whether a gate must stop: a cell, or all of a metric, got worse.
bool comparison_regressed(const struct comparison *comparison);

// The values of one side out of a cell. run NONE_U32: of all runs.
struct compare_side compare_side_of(const struct data_cell *cell, enum metric metric, uint32_t run);
void compare_side_append(struct compare_side *side, const struct compare_side *more);
void compare_side_free(struct compare_side *side);

#endif
