// SPDX-License-Identifier: Apache-2.0
// What the exit status says of a run's rows.
#ifndef NUMAPROBE_CLI_OUTCOME_H
#define NUMAPROBE_CLI_OUTCOME_H

#include "analyse/dataset.h"
#include "cli/exit_code.h"

enum exit_code outcome_of(const struct dataset *dataset, bool allow_unverified);

#endif
