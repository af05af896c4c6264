// SPDX-License-Identifier: Apache-2.0
// What each command asks of the plan: its parts.
#ifndef NUMAPROBE_CLI_MENU_H
#define NUMAPROBE_CLI_MENU_H

#include "cli/session.h"

// What is asked, and what sizes follow from. sizing may be filled by the caller (a run that is
// resumed); memory_free is due.
struct menu_order {
    const struct session *session;
    enum command_bit command;
    const struct options *options;
    struct sizing sizing;
    struct error error; // of a plan that could not be finished after its probe
};

// Fills the sizing by what the machine leaves now.
void menu_read_memory(struct menu_order *order);

// Builds the plan of a command that measures; both drivers have the same defaults. Errors as
// plan_build.
bool menu_plan(const struct menu_order *order, struct plan *plan, struct error *error);

// The same as it is begun where sizes have to be probed first: with the first cell of the probe,
// and growing by what comes of it, up to the plan of the command. plan is otherwise as menu_plan
// left it. order must stay. Should the plan not be finished, order->error tells why.
void menu_begin_with_probe(struct menu_order *order, struct plan *plan);

#endif
