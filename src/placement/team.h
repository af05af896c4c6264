// SPDX-License-Identifier: Apache-2.0
// A team: one thread on each of some CPUs, pinned before it runs.
#ifndef NUMAPROBE_PLACEMENT_TEAM_H
#define NUMAPROBE_PLACEMENT_TEAM_H

#include "base/error.h"
#include "base/id_set.h"

// Runs job(context, index) on one thread per CPU, index in the order of the set, and waits for all.
// The calling thread sleeps meanwhile. When a thread cannot be started the others never begin
// their job, and the error says why.
bool team_run(const struct id_set *cpus, void (*job)(void *context, size_t index), void *context,
              struct error *error);

#endif
