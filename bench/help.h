// SPDX-License-Identifier: Apache-2.0
// How numaprobe-bench is used: its help and its manual page, of the same tables.
#ifndef NUMAPROBE_BENCH_HELP_H
#define NUMAPROBE_BENCH_HELP_H

#include "base/error.h"

// To stdout, with the options of Google Benchmark as that library prints them.
void help_print(void);

// Writes numaprobe-bench.1 into a directory, which is made where it is not there. The errors are
// those of os_directory_open and of writing a file.
bool help_write_manual(const char *directory, struct error *error);

#endif
