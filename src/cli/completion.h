// SPDX-License-Identifier: Apache-2.0
// Completion of the command line. The shells' scripts are a few lines each: they ask the program,
// which knows its tables, this machine's nodes and the runs in a directory.
#ifndef NUMAPROBE_CLI_COMPLETION_H
#define NUMAPROBE_CLI_COMPLETION_H

#include <stddef.h>

// Answers `numaprobe --complete WORD...`: what the last of the words behind the program's name may
// become, a line each to stdout, with its meaning behind a tab where it has one. Nothing: the shell
// completes the names of files. lists: what `numaprobe list` knows.
void completion_answer(size_t word_count, char *const *words, const char *const *lists,
                       size_t list_count);

// The scripts, to stdout.
void completion_print_bash(void);
void completion_print_zsh(void);
void completion_print_fish(void);
void completion_print_powershell(void);

#endif
