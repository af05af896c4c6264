// SPDX-License-Identifier: Apache-2.0
#include "stats/ranks.h"

#include "stats/sort.h"

#include <math.h>
#include <stdlib.h>

struct ranks rank_together(const double *left, size_t left_count, const double *right,
                           size_t right_count) {
    struct ranks ranks = {.count = left_count + right_count};
    struct sort_place *places = base_allocate(ranks.count, sizeof *places);
    ranks.scaled = base_allocate(ranks.count, sizeof *ranks.scaled);
    for (size_t i = 0; i < ranks.count; i++) {
        places[i].value = i < left_count ? left[i] : right[i - left_count];
        places[i].index = i;
        CHECK(!isnan(places[i].value));
    }
    sort_places(places, ranks.count);
    for (size_t first = 0, end; first < ranks.count; first = end) {
        for (end = first + 1; end < ranks.count && places[end].value == places[first].value;)
            end++;
        double equal = (double)(end - first);
        ranks.ties += equal * equal * equal - equal;
        for (size_t i = first; i < end; i++)
            ranks.scaled[places[i].index] = first + 1 + end; // twice the mean of first + 1 .. end
    }
    ranks.scale = ranks.ties > 0 ? 2 : 1;
    for (size_t i = 0; i < ranks.count && ranks.scale == 1; i++)
        ranks.scaled[i] /= 2;
    free(places);
    return ranks;
}
