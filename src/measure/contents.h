// SPDX-License-Identifier: Apache-2.0
// What the arrays hold after the window, compared with what the loop must have left there: the
// second witness of a bandwidth, because a loop that skips a line is faster. Private to this room.
#ifndef NUMAPROBE_MEASURE_CONTENTS_H
#define NUMAPROBE_MEASURE_CONTENTS_H

#include "kernels/chase.h"
#include "measure/slice.h"
#include "placement/placement.h"

struct contents {
    uint64_t checked; // elements of all arrays; of a chain: links
    uint64_t wrong;   // of these
};

// How long one takes, about (an element 2.1 to 2.4 ns on a busy AMD EPYC guest, 3.6 where it was
// added to): what a check may take is counted in these.
enum { CONTENTS_ELEMENT_NS = 3, CONTENTS_LINK_NS = 10 };

// Looks at every element of all arrays of a slice that lies in this memory, filled and then worked
// on by slice_step alone; of a slice with more than elements_max of them, at one stretch of so
// many that the seed chooses, in which the thread has been.
//
// A read leaves nothing behind, so its checksum is compared: that of each whole pass; of a stretch,
// of one call more. When it is wrong, all that was checked is. A second pass of update undoes the
// first, and with it would any line be right that both skip: what was passed an even number of
// times is passed once more. A loop that stores the same each time hides what single calls leave
// out: of it a few granules are filled anew and passed by one call.
struct contents contents_of_slice(const struct placement *placement, const struct slice *slice,
                                  uint64_t elements_max, uint64_t seed);

// Walks the chain again, or looks at a stretch of this many links where it has more than links_max.
struct contents contents_of_chase(const struct placement *placement, const struct chase *chase,
                                  uint64_t links_max, uint64_t seed);

#endif
