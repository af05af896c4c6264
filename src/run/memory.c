// SPDX-License-Identifier: Apache-2.0
#include "run/memory.h"

#include "base/units.h"
#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>

// At most half of what there is: the other half is the system's, and other programs'.
enum { SHARE = 2, SHARE_WITH_CHECKS = 4 };

static uint64_t node_room(const struct session *session, const struct topology_node *node,
                          const struct page_kind *pages) {
    struct error unknown;
    uint64_t bytes;
    if (!session->topology.is_this_system)
        return node->memory_bytes ? node->memory_bytes : NONE_U64;
    return os_memory_room(node->id, pages, &bytes, &unknown) ? bytes : NONE_U64;
}

void memory_read(struct session *session, const struct page_kind *const *pages, size_t page_count,
                 bool leave_half) {
    const struct topology *topology = &session->topology;
    bool here = topology->is_this_system;
    struct sizing *sizing = &session->sizing;
    const char *hypervisor = os_fact_value(session->facts, session->fact_count, "hypervisor");
    free(sizing->rooms);
    *sizing = (struct sizing){
        .caches_doubted = here && !(hypervisor && strcmp(hypervisor, "none") == 0),
        .rooms = base_allocate(topology->node_count * page_count, sizeof *sizing->rooms),
        .process_bytes = here ? os_process_memory_left() : NONE_U64,
        .share = leave_half ? SHARE_WITH_CHECKS : SHARE,
    };
    for (size_t i = 0; i < topology->node_count; i++)
        for (size_t k = 0; k < page_count; k++)
            sizing->rooms[sizing->room_count++] = (struct sizing_room){
                topology->nodes[i].id, pages[k], node_room(session, &topology->nodes[i], pages[k])};
}

// ---- as it is recorded --------------------------------------------------------------------------

void memory_tell(const struct sizing *sizing, struct machine_memory *memory) {
    *memory = (struct machine_memory){
        .caches_doubted = sizing->caches_doubted,
        .process_bytes = sizing->process_bytes,
        .share = sizing->share,
        .rooms = base_allocate(sizing->room_count, sizeof *memory->rooms),
        .room_count = sizing->room_count,
    };
    for (size_t i = 0; i < sizing->room_count; i++) {
        const struct sizing_room *room = &sizing->rooms[i];
        memory->rooms[i] = (struct machine_room){.node = room->node, .bytes = room->bytes};
        snprintf(memory->rooms[i].pages, sizeof memory->rooms[i].pages, "%s", room->pages->name);
    }
}

void memory_restore(struct session *session, const struct machine_memory *memory) {
    struct sizing *sizing = &session->sizing;
    free(sizing->rooms);
    *sizing = (struct sizing){
        .caches_doubted = memory->caches_doubted,
        .rooms = base_allocate(memory->room_count, sizeof *sizing->rooms),
        .process_bytes = memory->process_bytes,
        .share = memory->share == SHARE_WITH_CHECKS ? SHARE_WITH_CHECKS : SHARE,
    };
    for (size_t i = 0; i < memory->room_count; i++) {
        const struct machine_room *room = &memory->rooms[i];
        const struct page_kind *pages = page_kind_find(room->pages);
        if (pages && room->node < NONE_U32)
            sizing->rooms[sizing->room_count++] =
                (struct sizing_room){(uint32_t)room->node, pages, room->bytes};
    }
}

// ---- what is unavailable ------------------------------------------------------------------------

static bool has_room(const struct topology *topology, uint64_t bytes, uint32_t id,
                     struct error *error) {
    const struct topology_node *node = topology_node(topology, id);
    char asked[UNITS_TEXT_BYTES], all[UNITS_TEXT_BYTES];
    return !node || node->memory_bytes == 0 || bytes <= node->memory_bytes ||
           error_set(error, ERROR_KIND_REFUSED, 0, "%s are needed on node %u, which has only %s",
                     units_format_bytes_rounded(bytes, asked), id,
                     units_format_bytes_rounded(node->memory_bytes, all));
}

static void check_node(const struct session *session, uint64_t bytes, uint32_t node,
                       struct cell *cell) {
    struct error why;
    bool fits = session->topology.is_this_system ? os_memory_check(bytes, cell->pages, node, &why)
                                                 : has_room(&session->topology, bytes, node, &why);
    if (!fits)
        cell_refuse(cell, &why);
}

// Regions are had one after the other, so each is asked for with those before it on the same node;
// the last one first, so that a refusal says what all of them need.
static void check_cell(const struct session *session, struct cell *cell) {
    size_t count;
    struct region *regions = cell_regions(cell, &count);
    for (size_t i = count; i-- > 0;)
        for (size_t share = 0; !cell->refusal && share < regions[i].nodes.count; share++) {
            uint32_t node = regions[i].nodes.shares[share].node;
            uint64_t bytes = 0;
            for (size_t k = 0; k <= i; k++)
                bytes += region_bytes_on(&regions[k], node);
            check_node(session, bytes, node, cell);
        }
    free(regions);
}

static void check_cells(const struct session *session, struct cell *cells, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!cells[i].refusal && cell_buffer_bytes(&cells[i]) > 0)
            check_cell(session, &cells[i]);
}

// Of pairs the system is asked once for all that have their memory in the same place.
void memory_check_plan(const struct session *session, struct plan *plan) {
    check_cells(session, plan->cells, plan->cell_count);
    if (plan->pairs)
        check_cells(session, plan->pairs->kinds, plan->pairs->kind_count);
}

// ---- what was chosen ----------------------------------------------------------------------------

static void print_limited(const struct sizing *sizing, const struct cell *cell, size_t limited,
                          size_t count, FILE *stream) {
    char room[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];
    uint32_t node = sizing_tightest_node(sizing, cell);
    fprintf(stream, "Sizes      limited by memory in %zu of %zu cases: ", limited, count);
    for (size_t i = 0; i < sizing->room_count; i++)
        if (sizing->rooms[i].node == node && sizing->rooms[i].pages == cell->pages &&
            sizing->rooms[i].bytes != NONE_U64)
            fprintf(stream, "node %u has only %s, ", node,
                    units_format_bytes_rounded(sizing->rooms[i].bytes, room));
    if (sizing->process_bytes != NONE_U64)
        fprintf(stream, "limits of this process leave %s, ",
                units_format_bytes_rounded(sizing->process_bytes, limit));
    fprintf(stream, "at most 1/%u of it is used\n", sizing->share);
}

void memory_print_sizes(const struct session *session, const struct plan *plan, FILE *stream) {
    const struct sizing *sizing = &session->sizing;
    size_t limited = 0, unproven = 0, first = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        bool counts = cell->test != TEST_C2C && !cell->cached && !cell->refusal;
        unproven += counts && !cell->proven;
        if (counts && cell->size_rule == SIZE_BY_MEMORY && limited++ == 0)
            first = i;
    }
    terminal_measured_sizes(sizing->outgrown_bytes, sizing->array_outgrown_bytes,
                            &session->topology);
    if (limited)
        print_limited(sizing, &plan->cells[first], limited, plan->cell_count, stream);
    if (unproven)
        fprintf(stream, "Sizes      %zu of %zu cases may fit the caches (flag SIZE_LIMITED)\n",
                unproven, plan->cell_count);
}
