// SPDX-License-Identifier: Apache-2.0
// What latency under load asks of the plan besides idle cells: its curves. Private to this room.
#ifndef NUMAPROBE_ASK_MENU_LOAD_H
#define NUMAPROBE_ASK_MENU_LOAD_H

#include "ask/options.h"
#include "run/session.h"

// Of the whole machine: reads beside one idle cell of the plan, as few points as show the knee,
// once each; or the plan's not_applicable says why there are none. Errors as plan_build.
bool menu_sketch_load(const struct session *session, const struct options *options,
                      const struct sizing *sizing, struct plan *plan, struct error *error);

// Of `loaded`: the curves of each mix and node of a load beside the plan's idle cells.
bool menu_plan_loads(const struct session *session, const struct options *options,
                     const struct sizing *sizing, struct plan *plan, struct error *error);

#endif
