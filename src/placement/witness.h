// SPDX-License-Identifier: Apache-2.0
// The witnesses beside os_pages_locate, as evidence, and what becomes of two of them. Private to
// this room.
#ifndef NUMAPROBE_PLACEMENT_WITNESS_H
#define NUMAPROBE_PLACEMENT_WITNESS_H

#include "placement/evidence.h"

// What is counted of all pages. sizes is evidence that has the unit, the sizes and the number of
// pages, and nothing else yet. False with the error where the system counts none.
bool witness_counts(const struct os_memory *memory, const struct evidence *sizes,
                    struct evidence *counts, struct error *error);

// All that is resident, on the one node that has memory. False where there is no such node, or the
// system does not say what is resident.
bool witness_only_node(const struct os_memory *memory, const struct evidence *sizes,
                       struct evidence *evidence);

// Compares the answers of each page with the counts: each says what both say, or that they
// contradict each other. Where pages were left out or unknown, and the counts know better, it says
// what these say, and they what it said.
void witness_confront(struct evidence *each, struct evidence *counts);

#endif
