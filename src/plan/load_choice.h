// SPDX-License-Identifier: Apache-2.0
// Which threads and which memory load a cell: pure, as the rest of the plan.
#ifndef NUMAPROBE_PLAN_LOAD_CHOICE_H
#define NUMAPROBE_PLAN_LOAD_CHOICE_H

#include "plan/plan.h"

struct load_request {
    const struct kernel_mix *mix;
    const struct kernel *kernel; // of that mix
    uint32_t node;               // of the load's memory
    uint32_t threads;            // 0: one on each core that is left
    uint64_t size_bytes;         // of each array; 0: chosen by the caches of its CPUs
    const struct sizing *sizing; // as of a plan_request
};

// Makes of a latency cell one that measures the same latency beside a load without pauses; the
// caller frees its sets of CPUs. The load runs on the CPUs of its memory's node where that has any,
// else on those of the victim's node, and never on the victim's core. A node, CPU or core that
// is unavailable is the cell's refusal. ERROR_KIND_USAGE where options ask for what does not exist:
// --load-nodes, --threads, --size.
bool load_choose(const struct topology *topology, const struct cross_check *check,
                 const struct load_request *request, const struct cell *victim, struct cell *cell,
                 struct error *error);

#endif
