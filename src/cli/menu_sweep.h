// SPDX-License-Identifier: Apache-2.0
// The plan of a sweep: one part for each loop, with sizes of its own.
#ifndef NUMAPROBE_CLI_MENU_SWEEP_H
#define NUMAPROBE_CLI_MENU_SWEEP_H

#include "cli/session.h"

// As menu_plan, which hands `sweep` on to it.
bool menu_plan_sweep(const struct session *session, const struct options *options,
                     struct plan *plan, struct error *error);

#endif
