// SPDX-License-Identifier: Apache-2.0
// The plan of a sweep: one part for each loop, with sizes of its own. Private to this room.
#ifndef NUMAPROBE_ASK_MENU_SWEEP_H
#define NUMAPROBE_ASK_MENU_SWEEP_H

#include "ask/options.h"
#include "run/session.h"

// As menu_plan, which hands `sweep` on to it.
bool menu_plan_sweep(const struct session *session, const struct options *options,
                     struct plan *plan, struct error *error);

#endif
