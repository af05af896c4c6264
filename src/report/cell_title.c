// SPDX-License-Identifier: Apache-2.0
#include "report/cell_title.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The operation of a loop: "read" of read_8s_p512.avx2, "copy_nt" of copy_nt.sse2.
static int operation_length(const char *kernel) {
    const char *end = kernel + strcspn(kernel, ".");
    for (const char *at = kernel; at < end; at++)
        if (*at == '_' && at[1] >= '0' && at[1] <= '9')
            return (int)(at - kernel);
    return (int)(end - kernel);
}

static void put_short(const struct data_cell *cell, char title[CELL_TITLE_BYTES]) {
    char what[64], nodes[NODE_SET_TEXT_BYTES];
    if (cell->test == TEST_BANDWIDTH)
        snprintf(what, sizeof what, "%.*s", operation_length(cell->kernel), cell->kernel);
    else if (cell->test == TEST_LOADED && cell->load_delay_cycles != NONE_U64)
        snprintf(what, sizeof what, "delay %" PRIu64, cell->load_delay_cycles);
    else
        snprintf(what, sizeof what, "%.60s",
                 cell->protocol[0]          ? cell->protocol
                 : cell->test == TEST_COUNT ? ""
                                            : word_text(&words_test, cell->test));
    if (!what[0])
        snprintf(title, CELL_TITLE_BYTES, "%.290s", cell->name);
    else if (cell->writer_cpu != NONE_U64)
        snprintf(title, CELL_TITLE_BYTES, "%s, cpu %" PRIu64 " -> cpu %" PRIu64, what,
                 cell->writer_cpu, cell->reader_cpu);
    else if (cell->cpu_node != NONE_U64 && cell->mem_node.count)
        snprintf(title, CELL_TITLE_BYTES, "%s, cpu %" PRIu64 " -> mem %s", what, cell->cpu_node,
                 node_set_format(&cell->mem_node, nodes));
    else
        snprintf(title, CELL_TITLE_BYTES, "%.290s", cell->name);
}

static void add_mix(const struct data_cell *cell, char title[CELL_TITLE_BYTES]) {
    size_t used = strlen(title);
    if (cell->mix[0])
        snprintf(title + used, CELL_TITLE_BYTES - used, ", %.30s", cell->mix);
}

static void add_size(const struct data_cell *cell, char title[CELL_TITLE_BYTES]) {
    char size[DATA_SIZE_TEXT_BYTES];
    size_t used = strlen(title);
    data_cell_size(cell, size);
    snprintf(title + used, CELL_TITLE_BYTES - used, ", %s%s%.20s", size, size[0] ? " " : "",
             cell->pages);
}

static void take_name(const struct data_cell *cell, char title[CELL_TITLE_BYTES]) {
    snprintf(title, CELL_TITLE_BYTES, "%.290s", cell->name);
}

// What titles get, in this order, that two cells still have in common.
static void (*const steps[])(const struct data_cell *, char[CELL_TITLE_BYTES]) = {add_mix, add_size,
                                                                                  take_name};

struct titled {
    const struct data_cell *cell;
    char *title;
};

static int by_title(const void *left, const void *right) {
    const struct titled *a = left, *b = right;
    int order = strcmp(a->title, b->title);
    return order ? order : strcmp(a->cell->name, b->cell->name);
}

// Marks the titles that two different cells have.
static void mark_same(struct titled *titled, size_t count, bool *same,
                      const char (*titles)[CELL_TITLE_BYTES]) {
    qsort(titled, count, sizeof *titled, by_title);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(titled[i].title, titled[i - 1].title) != 0 ||
            strcmp(titled[i].cell->name, titled[i - 1].cell->name) == 0)
            continue;
        for (size_t j = i - 1; j <= i; j++)
            same[(size_t)(titled[j].title - titles[0]) / CELL_TITLE_BYTES] = true;
    }
}

void cell_titles(const struct data_cell *const *cells, size_t count,
                 char (*titles)[CELL_TITLE_BYTES]) {
    struct titled *titled = base_allocate(count, sizeof *titled);
    for (size_t i = 0; i < count; i++)
        put_short(cells[i], titles[i]);
    for (size_t step = 0; step < COUNT_OF(steps); step++) {
        bool *same = base_allocate(count, sizeof *same);
        for (size_t i = 0; i < count; i++)
            titled[i] = (struct titled){cells[i], titles[i]};
        mark_same(titled, count, same, (const char(*)[CELL_TITLE_BYTES])titles);
        for (size_t i = 0; i < count; i++) {
            if (same[i])
                steps[step](cells[i], titles[i]);
        }
        free(same);
    }
    free(titled);
}
