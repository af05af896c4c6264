// SPDX-License-Identifier: Apache-2.0
#include "cli/pairs_table.h"

#include "stats/order.h"

#include <stdio.h>
#include <stdlib.h>

static bool same_table(const struct cell *a, const struct cell *b) {
    return a->pair.protocol == b->pair.protocol && a->pair.home == b->pair.home &&
           a->pages == b->pages;
}

// The medians of a class of one table; *count of them, of *pairs that were planned. The caller
// frees them.
static double *collect_class(const struct results *results, const struct cell *like,
                             enum pair_class class, size_t *count, size_t *pairs) {
    const struct plan *plan = results->plan;
    double *values = base_allocate(plan->cell_count, sizeof *values);
    *count = *pairs = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell_result *result = &results->cells[i];
        if (!same_table(like, &plan->cells[i]) || plan->cells[i].pair.pair_class != class)
            continue;
        ++*pairs;
        if (result->value_count)
            values[(*count)++] = order_median(result->values, result->value_count);
    }
    return values;
}

// The nearest rank: the least value that so many percent do not exceed.
static double percentile(const double *sorted, size_t count, size_t percent) {
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static void print_class(const struct results *results, const struct cell *like,
                        enum pair_class class) {
    size_t count, pairs;
    double *values = collect_class(results, like, class, &count, &pairs);
    if (count) {
        double *sorted = order_sorted(values, count);
        printf("  %-9s %9.1f %9.1f %9.1f %7zu of %zu\n", pair_class_names[class],
               order_median(values, count), percentile(sorted, count, 5),
               percentile(sorted, count, 95), count, pairs);
        free(sorted);
    } else if (pairs) {
        printf("  %-9s %9s %9s %9s %7u of %zu\n", pair_class_names[class], "-", "-", "-", 0U,
               pairs);
    }
    free(values);
}

static bool print_table(const struct results *results, const struct cell *like) {
    static const char *const owners[PAIR_HOME_COUNT] = {
        [HOME_WRITER] = "the writer's", [HOME_READER] = "the reader's", [HOME_THIRD] = "a third"};
    const struct plan *plan = results->plan;
    size_t first = 0;
    while (first < plan->cell_count && !same_table(like, &plan->cells[first]))
        first++;
    if (first == plan->cell_count)
        return false;
    printf("\nCore to core, ns: %s, lines at home on %s node, %s pages\n",
           like->pair.protocol->name, owners[like->pair.home], like->pages->name);
    printf("  %-9s %9s %9s %9s %7s\n", "class", "median", "p5", "p95", "pairs");
    for (size_t class = 0; class < PAIR_CLASS_COUNT; class ++)
        print_class(results, like, (enum pair_class) class);
    return true;
}

void pairs_table_print(const struct results *results) {
    bool found = false;
    for (size_t pages = 0; pages < page_kind_count; pages++) {
        for (size_t protocol = 0; protocol < pair_protocol_count; protocol++) {
            for (size_t home = 0; home < PAIR_HOME_COUNT; home++) {
                struct cell like = {.pages = &page_kinds[pages]};
                like.pair.protocol = &pair_protocols[protocol];
                like.pair.home = (enum pair_home)home;
                found |= print_table(results, &like);
            }
        }
    }
    if (found)
        printf("\nA class is the least that the two CPUs share; ping-pong is one way, half a round "
               "trip.\n");
}
