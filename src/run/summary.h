// SPDX-License-Identifier: Apache-2.0
// summary.json: what a run found, cell by cell, for readers that want no rows (docs/files.md).
#ifndef NUMAPROBE_RUN_SUMMARY_H
#define NUMAPROBE_RUN_SUMMARY_H

#include "analyse/dataset.h"
#include "plan/schedule_state.h"
#include "run/session.h"

// Writes what the rows of the dataset say of the plan into the run's directory in one piece, over
// that of a run that is resumed, and the rows are on the disk before: a summary says that a run has
// ended. The schedule says why each cell was visited no more; NULL where the driver had none.
bool summary_write(struct session *session, const struct plan *plan, const struct dataset *dataset,
                   const struct schedule *schedule, struct error *error);

#endif
