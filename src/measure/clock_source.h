// SPDX-License-Identifier: Apache-2.0
// Whether the system's clock is fine enough for what is timed by it, and what to do when it is not.
#ifndef NUMAPROBE_MEASURE_CLOCK_SOURCE_H
#define NUMAPROBE_MEASURE_CLOCK_SOURCE_H

#include "os/os.h"

// A sample is this many steps of the clock at least, so that where its ends fall between two steps
// changes it by 1 % at most.
enum { CLOCK_STEPS_MIN = 100 };

// False (ERROR_KIND_REFUSED) when samples of that length are not: names the clock and the remedy.
bool clock_suffices(uint64_t sample_ns, struct error *error);

// Whether reading a clock source of that name, Linux's, takes microseconds.
bool clock_source_is_slow(const char *name);

// How a better one is taken, of those in `available` ("tsc hpet acpi_pm"; NULL: unknown) only.
// Returns text.
char *clock_source_remedy(const char *available, char text[OS_REMEDY_BYTES]);

#endif
