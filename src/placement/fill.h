// SPDX-License-Identifier: Apache-2.0
// Writes buffers for the first time, by one team on the CPUs that may do so.
#ifndef NUMAPROBE_PLACEMENT_FILL_H
#define NUMAPROBE_PLACEMENT_FILL_H

#include "base/id_set.h"
#include "placement/placement.h"

struct filling {
    struct placement *placement;
    const struct id_set *wanted; // the CPUs that will work on it
    struct id_set writers;       // fill_placements' own
};

// All of them at once: each buffer by one thread on each of its placement_writers. False with the
// error when a thread cannot be started or a buffer not be filled; *failed is the place of that
// buffer then, of the first when it is none in particular.
bool fill_placements(struct filling *fillings, size_t count, size_t *failed, struct error *error);

// The same for one.
bool fill_placement(struct placement *placement, const struct id_set *wanted, struct error *error);

#endif
