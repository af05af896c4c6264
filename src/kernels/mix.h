// SPDX-License-Identifier: Apache-2.0
// Mixes of reads and writes, by what goes over the bus: the names that users of Intel MLC know.
//
// Their loops store in place or non-temporally, so that a mix is what its name says on every
// processor. A copy with ordinary stores is 2:1 only where a store reads its line first, which
// newer processors evade now and then (docs/method.md).
#ifndef NUMAPROBE_KERNELS_MIX_H
#define NUMAPROBE_KERNELS_MIX_H

#include "base/base.h"

struct kernel_mix {
    const char *name; // "reads", "3:1", "2:1", "1:1", "triad_nt", ...
    const char *loop; // the name of its kernel, which every instruction set of a family has
    uint8_t reads;    // of the bus, per element
    uint8_t writes;
    const char *summary; // one line for people
};

extern const struct kernel_mix kernel_mixes[];
extern const size_t kernel_mix_count;
const struct kernel_mix *mix_find(const char *name); // NULL when there is none

#endif
