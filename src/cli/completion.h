// SPDX-License-Identifier: Apache-2.0
// What a shell needs to complete the command line: scripts made of the tables of commands and
// options.
#ifndef NUMAPROBE_CLI_COMPLETION_H
#define NUMAPROBE_CLI_COMPLETION_H

#include <stddef.h>

// To stdout. lists: what `numaprobe list` knows.
void completion_print_bash(const char *const *lists, size_t list_count);
void completion_print_powershell(const char *const *lists, size_t list_count);

#endif
