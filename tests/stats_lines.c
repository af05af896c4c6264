// SPDX-License-Identifier: Apache-2.0
// Answers questions about statistics, a line each, so that tests/stats_against_scipy.py can hold
// the answers against scipy's.
//
//   normal Z | quantile P | student T DEGREES | pair CONFIDENCE N x1 .. xN M y1 .. yM
//   serial SERIES N x1 .. xN .. | inflation CORRELATION N | widen P INFLATION
//   holm N p1 .. | bh N p1 .. | changes WINDOW P RATIO N v1 .. | least N M
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats/change_points.h"
#include "stats/distribution.h"
#include "stats/multiple.h"
#include "stats/serial.h"
#include "stats/two_sample.h"

static double number(void) {
    double value = 0;
    if (scanf("%lf", &value) != 1)
        exit(2);
    return value;
}

static double *numbers(size_t *count) {
    *count = (size_t)number();
    double *values = base_allocate(*count, sizeof *values);
    for (size_t i = 0; i < *count; i++)
        values[i] = number();
    return values;
}

static void answer_pair(void) {
    double confidence = number();
    size_t left_count, right_count;
    double *left = numbers(&left_count), *right = numbers(&right_count);
    struct shift shift = two_sample_shift(left, left_count, right, right_count, confidence);
    printf("%.17g %.17g %.17g %.17g\n", two_sample_p(left, left_count, right, right_count),
           shift.estimate, shift.low, shift.high);
    free(left);
    free(right);
}

static void answer_serial(void) {
    struct serial serial = {0};
    for (size_t left = (size_t)number(); left; left--) {
        size_t count;
        double *values = numbers(&count);
        serial_add(&serial, values, count);
        free(values);
    }
    printf("%.17g %d\n", serial_correlation(&serial), serial_is_beyond_chance(&serial, 0.05));
}

static void answer_adjusted(void (*adjust)(const double *p, size_t count, double *adjusted)) {
    size_t count;
    double *p = numbers(&count);
    adjust(p, count, p);
    for (size_t i = 0; i < count; i++)
        printf("%.17g%c", p[i], i + 1 < count ? ' ' : '\n');
    free(p);
}

static void answer_changes(void) {
    struct change_rules rules = {.deviation = number()};
    rules.degrees = number();
    rules.p_max = number();
    rules.ratio_min = number();
    size_t count;
    double *values = numbers(&count);
    struct change_point *found = base_allocate(count, sizeof *found);
    size_t points = change_points_find(values, count, &rules, found);
    for (size_t i = 0; i < points; i++)
        printf("%zu ", found[i].index);
    printf("\n");
    free(found);
    free(values);
}

int main(void) {
    char word[16];
    while (scanf("%15s", word) == 1) {
        if (strcmp(word, "normal") == 0)
            printf("%.17g\n", normal_probability(number()));
        else if (strcmp(word, "quantile") == 0)
            printf("%.17g\n", normal_quantile(number()));
        else if (strcmp(word, "serial") == 0)
            answer_serial();
        else if (strcmp(word, "inflation") == 0) {
            double correlation = number();
            printf("%.17g\n", serial_inflation(correlation, number()));
        } else if (strcmp(word, "widen") == 0) {
            double p = number();
            printf("%.17g\n", serial_p(p, number()));
        } else if (strcmp(word, "student") == 0) {
            double t = number();
            printf("%.17g\n", student_two_sided(t, number()));
        } else if (strcmp(word, "least") == 0) {
            size_t left = (size_t)number();
            printf("%.17g\n", two_sample_min_p(left, (size_t)number()));
        } else if (strcmp(word, "pair") == 0)
            answer_pair();
        else if (strcmp(word, "holm") == 0)
            answer_adjusted(multiple_holm);
        else if (strcmp(word, "bh") == 0)
            answer_adjusted(multiple_benjamini_hochberg);
        else if (strcmp(word, "changes") == 0)
            answer_changes();
        else
            return 2;
        fflush(stdout);
    }
    return 0;
}
