// SPDX-License-Identifier: Apache-2.0
#include "plan/c2c.h"

#include "os/os.h"

#include <stdlib.h>

struct cells {
    struct plan *plan;
    const struct topology *topology;
    const struct cross_check *check;
};

// The lines lie within one page of the kind where that is large, else in as many as they need: all
// of them stay within reach of the first-level TLB.
static void choose_memory(const struct topology *topology, struct cell *cell) {
    uint64_t page_bytes = cell->page_bytes ? cell->page_bytes : os_base_page_bytes();
    uint64_t least_bytes = pair_least_bytes(cell->pair.protocol);
    cell->size_bytes = (least_bytes + page_bytes - 1) / page_bytes * page_bytes;
    uint64_t line_bytes = topology_line_bytes(topology, &cell->cpus);
    cell->shape.line_bytes = line_bytes ? line_bytes : chase_processor_line_bytes();
}

static bool is_usable(const struct cells *cells, const struct cell *cell, struct error *refusal) {
    if (!pair_protocol_available(cell->pair.protocol))
        return error_set(
            refusal, ERROR_KIND_REFUSED, 0,
            "--protocol %s: this processor lets no program take lines out of its caches",
            cell->pair.protocol->name);
    if (cell->shape.line_bytes > PAIR_BLOCK_BYTES)
        return error_set(refusal, ERROR_KIND_REFUSED, 0,
                         "lines of %llu bytes do not fit blocks of %d bytes",
                         (unsigned long long)cell->shape.line_bytes, (int)PAIR_BLOCK_BYTES);
    bool usable = cross_check_node_usable(cells->check, cell->mem_node, refusal);
    for (size_t i = 0; usable && i < cell->cpus.count; i++)
        usable = cross_check_cpu_usable(cells->check, cell->cpus.ids[i], refusal);
    return usable;
}

// Where there is no home, `no_home` says why.
static void add_cell(const struct cells *cells, struct cell cell, const struct error *no_home) {
    struct error why = *no_home;
    cell.cpu_node = topology_cpu(cells->topology, cell.pair.reader_cpu)->node;
    id_set_add(&cell.cpus, cell.pair.writer_cpu);
    id_set_add(&cell.cpus, cell.pair.reader_cpu);
    choose_memory(cells->topology, &cell);
    if (cell.mem_node == NONE_U32 || !is_usable(cells, &cell, &why))
        cell_refuse(&cell, &why);
    plan_add(cells->plan, cell);
}

// Homes on the same node are one; each home that does not exist is a refused cell of its own.
static void add_homes(const struct cells *cells, const struct c2c_request *request,
                      const struct cell *like) {
    struct id_set nodes = {0};
    for (enum pair_home home = 0; home < PAIR_HOME_COUNT; home++) {
        if (!request->homes[home])
            continue;
        struct cell cell = *like;
        struct error no_home = {0};
        cell.pair.home = home;
        cell.mem_node = pair_home_node(cells->topology, &cell.pair, home, &no_home);
        if (cell.mem_node != NONE_U32 && id_set_contains(&nodes, cell.mem_node))
            continue;
        if (cell.mem_node != NONE_U32)
            id_set_add(&nodes, cell.mem_node);
        add_cell(cells, cell, &no_home);
    }
    id_set_free(&nodes);
}

static void add_pair(const struct cells *cells, const struct c2c_request *request,
                     struct cell_pair pair, const struct page_kind *pages, uint64_t page_bytes) {
    for (size_t i = 0; i < request->protocol_count; i++) {
        const struct pair_protocol *protocol = request->protocols[i];
        bool same_both_ways = protocol->ways_per_unit == 2;
        if (request->pairs.full && same_both_ways && pair.writer_cpu > pair.reader_cpu)
            continue;
        struct cell like = {.test = TEST_C2C,
                            .block = BLOCK_C2C,
                            .pages = pages,
                            .page_bytes = page_bytes,
                            .pair = pair};
        like.pair.protocol = protocol;
        add_homes(cells, request, &like);
    }
}

bool c2c_add(struct plan *plan, const struct topology *topology, const struct cross_check *check,
             const struct c2c_request *request, struct error *error) {
    const struct cells cells = {.plan = plan, .topology = topology, .check = check};
    size_t pair_count;
    struct cell_pair *pairs = pairs_choose(topology, &request->pairs, &pair_count, error);
    for (size_t page = 0; page < request->page_count; page++) {
        uint64_t page_bytes = plan_page_bytes(request->pages[page]);
        for (size_t i = 0; i < pair_count; i++)
            add_pair(&cells, request, pairs[i], request->pages[page], page_bytes);
    }
    free(pairs);
    return pairs != NULL;
}
