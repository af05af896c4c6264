// SPDX-License-Identifier: Apache-2.0
// What the exit status of `numaprobe check` says. It is not that of the other commands: schedulers
// and monitors read it (docs/files.md).
#ifndef NUMAPROBE_CLI_CHECK_EXIT_H
#define NUMAPROBE_CLI_CHECK_EXIT_H

#include "base/error.h"
#include "run/exit_code.h"

#define CHECK_EXITS(CODE)                                                                          \
    CODE(GOOD, 0, "everything that was measured is within the limits")                             \
    CODE(OUTSIDE, 1, "something is outside the limits")                                            \
    CODE(UNKNOWN, 2, "unknown: too little was measured, or the limits are of other machines")      \
    CODE(ERROR, 3, "the command line or the file of limits is wrong, or something failed")

#define CHECK_EXIT_ENUM(name, number, meaning) CHECK_EXIT_##name = number,
enum check_exit { CHECK_EXITS(CHECK_EXIT_ENUM) };
#undef CHECK_EXIT_ENUM

// Prints the one line of a check on stdout. Returns the exit status: ERROR where it cannot.
enum exit_code check_end(enum check_exit status, const char *sentence);

// The same of one that failed by itself: "ERROR: " and the sentence.
enum exit_code check_fail(const struct error *error);

#endif
