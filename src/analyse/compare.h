// SPDX-License-Identifier: Apache-2.0
// Two sets of runs, cell by cell: what changed, and what could have been seen.
//
// The unit is the visit. Values are compared as logarithms, so an effect is a ratio; an effect
// above 0 is worse, for latency and for bandwidth. Method with sources: docs/method.md, Comparing
// runs.
#ifndef NUMAPROBE_ANALYSE_COMPARE_H
#define NUMAPROBE_ANALYSE_COMPARE_H

#include "analyse/dataset.h"

enum compare_verdict {
    COMPARE_REGRESSED,
    COMPARE_IMPROVED,
    COMPARE_EQUIVALENT,
    COMPARE_INCONCLUSIVE,
    COMPARE_VERDICT_COUNT,
};
extern const char *const compare_verdict_names[COMPARE_VERDICT_COUNT];

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
        } * visits;
        size_t count;
        double median;
    } base, new_;
    double spread; // relative, between runs of the same thing (A/A); NaN: not known
};

// What the visits of a pair say. Effects are relative: 0.05 is 5 % worse, beyond what all cells of
// the metric share.
struct compare_judgement {
    enum compare_verdict verdict;
    size_t base_count, new_count;
    double ratio, low, high; // new to base, Hodges-Lehmann, 95 %; NaN: none
    double p, p_adjusted;    // Mann-Whitney; NaN: none
    double inflation;        // of the variance, because visits that follow each other are alike;
                             // interval, p and detectable have it in them
    double least_effect;     // smaller is taken for no change
    double detectable;       // smallest effect that these visits would have shown in 4 of 5 cases;
                             // INFINITY: they are too few to show any
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
    double level; // of all cells together, and again of what they share, in both directions
};

// A gate may stop at most one of a hundred reports of the same thing: worse is half of a level of
// one in a hundred for the cells, and half of another for what they share. Whoever explores looks
// again at what is named: 5 % of that may be nothing.
extern const struct compare_rules compare_rules_gate, compare_rules_explore;

struct comparison {
    struct compare_result *results; // in the order of the pairs
    size_t count;
    struct compare_shift shifts[METRIC_COUNT];
    size_t verdicts[COMPARE_VERDICT_COUNT]; // of cells
    size_t disagreements;
    size_t flagged;  // pairs with flagged visits
    size_t unjudged; // of these, those whose other visits are too few to show anything
    size_t blind;    // pairs whose visits are too few to show anything
    size_t needed;   // visits a side that as many pairs need to show anything
    size_t alike;    // pairs with less than half as many independent visits as there are
    double inflation_most;
};

struct compare_pairs {
    struct compare_pair *at;
    size_t count;
};

// All metrics of all cells that both sides have; the spread is known where the base has at least
// COMPARE_SPREAD_RUNS runs.
enum { COMPARE_SPREAD_RUNS = 4 };
void compare_pairs_build(struct compare_pairs *pairs, const struct dataset *base,
                         const struct dataset *new_);
void compare_pairs_add(struct compare_pairs *pairs, struct compare_pair pair);
void compare_pairs_free(struct compare_pairs *pairs);

void compare_run(const struct compare_pairs *pairs, struct compare_rules rules,
                 struct comparison *comparison);
void comparison_free(struct comparison *comparison);

// Whether a gate must stop: a cell, or all of a metric, got worse.
bool comparison_regressed(const struct comparison *comparison);

// The values of one side out of a cell. run NONE_U32: of all runs.
struct compare_side compare_side_of(const struct data_cell *cell, enum metric metric, uint32_t run);
void compare_side_append(struct compare_side *side, const struct compare_side *more);
void compare_side_free(struct compare_side *side);

// The median absolute deviation of run medians from their median, relative; NaN for fewer than
// COMPARE_SPREAD_RUNS.
double compare_spread(const double *run_medians, size_t count);

#endif
