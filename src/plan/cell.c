// SPDX-License-Identifier: Apache-2.0
#include "plan/cell.h"

#include "base/units.h"
#include "os/os.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Samples are long against a clock step and a timer tick, and many enough for a median that one
// disturbed sample does not move. Ten samples or a multiple of them: window_cv compares ten parts.
#define TIMES(warm_sample_ms, warm_max_ms, warm_percent, sample_ms, samples)                       \
    {                                                                                              \
        .warm_sample_ns = (warm_sample_ms)*NS_PER_MS, .warm_max_ns = (warm_max_ms)*NS_PER_MS,      \
        .warm_tolerance = (warm_percent) / 100.0, .sample_ns = (sample_ms)*NS_PER_MS,              \
        .sample_count = (samples)                                                                  \
    }
// A pair of CPUs is one of hundreds, and a millisecond holds thousands of its exchanges: its
// samples are short, and the class has the statistics. A sample of its warm-up holds a lap over all
// of its lines (8192 round trips of up to half a microsecond), because each line has its own time.
// clang-format off
const struct test_times test_times[VISIT_LENGTH_COUNT][TEST_COUNT] = {
    [VISIT_LONG] = {
        [TEST_LATENCY] = TIMES(50, 500, 1, 45, 10),
        [TEST_BANDWIDTH] = TIMES(20, 300, 3, 30, 10),
        [TEST_LOADED] = TIMES(20, 300, 3, 30, 10),
        [TEST_C2C] = TIMES(4, 24, 3, 1, 10),
    },
    [VISIT_SHORT] = {
        [TEST_LATENCY] = TIMES(20, 200, 1, 20, 10),
        [TEST_BANDWIDTH] = TIMES(10, 150, 3, 15, 10),
        [TEST_LOADED] = TIMES(10, 150, 3, 20, 10),
        [TEST_C2C] = TIMES(4, 24, 3, 1, 10),
    },
    [VISIT_PROBE] = {
        [TEST_LATENCY] = TIMES(1, 4, 5, 1, 10),
        [TEST_BANDWIDTH] = TIMES(3, 12, 5, 2, 10),
        [TEST_LOADED] = {0}, // neither is probed
        [TEST_C2C] = {0},
    },
    [VISIT_WALK] = {
        [TEST_LATENCY] = TIMES(5, 30, 1, 10, 10),
        [TEST_BANDWIDTH] = TIMES(10, 150, 3, 15, 10),
        [TEST_LOADED] = TIMES(10, 150, 3, 20, 10),
        [TEST_C2C] = {0}, // it walks over no buffer
    },
};
// clang-format on

// A run of all pairs of 384 CPUs holds 828 288 of them: what few kinds of cell need besides goes
// behind a pointer, as shares do.
_Static_assert(sizeof(struct cell) <= 352, "a plan may hold a million cells");

uint64_t cell_page_bytes(const struct page_kind *pages) {
    return pages->bytes ? pages->bytes : os_transparent_page_bytes();
}

void cell_free(struct cell *cell) {
    id_set_free(&cell->cpus);
    id_set_free(&cell->load.cpus);
    for (size_t i = 0; i < cell->share_count; i++)
        id_set_free(&cell->shares[i].cpus);
    free(cell->shares);
    free(cell->check_of);
    free(cell->refusal);
    cell->shares = NULL;
    cell->share_count = 0;
    cell->check_of = NULL;
    cell->refusal = NULL;
}

// A plan may hold hundreds of thousands of cells, and hardly one of them is refused.
void cell_refuse(struct cell *cell, const struct error *why) {
    if (cell->refusal)
        return;
    cell->refusal = base_allocate(1, sizeof *cell->refusal);
    *cell->refusal = *why;
}

void cell_set_check_of(struct cell *cell, const char *name) {
    cell->check_of = base_allocate(strlen(name) + 1, 1);
    memcpy(cell->check_of, name, strlen(name));
}

struct cell cell_copy(const struct cell *cell) {
    struct cell copy = *cell;
    copy.cpus = id_set_copy(&cell->cpus);
    copy.load.cpus = id_set_copy(&cell->load.cpus);
    copy.shares = cell->share_count ? base_allocate(cell->share_count, sizeof *cell->shares) : NULL;
    for (size_t i = 0; i < cell->share_count; i++)
        copy.shares[i] = (struct cell_share){.node = cell->shares[i].node,
                                             .cpus = id_set_copy(&cell->shares[i].cpus),
                                             .size_bytes = cell->shares[i].size_bytes};
    copy.check_of = NULL;
    if (cell->check_of)
        cell_set_check_of(&copy, cell->check_of);
    copy.refusal = NULL;
    if (cell->refusal)
        cell_refuse(&copy, cell->refusal);
    return copy;
}

bool cell_same_curve(const struct cell *a, const struct cell *b) {
    return a->block == BLOCK_LOADED && b->block == BLOCK_LOADED && a->pattern == b->pattern &&
           a->pages == b->pages && a->cpu_node == b->cpu_node &&
           node_set_same(&a->mem_node, &b->mem_node) && a->load.node == b->load.node &&
           a->load.kernel == b->load.kernel;
}

uint64_t region_bytes_on(const struct region *region, uint32_t node) {
    for (size_t i = 0; i < region->nodes.count; i++)
        if (region->nodes.shares[i].node == node)
            return node_set_part(&region->nodes, i, region->size_bytes);
    return 0;
}

static size_t region_count(const struct cell *cell) {
    return (cell->shares ? cell->share_count : 1) + (cell->load.kernel ? 1 : 0);
}

// That of the load is the last.
static struct region region_at(const struct cell *cell, size_t index) {
    const struct cell_load *load = &cell->load;
    uint64_t arrays = cell->kernel ? kernel_array_count(cell->kernel) : 1;
    if (load->kernel && index + 1 == region_count(cell))
        return (struct region){node_set_of(load->node),
                               load->size_bytes * kernel_array_count(load->kernel), &load->cpus};
    if (!cell->shares)
        return (struct region){cell->mem_node, cell->size_bytes * arrays, &cell->cpus};
    const struct cell_share *share = &cell->shares[index];
    return (struct region){node_set_of(share->node), share->size_bytes * arrays, &share->cpus};
}

struct region *cell_regions(const struct cell *cell, size_t *count) {
    *count = region_count(cell);
    struct region *regions = base_allocate(*count, sizeof *regions);
    for (size_t i = 0; i < *count; i++)
        regions[i] = region_at(cell, i);
    return regions;
}

void cell_cpus(const struct cell *cell, struct id_set *cpus) {
    *cpus = id_set_copy(&cell->cpus);
    id_set_add_all(cpus, &cell->load.cpus);
}

uint64_t cell_buffer_bytes(const struct cell *cell) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < region_count(cell); i++)
        bytes += region_at(cell, i).size_bytes;
    return bytes;
}

bool cell_shrink(struct cell *cell, size_t region, uint64_t available_bytes, struct error *error) {
    struct cell_load *load = &cell->load;
    bool of_load = load->kernel && region == (cell->shares ? cell->share_count : 1);
    const struct kernel *kernel = of_load ? load->kernel : cell->kernel;
    uint64_t *size_bytes = of_load ? &load->size_bytes : &cell->size_bytes;
    uint64_t min_bytes = of_load ? load->partial_min_bytes : cell->partial_min_bytes;
    if (min_bytes == 0 || available_bytes == 0)
        return false;
    uint64_t array_bytes = available_bytes / (kernel ? kernel_array_count(kernel) : 1);
    array_bytes = array_bytes / cell->page_bytes * cell->page_bytes;
    if (array_bytes >= *size_bytes)
        return false;
    struct error cause = *error;
    char least[UNITS_TEXT_BYTES];
    if (array_bytes < min_bytes)
        return error_set(error, cause.kind, cause.os_number,
                         "%.400s; a part is taken from %s for each array", cause.text,
                         units_format_bytes(min_bytes, least));
    *size_bytes = array_bytes;
    for (size_t i = 0; !of_load && i < cell->share_count; i++)
        if (cell->shares[i].size_bytes > array_bytes)
            cell->shares[i].size_bytes = array_bytes;
    return true;
}

// ---- the name -----------------------------------------------------------------------------------

PRINTF_LIKE(2, 3) static void append(char text[CELL_NAME_BYTES], const char *format, ...) {
    size_t used = 0;
    while (text[used])
        used++;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, CELL_NAME_BYTES - used, format, arguments);
    va_end(arguments);
}

static void append_chase(const struct cell *cell, char text[CELL_NAME_BYTES]) {
    char bytes[UNITS_TEXT_BYTES];
    if (cell->shape.window_bytes != cell->pattern->window_bytes)
        append(text, "/window:%s", units_format_bytes(cell->shape.window_bytes, bytes));
    if (cell->shape.slot_bytes != chase_min_slot_bytes(cell->shape.line_bytes))
        append(text, "/slot:%s", units_format_bytes(cell->shape.slot_bytes, bytes));
    if (cell->chains != 1)
        append(text, "/chains:%" PRIu32, cell->chains);
}

static char *pair_name(const struct cell *cell, char text[CELL_NAME_BYTES]) {
    const struct cell_pair *pair = &cell->pair;
    append(text, "%s/%s/writer:%" PRIu32 "/reader:%" PRIu32 "/home:%s/page:%s",
           test_names[cell->test], pair->protocol->name, pair->writer_cpu, pair->reader_cpu,
           pair_home_names[pair->home], cell->pages->name);
    return text;
}

char *cell_name(const struct cell *cell, char text[CELL_NAME_BYTES]) {
    char size[UNITS_TEXT_BYTES], nodes[NODE_SET_TEXT_BYTES];
    text[0] = '\0';
    if (cell->pair.protocol)
        return pair_name(cell, text);
    append(text, "%s/", test_names[cell->test]);
    if (cell->kernel)
        append(text, "%s.%s", cell->kernel->name, isa_names[cell->kernel->isa]);
    else
        append(text, "%s", cell->pattern->name);
    if (cell->shares)
        append(text, "/all-local");
    else if (cell->cpu_node == NONE_U32)
        append(text, "/cpu:all/mem:%s", node_set_format(&cell->mem_node, nodes));
    else
        append(text, "/cpu:%" PRIu32 "/mem:%s", cell->cpu_node,
               node_set_format(&cell->mem_node, nodes));
    append(text, "/size:%s/page:%s", units_format_bytes(cell->size_bytes, size), cell->pages->name);
    char load[LOAD_NAME_BYTES];
    if (cell->pattern)
        append_chase(cell, text);
    else
        append(text, "/threads:%zu", cell->cpus.count);
    if (cell->mix)
        append(text, "/mix:%s", cell->mix->name);
    if (cell->load.kernel)
        append(text, "/%s", load_name(&cell->load, load));
    if (cell->block == BLOCK_PROBE) // it is measured more briefly than another of that size
        append(text, "/probe");
    if (cell->check != CHECK_NONE)
        append(text, "/check:%s", check_names[cell->check]);
    return text;
}

// ---- the time -----------------------------------------------------------------------------------

// Judgement, from runs on small guests: what one thread does when it writes fresh pages, links and
// walks a chain, or asks for its pages. Only the prediction depends on them.
static const double fill_small_pages_bytes_per_ns = 1.1;
static const double fill_large_pages_bytes_per_ns = 2.2;
static const double chain_ns_per_slot = 130, chain_in_windows_ns_per_slot = 50;
static const double ask_ns_per_page = 110;
static const double visit_overhead_ns = 20e6;

// Windows that a core's own cache holds are linked without waiting for memory.
static double chain_build_ns(const struct cell *cell) {
    uint64_t window_bytes = cell->shape.window_bytes;
    bool in_own_cache = window_bytes > 0 && window_bytes <= MIB;
    return (in_own_cache ? chain_in_windows_ns_per_slot : chain_ns_per_slot) *
           (double)cell->size_bytes / (double)cell->shape.slot_bytes;
}

uint64_t cell_predict_ns(const struct cell *cell) {
    if (cell->refusal)
        return 0;
    const struct test_times *times = &test_times[cell->visit_length][cell->test];
    double bytes = (double)cell_buffer_bytes(cell);
    bool large = cell->page_bytes > os_base_page_bytes();
    double rate = large ? fill_large_pages_bytes_per_ns : fill_small_pages_bytes_per_ns;
    double ns = visit_overhead_ns + bytes / (rate * (double)cell->cpus.count);
    if (cell->pattern)
        ns += chain_build_ns(cell);
    if (cell->page_bytes)
        ns += 2 * ask_ns_per_page * bytes / (double)cell->page_bytes;
    ns += (double)(times->warm_max_ns / 2 + times->sample_count * times->sample_ns);
    return (uint64_t)ns;
}
