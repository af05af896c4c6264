// SPDX-License-Identifier: Apache-2.0
#include "measure/contents.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

enum { ARRAYS_MAX = 3, REHEARSED_ELEMENTS = 16 * KERNEL_GRANULE };

// The elements [from, to) of each stream.
struct stretch {
    size_t from, to;
};

struct inspection {
    const struct placement *placement;
    const struct slice *slice;
    const double *arrays[ARRAYS_MAX];
    unsigned array_count;
    uint64_t filled_checksum; // of the first array, as it was filled
    struct contents found;
};

// What was written into the granule that begins there, before the loop came. Returns its checksum.
static uint64_t recall_fill(const struct inspection *inspection, const double *at,
                            double granule[KERNEL_GRANULE]) {
    const double *base = inspection->placement->memory.base;
    uint64_t words[KERNEL_GRANULE], checksum = 0;
    placement_words(inspection->placement, (uint64_t)(at - base), KERNEL_GRANULE, words);
    for (size_t i = 0; i < KERNEL_GRANULE; i++)
        checksum ^= words[i];
    memcpy(granule, words, sizeof words);
    return checksum;
}

static void compare_granule(const double *found, const double expected[KERNEL_GRANULE],
                            double tolerance, struct contents *contents) {
    contents->checked += KERNEL_GRANULE;
    if (memcmp(found, expected, KERNEL_GRANULE * sizeof *found) == 0)
        return;
    for (size_t i = 0; i < KERNEL_GRANULE; i++) {
        if (memcmp(&found[i], &expected[i], sizeof *found) == 0)
            continue;
        double most = tolerance * fabs(expected[i]);
        contents->wrong += tolerance == 0 || !(fabs(found[i] - expected[i]) <= most);
    }
}

// Of a granule that was passed this many times since it was filled.
static void inspect_granule(struct inspection *inspection, size_t stream, size_t place,
                            uint64_t times) {
    const struct slice *slice = inspection->slice;
    const struct kernel *kernel = slice->kernel;
    size_t element = stream * slice->span.stride + place;
    double expected[ARRAYS_MAX][KERNEL_GRANULE];
    inspection->filled_checksum ^=
        recall_fill(inspection, inspection->arrays[0] + element, expected[0]);
    for (unsigned k = 1; k < inspection->array_count; k++)
        recall_fill(inspection, inspection->arrays[k] + element, expected[k]);
    // What a kernel does not use may be anything.
    const double *b = expected[inspection->array_count > 1 ? 1 : 0];
    const double *c = expected[inspection->array_count > 2 ? 2 : 0];
    kernel_expect(kernel, times, place, expected[0], b, c);
    for (unsigned k = 0; k < inspection->array_count; k++)
        compare_granule(inspection->arrays[k] + element, expected[k],
                        k == 0 ? kernel_expect_tolerance(kernel, times) : 0, &inspection->found);
}

static struct stretch choose_stretch(const struct slice *slice, uint64_t elements_max,
                                     uint64_t seed) {
    size_t each = kernel_array_count(slice->kernel) * (size_t)slice->kernel->streams;
    size_t reached = slice->passes ? slice->span.count : slice->position;
    uint64_t most = elements_max / each / KERNEL_GRANULE * KERNEL_GRANULE;
    size_t count = reached < most ? reached : (size_t)most;
    struct random random;
    random_seed(&random, seed);
    size_t from = (size_t)random_below(&random, (reached - count) / KERNEL_GRANULE + 1);
    from *= KERNEL_GRANULE;
    return (struct stretch){from, from + count};
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t largest(size_t a, size_t b) {
    return a > b ? a : b;
}

// The part of the stretch that was passed an even number of times: it ends or begins where the pass
// under way has come to.
static void update_even_part(const struct slice *slice, struct stretch stretch) {
    bool behind = slice->passes % 2 == 0;
    size_t from = behind ? largest(stretch.from, slice->position) : stretch.from;
    size_t to = behind ? stretch.to : least(stretch.to, slice->position);
    if (from < to)
        slice_call(slice, from, to - from);
}

// Loops that store the same each time hide what one call leaves out behind what another one stored,
// where calls begin and end at different places. So a few granules are filled anew, and passed by
// one call. Returns how many elements it left wrong.
static uint64_t rehearse(const struct inspection *inspection, struct stretch stretch) {
    const struct slice *slice = inspection->slice;
    struct inspection again = *inspection;
    again.found = (struct contents){0};
    size_t to = least(stretch.to, stretch.from + REHEARSED_ELEMENTS);
    for (size_t stream = 0; stream < slice->kernel->streams; stream++) {
        for (size_t place = stretch.from; place < to; place += KERNEL_GRANULE) {
            double *at = slice->span.a + stream * slice->span.stride + place;
            double granule[KERNEL_GRANULE];
            recall_fill(inspection, at, granule);
            memcpy(at, granule, sizeof granule);
        }
    }
    slice_call(slice, stretch.from, to - stretch.from);
    for (size_t stream = 0; stream < slice->kernel->streams; stream++)
        for (size_t place = stretch.from; place < to; place += KERNEL_GRANULE)
            inspect_granule(&again, stream, place, 1);
    return again.found.wrong;
}

static bool read_rightly(const struct inspection *inspection, struct stretch stretch) {
    const struct slice *slice = inspection->slice;
    size_t count = stretch.to - stretch.from;
    bool whole = slice->passes && count == slice->span.count;
    uint64_t checksum = whole ? slice->pass_checksum : slice_call(slice, stretch.from, count);
    return checksum == inspection->filled_checksum && slice->differing == 0;
}

struct contents contents_of_slice(const struct placement *placement, const struct slice *slice,
                                  uint64_t elements_max, uint64_t seed) {
    const struct kernel *kernel = slice->kernel;
    struct inspection inspection = {
        .placement = placement,
        .slice = slice,
        .arrays = {slice->span.a, slice->span.b, slice->span.c},
        .array_count = kernel_array_count(kernel)
    };
    struct stretch stretch = choose_stretch(slice, elements_max, seed);
    if (kernel->operation == STREAM_UPDATE)
        update_even_part(slice, stretch);
    for (size_t stream = 0; stream < kernel->streams; stream++)
        for (size_t place = stretch.from; place < stretch.to; place += KERNEL_GRANULE) {
            uint64_t times = slice_times(slice, place);
            bool once_more = kernel->operation == STREAM_UPDATE && times % 2 == 0;
            inspect_granule(&inspection, stream, place, times + once_more);
        }
    if (kernel->store == STORE_ORDINARY || kernel->store == STORE_NONTEMPORAL) {
        uint64_t wrong = rehearse(&inspection, stretch);
        inspection.found.wrong = inspection.found.wrong > wrong ? inspection.found.wrong : wrong;
    }
    bool reads = kernel->operation == STREAM_READ || kernel->operation == STREAM_READ_NT;
    if (reads && !read_rightly(&inspection, stretch))
        inspection.found.wrong = inspection.found.checked;
    return inspection.found;
}

struct contents contents_of_chase(const struct placement *placement, const struct chase *chase,
                                  uint64_t links_max, uint64_t seed) {
    const void *base = placement->memory.base;
    uint64_t size_bytes = chase->slot_count * chase->slot_bytes;
    struct random random;
    random_seed(&random, seed);
    uint64_t count = chase->slot_count < links_max ? chase->slot_count : links_max;
    uint64_t first = random_below(&random, chase->slot_count - count + 1);
    uint64_t wrong = chase_links_wrong(chase, base, first, count);
    bool whole = count == chase->slot_count;
    if (whole && wrong == 0 && !chase_prove(chase, base, size_bytes))
        wrong = count; // each link is one, but together they are not the chain
    return (struct contents){count, wrong};
}
