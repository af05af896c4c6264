// SPDX-License-Identifier: Apache-2.0
// --resume DIR: goes on with a run that was stopped, by what machine.json says of it.
//
// The rows that are there are replayed through the plan, and the run goes on behind them: same
// run_id, same seed, same cells. What would make the new rows other than the old ones is refused.
#ifndef NUMAPROBE_CLI_RESUME_H
#define NUMAPROBE_CLI_RESUME_H

#include "cli/command.h"
#include "cli/session.h"
#include "plan/schedule.h"
#include "plan/schedule_state.h"
#include "record/document.h"

struct resume {
    const char *path;
    struct document *machine; // machine.json as it was written
    const struct command *command;
    char **arguments; // of the command, as they were given
    int argument_count;
    struct options options; // of these, with the look of the output as it is asked for now
};

// Reads machine.json of options->resume, and its command line. resume_free is due in either case.
bool resume_read(struct resume *resume, const struct options *options, struct error *error);
void resume_free(struct resume *resume);

// Opens the run directory behind its last finished row. A torn row is cut off; finished rows go to
// through the schedule, which then stands where the run stopped. ERROR_KIND_USAGE,
// naming each difference, where machine, program, topology or plan are not those of the run.
bool resume_open(const struct resume *resume, struct session *session, struct schedule *schedule,
                 struct error *error);

#endif
