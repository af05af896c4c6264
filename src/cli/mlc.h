// SPDX-License-Identifier: Apache-2.0
// The command line of Intel's Memory Latency Checker, for scripts that call that program: under the
// name mlc-numaprobe, or mlc, this program takes it.
#ifndef NUMAPROBE_CLI_MLC_H
#define NUMAPROBE_CLI_MLC_H

#include "run/exit_code.h"

#include <stdbool.h>

struct manual_page;

// Whether the program was called by one of these names; path is argv[0].
bool mlc_is_called(const char *path);

// The words behind the program's name in, exit status out. What is asked is translated into a
// command of numaprobe's, which measures it; what has no counterpart is refused by its name.
enum exit_code mlc_run(int argument_count, char **arguments);

// Fills the manual page, from the tables of the help (ask/manual_page.h).
void mlc_write_manual(struct manual_page *page, const void *subject);

#endif
