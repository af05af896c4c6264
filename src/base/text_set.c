// SPDX-License-Identifier: Apache-2.0
#include "base/text_set.h"

#include "base/random.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// A secret of this process: where the system has put a block of memory and the stack. The program's
// own address is none where it is linked statically.
static uint64_t key(void) {
    static atomic_uint_least64_t chosen; // 0: not yet
    uint64_t known = atomic_load(&chosen), none = 0;
    if (known)
        return known;
    void *block = base_allocate(1, 1 << 20);
    known = random_hash((uintptr_t)block ^ random_hash((uintptr_t)&block)) | 1;
    free(block);
    return atomic_compare_exchange_strong(&chosen, &none, known) ? known : none;
}

size_t text_hash(const char *text) {
    size_t length = strlen(text);
    uint64_t hash = key() ^ length, part = 0;
    for (; length >= sizeof part; text += sizeof part, length -= sizeof part) {
        memcpy(&part, text, sizeof part);
        hash = random_hash(hash ^ part);
    }
    part = 0;
    memcpy(&part, text, length);
    return (size_t)random_hash(hash ^ part);
}

// The slot where the text is, or where it would be put.
static char **slot_of(const struct text_set *set, const char *text) {
    size_t at = text_hash(text) & (set->slot_count - 1);
    while (set->slots[at] && strcmp(set->slots[at], text) != 0)
        at = (at + 1) & (set->slot_count - 1);
    return &set->slots[at];
}

static void grow(struct text_set *set) {
    struct text_set larger = {.slot_count = set->slot_count ? 2 * set->slot_count : 64,
                              .used = set->used};
    larger.slots = base_allocate(larger.slot_count, sizeof *larger.slots);
    for (size_t i = 0; i < set->slot_count; i++)
        if (set->slots[i])
            *slot_of(&larger, set->slots[i]) = set->slots[i];
    free(set->slots);
    *set = larger;
}

const char *text_set_add(struct text_set *set, const char *text) {
    if (2 * set->used >= set->slot_count)
        grow(set);
    char **slot = slot_of(set, text);
    if (!*slot) {
        size_t bytes = strlen(text) + 1;
        *slot = base_allocate(bytes, 1);
        memcpy(*slot, text, bytes);
        set->used++;
    }
    return *slot;
}

void text_set_free(struct text_set *set) {
    for (size_t i = 0; i < set->slot_count; i++)
        free(set->slots[i]);
    free(set->slots);
    *set = (struct text_set){0};
}
