// SPDX-License-Identifier: Apache-2.0
// --resume DIR: resumes an interrupted run, by what machine.json says of it.
//
// The rows that are there are replayed through the plan, and the run goes on behind them: same
// run_id, same seed, same cells. What would make the new rows other than the old ones is refused.
#ifndef NUMAPROBE_CLI_RESUME_H
#define NUMAPROBE_CLI_RESUME_H

#include "cli/command.h"
#include "plan/schedule.h"
#include "plan/schedule_state.h"
#include "record/machine_file.h"
#include "run/session.h"

struct resume {
    const char *path;
    struct machine_file machine; // as it was written
    const struct command *command;
    struct options options; // of these, with the look of the output as it is asked for now
};

// Reads machine.json of options->resume, and its command line. resume_free is due in either case.
bool resume_read(struct resume *resume, const struct options *options, struct error *error);
void resume_free(struct resume *resume);

#endif
