// SPDX-License-Identifier: Apache-2.0
// Curves of latency under load on the terminal.
#ifndef NUMAPROBE_CLI_CURVE_TABLE_H
#define NUMAPROBE_CLI_CURVE_TABLE_H

#include "cli/results.h"

// The points of each curve of the plan, by pause, with idle, knee and saturation marked, and its
// figures. Nothing where there is no curve.
void curve_table_print(const struct results *results);

#endif
