// SPDX-License-Identifier: Apache-2.0
// Many tests in one report: p values made larger, so that 0.05 means 0.05 for all of them together.
#ifndef NUMAPROBE_STATS_MULTIPLE_H
#define NUMAPROBE_STATS_MULTIPLE_H

#include "base/base.h"

// Fills adjusted[i] for p[i]; NaN stays NaN and does not count as a test. The arrays may be the
// same.

// Holm 1979: the probability of even one false alarm in the report stays below the level. For a
// gate.
void multiple_holm(const double *p, size_t count, double *adjusted);

// Which tests can become significant in a report at `level` at all: those whose smallest p value,
// min_p[i], is within level / k, with the smallest k that no more than k of them are within
// (Tarone 1990, Biometrics 46). The others need no correction, because they cannot raise an alarm.
// NaN is no test. Returns how many can.
size_t multiple_testable(const double *min_p, size_t count, double level, bool *testable);

// Benjamini and Hochberg 1995: of what is reported, the expected share of false alarms stays below
// the level. For exploring.
void multiple_benjamini_hochberg(const double *p, size_t count, double *adjusted);

#endif
