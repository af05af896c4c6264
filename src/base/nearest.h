// SPDX-License-Identifier: Apache-2.0
// "Did you mean ...?": the name of a list that is most like a word that is not in the list.
#ifndef NUMAPROBE_BASE_NEAREST_H
#define NUMAPROBE_BASE_NEAREST_H

#include "base/base.h"

enum { NEAREST_HINT_BYTES = 64 };

struct nearest {
    const char *word;
    const char *name; // NULL: no name is near
    size_t changes;   // from the word to that name
};

// Offer each name of the list; of names that are equally near the first one counts.
struct nearest nearest_to(const char *word);
void nearest_offer(struct nearest *nearest, const char *name);

// "; did you mean 'latency'?", to stand behind a sentence, or "" when no name is near.
char *nearest_hint(const struct nearest *nearest, char hint[NEAREST_HINT_BYTES]);

#endif
