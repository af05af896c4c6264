// SPDX-License-Identifier: Apache-2.0
// The cells of a dataset as matrices, CPU nodes x memory nodes, as every report shows them.
#ifndef NUMAPROBE_REPORT_MATRIX_H
#define NUMAPROBE_REPORT_MATRIX_H

#include "analyse/dataset.h"

struct matrix {
    enum metric metric;
    const struct data_cell *first; // says kernel, pattern, kind of page
    uint64_t *rows;                // CPU nodes, ascending; the system's numbers
    size_t row_count;
    uint64_t *columns; // memory nodes
    size_t column_count;
    const struct data_cell **cells; // [row * column_count + column]; NULL: none
    double *values;                 // medians in the units of the rows; NaN: none
};

struct matrix_list {
    struct matrix *at;
    size_t count;
};

// One matrix for each loop, kind of page and part of the run; latencies first, and what was only
// searched for its peak last of its metric. Cells that are no places of a matrix (sweeps, loaded,
// core to core) are left to others.
void matrix_list_build(struct matrix_list *list, const struct dataset *dataset);
void matrix_list_free(struct matrix_list *list);

// "Idle latency, ns: structural chain, 2M pages". Returns text.
enum { MATRIX_TITLE_BYTES = 256 };
char *matrix_title(const struct matrix *matrix, char text[MATRIX_TITLE_BYTES]);

// The first matrix of a metric, NULL when there is none.
const struct matrix *matrix_first(const struct matrix_list *list, enum metric metric);

#endif
