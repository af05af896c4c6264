// SPDX-License-Identifier: Apache-2.0
// What a reader must know of runs before their figures: what is missing in them, what was left out
// and what disturbed them. Everything that shows figures of runs begins with these sentences.
#ifndef NUMAPROBE_ANALYSE_NOTES_H
#define NUMAPROBE_ANALYSE_NOTES_H

#include "analyse/dataset.h"

// Calls say for each of them; not once for whole, verified and quiet runs. Their texts are in part
// of files, and need escaping.
void notes_each(const struct dataset *dataset, void (*say)(const char *sentence, void *context),
                void *context);

// The one of these on disturbance: a third of the figures or more are not to be used. False, and an
// empty text, when they are fewer.
enum { NOTE_BYTES = 1600 };
bool notes_disturbance(const struct dataset *dataset, char text[NOTE_BYTES]);

// False (ERROR_KIND_REFUSED) when there is no figure to show: no row has a value, or none has a
// proof. The sentence says why.
bool notes_require_values(const struct dataset *dataset, struct error *error);

#endif
