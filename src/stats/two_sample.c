// SPDX-License-Identifier: Apache-2.0
#include "stats/two_sample.h"

#include "stats/distribution.h"
#include "stats/order.h"
#include "stats/ranks.h"

#include <math.h>
#include <stdlib.h>

static size_t sum_of(const size_t *values, size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

// ---- Mann-Whitney -------------------------------------------------------------------------------

// In how many ways `chosen` of the ranks make each sum: ways[n * sums + s] over the first ranks.
// Counts stay below C(50, 25) < 2^53, so doubles hold them exactly.
static double *ways_of_sums(const struct ranks *ranks, size_t chosen, size_t sums) {
    double *ways = base_allocate((chosen + 1) * sums, sizeof *ways);
    ways[0] = 1;
    for (size_t i = 0; i < ranks->count; i++) {
        size_t rank = ranks->scaled[i];
        for (size_t taken = i < chosen ? i + 1 : chosen; taken > 0; taken--) {
            double *with = ways + taken * sums;
            const double *without = ways + (taken - 1) * sums;
            for (size_t sum = sums - 1; sum >= rank; sum--)
                with[sum] += without[sum - rank];
        }
    }
    return ways;
}

// Of the smaller side: both tails are then the same for either.
static double exact_p(const struct ranks *ranks, size_t first, size_t chosen) {
    size_t sums = sum_of(ranks->scaled, ranks->count) + 1;
    size_t seen = sum_of(ranks->scaled + first, chosen);
    double *ways = ways_of_sums(ranks, chosen, sums);
    double below = 0, above = 0, all = 0;
    for (size_t sum = 0; sum < sums; sum++) {
        double here = ways[chosen * sums + sum];
        all += here;
        below += sum <= seen ? here : 0;
        above += sum >= seen ? here : 0;
    }
    free(ways);
    return fmin(1, 2 * fmin(below, above) / all);
}

static double rank_variance(const struct ranks *ranks, double left, double right) {
    double all = left + right;
    if (all < 2)
        return 0;
    return left * right / 12 * (all + 1 - ranks->ties / (all * (all - 1)));
}

static double approximate_p(const struct ranks *ranks, size_t left_count, size_t right_count) {
    double left = (double)left_count, right = (double)right_count;
    double sum = (double)sum_of(ranks->scaled, left_count) / (double)ranks->scale;
    double away = fabs(sum - left * (left + right + 1) / 2) - 0.5;
    double variance = rank_variance(ranks, left, right);
    if (away <= 0 || variance <= 0)
        return 1;
    return fmin(1, 2 * normal_probability(-away / sqrt(variance)));
}

double two_sample_p(const double *left, size_t left_count, const double *right,
                    size_t right_count) {
    if (!left_count || !right_count)
        return NAN;
    struct ranks ranks = rank_together(left, left_count, right, right_count);
    double p;
    if (ranks.count > TWO_SAMPLE_EXACT)
        p = approximate_p(&ranks, left_count, right_count);
    else if (left_count <= right_count)
        p = exact_p(&ranks, 0, left_count);
    else
        p = exact_p(&ranks, left_count, right_count);
    free(ranks.scaled);
    return p;
}

double two_sample_min_p(size_t left_count, size_t right_count) {
    double least = 2;
    for (size_t i = 1; i <= left_count; i++)
        least *= (double)i / (double)(right_count + i);
    return fmin(1, least);
}

// ---- Hodges-Lehmann -----------------------------------------------------------------------------

struct sides {
    double *left, *right; // ascending
    size_t left_count, right_count;
};

// Where a difference is looked for. Both ends are differences.
struct bracket {
    double least, most;
    size_t below, up_to_most; // how many there are less than `least`, and up to `most`
};

static struct bracket all_differences(const struct sides *sides) {
    return (struct bracket){.least = sides->right[0] - sides->left[sides->left_count - 1],
                            .most = sides->right[sides->right_count - 1] - sides->left[0],
                            .up_to_most = sides->left_count * sides->right_count};
}

// How many differences are at most `limit`, the largest of them, and the smallest of the others.
static size_t differences_up_to(const struct sides *sides, double limit, double *largest,
                                double *smallest) {
    size_t count = 0, end = 0;
    *largest = -INFINITY;
    *smallest = INFINITY;
    for (size_t i = 0; i < sides->left_count; i++) {
        double left = sides->left[i];
        while (end < sides->right_count && sides->right[end] - left <= limit)
            end++;
        if (end && sides->right[end - 1] - left > *largest)
            *largest = sides->right[end - 1] - left;
        if (end < sides->right_count && sides->right[end] - left < *smallest)
            *smallest = sides->right[end] - left;
        count += end;
    }
    return count;
}

// The rank-th smallest of all differences, of those in the bracket.
static double select_difference(const struct sides *sides, const struct bracket *bracket,
                                size_t rank) {
    size_t count = 0, begin = 0;
    double *differences = base_allocate(bracket->up_to_most - bracket->below, sizeof *differences);
    for (size_t i = 0; i < sides->left_count; i++) {
        double left = sides->left[i];
        while (begin < sides->right_count && sides->right[begin] - left < bracket->least)
            begin++;
        for (size_t k = begin; k < sides->right_count && sides->right[k] - left <= bracket->most;
             k++)
            differences[count++] = sides->right[k] - left;
    }
    double found = order_select(differences, count, rank - bracket->below - 1);
    free(differences);
    return found;
}

// Where so many differences lie below if they are spread evenly over the bracket.
static double place_of(const struct bracket *bracket, double wanted) {
    double inside = (double)(bracket->up_to_most - bracket->below);
    double share = fmin(fmax((wanted - (double)bracket->below) / inside, 0), 1);
    return bracket->least + share * (bracket->most - bracket->least);
}

// The rank-th smallest of all differences, from 1, without making them: narrows the bracket until
// it has no more of them than there are values. A step goes where the rank should be, and a little
// beyond it as seen from the last one, so that both ends come near; every third goes half way, as
// the differences may be spread otherwise. A bracket that an earlier search left is used again.
static double nth_difference(const struct sides *sides, struct bracket *bracket, size_t rank) {
    const size_t few = sides->left_count + sides->right_count;
    double beyond = 0, largest, smallest;
    if (rank <= bracket->below || rank > bracket->up_to_most)
        *bracket = all_differences(sides);
    for (int step = 1; bracket->up_to_most - bracket->below > few; step++) {
        if (bracket->least == bracket->most)
            return bracket->most;
        double middle = step % 3 ? place_of(bracket, (double)rank + beyond)
                                 : bracket->least / 2 + bracket->most / 2;
        if (!(middle >= bracket->least && middle < bracket->most)) // as rounded
            middle = bracket->least;
        size_t count = differences_up_to(sides, middle, &largest, &smallest);
        if (count >= rank) {
            bracket->most = largest;
            bracket->up_to_most = count;
        } else {
            bracket->least = smallest;
            bracket->below = count;
        }
        beyond = (count >= rank ? -0.25 : 0.25) * (double)few;
    }
    return select_difference(sides, bracket, rank);
}

// P(U <= u) for u from 0, by the product of (1 - q^(m+i)) / (1 - q^i): the number of ways is its
// coefficient (Mann and Whitney 1947). Returns the largest k with 2 P(U <= k - 1) <= 1 -
// confidence.
static size_t exact_rank(size_t left, size_t right, double confidence) {
    size_t sums = left * right + 1, rank = 0;
    double *ways = base_allocate(sums, sizeof *ways);
    ways[0] = 1;
    for (size_t i = 1; i <= left; i++) {
        for (size_t u = sums; u-- > right + i;)
            ways[u] -= ways[u - right - i];
        for (size_t u = i; u < sums; u++)
            ways[u] += ways[u - i];
    }
    double all = 0, below = 0;
    for (size_t u = 0; u < sums; u++)
        all += ways[u];
    while (rank < sums / 2) {
        below += ways[rank];
        if (2 * below > (1 - confidence) * all)
            break;
        rank++;
    }
    free(ways);
    return rank;
}

static size_t interval_rank(size_t left, size_t right, double confidence) {
    if (left + right <= TWO_SAMPLE_EXACT)
        return exact_rank(left, right, confidence);
    double pairs = (double)left * (double)right;
    double deviation = sqrt(pairs * (double)(left + right + 1) / 12);
    double rank = pairs / 2 + 0.5 + normal_quantile((1 - confidence) / 2) * deviation;
    return rank < 1 ? 0 : (size_t)rank;
}

struct shift two_sample_shift(const double *left, size_t left_count, const double *right,
                              size_t right_count, double confidence) {
    struct shift shift = {NAN, NAN, NAN};
    CHECK(confidence > 0 && confidence < 1);
    if (!left_count || !right_count)
        return shift;
    struct sides sides = {.left = order_sorted(left, left_count),
                          .right = order_sorted(right, right_count),
                          .left_count = left_count,
                          .right_count = right_count};
    size_t pairs = left_count * right_count;
    struct bracket bracket = all_differences(&sides);
    shift.estimate = nth_difference(&sides, &bracket, pairs / 2 + 1);
    if (pairs % 2 == 0)
        shift.estimate = (shift.estimate + nth_difference(&sides, &bracket, pairs / 2)) / 2;
    size_t rank = interval_rank(left_count, right_count, confidence);
    if (rank) {
        shift.low = nth_difference(&sides, &bracket, rank);
        shift.high = nth_difference(&sides, &bracket, pairs - rank + 1);
    }
    free(sides.left);
    free(sides.right);
    return shift;
}
