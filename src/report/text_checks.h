// SPDX-License-Identifier: Apache-2.0
// What was found of that which must hold between the cells of a run, as lines of text. Private
// to this room.
#ifndef NUMAPROBE_REPORT_TEXT_CHECKS_H
#define NUMAPROBE_REPORT_TEXT_CHECKS_H

#include "analyse/invariants.h"

#include <stdio.h>

// "Checks     9 of 16 could be made, 1 of them is raised" and a line for each that is raised.
void text_checks_print(const struct invariant *invariants, size_t count, FILE *stream);

#endif
