// SPDX-License-Identifier: Apache-2.0
// The clock at which this core really runs, without privilege. Private to this room.
#ifndef NUMAPROBE_MEASURE_CORE_CLOCK_H
#define NUMAPROBE_MEASURE_CORE_CLOCK_H

// Times a chain of dependent additions, one cycle each, several times on the calling thread and
// takes the fastest: whatever disturbs can only make it slower (docs/method.md, The clock). Takes
// about a millisecond. In hertz; NaN where the clock never moved meanwhile.
double core_clock_hz(void);

#endif
