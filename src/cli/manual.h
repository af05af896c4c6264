// SPDX-License-Identifier: Apache-2.0
// The manual pages, made of the tables that the help and the lists are made of.
#ifndef NUMAPROBE_CLI_MANUAL_H
#define NUMAPROBE_CLI_MANUAL_H

#include "base/error.h"

// Writes numaprobe.1, one page a command and numaprobe-rows.5 into a directory, which is made where
// it is not there: input of man, in the macros of man(7). Pages that are there are replaced. The
// errors are those of os_directory_open and of writing a file.
bool manual_write(const char *directory, struct error *error);

#endif
