// SPDX-License-Identifier: Apache-2.0
// What a reader must know of runs, as the first lines of what is printed of them. Private to this
// room.
#ifndef NUMAPROBE_REPORT_TEXT_NOTES_H
#define NUMAPROBE_REPORT_TEXT_NOTES_H

#include "analyse/notes.h"
#include "report/text_form.h"

// The notes on runs, a line each. `side` is put before each ("base: "), "" where there is one side
// only. Nothing is printed where there is none.
void text_notes_print(const struct dataset *dataset, const char *side, const struct marks *marks,
                      FILE *stream);

#endif
