// SPDX-License-Identifier: Apache-2.0
// What a run chooses on the way, sizes, loops and kinds of page, as it is recorded; sizes and loops
// are taken over by another run.
//
// summary.json has it under "chosen"; machine.json, which is written first, under "settings/chosen"
// as far as it is known then: all of it in a run that was asked to be like an earlier one.
#ifndef NUMAPROBE_RUN_CHOICES_H
#define NUMAPROBE_RUN_CHOICES_H

#include "record/machine_file.h"
#include "run/session.h"

// What is chosen, as both files have it; fields_free is due.
void choices_tell(const struct session *session, struct machine_chosen *chosen);

// Fills session->sizing and session->loops by what the run in that directory had (--like DIR): its
// memory, what its probe found, and its loops. ERROR_KIND_USAGE when the directory is no run that
// ended, or has a loop that this program or processor has not.
bool choices_take(struct session *session, const char *directory, struct error *error);

// The same of machine.json alone, for a run that is resumed.
bool choices_restore(struct session *session, const struct machine_settings *settings,
                     struct error *error);

#endif
