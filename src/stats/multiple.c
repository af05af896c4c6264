// SPDX-License-Identifier: Apache-2.0
#include "stats/multiple.h"

#include <math.h>
#include <stdlib.h>

struct test_place {
    double p;
    size_t index;
};

static int by_p(const void *left, const void *right) {
    double a = ((const struct test_place *)left)->p, b = ((const struct test_place *)right)->p;
    return (a > b) - (a < b);
}

// The tests in ascending order of p, without those that have none.
static struct test_place *in_order(const double *p, size_t count, size_t *tests) {
    struct test_place *places = base_allocate(count, sizeof *places);
    *tests = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            places[(*tests)++] = (struct test_place){p[i], i};
    qsort(places, *tests, sizeof *places, by_p);
    return places;
}

void multiple_holm(const double *p, size_t count, double *adjusted) {
    size_t tests;
    struct test_place *places = in_order(p, count, &tests);
    for (size_t i = 0; i < count; i++)
        adjusted[i] = NAN;
    double largest = 0;
    for (size_t i = 0; i < tests; i++) {
        largest = fmax(largest, fmin(1, (double)(tests - i) * places[i].p));
        adjusted[places[i].index] = largest;
    }
    free(places);
}

void multiple_benjamini_hochberg(const double *p, size_t count, double *adjusted) {
    size_t tests;
    struct test_place *places = in_order(p, count, &tests);
    for (size_t i = 0; i < count; i++)
        adjusted[i] = NAN;
    double smallest = 1;
    for (size_t i = tests; i-- > 0;) {
        smallest = fmin(smallest, (double)tests / (double)(i + 1) * places[i].p);
        adjusted[places[i].index] = smallest;
    }
    free(places);
}

size_t multiple_testable(const double *min_p, size_t count, double level, bool *testable) {
    size_t tests;
    struct test_place *places = in_order(min_p, count, &tests);
    size_t k = 1, within = 0;
    for (; k <= tests; k++) {
        for (within = 0; within < tests && places[within].p <= level / (double)k;)
            within++;
        if (within <= k)
            break;
    }
    for (size_t i = 0; i < count; i++)
        testable[i] = false;
    for (size_t i = 0; i < within; i++)
        testable[places[i].index] = true;
    free(places);
    return within;
}
