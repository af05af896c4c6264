// SPDX-License-Identifier: Apache-2.0
// What must hold between the cells of one run, whatever the machine: the flags of a run.
//
// A cell's figure is the median over its visits. Where the cells that an invariant needs are not
// there, it is not looked at, which is not the same as holding: `compared` tells.
#ifndef NUMAPROBE_ANALYSE_INVARIANTS_H
#define NUMAPROBE_ANALYSE_INVARIANTS_H

#include "analyse/dataset.h"
#include "record/flags.h"
#include "topology/topology.h"

struct invariants_input {
    const struct dataset *dataset;    // of one run
    const struct topology *topology;  // of its machine; NULL: not known
    double peak_bytes_per_s;          // that its memory can carry at most; NaN: unknown
    const struct invariants_own *own; // of invariants_find
};

enum { INVARIANT_SENTENCE_BYTES = 512 };

struct invariant {
    const struct flag *flag;
    size_t compared; // pairs or groups of cells that were compared
    size_t raised;   // of these
    double excess;   // of the worst of these, beyond what is allowed, as a share
    char sentence[INVARIANT_SENTENCE_BYTES]; // of the worst: its cells and figures; "" when none
};

enum { INVARIANTS_MAX = 32 };

// Fills one for each flag of a run, in the order of the table of flags, and returns how many.
size_t invariants_find(const struct invariants_input *input,
                       struct invariant invariants[INVARIANTS_MAX]);

#endif
