// SPDX-License-Identifier: Apache-2.0
// The kinds of page that a buffer can be asked to have, for options, plans and rows: each is a
// source and a size, and has its name by them. Which of them a system has, os_page_kinds tells.
#ifndef NUMAPROBE_OS_PAGE_KIND_H
#define NUMAPROBE_OS_PAGE_KIND_H

#include "base/base.h"
#include "base/error.h"
#include "base/id_set.h"

// Where pages come from, which decides how they are had, and on which system.
enum page_source {
    PAGES_ORDINARY,    // the size that the system gives by itself: "4K", "16K", "64K"
    PAGES_LARGE,       // Linux: a pool that root reserves; Windows: memory found in one piece: "2M"
    PAGES_TRANSPARENT, // Linux: the kernel makes huge ones of ordinary ones: "thp"
    PAGES_MTHP,        // Linux 6.8: the same of a smaller size, which has a switch of its own:
                       // "mthp-64K"
    PAGES_PHYSICAL,    // Windows: physical pages that the program itself holds and maps: "awe"
    PAGES_PAGEABLE,    // ordinary ones as any program has them: neither bound nor locked
    PAGES_SOURCE_COUNT,
};

enum { PAGE_KIND_NAME_BYTES = 16 };
struct page_kind {
    char name[PAGE_KIND_NAME_BYTES]; // as the user writes it
    uint64_t bytes;                  // 0 for thp: whatever the system's transparent huge page is
    const char *summary;             // one line for lists
    enum page_source source;
};

// The only one of that source and size, which is a power of two from 1 KiB on (0 for thp). It stays
// for the life of the process, so two kinds are the same where their addresses are.
const struct page_kind *page_kind_of(enum page_source source, uint64_t bytes);

// The ordinary pages of this system.
const struct page_kind *page_kind_base(void);

// What a name means here, whether or not this system has such pages: "base" is page_kind_base, and
// a size is that of ordinary pages up to theirs, of large ones beyond. NULL when it is no name of a
// kind.
const struct page_kind *page_kind_find(const char *name);

// A kind that this machine has and cannot give now.
struct pages_left_out {
    const struct page_kind *kind;
    struct error why;
};

// Whether a page of that kind is available now, and on which nodes: the caller frees the set.
// False, with the reason on the first of them, where there is no such node.
bool page_kind_usable(const struct page_kind *kind, struct id_set *nodes, struct error *error);

#endif
