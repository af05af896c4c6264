// SPDX-License-Identifier: Apache-2.0
#include "stats/bootstrap.h"

#include "stats/order.h"

#include <math.h>

// By Irwin and Hall's sum of twelve uniform numbers, which has no tail beyond six.
static double standard_normal(struct random *random) {
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (double)random_below(random, UINT64_C(1) << 32) / 4294967296.0;
    return sum - 6;
}

double bootstrap_median(const double *sorted, size_t count, struct random *random) {
    double drawn[BOOTSTRAP_DRAWN_MAX];
    CHECK(count > 0);
    if (count > BOOTSTRAP_DRAWN_MAX) {
        double middle = (double)count / 2;
        double place = middle + sqrt((double)count) / 2 * standard_normal(random);
        return sorted[(size_t)fmin(fmax(place, 0), (double)(count - 1))];
    }
    for (size_t i = 0; i < count; i++)
        drawn[i] = sorted[random_below(random, count)];
    return order_median(drawn, count);
}
