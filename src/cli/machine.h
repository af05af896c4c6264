// SPDX-License-Identifier: Apache-2.0
// machine.json: what the rows of a run were measured on, with, and how it was asked for.
#ifndef NUMAPROBE_CLI_MACHINE_H
#define NUMAPROBE_CLI_MACHINE_H

#include "cli/session.h"

bool machine_write(const struct session *session, const struct plan *plan, int argument_count,
                   char **arguments, const char *path, struct error *error);

// Sentences for people about this machine: what restricts or weakens the run. Calls warn for each.
void machine_warnings(const struct session *session,
                      void (*warn)(void *context, const char *sentence), void *context);

// "CPUs 0-3 of 0-7" where this process may not use all; "" otherwise. Returns text.
char *machine_restriction(const struct session *session, char *text, size_t text_bytes);

#endif
