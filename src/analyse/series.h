// SPDX-License-Identifier: Apache-2.0
// Which cells stand together: in a matrix, on a curve, in a sweep. Everything that shows several
// cells side by side asks here, so that all of it agrees.
#ifndef NUMAPROBE_ANALYSE_SERIES_H
#define NUMAPROBE_ANALYSE_SERIES_H

#include "analyse/dataset.h"

enum series_kind {
    SERIES_MATRIX, // nodes of CPUs x nodes of memory
    SERIES_RACE,   // the loops of one mix at one place: the best of them is its peak
    SERIES_SETS,   // memory, one node or several: a search for the best set
    SERIES_SWEEP,  // sizes
    SERIES_PAGES,  // kinds of page of an idle latency
    SERIES_CHAINS, // chains that one thread walks at once
    SERIES_CURVE,  // loads of one mode, closed or paced
    SERIES_LOAD,   // loads of both modes
    SERIES_PAIRS,  // pairs of CPUs
    SERIES_CHOICE, // what differs by what a run chooses for itself: loops and sizes
    SERIES_PLACE,  // all that was measured of one kind at one place, however it was measured
};

// Cells of one series, in the order of what differs between them: nodes, sizes, chains, loads from
// the lightest to the heaviest, CPUs.
struct series {
    const struct data_cell **cells;
    size_t cell_count;
};

struct series_list {
    struct series *at;
    size_t count;
};

// Whether a cell can stand in a series of that kind.
bool series_takes(enum series_kind kind, const struct data_cell *cell);

// 0 when two cells belong to one series of that kind; else which comes first, the same in every
// run. Both must be taken by the kind.
int series_compare(enum series_kind kind, const struct data_cell *a, const struct data_cell *b);

// All series of that kind. No place of a matrix has two cells: of a place that was measured with
// several numbers of threads or several sizes the second is in a second matrix, and so on.
void series_list_build(struct series_list *list, const struct dataset *dataset,
                       enum series_kind kind);
void series_list_free(struct series_list *list);

// The series of a list of that kind to which a cell of another dataset belongs; NULL: none.
const struct series *series_list_find(const struct series_list *list, enum series_kind kind,
                                      const struct data_cell *like);

// Of a race's loops the best of those that were visited most often: the others lost before.
const struct data_cell *series_race_winner(const struct series *race);

// How light a load is: dependent additions after each burst, or, paced, seconds from one byte to
// the next. NaN: the cell has no load.
double series_pause(const struct data_cell *cell);

// What one pass touches, or as much as is known of it: the size of a cell in a sweep.
double series_size_bytes(const struct data_cell *cell);

#endif
