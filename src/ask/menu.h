// SPDX-License-Identifier: Apache-2.0
// What each command asks of the plan: its parts.
#ifndef NUMAPROBE_ASK_MENU_H
#define NUMAPROBE_ASK_MENU_H

#include "ask/options.h"
#include "plan/schedule.h"
#include "run/session.h"

// What is asked, of a session whose memory was read.
struct menu_order {
    struct session *session; // gets what is found: sizes, loops
    enum command_bit command;
    const struct options *options;
    bool chosen; // sizes and loops are those of an earlier run: nothing is to be found
    bool probes, probes_arrays, races; // filled by menu_prepare
    bool planned;                      // the plan of the command is there, and grows by sets only
    struct error error;                // of a plan that could not be finished after these
};

// Reads the memory of the session's machine as it is now, for the kinds of page that are asked for.
void menu_read_memory(const struct menu_order *order);

// Builds the plan of a command that measures; both drivers have the same defaults. Errors as
// plan_build.
bool menu_plan(const struct menu_order *order, struct plan *plan, struct error *error);

// Whether sizes have to be probed, and loops raced, before what the command's plan has can be
// measured.
void menu_prepare(struct menu_order *order, const struct plan *plan);

// Where they have to: makes of the command's plan an empty one that grows by the cells of these,
// and by what comes of them up to the plan of the command; where sets of nodes are searched, by
// these too. order must stay. Should the plan not be
// finished, order->error says why.
void menu_begin(struct menu_order *order, struct plan *plan);

#endif
