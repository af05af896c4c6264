// SPDX-License-Identifier: Apache-2.0
#include "kernels/chase.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

const struct chase_pattern chase_patterns[] = {
    {"structural",     256 * KIB, NULL,
     "random windows of 256 KiB, random inside them: few TLB misses"                              },
    {"full_random",    0,         NULL, "random over the whole buffer: TLB misses included"       },
    {"full_random_4k", 0,         "4K", "the same over 4K pages: nearly every load misses the TLB"},
};
const size_t chase_pattern_count = COUNT_OF(chase_patterns);

const struct chase_pattern *chase_pattern_find(const char *name) {
    for (size_t i = 0; i < chase_pattern_count; i++)
        if (strcmp(chase_patterns[i].name, name) == 0)
            return &chase_patterns[i];
    return NULL;
}

uint64_t chase_processor_line_bytes(void) {
#if defined(__aarch64__)
    uint64_t cache_type;
    __asm__("mrs %0, CTR_EL0" : "=r"(cache_type));
    return UINT64_C(4) << ((cache_type >> 16) & 0xf); // DminLine: log2 of words
#else
    return CHASE_LINE_BYTES;
#endif
}

uint64_t chase_min_slot_bytes(uint64_t line_bytes) {
    return 2 * line_bytes > CHASE_SLOT_BYTES ? 2 * line_bytes : CHASE_SLOT_BYTES;
}

struct chase_shape chase_shape_of(const struct chase_pattern *pattern, uint64_t line_bytes) {
    return (struct chase_shape){pattern->window_bytes, chase_min_slot_bytes(line_bytes),
                                line_bytes};
}

static bool is_power_of_two(uint64_t number) {
    return number != 0 && (number & (number - 1)) == 0;
}

// The slots of a buffer. Their size is a power of two, because finding the slot of an address by
// dividing would take longer than the proof's loads.
struct slots {
    void *base;
    uint64_t count;
    uint64_t seed;
    unsigned shift; // a slot has 1 << shift bytes
};

static struct slots slots_of(const void *base, uint64_t size_bytes, uint64_t slot_bytes,
                             uint64_t seed) {
    CHECK(is_power_of_two(slot_bytes));
    unsigned shift = (unsigned)__builtin_ctzll(slot_bytes);
    return (struct slots){(void *)(uintptr_t)base, size_bytes >> shift, seed, shift};
}

// The word of a slot that holds its pointer. A fixed one would use only some of the sets of each
// cache: google/multichase moves its pointers inside their strides for that reason ("mixer").
static void **slot_place(const struct slots *slots, uint64_t slot) {
    uint64_t words = (UINT64_C(1) << slots->shift) / sizeof(void *);
    return (void **)slots->base + slot * words + (random_hash(slots->seed + slot) & (words - 1));
}

// Where the pointers of a chain are, and the partners that the shuffle has drawn ahead of its need,
// because most of its time is the wait for a partner's cache line: a third with this.
enum { DRAWN_AHEAD = 32 };

struct builder {
    struct slots slots;
    struct random random;
    void **partners[DRAWN_AHEAD];
};

static void draw_partner(struct builder *builder, uint64_t first, uint64_t i) {
    uint64_t partner = first + random_below(&builder->random, i);
    void **place = slot_place(&builder->slots, partner);
    __builtin_prefetch(place, 1, 3);
    builder->partners[i % DRAWN_AHEAD] = place;
}

// Links `count` slots from `first` on to one random cycle (Sattolo: the partner of slot i is always
// below i, never i itself, which is what keeps the cycle whole).
static void link_window(struct builder *builder, uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        void **place = slot_place(&builder->slots, first + i);
        *place = place;
    }
    for (uint64_t i = count - 1; i > 0 && i + DRAWN_AHEAD >= count; i--)
        draw_partner(builder, first, i);
    for (uint64_t i = count - 1; i > 0; i--) {
        void **place = slot_place(&builder->slots, first + i);
        void **partner = builder->partners[i % DRAWN_AHEAD];
        void *link = *place;
        *place = *partner;
        *partner = link;
        if (i > DRAWN_AHEAD)
            draw_partner(builder, first, i - DRAWN_AHEAD);
    }
}

static void shuffle(uint64_t *order, uint64_t count, struct random *random) {
    for (uint64_t i = 0; i < count; i++)
        order[i] = i;
    for (uint64_t i = count; i > 1; i--) {
        uint64_t j = random_below(random, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

struct chase chase_build(void *base, uint64_t size_bytes, const struct chase_shape *shape,
                         uint64_t seed) {
    const uint64_t slot_bytes = shape->slot_bytes;
    CHECK(is_power_of_two(shape->line_bytes));
    CHECK(slot_bytes >= chase_min_slot_bytes(shape->line_bytes));
    CHECK(size_bytes > 0 && size_bytes % slot_bytes == 0);
    CHECK((uintptr_t)base % chase_min_slot_bytes(shape->line_bytes) == 0);
    CHECK(shape->window_bytes % slot_bytes == 0);
    struct builder builder = {.slots = slots_of(base, size_bytes, slot_bytes, seed)};
    uint64_t slots = builder.slots.count;
    uint64_t window_slots = shape->window_bytes / slot_bytes;
    if (window_slots == 0 || window_slots > slots)
        window_slots = slots;
    uint64_t windows = (slots + window_slots - 1) / window_slots;
    random_seed(&builder.random, seed);
    uint64_t *order = base_allocate(windows, sizeof *order);
    shuffle(order, windows, &builder.random);
    void *start = NULL, **last = NULL; // the first pointer of the chain, and where its last one is
    for (uint64_t i = 0; i < windows; i++) {
        uint64_t first = order[i] * window_slots;
        uint64_t count = slots - first < window_slots ? slots - first : window_slots;
        link_window(&builder, first, count);
        void **cut = slot_place(&builder.slots, first + random_below(&builder.random, count));
        if (last)
            *last = *cut;
        else
            start = *cut;
        last = cut;
    }
    *last = start;
    free(order);
    return (struct chase){start, slot_bytes, slots, slots * shape->line_bytes, seed};
}

static uint64_t slot_of(const struct slots *slots, const void *address) {
    return (uint64_t)((uintptr_t)address - (uintptr_t)slots->base) >> slots->shift;
}

// An address below the base gives a slot beyond any count.
static bool is_slot_place(const struct slots *slots, const void *address) {
    uint64_t slot = slot_of(slots, address);
    return slot < slots->count && address == slot_place(slots, slot);
}

// The proof walks the cycle in many segments, several at a time, because one walk alone would take
// as long as a measured round. A segment reaches from one mark (slots at equal distances in the
// buffer, so at random ones in the cycle) to the next mark that the links lead to.
enum { SEGMENTS_MAX = 1024, WALKERS = 16 };

struct segments {
    uint64_t count;
    uint64_t spacing_slots;         // mark k is slot k x spacing_slots
    uint64_t reached[SEGMENTS_MAX]; // which mark ends the segment that mark k begins
    uint64_t loads[SEGMENTS_MAX];   // how many loads away
};

struct walker {
    void *const *at;
    uint64_t mark; // where it began
    uint64_t loads;
};

// The mark that an address is at, or NONE_U64. The address is a slot's place.
static uint64_t mark_of(const struct segments *segments, const struct slots *slots,
                        const void *address) {
    uint64_t slot = slot_of(slots, address);
    uint64_t mark = slot / segments->spacing_slots;
    return mark < segments->count && slot == mark * segments->spacing_slots ? mark : NONE_U64;
}

static void **place_of_mark(const struct segments *segments, const struct slots *slots,
                            uint64_t mark) {
    return slot_place(slots, mark * segments->spacing_slots);
}

// Walks all segments; false when a link leads elsewhere than to a slot's place, or when the
// segments together do not have as many links as the buffer has slots.
static bool walk_segments(const struct slots *slots, struct segments *segments) {
    struct walker walkers[WALKERS];
    uint64_t marks_begun = 0, active = 0, links = 0;
    do {
        while (active < WALKERS && marks_begun < segments->count) {
            void **place = place_of_mark(segments, slots, marks_begun);
            walkers[active++] = (struct walker){place, marks_begun++, 0};
        }
        for (uint64_t i = 0; i < active; i++) {
            struct walker *walker = &walkers[i];
            walker->at = *walker->at;
            walker->loads++;
            __builtin_prefetch(walker->at); // needed only when its turn comes again
            if (++links > slots->count || !is_slot_place(slots, walker->at))
                return false;
            uint64_t mark = mark_of(segments, slots, walker->at);
            if (mark == NONE_U64)
                continue;
            segments->reached[walker->mark] = mark;
            segments->loads[walker->mark] = walker->loads;
            *walker = walkers[--active];
        }
    } while (active > 0);
    return links == slots->count;
}

// The segments in the order of the links: one cycle through all marks, or the chain has several.
static bool find_segments(const struct slots *slots, struct segments *segments) {
    segments->count = slots->count < SEGMENTS_MAX ? slots->count : SEGMENTS_MAX;
    segments->spacing_slots = slots->count / segments->count;
    if (!walk_segments(slots, segments))
        return false;
    uint64_t mark = 0, marks_seen = 0;
    do {
        mark = segments->reached[mark];
        marks_seen++;
    } while (mark != 0 && marks_seen < segments->count);
    return mark == 0 && marks_seen == segments->count;
}

bool chase_prove(const struct chase *chase, const void *base, uint64_t size_bytes) {
    struct slots slots = slots_of(base, size_bytes, chase->slot_bytes, chase->seed);
    struct segments segments;
    return slots.count > 0 && chase->slot_count == slots.count &&
           is_slot_place(&slots, chase->start) && find_segments(&slots, &segments);
}

uint64_t chase_links_wrong(const struct chase *chase, const void *base, uint64_t first,
                           uint64_t count) {
    struct slots slots =
        slots_of(base, chase->slot_count * chase->slot_bytes, chase->slot_bytes, chase->seed);
    uint64_t wrong = 0;
    CHECK(first + count <= slots.count);
    for (uint64_t slot = first; slot < first + count; slot++)
        wrong += !is_slot_place(&slots, *slot_place(&slots, slot));
    return wrong;
}

// ---- several chains at a time -------------------------------------------------------------------

// Where the chain is after `loads` loads from a mark: over whole segments first, then load by load.
// That is half a segment on average, a two-thousandth of a round.
static void *walk_from_mark(const struct segments *segments, const struct slots *slots,
                            uint64_t mark, uint64_t loads) {
    while (loads >= segments->loads[mark]) {
        loads -= segments->loads[mark];
        mark = segments->reached[mark];
    }
    return chase_walk(place_of_mark(segments, slots, mark), loads);
}

void chase_starts(const struct chase *chase, const void *base, uint64_t size_bytes, void **at,
                  uint32_t chains) {
    CHECK(chains > 0 && chains <= chase->slot_count);
    at[0] = chase->start;
    if (chains == 1)
        return;
    struct slots slots = slots_of(base, size_bytes, chase->slot_bytes, chase->seed);
    struct segments segments;
    bool one_cycle = find_segments(&slots, &segments);
    CHECK(one_cycle); // it was proven
    void *const *first = chase->start;
    uint64_t to_mark = 0; // loads from the start to the next mark
    for (; mark_of(&segments, &slots, first) == NONE_U64; to_mark++)
        first = *first;
    uint64_t mark = mark_of(&segments, &slots, first);
    for (uint32_t i = 1; i < chains; i++) {
        // In two parts, because the product of slots and chains may not fit into 64 bits.
        uint64_t whole = slots.count / chains * i, rest = slots.count % chains * i / chains;
        uint64_t loads = whole + rest + slots.count - to_mark;
        at[i] = walk_from_mark(&segments, &slots, mark, loads % slots.count);
    }
}

// Intel SDM and AMD APM: CLFLUSH writes the line back and takes it out of all caches of the
// coherence domain. All x86-64 processors have it.
bool chase_can_flush(void) {
#if defined(__x86_64__)
    return true;
#else
    return false;
#endif
}

void chase_flush(const void *base, uint64_t size_bytes) {
#if defined(__x86_64__)
    for (const char *line = base; line < (const char *)base + size_bytes; line += CHASE_LINE_BYTES)
        __builtin_ia32_clflush(line);
    __builtin_ia32_mfence();
#else
    (void)base, (void)size_bytes;
    CHECK(false); // chase_can_flush was not asked
#endif
}
