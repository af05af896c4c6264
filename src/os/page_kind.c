// SPDX-License-Identifier: Apache-2.0
#include "os/page_kind.h"

#include "os/os.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// A name is the word, or what stands before the size.
// clang-format off
static const struct {
    const char *word;
    bool has_size;
    const char *summary;
} sources[PAGES_SOURCE_COUNT] = {
    [PAGES_ORDINARY] =
    {"",      true,  "ordinary pages; Linux: never transparent huge ones; Windows: locked"},
    [PAGES_LARGE] =
    {"",      true,  "Linux: hugetlb pages from the node's pool; Windows: large or huge pages"},
    [PAGES_TRANSPARENT] =
    {"thp",   false, "Linux: transparent huge pages; each must really be huge"},
    [PAGES_MTHP] =
    {"mthp-", true,  "Linux: transparent pages of this size; each must really have it"},
    [PAGES_PHYSICAL] =
    {"awe",   false, "Windows: physical pages of the program (Address Windowing Extensions)"},
    [PAGES_PAGEABLE] =
    {"pageable", false, "ordinary pages that are neither bound nor locked: they may move or go"},
};
// clang-format on

static bool is_size(uint64_t bytes) {
    return bytes >= KIB && (bytes & (bytes - 1)) == 0;
}

const struct page_kind *page_kind_of(enum page_source source, uint64_t bytes) {
    static struct page_kind kinds[PAGES_SOURCE_COUNT][64]; // by the logarithm of the size
    CHECK(source < PAGES_SOURCE_COUNT &&
          (source == PAGES_TRANSPARENT ? bytes == 0 : is_size(bytes)));
    struct page_kind *kind = &kinds[source][bytes ? __builtin_ctzll(bytes) : 0];
    if (kind->summary)
        return kind;
    unsigned unit = 0;
    uint64_t number = bytes / KIB;
    for (; number >= 1024; number /= 1024)
        unit++;
    if (sources[source].has_size)
        snprintf(kind->name, sizeof kind->name, "%s%" PRIu64 "%c", sources[source].word, number,
                 "KMGTPE"[unit]);
    else
        snprintf(kind->name, sizeof kind->name, "%s", sources[source].word);
    kind->bytes = bytes;
    kind->source = source;
    kind->summary = sources[source].summary;
    return kind;
}

const struct page_kind *page_kind_base(void) {
    return page_kind_of(PAGES_ORDINARY, os_base_page_bytes());
}

// "4k" and "THP" are names too.
static bool same_name(const char *a, const char *b) {
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
        a++;
        b++;
    }
    return !*a && !*b;
}

const struct page_kind *page_kind_find(const char *name) {
    if (same_name(name, "base"))
        return page_kind_base();
    if (same_name(name, sources[PAGES_TRANSPARENT].word))
        return page_kind_of(PAGES_TRANSPARENT, 0);
    if (same_name(name, sources[PAGES_PHYSICAL].word))
        return page_kind_of(PAGES_PHYSICAL, os_base_page_bytes());
    if (same_name(name, sources[PAGES_PAGEABLE].word))
        return page_kind_of(PAGES_PAGEABLE, os_base_page_bytes());
    bool is_mthp = strchr(name, '-') != NULL;
    for (uint64_t bytes = KIB; bytes; bytes *= 2) {
        enum page_source source = is_mthp                         ? PAGES_MTHP
                                  : bytes <= os_base_page_bytes() ? PAGES_ORDINARY
                                                                  : PAGES_LARGE;
        const struct page_kind *kind = page_kind_of(source, bytes);
        if (same_name(name, kind->name))
            return kind;
    }
    return NULL;
}

bool page_kind_usable(const struct page_kind *kind, struct id_set *nodes, struct error *error) {
    struct id_set all;
    uint64_t page_bytes;
    *nodes = (struct id_set){0};
    if (!os_page_kind_offered(kind, &page_bytes, error) || !os_nodes(&all, error))
        return false;
    for (size_t i = 0; i < all.count; i++) {
        struct error why;
        if (os_memory_check(page_bytes, kind, all.ids[i], &why))
            id_set_add(nodes, all.ids[i]);
        else if (i == 0)
            *error = why;
    }
    id_set_free(&all);
    return nodes->count > 0;
}
