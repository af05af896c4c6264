// SPDX-License-Identifier: Apache-2.0
// How the program ends: what its exit status says, and its last words.
#ifndef NUMAPROBE_RUN_OUTCOME_H
#define NUMAPROBE_RUN_OUTCOME_H

#include "analyse/dataset.h"
#include "run/exit_code.h"

enum exit_code outcome_of(const struct dataset *dataset, bool allow_unverified);

// Prints "numaprobe: sentence" to stderr and returns the exit code for that kind of error.
enum exit_code outcome_fail(const struct error *error);

// Prints "numaprobe: WARNING: sentence" to stderr.
void outcome_warn(const char *sentence);

// The last thing that a program does: a full disk or a closed pipe behind stdout must not look like
// success. Returns the exit status: the code, or FAILURE instead of OK. Where a pager or "head" had
// enough, it is UNREAD without a word, as after SIGPIPE.
int outcome_close_stdout(enum exit_code code);

#endif
