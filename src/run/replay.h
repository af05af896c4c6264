// SPDX-License-Identifier: Apache-2.0
// A run that was stopped goes on: its rows are replayed through the schedule.
#ifndef NUMAPROBE_RUN_REPLAY_H
#define NUMAPROBE_RUN_REPLAY_H

#include "plan/schedule.h"
#include "record/machine_file.h"
#include "run/session.h"

// Opens the run directory behind its last finished row. A torn row is cut off; finished rows go
// through the schedule, which then stands where the run stopped. ERROR_KIND_USAGE, naming each
// difference, where machine, program, topology or plan are not those that machine.json had then.
bool replay_open(const char *path, const struct machine_file *then, struct session *session,
                 struct schedule *schedule, struct error *error);

#endif
