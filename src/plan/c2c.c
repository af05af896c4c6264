// SPDX-License-Identifier: Apache-2.0
#include "plan/c2c.h"

#include "os/os.h"

#include <stdlib.h>

// ---- what cells have in common ------------------------------------------------------------------

// The lines lie within one page of the kind where that is large, else in as many as they need: all
// of them stay within reach of the first-level TLB.
static uint64_t choose_size(const struct cell *cell) {
    uint64_t page_bytes = cell->page_bytes ? cell->page_bytes : os_base_page_bytes();
    uint64_t min_bytes = pair_min_bytes(cell->pair.protocol);
    return (min_bytes + page_bytes - 1) / page_bytes * page_bytes;
}

static void refuse_where_needed(const struct cross_check *check, struct cell *cell) {
    struct error why;
    if (!pair_protocol_available(cell->pair.protocol)) {
        error_set(&why, ERROR_KIND_REFUSED, 0,
                  "--protocol %s: no program can flush cache lines on this processor",
                  cell->pair.protocol->name);
        cell_refuse(cell, &why);
    }
    for (size_t i = 0; i < cell->mem_node.count; i++)
        if (!cross_check_node_usable(check, cell->mem_node.shares[i].node, &why))
            cell_refuse(cell, &why);
}

// A cell for each node, and one for none.
static void add_kinds(struct c2c_cells *cells, struct cell like) {
    const struct topology *topology = cells->topology;
    like.size_bytes = choose_size(&like);
    for (size_t node = 0; node <= topology->node_count; node++) {
        struct cell *cell = &cells->kinds[cells->kind_count++];
        *cell = like;
        if (node < topology->node_count)
            cell->mem_node = node_set_of(topology->nodes[node].id);
        refuse_where_needed(cells->check, cell);
    }
}

// What is asked of every cache and of every witness is asked once a CPU, and not once a pair.
static void describe_cpus(struct c2c_cells *cells) {
    const struct topology *topology = cells->topology;
    cells->cpus = base_allocate(topology->cpu_count, sizeof *cells->cpus);
    for (size_t i = 0; i < topology->cpu_count; i++) {
        uint32_t id = topology->cpus[i].id;
        struct error why;
        uint32_t line_bytes = topology_line_bytes(topology, &(struct id_set){&id, 1});
        cells->cpus[i].line_bytes =
            line_bytes ? line_bytes : (uint32_t)chase_processor_line_bytes();
        cells->cpus[i].usable = cross_check_cpu_usable(cells->check, id, &why);
    }
}

static void describe_kinds(struct c2c_cells *cells, const struct c2c_request *request) {
    size_t nodes = cells->topology->node_count + 1;
    cells->kinds =
        base_allocate(request->page_count * request->protocol_count * nodes, sizeof *cells->kinds);
    for (size_t page = 0; page < request->page_count; page++) {
        struct cell like = {.test = TEST_C2C,
                            .block = BLOCK_C2C,
                            .pages = request->pages[page],
                            .page_bytes = cell_page_bytes(request->pages[page])};
        for (size_t i = 0; i < request->protocol_count; i++) {
            like.pair.protocol = request->protocols[i];
            add_kinds(cells, like);
        }
    }
}

struct c2c_cells *c2c_describe(const struct topology *topology, const struct cross_check *check,
                               const struct c2c_request *request, struct error *error) {
    size_t pair_count;
    struct cell_pair *pairs = pairs_choose(topology, &request->pairs, &pair_count, error);
    if (!pairs)
        return NULL;
    struct c2c_cells *cells = base_allocate(1, sizeof *cells);
    *cells = (struct c2c_cells){.topology = topology,
                                .check = check,
                                .full = request->pairs.full,
                                .pairs = pairs,
                                .pair_count = pair_count,
                                .page_count = request->page_count,
                                .protocol_count = request->protocol_count};
    for (size_t home = 0; home < PAIR_HOME_COUNT; home++)
        cells->homes[home] = request->homes[home];
    describe_cpus(cells);
    describe_kinds(cells, request);
    return cells;
}

void c2c_free(struct c2c_cells *cells) {
    for (size_t i = 0; cells && i < cells->kind_count; i++)
        cell_free(&cells->kinds[i]);
    if (cells) {
        free(cells->cpus);
        free(cells->kinds);
        free(cells->pairs);
    }
    free(cells);
}

// ---- one by one ---------------------------------------------------------------------------------

static size_t place_of_node(const struct topology *topology, uint32_t id) {
    const struct topology_node *node = topology_node(topology, id);
    return node ? (size_t)(node - topology->nodes) : topology->node_count;
}

// Homes on the same node are one; each home that does not exist is a refused cell of its own.
static void find_homes(struct c2c_walk *walk, const struct cell_pair *pair) {
    const struct topology *topology = walk->cells->topology;
    walk->home_count = 0;
    for (enum pair_home home = 0; home < PAIR_HOME_COUNT; home++) {
        if (!walk->cells->homes[home])
            continue;
        struct c2c_home *found = &walk->homes[walk->home_count];
        uint32_t id = pair_home_node(topology, pair, home, &found->why_none);
        found->home = home;
        found->node = place_of_node(topology, id);
        bool known = false;
        for (size_t i = 0; id != NONE_U32 && i < walk->home_count; i++)
            known = known || walk->homes[i].node == found->node;
        walk->home_count += !known;
    }
}

static const struct c2c_cpu *cpu_of(const struct c2c_cells *cells, uint32_t id) {
    return &cells->cpus[topology_cpu(cells->topology, id) - cells->topology->cpus];
}

// Looks up what all cells of a pair share, and whether its CPUs can be used.
static void begin_pair(struct c2c_walk *walk, const struct cell_pair *pair) {
    const struct c2c_cells *cells = walk->cells;
    const struct c2c_cpu *writer = cpu_of(cells, pair->writer_cpu);
    const struct c2c_cpu *reader = cpu_of(cells, pair->reader_cpu);
    bool ascending = pair->writer_cpu < pair->reader_cpu;
    walk->cpus[0] = ascending ? pair->writer_cpu : pair->reader_cpu;
    walk->cpus[1] = ascending ? pair->reader_cpu : pair->writer_cpu;
    walk->cpu_node = cells->topology->cpus[reader - cells->cpus].node;
    walk->line_bytes =
        writer->line_bytes > reader->line_bytes ? writer->line_bytes : reader->line_bytes;
    walk->refusal = (struct error){0};
    if (walk->line_bytes > PAIR_BLOCK_BYTES)
        error_set(&walk->refusal, ERROR_KIND_REFUSED, 0,
                  "lines of %u bytes do not fit blocks of %d bytes", walk->line_bytes,
                  (int)PAIR_BLOCK_BYTES);
    bool usable = writer->usable && reader->usable;
    for (size_t i = 0; !usable && i < 2 && walk->refusal.kind == ERROR_KIND_NONE; i++)
        cross_check_cpu_usable(cells->check, walk->cpus[i], &walk->refusal);
    find_homes(walk, pair);
}

static size_t protocol_of(const struct c2c_cells *cells, size_t step) {
    return step % cells->protocol_count;
}

static const struct cell_pair *pair_of(const struct c2c_cells *cells, size_t step) {
    return &cells->pairs[step / cells->protocol_count % cells->pair_count];
}

// Those of the first home's node, by page and protocol.
static const struct cell *kinds_of(const struct c2c_cells *cells, size_t step) {
    size_t page = step / cells->protocol_count / cells->pair_count;
    return &cells->kinds[(page * cells->protocol_count + protocol_of(cells, step)) *
                         (cells->topology->node_count + 1)];
}

static void begin_step(struct c2c_walk *walk) {
    const struct c2c_cells *cells = walk->cells;
    const struct cell_pair *pair = pair_of(cells, walk->step);
    if (protocol_of(cells, walk->step) == 0)
        begin_pair(walk, pair);
    bool same_both_ways = kinds_of(cells, walk->step)->pair.protocol->ways_per_unit == 2;
    bool is_way_back = cells->full && same_both_ways && pair->writer_cpu > pair->reader_cpu;
    walk->home = is_way_back ? walk->home_count : 0;
    walk->step++;
}

static void make_cell(struct c2c_walk *walk, struct c2c_home *home) {
    struct cell *cell = &walk->cell;
    const size_t step = walk->step - 1;
    *cell = kinds_of(walk->cells, step)[home->node];
    const struct pair_protocol *protocol = cell->pair.protocol;
    cell->pair = *pair_of(walk->cells, step);
    cell->pair.protocol = protocol;
    cell->pair.home = home->home;
    cell->cpu_node = walk->cpu_node;
    cell->cpus = (struct id_set){walk->cpus, 2};
    cell->shape.line_bytes = walk->line_bytes;
    if (cell->mem_node.count == 0)
        cell->refusal = &home->why_none;
    else if (!cell->refusal && walk->refusal.kind != ERROR_KIND_NONE)
        cell->refusal = &walk->refusal;
}

struct c2c_walk c2c_walk(const struct c2c_cells *cells) {
    return (struct c2c_walk){.cells = cells};
}

bool c2c_next(struct c2c_walk *walk) {
    const struct c2c_cells *cells = walk->cells;
    while (walk->home == walk->home_count) {
        if (!cells || walk->step == cells->page_count * cells->pair_count * cells->protocol_count)
            return false;
        begin_step(walk);
    }
    make_cell(walk, &walk->homes[walk->home++]);
    return true;
}
