// SPDX-License-Identifier: Apache-2.0
// What watches over a measurement, tried on this machine: a fault is planted, and its detector must
// find it, and must be silent without it. Private to this room.
#ifndef NUMAPROBE_DOCTOR_DETECTORS_H
#define NUMAPROBE_DOCTOR_DETECTORS_H

#include "os/os.h"

// Plants one fault after another in visits of small buffers, some seconds in all, and reports of
// each whether it was found, always in the same order: OS_AGREES when the detector found the fault
// and was silent without it, in one of three tries each, because something else may disturb a try.
// OS_UNAVAILABLE when this machine has no place for the fault. Leaves nothing behind.
void detectors_try(void (*report)(void *context, const struct os_check *check), void *context);

#endif
