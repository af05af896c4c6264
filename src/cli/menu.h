// SPDX-License-Identifier: Apache-2.0
// What each command asks of the plan: its parts.
#ifndef NUMAPROBE_CLI_MENU_H
#define NUMAPROBE_CLI_MENU_H

#include "cli/session.h"

// What is asked, of a session whose memory was read.
struct menu_order {
    struct session *session; // gets what a probe finds
    enum command_bit command;
    const struct options *options;
    struct error error; // of a plan that could not be finished after its probe
};

// Reads the memory of the session's machine as it is now, for the kinds of page that are asked for.
void menu_read_memory(const struct menu_order *order);

// Builds the plan of a command that measures; both drivers have the same defaults. Errors as
// plan_build.
bool menu_plan(const struct menu_order *order, struct plan *plan, struct error *error);

// The same as it is begun where sizes have to be probed first: with the first cell of the probe,
// and growing by what comes of it, up to the plan of the command. plan is otherwise as menu_plan
// left it. order must stay. Should the plan not be finished, order->error tells why.
void menu_begin_with_probe(struct menu_order *order, struct plan *plan);

#endif
