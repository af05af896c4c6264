// SPDX-License-Identifier: Apache-2.0
// The core-to-core latencies of a run, class by class.
#ifndef NUMAPROBE_CLI_PAIRS_TABLE_H
#define NUMAPROBE_CLI_PAIRS_TABLE_H

#include "cli/results.h"

// One table for each protocol, home of the lines and kind of page: a line for each class that has
// pairs, with the median and the 5th and 95th percentile of the pairs, each pair by the median of
// its visits.
void pairs_table_print(const struct results *results);

// The same with all pairs: a matrix for each, writers x readers. Of more than
// PAIRS_MATRIX_CPUS_MOST CPUs only a sentence that says where they are: in the run directory. A
// matrix that is wider than the terminal (0: never) is cut into several.
enum { PAIRS_MATRIX_CPUS_MOST = 32 };
void pairs_matrices_print(const struct results *results, const char *run_path,
                          uint32_t terminal_columns);

#endif
