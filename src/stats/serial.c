// SPDX-License-Identifier: Apache-2.0
#include "stats/serial.h"

#include "stats/distribution.h"
#include "stats/ranks.h"

#include <math.h>
#include <stdlib.h>

static const double correlation_max = 0.9;

void serial_add(struct serial *serial, const double *values, size_t count) {
    if (count < SERIAL_MIN)
        return;
    struct ranks ranks = rank_together(values, count, NULL, 0);
    double n = (double)count, mean = (n + 1) / 2, products = 0, squares = 0, before = 0;
    for (size_t i = 0; i < count; i++) {
        double rank = (double)ranks.scaled[i] / (double)ranks.scale - mean;
        products += before * rank;
        squares += rank * rank;
        before = rank;
    }
    free(ranks.scaled);
    serial->products += products + squares / n;
    serial->squares += squares;
    serial->damped += squares * (1 - 4 / n);
    serial->values += n;
    serial->series += 1;
}

void serial_join(struct serial *serial, const struct serial *more) {
    serial->products += more->products;
    serial->squares += more->squares;
    serial->damped += more->damped;
    serial->values += more->values;
    serial->series += more->series;
}

double serial_correlation(const struct serial *serial) {
    if (serial->damped <= 0)
        return 0;
    return fmin(fmax(serial->products / serial->damped, 0), correlation_max);
}

bool serial_is_beyond_chance(const struct serial *serial, double p) {
    double neighbours = serial->values - serial->series;
    return serial->squares > 0 &&
           serial->products / serial->squares > normal_quantile(1 - p) / sqrt(neighbours);
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
