// SPDX-License-Identifier: Apache-2.0
// Mixes of reads and writes, by what goes over the bus: the names that users of Intel MLC know.
//
// MLC counts an ordinary store as one read and one write (its public readme), because the line is
// read before it is written. So its 2:1 is a copy, and its 1:1 has no load at all. Where a
// processor evades that read, the true ratio is another; kernel_traffic has both ends.
#ifndef NUMAPROBE_KERNELS_MIX_H
#define NUMAPROBE_KERNELS_MIX_H

#include "base/base.h"

struct kernel_mix {
    const char *name;    // "reads", "3:1", "2:1", "1:1", "triad_nt"
    const char *loop;    // the name of its kernel, which every instruction set of a family has
    const char *label;   // as MLC prints it, for programs that read that
    uint8_t reads;       // of the bus, per element: loads, and lines read for ordinary stores
    uint8_t writes;      // of the bus, per element
    const char *summary; // one line for people
};

extern const struct kernel_mix kernel_mixes[];
extern const size_t kernel_mix_count;
const struct kernel_mix *mix_find(const char *name); // NULL when there is none

#endif
