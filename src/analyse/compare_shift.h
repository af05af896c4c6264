// SPDX-License-Identifier: Apache-2.0
// The change that all cells of a metric share. Private to this room.
#ifndef NUMAPROBE_ANALYSE_COMPARE_SHIFT_H
#define NUMAPROBE_ANALYSE_COMPARE_SHIFT_H

#include "analyse/compare_logs.h"

// The change that all cells of a metric share: one test over all of them, and its size is the
// median of their own. One slow DIMM or clock is one regression, not as many as there are cells.
// `correlation` is that of neighbouring visits of the metric. *common, a turned logarithm, is set
// where it is found.
struct compare_shift compare_find_shift(const struct compare_pairs *pairs, const struct logs *logs,
                                        enum metric metric, const struct compare_rules *rules,
                                        double correlation, double *common);

#endif
