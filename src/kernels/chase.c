// SPDX-License-Identifier: Apache-2.0
#include "kernels/chase.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "kernels/kernel.h"

const struct chase_pattern chase_patterns[] = {
    {"structural",  256 * KIB, "random windows of 256 KiB, random inside them: few TLB misses"},
    {"full_random", 0,         "random over the whole buffer: TLB misses included"            },
};
const size_t chase_pattern_count = COUNT_OF(chase_patterns);

const struct chase_pattern *chase_pattern_find(const char *name) {
    for (size_t i = 0; i < chase_pattern_count; i++)
        if (strcmp(chase_patterns[i].name, name) == 0)
            return &chase_patterns[i];
    return NULL;
}

// The word of a slot that holds its pointer. A fixed one would use only some of the sets of each
// cache: google/multichase moves its pointers inside their strides for that reason ("mixer").
static void **slot_place(void *base, uint64_t slot, uint64_t seed) {
    enum { SLOT_WORDS = CHASE_SLOT_BYTES / sizeof(void *) };
    return (void **)base + slot * SLOT_WORDS + random_hash(seed + slot) % SLOT_WORDS;
}

// Where the pointers of a chain are, and the partners that the shuffle has drawn ahead of its need,
// because most of its time is the wait for a partner's cache line: a third with this.
enum { DRAWN_AHEAD = 32 };

struct builder {
    void *base;
    uint64_t seed;
    struct random random;
    void **partners[DRAWN_AHEAD];
};

static void draw_partner(struct builder *builder, uint64_t first, uint64_t i) {
    uint64_t partner = first + random_below(&builder->random, i);
    void **place = slot_place(builder->base, partner, builder->seed);
    __builtin_prefetch(place, 1, 3);
    builder->partners[i % DRAWN_AHEAD] = place;
}

// Links `count` slots from `first` on to one random cycle (Sattolo: the partner of slot i is always
// below i, never i itself, which is what keeps the cycle whole).
static void link_window(struct builder *builder, uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        void **place = slot_place(builder->base, first + i, builder->seed);
        *place = place;
    }
    for (uint64_t i = count - 1; i > 0 && i + DRAWN_AHEAD >= count; i--)
        draw_partner(builder, first, i);
    for (uint64_t i = count - 1; i > 0; i--) {
        void **place = slot_place(builder->base, first + i, builder->seed);
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

struct chase chase_build(void *base, uint64_t size_bytes, const struct chase_pattern *pattern,
                         uint64_t seed) {
    CHECK(size_bytes > 0 && size_bytes % CHASE_SLOT_BYTES == 0);
    CHECK((uintptr_t)base % CHASE_SLOT_BYTES == 0);
    CHECK(pattern->window_bytes % CHASE_SLOT_BYTES == 0);
    uint64_t slots = size_bytes / CHASE_SLOT_BYTES;
    uint64_t window_slots = pattern->window_bytes / CHASE_SLOT_BYTES;
    if (window_slots == 0 || window_slots > slots)
        window_slots = slots;
    uint64_t windows = (slots + window_slots - 1) / window_slots;

    struct builder builder = {.base = base, .seed = seed};
    random_seed(&builder.random, seed);
    uint64_t *order = base_allocate(windows, sizeof *order);
    shuffle(order, windows, &builder.random);
    void *start = NULL, **last = NULL; // the first pointer of the chain, and where its last one is
    for (uint64_t i = 0; i < windows; i++) {
        uint64_t first = order[i] * window_slots;
        uint64_t count = slots - first < window_slots ? slots - first : window_slots;
        link_window(&builder, first, count);
        void **cut = slot_place(base, first + random_below(&builder.random, count), seed);
        if (last)
            *last = *cut;
        else
            start = *cut;
        last = cut;
    }
    *last = start;
    free(order);
    return (struct chase){start, slots, slots * CHASE_LINE_BYTES, seed};
}

static uint64_t slot_of(const void *address, const void *base) {
    return (uint64_t)((uintptr_t)address - (uintptr_t)base) / CHASE_SLOT_BYTES;
}

static bool is_slot_place(const void *address, void *base, uint64_t size_bytes, uint64_t seed) {
    if ((uint64_t)((uintptr_t)address - (uintptr_t)base) >= size_bytes)
        return false;
    return address == slot_place(base, slot_of(address, base), seed);
}

// The proof walks the cycle in many segments, several at a time, because one walk alone would take
// as long as a measured round. A segment reaches from one mark (slots at equal distances in the
// buffer, so at random ones in the cycle) to the next mark that the links lead to.
enum { SEGMENTS_MAX = 1024, WALKERS = 16 };

struct segments {
    uint64_t count;
    uint64_t spacing_slots;         // mark k is slot k x spacing_slots
    uint64_t reached[SEGMENTS_MAX]; // which mark ends the segment that mark k begins
};

struct walker {
    void *const *at;
    uint64_t mark; // where it began
};

// Walks all segments; false when a link leads elsewhere than to a slot's place, or when the
// segments together do not have as many links as the buffer has slots.
static bool walk_segments(const struct chase *chase, void *base, uint64_t size_bytes,
                          struct segments *segments) {
    struct walker walkers[WALKERS];
    uint64_t marks_begun = 0, active = 0, links = 0;
    do {
        while (active < WALKERS && marks_begun < segments->count) {
            uint64_t slot = marks_begun * segments->spacing_slots;
            walkers[active++] = (struct walker){slot_place(base, slot, chase->seed), marks_begun++};
        }
        for (uint64_t i = 0; i < active; i++) {
            struct walker *walker = &walkers[i];
            walker->at = *walker->at;
            __builtin_prefetch(walker->at); // needed only when its turn comes again
            if (++links > chase->slot_count ||
                !is_slot_place(walker->at, base, size_bytes, chase->seed))
                return false;
            uint64_t slot = slot_of(walker->at, base);
            uint64_t mark = slot / segments->spacing_slots;
            if (mark >= segments->count || slot != mark * segments->spacing_slots)
                continue;
            segments->reached[walker->mark] = mark;
            *walker = walkers[--active];
        }
    } while (active > 0);
    return links == chase->slot_count;
}

// The segments in the order of the links: one cycle through all marks, or the chain has several.
bool chase_prove(const struct chase *chase, const void *base, uint64_t size_bytes) {
    void *writable_base = (void *)(uintptr_t)base; // for slot_place; nothing here writes
    if (chase->slot_count != size_bytes / CHASE_SLOT_BYTES || chase->slot_count == 0 ||
        !is_slot_place(chase->start, writable_base, size_bytes, chase->seed))
        return false;
    struct segments segments = {.count = SEGMENTS_MAX};
    if (segments.count > chase->slot_count)
        segments.count = chase->slot_count;
    segments.spacing_slots = chase->slot_count / segments.count;
    if (!walk_segments(chase, writable_base, size_bytes, &segments))
        return false;
    uint64_t mark = 0, marks_seen = 0;
    do {
        mark = segments.reached[mark];
        marks_seen++;
    } while (mark != 0 && marks_seen < segments.count);
    return mark == 0 && marks_seen == segments.count;
}

#define REPEAT_4(text)  text text text text
#define REPEAT_16(text) REPEAT_4(text) REPEAT_4(text) REPEAT_4(text) REPEAT_4(text)
enum { UNROLLED = 16 };

// One load whose address is the last one's result, and one addition of two registers. An addition
// of a constant would not do: from Golden Cove on, Intel's cores can carry small ones out while
// they rename registers, several a cycle. No such shortcut is known for the sum of two registers.
#if defined(__x86_64__)
#define CHASE_LOAD "mov (%0), %0\n\t"
#define CHAIN_ADD  "add %1, %0\n\t"
#elif defined(__aarch64__)
#define CHASE_LOAD "ldr %0, [%0]\n\t"
#define CHAIN_ADD  "add %0, %0, %1\n\t"
#endif

#if defined(CHASE_LOAD)

void *chase_walk(void *from, uint64_t loads) {
    for (; loads >= UNROLLED; loads -= UNROLLED)
        __asm__ volatile(REPEAT_16(CHASE_LOAD) : "+r"(from) : : "memory");
    for (; loads > 0; loads--)
        __asm__ volatile(CHASE_LOAD : "+r"(from) : : "memory");
    return from;
}

uint64_t kernel_add_chain(uint64_t adds) {
    uint64_t sum = 0, one = 1;
    for (; adds >= UNROLLED; adds -= UNROLLED)
        __asm__ volatile(REPEAT_16(CHAIN_ADD) : "+r"(sum) : "r"(one));
    for (; adds > 0; adds--)
        __asm__ volatile(CHAIN_ADD : "+r"(sum) : "r"(one));
    return sum;
}

#else

// Another processor: what plain C can promise. The compiler chooses addressing and unrolling, so a
// step may cost a little more than on the processors above.
void *chase_walk(void *from, uint64_t loads) {
    for (; loads > 0; loads--)
        from = *(void *volatile *)from;
    return from;
}

uint64_t kernel_add_chain(uint64_t adds) {
    uint64_t sum = 0, one = 1;
    for (; adds > 0; adds--) {
        sum += one;
        __asm__ volatile("" : "+r"(sum), "+r"(one));
    }
    return sum;
}

#endif
