// SPDX-License-Identifier: Apache-2.0
// Keeps a run in a directory of runs.
#ifndef NUMAPROBE_RECORD_RUN_COPY_H
#define NUMAPROBE_RECORD_RUN_COPY_H

#include "base/error.h"

// Copies rows.csv, machine.json, topology.xml and summary.json of a run into directory/RUN_ID,
// which is there when all of them are. Nothing is overwritten: ERROR_KIND_USAGE when that run is
// there already. Files that the run does not have, other than rows.csv, are left out; links are
// refused.
bool run_copy(const char *run, const char *directory, const char *run_id, struct error *error);

#endif
