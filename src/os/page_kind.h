// SPDX-License-Identifier: Apache-2.0
// The kinds of page that a buffer can be asked to have: one table for options, plans and rows.
#ifndef NUMAPROBE_OS_PAGE_KIND_H
#define NUMAPROBE_OS_PAGE_KIND_H

#include "base/base.h"
#include "base/error.h"

// Where pages come from, which decides how they are had, and on which system.
enum page_source {
    PAGES_ORDINARY,    // the size that the system gives by itself
    PAGES_LARGE,       // Linux: a pool that root reserves; Windows: memory found in one piece
    PAGES_TRANSPARENT, // Linux: the kernel makes large ones of ordinary ones
    PAGES_PHYSICAL,    // Windows, AWE: physical pages that the program itself holds and maps
    PAGES_PAGEABLE,    // ordinary ones as any program has them: neither bound nor locked
};

struct page_kind {
    const char *name;    // as the user writes it
    uint64_t bytes;      // 0: whatever this system's are (page_kind_bytes)
    const char *summary; // one line for --help
    enum page_source source;
};

extern const struct page_kind page_kinds[];
extern const size_t page_kind_count;

// The size of such a page on this system; 0: it has none.
uint64_t page_kind_bytes(const struct page_kind *kind);

// NULL when there is none of that name.
const struct page_kind *page_kind_find(const char *name);

// The ordinary pages of that size; NULL when there is no such kind.
const struct page_kind *page_kind_ordinary(uint64_t bytes);

#endif
