// SPDX-License-Identifier: Apache-2.0
// The runs of many hosts as the command line names them.
#ifndef NUMAPROBE_CLI_FLEET_RUNS_H
#define NUMAPROBE_CLI_FLEET_RUNS_H

#include "analyse/fleet.h"
#include "ask/options.h"

// Reads all runs that the operands name; fleet_free is due in either case. ERROR_KIND_USAGE when an
// operand names none.
bool fleet_runs_read(const struct options *options, struct fleet *fleet, struct error *error);

// The runs that give nothing, with the reason: a line each to stderr, of many the first.
void fleet_runs_print_left_out(const struct fleet *fleet);

#endif
