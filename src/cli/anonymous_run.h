// SPDX-License-Identifier: Apache-2.0
// A copy of a run that can be shown to strangers.
#ifndef NUMAPROBE_CLI_ANONYMOUS_RUN_H
#define NUMAPROBE_CLI_ANONYMOUS_RUN_H

#include "base/error.h"
#include "cli/anonymous.h"
#include "os/os.h"
#include "record/run_directory.h"

// The files of a copy, those of a run that has them.
extern const char *const anonymous_files[];
extern const size_t anonymous_file_count;

// Reads the run and writes the copy's files into `to`, an empty directory. What was taken out is
// added to `anonymous`; run_id gets the run's. ERROR_KIND_USAGE where the run has no rows.csv or no
// machine.json, ERROR_KIND_FAILED where a file is none of ours or cannot be written.
bool anonymous_run(const char *run, const struct os_directory *to, struct anonymous *anonymous,
                   char run_id[RUN_ID_BYTES], struct error *error);

#endif
