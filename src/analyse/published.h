// SPDX-License-Identifier: Apache-2.0
// What others have published for this processor, beside what was measured here: never a verdict,
// since other tools and other sizes differ by 15 % on one and the same machine.
#ifndef NUMAPROBE_ANALYSE_PUBLISHED_H
#define NUMAPROBE_ANALYSE_PUBLISHED_H

#include "base/base.h"

enum published_quantity {
    PUBLISHED_LOCAL_NS,
    PUBLISHED_REMOTE_NS,
    PUBLISHED_MACHINE_READ,
    PUBLISHED_COUNT
};

struct published_machine {
    const char *cpu_model; // NULL: unknown
    size_t packages;       // 0: unknown; a figure of the whole machine is not compared then
};

enum { PUBLISHED_SENTENCE_BYTES = 320 };

// "Published for this CPU: local latency 105 to 122 ns (2 sources; other tools, other sizes); here
// 150 ns, 23 % above these". ours is in ns or bytes per second, NaN: not measured. False, and an
// empty text, where nothing is published or measured. Matched are all words of a line's cpu_words,
// whole, in the model's name: a guest that hides its model ("AMD EPYC") matches nothing.
bool published_tell(const struct published_machine *machine, enum published_quantity quantity,
                    double ours, char sentence[PUBLISHED_SENTENCE_BYTES]);

// data/published.csv, as it was when the program was built: a line each, ended by NULL.
extern const char *const published_table[];

// ---- for tests ----------------------------------------------------------------------------------

// The same by another table: the lines of a file such as data/published.csv, ended by NULL.
bool published_tell_by(const char *const *table, const struct published_machine *machine,
                       enum published_quantity quantity, double ours,
                       char sentence[PUBLISHED_SENTENCE_BYTES]);

#endif
