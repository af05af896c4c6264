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

// Those that say which rows there are, without the one on disturbance: for what prints that itself.
void notes_each_of_rows(const struct dataset *dataset,
                        void (*say)(const char *sentence, void *context), void *context);

// The one of these on disturbance, when a third of the visits or more are disturbed. False, and an
// empty text, when they are fewer. It says by how much figures can be off, or not to use them where
// that is unknown or more than a few percent.
enum { NOTE_BYTES = 1600 };
bool notes_disturbance(const struct dataset *dataset, char text[NOTE_BYTES]);

// False (ERROR_KIND_REFUSED) when there is no figure to show: no row has a value, or none has a
// proof. The sentence says why.
bool notes_require_values(const struct dataset *dataset, struct error *error);

#endif
