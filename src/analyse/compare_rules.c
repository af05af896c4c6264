// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare.h"

const struct compare_rules compare_rules_gate = {.level = 0.005, .shift_level = 0.004};
const struct compare_rules compare_rules_history = {.level = 0.018, .shift_level = 0.004};
const struct compare_rules compare_rules_explore = {
    .explore = true, .level = 0.05, .shift_level = 0.05};

double compare_margin(const struct compare_rules *rules, enum metric metric) {
    return rules->margin > 0 ? rules->margin : metric_kinds[metric].effect_min;
}

double compare_shift_level(const struct compare_rules *rules) {
    return rules->shift_level / METRIC_COUNT;
}
