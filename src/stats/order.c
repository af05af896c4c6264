// SPDX-License-Identifier: Apache-2.0
#include "stats/order.h"

#include "stats/sort.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_values(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double *copy_of(const double *values, size_t count) {
    double *copy = base_allocate(count, sizeof *copy);
    memcpy(copy, values, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        CHECK(!isnan(copy[i]));
    return copy;
}

double *order_sorted(const double *values, size_t count) {
    double *sorted = copy_of(values, count);
    struct sort_place *places = base_allocate(count, sizeof *places);
    for (size_t i = 0; i < count; i++)
        places[i].value = values[i];
    sort_places(places, count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = places[i].value;
    free(places);
    return sorted;
}

// Moves values between the two ends until none of the first part is above one of the second;
// returns the last place of the first. Neither is empty, for the pivot is not the last value (C. A.
// R. Hoare, Quicksort, The Computer Journal 5, 1962).
static size_t partition(double *values, size_t first, size_t last) {
    double pivot = values[first + (last - first) / 2];
    for (size_t i = first, j = last;; i++, j--) {
        while (values[i] < pivot)
            i++;
        while (values[j] > pivot)
            j--;
        if (i >= j)
            return j;
        double moved = values[i];
        values[i] = values[j];
        values[j] = moved;
    }
}

// Halves on average; an order of the values by which it does not is sorted instead.
enum { PARTITIONS_MAX = 100 };

double order_select(double *values, size_t count, size_t rank) {
    CHECK(rank < count);
    size_t first = 0, last = count - 1;
    for (int i = 0; first < last && i < PARTITIONS_MAX; i++) {
        size_t middle = partition(values, first, last);
        if (rank <= middle)
            last = middle;
        else
            first = middle + 1;
    }
    if (first < last)
        qsort(values + first, last - first + 1, sizeof *values, compare_values);
    return values[rank];
}

double order_median(const double *values, size_t count) {
    if (!count)
        return NAN;
    double *copy = copy_of(values, count);
    double median = order_select(copy, count, count / 2);
    if (count % 2 == 0) // halved before the sum, which cannot overflow then
        median = order_maximum(copy, count / 2) / 2 + median / 2;
    free(copy);
    return median;
}

double order_minimum(const double *values, size_t count) {
    double minimum = count ? values[0] : NAN;
    for (size_t i = 0; i < count; i++) {
        CHECK(!isnan(values[i]));
        if (values[i] < minimum)
            minimum = values[i];
    }
    return minimum;
}

double order_maximum(const double *values, size_t count) {
    double maximum = count ? values[0] : NAN;
    for (size_t i = 0; i < count; i++) {
        CHECK(!isnan(values[i]));
        if (values[i] > maximum)
            maximum = values[i];
    }
    return maximum;
}

// The probabilities of 0, 1, 2 ... heads of count tosses, one after the other: C(count, heads)
// times 2^-count. That is mantissa times 2^exponent, apart because 2^-count alone is less than the
// least double from 1075 tosses on.
struct tosses {
    size_t count;
    size_t heads;
    double mantissa;
    int exponent;
};

static struct tosses tosses_begin(size_t count) {
    CHECK(count <= INT_MAX);
    return (struct tosses){.count = count, .mantissa = 1, .exponent = -(int)count};
}

static double tosses_next(struct tosses *tosses) {
    double probability = ldexp(tosses->mantissa, tosses->exponent);
    int shift = 0;
    tosses->mantissa *= (double)(tosses->count - tosses->heads);
    tosses->mantissa = frexp(tosses->mantissa / (double)(tosses->heads + 1), &shift);
    tosses->exponent += shift;
    tosses->heads++;
    return probability;
}

double order_variation(const double *values, size_t count) {
    if (count < 2)
        return NAN;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1)) / mean;
}

void order_rising(const double *values, size_t count, double *levels) {
    for (size_t end = 0; end < count; end++) {
        size_t first = end;
        double level = values[end];
        while (first > 0 && levels[first - 1] > level) {
            double above = levels[first - 1];
            while (first > 0 && levels[first - 1] == above)
                first--;
            level = order_median(&values[first], end - first + 1);
        }
        for (size_t i = first; i <= end; i++)
            levels[i] = level;
    }
}

size_t order_median_rank(size_t count, double confidence) {
    struct tosses tosses = tosses_begin(count);
    double missed = 0;
    size_t rank = 0;
    CHECK(confidence > 0 && confidence < 1);
    while (rank < count / 2) {
        missed += 2 * tosses_next(&tosses);
        if (1 - missed < confidence)
            break;
        rank++;
    }
    return rank;
}

double order_median_coverage(size_t count, size_t rank) {
    CHECK(rank >= 1 && rank <= (count + 1) / 2);
    struct tosses tosses = tosses_begin(count);
    double missed = 0;
    for (size_t i = 0; i < rank; i++)
        missed += 2 * tosses_next(&tosses);
    return 1 - missed;
}

bool order_median_interval(const double *values, size_t count, double confidence, double *low,
                           double *high) {
    size_t rank = order_median_rank(count, confidence);
    *low = *high = NAN;
    if (!rank)
        return false;
    double *copy = copy_of(values, count);
    *low = order_select(copy, count, rank - 1);
    *high = order_select(copy, count, count - rank);
    free(copy);
    return true;
}
