// SPDX-License-Identifier: Apache-2.0
// Is this node good? Visits in, one verdict out.
//
// Every cell is visited until it has LIMITS_CHECK_VISITS visits that nothing disturbed; where their
// median is outside its limit, it is measured a second time, by itself, and is slow only when that
// median is outside as well. A visit without proof does not count. Nor does one that somebody else
// had a hand in (FLAG_DISTURBED) where it is outside: a busy node is never a bad one. Where it is
// within, it is good in spite of them.
#ifndef NUMAPROBE_ANALYSE_NODE_CHECK_H
#define NUMAPROBE_ANALYSE_NODE_CHECK_H

#include "analyse/limits.h"
#include "record/row.h"

enum { NODE_PASSES = 2 }; // first, and to confirm

struct node_pass {
    double values[LIMITS_CHECK_VISITS]; // of undisturbed visits
    size_t count, visits;
};

struct node_cell {
    const struct limits_cell *limit;
    struct node_pass passes[NODE_PASSES];
    const char *trouble; // why the last visit of its pass that does not count does not: a word of
                         // the row, NULL: all count
    char reason[200];    // of a row without a value
    size_t next;         // place + 1 of the next one of the same name; 0: none
};

struct node_check {
    struct node_cell *cells;
    size_t count;
    struct text_set names;     // of the cells
    size_t *first;             // by number of a name: place + 1 of its first cell
    size_t left_out;           // cells of the limits that the time has no room for
    bool accepts_unverifiable; // --allow-unverified
};

// The first `count` cells of the limits; node_check_free is due.
void node_check_begin(struct node_check *check, const struct limits_sku *limits, size_t count);
void node_check_free(struct node_check *check);

// The cell to visit next: in rounds over all, first passes first. False when nothing is left to
// visit. A pass gives up after twice the visits that it needs.
bool node_check_next(const struct node_check *check, size_t *cell);
void node_check_add(struct node_check *check, size_t cell, const struct row *row);

// Adds a row of a run that was measured before to the cells that have its name.
void node_check_add_by_name(struct node_check *check, const struct row *row);

enum node_verdict { NODE_GOOD, NODE_OUTSIDE, NODE_UNKNOWN };

// What is known when it ends. `busy`: the machine was seen to be busy besides, in a sentence, or
// NULL; then nothing is called slow. `ended`: why it ended before its time (time over, stopped), or
// NULL. The sentence begins with the verdict's word, then what matters, shortest first: readers of
// health checks show 80 characters.
enum { NODE_SENTENCE_BYTES = 700 };
enum node_verdict node_check_judge(const struct node_check *check, const char *busy,
                                   const char *ended, char sentence[NODE_SENTENCE_BYTES]);

#endif
