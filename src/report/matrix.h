// SPDX-License-Identifier: Apache-2.0
// The cells of a dataset as matrices, CPU nodes x memory nodes, as every report shows them.
#ifndef NUMAPROBE_REPORT_MATRIX_H
#define NUMAPROBE_REPORT_MATRIX_H

#include "analyse/series.h"

struct matrix {
    enum metric metric;
    const struct data_cell *first; // says kernel, pattern, kind of page
    uint64_t *rows;                // CPU nodes, ascending; the system's numbers
    size_t row_count;
    struct node_set *columns; // memory nodes, and sets of them behind
    size_t column_count;
    const struct data_cell **cells; // [row * column_count + column]; NULL: none
    double *values;                 // medians in the units of the rows; NaN: none
};

struct matrix_list {
    struct matrix *at;
    size_t count;
};

// One matrix for each series (analyse/series.h): latencies first, and what was only searched for
// its peak last.
void matrix_list_build(struct matrix_list *list, const struct dataset *dataset);
void matrix_list_free(struct matrix_list *list);

// "Idle latency, ns: structural chain of 1GiB, 2M pages",
// "Bandwidth, GB/s: copy_nt.avx2, array size 256MiB, thp pages, 2 threads". Returns text.
enum { MATRIX_TITLE_BYTES = 256 };
char *matrix_title(const struct matrix *matrix, char text[MATRIX_TITLE_BYTES]);

// Which to quote where a run has peaks and a matrix of bandwidth, and why they differ
// (docs/method.md, Peaks); "" where it has not both.
const char *matrix_peak_note(const struct dataset *dataset);

// The one that stands for the machine: the first of its metric that is of memory, and where that
// was measured with several numbers of threads, the one with the most. NULL when there is none.
const struct matrix *matrix_main(const struct matrix_list *list, enum metric metric);

// All local values of a matrix of bandwidths together, and of how many nodes; NaN when none has
// one.
double matrix_local_sum(const struct matrix *bandwidth, size_t *nodes);

#endif
