// SPDX-License-Identifier: Apache-2.0
// machine.json: what the rows of a run were measured on, with, and how it was asked for.
#ifndef NUMAPROBE_RUN_MACHINE_H
#define NUMAPROBE_RUN_MACHINE_H

#include "record/machine_file.h"
#include "run/session.h"

#include <stdio.h>

// What machine.json says of this run; machine_file_free is due.
void machine_describe(const struct session *session, const struct plan *plan, int argument_count,
                      char **arguments, struct machine_file *machine);
bool machine_write(const struct session *session, const struct plan *plan, int argument_count,
                   char **arguments, struct os_file *file, struct error *error);

// Sentences for people about this machine, a line each: what restricts or weakens the run.
// machine.json has the same.
void machine_print_warnings(const struct session *session, FILE *stream);

// "CPUs 0-3 of 0-7" where this process may not use all; "" otherwise. Returns text.
char *machine_restriction(const struct session *session, char *text, size_t text_bytes);

// "node 0 is the memory of 2 packages" where one number is an average over them; "" otherwise.
// Returns text.
char *machine_averaging(const struct session *session, char *text, size_t text_bytes);

#endif
