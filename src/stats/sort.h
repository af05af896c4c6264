// SPDX-License-Identifier: Apache-2.0
// Values in ascending order, each with the place where it stood. Private to this room.
#ifndef NUMAPROBE_STATS_SORT_H
#define NUMAPROBE_STATS_SORT_H

#include "base/base.h"

struct sort_place {
    double value; // not NaN
    size_t index;
};

// Equal values stay in their order, -0 before 0.
void sort_places(struct sort_place *places, size_t count);

#endif
