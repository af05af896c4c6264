// SPDX-License-Identifier: Apache-2.0
#include "analyse/invariants.h"

#include "analyse/invariants_private.h"
#include "base/id_set.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *flag;
    invariant_check *check;
} checks[] = {
    {"SIZE_NOT_CONVERGED", invariant_size          },
    {"PREFETCH_LEAK",      invariant_slot          },
    {"TEMPORAL_PREFETCH",  invariant_first_walk    },
    {"DATA_DEPENDENT",     invariant_fill          },
    {"DRIFT",              invariant_drift         },
    {"CAL_CYCLES",         invariant_cycles        },
    {"ORDER",              invariant_order         },
    {"ASYMMETRIC",         invariant_asymmetric    },
    {"DIAGONAL",           invariant_diagonal      },
    {"ABOVE_PEAK",         invariant_above_peak    },
    {"MIX_ORDER",          invariant_mix_order     },
    {"LITTLE",             invariant_little        },
    {"SUM_NODES",          invariant_sum_nodes     },
    {"SCALING",            invariant_scaling       },
    {"CROSS",              invariant_cross         },
    {"FIRMWARE_ORDER",     invariant_firmware_order},
    {"SET_MEAN",           invariant_set_mean      },
    {"PAIR_LEVELS",        invariant_pair_levels   },
};
_Static_assert(COUNT_OF(checks) <= INVARIANTS_MAX, "callers have room for INVARIANTS_MAX");

// In the order in which invariant_find_pair looks for them.
static int by_pair(const void *left, const void *right) {
    const struct data_cell *a = *(const struct data_cell *const *)left;
    const struct data_cell *b = *(const struct data_cell *const *)right;
    int order = series_compare(SERIES_MATRIX, a, b);
    if (!order)
        order = (a->cpu_node > b->cpu_node) - (a->cpu_node < b->cpu_node);
    if (!order)
        order = node_set_compare(&a->mem_node, &b->mem_node);
    return order ? order : (a->threads > b->threads) - (a->threads < b->threads);
}

// Sorted once: a run may have a hundred thousand cells, and checks look for the partner of each.
static const struct data_cell **sort_pairs(const struct dataset *dataset) {
    const struct data_cell **pairs = base_allocate(dataset->cell_count, sizeof *pairs);
    for (size_t i = 0; i < dataset->cell_count; i++)
        pairs[i] = &dataset->cells[i];
    if (dataset->cell_count)
        qsort(pairs, dataset->cell_count, sizeof *pairs, by_pair);
    return pairs;
}

size_t invariants_find(const struct invariants_input *input,
                       struct invariant invariants[INVARIANTS_MAX]) {
    struct invariants_input prepared = *input;
    prepared.pairs = sort_pairs(input->dataset);
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        invariants[i] = (struct invariant){.flag = flag_find(checks[i].flag)};
        CHECK(invariants[i].flag && invariants[i].flag->level == FLAG_OF_RUN);
        checks[i].check(&prepared, &invariants[i]);
    }
    free(prepared.pairs);
    return COUNT_OF(checks);
}

// ---- what the checks share ----------------------------------------------------------------------

double invariant_latency_ns(const struct data_cell *cell) {
    return data_cell_median(cell, data_all(METRIC_LATENCY));
}

double invariant_bandwidth(const struct data_cell *cell) {
    return data_cell_median(cell, data_all(METRIC_BANDWIDTH));
}

double invariant_difference(double a, double b) {
    return fabs(a / b - 1);
}

void invariant_compare(struct invariant *invariant, double excess, const char *format, ...) {
    if (isnan(excess))
        return;
    invariant->compared++;
    if (excess <= 0)
        return;
    invariant->raised++;
    if (invariant->raised > 1 && excess <= invariant->excess)
        return;
    invariant->excess = excess;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(invariant->sentence, sizeof invariant->sentence, format, arguments);
    va_end(arguments);
}

const struct data_cell *invariant_find_pair(const struct invariants_input *input,
                                            const struct data_cell *like, uint64_t cpu_node,
                                            uint64_t mem_node) {
    struct data_cell wanted = *like;
    const struct data_cell *key = &wanted;
    wanted.cpu_node = cpu_node;
    wanted.mem_node = node_set_of(mem_node > ID_SET_MAX ? NONE_U32 : (uint32_t)mem_node);
    const struct data_cell **found =
        bsearch(&key, input->pairs, input->dataset->cell_count, sizeof *input->pairs, by_pair);
    return found ? *found : NULL;
}

static bool is_test(const struct data_cell *cell, enum test test) {
    return cell->test == test && !data_cell_is_cached(cell) && cell->check == CHECK_NONE &&
           cell->block != BLOCK_SWEEP;
}

bool invariant_is_idle(const struct data_cell *cell) {
    return is_test(cell, TEST_LATENCY) && (cell->chains == 1 || cell->chains == NONE_U64);
}

bool invariant_is_stream(const struct data_cell *cell) {
    return is_test(cell, TEST_BANDWIDTH);
}

// Rows of a program before the column `block` have none.
bool invariant_is_matrix(const struct data_cell *cell) {
    bool block =
        cell->block == BLOCK_MATRIX || cell->block == BLOCK_IDLE || cell->block == BLOCK_COUNT;
    return block && cell->cpu_node != NONE_U64 &&
           (invariant_is_idle(cell) || invariant_is_stream(cell));
}
