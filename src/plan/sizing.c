// SPDX-License-Identifier: Apache-2.0
#include "plan/sizing.h"

#include "base/units.h"
#include "os/os.h"

#include <math.h>
#include <stdlib.h>

// ---- caches -------------------------------------------------------------------------------------

// Where the machine reports no last cache: the largest that a core of a common server reaches.
#define ASSUMED_LLC_BYTES (32 * MIB)
#define DEFAULT_MIN_BYTES (64 * MIB)
enum { CACHE_FOLD = SIZING_CACHE_FOLD };

uint64_t sizing_outgrown_bytes(uint64_t llc_bytes) {
    return CACHE_FOLD * (llc_bytes ? llc_bytes : ASSUMED_LLC_BYTES);
}

// What was measured holds for all CPUs of one node, and fewer have no more cache.
static uint64_t measured_array_bytes(const struct topology *topology, uint64_t node_bytes,
                                     const struct id_set *cpus) {
    struct id_set nodes = {0};
    for (size_t i = 0; i < cpus->count; i++) {
        const struct topology_cpu *cpu = topology_cpu(topology, cpus->ids[i]);
        if (cpu)
            id_set_add(&nodes, cpu->node);
    }
    uint64_t bytes = node_bytes * (nodes.count ? nodes.count : 1);
    id_set_free(&nodes);
    return bytes;
}

static uint64_t shown_min_bytes(const struct topology *topology, const struct id_set *cpus) {
    uint64_t llc_bytes = topology_llc_bytes(topology, cpus);
    if (!topology_shows_last_cache(topology) && llc_bytes < ASSUMED_LLC_BYTES)
        llc_bytes = ASSUMED_LLC_BYTES;
    return sizing_outgrown_bytes(llc_bytes);
}

uint64_t sizing_array_min_bytes(const struct topology *topology, const struct sizing *sizing,
                                const struct id_set *cpus) {
    uint64_t node_bytes = 0;
    if (sizing) // where none was seen to be enough, the largest that was tried is closest to it
        node_bytes = sizing->array_outgrown_bytes ? sizing->array_outgrown_bytes
                                                  : sizing->array_probed_bytes;
    return node_bytes ? measured_array_bytes(topology, node_bytes, cpus)
                      : shown_min_bytes(topology, cpus);
}

// Of what a chain touches, which is every second line of its buffer. Where none was seen to be
// memory, what a hypervisor shows is no better than the largest array that was tried.
static uint64_t chain_min_bytes(const struct topology *topology, const struct sizing *sizing,
                                const struct id_set *cpus) {
    if (sizing && sizing->outgrown_bytes)
        return sizing->outgrown_bytes / 2;
    return sizing && sizing->array_probed_bytes ? sizing->array_probed_bytes / 2
                                                : shown_min_bytes(topology, cpus);
}

static uint64_t memory_cache_bytes(const struct topology *topology, uint32_t node) {
    const struct topology_node *found = topology_node(topology, node);
    return found ? found->memory_cache_bytes : 0;
}

// What memory-side caches before those nodes add to an array.
static uint64_t memory_caches_min_bytes(const struct topology *topology,
                                        const struct node_set *nodes) {
    uint64_t max_bytes = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        uint64_t bytes = node_set_whole(
            nodes, i, CACHE_FOLD * memory_cache_bytes(topology, nodes->shares[i].node));
        max_bytes = bytes > max_bytes ? bytes : max_bytes;
    }
    return max_bytes;
}

static uint64_t share_min_bytes(const struct topology *topology, const struct sizing *sizing,
                                const struct cell_share *share) {
    struct node_set node = node_set_of(share->node);
    return sizing_array_min_bytes(topology, sizing, &share->cpus) +
           memory_caches_min_bytes(topology, &node);
}

uint64_t sizing_min_bytes(const struct topology *topology, const struct sizing *sizing,
                          const struct cell *cell) {
    uint64_t min_bytes = 0;
    for (size_t i = 0; i < cell->share_count; i++) {
        uint64_t bytes = share_min_bytes(topology, sizing, &cell->shares[i]);
        min_bytes = bytes > min_bytes ? bytes : min_bytes;
    }
    if (!cell->shares)
        min_bytes = memory_caches_min_bytes(topology, &cell->mem_node) +
                    (cell->pattern ? chain_min_bytes(topology, sizing, &cell->cpus)
                                   : sizing_array_min_bytes(topology, sizing, &cell->cpus));
    if (cell->pattern)
        min_bytes *=
            cell->shape.slot_bytes /
            (cell->shape.line_bytes > CHASE_LINE_BYTES ? cell->shape.line_bytes : CHASE_LINE_BYTES);
    return min_bytes;
}

bool sizing_is_measured(const struct sizing *sizing, const struct cell *cell) {
    return sizing &&
           (cell->pattern ? sizing->outgrown_bytes != 0 : sizing->array_outgrown_bytes != 0);
}

static bool is_probed(const struct sizing *sizing, const struct cell *cell) {
    return sizing_is_measured(sizing, cell) || (sizing && sizing->array_probed_bytes);
}

void sizing_choose(const struct topology *topology, const struct sizing *sizing,
                   uint64_t asked_bytes, struct cell *cell) {
    cell->size_rule = asked_bytes               ? SIZE_ASKED
                      : is_probed(sizing, cell) ? SIZE_MEASURED
                                                : SIZE_BY_CACHES;
    cell->size_bytes =
        asked_bytes ? asked_bytes : sizing_default_bytes(sizing_min_bytes(topology, sizing, cell));
    for (size_t i = 0; i < cell->share_count; i++)
        cell->shares[i].size_bytes =
            asked_bytes ? asked_bytes
                        : sizing_default_bytes(share_min_bytes(topology, sizing, &cell->shares[i]));
}

// Whether the caches that the machine shows are all there are, as large as it shows them.
static bool caches_are_known(const struct topology *topology, const struct sizing *sizing,
                             const struct id_set *cpus) {
    return topology_shows_last_cache(topology) && topology_llc_bytes(topology, cpus) > 0 &&
           !(sizing && sizing->caches_doubted);
}

bool sizing_array_is_known(const struct topology *topology, const struct sizing *sizing,
                           const struct id_set *cpus) {
    return (sizing && sizing->array_outgrown_bytes) || caches_are_known(topology, sizing, cpus);
}

bool sizing_is_known(const struct topology *topology, const struct sizing *sizing,
                     const struct cell *cell) {
    return sizing_is_measured(sizing, cell) || caches_are_known(topology, sizing, &cell->cpus);
}

void sizing_judge(const struct topology *topology, const struct sizing *sizing, struct cell *cell) {
    cell->proven = sizing_is_known(topology, sizing, cell);
    for (size_t i = 0; i < cell->share_count; i++)
        cell->proven &=
            cell->shares[i].size_bytes >= share_min_bytes(topology, sizing, &cell->shares[i]);
    if (!cell->shares)
        cell->proven &= cell->size_bytes >= sizing_min_bytes(topology, sizing, cell);
}

// ---- steps --------------------------------------------------------------------------------------

uint64_t sizing_default_bytes(uint64_t min_bytes) {
    uint64_t power_bytes = DEFAULT_MIN_BYTES;
    while (power_bytes <= min_bytes / 2)
        power_bytes *= 2;
    uint64_t bytes = power_bytes;
    while (bytes < min_bytes)
        bytes += power_bytes / 4;
    return bytes;
}

// The largest of such sizes, below 64 MiB too, that is no more than max_bytes.
static uint64_t round_down(uint64_t max_bytes) {
    const uint64_t page_bytes = os_base_page_bytes();
    uint64_t power_bytes = 4 * page_bytes; // so that a quarter is whole pages
    if (max_bytes < power_bytes)
        return max_bytes / page_bytes * page_bytes;
    while (power_bytes <= max_bytes / 2)
        power_bytes *= 2;
    uint64_t bytes = power_bytes;
    while (power_bytes / 4 <= max_bytes - bytes)
        bytes += power_bytes / 4;
    return bytes;
}

// ---- memory -------------------------------------------------------------------------------------

// Pages of a pool are reserved for such buffers; of all other memory a part is left to the system.
static uint64_t room_bytes(const struct sizing *sizing, uint32_t node,
                           const struct page_kind *pages) {
    for (size_t i = 0; i < sizing->room_count; i++) {
        const struct sizing_room *room = &sizing->rooms[i];
        if (room->node == node && room->pages == pages && room->bytes != NONE_U64)
            return pages->source == PAGES_LARGE ? room->bytes : room->bytes / sizing->share;
    }
    return NONE_U64;
}

static uint64_t process_bytes(const struct sizing *sizing, const struct page_kind *pages) {
    bool limited = sizing->process_bytes != NONE_U64 && pages->source != PAGES_LARGE;
    return limited ? sizing->process_bytes / sizing->share : NONE_U64;
}

static double part_of(uint64_t room, uint64_t needed) {
    return room == NONE_U64 || needed == 0 ? (double)INFINITY : (double)room / (double)needed;
}

// Of what the regions on that node need, the part that it leaves: 1 and more is all of it.
static double node_part(const struct sizing *sizing, const struct cell *cell,
                        const struct region *regions, size_t count, uint32_t node) {
    uint64_t needed_bytes = 0;
    for (size_t i = 0; i < count; i++)
        needed_bytes += region_bytes_on(&regions[i], node);
    return part_of(room_bytes(sizing, node, cell->pages), needed_bytes);
}

// Of a cell on all nodes the first.
uint32_t sizing_tightest_node(const struct sizing *sizing, const struct cell *cell) {
    size_t count;
    struct region *regions = cell_regions(cell, &count);
    uint32_t node = regions[0].nodes.shares[0].node;
    double least = INFINITY;
    for (size_t i = 0; !cell->shares && i < cell->mem_node.count; i++) {
        uint32_t other = cell->mem_node.shares[i].node;
        double part = node_part(sizing, cell, regions, count, other);
        if (part < least) {
            least = part;
            node = other;
        }
    }
    free(regions);
    return node;
}

static bool make_smaller(double part, uint64_t *size_bytes) {
    if (part >= 1)
        return false;
    *size_bytes = round_down((uint64_t)((double)*size_bytes * part));
    return true;
}

static void refuse_short_node(const struct sizing *sizing, uint32_t node, uint64_t smallest_bytes,
                              struct cell *cell) {
    char left[UNITS_TEXT_BYTES], least[UNITS_TEXT_BYTES];
    uint64_t node_bytes = room_bytes(sizing, node, cell->pages);
    uint64_t limit_bytes = process_bytes(sizing, cell->pages);
    struct error why;
    error_set(
        &why, ERROR_KIND_REFUSED, 0,
        "node %u and the limits of this process leave %s for a buffer in %s pages, but each array "
        "needs at least %s: free memory there, raise the limit, or name other nodes (--mem-nodes)",
        node, units_format_bytes_rounded(node_bytes < limit_bytes ? node_bytes : limit_bytes, left),
        cell->pages->name, units_format_bytes(smallest_bytes, least));
    cell_refuse(cell, &why);
}

// The shares that still have something to do; all of them where none has.
static void drop_shares(uint64_t smallest_bytes, struct cell *cell) {
    size_t kept = 0;
    for (size_t i = 0; i < cell->share_count; i++)
        kept += cell->shares[i].size_bytes >= smallest_bytes;
    if (kept == 0 || kept == cell->share_count)
        return;
    id_set_free(&cell->cpus);
    kept = 0;
    for (size_t i = 0; i < cell->share_count; i++) {
        struct cell_share share = cell->shares[i];
        if (share.size_bytes < smallest_bytes) {
            id_set_free(&share.cpus);
            continue;
        }
        id_set_add_all(&cell->cpus, &share.cpus);
        cell->shares[kept++] = share;
    }
    cell->share_count = kept;
}

static bool fit_shares(const struct sizing *sizing, uint64_t smallest_bytes,
                       const struct region *regions, size_t count, double process_part,
                       struct cell *cell) {
    bool smaller = false;
    for (size_t i = 0; i < cell->share_count; i++) {
        struct cell_share *share = &cell->shares[i];
        double part = node_part(sizing, cell, regions, count, share->node);
        smaller |= make_smaller(fmin(part, process_part), &share->size_bytes);
    }
    drop_shares(smallest_bytes, cell);
    cell->size_bytes = 0;
    for (size_t i = 0; i < cell->share_count; i++)
        if (cell->shares[i].size_bytes > cell->size_bytes)
            cell->size_bytes = cell->shares[i].size_bytes;
    return smaller;
}

// Of an empty pool no smaller buffer can be had either. The size stays as it is, and the system,
// which is asked before anything is measured, refuses it: it can say how many pages are missing.
static bool is_empty_pool(const struct sizing *sizing, uint32_t node,
                          const struct page_kind *pages) {
    return pages->source == PAGES_LARGE && room_bytes(sizing, node, pages) == 0;
}

static bool is_of_empty_pool(const struct sizing *sizing, const struct cell *cell) {
    for (size_t i = 0; i < cell->share_count; i++)
        if (!is_empty_pool(sizing, cell->shares[i].node, cell->pages))
            return false;
    return cell->shares || is_empty_pool(sizing, sizing_tightest_node(sizing, cell), cell->pages);
}

void sizing_fit(const struct sizing *sizing, uint64_t smallest_bytes, struct cell *cell) {
    if (!sizing || cell->size_rule == SIZE_ASKED || is_of_empty_pool(sizing, cell))
        return;
    size_t count;
    struct region *regions = cell_regions(cell, &count);
    uint64_t all_bytes = 0;
    for (size_t i = 0; i < count; i++)
        all_bytes += regions[i].size_bytes;
    double process_part = part_of(process_bytes(sizing, cell->pages), all_bytes);
    bool smaller = false;
    if (cell->shares)
        smaller = fit_shares(sizing, smallest_bytes, regions, count, process_part, cell);
    else
        smaller = make_smaller(
            fmin(node_part(sizing, cell, regions, count, sizing_tightest_node(sizing, cell)),
                 process_part),
            &cell->size_bytes);
    if (smaller)
        cell->size_rule = SIZE_BY_MEMORY;
    if (smaller && cell->size_bytes < smallest_bytes)
        refuse_short_node(sizing, sizing_tightest_node(sizing, cell), smallest_bytes, cell);
    free(regions);
}

// The cell's own buffer has its part already, and some of the rest stays free.
void sizing_fit_load(const struct sizing *sizing, struct cell *cell) {
    struct cell_load *load = &cell->load;
    if (!sizing || is_empty_pool(sizing, load->node, cell->pages))
        return;
    const uint64_t needed_bytes = load->size_bytes * kernel_array_count(load->kernel);
    double part = fmin(part_of(room_bytes(sizing, load->node, cell->pages), needed_bytes),
                       part_of(process_bytes(sizing, cell->pages), needed_bytes));
    make_smaller(part * 3 / 4, &load->size_bytes);
}
