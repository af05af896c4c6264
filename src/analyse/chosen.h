// SPDX-License-Identifier: Apache-2.0
// What runs choose for themselves: loops by a race, sizes by a probe, the caches and free memory.
//
// They may choose otherwise the next time, and then their cells have other names.
#ifndef NUMAPROBE_ANALYSE_CHOSEN_H
#define NUMAPROBE_ANALYSE_CHOSEN_H

#include "analyse/dataset.h"

// Some of the runs of a dataset.
struct chosen_side {
    const struct dataset *dataset;
    const bool *runs; // by their index; NULL: all of them, and their cells without a value too
};

// Says in one sentence what the sides chose otherwise, at places that no cell of both has, and how
// a run takes over the choice of an earlier one, the latest of the base that ended. False, and "",
// when they chose alike, or when options named the sizes or loops. The text is in part of files,
// and needs escaping.
enum { CHOSEN_BYTES = 1600 };
bool chosen_otherwise(const struct chosen_side *base, const struct chosen_side *candidate,
                      char text[CHOSEN_BYTES]);

#endif
