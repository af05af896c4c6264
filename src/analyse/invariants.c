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

int invariant_by_nodes(const struct data_cell *a, const struct data_cell *b) {
    int order = (a->cpu_node > b->cpu_node) - (a->cpu_node < b->cpu_node);
    return order ? order : node_set_compare(&a->mem_node, &b->mem_node);
}

static int by_pair(const struct data_cell *a, const struct data_cell *b) {
    int order = series_compare(SERIES_MATRIX, a, b);
    if (!order)
        order = invariant_by_nodes(a, b);
    return order ? order : (a->threads > b->threads) - (a->threads < b->threads);
}

static bool is_any(const struct data_cell *cell) {
    (void)cell;
    return true;
}

static void prepare(struct invariants_own *own, const struct dataset *dataset) {
    own->medians = base_allocate(dataset->cell_count, sizeof *own->medians);
    for (size_t i = 0; i < dataset->cell_count; i++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
            own->medians[i][metric] = data_cell_median(&dataset->cells[i], data_all(metric));
    cell_groups_build(&own->pairs, dataset, is_any, by_pair);
}

size_t invariants_find(const struct invariants_input *input,
                       struct invariant invariants[INVARIANTS_MAX]) {
    struct invariants_input prepared = *input;
    struct invariants_own own;
    prepare(&own, input->dataset);
    prepared.own = &own;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        invariants[i] = (struct invariant){.flag = flag_find(checks[i].flag)};
        CHECK(invariants[i].flag && invariants[i].flag->level == FLAG_OF_RUN);
        checks[i].check(&prepared, &invariants[i]);
    }
    free(own.medians);
    cell_groups_free(&own.pairs);
    return COUNT_OF(checks);
}

// ---- what the checks share ----------------------------------------------------------------------

double invariant_median(const struct invariants_input *input, const struct data_cell *cell,
                        enum metric metric) {
    return input->own->medians[cell - input->dataset->cells][metric];
}

double invariant_latency_ns(const struct invariants_input *input, const struct data_cell *cell) {
    return invariant_median(input, cell, METRIC_LATENCY);
}

double invariant_bandwidth(const struct invariants_input *input, const struct data_cell *cell) {
    return invariant_median(input, cell, METRIC_BANDWIDTH);
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
    wanted.cpu_node = cpu_node;
    wanted.mem_node = node_set_of(mem_node > ID_SET_MAX ? NONE_U32 : (uint32_t)mem_node);
    return cell_groups_first(&input->own->pairs, &wanted);
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
