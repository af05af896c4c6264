// SPDX-License-Identifier: Apache-2.0
// What each command asks of the plan: its parts, and the defaults for what the options leave open.
#ifndef NUMAPROBE_CLI_MENU_H
#define NUMAPROBE_CLI_MENU_H

#include "cli/session.h"

// Builds the plan of a command that measures; both drivers have the same defaults. Errors as
// plan_build.
bool menu_plan(const struct session *session, enum command_bit command,
               const struct options *options, struct plan *plan, struct error *error);

// That of `sweep`, which menu_plan hands on.
bool menu_plan_sweep(const struct session *session, const struct options *options,
                     struct plan *plan, struct error *error);

// What is taken where the options name nothing.
const struct chase_pattern *menu_default_pattern(void);
const struct page_kind *menu_default_pages(const struct session *session);

#endif
