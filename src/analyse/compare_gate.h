// SPDX-License-Identifier: Apache-2.0
// Whether a gate is green: a comparison that could not stop anything must not pass.
#ifndef NUMAPROBE_ANALYSE_COMPARE_GATE_H
#define NUMAPROBE_ANALYSE_COMPARE_GATE_H

#include "analyse/compare.h"

enum gate_state { GATE_PASSED, GATE_REGRESSED, GATE_UNDECIDED };

enum { GATE_REASON_BYTES = 600 };
struct gate {
    enum gate_state state;
    char reason[GATE_REASON_BYTES]; // of GATE_UNDECIDED: what is missing and what would help
};

// Cells that the base has a value of and the new side has none of, although it does not measure
// their place otherwise either. Points of curves are none.
struct lost_cells {
    size_t count;
    const char *first; // name; NULL
};
struct lost_cells compare_lost_cells(const struct dataset *base, const struct dataset *candidate);

// `require`: what every comparison must have been able to show, relative; 0: nothing.
struct gate compare_gate(const struct comparison *comparison, struct lost_cells lost,
                         double require);

#endif
