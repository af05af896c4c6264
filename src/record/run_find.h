// SPDX-License-Identifier: Apache-2.0
// From what the command line names to run directories.
#ifndef NUMAPROBE_RECORD_RUN_FIND_H
#define NUMAPROBE_RECORD_RUN_FIND_H

#include "base/error.h"

struct run_list {
    char **paths; // of directories with a rows.csv, in ascending order of their names
    size_t count;
};

// Adds the runs that `operand` names: a run directory, a file in one, a directory of run
// directories, or a pattern with * and ? for any of these. ERROR_KIND_USAGE when there is none,
// ERROR_KIND_FAILED when a directory cannot be listed.
bool run_list_add(struct run_list *list, const char *operand, struct error *error);
void run_list_free(struct run_list *list);

// Whether the run directory has something of that name, be it nothing that can be read: a run that
// may not be read is there, and is not to be passed over without a word.
bool run_has_file(const char *run, const char *name);

#endif
