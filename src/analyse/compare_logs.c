// SPDX-License-Identifier: Apache-2.0
#include "analyse/compare_logs.h"

#include "analyse/compare_effects.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

// Drift is named where all cells of a metric show it so clearly, not where chance does.
static const double drift_p = 0.001;

static struct log_side log_side_of(const struct compare_side *side, int worse, bool unflagged) {
    struct log_side logs = {.visits = base_allocate(side->count, sizeof *logs.visits),
                            .values = base_allocate(side->count, sizeof *logs.values)};
    for (size_t i = 0; i < side->count; i++) {
        if (unflagged && side->visits[i].flagged)
            continue;
        double value = worse * log(side->visits[i].value);
        logs.visits[logs.count] = side->visits[i];
        logs.visits[logs.count].value = value;
        logs.values[logs.count++] = value;
    }
    return logs;
}

void log_side_free(struct log_side *side) {
    free(side->visits);
    free(side->values);
}

void log_side_add_serial(const struct log_side *side, struct serial *serial) {
    for (size_t begin = 0, end; begin < side->count; begin = end) {
        for (end = begin; end < side->count; end++)
            if (side->visits[end].run != side->visits[begin].run)
                break;
        serial_add(serial, side->values + begin, end - begin);
    }
}

struct logs *logs_take(const struct compare_pairs *pairs, bool unflagged) {
    struct logs *logs = base_allocate(pairs->count, sizeof *logs);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct compare_pair *pair = &pairs->at[i];
        int worse = metric_kinds[pair->metric].worse;
        logs[i].base = log_side_of(&pair->base, worse, unflagged);
        logs[i].candidate = log_side_of(&pair->candidate, worse, unflagged);
        log_side_add_serial(&logs[i].base, &logs[i].serial);
        log_side_add_serial(&logs[i].candidate, &logs[i].serial);
        logs[i].middle = (order_median(logs[i].base.values, logs[i].base.count) +
                          order_median(logs[i].candidate.values, logs[i].candidate.count)) /
                         2;
        logs[i].shift =
            two_sample_shift(logs[i].base.values, logs[i].base.count, logs[i].candidate.values,
                             logs[i].candidate.count, COMPARE_CONFIDENCE);
    }
    return logs;
}

void logs_free(struct logs *logs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        log_side_free(&logs[i].base);
        log_side_free(&logs[i].candidate);
    }
    free(logs);
}

double compare_inflation(const struct serial *serial, double correlation) {
    return serial->series > 0 ? serial_inflation(correlation, serial->values / serial->series) : 1;
}

// What all cells of a metric show of it together is known well; what one shows counts where it is
// more than chance.
double logs_widen(struct logs *logs, const struct compare_pairs *pairs, enum metric metric) {
    struct serial all = {0};
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->at[i].metric == metric)
            serial_join(&all, &logs[i].serial);
    double shared = serial_correlation(&all);
    bool drifts = serial_is_beyond_chance(&all, drift_p);
    for (size_t i = 0; i < pairs->count; i++) {
        if (pairs->at[i].metric != metric)
            continue;
        const struct serial *own = &logs[i].serial;
        double alone = serial_is_beyond_chance(own, 0.05) ? serial_correlation(own) : 0;
        logs[i].drifts = drifts;
        struct shift *shift = &logs[i].shift;
        logs[i].inflation = compare_inflation(own, fmax(shared, alone));
        shift->low = shift->estimate - (shift->estimate - shift->low) * sqrt(logs[i].inflation);
        shift->high = shift->estimate + (shift->high - shift->estimate) * sqrt(logs[i].inflation);
    }
    return shared;
}

// From a turned logarithm to a ratio of the metric.
static double ratio_of(enum metric metric, double effect) {
    return exp(metric_kinds[metric].worse * effect);
}

void compare_set_ratios(enum metric metric, struct shift shift, double *ratio, double *low,
                        double *high) {
    double one = ratio_of(metric, shift.low), other = ratio_of(metric, shift.high);
    *ratio = ratio_of(metric, shift.estimate);
    *low = fmin(one, other);
    *high = fmax(one, other);
    if (isnan(one))
        *low = *high = NAN;
}
