// SPDX-License-Identifier: Apache-2.0
#include "analyse/pair_classes.h"

#include "base/id_set.h"
#include "kernels/pair.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// The nearest rank: the least value that this many percent do not exceed.
static double percentile(const double *sorted, size_t count, size_t percent) {
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static struct pair_class_figure figure_of(const struct series *pairs, enum pair_class class,
                                          double *values) {
    struct pair_class_figure figure = {0, 0, NAN, NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < pairs->cell_count; i++) {
        const struct data_cell *cell = pairs->cells[i];
        if (cell->pair_class != class)
            continue;
        double median = data_cell_median(cell, data_all(METRIC_LATENCY));
        figure.pairs++;
        if (!isnan(median))
            values[figure.valued++] = median;
    }
    if (!figure.valued)
        return figure;
    double *sorted = order_sorted(values, figure.valued);
    figure.min_ns = sorted[0];
    figure.p5_ns = percentile(sorted, figure.valued, 5);
    figure.median_ns = order_median(values, figure.valued);
    figure.p95_ns = percentile(sorted, figure.valued, 95);
    figure.max_ns = sorted[figure.valued - 1];
    free(sorted);
    return figure;
}

void pair_class_figures(const struct series *pairs,
                        struct pair_class_figure figures[PAIR_CLASS_COUNT]) {
    double *values = base_allocate(pairs->cell_count, sizeof *values);
    for (enum pair_class class = 0; class < PAIR_CLASS_COUNT; class ++)
        figures[class] = figure_of(pairs, class, values);
    free(values);
}

char *pairs_name(const struct series *pairs, char text[PAIRS_NAME_BYTES]) {
    static const char *const owners[PAIR_HOME_COUNT + 1] = {[HOME_WRITER] = "the writer's",
                                                            [HOME_READER] = "the reader's",
                                                            [HOME_THIRD] = "a third",
                                                            [PAIR_HOME_COUNT] = "an unknown"};
    const struct data_cell *first = pairs->cells[0];
    snprintf(text, PAIRS_NAME_BYTES, "%s, lines in memory of %s node, %s pages", first->protocol,
             owners[first->home], first->pages);
    return text;
}

const char *pairs_meaning(const struct series *pairs) {
    const struct pair_protocol *protocol = pair_protocol_find(pairs->cells[0]->protocol);
    return protocol ? protocol->summary : "";
}

// Numbers that no system has may stand in a damaged file.
void pairs_cpus(const struct series *pairs, struct id_set *cpus) {
    *cpus = (struct id_set){0};
    for (size_t i = 0; i < pairs->cell_count; i++) {
        const struct data_cell *cell = pairs->cells[i];
        if (cell->writer_cpu > ID_SET_MAX || cell->reader_cpu > ID_SET_MAX)
            continue;
        id_set_add(cpus, (uint32_t)cell->writer_cpu);
        id_set_add(cpus, (uint32_t)cell->reader_cpu);
    }
}

static size_t place_of(const struct id_set *cpus, uint64_t cpu) {
    size_t place = 0;
    while (place < cpus->count && cpus->ids[place] != cpu)
        place++;
    return place;
}

const struct data_cell **pairs_square(const struct series *pairs, const struct id_set *cpus) {
    const struct data_cell **square = base_allocate(cpus->count * cpus->count + 1, sizeof *square);
    for (size_t i = 0; i < pairs->cell_count; i++) {
        const struct data_cell *cell = pairs->cells[i];
        size_t writer = place_of(cpus, cell->writer_cpu), reader = place_of(cpus, cell->reader_cpu);
        if (writer < cpus->count && reader < cpus->count)
            square[writer * cpus->count + reader] = cell;
    }
    return square;
}
