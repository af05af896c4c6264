// SPDX-License-Identifier: Apache-2.0
// A run directory read back and printed: by `show`, and by the commands that have just filled it.
#ifndef NUMAPROBE_RUN_SHOW_H
#define NUMAPROBE_RUN_SHOW_H

#include "analyse/dataset.h"

// Reads the run in that directory with all its rows. dataset_free is due in either case.
bool show_read(struct dataset *dataset, char *path, struct error *error);

void show_tables(const struct dataset *dataset);

// Prints summary.json of the run in that directory; one that did not end has none.
bool show_json(const char *path, struct error *error);

#endif
