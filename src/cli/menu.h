// SPDX-License-Identifier: Apache-2.0
// What each command asks of the plan: its parts.
#ifndef NUMAPROBE_CLI_MENU_H
#define NUMAPROBE_CLI_MENU_H

#include "cli/session.h"

// Builds the plan of a command that measures; both drivers have the same defaults. Errors as
// plan_build.
bool menu_plan(struct session *session, enum command_bit command, const struct options *options,
               struct plan *plan, struct error *error);

#endif
