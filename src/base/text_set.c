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
static size_t *slot_of(const struct text_set *set, const char *text) {
    size_t at = text_hash(text) & (set->slot_count - 1);
    while (set->slots[at] && strcmp(set->texts[set->slots[at] - 1], text) != 0)
        at = (at + 1) & (set->slot_count - 1);
    return &set->slots[at];
}

static void grow(struct text_set *set) {
    free(set->slots);
    set->slot_count = set->slot_count ? 2 * set->slot_count : 64;
    set->slots = base_allocate(set->slot_count, sizeof *set->slots);
    for (size_t i = 0; i < set->used; i++)
        *slot_of(set, set->texts[i]) = i + 1;
}

size_t text_set_number(struct text_set *set, const char *text) {
    if (2 * set->used >= set->slot_count)
        grow(set);
    size_t *slot = slot_of(set, text);
    if (!*slot) {
        set->texts = base_grow_by_one(set->texts, set->used, sizeof *set->texts);
        set->texts[set->used++] = base_copy_text(text);
        *slot = set->used;
    }
    return *slot - 1;
}

const char *text_set_add(struct text_set *set, const char *text) {
    size_t number = text_set_number(set, text);
    return set->texts[number];
}

size_t text_set_find(const struct text_set *set, const char *text) {
    size_t slot = set->used ? *slot_of(set, text) : 0;
    return slot ? slot - 1 : set->used;
}

void text_set_free(struct text_set *set) {
    for (size_t i = 0; i < set->used; i++)
        free(set->texts[i]);
    free(set->texts);
    free(set->slots);
    *set = (struct text_set){0};
}
