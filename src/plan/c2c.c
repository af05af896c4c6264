// SPDX-License-Identifier: Apache-2.0
#include "plan/c2c.h"

#include "os/os.h"

#include <stdlib.h>

struct cells {
    const struct topology *topology;
    const struct cross_check *check;
    struct cell *at;
    size_t count;
};

// The lines lie within one page of the kind where that is large, else in as many as they need: all
// of them stay within reach of the first-level TLB.
static void choose_memory(const struct topology *topology, struct cell *cell) {
    cell->page_bytes = cell->pages->bytes ? cell->pages->bytes : os_transparent_page_bytes();
    uint64_t page_bytes = cell->page_bytes ? cell->page_bytes : os_base_page_bytes();
    uint64_t least_bytes = pair_least_bytes(cell->pair.protocol);
    cell->size_bytes = (least_bytes + page_bytes - 1) / page_bytes * page_bytes;
    uint64_t line_bytes = topology_line_bytes(topology, &cell->cpus);
    cell->shape.line_bytes = line_bytes ? line_bytes : chase_processor_line_bytes();
}

static void refuse_where_needed(const struct cells *cells, struct cell *cell) {
    struct error *refusal = &cell->refusal;
    if (refusal->kind != ERROR_KIND_NONE) // no home
        return;
    if (!pair_protocol_available(cell->pair.protocol)) {
        error_set(refusal, ERROR_KIND_REFUSED, 0,
                  "--protocol %s: this processor lets no program take lines out of its caches",
                  cell->pair.protocol->name);
        return;
    }
    if (cell->shape.line_bytes > PAIR_BLOCK_BYTES) {
        error_set(refusal, ERROR_KIND_REFUSED, 0,
                  "lines of %llu bytes do not fit blocks of %d bytes",
                  (unsigned long long)cell->shape.line_bytes, (int)PAIR_BLOCK_BYTES);
        return;
    }
    bool usable = cross_check_node_usable(cells->check, cell->mem_node, refusal);
    for (size_t i = 0; usable && i < cell->cpus.count; i++)
        usable = cross_check_cpu_usable(cells->check, cell->cpus.ids[i], refusal);
}

static void add_cell(struct cells *cells, struct cell cell) {
    cell.cpu_node = topology_cpu(cells->topology, cell.pair.reader_cpu)->node;
    id_set_add(&cell.cpus, cell.pair.writer_cpu);
    id_set_add(&cell.cpus, cell.pair.reader_cpu);
    choose_memory(cells->topology, &cell);
    refuse_where_needed(cells, &cell);
    cells->at = base_grow(cells->at, cells->count + 1, sizeof *cells->at);
    cells->at[cells->count++] = cell;
}

// Homes on the same node are one; each home that does not exist is a refused cell of its own.
static void add_homes(struct cells *cells, const struct c2c_request *request,
                      const struct cell *like) {
    struct id_set nodes = {0};
    for (enum pair_home home = 0; home < PAIR_HOME_COUNT; home++) {
        if (!request->homes[home])
            continue;
        struct cell cell = *like;
        cell.pair.home = home;
        cell.mem_node = pair_home_node(cells->topology, &cell.pair, home, &cell.refusal);
        if (cell.mem_node != NONE_U32 && id_set_contains(&nodes, cell.mem_node))
            continue;
        if (cell.mem_node != NONE_U32)
            id_set_add(&nodes, cell.mem_node);
        add_cell(cells, cell);
    }
    id_set_free(&nodes);
}

static void add_pair(struct cells *cells, const struct c2c_request *request, struct cell_pair pair,
                     const struct page_kind *pages) {
    for (size_t i = 0; i < request->protocol_count; i++) {
        const struct pair_protocol *protocol = request->protocols[i];
        bool same_both_ways = protocol->ways_per_unit == 2;
        if (request->pairs.full && same_both_ways && pair.writer_cpu > pair.reader_cpu)
            continue;
        struct cell like = {.test = TEST_C2C, .block = BLOCK_C2C, .pages = pages, .pair = pair};
        like.pair.protocol = protocol;
        add_homes(cells, request, &like);
    }
}

struct cell *c2c_cells(const struct topology *topology, const struct cross_check *check,
                       const struct c2c_request *request, size_t *count, struct error *error) {
    struct cells cells = {.topology = topology, .check = check};
    size_t pair_count;
    struct cell_pair *pairs = pairs_choose(topology, &request->pairs, &pair_count, error);
    for (size_t page = 0; page < request->page_count; page++)
        for (size_t i = 0; i < pair_count; i++)
            add_pair(&cells, request, pairs[i], request->pages[page]);
    free(pairs);
    *count = cells.count;
    return cells.at;
}
