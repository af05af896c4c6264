// SPDX-License-Identifier: Apache-2.0
#include "analyse/series.h"

#include "kernels/mix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double series_size_bytes(const struct data_cell *cell) {
    return (double)(cell->touched_bytes != NONE_U64 ? cell->touched_bytes : cell->buffer_bytes);
}

double series_pause(const struct data_cell *cell) {
    if (cell->load_mode == LOAD_PACED)
        return cell->offered_bytes_per_s > 0 ? 1 / cell->offered_bytes_per_s : NAN;
    return cell->load_delay_cycles == NONE_U64 ? NAN : (double)cell->load_delay_cycles;
}

// ---- what a cell is compared by -----------------------------------------------------------------

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))
#define BY_NUMBER(field)                                                                           \
    static int by_##field(const struct data_cell *a, const struct data_cell *b) {                  \
        return ORDER(a->field, b->field);                                                          \
    }
#define BY_TEXT(field)                                                                             \
    static int by_##field(const struct data_cell *a, const struct data_cell *b) {                  \
        return strcmp(a->field, b->field);                                                         \
    }

BY_NUMBER(test)
BY_NUMBER(block)
BY_NUMBER(check)
BY_NUMBER(cpu_node)
BY_NUMBER(load_node)
BY_NUMBER(load_mode)
BY_NUMBER(home)
BY_NUMBER(threads)
BY_NUMBER(slot_bytes)
BY_NUMBER(buffer_bytes)
BY_NUMBER(writer_cpu)
BY_NUMBER(reader_cpu)
BY_TEXT(kernel)
BY_TEXT(pattern)
BY_TEXT(pages)
BY_TEXT(protocol)
BY_TEXT(load_cpus)
BY_TEXT(name)

static int by_mem_node(const struct data_cell *a, const struct data_cell *b) {
    return node_set_compare(&a->mem_node, &b->mem_node);
}

static size_t place_of_mix(const char *name) {
    size_t place = 0;
    while (place < kernel_mix_count && strcmp(kernel_mixes[place].name, name) != 0)
        place++;
    return place;
}

// In the order of the table of mixes, from reads alone on.
static int by_mix(const struct data_cell *a, const struct data_cell *b) {
    int order = ORDER(place_of_mix(a->mix), place_of_mix(b->mix));
    return order ? order : strcmp(a->mix, b->mix);
}

static int by_cached(const struct data_cell *a, const struct data_cell *b) {
    return ORDER(data_cell_is_cached(a), data_cell_is_cached(b));
}

static uint64_t chains_of(const struct data_cell *cell) {
    return cell->chains == NONE_U64 ? 1 : cell->chains;
}

static int by_chains(const struct data_cell *a, const struct data_cell *b) {
    return ORDER(chains_of(a), chains_of(b));
}

// A size that follows from caches or memory may be another on each node.
static uint64_t asked_bytes(const struct data_cell *cell) {
    return cell->size_rule == SIZE_ASKED ? cell->buffer_asked_bytes : 0;
}

static int by_asked_size(const struct data_cell *a, const struct data_cell *b) {
    return ORDER(asked_bytes(a), asked_bytes(b));
}

// A window as large as the buffer is none.
static uint64_t window_of(const struct data_cell *cell) {
    return cell->window_bytes == cell->buffer_bytes ? NONE_U64 : cell->window_bytes;
}

static int by_window(const struct data_cell *a, const struct data_cell *b) {
    return ORDER(window_of(a), window_of(b));
}

static int by_size(const struct data_cell *a, const struct data_cell *b) {
    return ORDER(series_size_bytes(a), series_size_bytes(b));
}

static int by_load(const struct data_cell *a, const struct data_cell *b) {
    return ORDER(series_pause(b), series_pause(a));
}

typedef int cell_order(const struct data_cell *a, const struct data_cell *b);

#define IN(kind) (1U << SERIES_##kind)

// What the cells of a series have in common; free_in: the kinds in which it may differ.
static const struct {
    cell_order *order;
    unsigned free_in;
} common[] = {
    {by_block,      0                                                       },
    {by_test,       0                                                       },
    {by_check,      0                                                       },
    {by_cached,     IN(SWEEP) | IN(RACE) | IN(SETS) | IN(PLACE)             },
    {by_mix,        IN(PLACE)                                               },
    {by_kernel,     IN(RACE) | IN(CHOICE) | IN(PLACE)                       },
    {by_pattern,    IN(PLACE)                                               },
    {by_chains,     IN(CHAINS) | IN(PLACE)                                  },
    {by_asked_size, IN(SWEEP) | IN(RACE) | IN(SETS) | IN(CHOICE) | IN(PLACE)},
    {by_slot_bytes, IN(PLACE)                                               },
    {by_window,     IN(SWEEP) | IN(CHOICE) | IN(PLACE)                      },
    {by_threads,    IN(MATRIX) | IN(RACE) | IN(PLACE)                       },
    {by_pages,      IN(PAGES) | IN(PLACE)                                   },
    {by_protocol,   0                                                       },
    {by_home,       IN(PLACE)                                               },
    {by_cpu_node,   IN(MATRIX) | IN(PAIRS)                                  },
    {by_mem_node,   IN(MATRIX) | IN(PAIRS) | IN(SETS)                       },
    {by_load_node,  0                                                       },
    {by_load_cpus,  IN(PLACE)                                               },
    {by_load_mode,  IN(LOAD) | IN(PLACE)                                    },
    {by_writer_cpu, IN(MATRIX) | IN(PAIRS)                                  },
    {by_reader_cpu, IN(MATRIX) | IN(PAIRS)                                  },
};

// In which order cells of one series stand.
static cell_order *const within[] = {by_cpu_node,     by_mem_node, by_threads,    by_size,
                                     by_chains,       by_load,     by_writer_cpu, by_reader_cpu,
                                     by_buffer_bytes, by_name};

int series_compare(enum series_kind kind, const struct data_cell *a, const struct data_cell *b) {
    int order = 0;
    for (size_t i = 0; !order && i < COUNT_OF(common); i++)
        if (!(common[i].free_in & 1U << kind))
            order = common[i].order(a, b);
    return order;
}

// Rows of a program before the column `block` have none.
static bool is_matrix(const struct data_cell *cell) {
    bool block = cell->block == BLOCK_IDLE || cell->block == BLOCK_MATRIX ||
                 cell->block == BLOCK_PEAK || cell->block == BLOCK_COUNT;
    return block && (cell->test == TEST_LATENCY || cell->test == TEST_BANDWIDTH) &&
           cell->cpu_node != NONE_U64 && cell->mem_node.count && chains_of(cell) == 1 &&
           cell->check == CHECK_NONE;
}

bool series_takes(enum series_kind kind, const struct data_cell *cell) {
    switch (kind) {
    case SERIES_MATRIX:
        return is_matrix(cell);
    case SERIES_RACE:
        return cell->block == BLOCK_PEAK;
    case SERIES_SETS:
        return cell->block == BLOCK_SET;
    case SERIES_SWEEP:
        return cell->block == BLOCK_SWEEP && series_size_bytes(cell) > 0;
    case SERIES_PAGES:
        return is_matrix(cell) && cell->test == TEST_LATENCY;
    case SERIES_CHAINS:
        return cell->block == BLOCK_MLP;
    case SERIES_CURVE:
    case SERIES_LOAD:
        return cell->test == TEST_LOADED && !isnan(series_pause(cell));
    case SERIES_PAIRS:
        return cell->test == TEST_C2C;
    case SERIES_CHOICE:
    case SERIES_PLACE:
        return true;
    }
    return false;
}

// ---- lists --------------------------------------------------------------------------------------

// A cell with what qsort does not pass on.
struct member {
    const struct data_cell *cell;
    enum series_kind kind;
    size_t rank; // how many cells of its series at its place come before it
};

static bool same_series(const struct member *a, const struct member *b) {
    return a->rank == b->rank && series_compare(a->kind, a->cell, b->cell) == 0;
}

static int by_series(const void *left, const void *right) {
    const struct member *a = left, *b = right;
    int order = series_compare(a->kind, a->cell, b->cell);
    if (!order)
        order = ORDER(a->rank, b->rank);
    for (size_t i = 0; !order && i < COUNT_OF(within); i++)
        order = within[i](a->cell, b->cell);
    return order;
}

// After sorting, cells of one place stand one after the other.
static void rank_places(struct member *members, size_t count) {
    for (size_t i = 1; i < count; i++) {
        const struct data_cell *cell = members[i].cell, *before = members[i - 1].cell;
        if (series_compare(SERIES_MATRIX, before, cell) == 0 &&
            before->cpu_node == cell->cpu_node && node_set_same(&before->mem_node, &cell->mem_node))
            members[i].rank = members[i - 1].rank + 1;
    }
}

static void cut(struct series_list *list, const struct member *members, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!i || !same_series(&members[i - 1], &members[i])) {
            list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
            list->at[list->count++] = (struct series){0};
        }
        struct series *series = &list->at[list->count - 1];
        series->cells = base_grow_by_one(series->cells, series->cell_count, sizeof *series->cells);
        series->cells[series->cell_count++] = members[i].cell;
    }
}

void series_list_build(struct series_list *list, const struct dataset *dataset,
                       enum series_kind kind) {
    struct member *members = base_allocate(dataset->cell_count + 1, sizeof *members);
    size_t count = 0;
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (series_takes(kind, &dataset->cells[i]))
            members[count++] = (struct member){&dataset->cells[i], kind, 0};
    qsort(members, count, sizeof *members, by_series);
    if (kind == SERIES_MATRIX) {
        rank_places(members, count);
        qsort(members, count, sizeof *members, by_series);
    }
    *list = (struct series_list){0};
    cut(list, members, count);
    free(members);
}

const struct series *series_list_find(const struct series_list *list, enum series_kind kind,
                                      const struct data_cell *like) {
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = series_compare(kind, list->at[middle].cells[0], like);
        if (!order)
            return &list->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static double peak_of(const struct data_cell *cell) {
    return data_cell_median(cell, data_all(METRIC_BANDWIDTH));
}

const struct data_cell *series_race_winner(const struct series *race) {
    const struct data_cell *best = race->cells[0];
    for (size_t i = 1; i < race->cell_count; i++) {
        const struct data_cell *cell = race->cells[i];
        if (cell->visit_count > best->visit_count ||
            (cell->visit_count == best->visit_count && peak_of(cell) > peak_of(best)))
            best = cell;
    }
    return best;
}

void series_list_free(struct series_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->at[i].cells);
    free(list->at);
    *list = (struct series_list){0};
}
