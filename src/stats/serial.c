// SPDX-License-Identifier: Apache-2.0
#include "stats/serial.h"

#include "stats/distribution.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

static const double correlation_most = 0.9;
static const double chance_quantile = 0.95;

// How many of the sorted values are below this one, and with `equal` those that equal it too.
static size_t count_below(const double *sorted, size_t count, double value, bool equal) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value || (equal && sorted[middle] == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Twice the value's rank less twice the mean rank: those below it less those above it.
static double centred_rank(const double *sorted, size_t count, double value) {
    size_t below = count_below(sorted, count, value, false);
    return (double)(below + count_below(sorted, count, value, true)) - (double)count;
}

void serial_add(struct serial *serial, const double *values, size_t count) {
    if (count < SERIAL_LEAST)
        return;
    double n = (double)count, squares = 0, before = 0;
    double *sorted = order_sorted(values, count);
    for (size_t i = 0; i < count; i++) {
        double rank = centred_rank(sorted, count, values[i]);
        serial->products += i ? before * rank : 0;
        squares += rank * rank;
        before = rank;
    }
    free(sorted);
    serial->by_chance -= squares / n;
    serial->squares += squares;
    serial->damped += squares * (1 - 4 / n);
    serial->neighbours += n - 1;
    serial->values += n;
    serial->series += 1;
}

void serial_join(struct serial *serial, const struct serial *more) {
    serial->products += more->products;
    serial->by_chance += more->by_chance;
    serial->squares += more->squares;
    serial->damped += more->damped;
    serial->neighbours += more->neighbours;
    serial->values += more->values;
    serial->series += more->series;
}

double serial_correlation(const struct serial *serial) {
    if (serial->damped <= 0)
        return 0;
    double correlation = (serial->products - serial->by_chance) / serial->damped;
    return fmin(fmax(correlation, 0), correlation_most);
}

bool serial_is_beyond_chance(const struct serial *serial) {
    double seen = serial->products - serial->by_chance;
    return serial->squares > 0 &&
           seen / serial->squares > normal_quantile(chance_quantile) / sqrt(serial->neighbours);
}

double serial_inflation(double correlation, double count) {
    double inflation = 1, power = 1;
    for (double k = 1; k < count && power > 1e-9; k++) {
        power *= correlation;
        inflation += 2 * (1 - k / count) * power;
    }
    return inflation;
}

double serial_p(double p, double inflation) {
    if (isnan(p) || p <= 0 || p >= 1)
        return p;
    return 2 * normal_probability(normal_quantile(p / 2) / sqrt(inflation));
}
