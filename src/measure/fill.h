// SPDX-License-Identifier: Apache-2.0
// Writes a buffer for the first time, by a team on the CPUs that may do so.
#ifndef NUMAPROBE_MEASURE_FILL_H
#define NUMAPROBE_MEASURE_FILL_H

#include "base/id_set.h"
#include "placement/placement.h"

// One thread on each of the wanted CPUs, or of those that must write the buffer instead
// (placement_writers), writes its part. False with the error when a thread cannot be started.
bool fill_placement(struct placement *placement, const struct id_set *wanted, struct error *error);

#endif
